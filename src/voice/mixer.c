/* What the 20 ms tick makes: prompts, tones, hold music, first words, and the mix when a supervisor
 * listens in. Each continues the leg's one outgoing stream, so that switching is inaudible. */
#include <stdlib.h>
#include <string.h>

#include "audio/g711.h"
#include "audio/level.h"
#include "audio/tone.h"
#include "voice/media_int.h"
#include "voice/tap.h"

enum {
	CONNECT_FRAMES = 10, /* 200 ms */
	PAUSE_DBOV = -45, /* first words: frames below are skipped to catch up with the present */
};

/* spec/domain.md 4.1 (GB/T 3380); levels as networks send them, the connect tone softer than
 * speech. */
static const struct tone_spec TONES[TONE_COUNT] = {
	[TONE_RINGBACK] = { 450, -20, 1000, 4000 }, [TONE_BUSY] = { 450, -20, 350, 350 },
	[TONE_CONGESTION] = { 450, -20, 700, 700 }, [TONE_DIAL] = { 450, -20, 1000, 0 },
	[TONE_CONNECT] = { 880, -22, 200, 800 },    [TONE_TEST] = { 1000, -20, 1000, 0 },
};

/* ---- who is sent what ---- */

static bool is_gone(const struct mleg *l)
{
	return l->kind == LEG_WEB && !web_is_up(l->web);
}

static bool is_mixed(const struct media *m, const struct mleg *l)
{
	if (l->listen_target)
		return true;
	for (const struct mleg *s = m->legs; s; s = s->next) {
		if (!s->listen_target || s->listen < LISTEN_WHISPER)
			continue;
		if (s->listen_target == l ||
		    (s->listen == LISTEN_BARGE && s->listen_target->partner == l))
			return true;
	}
	return false;
}

static enum tx_mode mode_of(const struct media *m, bool is_anybody_listening, const struct mleg *l)
{
	const struct mleg *p = l->partner;
	if (!mleg_can_send(l))
		return TX_NONE;
	if (l->dtx.todo[0])
		return TX_DIGITS;
	if (l->play.is_on)
		return TX_PLAY;
	if (l->is_held || (p && is_gone(p)))
		return TX_MUSIC;
	if (is_anybody_listening && is_mixed(m, l))
		return TX_MIX;
	if (!p)
		return l->kind == LEG_WEB || !l->is_answered ? TX_NONE : TX_SILENCE;
	if (p->is_held)
		return TX_SILENCE;
	if (p->is_ringing)
		return TX_RINGBACK;
	return l->is_agent_side ? TX_CONNECT : TX_RELAY;
}

static bool is_ticked(enum tx_mode mode)
{
	return mode != TX_NONE && mode != TX_RELAY;
}

static void want_ring(struct mleg *l)
{
	if (!l || l->is_ring_on)
		return;
	if (!l->ring)
		l->ring = calloc(1, sizeof *l->ring);
	l->is_ring_on = l->ring;
	if (l->is_ring_on)
		l->m->ringing[l->m->ringing_n++] = l;
}

static void want_mix_sources(struct media *m, struct mleg *l)
{
	want_ring(l->partner);
	if (l->listen_target) {
		want_ring(l->listen_target);
		want_ring(l->listen_target->partner);
	}
	for (struct mleg *s = m->legs; s; s = s->next)
		if (s->listen_target && (s->listen_target == l || s->listen_target->partner == l))
			want_ring(s);
}

static bool make_room(struct media *m)
{
	if (m->leg_count <= m->room)
		return true;
	size_t room = 2 * m->leg_count + 64;
	struct mleg ***lists[] = { &m->ticking, &m->ringing, &m->taps };
	for (int i = 0; i < 3; i++) {
		struct mleg **p = realloc(*lists[i], room * sizeof(struct mleg *));
		if (!p)
			return false;
		*lists[i] = p;
	}
	m->room = room;
	return true;
}

