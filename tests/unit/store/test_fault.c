/* The n-th allocation or the n-th call of the database fails, for n = 1, 2, … until nothing is left
 * to fail: what was answered is what is stored, and nothing leaks (the sanitizers look). */
#include "test_db.h"

#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/log.h"
#include "store/migrate_int.h"

/* ---- calls that fail on demand; the linker sends ours here (--wrap) ---- */

static atomic_int alloc_left, call_left; /* 0: never; 1: the next one fails */

static bool is_due(atomic_int *left)
{
	int n = atomic_load(left);
	while (n > 0 && !atomic_compare_exchange_weak(left, &n, n - 1))
		;
	return n == 1;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
char *__real_strdup(const char *s);
int __real_sqlite3_step(sqlite3_stmt *st);
int __real_sqlite3_exec(sqlite3 *h, const char *sql, int (*fn)(void *, int, char **, char **),
                        void *ctx, char **msg);
int __real_sqlite3_prepare_v3(sqlite3 *h, const char *sql, int n, unsigned flags,
                              sqlite3_stmt **ret, const char **tail);
int __real_PQsendQuery(PGconn *c, const char *sql);
int __real_PQsendQueryPrepared(PGconn *c, const char *name, int n, const char *const *v,
                               const int *l, const int *f, int r);
int __real_PQsendPrepare(PGconn *c, const char *name, const char *sql, int n, const Oid *types);

void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
char *__wrap_strdup(const char *s);
int __wrap_sqlite3_step(sqlite3_stmt *st);
int __wrap_sqlite3_exec(sqlite3 *h, const char *sql, int (*fn)(void *, int, char **, char **),
                        void *ctx, char **msg);
int __wrap_sqlite3_prepare_v3(sqlite3 *h, const char *sql, int n, unsigned flags,
                              sqlite3_stmt **ret, const char **tail);
int __wrap_PQsendQuery(PGconn *c, const char *sql);
int __wrap_PQsendQueryPrepared(PGconn *c, const char *name, int n, const char *const *v,
                               const int *l, const int *f, int r);
int __wrap_PQsendPrepare(PGconn *c, const char *name, const char *sql, int n, const Oid *types);

void *__wrap_malloc(size_t n)
{
	return is_due(&alloc_left) ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return is_due(&alloc_left) ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return is_due(&alloc_left) ? NULL : __real_realloc(p, n);
}

char *__wrap_strdup(const char *s)
{
	return is_due(&alloc_left) ? NULL : __real_strdup(s);
}

int __wrap_sqlite3_step(sqlite3_stmt *st)
{
	return is_due(&call_left) ? SQLITE_IOERR : __real_sqlite3_step(st);
}

int __wrap_sqlite3_exec(sqlite3 *h, const char *sql, int (*fn)(void *, int, char **, char **),
                        void *ctx, char **msg)
{
	return is_due(&call_left) ? SQLITE_IOERR : __real_sqlite3_exec(h, sql, fn, ctx, msg);
}

int __wrap_sqlite3_prepare_v3(sqlite3 *h, const char *sql, int n, unsigned flags,
                              sqlite3_stmt **ret, const char **tail)
{
	return is_due(&call_left) ? SQLITE_IOERR
	                          : __real_sqlite3_prepare_v3(h, sql, n, flags, ret, tail);
}

int __wrap_PQsendQuery(PGconn *c, const char *sql)
{
	return is_due(&call_left) ? 0 : __real_PQsendQuery(c, sql);
}

int __wrap_PQsendQueryPrepared(PGconn *c, const char *name, int n, const char *const *v,
                               const int *l, const int *f, int r)
{
	return is_due(&call_left) ? 0 : __real_PQsendQueryPrepared(c, name, n, v, l, f, r);
}

int __wrap_PQsendPrepare(PGconn *c, const char *name, const char *sql, int n, const Oid *types)
{
	return is_due(&call_left) ? 0 : __real_PQsendPrepare(c, name, sql, n, types);
}

/* ---- what is done meanwhile ---- */

static const struct migration TABLE = {
	1, "0001_t", "CREATE TABLE t (id @id PRIMARY KEY, s @text NOT NULL) @strict;"
};

enum { JOBS = 4 };

static enum err insert_pair(struct tx *tx, const void *arg, struct why *why)
{
	const int64_t *id = arg;
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e =
	    db_query(tx_db(tx), "SELECT s FROM t WHERE id = ?1", ARGS(V_INT(*id * 2)), &r, why);
	if (e || ((e = rows_next(r, why)) && e != ERR_END))
		return e;
	e = db_exec(tx_db(tx), "INSERT INTO t (id, s) VALUES (?1, ?2)",
	            ARGS(V_INT(*id * 2), V_TEXT("one")), NULL, why);
	return e ? e
	         : db_exec(tx_db(tx), "INSERT INTO t (id, s) VALUES (?1, ?2)",
	                   ARGS(V_INT(*id * 2 + 1), V_TEXT("two")), NULL, why);
}

static void take(enum err e, const struct why *why, void *ctx)
{
	(void)why;
	*(enum err *)ctx = e;
}

/* Gives jobs base+0 … base+3 one after the other; says what became of each. */
static void write_some(struct test_db *t, int64_t base, enum err said[JOBS])
{
	for (int i = 0; i < JOBS; i++)
		said[i] = ERR_BUSY;
	if (writer_new(&(struct writer_cfg){ .url = t->url, .retry_ms = 500 }, &t->w, NULL))
		return;
	for (int i = 0; i < JOBS; i++) {
		int64_t id = base + i;
		if (i % 2)
			said[i] = writer_do(t->w, LANE_NORMAL, insert_pair, &id, NULL);
		else if (writer_submit(t->w, LANE_LIVE, insert_pair, &id, sizeof id, take, &said[i],
		                       NULL))
			said[i] = ERR_NOMEM;
	}
	writer_free(&t->w);
}

static void what_was_said_is_so(struct test_db *t, int64_t base, const enum err said[JOBS], int n)
{
	for (int i = 0; i < JOBS; i++) {
		int64_t rows =
		    test_db_int(t, "SELECT COUNT(*) FROM t WHERE id IN (?1 * 2, ?1 * 2 + 1)",
		                ARGS(V_INT(base + i)));
		if (rows != (said[i] ? 0 : 2))
			test_fail("n = %d: job %d was answered %s and has %d rows", n, i,
			          err_kind_name(said[i]), (int)rows);
	}
}

/* Returns how many places there were to fail. */
static int fail_everywhere(atomic_int *left)
{
	struct test_db t;
	struct why why = { 0 };
	int n = 1, n_good = 0;
	test_db_empty(&t);
	assert_ok(migrate_list(t.url, &TABLE, 1, NULL, &why), &why);
	assert_ok(db_open(t.url, DB_READ, &t.r, &why), &why);
	log_set_level(LOG_NONE);
	for (;; n++) {
		enum err said[JOBS];
		atomic_store(left, n);
		write_some(&t, n * 10, said);
		bool is_over = atomic_exchange(left, 0) > 0;
		what_was_said_is_so(&t, n * 10, said, n);
		for (int i = 0; i < JOBS; i++)
			n_good += !said[i];
		if (is_over)
			break;
		assert_true(n < 500);
	}
	log_set_level(LOG_INFO);
	assert_true(n_good > n); /* one fault does not stop the others */
	test_db_close(&t);
	return n;
}

static void any_allocation_may_fail(void **state)
{
	(void)state;
	assert_true(fail_everywhere(&alloc_left) > 5);
}

static void any_call_of_the_database_may_fail(void **state)
{
	(void)state;
	assert_true(fail_everywhere(&call_left) > 10);
}

static void opening_and_migrating_may_fail_anywhere(void **state)
{
	(void)state;
	atomic_int *const kinds[] = { &alloc_left, &call_left };
	for (int k = 0; k < 2; k++) {
		struct test_db t;
		struct why why = { 0 };
		bool is_over = false;
		test_db_empty(&t);
		for (int n = 1; !is_over; n++) {
			struct db *db = NULL;
			int applied = 0;
			atomic_store(kinds[k], n);
			enum err e = migrate_list(t.url, &TABLE, 1, &applied, NULL);
			if (!e)
				e = db_open(t.url, DB_READ, &db, NULL);
			db_close(&db);
			is_over = atomic_exchange(kinds[k], 0) > 0;
			assert_true(!is_over || !e);
		}
		assert_ok(db_open(t.url, DB_READ, &t.r, &why), &why);
		assert_int_equal(test_db_int(&t, "SELECT COUNT(*) FROM schema_version", NOARGS), 1);
		test_db_close(&t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_allocation_may_fail),
		cmocka_unit_test(any_call_of_the_database_may_fail),
		cmocka_unit_test(opening_and_migrating_may_fail_anywhere),
	};
	return test_db_main("fault", tests);
}
