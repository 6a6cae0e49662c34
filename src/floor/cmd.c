/* What other threads ask: a table of what each question does, and the waiting for the answer. */
#include "floor/cmd.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/id.h"
#include "base/str.h"
#include "floor/floor_int.h"

enum { REASON_BYTES = 64, UNITS_MAX = 256 };

struct ticket {
	floor_reply_fn *fn;
	void *ctx;
};

static void answer(struct ticket *t, enum err e, const struct why *why, json_t *j)
{
	if (!t) {
		json_decref(j);
		return;
	}
	t->fn(t->ctx, e, why, j);
	free(t);
}

void ticket_ok(struct ticket *t, json_t *j)
{
	answer(t, ERR_OK, NULL, j);
}

void ticket_fail(struct ticket *t, enum err e, const struct why *why, json_t *j)
{
	answer(t, e, why, j);
}

/* ---- what each question does; a handler that answers later takes the ticket and says so ---- */

struct ask {
	struct floor *f;
	const struct floor_cmd *cmd;
	struct seat *s;      /* who asks */
	struct live *l;      /* cmd->call_id */
	struct seat *target; /* cmd->target_id */
	struct ticket *ticket;
	bool is_later;
	json_t *answer;
};

typedef enum err ask_fn(struct ask *a, struct why *why);

static enum err ask_desk(struct ask *a, struct why *why)
{
	(void)why;
	a->answer = desk_json(a->f, a->s);
	return ERR_OK;
}

static enum err ask_status(struct ask *a, struct why *why)
{
	enum err e = seat_status(a->f, a->s, a->cmd->text, a->cmd->reason, why);
	return e ? e : ask_desk(a, why);
}

static enum err ask_campaign(struct ask *a, struct why *why)
{
	struct floor *f = a->f;
	int64_t id = a->cmd->campaign_id;
	if (id && (!f->world || !world_campaign(f->world, id) ||
	           !world_is_on(f->world, id, a->s->who.id)))
		return fail(why, E_CAMPAIGN_NOT_YOURS);
	a->s->campaign_id = id;
	target_free(&a->s->preview);
	seat_changed(f, a->s);
	return ask_desk(a, why);
}

static void offered(void *ctx, int64_t leg, const char *sdp, const struct why *why)
{
	(void)leg; /* UP tells whose it is */
	if (sdp)
		ticket_ok(ctx, json_pack("{s:s}", "sdp", sdp));
	else
		ticket_fail(ctx, why ? err_kind(why->code) : ERR_IO, why, NULL);
}

static enum err ask_offer(struct ask *a, struct why *why)
{
	char key[ID_TEXT_BYTES];
	a->is_later = true; /* the reply may come within the call */
	enum err e = a->f->cfg.phone.web_offer(a->f->cfg.phone.ctx, id_text(a->s->who.id, key),
	                                       a->cmd->text, offered, a->ticket, why);
	a->is_later = !e;
	if (!e)
		a->s->station_session_id = a->cmd->session_id;
	if (!e && a->s->station == STATION_NONE) {
		a->s->station = STATION_CONNECTING;
		seat_changed(a->f, a->s);
	}
	return e;
}

static enum err ask_station_close(struct ask *a, struct why *why)
{
	if (a->s->live && a->s->live->call.state != CALL_ENDED)
		return fail(why, E_AGENT_IN_CALL, agent_state_code(a->s->agent.state));
	if (a->s->station_leg)
		(void)a->f->cfg.phone.hangup(a->f->cfg.phone.ctx, a->s->station_leg, CAUSE_NORMAL,
		                             NULL);
	return ERR_OK;
}

