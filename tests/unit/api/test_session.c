#include "door.h"

#include <string.h>

static struct answer login_try(struct door *d, const char *job_no, const char *password)
{
	char body[200];
	snprintf(body, sizeof body, "{\"job_no\":\"%s\",\"password\":\"%s\"}", job_no, password);
	return door_ask(d,
	                &(struct ask){ .method = "POST", .path = "/api/v1/login", .body = body });
}

static void log_in_gives_a_strict_cookie_and_me(void **state)
{
	struct door d;
	(void)state;
	door_open(&d, NULL);
	struct answer r = login_try(&d, "1001", DOOR_PASSWORD);
	assert_int_equal(r.status, 200);
	assert_non_null(strstr(r.head, "HttpOnly"));
	assert_non_null(strstr(r.head, "SameSite=Strict"));
	assert_null(strstr(r.head, "Secure"));
	assert_string_equal(json_string_value(json_object_get(r.json, "role")), "agent");
	answer_free(&r);
	r = door_as(&d, AGENT, "GET", "/api/v1/me", NULL);
	assert_int_equal(r.status, 200);
	assert_string_equal(json_string_value(json_object_get(r.json, "job_no")), "1001");
	answer_free(&r);
	door_close(&d);
}

static void last_log_in_wins_and_the_old_page_says_where(void **state)
{
	struct door d;
	(void)state;
	door_open(&d, NULL);
	door_login(&d, AGENT);
	char old[128];
	memcpy(old, d.cookie[AGENT], sizeof old);
	door_login(&d, AGENT);
	struct answer r =
	    door_ask(&d, &(struct ask){ .method = "GET", .path = "/api/v1/me", .cookie = old });
	assert_int_equal(r.status, 401);
	assert_string_equal(answer_code(&r), "session_replaced");
	json_t *args = json_object_get(r.json, "args");
	assert_string_equal(json_string_value(json_object_get(args, "job_no")), "1001");
	assert_string_equal(json_string_value(json_object_get(args, "addr")), "127.0.0.1");
	assert_non_null(json_object_get(args, "at_utc_ms"));
	answer_free(&r);
	r = door_as(&d, AGENT, "GET", "/api/v1/me", NULL);
	assert_int_equal(r.status, 200);
	answer_free(&r);
	door_close(&d);
}

static void wrong_passwords_make_a_number_wait(void **state)
{
	struct door d;
	(void)state;
	door_open(&d, NULL);
	for (int i = 0; i < 5; i++) {
		struct answer r = login_try(&d, "1001", "wrong-one");
		assert_int_equal(r.status, 401);
		assert_string_equal(answer_code(&r), "login_wrong");
		answer_free(&r);
	}
	struct answer r = login_try(&d, "1001", DOOR_PASSWORD);
	assert_int_equal(r.status, 429);
	assert_string_equal(answer_code(&r), "login_wait");
	assert_non_null(strstr(r.head, "Retry-After"));
	answer_free(&r);
	r = login_try(&d, "2001", DOOR_PASSWORD);
	assert_int_equal(r.status, 200);
	answer_free(&r);
	r = login_try(&d, "9999", "whatever-it-is");
	assert_int_equal(r.status, 401);
	assert_string_equal(answer_code(&r), "login_wrong");
	answer_free(&r);
	door_close(&d);
}

