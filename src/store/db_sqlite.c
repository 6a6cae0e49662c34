/* SQLite driver: one file, WAL, durable at every commit. */
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/thread.h"
#include "store/db_int.h"

/* Moves the log's pages into the file on a thread and handle of its own, so that commits do not
 * wait for it. */
struct checkpointer {
	struct thread *thread;
	sqlite3 *h;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool is_wanted, is_stopping; /* under lock */
};

struct sqlite {
	struct db db;
	sqlite3 *h;
	struct stmt_map stmts;
	struct checkpointer *ck; /* of a handle that writes */
};

struct sqlite_rows {
	struct rows rows;
	sqlite3_stmt *st;
	bool is_own; /* a second copy, as the prepared one is being read: finalized, not kept */
};

static struct sqlite *sq(struct db *db)
{
	return (struct sqlite *)db;
}

static sqlite3_stmt *st_of(const struct rows *r)
{
	return ((const struct sqlite_rows *)r)->st;
}

static enum err sqlite_fail(struct sqlite *s, int rc, const char *sql, struct why *why)
{
	const char *text = s->h ? sqlite3_errmsg(s->h) : sqlite3_errstr(rc);
	switch (rc & 0xff) {
	case SQLITE_NOMEM:
		return fail(why, E_NOMEM);
	case SQLITE_FULL:
		return fail(why, E_DB_FULL, text);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return fail(why, E_DB_RETRY, text);
	case SQLITE_CONSTRAINT:
		if (rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY ||
		    rc == SQLITE_CONSTRAINT_ROWID)
			return fail(why, E_DB_UNIQUE, text);
		return fail(why, E_DB_RULE, text);
	default:
		return fail(why, E_DB_SQL, text, sql);
	}
}

static enum err sqlite_script(struct db *db, const char *sql, struct why *why)
{
	int rc = sqlite3_exec(sq(db)->h, sql, NULL, NULL, NULL);
	return rc ? sqlite_fail(sq(db), rc, sql, why) : ERR_OK;
}

static enum err prepare(struct sqlite *s, const char *sql, unsigned flags, sqlite3_stmt **ret,
                        struct why *why)
{
	int rc = sqlite3_prepare_v3(s->h, sql, -1, flags, ret, NULL);
	return rc ? sqlite_fail(s, rc, sql, why) : ERR_OK;
}

/* The kept statement, or one of its own when that is in the middle of its rows. */
static enum err statement(struct sqlite *s, const char *sql, sqlite3_stmt **ret, bool *ret_own,
                          struct why *why)
{
	struct stmt_slot *slot = stmt_map_slot(&s->stmts, sql);
	if (!slot)
		return fail(why, E_NOMEM);
	*ret_own = slot->stmt && sqlite3_stmt_busy(slot->stmt);
	if (*ret_own)
		return prepare(s, sql, 0, ret, why);
	sqlite3_stmt *st = slot->stmt;
	if (!st) {
		enum err e = prepare(s, sql, SQLITE_PREPARE_PERSISTENT, &st, why);
		if (e)
			return e;
		slot->stmt = st;
	}
	*ret = st;
	return ERR_OK;
}

static int bind_one(sqlite3_stmt *st, int at, const struct val *v)
{
	switch (v->kind) {
	case VAL_INT:
		return sqlite3_bind_int64(st, at, v->i);
	case VAL_TEXT:
		return sqlite3_bind_text64(st, at, v->p ? v->p : "", v->n, SQLITE_STATIC,
		                           SQLITE_UTF8);
	case VAL_BYTES:
		return v->n ? sqlite3_bind_blob64(st, at, v->p, v->n, SQLITE_STATIC)
		            : sqlite3_bind_zeroblob(st, at, 0);
	case VAL_NULL:
		break;
	}
	return sqlite3_bind_null(st, at);
}