static enum err ask_dial(struct ask *a, struct why *why)
{
	struct floor *f = a->f;
	if (!f->world || !a->cmd->target)
		return fail(why, E_FLOOR_BUSY);
	int64_t campaign_id =
	    a->cmd->target->campaign_id ? a->cmd->target->campaign_id : a->s->campaign_id;
	const struct campaign *c = world_campaign(f->world, campaign_id);
	struct target *t = target_new();
	if (!t)
		return fail(why, E_NOMEM);
	*t = *a->cmd->target;
	/* A customer who is fed to somebody else must not be at hand twice. */
	feed_forget(f, t->customer_id);
	enum dial_mode mode = c && c->mode == DIAL_PREVIEW ? DIAL_PREVIEW : DIAL_MANUAL;
	enum err e = out_dial(f, a->s, c, t, mode, a->ticket, why);
	if (e)
		target_free(&t);
	a->is_later = !e;
	return e;
}

static enum err ask_preview(struct ask *a, struct why *why)
{
	struct floor *f = a->f;
	const struct campaign *c = f->world ? world_campaign(f->world, a->s->campaign_id) : NULL;
	if (!c || !c->is_running)
		return fail(why, E_CAMPAIGN_NOT_YOURS);
	if (a->s->agent.state != AGENT_IDLE)
		return fail(why, E_AGENT_EVENT, agent_state_code(a->s->agent.state), "PREVIEW");
	if (a->cmd->on || !a->s->preview) {
		target_free(&a->s->preview);
		a->s->preview = feed_next_allowed(f, c, a->s);
	}
	if (!a->s->preview)
		return fail(why, E_NO_TASK_DUE);
	char task[ID_TEXT_BYTES], customer[ID_TEXT_BYTES];
	a->answer = json_pack(
	    "{s:s,s:s,s:s,s:s,s:s}", "task_id", id_text(a->s->preview->task_id, task),
	    "customer_id", id_text(a->s->preview->customer_id, customer), "name",
	    a->s->preview->name, "why_zh", a->s->preview->why_zh, "why_en", a->s->preview->why_en);
	return ERR_OK;
}

static enum err ask_answer(struct ask *a, struct why *why)
{
	return a->l->transfer.to == a->s ? talk_transfer_accept(a->f, a->s, a->l, why)
	                                 : in_answer(a->f, a->s, a->l, why);
}

static enum err ask_hangup(struct ask *a, struct why *why)
{
	if (a->l->transfer.to == a->s) {
		talk_transfer_drop(a->f, a->l, "refused");
		return ERR_OK;
	}
	return talk_hangup(a->f, a->s, a->l, why);
}

static enum err ask_mute(struct ask *a, struct why *why)
{
	return talk_mute(a->f, a->s, a->l, a->cmd->on, why);
}

static enum err ask_hold(struct ask *a, struct why *why)
{
	return talk_hold(a->f, a->s, a->l, a->cmd->on, why);
}

static enum err ask_digits(struct ask *a, struct why *why)
{
	return talk_digits(a->f, a->s, a->l, a->cmd->text, why);
}

static enum err ask_transfer(struct ask *a, struct why *why)
{
	return talk_transfer(a->f, a->s, a->l, a->cmd->target_id, why);
}

static enum err ask_transfer_cancel(struct ask *a, struct why *why)
{
	return talk_transfer_cancel(a->f, a->l, why);
}

static enum err ask_flag(struct ask *a, struct why *why)
{
	(void)why;
	a->l->flags = a->cmd->on ? a->l->flags | a->cmd->flag : a->l->flags & ~a->cmd->flag;
	char detail[40];
	snprintf(detail, sizeof detail, "{\"flag\":%d,\"on\":%s}", a->cmd->flag,
	         a->cmd->on ? "true" : "false");
	live_event(a->f, a->l, "flag", a->cmd->person_id, detail);
	if (a->l->owner)
		seat_changed(a->f, a->l->owner);
	return ERR_OK;
}

static enum err ask_draft(struct ask *a, struct why *why)
{
	char *copy = strdup(a->cmd->text);
	if (!copy)
		return fail(why, E_NOMEM);
	free(a->l->draft);
	a->l->draft = copy;
	return ERR_OK;
}

/* His result is committed. During the call the form may be saved early: the end then needs no
 * wrap-up. */
