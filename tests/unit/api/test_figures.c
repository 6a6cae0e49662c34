/* Figures over HTTP: each opens to as many calls, in the asker's scope, and as a workbook. */
#include "door.h"
#include "plant.h"

#include <stdio.h>
#include <stdlib.h>

#include "profile/shipped.h"

static struct door d;
static struct plant mine, theirs;

static enum err install(struct tx *tx, const void *arg, struct why *why)
{
	return shipped_install(tx, arg, 1, why);
}

static int open_door(void **state)
{
	(void)state;
	struct why why = { 0 };
	door_open(&d, NULL);
	plant_in(&d, 0, AGENT, &mine);
	plant_in(&d, 1, STRANGER, &theirs);
	assert_ok(writer_do(d.t.w, LANE_NORMAL, install, getenv("HJ_PROFILES"), &why), &why);
	test_db_exec(
	    &d.t, "UPDATE call SET day = 20261118, wechat = 'yes', deal_fen = 250000 WHERE id = ?1",
	    ARGS(V_INT(mine.call)));
	test_db_exec(&d.t, "UPDATE call SET day = 20261119 WHERE id = ?1",
	             ARGS(V_INT(theirs.call)));
	door_login_all(&d);
	return 0;
}

static int close_door(void **state)
{
	(void)state;
	door_close(&d);
	return 0;
}

#define WEEK "period=week&date=20261118"

static json_t *figures(enum who who, const char *query)
{
	char path[200];
	snprintf(path, sizeof(path), "/api/v1/figures?%s", query);
	struct answer a = door_as(&d, who, "GET", path, NULL);
	if (a.status != 200)
		test_fail("%s: %d %s", path, a.status, a.body);
	json_t *j = json_incref(a.json);
	answer_free(&a);
	return j;
}

static int64_t number(const json_t *j, const char *key)
{
	return json_integer_value(json_object_get(j, key));
}

static int64_t opened(enum who who, const char *figure)
{
	char path[200];
	snprintf(path, sizeof(path), "/api/v1/calls?figure=%s&" WEEK, figure);
	struct answer a = door_as(&d, who, "GET", path, NULL);
	if (a.status != 200)
		test_fail("%s: %d %s", path, a.status, a.body);
	int64_t n = number(a.json, "total");
	assert_int_equal(json_array_size(json_object_get(a.json, "items")), n);
	answer_free(&a);
	return n;
}

static void each_figure_opens_to_as_many_calls(void **state)
{
	static const char *const COUNTS[] = { "dialed",
		                              "connected",
		                              "machine",
		                              "effective",
		                              "interested",
		                              "wechat",
		                              "visits",
		                              "deals",
		                              "numbers",
		                              "numbers_connected",
		                              "numbers_interested",
		                              "numbers_wechat",
		                              "numbers_visits",
		                              "numbers_deals" };
	(void)state;
	json_t *j = figures(MANAGER, WEEK);
	const json_t *total = json_object_get(j, "total");
	assert_int_equal(number(total, "dialed"), 2);
	assert_int_equal(number(total, "deals"), 1);
	assert_int_equal(number(total, "deal_fen"), 250000);
	assert_int_equal(number(total, "talk_ms"), 118000);
	assert_int_equal(number(total, "connect_rate_call_bp"), 10000);
	for (size_t i = 0; i < sizeof(COUNTS) / sizeof(COUNTS[0]); i++)
		assert_int_equal(opened(MANAGER, COUNTS[i]), number(total, COUNTS[i]));
	json_decref(j);
}

static void everyone_gets_the_figures_of_his_scope(void **state)
{
	static const struct {
		enum who who;
		int64_t dialed;
	} SEES[] = {
		{ AGENT, 1 }, { SUPERVISOR, 1 }, { INSPECTOR, 1 }, { MANAGER, 2 }, { ADMIN, 2 }
	};
	(void)state;
	for (size_t i = 0; i < sizeof(SEES) / sizeof(SEES[0]); i++) {
		json_t *j = figures(SEES[i].who, WEEK);
		assert_int_equal(number(json_object_get(j, "total"), "dialed"), SEES[i].dialed);
		assert_int_equal(opened(SEES[i].who, "dialed"), SEES[i].dialed);
		json_decref(j);
	}
}

static void days_rows_and_funnel_come_with_their_formulas(void **state)
{
	(void)state;
	json_t *j = figures(MANAGER, WEEK "&by=team");
	assert_int_equal(number(j, "from"), 20261116);
	assert_int_equal(number(j, "to"), 20261122);
	assert_int_equal(json_array_size(json_object_get(j, "rows")), 2);
	assert_int_equal(json_array_size(json_object_get(j, "daily")), 2);
	assert_int_equal(json_array_size(json_object_get(j, "funnel")), 6);
	const json_t *f = json_object_get(json_object_get(j, "formulas"), "connect_rate_call");
	assert_string_equal(json_string_value(json_object_get(f, "name_zh")), "接通率（按次）");
	assert_int_equal(number(f, "version"), 1);
	assert_int_equal(number(json_object_get(j, "targets"), "connect_rate_bp"), 3500);
	json_decref(j);
	j = figures(MANAGER, "period=day&date=20261120");
	assert_true(
	    json_is_null(json_object_get(json_object_get(j, "total"), "connect_rate_call_bp")));
	json_decref(j);
}

static void a_workbook_comes_under_a_name(void **state)
{
	(void)state;
	struct answer a = door_as(&d, SUPERVISOR, "GET", "/api/v1/figures.xlsx?" WEEK, NULL);
	assert_int_equal(a.status, 200);
	assert_true(a.bytes > 1000);
	assert_memory_equal(a.body, "PK", 2);
	assert_non_null(strstr(a.head, "figures-20261116-20261122.xlsx"));
	answer_free(&a);
}

static void other_periods_and_figures_are_refused(void **state)
{
	static const char *const BAD[] = { "/api/v1/figures?period=year",
		                           "/api/v1/figures?period=day&date=20260230",
		                           "/api/v1/figures?by=moon",
		                           "/api/v1/calls?figure=nothing" };
	(void)state;
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
		struct answer a = door_as(&d, MANAGER, "GET", BAD[i], NULL);
		if (a.status != 400)
			test_fail("%s: %d", BAD[i], a.status);
		answer_free(&a);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(each_figure_opens_to_as_many_calls, open_door,
		                                NULL),
		cmocka_unit_test(everyone_gets_the_figures_of_his_scope),
		cmocka_unit_test(days_rows_and_funnel_come_with_their_formulas),
		cmocka_unit_test(a_workbook_comes_under_a_name),
		cmocka_unit_test_setup_teardown(other_periods_and_figures_are_refused, NULL,
		                                close_door),
	};
	return test_db_main("api figures", tests);
}
