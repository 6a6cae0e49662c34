/* auth/session.h -- who is at the other end of a cookie.
 *
 * A token is 32 random bytes, base64url; the database holds its hash. A person has one living
 * session: the last log-in ends the one before. Thread: workers. */
#ifndef AUTH_SESSION_H
#define AUTH_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/perm.h"
#include "auth/scope.h"
#include "base/err.h"

struct db;
struct writer;

enum {
	SESSION_TOKEN_BYTES = 44,     /* text with its end */
	SESSION_HOURS = 14,           /* without a request; a shift with its breaks */
	SESSION_TOUCH_MS = 60 * 1000, /* "last seen" is written no oftener */
};

struct session {
	int64_t id, person_id, unit_id;
	int64_t seen_utc_ms;
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

/** Writes "last seen" and moves the expiry when SESSION_TOUCH_MS have passed; does not wait. */
void session_touch(struct writer *w, const struct session *s, int64_t now_utc_ms);

/** Log-out: ends the session. */
enum err session_end(struct writer *w, int64_t session_id, const char *by, int64_t now_utc_ms,
                     struct why *why) MUST_USE;

#endif
