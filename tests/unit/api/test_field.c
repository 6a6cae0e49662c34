#include "test.h"

#include <stdlib.h>

#include "api/field_int.h"
#include "api/req_int.h"
#include "api/router.h"

static const struct field INNER[] = { F_ID("id", .req = true), F_TEXT("name", .max = 4), F_END };
static const struct field BODY[] = {
	F_TEXT("name", .req = true, .min = 2, .max = 5),
	F_INT("n", .min = 1, .max = 9),
	F_BOOL("on"),
	F_OBJ("one", INNER),
	F_ARR("many", INNER, .max = 2),
	F_IDS("ids"),
	F_MAP("map", NULL),
	F_JSON("any"),
	F_TEXT("word", .one_of = "a|b|"),
	F_TEXT("note", .lines = true, .max = 50),
	F_END,
};

static size_t check(const char *text, struct field_errors *fe)
{
	json_t *j = json_loads(text, 0, NULL);
	assert_non_null(j);
	*fe = (struct field_errors){ 0 };
	fields_check(j, BODY, fe);
	json_decref(j);
	return fe->n;
}

static void a_right_body_passes(void **state)
{
	struct field_errors fe;
	(void)state;
	assert_int_equal(check("{\"name\":\"李娜\",\"n\":9,\"on\":true,\"one\":{\"id\":\"7\"},"
	                       "\"many\":[{\"id\":\"8\",\"name\":\"x\"}],"
	                       "\"ids\":[\"1\",\"2\"],\"map\":{\"a\":1,\"b\":null},\"any\":[1,{"
	                       "\"x\":[]}],\"word\":\"b\","
	                       "\"note\":\"one\\ntwo\"}",
	                       &fe),
	                 0);
	assert_int_equal(check("{\"name\":\"李娜\",\"n\":null,\"word\":\"\"}", &fe), 0);
}

struct wrong {
	const char *body, *path;
	enum err_code code;
};

static void each_wrong_field_is_named_with_its_place(void **state)
{
	static const struct wrong CASES[] = {
		{ "{}", "name", E_FIELD_REQUIRED },
		{ "{\"name\":null}", "name", E_TYPE_TEXT },
		{ "{\"name\":7}", "name", E_TYPE_TEXT },
		{ "{\"name\":\"张\"}", "name", E_FIELD_LENGTH },
		{ "{\"name\":\"张张张张张张\"}", "name", E_FIELD_LENGTH },
		{ "{\"name\":\"a\\nb\"}", "name", E_FIELD_CHARS },
		{ "{\"name\":\"ok\",\"n\":10}", "n", E_FIELD_RANGE },
		{ "{\"name\":\"ok\",\"n\":1.5}", "n", E_TYPE_INT },
		{ "{\"name\":\"ok\",\"n\":\"1\"}", "n", E_TYPE_INT },
		{ "{\"name\":\"ok\",\"on\":1}", "on", E_TYPE_BOOL },
		{ "{\"name\":\"ok\",\"one\":[]}", "one", E_TYPE_OBJECT },
		{ "{\"name\":\"ok\",\"one\":{}}", "one.id", E_FIELD_REQUIRED },
		{ "{\"name\":\"ok\",\"one\":{\"id\":\"1\",\"x\":1}}", "one.x", E_FIELD_UNKNOWN },
		{ "{\"name\":\"ok\",\"one\":{\"id\":\"-1\"}}", "one.id", E_TYPE_ID },
		{ "{\"name\":\"ok\",\"one\":{\"id\":\"1 OR 1\"}}", "one.id", E_TYPE_ID },
		{ "{\"name\":\"ok\",\"many\":[{\"id\":\"1\"},{\"id\":2}]}", "many.1.id",
		  E_TYPE_ID },
		{ "{\"name\":\"ok\",\"many\":[{\"id\":\"1\"},{\"id\":\"2\"},{\"id\":\"3\"}]}",
		  "many", E_FIELD_ITEMS },
		{ "{\"name\":\"ok\",\"ids\":[1]}", "ids.0", E_TYPE_ID },
		{ "{\"name\":\"ok\",\"map\":{\"a\":\"x\"}}", "map.a", E_TYPE_INT },
		{ "{\"name\":\"ok\",\"word\":\"c\"}", "word", E_FIELD_ONE_OF },
		{ "{\"name\":\"ok\",\"admin\":true}", "admin", E_FIELD_UNKNOWN },
		{ "{\"name\":\"ok\",\"any\":[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]}", "any",
		  E_JSON_DEEP },
	};
	(void)state;
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		struct field_errors fe;
		if (check(CASES[i].body, &fe) != 1 || strcmp(fe.at[0].path, CASES[i].path) != 0 ||
		    fe.at[0].why.code != CASES[i].code)
			test_fail("%s: %d errors, first %s: %s", CASES[i].body, (int)fe.n,
			          fe.at[0].path, why_en(&fe.at[0].why));
	}
}

