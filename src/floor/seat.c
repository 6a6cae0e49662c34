/* A person at his place: what he chose, what his call does, his telephone, and the spans of his
 * day. */
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/log.h"
#include "base/str.h"
#include "floor/floor_int.h"
#include "floor/pack.h"

/* ---- spans: one row after the other, given to the writer in order ---- */

struct span_op {
	struct span_op *next;
	int64_t end_id, at_utc_ms;
	bool has_next;
	struct span span;
};

struct span_job {
	struct floor_job j;
	struct span_op *ops;
};

static enum err spans_write(struct tx *tx, struct floor_job *j, struct why *why)
{
	for (const struct span_op *o = ((struct span_job *)j)->ops; o; o = o->next) {
		enum err e =
		    span_change(tx, o->end_id, o->at_utc_ms, o->has_next ? &o->span : NULL, why);
		if (e)
			return e;
	}
	return ERR_OK;
}

static const struct pack_field OP_FIELDS[] = {
	PACK(PACK_INT, struct span_op, end_id),
	PACK(PACK_INT, struct span_op, at_utc_ms),
	PACK(PACK_BOOL, struct span_op, has_next),
	PACK_END,
};
static const struct pack_field SPAN_FIELDS[] = {
	PACK(PACK_INT, struct span, id),
	PACK(PACK_INT, struct span, person_id),
	PACK(PACK_INT, struct span, unit_id),
	PACK(PACK_INT, struct span, campaign_id),
	PACK(PACK_INT, struct span, call_id),
	PACK(PACK_CHARS, struct span, state),
	PACK(PACK_CHARS, struct span, reason),
	PACK(PACK_INT, struct span, from_utc_ms),
	PACK(PACK_INT, struct span, day),
	PACK(PACK_INT, struct span, cell_id),
	PACK_END,
};

static enum err spans_encode(const void *kept, struct str *out, struct why *why)
{
	json_t *list = json_array();
	for (const struct span_op *o = ((const struct span_job *)kept)->ops; o; o = o->next) {
		json_t *j = pack_write(OP_FIELDS, o);
		if (o->has_next)
			json_object_set_new(j, "span", pack_write(SPAN_FIELDS, &o->span));
		json_array_append_new(list, j);
	}
	return pack_text(list, out, why);
}

static enum err spans_enter(struct tx *tx, const char *text, size_t bytes, struct why *why)
{
	CLEANUP(json_cleanup) json_t *list = NULL;
	size_t i;
	json_t *j;
	enum err e = json_read(text, bytes, &list, why);
	if (e)
		return e;
	json_array_foreach(list, i, j)
	{
		struct span_op o = { 0 };
		pack_read(OP_FIELDS, j, &o);
		pack_read(SPAN_FIELDS, json_object_get(j, "span"), &o.span);
		if ((e = span_change(tx, o.end_id, o.at_utc_ms, o.has_next ? &o.span : NULL, why)))
			return e;
	}
	return ERR_OK;
}

const struct writer_kind SPANS_KIND = { .name = "spans",
	                                .encode = spans_encode,
	                                .enter = spans_enter };

static void ops_free(struct span_op *o)
{
	while (o) {
		struct span_op *next = o->next;
		free(o);
		o = next;
	}
}

static void spans_done(struct floor *f, struct floor_job *j)
{
	struct span_job *sj = (struct span_job *)j;
	if (j->e && !floor_is_refused(j)) {
		/* Tried again in order: put them back in front of what came since. */
		log_warn("floor", "spans_unwritten", LOG_WHY(&j->why));
		struct span_op **at = &sj->ops;
		while (*at)
			at = &(*at)->next;
		*at = f->spans;
		f->spans = sj->ops;
		f->spans_again_ms = f->now_ms + 1000;
		sj->ops = NULL;
	}
	f->is_spans_writing = false;
	ops_free(sj->ops);
	free(sj);
}

void spans_flush(struct floor *f)
{
	if (!f->spans || f->is_spans_writing || f->now_ms < f->spans_again_ms)
		return;
	struct span_job *sj = calloc(1, sizeof *sj);
	if (!sj)
		return;
	sj->j = (struct floor_job){ .write = spans_write, .done = spans_done, .kind = &SPANS_KIND };
	sj->ops = f->spans;
	f->spans = NULL;
	if (floor_write(f, LANE_LIVE, &sj->j, NULL)) {
		f->spans = sj->ops;
		free(sj);
		return;
	}
	f->is_spans_writing = true;
}

void spans_drop(struct floor *f)
{
	ops_free(f->spans);
	f->spans = NULL;
}

