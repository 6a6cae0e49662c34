/* After a kill: nothing missing, nobody stuck, nobody called twice; and a database that fails. */
#include "rig.h"

#include <stdio.h>

#include "base/id.h"
#include "floor/draft.h"

static struct rig R;

static void write_recording(struct rig *r, int64_t call_id, int ms)
{
	/* As the recorder leaves it: A-law stereo, the sizes in the header not yet finished. */
	static const unsigned char HEAD[] = { 'R', 'I',  'F',  'F', 0xff, 0xff, 0xff, 0xff, 'W',
		                              'A', 'V',  'E',  'f', 'm',  't',  ' ',  16,   0,
		                              0,   0,    6,    0,   2,    0,    0x40, 0x1f, 0,
		                              0,   0x80, 0x3e, 0,   0,    2,    0,    8,    0,
		                              'd', 'a',  't',  'a', 0xff, 0xff, 0xff, 0xff };
	char path[400], id[ID_TEXT_BYTES];
	snprintf(path, sizeof path, "%s/20261123/%s.wav", r->db.dir, id_text(call_id, id));
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	fwrite(HEAD, 1, sizeof HEAD, f);
	for (int i = 0; i < ms * 16; i++)
		fputc(0xd5, f);
	fclose(f);
}

static int64_t only_call(struct rig *r)
{
	return rig_int(r, "SELECT MAX(id) FROM call");
}

static void a_kill_in_a_conversation_leaves_a_closed_call_and_a_readable_recording(void **state)
{
	(void)state;
	struct rig *r = &R;
	rig_open(r, "progressive", 1);
	rig_log_on(r, 0);
	rig_run(r, 1500);
	rig_tell(r, rig_last(r), LEG_EV_ANSWERED);
	rig_run(r, 12000);
	write_recording(r, only_call(r), 11000);
	rig_restart(r);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM call WHERE state = 'live'"), 0);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM call WHERE outcome = 'answered' AND "
	                            "result IS NULL AND ended_by = 'system' "
	                            "AND talk_ms > 0"),
	                 1);
	assert_int_equal(
	    rig_int(r,
	            "SELECT COUNT(*) FROM recording WHERE state = 'cut' AND duration_ms = 11000"),
	    1);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM attempt WHERE end_utc_ms IS NULL"), 0);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM agent_span WHERE to_utc_ms IS NULL"), 0);
	int dials = r->dials;
	rig_log_on(r, 0);
	rig_run(r, 3000);
	assert_int_equal(r->dials, dials);
	assert_string_equal(rig_desk(r, r->agent[0], "state"), "wrapup");
	assert_int_equal(
	    rig_ask(r, (struct floor_cmd){ .kind = CMD_WRAPUP_END, .person_id = r->agent[0] }),
	    ERR_OK);
	rig_run(r, 3000);
	assert_int_equal(
	    rig_int(r, "SELECT COUNT(*) FROM task WHERE state = 'done' AND reason = 'unsaved'"), 1);
	assert_int_equal(r->dials, dials);
	rig_close(r);
}

static void a_kill_while_it_rings_counts_as_a_try_and_waits_for_the_rule(void **state)
{
	(void)state;
	struct rig *r = &R;
	rig_open(r, "progressive", 1);
	rig_log_on(r, 0);
	rig_run(r, 1500);
	rig_tell(r, rig_last(r), LEG_EV_RINGING);
	rig_restart(r);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM attempt WHERE outcome = 'unknown' AND "
	                            "end_utc_ms IS NOT NULL"),
	                 1);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM call WHERE outcome = 'unknown' AND "
	                            "result = 'unknown' AND state = 'ended'"),
	                 1);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM recording"), 0);
	assert_in_range(
	    rig_int(r, "SELECT due_utc_ms FROM task WHERE state = 'retry' AND attempts = 1"),
	    r->utc_ms + 7100000, r->utc_ms + 7200000);
	assert_int_equal(rig_int(r, "SELECT attempts FROM customer"), 1);
	rig_log_on(r, 0);
	rig_run(r, 5000);
	assert_int_equal(r->dials, 1);
	rig_close(r);
}

