#include "rig.h"

#include <stdlib.h>

#include "base/id.h"

static struct rig R;

static int64_t call_of(struct rig *r, int i)
{
	int64_t id = 0;
	const char *text = rig_desk(r, r->agent[i], "call.id");
	return id_parse(text, &id) ? id : 0;
}

static void a_progressive_call_runs_from_the_list_to_the_next_one(void **state)
{
	(void)state;
	struct rig *r = &R;
	rig_open(r, "progressive", 3);
	rig_log_on(r, 0);
	rig_run(r, 1500);
	assert_int_equal(r->dials, 1);
	assert_string_equal(rig_desk(r, r->agent[0], "state"), "reserved");
	rig_tell(r, rig_last(r), LEG_EV_RINGING);
	assert_string_equal(rig_desk(r, r->agent[0], "state"), "ringing");
	assert_string_equal(rig_text(r, "call.number"), "138****0000");
	assert_string_equal(rig_text(r, "call.customer_name"), "客户0");
	rig_tell(r, rig_last(r), LEG_EV_ANSWERED);
	assert_string_equal(rig_desk(r, r->agent[0], "state"), "talking");
	assert_non_null(strstr(r->log, "record bridge-tone"));
	rig_run(r, 20000);
	int64_t call = call_of(r, 0);
	rig_end(r, rig_last(r), CAUSE_NORMAL, 200);
	assert_string_equal(rig_desk(r, r->agent[0], "state"), "wrapup");
	rig_run(r, 5000);
	assert_int_equal(r->dials, 1);
	assert_int_equal(rig_save(r, call, r->agent[0], "refused", "next"), ERR_OK);
	rig_run(r, 2000);
	assert_int_equal(r->dials, 2);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM call WHERE state = 'ended' AND outcome = "
	                            "'answered' AND result = 'refused' "
	                            "AND talk_ms BETWEEN 20000 AND 20100 AND bridge_utc_ms IS NOT "
	                            "NULL AND wrapup_end_utc_ms IS NOT NULL"),
	                 1);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM attempt WHERE verdict = 'ok' AND outcome "
	                            "= 'answered' AND invite_utc_ms IS NOT NULL"),
	                 1);
	assert_int_equal(
	    rig_int(r,
	            "SELECT COUNT(*) FROM recording WHERE state = 'closed' AND duration_ms = 5000"),
	    1);
	assert_int_equal(
	    rig_int(r, "SELECT COUNT(*) FROM task WHERE state = 'done' AND reason = 'refused'"), 1);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM leg"), 3);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM customer WHERE attempts = 1 AND answered "
	                            "= 1 AND last_result = 'refused'"),
	                 1);
	assert_int_equal(floor_repairs(r->floor), 0);
	rig_close(r);
}

static void an_unanswered_call_closes_itself_and_comes_back_by_its_rule(void **state)
{
	(void)state;
	struct rig *r = &R;
	rig_open(r, "progressive", 1);
	rig_log_on(r, 0);
	rig_run(r, 1500);
	rig_tell(r, rig_last(r), LEG_EV_RINGING);
	rig_end(r, rig_last(r), CAUSE_NO_ANSWER, 480);
	rig_run(r, 500);
	assert_string_equal(rig_desk(r, r->agent[0], "state"), "idle");
	assert_int_equal(
	    rig_int(r, "SELECT COUNT(*) FROM result WHERE code = 'no_answer' AND by_system = 1"),
	    1);
	assert_int_equal(
	    rig_int(
		r,
		"SELECT COUNT(*) FROM call WHERE result = 'no_answer' AND outcome = 'no_answer'"),
	    1);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM recording"), 0);
	int64_t due = rig_int(r, "SELECT due_utc_ms FROM task WHERE state = 'retry' AND attempts = "
	                         "1 AND agent_id IS NULL");
	assert_in_range(due, r->utc_ms + 7190000, r->utc_ms + 7200000);
	rig_run(r, 60000);
	assert_int_equal(r->dials, 1);
	rig_close(r);
}

