/* Callers, colleagues and supervisors: incoming calls, handing over, listening, preview. */
#include "rig.h"

#include "base/id.h"

static struct rig R;

static int64_t shown_call(struct rig *r, int64_t person)
{
	int64_t id = 0;
	return id_parse(rig_desk(r, person, "call.id"), &id) ? id : 0;
}

static int64_t talk(struct rig *r, int agent, int customer)
{
	struct target t;
	struct why why = { 0 };
	assert_ok(
	    target_load(r->db.r, r->vault, rig_customer(r, customer), 0, 0, r->utc_ms, &t, &why),
	    &why);
	t.campaign_id = r->campaign;
	assert_ok(rig_ask(r, (struct floor_cmd){ .kind = CMD_DIAL,
	                                         .person_id = r->agent[agent],
	                                         .target = &t }),
	          &r->why);
	rig_tell(r, rig_last(r), LEG_EV_ANSWERED);
	return shown_call(r, r->agent[agent]);
}

static void own_customer(struct rig *r, int customer, int agent)
{
	test_db_exec(&r->db, "UPDATE customer SET owner_id = ?2 WHERE id = ?1",
	             ARGS(V_INT(rig_customer(r, customer)), V_INT(r->agent[agent])));
}

static void a_customer_who_calls_back_rings_his_owner_first(void **state)
{
	(void)state;
	struct rig *r = &R;
	rig_open(r, "manual", 1);
	own_customer(r, 0, 1);
	rig_log_on(r, 0);
	rig_log_on(r, 1);
	rig_incoming(r, rig_number(0));
	assert_string_equal(rig_desk(r, r->agent[1], "state"), "ringing");
	assert_string_equal(rig_text(r, "call.direction"), "in");
	assert_string_equal(rig_text(r, "call.customer_name"), "客户0");
	assert_string_equal(rig_desk(r, r->agent[0], "state"), "idle");
	int64_t call = shown_call(r, r->agent[1]);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM recording r JOIN call c ON c.id = "
	                            "r.call_id WHERE c.answer_utc_ms IS NULL"),
	                 1);
	assert_int_equal(rig_ask(r, (struct floor_cmd){ .kind = CMD_ANSWER,
	                                                .person_id = r->agent[1],
	                                                .call_id = call }),
	                 ERR_OK);
	assert_string_equal(rig_desk(r, r->agent[1], "state"), "talking");
	rig_run(r, 5000);
	rig_end(r, rig_last(r), CAUSE_NORMAL, 0);
	assert_string_equal(rig_desk(r, r->agent[1], "state"), "wrapup");
	assert_ok(rig_save(r, call, r->agent[1], "refused", "next"), &r->why);
	rig_run(r, 500);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM call WHERE direction = 'in' AND outcome "
	                            "= 'answered' AND result = 'refused' "
	                            "AND customer_id IS NOT NULL AND agent_id IS NOT NULL"),
	                 1);
	assert_int_equal(floor_repairs(r->floor), 0);
	rig_close(r);
}

static void a_customer_of_a_whole_department_rings_the_team_of_whom_he_knows(void **state)
{
	(void)state;
	struct rig *r = &R;
	rig_open(r, "manual", 1);
	own_customer(r, 0, 1);
	test_db_exec(&r->db, "UPDATE customer SET unit_id = 999", NOARGS);
	rig_log_on(r, 0);
	rig_log_on(r, 1);
	rig_incoming(r, rig_number(0));
	rig_run(r, 20500);
	assert_string_equal(rig_desk(r, r->agent[0], "state"), "ringing");
	rig_run(r, 500);
	assert_int_equal(rig_int(r, "SELECT unit_id FROM call"), r->unit);
	rig_close(r);
}