static enum err bind_all(struct sqlite *s, sqlite3_stmt *st, const struct val *args, size_t n_args,
                         const char *sql, struct why *why)
{
	if ((size_t)sqlite3_bind_parameter_count(st) != n_args)
		return fail(why, E_DB_SQL, "wrong number of arguments", sql);
	for (size_t i = 0; i < n_args; i++) {
		int rc = bind_one(st, (int)i + 1, &args[i]);
		if (rc)
			return sqlite_fail(s, rc, sql, why);
	}
	return ERR_OK;
}

static void put_back(sqlite3_stmt *st, bool is_own)
{
	if (is_own) {
		sqlite3_finalize(st);
	} else {
		sqlite3_reset(st);
		sqlite3_clear_bindings(st);
	}
}

static enum err sqlite_exec(struct db *db, const char *sql, const struct val *args, size_t n_args,
                            int64_t *ret_changed, struct why *why)
{
	struct sqlite *s = sq(db);
	sqlite3_stmt *st;
	bool is_own;
	enum err e = statement(s, sql, &st, &is_own, why);
	if (e)
		return e;
	e = bind_all(s, st, args, n_args, sql, why);
	if (!e) {
		int64_t before = sqlite3_total_changes64(s->h);
		int rc;
		while ((rc = sqlite3_step(st)) == SQLITE_ROW)
			;
		if (rc != SQLITE_DONE)
			e = sqlite_fail(s, sqlite3_extended_errcode(s->h), sql, why);
		else if (ret_changed) /* changes() keeps the number of an earlier statement when
		                         this wrote nothing */
			*ret_changed =
			    sqlite3_total_changes64(s->h) == before ? 0 : sqlite3_changes64(s->h);
	}
	put_back(st, is_own);
	return e;
}

static enum err sqlite_bulk(struct db *db, const char *insert_sql, const struct val *values,
                            size_t n_columns, size_t n_rows, struct why *why)
{
	struct sqlite *s = sq(db);
	sqlite3_stmt *st;
	bool is_own;
	enum err e = statement(s, insert_sql, &st, &is_own, why);
	if (e)
		return e;
	for (size_t i = 0; !e && i < n_rows; i++) {
		e = bind_all(s, st, values + i * n_columns, n_columns, insert_sql, why);
		if (!e && sqlite3_step(st) != SQLITE_DONE)
			e = sqlite_fail(s, sqlite3_extended_errcode(s->h), insert_sql, why);
		sqlite3_reset(st);
	}
	put_back(st, is_own);
	return e;
}

static enum err sqlite_query(struct db *db, const char *sql, const struct val *args, size_t n_args,
                             struct rows **ret, struct why *why)
{
	struct sqlite_rows *r = calloc(1, sizeof *r);
	if (!r)
		return fail(why, E_NOMEM);
	r->rows.db = db;
	enum err e = statement(sq(db), sql, &r->st, &r->is_own, why);
	if (e) {
		free(r);
		return e;
	}
	e = bind_all(sq(db), r->st, args, n_args, sql, why);
	if (e) {
		put_back(r->st, r->is_own);
		free(r);
		return e;
	}
	*ret = &r->rows;
	return ERR_OK;
}

static enum err sqlite_next(struct rows *r, struct why *why)
{
	int rc = sqlite3_step(st_of(r));
	if (rc == SQLITE_ROW)
		return ERR_OK;
	if (rc == SQLITE_DONE)
		return ERR_END;
	struct sqlite *s = sq(r->db);
	return sqlite_fail(s, sqlite3_extended_errcode(s->h), sqlite3_sql(st_of(r)), why);
}

static void sqlite_rows_free(struct rows *r)
{
	put_back(st_of(r), ((struct sqlite_rows *)r)->is_own);
	free(r);
}

static bool sqlite_is_null(const struct rows *r, int col)
{
	return sqlite3_column_type(st_of(r), col) == SQLITE_NULL;
}

static int64_t sqlite_get_int(const struct rows *r, int col)
{
	return sqlite3_column_int64(st_of(r), col);
}

static const char *sqlite_get_text(const struct rows *r, int col)
{
	const unsigned char *t = sqlite3_column_text(st_of(r), col);
	return t ? (const char *)t : "";
}

