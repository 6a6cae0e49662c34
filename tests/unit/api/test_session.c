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
		cmocka_unit_test(log_out_ends_the_session),
		cmocka_unit_test(a_one_time_link_sets_a_password_once),
		cmocka_unit_test(a_password_changes_only_with_the_old_one),
		cmocka_unit_test(who_has_left_is_out_at_once),
	};
	return test_db_main("session", tests);
}
