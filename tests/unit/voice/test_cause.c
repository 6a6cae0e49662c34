#include "test.h"

#include "voice/cause.h"

static enum cause of(int sip, int q850, int64_t ring_ms, int64_t setup_ms)
{
	struct cause_in in = {
		.sip_code = sip, .q850 = q850, .ring_ms = ring_ms, .setup_ms = setup_ms
	};
	return cause_of(&in);
}

static void codes_are_told_apart_as_the_field_does(void **state)
{
	(void)state;
	/* domain.md 4.3 */
	assert_int_equal(of(404, 1, -1, 900), CAUSE_UNALLOCATED);
	assert_int_equal(of(484, 28, -1, 900), CAUSE_BAD_NUMBER);
	assert_int_equal(of(480, 20, -1, 3000), CAUSE_UNREACHABLE);
	assert_int_equal(of(486, 17, 5000, 9000), CAUSE_BUSY);
	assert_int_equal(of(603, 21, 5000, 9000), CAUSE_REJECTED);
	assert_int_equal(of(503, 34, -1, 400), CAUSE_TRUNK_FAIL);
	assert_int_equal(of(407, 0, -1, 200), CAUSE_TRUNK_AUTH);
	assert_int_equal(of(488, 0, -1, 200), CAUSE_CODEC);
	assert_int_equal(of(302, 0, -1, 200), CAUSE_REDIRECTED);
	assert_int_equal(of(599, 0, -1, 200), CAUSE_TRUNK_FAIL);
}

static void q850_beats_a_collapsed_sip_code(void **state)
{
	(void)state;
	assert_int_equal(of(480, 17, -1, 3000), CAUSE_BUSY);
	assert_int_equal(of(500, 1, -1, 3000), CAUSE_UNALLOCATED);
}

static void timing_tells_a_finger_from_a_busy_line_and_a_filter_from_a_finger(void **state)
{
	(void)state;
	assert_int_equal(of(486, 0, 4000, 8000), CAUSE_REJECTED);
	assert_int_equal(of(486, 0, -1, 3000), CAUSE_BUSY);
	assert_int_equal(of(603, 0, -1, 300), CAUSE_BLOCKED);
	assert_int_equal(of(603, 0, 3000, 6000), CAUSE_REJECTED);
	assert_int_equal(of(480, 0, 26000, 30000), CAUSE_NO_ANSWER);
	assert_int_equal(of(480, 0, -1, 3000), CAUSE_UNREACHABLE);
	assert_int_equal(of(408, 0, -1, 32000), CAUSE_TRUNK_SILENT);
	assert_int_equal(of(0, 0, -1, 32000), CAUSE_TRUNK_SILENT);
	assert_int_equal(of(0, 0, 30000, 32000), CAUSE_NO_ANSWER);
}

static void our_own_part_comes_before_what_the_peer_says(void **state)
{
	(void)state;
	struct cause_in in = { .sip_code = 487, .is_ours = true };
	assert_int_equal(cause_of(&in), CAUSE_CANCELLED);
	in.is_ring_timeout = true;
	assert_int_equal(cause_of(&in), CAUSE_NO_ANSWER);
	in.is_answered = true;
	assert_int_equal(cause_of(&in), CAUSE_NORMAL);
}

static void every_cause_has_a_code_two_texts_and_comes_back(void **state)
{
	(void)state;
	for (int i = 0; i < CAUSE_COUNT; i++) {
		enum cause c = (enum cause)i;
		assert_int_equal(cause_parse(cause_code(c)), c);
		assert_true(cause_text(c, true)[0] && cause_text(c, false)[0]);
		assert_in_range(cause_sip(c), 400, 699);
	}
	assert_int_equal(cause_parse("no such"), CAUSE_OTHER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codes_are_told_apart_as_the_field_does),
		cmocka_unit_test(q850_beats_a_collapsed_sip_code),
		cmocka_unit_test(timing_tells_a_finger_from_a_busy_line_and_a_filter_from_a_finger),
		cmocka_unit_test(our_own_part_comes_before_what_the_peer_says),
		cmocka_unit_test(every_cause_has_a_code_two_texts_and_comes_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
