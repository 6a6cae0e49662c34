#include "test.h"

#include "acd/router.h"

static const struct route_policy POLICY = { .owner_ring_ms = 20000,
	                                    .team_ring_ms = 15000,
	                                    .wait_max_ms = 60000 };

static struct route caller(void)
{
	return (struct route){ .owner_id = 1, .last_agent_id = 2, .unit_id = 10, .began_ms = 0 };
}

#define assert_step(step, k, who) \
	do { \
		struct route_step step_ = (step); \
		assert_int_equal(step_.kind, k); \
		assert_int_equal(step_.person_id, who); \
	} while (0)

static void the_owner_rings_20_s_then_the_longest_idle_of_the_team(void **state)
{
	(void)state;
	struct route_agent a[] = {
		{ 1, 10, true, 900 }, { 3, 10, true, 500 }, { 4, 10, true, 100 }, { 5, 11, true, 1 }
	};
	struct route r = caller();
	assert_step(route_next(&r, &POLICY, a, 4, 0), ROUTE_OFFER, 1);
	assert_step(route_next(&r, &POLICY, a, 4, 19999), ROUTE_STAY, 0);
	assert_step(route_next(&r, &POLICY, a, 4, 20000), ROUTE_WITHDRAW, 1);
	assert_step(route_next(&r, &POLICY, a, 4, 20000), ROUTE_OFFER, 4);
	assert_step(route_next(&r, &POLICY, a, 4, 35000), ROUTE_WITHDRAW, 4);
	assert_step(route_next(&r, &POLICY, a, 4, 35000), ROUTE_OFFER, 3);
}

static void the_last_caller_stands_in_for_an_owner_who_is_busy(void **state)
{
	(void)state;
	struct route_agent a[] = { { 1, 10, false, 0 }, { 2, 12, true, 0 }, { 3, 10, true, 0 } };
	struct route r = caller();
	assert_step(route_next(&r, &POLICY, a, 3, 0), ROUTE_OFFER, 2);
}

static void with_nobody_ready_he_waits_and_is_then_missed(void **state)
{
	(void)state;
	struct route_agent a[] = { { 3, 10, false, 0 } };
	struct route r = caller();
	assert_step(route_next(&r, &POLICY, a, 1, 0), ROUTE_STAY, 0);
	a[0].can_take = true;
	assert_step(route_next(&r, &POLICY, a, 1, 5000), ROUTE_OFFER, 3);
	route_lost_agent(&r);
	assert_step(route_next(&r, &POLICY, a, 1, 6000), ROUTE_STAY, 0);
	assert_step(route_next(&r, &POLICY, a, 1, 60000), ROUTE_MISSED, 0);
}

static void nobody_rings_twice_for_one_caller(void **state)
{
	(void)state;
	struct route_agent a[] = { { 1, 10, true, 0 } };
	struct route r = caller();
	assert_step(route_next(&r, &POLICY, a, 1, 0), ROUTE_OFFER, 1);
	assert_step(route_next(&r, &POLICY, a, 1, 20000), ROUTE_WITHDRAW, 1);
	assert_step(route_next(&r, &POLICY, a, 1, 20000), ROUTE_STAY, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_owner_rings_20_s_then_the_longest_idle_of_the_team),
		cmocka_unit_test(the_last_caller_stands_in_for_an_owner_who_is_busy),
		cmocka_unit_test(with_nobody_ready_he_waits_and_is_then_missed),
		cmocka_unit_test(nobody_rings_twice_for_one_caller),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
