#include "test_db.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"

#include "store/db_int.h"
#include "store/migrate_int.h"

/* A table of every type, used by the tests of this file. */
static const struct migration TABLE = { 1, "0001_t",
	                                "CREATE TABLE t (id @id PRIMARY KEY, n @int, s @text "
	                                "UNIQUE, b @bytes, j @json, must @int NOT NULL) @strict;" };

static void open_table(struct test_db *t)
{
	struct why why = { 0 };
	test_db_empty(t);
	assert_ok(migrate_list(t->url, &TABLE, 1, NULL, &why), &why);
	assert_ok(writer_new(&(struct writer_cfg){ .url = t->url }, &t->w, &why), &why);
	assert_ok(db_open(t->url, DB_READ, &t->r, &why), &why);
}

#define INSERT "INSERT INTO t (id, n, s, b, j, must) VALUES (?1, ?2, ?3, ?4, ?5, 1)"

static void values_come_back_as_they_went_in(void **state)
{
	(void)state;
	struct test_db t;
	struct why why = { 0 };
	CLEANUP(rows_free) struct rows *r = NULL;
	size_t n = 0;
	open_table(&t);
	test_db_exec(&t, INSERT,
	             ARGS(V_INT(INT64_MAX), V_INT(INT64_MIN), V_TEXT("胡椒 'x' \\ ?1"),
	                  V_BYTES("\0\xff\\x41", 6), V_TEXT("{\"k\": 1}")));
	assert_ok(
	    db_row(t.r, "SELECT id, n, s, b, CAST(j->>'k' AS TEXT), j FROM t", NOARGS, &r, &why),
	    &why);
	assert_true(rows_int(r, 0) == INT64_MAX);
	assert_true(rows_int(r, 1) == INT64_MIN);
	assert_string_equal(rows_text(r, 2), "胡椒 'x' \\ ?1");
	const void *b = rows_bytes(r, 3, &n);
	assert_int_equal(n, 6);
	assert_memory_equal(b, "\0\xff\\x41", 6);
	b = rows_bytes(r, 3, &n); /* asked again */
	assert_int_equal(n, 6);
	assert_memory_equal(b, "\0\xff\\x41", 6);
	assert_string_equal(rows_text(r, 4), "1");
	assert_string_equal(rows_text(r, 5), "{\"k\": 1}");
	rows_free(&r);
	test_db_close(&t);
}

static void bytes_that_look_like_hex_come_back_as_they_are(void **state)
{
	(void)state;
	struct test_db t;
	struct why why = { 0 };
	CLEANUP(rows_free) struct rows *r = NULL;
	size_t n = 0;
	open_table(&t);
	test_db_exec(&t, INSERT, ARGS(V_INT(1), V_NULL, V_NULL, V_BYTES("\\x41", 4), V_NULL));
	assert_ok(db_row(t.r, "SELECT b FROM t", NOARGS, &r, &why), &why);
	for (int i = 0; i < 3; i++) {
		const void *b = rows_bytes(r, 0, &n);
		assert_int_equal(n, 4);
		assert_memory_equal(b, "\\x41", 4);
	}
	rows_free(&r);
	test_db_close(&t);
}

static void nulls_and_empty_values_differ(void **state)
{
	(void)state;
	struct test_db t;
	struct why why = { 0 };
	CLEANUP(rows_free) struct rows *r = NULL;
	size_t n = 9;
	open_table(&t);
	test_db_exec(&t, INSERT, ARGS(V_INT(1), V_ID(0), V_TEXT(NULL), V_NULL, V_NULL));
	test_db_exec(&t, INSERT,
	             ARGS(V_INT(2), V_INT(0), V_TEXT(""), V_BYTES("", 0), V_TEXT("{}")));
	assert_ok(db_query(t.r, "SELECT n, s, b, j FROM t ORDER BY id", NOARGS, &r, &why), &why);
	assert_ok(rows_next(r, &why), &why);
	for (int i = 0; i < 4; i++)
		assert_true(rows_null(r, i));
	assert_int_equal(rows_int(r, 0), 0);
	assert_string_equal(rows_text(r, 1), "");
	(void)rows_bytes(r, 2, &n);
	assert_int_equal(n, 0);
	assert_ok(rows_next(r, &why), &why);
	for (int i = 0; i < 4; i++)
		assert_false(rows_null(r, i));
	assert_int_equal(rows_next(r, &why), ERR_END);
	rows_free(&r);
	test_db_close(&t);
}

