#include "test.h"

#include <stdlib.h>

#include "base/str.h"
#include "base/text.h"

typedef enum err convert(const char *s, char **ret, struct why *why);

static void gives(convert *fn, const char *in, const char *want)
{
	CLEANUP(str_drop) char *got = NULL;
	struct why why = { 0 };
	assert_ok(fn(in, &got, &why), &why);
	if (strcmp(got, want) != 0)
		test_fail("'%s' gave '%s', not '%s'", in, got, want);
}

static void folding_joins_what_people_mean_alike(void **state)
{
	(void)state;
	gives(text_fold, "  ＡＢＣ　１２３ \t x ", "abc 123 x");
	gives(text_fold, "客户姓名", "客户姓名");
	gives(text_fold, "Straße", "strasse");
	gives(text_fold, "ﷺ", "صلى الله عليه وسلم");
	gives(text_fold, "", "");
	gives(text_fold,
	      "\xff"
	      "a",
	      "\xef\xbf\xbd"
	      "a");
}

static void narrowing_changes_widths_only(void **state)
{
	(void)state;
	gives(text_narrow, "１３８－Ａｂ　王", "138-Ab 王");
	gives(text_narrow, "①", "①");
}

static void chinese_has_a_sort_key_and_initials(void **state)
{
	(void)state;
	gives(text_pinyin, "张三", "zhang san");
	gives(text_pinyin, "张三 A", "zhang san a");
	gives(text_pinyin, "Ann李", "ann li");
	gives(text_pinyin, "单田芳", "shan tian fang");
	gives(text_pinyin, "简单", "jian dan");
	gives(text_pinyin, "曾国藩", "zeng guo fan");
	gives(text_pinyin, "绿", "lu");
	gives(text_pinyin, "", "");
	gives(text_initials, "没有需要", "myxy");
	gives(text_initials, "微信 App", "wxa");
	gives(text_initials, "加V信", "jvx");
	gives(text_initials, "考虑考虑再说", "klklzs");
	gives(text_initials, "100元", "100y");
}

static void utf8_and_keys_are_recognised(void **state)
{
	(void)state;
	assert_true(text_is_utf8("胡椒😀", 10));
	assert_true(text_is_utf8("", 0));
	assert_false(text_is_utf8("\xe8\x83", 2));
	assert_false(text_is_utf8("a\0b", 3));
	assert_false(text_is_utf8("\xed\xa0\x80", 3));
	assert_int_equal(text_chars("胡椒😀a"), 4);
	assert_true(text_is_key("crm.import_apply-2"));
	assert_false(text_is_key(""));
	assert_true(text_is_key("CN-MKT-DEFAULT"));
	assert_false(text_is_key("a b"));
	assert_false(
	    text_is_key("0123456789012345678901234567890123456789012345678901234567890123"));
}

/* Whatever bytes come in, valid UTF-8 comes out, and folding twice changes nothing more. */
static void any_bytes_are_survived(void **state)
{
	(void)state;
	unsigned seed = 3;
	for (int round = 0; round < 3000; round++) {
		char in[20];
		size_t n = (size_t)rand_r(&seed) % (sizeof in - 1);
		for (size_t i = 0; i < n; i++)
			in[i] = (char)(1 + (rand_r(&seed) >> 3) % 255);
		in[n] = '\0';
		convert *const all[] = { text_fold, text_narrow, text_pinyin, text_initials };
		for (int f = 0; f < 4; f++) {
			CLEANUP(str_drop) char *once = NULL;
			assert_int_equal(all[f](in, &once, NULL), ERR_OK);
			assert_true(text_is_utf8(once, strlen(once)));
			if (all[f] == text_fold)
				gives(text_fold, once, once);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folding_joins_what_people_mean_alike),
		cmocka_unit_test(narrowing_changes_widths_only),
		cmocka_unit_test(chinese_has_a_sort_key_and_initials),
		cmocka_unit_test(utf8_and_keys_are_recognised),
		cmocka_unit_test(any_bytes_are_survived),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
