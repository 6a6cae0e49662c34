#include "test.h"

static void a_failure_reads_in_both_languages(void **state)
{
	(void)state;
	struct why why = { 0 };
	char buf[200];
	assert_int_equal(fail(&why, E_FILE_OPEN, "a.csv", "no such file"), ERR_IO);
	assert_string_equal(why_text(&why, LANG_EN, buf, sizeof buf),
	                    "cannot open 'a.csv': no such file");
	assert_string_equal(why_text(&why, LANG_ZH, buf, sizeof buf),
	                    "无法打开“a.csv”：no such file");
}

static void a_short_buffer_is_cut_and_terminated(void **state)
{
	(void)state;
	struct why why = { 0 };
	char buf[8];
	(void)fail(&why, E_FILE_OPEN, "a.csv", "x");
	assert_string_equal(why_text(&why, LANG_EN, buf, sizeof buf), "cannot ");
}

/* Every {name} of a sentence is one of the row's argument names, and every name is used. */
static void every_error_names_its_arguments_in_both_languages(void **state)
{
	(void)state;
	for (int c = 1; c < E_COUNT; c++) {
		struct why why = { 0 };
		char en[600], zh[600];
		(void)fail(&why, (enum err_code)c, "\001", "\002", "\003", "\004");
		why_text(&why, LANG_EN, en, sizeof en);
		why_text(&why, LANG_ZH, zh, sizeof zh);
		assert_true(*en && *zh);
		if (strchr(en, '{') || strchr(zh, '{'))
			test_fail("%s leaves an argument unfilled: %s / %s",
			          err_code_name((enum err_code)c), en, zh);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failure_reads_in_both_languages),
		cmocka_unit_test(a_short_buffer_is_cut_and_terminated),
		cmocka_unit_test(every_error_names_its_arguments_in_both_languages),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
