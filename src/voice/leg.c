/* Legs: the table, the events, and the verbs that are the same for every kind. */
#include "voice/leg.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "voice/clip.h"
#include "voice/digits.h"
#include "voice/recorder.h"
#include "voice/voice_int.h"

static const char *const EVENT_NAMES[] = {
#define EV(name) #name,
	LEG_EVENT_LIST(EV)
#undef EV
};

const char *leg_event_name(enum leg_event_kind kind)
{
	return EVENT_NAMES[kind];
}

/* ---- the table ---- */

struct leg *leg_find(struct voice *v, int64_t id)
{
	struct leg *l = id > 0 ? v->legs[id % LEG_BUCKETS] : NULL;
	while (l && l->id != id)
		l = l->next;
	return l;
}

enum err leg_get(struct voice *v, int64_t id, struct leg **ret, struct why *why)
{
	struct leg *l = leg_find(v, id);
	if (!l || l->state == LS_ENDING)
		return fail(why, E_LEG_NONE);
	*ret = l;
	return ERR_OK;
}

enum err leg_make(struct voice *v, enum leg_kind kind, const struct media_socket *s,
                  struct leg **ret, struct why *why)
{
	if (v->leg_count >= v->cfg.max_legs)
		return fail(why, E_LEG_MAX, v->cfg.max_legs);
	if (atomic_load(&v->is_stopping))
		return fail(why, E_VOICE_BUSY);
	struct leg *l = calloc(1, sizeof *l);
	if (!l)
		return fail(why, E_NOMEM);
	l->id = ++v->last_leg;
	l->media = media_add(v->media, l->id, kind, s);
	if (!l->media) {
		free(l);
		return fail(why, E_NOMEM);
	}
	l->v = v;
	l->kind = kind;
	l->started_ms = clock_mono_ms();
	l->ringing_ms = -1;
	tmr_init(&l->answer_tmr);
	tmr_init(&l->refresh_tmr);
	tmr_init(&l->end_tmr);
	tmr_init(&l->lost_tmr);
	struct leg **bucket = &v->legs[l->id % LEG_BUCKETS];
	l->next = *bucket;
	*bucket = l;
	v->leg_count++;
	atomic_store(&v->legs_now, v->leg_count);
	*ret = l;
	return ERR_OK;
}

static void leg_unlink(struct leg *l)
{
	struct leg **p = &l->v->legs[l->id % LEG_BUCKETS];
	while (*p != l)
		p = &(*p)->next;
	*p = l->next;
	l->v->leg_count--;
	atomic_store(&l->v->legs_now, l->v->leg_count);
}

/* ---- events ---- */

int64_t leg_logged(const struct leg *l)
{
	return l->call_id ? l->call_id : l->known_as;
}

void leg_call(struct voice *v, int64_t leg, int64_t call_id)
{
	struct leg *l = leg_find(v, leg);
	if (l)
		l->known_as = call_id;
}

/* What a support engineer follows a call by; the rest is for debugging. */
static bool is_told(enum leg_event_kind kind)
{
	switch ((int)kind) {
	case LEG_EV_INCOMING:
	case LEG_EV_RINGING:
	case LEG_EV_EARLY_MEDIA:
	case LEG_EV_ANSWERED:
	case LEG_EV_ENDED:
	case LEG_EV_RECORDED:
		return true;
	default:
		return false;
	}
}

void leg_emit_event(struct leg *l, struct leg_event *ev)
{
	struct voice *v = l->v;
	ev->leg = l->id;
	ev->leg_kind = l->kind;
	ev->call_id = l->call_id;
	if (l->trunk)
		ev->trunk_id = l->trunk->cfg.id;
	ev->peer_call_id = l->peer_call_id;
	ev->station = l->station;
	ev->at_utc_ms = clock_utc_ms();
	if (!ev->at_ms)
		ev->at_ms = clock_mono_ms();
	log_write(is_told(ev->kind) ? LOG_INFO : LOG_DEBUG, "voice", leg_event_name(ev->kind),
	          LOG_ID("call", leg_logged(l)), LOG_ID("leg", l->id),
	          LOG_ID("trunk", ev->trunk_id), LOG_I("sip", ev->sip_code), 0);
	if (l->ladder)
		ladder_event(l, ev);
	else if (v->handlers.on_leg_event)
		v->handlers.on_leg_event(v->ctx, ev);
}

void leg_emit(struct leg *l, enum leg_event_kind kind)
{
	leg_emit_event(l, &(struct leg_event){ .kind = kind, .sip_code = l->last_code });
}

