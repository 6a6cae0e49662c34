#include "voice/rtp.h"

enum {
	FRAME = 160,
	MAX_DROPOUT = 3000, /* RFC 3550 A.1 */
	MAX_MISORDER = 100,
	MAX_STEP = 50, /* 1 s: what is less far ahead than others may be late is taken at once */
	MAX_TS_JUMP = 5 * RTP_RATE,
	NO_JUMP = 0x10000,
};

static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)get16(p) << 16 | get16(p + 2);
}

bool rtp_parse(uint8_t *p, size_t bytes, struct rtp *ret)
{
	if (bytes < RTP_FIXED_BYTES || p[0] >> 6 != 2)
		return false;
	size_t at = RTP_FIXED_BYTES + 4 * (p[0] & 15u);
	if (p[0] & 0x10) {
		if (at + 4 > bytes)
			return false;
		at += 4 + 4 * (size_t)get16(p + at + 2);
	}
	if (at > bytes)
		return false;
	size_t pad = p[0] & 0x20 ? p[bytes - 1] : 0;
	if (at + pad > bytes || (p[0] & 0x20 && pad == 0))
		return false;
	*ret = (struct rtp){
		.pt = p[1] & 0x7f,
		.is_marked = p[1] & 0x80,
		.seq = get16(p + 2),
		.ts = get32(p + 4),
		.ssrc = get32(p + 8),
		.payload = p + at,
		.len = bytes - at - pad,
	};
	return true;
}

void rtp_write_header(uint8_t *p, uint8_t pt, bool is_marked, uint16_t seq, uint32_t ts,
                      uint32_t ssrc)
{
	p[0] = 0x80;
	p[1] = (uint8_t)(pt | (is_marked ? 0x80 : 0));
	p[2] = (uint8_t)(seq >> 8);
	p[3] = (uint8_t)seq;
	for (int i = 0; i < 4; i++) {
		p[4 + i] = (uint8_t)(ts >> (24 - 8 * i));
		p[8 + i] = (uint8_t)(ssrc >> (24 - 8 * i));
	}
}

static void rx_restart(struct rtp_rx *r, const struct rtp *p)
{
	r->is_started = true;
	r->ssrc = p->ssrc;
	r->base_ext = r->max_ext = 0x10000u + p->seq; /* room below for one reordered wrap */
	r->src_packets = r->rr_expected = r->rr_received = 0;
	r->jitter_q4 = 0;
	r->last_transit = INT64_MIN;
	r->last_sr_us = 0;
	r->jump_next = NO_JUMP;
}

static void rx_jitter(struct rtp_rx *r, const struct rtp *p, int64_t now_us)
{
	int64_t transit = (int64_t)(int32_t)((uint32_t)(now_us * RTP_RATE / 1000000) - p->ts);
	if (r->last_transit != INT64_MIN) {
		int64_t d = transit > r->last_transit ? transit - r->last_transit
		                                      : r->last_transit - transit;
		if (d < MAX_TS_JUMP)
			r->jitter_q4 += d - ((r->jitter_q4 + 8) >> 4);
	}
	r->last_transit = transit;
}

bool rtp_rx_take(struct rtp_rx *r, const struct rtp *p, int64_t now_us)
{
	if (!r->is_started || r->ssrc != p->ssrc)
		rx_restart(r, p);
	int16_t d = (int16_t)(p->seq - (uint16_t)r->max_ext);
	if (r->src_packets && d == 0) {
		r->late++;
		return false;
	}
	if (d < -MAX_MISORDER || d > MAX_STEP) {
		if (p->seq != r->jump_next) {
			r->jump_next = (uint16_t)(p->seq + 1);
			r->late++;
			return false;
		}
		if (d > 0 && d <= MAX_DROPOUT) {
			r->lost +=
			    d -
			    2; /* a long loss; the first packet behind it came and was dropped */
			r->max_ext += (uint32_t)d;
		} else {
			rx_restart(r, p); /* the sender began anew with the same SSRC */
		}
	} else if (d < 0) {
		r->late++;
		r->lost -= r->lost > 0; /* it was counted as lost when its successor came */
	} else {
		r->lost += d > 1 ? d - 1 : 0;
		r->max_ext += (uint32_t)d;
	}
	r->jump_next = NO_JUMP;
	r->packets++;
	r->src_packets++;
	rx_jitter(r, p, now_us);
	return true;
}

void rtp_tx_init(struct rtp_tx *t, uint32_t random_ssrc, uint16_t random_seq, uint32_t random_ts)
{
	/* Below 0x8000: no wrap in the first 11 minutes, which some SRTP stacks take badly (RFC
	 * 3711 3.3.1). */
	*t = (struct rtp_tx){ .ssrc = random_ssrc, .seq = random_seq & 0x7fff, .ts = random_ts };
}

/* The timestamp of something new that starts now: a pause is silence that passed. */
static uint32_t next_ts(const struct rtp_tx *t, int64_t now_us)
{
	int64_t passed = (now_us - t->last_us) * RTP_RATE / 1000000;
	return t->ts + (uint32_t)(passed > FRAME ? passed : FRAME);
}

struct rtp_out rtp_tx_frame(struct rtp_tx *t, int samples, int64_t now_us)
{
	bool is_new = !t->is_started || t->is_relaying || now_us - t->last_us > 60000;
	if (t->is_started)
		t->ts = is_new ? next_ts(t, now_us) : t->ts + (uint32_t)samples;
	t->seq++;
	t->is_started = true;
	t->is_relaying = false;
	t->last_us = now_us;
	t->packets++;
	return (struct rtp_out){ t->seq, t->ts, is_new };
}

static bool fits_relay(const struct rtp_tx *t, const struct rtp *in)
{
	int32_t dts = (int32_t)(in->ts + t->dts - t->ts);
	int16_t dseq = (int16_t)(in->seq + t->dseq - t->seq);
	return t->is_relaying && t->src_ssrc == in->ssrc && dts < MAX_TS_JUMP &&
	       dts > -MAX_TS_JUMP && dseq < MAX_DROPOUT && dseq > -MAX_MISORDER;
}

struct rtp_out rtp_tx_relay(struct rtp_tx *t, const struct rtp *in, int64_t now_us)
{
	bool is_new = !fits_relay(t, in);
	if (is_new) {
		t->dts = (t->is_started ? next_ts(t, now_us) : t->ts) - in->ts;
		t->dseq = (uint16_t)(t->seq + 1 - in->seq);
		t->src_ssrc = in->ssrc;
		t->is_relaying = t->is_started = true;
	}
	struct rtp_out out = { (uint16_t)(in->seq + t->dseq), in->ts + t->dts,
		               is_new || in->is_marked };
	if (is_new || (int16_t)(out.seq - t->seq) > 0) {
		t->seq = out.seq;
		t->ts = out.ts;
	}
	t->last_us = now_us;
	t->packets++;
	return out;
}
