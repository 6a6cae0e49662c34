/* The ledger's and the domain reference's worked examples, on the forms that are shipped. */
#include "test.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/str.h"
#include "quality/score.h"

static const char *source_root;

static struct form *shipped(const char *key)
{
	CLEANUP(str_drop) char *text = NULL;
	char path[512];
	struct form *f = NULL;
	struct why why = { 0 };
	snprintf(path, sizeof(path), "%s/profiles/scorecard/%s.json", source_root, key);
	assert_ok(file_read(path, 1 << 20, &text, NULL, &why), &why);
	assert_ok(form_parse(key, 1, text, &f, &why), &why);
	return f;
}

static struct form *made(const char *body)
{
	struct form *f = NULL;
	struct why why = { 0 };
	assert_ok(form_parse("test", 1, body, &f, &why), &why);
	return f;
}

static struct score scored(const struct form *f, const struct score_mark *marks, bool is_fatal)
{
	struct score s;
	struct why why = { 0 };
	assert_ok(score_compute(f, marks, is_fatal, &s, &why), &why);
	return s;
}

static void take(const struct form *f, struct score_mark *marks, const char *item, int64_t centi)
{
	int i = form_item_index(f, item);
	assert_true(i >= 0);
	marks[i].deduct_centi = centi;
}

static void a_deducting_form_opens_at_full_marks(void **state)
{
	(void)state;
	CLEANUP(form_free) struct form *f = shipped("a2");
	struct score_mark marks[FORM_ITEMS] = { 0 };
	struct score s = scored(f, marks, false);
	assert_int_equal(s.score_centi, 1000);
	assert_true(s.is_pass);
	assert_int_equal(s.short_by_centi, 0);
}

static void a2_fails_eight_and_a_half_and_says_what_is_missing(void **state)
{
	(void)state;
	CLEANUP(form_free) struct form *f = shipped("a2");
	struct score_mark marks[FORM_ITEMS] = { 0 };
	take(f, marks, "facts", 100);
	take(f, marks, "listen", 50);
	struct score s = scored(f, marks, false);
	assert_int_equal(s.score_centi, 850);
	assert_false(s.is_pass);
	assert_int_equal(s.short_by_centi, 50);
}

static void a2_passes_exactly_nine(void **state)
{
	(void)state;
	CLEANUP(form_free) struct form *f = shipped("a2");
	struct score_mark marks[FORM_ITEMS] = { 0 };
	take(f, marks, "facts", 100);
	struct score s = scored(f, marks, false);
	assert_int_equal(s.score_centi, 900);
	assert_true(s.is_pass);
}

#define TWO_ITEMS(fee, rude) \
	"{\"name\":\"n\",\"mode\":\"deduct\",\"max_centi\":1000,\"pass_centi\":900,\"sections\":[" \
	"{\"name\":\"s\",\"items\":[" \
	"{\"key\":\"fee\",\"name\":\"n\",\"points_centi\":" fee \
	",\"step_centi\":10,\"class\":\"CC\"}," \
	"{\"key\":\"rude\",\"name\":\"n\",\"points_centi\":" rude \
	",\"step_centi\":100,\"class\":\"NC\"}]}]," \
	"\"fatal\":[{\"key\":\"R2\",\"name\":\"n\"}]}"

static void deductions_add_up_and_eight_point_nine_fails(void **state)
{
	(void)state;
	CLEANUP(form_free) struct form *f = made(TWO_ITEMS("110", "200"));
	struct score_mark marks[FORM_ITEMS] = { { .deduct_centi = 100 } };
	assert_int_equal(scored(f, marks, false).score_centi, 900);
	marks[1].deduct_centi = 200;
	assert_int_equal(scored(f, marks, false).score_centi, 700);
	marks[1].deduct_centi = 0;
	marks[0].deduct_centi = 110;
	struct score s = scored(f, marks, false);
	assert_int_equal(s.score_centi, 890);
	assert_false(s.is_pass);
}

static void the_floor_is_zero(void **state)
{
	(void)state;
	CLEANUP(form_free) struct form *f = made(TWO_ITEMS("900", "900"));
	struct score_mark marks[FORM_ITEMS] = { { .deduct_centi = 900 }, { .deduct_centi = 900 } };
	struct score s = scored(f, marks, false);
	assert_int_equal(s.score_centi, 0);
	assert_int_equal(s.raw_centi, 0);
	assert_int_equal(s.short_by_centi, 900);
}

static void a_red_line_is_zero_and_keeps_what_the_points_said(void **state)
{
	(void)state;
	CLEANUP(form_free) struct form *f = made(TWO_ITEMS("100", "200"));
	struct score_mark marks[FORM_ITEMS] = { { .deduct_centi = 20 } };
	struct score s = scored(f, marks, true);
	assert_int_equal(s.raw_centi, 980);
	assert_int_equal(s.score_centi, 0);
	assert_false(s.is_pass);
}

static void ten_point_form_passes_from_eight(void **state)
{
	(void)state;
	CLEANUP(form_free) struct form *f = shipped("ts10");
	struct score_mark marks[FORM_ITEMS] = { 0 };
	take(f, marks, "no_needs", 200);
	assert_true(scored(f, marks, false).is_pass);
	take(f, marks, "filler", 50);
	struct score s = scored(f, marks, false);
	assert_int_equal(s.score_centi, 750);
	assert_false(s.is_pass);
}

