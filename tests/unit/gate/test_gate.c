#include "gate/gate.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/alarm.h"
#include "base/str.h"
#include "base/zone.h"
#include "gate/dnc.h"
#include "gate/shipped.h"
#include "test.h"

static struct policy policy;

static int load(void **state)
{
	(void)state;
	struct why why;
	for (const struct shipped *s = SHIPPED; s->kind; s++) {
		enum err e = strcmp(s->kind, "policy") == 0
		                 ? policy_parse(s->body, s->key, 3, &policy, &why)
		                 : policy_add_year(&policy, s->body, atoi(s->key), &why);
		if (e)
			return -1;
	}
	return 0;
}

/* Local time of China. */
static int64_t at(int day, int hour, int minute)
{
	return zone_at(day, hour * 60 + minute, policy.zone);
}

/* A call that passes: a Wednesday, half past ten. */
static struct gate_facts good(void)
{
	struct gate_facts f = { .now_utc_ms = at(20260311, 10, 30),
		                .kind = NUMBER_MOBILE,
		                .purpose = "marketing",
		                .ring_timeout_s = 30 };
	strcpy(f.province, "广东");
	f.campaign = GATE_CAMPAIGN_RUNNING;
	f.consent = (struct gate_consent){ .is_known = true,
		                           .purpose = "marketing",
		                           .given_utc_ms = at(20260201, 9, 0) };
	f.caller = (struct gate_caller){ .is_needed = true, .is_registered = true };
	return f;
}

static enum err_code judge(const struct gate_facts *f, struct gate_verdict *v)
{
	(void)gate(&policy, f, v, NULL);
	return v->code;
}

#define assert_verdict(f, want) \
	do { \
		struct gate_verdict verdict_v; \
		assert_string_equal(err_code_name(judge(&(f), &verdict_v)), err_code_name(want)); \
	} while (0)

static void a_good_call_passes_and_says_so(void **state)
{
	(void)state;
	struct gate_facts f = good();
	struct gate_verdict v;
	assert_int_equal(judge(&f, &v), E_NONE);
	assert_string_equal(gate_verdict_text(&v), "ok");
	assert_int_equal(v.again_utc_ms, f.now_utc_ms);
	assert_int_equal(v.policy_version, 3);
}

static void kinds_that_nobody_calls_are_refused(void **state)
{
	(void)state;
	struct gate_facts f = good();
	f.kind = NUMBER_SPECIAL;
	assert_verdict(f, E_GATE_SPECIAL);
	f.kind = NUMBER_SERVICE;
	assert_verdict(f, E_GATE_SERVICE);
	f.kind = NUMBER_INVALID;
	assert_verdict(f, E_GATE_INVALID);
	f.kind = NUMBER_LANDLINE;
	assert_verdict(f, E_NONE);
}

static void the_main_switch_and_the_campaign_stop_calls(void **state)
{
	(void)state;
	struct gate_facts f = good();
	f.campaign = GATE_CAMPAIGN_PAUSED;
	assert_verdict(f, E_GATE_CAMPAIGN_PAUSED);
	policy.is_stopped = true;
	assert_verdict(f, E_GATE_STOPPED);
	policy.is_stopped = false;
}

static void a_refusal_holds_until_it_expires_and_names_its_reason(void **state)
{
	(void)state;
	struct gate_facts f = good();
	struct gate_verdict v;
	f.is_dnc = true;
	strcpy(f.dnc_reason, "complaint");
	assert_int_equal(judge(&f, &v), E_GATE_DNC_COMPLAINT);
	assert_int_equal(v.again_utc_ms, 0);
	f.dnc_expires_utc_ms = at(20260312, 3, 0);
	judge(&f, &v);
	assert_int_equal(v.again_utc_ms, at(20260312, 9, 0)); /* over at night: the next window */
	f.dnc_expires_utc_ms = f.now_utc_ms;
	assert_verdict(f, E_NONE);
	f.is_requested = true; /* a wish for one call does not take back the refusal of all */
	f.dnc_expires_utc_ms = 0;
	assert_verdict(f, E_GATE_DNC_COMPLAINT);
}