static void a_campaign_paused_a_moment_ago_calls_nobody(void **state)
{
	(void)state;
	struct rig *r = &R;
	rig_open(r, "progressive", 1);
	/* The loop still holds the campaign as it read it: running. */
	test_db_exec(&r->db, "UPDATE campaign SET state = 'paused'", NOARGS);
	rig_log_on(r, 0);
	rig_run(r, 1500);
	assert_int_equal(r->dials, 0);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM attempt"), 0);
	assert_string_equal(rig_desk(r, r->agent[0], "state"), "idle");
	test_db_exec(&r->db, "UPDATE campaign SET state = 'running'", NOARGS);
	rig_run(r, 60000);
	assert_int_equal(r->dials, 1);
	rig_close(r);
}

static void agents_free_at_one_moment_do_not_share_the_last_place_on_a_line(void **state)
{
	(void)state;
	struct rig *r = &R;
	rig_open(r, "progressive", 4);
	test_db_exec(&r->db, "UPDATE campaign SET state = 'paused'", NOARGS);
	r->lines = 2;
	r->commit_ms = 300;
	for (int i = 0; i < RIG_AGENTS; i++)
		rig_log_on(r, i);
	test_db_exec(&r->db, "UPDATE campaign SET state = 'running'", NOARGS);
	rig_run(r, 8000);
	assert_int_equal(r->dials, 2);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM attempt"), 2);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM task WHERE attempts > 0"), 2);
	rig_close(r);
}

static void a_refused_number_is_never_dialed_and_the_attempt_says_why(void **state)
{
	(void)state;
	struct rig *r = &R;
	rig_open(r, "manual", 1);
	rig_log_on(r, 0);
	struct target t;
	struct why why = { 0 };
	assert_ok(target_load(r->db.r, r->vault, rig_customer(r, 0), 0, 0, r->utc_ms, &t, &why),
	          &why);
	/* Between the page and the commit he said no. */
	test_db_exec(&r->db,
	             "INSERT INTO dnc (id, hash, mask, reason, source, at_utc_ms) VALUES (1, ?1, "
	             "'', 'customer_request', 'page', 1)",
	             ARGS(V_BYTES(t.hash, sizeof t.hash)));
	t.campaign_id = r->campaign;
	assert_int_equal(
	    rig_ask(r,
	            (struct floor_cmd){ .kind = CMD_DIAL, .person_id = r->agent[0], .target = &t }),
	    ERR_CONFLICT);
	assert_non_null(json_object_get(r->answer, "verdict"));
	assert_string_equal(rig_text(r, "verdict.dialable"), "false");
	assert_int_equal(r->dials, 0);
	assert_string_equal(rig_desk(r, r->agent[0], "state"), "idle");
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM attempt WHERE verdict <> 'ok' AND "
	                            "outcome = 'blocked' AND invite_utc_ms IS NULL"),
	                 1);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM call"), 0);
	rig_close(r);
}

static int64_t dial_by_hand(struct rig *r, int agent, int customer)
{
	struct target t;
	struct why why = { 0 };
	int64_t id = 0;
	assert_ok(
	    target_load(r->db.r, r->vault, rig_customer(r, customer), 0, 0, r->utc_ms, &t, &why),
	    &why);
	t.campaign_id = r->campaign;
	enum err e = rig_ask(
	    r, (struct floor_cmd){ .kind = CMD_DIAL, .person_id = r->agent[agent], .target = &t });
	assert_ok(e, &r->why);
	assert_true(id_parse(rig_text(r, "call_id"), &id));
	return id;
}

static void by_hand_the_agent_hears_the_network_at_once(void **state)
{
	(void)state;
	struct rig *r = &R;
	rig_open(r, "manual", 1);
	rig_log_on(r, 0);
	dial_by_hand(r, 0, 0);
	rig_tell(r, rig_last(r), LEG_EV_EARLY_MEDIA);
	assert_non_null(strstr(r->log, "dial record bridge "));
	assert_string_equal(rig_desk(r, r->agent[0], "call.state"), "early");
	rig_tell(r, rig_last(r), LEG_EV_ANSWERED);
	assert_string_equal(rig_desk(r, r->agent[0], "call.state"), "talking");
	rig_close(r);
}