static enum err keep_draft(struct tx *tx, const void *arg, struct why *why)
{
	const struct rig *r = arg;
	return draft_store(tx, only_call((struct rig *)r), r->agent[0],
	                   "{\"code\":\"interested\",\"note\":\"明天再说\"}", r->utc_ms, why);
}

/* Agent 0 talked and has begun to fill his form. */
static int64_t half_a_form(struct rig *r)
{
	struct why why;
	rig_open(r, "progressive", 2);
	rig_log_on(r, 0);
	rig_run(r, 1500);
	rig_tell(r, rig_last(r), LEG_EV_ANSWERED);
	rig_run(r, 2000);
	rig_end(r, rig_last(r), CAUSE_NORMAL, 0);
	rig_run(r, 500);
	assert_ok(writer_do(r->db.w, LANE_NORMAL, keep_draft, r, &why), &why);
	return only_call(r);
}

static void a_form_open_at_a_kill_is_found_again_as_it_was(void **state)
{
	(void)state;
	struct rig *r = &R;
	int64_t call = half_a_form(r);
	for (int kill = 0; kill < 2; kill++) {
		rig_restart(r);
		rig_run(r, 500);
		assert_int_equal(
		    rig_int(r, "SELECT COUNT(*) FROM agent_span WHERE to_utc_ms IS NULL"), 0);
		assert_string_equal(rig_desk(r, r->agent[0], "state"), "wrapup");
		assert_string_equal(rig_desk(r, r->agent[0], "call.draft.note"), "明天再说");
		assert_string_equal(rig_desk(r, r->agent[0], "call.draft.code"), "interested");
		assert_string_equal(rig_desk(r, r->agent[0], "wrapup_overdue"), "false");
	}
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM result"), 0);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM task WHERE state = 'live'"), 1);
	/* No call lands on it, and only the limit makes it late. */
	rig_log_on(r, 0);
	rig_run(r, 5000);
	assert_int_equal(r->dials, 1);
	rig_run(r, 120000);
	assert_string_equal(rig_desk(r, r->agent[0], "wrapup_overdue"), "true");
	assert_ok(rig_save(r, call, r->agent[0], "refused", "next"), &r->why);
	rig_run(r, 1000);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM call_draft"), 0);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM task WHERE state = 'done'"), 1);
	assert_int_equal(floor_repairs(r->floor), 0);
	rig_close(r);
}

static void a_form_of_yesterday_is_closed_with_what_stood_in_it(void **state)
{
	(void)state;
	struct rig *r = &R;
	half_a_form(r);
	r->utc_ms += INT64_C(20) * 3600 * 1000;
	rig_restart(r);
	assert_string_equal(rig_desk(r, r->agent[0], "state"), "idle");
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM result WHERE code = 'unsaved' AND note = "
	                            "'明天再说'"),
	                 1);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM task WHERE state = 'done'"), 1);
	rig_restart(r);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM result"), 1);
	rig_close(r);
}

/* One campaign of two calls, one answered; returns how many writes it took. */
static int small_day(struct rig *r)
{
	rig_open(r, "progressive", 2);
	return 0;
}

/* The customer hangs up; the call's end is committed, the recorder is still busy. */
static void a_kill_between_a_calls_end_and_its_files_end_keeps_the_recording(void **state)
{
	(void)state;
	struct rig *r = &R;
	rig_open(r, "progressive", 1);
	rig_log_on(r, 0);
	rig_run(r, 1500);
	struct rig_leg *l = rig_last(r);
	rig_tell(r, l, LEG_EV_ANSWERED);
	rig_run(r, 5000);
	write_recording(r, only_call(r), 4000);
	r->is_recorder_busy = true;
	rig_end(r, l, CAUSE_NORMAL, 0);
	rig_run(r, 2000);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM call c JOIN recording r ON r.call_id = "
	                            "c.id WHERE c.state = 'ended' AND r.state = 'live'"),
	                 1);
	rig_restart(r);
	assert_int_equal(
	    rig_int(r, "SELECT COUNT(*) FROM recording WHERE state = 'cut' AND duration_ms = 4000"),
	    1);
	rig_close(r);
}