static void fill_span(struct floor *f, const struct seat *s, struct span *ret)
{
	bool is_idle = s->agent.state == AGENT_IDLE;
	*ret = (struct span){ .id = id_new(),
		              .person_id = s->who.id,
		              .unit_id = s->who.unit_id,
		              .campaign_id = s->campaign_id,
		              .call_id = s->agent.call_id,
		              .from_utc_ms = f->now_utc_ms,
		              .day = floor_day(f),
		              .cell_id = f->cfg.cell->cell_id };
	str_copy(ret->state, sizeof ret->state,
	         is_idle ? agent_status_code(s->agent.status) : agent_state_code(s->agent.state));
	str_copy(ret->reason, sizeof ret->reason, is_idle ? s->agent.reason : "");
}

static bool is_same_span(const struct span *a, const struct span *b)
{
	return strcmp(a->state, b->state) == 0 && strcmp(a->reason, b->reason) == 0 &&
	       a->call_id == b->call_id && a->campaign_id == b->campaign_id && a->day == b->day;
}

/* Ends the open span and opens the next when what he does has changed, also at midnight. */
static void span_update(struct floor *f, struct seat *s)
{
	/* A form from before the start costs nobody's time until he is seen. */
	bool is_away =
	    s->agent.status == AGENT_OFFLINE && (s->agent.state == AGENT_IDLE || s->is_absent);
	struct span now;
	fill_span(f, s, &now);
	if (is_away ? !s->span_id : s->span_id && is_same_span(&s->span, &now))
		return;
	struct span_op *o = calloc(1, sizeof *o);
	if (!o)
		return;
	o->end_id = s->span_id;
	o->at_utc_ms = f->now_utc_ms;
	o->has_next = !is_away;
	o->span = now;
	s->span = now;
	s->span_id = is_away ? 0 : now.id;
	struct span_op **at = &f->spans;
	while (*at)
		at = &(*at)->next;
	*at = o;
}

/* ---- state ---- */

void seat_changed(struct floor *f, struct seat *s)
{
	s->is_changed = true;
	span_update(f, s);
}

void seat_event(struct floor *f, struct seat *s, enum agent_event ev, struct live *l,
                int64_t deadline_ms)
{
	struct why why;
	enum agent_state before = s->agent.state;
	if (agent_on(&s->agent, ev, l->id, deadline_ms, f->now_ms, &why)) {
		log_error("floor", "agent_event_refused", LOG_ID("person", s->who.id),
		          LOG_ID("call", l->id), LOG_WHY(&why));
		return;
	}
	if (s->agent.state != before)
		s->since_utc_ms = f->now_utc_ms;
	seat_changed(f, s);
}

void seat_aside(struct floor *f, struct seat *s, const char *reason)
{
	agent_set_aside(&s->agent, reason, f->now_ms);
	s->since_utc_ms = f->now_utc_ms;
	seat_changed(f, s);
}

void seat_go_home(struct floor *f, struct seat *s)
{
	s->agent.status = AGENT_OFFLINE;
	s->agent.status_since_ms = f->now_ms;
	s->agent.reason[0] = '\0';
	s->since_utc_ms = f->now_utc_ms;
	seat_changed(f, s);
}

bool seat_can_take(const struct seat *s)
{
	return agent_can_take(&s->agent) && s->station == STATION_UP && !s->is_gone &&
	       !s->preview && !s->helping && !s->listening_to;
}

enum err seat_need_station(struct floor *f, struct seat *s, struct why *why)
{
	if (s->station == STATION_UP)
		return ERR_OK;
	if (s->station == STATION_NONE && strcmp(s->who.station_kind, "phone") == 0) {
		char tag[ID_TEXT_BYTES];
		enum err e = f->cfg.phone.desk_dial(f->cfg.phone.ctx, s->who.station_uri,
		                                    id_text(s->who.id, tag), &s->station_leg, why);
		if (e)
			return e;
		s->station = STATION_CONNECTING;
		seat_changed(f, s);
		return ERR_OK;
	}
	return s->station == STATION_CONNECTING ? ERR_OK : fail(why, E_STATION_NONE);
}

enum err seat_status(struct floor *f, struct seat *s, const char *text, const char *reason,
                     struct why *why)
{
	enum agent_status status;
	if (!agent_status_parse(text, &status))
		return fail(why, E_FIELD_INVALID, "status", "offline, ready, paused");
	if (f->is_draining && status != AGENT_OFFLINE)
		return fail(why, E_NO_NEW_CALLS, "stopping");
	if (!f->epoch && status != AGENT_OFFLINE)
		return fail(why, E_CELL_STANDBY);
	if (!f->world || (status != AGENT_OFFLINE && f->forms != FORMS_READ))
		return fail(why, E_FLOOR_BUSY);
	enum err e = status == AGENT_READY ? seat_need_station(f, s, why) : ERR_OK;
	if (e || (e = agent_choose(&s->agent, status, reason, &f->world->pauses, f->now_ms, why)))
		return e;
	if (status == AGENT_OFFLINE) {
		if (s->agent.state == AGENT_WRAPUP)
			wrap_finish(f, s, s->live && s->live->is_result_saved);
		target_free(&s->preview);
		if (s->station_leg && strcmp(s->who.station_kind, "phone") == 0)
			(void)f->cfg.phone.hangup(f->cfg.phone.ctx, s->station_leg, CAUSE_NORMAL,
			                          NULL);
	}
	if (s->agent.state == AGENT_IDLE)
		s->since_utc_ms = f->now_utc_ms;
	seat_changed(f, s);
	return ERR_OK;
}

