#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "demo/load.h"
#include "gate/gate.h"

enum { CALL_BACK_MS = 10 * 60 * 1000 }; /* a missed call's task is due after it */

/* What agents write down, four ways for each result that deserves a note. */
static const char *const NOTES[SIM_RESULT_COUNT][4] = {
	[SIM_RES_INTERESTED] = { "有兴趣，要和家里人商量", "问得很细，要一份方案",
	                         "最近在比较，下周再联系", "有预算，想了解细节" },
	[SIM_RES_INVITE] = { "约周六 10:00 到店，夫妻一起来", "约周日下午到店，发地址",
	                     "约周四晚试听，提前半小时提醒", "约周六 15:00，带身份证" },
	[SIM_RES_WECHAT] = { "已加微信，发资料", "微信同号，先看资料再约", "加微信，对比两家",
	                     "加微信，周末再联系" },
	[SIM_RES_DEAL] = { "已付款，交接完成", "确认签约，短信付款链接已付", "老客户介绍，当场定",
	                   "看过合同，今天付款" },
	[SIM_RES_FOLLOW] = { "暂不着急，过几天再联系", "还在考虑费用", "下月有安排，到时再说",
	                     "先了解，没定" },
	[SIM_RES_CALLBACK] = { "在开会，另约时间", "在开车，晚点回电", "不方便，明天再打",
	                       "约好时间再聊" },
};

static const char *const PROMISES[SIM_RESULT_COUNT] = {
	[SIM_RES_INTERESTED] = "跟进意向",   [SIM_RES_INVITE] = "到访前确认",
	[SIM_RES_WECHAT] = "看完资料回访",   [SIM_RES_FOLLOW] = "再联系",
	[SIM_RES_CALLBACK] = "约定时间回电",
};

static const char *note_of(const struct sim_call *c)
{
	const char *text = c->note < 0 ? NULL : NOTES[c->result][c->note];
	return text ? text : "";
}

static struct val when(int64_t utc_ms)
{
	return utc_ms ? V_INT(utc_ms) : V_NULL;
}

static int day_of(const struct load *l, int64_t utc_ms)
{
	return zone_day(utc_ms, l->zone);
}

/* ---- the gate's verdict ---- */

/* As the gate judged it then: the customer of a refused attempt had given no consent. */
static void judge(const struct load *l, const struct policy *p, const struct sim_call *c,
                  struct gate_verdict *v)
{
	const struct sim_customer *who = &l->s->customers[c->customer];
	struct gate_facts f = {
		.now_utc_ms = c->start_utc_ms,
		.kind = NUMBER_MOBILE,
		.purpose = "marketing",
		.ring_timeout_s = 30,
		.campaign = GATE_CAMPAIGN_RUNNING,
		.consent = { .is_known = who->has_consent,
		             .purpose = "marketing",
		             .given_utc_ms = who->created_utc_ms - 5 * 86400000LL },
		.caller = { .is_needed = true, .is_registered = true },
	};
	(void)gate(p, &f, v, NULL);
}

