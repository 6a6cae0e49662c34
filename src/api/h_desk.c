/* The agent's desk: station, status, calls, results, the work list. */
#include <string.h>

#include "api/api.h"
#include "api/h_floor.h"
#include "api/sse.h"
#include "base/id.h"
#include "base/json.h"
#include "base/zone.h"
#include "crm/customer.h"
#include "dialer/campaign.h"
#include "dialer/worklist.h"
#include "floor/draft.h"
#include "profile/version.h"
#include "team/person.h"

/* ---- fields ---- */

static const struct field STATION[] = {
	F_TEXT("kind"), F_TEXT("state", .one_of = "none|connecting|up|lost"),
	F_BOOL("elsewhere", .doc = "it is still with an earlier log-in"), F_END
};
static const struct field DESK_CAMPAIGN[] = { F_ID("id"), F_TEXT("name"), F_TEXT("mode"),
	                                      F_BOOL("running"), F_END };
static const struct field TRANSFER[] = { F_ID("to"), F_TEXT("name"), F_TEXT("state"), F_END };
static const struct field CALL[] = {
	F_ID("id"),
	F_TEXT("direction", .one_of = "out|in"),
	F_TEXT("state", .one_of = "dialing|ringing|early|talking|holding|ended"),
	F_BOOL("muted"),
	F_BOOL("held"),
	F_BOOL("recording"),
	F_INT("started_utc_ms"),
	F_INT("answered_utc_ms", .null = true),
	F_INT("bridged_utc_ms", .null = true),
	F_INT("ended_utc_ms", .null = true),
	F_TEXT("outcome", .null = true),
	F_BOOL("result_saved"),
	F_INT("wrapup_limit_utc_ms", .null = true),
	F_ID("customer_id", .null = true),
	F_TEXT("customer_name"),
	F_TEXT("call_as"),
	F_MASK("number"),
	F_TEXT("place"),
	F_ID("task_id", .null = true),
	F_ID("campaign_id", .null = true),
	F_INT("flags"),
	F_OBJ("transfer", TRANSFER, .null = true),
	F_BOOL("listened", .doc = "a supervisor speaks into the call"),
	F_JSON("draft", .null = true, .doc = "the half-filled result form"),
	F_END,
};
#define FIGURE_FIELDS \
	F_INT("dialed"), F_INT("connected"), F_INT("talk_ms"), F_INT("interested"), \
	    F_INT("wechat"), F_INT("visits"), F_INT("deals"), F_INT("deal_fen")
static const struct field FIGURES[] = { FIGURE_FIELDS, F_END };
static const struct field TODAY[] = { FIGURE_FIELDS, F_OBJ("targets", FIGURES), F_END };
static const struct field PAUSE[] = { F_INT("used"), F_INT("limit"), F_INT("minutes"),
	                              F_TEXT("zh"),  F_TEXT("en"),   F_END };
const struct field FLOOR_DESK[] = {
	F_TEXT("status", .one_of = "offline|ready|paused"),
	F_TEXT("reason"),
	F_TEXT("state", .one_of = "idle|reserved|ringing|talking|holding|wrapup"),
	F_INT("since_utc_ms"),
	F_INT("now_utc_ms"),
	F_OBJ("station", STATION),
	F_OBJ("campaign", DESK_CAMPAIGN, .null = true),
	F_OBJ("call", CALL, .null = true),
	F_OBJ("today", TODAY),
	F_MAP("pause_left", PAUSE),
	F_BOOL("wrapup_overdue"),
	F_ID("listening_to", .null = true),
	F_END,
};

static const struct field SDP[] = { F_TEXT("sdp", .req = true, .max = 16000, .lines = true),
	                            F_END };
static const struct field STATUS[] = { F_TEXT("status", .req = true,
	                                      .one_of = "offline|ready|paused"),
	                               F_TEXT("reason", .max = 23), F_END };
static const struct field CAMPAIGN_CHOICE[] = { F_ID("campaign_id", .null = true), F_END };
static const struct field MY_CAMPAIGN[] = { F_ID("id"), F_TEXT("name"), F_TEXT("mode"),
	                                    F_INT("left"), F_END };