static void after_20_s_the_team_rings_and_who_did_not_answer_is_set_aside(void **state)
{
	(void)state;
	struct rig *r = &R;
	rig_open(r, "manual", 1);
	own_customer(r, 0, 1);
	rig_log_on(r, 0);
	rig_log_on(r, 1);
	rig_incoming(r, rig_number(0));
	rig_run(r, 20200);
	assert_string_equal(rig_desk(r, r->agent[1], "status"), "paused");
	assert_string_equal(rig_text(r, "reason"), "missed");
	assert_string_equal(rig_desk(r, r->agent[0], "state"), "ringing");
	int64_t call = shown_call(r, r->agent[0]);
	assert_int_equal(rig_ask(r, (struct floor_cmd){ .kind = CMD_ANSWER,
	                                                .person_id = r->agent[1],
	                                                .call_id = call }),
	                 ERR_CONFLICT);
	assert_int_equal(rig_ask(r, (struct floor_cmd){ .kind = CMD_ANSWER,
	                                                .person_id = r->agent[0],
	                                                .call_id = call }),
	                 ERR_OK);
	rig_close(r);
}

static void a_call_nobody_takes_becomes_a_task_due_in_ten_minutes(void **state)
{
	(void)state;
	struct rig *r = &R;
	rig_open(r, "manual", 1);
	own_customer(r, 0, 1);
	rig_incoming(r, rig_number(0));
	int64_t began = r->utc_ms;
	rig_run(r, 61000);
	rig_run(r, 500);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM call WHERE direction = 'in' AND outcome "
	                            "= 'missed' AND result = 'missed'"),
	                 1);
	int64_t due = rig_int(r, "SELECT due_utc_ms FROM missed_call WHERE done_utc_ms IS NULL");
	assert_in_range(due, began + 600000 + 59000, began + 600000 + 62000);
	/* Calling him back, when he answers, does the task. */
	rig_log_on(r, 1);
	talk(r, 1, 0);
	rig_end(r, rig_last(r), CAUSE_NORMAL, 0);
	rig_run(r, 500);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM missed_call WHERE done_utc_ms IS NULL"),
	                 0);
	rig_close(r);
}

static void a_caller_who_hangs_up_while_it_rings_is_missed_and_frees_the_agent(void **state)
{
	(void)state;
	struct rig *r = &R;
	rig_open(r, "manual", 1);
	rig_log_on(r, 0);
	rig_incoming(r, "+8613911112222");
	assert_string_equal(rig_desk(r, r->agent[0], "state"), "ringing");
	assert_string_equal(rig_text(r, "call.number"), "139****2222");
	rig_end(r, rig_last(r), CAUSE_CANCELLED, 487);
	rig_run(r, 500);
	assert_string_equal(rig_desk(r, r->agent[0], "state"), "idle");
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM missed_call WHERE customer_id IS NULL"),
	                 1);
	rig_close(r);
}

static void a_call_is_handed_to_the_supervisor_while_the_customer_talks_on(void **state)
{
	(void)state;
	struct rig *r = &R;
	rig_open(r, "manual", 1);
	rig_log_on(r, 0);
	int64_t call = talk(r, 0, 0);
	struct floor_cmd c = { .kind = CMD_TRANSFER, .person_id = r->agent[0], .call_id = call };
	assert_int_equal(rig_ask(r, c), ERR_CONFLICT); /* nobody is there */
	rig_station_up(r, r->supervisor);
	assert_int_equal(rig_ask(r, c), ERR_OK);
	assert_string_equal(rig_desk(r, r->supervisor, "state"), "ringing");
	assert_string_equal(rig_desk(r, r->agent[0], "state"), "talking");
	assert_int_equal(rig_ask(r, (struct floor_cmd){ .kind = CMD_ANSWER,
	                                                .person_id = r->supervisor,
	                                                .call_id = call }),
	                 ERR_OK);
	assert_string_equal(rig_desk(r, r->supervisor, "state"), "talking");
	assert_string_equal(rig_desk(r, r->agent[0], "state"), "wrapup");
	assert_ok(rig_save(r, call, r->agent[0], "refused", "next"), &r->why);
	assert_string_equal(rig_desk(r, r->agent[0], "state"), "idle");
	rig_run(r, 11000);
	assert_string_equal(rig_desk(r, r->supervisor, "state"), "talking");
	rig_end(r, rig_last(r), CAUSE_NORMAL, 0);
	assert_string_equal(rig_desk(r, r->supervisor, "state"), "idle");
	rig_run(r, 500);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM leg WHERE person_id IS NOT NULL"), 2);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM call WHERE state = 'ended' AND result = "
	                            "'refused' AND agent_id IS NOT NULL"),
	                 1);
	assert_int_equal(floor_repairs(r->floor), 0);
	rig_close(r);
}