static const void *sqlite_get_bytes(const struct rows *r, int col, size_t *ret_len)
{
	const void *p = sqlite3_column_blob(st_of(r), col);
	*ret_len = (size_t)sqlite3_column_bytes(st_of(r), col);
	return p ? p : "";
}

static enum err sqlite_begin(struct db *db, struct why *why)
{
	return sqlite_script(db, "BEGIN IMMEDIATE", why);
}

static void sqlite_rollback(struct db *db)
{
	/* A full disk may have rolled back already. */
	if (!sqlite3_get_autocommit(sq(db)->h))
		sqlite3_exec(sq(db)->h, "ROLLBACK", NULL, NULL, NULL);
}

static enum err sqlite_commit(struct db *db, struct why *why)
{
	enum err e = sqlite_script(db, "COMMIT", why);
	if (e)
		sqlite_rollback(db);
	return e;
}

static enum err sqlite_resolve(struct db *db, bool *ret_committed, struct why *why)
{
	(void)db, (void)why;
	*ret_committed = false; /* a failed commit of one file is a known failure */
	return ERR_OK;
}

static const char *sqlite_xact(const struct db *db)
{
	(void)db;
	return "";
}

static enum err sqlite_resolve_xact(struct db *db, const char *xact, bool *ret_committed,
                                    struct why *why)
{
	(void)xact;
	return sqlite_resolve(db, ret_committed, why);
}

static enum err sqlite_snapshot(struct db *db, struct why *why)
{
	/* A deferred transaction takes its snapshot with the first read. */
	enum err e = sqlite_script(db, "BEGIN", why);
	if (!e && (e = sqlite_script(db, "SELECT 1 FROM sqlite_master LIMIT 1", why)))
		sqlite_rollback(db);
	return e;
}

/* ---- checkpoints ---- */

enum {
	BUSY_TIMEOUT_MS = 5000,
	CHECKPOINT_PAGES = 1000, /* SQLite's own measure: the thread is woken */
	CHECKPOINT_MOST = 16000, /* 64 MB: the thread does not keep up, so the commit does it */
};

