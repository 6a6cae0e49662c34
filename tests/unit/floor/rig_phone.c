/* A telephone that does what a test says, and remembers the verbs it was given. */
#include "rig_int.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/id.h"
#include "base/str.h"

static void note(struct rig *r, const char *verb)
{
	size_t n = strlen(r->log);
	if (n + strlen(verb) + 2 >= sizeof r->log) {
		memmove(r->log, r->log + sizeof r->log / 2, sizeof r->log / 2);
		n = strlen(r->log);
	}
	snprintf(r->log + n, sizeof r->log - n, "%s ", verb);
}

static struct rig_leg *leg_by_id(struct rig *r, int64_t id)
{
	for (int i = 0; i < r->n_legs; i++)
		if (r->leg[i].id == id && r->leg[i].is_up)
			return &r->leg[i];
	return NULL;
}

static struct rig_leg *leg_new(struct rig *r, enum leg_kind kind)
{
	assert_true(r->n_legs < RIG_LEGS);
	struct rig_leg *l = &r->leg[r->n_legs++];
	*l = (struct rig_leg){ .id = 1000 + r->n_legs, .kind = kind, .is_up = true };
	return l;
}

static void post_event(struct rig *r, struct rig_leg *l, enum leg_event_kind kind, int64_t in_ms,
                       struct leg_event with)
{
	assert_true(r->n_events < RIG_EVENTS);
	with.leg = l->id;
	with.leg_kind = l->kind;
	with.kind = kind;
	with.call_id = l->call_id;
	with.station = l->station;
	with.from = with.to = "";
	r->event[r->n_events++] = (struct rig_event){ r->mono_ms + in_ms, with };
}

static void end_leg(struct rig *r, struct rig_leg *l, enum cause cause, int sip_code,
                    enum ended_by by, int64_t in_ms)
{
	post_event(r, l, LEG_EV_ENDED, in_ms,
	           (struct leg_event){ .cause = cause, .sip_code = sip_code, .ended_by = by });
	if (!*l->rec_path || l->is_recorded || r->is_recorder_busy)
		return;
	l->is_recorded = true;
	post_event(r, l, LEG_EV_RECORDED, in_ms + 10,
	           (struct leg_event){ .rec_path = l->rec_path,
	                               .rec_ms = l->is_answered ? 5000 : 0,
	                               .rec_bytes = l->is_answered ? 80044 : 0,
	                               .rec_start_utc_ms = r->utc_ms,
	                               .rec_answer_ms = l->is_answered ? 100 : -1 });
}

static int lines_used(const struct rig *r)
{
	int n = 0;
	for (int i = 0; i < r->n_legs; i++)
		n += r->leg[i].kind == LEG_TRUNK && r->leg[i].is_up;
	return n;
}

static enum err p_can_dial(void *ctx, int64_t trunk_id, int waiting, struct why *why)
{
	struct rig *r = ctx;
	bool is_full = r->is_line_busy || (r->lines && lines_used(r) + waiting >= r->lines);
	return is_full    ? fail(why, E_NO_NEW_CALLS, "lines")
	       : trunk_id ? ERR_OK
	                  : fail(why, E_CAMPAIGN_NO_TRUNK);
}

static enum err p_dial(void *ctx, const struct dial *d, int64_t *ret_leg, struct why *why)
{
	struct rig *r = ctx;
	(void)why;
	assert_true(d->to_e164[0] == '+' && d->caller_e164[0] == '+');
	/* Commit, then act: the attempt is there before anything leaves the house. */
	assert_int_equal(
	    test_db_int(
		&r->db,
		"SELECT COUNT(*) FROM attempt a JOIN call c ON c.attempt_id = a.id WHERE c.id = ?1",
		ARGS(V_INT(d->call_id))),
	    1);
	struct rig_leg *l = leg_new(r, LEG_TRUNK);
	l->call_id = d->call_id;
	*ret_leg = l->id;
	r->dials++;
	note(r, "dial");
	return ERR_OK;
}

static enum err p_desk_dial(void *ctx, const char *uri, const char *tag, int64_t *ret_leg,
                            struct why *why)
{
	struct rig *r = ctx;
	(void)uri;
	(void)why;
	struct rig_leg *l = leg_new(r, LEG_PHONE);
	str_copy(l->station, sizeof l->station, tag);
	*ret_leg = l->id;
	post_event(r, l, LEG_EV_UP, 500, (struct leg_event){ 0 });
	return ERR_OK;
}

static enum err p_offer(void *ctx, const char *key, const char *sdp, web_reply_fn *reply,
                        void *reply_ctx, struct why *why)
{
	struct rig *r = ctx;
	(void)sdp;
	(void)why;
	struct rig_leg *l = NULL;
	for (int i = 0; i < r->n_legs; i++)
		if (r->leg[i].kind == LEG_WEB && r->leg[i].is_up &&
		    strcmp(r->leg[i].station, key) == 0)
			l = &r->leg[i];
	bool is_move = l != NULL;
	if (!l) {
		l = leg_new(r, LEG_WEB);
		str_copy(l->station, sizeof l->station, key);
	}
	reply(reply_ctx, l->id, "v=0 answer", NULL);
	post_event(r, l, is_move ? LEG_EV_BACK : LEG_EV_UP, 50, (struct leg_event){ 0 });
	return ERR_OK;
}

static enum err with_leg(struct rig *r, int64_t leg, const char *verb, struct why *why)
{
	note(r, verb);
	return leg_by_id(r, leg) ? ERR_OK : fail(why, E_ROW_NONE);
}

