/* The bench over HTTP: a review from full marks to 8.5 of 10, which fails under A2. */
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
	door_login_all(&d);
	return 0;
}

static int close_door(void **state)
{
	(void)state;
	door_close(&d);
	return 0;
}

static char path_buf[200];

/* "/api/v1/reviews/<id>/submit" */
static const char *path(const char *before, int64_t id, const char *after)
{
	snprintf(path_buf, sizeof(path_buf), "/api/v1/%s/%lld%s", before, (long long)id, after);
	return path_buf;
}

/* Asks, asserts the status, and leaves the JSON to the caller. */
static json_t *asked(enum who who, const char *method, const char *p, const char *body, int status)
{
	struct answer a = door_as(&d, who, method, p, body);
	if (a.status != status)
		test_fail("%s %s: %d instead of %d: %s", method, p, a.status, status, a.body);
	json_t *j = json_incref(a.json);
	answer_free(&a);
	return j;
}

static int64_t number(const json_t *j, const char *key)
{
	return json_integer_value(json_object_get(j, key));
}

static const char *text(const json_t *j, const char *key)
{
	const char *s = json_string_value(json_object_get(j, key));
	return s ? s : "";
}

static int64_t opened(enum who who, const char *form)
{
	char body[64];
	snprintf(body, sizeof(body), "{\"form_key\":\"%s\"}", form);
	json_t *j = asked(who, "POST", path("calls", mine.call, "/reviews"), body, 200);
	int64_t id = atoll(text(j, "id"));
	json_decref(j);
	assert_true(id > 0);
	return id;
}

static void shipped_scorecards_are_listed_and_read(void **state)
{
	(void)state;
	json_t *j = asked(INSPECTOR, "GET", "/api/v1/scorecards", NULL, 200);
	assert_int_equal(number(j, "total"), 3);
	json_decref(j);
	j = asked(INSPECTOR, "GET", "/api/v1/scorecards/a2", NULL, 200);
	assert_int_equal(number(j, "max_centi"), 1000);
	assert_int_equal(number(j, "pass_centi"), 900);
	assert_int_equal(json_array_size(json_object_get(j, "sections")), 3);
	json_decref(j);
	json_decref(asked(INSPECTOR, "GET", "/api/v1/scorecards/nothing", NULL, 404));
}

static void a_review_opens_at_full_marks_and_only_once(void **state)
{
	(void)state;
	json_t *j = asked(INSPECTOR, "POST", path("calls", mine.call, "/reviews"),
	                  "{\"form_key\":\"a2\"}", 200);
	assert_int_equal(number(j, "score_centi"), 1000);
	assert_string_equal(text(j, "state"), "draft");
	assert_string_equal(text(j, "verdict"), "pass");
	assert_int_equal(json_array_size(json_object_get(j, "items")), 0);
	int64_t id = atoll(text(j, "id"));
	json_decref(j);
	assert_int_equal(opened(INSPECTOR, "a2"), id);
}

static void eight_and_a_half_fails_under_a2_and_the_call_repeats_it(void **state)
{
	(void)state;
	int64_t id = opened(INSPECTOR, "a2");
	json_t *j = asked(INSPECTOR, "PUT", path("reviews", id, ""),
	                  "{\"items\":[{\"item_key\":\"facts\",\"deduct_centi\":100,\"from_ms\":"
	                  "100,\"to_ms\":800,\"remark\":\"保本\"},"
	                  "{\"item_key\":\"listen\",\"deduct_centi\":50,\"from_ms\":null,\"to_ms\":"
	                  "null,\"remark\":\"\"}],"
	                  "\"fatal\":[],\"remark\":\"不许诺\"}",
	                  200);
	assert_int_equal(number(j, "score_centi"), 850);
	assert_int_equal(number(j, "short_by_centi"), 50);
	assert_string_equal(text(j, "verdict"), "fail");
	json_decref(j);
	assert_int_equal(
	    test_db_int(&d.t, "SELECT COUNT(*) FROM call WHERE score_centi IS NOT NULL", NOARGS),
	    0);

	j = asked(INSPECTOR, "POST", path("reviews", id, "/submit"), NULL, 200);
	assert_string_equal(text(j, "verdict"), "fail");
	json_decref(j);
	assert_int_equal(
	    test_db_int(&d.t,
	                "SELECT score_centi FROM call WHERE id = ?1 AND score_verdict = 'fail'",
	                ARGS(V_INT(mine.call))),
	    850);
	assert_int_equal(test_db_int(&d.t,
	                             "SELECT COUNT(*) FROM outbox WHERE kind = 'review.submitted'",
	                             NOARGS),
	                 1);
	assert_int_equal(
	    test_db_int(&d.t, "SELECT COUNT(*) FROM audit WHERE action = 'review.submit'", NOARGS),
	    1);

	j = asked(AGENT, "GET", path("reviews", id, ""), NULL, 200);
	assert_int_equal(json_array_size(json_object_get(j, "items")), 2);
	assert_string_equal(text(j, "remark"), "不许诺");
	json_decref(j);
}

static void a_submitted_review_stays_as_it_is(void **state)
{
	(void)state;
	int64_t id = opened(INSPECTOR, "a2");
	json_t *j =
	    asked(INSPECTOR, "PUT", path("reviews", id, ""), "{\"items\":[],\"fatal\":[]}", 409);
	assert_string_equal(text(j, "code"), "review_submitted");
	json_decref(j);
	json_decref(asked(INSPECTOR, "POST", path("reviews", id, "/submit"), NULL, 409));
	assert_int_equal(
	    test_db_int(&d.t, "SELECT score_centi FROM call WHERE id = ?1", ARGS(V_INT(mine.call))),
	    850);
}

