#include <math.h>
#include <string.h>

#include "demo/sim_int.h"

static const struct {
	const char *code;
	int first, warm; /* shares in 1/1000 */
	int talk_from_s, talk_to_s;
} RESULT[SIM_RESULT_COUNT] = { [SIM_NO_RESULT] = { "", 0, 0, 0, 0 },
#define X(name, code, first, warm, from, to) [SIM_RES_##name] = { code, first, warm, from, to },
	                       SIM_RESULTS(X)
#undef X
};

static const struct {
	const char *code;
	int sip, q850;
} OUTCOME[SIM_OUTCOME_COUNT] = {
#define X(name, code, sip, q850) { code, sip, q850 },
	SIM_OUTCOMES(X)
#undef X
};

const char *sim_result_code(enum sim_result r)
{
	return RESULT[r].code;
}
const char *sim_outcome_code(enum sim_outcome o)
{
	return OUTCOME[o].code;
}
int sim_outcome_sip(enum sim_outcome o)
{
	return OUTCOME[o].sip;
}
int sim_outcome_q850(enum sim_outcome o)
{
	return OUTCOME[o].q850;
}

/* Chance in % that a person picks up, by hour of the day: people answer more towards the evening.
 */
static const int ANSWERS_PCT[24] = { 30, 30, 30, 30, 30, 30, 30, 30, 30, 33, 38, 36,
	                             34, 33, 34, 35, 36, 38, 42, 43, 40, 32, 30, 30 };

static enum sim_outcome draw_outcome(struct floor_sim *f, const struct sim_customer *c,
                                     int64_t utc_ms)
{
	if (c->line)
		return (enum sim_outcome)c->line;
	int hour = zone_minute(utc_ms, f->s->cfg.zone) / 60;
	double p = ANSWERS_PCT[hour] / 100.0 * c->answers * (c->warmth ? 1.5 : 1);
	double x = rng_unit(&f->r);
	if (x < p)
		return SIM_ANSWERED;
	x = rng_unit(&f->r);
	return x < 0.13    ? SIM_BUSY
	       : x < 0.26  ? SIM_REJECTED
	       : x < 0.39  ? SIM_OFF
	       : x < 0.397 ? SIM_FAILED
	                   : SIM_NO_ANSWER;
}

static bool is_wish(enum sim_result r)
{
	return r == SIM_RES_INTERESTED || r == SIM_RES_INVITE || r == SIM_RES_WECHAT ||
	       r == SIM_RES_DEAL;
}

static enum sim_result draw_result(struct floor_sim *f, const struct sim_customer *c, int agent)
{
	double share[SIM_RESULT_COUNT], sum = 0;
	for (int i = 1; i < SIM_RESULT_COUNT; i++) {
		share[i] = c->warmth ? RESULT[i].warm : RESULT[i].first;
		if (is_wish((enum sim_result)i))
			share[i] *= CAST_AGENT[agent].skill_pct / 100.0;
		sum += share[i];
	}
	double x = rng_unit(&f->r) * sum;
	for (int i = 1; i < SIM_RESULT_COUNT; i++)
		if ((x -= share[i]) < 0)
			return (enum sim_result)i;
	return SIM_RES_REFUSED;
}

/* ---- conversations ---- */

static bool fits(const struct bank_dialogue *d, enum sim_result r, const char *script)
{
	return !strcmp(d->result, RESULT[r].code) &&
	       (!strcmp(d->script, "any") || !strcmp(d->script, script));
}

static int pick_dialogue(struct floor_sim *f, enum sim_result r, const char *script)
{
	int found[64], n = 0;
	for (int i = 0; i < bank_dialogues(f->s->cfg.bank) && n < 64; i++)
		if (fits(bank_dialogue(f->s->cfg.bank, i), r, script))
			found[n++] = i;
	return n ? found[rng_next(&f->r) % (uint64_t)n] : -1;
}

/* A voice of the person's sex, always the same for the same person. */
static int voice_of(const struct bank *b, enum bank_side side, bool is_female, int person)
{
	int n = bank_voices(b, side), found[16], k = 0;
	for (int i = 0; i < n && k < 16; i++)
		if (bank_is_female(b, side, i) == is_female)
			found[k++] = i;
	return k ? found[person % k] : person % n;
}

