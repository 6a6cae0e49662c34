#include "test.h"

#include <stdlib.h>

#include "voice/jring.h"
#include "voice/rtcp.h"
#include "voice/rtp.h"

static struct rtp packet(uint32_t ssrc, uint16_t seq, uint32_t ts)
{
	static uint8_t bytes[RTP_FIXED_BYTES + 160];
	return (struct rtp){ .pt = 8,
		             .seq = seq,
		             .ts = ts,
		             .ssrc = ssrc,
		             .payload = bytes + RTP_FIXED_BYTES,
		             .len = 160 };
}

static void header_extension_csrc_and_padding_are_taken_off(void **state)
{
	(void)state;
	uint8_t p[64] = { 0x80 | 0x20 | 0x10 | 1, 8 };
	struct rtp r;
	p[12 + 4 + 2] = 0; /* extension: profile 2 bytes, length 1 word */
	p[12 + 4 + 3] = 1;
	p[63] = 4; /* padding */
	assert_true(rtp_parse(p, 64, &r));
	assert_ptr_equal(r.payload, p + 12 + 4 + 4 + 4);
	assert_int_equal(r.len, 64 - 24 - 4);
}

static void lengths_that_do_not_fit_are_refused(void **state)
{
	(void)state;
	uint8_t p[20] = { 0x80 };
	struct rtp r;
	assert_false(rtp_parse(p, 11, &r));
	p[0] = 0x40;
	assert_false(rtp_parse(p, 20, &r)); /* version 1 */
	p[0] = 0x8f;
	assert_false(rtp_parse(p, 20, &r)); /* 15 CSRCs */
	p[0] = 0x90;
	p[14] = 0xff; /* a long extension */
	assert_false(rtp_parse(p, 20, &r));
	p[0] = 0xa0;
	p[19] = 9; /* more padding than payload */
	assert_false(rtp_parse(p, 20, &r));
	p[19] = 0;
	assert_false(rtp_parse(p, 20, &r));
}

static void random_bytes_never_reach_outside_the_packet(void **state)
{
	(void)state;
	srand(1);
	for (int i = 0; i < 200000; i++) {
		size_t n = (size_t)(rand() % 64);
		uint8_t *p = malloc(n ? n : 1);
		struct rtp r;
		for (size_t k = 0; k < n; k++)
			p[k] = (uint8_t)rand();
		if (n)
			p[0] = (uint8_t)((p[0] & 0x3f) | 0x80);
		if (rtp_parse(p, n, &r))
			assert_true(r.payload >= p + RTP_FIXED_BYTES && r.payload + r.len <= p + n);
		struct rtp_rx rx = { 0 };
		rtcp_report_read(p, n, 1, &rx, 1, 1);
		free(p);
	}
}

static void relay_keeps_gaps_and_order_under_its_own_numbers(void **state)
{
	(void)state;
	struct rtp_tx t;
	rtp_tx_init(&t, 99, 1000, 50000);
	struct rtp a = packet(1, 65534, 4294967200u), b = packet(1, 65535, 4294967200u + 160),
		   d = packet(1, 1, 4294967200u + 480), c = packet(1, 0, 4294967200u + 320);
	struct rtp_out oa = rtp_tx_relay(&t, &a, 0), ob = rtp_tx_relay(&t, &b, 20000),
		       od = rtp_tx_relay(&t, &d, 60000), oc = rtp_tx_relay(&t, &c, 61000);
	assert_int_equal(oa.seq, 1001);
	assert_true(oa.is_marked);
	assert_false(ob.is_marked);
	assert_int_equal((uint16_t)(ob.seq - oa.seq), 1);
	assert_int_equal((uint16_t)(od.seq - oa.seq), 3); /* the gap is passed on */
	assert_int_equal((uint16_t)(oc.seq - oa.seq), 2); /* and the late one finds its place */
	assert_int_equal(od.ts - oa.ts, 480);
	assert_int_equal(oc.ts - oa.ts, 320);
}

