#include "test.h"

#include "report/period.h"

static void assert_period(const char *kind, int date, int from, int to)
{
	struct period p;
	struct why why = { 0 };
	assert_ok(period_of(kind, date, &p, &why), &why);
	assert_int_equal(p.from, from);
	assert_int_equal(p.to, to);
}

static void a_day_is_itself(void **state)
{
	(void)state;
	assert_period("day", 20261122, 20261122, 20261122);
}

static void a_week_runs_from_monday_to_sunday_over_the_year(void **state)
{
	(void)state;
	assert_period("week", 20261122, 20261116, 20261122);
	assert_period("week", 20261231, 20261228, 20270103);
}

static void a_month_ends_on_its_last_day(void **state)
{
	(void)state;
	assert_period("month", 20261122, 20261101, 20261130);
	assert_period("month", 20280229, 20280201, 20280229);
	assert_period("month", 20261231, 20261201, 20261231);
	assert_period("month", 20260101, 20260101, 20260131);
}

static void other_words_and_days_that_do_not_exist_are_refused(void **state)
{
	(void)state;
	struct period p;
	assert_int_equal(period_of("year", 20261122, &p, NULL), ERR_INVALID);
	assert_int_equal(period_of("day", 20260230, &p, NULL), ERR_INVALID);
	assert_int_equal(period_of("day", 0, &p, NULL), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_day_is_itself),
		cmocka_unit_test(a_week_runs_from_monday_to_sunday_over_the_year),
		cmocka_unit_test(a_month_ends_on_its_last_day),
		cmocka_unit_test(other_words_and_days_that_do_not_exist_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