/* Agents with these names are women; the rest are men. */
static bool agent_is_female(int agent)
{
	static const char *const WOMEN[] = { "李娜", "周敏", "吴静", "何雨", "高洁", "林涛" };
	for (size_t i = 0; i < sizeof(WOMEN) / sizeof(WOMEN[0]); i++)
		if (!strcmp(CAST_AGENT[agent].name, WOMEN[i]))
			return agent != CAST_VISITOR;
	return false;
}

static int64_t talk_ms(struct floor_sim *f, enum sim_result r)
{
	double lean = rng_unit(&f->r);
	int64_t from = RESULT[r].talk_from_s, to = RESULT[r].talk_to_s;
	return from * 1000 + (int64_t)(pow(lean, 1.5) * (double)((to - from) * 1000));
}

/* ---- what follows from a result ---- */

static void ask_again(struct floor_sim *f, int customer, int agent, const char *kind,
                      int64_t due_utc_ms, struct sim_call *call)
{
	struct sim_customer *c = &f->s->customers[customer];
	c->owner = agent;
	c->task_state = "retry";
	c->due_utc_ms = c->next_contact_utc_ms = call->next_utc_ms = due_utc_ms;
	c->open_followup =
	    add_followup(f, &(struct sim_followup){ .customer = customer,
	                                            .owner = agent,
	                                            .from_call = f->s->n_calls,
	                                            .done_call = -1,
	                                            .kind = kind,
	                                            .due_utc_ms = due_utc_ms,
	                                            .created_utc_ms = call->end_utc_ms });
	heap_push(f, &f->own[agent], due_utc_ms, customer);
}

/* The next time of day at which people may be called, `after` ms from now at the earliest. */
static int64_t at_working_hour(struct floor_sim *f, int64_t utc_ms)
{
	int day = zone_day(utc_ms, f->s->cfg.zone), minute = zone_minute(utc_ms, f->s->cfg.zone);
	if (minute >= 1200)
		return zone_at(day_add(day, 1), 600 + (int)rng_between(&f->r, 0, 90),
		               f->s->cfg.zone);
	if (minute < 540)
		return zone_at(day, 540 + (int)rng_between(&f->r, 5, 90), f->s->cfg.zone);
	return minute >= 690 && minute < 850
	           ? zone_at(day, 845 + (int)rng_between(&f->r, 5, 90), f->s->cfg.zone)
	           : utc_ms;
}

static void end_task(struct sim_customer *c, const char *status, const char *reason)
{
	c->task_state = "done";
	c->task_reason = reason;
	c->status = status;
	c->next_contact_utc_ms = 0;
}

static void refuse(struct floor_sim *f, struct sim_customer *c, struct sim_call *call)
{
	end_task(c, "refused", "refused");
	bool is_firm =
	    call->dialogue >= 0
		? !strcmp(bank_dialogue(f->s->cfg.bank, call->dialogue)->key, "refuse_dnc")
		: rng_is(&f->r, 0.09);
	if (is_firm) {
		call->flags |= 1 | (rng_is(&f->r, 0.2) ? 4 : 0);
		c->is_dnc = true;
	}
}

static void follow_up(struct floor_sim *f, int customer, int agent, struct sim_call *call)
{
	struct sim_customer *c = &f->s->customers[customer];
	int64_t at = call->end_utc_ms, day = DAY_MS, hour = HOUR_MS;
	bool is_a = call->result != SIM_RES_INTERESTED || rng_is(&f->r, 0.4);
	switch (call->result) {
	case SIM_RES_INTERESTED:
	case SIM_RES_INVITE:
	case SIM_RES_WECHAT:
		call->grade = c->grade = is_a ? "A" : "B";
		call->has_wechat = call->result == SIM_RES_WECHAT || rng_is(&f->r, 0.35);
		c->status = "interested";
		c->warmth = 1;
		ask_again(
		    f, customer, agent, "rhythm",
		    at_working_hour(f, at + (is_a ? 2 : 5) * day + rng_between(&f->r, 0, day)),
		    call);
		break;
	case SIM_RES_DEAL:
		call->grade = c->grade = "A";
		call->has_wechat = rng_is(&f->r, 0.6);
		call->deal_fen = call->campaign == 3   ? 960000
		                 : call->campaign == 2 ? rng_between(&f->r, 90, 190) * 100000
		                                       : rng_between(&f->r, 1, 4) * 1000000;
		end_task(c, "deal", "deal");
		break;
	case SIM_RES_FOLLOW:
		call->grade = c->grade = "C";
		c->status = "contacted";
		ask_again(f, customer, agent, "rhythm",
		          at_working_hour(f, at + rng_between(&f->r, 3 * day, 9 * day)), call);
		break;
	case SIM_RES_CALLBACK:
		c->status = "contacted";
		ask_again(f, customer, agent, "promise",
		          at_working_hour(f, at + day + rng_between(&f->r, -2 * hour, 20 * hour)),
		          call);
		break;
	case SIM_RES_REFUSED:
		refuse(f, c, call);
		break;
	case SIM_RES_INVALID:
		end_task(c, "invalid", "invalid");
		call->flags |= rng_is(&f->r, 0.5) ? 2 : 0;
		break;
	case SIM_RES_UNSAVED:
	case SIM_NO_RESULT:
	case SIM_RESULT_COUNT:
		c->task_state = "retry";
		c->due_utc_ms = at_working_hour(f, at + 2 * day);
		heap_push(f, &f->retries[call->campaign], c->due_utc_ms, customer);
		break;
	}
}