static enum err ask_saved(struct ask *a, struct why *why)
{
	struct floor *f = a->f;
	struct seat *s = a->l->owner;
	a->l->is_result_saved = true;
	f->are_figures_stale = true;
	if (!s)
		return ERR_OK;
	if (strcmp(a->cmd->text, "break") == 0 && f->world && f->world->pauses.n) {
		enum err e = agent_choose(&s->agent, AGENT_PAUSED, f->world->pauses.row[0].code,
		                          &f->world->pauses, f->now_ms, why);
		if (e && e != ERR_LIMIT)
			return e;
	}
	if (s->agent.state == AGENT_WRAPUP)
		wrap_finish(f, s, true);
	seat_changed(f, s);
	a->s = s;
	return ask_desk(a, why);
}

static enum err finish(struct floor *f, struct seat *s, struct why *why)
{
	if (s->agent.state != AGENT_WRAPUP || !s->live)
		return fail(why, E_AGENT_EVENT, agent_state_code(s->agent.state), "FINISH");
	wrap_finish(f, s, s->live->is_result_saved);
	return ERR_OK;
}

static enum err ask_wrapup_end(struct ask *a, struct why *why)
{
	enum err e = finish(a->f, a->s, why);
	return e ? e : ask_desk(a, why);
}

static enum err ask_monitor(struct ask *a, struct why *why)
{
	return monitor_set(a->f, a->s, a->target, a->cmd->text, why);
}

static enum err ask_end_call(struct ask *a, struct why *why)
{
	if (a->l->call.state == CALL_ENDED)
		return fail(why, E_CALL_OVER);
	live_hang_up(a->f, a->l, CAUSE_NORMAL, CALL_BY_SUPERVISOR);
	return ERR_OK;
}

static enum err ask_remind(struct ask *a, struct why *why)
{
	(void)why;
	struct floor *f = a->f;
	json_t *n = json_pack("{s:s,s:s,s:s,s:I,s:n}", "kind", "remind", "text_zh",
	                      "主管提醒：请尽快完成话后整理", "text_en",
	                      "Your supervisor asks you to finish the form", "at_utc_ms",
	                      (json_int_t)f->now_utc_ms, "link");
	if (n)
		f->cfg.sink.person(f->cfg.sink.ctx, a->target->who.id, "notice", n);
	json_decref(n);
	if (a->target->live)
		live_event(f, a->target->live, "remind", a->cmd->person_id, "{}");
	return ERR_OK;
}

static enum err ask_finish(struct ask *a, struct why *why)
{
	return finish(a->f, a->target, why);
}

static enum err ask_force_offline(struct ask *a, struct why *why)
{
	return seat_status(a->f, a->target, "offline", NULL, why);
}

static enum err ask_board(struct ask *a, struct why *why)
{
	a->answer = board_json(a->f, a->cmd->unit_ids, a->cmd->n_units);
	return a->answer ? ERR_OK : fail(why, E_FLOOR_BUSY);
}

static enum err ask_task(struct ask *a, struct why *why)
{
	(void)why;
	struct floor *f = a->f;
	bool is_live = false, is_at_hand = false;
	for (const struct live *l = f->lives; l; l = l->next)
		is_live |= l->customer_id == a->cmd->customer_id && l->call.state != CALL_ENDED;
	for (const struct feed *d = f->feeds; d; d = d->next)
		for (int i = 0; i < d->n; i++)
			is_at_hand |= d->task[i]->customer_id == a->cmd->customer_id;
	a->answer = json_pack("{s:b,s:b}", "in_call", is_live, "at_hand", is_at_hand);
	return ERR_OK;
}

static enum err ask_refused(struct ask *a, struct why *why)
{
	(void)why;
	feed_forget(a->f, a->cmd->customer_id);
	return ERR_OK;
}

static enum err ask_reload(struct ask *a, struct why *why)
{
	(void)why;
	a->f->is_world_stale = true;
	return ERR_OK;
}

/* What a question needs to be there. */
enum {
	N_SEAT = 1,
	N_CALL = 2,
	N_TARGET = 4,
	N_MINE = 8 /* the call is his, or is offered to him */
};

