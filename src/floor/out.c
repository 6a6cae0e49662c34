/* Calls out: whom, by whom, and the commit before the INVITE. */
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/log.h"
#include "base/str.h"
#include "base/zone.h"
#include "dialer/task.h"
#include "floor/save_int.h"
#include "profile/version.h"

/* How long a commit may take before the agent is let go; the call is then never made. And how old
 * an unfinished attempt counts as a call in progress. */
enum { COMMIT_WAIT_MS = 5000, OPEN_ATTEMPT_MS = 4 * 3600 * 1000 };

/* ---- the attempt's commit ---- */

struct begin_job {
	struct floor_job j;
	struct world *world;
	int64_t call_id, attempt_id, recording_id, person_id, unit_id, trunk_id, caller_number_id,
	    now_utc_ms, day, cell_id, epoch;
	enum dial_mode mode;
	char script_key[WORLD_KEY_BYTES], rec_path[REC_PATH_BYTES];
	struct target target; /* without the number */
	/* results */
	struct gate_verdict verdict;
	int64_t script_version;
	char *explained; /* JSON */
	struct ticket *ticket;
};

static enum err explain(const struct gate_verdict *v, char **ret, struct why *why)
{
	struct str s = { 0 };
	struct jw w = { .out = &s };
	gate_explain(v, &w, NULL);
	free(*ret);
	*ret = NULL;
	return str_take(&s, ret, why);
}

static enum err add_attempt(struct tx *tx, const struct begin_job *b, bool is_refused,
                            struct why *why)
{
	struct attempt_new a = { .id = b->attempt_id,
		                 .call_id = is_refused ? 0 : b->call_id,
		                 .campaign_id = b->target.campaign_id,
		                 .task_id = b->target.task_id,
		                 .customer_id = b->target.customer_id,
		                 .phone_id = b->target.phone_id,
		                 .agent_id = b->person_id,
		                 .unit_id = b->unit_id,
		                 .mode = dial_mode_code(b->mode),
		                 .trunk_id = b->trunk_id,
		                 .caller_number_id = b->caller_number_id,
		                 .verdict = gate_verdict_text(&b->verdict),
		                 .verdict_detail = b->explained,
		                 .policy_version = b->verdict.policy_version,
		                 .created_utc_ms = b->now_utc_ms,
		                 .day = b->day,
		                 .cell_id = b->cell_id,
		                 .epoch = b->epoch };
	memcpy(a.number_hash, b->target.hash, sizeof a.number_hash);
	return attempt_add(tx, &a, is_refused, why);
}

static enum err store_refusal(struct tx *tx, const struct begin_job *b, struct why *why)
{
	enum err e = add_attempt(tx, b, true, why);
	if (e || !b->target.task_id)
		return e;
	struct retry_next n = retry_refused(&b->verdict, b->now_utc_ms);
	return task_settle(tx,
	                   &(struct task_settle){ .task_id = b->target.task_id,
	                                          .agent_id = b->target.task_agent_id,
	                                          .state = n.state,
	                                          .due_utc_ms = n.due_utc_ms,
	                                          .reason = n.reason },
	                   why);
}

static enum err script_version_now(struct tx *tx, struct begin_job *b, struct why *why)
{
	b->script_version = 0;
	if (!*b->script_key)
		return ERR_OK;
	CLEANUP(version_free) struct version *v = NULL;
	enum err e = version_at(tx_db(tx), "script", b->script_key, b->now_utc_ms, &v, why);
	if (e == ERR_NOT_FOUND) {
		b->script_key[0] = '\0';
		return ERR_OK;
	}
	if (!e)
		b->script_version = v->n;
	return e;
}

