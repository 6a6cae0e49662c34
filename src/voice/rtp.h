/* voice/rtp.h -- RTP packets as bytes, and the two bookkeepers of a stream (RFC 3550).
 *
 * Pure: no socket, no clock; `now_us` is an argument. G.711 only: the RTP clock is 8 kHz. */
#ifndef VOICE_RTP_H
#define VOICE_RTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RTP_FIXED_BYTES = 12, RTP_RATE = 8000 };

struct rtp {
	uint8_t pt;
	bool is_marked;
	uint16_t seq;
	uint32_t ts, ssrc;
	uint8_t *payload; /* into the packet, at least RTP_FIXED_BYTES after its start */
	size_t len;       /* padding taken off; 0 is possible */
};

/** Reads a packet in place. @return false: not RTP version 2, or lengths do not fit. Fuzzed. */
bool rtp_parse(uint8_t *packet, size_t bytes, struct rtp *ret);

/** Writes the fixed header (no CSRC, no extension). */
void rtp_write_header(uint8_t *p, uint8_t pt, bool is_marked, uint16_t seq, uint32_t ts,
                      uint32_t ssrc);

/* ---- what comes in ---- */

struct rtp_rx {
	bool is_started;
	uint32_t ssrc;
	uint32_t base_ext, max_ext; /* extended sequence numbers of this source */
	uint32_t jump_next;         /* what would follow a packet that jumped; above 0xffff: none */
	int64_t packets, lost, late; /* since the leg began, over all sources */
	uint32_t src_packets;        /* of this source, for RTCP */
	int64_t jitter_q4;           /* RFC 3550 A.8, timestamp units * 16 */
	int64_t last_transit;
	uint32_t rr_expected, rr_received; /* at the last report */
	uint32_t last_sr_mid;              /* middle 32 bits of the peer's NTP time */
	int64_t last_sr_us;
};

/** Counts one packet. A jump is believed when a second packet follows it (RFC 3550 A.1), so that
 * one forged packet does not make those that follow look old.
 *  @return false: a duplicate, far too old, or a jump not yet believed: drop it */
bool rtp_rx_take(struct rtp_rx *r, const struct rtp *p, int64_t now_us);

/* ---- what goes out: one unbroken stream over all that is played or relayed ---- */

struct rtp_tx {
	uint32_t ssrc;
	uint16_t seq; /* of the last packet */
	uint32_t ts;  /* of the last packet */
	bool is_started;
	int64_t last_us;  /* when it left */
	bool is_relaying; /* the two offsets hold */
	uint32_t src_ssrc;
	uint16_t dseq;
	uint32_t dts;
	int64_t packets, bytes;
};

struct rtp_out {
	uint16_t seq;
	uint32_t ts;
	bool is_marked;
};

void rtp_tx_init(struct rtp_tx *t, uint32_t random_ssrc, uint16_t random_seq, uint32_t random_ts);

/** Continues with a frame of our own of `samples`. */
struct rtp_out rtp_tx_frame(struct rtp_tx *t, int samples, int64_t now_us);

/** Continues with a relayed packet: its gaps and its order are kept; a new source is joined on. */
struct rtp_out rtp_tx_relay(struct rtp_tx *t, const struct rtp *in, int64_t now_us);

#endif
