#include "voice/rtcp.h"

#include <string.h>

enum { TYPE_SR = 200, TYPE_RR = 201, TYPE_SDES = 202, BLOCK_BYTES = 24 };

static const int64_t NTP_EPOCH_S = 2208988800;

static void put32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static uint64_t ntp_time(int64_t utc_us)
{
	uint64_t s = (uint64_t)(utc_us / 1000000 + NTP_EPOCH_S), us = (uint64_t)(utc_us % 1000000);
	return s << 32 | (us << 32) / 1000000;
}

static void write_block(uint8_t *p, struct rtp_rx *rx, int64_t now_us)
{
	uint32_t expected = rx->max_ext - rx->base_ext + 1;
	int32_t lost = (int32_t)(expected - rx->src_packets);
	uint32_t exp_now = expected - rx->rr_expected, got_now = rx->src_packets - rx->rr_received;
	int32_t lost_now = (int32_t)(exp_now - got_now);
	uint32_t fraction = exp_now && lost_now > 0 ? (uint32_t)lost_now * 256 / exp_now : 0;
	rx->rr_expected = expected;
	rx->rr_received = rx->src_packets;
	if (lost > 0x7fffff)
		lost = 0x7fffff;
	put32(p, rx->ssrc);
	put32(p + 4, (fraction > 255 ? 255 : fraction) << 24 | ((uint32_t)lost & 0xffffff));
	put32(p + 8, rx->max_ext);
	put32(p + 12, (uint32_t)(rx->jitter_q4 >> 4));
	put32(p + 16, rx->last_sr_us ? rx->last_sr_mid : 0);
	put32(p + 20, rx->last_sr_us ? (uint32_t)((now_us - rx->last_sr_us) * 65536 / 1000000) : 0);
}

static void write_head(uint8_t *p, unsigned count, unsigned type, size_t bytes)
{
	p[0] = (uint8_t)(0x80 | count);
	p[1] = (uint8_t)type;
	p[2] = (uint8_t)((bytes / 4 - 1) >> 8);
	p[3] = (uint8_t)(bytes / 4 - 1);
}

size_t rtcp_report_write(uint8_t buf[RTCP_REPORT_BYTES], const struct rtp_tx *tx, struct rtp_rx *rx,
                         int64_t now_us, int64_t now_utc_us)
{
	static const char CNAME[] = "hujiao";
	bool has_block = rx->is_started, is_sr = tx->is_started;
	size_t n = 8;
	put32(buf + 4, tx->ssrc);
	if (is_sr) {
		uint64_t ntp = ntp_time(now_utc_us);
		put32(buf + 8, (uint32_t)(ntp >> 32));
		put32(buf + 12, (uint32_t)ntp);
		put32(buf + 16, tx->ts + (uint32_t)((now_us - tx->last_us) * RTP_RATE / 1000000));
		put32(buf + 20, (uint32_t)tx->packets);
		put32(buf + 24, (uint32_t)tx->bytes);
		n = 28;
	}
	if (has_block) {
		write_block(buf + n, rx, now_us);
		n += BLOCK_BYTES;
	}
	write_head(buf, has_block, is_sr ? TYPE_SR : TYPE_RR, n);
	uint8_t *s = buf + n;
	size_t sdes = (8 + 2 + sizeof CNAME - 1 + 1 + 3) & ~(size_t)3;
	memset(s, 0, sdes);
	write_head(s, 1, TYPE_SDES, sdes);
	put32(s + 4, tx->ssrc);
	s[8] = 1;
	s[9] = sizeof CNAME - 1;
	memcpy(s + 10, CNAME, sizeof CNAME - 1);
	return n + sdes;
}

static void read_block(const uint8_t *b, int64_t now_utc_us, struct rtcp_news *ret)
{
	uint32_t lsr = get32(b + 16), dlsr = get32(b + 20),
		 now = (uint32_t)(ntp_time(now_utc_us) >> 16);
	int64_t rtt = (int64_t)(int32_t)(now - lsr - dlsr) * 1000 / 65536;
	ret->has_report = true;
	ret->lost_pct = b[4] * 100 / 256;
	ret->rtt_ms = lsr && rtt >= 0 && rtt < 60000 ? (int)rtt : -1;
}

struct rtcp_news rtcp_report_read(const uint8_t *p, size_t len, uint32_t our_ssrc,
                                  struct rtp_rx *rx, int64_t now_us, int64_t now_utc_us)
{
	struct rtcp_news news = { .rtt_ms = -1 };
	while (len >= 8 && p[0] >> 6 == 2) {
		size_t n = 4 * ((size_t)(p[2] << 8 | p[3]) + 1), blocks = p[0] & 31u;
		if (n > len)
			break;
		size_t at = p[1] == TYPE_SR ? 28 : 8;
		if (p[1] == TYPE_SR && n >= 28) {
			rx->last_sr_mid = get32(p + 10);
			rx->last_sr_us = now_us;
		}
		for (size_t i = 0; (p[1] == TYPE_SR || p[1] == TYPE_RR) && i < blocks;
		     i++, at += BLOCK_BYTES)
			if (at + BLOCK_BYTES <= n && get32(p + at) == our_ssrc)
				read_block(p + at, now_utc_us, &news);
		p += n;
		len -= n;
	}
	return news;
}
