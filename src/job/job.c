#include "job/job.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/str.h"
#include "job/job_int.h"

static const char *const STATES[JOB_STATE_COUNT] = {
#define X(name, text) [JOB_##name] = text,
	JOB_STATES(X)
#undef X
};

const char *job_state_name(enum job_state s)
{
	return STATES[s];
}

static enum job_state state_of(const char *name)
{
	for (int i = 0; i < JOB_STATE_COUNT; i++) {
		if (strcmp(STATES[i], name) == 0)
			return (enum job_state)i;
	}
	return JOB_FAILED;
}

/* ---- giving and ending ---- */

enum err job_enqueue(struct tx *tx, const struct job_new *j, int64_t *ret_id, struct why *why)
{
	int64_t id = id_new(), added = 0;
	int64_t run_after = j->run_after_utc_ms ? j->run_after_utc_ms : j->now_utc_ms;
	enum err e = db_exec(
	    tx_db(tx),
	    "INSERT INTO job (id, kind, args, live_key, state, progress, done, total, attempts, "
	    "run_after_utc_ms, lease_n, cancel_asked, by_id, cell_id, created_utc_ms) "
	    "VALUES (?1, ?2, ?3, ?4, 'waiting', '', 0, 0, 0, ?5, 0, 0, ?6, ?7, ?8) "
	    "ON CONFLICT (kind, live_key) DO NOTHING",
	    ARGS(V_INT(id), V_TEXT(j->kind), V_TEXT(j->args ? j->args : "{}"), V_TEXT(j->key),
	         V_INT(run_after), V_ID(j->by_id), V_INT(j->cell_id), V_INT(j->now_utc_ms)),
	    &added, why);
	if (!e && !added)
		e = db_int(tx_db(tx), "SELECT id FROM job WHERE kind = ?1 AND live_key = ?2",
		           ARGS(V_TEXT(j->kind), V_TEXT(j->key)), &id, why);
	if (!e && ret_id)
		*ret_id = id;
	return e;
}

enum err job_cancel(struct tx *tx, int64_t id, int64_t now_utc_ms, struct why *why)
{
	int64_t ended = 0, exists;
	enum err e =
	    db_exec(tx_db(tx),
	            "UPDATE job SET state = 'cancelled', live_key = NULL, finished_utc_ms = ?2 "
	            "WHERE id = ?1 AND state = 'waiting'",
	            ARGS(V_INT(id), V_INT(now_utc_ms)), &ended, why);
	if (e || ended)
		return e;
	e = db_exec(tx_db(tx),
	            "UPDATE job SET cancel_asked = 1 WHERE id = ?1 AND state = 'running'",
	            ARGS(V_INT(id)), &ended, why);
	if (e || ended)
		return e;
	return db_int(tx_db(tx), "SELECT id FROM job WHERE id = ?1", ARGS(V_INT(id)), &exists, why);
}

/* ---- an error as JSON ---- */

static enum err write_error(const struct why *w, char **ret, struct why *why)
{
	struct str s = { 0 };
	struct jw j = { .out = &s };
	jw_obj(&j, NULL);
	jw_str(&j, "code", err_code_name(w->code));
	jw_arr(&j, "args");
	for (int i = 0; i < WHY_ARGS; i++)
		jw_str(&j, NULL, w->arg[i]);
	jw_end_arr(&j);
	jw_end_obj(&j);
	return str_take(&s, ret, why);
}

static void read_error(const char *text, struct why *ret)
{
	CLEANUP(json_cleanup) json_t *j = NULL;
	*ret = (struct why){ 0 };
	if (!*text || json_read_text(text, &j, NULL))
		return;
	const char *name = json_str(j, "code", "");
	for (int c = 1; c < E_COUNT; c++) {
		if (strcmp(err_code_name((enum err_code)c), name) == 0)
			ret->code = (enum err_code)c;
	}
	const json_t *args = json_object_get(j, "args");
	for (size_t i = 0; i < WHY_ARGS; i++) {
		const char *a = json_string_value(json_array_get(args, i));
		str_copy(ret->arg[i], WHY_ARG_BYTES, a ? a : "");
	}
}