static void consent_must_be_there_for_the_purpose_and_in_time(void **state)
{
	(void)state;
	struct gate_facts f = good();
	f.consent.is_known = false;
	assert_verdict(f, E_GATE_CONSENT_NONE);
	f = good();
	f.purpose = "survey";
	assert_verdict(f, E_GATE_CONSENT_PURPOSE);
	f = good();
	f.consent.withdrawn_utc_ms = f.now_utc_ms - 1;
	assert_verdict(f, E_GATE_CONSENT_WITHDRAWN);
	f = good();
	f.consent.given_utc_ms = f.now_utc_ms - 366 * 86400000LL;
	assert_verdict(f, E_GATE_CONSENT_EXPIRED);
	f.is_requested = true;
	assert_verdict(f, E_NONE);
}

static void hours_end_a_ring_time_early_and_pause_at_noon(void **state)
{
	(void)state;
	struct gate_facts f = good();
	struct gate_verdict v;
	f.now_utc_ms = at(20260311, 11, 59) + 29000;
	assert_verdict(f, E_NONE);
	f.now_utc_ms += 1000;
	assert_int_equal(judge(&f, &v), E_GATE_HOURS);
	assert_int_equal(v.again_utc_ms, at(20260311, 14, 0));
	assert_string_equal(v.check[GATE_RULE_HOURS].why.arg[1], "09:00–12:00 14:00–20:30");
	f.now_utc_ms = at(20260311, 20, 30);
	judge(&f, &v);
	assert_int_equal(v.again_utc_ms, at(20260312, 9, 0));
	f.is_requested = true;
	assert_verdict(f, E_NONE);
	f.now_utc_ms = at(20260311, 21, 0);
	assert_verdict(f, E_GATE_HOURS);
}

static void the_pace_of_a_day_runs_through_its_calling_hours_only(void **state)
{
	(void)state;
	enum { WEDNESDAY = 20260311 }; /* 09:00–12:00 14:00–20:30: 570 minutes */
	assert_int_equal(policy_elapsed_bp(&policy, WEDNESDAY, 8 * 60), 0);
	assert_int_equal(policy_elapsed_bp(&policy, WEDNESDAY, 12 * 60), 180 * 10000 / 570);
	assert_int_equal(policy_elapsed_bp(&policy, WEDNESDAY, 13 * 60), 180 * 10000 / 570);
	assert_int_equal(policy_elapsed_bp(&policy, WEDNESDAY, 23 * 60), 10000);
	struct policy closed = policy;
	closed.n_hours[DAY_WORKDAY] = 0;
	assert_int_equal(policy_elapsed_bp(&closed, WEDNESDAY, 12 * 60), -1);
}

static void holidays_and_days_worked_instead_are_known(void **state)
{
	(void)state;
	struct gate_facts f = good();
	f.now_utc_ms = at(20261001, 9, 30);
	assert_verdict(f, E_GATE_HOURS); /* from ten on national day */
	f.now_utc_ms = at(20261001, 10, 30);
	assert_verdict(f, E_NONE);
	assert_int_equal(policy_day_kind(&policy, 20261010), DAY_WORKDAY); /* a Saturday */
	assert_int_equal(policy_day_kind(&policy, 20261011), DAY_WEEKEND);
	assert_int_equal(policy_day_kind(&policy, 20260217), DAY_HOLIDAY);
	assert_int_equal(policy_calendar_left(&policy, 20261201), 30);
	assert_true(policy_calendar_left(&policy, 20270102) < 0);
}

static void the_board_is_told_a_month_before_the_calendar_ends(void **state)
{
	(void)state;
	struct alarm_row row[ALARMS_MAX];
	char text[300];
	policy_watch_calendar(&policy, at(20261130, 9, 0));
	assert_int_equal(alarm_list(row), 0);
	policy_watch_calendar(&policy, at(20261201, 9, 0));
	assert_int_equal(alarm_list(row), 1);
	assert_string_equal(row[0].key, "calendar");
	assert_non_null(strstr(why_text(&row[0].why, LANG_ZH, text, sizeof text), "20261231"));
	assert_non_null(strstr(text, "30 天"));
	struct policy longer = policy;
	longer.last_known_day = 20271231;
	policy_watch_calendar(&longer, at(20261201, 9, 0));
	assert_int_equal(alarm_list(row), 0);
}