static enum err insert_attempt(struct load *l, const struct policy *p, int i, struct ids *ids,
                               struct why *why)
{
	const struct sim_call *c = &l->s->calls[i];
	struct str detail = { 0 };
	struct gate_verdict v;
	memset(&v, 0, sizeof(v));
	if (c->is_blocked || c->dialogue >= 0) {
		struct jw w = { .out = &detail };
		judge(l, p, c, &v);
		gate_explain(&v, &w, NULL);
	} else {
		str_add(&detail, "{}");
	}
	l->attempt_id[i] = id_at(ids, c->start_utc_ms);
	enum err e = db_exec(
	    l->db,
	    "INSERT INTO attempt (id, call_id, campaign_id, task_id, customer_id, phone_id, "
	    "number_hash, agent_id, unit_id, mode,"
	    " trunk_id, caller_number_id, verdict, verdict_detail, policy_version, created_utc_ms, "
	    "invite_utc_ms, end_utc_ms, outcome,"
	    " sip_code, q850, day, cell_id, epoch) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, "
	    "?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17,"
	    " ?18, ?19, ?20, ?21, ?22, ?23, 0)",
	    ARGS(V_INT(l->attempt_id[i]), V_ID(l->call_id[i]), V_INT(l->campaign_id[c->campaign]),
	         V_INT(l->task_id[c->customer]), V_INT(l->customer_id[c->customer]),
	         V_INT(l->phone[c->customer].id),
	         V_BYTES(l->phone[c->customer].hash, VAULT_HASH_BYTES),
	         V_INT(l->agent_id[c->agent]), V_INT(l->unit_id[CAST_AGENT[c->agent].unit]),
	         V_TEXT(CAST_CAMPAIGN[c->campaign].mode), V_INT(l->trunk_id),
	         V_INT(l->caller_number_id[c->campaign]),
	         V_TEXT(c->is_blocked ? gate_verdict_text(&v) : "ok"), V_TEXT(str_text(&detail)),
	         V_INT(p->version), V_INT(c->start_utc_ms), when(c->invite_utc_ms),
	         V_INT(c->end_utc_ms), V_TEXT(sim_outcome_code(c->outcome)),
	         V_ID(sim_outcome_sip(c->outcome)), V_ID(sim_outcome_q850(c->outcome)),
	         V_INT(day_of(l, c->start_utc_ms)), V_INT(l->cfg->cell_id)),
	    NULL, why);
	str_free(&detail);
	return e;
}

/* ---- the call ---- */

static const char *ended_by(const struct sim_call *c)
{
	if (c->outcome == SIM_ANSWERED)
		return c->ended_by_customer ? "customer" : "agent";
	return c->outcome == SIM_NO_ANSWER ? "system" : "customer";
}

static const char *result_of(const struct sim_call *c)
{
	if (c->is_machine)
		return "machine";
	return c->result == SIM_NO_RESULT ? sim_outcome_code(c->outcome)
	                                  : sim_result_code(c->result);
}

static enum err insert_call(struct load *l, int i, struct why *why)
{
	const struct sim_call *c = &l->s->calls[i];
	int64_t talk_ms = c->answer_utc_ms ? c->end_utc_ms - c->answer_utc_ms : 0;
	int64_t agent_talk_ms =
	    c->bridge_utc_ms ? c->end_utc_ms - c->bridge_utc_ms - c->hold_ms : 0;
	bool is_missed = c->outcome == SIM_MISSED;
	return db_exec(l->db,
	               "INSERT INTO call (id, direction, mode, state, attempt_id, campaign_id, "
	               "task_id, customer_id, phone_id, number_mask,"
	               " agent_id, unit_id, trunk_id, start_utc_ms, ring_utc_ms, answer_utc_ms, "
	               "bridge_utc_ms, end_utc_ms, talk_ms,"
	               " agent_talk_ms, hold_ms, hold_count, outcome, audio, ended_by, sip_code, "
	               "q850, script_key, script_version, result,"
	               " grade, flags, wechat, deal_fen, wrapup_end_utc_ms, day, cell_id) VALUES "
	               "(?1, ?2, ?3, 'ended', ?4, ?5, ?6, ?7, ?8,"
	               " ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, "
	               "?24, ?25, ?26, ?27, 1, ?28, ?29, ?30,"
	               " ?31, ?32, ?33, ?34, ?35)",
	               ARGS(V_INT(l->call_id[i]), V_TEXT(c->is_incoming ? "in" : "out"),
	                    V_TEXT(c->is_incoming ? "incoming" : CAST_CAMPAIGN[c->campaign].mode),
	                    V_ID(l->attempt_id[i]), V_INT(l->campaign_id[c->campaign]),
	                    c->is_incoming ? V_NULL : V_INT(l->task_id[c->customer]),
	                    V_INT(l->customer_id[c->customer]), V_INT(l->phone[c->customer].id),
	                    V_TEXT(l->phone[c->customer].mask),
	                    is_missed ? V_NULL : V_INT(l->agent_id[c->agent]),
	                    V_INT(l->unit_id[CAST_AGENT[c->agent].unit]), V_INT(l->trunk_id),
	                    V_INT(c->start_utc_ms), when(c->ring_utc_ms), when(c->answer_utc_ms),
	                    when(c->bridge_utc_ms), V_INT(c->end_utc_ms), V_INT(talk_ms),
	                    V_INT(agent_talk_ms), V_INT(c->hold_ms), V_INT(c->hold_ms ? 1 : 0),
	                    V_TEXT(sim_outcome_code(c->outcome)),
	                    V_TEXT(!c->answer_utc_ms || c->is_incoming ? "unknown"
	                           : c->is_machine                     ? "machine"
	                                                               : "human"),
	                    V_TEXT(ended_by(c)), V_ID(sim_outcome_sip(c->outcome)),
	                    V_ID(sim_outcome_q850(c->outcome)),
	                    V_TEXT(CAST_CAMPAIGN[c->campaign].script), V_TEXT(result_of(c)),
	                    V_TEXT(c->grade), V_INT(c->flags), V_TEXT(c->has_wechat ? "yes" : ""),
	                    V_INT(c->deal_fen), V_INT(c->wrapup_end_utc_ms),
	                    V_INT(day_of(l, c->start_utc_ms)), V_INT(l->cfg->cell_id)),
	               NULL, why);
}