static void run_checkpoints(void *arg)
{
	struct checkpointer *k = arg;
	pthread_mutex_lock(&k->lock);
	while (!k->is_stopping) {
		if (!k->is_wanted) {
			pthread_cond_wait(&k->wake, &k->lock);
			continue;
		}
		k->is_wanted = false;
		pthread_mutex_unlock(&k->lock);
		/* What fails now (a full disk) is tried after the next commit, or fails there. */
		(void)sqlite3_wal_checkpoint_v2(k->h, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
		pthread_mutex_lock(&k->lock);
	}
	pthread_mutex_unlock(&k->lock);
}

static int after_commit(void *arg, sqlite3 *h, const char *name, int pages)
{
	struct checkpointer *k = arg;
	if (pages >= CHECKPOINT_MOST) {
		(void)sqlite3_wal_checkpoint_v2(h, name, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	} else if (pages >= CHECKPOINT_PAGES) {
		pthread_mutex_lock(&k->lock);
		k->is_wanted = true;
		pthread_cond_signal(&k->wake);
		pthread_mutex_unlock(&k->lock);
	}
	return SQLITE_OK;
}

static void checkpointer_free(struct checkpointer *k)
{
	if (!k)
		return;
	pthread_mutex_lock(&k->lock);
	k->is_stopping = true;
	pthread_cond_signal(&k->wake);
	pthread_mutex_unlock(&k->lock);
	thread_join(&k->thread);
	sqlite3_close_v2(k->h);
	pthread_cond_destroy(&k->wake);
	pthread_mutex_destroy(&k->lock);
	free(k);
}

static enum err checkpointer_start(struct sqlite *s, const char *path, struct why *why)
{
	struct checkpointer *k = s->ck = calloc(1, sizeof *k);
	if (!k)
		return fail(why, E_NOMEM);
	pthread_mutex_init(&k->lock, NULL);
	pthread_cond_init(&k->wake, NULL);
	int rc = sqlite3_open_v2(path, &k->h, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc)
		return fail(why, E_DB_OPEN, k->h ? sqlite3_errmsg(k->h) : sqlite3_errstr(rc));
	/* A handle that has read nothing does not know yet that there is a log. */
	sqlite3_busy_timeout(k->h, BUSY_TIMEOUT_MS);
	(void)sqlite3_exec(k->h, "SELECT 1 FROM sqlite_master LIMIT 1", NULL, NULL, NULL);
	sqlite3_wal_hook(s->h, after_commit, k);
	return thread_start("checkpoint", run_checkpoints, k, &k->thread, why);
}

static void sqlite_close(struct db *db)
{
	struct sqlite *s = sq(db);
	checkpointer_free(s->ck); /* first: the last handle to close empties the log */
	for (size_t i = 0; i < s->stmts.cap; i++)
		sqlite3_finalize(s->stmts.slots[i].stmt);
	stmt_map_free(&s->stmts);
	sqlite3_close_v2(s->h);
	free(s);
}

static enum err sqlite_prepare(struct db *db, const char *sql, struct why *why)
{
	sqlite3_stmt *st;
	bool is_own;
	enum err e = statement(sq(db), sql, &st, &is_own, why);
	if (!e)
		put_back(st, is_own);
	return e;
}

static const struct db_ops OPS = {
	.close = sqlite_close,
	.exec = sqlite_exec,
	.bulk = sqlite_bulk,
	.query = sqlite_query,
	.prepare = sqlite_prepare,
	.script = sqlite_script,
	.begin = sqlite_begin,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.resolve = sqlite_resolve,
	.snapshot = sqlite_snapshot,
	.xact = sqlite_xact,
	.resolve_xact = sqlite_resolve_xact,
	.next = sqlite_next,
	.rows_free = sqlite_rows_free,
	.is_null = sqlite_is_null,
	.get_int = sqlite_get_int,
	.get_text = sqlite_get_text,
	.get_bytes = sqlite_get_bytes,
};

/* LIKE is case sensitive as in PostgreSQL. A reader may write so far as to recover the log after a
 * crash, which a read-only handle could not. */
static const char SESSION[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
    "PRAGMA case_sensitive_like = ON; PRAGMA trusted_schema = OFF;"
    "PRAGMA journal_size_limit = 67108864; PRAGMA cache_size = -65536;";

/* Two that open a new file at once may both want to make it WAL; SQLite tells one of them at once
 * that it is busy, without the wait that other statements get. */
static enum err begin_session(struct sqlite *s, struct why *why)
{
	enum err e;
	int64_t until_ms = clock_mono_ms() + BUSY_TIMEOUT_MS;
	struct why local = { 0 };
	while ((e = sqlite_script(&s->db, SESSION, &local)) == ERR_BUSY &&
	       clock_mono_ms() < until_ms)
		sqlite3_sleep(5);
	if (e && why)
		*why = local;
	return e;
}

static enum err open_handle(struct sqlite *s, const char *path, enum db_mode mode, struct why *why)
{
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
	            (mode == DB_WRITE ? SQLITE_OPEN_CREATE : 0);
	int rc = sqlite3_open_v2(path, &s->h, flags, NULL);
	if (rc)
		return fail(why, E_DB_OPEN, s->h ? sqlite3_errmsg(s->h) : sqlite3_errstr(rc));
	sqlite3_extended_result_codes(s->h, 1);
	sqlite3_busy_timeout(s->h, BUSY_TIMEOUT_MS);
	enum err e = begin_session(s, why);
	if (!e && mode == DB_READ)
		e = sqlite_script(&s->db, "PRAGMA query_only = ON", why);
	return e || mode == DB_READ ? e : checkpointer_start(s, path, why);
}

enum err sqlite_open(const char *path, enum db_mode mode, struct db **ret, struct why *why)
{
	struct sqlite *s = calloc(1, sizeof *s);
	if (!s)
		return fail(why, E_NOMEM);
	s->db = (struct db){ .ops = &OPS, .engine = DB_SQLITE, .mode = mode };
	enum err e = open_handle(s, path, mode, why);
	if (e) {
		sqlite_close(&s->db);
		return e;
	}
	*ret = &s->db;
	return ERR_OK;
}
