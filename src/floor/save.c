/* A call's facts on their way to the database: whenever they changed, and for good at the end. */
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/log.h"
#include "base/str.h"
#include "crm/customer.h"
#include "dialer/task.h"
#include "event/outbox.h"
#include "floor/floor_int.h"
#include "floor/result.h"
#include "floor/save_int.h"

/* A recording that is not reported closed so long after the end is left to the next start. */
enum { RECORDED_WAIT_MS = 15000, SAVE_AGAIN_MS = 500 };

static enum err store_system_result(struct tx *tx, const struct save_job *s, struct why *why)
{
	const char *code = outcome_result(s->call.facts.outcome);
	struct result_in in = {
		.id = s->result_id,
		.call_id = s->call.id,
		.form = { .code = code, .grade = "", .wechat = "", .promise = "", .note = "" },
		.is_final = true,
		.now_utc_ms = s->now_utc_ms,
		.day = s->day
	};
	if (!*code)
		return ERR_OK;
	enum err e = result_store(tx, &in, why);
	if (!e && s->task_id)
		e = task_settle(tx,
		                &(struct task_settle){ .task_id = s->task_id,
		                                       .agent_id = s->task_agent_id,
		                                       .state = s->next.state,
		                                       .due_utc_ms = s->next.due_utc_ms,
		                                       .reason = s->next.reason },
		                why);
	if (!e && s->call.facts.outcome == OUTCOME_EMPTY && s->call.phone_id)
		e = phone_mark_dead(tx, s->call.phone_id, s->now_utc_ms, why);
	return e;
}

static enum err store_contact(struct tx *tx, const struct save_job *s, struct why *why)
{
	const struct call_facts *f = &s->call.facts;
	bool is_answered = f->answer_utc_ms != 0;
	enum err e = customer_contacted(
	    tx,
	    &(struct customer_contact){ .customer_id = s->call.customer_id,
	                                .agent_id = s->call.agent_id,
	                                .at_utc_ms = f->end_utc_ms,
	                                .is_answered = is_answered,
	                                .result = is_answered ? NULL : outcome_result(f->outcome) },
	    why);
	if (!e && is_answered)
		e = missed_done(tx, s->call.customer_id, s->call.id, s->now_utc_ms, why);
	return e;
}

static enum err store_end(struct tx *tx, const struct save_job *s, struct why *why)
{
	enum err e = ERR_OK;
	if (!s->call.facts.answer_utc_ms)
		e = store_system_result(tx, s, why);
	else if (s->task_id)
		e = task_talked(tx, s->task_id, s->call.id, why);
	if (!e && s->call.customer_id)
		e = store_contact(tx, s, why);
	if (!e && s->is_missed)
		e = missed_add(tx, &s->missed, why);
	return e ? e
	         : outbox_add(tx, "call.ended", s->call.id, s->cell_id, s->now_utc_ms, NULL, why);
}

static enum err store_recording(struct tx *tx, const struct save_job *s, struct why *why)
{
	/* Unanswered and nothing to hear: no recording, rather than an empty one. */
	if (!s->call.facts.answer_utc_ms && (!s->rec.bytes || !s->rec.duration_ms))
		return recording_drop(tx, s->rec.id, why);
	return recording_close(tx, &s->rec, why);
}

enum err save_write(struct tx *tx, struct floor_job *j, struct why *why)
{
	struct save_job *s = (struct save_job *)j;
	enum err e = call_save(tx, &s->call, why);
	if (!e && s->has_rec_end)
		e = store_recording(tx, s, why);
	if (!e && s->is_last)
		e = store_end(tx, s, why);
	return e;
}

static void save_done(struct floor *f, struct floor_job *j)
{
	struct save_job *s = (struct save_job *)j;
	struct live *l = live_by_id(f, s->call.id);
	if (l) {
		l->is_saving = false;
		if (j->e && !floor_is_refused(j)) {
			log_error("floor", "call_unwritten", LOG_ID("call", l->id),
			          LOG_WHY(&j->why));
			l->is_dirty = true;
			l->retry_save_ms = f->now_ms + SAVE_AGAIN_MS;
		} else {
			int n = s->call.n_events;
			memmove(l->events, l->events + n,
			        (size_t)(l->n_events - n) * sizeof *l->events);
			l->n_events -= n;
			l->is_final_saved |= s->is_last;
			if (s->has_rec_end)
				l->has_rec_end = false;
			l->is_recorded |= s->has_rec_end;
			f->are_figures_stale |= s->is_last;
		}
	}
	free(s);
}