static const struct field WORK_QUERY[] = { F_ID("campaign_id"), F_END };
static const struct field WORK[] = {
	F_ID("task_id", .null = true),
	F_ID("followup_id", .null = true),
	F_ID("customer_id"),
	F_TEXT("name"),
	F_TEXT("grade"),
	F_MASK("number"),
	F_TEXT("place"),
	F_TEXT("why_zh"),
	F_TEXT("why_en"),
	F_INT("due_utc_ms", .null = true),
	F_INT("overdue_ms", .null = true),
	F_TEXT("kind", .one_of = "promise|due|new|list|missed"),
	F_END,
};
static const struct field RULE[] = { F_TEXT("rule_zh"), F_TEXT("rule_en"), F_END };
static const struct field DIAL[] = {
	F_ID("customer_id", .req = true),  F_ID("phone_id", .null = true),
	F_ID("task_id", .null = true),     F_ID("campaign_id", .null = true),
	F_ID("followup_id", .null = true), F_END
};
static const struct field CALL_ID[] = { F_ID("call_id"), F_END };
static const struct field CHECK[] = { F_TEXT("code"),      F_BOOL("ok"),        F_BOOL("skipped"),
	                              F_TEXT("zh"),        F_TEXT("en"),        F_TEXT("detail"),
	                              F_TEXT("detail_zh"), F_TEXT("detail_en"), F_END };
static const struct field VERDICT[] = { F_BOOL("dialable"),
	                                F_TEXT("code", .null = true),
	                                F_TEXT("detail", .null = true),
	                                F_TEXT("detail_zh", .null = true),
	                                F_TEXT("detail_en", .null = true),
	                                F_INT("next_possible_utc_ms", .null = true),
	                                F_INT("policy_version", .null = true),
	                                F_ARR("checks", CHECK),
	                                F_END };
static const struct field REFUSED[] = { F_OBJ("verdict", VERDICT, .null = true), F_END };
static const struct field PREVIEW[] = {
	F_ID("campaign_id", .null = true),
	F_BOOL("skip", .doc = "leave the one shown and take the next"), F_END
};
static const struct field ID_ONLY[] = { F_ID("id"), F_END };
static const struct field CUSTOMER_REF[] = { F_ID("id"), F_TEXT("name"), F_END };
static const struct field PREVIEWED[] = { F_OBJ("task", ID_ONLY, .null = true),
	                                  F_OBJ("customer", CUSTOMER_REF, .null = true),
	                                  F_TEXT("why_zh"), F_TEXT("why_en"), F_END };
static const struct field ON[] = { F_BOOL("on", .req = true), F_END };
static const struct field DIGITS[] = { F_TEXT("digits", .req = true, .min = 1, .max = 32), F_END };
static const struct field TO[] = {
	F_TEXT("to", .req = true, .max = 24, .doc = "\"supervisor\" or a person's id"), F_END
};
static const struct field FLAG[] = { F_INT("bit", .req = true, .min = 1, .max = 4),
	                             F_BOOL("on", .req = true), F_END };
#define FORM_FIELDS \
	F_TEXT("code", .max = 23), F_TEXT("grade", .max = 7, .null = true), \
	    F_INT("flags", .min = 0, .max = 7), F_JSON("wechat", .null = true), \
	    F_INT("deal_fen", .min = 0, .max = INT64_C(100000000000), .null = true), \
	    F_INT("next_utc_ms", .min = 0, .max = INT64_C(4102444800000), .null = true), \
	    F_TEXT("promise", .max = 200), F_TEXT("note", .max = 2000, .lines = true)
static const struct field RESULT[] = { FORM_FIELDS, F_TEXT("then", .one_of = "next|break"), F_END };
static const struct field CORRECTION[] = { FORM_FIELDS,
	                                   F_TEXT("reason", .req = true, .min = 2, .max = 200),
	                                   F_END };