/* Nobody talked: when to try again, or that it ends here. */
static void try_later(struct floor_sim *f, int customer, struct sim_call *call)
{
	struct sim_customer *c = &f->s->customers[customer];
	static const int64_t WAIT_MS[SIM_OUTCOME_COUNT] = {
		[SIM_NO_ANSWER] = 7200000, [SIM_BUSY] = 900000,     [SIM_OFF] = 10800000,
		[SIM_SUSPENDED] = DAY_MS,  [SIM_REJECTED] = DAY_MS, [SIM_FAILED] = 600000,
	};
	c->task_reason = OUTCOME[call->outcome].code;
	int limit = call->outcome == SIM_SUSPENDED ? 2 : c->warmth || c->owner >= 0 ? 9 : 5;
	if (call->outcome == SIM_EMPTY || c->attempts >= limit) {
		end_task(c, call->outcome == SIM_EMPTY ? "invalid" : "unreached",
		         call->outcome == SIM_EMPTY ? "empty" : "max_attempts");
		return;
	}
	int64_t due =
	    call->end_utc_ms + WAIT_MS[call->outcome] + rng_between(&f->r, 0, 4 * HOUR_MS);
	/* Three tries within 24 hours are the most. */
	if (c->tried_utc_ms[2] && due < c->tried_utc_ms[2] + DAY_MS)
		due = c->tried_utc_ms[2] + DAY_MS + rng_between(&f->r, 0, 6 * HOUR_MS);
	c->task_state = "retry";
	c->due_utc_ms = due = at_working_hour(f, due);
	heap_push(f, c->owner >= 0 ? &f->own[c->owner] : &f->retries[call->campaign], due,
	          customer);
}

/* ---- one call ---- */

static void converse(struct floor_sim *f, int customer, int agent, struct sim_call *call)
{
	struct sim_customer *c = &f->s->customers[customer];
	const struct bank *b = f->s->cfg.bank;
	call->result = draw_result(f, c, agent);
	call->customer_voice = voice_of(b, BANK_CUSTOMER, !c->is_male, customer);
	call->agent_voice = voice_of(b, BANK_AGENT, agent_is_female(agent), agent);
	call->seed = rng_next(&f->r);
	double p = f->recorded * (is_wish(call->result)             ? 4
	                          : call->result == SIM_RES_REFUSED ? 0.5
	                                                            : 1);
	if (rng_is(&f->r, p))
		call->dialogue =
		    pick_dialogue(f, call->result, CAST_CAMPAIGN[call->campaign].script);
	call->end_utc_ms = call->bridge_utc_ms + talk_ms(f, call->result);
	if (call->dialogue < 0 && call->end_utc_ms - call->answer_utc_ms > 60000 &&
	    rng_is(&f->r, 0.04)) {
		call->hold_ms = rng_between(&f->r, 6000, 25000);
		call->end_utc_ms += call->hold_ms;
	}
}

