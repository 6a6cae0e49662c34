/* What came of a call: the form's rules, and all that follows from saving it. */
#include "rig.h"

#include "base/id.h"
#include "floor/result.h"

static struct rig R;
static const int64_t DAY = 20261123;

static int64_t talked(struct rig *r)
{
	int64_t id = 0;
	rig_log_on(r, 0);
	rig_run(r, 1500);
	rig_tell(r, rig_last(r), LEG_EV_ANSWERED);
	assert_true(id_parse(rig_desk(r, r->agent[0], "call.id"), &id));
	rig_run(r, 3000);
	rig_end(r, rig_last(r), CAUSE_NORMAL, 0);
	rig_run(r, 200);
	return id;
}

static enum err store_job(struct tx *tx, const void *arg, struct why *why)
{
	return result_store(tx, arg, why);
}

static struct result_in input(struct rig *r, int64_t call, const char *code)
{
	return (struct result_in){
		.id = id_new(),
		.call_id = call,
		.by_id = r->agent[0],
		.form = { .code = code, .grade = "", .wechat = "", .promise = "", .note = "" },
		.set_version = 1,
		.reason = "",
		.now_utc_ms = r->utc_ms,
		.day = DAY
	};
}

static enum err store(struct rig *r, const struct result_in *in)
{
	return writer_do(r->db.w, LANE_LIVE, store_job, in, &r->why);
}

static enum err check(struct rig *r, struct result_form f)
{
	struct result_set_row row;
	int64_t version;
	int days;
	f.grade = f.grade ? f.grade : "";
	f.wechat = f.promise = f.note = "";
	return result_check(r->db.r, &f, false, r->utc_ms, &row, &version, &days, &r->why);
}

static void the_form_is_held_against_the_result_set(void **state)
{
	(void)state;
	struct rig *r = &R;
	rig_open(r, "manual", 1);
	assert_int_equal(check(r, (struct result_form){ .code = "refused" }), ERR_OK);
	assert_int_equal(check(r, (struct result_form){ .code = "nonsense" }), ERR_INVALID);
	assert_int_equal(check(r, (struct result_form){ .code = "no_answer" }),
	                 ERR_INVALID); /* the system's */
	assert_int_equal(check(r, (struct result_form){ .code = "callback" }), ERR_INVALID);
	assert_int_equal(r->why.code, E_RESULT_NEEDS);
	assert_int_equal(
	    check(r, (struct result_form){ .code = "callback", .next_utc_ms = r->utc_ms - 1 }),
	    ERR_INVALID);
	assert_int_equal(
	    check(r, (struct result_form){ .code = "callback", .next_utc_ms = r->utc_ms + 1000 }),
	    ERR_OK);
	assert_int_equal(
	    check(r, (struct result_form){ .code = "interested", .next_utc_ms = r->utc_ms + 1000 }),
	    ERR_INVALID);
	assert_int_equal(check(r, (struct result_form){ .code = "interested", .grade = "A" }),
	                 ERR_OK); /* its rhythm says when */
	assert_int_equal(check(r, (struct result_form){ .code = "interested", .grade = "D" }),
	                 ERR_INVALID);
	assert_int_equal(check(r, (struct result_form){ .code = "deal" }), ERR_INVALID);
	assert_int_equal(check(r, (struct result_form){ .code = "deal", .deal_fen = 1200000 }),
	                 ERR_OK);
	rig_close(r);
}

static void a_promise_becomes_a_follow_up_and_a_grade_sets_its_rhythm(void **state)
{
	(void)state;
	struct rig *r = &R;
	rig_open(r, "progressive", 1);
	int64_t call = talked(r);
	struct result_in in = input(r, call, "interested");
	in.form.grade = "A";
	in.rhythm_days = 3;
	assert_ok(store(r, &in), &r->why);
	assert_int_equal(
	    rig_int(
		r, "SELECT due_utc_ms FROM followup WHERE kind = 'rhythm' AND done_utc_ms IS NULL"),
	    r->utc_ms + 3 * INT64_C(86400000));
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM customer WHERE status = 'interested'"),
	                 1);
	struct result_in again = input(r, call, "callback");
	again.is_correction = true;
	again.reason = "记错了";
	again.form.next_utc_ms = r->utc_ms + 3600000;
	again.form.promise = "下午三点回电";
	assert_ok(store(r, &again), &r->why);
	assert_int_equal(
	    rig_int(r,
	            "SELECT COUNT(*) FROM followup WHERE done_utc_ms IS NULL AND kind = 'promise'"),
	    1);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM followup WHERE done_utc_ms IS NULL"), 1);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM customer WHERE status = 'contacted'"), 1);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM customer WHERE grade = 'A' AND "
	                            "last_result = 'callback' AND next_promise = '下午三点回电'"),
	                 1);
	rig_close(r);
}

