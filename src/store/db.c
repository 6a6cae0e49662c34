#include "store/db.h"

#include <assert.h>
#include <string.h>

#include "store/db_int.h"

struct val db_val_text(const char *s)
{
	return s ? V_TEXTN(s, strlen(s)) : V_NULL;
}

enum err db_open(const char *url, enum db_mode mode, struct db **ret, struct why *why)
{
	static const char SQLITE[] = "sqlite:";
	if (strncmp(url, SQLITE, sizeof SQLITE - 1) == 0 && url[sizeof SQLITE - 1])
		return sqlite_open(url + sizeof SQLITE - 1, mode, ret, why);
	if (strncmp(url, "postgres://", 11) == 0 || strncmp(url, "postgresql://", 13) == 0)
		return postgres_open(url, mode, ret, why);
	return fail(why, E_DB_URL, url);
}

void db_close(struct db **db)
{
	if (*db)
		(*db)->ops->close(*db);
	*db = NULL;
}

enum db_engine db_engine(const struct db *db)
{
	return db->engine;
}

/* PostgreSQL ends a transaction at its first error; SQLite would go on. Both end here, so that a
 * job behaves the same on both. */
static enum err note(struct db *db, enum err e, const struct why *local, struct why *why)
{
	if (e && db->is_in_tx && !db->is_tx_failed) {
		db->is_tx_failed = true;
		db->tx_why = *local;
	}
	if (e && why)
		*why = *local;
	return e;
}

static enum err refuse(const struct db *db, struct why *why)
{
	if (why)
		*why = db->tx_why;
	return err_kind(db->tx_why.code);
}

enum err db_exec(struct db *db, const char *sql, const struct val *args, size_t n_args,
                 int64_t *ret_changed, struct why *why)
{
	if (db->is_tx_failed)
		return refuse(db, why);
	struct why local = { 0 };
	return note(db, db->ops->exec(db, sql, args, n_args, ret_changed, &local), &local, why);
}

enum err db_bulk(struct db *db, const char *insert_sql, const struct val *values, size_t n_columns,
                 size_t n_rows, struct why *why)
{
	if (db->is_tx_failed)
		return refuse(db, why);
	if (n_rows == 0)
		return ERR_OK;
	struct why local = { 0 };
	return note(db, db->ops->bulk(db, insert_sql, values, n_columns, n_rows, &local), &local,
	            why);
}

enum err db_query(struct db *db, const char *sql, const struct val *args, size_t n_args,
                  struct rows **ret, struct why *why)
{
	if (db->is_tx_failed)
		return refuse(db, why);
	struct why local = { 0 };
	return note(db, db->ops->query(db, sql, args, n_args, ret, &local), &local, why);
}

enum err rows_next(struct rows *r, struct why *why)
{
	struct why local = { 0 };
	enum err e = r->db->ops->next(r, &local);
	return e == ERR_END ? e : note(r->db, e, &local, why);
}

void rows_free(struct rows **r)
{
	if (*r)
		(*r)->db->ops->rows_free(*r);
	*r = NULL;
}

int64_t rows_int(const struct rows *r, int col)
{
	return r->db->ops->get_int(r, col);
}

const char *rows_text(const struct rows *r, int col)
{
	return r->db->ops->get_text(r, col);
}

const void *rows_bytes(const struct rows *r, int col, size_t *ret_len)
{
	return r->db->ops->get_bytes(r, col, ret_len);
}

bool rows_null(const struct rows *r, int col)
{
	return r->db->ops->is_null(r, col);
}

enum err db_row(struct db *db, const char *sql, const struct val *args, size_t n_args,
                struct rows **ret, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_query(db, sql, args, n_args, &r, why);
	if (e)
		return e;
	e = rows_next(r, why);
	if (e == ERR_END)
		return fail(why, E_ROW_NONE);
	if (e)
		return e;
	*ret = r;
	r = NULL;
	return ERR_OK;
}

enum err db_int(struct db *db, const char *sql, const struct val *args, size_t n_args, int64_t *ret,
                struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_row(db, sql, args, n_args, &r, why);
	if (!e)
		*ret = rows_int(r, 0);
	return e;
}

enum err db_script(struct db *db, const char *sql, struct why *why)
{
	if (db->is_tx_failed)
		return refuse(db, why);
	struct why local = { 0 };
	return note(db, db->ops->script(db, sql, &local), &local, why);
}

enum err db_prepare(struct db *db, const char *sql, struct why *why)
{
	return db->ops->prepare(db, sql, why);
}

enum err db_begin(struct db *db, struct why *why)
{
	assert(!db->is_in_tx);
	enum err e = db->ops->begin(db, why);
	db->is_in_tx = e == ERR_OK;
	db->is_tx_failed = false;
	return e;
}

enum err db_commit(struct db *db, struct why *why)
{
	assert(db->is_in_tx);
	if (db->is_tx_failed) {
		enum err e = refuse(db, why);
		db_rollback(db);
		return e;
	}
	enum err e = db->ops->commit(db, why);
	db->is_in_tx = false;
	return e;
}

void db_rollback(struct db *db)
{
	if (db->is_in_tx)
		db->ops->rollback(db);
	db->is_in_tx = db->is_tx_failed = false;
}

enum err db_resolve(struct db *db, bool *ret_committed, struct why *why)
{
	return db->ops->resolve(db, ret_committed, why);
}

const char *db_xact(const struct db *db)
{
	return db->ops->xact(db);
}

enum err db_resolve_xact(struct db *db, const char *xact, bool *ret_committed, struct why *why)
{
	return db->ops->resolve_xact(db, xact, ret_committed, why);
}

void db_set_patience(struct db *db, int patience_ms)
{
	db->patience_ms = patience_ms;
}

enum err db_snapshot(struct db *db, struct why *why)
{
	assert(!db->is_in_tx && db->mode == DB_READ);
	enum err e = db->ops->snapshot(db, why);
	db->is_in_tx = e == ERR_OK;
	db->is_tx_failed = false;
	return e;
}

void db_snapshot_end(struct db *db)
{
	db_rollback(db);
}
