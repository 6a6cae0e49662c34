#include "profile/version.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "base/text.h"

void version_free(struct version **v)
{
	if (!*v)
		return;
	free((*v)->kind);
	free((*v)->key);
	free((*v)->body);
	free((*v)->reason);
	free(*v);
	*v = NULL;
}

/* ---- writing ---- */

static enum err check(const struct version_new *v, struct why *why)
{
	json_t *body = NULL;
	if (!text_is_key(v->kind))
		return fail(why, E_FIELD_INVALID, "kind", "a-z A-Z 0-9 _ - .");
	if (!text_is_key(v->key))
		return fail(why, E_FIELD_INVALID, "key", "a-z A-Z 0-9 _ - .");
	enum err e = json_read_text(v->body, &body, why);
	json_cleanup(&body);
	return e;
}

enum err version_add(struct tx *tx, const struct version_new *v, int64_t *ret_n, struct why *why)
{
	int64_t n;
	enum err e = check(v, why);
	if (!e)
		e = db_int(
		    tx_db(tx),
		    "SELECT COALESCE(MAX(n), 0) + 1 FROM version WHERE kind = ?1 AND key = ?2",
		    ARGS(V_TEXT(v->kind), V_TEXT(v->key)), &n, why);
	if (!e)
		e = db_exec(tx_db(tx),
		            "INSERT INTO version (kind, key, n, valid_from_utc_ms, body, by_id, "
		            "reason, made_utc_ms) "
		            "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
		            ARGS(V_TEXT(v->kind), V_TEXT(v->key), V_INT(n),
		                 V_INT(v->valid_from_utc_ms), V_TEXT(v->body), V_ID(v->by_id),
		                 V_TEXT(v->reason ? v->reason : ""), V_INT(v->now_utc_ms)),
		            NULL, why);
	if (!e && ret_n)
		*ret_n = n;
	return e;
}

enum err version_withdraw(struct tx *tx, const char *kind, const char *key, int64_t n,
                          int64_t now_utc_ms, struct why *why)
{
	int64_t from, deleted = 0;
	const struct val args[] = { V_TEXT(kind), V_TEXT(key), V_INT(n), V_INT(now_utc_ms) };
	enum err e =
	    db_int(tx_db(tx),
	           "SELECT valid_from_utc_ms FROM version WHERE kind = ?1 AND key = ?2 AND n = ?3",
	           args, 3, &from, why);
	if (e)
		return e;
	e = db_exec(tx_db(tx),
	            "DELETE FROM version WHERE kind = ?1 AND key = ?2 AND n = ?3 AND "
	            "valid_from_utc_ms > ?4",
	            args, 4, &deleted, why);
	return !e && !deleted ? fail(why, E_VERSION_IN_EFFECT, n, kind, key) : e;
}

/* ---- reading: kind, key, n, valid_from_utc_ms, body, by_id, reason, made_utc_ms ---- */

static struct version view(const struct rows *r)
{
	return (struct version){
		.kind = (char *)(uintptr_t)rows_text(r, 0),
		.key = (char *)(uintptr_t)rows_text(r, 1),
		.n = rows_int(r, 2),
		.valid_from_utc_ms = rows_int(r, 3),
		.body = (char *)(uintptr_t)rows_text(r, 4),
		.by_id = rows_int(r, 5),
		.reason = (char *)(uintptr_t)rows_text(r, 6),
		.made_utc_ms = rows_int(r, 7),
	};
}

static enum err copy(const struct rows *r, struct version **ret, struct why *why)
{
	struct version *v = malloc(sizeof *v);
	if (!v)
		return fail(why, E_NOMEM);
	*v = view(r);
	v->kind = strdup(v->kind);
	v->key = strdup(v->key);
	v->body = strdup(v->body);
	v->reason = strdup(v->reason);
	if (!v->kind || !v->key || !v->body || !v->reason) {
		version_free(&v);
		return fail(why, E_NOMEM);
	}
	*ret = v;
	return ERR_OK;
}

static enum err none(const char *kind, const char *key, struct why *why)
{
	return fail(why, E_VERSION_NONE, kind, key);
}

enum err version_at(struct db *db, const char *kind, const char *key, int64_t utc_ms,
                    struct version **ret, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_row(
	    db,
	    "SELECT kind, key, n, valid_from_utc_ms, body, by_id, reason, made_utc_ms FROM version "
	    "WHERE kind = ?1 AND key = ?2 AND valid_from_utc_ms <= ?3 "
	    "ORDER BY valid_from_utc_ms DESC, n DESC LIMIT 1",
	    ARGS(V_TEXT(kind), V_TEXT(key), V_INT(utc_ms)), &r, why);
	if (e == ERR_NOT_FOUND)
		return none(kind, key, why);
	return e ? e : copy(r, ret, why);
}

enum err version_get(struct db *db, const char *kind, const char *key, int64_t n,
                     struct version **ret, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_row(
	    db,
	    "SELECT kind, key, n, valid_from_utc_ms, body, by_id, reason, made_utc_ms FROM version "
	    "WHERE kind = ?1 AND key = ?2 AND n = ?3",
	    ARGS(V_TEXT(kind), V_TEXT(key), V_INT(n)), &r, why);
	if (e == ERR_NOT_FOUND)
		return none(kind, key, why);
	return e ? e : copy(r, ret, why);
}

enum err version_each(struct db *db, const char *kind, int64_t utc_ms, version_fn *fn, void *ctx,
                      struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	char last[64] = "";
	enum err e = db_query(
	    db,
	    "SELECT kind, key, n, valid_from_utc_ms, body, by_id, reason, made_utc_ms FROM version "
	    "WHERE kind = ?1 AND valid_from_utc_ms <= ?2 ORDER BY key, valid_from_utc_ms DESC, n "
	    "DESC",
	    ARGS(V_TEXT(kind), V_INT(utc_ms)), &r, why);
	while (!e && !(e = rows_next(r, why))) {
		struct version v = view(r);
		if (strcmp(v.key, last) == 0) /* older than the one in effect */
			continue;
		str_copy(last, sizeof last, v.key);
		e = fn(&v, ctx, why);
	}
	return e == ERR_END ? ERR_OK : e;
}

enum err version_history(struct db *db, const char *kind, const char *key, version_fn *fn,
                         void *ctx, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_query(
	    db,
	    "SELECT kind, key, n, valid_from_utc_ms, body, by_id, reason, made_utc_ms FROM version "
	    "WHERE kind = ?1 AND key = ?2 ORDER BY n DESC",
	    ARGS(V_TEXT(kind), V_TEXT(key)), &r, why);
	while (!e && !(e = rows_next(r, why))) {
		struct version v = view(r);
		e = fn(&v, ctx, why);
	}
	return e == ERR_END ? ERR_OK : e;
}
