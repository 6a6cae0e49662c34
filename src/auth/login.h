/* auth/login.h -- logging in by job number, passwords, one-time links.
 *
 * Argon2id takes 64 MB and 0.1 s: at most two at a time in a process, the others are told to try
 * again. Wrong passwords make who tries them wait (guess.h). There is no default password: a person
 * gets a link and chooses. Thread: workers. */
#ifndef AUTH_LOGIN_H
#define AUTH_LOGIN_H

#include <stdint.h>

#include "auth/session.h"
#include "base/err.h"

enum { PASSWORD_MAX = 128, LINK_TOKEN_BYTES = 44, LINK_HOURS = 72 };

struct common;
struct guess;

struct client {
	const char *addr, *user_agent;
	int64_t now_utc_ms;
	struct guess *guess;      /* NULL: nobody is slowed */
	const char *device;       /* proven to have logged in to this account before; NULL: none */
	bool is_own_machine;      /* of guess.h */
	int64_t password_min;     /* characters of a new password; 0: the default of password.h */
	struct session_life life; /* 0: the defaults of session.h */
	const struct common *common; /* passwords that are not taken; NULL: only the rules */
};

struct login_done {
	char token[SESSION_TOKEN_BYTES]; /* for the cookie; nowhere else */
	int64_t session_id, person_id;
	int64_t replaced_session_id; /* 0: there was none */
	int64_t failed;              /* wrong passwords since the log-in before */
};

/** @return ERR_AUTH E_LOGIN_WRONG (also for an unknown number, in the same time), ERR_LIMIT
 *          E_LOGIN_WAIT (seconds), ERR_BUSY E_LOGIN_BUSY */
enum err login(struct db *db, struct writer *w, const char *job_no, const char *password,
               const struct client *c, struct login_done *ret, struct why *why) MUST_USE;

/** A new password by its owner. The other sessions are not touched: there are none.
 *  @return ERR_INVALID E_PASSWORD_OLD, E_PASSWORD_SHORT, E_PASSWORD_WEAK; ERR_LIMIT E_LOGIN_WAIT */
enum err password_change(struct db *db, struct writer *w, int64_t person_id,
                         const char *old_password, const char *new_password, const struct client *c,
                         struct why *why) MUST_USE;

/** The person at a session says his password again, before a dangerous act; kept in the session.
 *  @return ERR_INVALID E_PASSWORD_OLD, ERR_LIMIT E_LOGIN_WAIT */
enum err password_confirm(struct db *db, struct writer *w, const struct session *s,
                          const char *password, const struct client *c, struct why *why) MUST_USE;

/** Sets a password without asking: demo and tests make their people with this. */
enum err password_set(struct writer *w, int64_t person_id, const char *password, int64_t now_utc_ms,
                      struct why *why) MUST_USE;

/* ---- one-time links ---- */

/** Makes a link for a person; earlier ones of his end.
 *  @param purpose  "first_start", "password"
 *  @param token    LINK_TOKEN_BYTES; the page's address is /link?token=<it> */
enum err link_new(struct writer *w, int64_t person_id, const char *purpose, int64_t by_id,
                  const struct client *c, char *token, struct why *why) MUST_USE;

struct link_info {
	char purpose[16];
	char job_no[64];
	int64_t person_id;
};
/** @return ERR_NOT_FOUND E_LINK_GONE (used, expired, unknown) */
enum err link_find(struct db *db, const char *token, int64_t now_utc_ms, struct link_info *ret,
                   struct why *why) MUST_USE;

/** Uses the link: sets the password and ends the person's sessions. */
enum err link_use(struct db *db, struct writer *w, const char *token, const char *password,
                  const struct client *c, struct why *why) MUST_USE;

/** On a database without anybody: makes the company unit and administrator "admin" and a link.
 *  @param token  set when *ret_made */
enum err first_start(struct db *db, struct writer *w, const char *company, int64_t now_utc_ms,
                     char *token, bool *ret_made, struct why *why) MUST_USE;

#endif
