/* store/db.h -- one connection to SQLite or PostgreSQL, one SQL for both.
 *
 * SQL is a static string with ?1 ?2 placeholders in the portable subset of docs/adr/0001 (a lint
 * test prepares every statement on both engines); it is prepared once per connection and kept, so
 * never build one at run time. Whoever writes does so in a job of the writer (store/writer.h);
 * everybody else opens DB_READ.
 * Thread: a connection belongs to one thread at a time. */
#ifndef STORE_DB_H
#define STORE_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct db;
struct rows;

enum db_mode { DB_READ, DB_WRITE };
enum db_engine { DB_SQLITE, DB_POSTGRES };

/* ---- arguments ---- */

enum val_kind { VAL_NULL, VAL_INT, VAL_TEXT, VAL_BYTES };

/* One value of a statement; points at the caller's memory, which must stay until the call returns.
 */
struct val {
	enum val_kind kind;
	int64_t i;
	const void *p;
	size_t n;
};

struct val db_val_text(const char *s);

#define V_INT(x) ((struct val){ .kind = VAL_INT, .i = (x) })
#define V_BOOL(x) ((struct val){ .kind = VAL_INT, .i = (x) ? 1 : 0 })
#define V_ID(x) db_val_id(x)     /* 0, "none", is NULL */
#define V_TEXT(s) db_val_text(s) /* NULL is NULL */
#define V_TEXTN(s, len) ((struct val){ .kind = VAL_TEXT, .p = (s), .n = (len) })
#define V_BYTES(b, len) ((struct val){ .kind = VAL_BYTES, .p = (b), .n = (len) })
#define V_NULL ((struct val){ .kind = VAL_NULL })

static inline struct val db_val_id(int64_t id)
{
	return id ? V_INT(id) : V_NULL;
}

/** ARGS(V_INT(id), V_TEXT(name)) stands for an array and its length; NOARGS for none. */
#define ARGS(...) \
	(const struct val[]){ __VA_ARGS__ }, \
	    sizeof((const struct val[]){ __VA_ARGS__ }) / sizeof(struct val)
#define NOARGS NULL, (size_t)0

/* ---- connections ---- */

/** Opens "sqlite:/path/file.db" or a PostgreSQL URL ("postgres://…", "postgresql://…").
 *  DB_WRITE makes a missing SQLite file; DB_READ refuses every write.
 *  @return ERR_INVALID E_DB_URL, ERR_IO E_DB_OPEN, ERR_NOMEM */
enum err db_open(const char *url, enum db_mode mode, struct db **ret, struct why *why) MUST_USE;
void db_close(struct db **db); /* NULL content is fine; rows must be freed before */
enum db_engine db_engine(const struct db *db);

/** A server that says nothing for so long during a statement counts as gone (E_DB_GONE): a stopped
 *  machine keeps connections open for ever. PostgreSQL only. 0, the default: wait. */
void db_set_patience(struct db *db, int patience_ms);

/* ---- statements ----
 * Errors of all of them:
 *   ERR_CONFLICT E_DB_UNIQUE (constraint or columns), E_DB_RULE (NOT NULL, CHECK, foreign key)
 *   ERR_BUSY     E_DB_RETRY (locked or serialization: the writer repeats by itself), E_DB_GONE
 *                (connection lost; the next call connects again)
 *   ERR_IO       E_DB_FULL (disk full), E_DB_SQL (all else), ERR_NOMEM */

/** Runs a statement that gives no rows.
 *  @param ret_changed  rows inserted, changed or deleted; NULL: not wanted. The test of a
 *                      conditional write ("… WHERE state = 'new'") is 0 or 1 here. */
enum err db_exec(struct db *db, const char *sql, const struct val *args, size_t n_args,
                 int64_t *ret_changed, struct why *why) MUST_USE;

/** Adds many rows at once by the fastest way the engine has: COPY on PostgreSQL, a statement
 * prepared once on SQLite. Inside a transaction of the writer.
 *  @param insert_sql  "INSERT INTO t (a, b, …) VALUES (?1, ?2, …)": each column a placeholder of
 * its own, in order; integer, text, bytes and JSON columns only; no ON CONFLICT
 *  @param values      n_rows times n_columns, row by row
 *  @return also ERR_CONFLICT E_DB_UNIQUE: some row was there, none is added */
enum err db_bulk(struct db *db, const char *insert_sql, const struct val *values, size_t n_columns,
                 size_t n_rows, struct why *why) MUST_USE;

/** Starts reading rows. @param ret  rows_free(); the text of a row lives until the next one */
enum err db_query(struct db *db, const char *sql, const struct val *args, size_t n_args,
                  struct rows **ret, struct why *why) MUST_USE;

/** @return ERR_OK a row is there, ERR_END no more, else an error */
enum err rows_next(struct rows *r, struct why *why) MUST_USE;
void rows_free(struct rows **r); /* for CLEANUP; NULL content is fine */

/* Columns from 0. NULL reads as 0, "" and no bytes. */
int64_t rows_int(const struct rows *r, int col);
const char *rows_text(const struct rows *r, int col);
const void *rows_bytes(const struct rows *r, int col, size_t *ret_len);
bool rows_null(const struct rows *r, int col);

/** Exactly one integer (NULL reads as 0). @return ERR_NOT_FOUND E_ROW_NONE when there is no row */
enum err db_int(struct db *db, const char *sql, const struct val *args, size_t n_args, int64_t *ret,
                struct why *why) MUST_USE;

/** One row to read at once: like db_query() and a first rows_next().
 *  @return ERR_NOT_FOUND E_ROW_NONE when there is none; *ret is then untouched */
enum err db_row(struct db *db, const char *sql, const struct val *args, size_t n_args,
                struct rows **ret, struct why *why) MUST_USE;

/** Between these, all reads of a DB_READ connection see one moment. Keep it short: it holds back
 *  the engine's housekeeping. */
enum err db_snapshot(struct db *db, struct why *why) MUST_USE;
void db_snapshot_end(struct db *db);

#endif
