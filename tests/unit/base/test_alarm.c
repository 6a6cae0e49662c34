#include "test.h"

#include <stdio.h>
#include <string.h>

#include "base/alarm.h"

static struct why said(const char *what)
{
	struct why why;
	(void)!fail(&why, E_CHILD, "practice", what);
	return why;
}

static void an_alarm_keeps_its_beginning_and_takes_the_newest_sentence(void **state)
{
	struct alarm_row row[ALARMS_MAX];
	struct why a = said("first"), b = said("second");
	(void)state;
	alarm_raise("practice", &a, 1000);
	alarm_raise("practice", &b, 5000);
	assert_int_equal(alarm_list(row), 1);
	assert_string_equal(row[0].key, "practice");
	assert_string_equal(row[0].why.arg[1], "second");
	assert_int_equal(row[0].since_utc_ms, 1000);
	alarm_clear("practice");
	assert_int_equal(alarm_list(row), 0);
}

static void clearing_one_leaves_the_others_in_their_order(void **state)
{
	struct alarm_row row[ALARMS_MAX];
	struct why a = said("x");
	(void)state;
	alarm_raise("one", &a, 1);
	alarm_raise("two", &a, 2);
	alarm_raise("three", &a, 3);
	alarm_clear("two");
	alarm_clear("nobody");
	assert_int_equal(alarm_list(row), 2);
	assert_string_equal(row[0].key, "one");
	assert_string_equal(row[1].key, "three");
	alarm_clear("one");
	alarm_clear("three");
}

static void the_table_is_bounded_and_every_change_is_seen(void **state)
{
	struct alarm_row row[ALARMS_MAX];
	struct why a = said("x");
	char key[ALARM_KEY_BYTES];
	(void)state;
	uint64_t before = alarm_version();
	for (int i = 0; i < ALARMS_MAX + 3; i++) {
		snprintf(key, sizeof key, "key%d", i);
		alarm_raise(key, &a, i);
	}
	assert_int_equal(alarm_list(row), ALARMS_MAX);
	assert_true(alarm_version() == before + ALARMS_MAX);
	for (int i = 0; i < ALARMS_MAX + 3; i++) {
		snprintf(key, sizeof key, "key%d", i);
		alarm_clear(key);
	}
	assert_int_equal(alarm_list(row), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_alarm_keeps_its_beginning_and_takes_the_newest_sentence),
		cmocka_unit_test(clearing_one_leaves_the_others_in_their_order),
		cmocka_unit_test(the_table_is_bounded_and_every_change_is_seen),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