static void one_stream_over_relay_prompt_and_another_source(void **state)
{
	(void)state;
	struct rtp_tx t;
	rtp_tx_init(&t, 99, 10, 0);
	int64_t now = 0;
	struct rtp_out last = { 0 };
	for (int i = 0; i < 5; i++, now += 20000) {
		struct rtp p = packet(1, (uint16_t)(700 + i), 160u * (uint32_t)i);
		last = rtp_tx_relay(&t, &p, now);
	}
	for (int i = 0; i < 5; i++, now += 20000) {
		struct rtp_out o = rtp_tx_frame(&t, 160, now);
		assert_int_equal((uint16_t)(o.seq - last.seq), 1);
		assert_int_equal(o.ts - last.ts, 160);
		assert_int_equal(o.is_marked, i == 0);
		last = o;
	}
	struct rtp p = packet(2, 9, 777777);
	struct rtp_out o = rtp_tx_relay(&t, &p, now);
	assert_int_equal((uint16_t)(o.seq - last.seq), 1);
	assert_int_equal(o.ts - last.ts, 160);
	assert_true(o.is_marked);
}

static void a_pause_is_time_that_passed_not_lost_packets(void **state)
{
	(void)state;
	struct rtp_tx t;
	rtp_tx_init(&t, 99, 10, 0);
	struct rtp_out a = rtp_tx_frame(&t, 160, 0), b = rtp_tx_frame(&t, 160, 2000000);
	assert_int_equal((uint16_t)(b.seq - a.seq), 1);
	assert_int_equal(b.ts - a.ts, 16000);
	assert_true(b.is_marked);
}

static void a_source_that_jumps_in_time_is_joined_on_anew(void **state)
{
	(void)state;
	struct rtp_tx t;
	rtp_tx_init(&t, 99, 10, 0);
	struct rtp p = packet(1, 100, 0), q = packet(1, 101, 3000000000u);
	struct rtp_out a = rtp_tx_relay(&t, &p, 0), b = rtp_tx_relay(&t, &q, 20000);
	assert_int_equal(b.ts - a.ts, 160);
}

static void losses_and_late_packets_are_counted(void **state)
{
	(void)state;
	struct rtp_rx r = { 0 };
	struct rtp a = packet(1, 65535, 0), b = packet(1, 2, 480), c = packet(1, 1, 320);
	assert_true(rtp_rx_take(&r, &a, 0));
	assert_true(rtp_rx_take(&r, &b, 60000));
	assert_int_equal(r.lost, 2);
	assert_true(rtp_rx_take(&r, &c, 61000));
	assert_int_equal(r.lost, 1);
	assert_int_equal(r.late, 1);
	assert_false(rtp_rx_take(&r, &b, 62000)); /* a duplicate */
	struct rtp other = packet(7, 40000, 5);
	assert_true(rtp_rx_take(&r, &other, 80000));
	assert_int_equal(r.lost, 1); /* a new source loses nothing by beginning elsewhere */
}

/* Whoever can spoof the peer's address sends one packet with a wild sequence number. */
static void one_forged_packet_silences_nobody(void **state)
{
	(void)state;
	static const uint16_t AHEAD[] = { 10, 90, 2000, 20000, 40000, 65000 };
	for (size_t k = 0; k < sizeof AHEAD / sizeof *AHEAD; k++) {
		struct rtp_rx r = { 0 };
		int taken = 0;
		for (int i = 0; i < 200; i++) {
			struct rtp p = packet(1, (uint16_t)(65500 + i), 160u * (uint32_t)i);
			struct rtp forged =
			    packet(1, (uint16_t)(p.seq + AHEAD[k]), 99u * (uint32_t)i);
			taken += rtp_rx_take(&r, &p, 20000 * i);
			if (i == 100)
				(void)rtp_rx_take(&r, &forged, 20000 * i);
		}
		assert_true(taken >= 199); /* the one whose number was used up */
	}
}

static void a_jump_is_believed_when_a_second_packet_follows(void **state)
{
	(void)state;
	struct rtp_rx r = { 0 };
	struct rtp a = packet(1, 100, 0), far = packet(1, 30000, 800), next = packet(1, 30001, 960),
		   hole = packet(1, 30301, 9600), behind = packet(1, 30302, 9760);
	assert_true(rtp_rx_take(&r, &a, 0));
	assert_false(rtp_rx_take(&r, &far, 20000));
	assert_true(rtp_rx_take(&r, &next, 40000));
	assert_false(rtp_rx_take(&r, &hole, 60000)); /* six seconds of loss, or a forgery */
	assert_true(rtp_rx_take(&r, &behind, 80000));
	assert_int_equal(r.lost, 299);
}