static void nobody_is_called_by_two_agents_at_once(void **state)
{
	(void)state;
	struct rig *r = &R;
	rig_open(r, "manual", 1);
	rig_log_on(r, 0);
	rig_log_on(r, 1);
	dial_by_hand(r, 0, 0);
	rig_run(r, 61000); /* past the gate's own minute between two calls */
	struct target t;
	assert_int_equal(
	    target_load(r->db.r, r->vault, rig_customer(r, 0), 0, 0, r->utc_ms, &t, NULL), ERR_OK);
	t.campaign_id = r->campaign;
	assert_int_equal(
	    rig_ask(r,
	            (struct floor_cmd){ .kind = CMD_DIAL, .person_id = r->agent[1], .target = &t }),
	    ERR_CONFLICT);
	assert_int_equal(r->why.code, E_CUSTOMER_IN_CALL);
	assert_string_equal(rig_desk(r, r->agent[1], "state"), "idle");
	rig_close(r);
}

static void hold_mute_keypad_and_hang_up_work_in_the_call_only(void **state)
{
	(void)state;
	struct rig *r = &R;
	rig_open(r, "manual", 1);
	rig_log_on(r, 0);
	int64_t call = dial_by_hand(r, 0, 0);
	struct floor_cmd c = { .person_id = r->agent[0], .call_id = call };
	c.kind = CMD_HOLD;
	c.on = true;
	assert_int_equal(rig_ask(r, c), ERR_CONFLICT);
	rig_tell(r, rig_last(r), LEG_EV_ANSWERED);
	assert_int_equal(rig_ask(r, c), ERR_OK);
	assert_string_equal(rig_desk(r, r->agent[0], "state"), "holding");
	rig_run(r, 3000);
	c.on = false;
	assert_int_equal(rig_ask(r, c), ERR_OK);
	c.kind = CMD_MUTE;
	c.on = true;
	assert_int_equal(rig_ask(r, c), ERR_OK);
	assert_string_equal(rig_desk(r, r->agent[0], "call.muted"), "true");
	c.kind = CMD_DIGITS;
	c.text = "12#";
	assert_int_equal(rig_ask(r, c), ERR_OK);
	c.person_id = r->agent[1];
	assert_int_equal(rig_ask(r, c), ERR_CONFLICT); /* not his call */
	c.person_id = r->agent[0];
	c.kind = CMD_HANGUP;
	assert_int_equal(rig_ask(r, c), ERR_OK);
	rig_run(r, 500);
	assert_string_equal(rig_desk(r, r->agent[0], "state"), "wrapup");
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM call WHERE ended_by = 'agent' AND "
	                            "hold_count = 1 AND hold_ms BETWEEN 3000 AND 3100"),
	                 1);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM call_event WHERE kind = 'digit' AND "
	                            "CAST(detail AS TEXT) LIKE '%12%'"),
	                 0);
	rig_close(r);
}

static void the_wrapup_limit_is_seen_and_no_call_lands_on_the_open_form(void **state)
{
	(void)state;
	struct rig *r = &R;
	rig_open(r, "progressive", 2);
	rig_log_on(r, 0);
	rig_run(r, 1500);
	rig_tell(r, rig_last(r), LEG_EV_ANSWERED);
	int64_t call = call_of(r, 0);
	rig_end(r, rig_last(r), CAUSE_NORMAL, 200);
	assert_int_equal(rig_ask(r, (struct floor_cmd){ .kind = CMD_DRAFT,
	                                                .person_id = r->agent[0],
	                                                .call_id = call,
	                                                .text = "{\"note\":\"想想再说\"}" }),
	                 ERR_OK);
	rig_run(r, 61000);
	assert_int_equal(r->dials, 1);
	assert_string_equal(rig_desk(r, r->agent[0], "wrapup_overdue"), "true");
	int64_t unit = r->unit;
	assert_int_equal(
	    rig_ask(r, (struct floor_cmd){ .kind = CMD_BOARD, .unit_ids = &unit, .n_units = 1 }),
	    ERR_OK);
	char *board = json_dumps(r->answer, JSON_COMPACT);
	assert_non_null(strstr(board, "超时整理"));
	free(board);
	assert_int_equal(
	    rig_ask(r, (struct floor_cmd){ .kind = CMD_WRAPUP_END, .person_id = r->agent[0] }),
	    ERR_OK);
	rig_run(r, 2000);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM result WHERE code = 'unsaved' AND "
	                            "by_system = 1 AND note = '想想再说'"),
	                 1);
	assert_int_equal(r->dials, 2);
	rig_close(r);
}