static const struct field DRAFT_QUERY[] = { F_BOOL("draft"), F_END };
static const struct field RESULT_ROW[] = { F_TEXT("code"),
	                                   F_TEXT("key", .null = true),
	                                   F_TEXT("zh"),
	                                   F_TEXT("en"),
	                                   F_BOOL("connected"),
	                                   F_BOOL("intent"),
	                                   F_BOOL("final"),
	                                   F_BOOL("system", .null = true),
	                                   F_TEXTS("needs", .null = true),
	                                   F_END };
static const struct field GRADE[] = { F_TEXT("code"), F_TEXT("zh"), F_TEXT("en"),
	                              F_INT("days", .null = true), F_END };
static const struct field FLAG_ROW[] = { F_INT("bit"), F_TEXT("key"), F_TEXT("zh"), F_TEXT("en"),
	                                 F_END };
static const struct field RESULT_SET[] = { F_INT("version"), F_ARR("results", RESULT_ROW),
	                                   F_ARR("grades", GRADE), F_ARR("flags", FLAG_ROW),
	                                   F_END };

/* ---- asking the floor ---- */

enum err floor_req(const struct req *rq, struct floor_cmd cmd, json_t **ret, struct why *why)
{
	struct floor *f = req_env(rq)->floor;
	json_t *answer = NULL;
	if (!f)
		return fail(why, E_FLOOR_BUSY);
	cmd.person_id = req_person(rq);
	cmd.session_id = req_session(rq);
	enum err e = floor_cmd(f, &cmd, &answer, why);
	if (ret)
		*ret = answer;
	else
		json_decref(answer);
	return e;
}

enum err floor_req_call(const struct req *rq, struct call_ref *ret, struct why *why)
{
	enum err e = call_ref_load(req_db(rq), req_id(rq, "id"), ret, why);
	if (!e && !scope_has(req_scope(rq), ret->agent_id, ret->unit_id))
		e = fail(why, E_ROW_NONE);
	return e;
}

/* Asks and answers with what the floor says. */
static enum err relay(struct req *rq, struct reply *rp, struct floor_cmd cmd, struct why *why)
{
	json_t *answer = NULL;
	enum err e = floor_req(rq, cmd, &answer, why);
	if (!e && answer)
		reply_json(rp, answer);
	else
		json_decref(answer);
	return e;
}

static enum err quietly(struct req *rq, struct floor_cmd cmd, struct why *why)
{
	return floor_req(rq, cmd, NULL, why);
}

static enum err get_desk(struct req *rq, struct reply *rp, struct why *why)
{
	return relay(rq, rp, (struct floor_cmd){ .kind = CMD_DESK }, why);
}

static enum err post_offer(struct req *rq, struct reply *rp, struct why *why)
{
	return relay(rq, rp, (struct floor_cmd){ .kind = CMD_OFFER, .text = req_text(rq, "sdp") },
	             why);
}

static enum err delete_station(struct req *rq, struct reply *rp, struct why *why)
{
	(void)rp;
	return quietly(rq, (struct floor_cmd){ .kind = CMD_STATION_CLOSE }, why);
}

static enum err post_status(struct req *rq, struct reply *rp, struct why *why)
{
	return relay(rq, rp,
	             (struct floor_cmd){ .kind = CMD_STATUS,
	                                 .text = req_text(rq, "status"),
	                                 .reason = req_text(rq, "reason") },
	             why);
}

static enum err post_campaign(struct req *rq, struct reply *rp, struct why *why)
{
	return relay(
	    rq, rp,
	    (struct floor_cmd){ .kind = CMD_CAMPAIGN, .campaign_id = req_id(rq, "campaign_id") },
	    why);
}

static enum err post_wrapup_end(struct req *rq, struct reply *rp, struct why *why)
{
	return relay(rq, rp, (struct floor_cmd){ .kind = CMD_WRAPUP_END }, why);
}

/* ---- calls ---- */

/* Outside his scope may still be handed over to him: the floor knows, and knows nobody else's. */
static enum err on_call(struct req *rq, enum floor_cmd_kind kind, struct floor_cmd with,
                        struct why *why)
{
	struct call_ref call;
	enum err e = floor_req_call(rq, &call, why);
	if (e && (e != ERR_NOT_FOUND || !req_env(rq)->floor))
		return e;
	bool is_outside = e != ERR_OK;
	with.kind = kind;
	with.call_id = req_id(rq, "id");
	e = quietly(rq, with, why);
	return is_outside && e == ERR_CONFLICT ? fail(why, E_ROW_NONE) : e;
}

