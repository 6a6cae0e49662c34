/* bench/voice.c -- loads the telephone and is loaded: three roles of one program.
 *
 *     bench_voice server ADDR:PORT CALLER_ADDR CALLEE_ADDR:PORT REC_DIR
 *         takes calls from CALLER_ADDR and joins each to CALLEE_ADDR; to "rec" or 1001: recorded
 *     bench_voice callees ADDR:PORT CALLER_ADDR
 *         answers everything and talks
 *     bench_voice callers ADDR:PORT SERVER_ADDR:PORT DEST N RATE SECONDS
 *         makes N calls, RATE a second, keeps them up SECONDS, prints one JSON line of what arrived
 *
 * bench/voice.py runs all three. */
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "voice/leg.h"
#include "voice/trunk.h"

enum { MAX_CALLS = 4096, IN = 1, OUT = 2 };

static const char RECORDED[] = "1001";

static struct bench {
	struct voice *v;
	const char *rec_dir, *dest;
	int64_t other[1 << 16]; /* server: the leg at the other end, by leg id modulo */
	int64_t leg[MAX_CALLS];
	int calls, up, ended, failed, rate;
	int64_t rx, lost, jitter_us;
	int asked, answered, seconds;
	int16_t talk[8000];
} b;

static void split(const char *text, char *addr, size_t size, int *port)
{
	const char *colon = strrchr(text, ':');
	snprintf(addr, size, "%.*s", colon ? (int)(colon - text) : (int)strlen(text), text);
	*port = colon ? atoi(colon + 1) : 0;
}

static void add_trunk(int64_t id, const char *where)
{
	struct trunk_cfg c = { .id = id,
		               .options_s = -1,
		               .callee_fmt = NUMFMT_AS_GIVEN,
		               .caller_fmt = NUMFMT_AS_GIVEN,
		               .no_answer_ms = 10000 };
	struct why why;
	snprintf(c.name, sizeof c.name, "bench");
	split(where, c.host, sizeof c.host, &c.port);
	if (trunk_set(b.v, &c, &why)) {
		fprintf(stderr, "%s\n", why_en(&why));
		exit(1);
	}
}

static void must(enum err e, const struct why *why)
{
	if (e && e != ERR_NOT_FOUND) /* the leg may be over already */
		fprintf(stderr, "%s\n", why_en(why));
}

/* ---- server ---- */

static int64_t *other_of(int64_t leg)
{
	return &b.other[leg % (1 << 16)];
}

static void server_incoming(const struct leg_event *ev)
{
	struct why why;
	int64_t out;
	struct dial d = { OUT, "100", ev->from[0] == '+' || ev->from[0] == '0' ? ev->from : "200",
		          30000, ev->leg };
	if (leg_dial(b.v, &d, &out, &why)) {
		fprintf(stderr, "%s\n", why_en(&why));
		must(leg_reject(b.v, ev->leg, CAUSE_TRUNK_FAIL, &why), &why);
		return;
	}
	*other_of(out) = ev->leg;
	*other_of(ev->leg) = out;
	if (strcmp(ev->to, "rec") != 0 && strcmp(ev->to, RECORDED) != 0)
		return;
	char path[512];
	snprintf(path, sizeof path, "%s/%lld.wav", b.rec_dir, (long long)ev->leg);
	must(leg_record(b.v, ev->leg, path, &why), &why);
}

static void server_event(void *ctx, const struct leg_event *ev)
{
	struct why why;
	(void)ctx;
	if (ev->kind == LEG_EV_INCOMING) {
		server_incoming(ev);
	} else if (ev->kind == LEG_EV_ANSWERED && ev->trunk_id == OUT) {
		must(leg_bridge(b.v, *other_of(ev->leg), ev->leg, BRIDGE_PLAIN, &why), &why);
		must(leg_answer(b.v, *other_of(ev->leg), &why), &why);
	} else if (ev->kind == LEG_EV_ENDED && *other_of(ev->leg)) {
		must(leg_hangup(b.v, *other_of(ev->leg), CAUSE_NORMAL, &why), &why);
	}
}

/* ---- callees ---- */

static void talk(int64_t leg)
{
	struct why why;
	must(leg_play_pcm(b.v, leg, PLAY_PROMPT, b.talk, 8000, true, NULL, &why), &why);
}