/* ---- the end ---- */

static void keep_epitaph(struct leg *l)
{
	struct epitaph *e = l->recordings ? calloc(1, sizeof *e) : NULL;
	if (!e)
		return;
	*e = (struct epitaph){ l->v->epitaphs, l->id,
		               l->call_id,     l->trunk ? l->trunk->cfg.id : 0,
		               l->kind,        l->recordings,
		               l->known_as };
	l->v->epitaphs = e;
}

void leg_discard(struct leg *l)
{
	if (l->partner)
		l->partner->partner = NULL;
	tmr_cancel(&l->answer_tmr);
	tmr_cancel(&l->refresh_tmr);
	tmr_cancel(&l->end_tmr);
	tmr_cancel(&l->lost_tmr);
	sip_drop(l);
	media_remove(l->v->media, l->media);
	leg_unlink(l);
	if (l->trunk)
		trunk_call_over(l->trunk);
	free(l);
}

static void leg_finish(void *arg)
{
	struct leg *l = arg;
	struct leg_event ev = {
		.kind = LEG_EV_ENDED,
		.sip_code = l->last_code,
		.q850 = l->q850,
		.cause = l->cause,
		.ended_by = l->ended_by,
	};
	tmr_cancel(&l->answer_tmr);
	tmr_cancel(&l->refresh_tmr);
	sip_drop(l);
	keep_epitaph(l);
	leg_emit_event(l, &ev);
	leg_discard(l);
}

void leg_end(struct leg *l, enum cause cause, enum ended_by by)
{
	if (l->state == LS_ENDING)
		return;
	l->state = LS_ENDING;
	l->cause = cause;
	l->ended_by = by;
	tmr_start(&l->end_tmr, 0, leg_finish, l);
}

void leg_end_all(struct voice *v)
{
	for (int i = 0; i < LEG_BUCKETS; i++)
		for (struct leg *l = v->legs[i]; l; l = l->next)
			leg_end(l, CAUSE_SHUTDOWN, ENDED_BY_US);
}

void legs_free(struct voice *v)
{
	for (int i = 0; i < LEG_BUCKETS; i++) {
		while (v->legs[i]) {
			struct leg *l = v->legs[i];
			leg_end(l, CAUSE_SHUTDOWN, ENDED_BY_US);
			leg_finish(l);
		}
	}
}

void epitaphs_free(struct voice *v)
{
	while (v->epitaphs) {
		struct epitaph *e = v->epitaphs;
		v->epitaphs = e->next;
		free(e);
	}
}

/* ---- what the media thread says ---- */

static void prompt_read(struct voice *v, struct recorder_result *r)
{
	struct leg *l = leg_find(v, r->leg);
	if (!l || l->play_wanted != r->play_id) {
		clip_unref(r->clip);
		return;
	}
	l->play_wanted = 0;
	if (r->clip) {
		media_play(v->media, l->media, l->play_kind, r->clip, l->play_loop, r->play_id);
		return;
	}
	log_error("voice", "prompt_unusable", LOG_ID("call", leg_logged(l)), LOG_ID("leg", l->id),
	          LOG_WHY(&r->why));
	leg_emit_event(l, &(struct leg_event){ .kind = LEG_EV_PLAYED, .play_id = r->play_id });
}

static void file_closed(struct voice *v, const struct recorder_result *r)
{
	struct leg_event ev = {
		.kind = LEG_EV_RECORDED,
		.rec_path = r->path,
		.rec_ms = r->frames / 8,
		.rec_bytes = r->bytes,
		.rec_start_utc_ms = r->start_utc_ms,
		.rec_answer_ms = r->answer_ms,
		.rec_gaps = r->gaps,
		.rec_errno = r->sys_errno,
	};
	struct leg *l = leg_find(v, r->leg);
	if (r->sys_errno)
		log_error("voice", "recording_short", LOG_ID("call", l ? leg_logged(l) : 0),
		          LOG_ID("leg", r->leg), LOG_S("why", strerror(r->sys_errno)));
	if (l) {
		l->recordings--;
		leg_emit_event(l, &ev);
		return;
	}
	for (struct epitaph **p = &v->epitaphs; *p; p = &(*p)->next) {
		struct epitaph *e = *p;
		if (e->leg != r->leg)
			continue;
		struct leg ghost = { .v = v,
			             .id = e->leg,
			             .call_id = e->call_id,
			             .known_as = e->known_as,
			             .kind = e->kind };
		ev.trunk_id = e->trunk_id;
		if (--e->recordings == 0) {
			*p = e->next;
			free(e);
		}
		leg_emit_event(&ghost, &ev);
		return;
	}
}

