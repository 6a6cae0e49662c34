/* bench/voice.c -- the telephone alone as a server under load: takes calls, joins each to a second
 * leg, records if asked.
 *
 *     bench_voice ADDR:PORT CALLER_ADDR CALLEE_ADDR:PORT REC_DIR
 * takes calls from CALLER_ADDR and joins each to CALLEE_ADDR; those to "rec" or 1001 are recorded
 * into REC_DIR. bench/voice.py runs it; any other load can. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "voice/leg.h"
#include "voice/trunk.h"

enum { MAX_LEGS = 8192, OTHERS = 1 << 16, IN = 1, OUT = 2 };

static const char RECORDED[] = "1001";

static struct bench {
	struct voice *v;
	const char *rec_dir;
	int64_t other[OTHERS]; /* the leg at the other end, by leg id modulo */
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

static int64_t *other_of(int64_t leg)
{
	return &b.other[leg % OTHERS];
}

static void incoming(const struct leg_event *ev)
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

static void on_event(void *ctx, const struct leg_event *ev)
{
	struct why why;
	(void)ctx;
	if (ev->kind == LEG_EV_INCOMING) {
		incoming(ev);
	} else if (ev->kind == LEG_EV_ANSWERED && ev->trunk_id == OUT) {
		must(leg_bridge(b.v, *other_of(ev->leg), ev->leg, BRIDGE_PLAIN, &why), &why);
		must(leg_answer(b.v, *other_of(ev->leg), &why), &why);
	} else if (ev->kind == LEG_EV_ENDED && *other_of(ev->leg)) {
		must(leg_hangup(b.v, *other_of(ev->leg), CAUSE_NORMAL, &why), &why);
	}
}

static void on_signal(int sig)
{
	(void)sig;
	voice_stop(b.v);
}

int main(int argc, char **argv)
{
	struct voice_cfg cfg = { .max_legs = MAX_LEGS };
	struct voice_handlers handlers = { .on_leg_event = on_event };
	struct why why;
	if (argc < 5) {
		fprintf(stderr, "usage: see the head of bench/voice.c\n");
		return 2;
	}
	split(argv[1], cfg.sip_addr, sizeof cfg.sip_addr, &cfg.sip_port);
	log_set_level(LOG_WARN);
	if (voice_new(&cfg, &handlers, NULL, &b.v, &why)) {
		fprintf(stderr, "%s\n", why_en(&why));
		return 1;
	}
	signal(SIGTERM, on_signal);
	signal(SIGINT, on_signal);
	add_trunk(IN, argv[2]);
	add_trunk(OUT, argv[3]);
	b.rec_dir = argv[4];
	puts("{\"ready\":true}");
	fflush(stdout);
	voice_run(b.v);
	voice_free(b.v);
	return 0;
}