void mix_arrange(struct media *m)
{
	if (!make_room(m))
		return; /* stays stale: tried again at the next tick */
	m->is_stale = false;
	m->ticking_n = m->ringing_n = m->taps_n = 0;
	bool is_anybody_listening = false;
	for (struct mleg *l = m->legs; l; l = l->next) {
		if (l->ring && !l->is_ring_on)
			jring_reset(l->ring);
		l->is_ring_on = false;
		is_anybody_listening |= l->listen_target != NULL;
	}
	for (struct mleg *l = m->legs; l; l = l->next) {
		l->mode = mode_of(m, is_anybody_listening, l);
		if (is_ticked(l->mode))
			m->ticking[m->ticking_n++] = l;
		if (l->mode == TX_MIX)
			want_mix_sources(m, l);
		if (l->tap)
			m->taps[m->taps_n++] = l;
	}
}

/* ---- the frames ---- */

static void clip_frame(const struct clip *c, size_t *at, bool is_looped, int16_t *pcm)
{
	size_t n = clip_samples(c);
	const int16_t *s = clip_pcm(c);
	for (int i = 0; i < FRAME_SAMPLES; i++) {
		if (*at >= n && is_looped)
			*at = 0;
		pcm[i] = *at < n ? s[(*at)++] : 0;
	}
}

static void play_ended(struct mleg *l)
{
	struct media_event ev = { .kind = MEV_PLAYED, .leg = l->id, .play_id = l->play.play_id };
	bool is_clip = !l->play.is_tone;
	clip_unref(l->play.clip);
	l->play = (struct player){ 0 };
	l->m->is_stale = true;
	if (is_clip)
		media_tell(l->m, &ev);
}

static void play_frame(struct mleg *l, int16_t *pcm)
{
	struct player *p = &l->play;
	if (p->is_tone) {
		tone_fill(&TONES[p->tone], (int64_t)p->at, pcm, FRAME_SAMPLES);
		p->at += FRAME_SAMPLES;
		if (p->tone_left != INT64_MAX)
			p->tone_left -= FRAME_SAMPLES;
		if (p->tone_left <= 0)
			play_ended(l);
		return;
	}
	clip_frame(p->clip, &p->at, p->is_looped, pcm);
	if (!p->is_looped && p->at >= clip_samples(p->clip))
		play_ended(l);
}

static void add_frame(int32_t *sum, const struct mleg *l)
{
	if (!l || !l->is_ring_on || l->is_muted)
		return;
	for (int i = 0; i < FRAME_SAMPLES; i++)
		sum[i] += l->frame[i];
}

static void mix_frame(struct media *m, const struct mleg *l, int16_t *pcm)
{
	int32_t sum[FRAME_SAMPLES] = { 0 };
	if (!l->partner || !l->partner->is_held)
		add_frame(sum, l->partner);
	if (l->listen_target) {
		add_frame(sum, l->listen_target);
		add_frame(sum, l->listen_target->partner);
	}
	for (const struct mleg *s = m->legs; s; s = s->next) {
		const struct mleg *t = s->listen_target;
		if (t && ((t == l && s->listen >= LISTEN_WHISPER) ||
		          (t->partner == l && s->listen == LISTEN_BARGE)))
			add_frame(sum, s);
	}
	for (int i = 0; i < FRAME_SAMPLES; i++)
		pcm[i] = (int16_t)(sum[i] > 32767 ? 32767 : sum[i] < -32767 ? -32767 : sum[i]);
}

/* Connect tone, then the partner's words since the answer. Pauses in them are left out until the
 * agent hears the present; then the relay takes over. */
static void connect_frame(struct mleg *l, uint8_t *alaw)
{
	struct first_words *f = l->partner->first;
	if (l->connect_tone_at < CONNECT_FRAMES) {
		int16_t pcm[FRAME_SAMPLES];
		tone_fill(&TONES[TONE_CONNECT], (int64_t)l->connect_tone_at++ * FRAME_SAMPLES, pcm,
		          FRAME_SAMPLES);
		for (int i = 0; i < FRAME_SAMPLES; i++)
			alaw[i] = alaw_encode(pcm[i]);
		return;
	}
	while (f && f->count > 0) {
		memcpy(alaw, f->frame[f->head], FRAME_SAMPLES);
		f->head = (f->head + 1) % FIRST_FRAMES;
		f->count--;
		if (level_alaw_dbov(alaw, FRAME_SAMPLES) >= PAUSE_DBOV)
			return;
	}
	free(f);
	l->partner->first = NULL;
	l->is_agent_side = false;
	l->m->is_stale = true;
	memset(alaw, ALAW_SILENCE, FRAME_SAMPLES);
}