static enum err p_ring(void *ctx, int64_t leg, struct why *why)
{
	return with_leg(ctx, leg, "ring", why);
}

static enum err p_answer(void *ctx, int64_t leg, struct why *why)
{
	struct rig_leg *l = leg_by_id(ctx, leg);
	if (l)
		l->is_answered = true;
	return with_leg(ctx, leg, "answer", why);
}

static enum err p_hangup(void *ctx, int64_t leg, enum cause cause, struct why *why)
{
	struct rig *r = ctx;
	struct rig_leg *l = leg_by_id(r, leg);
	if (l && !(r->is_hangup_deaf && l->kind == LEG_TRUNK))
		end_leg(r, l, cause, 0, ENDED_BY_US, 20);
	return with_leg(r, leg, "hangup", why);
}

static enum err p_reject(void *ctx, int64_t leg, enum cause cause, struct why *why)
{
	return p_hangup(ctx, leg, cause, why);
}

static enum err p_bridge(void *ctx, int64_t customer, int64_t agent, enum bridge_how how,
                         struct why *why)
{
	struct rig *r = ctx;
	struct rig_leg *c = leg_by_id(r, customer), *a = leg_by_id(r, agent);
	if (!c || !a)
		return fail(why, E_ROW_NONE);
	c->partner = a->id;
	a->partner = c->id;
	note(r, how == BRIDGE_TONE ? "bridge-tone" : "bridge");
	return ERR_OK;
}

static enum err p_unbridge(void *ctx, int64_t leg, struct why *why)
{
	return with_leg(ctx, leg, "unbridge", why);
}

static enum err p_music(void *ctx, int64_t leg, bool on, struct why *why)
{
	return with_leg(ctx, leg, on ? "music" : "music-off", why);
}

static enum err p_tone(void *ctx, int64_t leg, enum tone tone, int duration_ms, struct why *why)
{
	(void)tone;
	(void)duration_ms;
	return with_leg(ctx, leg, "tone", why);
}

static enum err p_stop(void *ctx, int64_t leg, struct why *why)
{
	return with_leg(ctx, leg, "stop", why);
}

static enum err p_mute(void *ctx, int64_t leg, bool on, struct why *why)
{
	return with_leg(ctx, leg, on ? "mute" : "unmute", why);
}

static enum err p_hold(void *ctx, int64_t leg, bool on, struct why *why)
{
	return with_leg(ctx, leg, on ? "hold" : "resume", why);
}

static enum err p_digits(void *ctx, int64_t leg, const char *digits, struct why *why)
{
	(void)digits;
	return with_leg(ctx, leg, "digits", why);
}

static enum err p_record(void *ctx, int64_t leg, const char *path, struct why *why)
{
	struct rig_leg *l = leg_by_id(ctx, leg);
	if (l)
		str_copy(l->rec_path, sizeof l->rec_path, path);
	return with_leg(ctx, leg, "record", why);
}

static enum err p_listen(void *ctx, int64_t supervisor, int64_t target, enum listen how,
                         struct why *why)
{
	(void)target;
	return with_leg(ctx, supervisor, how == LISTEN_OFF ? "listen-off" : "listen", why);
}

struct floor_phone rig_phone(struct rig *r)
{
	return (struct floor_phone){ r,          p_can_dial, p_dial,   p_desk_dial, p_offer,
		                     p_ring,     p_answer,   p_reject, p_hangup,    p_bridge,
		                     p_unbridge, p_music,    p_tone,   p_stop,      p_mute,
		                     p_hold,     p_digits,   p_record, p_listen,    NULL };
}

/* ---- what the telephone tells ---- */

struct rig_leg *rig_last(struct rig *r)
{
	for (int i = r->n_legs - 1; i >= 0; i--)
		if (r->leg[i].kind == LEG_TRUNK && r->leg[i].is_up)
			return &r->leg[i];
	return NULL;
}

struct rig_leg *rig_leg_of_call(struct rig *r, int64_t call_id)
{
	for (int i = 0; i < r->n_legs; i++)
		if (r->leg[i].kind == LEG_TRUNK && r->leg[i].is_up && r->leg[i].call_id == call_id)
			return &r->leg[i];
	return NULL;
}

struct rig_leg *rig_station(struct rig *r, int64_t person_id)
{
	char key[ID_TEXT_BYTES];
	id_text(person_id, key);
	for (int i = 0; i < r->n_legs; i++)
		if (r->leg[i].kind != LEG_TRUNK && r->leg[i].is_up &&
		    strcmp(r->leg[i].station, key) == 0)
			return &r->leg[i];
	return NULL;
}

void rig_tell(struct rig *r, struct rig_leg *l, enum leg_event_kind kind)
{
	assert_non_null(l);
	post_event(r, l, kind, 0, (struct leg_event){ 0 });
	rig_run(r, 10);
}

void rig_end(struct rig *r, struct rig_leg *l, enum cause cause, int sip_code)
{
	assert_non_null(l);
	end_leg(r, l, cause, sip_code, ENDED_BY_PEER, 0);
	rig_run(r, 40);
}

void rig_incoming(struct rig *r, const char *from)
{
	struct rig_leg *l = leg_new(r, LEG_TRUNK);
	struct leg_event ev = { .leg = l->id,
		                .leg_kind = LEG_TRUNK,
		                .kind = LEG_EV_INCOMING,
		                .at_ms = r->mono_ms,
		                .at_utc_ms = r->utc_ms,
		                .trunk_id = r->trunk,
		                .from = from,
		                .to = "+862131110000",
		                .station = "" };
	floor_on_leg(r->floor, &ev);
	rig_run(r, 50);
}