static void the_far_west_lives_two_hours_later(void **state)
{
	(void)state;
	struct gate_facts f = good();
	strcpy(f.province, "新疆");
	f.now_utc_ms = at(20260311, 10, 30);
	struct gate_verdict v;
	assert_int_equal(judge(&f, &v), E_GATE_HOURS);
	assert_string_equal(v.check[GATE_RULE_HOURS].why.arg[0], "08:30");
	assert_int_equal(v.again_utc_ms, at(20260311, 11, 0));
	f.now_utc_ms = at(20260311, 22, 0);
	assert_verdict(f, E_NONE);
}

static void add_attempt(struct gate_facts *f, int64_t ago_ms, bool is_answered)
{
	f->attempts[f->n_attempts++] = (struct gate_attempt){ f->now_utc_ms - ago_ms, is_answered };
}

static void caps_roll_and_say_when_they_free(void **state)
{
	(void)state;
	const int64_t h = 3600000;
	struct gate_facts f = good();
	struct gate_verdict v;
	add_attempt(&f, 30000, false);
	assert_int_equal(judge(&f, &v), E_GATE_CALLEE_MINUTES);
	assert_int_equal(v.again_utc_ms, f.now_utc_ms + 30000);
	f = good();
	add_attempt(&f, 2 * h, false);
	add_attempt(&f, 20 * h, false);
	assert_verdict(f, E_NONE);
	add_attempt(&f, 22 * h, false);
	assert_int_equal(judge(&f, &v), E_GATE_CALLEE_HOURS);
	/* Two hours on it is half past twelve; the noon pause ends at two. */
	assert_int_equal(v.again_utc_ms, at(20260311, 14, 0));
	f = good();
	add_attempt(&f, 3 * h, true);
	assert_verdict(f, E_GATE_TALK_HOURS);
	f.is_requested = true;
	assert_verdict(f, E_NONE);
	f = good();
	for (int i = 1; i <= 6; i++)
		add_attempt(&f, i * 25 * h, false);
	assert_verdict(f, E_GATE_CALLEE_DAYS);
}

static void the_caller_number_must_be_ours_valid_and_not_worn_out(void **state)
{
	(void)state;
	struct gate_facts f = good();
	f.caller.is_registered = false;
	assert_verdict(f, E_GATE_CALLER_NONE);
	f = good();
	f.caller.valid_to_utc_ms = f.now_utc_ms;
	assert_verdict(f, E_GATE_CALLER_EXPIRED);
	f = good();
	f.caller.last_hour = 60;
	assert_verdict(f, E_NONE); /* a trunk number */
	f.caller.is_mobile = true;
	assert_verdict(f, E_GATE_CALLER_HOUR);
	f.caller.at_once = 1;
	assert_verdict(f, E_GATE_CALLER_BUSY);
	f.caller.is_needed = false; /* no line chosen yet */
	assert_verdict(f, E_NONE);
}

