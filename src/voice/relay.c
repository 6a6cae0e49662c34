/* What arrives on a leg: counted, recorded, kept for the mixer, and passed on to the partner
 * without decoding. */
#include <string.h>

#include "audio/g711.h"
#include "audio/level.h"
#include "base/clock.h"
#include "voice/media_int.h"
#include "voice/tap.h"

enum {
	PT_PCMU = 0,
	PT_PCMA = 8,
	PAYLOAD_MAX = 960, /* 120 ms */
	NO_MEDIA_US = 30 * 1000000,
	LOUD_DBOV = -40,
	HANGOVER_US = 200000,
	LEVEL_EVERY = 8,
	UNHEARD_US = 1000000,
};

static void take_digit(struct mleg *l, const struct rtp *p)
{
	char digit = digits_rx_take(&l->drx, p->ssrc, p->ts, p->payload, p->len);
	if (!digit)
		return;
	struct media_event ev = {
		.kind = MEV_DIGIT, .leg = l->id, .digit = digit, .at_ms = clock_mono_ms()
	};
	media_tell(l->m, &ev);
}

static void keep_first(struct mleg *l, const uint8_t *alaw, size_t n)
{
	struct first_words *f = l->first;
	int keep = l->partner ? FIRST_FRAMES : FIRST_KEEP;
	for (; n >= FRAME_SAMPLES; n -= FRAME_SAMPLES, alaw += FRAME_SAMPLES) {
		if (f->count >= keep) {
			f->head = (f->head + 1) % FIRST_FRAMES;
			f->count--;
		}
		memcpy(f->frame[(f->head + f->count++) % FIRST_FRAMES], alaw, FRAME_SAMPLES);
	}
}

static void watch_voice(struct mleg *l, const uint8_t *alaw, size_t n, int64_t now_us)
{
	if (level_alaw_dbov(alaw, n) >= LOUD_DBOV) {
		l->last_loud_us = now_us;
		if (!l->is_speaking)
			media_tell_kind(l, MEV_VOICE_ON);
		l->is_speaking = true;
	} else if (l->is_speaking && now_us - l->last_loud_us > HANGOVER_US) {
		l->is_speaking = false;
		media_tell_kind(l, MEV_VOICE_OFF);
	}
}

static void to_mixer(struct mleg *l, const struct rtp *p, const uint8_t *alaw)
{
	int16_t pcm[PAYLOAD_MAX];
	for (size_t i = 0; i < p->len; i++)
		pcm[i] = l->is_muted ? 0 : alaw_decode(alaw[i]);
	jring_put(l->ring, p->ssrc, p->ts, pcm, p->len);
}

static void pass_on(struct mleg *from, struct mleg *to, struct rtp *p, int64_t now_us)
{
	enum codec in = p->pt == PT_PCMA ? CODEC_PCMA : CODEC_PCMU;
	if (from->is_muted)
		memset(p->payload, to->codec == CODEC_PCMA ? ALAW_SILENCE : ULAW_SILENCE, p->len);
	else if (in != to->codec && in == CODEC_PCMA)
		alaw_to_ulaw(p->payload, p->payload, p->len);
	else if (in != to->codec)
		ulaw_to_alaw(p->payload, p->payload, p->len);
	struct rtp_out o = rtp_tx_relay(&to->tx, p, now_us);
	uint8_t *packet = p->payload - RTP_FIXED_BYTES;
	rtp_write_header(packet, to->codec == CODEC_PCMA ? PT_PCMA : PT_PCMU, o.is_marked, o.seq,
	                 o.ts, to->tx.ssrc);
	mleg_send(to, packet, RTP_FIXED_BYTES + p->len);
}

