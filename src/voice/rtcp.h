/* voice/rtcp.h -- sender and receiver reports (RFC 3550 6.4). Pure. */
#ifndef VOICE_RTCP_H
#define VOICE_RTCP_H

#include "voice/rtp.h"

enum { RTCP_REPORT_BYTES = 128 };

/** Writes SR (or RR before anything was sent), a report block when something arrives, and CNAME.
 *  @return bytes written, a multiple of 4 */
size_t rtcp_report_write(uint8_t buf[RTCP_REPORT_BYTES], const struct rtp_tx *tx, struct rtp_rx *rx,
                         int64_t now_us, int64_t now_utc_us);

struct rtcp_news {
	bool has_report;      /* the two below */
	int lost_pct, rtt_ms; /* rtt -1 = not known yet */
};

/** Reads a compound packet: notes the peer's SR in `rx` and returns what it reports about
 * `our_ssrc`. Fuzzed. */
struct rtcp_news rtcp_report_read(const uint8_t *p, size_t len, uint32_t our_ssrc,
                                  struct rtp_rx *rx, int64_t now_us, int64_t now_utc_us);

#endif
