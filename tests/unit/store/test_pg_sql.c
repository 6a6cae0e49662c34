#include "test.h"

#include <stdlib.h>

#include "base/str.h"
#include "store/pg_sql.h"

static void becomes(const char *sql, const char *want, int want_params)
{
	CLEANUP(str_drop) char *got = NULL;
	struct why why = { 0 };
	struct pg_params params;
	assert_ok(pg_sql(sql, &got, &params, &why), &why);
	assert_string_equal(got, want);
	assert_int_equal(params.n, want_params);
}

static void placeholders_are_renamed_and_counted(void **state)
{
	(void)state;
	becomes("SELECT 1", "SELECT 1", 0);
	becomes("SELECT ?1, ?2 WHERE a = ?12", "SELECT $1, $2 WHERE a = $12", 12);
}

static void unused_numbers_and_too_many_are_noticed(void **state)
{
	(void)state;
	char *got = NULL;
	struct pg_params params;
	assert_int_equal(pg_sql("?3 ?1", &got, &params, NULL), ERR_OK);
	free(got);
	assert_true(params.is_used[0] && !params.is_used[1] && params.is_used[2]);
	got = NULL;
	assert_int_equal(pg_sql("?129", &got, &params, NULL), ERR_IO);
	assert_int_equal(pg_sql("?99999999999999", &got, &params, NULL), ERR_IO);
	assert_null(got);
}

static void literals_and_quoted_names_are_left_alone(void **state)
{
	(void)state;
	becomes("SELECT '?1', ?1, 'it''s ?2', \"?3\"", "SELECT '?1', $1, 'it''s ?2', \"?3\"", 1);
	becomes("SELECT 'open ?1", "SELECT 'open ?1", 0);
	becomes("SELECT a ? 'b'", "SELECT a ? 'b'", 0);
}

static void hex_is_decoded_in_place_and_other_text_kept(void **state)
{
	(void)state;
	char a[] = "\\x00ff10", b[] = "\\x0", c[] = "plain", d[] = "\\xzz", e[] = "\\x";
	assert_int_equal(pg_unhex(a, 8), 3);
	assert_memory_equal(a, "\x00\xff\x10", 3);
	assert_int_equal(pg_unhex(b, 3), 3);
	assert_int_equal(pg_unhex(c, 5), 5);
	assert_int_equal(pg_unhex(d, 4), 4);
	assert_int_equal(pg_unhex(e, 2), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(placeholders_are_renamed_and_counted),
		cmocka_unit_test(unused_numbers_and_too_many_are_noticed),
		cmocka_unit_test(literals_and_quoted_names_are_left_alone),
		cmocka_unit_test(hex_is_decoded_in_place_and_other_text_kept),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