static void fill_missed(const struct floor *f, const struct live *l, struct save_job *s)
{
	s->is_missed = l->is_missed;
	s->missed = (struct missed_new){
		.id = s->result_id,
		.call_id = l->id,
		.customer_id = l->customer_id,
		.unit_id = l->unit_id,
		.agent_id = l->route.owner_id ? l->route.owner_id : l->route.last_agent_id,
		.at_utc_ms = l->call.facts.start_utc_ms,
		.due_utc_ms = l->call.facts.end_utc_ms + f->world->settings.missed_due_min * 60000,
		.cell_id = f->cfg.cell->cell_id
	};
	memcpy(s->missed.number_hash, l->hash, sizeof s->missed.number_hash);
	str_copy(s->mask, sizeof s->mask, l->mask);
	s->missed.mask = s->mask;
}

static void fill_end(struct floor *f, struct live *l, struct save_job *s)
{
	const struct target *t = l->target;
	enum outcome o = l->call.facts.outcome;
	s->is_last = true;
	s->next = retry_next(&l->retry, o, t ? t->task_attempts + 1 : 1, f->now_utc_ms);
	s->task_id = l->task_id;
	s->task_agent_id = t ? t->task_agent_id : 0;
	fill_missed(f, l, s);
}

static struct save_job *save_new(struct floor *f, struct live *l)
{
	struct save_job *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	s->j = (struct floor_job){ .write = save_write, .done = save_done, .kind = &SAVE_KIND };
	s->now_utc_ms = f->now_utc_ms;
	s->day = floor_day(f);
	s->cell_id = f->cfg.cell->cell_id;
	s->result_id = id_new();
	memcpy(s->legs, l->legs, sizeof s->legs);
	memcpy(s->events, l->events, sizeof s->events);
	s->call = (struct call_save){ .id = l->id,
		                      .attempt_id = l->attempt_id,
		                      .agent_id = l->agent_id,
		                      .customer_id = l->customer_id,
		                      .phone_id = l->phone_id,
		                      .unit_id = l->unit_id,
		                      .state = l->call.state,
		                      .facts = l->call.facts,
		                      .legs = s->legs,
		                      .n_legs = l->n_legs,
		                      .events = s->events,
		                      .n_events = l->n_events };
	s->has_rec_end = l->has_rec_end;
	s->rec = l->rec;
	if (l->call.state == CALL_ENDED && !l->is_final_saved)
		fill_end(f, l, s);
	return s;
}

static void save_one(struct floor *f, struct live *l)
{
	struct save_job *s = save_new(f, l);
	if (!s)
		return;
	if (floor_write(f, LANE_LIVE, &s->j, NULL)) {
		free(s);
		l->retry_save_ms = f->now_ms + SAVE_AGAIN_MS;
		return;
	}
	l->is_saving = true;
	l->is_dirty = false;
}

/* A recording that never began, or whose end is never reported, is closed too. */
static void end_recording(const struct floor *f, struct live *l)
{
	if (l->call.state != CALL_ENDED || l->has_rec_end || l->is_recorded || !l->recording_id)
		return;
	if (l->is_recording && f->now_ms - l->ended_ms < RECORDED_WAIT_MS)
		return;
	if (call_is_answered(&l->call))
		log_error("floor", "recording_lost", LOG_ID("call", l->id));
	l->rec = (struct recording_end){ .id = l->recording_id,
		                         .state = "lost",
		                         .started_utc_ms = l->call.facts.start_utc_ms };
	l->has_rec_end = true;
	l->is_recording = false;
	l->is_dirty = true;
}

/* Nothing more will come of it: nobody fills its form, all facts are committed. */
static bool is_over(const struct live *l)
{
	return l->call.state == CALL_ENDED && l->is_final_saved && l->is_recorded &&
	       !l->is_saving && !l->is_dirty && !l->owner;
}

void save_flush(struct floor *f)
{
	struct live *next;
	for (struct live *l = f->lives; l; l = next) {
		next = l->next;
		if (!l->is_committed)
			continue;
		end_recording(f, l);
		if (l->is_dirty && !l->is_saving && f->now_ms >= l->retry_save_ms)
			save_one(f, l);
		if (is_over(l))
			live_free(f, l);
	}
}