static void early_media(struct leg *l)
{
	if (l->is_answered || !l->is_outbound || l->is_early_told)
		return;
	l->is_early_told = true;
	leg_emit(l, LEG_EV_EARLY_MEDIA);
}

static void no_media(struct leg *l)
{
	leg_emit(l, LEG_EV_NO_MEDIA_30S);
	/* A BYE that got lost leaves such a call: ask. 481 or silence ends it (sip_leg.c). */
	sip_probe(l);
}

static void leg_media_said(struct leg *l, const struct media_event *ev)
{
	struct leg_event out = { .at_ms = ev->at_ms };
	switch (ev->kind) {
	case MEV_AUDIO:
		if (l->trunk && ev->is_as_told)
			l->trunk->is_symmetric = true;
		early_media(l);
		break;
	case MEV_FIRST:
		out.kind = LEG_EV_FIRST_AUDIO;
		leg_emit_event(l, &out);
		break;
	case MEV_DIGIT:
		out.kind = LEG_EV_DIGIT;
		out.digit = ev->digit;
		leg_emit_event(l, &out);
		break;
	case MEV_UP:
	case MEV_LOST:
	case MEV_BACK:
		web_leg_event(l, ev);
		break;
	case MEV_PLAYED:
		out.kind = LEG_EV_PLAYED;
		out.play_id = ev->play_id;
		leg_emit_event(l, &out);
		break;
	case MEV_VOICE_ON:
	case MEV_VOICE_OFF:
		out.kind = ev->kind == MEV_VOICE_ON ? LEG_EV_VOICE_ON : LEG_EV_VOICE_OFF;
		leg_emit_event(l, &out);
		break;
	case MEV_NO_MEDIA:
		no_media(l);
		break;
	case MEV_UNHEARD:
		leg_unheard(l);
		break;
	case MEV_STATS:
	case MEV_RECORDER:
		break;
	}
}

void leg_media_event(struct voice *v, struct media_event *ev)
{
	if (ev->kind == MEV_RECORDER) {
		if (ev->result->is_prompt)
			prompt_read(v, ev->result);
		else
			file_closed(v, ev->result);
		free(ev->result);
		return;
	}
	if (ev->kind == MEV_STATS) {
		ev->stats_fn(ev->stats_ctx, ev->leg, &ev->stats);
		return;
	}
	struct leg *l = leg_find(v, ev->leg);
	if (l && l->state != LS_ENDING)
		leg_media_said(l, ev);
}

/* ---- verbs ---- */

enum err leg_hangup(struct voice *v, int64_t leg, enum cause cause, struct why *why)
{
	struct leg *l;
	enum err e = leg_get(v, leg, &l, why);
	if (e)
		return e;
	l->is_ours = true;
	leg_end(l, cause, ENDED_BY_US);
	return ERR_OK;
}

enum err leg_bridge(struct voice *v, int64_t customer, int64_t agent, enum bridge_how how,
                    struct why *why)
{
	struct leg *a, *b;
	enum err e = leg_get(v, customer, &a, why);
	if (!e)
		e = leg_get(v, agent, &b, why);
	if (e)
		return e;
	if (a == b)
		return fail(why, E_LEG_STATE, "it cannot be joined to itself");
	if (a->partner)
		a->partner->partner = NULL;
	if (b->partner)
		b->partner->partner = NULL;
	a->partner = b;
	b->partner = a;
	media_bridge(v->media, a->media, b->media, how);
	return ERR_OK;
}

enum err leg_unbridge(struct voice *v, int64_t leg, struct why *why)
{
	struct leg *l;
	enum err e = leg_get(v, leg, &l, why);
	if (e)
		return e;
	if (l->partner)
		l->partner->partner = NULL;
	l->partner = NULL;
	media_unbridge(v->media, l->media);
	return ERR_OK;
}

int64_t leg_partner(struct voice *v, int64_t leg)
{
	struct leg *l = leg_find(v, leg);
	return l && l->partner ? l->partner->id : 0;
}

static int64_t next_play(struct leg *l, enum play kind, bool is_looped, int64_t *ret_play_id)
{
	int64_t id = ++l->v->last_play;
	l->play_kind = kind;
	l->play_loop = is_looped;
	l->play_wanted = 0;
	if (ret_play_id)
		*ret_play_id = id;
	return id;
}

