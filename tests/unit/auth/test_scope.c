#include "test_db.h"

#include "auth/audit.h"
#include "auth/login.h"
#include "auth/perm.h"
#include "auth/scope.h"
#include "base/crypto.h"
#include "base/id.h"
#include "base/str.h"
#include "team/person.h"
#include "team/unit.h"

/* company 1 > centre 2 > teams 3, 4; company 1 > team 5 */
static enum err make(struct tx *tx, const void *arg, struct why *why)
{
	static const struct unit_new UNITS[] = {
		{ 1, 0, "company", "公司", 1, 1 }, { 2, 1, "centre", "中心", 1, 1 },
		{ 3, 2, "team", "三组", 1, 1 },    { 4, 2, "team", "四组", 1, 1 },
		{ 5, 1, "team", "五组", 1, 1 },
	};
	static const struct person_new PEOPLE[] = {
		{ 10, "a1", "赵一", "agent", 3, "zh", "web", NULL, 1 },
		{ 11, "s1", "钱二", "supervisor", 2, "zh", "web", NULL, 1 },
		{ 12, "i1", "孙三", "inspector", 5, "zh", "web", NULL, 1 },
		{ 13, "m1", "李四", "manager", 1, "zh", "web", NULL, 1 },
		{ 14, "d1", "周五", "administrator", 1, "zh", "none", NULL, 1 },
	};
	enum err e = ERR_OK;
	(void)arg;
	for (size_t i = 0; !e && i < sizeof UNITS / sizeof *UNITS; i++)
		e = unit_add(tx, &UNITS[i], why);
	for (size_t i = 0; !e && i < sizeof PEOPLE / sizeof *PEOPLE; i++)
		e = person_add(tx, &PEOPLE[i], why);
	return e;
}

static void company(struct test_db *t)
{
	struct why why = { 0 };
	test_db_open(t);
	assert_ok(crypto_init(&why), &why);
	assert_ok(writer_do(t->w, LANE_NORMAL, make, NULL, &why), &why);
}

static struct scope *of(struct test_db *t, int64_t person)
{
	struct why why = { 0 };
	struct scope *s = NULL;
	assert_ok(scope_load(t->r, person, &s, &why), &why);
	return s;
}

static void a_scope_reaches_as_far_as_the_role_and_the_tree(void **state)
{
	static const struct {
		int64_t person;
		bool own, t3, t4, t5, unit3;
	} CASES[] = { { 10, true, false, false, false, false },
		      { 11, true, true, true, false, true },
		      { 12, false, false, false, true, false },
		      { 13, true, true, true, true, true },
		      { 14, true, true, true, true, true } };
	struct test_db t;
	(void)state;
	company(&t);
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		CLEANUP(scope_free) struct scope *s = of(&t, CASES[i].person);
		assert_int_equal(scope_has(s, 10, 3), CASES[i].own);
		assert_int_equal(scope_has(s, 99, 3), CASES[i].t3);
		assert_int_equal(scope_has(s, 0, 4), CASES[i].t4);
		assert_int_equal(scope_has(s, 99, 5), CASES[i].t5);
		assert_int_equal(scope_has_unit(s, 3), CASES[i].unit3);
	}
	test_db_close(&t);
}

static enum err look_after_3(struct tx *tx, const void *arg, struct why *why)
{
	const int64_t unit = 3;
	return person_looks_after(tx, 12, &unit, *(const size_t *)arg, 5, why);
}

static void looking_after_a_team_begins_and_ends(void **state)
{
	struct test_db t;
	struct why why = { 0 };
	size_t n = 1;
	(void)state;
	company(&t);
	assert_ok(writer_do(t.w, LANE_NORMAL, look_after_3, &n, &why), &why);
	struct scope *s = of(&t, 12);
	assert_true(scope_has_unit(s, 3) && scope_has_unit(s, 5) && !scope_has_unit(s, 4));
	scope_free(&s);
	n = 0;
	assert_ok(writer_do(t.w, LANE_NORMAL, look_after_3, &n, &why), &why);
	s = of(&t, 12);
	assert_false(scope_has_unit(s, 3));
	scope_free(&s);
	/* What was is kept. */
	assert_int_equal(
	    test_db_int(&t, "SELECT COUNT(*) FROM person_scope WHERE to_utc_ms = 5", NOARGS), 1);
	test_db_close(&t);
}

static enum err move_4_to_5(struct tx *tx, const void *arg, struct why *why)
{
	(void)arg;
	return unit_move(tx, 4, 5, why);
}

static enum err move_2_below_3(struct tx *tx, const void *arg, struct why *why)
{
	(void)arg;
	return unit_move(tx, 2, 3, why);
}

static void a_moved_unit_changes_who_sees_it(void **state)
{
	struct test_db t;
	struct why why = { 0 };
	(void)state;
	company(&t);
	assert_int_equal(writer_do(t.w, LANE_NORMAL, move_2_below_3, NULL, &why), ERR_CONFLICT);
	assert_int_equal(why.code, E_UNIT_LOOP);
	assert_ok(writer_do(t.w, LANE_NORMAL, move_4_to_5, NULL, &why), &why);
	struct scope *s = of(&t, 11);
	assert_false(scope_has_unit(s, 4));
	scope_free(&s);
	s = of(&t, 12);
	assert_true(scope_has_unit(s, 4));
	scope_free(&s);
	test_db_close(&t);
}