static void digits_frame(struct mleg *l, int64_t now_us)
{
	struct digit_packet d;
	if (!digits_tx_step(&l->dtx, &d)) {
		l->m->is_stale = true;
		return;
	}
	l->m->is_stale |= !l->dtx.todo[0];
	/* All packets of a press carry the timestamp of its beginning (RFC 4733 2.5.1.2). */
	for (int i = 0; d.is_sent && i < d.copies; i++) {
		uint8_t *packet = sendq_room(l->m);
		struct rtp_out o = rtp_tx_frame(&l->tx, i == 0 ? FRAME_SAMPLES : 0, now_us);
		if (d.is_first)
			l->dtx.ts = o.ts;
		memcpy(packet + RTP_FIXED_BYTES, d.payload, DIGIT_EVENT_BYTES);
		rtp_write_header(packet, (uint8_t)l->pt_digits, d.is_first, o.seq, l->dtx.ts,
		                 l->tx.ssrc);
		mleg_send(l, packet, RTP_FIXED_BYTES + DIGIT_EVENT_BYTES);
	}
}

/* @return whether the frame belongs into the recording's right channel */
static bool make_frame(struct media *m, struct mleg *l, uint8_t *alaw)
{
	int16_t pcm[FRAME_SAMPLES] = { 0 };
	bool is_recorded = false;
	switch (l->mode) {
	case TX_PLAY:
		is_recorded = !l->play.is_tone && l->play.kind == PLAY_PROMPT;
		play_frame(l, pcm);
		break;
	case TX_MUSIC:
		clip_frame(m->music, &l->music_at, true, pcm);
		break;
	case TX_RINGBACK:
		tone_fill(&TONES[TONE_RINGBACK], l->ringback_at, pcm, FRAME_SAMPLES);
		l->ringback_at += FRAME_SAMPLES;
		break;
	case TX_MIX:
		is_recorded = true;
		mix_frame(m, l, pcm);
		break;
	case TX_CONNECT:
		connect_frame(l, alaw);
		return false;
	case TX_NONE:
	case TX_RELAY:
	case TX_DIGITS:
	case TX_SILENCE:
		break;
	}
	for (int i = 0; i < FRAME_SAMPLES; i++)
		alaw[i] = alaw_encode(pcm[i]);
	return is_recorded;
}

static void tick_leg(struct media *m, struct mleg *l, int64_t now_us)
{
	if (l->mode == TX_DIGITS) {
		digits_frame(l, now_us);
		return;
	}
	uint8_t *packet = sendq_room(m), *payload = packet + RTP_FIXED_BYTES;
	bool is_recorded = make_frame(m, l, payload);
	if (is_recorded && l->tap)
		tap_now(l->tap, TAP_AGENT, payload, FRAME_SAMPLES, now_us);
	if (l->codec == CODEC_PCMU)
		alaw_to_ulaw(payload, payload, FRAME_SAMPLES);
	struct rtp_out o = rtp_tx_frame(&l->tx, FRAME_SAMPLES, now_us);
	rtp_write_header(packet, l->codec == CODEC_PCMA ? 8 : 0, o.is_marked, o.seq, o.ts,
	                 l->tx.ssrc);
	mleg_send(l, packet, RTP_FIXED_BYTES + FRAME_SAMPLES);
}

void mix_tick(struct media *m, int64_t now_us)
{
	for (size_t i = 0; i < m->ringing_n; i++)
		jring_get(m->ringing[i]->ring, m->ringing[i]->frame, FRAME_SAMPLES);
	for (size_t i = 0; i < m->ticking_n; i++)
		tick_leg(m, m->ticking[i], now_us);
	for (size_t i = 0; i < m->taps_n; i++)
		tap_tick(m->taps[i]->tap, now_us);
}