static enum err post_hangup(struct req *rq, struct reply *rp, struct why *why)
{
	(void)rp;
	return on_call(rq, CMD_HANGUP, (struct floor_cmd){ 0 }, why);
}

static enum err post_answer(struct req *rq, struct reply *rp, struct why *why)
{
	(void)rp;
	return on_call(rq, CMD_ANSWER, (struct floor_cmd){ 0 }, why);
}

static enum err post_mute(struct req *rq, struct reply *rp, struct why *why)
{
	(void)rp;
	return on_call(rq, CMD_MUTE, (struct floor_cmd){ .on = req_bool(rq, "on", true) }, why);
}

static enum err post_hold(struct req *rq, struct reply *rp, struct why *why)
{
	(void)rp;
	return on_call(rq, CMD_HOLD, (struct floor_cmd){ .on = req_bool(rq, "on", true) }, why);
}

static enum err post_digits(struct req *rq, struct reply *rp, struct why *why)
{
	(void)rp;
	const char *digits = req_text(rq, "digits");
	if (strspn(digits, "0123456789*#ABCD") != strlen(digits))
		return fail(why, E_FIELD_INVALID, "digits", "0-9 * #");
	return on_call(rq, CMD_DIGITS, (struct floor_cmd){ .text = digits }, why);
}

static enum err post_transfer(struct req *rq, struct reply *rp, struct why *why)
{
	(void)rp;
	const char *to = req_text(rq, "to");
	int64_t id = 0;
	if (strcmp(to, "supervisor") != 0 && !id_parse(to, &id))
		return fail(why, E_FIELD_INVALID, "to", "supervisor");
	return on_call(rq, CMD_TRANSFER, (struct floor_cmd){ .target_id = id }, why);
}

static enum err post_transfer_cancel(struct req *rq, struct reply *rp, struct why *why)
{
	(void)rp;
	return on_call(rq, CMD_TRANSFER_CANCEL, (struct floor_cmd){ 0 }, why);
}

/* The customer is his own, or on a list he works on. */
static enum err may_call(const struct req *rq, int64_t customer_id, struct why *why)
{
	enum err e = customer_in_scope(req_scope(rq), req_db(rq), customer_id, why);
	if (e != ERR_NOT_FOUND)
		return e;
	int64_t n = 0;
	e = worklist_has(req_db(rq), req_person(rq), customer_id, &n, why);
	return e || n ? e : fail(why, E_ROW_NONE);
}

static enum err post_dial(struct req *rq, struct reply *rp, struct why *why)
{
	struct target t = { 0 };
	json_t *answer = NULL;
	int64_t customer_id = req_id(rq, "customer_id");
	enum err e = may_call(rq, customer_id, why);
	if (!e)
		e = target_load(req_db(rq), req_env(rq)->vault, customer_id, req_id(rq, "phone_id"),
		                req_id(rq, "task_id"), req_now_utc_ms(rq), &t, why);
	if (!e) {
		t.followup_id = req_id(rq, "followup_id");
		if (req_id(rq, "campaign_id"))
			t.campaign_id = req_id(rq, "campaign_id");
		e = floor_req(rq, (struct floor_cmd){ .kind = CMD_DIAL, .target = &t }, &answer,
		              why);
	}
	target_wipe(&t);
	if (!e)
		reply_json(rp, answer);
	else if (answer)
		reply_problem(rp, answer);
	return e;
}

