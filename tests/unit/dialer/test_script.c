#include "test.h"

#include "dialer/script.h"

static const char BODY[] =
    "{\"name\":\"年金\",\"company\":\"安和\",\"steps\":[{\"key\":\"open\",\"zh\":\"开场\",\"text\":"
    "\"{客户称呼}，您好，我是{公司}的{工号}号\","
    "\"required\":[{\"key\":\"notice\",\"text\":\"{公司}会录音\"}]}],\"objections\":[{\"q\":"
    "\"太长了，怕中途用钱\",\"a\":\"可以部分领取\"},"
    "{\"q\":\"没有需要\",\"a\":\"理解\"},{\"q\":\"收益太低\",\"a\":\"写进合同，长期稳定\"}]}";

static void placeholders_are_filled_everywhere_and_unknown_ones_stay(void **state)
{
	(void)state;
	CLEANUP(json_cleanup) json_t *s = NULL;
	struct why why;
	struct script_names names = { "李女士", "801", "" };
	assert_ok(script_fill("annuity", 3, BODY, &names, &s, &why), &why);
	const json_t *step = json_array_get(json_object_get(s, "steps"), 0);
	assert_string_equal(json_str(step, "text", ""), "李女士，您好，我是{公司}的801号");
	assert_string_equal(
	    json_str(json_array_get(json_object_get(step, "required"), 0), "text", ""),
	    "{公司}会录音");
	assert_int_equal(json_int(s, "version", 0), 3);
	assert_int_equal(json_array_size(json_object_get(s, "objections")), 3);
}

static const char *first_hit(const char *q, size_t *ret_n)
{
	static char text[100];
	CLEANUP(json_cleanup) json_t *list = NULL;
	assert_int_equal(script_search(BODY, q, &list, NULL), ERR_OK);
	*ret_n = json_array_size(list);
	snprintf(text, sizeof text, "%s", json_str(json_array_get(list, 0), "q", ""));
	return text;
}

static void objections_are_found_by_chinese_and_by_pinyin_initials(void **state)
{
	(void)state;
	size_t n;
	assert_string_equal(first_hit("用钱", &n), "太长了，怕中途用钱");
	assert_int_equal(n, 1);
	assert_string_equal(first_hit("myxy", &n), "没有需要");
	assert_string_equal(first_hit("MYXY", &n), "没有需要");
	assert_string_equal(first_hit("sytd", &n), "收益太低");
	assert_string_equal(first_hit("合同", &n), "收益太低");
	(void)first_hit("没有这句", &n);
	assert_int_equal(n, 0);
	(void)first_hit("", &n);
	assert_int_equal(n, 3);
}

static void a_question_that_begins_so_comes_before_one_that_contains_it(void **state)
{
	(void)state;
	size_t n;
	assert_string_equal(first_hit("太", &n), "太长了，怕中途用钱");
	assert_int_equal(n, 2);
}

static enum err check(const char *text)
{
	CLEANUP(json_cleanup) json_t *j = NULL;
	assert_int_equal(json_read_text(text, &j, NULL), ERR_OK);
	return script_check(j, NULL);
}

static void a_script_without_steps_or_with_empty_ones_is_refused(void **state)
{
	(void)state;
	assert_int_equal(check(BODY), ERR_OK);
	assert_int_equal(check("{\"name\":\"x\"}"), ERR_INVALID);
	assert_int_equal(check("{\"name\":\"x\",\"steps\":[{\"key\":\"a\",\"text\":\"\"}]}"),
	                 ERR_INVALID);
	assert_int_equal(check("{\"name\":\"x\",\"steps\":[],\"objections\":{}}"), ERR_INVALID);
	assert_int_equal(
	    check("{\"name\":\"x\",\"steps\":[],\"objections\":[{\"q\":1,\"a\":\"b\"}]}"),
	    ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(placeholders_are_filled_everywhere_and_unknown_ones_stay),
		cmocka_unit_test(objections_are_found_by_chinese_and_by_pinyin_initials),
		cmocka_unit_test(a_question_that_begins_so_comes_before_one_that_contains_it),
		cmocka_unit_test(a_script_without_steps_or_with_empty_ones_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
