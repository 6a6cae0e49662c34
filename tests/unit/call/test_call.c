#include "test.h"

#include "call/call.h"

static void on(struct call *c, enum call_event ev, int64_t utc_ms)
{
	struct why why;
	assert_ok(call_on(c, ev, utc_ms, &why), &why);
}

static void a_conversation_leaves_its_times_and_durations(void **state)
{
	(void)state;
	struct call c;
	call_init(&c, false, 1000);
	on(&c, CALL_EV_INVITE, 1010);
	on(&c, CALL_EV_RING, 2000);
	on(&c, CALL_EV_EARLY, 2500);
	on(&c, CALL_EV_ANSWER, 8000);
	on(&c, CALL_EV_BRIDGE, 8200);
	on(&c, CALL_EV_HOLD, 18200);
	on(&c, CALL_EV_RESUME, 20200);
	assert_true(call_over(
	    &c, &(struct call_end){ .cause = CAUSE_NORMAL, .by = CALL_BY_CUSTOMER }, 30200));
	const struct call_facts *f = &c.facts;
	assert_int_equal(f->ring_utc_ms, 2000);
	assert_int_equal(f->answer_utc_ms, 8000);
	assert_int_equal(f->talk_ms, 22200);
	assert_int_equal(f->agent_talk_ms, 20000);
	assert_int_equal(f->hold_ms, 2000);
	assert_int_equal(f->hold_count, 1);
	assert_int_equal(f->outcome, OUTCOME_ANSWERED);
	assert_string_equal(call_ender_code(f->ended_by), "customer");
}

static void a_call_ends_once(void **state)
{
	(void)state;
	struct call c;
	call_init(&c, false, 0);
	on(&c, CALL_EV_INVITE, 1);
	assert_true(call_over(&c, &(struct call_end){ .cause = CAUSE_BUSY, .sip_code = 486 }, 5));
	assert_false(call_over(&c, &(struct call_end){ .cause = CAUSE_NORMAL }, 9));
	assert_int_equal(c.facts.end_utc_ms, 5);
	assert_int_equal(c.facts.outcome, OUTCOME_BUSY);
	assert_int_equal(call_on(&c, CALL_EV_ANSWER, 10, NULL), ERR_CONFLICT);
}

static void nothing_leaves_the_house_before_the_invite(void **state)
{
	(void)state;
	struct call c;
	struct why why;
	call_init(&c, false, 0);
	assert_int_equal(call_on(&c, CALL_EV_ANSWER, 1, &why), ERR_CONFLICT);
	assert_string_equal(why_en(&why), "the call is dialing: no ANSWER now");
	assert_int_equal(c.state, CALL_NEW);
	assert_int_equal(c.facts.answer_utc_ms, 0);
}

static void a_clock_set_back_makes_no_negative_duration(void **state)
{
	(void)state;
	struct call c;
	call_init(&c, false, 100000);
	on(&c, CALL_EV_INVITE, 100000);
	on(&c, CALL_EV_ANSWER, 100500);
	on(&c, CALL_EV_BRIDGE, 100600);
	assert_true(call_over(&c, &(struct call_end){ .cause = CAUSE_NORMAL }, 50000));
	assert_int_equal(c.facts.talk_ms, 0);
	assert_int_equal(c.facts.agent_talk_ms, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_conversation_leaves_its_times_and_durations),
		cmocka_unit_test(a_call_ends_once),
		cmocka_unit_test(nothing_leaves_the_house_before_the_invite),
		cmocka_unit_test(a_clock_set_back_makes_no_negative_duration),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