static void play_day(struct rig *r)
{
	rig_log_on(r, 0);
	for (int i = 0;
	     i < 400 && rig_int(r, "SELECT COUNT(*) FROM task WHERE state IN ('new', 'live')") > 0;
	     i++) {
		struct rig_leg *l = rig_last(r);
		if (l && !l->is_answered && r->dials == 1)
			rig_end(r, l, CAUSE_NO_ANSWER, 480);
		else if (l && !l->is_answered)
			rig_tell(r, l, LEG_EV_ANSWERED);
		else if (l)
			rig_end(r, l, CAUSE_NORMAL, 0);
		rig_run(r, 700);
		if (strcmp(rig_desk(r, r->agent[0], "state"), "wrapup") == 0)
			(void)rig_ask(r, (struct floor_cmd){ .kind = CMD_WRAPUP_END,
			                                     .person_id = r->agent[0] });
		rig_run(r, 700);
	}
	rig_run(r, 16000);
}

static void whichever_write_fails_nobody_stays_stuck_and_every_call_is_recorded(void **state)
{
	(void)state;
	struct rig *r = &R;
	for (int n = 1;; n++) {
		small_day(r);
		r->fail_write = n;
		play_day(r);
		bool was_reached = r->writes >= n;
		if (rig_int(r, "SELECT COUNT(*) FROM call WHERE state = 'live'"))
			test_fail("write %d failed: a call is live for ever", n);
		if (rig_int(r, "SELECT COUNT(*) FROM attempt WHERE end_utc_ms IS NULL"))
			test_fail("write %d failed: an attempt has no end", n);
		if (rig_int(r, "SELECT COUNT(*) FROM task WHERE state = 'live'"))
			test_fail("write %d failed: a task is claimed by nobody", n);
		if (rig_int(r, "SELECT COUNT(*) FROM call") != r->dials)
			test_fail("write %d failed: %d dials, %d calls", n, r->dials,
			          (int)rig_int(r, "SELECT COUNT(*) FROM call"));
		if (rig_int(r, "SELECT COUNT(*) FROM call c WHERE (SELECT COUNT(*) FROM result x "
		               "WHERE x.call_id = c.id) <> 1"))
			test_fail("write %d failed: a call without its one result", n);
		assert_string_equal(rig_desk(r, r->agent[0], "state"), "idle");
		if (floor_repairs(r->floor))
			test_fail("write %d failed: the watchdog had to repair", n);
		rig_close(r);
		if (!was_reached)
			break;
	}
}

static void a_full_writer_stops_new_calls_and_lets_those_in_progress_end(void **state)
{
	(void)state;
	struct rig *r = &R;
	rig_open(r, "progressive", 3);
	rig_log_on(r, 0);
	rig_run(r, 1500);
	rig_tell(r, rig_last(r), LEG_EV_ANSWERED);
	r->is_writer_full = true;
	rig_end(r, rig_last(r), CAUSE_NORMAL, 0);
	rig_log_on(r, 1);
	rig_run(r, 5000);
	assert_int_equal(r->dials, 1);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM call WHERE state = 'live'"), 1);
	r->is_writer_full = false;
	rig_run(r, 3000);
	assert_int_equal(
	    rig_int(r, "SELECT COUNT(*) FROM call WHERE state = 'ended' AND outcome = 'answered'"),
	    1);
	assert_int_equal(r->dials, 2);
	rig_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_kill_in_a_conversation_leaves_a_closed_call_and_a_readable_recording),
		cmocka_unit_test(a_kill_while_it_rings_counts_as_a_try_and_waits_for_the_rule),
		cmocka_unit_test(a_form_open_at_a_kill_is_found_again_as_it_was),
		cmocka_unit_test(a_form_of_yesterday_is_closed_with_what_stood_in_it),
		cmocka_unit_test(a_kill_between_a_calls_end_and_its_files_end_keeps_the_recording),
		cmocka_unit_test(
		    whichever_write_fails_nobody_stays_stuck_and_every_call_is_recorded),
		cmocka_unit_test(a_full_writer_stops_new_calls_and_lets_those_in_progress_end),
	};
	return test_db_main("floor recover", tests);
}
