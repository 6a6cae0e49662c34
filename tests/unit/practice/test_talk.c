#include "test.h"

#include "practice/talk.h"

static const struct talk_manner MANNER = {
	.first_ms = 500, .pause_ms = 700, .patience_ms = 5000, .bye_ms = 1000
};

static struct talk t;
static int32_t line;

static void the_one_who_begins_speaks_after_a_moment(void **state)
{
	(void)state;
	talk_init(&t, &MANNER, 2, true, 0);
	assert_int_equal(talk_on(&t, TALK_EV_TICK, 499, &line), TALK_NOTHING);
	assert_int_equal(talk_on(&t, TALK_EV_TICK, 500, &line), TALK_SAY);
	assert_int_equal(line, 0);
	assert_int_equal(talk_on(&t, TALK_EV_TICK, 9000, &line), TALK_NOTHING);
}

static void nobody_interrupts_and_the_answer_comes_after_a_pause(void **state)
{
	(void)state;
	talk_init(&t, &MANNER, 1, false, 0);
	(void)talk_on(&t, TALK_EV_OTHER_SPEAKS, 100, &line);
	assert_int_equal(talk_on(&t, TALK_EV_TICK, 8000, &line), TALK_NOTHING);
	(void)talk_on(&t, TALK_EV_OTHER_STOPS, 8000, &line);
	assert_int_equal(talk_on(&t, TALK_EV_TICK, 8699, &line), TALK_NOTHING);
	assert_int_equal(talk_on(&t, TALK_EV_TICK, 8700, &line), TALK_SAY);
}

static void silence_is_broken_when_patience_ends(void **state)
{
	(void)state;
	talk_init(&t, &MANNER, 2, true, 0);
	(void)talk_on(&t, TALK_EV_TICK, 500, &line);
	(void)talk_on(&t, TALK_EV_SAID, 1500, &line);
	assert_int_equal(talk_on(&t, TALK_EV_TICK, 6499, &line), TALK_NOTHING);
	assert_int_equal(talk_on(&t, TALK_EV_TICK, 6500, &line), TALK_SAY);
	assert_int_equal(line, 1);
}

static void after_the_last_line_he_hangs_up_once(void **state)
{
	(void)state;
	talk_init(&t, &MANNER, 1, true, 0);
	(void)talk_on(&t, TALK_EV_TICK, 500, &line);
	(void)talk_on(&t, TALK_EV_SAID, 1500, &line);
	(void)talk_on(&t, TALK_EV_OTHER_SPEAKS, 1600, &line);
	assert_int_equal(talk_on(&t, TALK_EV_TICK, 4000, &line), TALK_NOTHING);
	(void)talk_on(&t, TALK_EV_OTHER_STOPS, 4000, &line);
	assert_int_equal(talk_on(&t, TALK_EV_TICK, 5000, &line), TALK_HANG_UP);
	assert_int_equal(talk_on(&t, TALK_EV_TICK, 9000, &line), TALK_NOTHING);
}

static void who_leaves_the_end_to_the_other_never_hangs_up(void **state)
{
	(void)state;
	struct talk_manner m = MANNER;
	m.bye_ms = -1;
	talk_init(&t, &m, 0, false, 0);
	assert_int_equal(talk_on(&t, TALK_EV_TICK, 3600000, &line), TALK_NOTHING);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_one_who_begins_speaks_after_a_moment),
		cmocka_unit_test(nobody_interrupts_and_the_answer_comes_after_a_pause),
		cmocka_unit_test(silence_is_broken_when_patience_ends),
		cmocka_unit_test(after_the_last_line_he_hangs_up_once),
		cmocka_unit_test(who_leaves_the_end_to_the_other_never_hangs_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