static enum err store_call(struct tx *tx, struct begin_job *b, struct why *why)
{
	const struct target *t = &b->target;
	bool is_open = false;
	enum err e = attempt_is_open(tx, t->hash, b->now_utc_ms - OPEN_ATTEMPT_MS, &is_open, why);
	if (e)
		return e;
	if (is_open)
		return fail(why, E_CUSTOMER_IN_CALL);
	if (t->task_id && (e = task_claim(tx, t->task_id, b->person_id, b->mode == DIAL_PROGRESSIVE,
	                                  b->now_utc_ms, why)))
		return e;
	if ((e = script_version_now(tx, b, why)) || (e = add_attempt(tx, b, false, why)))
		return e;
	return call_add(tx,
	                &(struct call_new){ .id = b->call_id,
	                                    .attempt_id = b->attempt_id,
	                                    .campaign_id = t->campaign_id,
	                                    .task_id = t->task_id,
	                                    .customer_id = t->customer_id,
	                                    .phone_id = t->phone_id,
	                                    .agent_id = b->person_id,
	                                    .unit_id = b->unit_id,
	                                    .trunk_id = b->trunk_id,
	                                    .mode = dial_mode_code(b->mode),
	                                    .number_mask = t->mask,
	                                    .script_key = *b->script_key ? b->script_key : NULL,
	                                    .script_version = b->script_version,
	                                    .start_utc_ms = b->now_utc_ms,
	                                    .day = b->day,
	                                    .cell_id = b->cell_id,
	                                    .recording_id = b->recording_id,
	                                    .recording_path = b->rec_path },
	                why);
}

static enum err begin_write(struct tx *tx, struct floor_job *j, struct why *why)
{
	struct begin_job *b = (struct begin_job *)j;
	struct gate_subject s = { .hash = b->target.hash,
		                  .customer_id = b->target.customer_id,
		                  .caller_number_id = b->caller_number_id };
	struct gate_facts facts = b->target.facts;
	enum err e = gate_commit(tx, &b->world->policy, &s, &facts, &b->verdict, why);
	if (e || (e = explain(&b->verdict, &b->explained, why)))
		return e;
	return b->verdict.code ? store_refusal(tx, b, why) : store_call(tx, b, why);
}

static enum err begin_encode(const void *kept, struct str *out, struct why *why)
{
	const struct begin_job *b = kept;
	return save_encode_never(&(struct never_made){ .call_id = b->call_id,
	                                               .attempt_id = b->attempt_id,
	                                               .recording_id = b->recording_id,
	                                               .agent_id = b->person_id,
	                                               .customer_id = b->target.customer_id,
	                                               .phone_id = b->target.phone_id,
	                                               .unit_id = b->unit_id,
	                                               .task_id = b->target.task_id,
	                                               .task_agent_id = b->target.task_agent_id,
	                                               .now_utc_ms = b->now_utc_ms,
	                                               .day = b->day,
	                                               .cell_id = b->cell_id },
	                         out, why);
}

const struct writer_kind BEGIN_KIND = {
	.name = "begin", .encode = begin_encode, .enter = save_enter, .is_undone = true
};

static void begin_free(struct begin_job *b)
{
	world_unref(&b->world);
	free(b->explained);
	free(b);
}

/* The call was never made: its agent is free again and nothing remains. */
static void drop_live(struct floor *f, struct live *l)
{
	struct seat *s = l->owner;
	if (s && s->live == l) {
		s->live = NULL;
		seat_event(f, s, AGENT_EV_RELEASE, l, 0);
	}
	live_free(f, l);
}

static void answer_refusal(struct begin_job *b)
{
	struct why why = { 0 };
	for (int i = 0; i < GATE_RULE_COUNT && !why.code; i++)
		why = b->verdict.check[i].why;
	CLEANUP(json_cleanup) json_t *v = NULL;
	json_t *answer =
	    json_read_text(b->explained, &v, NULL) ? NULL : json_pack("{s:O}", "verdict", v);
	ticket_fail(b->ticket, ERR_CONFLICT, &why, answer);
}