static void guesses_of_others_do_not_keep_a_person_out_of_his_own_browser(void **state)
{
	struct door d;
	char device[400] = "";
	(void)state;
	door_open(&d, NULL);
	struct answer r = login_try(&d, "1001", DOOR_PASSWORD);
	const char *at = strstr(r.head, "hujiao_device=");
	assert_non_null(at);
	assert_true(sscanf(at, "%399[^;]", device) == 1);
	answer_free(&r);
	for (int i = 0; i < 6; i++) {
		r = login_try(&d, "1001", "wrong-one");
		answer_free(&r);
	}
	struct ask own = { .method = "POST",
		           .path = "/api/v1/login",
		           .cookie = device,
		           .body = "{\"job_no\":\"1001\",\"password\":\"" DOOR_PASSWORD "\"}" };
	r = door_ask(&d, &own);
	assert_int_equal(r.status, 200);
	/* He is told that somebody tried; those who had to wait did not try. */
	assert_int_equal(json_integer_value(json_object_get(r.json, "failed_logins")), 5);
	answer_free(&r);
	/* The sign is of one account and one house: it spares no other account the waiting. */
	for (int i = 0; i < 6; i++) {
		r = login_try(&d, "2001", "wrong-one");
		answer_free(&r);
	}
	own.body = "{\"job_no\":\"2001\",\"password\":\"" DOOR_PASSWORD "\"}";
	r = door_ask(&d, &own);
	assert_int_equal(r.status, 429);
	answer_free(&r);
	/* And who holds it guesses no longer than anybody else. */
	own.body = "{\"job_no\":\"1001\",\"password\":\"wrong-one\"}";
	for (int i = 0; i < 5; i++) {
		r = door_ask(&d, &own);
		assert_int_equal(r.status, 401);
		answer_free(&r);
	}
	r = door_ask(&d, &own);
	assert_int_equal(r.status, 429);
	answer_free(&r);
	door_close(&d);
}

static void unknown_job_numbers_are_slowed_like_known_ones(void **state)
{
	struct door d;
	(void)state;
	door_open(&d, NULL);
	for (int i = 0; i < 5; i++) {
		struct answer r = login_try(&d, "7777", "wrong-one");
		assert_string_equal(answer_code(&r), "login_wrong");
		answer_free(&r);
	}
	struct answer r = login_try(&d, "7777", "wrong-one");
	assert_string_equal(answer_code(&r), "login_wait");
	answer_free(&r);
	door_close(&d);
}

static void a_dangerous_act_asks_for_the_password_again(void **state)
{
	struct door d;
	char path[100];
	(void)state;
	door_open(&d, NULL);
	door_login(&d, ADMIN);
	snprintf(path, sizeof path, "/api/v1/people/%lld", (long long)d.person[AGENT]);
	struct answer r = door_as(&d, ADMIN, "PATCH", path, "{\"role\":\"supervisor\"}");
	assert_int_equal(r.status, 200);
	answer_free(&r);
	test_db_exec(&d.t, "UPDATE session SET created_utc_ms = created_utc_ms - ?1",
	             ARGS(V_INT(11 * 60 * 1000)));
	r = door_as(&d, ADMIN, "PATCH", path, "{\"role\":\"agent\"}");
	assert_int_equal(r.status, 403);
	assert_string_equal(answer_code(&r), "confirm");
	answer_free(&r);
	r = door_as(&d, ADMIN, "GET", "/api/v1/people", NULL); /* looking is not dangerous */
	assert_int_equal(r.status, 200);
	answer_free(&r);
	r = door_as(&d, ADMIN, "POST", "/api/v1/confirm", "{\"password\":\"wrong\"}");
	assert_int_equal(r.status, 400);
	answer_free(&r);
	r = door_as(&d, ADMIN, "POST", "/api/v1/confirm", "{\"password\":\"" DOOR_PASSWORD "\"}");
	assert_int_equal(r.status, 204);
	answer_free(&r);
	r = door_as(&d, ADMIN, "PATCH", path, "{\"role\":\"agent\"}");
	assert_int_equal(r.status, 200);
	answer_free(&r);
	door_close(&d);
}