/* PostgreSQL takes the ?1 of "?1 = 1" for 32 bits when nobody tells it. */
static void an_integer_argument_is_64_bits_everywhere(void **state)
{
	(void)state;
	struct test_db t;
	open_table(&t);
	int64_t big = INT64_C(5000000000);
	assert_int_equal(
	    test_db_int(&t, "SELECT CASE WHEN ?1 = 1 THEN 1 ELSE 0 END", ARGS(V_INT(big))), 0);
	assert_true(test_db_int(&t, "SELECT ?1 + 1", ARGS(V_INT(big))) == big + 1);
	/* An argument that a statement does not use is no matter. */
	assert_true(test_db_int(&t, "SELECT ?3 + 1", ARGS(V_TEXT("x"), V_NULL, V_INT(big))) ==
	            big + 1);
	test_db_close(&t);
}

static void texts_sort_by_bytes_and_like_minds_case(void **state)
{
	(void)state;
	struct test_db t;
	struct why why = { 0 };
	CLEANUP(rows_free) struct rows *r = NULL;
	const char *const want[] = { "B", "Z", "a", "é", "中" };
	open_table(&t);
	for (int i = 4; i >= 0; i--)
		test_db_exec(&t, INSERT,
		             ARGS(V_INT(i + 1), V_NULL, V_TEXT(want[i]), V_NULL, V_NULL));
	assert_ok(db_query(t.r, "SELECT s FROM t ORDER BY s, id", NOARGS, &r, &why), &why);
	for (int i = 0; i < 5; i++) {
		assert_ok(rows_next(r, &why), &why);
		assert_string_equal(rows_text(r, 0), want[i]);
	}
	assert_int_equal(test_db_int(&t, "SELECT COUNT(*) FROM t WHERE s LIKE 'b%'", NOARGS), 0);
	rows_free(&r);
	test_db_close(&t);
}

struct attempt {
	const char *sql;
	enum err want;
	enum err_code code;
};

static enum err attempt_job(struct tx *tx, const void *arg, struct why *why)
{
	const struct attempt *a = arg;
	return db_exec(tx_db(tx), a->sql, NOARGS, NULL, why);
}

static void errors_say_which_kind_they_are(void **state)
{
	(void)state;
	struct test_db t;
	open_table(&t);
	test_db_exec(&t, INSERT, ARGS(V_INT(1), V_NULL, V_TEXT("x"), V_NULL, V_NULL));
	const struct attempt list[] = {
		{ "INSERT INTO t (id, must) VALUES (1, 1)", ERR_CONFLICT, E_DB_UNIQUE },
		{ "INSERT INTO t (id, s, must) VALUES (2, 'x', 1)", ERR_CONFLICT, E_DB_UNIQUE },
		{ "INSERT INTO t (id) VALUES (3)", ERR_CONFLICT, E_DB_RULE },
		{ "INSERT INTO nowhere (id) VALUES (3)", ERR_IO, E_DB_SQL },
	};
	for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
		struct why why = { 0 };
		assert_int_equal(writer_do(t.w, LANE_NORMAL, attempt_job, &list[i], &why),
		                 list[i].want);
		if (why.code != list[i].code)
			test_fail("%s: %s", list[i].sql, why_en(&why));
	}
	test_db_close(&t);
}