static void place_call(struct floor *f, struct live *l)
{
	const struct campaign *c = world_campaign(f->world, l->campaign_id);
	struct why why = { 0 };
	struct dial d = { .trunk_id = l->trunk_id,
		          .to_e164 = l->target->e164,
		          .caller_e164 = c ? c->caller : "",
		          .ring_timeout_ms =
		              (c ? c->ring_timeout_s : (int)f->world->settings.ring_timeout_s) *
		              1000,
		          .call_id = l->id };
	enum err e = f->cfg.phone.dial(f->cfg.phone.ctx, &d, &l->leg, &why);
	memset(l->target->e164, 0, sizeof l->target->e164);
	if (e) {
		log_warn("floor", "dial_failed", LOG_ID("call", l->id), LOG_WHY(&why));
		live_end(f, l, e == ERR_LIMIT ? CAUSE_TRUNK_LIMIT : CAUSE_TRUNK_FAIL, 0, 0,
		         CALL_BY_SYSTEM);
		return;
	}
	live_on(f, l, CALL_EV_INVITE);
	live_leg_row(f, l, "trunk", 0);
	char path[WORLD_URI_BYTES + REC_PATH_BYTES];
	snprintf(path, sizeof path, "%s/%s", f->recordings_dir, l->rec_path);
	if (f->cfg.phone.record(f->cfg.phone.ctx, l->leg, path, &why))
		log_error("floor", "not_recorded", LOG_ID("call", l->id), LOG_WHY(&why));
	else
		l->is_recording = true;
	l->is_dirty = true;
	if (l->owner)
		seat_changed(f, l->owner);
}

static void begin_done(struct floor *f, struct floor_job *j)
{
	struct begin_job *b = (struct begin_job *)j;
	struct live *l = live_by_id(f, b->call_id);
	if (j->e || b->verdict.code) {
		/* A task somebody else has is nothing to report: the feed was a moment old. */
		if (j->e && j->e != ERR_CONFLICT)
			log_error("floor", "attempt_unwritten", LOG_ID("call", b->call_id),
			          LOG_WHY(&j->why));
		if (j->e)
			ticket_fail(b->ticket, j->e, &j->why, NULL);
		else
			answer_refusal(b);
		if (l)
			drop_live(f, l);
		begin_free(b);
		return;
	}
	l->is_committed = true;
	l->script_version = b->script_version;
	str_copy(l->script_key, sizeof l->script_key, b->script_key);
	if (l->is_hang_up_wanted || !l->owner || l->owner->station != STATION_UP) {
		live_end(f, l, CAUSE_CANCELLED, 0, 0,
		         l->is_hang_up_wanted ? l->wanted_by : CALL_BY_SYSTEM);
		ticket_fail(b->ticket, ERR_CONFLICT, &(struct why){ .code = E_CALL_OVER }, NULL);
	} else {
		place_call(f, l);
		char id[ID_TEXT_BYTES];
		ticket_ok(b->ticket, json_pack("{s:s}", "call_id", id_text(l->id, id)));
	}
	begin_free(b);
}

static void fill_facts(struct floor *f, const struct campaign *c, struct target *t)
{
	struct gate_facts *g = &t->facts;
	g->now_utc_ms = f->now_utc_ms;
	g->purpose = c ? c->purpose : "marketing";
	g->is_requested = t->is_requested;
	g->ring_timeout_s = c ? c->ring_timeout_s : (int)f->world->settings.ring_timeout_s;
	g->campaign = !c              ? GATE_CAMPAIGN_NONE
	              : c->is_running ? GATE_CAMPAIGN_RUNNING
	                              : GATE_CAMPAIGN_PAUSED;
}

static struct begin_job *begin_new(struct floor *f, const struct campaign *c, const struct live *l)
{
	struct begin_job *b = calloc(1, sizeof *b);
	if (!b)
		return NULL;
	*b = (struct begin_job){
		.j = { .write = begin_write, .done = begin_done, .kind = &BEGIN_KIND },
		.call_id = l->id,
		.attempt_id = l->attempt_id,
		.recording_id = l->recording_id,
		.person_id = l->owner->who.id,
		.unit_id = l->unit_id,
		.trunk_id = l->trunk_id,
		.caller_number_id = c ? c->caller_number_id : 0,
		.now_utc_ms = f->now_utc_ms,
		.day = floor_day(f),
		.cell_id = f->cfg.cell->cell_id,
		.epoch = f->epoch,
		.mode = l->mode,
		.target = *l->target
	};
	memset(b->target.e164, 0, sizeof b->target.e164);
	b->world = world_ref(f->world);
	/* The campaign's texts are read by the job through the world it holds. */
	b->target.facts.purpose = c ? c->purpose : "marketing";
	b->target.facts.caller.is_needed = true;
	str_copy(b->script_key, sizeof b->script_key, c ? c->script_key : "");
	str_copy(b->rec_path, sizeof b->rec_path, l->rec_path);
	return b;
}