static void steady_packets_have_no_jitter(void **state)
{
	(void)state;
	struct rtp_rx r = { 0 };
	for (int i = 0; i < 100; i++) {
		struct rtp p = packet(1, (uint16_t)i, 160u * (uint32_t)i);
		rtp_rx_take(&r, &p, 20000 * i);
	}
	assert_int_equal(r.jitter_q4 >> 4, 0);
}

static void reports_tell_loss_and_round_trip(void **state)
{
	(void)state;
	uint8_t ours[RTCP_REPORT_BYTES], theirs[RTCP_REPORT_BYTES];
	struct rtp_tx a_tx, b_tx;
	struct rtp_rx a_rx = { 0 }, b_rx = { 0 };
	const int64_t utc = 1700000000LL * 1000000;
	rtp_tx_init(&a_tx, 11, 0, 0);
	rtp_tx_init(&b_tx, 22, 0, 0);
	for (int i = 0; i < 10; i++) {
		struct rtp_out o = rtp_tx_frame(&a_tx, 160, 20000 * i);
		struct rtp p = packet(11, o.seq, o.ts);
		if (i != 5)
			rtp_rx_take(&b_rx, &p, 20000 * i);
	}
	rtp_tx_frame(&b_tx, 160, 0);
	size_t n = rtcp_report_write(ours, &a_tx, &a_rx, 200000, utc);
	assert_int_equal(n % 4, 0);
	rtcp_report_read(ours, n, 22, &b_rx, 200000, utc);
	n = rtcp_report_write(theirs, &b_tx, &b_rx, 300000, utc + 100000);
	struct rtcp_news news = rtcp_report_read(theirs, n, 11, &a_rx, 350000, utc + 150000);
	assert_true(news.has_report);
	assert_int_equal(news.lost_pct, 9); /* 1 of 10, in 1/256 */
	assert_in_range(news.rtt_ms, 49, 51);
}

static void the_ring_gives_back_in_time_and_fills_holes_with_silence(void **state)
{
	(void)state;
	struct jring *r = calloc(1, sizeof *r);
	int16_t in[160], out[160];
	for (int i = 0; i < 160; i++)
		in[i] = 1000;
	jring_put(r, 1, 0, in, 160);
	jring_put(r, 1, 320, in, 160); /* 160..319 is missing */
	for (int i = 0; i < JRING_DELAY / 160; i++)
		jring_get(r, out, 160);
	jring_get(r, out, 160);
	assert_int_equal(out[0], 1000);
	jring_get(r, out, 160);
	assert_int_equal(out[80], 0);
	jring_get(r, out, 160);
	assert_int_equal(out[159], 1000);
	jring_get(r, out, 160);
	assert_int_equal(out[0], 0); /* nothing is played twice */
	free(r);
}

static void a_clock_jump_re_centres_the_ring(void **state)
{
	(void)state;
	struct jring *r = calloc(1, sizeof *r);
	int16_t in[160] = { 5 }, out[160];
	jring_put(r, 1, 0, in, 160);
	jring_put(r, 1, 4000000000u, in, 160);
	for (int i = 0; i < JRING_DELAY / 160; i++)
		jring_get(r, out, 160);
	jring_get(r, out, 160);
	assert_int_equal(out[0], 5);
	free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(header_extension_csrc_and_padding_are_taken_off),
		cmocka_unit_test(lengths_that_do_not_fit_are_refused),
		cmocka_unit_test(random_bytes_never_reach_outside_the_packet),
		cmocka_unit_test(relay_keeps_gaps_and_order_under_its_own_numbers),
		cmocka_unit_test(one_stream_over_relay_prompt_and_another_source),
		cmocka_unit_test(a_pause_is_time_that_passed_not_lost_packets),
		cmocka_unit_test(a_source_that_jumps_in_time_is_joined_on_anew),
		cmocka_unit_test(losses_and_late_packets_are_counted),
		cmocka_unit_test(one_forged_packet_silences_nobody),
		cmocka_unit_test(a_jump_is_believed_when_a_second_packet_follows),
		cmocka_unit_test(steady_packets_have_no_jitter),
		cmocka_unit_test(reports_tell_loss_and_round_trip),
		cmocka_unit_test(the_ring_gives_back_in_time_and_fills_holes_with_silence),
		cmocka_unit_test(a_clock_jump_re_centres_the_ring),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