static void a_session_ends_after_idle_time_and_after_its_longest_time(void **state)
{
	struct door d;
	(void)state;
	door_open(&d, NULL);
	struct answer r = door_as(&d, ADMIN, "PUT", "/api/v1/settings",
	                          "{\"values\":{\"session_idle_min\":5,\"session_longest_h\":1}}");
	assert_int_equal(r.status, 200);
	answer_free(&r);
	door_login(&d, AGENT);
	test_db_exec(&d.t, "UPDATE session SET seen_utc_ms = seen_utc_ms - ?1 WHERE person_id = ?2",
	             ARGS(V_INT(7 * 60 * 1000), V_INT(d.person[AGENT])));
	r = door_as(&d, AGENT, "GET", "/api/v1/me", NULL);
	assert_string_equal(answer_code(&r), "session_expired");
	answer_free(&r);
	door_login(&d, AGENT);
	test_db_exec(&d.t,
	             "UPDATE session SET created_utc_ms = created_utc_ms - ?1 WHERE person_id = ?2",
	             ARGS(V_INT(61 * 60 * 1000), V_INT(d.person[AGENT])));
	r = door_as(&d, AGENT, "GET", "/api/v1/me", NULL);
	assert_string_equal(answer_code(&r), "session_expired");
	answer_free(&r);
	door_close(&d);
}

static void an_administrator_logs_a_person_out_everywhere(void **state)
{
	struct door d;
	char path[100];
	(void)state;
	door_open(&d, NULL);
	door_login(&d, AGENT);
	snprintf(path, sizeof path, "/api/v1/people/%lld/logout", (long long)d.person[AGENT]);
	struct answer r = door_as(&d, SUPERVISOR, "POST", path, NULL);
	assert_int_equal(r.status, 403);
	answer_free(&r);
	r = door_as(&d, ADMIN, "POST", path, NULL);
	assert_int_equal(r.status, 204);
	answer_free(&r);
	r = door_as(&d, AGENT, "GET", "/api/v1/me", NULL);
	assert_string_equal(answer_code(&r), "session_ended");
	answer_free(&r);
	r = door_as(&d, ADMIN, "GET", "/api/v1/audit?action=session", NULL);
	assert_non_null(strstr(r.body, "session.end"));
	answer_free(&r);
	door_close(&d);
}

static void a_log_in_never_takes_over_the_cookie_it_was_sent(void **state)
{
	struct door d;
	char planted[128] = "hujiao=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	(void)state;
	door_open(&d, NULL);
	struct answer r =
	    door_ask(&d, &(struct ask){ .method = "POST",
	                                .path = "/api/v1/login",
	                                .cookie = planted,
	                                .body = "{\"job_no\":\"1001\",\"password\":\"" DOOR_PASSWORD
	                                        "\"}" });
	assert_int_equal(r.status, 200);
	assert_null(strstr(r.head, planted));
	answer_free(&r);
	r = door_ask(&d, &(struct ask){ .method = "GET", .path = "/api/v1/me", .cookie = planted });
	assert_int_equal(r.status, 401);
	answer_free(&r);
	door_close(&d);
}

static void log_out_ends_the_session(void **state)
{
	struct door d;
	(void)state;
	door_open(&d, NULL);
	struct answer r = door_as(&d, AGENT, "POST", "/api/v1/logout", NULL);
	assert_int_equal(r.status, 204);
	answer_free(&r);
	r = door_as(&d, AGENT, "GET", "/api/v1/me", NULL);
	assert_int_equal(r.status, 401);
	assert_string_equal(answer_code(&r), "session_ended");
	answer_free(&r);
	door_close(&d);
}

