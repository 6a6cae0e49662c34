/* Every route of the table, asked by those who may not and with what nobody should send. */
#include "door.h"
#include "plant.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/router.h"
#include "base/str.h"

enum { BIG_EXTRA = 1000, BODY_MAX = 256 * 1024, PATH_MAX_BYTES = 400 };

static const enum role ROLE[WHO_COUNT] = { ROLE_AGENT,   ROLE_SUPERVISOR,    ROLE_INSPECTOR,
	                                   ROLE_MANAGER, ROLE_ADMINISTRATOR, ROLE_AGENT };

typedef void each_fn(struct door *d, const struct route *r, const struct plant *p);

static void each_route(struct door *d, each_fn *fn, const struct plant *p)
{
	size_t n;
	const struct api_area *const *areas = api_areas(&n);
	for (size_t i = 0; i < n; i++) {
		for (const struct route *r = areas[i]->routes; r->path; r++)
			fn(d, r, p);
	}
}

/* "/api/v1/calls/{id}/peaks" with an id, or with a text in its place. */
static void path_of(const struct route *r, int64_t id, const char *text, char ret[PATH_MAX_BYTES])
{
	size_t n = 0;
	for (const char *p = r->path; *p && n + 40 < PATH_MAX_BYTES; p++) {
		if (*p != '{') {
			ret[n++] = *p;
			continue;
		}
		bool is_key = strncmp(p, "{key}", 5) == 0 || strncmp(p, "{name}", 6) == 0;
		if (text)
			n += (size_t)sprintf(ret + n, "%s", text);
		else if (is_key)
			n += (size_t)sprintf(ret + n, "some-key");
		else
			n += (size_t)sprintf(ret + n, "%lld", (long long)id);
		p = strchr(p, '}');
	}
	ret[n] = '\0';
}

/* A value of the right type. */
static json_t *value_ok(const struct field *f)
{
	char text[20] = "abcdefghij";
	switch (f->type) {
	case FT_ID:
		return json_string("123456789");
	case FT_INT:
		return json_integer(f->min);
	case FT_REAL:
		return json_real(1);
	case FT_BOOL:
		return json_true();
	case FT_MASK:
		return json_string("13800138000");
	case FT_TEXT:
		if (f->one_of)
			snprintf(text, sizeof text, "%.*s", (int)strcspn(f->one_of, "|"),
			         f->one_of);
		return json_string(text);
	case FT_OBJ:
	case FT_MAP:
	case FT_JSON:
		return json_object();
	case FT_ARR:
	case FT_IDS:
	case FT_TEXTS:
	case FT_INTS:
		return json_array();
	case FT_END:
		break;
	}
	return json_null();
}

static char *body_ok(const struct route *r)
{
	json_t *o = json_object();
	for (const struct field *f = r->body; f && f->type != FT_END; f++) {
		if (f->req)
			json_object_set_new(o, f->name, value_ok(f));
	}
	char *text = json_dumps(o, 0);
	json_decref(o);
	return text;
}

static const char *who_may(const struct route *r, enum who *ret)
{
	static const enum who ORDER[] = { ADMIN, SUPERVISOR, AGENT, INSPECTOR };
	for (size_t i = 0; i < 4; i++) {
		if (role_can(ROLE[ORDER[i]], r->perm)) {
			*ret = ORDER[i];
			return r->path;
		}
	}
	test_fail("nobody may %s %s", http_method_text(r->method), r->path);
	return NULL;
}

static void expect(const struct route *r, struct answer *a, int status, const char *code,
                   const char *what)
{
	if (a->status != status || (code && strcmp(answer_code(a), code) != 0))
		test_fail("%s %s, %s: %d %s, wanted %d %s", http_method_text(r->method), r->path,
		          what, a->status, a->body ? a->body : "", status, code ? code : "");
	if (status >= 400 && !strstr(a->head, "application/problem+json"))
		test_fail("%s %s, %s: not a problem document", http_method_text(r->method), r->path,
		          what);
	if (!strstr(a->head, "nosniff") || !strstr(a->head, "frame-ancestors 'none'") ||
	    !strstr(a->head, "no-store"))
		test_fail("%s %s, %s: security headers are missing", http_method_text(r->method),
		          r->path, what);
	answer_free(a);
}

