#include "test_db.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "store/db_int.h"
#include "store/migrate.h"

static enum db_engine engine;
static int n_made;

enum db_engine test_db_engine(void)
{
	return engine;
}

/* HJ_TEST_PG with another database name: "postgres://hj@/NAME?host=…". */
static void pg_url(const char *name, char *out, size_t size)
{
	const char *server = getenv("HJ_TEST_PG");
	const char *slash = strstr(server, "@/"), *query = strchr(server, '?');
	assert_true(slash && query);
	snprintf(out, size, "%.*s%s%s", (int)(slash + 2 - server), server, name, query);
}

/* A database is made by a statement of its own, so this one alone is built at run time. */
static void pg_command(const char *verb, const char *name, const char *rest)
{
	struct why why = { 0 };
	struct db *db = NULL;
	char sql[300];
	snprintf(sql, sizeof sql, "%s DATABASE %s %s", verb, name, rest);
	assert_ok(db_open(getenv("HJ_TEST_PG"), DB_WRITE, &db, &why), &why);
	assert_ok(db_script(db, sql, &why), &why);
	db_close(&db);
}

static void pg_new(struct test_db *t, const char *rest)
{
	char name[64];
	snprintf(name, sizeof name, "hj_%d_%d", (int)getpid(), ++n_made);
	pg_command("CREATE", name, rest);
	pg_url(name, t->url, sizeof t->url);
}

void test_db_empty(struct test_db *t)
{
	struct why why = { 0 };
	CLEANUP(str_drop) char *dir = NULL;
	*t = (struct test_db){ 0 };
	assert_ok(file_temp_dir("hjtest", &dir, &why), &why);
	assert_true(str_copy(t->dir, sizeof t->dir, dir));
	if (engine == DB_SQLITE)
		snprintf(t->url, sizeof t->url, "sqlite:%s/test.db", t->dir);
	else
		pg_new(t, "");
}

/* PostgreSQL copies a migrated database faster than it migrates one. */
static const char *pg_template(void)
{
	static char name[64], rest[100];
	struct why why = { 0 };
	if (!*name) {
		char url[300];
		snprintf(name, sizeof name, "hj_%d_template", (int)getpid());
		pg_command("CREATE", name, "");
		pg_url(name, url, sizeof url);
		assert_ok(migrate(url, NULL, &why), &why);
		snprintf(rest, sizeof rest, "TEMPLATE %s", name);
	}
	return rest;
}

void test_db_open(struct test_db *t)
{
	struct why why = { 0 };
	if (engine == DB_SQLITE) {
		test_db_empty(t);
		assert_ok(migrate(t->url, NULL, &why), &why);
	} else {
		CLEANUP(str_drop) char *dir = NULL;
		*t = (struct test_db){ 0 };
		assert_ok(file_temp_dir("hjtest", &dir, &why), &why);
		assert_true(str_copy(t->dir, sizeof t->dir, dir));
		pg_new(t, pg_template());
	}
	assert_ok(writer_new(&(struct writer_cfg){ .url = t->url, .node = 1 }, &t->w, &why), &why);
	assert_ok(db_open(t->url, DB_READ, &t->r, &why), &why);
}

void test_db_close(struct test_db *t)
{
	struct why why = { 0 };
	writer_free(&t->w);
	db_close(&t->r);
	if (engine == DB_POSTGRES) {
		char name[64];
		const char *from = strstr(t->url, "@/") + 2;
		snprintf(name, sizeof name, "%.*s", (int)strcspn(from, "?"), from);
		pg_command("DROP", name, "WITH (FORCE)");
	}
	assert_ok(file_remove_tree(t->dir, &why), &why);
}

struct stmt {
	const char *sql;
	const struct val *args;
	size_t n_args;
};

static enum err exec_job(struct tx *tx, const void *arg, struct why *why)
{
	const struct stmt *s = arg;
	return db_exec(tx_db(tx), s->sql, s->args, s->n_args, NULL, why);
}

void test_db_exec_args(struct test_db *t, const char *sql, const struct val *args, size_t n_args)
{
	struct why why = { 0 };
	assert_ok(writer_do(t->w, LANE_NORMAL, exec_job, &(struct stmt){ sql, args, n_args }, &why),
	          &why);
}

int64_t test_db_int(struct test_db *t, const char *sql, const struct val *args, size_t n_args)
{
	struct why why = { 0 };
	int64_t n = 0;
	assert_ok(db_int(t->r, sql, args, n_args, &n, &why), &why);
	return n;
}

int test_db_run(const char *name, const struct CMUnitTest *tests, size_t n)
{
	char title[100];
	engine = DB_SQLITE;
	snprintf(title, sizeof title, "%s on SQLite", name);
	int failed = _cmocka_run_group_tests(title, tests, n, NULL, NULL);
	if (getenv("HJ_TEST_PG")) {
		engine = DB_POSTGRES;
		snprintf(title, sizeof title, "%s on PostgreSQL", name);
		failed += _cmocka_run_group_tests(title, tests, n, NULL, NULL);
	}
	return failed;
}
