/* test_db.h -- a fresh database for a test, on SQLite and, when HJ_TEST_PG names a server, on
 * PostgreSQL too (tools/with_pg.py starts one). */
#ifndef TESTS_UNIT_TEST_DB_H
#define TESTS_UNIT_TEST_DB_H

#include "test.h"

#include "store/db.h"
#include "store/writer.h"

struct test_db {
	char dir[200]; /* private; for other files of the test too */
	char url[300];
	struct writer *w;
	struct db *r; /* a read connection */
};

/** A new migrated database of the engine under test, with a writer and a reader. */
void test_db_open(struct test_db *t);

/** As test_db_open() with nothing in it and nothing opened. */
void test_db_empty(struct test_db *t);
void test_db_close(struct test_db *t);

enum db_engine test_db_engine(void);

/** Runs the tests once for each engine. */
int test_db_run(const char *name, const struct CMUnitTest *tests, size_t n);
#define test_db_main(name, tests) test_db_run((name), (tests), sizeof(tests) / sizeof *(tests))

/** Runs SQL in a committed job and asserts that it works. */
#define test_db_exec(t, sql, ...) test_db_exec_args((t), (sql), __VA_ARGS__)
void test_db_exec_args(struct test_db *t, const char *sql, const struct val *args, size_t n_args);

/** One integer, asserted to be there. */
int64_t test_db_int(struct test_db *t, const char *sql, const struct val *args, size_t n_args);

#endif
