#include "test_db.h"

#include "base/log.h"
#include "profile/settings.h"
#include "profile/version.h"

struct set {
	const char *name, *json;
	int64_t now_utc_ms;
};

static enum err set_job(struct tx *tx, const void *arg, struct why *why)
{
	const struct set *s = arg;
	CLEANUP(json_cleanup) json_t *v = NULL;
	enum err e = json_read_text(s->json, &v, why);
	return e ? e : settings_set(tx, s->name, v, 1, "test", s->now_utc_ms, why);
}

static enum err set(struct test_db *t, const char *name, const char *json, int64_t now_utc_ms,
                    struct why *why)
{
	struct set s = { name, json, now_utc_ms };
	return writer_do(t->w, LANE_NORMAL, set_job, &s, why);
}

static struct settings load(struct test_db *t, int64_t utc_ms)
{
	struct settings s;
	struct why why = { 0 };
	assert_ok(settings_load(t->r, utc_ms, &s, &why), &why);
	return s;
}

static void defaults_hold_until_a_value_is_set_and_then_from_its_moment(void **state)
{
	(void)state;
	struct test_db t;
	struct why why = { 0 };
	struct settings def;
	test_db_open(&t);
	settings_defaults(&def);
	assert_int_equal(load(&t, 5000).wrapup_limit_s, def.wrapup_limit_s);
	assert_ok(set(&t, "wrapup_limit_s", "45", 1000, &why), &why);
	assert_ok(set(&t, "company_name", "\"胡椒科技\"", 1000, &why), &why);
	assert_int_equal(load(&t, 999).wrapup_limit_s, def.wrapup_limit_s);
	assert_int_equal(load(&t, 1000).wrapup_limit_s, 45);
	assert_string_equal(load(&t, 1000).company_name.s, "胡椒科技");
	assert_string_equal(load(&t, 1000).zone.s, "Asia/Shanghai");
	test_db_close(&t);
}

static void wrong_names_types_and_ranges_are_refused(void **state)
{
	(void)state;
	struct test_db t;
	struct why why = { 0 };
	test_db_open(&t);
	assert_int_equal(set(&t, "nothing", "1", 1, &why), ERR_INVALID);
	assert_int_equal(why.code, E_SETTING_UNKNOWN);
	const char *const bad[][2] = { { "wrapup_limit_s", "\"45\"" },
		                       { "wrapup_limit_s", "100000" },
		                       { "wrapup_limit_s", "4.5" },
		                       { "company_name", "1" },
		                       { "zone", "\"Asia/Nowhere\"" } };
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (set(&t, bad[i][0], bad[i][1], 1, &why) != ERR_INVALID)
			test_fail("%s took %s", bad[i][0], bad[i][1]);
	}
	test_db_close(&t);
}

static enum err put_raw(struct tx *tx, const void *arg, struct why *why)
{
	return version_add(tx, arg, NULL, why);
}

static void a_stored_value_out_of_range_is_the_default(void **state)
{
	(void)state;
	struct test_db t;
	struct why why = { 0 };
	struct settings def;
	struct version_new v = { .kind = "setting", .key = "wrapup_limit_s", .body = "99999999" };
	struct version_new later = { .kind = "setting", .key = "of_a_newer_program", .body = "1" };
	test_db_open(&t);
	settings_defaults(&def);
	log_set_level(LOG_NONE);
	assert_ok(writer_do(t.w, LANE_NORMAL, put_raw, &v, &why), &why);
	assert_ok(writer_do(t.w, LANE_NORMAL, put_raw, &later, &why), &why);
	assert_int_equal(load(&t, 1).wrapup_limit_s, def.wrapup_limit_s);
	log_set_level(LOG_INFO);
	test_db_close(&t);
}

static void every_row_has_texts_and_a_default_in_range(void **state)
{
	(void)state;
	size_t n = 0;
	const struct setting_row *rows = settings_rows(&n);
	struct settings s;
	struct str out = { 0 };
	struct jw w = { .out = &out };
	settings_defaults(&s);
	jw_obj(&w, NULL);
	for (size_t i = 0; i < n; i++) {
		assert_true(*rows[i].en && *rows[i].zh);
		assert_true(rows[i].type >= SETTING_TEXT ||
		            (rows[i].def >= rows[i].min && rows[i].def <= rows[i].max));
		settings_write(&s, &rows[i], &w);
	}
	jw_end_obj(&w);
	CLEANUP(json_cleanup) json_t *j = NULL;
	struct why why = { 0 };
	assert_ok(json_read_text(str_text(&out), &j, &why), &why);
	assert_int_equal(json_object_size(j), n);
	str_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_hold_until_a_value_is_set_and_then_from_its_moment),
		cmocka_unit_test(wrong_names_types_and_ranges_are_refused),
		cmocka_unit_test(a_stored_value_out_of_range_is_the_default),
		cmocka_unit_test(every_row_has_texts_and_a_default_in_range),
	};
	return test_db_main("settings", tests);
}
