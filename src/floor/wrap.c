/* After the call: the form, its limit, and its end. */
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/log.h"
#include "floor/draft.h"
#include "floor/floor_int.h"
#include "floor/pack.h"

struct wrap_job {
	struct floor_job j;
	int64_t call_id, now_utc_ms;
	bool is_unsaved;
	struct result_in result;
	json_t *form; /* of the draft: owns the texts of `result` */
	int tries;
};

static enum err wrap_write(struct tx *tx, struct floor_job *j, struct why *why)
{
	struct wrap_job *w = (struct wrap_job *)j;
	enum err e = ERR_OK;
	if (w->is_unsaved && (e = result_store(tx, &w->result, why)) && why->code == E_RESULT_SAVED)
		e = ERR_OK; /* his own result came first */
	return e ? e : call_wrapped(tx, w->call_id, w->now_utc_ms, why);
}

static const struct pack_field WRAP_FIELDS[] = {
	PACK(PACK_INT, struct wrap_job, call_id),
	PACK(PACK_INT, struct wrap_job, now_utc_ms),
	PACK(PACK_BOOL, struct wrap_job, is_unsaved),
	PACK(PACK_INT, struct wrap_job, result.id),
	PACK(PACK_INT, struct wrap_job, result.call_id),
	PACK(PACK_INT, struct wrap_job, result.now_utc_ms),
	PACK(PACK_INT, struct wrap_job, result.day),
	PACK(PACK_TEXT, struct wrap_job, result.form.code),
	PACK(PACK_TEXT, struct wrap_job, result.form.grade),
	PACK(PACK_TEXT, struct wrap_job, result.form.wechat),
	PACK(PACK_TEXT, struct wrap_job, result.form.promise),
	PACK(PACK_TEXT, struct wrap_job, result.form.note),
	PACK_END,
};

static enum err wrap_encode(const void *kept, struct str *out, struct why *why)
{
	return pack_text(pack_write(WRAP_FIELDS, kept), out, why);
}

static enum err wrap_enter(struct tx *tx, const char *text, size_t bytes, struct why *why)
{
	CLEANUP(json_cleanup) json_t *j = NULL;
	struct wrap_job w = { 0 };
	enum err e = json_read(text, bytes, &j, why);
	if (e)
		return e;
	pack_read(WRAP_FIELDS, j, &w);
	return wrap_write(tx, &w.j, why);
}

const struct writer_kind WRAP_KIND = { .name = "wrapup",
	                               .encode = wrap_encode,
	                               .enter = wrap_enter };

void wrap_job_free(struct floor_job *j)
{
	json_decref(((struct wrap_job *)j)->form);
	free(j);
}

enum { WRAP_TRIES = 20 };

static void wrap_done(struct floor *f, struct floor_job *j)
{
	struct wrap_job *w = (struct wrap_job *)j;
	if (!j->e || floor_is_refused(j)) {
		f->are_figures_stale = true;
		wrap_job_free(&w->j);
		return;
	}
	log_error("floor", "wrapup_unwritten", LOG_ID("call", w->call_id), LOG_WHY(&j->why));
	/* What stays unwritten is put right at the next start: the form of a call without a result.
	 */
	if (++w->tries < WRAP_TRIES)
		floor_write_surely(f, j);
	else
		wrap_job_free(&w->j);
}

/* What stands in the half-filled form is kept with the system's result. */
static void unsaved_form(struct wrap_job *w, const char *draft)
{
	if (draft && json_read_text(draft, &w->form, NULL))
		w->form = NULL;
	w->result.form = draft_unsaved(w->form);
}

void wrap_begin(struct floor *f, struct live *l)
{
	struct seat *s = l->owner;
	seat_event(f, s, AGENT_EV_END, l, f->now_ms + l->wrapup_limit_s * (int64_t)1000);
}

void wrap_finish(struct floor *f, struct seat *s, bool is_saved)
{
	struct live *l = s->live;
	struct wrap_job *w = calloc(1, sizeof *w);
	if (w && l->is_committed) {
		w->j = (struct floor_job){ .write = wrap_write,
			                   .done = wrap_done,
			                   .kind = &WRAP_KIND };
		w->call_id = l->id;
		w->now_utc_ms = f->now_utc_ms;
		w->is_unsaved = !is_saved;
		w->result = (struct result_in){ .id = id_new(),
			                        .call_id = l->id,
			                        .now_utc_ms = f->now_utc_ms,
			                        .day = floor_day(f) };
		unsaved_form(w, is_saved ? NULL : l->draft);
		floor_write_surely(f, &w->j);
		l->is_result_saved = true;
	} else {
		free(w);
	}
	s->live = NULL;
	l->owner = NULL;
	seat_event(f, s, AGENT_EV_FINISH, l, 0);
}

void wrap_leave(struct floor *f, struct seat *s)
{
	struct live *l = s->live;
	s->live = NULL;
	l->owner = NULL;
	seat_event(f, s, AGENT_EV_FINISH, l, 0);
}

/* The commit did not come back in time: the agent is free, the call will not be made. */
static void let_reservation_go(struct floor *f, struct seat *s)
{
	struct live *l = s->live;
	log_warn("floor", "reservation_expired", LOG_ID("call", l->id));
	live_hang_up(f, l, CAUSE_CANCELLED, CALL_BY_SYSTEM);
	s->live = NULL;
	l->owner = NULL;
	seat_event(f, s, AGENT_EV_RELEASE, l, 0);
}

void wrap_tick(struct floor *f, struct seat *s)
{
	if (agent_is_due(&s->agent, f->now_ms)) {
		if (s->agent.state == AGENT_RESERVED && s->live && !s->live->is_committed)
			let_reservation_go(f, s);
		else if (s->agent.state == AGENT_WRAPUP)
			seat_changed(f, s);
	}
	bool is_overdue =
	    f->world && agent_is_pause_overdue(&s->agent, &f->world->pauses, f->now_ms);
	if (is_overdue != s->was_paused_overdue) {
		s->was_paused_overdue = is_overdue;
		seat_changed(f, s);
	}
}