enum err job_get(struct db *db, int64_t id, struct job_info *ret, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_row(db, "SELECT state, done, total, attempts, error FROM job WHERE id = ?1",
	                    ARGS(V_INT(id)), &r, why);
	if (e)
		return e;
	*ret = (struct job_info){
		.id = id,
		.state = state_of(rows_text(r, 0)),
		.done = rows_int(r, 1),
		.total = rows_int(r, 2),
		.attempts = (int)rows_int(r, 3),
	};
	read_error(rows_text(r, 4), &ret->error);
	return ERR_OK;
}

/* ---- leasing ---- */

enum err job_is_due(struct db *db, int64_t now_utc_ms, bool *ret, struct why *why)
{
	int64_t n;
	enum err e = db_int(db,
	                    "SELECT COUNT(*) FROM (SELECT id FROM job WHERE (state = 'waiting' AND "
	                    "run_after_utc_ms <= ?1) "
	                    "OR (state = 'running' AND lease_until_utc_ms < ?1) LIMIT 1) due",
	                    ARGS(V_INT(now_utc_ms)), &n, why);
	if (!e)
		*ret = n > 0;
	return e;
}

static const struct job_kind *kind_of(const struct job_lease *l, const char *name)
{
	for (size_t i = 0; i < l->n_kinds; i++) {
		if (strcmp(l->kinds[i].name, name) == 0)
			return &l->kinds[i];
	}
	return NULL;
}

static enum err fill(struct job_ctx *jc, const struct job_kind *kind, const struct rows *r,
                     struct why *why)
{
	job_ctx_done(jc);
	jc->kind = kind;
	jc->id = rows_int(r, 0);
	jc->done = rows_int(r, 4);
	jc->total = rows_int(r, 5);
	jc->attempts = rows_int(r, 6) + 1;
	jc->lease_n = rows_int(r, 7) + 1;
	if (!(jc->cursor = strdup(rows_text(r, 3))))
		return fail(why, E_NOMEM);
	return json_read_text(rows_text(r, 2), &jc->args, why);
}

enum err job_lease_fn(struct tx *tx, const void *arg, struct why *why)
{
	const struct job_lease *l = arg;
	struct job_ctx *jc = l->ret;
	CLEANUP(rows_free) struct rows *r = NULL;
	job_ctx_done(jc);
	enum err e = db_query(
	    tx_db(tx),
	    "SELECT id, kind, args, progress, done, total, attempts, lease_n FROM job "
	    "WHERE (state = 'waiting' AND run_after_utc_ms <= ?1) "
	    "OR (state = 'running' AND lease_until_utc_ms < ?1) ORDER BY run_after_utc_ms, id",
	    ARGS(V_INT(l->now_utc_ms)), &r, why);
	while (!e && !jc->id && !(e = rows_next(r, why))) {
		const struct job_kind *kind = kind_of(l, rows_text(r, 1));
		if (kind)
			e = fill(jc, kind, r, why);
	}
	if (e == ERR_END)
		return ERR_OK;
	if (e)
		return e;
	jc->lease_until_utc_ms = l->now_utc_ms + JOB_LEASE_MS;
	return db_exec(tx_db(tx),
	               "UPDATE job SET state = 'running', lease_node = ?2, lease_until_utc_ms = "
	               "?3, lease_n = ?4, "
	               "attempts = ?5 WHERE id = ?1",
	               ARGS(V_INT(jc->id), V_INT(l->node), V_INT(jc->lease_until_utc_ms),
	                    V_INT(jc->lease_n), V_INT(jc->attempts)),
	               NULL, why);
}

enum err job_reclaim_fn(struct tx *tx, const void *arg, struct why *why)
{
	const int64_t *node = arg;
	return db_exec(
	    tx_db(tx),
	    "UPDATE job SET state = 'waiting', lease_node = NULL, lease_until_utc_ms = NULL "
	    "WHERE state = 'running' AND lease_node = ?1",
	    ARGS(V_INT(*node)), NULL, why);
}