static void a_hand_over_nobody_answers_leaves_the_call_where_it_is(void **state)
{
	(void)state;
	struct rig *r = &R;
	rig_open(r, "manual", 1);
	rig_log_on(r, 0);
	int64_t call = talk(r, 0, 0);
	rig_station_up(r, r->supervisor);
	assert_int_equal(rig_ask(r, (struct floor_cmd){ .kind = CMD_TRANSFER,
	                                                .person_id = r->agent[0],
	                                                .call_id = call }),
	                 ERR_OK);
	rig_run(r, 21000);
	assert_string_equal(rig_desk(r, r->supervisor, "state"), "idle");
	assert_string_equal(rig_desk(r, r->agent[0], "state"), "talking");
	assert_int_equal(floor_repairs(r->floor), 0);
	rig_close(r);
}

static void listening_is_silent_whispering_is_seen_and_both_end_with_the_telephone(void **state)
{
	(void)state;
	struct rig *r = &R;
	rig_open(r, "manual", 1);
	rig_log_on(r, 0);
	talk(r, 0, 0);
	struct floor_cmd c = { .kind = CMD_MONITOR,
		               .person_id = r->supervisor,
		               .target_id = r->agent[0],
		               .text = "listen" };
	assert_int_equal(rig_ask(r, c), ERR_CONFLICT); /* no headset yet */
	rig_station_up(r, r->supervisor);
	assert_int_equal(rig_ask(r, c), ERR_OK);
	assert_string_equal(rig_desk(r, r->agent[0], "call.listened"), "false");
	c.text = "whisper";
	assert_int_equal(rig_ask(r, c), ERR_OK);
	assert_string_equal(rig_desk(r, r->agent[0], "call.listened"), "true");
	rig_end(r, rig_station(r, r->supervisor), CAUSE_WEB_LOST, 0);
	assert_string_equal(rig_desk(r, r->agent[0], "call.listened"), "false");
	rig_run(r, 500);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM call_event WHERE kind IN ('listen', "
	                            "'whisper') AND by_id IS NOT NULL"),
	                 2);
	rig_close(r);
}

static void a_supervisor_ends_a_call_and_finishes_a_form_for_others(void **state)
{
	(void)state;
	struct rig *r = &R;
	rig_open(r, "manual", 1);
	rig_log_on(r, 0);
	int64_t call = talk(r, 0, 0);
	assert_int_equal(rig_ask(r, (struct floor_cmd){ .kind = CMD_END_CALL,
	                                                .person_id = r->supervisor,
	                                                .call_id = call }),
	                 ERR_OK);
	rig_run(r, 500);
	assert_string_equal(rig_desk(r, r->agent[0], "state"), "wrapup");
	assert_int_equal(rig_ask(r, (struct floor_cmd){ .kind = CMD_FINISH,
	                                                .person_id = r->supervisor,
	                                                .target_id = r->agent[0] }),
	                 ERR_OK);
	rig_run(r, 500);
	assert_string_equal(rig_desk(r, r->agent[0], "state"), "idle");
	assert_int_equal(
	    rig_int(
		r,
		"SELECT COUNT(*) FROM call WHERE ended_by = 'supervisor' AND result = 'unsaved'"),
	    1);
	rig_close(r);
}

