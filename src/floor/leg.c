/* What the telephone reports, and what it means for a call and its agent. */
#include <string.h>

#include "base/id.h"
#include "base/log.h"
#include "base/str.h"
#include "floor/floor_int.h"

/* ENDED must follow a hang-up; a BYE may be repeated for 32 s (RFC 3261 timer F), the agent need
 * not wait for it. And how long the telephone may take to close a recording. */
enum { HANG_UP_WAIT_MS = 5000 };

void live_event(struct floor *f, struct live *l, const char *kind, int64_t by_id,
                const char *detail)
{
	if (l->n_events == LIVE_EVENTS) {
		log_warn("floor", "event_dropped", LOG_ID("call", l->id), LOG_S("kind", kind));
		return;
	}
	struct call_event_row *r = &l->events[l->n_events++];
	*r = (struct call_event_row){ .id = id_new(),
		                      .at_utc_ms = live_utc_ms(f, l),
		                      .by_id = by_id };
	str_copy(r->kind, sizeof r->kind, kind);
	str_copy(r->detail, sizeof r->detail, detail);
	l->is_dirty = true;
}

int live_leg_row(struct floor *f, struct live *l, const char *kind, int64_t person_id)
{
	if (l->n_legs == LIVE_LEGS)
		return -1;
	l->legs[l->n_legs] = (struct leg_row){ .id = id_new(),
		                               .kind = kind,
		                               .person_id = person_id,
		                               .start_utc_ms = live_utc_ms(f, l) };
	l->is_dirty = true;
	return l->n_legs++;
}

static void close_leg_rows(struct floor *f, struct live *l, int64_t person_id)
{
	for (int i = 0; i < l->n_legs; i++)
		if ((!person_id || l->legs[i].person_id == person_id) && !l->legs[i].end_utc_ms)
			l->legs[i].end_utc_ms = live_utc_ms(f, l);
}

bool live_on(struct floor *f, struct live *l, enum call_event ev)
{
	struct why why;
	if (call_on(&l->call, ev, live_utc_ms(f, l), &why)) {
		log_debug("floor", "call_event_refused", LOG_ID("call", l->id), LOG_WHY(&why));
		return false;
	}
	l->is_dirty = true;
	log_info("floor", call_state_code(l->call.state), LOG_ID("call", l->id),
	         LOG_ID("agent", l->agent_id), LOG_ID("leg", l->leg));
	if (l->owner)
		seat_changed(f, l->owner);
	return true;
}

/* ---- joining ---- */

void live_bridge(struct floor *f, struct live *l, struct seat *s, enum bridge_how how)
{
	struct why why;
	enum err e = f->cfg.phone.bridge(f->cfg.phone.ctx, l->leg, s->station_leg, how, &why);
	if (e) {
		log_error("floor", "not_bridged", LOG_ID("call", l->id), LOG_WHY(&why));
		live_hang_up(f, l, CAUSE_WEB_LOST, CALL_BY_SYSTEM);
		return;
	}
	if (l->talker && l->talker != s)
		close_leg_rows(f, l, l->talker->who.id);
	l->talker = s;
	int i = live_leg_row(f, l, strcmp(s->who.station_kind, "phone") == 0 ? "phone" : "web",
	                     s->who.id);
	if (i >= 0)
		l->legs[i].answer_utc_ms = live_utc_ms(f, l);
	if (live_on(f, l, CALL_EV_BRIDGE))
		live_event(f, l, "bridge", s->who.id, "{}");
	if (l->owner == s)
		seat_event(f, s, AGENT_EV_TALK, l, 0);
}

/* In manual and preview the agent hears the network from the first moment. */
static void listen_early(struct floor *f, struct live *l)
{
	if (l->mode == DIAL_PROGRESSIVE || l->is_incoming || !l->owner || l->talker == l->owner)
		return;
	(void)f->cfg.phone.bridge(f->cfg.phone.ctx, l->leg, l->owner->station_leg, BRIDGE_PLAIN,
	                          NULL);
}