static void without_session(struct door *d, const struct route *r, const struct plant *p)
{
	char path[PATH_MAX_BYTES];
	CLEANUP(str_drop) char *body = body_ok(r);
	path_of(r, plant_id(p, r->subject), NULL, path);
	if (r->open)
		return;
	struct answer a =
	    door_ask(d, &(struct ask){ http_method_text(r->method), path, NULL,
	                               r->body ? body : NULL, 0, NULL, NULL, NULL, NULL });
	expect(r, &a, 401, "session_none", "no session");
	a = door_ask(d, &(struct ask){ .method = http_method_text(r->method),
	                               .path = path,
	                               .cookie = "hujiao=not-a-token" });
	expect(r, &a, 401, "session_none", "a made-up session");
}

static void from_another_page(struct door *d, const struct route *r, const struct plant *p)
{
	static const char *const ORIGINS[] = { "", "https://evil.example", "null",
		                               "http://127.0.0.1" };
	char path[PATH_MAX_BYTES];
	enum who who;
	path_of(r, plant_id(p, r->subject), NULL, path);
	if (r->method == HTTP_GET || !who_may(r, &who))
		return;
	for (size_t i = 0; i < sizeof ORIGINS / sizeof *ORIGINS; i++) {
		struct answer a = door_ask(d, &(struct ask){ .method = http_method_text(r->method),
		                                             .path = path,
		                                             .cookie = d->cookie[who],
		                                             .origin = ORIGINS[i] });
		expect(r, &a, 403, "origin", ORIGINS[i]);
	}
}

static void without_permission(struct door *d, const struct route *r, const struct plant *p)
{
	char path[PATH_MAX_BYTES];
	path_of(r, plant_id(p, r->subject), NULL, path);
	for (int w = 0; w < WHO_COUNT && !r->open; w++) {
		if (role_can(ROLE[w], r->perm) || (r->or_perm && role_can(ROLE[w], r->or_perm)))
			continue;
		struct answer a = door_as(d, (enum who)w, http_method_text(r->method), path, NULL);
		expect(r, &a, 403, "perm", JOB_NO[w]);
	}
}

/* Agents and supervisors of team 1 name what belongs to team 2. */
static void across_teams(struct door *d, const struct route *r, const struct plant *p)
{
	char path[PATH_MAX_BYTES];
	CLEANUP(str_drop) char *body = body_ok(r);
	path_of(r, plant_id(p, r->subject), NULL, path);
	if (!r->subject || r->upload_max_bytes)
		return;
	for (int w = AGENT; w <= INSPECTOR; w++) {
		struct answer a = door_as(d, (enum who)w, http_method_text(r->method), path,
		                          r->body ? body : NULL);
		bool refused =
		    a.status == 403 || a.status == 404 || a.status == 400 || a.status == 409;
		/* A part that does not run in this test may answer before it looks. */
		if (!refused && !(a.status == 503 && strcmp(answer_code(&a), "part_off") == 0))
			test_fail("%s %s as %s with team 2's %s: %d %s",
			          http_method_text(r->method), path, JOB_NO[w], r->subject,
			          a.status, a.body ? a.body : "");
		answer_free(&a);
	}
}

static void with_ids_that_are_none(struct door *d, const struct route *r, const struct plant *p)
{
	static const char *const BAD[] = { "abc",          "0",      "-1",  "99999999999999999999",
		                           "1%20OR%201=1", "%2e%2e", "1/2", "%00" };
	char path[PATH_MAX_BYTES];
	enum who who;
	(void)p;
	if (!strstr(r->path, "{id}") || !who_may(r, &who))
		return;
	for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
		path_of(r, 0, BAD[i], path);
		struct answer a = door_as(d, who, http_method_text(r->method), path, NULL);
		if (a.status != 404 && a.status != 400)
			test_fail("%s %s: %d %s", http_method_text(r->method), path, a.status,
			          a.body ? a.body : "");
		answer_free(&a);
	}
}

static void ask_body(struct door *d, const struct route *r, const char *path, enum who who,
                     const char *body, size_t n, const char *type, int status, const char *code)
{
	struct answer a = door_ask(d, &(struct ask){ .method = http_method_text(r->method),
	                                             .path = path,
	                                             .cookie = d->cookie[who],
	                                             .body = body,
	                                             .body_bytes = n,
	                                             .type = type });
	expect(r, &a, status, code, code);
}