static enum err post_preview(struct req *rq, struct reply *rp, struct why *why)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	struct floor_cmd c = { .kind = CMD_PREVIEW,
		               .campaign_id = req_id(rq, "campaign_id"),
		               .on = req_bool(rq, "skip", false) };
	enum err e = floor_req(rq, c, &answer, why);
	if (e == ERR_CONFLICT && why->code == E_NO_TASK_DUE) {
		reply_json(rp, json_pack("{s:n,s:n,s:s,s:s}", "task", "customer", "why_zh", "",
		                         "why_en", ""));
		return ERR_OK;
	}
	if (e)
		return e;
	reply_json(rp,
	           json_pack("{s:{s:s},s:{s:s,s:s},s:s,s:s}", "task", "id",
	                     json_str(answer, "task_id", ""), "customer", "id",
	                     json_str(answer, "customer_id", ""), "name",
	                     json_str(answer, "name", ""), "why_zh", json_str(answer, "why_zh", ""),
	                     "why_en", json_str(answer, "why_en", "")));
	return ERR_OK;
}

/* ---- flags and results ---- */

struct flag_arg {
	int64_t call_id, by_id, now_utc_ms;
	int bit;
	bool on;
	struct stamp stamp;
	struct audit audit;
};

static enum err flag_job(struct tx *tx, const void *arg, struct why *why)
{
	const struct flag_arg *a = arg;
	enum err e = stamp_check(tx, &a->stamp, why);
	if (!e)
		e = result_flag(tx, a->call_id, a->bit, a->on, a->by_id, a->now_utc_ms, why);
	return e ? e : audit_add(tx, &a->audit, why);
}

static enum err post_flag(struct req *rq, struct reply *rp, struct why *why)
{
	(void)rp;
	struct call_ref call;
	struct flag_arg a = { .by_id = req_person(rq),
		              .now_utc_ms = req_now_utc_ms(rq),
		              .bit = (int)req_int(rq, "bit", 0),
		              .on = req_bool(rq, "on", true) };
	if (a.bit == 3)
		return fail(why, E_FIELD_INVALID, "bit", "1, 2, 4");
	enum err e = floor_req_call(rq, &call, why);
	if (e)
		return e;
	a.call_id = call.id;
	a.stamp = req_stamp(rq);
	a.audit = req_audit(rq, a.on ? "call.flag" : "call.unflag", "call", call.id);
	if ((e = writer_do(req_writer(rq), LANE_LIVE, flag_job, &a, why)))
		return e;
	e = on_call(rq, CMD_FLAG, (struct floor_cmd){ .flag = a.bit, .on = a.on }, why);
	/* Over and gone from the floor: it is stored all the same. */
	return e == ERR_CONFLICT ? ERR_OK : e;
}

static const char *wechat_text(const struct req *rq)
{
	const json_t *j = req_json(rq, "wechat");
	return json_is_string(j) ? json_string_value(j) : json_is_true(j) ? "1" : "";
}

static struct result_form form_of(const struct req *rq)
{
	return (struct result_form){ .code = req_text(rq, "code"),
		                     .grade = req_text(rq, "grade"),
		                     .wechat = wechat_text(rq),
		                     .promise = req_text(rq, "promise"),
		                     .note = req_text(rq, "note"),
		                     .flags = (int)req_int(rq, "flags", 0),
		                     .deal_fen = req_int(rq, "deal_fen", 0),
		                     .next_utc_ms = req_int(rq, "next_utc_ms", 0) };
}

struct result_arg {
	struct result_in in;
	struct audit audit;
	bool is_audited;
	struct stamp stamp; /* of a first result; a correction is not the floor's business */
};

static enum err result_job(struct tx *tx, const void *arg, struct why *why)
{
	const struct result_arg *a = arg;
	enum err e = a->is_audited ? ERR_OK : stamp_check(tx, &a->stamp, why);
	if (!e)
		e = result_store(tx, &a->in, why);
	return e || !a->is_audited ? e : audit_add(tx, &a->audit, why);
}