static struct live *live_out(struct floor *f, struct seat *s, const struct campaign *c,
                             struct target *t, enum dial_mode mode)
{
	struct live *l = live_new(f, false);
	if (!l)
		return NULL;
	l->attempt_id = id_new();
	l->recording_id = id_new();
	l->owner = s;
	l->agent_id = s->who.id;
	l->target = t;
	l->mode = mode;
	l->customer_id = t->customer_id;
	l->phone_id = t->phone_id;
	l->task_id = t->task_id;
	l->followup_id = t->followup_id;
	l->campaign_id = t->campaign_id = c ? c->id : 0;
	l->trunk_id = c ? c->trunk_id : 0;
	l->unit_id = s->who.unit_id;
	l->retry = c ? c->retry : (struct retry_rules){ 0 };
	l->wrapup_limit_s = c ? c->wrapup_limit_s : (int)f->world->settings.wrapup_limit_s;
	str_copy(l->mask, sizeof l->mask, t->mask);
	str_copy(l->place, sizeof l->place, t->place);
	memcpy(l->hash, t->hash, sizeof l->hash);
	char id[ID_TEXT_BYTES];
	snprintf(l->rec_path, sizeof l->rec_path, "%d/%s.wav", floor_day(f), id_text(l->id, id));
	return l;
}

/* Calls that have a place on the line but have not left yet: their commit is under way. Without
 * them, all agents who are free at one moment would be given the same last place. */
static int waiting_for(const struct floor *f, int64_t trunk_id)
{
	int n = 0;
	for (const struct live *l = f->lives; l; l = l->next)
		n += l->trunk_id == trunk_id && !l->is_incoming && !l->leg &&
		     l->call.state != CALL_ENDED;
	return n;
}

static enum err house_stop(struct floor *f, int64_t trunk_id, struct why *why)
{
	struct pace_house h = { .is_stopping = f->is_draining,
		                .is_database_gone =
		                    f->cfg.io.is_spooling && f->cfg.io.is_spooling(f->cfg.io.ctx),
		                .is_lease_old = !cell_is_sure(f->cfg.cell, f->now_ms),
		                .is_disk_low = f->world->is_disk_low,
		                .writer_load_pct = f->cfg.io.load_pct(f->cfg.io.ctx),
		                .lines_free = -1 };
	const char *stop = pace_stop(&h);
	if (stop)
		return fail(why, E_NO_NEW_CALLS, stop);
	return f->cfg.phone.can_dial(f->cfg.phone.ctx, trunk_id, waiting_for(f, trunk_id), why);
}

enum err out_dial(struct floor *f, struct seat *s, const struct campaign *c, struct target *t,
                  enum dial_mode mode, struct ticket *ticket, struct why *why)
{
	if (s->station != STATION_UP)
		return fail(why, E_STATION_NONE);
	if (!agent_can_take(&s->agent) || s->helping)
		return fail(why, E_AGENT_EVENT, agent_state_code(s->agent.state), "DIAL");
	if (!c || !c->trunk_id)
		return fail(why, E_CAMPAIGN_NO_TRUNK);
	enum err e = house_stop(f, c->trunk_id, why);
	if (e)
		return e;
	fill_facts(f, c, t);
	struct live *l = live_out(f, s, c, t, mode);
	struct begin_job *b = l ? begin_new(f, c, l) : NULL;
	if (!b) {
		if (l) {
			l->target = NULL;
			live_free(f, l);
		}
		return fail(why, E_NOMEM);
	}
	b->ticket = ticket;
	if ((e = floor_write(f, LANE_LIVE, &b->j, why))) {
		begin_free(b);
		l->target = NULL;
		live_free(f, l);
		return e;
	}
	target_free(&s->preview);
	s->live = l;
	seat_event(f, s, AGENT_EV_RESERVE, l, f->now_ms + COMMIT_WAIT_MS);
	return ERR_OK;
}