static void a_reader_cannot_write(void **state)
{
	(void)state;
	struct test_db t;
	struct why why = { 0 };
	open_table(&t);
	assert_int_not_equal(
	    db_exec(t.r, "INSERT INTO t (id, must) VALUES (1, 1)", NOARGS, NULL, &why), ERR_OK);
	assert_int_equal(test_db_int(&t, "SELECT COUNT(*) FROM t", NOARGS), 0);
	test_db_close(&t);
}

struct counts {
	int64_t hit, missed, read;
};

static enum err count_job(struct tx *tx, const void *arg, struct why *why)
{
	struct counts *c = (struct counts *)(uintptr_t)arg;
	struct db *db = tx_db(tx);
	enum err e = db_exec(db, "UPDATE t SET n = 2 WHERE n = 1", NOARGS, &c->hit, why);
	if (!e)
		e = db_exec(db, "UPDATE t SET n = 2 WHERE n = 1", NOARGS, &c->missed, why);
	if (!e)
		e = db_exec(db, "INSERT INTO t (id, must) VALUES (1, 1) ON CONFLICT DO NOTHING",
		            NOARGS, &c->read, why);
	return e;
}

static void a_conditional_write_tells_whether_it_happened(void **state)
{
	(void)state;
	struct test_db t;
	struct why why = { 0 };
	struct counts c = { -1, -1, -1 };
	open_table(&t);
	test_db_exec(&t, INSERT, ARGS(V_INT(1), V_INT(1), V_NULL, V_NULL, V_NULL));
	assert_ok(writer_do(t.w, LANE_NORMAL, count_job, &c, &why), &why);
	assert_int_equal(c.hit, 1);
	assert_int_equal(c.missed, 0);
	assert_int_equal(c.read, 0);
	test_db_close(&t);
}

static void one_statement_may_be_read_twice_at_once(void **state)
{
	(void)state;
	static const char SQL[] = "SELECT id FROM t ORDER BY id";
	struct test_db t;
	struct why why = { 0 };
	CLEANUP(rows_free) struct rows *outer = NULL;
	int pairs = 0;
	open_table(&t);
	for (int i = 1; i <= 3; i++)
		test_db_exec(&t, INSERT, ARGS(V_INT(i), V_NULL, V_NULL, V_NULL, V_NULL));
	assert_ok(db_query(t.r, SQL, NOARGS, &outer, &why), &why);
	while (rows_next(outer, &why) == ERR_OK) {
		CLEANUP(rows_free) struct rows *inner = NULL;
		assert_ok(db_query(t.r, SQL, NOARGS, &inner, &why), &why);
		while (rows_next(inner, &why) == ERR_OK)
			pairs++;
	}
	assert_int_equal(pairs, 9);
	rows_free(&outer);
	test_db_close(&t);
}

static void a_snapshot_sees_one_moment(void **state)
{
	(void)state;
	struct test_db t;
	struct why why = { 0 };
	open_table(&t);
	assert_ok(db_snapshot(t.r, &why), &why);
	assert_int_equal(test_db_int(&t, "SELECT COUNT(*) FROM t", NOARGS), 0);
	test_db_exec(&t, INSERT, ARGS(V_INT(1), V_NULL, V_NULL, V_NULL, V_NULL));
	assert_int_equal(test_db_int(&t, "SELECT COUNT(*) FROM t", NOARGS), 0);
	db_snapshot_end(t.r);
	assert_int_equal(test_db_int(&t, "SELECT COUNT(*) FROM t", NOARGS), 1);
	test_db_close(&t);
}

static void a_row_that_is_not_there_is_said_so(void **state)
{
	(void)state;
	struct test_db t;
	struct why why = { 0 };
	int64_t n = 7;
	open_table(&t);
	assert_int_equal(db_int(t.r, "SELECT id FROM t WHERE id = ?1", ARGS(V_INT(5)), &n, &why),
	                 ERR_NOT_FOUND);
	assert_int_equal(why.code, E_ROW_NONE);
	assert_int_equal(n, 7);
	test_db_close(&t);
}

