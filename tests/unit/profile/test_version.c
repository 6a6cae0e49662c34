#include "test_db.h"

#include <stdio.h>

#include "profile/version.h"

static enum err add_job(struct tx *tx, const void *arg, struct why *why)
{
	return version_add(tx, arg, NULL, why);
}

static enum err add(struct test_db *t, const char *key, int64_t from, const char *body,
                    struct why *why)
{
	struct version_new v = { .kind = "script",
		                 .key = key,
		                 .body = body,
		                 .valid_from_utc_ms = from,
		                 .by_id = 7,
		                 .reason = "because",
		                 .now_utc_ms = 1000 };
	return writer_do(t->w, LANE_NORMAL, add_job, &v, why);
}

static int64_t at(struct test_db *t, const char *key, int64_t utc_ms)
{
	CLEANUP(version_free) struct version *v = NULL;
	struct why why = { 0 };
	enum err e = version_at(t->r, "script", key, utc_ms, &v, &why);
	if (e) {
		assert_int_equal(why.code, E_VERSION_NONE);
		return 0;
	}
	return v->n;
}

static void in_effect_is_the_latest_start_before_the_moment(void **state)
{
	(void)state;
	struct test_db t;
	struct why why = { 0 };
	test_db_open(&t);
	assert_ok(add(&t, "loan", 100, "{}", &why), &why);
	assert_ok(add(&t, "loan", 500, "{}", &why), &why); /* planned */
	assert_ok(add(&t, "loan", 200, "{}", &why), &why); /* made later, for earlier */
	assert_ok(add(&t, "loan", 200, "{}", &why), &why); /* and corrected at once */
	assert_int_equal(at(&t, "loan", 99), 0);
	assert_int_equal(at(&t, "loan", 100), 1);
	assert_int_equal(at(&t, "loan", 300), 4);
	assert_int_equal(at(&t, "loan", 500), 2);
	assert_int_equal(at(&t, "other", 500), 0);
	test_db_close(&t);
}

static void a_version_comes_back_whole(void **state)
{
	(void)state;
	struct test_db t;
	struct why why = { 0 };
	CLEANUP(version_free) struct version *v = NULL;
	test_db_open(&t);
	assert_ok(add(&t, "loan", 100, "{\"b\": [1],  \"a\": \"开场白\"}", &why), &why);
	assert_ok(version_get(t.r, "script", "loan", 1, &v, &why), &why);
	assert_string_equal(v->body, "{\"b\": [1],  \"a\": \"开场白\"}");
	assert_string_equal(v->reason, "because");
	assert_int_equal(v->by_id, 7);
	assert_int_equal(v->valid_from_utc_ms, 100);
	assert_int_equal(v->made_utc_ms, 1000);
	struct version *none = NULL;
	assert_int_equal(version_get(t.r, "script", "loan", 2, &none, &why), ERR_NOT_FOUND);
	test_db_close(&t);
}

static void bad_kinds_keys_and_bodies_are_refused(void **state)
{
	(void)state;
	struct test_db t;
	struct why why = { 0 };
	test_db_open(&t);
	assert_int_equal(add(&t, "no key", 1, "{}", &why), ERR_INVALID);
	assert_int_equal(add(&t, "", 1, "{}", &why), ERR_INVALID);
	assert_int_equal(add(&t, "loan", 1, "{", &why), ERR_INVALID);
	assert_int_equal(test_db_int(&t, "SELECT COUNT(*) FROM version", NOARGS), 0);
	test_db_close(&t);
}

static enum err withdraw_job(struct tx *tx, const void *arg, struct why *why)
{
	return version_withdraw(tx, "script", "loan", *(const int64_t *)arg, 1000, why);
}

static void only_what_is_not_in_effect_can_be_taken_back(void **state)
{
	(void)state;
	struct test_db t;
	struct why why = { 0 };
	int64_t one = 1, two = 2, three = 3;
	test_db_open(&t);
	assert_ok(add(&t, "loan", 1000, "{}", &why), &why);
	assert_ok(add(&t, "loan", 1001, "{}", &why), &why);
	assert_int_equal(writer_do(t.w, LANE_NORMAL, withdraw_job, &one, &why), ERR_CONFLICT);
	assert_int_equal(why.code, E_VERSION_IN_EFFECT);
	assert_ok(writer_do(t.w, LANE_NORMAL, withdraw_job, &two, &why), &why);
	assert_int_equal(writer_do(t.w, LANE_NORMAL, withdraw_job, &three, &why), ERR_NOT_FOUND);
	assert_int_equal(at(&t, "loan", 5000), 1);
	test_db_close(&t);
}

struct list {
	char text[200];
};

static enum err note(const struct version *v, void *ctx, struct why *why)
{
	(void)why;
	struct list *l = ctx;
	size_t n = strlen(l->text);
	snprintf(l->text + n, sizeof l->text - n, "%s%d ", v->key, (int)v->n);
	return ERR_OK;
}

static void lists_give_each_key_once_or_every_version(void **state)
{
	(void)state;
	struct test_db t;
	struct why why = { 0 };
	struct list all = { "" }, one = { "" };
	test_db_open(&t);
	assert_ok(add(&t, "b", 1, "{}", &why), &why);
	assert_ok(add(&t, "a", 1, "{}", &why), &why);
	assert_ok(add(&t, "a", 2, "{}", &why), &why);
	assert_ok(add(&t, "a", 9000, "{}", &why), &why);
	assert_ok(version_each(t.r, "script", 5000, note, &all, &why), &why);
	assert_string_equal(all.text, "a2 b1 ");
	assert_ok(version_history(t.r, "script", "a", note, &one, &why), &why);
	assert_string_equal(one.text, "a3 a2 a1 ");
	test_db_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(in_effect_is_the_latest_start_before_the_moment),
		cmocka_unit_test(a_version_comes_back_whole),
		cmocka_unit_test(bad_kinds_keys_and_bodies_are_refused),
		cmocka_unit_test(only_what_is_not_in_effect_can_be_taken_back),
		cmocka_unit_test(lists_give_each_key_once_or_every_version),
	};
	return test_db_main("version", tests);
}
