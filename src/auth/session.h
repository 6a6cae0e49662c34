/* auth/session.h -- who is at the other end of a cookie.
 *
 * A token is 32 random bytes, base64url; the database holds its hash. A person has one living
 * session: the last log-in ends the one before, so logging out is logging out everywhere. A session
 * ends after a time without a request, and a time after the log-in (settings). Thread: workers. */
#ifndef AUTH_SESSION_H
#define AUTH_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/perm.h"
#include "auth/scope.h"
#include "base/err.h"

struct db;
struct tx;
struct writer;

enum {
	SESSION_TOKEN_BYTES = 44,   /* text with its end */
	SESSION_HOURS = 14,         /* without a request; a shift with its breaks */
	SESSION_LONGEST_HOURS = 24, /* since the log-in, however busy */
	SESSION_FRESH_MS =
	    10 * 60 * 1000,           /* so long after a password dangerous acts need no other */
	SESSION_TOUCH_MS = 60 * 1000, /* "last seen" is written no oftener */
};

/* How long sessions last. */
struct session_life {
	int64_t idle_ms, longest_ms;
};

struct session {
	int64_t id, person_id, unit_id;
	int64_t seen_utc_ms, created_utc_ms;
	int64_t confirmed_utc_ms; /* when the password was last said */
	enum role role;
	enum lang lang;
	struct scope *scope; /* owned: session_done() */
};

/** Finds the living session of a token.
 *  @param ret  session_done() after ERR_OK
 *  @return ERR_AUTH E_SESSION_NONE, _EXPIRED, _ENDED, or _REPLACED with job number, address,
 *          browser and time of the log-in that replaced it */
enum err session_find(struct db *db, const char *token, int64_t now_utc_ms, struct session *ret,
                      struct why *why) MUST_USE;
void session_done(struct session *s);

/** Whether the password was said lately enough for a dangerous act. */
bool session_is_fresh(const struct session *s, int64_t now_utc_ms);

/** Whether its time is up under `life`, which may have become shorter since. */
bool session_is_over(const struct session *s, const struct session_life *life, int64_t now_utc_ms);

/** Writes "last seen" and moves the expiry when SESSION_TOUCH_MS have passed; does not wait. */
void session_touch(struct writer *w, const struct session *s, const struct session_life *life,
                   int64_t now_utc_ms);

/** Ends the living session of a person, whoever asks for it. In the caller's job.
 *  @param ret_id  which; 0: there was none */
enum err session_end_person(struct tx *tx, int64_t person_id, const char *by, int64_t now_utc_ms,
                            int64_t *ret_id, struct why *why) MUST_USE;

/** Log-out: ends the session. */
enum err session_end(struct writer *w, int64_t session_id, const char *by, int64_t now_utc_ms,
                     struct why *why) MUST_USE;

#endif