enum err job_end_fn(struct tx *tx, const void *arg, struct why *why)
{
	const struct job_end *d = arg;
	CLEANUP(str_drop) char *error = NULL;
	bool is_over = d->state != JOB_WAITING;
	enum err e = d->error ? write_error(d->error, &error, why) : ERR_OK;
	if (e)
		return e;
	/* A lease lost meanwhile changes nothing: the job is another's. */
	return db_exec(
	    tx_db(tx),
	    "UPDATE job SET state = ?3, live_key = CASE WHEN ?4 = 1 THEN NULL ELSE live_key END, "
	    "finished_utc_ms = ?5, error = ?6, run_after_utc_ms = ?7, lease_node = NULL, "
	    "lease_until_utc_ms = NULL WHERE id = ?1 AND lease_n = ?2 AND state = 'running'",
	    ARGS(V_INT(d->jc->id), V_INT(d->jc->lease_n), V_TEXT(STATES[d->state]), V_BOOL(is_over),
	         is_over ? V_INT(d->now_utc_ms) : V_NULL, V_TEXT(error),
	         V_INT(d->run_after_utc_ms)),
	    NULL, why);
}

enum err job_renew_fn(struct tx *tx, const void *arg, struct why *why)
{
	const struct job_ctx *jc = arg;
	int64_t n = 0;
	enum err e = db_exec(
	    tx_db(tx),
	    "UPDATE job SET lease_until_utc_ms = ?3 "
	    "WHERE id = ?1 AND lease_n = ?2 AND state = 'running' AND cancel_asked = 0",
	    ARGS(V_INT(jc->id), V_INT(jc->lease_n), V_INT(jc->lease_until_utc_ms)), &n, why);
	return !e && !n ? fail(why, E_JOB_LOST) : e;
}

void job_ctx_done(struct job_ctx *jc)
{
	json_cleanup(&jc->args);
	str_drop(&jc->cursor);
	jc->id = 0;
}

/* ---- inside a step ---- */

int64_t job_id(const struct job_ctx *jc)
{
	return jc->id;
}

const json_t *job_args(const struct job_ctx *jc)
{
	return jc->args;
}

const char *job_cursor(const struct job_ctx *jc)
{
	return jc->cursor;
}

struct db *job_db(struct job_ctx *jc)
{
	return jc->db;
}

struct writer *job_writer(struct job_ctx *jc)
{
	return jc->writer;
}

void *job_user(const struct job_ctx *jc)
{
	return jc->kind->ctx;
}

bool job_is_cancelled(const struct job_ctx *jc)
{
	int64_t n = 0;
	enum err e = db_int(jc->db,
	                    "SELECT id FROM job WHERE id = ?1 AND lease_n = ?2 AND state = "
	                    "'running' AND cancel_asked = 0",
	                    ARGS(V_INT(jc->id), V_INT(jc->lease_n)), &n, NULL);
	return e == ERR_NOT_FOUND;
}

enum err job_save(struct job_ctx *jc, struct tx *tx, const char *cursor, int64_t done,
                  int64_t total, struct why *why)
{
	int64_t n = 0, until = clock_utc_ms() + JOB_LEASE_MS;
	char *copy = strdup(cursor);
	if (!copy)
		return fail(why, E_NOMEM);
	free(jc->cursor);
	jc->cursor = copy;
	jc->done = done;
	jc->total = total;
	jc->attempts = 0;
	jc->lease_until_utc_ms = until;
	enum err e =
	    db_exec(tx_db(tx),
	            "UPDATE job SET progress = ?3, done = ?4, total = ?5, attempts = 0, "
	            "lease_until_utc_ms = ?6 "
	            "WHERE id = ?1 AND lease_n = ?2 AND state = 'running' AND cancel_asked = 0",
	            ARGS(V_INT(jc->id), V_INT(jc->lease_n), V_TEXT(cursor), V_INT(done),
	                 V_INT(total), V_INT(until)),
	            &n, why);
	return !e && !n ? fail(why, E_JOB_LOST) : e;
}

enum err job_counts(struct db *db, int64_t *ret_waiting, int64_t *ret_running, struct why *why)
{
	static const char SQL[] = "SELECT COUNT(*) FROM job WHERE state = ?1";
	enum err e = db_int(db, SQL, ARGS(V_TEXT(job_state_name(JOB_WAITING))), ret_waiting, why);
	return e ? e : db_int(db, SQL, ARGS(V_TEXT(job_state_name(JOB_RUNNING))), ret_running, why);
}