static void note_arrival(struct mleg *l, int64_t now_us)
{
	l->last_rx_us = now_us;
	if (!l->is_audio_told) {
		l->is_audio_told = true;
		l->m->is_stale |= l->is_ringing; /* the network's own ringback replaces ours */
		l->is_ringing = false;
		if (l->tap)
			tap_start(l->tap, now_us, clock_utc_ms());
		media_tell(l->m,
		           &(struct media_event){ .kind = MEV_AUDIO,
		                                  .leg = l->id,
		                                  .is_as_told = l->source.rank == SOURCE_TOLD });
	}
	if (l->is_answered && !l->is_first_told) {
		l->is_first_told = true;
		media_tell_kind(l, MEV_FIRST);
	}
}

/* Whether anybody but the relay wants to see A-law bytes. */
static bool is_wanted(const struct mleg *l, const struct mleg *partner_relayed)
{
	return l->tap || l->first || l->is_ring_on || l->is_watched ||
	       (partner_relayed && partner_relayed->tap);
}

void relay_receive(struct mleg *l, uint8_t *packet, size_t bytes, int64_t now_us)
{
	struct rtp p;
	if (!rtp_parse(packet, bytes, &p))
		return;
	int64_t lost = l->rx.lost;
	if (!rtp_rx_take(&l->rx, &p, now_us))
		return;
	atomic_fetch_add_explicit(&l->m->rtp_in, 1, memory_order_relaxed);
	if (l->rx.lost != lost)
		atomic_fetch_add_explicit(&l->m->rtp_lost, l->rx.lost - lost, memory_order_relaxed);
	note_arrival(l, now_us);
	if (l->m->is_stale)
		mix_arrange(l->m); /* this packet may be what makes us relay */
	if (p.pt == l->pt_digits) {
		take_digit(l, &p);
		return;
	}
	if ((p.pt != PT_PCMA && p.pt != PT_PCMU) || p.len == 0 || p.len > PAYLOAD_MAX)
		return; /* comfort noise (13) is a gap, which receivers fill by themselves */

	struct mleg *to = l->partner && l->partner->mode == TX_RELAY ? l->partner : NULL;
	uint8_t copy[PAYLOAD_MAX];
	const uint8_t *alaw = p.payload;
	if (p.pt == PT_PCMU && is_wanted(l, to)) {
		ulaw_to_alaw(copy, p.payload, p.len);
		alaw = copy;
	}
	if (l->rx.packets % LEVEL_EVERY == 1)
		memcpy(l->last_payload, alaw, p.len < FRAME_SAMPLES ? p.len : FRAME_SAMPLES);
	if (l->tap)
		tap_rtp(l->tap, TAP_CUSTOMER, p.ssrc, p.ts, alaw, p.len, now_us);
	if (to && to->tap && !l->is_muted)
		tap_rtp(to->tap, TAP_AGENT, p.ssrc, p.ts, alaw, p.len, now_us);
	if (l->first)
		keep_first(l, alaw, p.len);
	if (l->is_ring_on)
		to_mixer(l, &p, alaw);
	if (l->is_watched)
		watch_voice(l, alaw, p.len, now_us);
	if (to)
		pass_on(l, to, &p, now_us);
}

void relay_second(struct mleg *l, int64_t now_us)
{
	int64_t since = l->last_rx_us > l->answered_us ? l->last_rx_us : l->answered_us;
	if (l->is_answered && !l->is_unheard_told && now_us - since > UNHEARD_US &&
	    port_has_strays_since(l, since)) {
		l->is_unheard_told = true;
		media_tell_kind(l, MEV_UNHEARD);
	}
	port_report(l, now_us);
	if (l->is_answered && l->can_send && !l->is_no_media_told && now_us - since > NO_MEDIA_US) {
		l->is_no_media_told = true;
		media_tell_kind(l, MEV_NO_MEDIA);
	}
	if (l->is_speaking && now_us - l->last_loud_us > HANGOVER_US) {
		l->is_speaking = false; /* its packets stopped altogether */
		media_tell_kind(l, MEV_VOICE_OFF);
	}
}