static enum err insert_leg(struct load *l, int i, struct ids *ids, struct why *why)
{
	const struct sim_call *c = &l->s->calls[i];
	return db_exec(l->db,
	               "INSERT INTO leg (id, call_id, kind, start_utc_ms, answer_utc_ms, "
	               "end_utc_ms, sip_code, q850)"
	               " VALUES (?1, ?2, 'trunk', ?3, ?4, ?5, ?6, ?7)",
	               ARGS(V_INT(id_at(ids, c->start_utc_ms)), V_INT(l->call_id[i]),
	                    V_INT(c->start_utc_ms), when(c->answer_utc_ms), V_INT(c->end_utc_ms),
	                    V_ID(sim_outcome_sip(c->outcome)), V_ID(sim_outcome_q850(c->outcome))),
	               NULL, why);
}

static enum err insert_result(struct load *l, int i, struct ids *ids, struct why *why)
{
	const struct sim_call *c = &l->s->calls[i];
	bool by_system = c->result == SIM_RES_UNSAVED;
	return db_exec(
	    l->db,
	    "INSERT INTO result (id, call_id, customer_id, agent_id, code, set_version, grade, "
	    "flags, wechat, deal_fen,"
	    " next_utc_ms, promise, note, by_system, by_id, saved_utc_ms) VALUES (?1, ?2, ?3, ?4, "
	    "?5, 1, ?6, ?7, ?8, ?9, ?10,"
	    " ?11, ?12, ?13, ?14, ?15)",
	    ARGS(V_INT(id_at(ids, c->wrapup_end_utc_ms)), V_INT(l->call_id[i]),
	         V_INT(l->customer_id[c->customer]), V_INT(l->agent_id[c->agent]),
	         V_TEXT(result_of(c)), V_TEXT(c->grade), V_INT(c->flags),
	         V_TEXT(c->has_wechat ? "yes" : ""), V_INT(c->deal_fen), when(c->next_utc_ms),
	         V_TEXT(PROMISES[c->result] && c->next_utc_ms ? PROMISES[c->result] : ""),
	         V_TEXT(note_of(c)), V_BOOL(by_system),
	         by_system ? V_NULL : V_INT(l->agent_id[c->agent]), V_INT(c->wrapup_end_utc_ms)),
	    NULL, why);
}

