#include "test.h"

#include "call/outcome.h"

static enum outcome out(enum cause cause, int sip_code, int q850)
{
	return outcome_of(
	    &(struct outcome_in){ .cause = cause, .sip_code = sip_code, .q850 = q850 });
}

static void every_cause_of_an_unanswered_call_has_an_outcome(void **state)
{
	(void)state;
	assert_int_equal(out(CAUSE_BUSY, 486, 17), OUTCOME_BUSY);
	assert_int_equal(out(CAUSE_NO_ANSWER, 487, 0), OUTCOME_NO_ANSWER);
	assert_int_equal(out(CAUSE_REJECTED, 603, 21), OUTCOME_REJECTED);
	assert_int_equal(out(CAUSE_UNALLOCATED, 404, 1), OUTCOME_EMPTY);
	assert_int_equal(out(CAUSE_UNREACHABLE, 480, 20), OUTCOME_OFF);
	assert_int_equal(out(CAUSE_BLOCKED, 403, 29), OUTCOME_SUSPENDED);
	assert_int_equal(out(CAUSE_BLOCKED, 403, 21), OUTCOME_SUSPENDED);
	assert_int_equal(out(CAUSE_TRUNK_FAIL, 503, 34), OUTCOME_FAILED);
	assert_int_equal(out(CAUSE_TRUNK_SILENT, 408, 0), OUTCOME_FAILED);
	assert_int_equal(out(CAUSE_CANCELLED, 487, 0), OUTCOME_CANCELLED);
	assert_int_equal(out(CAUSE_OTHER, 499, 0), OUTCOME_UNKNOWN);
}

/* An unknown signal must not cost a number its life: only 'not in use' is final. */
static void an_ambiguous_signal_is_never_an_empty_number(void **state)
{
	(void)state;
	for (int c = 0; c < CAUSE_COUNT; c++)
		if (c != CAUSE_UNALLOCATED && c != CAUSE_CHANGED)
			assert_int_not_equal(out((enum cause)c, 480, 0), OUTCOME_EMPTY);
}

static void who_was_not_answered_when_calling_in_is_missed(void **state)
{
	(void)state;
	assert_int_equal(
	    outcome_of(&(struct outcome_in){ .is_incoming = true, .cause = CAUSE_CANCELLED }),
	    OUTCOME_MISSED);
	assert_int_equal(
	    outcome_of(&(struct outcome_in){ .is_incoming = true, .is_answered = true }),
	    OUTCOME_ANSWERED);
}

static void codes_read_back_and_have_both_languages(void **state)
{
	(void)state;
	for (int i = 1; i < OUTCOME_COUNT; i++) {
		enum outcome o = (enum outcome)i;
		assert_int_equal(outcome_parse(outcome_code(o)), o);
		assert_true(*outcome_text(o, LANG_ZH) && *outcome_text(o, LANG_EN));
	}
	assert_int_equal(outcome_parse("what"), OUTCOME_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_cause_of_an_unanswered_call_has_an_outcome),
		cmocka_unit_test(an_ambiguous_signal_is_never_an_empty_number),
		cmocka_unit_test(who_was_not_answered_when_calling_in_is_missed),
		cmocka_unit_test(codes_read_back_and_have_both_languages),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