static void with_bodies_that_are_none(struct door *d, const struct route *r, const struct plant *p)
{
	char path[PATH_MAX_BYTES];
	enum who who;
	if (!r->body || r->upload_max_bytes || !who_may(r, &who))
		return;
	path_of(r, plant_id(p, r->subject), NULL, path);
	ask_body(d, r, path, who, "{\"a\":", 0, NULL, 400, "json");
	ask_body(d, r, path, who, "{\"a\":1,\"a\":2}", 0, NULL, 400, "json");
	ask_body(d, r, path, who, "{\"\xff\":1}", 0, NULL, 400, "json");
	ask_body(d, r, path, who, "[]", 0, NULL, 400, "body_object");
	ask_body(d, r, path, who, "{}", 0, "text/plain", 415, "body_type");
	ask_body(d, r, path, who, "a=1", 0, "application/x-www-form-urlencoded", 415, "body_type");
	char deep[1000];
	memset(deep, '[', 500);
	memset(deep + 500, ']', 499);
	deep[999] = '\0';
	ask_body(d, r, path, who, deep, 0, NULL, 400, "json");
	size_t n = (size_t)(r->body_max_bytes ? r->body_max_bytes : BODY_MAX) + BIG_EXTRA;
	CLEANUP(str_drop) char *big = malloc(n + 1);
	memset(big, ' ', n);
	big[n] = '\0';
	ask_body(d, r, path, who, big, n, NULL, 413, "body_too_big");
}

/* The answer names the field. */
static bool names(const struct answer *a, const char *field)
{
	size_t i;
	json_t *f;
	json_array_foreach(json_object_get(a->json, "fields"), i, f)
	{
		const char *name = json_string_value(json_object_get(f, "field"));
		if (name && strncmp(name, field, strlen(field)) == 0)
			return true;
	}
	return false;
}

static void wrong_field(struct door *d, const struct route *r, const char *path, enum who who,
                        const char *name, json_t *bad)
{
	CLEANUP(str_drop) char *ok = body_ok(r);
	json_t *o = json_loads(ok, 0, NULL);
	json_object_set_new(o, name, bad);
	CLEANUP(str_drop) char *body = json_dumps(o, 0);
	json_decref(o);
	struct answer a = door_as(d, who, http_method_text(r->method), path, body);
	if (a.status != 400 || !names(&a, name))
		test_fail("%s %s with %.200s: %d %s", http_method_text(r->method), r->path, body,
		          a.status, a.body ? a.body : "");
	answer_free(&a);
}

static json_t *value_bad(enum field_type t)
{
	if (t == FT_TEXT || t == FT_MASK || t == FT_ID)
		return json_integer(1);
	return json_string("x");
}

static void with_fields_of_a_wrong_type(struct door *d, const struct route *r,
                                        const struct plant *p)
{
	char path[PATH_MAX_BYTES];
	char huge[40002];
	enum who who;
	if (!r->body || r->upload_max_bytes || !who_may(r, &who))
		return;
	path_of(r, plant_id(p, r->subject), NULL, path);
	memset(huge, 'a', sizeof huge - 1);
	huge[sizeof huge - 1] = '\0';
	wrong_field(d, r, path, who, "no_such_field", json_true());
	for (const struct field *f = r->body; f->type != FT_END; f++) {
		if (f->type != FT_JSON)
			wrong_field(d, r, path, who, f->name, value_bad(f->type));
		if (f->req && f->type != FT_JSON)
			wrong_field(d, r, path, who, f->name, json_null());
		if (f->type == FT_TEXT && f->max < 40000)
			wrong_field(d, r, path, who, f->name, json_string(huge));
		if (f->type == FT_TEXT && !f->one_of)
			wrong_field(d, r, path, who, f->name, json_string("a\x01"));
		if (f->type == FT_TEXT && f->one_of)
			wrong_field(d, r, path, who, f->name, json_string("no such word"));
		if (f->type == FT_INT && f->max && f->max >= f->min)
			wrong_field(d, r, path, who, f->name, json_integer(f->max + 1));
	}
}

static void with_wrong_queries(struct door *d, const struct route *r, const struct plant *p)
{
	char path[PATH_MAX_BYTES], at[PATH_MAX_BYTES + 60];
	enum who who;
	path_of(r, plant_id(p, r->subject), NULL, path);
	if (r->open || r->method != HTTP_GET || !who_may(r, &who))
		return;
	snprintf(at, sizeof at, "%s?no_such_field=1", path);
	struct answer a = door_as(d, who, "GET", at, NULL);
	expect(r, &a, 400, "field_unknown", at);
	for (const struct field *f = r->query; f && f->type != FT_END; f++) {
		if (f->type == FT_TEXT && !f->one_of)
			continue;
		snprintf(at, sizeof at, "%s?%s=%%27x", path, f->name);
		a = door_as(d, who, "GET", at, NULL);
		if (a.status != 400 || !names(&a, f->name))
			test_fail("GET %s: %d %s", at, a.status, a.body ? a.body : "");
		answer_free(&a);
	}
}

