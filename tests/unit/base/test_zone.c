#include "test.h"

#include "base/zone.h"

static const struct zone *zone(const char *name)
{
	const struct zone *z = NULL;
	struct why why = { 0 };
	assert_ok(zone_get(name, &z, &why), &why);
	return z;
}

static void a_day_of_shanghai_begins_at_sixteen_utc(void **state)
{
	(void)state;
	const struct zone *z = zone("Asia/Shanghai");
	int64_t start = INT64_C(1763654400000); /* 2025-11-20T16:00:00Z */
	assert_int_equal(zone_day(start - 1, z), 20251120);
	assert_int_equal(zone_day(start, z), 20251121);
	assert_true(zone_day_start(20251121, z) == start);
	assert_int_equal(zone_minute(start - 1, z), 1439);
	assert_int_equal(zone_weekday(start, z), 5);
	assert_true(zone_at(20251121, 9 * 60 + 30, z) == start + INT64_C(34200000));
	struct local_time t = zone_local(start + INT64_C(34205000), z);
	assert_int_equal(t.year * 10000 + t.month * 100 + t.day, 20251121);
	assert_int_equal(t.hour * 10000 + t.minute * 100 + t.second, 93005);
}

/* China had summer time from 1986 to 1991. */
static void old_summer_times_of_china_are_known(void **state)
{
	(void)state;
	const struct zone *z = zone("Asia/Shanghai");
	int64_t july_1990 = zone_day_start(19900701, z), july_1992 = zone_day_start(19920701, z);
	assert_true((july_1990 / 3600000 + 9) % 24 == 0);
	assert_true((july_1992 / 3600000 + 8) % 24 == 0);
}

static void an_hour_that_is_skipped_becomes_the_next_that_exists(void **state)
{
	(void)state;
	const struct zone *z = zone("America/New_York");
	int64_t change = INT64_C(1741503600000); /* 2025-03-09 02:00 EST is 03:00 EDT */
	assert_true(zone_at(20250309, 150, z) == change);
	assert_true(zone_at(20250309, 180, z) == change);
	assert_true(zone_at(20250309, 119, z) == change - 60000);
	assert_int_equal(zone_minute(change, z), 180);
	/* 01:30 happens twice in autumn: the first counts. */
	assert_true(zone_at(20251102, 90, z) == INT64_C(1762061400000));
}

static void every_day_of_a_century_is_itself(void **state)
{
	(void)state;
	const struct zone *z = zone("Asia/Shanghai");
	int day = 20000101, weekday = 6;
	for (int i = 0; i < 36525; i++, day = day_add(day, 1)) {
		assert_true(day_is_valid(day));
		assert_int_equal(zone_day(zone_day_start(day, z), z), day);
		assert_int_equal(day_weekday(day), weekday);
		assert_int_equal(day_diff(day, 20000101), i);
		weekday = weekday % 7 + 1;
	}
	assert_int_equal(day, 21000101);
}

static void calendar_days_are_checked(void **state)
{
	(void)state;
	assert_int_equal(day_add(20240228, 1), 20240229);
	assert_int_equal(day_add(20260101, -1), 20251231);
	assert_int_equal(day_week_start(20251123), 20251117);
	assert_int_equal(day_month_start(20251123), 20251101);
	const int bad[] = {
		0, 20250229, 20251301, 20250100, 20250001, 20250431, -20250101, 99999999
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (day_is_valid(bad[i]))
			test_fail("%d was taken for a day", bad[i]);
	}
}

static void a_zone_that_does_not_exist_is_refused(void **state)
{
	(void)state;
	struct why why = { 0 };
	const struct zone *z = NULL;
	const char *const bad[] = {
		"",
		"Asia/Nowhere",
		"GMT+8x",
		"北京",
		"a-name-that-is-much-longer-than-any-zone-has-ever-been-given-by-anybody/at/all",
		NULL
	};
	for (int i = 0; bad[i]; i++) {
		if (zone_get(bad[i], &z, &why) != ERR_INVALID)
			test_fail("'%s' was taken for a zone", bad[i]);
		assert_int_equal(why.code, E_ZONE_UNKNOWN);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_day_of_shanghai_begins_at_sixteen_utc),
		cmocka_unit_test(old_summer_times_of_china_are_known),
		cmocka_unit_test(an_hour_that_is_skipped_becomes_the_next_that_exists),
		cmocka_unit_test(every_day_of_a_century_is_itself),
		cmocka_unit_test(calendar_days_are_checked),
		cmocka_unit_test(a_zone_that_does_not_exist_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
