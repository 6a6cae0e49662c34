#include "test.h"

#include <stdlib.h>

#include "base/str.h"

static void it_grows_and_stays_terminated(void **state)
{
	(void)state;
	struct str s = { 0 };
	assert_string_equal(str_text(&s), "");
	for (int i = 0; i < 1000; i++) {
		str_addf(&s, "%d,", i);
		assert_int_equal(s.p[s.len], '\0');
	}
	str_addn(&s, "a\0b", 3);
	assert_int_equal(s.p[s.len - 2], '\0');
	assert_int_equal(s.len, 3890 + 3);
	str_clear(&s);
	assert_string_equal(str_text(&s), "");
	str_free(&s);
}

static void taking_hands_over_and_empties(void **state)
{
	(void)state;
	struct str s = { 0 };
	char *p = NULL;
	assert_int_equal(str_take(&s, &p, NULL), ERR_OK);
	assert_string_equal(p, "");
	str_drop(&p);
	assert_null(p);
	str_add(&s, "x");
	assert_int_equal(str_take(&s, &p, NULL), ERR_OK);
	assert_string_equal(p, "x");
	assert_null(s.p);
	str_drop(&p);
}

static void too_much_is_remembered_as_a_failure(void **state)
{
	(void)state;
	struct str s = { 0 };
	char *p = NULL;
	str_add(&s, "x");
	str_addn(&s, "y", SIZE_MAX - 4);
	assert_false(str_ok(&s));
	str_add(&s, "z");
	assert_string_equal(str_text(&s), "x");
	assert_int_equal(str_take(&s, &p, NULL), ERR_NOMEM);
	assert_null(p);
	assert_true(str_ok(&s));
}

static void a_copy_is_cut_between_characters(void **state)
{
	(void)state;
	char buf[6];
	assert_true(str_copy(buf, sizeof buf, "12345"));
	assert_false(str_copy(buf, sizeof buf, "胡椒"));
	assert_string_equal(buf, "胡");
	assert_false(str_copy(buf, 3, "胡"));
	assert_string_equal(buf, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_grows_and_stays_terminated),
		cmocka_unit_test(taking_hands_over_and_empties),
		cmocka_unit_test(too_much_is_remembered_as_a_failure),
		cmocka_unit_test(a_copy_is_cut_between_characters),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