static void preview_shows_one_customer_to_one_agent(void **state)
{
	(void)state;
	struct rig *r = &R;
	rig_open(r, "preview", 2);
	rig_log_on(r, 0);
	rig_log_on(r, 1);
	rig_run(r, 1500);
	assert_int_equal(r->dials, 0);
	assert_int_equal(
	    rig_ask(r, (struct floor_cmd){ .kind = CMD_PREVIEW, .person_id = r->agent[0] }),
	    ERR_OK);
	char first[32];
	snprintf(first, sizeof first, "%s", rig_text(r, "customer_id"));
	assert_int_equal(
	    rig_ask(r, (struct floor_cmd){ .kind = CMD_PREVIEW, .person_id = r->agent[1] }),
	    ERR_OK);
	assert_string_not_equal(first, rig_text(r, "customer_id"));
	assert_int_equal(
	    rig_ask(r, (struct floor_cmd){ .kind = CMD_PREVIEW, .person_id = r->agent[0] }),
	    ERR_OK);
	assert_string_equal(first,
	                    rig_text(r, "customer_id")); /* the same until he dials or skips */
	rig_close(r);
}

static void spans_follow_an_agent_without_gap_or_overlap(void **state)
{
	(void)state;
	struct rig *r = &R;
	rig_open(r, "manual", 1);
	rig_log_on(r, 0);
	rig_run(r, 1000);
	assert_int_equal(rig_ask(r, (struct floor_cmd){ .kind = CMD_STATUS,
	                                                .person_id = r->agent[0],
	                                                .text = "paused",
	                                                .reason = "break" }),
	                 ERR_OK);
	rig_run(r, 1000);
	assert_int_equal(rig_ask(r, (struct floor_cmd){ .kind = CMD_STATUS,
	                                                .person_id = r->agent[0],
	                                                .text = "ready" }),
	                 ERR_OK);
	talk(r, 0, 0);
	rig_end(r, rig_last(r), CAUSE_NORMAL, 0);
	assert_int_equal(
	    rig_ask(r, (struct floor_cmd){ .kind = CMD_WRAPUP_END, .person_id = r->agent[0] }),
	    ERR_OK);
	assert_int_equal(rig_ask(r, (struct floor_cmd){ .kind = CMD_STATUS,
	                                                .person_id = r->agent[0],
	                                                .text = "offline" }),
	                 ERR_OK);
	rig_run(r, 500);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM agent_span WHERE to_utc_ms IS NULL"), 0);
	assert_int_equal(
	    rig_int(r,
	            "SELECT COUNT(*) FROM agent_span a WHERE NOT EXISTS (SELECT 1 FROM agent_span "
	            "b WHERE b.from_utc_ms "
	            "= a.to_utc_ms AND b.id > a.id) AND a.id < (SELECT MAX(id) FROM agent_span)"),
	    0);
	assert_int_equal(
	    rig_int(r,
	            "SELECT COUNT(*) FROM agent_span WHERE state = 'paused' AND reason = 'break'"),
	    1);
	assert_int_equal(rig_int(r, "SELECT COUNT(*) FROM agent_span WHERE state = 'wrapup'"), 1);
	rig_close(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_customer_who_calls_back_rings_his_owner_first),
		cmocka_unit_test(a_customer_of_a_whole_department_rings_the_team_of_whom_he_knows),
		cmocka_unit_test(after_20_s_the_team_rings_and_who_did_not_answer_is_set_aside),
		cmocka_unit_test(a_call_nobody_takes_becomes_a_task_due_in_ten_minutes),
		cmocka_unit_test(
		    a_caller_who_hangs_up_while_it_rings_is_missed_and_frees_the_agent),
		cmocka_unit_test(a_call_is_handed_to_the_supervisor_while_the_customer_talks_on),
		cmocka_unit_test(a_hand_over_nobody_answers_leaves_the_call_where_it_is),
		cmocka_unit_test(
		    listening_is_silent_whispering_is_seen_and_both_end_with_the_telephone),
		cmocka_unit_test(a_supervisor_ends_a_call_and_finishes_a_form_for_others),
		cmocka_unit_test(preview_shows_one_customer_to_one_agent),
		cmocka_unit_test(spans_follow_an_agent_without_gap_or_overlap),
	};
	return test_db_main("floor people", tests);
}