/* ---- progressive: one call for one ready agent ---- */

struct settle_job {
	struct floor_job j;
	struct task_settle settle;
};

static enum err settle_write(struct tx *tx, struct floor_job *j, struct why *why)
{
	return task_settle(tx, &((struct settle_job *)j)->settle, why);
}

static void settle_done(struct floor *f, struct floor_job *j)
{
	(void)f;
	free(j); /* unwritten: the task is fed and refused again */
}

/* Refused in memory: the task waits or is blocked, and takes no agent. */
static void settle_refused(struct floor *f, const struct target *t, const struct gate_verdict *v)
{
	struct retry_next n = retry_refused(v, f->now_utc_ms);
	struct settle_job *sj = calloc(1, sizeof *sj);
	if (!sj)
		return;
	sj->j = (struct floor_job){ .write = settle_write, .done = settle_done };
	sj->settle = (struct task_settle){ .task_id = t->task_id,
		                           .agent_id = t->task_agent_id,
		                           .state = n.state,
		                           .due_utc_ms = n.due_utc_ms,
		                           .reason = n.reason };
	if (floor_write(f, LANE_NORMAL, &sj->j, NULL))
		free(sj);
}

/* The next target for this agent that the gate lets through. */
struct target *feed_next_allowed(struct floor *f, const struct campaign *c, const struct seat *s)
{
	struct target *t;
	while ((t = feed_take(f, c->id, s->who.id))) {
		struct gate_verdict v;
		fill_facts(f, c, t);
		if (!gate(&f->world->policy, &t->facts, &v, NULL))
			return t;
		settle_refused(f, t, &v);
		target_free(&t);
	}
	return NULL;
}

static struct seat *longest_ready(struct floor *f, int64_t campaign_id)
{
	struct seat *best = NULL;
	for (struct seat *s = f->seats; s; s = s->next) {
		if (s->campaign_id != campaign_id || !seat_can_take(s) || s->is_passed_over)
			continue;
		if (!best || s->agent.state_since_ms < best->agent.state_since_ms)
			best = s;
	}
	return best;
}

static void pace_campaign(struct floor *f, const struct campaign *c)
{
	int ready = 0, agents = 0;
	for (struct seat *s = f->seats; s; s = s->next) {
		s->is_passed_over = false;
		agents += s->campaign_id == c->id && s->agent.status != AGENT_OFFLINE;
		ready += s->campaign_id == c->id && seat_can_take(s);
	}
	struct feed *d = feed_of(f, c->id, agents > 0);
	if (!d)
		return;
	feed_fill(f, d, pace_fetch(c->mode, agents, d->n));
	struct pace_in in = { .mode = c->mode,
		              .is_running = c->is_running,
		              .ready = ready,
		              .tasks = d->n,
		              .house = { .lines_free = -1 } };
	for (int n = pace_calls(&in); n > 0 && !house_stop(f, c->trunk_id, NULL); n--) {
		struct seat *s = longest_ready(f, c->id);
		struct target *t = s ? feed_next_allowed(f, c, s) : NULL;
		if (!s)
			return;
		if (!t) {
			s->is_passed_over = true; /* what is left belongs to others */
			continue;
		}
		if (out_dial(f, s, c, t, DIAL_PROGRESSIVE, NULL, NULL)) {
			target_free(&t);
			return;
		}
	}
}

void out_pace(struct floor *f)
{
	for (int i = 0; f->world && !f->is_draining && f->epoch && i < f->world->n_campaigns; i++)
		if (f->world->campaigns[i].is_running)
			pace_campaign(f, &f->world->campaigns[i]);
}