void live_answered(struct floor *f, struct live *l)
{
	if (!live_on(f, l, CALL_EV_ANSWER))
		return;
	live_event(f, l, "answer", 0, "{}");
	if (l->n_legs > 0)
		l->legs[0].answer_utc_ms = live_utc_ms(f, l);
	if (!l->owner) {
		/* Let go while it rang: nobody is there to talk. */
		live_hang_up(f, l, CAUSE_NORMAL, CALL_BY_SYSTEM);
		return;
	}
	live_bridge(f, l, l->owner,
	            l->mode == DIAL_PROGRESSIVE && !l->is_incoming ? BRIDGE_TONE : BRIDGE_PLAIN);
}

/* ---- the end ---- */

static void let_go(struct floor *f, struct live *l, struct seat *s)
{
	/* Without a word spoken there is no form to fill. */
	s->live = NULL;
	l->owner = NULL;
	seat_event(f, s, AGENT_EV_RELEASE, l, 0);
}

void live_end(struct floor *f, struct live *l, enum cause cause, int sip_code, int q850,
              enum call_ender by)
{
	bool was_committed = l->is_committed;
	if (!call_over(&l->call, &(struct call_end){ cause, sip_code, q850, by },
	               live_utc_ms(f, l)))
		return;
	if (l->transfer.to)
		talk_transfer_drop(f, l, "ended");
	live_event(f, l, "end", 0, "{}");
	for (int i = 0; i < l->n_legs; i++) {
		if (!l->legs[i].end_utc_ms)
			l->legs[i].end_utc_ms = live_utc_ms(f, l);
		if (l->legs[i].person_id == 0) {
			l->legs[i].sip_code = sip_code;
			l->legs[i].q850 = q850;
		}
	}
	l->leg = 0;
	l->ended_ms = f->now_ms;
	l->is_dirty = true;
	struct seat *s = l->owner, *helper = l->talker != s ? l->talker : NULL;
	l->talker = NULL;
	if (helper) {
		helper->helping = NULL;
		seat_changed(f, helper);
	}
	if (l->is_incoming && !call_is_answered(&l->call))
		l->is_missed = true;
	if (!s)
		return;
	if (s->station == STATION_UP)
		(void)f->cfg.phone.stop(f->cfg.phone.ctx, s->station_leg, NULL);
	if (call_is_answered(&l->call) && was_committed) {
		if (s->agent.state != AGENT_WRAPUP)
			wrap_begin(f, l);
		if (l->is_result_saved)
			wrap_finish(f, s, true); /* the form was closed while they talked */
		seat_changed(f, s);
	} else {
		let_go(f, l, s);
	}
}

void live_hang_up(struct floor *f, struct live *l, enum cause cause, enum call_ender by)
{
	if (l->call.state == CALL_ENDED || l->is_hang_up_wanted)
		return;
	l->is_hang_up_wanted = true;
	l->wanted_by = by;
	l->wanted_cause = cause;
	l->hang_up_at_ms = f->now_ms + HANG_UP_WAIT_MS;
	if (!l->is_committed)
		return; /* the commit comes back to find it cancelled */
	if (!l->leg || f->cfg.phone.hangup(f->cfg.phone.ctx, l->leg, cause, NULL))
		live_end(f, l, cause, 0, 0, by);
}

static enum call_ender ender_of(const struct live *l, const struct leg_event *ev)
{
	if (ev->ended_by == ENDED_BY_PEER)
		return CALL_BY_CUSTOMER;
	return ev->ended_by == ENDED_BY_US && l->is_hang_up_wanted ? l->wanted_by : CALL_BY_SYSTEM;
}

