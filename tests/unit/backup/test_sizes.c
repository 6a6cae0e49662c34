#include "backup/sizes.h"

#include "test.h"

enum { TODAY = 20261122, GB = 1000000000 };

static void the_rest_lasts_by_an_ordinary_day(void **state)
{
	(void)state;
	struct sizes s = { .free_bytes = INT64_C(1932) * GB,
		           .n_days = 3,
		           .day = { { 20261120, 4000, INT64_C(6) * GB, 375000000 },
		                    { 20261121, 4200, INT64_C(7) * GB, 437500000 },
		                    { TODAY, 4100, INT64_C(6900000000), 0 } } };
	sizes_forecast(&s, TODAY);
	assert_int_equal(s.today_bytes, INT64_C(6900000000));
	assert_int_equal(s.today_recordings, 4100);
	assert_int_equal(s.day_bytes, INT64_C(6500000000));
	assert_int_equal(s.minute_bytes, 960000);
	/* Today is fuller than an ordinary day already: what is left is told by today. */
	assert_int_equal(s.days_left, 280);
}

static void a_day_that_has_just_begun_does_not_make_the_disk_last_longer(void **state)
{
	(void)state;
	struct sizes s = { .free_bytes = INT64_C(100) * GB,
		           .n_days = 2,
		           .day = { { 20261121, 10, INT64_C(10) * GB, 1 },
		                    { TODAY, 1, 1000, 1 } } };
	sizes_forecast(&s, TODAY);
	assert_int_equal(s.days_left, 10);
}

static void without_a_recording_nothing_is_foretold(void **state)
{
	(void)state;
	struct sizes s = { .free_bytes = GB };
	sizes_forecast(&s, TODAY);
	assert_int_equal(s.days_left, -1);
	assert_int_equal(s.day_bytes, 0);
	assert_int_equal(s.minute_bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_rest_lasts_by_an_ordinary_day),
		cmocka_unit_test(a_day_that_has_just_begun_does_not_make_the_disk_last_longer),
		cmocka_unit_test(without_a_recording_nothing_is_foretold),
	};
	return cmocka_run_group_tests_name("sizes", tests, NULL, NULL);
}