static enum err save_result(struct req *rq, const struct call_ref *call, bool is_correction,
                            struct why *why)
{
	struct result_set_row row;
	struct result_arg a = { .in = { .id = id_new(),
		                        .call_id = call->id,
		                        .by_id = req_person(rq),
		                        .form = form_of(rq),
		                        .is_correction = is_correction,
		                        .reason = is_correction ? req_text(rq, "reason") : "",
		                        .now_utc_ms = req_now_utc_ms(rq),
		                        .day = zone_day(req_now_utc_ms(rq), req_env(rq)->zone) },
		                .is_audited = is_correction,
		                .stamp = req_stamp(rq) };
	enum err e = result_check(req_db(rq), &a.in.form, false, a.in.now_utc_ms, &row,
	                          &a.in.set_version, &a.in.rhythm_days, why);
	if (e)
		return req_fail_field(rq, why->code == E_RESULT_NEEDS ? why->arg[1] : "code", why);
	a.in.is_final = row.is_final;
	if (is_correction)
		a.audit = req_audit(rq, "call.result_correct", "call", call->id);
	return writer_do(req_writer(rq), LANE_LIVE, result_job, &a, why);
}

struct draft_arg {
	int64_t call_id, person_id, now_utc_ms;
	const char *form;
};

static enum err draft_job(struct tx *tx, const void *arg, struct why *why)
{
	const struct draft_arg *a = arg;
	return draft_store(tx, a->call_id, a->person_id, a->form, a->now_utc_ms, why);
}

/* First the floor, which knows whose the call is; then for good. */
static enum err keep_draft(struct req *rq, const struct call_ref *call, struct why *why)
{
	struct result_form f = form_of(rq);
	json_t *j =
	    json_pack("{s:s,s:s,s:s,s:s,s:s,s:i,s:I,s:I}", "code", f.code, "grade", f.grade,
	              "wechat", f.wechat, "promise", f.promise, "note", f.note, "flags", f.flags,
	              "deal_fen", (json_int_t)f.deal_fen, "next_utc_ms", (json_int_t)f.next_utc_ms);
	char *text = NULL;
	enum err e = json_write(j, &text, why);
	json_decref(j);
	if (!e)
		e = on_call(rq, CMD_DRAFT, (struct floor_cmd){ .text = text }, why);
	if (!e) {
		struct draft_arg a = { call->id, req_person(rq), req_now_utc_ms(rq), text };
		e = writer_do(req_writer(rq), LANE_NORMAL, draft_job, &a, why);
	}
	free(text);
	return e;
}

static enum err post_result(struct req *rq, struct reply *rp, struct why *why)
{
	struct call_ref call;
	json_t *answer = NULL;
	enum err e = floor_req_call(rq, &call, why);
	if (!e && call.agent_id != req_person(rq))
		e = fail(why, E_CALL_NOT_YOURS);
	if (e || req_bool(rq, "draft", false))
		return e ? e : keep_draft(rq, &call, why);
	if ((e = save_result(rq, &call, false, why)))
		return e;
	struct floor_cmd c = { .kind = CMD_SAVED,
		               .call_id = call.id,
		               .text = req_text(rq, "then") };
	e = floor_req(rq, c, &answer, why);
	if (e == ERR_CONFLICT) { /* the call has left the floor: a form saved late */
		json_decref(answer);
		answer = NULL;
		e = floor_req(rq, (struct floor_cmd){ .kind = CMD_DESK }, &answer, why);
	}
	if (!e)
		reply_json(rp, answer);
	else
		json_decref(answer);
	return e;
}

static enum err put_result(struct req *rq, struct reply *rp, struct why *why)
{
	(void)rp;
	struct call_ref call;
	enum err e = floor_req_call(rq, &call, why);
	if (!e)
		e = save_result(rq, &call, true, why);
	return e ? e : quietly(rq, (struct floor_cmd){ .kind = CMD_RELOAD }, why);
}

static enum err get_result_set(struct req *rq, struct reply *rp, struct why *why)
{
	CLEANUP(version_free) struct version *v = NULL;
	json_t *set = NULL;
	enum err e = version_at(req_db(rq), "result_set", "default", req_now_utc_ms(rq), &v, why);
	if (e || (e = json_read_text(v->body, &set, why)))
		return e;
	json_object_set_new(set, "version", json_integer(v->n));
	reply_json(rp, set);
	return ERR_OK;
}

/* ---- work list ---- */