/* ---- the telephone on the desk ---- */

static void station_gone(struct floor *f, struct seat *s)
{
	s->station = STATION_NONE;
	s->station_leg = 0;
	monitor_station_lost(f, s);
	if (s->helping)
		live_hang_up(f, s->helping, CAUSE_WEB_LOST, CALL_BY_SYSTEM);
	if (s->live && s->live->transfer.to == s)
		talk_transfer_drop(f, s->live, "station");
	struct live *l = s->live;
	if (l && l->is_incoming && l->call.state != CALL_ENDED && !l->talker)
		in_withdraw(f, l, false);
	else if (l && l->call.state != CALL_ENDED && (!l->talker || l->talker == s))
		live_hang_up(f, l, CAUSE_WEB_LOST, CALL_BY_SYSTEM);
	if (s->agent.status == AGENT_READY)
		seat_aside(f, s, "station");
	seat_changed(f, s);
}

static void station_lost(struct floor *f, struct seat *s)
{
	s->station = STATION_LOST;
	if (s->live)
		live_event(f, s->live, "lost", s->who.id, "{}");
}

static void station_back(struct floor *f, struct seat *s)
{
	if (s->station == STATION_LOST && s->live)
		live_event(f, s->live, "back", s->who.id, "{}");
	s->station = STATION_UP;
}

void seat_on_station(struct floor *f, struct seat *s, const struct leg_event *ev)
{
	if (ev->kind == LEG_EV_UP || ev->kind == LEG_EV_BACK)
		station_back(f, s);
	else if (ev->kind == LEG_EV_LOST)
		station_lost(f, s);
	else if (ev->kind == LEG_EV_ENDED)
		station_gone(f, s);
	else
		return;
	seat_changed(f, s);
}

/* ---- people come and go ---- */

static void take_pauses(const struct world *w, struct seat *s)
{
	/* What the floor counted since is newer than what the feeder read. */
	for (int i = 0; i < w->n_used; i++) {
		int r = w->used[i].person_id == s->who.id
		            ? pause_index(&w->pauses, w->used[i].reason)
		            : -1;
		if (r >= 0 && s->agent.pauses_used[r] < w->used[i].used)
			s->agent.pauses_used[r] = w->used[i].used;
	}
}

static struct seat *seat_new(struct floor *f, const struct person *p)
{
	struct seat *s = calloc(1, sizeof *s);
	if (!s)
		return NULL;
	s->who = *p;
	agent_init(&s->agent, f->now_ms);
	s->since_utc_ms = f->now_utc_ms;
	s->next = f->seats;
	f->seats = s;
	return s;
}

void seat_take_world(struct floor *f)
{
	const struct world *w = f->world;
	bool is_new_day = f->day && f->day != w->day;
	f->day = w->day;
	for (int i = 0; i < w->n_people; i++) {
		struct seat *s = seat_by_id(f, w->people[i].id);
		if (!s && !(s = seat_new(f, &w->people[i])))
			return;
		s->who = w->people[i];
		if (is_new_day)
			memset(s->agent.pauses_used, 0, sizeof s->agent.pauses_used);
		else
			take_pauses(w, s);
		if (s->span_id && s->span.day != floor_day(f))
			span_update(f, s);
	}
	for (struct seat *s = f->seats; s; s = s->next) {
		s->is_gone = !world_person(w, s->who.id);
		const struct campaign *c = world_campaign(w, s->campaign_id);
		if (s->campaign_id && (!c || !world_is_on(w, c->id, s->who.id))) {
			s->campaign_id = 0;
			target_free(&s->preview);
			seat_changed(f, s);
		}
		struct figures today = world_person_today(w, s->who.id);
		if (memcmp(&today, &s->today, sizeof today) != 0) {
			s->today = today;
			s->is_changed = true;
		}
	}
	for (struct feed *d = f->feeds; d; d = d->next) {
		const struct campaign *c = world_campaign(w, d->campaign_id);
		if (!c || !c->is_running)
			feed_drop_all(f, d->campaign_id);
	}
}