static void a_hang_up_the_network_never_confirms_frees_agent_and_customer(void **state)
{
	(void)state;
	struct rig *r = &R;
	rig_open(r, "manual", 1);
	rig_log_on(r, 0);
	int64_t call = dial_by_hand(r, 0, 0);
	rig_tell(r, rig_last(r), LEG_EV_ANSWERED);
	r->is_hangup_deaf = true;
	assert_int_equal(rig_ask(r, (struct floor_cmd){ .kind = CMD_HANGUP,
	                                                .person_id = r->agent[0],
	                                                .call_id = call }),
	                 ERR_OK);
	rig_run(r, 6000);
	assert_string_equal(rig_desk(r, r->agent[0], "state"), "wrapup");
	assert_int_equal(
	    rig_int(r, "SELECT COUNT(*) FROM call WHERE state = 'ended' AND ended_by = 'agent'"),
	    1);
	rig_close(r);
}

static void a_line_without_media_for_30_s_is_ended(void **state)
{
	(void)state;
	struct rig *r = &R;
	rig_open(r, "manual", 1);
	rig_log_on(r, 0);
	dial_by_hand(r, 0, 0);
	rig_tell(r, rig_last(r), LEG_EV_ANSWERED);
	rig_tell(r, rig_last(r), LEG_EV_NO_MEDIA_30S);
	rig_run(r, 500);
	assert_string_equal(rig_desk(r, r->agent[0], "state"), "wrapup");
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM call WHERE ended_by = 'system'"), 1);
	rig_close(r);
}

static void a_lost_browser_keeps_the_call_ten_seconds_and_may_come_back(void **state)
{
	(void)state;
	struct rig *r = &R;
	rig_open(r, "manual", 1);
	rig_log_on(r, 0);
	dial_by_hand(r, 0, 0);
	rig_tell(r, rig_last(r), LEG_EV_ANSWERED);
	rig_tell(r, rig_station(r, r->agent[0]), LEG_EV_LOST);
	assert_string_equal(rig_desk(r, r->agent[0], "station.state"), "lost");
	rig_run(r, 4000);
	rig_station_up(r, r->agent[0]); /* on another PC: the same leg moves */
	assert_string_equal(rig_desk(r, r->agent[0], "station.state"), "up");
	assert_string_equal(rig_text(r, "state"), "talking");
	rig_tell(r, rig_station(r, r->agent[0]), LEG_EV_LOST);
	rig_end(r, rig_station(r, r->agent[0]), CAUSE_WEB_LOST, 0);
	rig_run(r, 500);
	assert_string_equal(rig_desk(r, r->agent[0], "state"), "wrapup");
	assert_string_equal(rig_text(r, "station.state"), "none");
	assert_int_equal(
	    rig_int(r, "SELECT COUNT(*) FROM call WHERE state = 'ended' AND ended_by = 'system'"),
	    1);
	rig_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_progressive_call_runs_from_the_list_to_the_next_one),
		cmocka_unit_test(an_unanswered_call_closes_itself_and_comes_back_by_its_rule),
		cmocka_unit_test(a_campaign_paused_a_moment_ago_calls_nobody),
		cmocka_unit_test(agents_free_at_one_moment_do_not_share_the_last_place_on_a_line),
		cmocka_unit_test(a_refused_number_is_never_dialed_and_the_attempt_says_why),
		cmocka_unit_test(by_hand_the_agent_hears_the_network_at_once),
		cmocka_unit_test(nobody_is_called_by_two_agents_at_once),
		cmocka_unit_test(hold_mute_keypad_and_hang_up_work_in_the_call_only),
		cmocka_unit_test(the_wrapup_limit_is_seen_and_no_call_lands_on_the_open_form),
		cmocka_unit_test(a_hang_up_the_network_never_confirms_frees_agent_and_customer),
		cmocka_unit_test(a_line_without_media_for_30_s_is_ended),
		cmocka_unit_test(a_lost_browser_keeps_the_call_ten_seconds_and_may_come_back),
	};
	return test_db_main("floor", tests);
}