static const struct {
	ask_fn *fn;
	int needs;
} TABLE[CMD_COUNT] = {
	[CMD_DESK] = { ask_desk, N_SEAT },
	[CMD_STATUS] = { ask_status, N_SEAT },
	[CMD_CAMPAIGN] = { ask_campaign, N_SEAT },
	[CMD_OFFER] = { ask_offer, N_SEAT },
	[CMD_STATION_CLOSE] = { ask_station_close, N_SEAT },
	[CMD_DIAL] = { ask_dial, N_SEAT },
	[CMD_PREVIEW] = { ask_preview, N_SEAT },
	[CMD_ANSWER] = { ask_answer, N_SEAT | N_CALL | N_MINE },
	[CMD_HANGUP] = { ask_hangup, N_SEAT | N_CALL | N_MINE },
	[CMD_MUTE] = { ask_mute, N_SEAT | N_CALL | N_MINE },
	[CMD_HOLD] = { ask_hold, N_SEAT | N_CALL | N_MINE },
	[CMD_DIGITS] = { ask_digits, N_SEAT | N_CALL | N_MINE },
	[CMD_TRANSFER] = { ask_transfer, N_SEAT | N_CALL | N_MINE },
	[CMD_TRANSFER_CANCEL] = { ask_transfer_cancel, N_SEAT | N_CALL | N_MINE },
	[CMD_FLAG] = { ask_flag, N_CALL },
	[CMD_DRAFT] = { ask_draft, N_SEAT | N_CALL | N_MINE },
	[CMD_SAVED] = { ask_saved, N_CALL },
	[CMD_WRAPUP_END] = { ask_wrapup_end, N_SEAT },
	[CMD_MONITOR] = { ask_monitor, N_SEAT | N_TARGET },
	[CMD_END_CALL] = { ask_end_call, N_CALL },
	[CMD_REMIND] = { ask_remind, N_TARGET },
	[CMD_FINISH] = { ask_finish, N_TARGET },
	[CMD_FORCE_OFFLINE] = { ask_force_offline, N_TARGET },
	[CMD_BOARD] = { ask_board, 0 },
	[CMD_TASK] = { ask_task, 0 },
	[CMD_REFUSED] = { ask_refused, 0 },
	[CMD_RELOAD] = { ask_reload, 0 },
};

static bool is_his(const struct ask *a)
{
	return a->l->owner == a->s || a->l->talker == a->s || a->l->transfer.to == a->s;
}

/* Ids grow with time: the greatest is the log-in that won, also when an answer to the old one is
 * still on its way. */
static void seen(struct floor *f, struct seat *s, int64_t session_id)
{
	if (session_id <= s->session_id && !s->is_absent)
		return;
	if (session_id > s->session_id)
		s->session_id = session_id;
	s->is_absent = false;
	seat_changed(f, s);
}

static enum err look_up(struct ask *a, int needs, struct why *why)
{
	a->s = seat_by_id(a->f, a->cmd->person_id);
	if (a->s && (needs & N_SEAT))
		seen(a->f, a->s, a->cmd->session_id);
	a->l = live_by_id(a->f, a->cmd->call_id);
	a->target = seat_by_id(a->f, a->cmd->target_id);
	if ((needs & N_SEAT) && !a->s) {
		/* Just made by an administrator: he is there after the next read. */
		a->f->is_world_stale = true;
		return fail(why, E_FLOOR_BUSY);
	}
	if ((needs & N_TARGET) && !a->target)
		return fail(why, E_SEAT_NONE);
	if ((needs & N_CALL) && (!a->l || ((needs & N_MINE) && !is_his(a))))
		return fail(why, E_CALL_OVER);
	return ERR_OK;
}

void floor_ask(struct floor *f, const struct floor_cmd *cmd, floor_reply_fn *fn, void *ctx)
{
	struct why why = { 0 };
	struct ticket *t = calloc(1, sizeof *t);
	if (!t) {
		fn(ctx, fail(&why, E_NOMEM), &why, NULL);
		return;
	}
	*t = (struct ticket){ fn, ctx };
	floor_enter(f);
	struct ask a = { .f = f, .cmd = cmd, .ticket = t };
	enum err e = look_up(&a, TABLE[cmd->kind].needs, &why);
	if (!e)
		e = TABLE[cmd->kind].fn(&a, &why);
	if (!a.is_later)
		answer(t, e, e ? &why : NULL, a.answer);
	floor_leave(f);
}