static void a_result_is_corrected_with_trace_until_its_day_closes(void **state)
{
	(void)state;
	struct rig *r = &R;
	rig_open(r, "progressive", 1);
	int64_t call = talked(r);
	struct result_in in = input(r, call, "deal");
	in.form.deal_fen = 500000;
	assert_ok(store(r, &in), &r->why);
	struct result_in twice = input(r, call, "refused");
	assert_int_equal(store(r, &twice), ERR_CONFLICT);
	assert_int_equal(r->why.code, E_RESULT_SAVED);
	struct result_in fix = input(r, call, "refused");
	fix.is_correction = true;
	fix.reason = "客户反悔";
	assert_ok(store(r, &fix), &r->why);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM deal"), 0);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM customer WHERE status = 'refused'"), 1);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM result WHERE correct_reason = '客户反悔' "
	                            "AND corrects_id IS NOT NULL"),
	                 1);
	assert_int_equal(
	    rig_int(r, "SELECT COUNT(*) FROM call WHERE result = 'refused' AND deal_fen = 0"), 1);
	struct result_in late = input(r, call, "invalid");
	late.is_correction = true;
	late.reason = "晚了";
	late.day = DAY + 1;
	assert_int_equal(store(r, &late), ERR_CONFLICT);
	assert_int_equal(r->why.code, E_RESULT_DAY);
	rig_close(r);
}

static enum err flag_job(struct tx *tx, const void *arg, struct why *why)
{
	const struct result_in *in = arg;
	return result_flag(tx, in->call_id, in->form.flags, in->is_final, in->by_id, in->now_utc_ms,
	                   why);
}

static void do_not_call_holds_at_once_for_the_whole_company(void **state)
{
	(void)state;
	struct rig *r = &R;
	rig_open(r, "progressive", 1);
	int64_t call = talked(r);
	struct result_in on = { .call_id = call,
		                .form = { .flags = FLAG_DNC },
		                .is_final = true,
		                .by_id = r->agent[0],
		                .now_utc_ms = r->utc_ms };
	assert_ok(writer_do(r->db.w, LANE_LIVE, flag_job, &on, &r->why), &r->why);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM dnc WHERE reason = 'customer_request'"),
	                 1);
	assert_int_equal(rig_int(r, "SELECT flags FROM call"), FLAG_DNC);
	struct target t;
	struct gate_verdict v;
	struct policy p;
	assert_ok(policy_load(r->db.r, POLICY_DEFAULT_KEY, r->utc_ms, &p, &r->why), &r->why);
	assert_ok(target_load(r->db.r, r->vault, rig_customer(r, 0), 0, 0, r->utc_ms, &t, &r->why),
	          &r->why);
	assert_int_not_equal(gate(&p, &t.facts, &v, NULL), ERR_OK);
	/* The flag and the form's own flags are one thing: saving does not refuse twice or forget
	 * it. */
	struct result_in in = input(r, call, "refused");
	assert_ok(store(r, &in), &r->why);
	assert_int_equal(rig_int(r, "SELECT flags FROM call"), FLAG_DNC);
	rig_close(r);
}

static void the_wrong_person_blocks_the_number_and_not_the_customer(void **state)
{
	(void)state;
	struct rig *r = &R;
	rig_open(r, "progressive", 1);
	int64_t call = talked(r);
	struct result_in in = input(r, call, "invalid");
	in.form.flags = FLAG_NOT_PERSON;
	assert_ok(store(r, &in), &r->why);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM dnc WHERE reason = 'wrong_number'"), 1);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM customer WHERE status = 'dnc'"), 0);
	struct result_in off = { .call_id = call,
		                 .form = { .flags = FLAG_NOT_PERSON },
		                 .by_id = r->agent[0],
		                 .now_utc_ms = r->utc_ms };
	assert_ok(writer_do(r->db.w, LANE_LIVE, flag_job, &off, &r->why), &r->why);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM dnc"), 0);
	rig_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_form_is_held_against_the_result_set),
		cmocka_unit_test(a_promise_becomes_a_follow_up_and_a_grade_sets_its_rhythm),
		cmocka_unit_test(a_result_is_corrected_with_trace_until_its_day_closes),
		cmocka_unit_test(do_not_call_holds_at_once_for_the_whole_company),
		cmocka_unit_test(the_wrong_person_blocks_the_number_and_not_the_customer),
	};
	return test_db_main("floor result", tests);
}