static void the_first_refusal_is_the_verdict_and_the_others_are_told(void **state)
{
	(void)state;
	struct gate_facts f = good();
	struct gate_verdict v;
	f.consent.is_known = false;
	f.now_utc_ms = at(20260311, 23, 0);
	assert_int_equal(judge(&f, &v), E_GATE_CONSENT_NONE);
	assert_int_equal(v.again_utc_ms, 0);
	struct str out = { 0 };
	struct jw w = { .out = &out };
	gate_explain(&v, &w, NULL);
	CLEANUP(json_cleanup) json_t *j = NULL;
	struct why why;
	assert_ok(json_read_text(str_text(&out), &j, &why), &why);
	assert_false(json_bool(j, "dialable", true));
	assert_string_equal(json_str(j, "code", ""), "E_GATE_CONSENT_NONE");
	assert_string_equal(json_str(j, "detail_zh", ""), "没有客户的拨打授权");
	const json_t *checks = json_object_get(j, "checks");
	assert_int_equal(json_array_size(checks), GATE_RULE_COUNT);
	const json_t *hours = json_array_get(checks, GATE_RULE_HOURS);
	assert_false(json_bool(hours, "ok", true));
	assert_string_equal(json_str(hours, "zh", ""), "拨打时段");
	assert_string_equal(json_str(hours, "detail_zh", ""),
	                    "不在可拨打时段：当地 23:00，可拨 09:00–12:00 14:00–20:30");
	assert_true(json_bool(json_array_get(checks, GATE_RULE_DNC), "ok", false));
	str_free(&out);
}

static void a_broken_policy_names_the_place(void **state)
{
	(void)state;
	struct policy p;
	struct why why;
	static const char *const BROKEN[] = {
		"[]",
		"{}",
		"{\"hours\":{\"workday\":[[\"9:00\",\"12:00\"]],\"weekend\":[],\"holiday\":[]},"
		"\"outer\":[\"09:00\",\"21:00\"],\"kinds\":[\"mobile\"]}",
		"{\"hours\":{\"workday\":[],\"weekend\":[],\"holiday\":[]},\"outer\":[\"21:00\","
		"\"09:00\"],\"kinds\":[\"mobile\"]}",
		"{\"hours\":{\"workday\":[],\"weekend\":[],\"holiday\":[]},\"outer\":[\"09:00\","
		"\"21:00\"],\"kinds\":[\"special\"]}",
		"{\"hours\":{\"workday\":[],\"weekend\":[],\"holiday\":[]},\"outer\":[\"09:00\","
		"\"21:00\"],\"kinds\":[\"mobile\"],\"callee\":[{\"n\":0,\"per_s\":60}]}",
	};
	for (size_t i = 0; i < sizeof BROKEN / sizeof *BROKEN; i++) {
		assert_int_equal(policy_parse(BROKEN[i], "T", 1, &p, &why), ERR_INVALID);
		assert_string_equal(why.arg[0], "T");
	}
}

static void every_reason_on_the_list_has_its_own_sentence(void **state)
{
	(void)state;
	for (int r = 0; r < DNC_REASON_COUNT; r++) {
		const char *text = dnc_reason_text((enum dnc_reason)r);
		assert_int_equal(dnc_reason_parse(text), r);
		assert_true(strncmp(err_code_name(dnc_error(text)), "E_GATE_DNC_", 11) == 0);
	}
	assert_int_equal(dnc_reason_parse("whim"), DNC_REASON_COUNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_call_passes_and_says_so),
		cmocka_unit_test(kinds_that_nobody_calls_are_refused),
		cmocka_unit_test(the_main_switch_and_the_campaign_stop_calls),
		cmocka_unit_test(a_refusal_holds_until_it_expires_and_names_its_reason),
		cmocka_unit_test(consent_must_be_there_for_the_purpose_and_in_time),
		cmocka_unit_test(hours_end_a_ring_time_early_and_pause_at_noon),
		cmocka_unit_test(the_pace_of_a_day_runs_through_its_calling_hours_only),
		cmocka_unit_test(holidays_and_days_worked_instead_are_known),
		cmocka_unit_test(the_board_is_told_a_month_before_the_calendar_ends),
		cmocka_unit_test(the_far_west_lives_two_hours_later),
		cmocka_unit_test(caps_roll_and_say_when_they_free),
		cmocka_unit_test(the_caller_number_must_be_ours_valid_and_not_worn_out),
		cmocka_unit_test(the_first_refusal_is_the_verdict_and_the_others_are_told),
		cmocka_unit_test(a_broken_policy_names_the_place),
		cmocka_unit_test(every_reason_on_the_list_has_its_own_sentence),
	};
	return cmocka_run_group_tests(tests, load, NULL);
}