static void many_errors_are_counted_and_the_first_are_kept(void **state)
{
	struct field_errors fe;
	json_t *j = json_object();
	(void)state;
	for (int i = 0; i < 100; i++) {
		char key[300];
		snprintf(key, sizeof key, "%0250d", i);
		json_object_set_new(j, key, json_true());
	}
	fe = (struct field_errors){ 0 };
	fields_check(j, BODY, &fe);
	assert_int_equal(fe.n, 101);
	json_decref(j);
}

static void query_text_becomes_typed_values(void **state)
{
	static const struct field QUERY[] = { F_INT("n", .min = 1, .max = 9),
		                              F_BOOL("on"),
		                              F_IDS("ids"),
		                              F_ID("id"),
		                              F_TEXT("q"),
		                              F_END };
	struct field_errors fe = { 0 };
	json_t *v = json_object();
	(void)state;
	field_from_text(QUERY, "n", "7", v, &fe);
	field_from_text(QUERY, "on", "1", v, &fe);
	field_from_text(QUERY, "ids", "1,2,3", v, &fe);
	field_from_text(QUERY, "id", "", v, &fe); /* empty is "not given" */
	field_from_text(QUERY, "q", "张三", v, &fe);
	assert_int_equal(fe.n, 0);
	assert_int_equal(json_integer_value(json_object_get(v, "n")), 7);
	assert_true(json_is_true(json_object_get(v, "on")));
	assert_int_equal(json_array_size(json_object_get(v, "ids")), 3);
	assert_null(json_object_get(v, "id"));
	field_from_text(QUERY, "n", "8", v, &fe);
	assert_int_equal(fe.at[0].why.code, E_FIELD_TWICE);
	json_object_clear(v);
	static const char *const BAD[][2] = { { "n", "10" },
		                              { "n", "1e1" },
		                              { "n", "+1" },
		                              { "n", " 1" },
		                              { "n", "9999999999999999999" },
		                              { "on", "yes" },
		                              { "ids", "1,x" },
		                              { "id", "0" },
		                              { "q", "\xff" },
		                              { "no", "1" } };
	for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
		fe = (struct field_errors){ 0 };
		field_from_text(QUERY, BAD[i][0], BAD[i][1], v, &fe);
		if (fe.n != 1)
			test_fail("%s=%s passed", BAD[i][0], BAD[i][1]);
		json_object_clear(v);
	}
	json_decref(v);
}

/* ---- going out ---- */

static const struct field OUT_INNER[] = { F_TEXT("name"), F_END };
static const struct field OUT[] = {
	F_ID("id"),
	F_TEXT("text"),
	F_INT("secret", .null = true, .perm = PERM_AUDIT_SEE),
	F_OBJ("inner", OUT_INNER, .null = true),
	F_JSON("any", .null = true),
	F_END,
};

static bool out(json_t *j, enum role role, struct str *s, char *bad)
{
	bool ok = fields_write(s, j, OUT, role, bad);
	json_decref(j);
	return ok;
}

static void what_is_not_listed_does_not_leave(void **state)
{
	struct str s = { 0 };
	char bad[FIELD_PATH_BYTES] = "";
	(void)state;
	assert_true(out(json_pack("{s:s, s:s, s:s, s:{s:s, s:s}}", "id", "123", "text", "t",
	                          "pw_hash", "leak", "inner", "name", "n", "enc", "leak"),
	                ROLE_AGENT, &s, bad));
	assert_string_equal(
	    s.p, "{\"id\":\"123\",\"text\":\"t\",\"inner\":{\"name\":\"n\"},\"any\":null}");
	str_free(&s);
}

static void what_a_role_may_not_see_is_left_out(void **state)
{
	struct str s = { 0 };
	char bad[FIELD_PATH_BYTES] = "";
	(void)state;
	assert_true(out(json_pack("{s:s, s:s, s:i}", "id", "1", "text", "", "secret", 5),
	                ROLE_AGENT, &s, bad));
	assert_null(strstr(s.p, "secret"));
	str_clear(&s);
	assert_true(out(json_pack("{s:s, s:s, s:i}", "id", "1", "text", "", "secret", 5),
	                ROLE_MANAGER, &s, bad));
	assert_non_null(strstr(s.p, "\"secret\":5"));
	str_free(&s);
}

static void a_number_in_any_text_leaves_masked(void **state)
{
	struct str s = { 0 };
	char bad[FIELD_PATH_BYTES] = "";
	(void)state;
	assert_true(out(json_pack("{s:s, s:s, s:{s:[s]}}", "id", "13800138000", "text",
	                          "打13800138000", "any", "a", "0138-0013-8000"),
	                ROLE_AGENT, &s, bad));
	assert_non_null(strstr(s.p, "打138****8000"));
	assert_non_null(strstr(s.p, "\"id\":\"13800138000\"")); /* an id is no number */
	assert_null(strstr(s.p, "0138-0013"));
	str_free(&s);
}

