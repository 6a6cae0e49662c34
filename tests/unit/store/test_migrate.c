#include "test_db.h"

#include "base/str.h"
#include "base/thread.h"
#include "store/migrate.h"
#include "store/migrate_int.h"

static void tokens_become_the_engines_words(void **state)
{
	(void)state;
	struct why why = { 0 };
	char *s = NULL;
	const char *sql = "-- a note with @id\nCREATE TABLE t (\n  id @id PRIMARY KEY, n @int, s "
			  "@text, b @bytes, j @json, "
			  "x TEXT DEFAULT '@int  --'\n) @strict;";
	assert_ok(migrate_expand(sql, DB_SQLITE, &s, &why), &why);
	assert_string_equal(
	    s, "CREATE TABLE t ( id INTEGER PRIMARY KEY, n INTEGER, s TEXT, b BLOB, j TEXT, "
	       "x TEXT DEFAULT '@int  --' ) STRICT;");
	str_drop(&s);
	assert_ok(migrate_expand(sql, DB_POSTGRES, &s, &why), &why);
	assert_string_equal(s, "CREATE TABLE t ( id BIGINT PRIMARY KEY, n BIGINT, s TEXT COLLATE "
	                       "\"C\", b BYTEA, j JSON, "
	                       "x TEXT DEFAULT '@int  --' ) ;");
	str_drop(&s);
}

static void every_migration_runs_once(void **state)
{
	(void)state;
	struct test_db t;
	struct why why = { 0 };
	int n = -1;
	test_db_empty(&t);
	assert_ok(migrate(t.url, &n, &why), &why);
	assert_int_equal(n, N_MIGRATIONS);
	assert_ok(migrate(t.url, &n, &why), &why);
	assert_int_equal(n, 0);
	assert_ok(db_open(t.url, DB_READ, &t.r, &why), &why);
	assert_int_equal(test_db_int(&t, "SELECT MAX(number) FROM schema_version", NOARGS),
	                 migrate_newest());
	test_db_close(&t);
}

static const struct migration A = { 1, "0001_a", "CREATE TABLE a (id @id PRIMARY KEY) @strict;" };
static const struct migration B = { 2, "0002_b", "CREATE TABLE b (id @id PRIMARY KEY) @strict;" };

static void a_newer_schema_is_refused(void **state)
{
	(void)state;
	struct test_db t;
	struct why why = { 0 };
	const struct migration newer = { 9999, "9999_later",
		                         "CREATE TABLE later (id @id PRIMARY KEY) @strict;" };
	struct db *db = NULL;
	test_db_empty(&t);
	assert_ok(migrate_list(t.url, &newer, 0, NULL, &why), &why);
	assert_ok(migrate(t.url, NULL, &why), &why);
	assert_ok(writer_new(&(struct writer_cfg){ .url = t.url }, &t.w, &why), &why);
	test_db_exec(&t,
	             "INSERT INTO schema_version (number, name, hash, applied_utc_ms) VALUES (?1, "
	             "'x', 'x', 0)",
	             ARGS(V_INT(9999)));
	assert_int_equal(migrate(t.url, NULL, &why), ERR_CONFLICT);
	assert_int_equal(why.code, E_SCHEMA_NEWER);
	db_close(&db);
	test_db_close(&t);
}

static void an_applied_migration_may_not_change_but_its_comments_may(void **state)
{
	(void)state;
	struct test_db t;
	struct why why = { 0 };
	const struct migration commented = {
		1, "0001_a", "-- words\nCREATE TABLE a  (id @id PRIMARY KEY) @strict;"
	};
	const struct migration changed = { 1, "0001_a",
		                           "CREATE TABLE a (id @id PRIMARY KEY, n @int) @strict;" };
	test_db_empty(&t);
	assert_ok(migrate_list(t.url, &A, 1, NULL, &why), &why);
	assert_ok(migrate_list(t.url, &commented, 1, NULL, &why), &why);
	assert_int_equal(migrate_list(t.url, &changed, 1, NULL, &why), ERR_CONFLICT);
	assert_int_equal(why.code, E_SCHEMA_CHANGED);
	test_db_close(&t);
}

static void a_failing_migration_leaves_nothing_behind(void **state)
{
	(void)state;
	struct test_db t;
	struct why why = { 0 };
	const struct migration list[] = {
		A,
		{ 2, "0002_bad",
		  "CREATE TABLE half (id @id PRIMARY KEY) @strict; CREATE TABLE half (id @id);" }
	};
	const struct migration good[] = { A, B };
	int n = 0;
	test_db_empty(&t);
	assert_int_equal(migrate_list(t.url, list, 2, NULL, &why), ERR_IO);
	assert_ok(db_open(t.url, DB_READ, &t.r, &why), &why);
	assert_int_equal(test_db_int(&t, "SELECT COUNT(*) FROM a", NOARGS), 0);
	int64_t x;
	assert_int_equal(db_int(t.r, "SELECT COUNT(*) FROM half", NOARGS, &x, &why), ERR_IO);
	assert_ok(migrate_list(t.url, good, 2, &n, &why), &why);
	assert_int_equal(n, 1);
	test_db_close(&t);
}

struct racer {
	const char *url;
	enum err e;
	int applied;
	struct why why;
};

static void race(void *arg)
{
	struct racer *r = arg;
	r->e = migrate(r->url, &r->applied, &r->why);
}

static void programs_that_start_together_apply_each_migration_once(void **state)
{
	(void)state;
	struct test_db t;
	struct why why = { 0 };
	struct racer r[3] = { 0 };
	struct thread *th[3] = { 0 };
	int sum = 0;
	test_db_empty(&t);
	for (int i = 0; i < 3; i++) {
		r[i].url = t.url;
		assert_ok(thread_start("racer", race, &r[i], &th[i], &why), &why);
	}
	for (int i = 0; i < 3; i++) {
		thread_join(&th[i]);
		assert_ok(r[i].e, &r[i].why);
		sum += r[i].applied;
	}
	assert_int_equal(sum, N_MIGRATIONS);
	test_db_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tokens_become_the_engines_words),
		cmocka_unit_test(every_migration_runs_once),
		cmocka_unit_test(a_newer_schema_is_refused),
		cmocka_unit_test(an_applied_migration_may_not_change_but_its_comments_may),
		cmocka_unit_test(a_failing_migration_leaves_nothing_behind),
		cmocka_unit_test(programs_that_start_together_apply_each_migration_once),
	};
	return test_db_main("migrate", tests);
}
