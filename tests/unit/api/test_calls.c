#include "door.h"
#include "plant.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void path_to(char *ret, size_t size, const struct plant *p, const char *rest)
{
	snprintf(ret, size, "/api/v1/calls/%lld%s", (long long)p->call, rest);
}

static int64_t total_as(struct door *d, enum who who, const char *query)
{
	char path[300];
	snprintf(path, sizeof path, "/api/v1/calls?%s", query);
	struct answer a = door_as(d, who, "GET", path, NULL);
	if (a.status != 200)
		test_fail("%s: %d %s", path, a.status, a.body);
	int64_t n = json_integer_value(json_object_get(a.json, "total"));
	if (n > 0 && !json_array_size(json_object_get(a.json, "items")))
		test_fail("%s: %d calls and no items", path, (int)n);
	answer_free(&a);
	return n;
}

static void each_filter_takes_and_leaves(void **state)
{
	static const char *const TAKE[] = { "",
		                            "outcome=answered",
		                            "result=interested",
		                            "min_talk_ms=60000",
		                            "scored=0",
		                            "recorded=1",
		                            "q=8000",
		                            "q=%E7%8E%8B",
		                            "q=wang",
		                            "q=1001",
		                            "direction=out",
		                            "from=1000000&to=1000001",
		                            "sort=talk_ms",
		                            "sort=start",
		                            "sort=-talk_ms" };
	static const char *const LEAVE[] = { "outcome=busy",   "result=deal",  "min_talk_ms=60001",
		                             "scored=1",       "recorded=0",   "q=8001",
		                             "q=%25",          "direction=in", "from=1000001",
		                             "to=1000000",     "agent_id=77",  "campaign_id=77",
		                             "customer_id=77", "unit_id=77" };
	struct door d;
	struct plant p;
	char q[200];
	(void)state;
	door_open(&d, NULL);
	plant_in(&d, 0, AGENT, &p);
	for (size_t i = 0; i < sizeof TAKE / sizeof *TAKE; i++) {
		if (total_as(&d, ADMIN, TAKE[i]) != 1)
			test_fail("%s does not find the call", TAKE[i]);
	}
	for (size_t i = 0; i < sizeof LEAVE / sizeof *LEAVE; i++) {
		/* Only wildcards in what is looked for look for nothing, and so find all. */
		int64_t want = strcmp(LEAVE[i], "q=%25") == 0;
		if (total_as(&d, ADMIN, LEAVE[i]) != want)
			test_fail("%s", LEAVE[i]);
	}
	snprintf(q, sizeof q, "agent_id=%lld&unit_id=%lld&campaign_id=%lld&customer_id=%lld",
	         (long long)d.person[AGENT], (long long)d.company, (long long)p.campaign,
	         (long long)p.customer);
	assert_int_equal(total_as(&d, ADMIN, q), 1);
	door_close(&d);
}

static void everyone_sees_as_far_as_his_scope(void **state)
{
	struct door d;
	struct plant mine, theirs;
	char path[100];
	(void)state;
	door_open(&d, NULL);
	plant_in(&d, 0, AGENT, &mine);
	plant_in(&d, 1, STRANGER, &theirs);
	assert_int_equal(total_as(&d, AGENT, ""), 1);
	assert_int_equal(total_as(&d, SUPERVISOR, ""), 1);
	assert_int_equal(total_as(&d, INSPECTOR, ""), 1);
	assert_int_equal(total_as(&d, MANAGER, ""), 2);
	assert_int_equal(total_as(&d, ADMIN, ""), 2);
	for (int w = AGENT; w <= INSPECTOR; w++) {
		static const char *const PARTS[] = { "", "/recording.wav", "/peaks",
			                             "/transcript" };
		for (size_t i = 0; i < 4; i++) {
			path_to(path, sizeof path, &theirs, PARTS[i]);
			struct answer a = door_as(&d, (enum who)w, "GET", path, NULL);
			assert_int_equal(a.status, 404);
			answer_free(&a);
			path_to(path, sizeof path, &mine, PARTS[i]);
			a = door_as(&d, (enum who)w, "GET", path, NULL);
			assert_int_equal(a.status, 200);
			answer_free(&a);
		}
	}
	door_close(&d);
}

static int64_t plays(struct door *d)
{
	return test_db_int(&d->t, "SELECT COUNT(*) FROM audit WHERE action = 'recording.play'",
	                   NOARGS);
}