static json_t *work_json(const struct work_item *w, int64_t now_utc_ms)
{
	int64_t late = now_utc_ms - w->due_utc_ms;
	return json_pack("{s:o,s:o,s:o,s:o,s:s,s:s,s:s,s:s,s:s,s:I,s:o,s:s}", "task_id",
	                 j_id(w->task_id), "followup_id", j_id(w->followup_id), "customer_id",
	                 j_id(w->customer_id), "name", j_text(w->name), "grade", w->grade, "number",
	                 w->number, "place", w->place, "why_zh", w->why_zh, "why_en", w->why_en,
	                 "due_utc_ms", (json_int_t)w->due_utc_ms, "overdue_ms",
	                 j_int_or_null(late, late <= 0), "kind", w->kind);
}

static enum err get_worklist(struct req *rq, struct reply *rp, struct why *why)
{
	struct work_item *items = calloc(WORKLIST_MAX, sizeof *items);
	int n = 0;
	if (!items)
		return fail(why, E_NOMEM);
	int64_t now = req_now_utc_ms(rq);
	int64_t until =
	    zone_day_start(day_add(zone_day(now, req_env(rq)->zone), 1), req_env(rq)->zone);
	enum err e =
	    worklist_load(req_db(rq), req_person(rq), scope_unit(req_scope(rq)),
	                  req_id(rq, "campaign_id"), now, until, items, WORKLIST_MAX, &n, why);
	json_t *list = json_array();
	for (int i = 0; !e && i < n; i++)
		json_array_append_new(list, work_json(&items[i], now));
	free(items);
	if (e)
		json_decref(list);
	else
		reply_list(rp, list, n, NULL,
		           json_pack("{s:s,s:s}", "rule_zh", WORKLIST_RULE_ZH, "rule_en",
		                     WORKLIST_RULE_EN));
	return e;
}

static enum err add_campaign(const struct campaign_row *c, void *ctx, struct why *why)
{
	json_t *j = json_pack("{s:o,s:o,s:s,s:I}", "id", j_id(c->id), "name", j_text(c->name),
	                      "mode", c->mode, "left", (json_int_t)(c->n_new + c->n_retry));
	return json_array_append_new(ctx, j) ? fail(why, E_NOMEM) : ERR_OK;
}

static enum err get_my_campaigns(struct req *rq, struct reply *rp, struct why *why)
{
	json_t *list = json_array();
	enum err e = campaign_of_agent(req_db(rq), req_person(rq), add_campaign, list, why);
	if (e)
		json_decref(list);
	else
		reply_list(rp, list, (int64_t)json_array_size(list), NULL, NULL);
	return e;
}

/* ---- live ---- */

static enum err greet(struct req *rq, struct sse_stream *st, struct why *why)
{
	if (!req_can(rq, PERM_DESK_USE))
		return ERR_OK;
	CLEANUP(json_cleanup) json_t *desk = NULL;
	enum err e = floor_req(rq, (struct floor_cmd){ .kind = CMD_DESK }, &desk, why);
	if (!e && desk)
		sse_send(st, "desk", desk);
	return e;
}