static void answered(struct floor_sim *f, int customer, int agent, struct sim_call *call)
{
	struct sim_customer *c = &f->s->customers[customer];
	call->bridge_utc_ms = call->answer_utc_ms + 250;
	call->is_machine = !call->is_incoming && rng_is(&f->r, 0.055);
	call->ended_by_customer = rng_is(&f->r, 0.62);
	if (call->is_machine)
		call->end_utc_ms = call->bridge_utc_ms + rng_between(&f->r, 4000, 14000);
	else
		converse(f, customer, agent, call);
	call->wrapup_end_utc_ms =
	    call->end_utc_ms +
	    (call->is_machine ? rng_between(&f->r, 3000, 8000) : rng_between(&f->r, 9000, 52000));
	if (call->is_machine)
		return;
	c->answered++;
	c->talked_utc_ms = call->answer_utc_ms;
}

static void settle(struct floor_sim *f, int customer, int agent, struct sim_call *call)
{
	struct sim_customer *c = &f->s->customers[customer];
	c->last_agent = agent;
	c->last_contact_utc_ms = call->start_utc_ms;
	if (call->outcome == SIM_ANSWERED && c->open_followup >= 0) {
		f->s->followups[c->open_followup].done_call = f->s->n_calls;
		f->s->followups[c->open_followup].done_utc_ms = call->end_utc_ms;
		c->open_followup = -1;
	}
	if (call->outcome != SIM_ANSWERED) {
		try_later(f, customer, call);
		return;
	}
	if (call->is_machine) {
		call->outcome = SIM_NO_ANSWER;
		try_later(f, customer, call);
		call->outcome = SIM_ANSWERED;
		return;
	}
	c->last_result = (int)call->result;
	call->note = call->result == SIM_RES_UNSAVED ? -1 : (int)(rng_next(&f->r) % 4);
	follow_up(f, customer, agent, call);
}

static struct sim_call begun(struct floor_sim *f, int customer, int agent, int64_t utc_ms)
{
	return (struct sim_call){ .customer = customer,
		                  .agent = agent,
		                  .campaign = f->s->customers[customer].campaign,
		                  .start_utc_ms = utc_ms,
		                  .grade = "",
		                  .dialogue = -1,
		                  .note = -1 };
}

void sim_try(struct floor_sim *f, int customer, int agent, int64_t utc_ms, struct sim_call *ret)
{
	struct sim_customer *c = &f->s->customers[customer];
	*ret = begun(f, customer, agent, utc_ms);
	if (!c->has_consent) {
		ret->is_blocked = true;
		ret->outcome = SIM_BLOCKED;
		ret->end_utc_ms = ret->wrapup_end_utc_ms = utc_ms;
		c->task_state = "blocked";
		c->task_reason = "E_GATE_CONSENT_NONE";
		return;
	}
	c->attempts++;
	c->tried_utc_ms[2] = c->tried_utc_ms[1];
	c->tried_utc_ms[1] = c->tried_utc_ms[0];
	c->tried_utc_ms[0] = utc_ms;
	ret->invite_utc_ms = utc_ms + rng_between(&f->r, 40, 160);
	ret->outcome = draw_outcome(f, c, utc_ms);
	int64_t rings = ret->outcome == SIM_EMPTY || ret->outcome == SIM_FAILED
	                    ? 0
	                    : ret->invite_utc_ms + rng_between(&f->r, 700, 2600);
	ret->ring_utc_ms = rings;
	int64_t from = rings ? rings : ret->invite_utc_ms;
	if (ret->outcome == SIM_ANSWERED) {
		ret->answer_utc_ms = from + rng_between(&f->r, 2500, 19000);
		answered(f, customer, agent, ret);
	} else {
		ret->end_utc_ms =
		    from + (ret->outcome == SIM_NO_ANSWER ? RING_LIMIT_MS
		                                          : rng_between(&f->r, 1500, 9000));
		ret->wrapup_end_utc_ms = ret->end_utc_ms;
	}
	settle(f, customer, agent, ret);
}

void sim_incoming(struct floor_sim *f, int customer, int agent, int64_t utc_ms,
                  struct sim_call *ret)
{
	*ret = begun(f, customer, agent, utc_ms);
	ret->is_incoming = true;
	ret->ring_utc_ms = utc_ms + 120;
	if (rng_is(&f->r, 0.22)) {
		ret->outcome = SIM_MISSED;
		ret->end_utc_ms = ret->wrapup_end_utc_ms =
		    ret->ring_utc_ms + rng_between(&f->r, 12000, 40000);
		return;
	}
	ret->outcome = SIM_ANSWERED;
	ret->answer_utc_ms = ret->ring_utc_ms + rng_between(&f->r, 2000, 9000);
	answered(f, customer, agent, ret);
	settle(f, customer, agent, ret);
}
