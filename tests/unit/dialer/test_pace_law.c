#include "test.h"

#include <math.h>

#include "dialer/pace_law.h"

/* P(total >= n) by going through every outcome of the events. */
static double counted(const double *p, const int *sign, int events, int n)
{
	double sum = 0;
	for (unsigned s = 0; s < 1U << events; s++) {
		double chance = 1;
		int total = 0;
		for (int i = 0; i < events; i++) {
			bool is = s >> i & 1;
			chance *= is ? p[i] : 1 - p[i];
			total += is ? sign[i] : 0;
		}
		sum += total >= n ? chance : 0;
	}
	return sum;
}

static void make(struct pace_law *l, const double *p, const int *sign, int events, int terms)
{
	pace_law_start(l, terms);
	for (int i = 0; i < events; i++) {
		if (sign[i] > 0)
			pace_law_come(l, p[i], 1);
		else
			pace_law_free(l, p[i], 1);
	}
}

static void few_events_are_exact(void **state)
{
	(void)state;
	static const double P[] = { 0.1, 0.9, 0.35, 0.5, 0.02, 0.77, 0.6 };
	static const int SIGN[] = { 1, 1, -1, 1, -1, -1, 1 };
	struct pace_law l;
	make(&l, P, SIGN, 7, 7);
	for (int n = -4; n <= 5; n++)
		assert_true(fabs(pace_law_reach(&l, n) - counted(P, SIGN, 7, n)) < 1e-9);
}

static void what_is_over_is_counted_as_often_as_it_is_over(void **state)
{
	(void)state;
	struct pace_law l;
	pace_law_start(&l, 2);
	pace_law_come(&l, 0.5, 2);
	/* two come with 1/4, one with 1/2 */
	assert_true(fabs(pace_law_excess(&l, 0) - 1.0) < 1e-12);
	assert_true(fabs(pace_law_excess(&l, 1) - 0.25) < 1e-12);
	assert_true(pace_law_excess(&l, 2) < 1e-12);
}

static void many_events_are_nearly_what_the_exact_law_says(void **state)
{
	(void)state;
	struct pace_law exact, normal;
	pace_law_start(&exact, 180);
	pace_law_start(&normal, PACE_LAW_TERMS + 1);
	struct pace_law *both[] = { &exact, &normal };
	for (int i = 0; i < 2; i++) {
		pace_law_come(both[i], 0.12, 120);
		pace_law_free(both[i], 0.3, 60);
	}
	for (int n = -10; n <= 10; n++) {
		assert_true(fabs(pace_law_reach(&exact, n) - pace_law_reach(&normal, n)) < 0.003);
		assert_true(fabs(pace_law_excess(&exact, n) - pace_law_excess(&normal, n)) < 0.06);
	}
}

static void more_events_than_fit_make_a_normal_law(void **state)
{
	(void)state;
	struct pace_law l;
	pace_law_start(&l, PACE_LAW_TERMS + 1);
	assert_false(l.is_exact);
	pace_law_start(&l, PACE_LAW_TERMS);
	assert_true(l.is_exact);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_events_are_exact),
		cmocka_unit_test(what_is_over_is_counted_as_often_as_it_is_over),
		cmocka_unit_test(many_events_are_nearly_what_the_exact_law_says),
		cmocka_unit_test(more_events_than_fit_make_a_normal_law),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