static void callee_event(void *ctx, const struct leg_event *ev)
{
	struct why why;
	(void)ctx;
	if (ev->kind == LEG_EV_INCOMING) {
		must(leg_answer(b.v, ev->leg, &why), &why);
		talk(ev->leg);
	}
}

/* ---- callers ---- */

static void print_result(void)
{
	printf("{\"role\":\"callers\",\"calls\":%d,\"up\":%d,\"failed\":%d,\"rx_packets\":%lld,"
	       "\"lost\":%lld,"
	       "\"jitter_us_mean\":%lld}\n",
	       b.calls, b.up, b.failed, (long long)b.rx, (long long)b.lost,
	       (long long)(b.answered ? b.jitter_us / b.answered : 0));
	fflush(stdout);
}

static void got_stats(void *ctx, int64_t leg, const struct leg_stats *s)
{
	struct why why;
	(void)ctx;
	b.rx += s->rx_packets;
	b.lost += s->rx_lost;
	b.jitter_us += s->jitter_us;
	b.answered++;
	must(leg_hangup(b.v, leg, CAUSE_NORMAL, &why), &why);
}

static void hang_up_all(struct voice *v, void *arg)
{
	struct why why;
	(void)arg;
	for (int i = 0; i < b.calls; i++)
		if (b.leg[i])
			must(leg_stats(v, b.leg[i], got_stats, NULL, &why), &why);
}

static void stop_now(struct voice *v, void *arg)
{
	(void)arg;
	print_result();
	voice_stop(v);
}

static void dial_next(struct voice *v, void *arg)
{
	struct why why;
	struct dial d = { OUT, b.dest, "200", 30000, b.asked };
	if (leg_dial(v, &d, &b.leg[b.asked], &why)) {
		fprintf(stderr, "%s\n", why_en(&why));
		b.failed++;
	}
	if (++b.asked < b.calls) {
		voice_timer(v, 1000 / b.rate, dial_next, arg);
		return;
	}
	voice_timer(v, b.seconds * 1000L, hang_up_all, NULL);
	voice_timer(v, b.seconds * 1000L + 3000, stop_now, NULL);
}

static void caller_event(void *ctx, const struct leg_event *ev)
{
	(void)ctx;
	if (ev->kind == LEG_EV_ANSWERED) {
		b.up++;
		talk(ev->leg);
	} else if (ev->kind == LEG_EV_ENDED) {
		b.ended++;
		b.failed += ev->cause != CAUSE_NORMAL;
		b.leg[ev->call_id] = 0;
	}
}

/* ---- */

static void on_signal(int sig)
{
	(void)sig;
	voice_stop(b.v);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int args;
		void (*on_event)(void *, const struct leg_event *);
	} ROLES[] = { { "server", 6, server_event },
		      { "callees", 4, callee_event },
		      { "callers", 8, caller_event } };
	int role = 0;
	while (role < 3 && (argc < 2 || strcmp(argv[1], ROLES[role].name) != 0))
		role++;
	if (role == 3 || argc < ROLES[role].args) {
		fprintf(stderr, "usage: see the head of bench/voice.c\n");
		return 2;
	}
	for (int i = 0; i < 8000; i++)
		b.talk[i] = (int16_t)(6000 * sin(2 * M_PI * 400 * i / 8000));

	struct voice_cfg cfg = { .max_legs = 2 * MAX_CALLS };
	struct voice_handlers handlers = { .on_leg_event = ROLES[role].on_event };
	struct why why;
	split(argv[2], cfg.sip_addr, sizeof cfg.sip_addr, &cfg.sip_port);
	log_set_level(LOG_WARN);
	if (voice_new(&cfg, &handlers, NULL, &b.v, &why)) {
		fprintf(stderr, "%s\n", why_en(&why));
		return 1;
	}
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	if (role == 0) {
		add_trunk(IN, argv[3]);
		add_trunk(OUT, argv[4]);
		b.rec_dir = argv[5];
	} else if (role == 1) {
		add_trunk(IN, argv[3]);
	} else {
		add_trunk(OUT, argv[3]);
		b.dest = argv[4];
		b.calls = atoi(argv[5]) < MAX_CALLS ? atoi(argv[5]) : MAX_CALLS;
		b.rate = atoi(argv[6]);
		b.seconds = atoi(argv[7]);
		voice_timer(b.v, 500, dial_next, NULL);
	}
	puts("{\"ready\":true}");
	fflush(stdout);
	voice_run(b.v);
	voice_free(b.v);
	return 0;
}
