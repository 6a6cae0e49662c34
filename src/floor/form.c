/* Forms that were open when an earlier process ended: each agent finds his again, filled as he left
 * it. floor_recover() has left at most one to an agent. */
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/log.h"
#include "base/str.h"
#include "floor/floor_int.h"

struct forms_job {
	struct floor_job j;
	const struct vault *vault;
	int64_t cell_id, now_utc_ms;
	struct live *found;
};

static void form_free(struct live *l)
{
	target_free(&l->target);
	free(l->draft);
	free(l);
}

static void forms_free(struct forms_job *fj)
{
	while (fj->found) {
		struct live *l = fj->found;
		fj->found = l->next;
		form_free(l);
	}
	free(fj);
}

static void fill_facts(const struct rows *r, int at, struct call_facts *c)
{
	c->start_utc_ms = rows_int(r, at);
	c->ring_utc_ms = rows_int(r, at + 1);
	c->answer_utc_ms = rows_int(r, at + 2);
	c->bridge_utc_ms = rows_int(r, at + 3);
	c->end_utc_ms = rows_int(r, at + 4);
	c->outcome = outcome_parse(rows_text(r, at + 5));
}

static enum err form_read(struct forms_job *fj, struct db *db, const struct rows *r,
                          struct why *why)
{
	struct live *l = calloc(1, sizeof *l);
	if (!l)
		return fail(why, E_NOMEM);
	l->id = rows_int(r, 0);
	l->agent_id = rows_int(r, 1);
	l->attempt_id = rows_int(r, 2);
	l->campaign_id = rows_int(r, 3);
	l->task_id = rows_int(r, 4);
	l->customer_id = rows_int(r, 5);
	l->phone_id = rows_int(r, 6);
	l->unit_id = rows_int(r, 7);
	l->is_incoming = l->call.is_incoming = strcmp(rows_text(r, 8), "in") == 0;
	l->flags = (int)rows_int(r, 9);
	str_copy(l->script_key, sizeof l->script_key, rows_text(r, 10));
	l->script_version = rows_int(r, 11);
	str_copy(l->mask, sizeof l->mask, rows_text(r, 12));
	fill_facts(r, 13, &l->call.facts);
	l->call.state = CALL_ENDED;
	l->is_committed = l->is_final_saved = l->is_recorded = true;
	l->draft = rows_null(r, 19) ? NULL : strdup(rows_text(r, 19));
	l->next = fj->found;
	fj->found = l;
	l->target = l->customer_id ? target_new() : NULL;
	/* A customer who is gone or has no number any more is still whom the form is about. */
	struct why one;
	if (l->target && target_load(db, fj->vault, l->customer_id, l->phone_id, 0, fj->now_utc_ms,
	                             l->target, &one))
		target_free(&l->target);
	if (l->target) {
		memset(l->target->e164, 0, sizeof l->target->e164);
		str_copy(l->place, sizeof l->place, l->target->place);
	}
	return ERR_OK;
}

static enum err forms_read(struct db *db, struct floor_job *j, struct why *why)
{
	struct forms_job *fj = (struct forms_job *)j;
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_query(
	    db,
	    "SELECT c.id, c.agent_id, c.attempt_id, c.campaign_id, c.task_id, c.customer_id, "
	    "c.phone_id, c.unit_id, c.direction, c.flags, c.script_key, c.script_version, "
	    "c.number_mask, c.start_utc_ms, c.ring_utc_ms, c.answer_utc_ms, c.bridge_utc_ms, "
	    "c.end_utc_ms, c.outcome, d.form FROM call c "
	    "LEFT JOIN call_draft d ON d.call_id = c.id "
	    "WHERE c.id >= ?2 AND c.cell_id = ?1 AND c.state = 'ended' AND c.answer_utc_ms IS NOT "
	    "NULL AND c.result IS NULL AND c.agent_id IS NOT NULL AND c.start_utc_ms >= ?3 "
	    "ORDER BY c.id",
	    ARGS(V_INT(fj->cell_id), V_INT(id_floor(fj->now_utc_ms - FORMS_BACK_MS)),
	         V_INT(fj->now_utc_ms - FORM_KEPT_MS)),
	    &r, why);
	while (!e && !(e = rows_next(r, why)))
		e = form_read(fj, db, r, why);
	return e == ERR_END ? ERR_OK : e;
}

static void give_back(struct floor *f, struct seat *s, struct live *l)
{
	const struct campaign *c = world_campaign(f->world, l->campaign_id);
	l->wrapup_limit_s = c ? c->wrapup_limit_s : (int)f->world->settings.wrapup_limit_s;
	l->owner = s;
	live_link(f, l);
	s->live = l;
	s->is_absent = true;
	agent_resume_wrapup(&s->agent, l->id, f->now_ms + l->wrapup_limit_s * (int64_t)1000,
	                    f->now_ms);
	s->since_utc_ms = f->now_utc_ms;
	seat_changed(f, s);
}

static void forms_done(struct floor *f, struct floor_job *j)
{
	struct forms_job *fj = (struct forms_job *)j;
	int n = 0;
	if (j->e)
		log_warn("floor", "forms_unread", LOG_WHY(&j->why));
	while (!j->e && fj->found) {
		struct live *l = fj->found;
		struct seat *s = seat_by_id(f, l->agent_id);
		fj->found = l->next;
		l->next = NULL;
		if (s && !s->live) {
			give_back(f, s, l);
			n++;
		} else {
			form_free(l);
		}
	}
	if (n)
		log_info("floor", "forms_given_back", LOG_I("n", n));
	f->forms = j->e ? FORMS_UNREAD : FORMS_READ;
	forms_free(fj);
}

void forms_restore(struct floor *f)
{
	if (f->forms != FORMS_UNREAD || !f->world || !f->epoch)
		return;
	struct forms_job *fj = calloc(1, sizeof *fj);
	if (!fj)
		return;
	*fj = (struct forms_job){ .j = { .read = forms_read, .done = forms_done },
		                  .vault = f->cfg.vault,
		                  .cell_id = f->cfg.cell->cell_id,
		                  .now_utc_ms = f->now_utc_ms };
	if (floor_read(f, &fj->j, NULL)) {
		free(fj);
		return;
	}
	f->forms = FORMS_READING;
}