static void a_recording_comes_in_ranges_and_is_audited_once_a_play(void **state)
{
	struct door d;
	struct plant p;
	char path[100];
	(void)state;
	door_open(&d, NULL);
	plant_in(&d, 0, AGENT, &p);
	door_login_all(&d);
	path_to(path, sizeof path, &p, "/recording.wav");
	struct answer a = door_as(&d, SUPERVISOR, "GET", path, NULL);
	assert_int_equal(a.status, 200);
	assert_int_equal(a.bytes, 16058);
	assert_memory_equal(a.body, "RIFF", 4);
	assert_non_null(strstr(a.head, "Accept-Ranges: bytes"));
	answer_free(&a);
	assert_int_equal(plays(&d), 1);
	struct ask part = { .method = "GET",
		            .path = path,
		            .cookie = d.cookie[SUPERVISOR],
		            .range = "bytes=58-157" };
	a = door_ask(&d, &part);
	assert_int_equal(a.status, 206);
	assert_int_equal(a.bytes, 100);
	assert_non_null(strstr(a.head, "Content-Range: bytes 58-157/16058"));
	answer_free(&a);
	part.range = "bytes=99999-";
	a = door_ask(&d, &part);
	assert_int_equal(a.status, 416);
	assert_non_null(strstr(a.head, "Content-Range: bytes */16058"));
	answer_free(&a);
	part.method = "HEAD";
	part.range = NULL;
	a = door_ask(&d, &part);
	assert_int_equal(a.status, 200);
	assert_int_equal(a.bytes, 0);
	answer_free(&a);
	assert_int_equal(plays(&d), 1);
	a = door_as(&d, INSPECTOR, "GET", path, NULL);
	assert_int_equal(a.status, 200);
	answer_free(&a);
	assert_int_equal(plays(&d), 2);
	door_close(&d);
}

static void the_curve_shows_who_speaks_when(void **state)
{
	struct door d;
	struct plant p;
	char path[100], cache[700];
	(void)state;
	door_open(&d, NULL);
	plant_in(&d, 0, AGENT, &p);
	path_to(path, sizeof path, &p, "/peaks");
	for (int round = 0; round < 2; round++) { /* made, then from its file */
		struct answer a = door_as(&d, AGENT, "GET", path, NULL);
		assert_int_equal(a.status, 200);
		assert_int_equal(json_integer_value(json_object_get(a.json, "ms")), 1000);
		json_t *customer = json_object_get(a.json, "customer"),
		       *agent = json_object_get(a.json, "agent");
		assert_int_equal(json_array_size(customer), 20);
		assert_true(json_integer_value(json_array_get(customer, 0)) > 240);
		assert_true(json_integer_value(json_array_get(customer, 19)) < 2);
		assert_true(json_integer_value(json_array_get(agent, 0)) < 2);
		assert_true(json_integer_value(json_array_get(agent, 19)) > 240);
		answer_free(&a);
		snprintf(cache, sizeof cache, "%s/recordings/%s.peaks", d.t.dir, p.recording);
		assert_int_equal(access(cache, R_OK), 0);
	}
	door_close(&d);
}

static void a_file_that_is_gone_is_not_found(void **state)
{
	struct door d;
	struct plant p;
	char path[100], file[700];
	(void)state;
	door_open(&d, NULL);
	plant_in(&d, 0, AGENT, &p);
	snprintf(file, sizeof file, "%s/recordings/%s", d.t.dir, p.recording);
	assert_int_equal(unlink(file), 0);
	static const char *const PARTS[] = { "/recording.wav", "/peaks" };
	for (size_t i = 0; i < 2; i++) {
		path_to(path, sizeof path, &p, PARTS[i]);
		struct answer a = door_as(&d, AGENT, "GET", path, NULL);
		assert_int_equal(a.status, 404);
		assert_string_equal(answer_code(&a), "recording_none");
		answer_free(&a);
	}
	assert_int_equal(plays(&d), 0);
	door_close(&d);
}

static void a_recording_path_never_leaves_its_directory(void **state)
{
	struct door d;
	struct plant p;
	char path[100];
	(void)state;
	door_open(&d, NULL);
	plant_in(&d, 0, AGENT, &p);
	test_db_exec(&d.t, "UPDATE recording SET path = '../../../etc/passwd' WHERE call_id = ?1",
	             ARGS(V_INT(p.call)));
	path_to(path, sizeof path, &p, "/recording.wav");
	struct answer a = door_as(&d, AGENT, "GET", path, NULL);
	assert_int_equal(a.status, 500);
	assert_null(strstr(a.body, "root"));
	answer_free(&a);
	door_close(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_filter_takes_and_leaves),
		cmocka_unit_test(everyone_sees_as_far_as_his_scope),
		cmocka_unit_test(a_recording_comes_in_ranges_and_is_audited_once_a_play),
		cmocka_unit_test(the_curve_shows_who_speaks_when),
		cmocka_unit_test(a_file_that_is_gone_is_not_found),
		cmocka_unit_test(a_recording_path_never_leaves_its_directory),
	};
	return test_db_main("calls", tests);
}
