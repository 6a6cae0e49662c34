#include "auth/session.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "auth/token_int.h"
#include "base/str.h"
#include "store/db.h"
#include "store/writer.h"

enum { HOUR_MS = 3600 * 1000 };

/* Why a session that was ended does not count any more. */
static enum err ended(struct db *db, const char *by, int64_t replaced_by, const char *job_no,
                      struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	char at[24];
	if (strcmp(by, "expired") == 0)
		return fail(why, E_SESSION_EXPIRED);
	if (strcmp(by, "replaced") != 0)
		return fail(why, E_SESSION_ENDED);
	enum err e =
	    db_row(db, "SELECT addr, user_agent, created_utc_ms FROM session WHERE id = ?1",
	           ARGS(V_INT(replaced_by)), &r, why);
	if (e)
		return e == ERR_NOT_FOUND ? fail(why, E_SESSION_ENDED) : e;
	snprintf(at, sizeof at, "%" PRId64, rows_int(r, 2));
	return fail(why, E_SESSION_REPLACED, job_no, rows_text(r, 0), rows_text(r, 1),
	            (const char *)at);
}

enum err session_find(struct db *db, const char *token, int64_t now, struct session *ret,
                      struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	unsigned char hash[CRYPTO_HASH_BYTES];
	if (!token_hash(token, hash))
		return fail(why, E_SESSION_NONE);
	enum err e = db_row(
	    db,
	    "SELECT s.id, s.person_id, s.seen_utc_ms, s.expires_utc_ms, s.ended_utc_ms, s.ended_by,"
	    " s.replaced_by, p.job_no, p.role, p.lang, p.unit_id, s.created_utc_ms, "
	    "s.confirmed_utc_ms FROM session s"
	    " JOIN person p ON p.id = s.person_id WHERE s.token_hash = ?1",
	    ARGS(V_BYTES(hash, sizeof hash)), &r, why);
	if (e)
		return e == ERR_NOT_FOUND ? fail(why, E_SESSION_NONE) : e;
	if (!rows_null(r, 4))
		return ended(db, rows_text(r, 5), rows_int(r, 6), rows_text(r, 7), why);
	if (rows_int(r, 3) <= now)
		return fail(why, E_SESSION_EXPIRED);
	struct session s = {
		.id = rows_int(r, 0),
		.person_id = rows_int(r, 1),
		.seen_utc_ms = rows_int(r, 2),
		.role = role_parse(rows_text(r, 8)),
		.lang = strcmp(rows_text(r, 9), "en") == 0 ? LANG_EN : LANG_ZH,
		.unit_id = rows_int(r, 10),
		.created_utc_ms = rows_int(r, 11),
		.confirmed_utc_ms = rows_int(r, 12),
	};
	rows_free(&r);
	e = scope_load(db, s.person_id, &s.scope, why);
	if (e)
		return e == ERR_NOT_FOUND ? fail(why, E_SESSION_ENDED) : e; /* has left */
	*ret = s;
	return ERR_OK;
}

void session_done(struct session *s)
{
	scope_free(&s->scope);
}

bool session_is_fresh(const struct session *s, int64_t now)
{
	int64_t said =
	    s->confirmed_utc_ms > s->created_utc_ms ? s->confirmed_utc_ms : s->created_utc_ms;
	return now - said < SESSION_FRESH_MS;
}

bool session_is_over(const struct session *s, const struct session_life *life, int64_t now)
{
	return now - s->seen_utc_ms >= life->idle_ms + SESSION_TOUCH_MS ||
	       now - s->created_utc_ms >= life->longest_ms;
}

struct touch {
	int64_t session_id, now_utc_ms, expires_utc_ms;
};

static enum err touch_write(struct tx *tx, const void *arg, struct why *why)
{
	const struct touch *t = arg;
	return db_exec(tx_db(tx),
	               "UPDATE session SET seen_utc_ms = ?2, expires_utc_ms = ?3 WHERE id = ?1 AND "
	               "ended_utc_ms IS NULL",
	               ARGS(V_INT(t->session_id), V_INT(t->now_utc_ms), V_INT(t->expires_utc_ms)),
	               NULL, why);
}

void session_touch(struct writer *w, const struct session *s, const struct session_life *life,
                   int64_t now)
{
	int64_t idle_end = now + life->idle_ms, end = s->created_utc_ms + life->longest_ms;
	struct touch t = { s->id, now, idle_end < end ? idle_end : end };
	if (now - s->seen_utc_ms < SESSION_TOUCH_MS)
		return;
	/* A full writer has better things to do; the next request tries again. */
	(void)!writer_submit(w, LANE_NORMAL, touch_write, &t, sizeof t, NULL, NULL, NULL);
}

struct end_arg {
	int64_t session_id, now_utc_ms;
	const char *by;
};

static enum err end_write(struct tx *tx, const void *arg, struct why *why)
{
	const struct end_arg *a = arg;
	return db_exec(tx_db(tx),
	               "UPDATE session SET ended_utc_ms = ?2, ended_by = ?3 WHERE id = ?1 AND "
	               "ended_utc_ms IS NULL",
	               ARGS(V_INT(a->session_id), V_INT(a->now_utc_ms), V_TEXT(a->by)), NULL, why);
}

enum err session_end(struct writer *w, int64_t session_id, const char *by, int64_t now,
                     struct why *why)
{
	struct end_arg a = { session_id, now, by };
	return writer_do(w, LANE_NORMAL, end_write, &a, why);
}

enum err session_end_person(struct tx *tx, int64_t person_id, const char *by, int64_t now,
                            int64_t *ret_id, struct why *why)
{
	struct db *db = tx_db(tx);
	enum err e = db_int(db,
	                    "SELECT id FROM session WHERE person_id = ?1 AND ended_utc_ms IS NULL"
	                    " ORDER BY created_utc_ms DESC, id DESC LIMIT 1",
	                    ARGS(V_INT(person_id)), ret_id, why);
	if (e == ERR_NOT_FOUND) {
		*ret_id = 0;
		return ERR_OK;
	}
	if (e)
		return e;
	return db_exec(
	    db,
	    "UPDATE session SET ended_utc_ms = ?2, ended_by = ?3 WHERE person_id = ?1 AND "
	    "ended_utc_ms IS NULL",
	    ARGS(V_INT(person_id), V_INT(now), V_TEXT(by)), NULL, why);
}