enum err leg_play(struct voice *v, int64_t leg, enum play kind, const char *wav_path,
                  bool is_looped, int64_t *ret_play_id, struct why *why)
{
	struct leg *l;
	enum err e = leg_get(v, leg, &l, why);
	if (e)
		return e;
	int64_t id = next_play(l, kind, is_looped, ret_play_id);
	if (!wav_path) {
		media_play(v->media, l->media, kind, NULL, is_looped, id);
		return ERR_OK;
	}
	l->play_wanted = id;
	return media_load(v->media, wav_path, leg, id) ? ERR_OK : fail(why, E_VOICE_BUSY);
}

enum err leg_play_pcm(struct voice *v, int64_t leg, enum play kind, const int16_t *pcm,
                      size_t samples, bool is_looped, int64_t *ret_play_id, struct why *why)
{
	struct leg *l;
	enum err e = leg_get(v, leg, &l, why);
	if (e)
		return e;
	int16_t *copy = malloc((samples ? samples : 1) * sizeof *copy);
	if (copy)
		memcpy(copy, pcm, samples * sizeof *copy);
	struct clip *clip = copy ? clip_new(copy, samples) : NULL;
	if (!clip)
		return fail(why, E_NOMEM);
	media_play(v->media, l->media, kind, clip, is_looped,
	           next_play(l, kind, is_looped, ret_play_id));
	return ERR_OK;
}

enum err leg_stop(struct voice *v, int64_t leg, struct why *why)
{
	struct leg *l;
	enum err e = leg_get(v, leg, &l, why);
	if (e)
		return e;
	l->play_wanted = 0;
	media_stop(v->media, l->media);
	return ERR_OK;
}

enum err leg_tone(struct voice *v, int64_t leg, enum tone tone, int duration_ms, struct why *why)
{
	struct leg *l;
	enum err e = leg_get(v, leg, &l, why);
	if (e)
		return e;
	l->play_wanted = 0;
	media_tone(v->media, l->media, tone, duration_ms);
	return ERR_OK;
}

enum err leg_mute(struct voice *v, int64_t leg, bool on, struct why *why)
{
	struct leg *l;
	enum err e = leg_get(v, leg, &l, why);
	if (!e)
		media_mute(v->media, l->media, on);
	return e;
}

enum err leg_hold(struct voice *v, int64_t leg, bool on, struct why *why)
{
	struct leg *l;
	enum err e = leg_get(v, leg, &l, why);
	if (!e)
		media_hold(v->media, l->media, on);
	return e;
}

enum err leg_digits(struct voice *v, int64_t leg, const char *digits, struct why *why)
{
	struct leg *l;
	struct digits_tx check = { 0 };
	enum err e = leg_get(v, leg, &l, why);
	if (e)
		return e;
	if (!digits_tx_add(&check, digits))
		return fail(why, E_LEG_DIGITS);
	media_digits(v->media, l->media, digits);
	return ERR_OK;
}

enum err leg_record(struct voice *v, int64_t customer, const char *path, struct why *why)
{
	struct leg *l;
	enum err e = leg_get(v, customer, &l, why);
	if (e)
		return e;
	l->recordings++;
	media_record(v->media, l->media, path);
	return ERR_OK;
}

enum err record_stop(struct voice *v, int64_t customer, struct why *why)
{
	struct leg *l;
	enum err e = leg_get(v, customer, &l, why);
	if (!e)
		media_record_stop(v->media, l->media);
	return e;
}

enum err leg_listen(struct voice *v, int64_t supervisor, int64_t target, enum listen how,
                    struct why *why)
{
	struct leg *s, *t = NULL;
	enum err e = leg_get(v, supervisor, &s, why);
	if (!e && how != LISTEN_OFF)
		e = leg_get(v, target, &t, why);
	if (e)
		return e;
	if (s == t)
		return fail(why, E_LEG_STATE, "one cannot listen in on oneself");
	media_listen(v->media, s->media, t ? t->media : NULL, how);
	return ERR_OK;
}

enum err leg_watch_voice(struct voice *v, int64_t leg, bool on, struct why *why)
{
	struct leg *l;
	enum err e = leg_get(v, leg, &l, why);
	if (!e)
		media_watch(v->media, l->media, on);
	return e;
}

enum err leg_stats(struct voice *v, int64_t leg, leg_stats_fn *fn, void *ctx, struct why *why)
{
	struct leg *l;
	enum err e = leg_get(v, leg, &l, why);
	if (!e)
		media_ask_stats(v->media, l->media, fn, ctx);
	return e;
}
