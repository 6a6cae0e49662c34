#include "test.h"

#include <stdlib.h>

#include "base/json.h"

static json_t *parse(const char *text)
{
	json_t *j = NULL;
	struct why why = { 0 };
	assert_ok(json_read_text(text, &j, &why), &why);
	return j;
}

static void bad_text_is_refused_with_its_line(void **state)
{
	(void)state;
	struct str deep = { 0 };
	for (int i = 0; i < 100; i++)
		str_add(&deep, "[");
	for (int i = 0; i < 100; i++)
		str_add(&deep, "]");
	const char *const bad[] = {
		"",      "{",    "{\"a\":1,\"a\":2}",    "[1]x", "\"\\u0000\"",   "\"\xff\"",
		"{a:1}", "[1,]", "99999999999999999999", "NaN",  str_text(&deep), NULL
	};
	for (int i = 0; bad[i]; i++) {
		json_t *j = NULL;
		struct why why = { 0 };
		if (json_read_text(bad[i], &j, &why) != ERR_INVALID || why.code != E_JSON || j)
			test_fail("case %d was taken for JSON", i);
	}
	struct why why = { 0 };
	json_t *j = NULL;
	assert_int_equal(json_read_text("{\n\n!}", &j, &why), ERR_INVALID);
	assert_string_equal(why.arg[0], "3");
	str_free(&deep);
}

static void a_getter_names_the_field_and_what_it_takes(void **state)
{
	(void)state;
	CLEANUP(json_cleanup)
	json_t *o =
	    parse("{\"s\":\"x\",\"n\":7,\"z\":null,\"b\":true,\"id\":\"12\",\"o\":{},\"a\":[]}");
	struct why why = { 0 };
	const char *s = NULL;
	int64_t n = 0;
	bool b = false;
	const json_t *sub = NULL;
	assert_int_equal(json_get_str(o, "s", &s, &why), ERR_OK);
	assert_string_equal(s, "x");
	assert_int_equal(json_get_int(o, "n", 1, 7, &n, &why), ERR_OK);
	assert_int_equal(n, 7);
	assert_int_equal(json_get_bool(o, "b", &b, &why), ERR_OK);
	assert_true(b);
	assert_int_equal(json_get_id(o, "id", &n, &why), ERR_OK);
	assert_int_equal(n, 12);
	assert_int_equal(json_get_obj(o, "o", &sub, &why), ERR_OK);
	assert_int_equal(json_get_arr(o, "a", &sub, &why), ERR_OK);

	assert_int_equal(json_get_str(o, "z", &s, &why), ERR_INVALID);
	assert_int_equal(why.code, E_FIELD_REQUIRED);
	assert_int_equal(json_get_str(o, "none", &s, &why), ERR_INVALID);
	assert_int_equal(json_get_str(o, "n", &s, &why), ERR_INVALID);
	assert_string_equal(why_en(&why), "'n' is not valid: a text");
	assert_int_equal(json_get_int(o, "n", 8, 9, &n, &why), ERR_INVALID);
	assert_string_equal(why_en(&why), "'n' is not valid: 8 to 9");
	assert_int_equal(json_get_id(o, "s", &n, &why), ERR_INVALID);
	assert_int_equal(json_get_obj(o, "a", &sub, &why), ERR_INVALID);
}

static void an_optional_field_has_a_default_but_no_wrong_type(void **state)
{
	(void)state;
	CLEANUP(json_cleanup) json_t *o = parse("{\"n\":7,\"z\":null}");
	struct why why = { 0 };
	const char *s = NULL;
	int64_t n = 0;
	bool b = false;
	assert_int_equal(json_opt_str(o, "z", "def", &s, &why), ERR_OK);
	assert_string_equal(s, "def");
	assert_int_equal(json_opt_str(o, "n", "def", &s, &why), ERR_INVALID);
	assert_int_equal(json_opt_int(o, "x", 0, 9, 5, &n, &why), ERR_OK);
	assert_int_equal(n, 5);
	assert_int_equal(json_opt_bool(o, "x", true, &b, &why), ERR_OK);
	assert_true(b);
	assert_int_equal(json_opt_id(o, "x", &n, &why), ERR_OK);
	assert_int_equal(n, 0);
	assert_int_equal(json_opt_id(o, "n", &n, &why), ERR_INVALID);
	assert_string_equal(json_str(o, "n", "d"), "d");
	assert_int_equal(json_int(o, "n", 1), 7);
	assert_true(json_bool(o, "n", true));
	assert_int_equal(json_id(o, "n"), 7);
}

static void what_is_made_is_read_back(void **state)
{
	(void)state;
	struct str s = { 0 };
	struct jw w = { .out = &s };
	jw_obj(&w, NULL);
	jw_str(&w, "text", "胡椒 \"\\\n\x01\x7f");
	jw_str(&w, "null", NULL);
	jw_arr(&w, "list");
	jw_int(&w, NULL, INT64_MIN);
	jw_id(&w, NULL, 12);
	jw_id(&w, NULL, 0);
	jw_obj(&w, NULL);
	jw_end_obj(&w);
	jw_end_arr(&w);
	jw_bool(&w, "b", true);
	jw_raw(&w, "raw", "[1]");
	jw_end_obj(&w);
	assert_string_equal(
	    str_text(&s),
	    "{\"text\":\"胡椒 "
	    "\\\"\\\\\\n\\u0001\\u007f\",\"null\":null,\"list\":[-9223372036854775808,"
	    "\"12\",null,{}],\"b\":true,\"raw\":[1]}");
	CLEANUP(json_cleanup) json_t *o = parse(str_text(&s));
	assert_string_equal(json_str(o, "text", ""), "胡椒 \"\\\n\x01\x7f");
	str_free(&s);
}

/* Any bytes at all become a valid JSON string. */
static void broken_utf8_becomes_a_replacement(void **state)
{
	(void)state;
	const char *const bad[] = { "\xff",     "a\xc0\x80",    "\xed\xa0\x80", "\xf4\x90\x80\x80",
		                    "\xe4\xb8", "\xf0\x9f\x98", "\x80",         NULL };
	for (int i = 0; bad[i]; i++) {
		struct str s = { 0 };
		struct jw w = { .out = &s };
		jw_str(&w, NULL, bad[i]);
		CLEANUP(json_cleanup) json_t *j = parse(str_text(&s));
		assert_true(json_is_string(j));
		assert_non_null(strstr(json_string_value(j), "\xef\xbf\xbd"));
		str_free(&s);
	}
	unsigned seed = 7;
	for (int round = 0; round < 2000; round++) {
		char bytes[24];
		size_t n = (size_t)rand_r(&seed) % sizeof bytes;
		for (size_t i = 0; i < n; i++)
			bytes[i] = (char)(rand_r(&seed) >> 3);
		struct str s = { 0 };
		struct jw w = { .out = &s };
		jw_arr(&w, NULL);
		jw_strn(&w, NULL, bytes, n);
		jw_end_arr(&w);
		json_t *j = json_loadb(s.p, s.len, JSON_ALLOW_NUL, NULL);
		if (!j)
			test_fail("round %d made no JSON: %s", round, str_text(&s));
		json_decref(j);
		str_free(&s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_text_is_refused_with_its_line),
		cmocka_unit_test(a_getter_names_the_field_and_what_it_takes),
		cmocka_unit_test(an_optional_field_has_a_default_but_no_wrong_type),
		cmocka_unit_test(what_is_made_is_read_back),
		cmocka_unit_test(broken_utf8_becomes_a_replacement),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
