#include "test.h"

#include "practice/robot.h"

static const struct robot_manner MANNER = {
	.wrapup_min_ms = 2000, .wrapup_max_ms = 4000, .calls_between_breaks = 2, .break_ms = 60000
};
static struct robot r;

static void a_day_begins_with_log_in_campaign_and_ready(void **state)
{
	(void)state;
	struct robot_desk d = { 0 };
	robot_init(&r, &MANNER, 1);
	assert_int_equal(robot_next(&r, &d, 0), ROBOT_LOG_IN);
	d.is_logged_in = true;
	assert_int_equal(robot_next(&r, &d, 0), ROBOT_CHOOSE_CAMPAIGN);
	d.has_campaign = true;
	assert_int_equal(robot_next(&r, &d, 0), ROBOT_GO_READY);
	d.is_ready = true;
	assert_int_equal(robot_next(&r, &d, 0), ROBOT_WAIT);
}

static void he_talks_once_a_call_and_stops_with_it(void **state)
{
	(void)state;
	struct robot_desk d = { .is_logged_in = true,
		                .has_campaign = true,
		                .is_ready = true,
		                .call_id = 7,
		                .is_bridged = true };
	robot_init(&r, &MANNER, 1);
	assert_int_equal(robot_next(&r, &d, 0), ROBOT_TALK);
	assert_int_equal(robot_next(&r, &d, 100), ROBOT_WAIT);
	d.is_bridged = false;
	assert_int_equal(robot_next(&r, &d, 200), ROBOT_STOP_TALK);
	d.is_wrapping_up = true;
	assert_int_equal(robot_next(&r, &d, 300), ROBOT_WAIT);
	assert_int_equal(robot_next(&r, &d, 300 + 4000), ROBOT_SAVE);
	assert_int_equal(robot_next(&r, &d, 300 + 4001), ROBOT_WAIT);
}

static void every_second_call_is_followed_by_a_break(void **state)
{
	(void)state;
	struct robot_desk d = {
		.is_logged_in = true, .has_campaign = true, .is_ready = true, .is_wrapping_up = true
	};
	robot_init(&r, &MANNER, 1);
	d.call_id = 1;
	(void)robot_next(&r, &d, 0);
	assert_int_equal(robot_next(&r, &d, 4000), ROBOT_SAVE);
	d.call_id = 2;
	(void)robot_next(&r, &d, 10000);
	assert_int_equal(robot_next(&r, &d, 14000), ROBOT_SAVE_BREAK);
	d = (struct robot_desk){ .is_logged_in = true, .has_campaign = true, .is_paused = true };
	assert_int_equal(robot_next(&r, &d, 73999), ROBOT_WAIT);
	assert_int_equal(robot_next(&r, &d, 74000), ROBOT_GO_READY);
}

static void who_dawdles_leaves_only_his_first_form(void **state)
{
	(void)state;
	struct robot_manner m = MANNER;
	m.does_dawdle = true;
	m.calls_between_breaks = 0;
	struct robot_desk d = {
		.is_logged_in = true, .has_campaign = true, .is_wrapping_up = true, .call_id = 1
	};
	robot_init(&r, &m, 1);
	assert_int_equal(robot_next(&r, &d, 0), ROBOT_WAIT);
	assert_int_equal(robot_next(&r, &d, 86400000), ROBOT_WAIT);
	d.call_id = 2;
	(void)robot_next(&r, &d, 86400000);
	assert_int_equal(robot_next(&r, &d, 86404000), ROBOT_SAVE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_day_begins_with_log_in_campaign_and_ready),
		cmocka_unit_test(he_talks_once_a_call_and_stops_with_it),
		cmocka_unit_test(every_second_call_is_followed_by_a_break),
		cmocka_unit_test(who_dawdles_leaves_only_his_first_form),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