static void what_does_not_apply_leaves_the_denominator_of_its_section(void **state)
{
	(void)state;
	CLEANUP(form_free) struct form *f = shipped("ts100");
	struct score_mark marks[FORM_ITEMS] = { 0 };
	/* Objections are worth 15: of 11 points that apply, 6 are lost: 15 * 5 / 11 = 6.818… */
	marks[form_item_index(f, "5.1")].is_na = true;
	take(f, marks, "5.2", 600);
	struct score s = scored(f, marks, false);
	assert_int_equal(s.section_centi[4], 682);
	assert_int_equal(s.score_centi, 8500 + 682);
}

static void a_section_that_does_not_apply_gives_its_weight_to_the_others(void **state)
{
	(void)state;
	CLEANUP(form_free) struct form *f = shipped("ts100");
	struct score_mark marks[FORM_ITEMS] = { 0 };
	for (int i = 0; i < f->n_items; i++)
		marks[i].is_na = f->items[i].section == 4;
	assert_int_equal(scored(f, marks, false).score_centi, 10000);
	/* 85 points are left for 100: 8 points lost cost 8 * 100 / 85 = 9.41… */
	take(f, marks, "4.1", 800);
	assert_int_equal(scored(f, marks, false).score_centi, 9059);
}

static void full_marks_are_full_whatever_does_not_apply(void **state)
{
	(void)state;
	CLEANUP(form_free) struct form *f = shipped("ts100");
	for (int skip = 0; skip < f->n_items; skip++) {
		struct score_mark marks[FORM_ITEMS] = { 0 };
		for (int i = 0; i < f->n_items; i++)
			marks[i].is_na = (i * 7 + skip) % 3 == 0;
		assert_int_equal(scored(f, marks, false).score_centi, 10000);
	}
}

static void a_deduction_off_its_step_or_beyond_its_points_is_refused(void **state)
{
	(void)state;
	CLEANUP(form_free) struct form *f = shipped("a2");
	const int64_t bad[] = { -50, 25, 150 };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct score_mark marks[FORM_ITEMS] = { { .deduct_centi = bad[i] } };
		struct score s;
		struct why why = { 0 };
		assert_int_equal(score_compute(f, marks, false, &s, &why), ERR_INVALID);
		assert_int_equal(why.code, E_REVIEW_DEDUCT);
	}
}

static void what_does_not_apply_cannot_lose_points(void **state)
{
	(void)state;
	CLEANUP(form_free) struct form *f = shipped("a2");
	struct score_mark marks[FORM_ITEMS] = { { .deduct_centi = 50, .is_na = true } };
	struct score s;
	struct why why = { 0 };
	assert_int_equal(score_compute(f, marks, false, &s, &why), ERR_INVALID);
	assert_int_equal(why.code, E_REVIEW_NA);
	for (int i = 0; i < f->n_items; i++)
		marks[i] = (struct score_mark){ .is_na = true };
	assert_int_equal(score_compute(f, marks, false, &s, &why), ERR_INVALID);
	assert_int_equal(why.code, E_REVIEW_ALL_NA);
}

static void a_form_that_does_not_add_up_is_refused(void **state)
{
	(void)state;
	struct form *f = NULL;
	struct why why = { 0 };
	assert_int_equal(
	    form_parse(
		"x", 1,
		"{\"name\":\"n\",\"mode\":\"weighted\",\"max_centi\":10000,\"pass_centi\":8000,"
		"\"sections\":"
		"[{\"name\":\"s\",\"items\":[{\"key\":\"a\",\"name\":\"n\",\"points_centi\":100,"
		"\"step_centi\":50,\"class\":\"NC\"}]}]}",
		&f, &why),
	    ERR_INVALID);
	assert_int_equal(why.code, E_FORM_INVALID);
	assert_null(f);
}

static void red_lines_are_the_list_and_items_that_may_be_one(void **state)
{
	(void)state;
	CLEANUP(form_free) struct form *f = shipped("ts100");
	assert_true(form_has_fatal(f, "R2"));
	assert_true(form_has_fatal(f, "4.1"));
	assert_false(form_has_fatal(f, "1.1"));
	assert_false(form_has_fatal(f, "R99"));
}

int main(int argc, char **argv)
{
	source_root = argc > 1 ? argv[1] : ".";
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_deducting_form_opens_at_full_marks),
		cmocka_unit_test(a2_fails_eight_and_a_half_and_says_what_is_missing),
		cmocka_unit_test(a2_passes_exactly_nine),
		cmocka_unit_test(deductions_add_up_and_eight_point_nine_fails),
		cmocka_unit_test(the_floor_is_zero),
		cmocka_unit_test(a_red_line_is_zero_and_keeps_what_the_points_said),
		cmocka_unit_test(ten_point_form_passes_from_eight),
		cmocka_unit_test(what_does_not_apply_leaves_the_denominator_of_its_section),
		cmocka_unit_test(a_section_that_does_not_apply_gives_its_weight_to_the_others),
		cmocka_unit_test(full_marks_are_full_whatever_does_not_apply),
		cmocka_unit_test(a_deduction_off_its_step_or_beyond_its_points_is_refused),
		cmocka_unit_test(what_does_not_apply_cannot_lose_points),
		cmocka_unit_test(a_form_that_does_not_add_up_is_refused),
		cmocka_unit_test(red_lines_are_the_list_and_items_that_may_be_one),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
