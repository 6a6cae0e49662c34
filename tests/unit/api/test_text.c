#include "test.h"

#include <stdio.h>

#include "api/http_text.h"
#include "api/mask.h"

static void a_cookie_is_found_among_others(void **state)
{
	char v[16];
	(void)state;
	assert_true(cookie_get("a=1; hujiao=tok; b=2", "hujiao", v, sizeof v));
	assert_string_equal(v, "tok");
	assert_true(cookie_get("hujiao=tok", "hujiao", v, sizeof v));
	assert_false(cookie_get("xhujiao=tok", "hujiao", v, sizeof v));
	assert_false(cookie_get("hujiao=", "hujiao", v, sizeof v));
	assert_false(cookie_get("hujiao=a-value-that-does-not-fit", "hujiao", v, sizeof v));
	assert_false(cookie_get(NULL, "hujiao", v, sizeof v));
}

static void only_the_own_origin_is_own(void **state)
{
	(void)state;
	assert_true(origin_is_own("https://pepper.example:8443", "pepper.example:8443", true));
	assert_true(origin_is_own("https://PEPPER.example", "pepper.example", true));
	assert_true(origin_is_own("http://10.0.0.1:8080", "10.0.0.1:8080", false));
	assert_true(origin_is_own("https://10.0.0.1", "10.0.0.1", false));
	assert_false(origin_is_own("http://10.0.0.1", "10.0.0.1", true));
	assert_false(origin_is_own("https://10.0.0.1:8443", "10.0.0.1", true));
	assert_false(origin_is_own("https://10.0.0.1.evil", "10.0.0.1", true));
	assert_false(origin_is_own("null", "10.0.0.1", false));
	assert_false(origin_is_own(NULL, "10.0.0.1", false));
	assert_false(origin_is_own("https://", "", false));
}

struct range_case {
	const char *header;
	int64_t size;
	enum range_kind kind;
	int64_t from, len;
};

static void ranges_follow_rfc_9110(void **state)
{
	static const struct range_case CASES[] = {
		{ "bytes=0-99", 1000, RANGE_PART, 0, 100 },
		{ "bytes=900-", 1000, RANGE_PART, 900, 100 },
		{ "bytes=-100", 1000, RANGE_PART, 900, 100 },
		{ "bytes=-5000", 1000, RANGE_PART, 0, 1000 },
		{ "bytes=0-99999", 1000, RANGE_PART, 0, 1000 },
		{ "bytes=999-999", 1000, RANGE_PART, 999, 1 },
		{ "bytes=1000-", 1000, RANGE_BAD, 0, 0 },
		{ "bytes=-0", 1000, RANGE_BAD, 0, 0 },
		{ "bytes=0-", 0, RANGE_BAD, 0, 0 },
		{ "bytes=5-4", 1000, RANGE_NONE, 0, 0 },
		{ "bytes=0-1,3-4", 1000, RANGE_NONE, 0, 0 },
		{ "items=0-1", 1000, RANGE_NONE, 0, 0 },
		{ "bytes=a-b", 1000, RANGE_NONE, 0, 0 },
		{ "bytes=0-1x", 1000, RANGE_NONE, 0, 0 },
		{ "bytes=9999999999999999999-", 1000, RANGE_NONE, 0, 0 },
		{ NULL, 1000, RANGE_NONE, 0, 0 },
	};
	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		const struct range_case *c = &CASES[i];
		int64_t from = 0, len = 0;
		if (range_parse(c->header, c->size, &from, &len) != c->kind || from != c->from ||
		    len != c->len)
			test_fail("%s of %d", c->header ? c->header : "(none)", (int)c->size);
	}
}

static void the_first_language_we_speak_is_taken(void **state)
{
	(void)state;
	assert_int_equal(lang_from_accept("de, en-US;q=0.9, zh;q=0.8"), LANG_EN);
	assert_int_equal(lang_from_accept("zh-CN,zh;q=0.9"), LANG_ZH);
	assert_int_equal(lang_from_accept("fr"), LANG_ZH);
	assert_int_equal(lang_from_accept(NULL), LANG_ZH);
}

static void only_json_is_json(void **state)
{
	(void)state;
	assert_true(type_is_json("application/json"));
	assert_true(type_is_json("Application/JSON; charset=utf-8"));
	assert_false(type_is_json("application/json-patch+json"));
	assert_false(type_is_json("text/plain"));
	assert_false(type_is_json(NULL));
}

static void a_browser_has_a_short_name(void **state)
{
	char name[40];
	(void)state;
	browser_name("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) "
	             "Chrome/126.0.0.0 Safari/537.36 Edg/126.0",
	             name, sizeof name);
	assert_string_equal(name, "Edge 126, Windows");
	browser_name(NULL, name, sizeof name);
	assert_string_equal(name, "?");
}

static void a_file_name_cannot_break_its_header(void **state)
{
	char text[200];
	(void)state;
	disposition("导入\r\n\"x\".xlsx", text, sizeof text);
	assert_string_equal(text,
	                    "attachment; filename*=UTF-8''%E5%AF%BC%E5%85%A5%0D%0A%22x%22.xlsx");
}

static void numbers_are_masked_however_they_are_written(void **state)
{
	static const char *const CASES[][2] = {
		{ "13800138000", "138****8000" },
		{ "call 138 0013 8000 now", "call 138 **** 8000 now" },
		{ "138-0013-8000", "138-****-8000" },
		{ "+8613800138000", "+86138****8000" },
		{ "008613800138000", "0086138****8000" },
		{ "013800138000", "0138****8000" },
		{ "010-12345678", "010-****5678" },
		{ "02112345678", "021****5678" },
		{ "电话13800138000，备用13912345678。", "电话138****8000，备用139****5678。" },
		{ "+862131110000", "+86213***0000" },
		{ "13800138000 2026", "138****8000 2026" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		char text[100];
		snprintf(text, sizeof text, "%s", CASES[i][0]);
		assert_true(mask_numbers(text, strlen(text)) > 0);
		assert_string_equal(text, CASES[i][1]);
	}
}

static void what_is_no_number_stays(void **state)
{
	static const char *const CASES[] = {
		"2026-11-22 10:30", "123456789012345678", "1700000000000", "¥13800",
		"138****8000",      "20261122",           "95588",         "1001",
		"3.14159265358979", "10:00-18:00"
	};
	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		char text[100];
		snprintf(text, sizeof text, "%s", CASES[i]);
		assert_int_equal(mask_numbers(text, strlen(text)), 0);
		assert_string_equal(text, CASES[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cookie_is_found_among_others),
		cmocka_unit_test(only_the_own_origin_is_own),
		cmocka_unit_test(ranges_follow_rfc_9110),
		cmocka_unit_test(the_first_language_we_speak_is_taken),
		cmocka_unit_test(only_json_is_json),
		cmocka_unit_test(a_browser_has_a_short_name),
		cmocka_unit_test(a_file_name_cannot_break_its_header),
		cmocka_unit_test(numbers_are_masked_however_they_are_written),
		cmocka_unit_test(what_is_no_number_stays),
	};
	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