/* What a role may see is answered, and as declared: a reply that is not would be a 500. */
static void as_those_who_may(struct door *d, const struct route *r, const struct plant *p)
{
	char path[PATH_MAX_BYTES];
	path_of(r, plant_id(p, r->subject), NULL, path);
	if (r->method != HTTP_GET || (r->mime && strstr(r->mime, "event-stream")))
		return;
	for (const struct field *f = r->query; f && f->type != FT_END; f++) {
		if (f->req)
			return; /* asked by the handlers' own tests */
	}
	for (int w = 0; w < WHO_COUNT; w++) {
		if (!role_can(ROLE[w], r->perm))
			continue;
		struct answer a = door_as(d, (enum who)w, "GET", path, NULL);
		if (a.status == 500 || a.status == 0 || a.status == 401 || a.status == 403)
			test_fail("GET %s as %s: %d %s", path, JOB_NO[w], a.status,
			          a.body ? a.body : "");
		if (a.body && strstr(a.body, "13912345678"))
			test_fail("GET %s as %s: a telephone number in clear", path, JOB_NO[w]);
		answer_free(&a);
	}
}

/* Right bodies about one's own things: whatever the handler thinks of them, it has an answer. */
static void with_right_bodies(struct door *d, const struct route *r, const struct plant *p)
{
	char path[PATH_MAX_BYTES];
	CLEANUP(str_drop) char *body = body_ok(r);
	enum who who;
	path_of(r, plant_id(p, r->subject), NULL, path);
	if (r->method == HTTP_GET || r->upload_max_bytes || !who_may(r, &who) || r->open ||
	    strstr(path, "logout"))
		return;
	struct answer a = door_as(d, who, http_method_text(r->method), path, r->body ? body : NULL);
	if (a.status == 0 || a.status == 500 || a.status == 401)
		test_fail("%s %s with %s as %s: %d %s", http_method_text(r->method), path, body,
		          JOB_NO[who], a.status, a.body ? a.body : "");
	answer_free(&a);
}

static void walk(each_fn *fn, int team, enum who owner)
{
	struct door d;
	struct plant p;
	door_open(&d, NULL);
	door_login_all(&d);
	plant_in(&d, team, owner, &p);
	each_route(&d, fn, &p);
	door_close(&d);
}

static void every_route_wants_a_session(void **state)
{
	(void)state;
	walk(without_session, 1, STRANGER);
}

static void every_unsafe_route_refuses_another_page(void **state)
{
	(void)state;
	walk(from_another_page, 1, STRANGER);
}

static void every_route_refuses_roles_without_its_permission(void **state)
{
	(void)state;
	walk(without_permission, 1, STRANGER);
}

static void no_route_gives_what_belongs_to_another_team(void **state)
{
	(void)state;
	walk(across_teams, 1, STRANGER);
}

static void every_route_refuses_ids_that_are_none(void **state)
{
	(void)state;
	walk(with_ids_that_are_none, 0, AGENT);
}

static void every_route_refuses_bodies_that_are_none(void **state)
{
	(void)state;
	walk(with_bodies_that_are_none, 0, AGENT);
}

static void every_route_names_the_field_that_is_wrong(void **state)
{
	(void)state;
	walk(with_fields_of_a_wrong_type, 0, AGENT);
}

static void every_list_names_the_parameter_that_is_wrong(void **state)
{
	(void)state;
	walk(with_wrong_queries, 0, AGENT);
}

static void every_reading_route_answers_as_declared(void **state)
{
	(void)state;
	walk(as_those_who_may, 0, AGENT);
}

static void every_writing_route_has_an_answer_to_a_right_body(void **state)
{
	(void)state;
	walk(with_right_bodies, 0, AGENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_route_wants_a_session),
		cmocka_unit_test(every_unsafe_route_refuses_another_page),
		cmocka_unit_test(every_route_refuses_roles_without_its_permission),
		cmocka_unit_test(no_route_gives_what_belongs_to_another_team),
		cmocka_unit_test(every_route_refuses_ids_that_are_none),
		cmocka_unit_test(every_route_refuses_bodies_that_are_none),
		cmocka_unit_test(every_route_names_the_field_that_is_wrong),
		cmocka_unit_test(every_list_names_the_parameter_that_is_wrong),
		cmocka_unit_test(every_reading_route_answers_as_declared),
		cmocka_unit_test(every_writing_route_has_an_answer_to_a_right_body),
	};
	return test_db_main("walk", tests);
}