/* clang-format off */
static const struct route ROUTES[] = {
	{ HTTP_GET, "/api/v1/desk", get_desk, .perm = PERM_DESK_USE, .reply = FLOOR_DESK, .zh = "我的坐席台", .en = "My desk" },
	{ HTTP_POST, "/api/v1/station/offer", post_offer, .perm = PERM_DESK_USE, .or_perm = PERM_CALL_MONITOR, .body = SDP, .reply = SDP, .zh = "浏览器接入话机", .en = "Connect the browser's telephone (WebRTC offer, answer)" },
	{ HTTP_DELETE, "/api/v1/station", delete_station, .perm = PERM_DESK_USE, .or_perm = PERM_CALL_MONITOR, .zh = "断开话机", .en = "Put the telephone away" },
	{ HTTP_POST, "/api/v1/agent/status", post_status, .perm = PERM_DESK_USE, .body = STATUS, .reply = FLOOR_DESK, .zh = "示闲、示忙、签出", .en = "Ready, pause, offline" },
	{ HTTP_POST, "/api/v1/agent/campaign", post_campaign, .perm = PERM_DESK_USE, .body = CAMPAIGN_CHOICE, .reply = FLOOR_DESK, .zh = "选择外呼任务", .en = "Choose the campaign to work on" },
	{ HTTP_GET, "/api/v1/agent/campaigns", get_my_campaigns, .perm = PERM_DESK_USE, .list = MY_CAMPAIGN, .zh = "我可做的外呼任务", .en = "Campaigns I may work on" },
	{ HTTP_POST, "/api/v1/agent/wrapup/end", post_wrapup_end, .perm = PERM_DESK_USE, .reply = FLOOR_DESK, .zh = "结束话后", .en = "End wrap-up" },
	{ HTTP_GET, "/api/v1/worklist", get_worklist, .perm = PERM_DESK_USE, .query = WORK_QUERY, .list = WORK, .reply = RULE, .zh = "工作列表", .en = "What I have to do, in order" },
	{ HTTP_POST, "/api/v1/calls/dial", post_dial, .perm = PERM_DESK_USE, .body = DIAL, .reply = CALL_ID, .problem = REFUSED, .zh = "拨打", .en = "Call a customer" },
	{ HTTP_POST, "/api/v1/calls/preview", post_preview, .perm = PERM_DESK_USE, .body = PREVIEW, .reply = PREVIEWED, .zh = "预览下一位", .en = "Show me the next customer" },
	{ HTTP_POST, "/api/v1/calls/{id}/hangup", post_hangup, .perm = PERM_DESK_USE, .subject = "call", .zh = "挂断", .en = "Hang up" },
	{ HTTP_POST, "/api/v1/calls/{id}/answer", post_answer, .perm = PERM_DESK_USE, .subject = "call", .zh = "接听", .en = "Answer" },
	{ HTTP_POST, "/api/v1/calls/{id}/mute", post_mute, .perm = PERM_DESK_USE, .subject = "call", .body = ON, .zh = "静音", .en = "Mute" },
	{ HTTP_POST, "/api/v1/calls/{id}/hold", post_hold, .perm = PERM_DESK_USE, .subject = "call", .body = ON, .zh = "保持", .en = "Hold with music" },
	{ HTTP_POST, "/api/v1/calls/{id}/digits", post_digits, .perm = PERM_DESK_USE, .subject = "call", .body = DIGITS, .zh = "发送按键", .en = "Send digits" },
	{ HTTP_POST, "/api/v1/calls/{id}/transfer", post_transfer, .perm = PERM_DESK_USE, .subject = "call", .body = TO, .zh = "转接", .en = "Hand over" },
	{ HTTP_POST, "/api/v1/calls/{id}/transfer/cancel", post_transfer_cancel, .perm = PERM_DESK_USE, .subject = "call", .zh = "取消转接", .en = "Take the hand-over back" },
	{ HTTP_POST, "/api/v1/calls/{id}/flag", post_flag, .perm = PERM_DESK_USE, .subject = "call", .body = FLAG, .zh = "标记客户", .en = "Flag the customer at once" },
	{ HTTP_POST, "/api/v1/calls/{id}/result", post_result, .perm = PERM_DESK_USE, .subject = "call", .query = DRAFT_QUERY, .body = RESULT, .reply = FLOOR_DESK, .zh = "保存结果", .en = "Save the result" },
	{ HTTP_PUT, "/api/v1/calls/{id}/result", put_result, .perm = PERM_DESK_USE, .or_perm = PERM_CALL_END, .subject = "call", .body = CORRECTION, .zh = "更正结果", .en = "Correct the result of today's call" },
	{ HTTP_GET, "/api/v1/result-set", get_result_set, .reply = RESULT_SET, .zh = "结果选项", .en = "Results, grades and flags" },
	ROUTE_END
};
static const struct sse_event EVENTS[] = {
	{ "desk", FLOOR_DESK, "坐席台状态", "The whole state of my desk" },
	SSE_EVENT_END
};
/* clang-format on */

const struct api_area API_DESK = {
	.tag = "desk", .routes = ROUTES, .events = EVENTS, .greet = greet
};