static enum err insert_note(struct load *l, int i, struct ids *ids, struct why *why)
{
	const struct sim_call *c = &l->s->calls[i];
	return db_exec(l->db,
	               "INSERT INTO note (id, customer_id, call_id, by_id, at_utc_ms, text) VALUES "
	               "(?1, ?2, ?3, ?4, ?5, ?6)",
	               ARGS(V_INT(id_at(ids, c->wrapup_end_utc_ms)),
	                    V_INT(l->customer_id[c->customer]), V_INT(l->call_id[i]),
	                    V_INT(l->agent_id[c->agent]), V_INT(c->wrapup_end_utc_ms),
	                    V_TEXT(note_of(c))),
	               NULL, why);
}

static enum err insert_deal(struct load *l, int i, struct ids *ids, struct why *why)
{
	const struct sim_call *c = &l->s->calls[i];
	return db_exec(l->db,
	               "INSERT INTO deal (id, customer_id, call_id, agent_id, unit_id, amount_fen, "
	               "at_utc_ms, day)"
	               " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	               ARGS(V_INT(id_at(ids, c->end_utc_ms)), V_INT(l->customer_id[c->customer]),
	                    V_INT(l->call_id[i]), V_INT(l->agent_id[c->agent]),
	                    V_INT(l->unit_id[CAST_AGENT[c->agent].unit]), V_INT(c->deal_fen),
	                    V_INT(c->end_utc_ms), V_INT(day_of(l, c->end_utc_ms))),
	               NULL, why);
}

/* ---- what was missed ---- */

/* The last one that is overdue by now: whoever opens the demo finds something to act on at once. */
static bool is_left_open(const struct load *l, int missed)
{
	for (int i = missed + 1; i < l->s->n_calls; i++)
		if (l->s->calls[i].outcome == SIM_MISSED &&
		    l->s->calls[i].end_utc_ms + CALL_BACK_MS < l->cfg->now_utc_ms)
			return false;
	return true;
}

/* The first call to the same customer after it; -1: none. */
static int called_back(const struct load *l, int missed)
{
	if (is_left_open(l, missed))
		return -1;
	for (int i = missed + 1; i < l->s->n_calls; i++)
		if (l->s->calls[i].customer == l->s->calls[missed].customer &&
		    !l->s->calls[i].is_blocked && l->s->calls[i].outcome != SIM_MISSED)
			return i;
	return -1;
}

static enum err insert_missed(struct load *l, int i, struct ids *ids, struct why *why)
{
	const struct sim_call *c = &l->s->calls[i];
	int by = called_back(l, i);
	return db_exec(
	    l->db,
	    "INSERT INTO missed_call (id, call_id, customer_id, number_hash, mask, unit_id, "
	    "agent_id, at_utc_ms, due_utc_ms,"
	    " done_utc_ms, done_call_id, cell_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, "
	    "?11, ?12)",
	    ARGS(V_INT(id_at(ids, c->end_utc_ms)), V_INT(l->call_id[i]),
	         V_INT(l->customer_id[c->customer]),
	         V_BYTES(l->phone[c->customer].hash, VAULT_HASH_BYTES),
	         V_TEXT(l->phone[c->customer].mask), V_INT(l->unit_id[CAST_AGENT[c->agent].unit]),
	         V_INT(l->agent_id[c->agent]), V_INT(c->end_utc_ms),
	         V_INT(c->end_utc_ms + CALL_BACK_MS),
	         by < 0 ? V_NULL : V_INT(l->s->calls[by].start_utc_ms),
	         by < 0 ? V_NULL : V_INT(l->call_id[by]), V_INT(l->cfg->cell_id)),
	    NULL, why);
}

/* ---- what agents did and promised ---- */

