/* RTP and RTCP from anybody who found the port: packets of two bytes length and content each. */
#include "fuzz.h"

#include <string.h>

#include "voice/digits.h"
#include "voice/rtcp.h"
#include "voice/rtp.h"

enum { PACKET_MAX = 2048, OUR_SSRC = 0x4A554A49 };

struct stream {
	struct rtp_rx rx;
	struct rtp_tx tx;
	struct digits_rx digits;
	int64_t now_us;
};

static void take_rtp(struct stream *s, uint8_t *packet, size_t bytes)
{
	struct rtp p;
	if (!rtp_parse(packet, bytes, &p))
		return;
	FUZZ_HOLDS(p.payload >= packet + RTP_FIXED_BYTES && p.payload + p.len <= packet + bytes);
	bool is_fresh = rtp_rx_take(&s->rx, &p, s->now_us);
	FUZZ_HOLDS(s->rx.lost >= 0 && s->rx.late >= 0 && s->rx.packets >= 0);
	(void)digits_rx_take(&s->digits, p.ssrc, p.ts, p.payload, p.len);
	if (is_fresh)
		(void)rtp_tx_relay(&s->tx, &p, s->now_us);
	else
		(void)rtp_tx_frame(&s->tx, 160, s->now_us);
}

static void take_rtcp(struct stream *s, const uint8_t *packet, size_t bytes)
{
	uint8_t report[RTCP_REPORT_BYTES];
	struct rtcp_news news =
	    rtcp_report_read(packet, bytes, OUR_SSRC, &s->rx, s->now_us, s->now_us);
	FUZZ_HOLDS(!news.has_report || (news.lost_pct >= 0 && news.lost_pct <= 100));
	FUZZ_HOLDS(!news.has_report || news.rtt_ms >= -1);
	size_t n = rtcp_report_write(report, &s->tx, &s->rx, s->now_us, s->now_us);
	FUZZ_HOLDS(n <= sizeof report && n % 4 == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct stream s = { .now_us = 1000000 };
	rtp_tx_init(&s.tx, OUR_SSRC, 65530, 0xFFFFFF00u);
	while (size > 2) {
		size_t n = (size_t)(data[0] & 7) << 8 | data[1];
		n = n > size - 2 ? size - 2 : n;
		/* Its own piece of memory: a sanitizer sees the first byte read behind it. */
		uint8_t *packet = malloc(n ? n : 1);
		if (!packet)
			abort();
		memcpy(packet, data + 2, n);
		if (n > 1 && packet[1] >= 192 && packet[1] <= 223)
			take_rtcp(&s, packet, n);
		else
			take_rtp(&s, packet, n);
		free(packet);
		s.now_us += (int64_t)(data[0] >> 3) * 7000;
		data += 2 + n;
		size -= 2 + n;
	}
	return 0;
}