static void wrong_addresses_are_refused(void **state)
{
	(void)state;
	struct why why = { 0 };
	struct db *db = NULL;
	assert_int_equal(db_open("mysql://x", DB_READ, &db, &why), ERR_INVALID);
	assert_int_equal(db_open("sqlite:", DB_READ, &db, &why), ERR_INVALID);
	assert_int_equal(db_open("sqlite:/no/such/folder/x.db", DB_WRITE, &db, &why), ERR_IO);
	assert_int_equal(db_open("postgres:///x?host=/no/such/folder", DB_READ, &db, &why), ERR_IO);
	assert_null(db);
}

#define INSERT_ALL "INSERT INTO t (id, n, s, b, j, must) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
enum { MANY = 3000, MANY_COLUMNS = 6 };

static enum err add_many(struct tx *tx, const void *arg, struct why *why)
{
	return db_bulk(tx_db(tx), INSERT_ALL, arg, MANY_COLUMNS, MANY, why);
}

static void many_rows_come_in_at_once_or_not_at_all(void **state)
{
	(void)state;
	struct test_db t;
	struct why why = { 0 };
	CLEANUP(str_drop) struct val *v = calloc((size_t)MANY * MANY_COLUMNS, sizeof *v);
	CLEANUP(rows_free) struct rows *r = NULL;
	static char name[MANY][20];
	size_t n;
	assert_non_null(v);
	open_table(&t);
	for (int i = 0; i < MANY; i++) {
		snprintf(name[i], sizeof name[i], "行\t%d\\N", i);
		const struct val row[MANY_COLUMNS] = {
			V_INT(i + 1),         i % 2 ? V_NULL : V_INT(-i), V_TEXT(name[i]),
			V_BYTES("\0\xff", 2), V_TEXT("{\"k\":1}"),        V_INT(1)
		};
		memcpy(&v[i * MANY_COLUMNS], row, sizeof row);
	}
	assert_ok(writer_do(t.w, LANE_NORMAL, add_many, v, &why), &why);
	assert_int_equal(test_db_int(&t, "SELECT COUNT(*) FROM t", NOARGS), MANY);
	assert_ok(db_row(t.r, "SELECT n, s, b FROM t WHERE id = 2999", NOARGS, &r, &why), &why);
	assert_int_equal(rows_int(r, 0), -2998);
	assert_string_equal(rows_text(r, 1), name[2998]);
	assert_memory_equal(rows_bytes(r, 2, &n), "\0\xff", 2);
	rows_free(&r);
	for (int i = 0; i < MANY; i++) /* new ids, but one name is there already */
		v[i * MANY_COLUMNS] = V_INT(MANY + 1 + i);
	for (int i = 1; i < MANY; i++)
		v[i * MANY_COLUMNS + 2] = V_NULL;
	assert_int_equal(writer_do(t.w, LANE_NORMAL, add_many, v, &why), ERR_CONFLICT);
	assert_int_equal(why.code, E_DB_UNIQUE);
	assert_int_equal(test_db_int(&t, "SELECT COUNT(*) FROM t", NOARGS), MANY);
	test_db_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_come_back_as_they_went_in),
		cmocka_unit_test(many_rows_come_in_at_once_or_not_at_all),
		cmocka_unit_test(bytes_that_look_like_hex_come_back_as_they_are),
		cmocka_unit_test(nulls_and_empty_values_differ),
		cmocka_unit_test(an_integer_argument_is_64_bits_everywhere),
		cmocka_unit_test(texts_sort_by_bytes_and_like_minds_case),
		cmocka_unit_test(errors_say_which_kind_they_are),
		cmocka_unit_test(a_reader_cannot_write),
		cmocka_unit_test(a_conditional_write_tells_whether_it_happened),
		cmocka_unit_test(one_statement_may_be_read_twice_at_once),
		cmocka_unit_test(a_snapshot_sees_one_moment),
		cmocka_unit_test(a_row_that_is_not_there_is_said_so),
		cmocka_unit_test(wrong_addresses_are_refused),
	};
	return test_db_main("db", tests);
}