/* ---- from other threads: a copy of the question, and somebody who waits ---- */

struct waiter {
	atomic_int refs; /* who waits, and the loop */
	pthread_mutex_t lock;
	pthread_cond_t is_answered_cond;
	bool is_answered;
	enum err e;
	struct why why;
	json_t *answer;
	struct floor_cmd cmd;
	char *text, reason[REASON_BYTES];
	struct target target;
	int64_t units[UNITS_MAX];
};

static void waiter_unref(struct waiter *w)
{
	if (atomic_fetch_sub(&w->refs, 1) != 1)
		return;
	json_decref(w->answer);
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->is_answered_cond);
	free(w->text);
	target_wipe(&w->target);
	free(w);
}

static void waiter_reply(void *ctx, enum err e, const struct why *why, json_t *j)
{
	struct waiter *w = ctx;
	pthread_mutex_lock(&w->lock);
	w->is_answered = true;
	w->e = e;
	if (why)
		w->why = *why;
	w->answer = j;
	pthread_cond_signal(&w->is_answered_cond);
	pthread_mutex_unlock(&w->lock);
	waiter_unref(w);
}

static void waiter_run(struct floor *f, void *arg)
{
	struct waiter *w = arg;
	floor_ask(f, &w->cmd, waiter_reply, w);
}

static struct waiter *waiter_new(const struct floor_cmd *cmd)
{
	struct waiter *w = calloc(1, sizeof *w);
	if (!w)
		return NULL;
	atomic_init(&w->refs, 2);
	w->cmd = *cmd;
	w->text = strdup(cmd->text ? cmd->text : "");
	if (!w->text) {
		free(w);
		return NULL;
	}
	w->cmd.text = w->text;
	str_copy(w->reason, sizeof w->reason, cmd->reason ? cmd->reason : "");
	w->cmd.reason = w->reason;
	if (cmd->target) {
		w->target = *cmd->target;
		w->cmd.target = &w->target;
	}
	w->cmd.n_units = cmd->n_units < UNITS_MAX ? cmd->n_units : UNITS_MAX;
	if (cmd->unit_ids)
		memcpy(w->units, cmd->unit_ids, w->cmd.n_units * sizeof *w->units);
	w->cmd.unit_ids = w->units;
	pthread_condattr_t attr;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->is_answered_cond, &attr);
	pthread_condattr_destroy(&attr);
	return w;
}

static enum err wait_for(struct waiter *w, json_t **ret, struct why *why)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += CMD_WAIT_MS / 1000;
	pthread_mutex_lock(&w->lock);
	int rc = 0;
	while (!w->is_answered && !rc)
		rc = pthread_cond_timedwait(&w->is_answered_cond, &w->lock, &until);
	enum err e;
	if (w->is_answered) {
		e = w->e;
		if (why)
			*why = w->why;
		if (ret) {
			*ret = w->answer;
			w->answer = NULL;
		}
	} else {
		e = fail(why, E_FLOOR_BUSY);
	}
	pthread_mutex_unlock(&w->lock);
	return e;
}

enum err floor_cmd(struct floor *f, const struct floor_cmd *cmd, json_t **ret, struct why *why)
{
	if (ret)
		*ret = NULL;
	if (cmd->text && strlen(cmd->text) >= CMD_TEXT_BYTES)
		return fail(why, E_FIELD_INVALID, "text", "too long");
	struct waiter *w = waiter_new(cmd);
	if (!w)
		return fail(why, E_NOMEM);
	enum err e = floor_post(f, waiter_run, w, why);
	if (e) {
		waiter_unref(w);
		waiter_unref(w);
		return e;
	}
	e = wait_for(w, ret, why);
	waiter_unref(w);
	return e;
}
