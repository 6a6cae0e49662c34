#include "test.h"

#include "dialer/retry.h"

static const char RULES[] =
    "{\"no_answer\":{\"after_s\":7200,\"times\":3},\"busy\":{\"after_s\":900,\"times\":2}}";

static void an_unanswered_task_comes_back_after_its_rules_wait(void **state)
{
	(void)state;
	struct retry_rules r;
	struct why why;
	assert_ok(retry_read(RULES, 5, &r, &why), &why);
	struct retry_next n = retry_next(&r, OUTCOME_NO_ANSWER, 1, 1000);
	assert_int_equal(n.state, TASK_RETRY);
	assert_int_equal(n.due_utc_ms, 7201000);
	assert_int_equal(retry_next(&r, OUTCOME_NO_ANSWER, 3, 1000).state, TASK_DONE);
	assert_int_equal(retry_next(&r, OUTCOME_BUSY, 2, 1000).state, TASK_DONE);
}

static void an_outcome_without_a_rule_ends_the_task(void **state)
{
	(void)state;
	struct retry_rules r;
	struct why why;
	assert_ok(retry_read(RULES, 5, &r, &why), &why);
	struct retry_next n = retry_next(&r, OUTCOME_EMPTY, 1, 1000);
	assert_int_equal(n.state, TASK_DONE);
	assert_string_equal(n.reason, "empty");
}

static void the_campaigns_bound_is_above_all_rules(void **state)
{
	(void)state;
	struct retry_rules r;
	struct why why;
	assert_ok(retry_read(RULES, 1, &r, &why), &why);
	struct retry_next n = retry_next(&r, OUTCOME_NO_ANSWER, 1, 1000);
	assert_int_equal(n.state, TASK_DONE);
	assert_string_equal(n.reason, "max_attempts");
}

static void wrong_rules_are_refused(void **state)
{
	(void)state;
	struct retry_rules r;
	assert_int_equal(retry_read("{\"noanswer\":{\"after_s\":1,\"times\":1}}", 1, &r, NULL),
	                 ERR_INVALID);
	assert_int_equal(retry_read("{\"busy\":{\"after_s\":-1,\"times\":1}}", 1, &r, NULL),
	                 ERR_INVALID);
	assert_int_equal(retry_read("{\"busy\":3}", 1, &r, NULL), ERR_INVALID);
	assert_int_equal(retry_read("[]", 1, &r, NULL), ERR_INVALID);
	assert_int_equal(retry_read("{", 1, &r, NULL), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_unanswered_task_comes_back_after_its_rules_wait),
		cmocka_unit_test(an_outcome_without_a_rule_ends_the_task),
		cmocka_unit_test(the_campaigns_bound_is_above_all_rules),
		cmocka_unit_test(wrong_rules_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