static enum err load_spans(struct load *l, struct why *why)
{
	struct ids ids = { 0 };
	enum err e = ERR_OK;
	for (int i = 0; !e && i < l->s->n_spans; i++) {
		const struct sim_span *p = &l->s->spans[i];
		e = db_exec(l->db,
		            "INSERT INTO agent_span (id, person_id, unit_id, state, reason, "
		            "campaign_id, call_id, from_utc_ms, to_utc_ms, day,"
		            " cell_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
		            ARGS(V_INT(id_at(&ids, p->from_utc_ms)), V_INT(l->agent_id[p->agent]),
		                 V_INT(l->unit_id[CAST_AGENT[p->agent].unit]), V_TEXT(p->state),
		                 V_TEXT(p->reason),
		                 p->campaign < 0 ? V_NULL : V_INT(l->campaign_id[p->campaign]),
		                 p->call < 0 ? V_NULL : V_INT(l->call_id[p->call]),
		                 V_INT(p->from_utc_ms), V_INT(p->to_utc_ms),
		                 V_INT(day_of(l, p->from_utc_ms)), V_INT(l->cfg->cell_id)),
		            NULL, why);
	}
	return e;
}

static enum err load_followups(struct load *l, struct why *why)
{
	struct ids ids = { 0 };
	enum err e = ERR_OK;
	for (int i = 0; !e && i < l->s->n_followups; i++) {
		const struct sim_followup *f = &l->s->followups[i];
		const char *what = PROMISES[l->s->calls[f->from_call].result];
		e = db_exec(l->db,
		            "INSERT INTO followup (id, customer_id, owner_id, unit_id, kind, "
		            "due_utc_ms, what, from_call_id, created_utc_ms,"
		            " done_utc_ms, done_call_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, "
		            "?9, ?10, ?11)",
		            ARGS(V_INT(id_at(&ids, f->created_utc_ms)),
		                 V_INT(l->customer_id[f->customer]), V_INT(l->agent_id[f->owner]),
		                 V_INT(l->unit_id[CAST_AGENT[f->owner].unit]), V_TEXT(f->kind),
		                 V_INT(f->due_utc_ms), V_TEXT(what ? what : "再联系"),
		                 V_INT(l->call_id[f->from_call]), V_INT(f->created_utc_ms),
		                 when(f->done_utc_ms),
		                 f->done_call < 0 ? V_NULL : V_INT(l->call_id[f->done_call])),
		            NULL, why);
	}
	return e;
}

struct call_ids {
	struct ids attempts, legs, results, notes, deals, missed;
};

static enum err load_one(struct load *l, const struct policy *p, int i, struct call_ids *ids,
                         struct why *why)
{
	const struct sim_call *c = &l->s->calls[i];
	enum err e = c->is_incoming ? ERR_OK : insert_attempt(l, p, i, &ids->attempts, why);
	if (e || c->is_blocked)
		return e;
	if ((e = insert_call(l, i, why)) || (e = insert_leg(l, i, &ids->legs, why)))
		return e;
	if (c->result != SIM_NO_RESULT && (e = insert_result(l, i, &ids->results, why)))
		return e;
	if (*note_of(c) && (e = insert_note(l, i, &ids->notes, why)))
		return e;
	if (c->deal_fen && (e = insert_deal(l, i, &ids->deals, why)))
		return e;
	return c->outcome == SIM_MISSED ? insert_missed(l, i, &ids->missed, why) : ERR_OK;
}

enum err load_calls(struct load *l, struct why *why)
{
	struct ids calls = { 0 };
	struct call_ids ids = { 0 };
	struct policy p;
	enum err e = policy_load(l->db, POLICY_DEFAULT_KEY, l->cfg->now_utc_ms, &p, why);
	for (int i = 0; i < l->s->n_calls; i++)
		l->call_id[i] =
		    l->s->calls[i].is_blocked ? 0 : id_at(&calls, l->s->calls[i].start_utc_ms);
	for (int i = 0; !e && i < l->s->n_calls; i++)
		e = load_one(l, &p, i, &ids, why);
	if (!e)
		e = load_spans(l, why);
	return e ? e : load_followups(l, why);
}