static enum err close_3(struct tx *tx, const void *arg, struct why *why)
{
	(void)arg;
	return unit_close(tx, 3, 9, why);
}

static enum err leave(struct tx *tx, const void *arg, struct why *why)
{
	return person_leave(tx, *(const int64_t *)arg, 9, why);
}

static void rules_of_the_house_are_kept(void **state)
{
	struct test_db t;
	struct why why = { 0 };
	int64_t admin = 14, agent = 10;
	(void)state;
	company(&t);
	assert_int_equal(writer_do(t.w, LANE_NORMAL, close_3, NULL, &why), ERR_CONFLICT);
	assert_int_equal(why.code, E_UNIT_BUSY);
	assert_int_equal(writer_do(t.w, LANE_NORMAL, leave, &admin, &why), ERR_CONFLICT);
	assert_int_equal(why.code, E_PERSON_LAST_ADMIN);
	assert_ok(writer_do(t.w, LANE_NORMAL, leave, &agent, &why), &why);
	struct scope *s = NULL;
	assert_int_equal(scope_load(t.r, agent, &s, &why), ERR_NOT_FOUND);
	assert_ok(writer_do(t.w, LANE_NORMAL, close_3, NULL, &why), &why);
	test_db_close(&t);
}

static enum err play(struct tx *tx, const void *arg, struct why *why)
{
	struct audit a = { .at_utc_ms = *(const int64_t *)arg,
		           .person_id = 13,
		           .unit_id = 3,
		           .action = "recording.play",
		           .subject_kind = "call",
		           .subject_id = 77,
		           .addr = "" };
	a.id = id_new();
	return audit_add_once(tx, &a, 1000, why);
}

static enum err count_row(const struct audit_row *r, void *ctx, struct why *why)
{
	(void)why;
	assert_string_equal(r->action, "recording.play");
	++*(int *)ctx;
	return ERR_OK;
}

static void the_audit_log_counts_a_play_once_and_is_scoped(void **state)
{
	struct test_db t;
	struct why why = { 0 };
	int64_t total = 0;
	int seen = 0;
	(void)state;
	company(&t);
	const int64_t at[] = { 5000, 5500, 7000 };
	for (size_t i = 0; i < 3; i++)
		assert_ok(writer_do(t.w, LANE_NORMAL, play, &at[i], &why), &why);
	struct scope *s = of(&t, 13);
	struct audit_filter f = { .action = "recording", .size = 10 };
	assert_ok(audit_each(t.r, s, &f, count_row, &seen, &total, &why), &why);
	assert_int_equal(total, 2);
	assert_int_equal(seen, 2);
	scope_free(&s);
	s = of(&t, 12); /* looks after team 5 alone */
	assert_ok(audit_each(t.r, s, &f, count_row, &seen, &total, &why), &why);
	assert_int_equal(total, 0);
	scope_free(&s);
	test_db_close(&t);
}

static void the_first_start_makes_one_administrator_and_one_link(void **state)
{
	struct test_db t;
	struct why why = { 0 };
	char token[LINK_TOKEN_BYTES], again[LINK_TOKEN_BYTES];
	struct link_info info;
	bool is_made = false;
	(void)state;
	test_db_open(&t);
	assert_ok(crypto_init(&why), &why);
	assert_ok(first_start(t.r, t.w, "公司", 1000, token, &is_made, &why), &why);
	assert_true(is_made);
	assert_ok(link_find(t.r, token, 2000, &info, &why), &why);
	assert_string_equal(info.job_no, "admin");
	assert_int_equal(link_find(t.r, token, 1000 + LINK_HOURS * INT64_C(3600000), &info, &why),
	                 ERR_NOT_FOUND);
	assert_ok(first_start(t.r, t.w, "公司", 3000, again, &is_made, &why), &why);
	assert_false(is_made);
	assert_int_equal(test_db_int(&t, "SELECT COUNT(*) FROM login", NOARGS), 0);
	test_db_close(&t);
}

static void every_permission_and_role_has_a_name(void **state)
{
	(void)state;
	for (int p = PERM_NONE + 1; p < PERM_COUNT; p++)
		assert_int_equal(perm_parse(perm_text((enum perm)p)), p);
	for (int r = ROLE_AGENT; r < ROLE_COUNT; r++)
		assert_int_equal(role_parse(role_text((enum role)r)), r);
	assert_int_equal(role_parse("root"), ROLE_NONE);
	assert_false(role_can(ROLE_NONE, PERM_CALL_SEE));
	assert_false(role_can(ROLE_ADMINISTRATOR, PERM_DESK_USE));
	assert_true(role_can(ROLE_AGENT, PERM_NONE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_scope_reaches_as_far_as_the_role_and_the_tree),
		cmocka_unit_test(looking_after_a_team_begins_and_ends),
		cmocka_unit_test(a_moved_unit_changes_who_sees_it),
		cmocka_unit_test(rules_of_the_house_are_kept),
		cmocka_unit_test(the_audit_log_counts_a_play_once_and_is_scoped),
		cmocka_unit_test(the_first_start_makes_one_administrator_and_one_link),
		cmocka_unit_test(every_permission_and_role_has_a_name),
	};
	return test_db_main("scope", tests);
}