static void on_recorded(struct floor *f, struct live *l, const struct leg_event *ev)
{
	if (ev->rec_errno)
		log_error("floor", "recording_short", LOG_ID("call", l->id),
		          LOG_I("errno", ev->rec_errno));
	l->rec = (struct recording_end){ .id = l->recording_id,
		                         .state = "closed",
		                         .started_utc_ms = ev->rec_start_utc_ms,
		                         .answer_ms = ev->rec_answer_ms > 0 ? ev->rec_answer_ms : 0,
		                         .duration_ms = ev->rec_ms,
		                         .bytes = ev->rec_bytes,
		                         .gap_ms = ev->rec_gaps };
	l->has_rec_end = true;
	l->is_recording = false;
	l->is_dirty = true;
	(void)f;
}

static void on_customer(struct floor *f, struct live *l, const struct leg_event *ev)
{
	if (ev->kind == LEG_EV_RINGING || ev->kind == LEG_EV_EARLY_MEDIA) {
		bool is_early = ev->kind == LEG_EV_EARLY_MEDIA;
		if (!live_on(f, l, is_early ? CALL_EV_EARLY : CALL_EV_RING))
			return;
		live_event(f, l, is_early ? "early" : "ring", 0, "{}");
		if (l->owner && l->owner->agent.state == AGENT_RESERVED)
			seat_event(f, l->owner, AGENT_EV_RING, l, 0);
		listen_early(f, l);
	} else if (ev->kind == LEG_EV_ANSWERED && !l->is_incoming) {
		live_answered(f, l);
	} else if (ev->kind == LEG_EV_REMOTE_HOLD || ev->kind == LEG_EV_REMOTE_RESUME) {
		live_event(f, l, ev->kind == LEG_EV_REMOTE_HOLD ? "hold" : "resume", 0,
		           "{\"by\":\"customer\"}");
	} else if (ev->kind == LEG_EV_DIGIT) {
		/* Which key is nobody's business: it may be of a card number. */
		live_event(f, l, "digit", 0, "{\"by\":\"customer\"}");
	} else if (ev->kind == LEG_EV_NO_MEDIA_30S) {
		/* A lost BYE or a dead line looks the same: nobody is there any more. */
		live_hang_up(f, l, CAUSE_MEDIA_LOST, CALL_BY_SYSTEM);
	} else if (ev->kind == LEG_EV_ENDED) {
		enum cause cause = l->is_hang_up_wanted && ev->ended_by == ENDED_BY_US
		                       ? l->wanted_cause
		                       : ev->cause;
		live_end(f, l, cause, ev->sip_code, ev->q850, ender_of(l, ev));
	}
}

/* RECORDED comes after ENDED, when the leg is no longer the call's. */
static struct live *live_of(struct floor *f, const struct leg_event *ev)
{
	if (ev->kind == LEG_EV_RECORDED) {
		for (struct live *l = f->lives; l; l = l->next) {
			size_t n = strlen(l->rec_path), m = ev->rec_path ? strlen(ev->rec_path) : 0;
			if (n && m >= n && strcmp(ev->rec_path + m - n, l->rec_path) == 0)
				return l;
		}
		return NULL;
	}
	return live_by_leg(f, ev->leg);
}

static struct seat *seat_of(struct floor *f, const struct leg_event *ev)
{
	struct seat *s = seat_by_station(f, ev->leg);
	int64_t person_id;
	if (!s && ev->kind == LEG_EV_UP && id_parse(ev->station, &person_id) &&
	    (s = seat_by_id(f, person_id)))
		s->station_leg = ev->leg;
	return s;
}

void floor_on_leg(struct floor *f, const struct leg_event *ev)
{
	floor_enter(f);
	struct live *l = live_of(f, ev);
	if (ev->leg_kind != LEG_TRUNK) {
		struct seat *s = seat_of(f, ev);
		if (s)
			seat_on_station(f, s, ev);
	} else if (ev->kind == LEG_EV_INCOMING) {
		in_offer(f, ev);
	} else if (l && ev->kind == LEG_EV_RECORDED) {
		on_recorded(f, l, ev);
	} else if (l) {
		on_customer(f, l, ev);
	}
	floor_leave(f);
}
