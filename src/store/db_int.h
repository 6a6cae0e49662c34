/* store/db_int.h -- what the two drivers, the writer and the migrations share. */
#ifndef STORE_DB_INT_H
#define STORE_DB_INT_H

#include "store/db.h"

/* What a driver does; db.c adds what both have in common. */
struct db_ops {
	void (*close)(struct db *db);
	enum err (*exec)(struct db *db, const char *sql, const struct val *args, size_t n_args,
	                 int64_t *ret_changed, struct why *why);
	enum err (*bulk)(struct db *db, const char *insert_sql, const struct val *values,
	                 size_t n_columns, size_t n_rows, struct why *why);
	enum err (*query)(struct db *db, const char *sql, const struct val *args, size_t n_args,
	                  struct rows **ret, struct why *why);
	enum err (*prepare)(struct db *db, const char *sql, struct why *why);
	enum err (*script)(struct db *db, const char *sql, struct why *why);
	enum err (*begin)(struct db *db, struct why *why);
	enum err (*commit)(struct db *db, struct why *why);
	void (*rollback)(struct db *db);
	enum err (*resolve)(struct db *db, bool *ret_committed, struct why *why);
	enum err (*snapshot)(struct db *db, struct why *why);
	const char *(*xact)(const struct db *db);
	enum err (*resolve_xact)(struct db *db, const char *xact, bool *ret_committed,
	                         struct why *why);

	enum err (*next)(struct rows *r, struct why *why);
	void (*rows_free)(struct rows *r);
	bool (*is_null)(const struct rows *r, int col);
	int64_t (*get_int)(const struct rows *r, int col);
	const char *(*get_text)(const struct rows *r, int col);
	const void *(*get_bytes)(const struct rows *r, int col, size_t *ret_len);
};

struct db {
	const struct db_ops *ops;
	enum db_engine engine;
	enum db_mode mode;
	int patience_ms; /* 0: a statement may take what it takes */
	bool is_in_tx;
	bool is_tx_failed; /* a statement failed: only rolling back is left, on both engines */
	struct why tx_why;
};

struct rows {
	struct db *db;
};

enum err sqlite_open(const char *path, enum db_mode mode, struct db **ret, struct why *why);
enum err postgres_open(const char *url, enum db_mode mode, struct db **ret, struct why *why);

/** Several statements without arguments: migrations. */
enum err db_script(struct db *db, const char *sql, struct why *why) MUST_USE;

/** Prepares a statement without running it: for checks. */
enum err db_prepare(struct db *db, const char *sql, struct why *why) MUST_USE;

/** A write transaction. After an error of any statement only db_rollback() helps. */
enum err db_begin(struct db *db, struct why *why) MUST_USE;

/** @return E_DB_GONE when it is not known whether the commit happened: ask db_resolve(). After
 *          any other error nothing was kept. */
enum err db_commit(struct db *db, struct why *why) MUST_USE;
void db_rollback(struct db *db);

/** After a lost connection: did the last commit happen? @return E_DB_GONE while nobody answers */
enum err db_resolve(struct db *db, bool *ret_committed, struct why *why) MUST_USE;

/** A name of the transaction that was begun last, for db_resolve_xact(); "" when commits here never
 *  end in doubt. */
const char *db_xact(const struct db *db);

/** As db_resolve() for any transaction, also of an earlier process. One the server never heard of
 *  (it was promoted without it) was not committed. */
enum err db_resolve_xact(struct db *db, const char *xact, bool *ret_committed,
                         struct why *why) MUST_USE;

/** Whether the same work may succeed when it is simply done again. */
static inline bool db_is_transient(const struct why *why)
{
	return why->code == E_DB_RETRY || why->code == E_DB_GONE;
}

/* ---- prepared statements by the address of their text ---- */

struct stmt_slot {
	const char *sql;
	void *stmt;
};
struct stmt_map {
	struct stmt_slot *slots;
	size_t n, cap;
};

/** The slot of `sql`, new and with a NULL stmt when it was not there; NULL: out of memory. */
struct stmt_slot *stmt_map_slot(struct stmt_map *m, const char *sql);
void stmt_map_free(struct stmt_map *m); /* not what the slots hold */

#endif
