#include "test.h"

#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/metric.h"

static int ends[2];

static json_t *line(void)
{
	static char buf[8192];
	ssize_t n = read(ends[0], buf, sizeof buf - 1);
	assert_true(n > 0 && buf[n - 1] == '\n');
	json_t *j = NULL;
	struct why why = { 0 };
	assert_ok(json_read(buf, (size_t)n, &j, &why), &why);
	return j;
}

static int redirect(void **state)
{
	(void)state;
	if (pipe(ends))
		return 1;
	log_set_fd(ends[1]);
	return 0;
}

static int restore(void **state)
{
	(void)state;
	log_set_fd(2);
	close(ends[0]);
	close(ends[1]);
	return 0;
}

static void a_line_is_one_object_with_its_fields(void **state)
{
	(void)state;
	struct why why = { 0 };
	(void)fail(&why, E_FIELD_REQUIRED, "x");
	log_info("voice", "leg_up", LOG_S("s", "a\"\n"), LOG_S("none", NULL), LOG_I("n", -5),
	         LOG_ID("call", 12), LOG_WHY(&why));
	CLEANUP(json_cleanup) json_t *j = line();
	assert_string_equal(json_str(j, "area", ""), "voice");
	assert_string_equal(json_str(j, "event", ""), "leg_up");
	assert_string_equal(json_str(j, "level", ""), "info");
	assert_string_equal(json_str(j, "s", ""), "a\"\n");
	assert_true(json_is_null(json_object_get(j, "none")));
	assert_int_equal(json_int(j, "n", 0), -5);
	assert_string_equal(json_str(j, "call", ""), "12");
	assert_string_equal(json_str(j, "code", ""), "E_FIELD_REQUIRED");
	assert_string_equal(json_str(j, "why", ""), "'x' is missing");
	assert_int_equal(strlen(json_str(j, "t", "")), strlen("2026-01-01T00:00:00.000Z"));
}

static void what_is_below_the_level_is_not_written(void **state)
{
	(void)state;
	enum log_level level = LOG_NONE;
	log_debug("a", "hidden");
	assert_true(log_level_parse("debug", &level));
	log_set_level(level);
	log_debug("a", "shown");
	log_set_level(LOG_ERROR);
	log_warn("a", "hidden");
	log_set_level(LOG_INFO);
	CLEANUP(json_cleanup) json_t *j = line();
	assert_string_equal(json_str(j, "event", ""), "shown");
	assert_false(log_level_parse("loud", &level));
}

static void a_long_text_is_cut(void **state)
{
	(void)state;
	char text[3000];
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	log_info("a", "long", LOG_S("s", text));
	CLEANUP(json_cleanup) json_t *j = line();
	assert_int_equal(strlen(json_str(j, "s", "")), 1000);
}

static void trouble_that_repeats_is_counted_not_told(void **state)
{
	(void)state;
	static char buf[65536];
	int64_t before = metric_value(M_LOG_REPEATS, 0);
	for (int i = 0; i < 200; i++)
		log_warn("a", "disk_slow", LOG_I("n", i));
	for (int i = 0; i < 60; i++)
		log_info("a", "call_over", LOG_I("n", i)); /* facts are told in full */
	ssize_t n = read(ends[0], buf, sizeof buf - 1);
	assert_true(n > 0);
	buf[n] = '\0';
	int warnings = 0, facts = 0;
	for (const char *p = buf; (p = strstr(p, "disk_slow")); p++)
		warnings++;
	for (const char *p = buf; (p = strstr(p, "call_over")); p++)
		facts++;
	assert_int_equal(warnings, 50);
	assert_int_equal(facts, 60);
	assert_int_equal(metric_value(M_LOG_REPEATS, 0) - before, 150);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_is_one_object_with_its_fields),
		cmocka_unit_test(what_is_below_the_level_is_not_written),
		cmocka_unit_test(a_long_text_is_cut),
		cmocka_unit_test(trouble_that_repeats_is_counted_not_told),
	};
	return cmocka_run_group_tests(tests, redirect, restore);
}