static void a_reply_that_contradicts_its_table_is_refused(void **state)
{
	struct str s = { 0 };
	char bad[FIELD_PATH_BYTES] = "";
	(void)state;
	assert_false(out(json_pack("{s:s}", "id", "1"), ROLE_AGENT, &s, bad));
	assert_string_equal(bad, "text");
	str_clear(&s);
	assert_false(out(json_pack("{s:i, s:s}", "id", 1, "text", ""), ROLE_AGENT, &s, bad));
	assert_string_equal(bad, "id");
	str_clear(&s);
	assert_false(out(json_pack("{s:s, s:s, s:{}}", "id", "1", "text", "", "inner"), ROLE_AGENT,
	                 &s, bad));
	assert_string_equal(bad, "inner.name");
	str_free(&s);
}

/* ---- the table itself ---- */

static void paths_are_matched_literal_before_parameter(void **state)
{
	static const struct route R[] = { { .method = HTTP_GET, .path = "/a/{id}" },
		                          { .method = HTTP_GET, .path = "/a/new" },
		                          { .method = HTTP_POST, .path = "/a/{id}/b" },
		                          { .method = HTTP_GET, .path = "/k/{key}" },
		                          ROUTE_END };
	static const struct api_area AREA = { .tag = "a", .routes = R };
	const struct api_area *all[] = { &AREA };
	struct match m;
	struct why why;
	(void)state;
	assert_ok(route_match(all, 1, HTTP_GET, "/a/12", &m, &why), &why);
	assert_string_equal(m.param[0].text, "12");
	assert_string_equal(m.param[0].name, "id");
	assert_ok(route_match(all, 1, HTTP_GET, "/k/a2.plan", &m, &why), &why);
	assert_int_equal(route_match(all, 1, HTTP_GET, "/a/x", &m, &why), ERR_NOT_FOUND);
	assert_int_equal(route_match(all, 1, HTTP_GET, "/a/12/", &m, &why), ERR_NOT_FOUND);
	assert_int_equal(route_match(all, 1, HTTP_GET, "/k/a b", &m, &why), ERR_NOT_FOUND);
	assert_int_equal(route_match(all, 1, HTTP_GET, "/a/12/b", &m, &why), ERR_INVALID);
	assert_int_equal(why.code, E_ROUTE_METHOD);
}

static void check_fields(const struct route *r, const struct field *f, int depth)
{
	if (depth > 8)
		test_fail("%s: fields nest without end", r->path);
	for (; f && f->type != FT_END; f++) {
		if (!f->name || !*f->name)
			test_fail("%s: a field without a name", r->path);
		bool wants_of = f->type == FT_OBJ || f->type == FT_ARR;
		if (wants_of && !f->of)
			test_fail("%s: %s says not what is in it", r->path, f->name);
		if (f->of)
			check_fields(r, f->of, depth + 1);
	}
}

/* Every route has its sentence in both languages, a permission or a reason, and one place. */
static void the_table_is_whole(void **state)
{
	size_t n;
	const struct api_area *const *areas = api_areas(&n);
	(void)state;
	for (size_t i = 0; i < n; i++) {
		for (const struct route *r = areas[i]->routes; r->path; r++) {
			struct match m;
			struct why why;
			if (!r->zh || !r->en || !*r->zh || !*r->en || !r->fn)
				test_fail("%s %s is not described", http_method_text(r->method),
				          r->path);
			if (r->method == HTTP_GET && (r->body || r->upload_max_bytes))
				test_fail("GET %s takes a body", r->path);
			if (!strchr(r->path, '{') &&
			    (route_match(areas, n, r->method, r->path, &m, &why) || m.route != r))
				test_fail("%s %s is hidden by another", http_method_text(r->method),
				          r->path);
			check_fields(r, r->query, 0);
			check_fields(r, r->body, 0);
			check_fields(r, r->reply, 0);
			check_fields(r, r->list, 0);
		}
	}
}

static void the_document_is_json_with_every_path(void **state)
{
	struct str s = { 0 };
	size_t n;
	const struct api_area *const *areas = api_areas(&n);
	(void)state;
	assert_true(openapi_write(&s, areas, n));
	json_t *doc = json_loadb(s.p, s.len, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(doc);
	for (size_t i = 0; i < n; i++) {
		for (const struct route *r = areas[i]->routes; r->path; r++) {
			json_t *path = json_object_get(json_object_get(doc, "paths"), r->path);
			if (!path || !json_object_size(path))
				test_fail("%s is not in the document", r->path);
		}
	}
	json_decref(doc);
	str_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_right_body_passes),
		cmocka_unit_test(each_wrong_field_is_named_with_its_place),
		cmocka_unit_test(many_errors_are_counted_and_the_first_are_kept),
		cmocka_unit_test(query_text_becomes_typed_values),
		cmocka_unit_test(what_is_not_listed_does_not_leave),
		cmocka_unit_test(what_a_role_may_not_see_is_left_out),
		cmocka_unit_test(a_number_in_any_text_leaves_masked),
		cmocka_unit_test(a_reply_that_contradicts_its_table_is_refused),
		cmocka_unit_test(paths_are_matched_literal_before_parameter),
		cmocka_unit_test(the_table_is_whole),
		cmocka_unit_test(the_document_is_json_with_every_path),
	};
	return cmocka_run_group_tests_name("field", tests, NULL, NULL);
}
