#include "test.h"

#include "acd/agent.h"

static const struct pause_reasons REASONS = {
	2,
	{ { "break", "小休", "Break", 2, 15 }, { "training", "培训", "Training", 0, 0 } },
};

static struct agent ready_agent(void)
{
	struct agent a;
	agent_init(&a, 1000);
	assert_int_equal(agent_choose(&a, AGENT_READY, NULL, &REASONS, 1000, NULL), ERR_OK);
	return a;
}

static enum err on(struct agent *a, enum agent_event ev, int64_t now_ms)
{
	return agent_on(a, ev, 7, now_ms + 5000, now_ms, NULL);
}

static void an_agent_has_one_call_from_reservation_to_the_closed_form(void **state)
{
	(void)state;
	struct agent a = ready_agent();
	assert_true(agent_can_take(&a));
	assert_int_equal(on(&a, AGENT_EV_RESERVE, 2000), ERR_OK);
	assert_false(agent_can_take(&a));
	assert_int_equal(on(&a, AGENT_EV_RING, 2100), ERR_OK);
	assert_int_equal(on(&a, AGENT_EV_TALK, 3000), ERR_OK);
	assert_int_equal(on(&a, AGENT_EV_HOLD, 4000), ERR_OK);
	assert_int_equal(on(&a, AGENT_EV_RESUME, 5000), ERR_OK);
	assert_int_equal(on(&a, AGENT_EV_END, 6000), ERR_OK);
	assert_int_equal(a.state, AGENT_WRAPUP);
	assert_int_equal(a.state_since_ms, 6000);
	assert_int_equal(on(&a, AGENT_EV_FINISH, 7000), ERR_OK);
	assert_true(agent_can_take(&a));
	assert_int_equal(a.call_id, 0);
}

static void no_call_lands_on_a_half_filled_form(void **state)
{
	(void)state;
	struct agent a = ready_agent();
	struct why why;
	assert_int_equal(on(&a, AGENT_EV_RESERVE, 1), ERR_OK);
	assert_int_equal(on(&a, AGENT_EV_END, 2), ERR_OK);
	struct agent before = a;
	assert_int_equal(agent_on(&a, AGENT_EV_RESERVE, 8, 0, 3, &why), ERR_CONFLICT);
	assert_string_equal(why_en(&why), "the agent is wrapup: no RESERVE now");
	assert_int_equal(agent_on(&a, AGENT_EV_RING, 8, 0, 3, &why), ERR_CONFLICT);
	assert_memory_equal(&a, &before, sizeof a);
}

static void an_event_of_another_call_is_refused(void **state)
{
	(void)state;
	struct agent a = ready_agent();
	assert_int_equal(on(&a, AGENT_EV_RESERVE, 1), ERR_OK);
	assert_int_equal(agent_on(&a, AGENT_EV_TALK, 8, 0, 2, NULL), ERR_CONFLICT);
	assert_int_equal(a.state, AGENT_RESERVED);
}

static void the_wrapup_limit_marks_the_form_late_once_and_keeps_it_open(void **state)
{
	(void)state;
	struct agent a = ready_agent();
	assert_int_equal(on(&a, AGENT_EV_RESERVE, 0), ERR_OK);
	assert_int_equal(agent_on(&a, AGENT_EV_END, 7, 60000, 10, NULL), ERR_OK);
	assert_false(agent_is_due(&a, 59999));
	assert_false(a.is_wrapup_overdue);
	assert_true(agent_is_due(&a, 60000));
	assert_true(a.is_wrapup_overdue);
	assert_false(agent_is_due(&a, 70000));
	assert_int_equal(a.state, AGENT_WRAPUP);
	assert_false(agent_can_take(&a));
}

static void a_reservation_has_a_deadline(void **state)
{
	(void)state;
	struct agent a = ready_agent();
	assert_int_equal(agent_on(&a, AGENT_EV_RESERVE, 7, 3000, 1000, NULL), ERR_OK);
	assert_false(agent_is_due(&a, 2999));
	assert_true(agent_is_due(&a, 3000));
}

static void pauses_are_counted_against_the_days_limit(void **state)
{
	(void)state;
	struct agent a = ready_agent();
	struct why why;
	for (int i = 0; i < 2; i++) {
		assert_ok(agent_choose(&a, AGENT_PAUSED, "break", &REASONS, 1000, &why), &why);
		assert_ok(agent_choose(&a, AGENT_PAUSED, "break", &REASONS, 1500, &why), &why);
		assert_ok(agent_choose(&a, AGENT_READY, NULL, &REASONS, 2000, &why), &why);
	}
	assert_int_equal(a.pauses_used[0], 2);
	assert_int_equal(agent_choose(&a, AGENT_PAUSED, "break", &REASONS, 3000, &why), ERR_LIMIT);
	assert_string_equal(why_en(&why), "小休 is used up: 2 a day");
	assert_int_equal(a.status, AGENT_READY);
	assert_ok(agent_choose(&a, AGENT_PAUSED, "training", &REASONS, 3000, &why), &why);
	assert_int_equal(agent_choose(&a, AGENT_PAUSED, "lunch", &REASONS, 3000, &why),
	                 ERR_INVALID);
}

static void a_pause_is_overdue_after_its_minutes_only_where_there_is_a_limit(void **state)
{
	(void)state;
	struct agent a = ready_agent();
	assert_int_equal(agent_choose(&a, AGENT_PAUSED, "break", &REASONS, 0, NULL), ERR_OK);
	assert_false(agent_is_pause_overdue(&a, &REASONS, 15 * 60000));
	assert_true(agent_is_pause_overdue(&a, &REASONS, 15 * 60000 + 1));
	assert_int_equal(agent_choose(&a, AGENT_PAUSED, "training", &REASONS, 0, NULL), ERR_OK);
	assert_false(agent_is_pause_overdue(&a, &REASONS, INT64_C(86400000)));
}

static void nobody_goes_offline_during_a_call_but_may_ask_for_a_pause_after_it(void **state)
{
	(void)state;
	struct agent a = ready_agent();
	assert_int_equal(on(&a, AGENT_EV_RESERVE, 1), ERR_OK);
	assert_int_equal(on(&a, AGENT_EV_TALK, 2), ERR_OK);
	assert_int_equal(agent_choose(&a, AGENT_OFFLINE, NULL, &REASONS, 3, NULL), ERR_CONFLICT);
	assert_int_equal(agent_choose(&a, AGENT_PAUSED, "break", &REASONS, 3, NULL), ERR_OK);
	assert_int_equal(on(&a, AGENT_EV_END, 4), ERR_OK);
	assert_int_equal(on(&a, AGENT_EV_FINISH, 5), ERR_OK);
	assert_false(agent_can_take(&a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_agent_has_one_call_from_reservation_to_the_closed_form),
		cmocka_unit_test(no_call_lands_on_a_half_filled_form),
		cmocka_unit_test(an_event_of_another_call_is_refused),
		cmocka_unit_test(the_wrapup_limit_marks_the_form_late_once_and_keeps_it_open),
		cmocka_unit_test(a_reservation_has_a_deadline),
		cmocka_unit_test(pauses_are_counted_against_the_days_limit),
		cmocka_unit_test(a_pause_is_overdue_after_its_minutes_only_where_there_is_a_limit),
		cmocka_unit_test(
		    nobody_goes_offline_during_a_call_but_may_ask_for_a_pause_after_it),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