static void a_one_time_link_sets_a_password_once(void **state)
{
	struct door d;
	char path[200], body[300];
	(void)state;
	door_open(&d, NULL);
	snprintf(path, sizeof path, "/api/v1/people/%lld/link", (long long)d.person[AGENT]);
	struct answer r = door_as(&d, ADMIN, "POST", path, NULL);
	assert_int_equal(r.status, 200);
	const char *link = json_string_value(json_object_get(r.json, "path"));
	const char *token = strchr(link, '=') + 1;
	snprintf(path, sizeof path, "/api/v1/link?token=%s", token);
	snprintf(body, sizeof body, "{\"token\":\"%s\",\"password\":\"short\"}", token);
	struct answer s = door_ask(&d, &(struct ask){ .method = "GET", .path = path });
	assert_int_equal(s.status, 200);
	assert_string_equal(json_string_value(json_object_get(s.json, "job_no")), "1001");
	answer_free(&s);
	s = door_ask(&d, &(struct ask){ .method = "POST", .path = "/api/v1/link", .body = body });
	assert_int_equal(s.status, 400);
	assert_string_equal(answer_code(&s), "password_short");
	answer_free(&s);
	snprintf(body, sizeof body, "{\"token\":\"%s\",\"password\":\"a new long one\"}", token);
	s = door_ask(&d, &(struct ask){ .method = "POST", .path = "/api/v1/link", .body = body });
	assert_int_equal(s.status, 204);
	answer_free(&s);
	s = door_ask(&d, &(struct ask){ .method = "POST", .path = "/api/v1/link", .body = body });
	assert_int_equal(s.status, 404);
	assert_string_equal(answer_code(&s), "link_gone");
	answer_free(&s);
	s = login_try(&d, "1001", "a new long one");
	assert_int_equal(s.status, 200);
	answer_free(&s);
	answer_free(&r);
	door_close(&d);
}

static void a_password_changes_only_with_the_old_one(void **state)
{
	struct door d;
	(void)state;
	door_open(&d, NULL);
	struct answer r = door_as(&d, AGENT, "POST", "/api/v1/password",
	                          "{\"old\":\"no\",\"new\":\"another-2026\"}");
	assert_int_equal(r.status, 400);
	json_t *f = json_array_get(json_object_get(r.json, "fields"), 0);
	assert_string_equal(json_string_value(json_object_get(f, "field")), "old");
	answer_free(&r);
	r = door_as(&d, AGENT, "POST", "/api/v1/password",
	            "{\"old\":\"" DOOR_PASSWORD "\",\"new\":\"another-2026\"}");
	assert_int_equal(r.status, 204);
	answer_free(&r);
	r = login_try(&d, "1001", "another-2026");
	assert_int_equal(r.status, 200);
	answer_free(&r);
	door_close(&d);
}

static void who_has_left_is_out_at_once(void **state)
{
	struct door d;
	char path[100];
	(void)state;
	door_open(&d, NULL);
	door_login(&d, AGENT);
	snprintf(path, sizeof path, "/api/v1/people/%lld", (long long)d.person[AGENT]);
	struct answer r = door_as(&d, ADMIN, "PATCH", path, "{\"left\":true}");
	assert_int_equal(r.status, 200);
	answer_free(&r);
	r = door_as(&d, AGENT, "GET", "/api/v1/me", NULL);
	assert_int_equal(r.status, 401);
	answer_free(&r);
	r = login_try(&d, "1001", DOOR_PASSWORD);
	assert_int_equal(r.status, 401);
	answer_free(&r);
	door_close(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(log_in_gives_a_strict_cookie_and_me),
		cmocka_unit_test(last_log_in_wins_and_the_old_page_says_where),
		cmocka_unit_test(wrong_passwords_make_a_number_wait),
		cmocka_unit_test(guesses_of_others_do_not_keep_a_person_out_of_his_own_browser),
		cmocka_unit_test(unknown_job_numbers_are_slowed_like_known_ones),
		cmocka_unit_test(a_dangerous_act_asks_for_the_password_again),
		cmocka_unit_test(a_session_ends_after_idle_time_and_after_its_longest_time),
		cmocka_unit_test(an_administrator_logs_a_person_out_everywhere),
		cmocka_unit_test(a_log_in_never_takes_over_the_cookie_it_was_sent),
		cmocka_unit_test(log_out_ends_the_session),
		cmocka_unit_test(a_one_time_link_sets_a_password_once),
		cmocka_unit_test(a_password_changes_only_with_the_old_one),
		cmocka_unit_test(who_has_left_is_out_at_once),
	};
	return test_db_main("session", tests);
}
