#include "test.h"

#include "dialer/pacer.h"

static struct pace_in running(int ready, int tasks)
{
	return (struct pace_in){ .mode = DIAL_PROGRESSIVE,
		                 .is_running = true,
		                 .ready = ready,
		                 .tasks = tasks,
		                 .house = { .lines_free = -1 } };
}

static void one_call_for_one_ready_agent(void **state)
{
	(void)state;
	struct pace_in in = running(3, 10);
	assert_int_equal(pace_calls(&in), 3);
	in.tasks = 2;
	assert_int_equal(pace_calls(&in), 2);
	in.house.lines_free = 1;
	assert_int_equal(pace_calls(&in), 1);
}

static void a_person_dials_in_manual_and_preview(void **state)
{
	(void)state;
	struct pace_in in = running(3, 10);
	in.mode = DIAL_MANUAL;
	assert_int_equal(pace_calls(&in), 0);
	in.mode = DIAL_PREVIEW;
	assert_int_equal(pace_calls(&in), 0);
}

static void nothing_new_begins_in_a_house_in_trouble(void **state)
{
	(void)state;
	struct pace_in in = running(3, 10);
	in.house.writer_load_pct = 80;
	assert_int_equal(pace_calls(&in), 0);
	assert_string_equal(pace_stop(&in.house), "writer");
	in.house.writer_load_pct = 79;
	assert_null(pace_stop(&in.house));
	in.house.is_disk_low = true;
	assert_string_equal(pace_stop(&in.house), "disk");
	in.house.is_stopping = true;
	assert_string_equal(pace_stop(&in.house), "stopping");
	in = running(3, 10);
	in.is_running = false;
	assert_int_equal(pace_calls(&in), 0);
}

static void tasks_are_fetched_before_they_run_out_and_not_one_by_one(void **state)
{
	(void)state;
	assert_int_equal(pace_fetch(DIAL_PROGRESSIVE, 5, 0), 20);
	assert_int_equal(pace_fetch(DIAL_PROGRESSIVE, 5, 10), 10);
	assert_int_equal(pace_fetch(DIAL_PROGRESSIVE, 5, 11), 0);
	assert_int_equal(pace_fetch(DIAL_PROGRESSIVE, 0, 0), 0);
	assert_int_equal(pace_fetch(DIAL_MANUAL, 5, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_call_for_one_ready_agent),
		cmocka_unit_test(a_person_dials_in_manual_and_preview),
		cmocka_unit_test(nothing_new_begins_in_a_house_in_trouble),
		cmocka_unit_test(tasks_are_fetched_before_they_run_out_and_not_one_by_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