static void a_red_line_makes_it_zero_whatever_the_points_say(void **state)
{
	(void)state;
	int64_t id = opened(INSPECTOR, "ts10");
	json_t *j = asked(INSPECTOR, "PUT", path("reviews", id, ""),
	                  "{\"items\":[],\"fatal\":[\"R2\"],\"remark\":\"\"}", 200);
	assert_int_equal(number(j, "score_centi"), 0);
	assert_int_equal(number(j, "raw_centi"), 1000);
	assert_string_equal(text(j, "verdict"), "fail");
	json_decref(j);
}

static void what_the_form_does_not_know_is_refused_and_nothing_is_saved(void **state)
{
	static const char *const BAD[][2] = {
		{ "{\"items\":[{\"item_key\":\"nothing\",\"deduct_centi\":50}]}", "review_item" },
		{ "{\"items\":[{\"item_key\":\"5.2\",\"deduct_centi\":49}]}", "review_deduct" },
		{ "{\"items\":[{\"item_key\":\"5.2\",\"deduct_centi\":650}]}", "review_deduct" },
		{ "{\"items\":[{\"item_key\":\"5.2\",\"deduct_centi\":50,\"is_na\":true}]}",
		  "review_na" },
		{ "{\"items\":[{\"item_key\":\"5.2\",\"deduct_centi\":50,\"from_ms\":0,\"to_ms\":"
		  "5000}]}",
		  "review_stretch" },
		{ "{\"items\":[{\"item_key\":\"5.2\",\"deduct_centi\":50,\"from_ms\":800,\"to_ms\":"
		  "100}]}",
		  "review_stretch" },
		{ "{\"items\":[],\"fatal\":[\"1.1\"]}", "review_fatal" },
		{ "{\"items\":[{\"item_key\":\"5.2\",\"deduct_centi\":50},{\"item_key\":\"5.2\","
		  "\"deduct_centi\":50}]}",
		  "field_invalid" },
	};
	(void)state;
	int64_t id = opened(INSPECTOR, "ts100");
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++) {
		json_t *j = asked(INSPECTOR, "PUT", path("reviews", id, ""), BAD[i][0], 400);
		if (strcmp(text(j, "code"), BAD[i][1]))
			test_fail("%s: %s", BAD[i][0], text(j, "code"));
		json_decref(j);
	}
	assert_int_equal(test_db_int(&d.t, "SELECT COUNT(*) FROM review_item WHERE review_id = ?1",
	                             ARGS(V_INT(id))),
	                 0);
}

static void a_draft_belongs_to_its_inspector(void **state)
{
	(void)state;
	int64_t id = opened(SUPERVISOR, "a2");
	json_t *j =
	    asked(INSPECTOR, "PUT", path("reviews", id, ""), "{\"items\":[],\"fatal\":[]}", 403);
	assert_string_equal(text(j, "code"), "review_not_yours");
	json_decref(j);
	/* And the agent it is about sees it only when it is submitted. */
	json_decref(asked(AGENT, "GET", path("reviews", id, ""), NULL, 404));
}

static void another_teams_calls_and_reviews_are_not_found(void **state)
{
	(void)state;
	json_decref(asked(INSPECTOR, "POST", path("calls", theirs.call, "/reviews"),
	                  "{\"form_key\":\"a2\"}", 404));
	json_decref(asked(INSPECTOR, "GET", path("reviews", theirs.review, ""), NULL, 404));
	json_decref(
	    asked(INSPECTOR, "PUT", path("reviews", theirs.review, ""), "{\"items\":[]}", 404));
	json_decref(asked(INSPECTOR, "POST", path("reviews", theirs.review, "/submit"), NULL, 404));
	json_decref(asked(AGENT, "POST", path("calls", mine.call, "/reviews"),
	                  "{\"form_key\":\"a2\"}", 403));
}

static void the_queue_holds_recorded_calls_without_a_score(void **state)
{
	(void)state;
	json_t *j = asked(MANAGER, "GET", "/api/v1/review-queue", NULL, 200);
	assert_int_equal(number(j, "total"), 1);
	assert_int_equal(number(j, "target"), 25);
	const json_t *first = json_array_get(json_object_get(j, "items"), 0);
	assert_int_equal(atoll(text(first, "id")), theirs.call);
	json_decref(j);
	j = asked(INSPECTOR, "GET", "/api/v1/review-queue", NULL, 200);
	assert_int_equal(number(j, "total"), 0);
	assert_int_equal(number(j, "done"), 1);
	json_decref(j);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(shipped_scorecards_are_listed_and_read, open_door,
		                                NULL),
		cmocka_unit_test(a_review_opens_at_full_marks_and_only_once),
		cmocka_unit_test(eight_and_a_half_fails_under_a2_and_the_call_repeats_it),
		cmocka_unit_test(a_submitted_review_stays_as_it_is),
		cmocka_unit_test(a_red_line_makes_it_zero_whatever_the_points_say),
		cmocka_unit_test(what_the_form_does_not_know_is_refused_and_nothing_is_saved),
		cmocka_unit_test(a_draft_belongs_to_its_inspector),
		cmocka_unit_test(another_teams_calls_and_reviews_are_not_found),
		cmocka_unit_test_setup_teardown(the_queue_holds_recorded_calls_without_a_score,
		                                NULL, close_door),
	};
	return test_db_main("quality", tests);
}
