/* voice_driver -- the telephone on a string: text commands on stdin, JSON lines of answers and
 * events on stdout, so that SIPp and Chromium scenarios drive the real library.
 *
 *     voice_driver [key=value...]     keys: sip_port, rtp_min, rtp_max, web_addr, music, log
 *
 * Each command is answered by {"re":"<command>","ok":true,...} or
 * {"re":...,"ok":false,"code":"E_..."}. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "voice/leg.h"
#include "voice/trunk.h"

enum { LINE = 1024, WORDS = 24 };

struct driver {
	struct voice *v;
	char line[LINE];
	char *word[WORDS];
	int words;
};

static const char *w(const struct driver *d, int i)
{
	return i < d->words ? d->word[i] : "";
}

static int64_t n(const struct driver *d, int i)
{
	return atoll(w(d, i));
}

static const char *value(const struct driver *d, const char *key, const char *fallback)
{
	size_t len = strlen(key);
	for (int i = 1; i < d->words; i++)
		if (strncmp(d->word[i], key, len) == 0 && d->word[i][len] == '=')
			return d->word[i] + len + 1;
	return fallback;
}

static void reply(const struct driver *d, enum err e, const struct why *why, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

static void reply(const struct driver *d, enum err e, const struct why *why, const char *fmt, ...)
{
	va_list ap;
	printf("{\"re\":\"%s\",\"ok\":%s", w(d, 0), e ? "false" : "true");
	if (e)
		printf(",\"kind\":\"%s\",\"code\":\"%s\",\"why\":\"%s\"", err_kind_name(e),
		       err_code_name(why->code), why_en(why));
	va_start(ap, fmt);
	if (!e)
		vprintf(fmt, ap);
	va_end(ap);
	puts("}");
}

static void print_text(const char *text)
{
	for (; *text; text++) {
		if (*text == '\n' || *text == '\r')
			printf(*text == '\n' ? "\\n" : "\\r");
		else if (*text == '"' || *text == '\\')
			printf("\\%c", *text);
		else
			putchar(*text);
	}
}

/* ---- events ---- */

static void on_leg_event(void *ctx, const struct leg_event *ev)
{
	(void)ctx;
	printf("{\"ev\":\"%s\",\"leg\":%lld,\"call\":%lld,\"trunk\":%lld,\"t\":%lld,\"sip\":%d",
	       leg_event_name(ev->kind), (long long)ev->leg, (long long)ev->call_id,
	       (long long)ev->trunk_id, (long long)ev->at_ms, ev->sip_code);
	if (ev->kind == LEG_EV_INCOMING)
		printf(",\"from\":\"%s\",\"to\":\"%s\"", ev->from, ev->to);
	if (ev->kind == LEG_EV_DIGIT)
		printf(",\"digit\":\"%c\"", ev->digit);
	if (ev->kind == LEG_EV_PLAYED)
		printf(",\"play\":%lld", (long long)ev->play_id);
	if (ev->kind == LEG_EV_RECORDED)
		printf(",\"path\":\"%s\",\"ms\":%lld,\"bytes\":%lld,\"answer_ms\":%lld,\"gaps\":%d,"
		       "\"errno\":%d",
		       ev->rec_path, (long long)ev->rec_ms, (long long)ev->rec_bytes,
		       (long long)ev->rec_answer_ms, ev->rec_gaps, ev->rec_errno);
	if (ev->kind == LEG_EV_ENDED)
		printf(",\"cause\":\"%s\",\"q850\":%d,\"by\":%d", cause_code(ev->cause), ev->q850,
		       (int)ev->ended_by);
	printf(",\"station\":\"%s\"}\n", ev->station);
}

static void on_trunk_event(void *ctx, const struct trunk_event *ev)
{
	static const char *const STATES[] = { "starting", "up", "down" };
	(void)ctx;
	printf("{\"ev\":\"TRUNK\",\"trunk\":%lld,\"state\":\"%s\",\"sip\":%d,\"why\":\"%s\"}\n",
	       (long long)ev->trunk_id, STATES[ev->status.state], ev->status.last_sip_code,
	       ev->status.text);
}

static void on_offer_answer(void *ctx, int64_t leg, const char *sdp, const struct why *why)
{
	(void)why;
	printf("{\"re\":\"offer\",\"ok\":true,\"leg\":%lld,\"sdp\":\"", (long long)leg);
	print_text(sdp);
	printf("\"}\n");
	(void)ctx;
}

static void on_stats(void *ctx, int64_t leg, const struct leg_stats *s)
{
	(void)ctx;
	printf("{\"ev\":\"STATS\",\"leg\":%lld,\"rx\":%lld,\"lost\":%lld,\"tx\":%lld,\"jitter_us\":"
	       "%d,\"rtt_ms\":%d,"
	       "\"tx_lost_pct\":%d,\"level\":%d}\n",
	       (long long)leg, (long long)s->rx_packets, (long long)s->rx_lost,
	       (long long)s->tx_packets, s->jitter_us, s->rtt_ms, s->tx_lost_pct, s->rx_level_dbov);
}

static void on_test(void *ctx, const struct trunk_test *t)
{
	(void)ctx;
	printf("{\"ev\":\"TEST\",\"trunk\":%lld,\"good\":%s,\"cause\":\"%s\",\"zh\":\"%s\",\"en\":"
	       "\"%s\",\"rows\":[",
	       (long long)t->trunk_id, t->is_good ? "true" : "false", cause_code(t->cause),
	       t->verdict_zh, t->verdict_en);
	for (int i = 0; i < t->rows; i++) {
		printf("%s{\"ms\":%lld,\"sent\":%d,\"text\":\"", i ? "," : "",
		       (long long)t->row[i].at_ms, t->row[i].is_sent);
		print_text(t->row[i].text);
		printf("\"}");
	}
	puts("]}");
}

/* ---- commands ---- */

static enum trunk_transport transport_of(const char *name)
{
	return strcmp(name, "tls") == 0   ? TRUNK_TLS
	       : strcmp(name, "tcp") == 0 ? TRUNK_TCP
	                                  : TRUNK_UDP;
}

static enum err do_trunk(struct driver *d, struct why *why)
{
	struct trunk_cfg c = { .id = n(d, 1), .port = (int)n(d, 3) };
	snprintf(c.name, sizeof c.name, "trunk%s", w(d, 1));
	snprintf(c.host, sizeof c.host, "%s", w(d, 2));
	c.transport = transport_of(value(d, "transport", "udp"));
	c.callee_fmt = numfmt_parse(value(d, "callee", "as_given"));
	c.caller_fmt = numfmt_parse(value(d, "caller", "as_given"));
	snprintf(c.callee_prefix, sizeof c.callee_prefix, "%s", value(d, "prefix", ""));
	snprintf(c.user, sizeof c.user, "%s", value(d, "user", ""));
	snprintf(c.secret, sizeof c.secret, "%s", value(d, "secret", ""));
	snprintf(c.domain, sizeof c.domain, "%s", value(d, "domain", ""));
	snprintf(c.local_addr, sizeof c.local_addr, "%s", value(d, "local", ""));
	snprintf(c.sources[0], sizeof c.sources[0], "%s", value(d, "source", ""));
	snprintf(c.tls_ca, sizeof c.tls_ca, "%s", value(d, "ca", ""));
	snprintf(c.tls_name, sizeof c.tls_name, "%s", value(d, "tls_name", ""));
	c.is_registered = atoi(value(d, "register", "0"));
	c.is_redirect_allowed = atoi(value(d, "redirect", "0"));
	c.is_tls_unverified = atoi(value(d, "unverified", "0"));
	c.identity =
	    strcmp(value(d, "identity", "from"), "pai") == 0 ? IDENTITY_PAI : IDENTITY_FROM;
	c.max_calls = atoi(value(d, "max_calls", "0"));
	c.max_cps = atoi(value(d, "max_cps", "0"));
	c.options_s = atoi(value(d, "options", "-1"));
	c.refresh_s = atoi(value(d, "refresh", "0"));
	c.no_answer_ms = atoi(value(d, "no_answer", "0"));
	if (strcmp(value(d, "codec", ""), "pcmu") == 0) {
		c.codecs[0] = CODEC_PCMU;
		c.codec_count = 1;
	}
	return trunk_set(d->v, &c, why);
}

static void do_dial(struct driver *d)
{
	struct why why = { 0 };
	int64_t leg = 0;
	struct dial dial = { n(d, 1), w(d, 2), w(d, 3), (int)n(d, 4), n(d, 5) };
	enum err e = leg_dial(d->v, &dial, &leg, &why);
	reply(d, e, &why, ",\"leg\":%lld", (long long)leg);
}

static void do_phone(struct driver *d)
{
	struct why why = { 0 };
	int64_t leg = 0;
	enum err e = phone_dial(d->v, w(d, 1), w(d, 2), 0, &leg, &why);
	reply(d, e, &why, ",\"leg\":%lld", (long long)leg);
}

static void do_offer(struct driver *d)
{
	struct why why = { 0 };
	char *sdp = NULL;
	enum err e = file_read(w(d, 2), 65536, &sdp, NULL, &why);
	if (!e)
		e = web_offer(d->v, w(d, 1), sdp, on_offer_answer, d, &why);
	if (e)
		reply(d, e, &why, "%s", "");
	free(sdp);
}

static void do_play(struct driver *d)
{
	struct why why = { 0 };
	int64_t id = 0;
	bool is_music = strcmp(w(d, 2), "music") == 0;
	enum err e = leg_play(d->v, n(d, 1), is_music ? PLAY_MUSIC : PLAY_PROMPT,
	                      is_music ? NULL : w(d, 2), n(d, 3), &id, &why);
	reply(d, e, &why, ",\"play\":%lld", (long long)id);
}

static enum err do_tone(struct driver *d, struct why *why)
{
	static const char *const NAMES[] = {
#define TONE(name, code) code,
		TONE_LIST(TONE)
#undef TONE
	};
	for (int i = 0; i < TONE_COUNT; i++)
		if (strcmp(NAMES[i], w(d, 2)) == 0)
			return leg_tone(d->v, n(d, 1), (enum tone)i, (int)n(d, 3), why);
	return ERR_INVALID;
}

static enum err do_listen(struct driver *d, struct why *why)
{
	static const char *const HOW[] = { "off", "listen", "whisper", "barge" };
	for (int i = 0; i < 4; i++)
		if (strcmp(HOW[i], w(d, 3)) == 0)
			return leg_listen(d->v, n(d, 1), n(d, 2), (enum listen)i, why);
	return ERR_INVALID;
}

static enum err do_bridge(struct driver *d, struct why *why)
{
	return leg_bridge(d->v, n(d, 1), n(d, 2),
	                  strcmp(w(d, 3), "tone") == 0 ? BRIDGE_TONE : BRIDGE_PLAIN, why);
}
static enum err do_unbridge(struct driver *d, struct why *why)
{
	return leg_unbridge(d->v, n(d, 1), why);
}
static enum err do_answer(struct driver *d, struct why *why)
{
	return leg_answer(d->v, n(d, 1), why);
}
static enum err do_ring(struct driver *d, struct why *why)
{
	return leg_ring(d->v, n(d, 1), why);
}
static enum err do_reject(struct driver *d, struct why *why)
{
	return leg_reject(d->v, n(d, 1), cause_parse(w(d, 2)), why);
}
static enum err do_hangup(struct driver *d, struct why *why)
{
	return leg_hangup(d->v, n(d, 1), w(d, 2)[0] ? cause_parse(w(d, 2)) : CAUSE_NORMAL, why);
}
static enum err do_stop(struct driver *d, struct why *why)
{
	return leg_stop(d->v, n(d, 1), why);
}
static enum err do_mute(struct driver *d, struct why *why)
{
	return leg_mute(d->v, n(d, 1), n(d, 2), why);
}
static enum err do_hold(struct driver *d, struct why *why)
{
	return leg_hold(d->v, n(d, 1), n(d, 2), why);
}
static enum err do_digits(struct driver *d, struct why *why)
{
	return leg_digits(d->v, n(d, 1), w(d, 2), why);
}
static enum err do_record(struct driver *d, struct why *why)
{
	return leg_record(d->v, n(d, 1), w(d, 2), why);
}
static enum err do_recstop(struct driver *d, struct why *why)
{
	return record_stop(d->v, n(d, 1), why);
}
static enum err do_watch(struct driver *d, struct why *why)
{
	return leg_watch_voice(d->v, n(d, 1), true, why);
}
static enum err do_stats(struct driver *d, struct why *why)
{
	return leg_stats(d->v, n(d, 1), on_stats, d, why);
}
static enum err do_can(struct driver *d, struct why *why)
{
	return trunk_can_dial(d->v, n(d, 1), 0, why);
}
static enum err do_test(struct driver *d, struct why *why)
{
	return trunk_test(d->v, n(d, 1), w(d, 2), w(d, 3), 5000, on_test, d, why);
}
static enum err do_drop_trunk(struct driver *d, struct why *why)
{
	(void)why;
	trunk_remove(d->v, n(d, 1));
	return ERR_OK;
}
static enum err do_quit(struct driver *d, struct why *why)
{
	(void)why;
	voice_stop(d->v);
	return ERR_OK;
}

static void do_total(struct driver *d)
{
	struct voice_stats s;
	voice_stats(d->v, &s);
	reply(d, ERR_OK, NULL,
	      ",\"legs\":%lld,\"out\":%lld,\"in\":%lld,\"refused\":%lld,\"rtp_in\":%lld,\"rtp_"
	      "out\":%lld,\"lost\":%lld,"
	      "\"late_us\":%lld",
	      (long long)s.legs_now, (long long)s.calls_out, (long long)s.calls_in,
	      (long long)s.refused_unknown_source, (long long)s.rtp_in, (long long)s.rtp_out,
	      (long long)s.rtp_lost_in, (long long)s.tick_late_max_us);
}

static const struct {
	const char *name;
	enum err (*plain)(struct driver *, struct why *);
	void (*own)(struct driver *);
} COMMANDS[] = {
	{ "trunk", do_trunk, NULL },     { "drop_trunk", do_drop_trunk, NULL },
	{ "dial", NULL, do_dial },       { "phone", NULL, do_phone },
	{ "offer", NULL, do_offer },     { "play", NULL, do_play },
	{ "answer", do_answer, NULL },   { "ring", do_ring, NULL },
	{ "reject", do_reject, NULL },   { "hangup", do_hangup, NULL },
	{ "bridge", do_bridge, NULL },   { "unbridge", do_unbridge, NULL },
	{ "stop", do_stop, NULL },       { "tone", do_tone, NULL },
	{ "mute", do_mute, NULL },       { "hold", do_hold, NULL },
	{ "digits", do_digits, NULL },   { "record", do_record, NULL },
	{ "recstop", do_recstop, NULL }, { "listen", do_listen, NULL },
	{ "watch", do_watch, NULL },     { "stats", do_stats, NULL },
	{ "can", do_can, NULL },         { "test", do_test, NULL },
	{ "total", NULL, do_total },     { "quit", do_quit, NULL },
};

static void run_command(struct voice *v, void *arg)
{
	struct driver *d = arg;
	struct why why = { 0 };
	char *at;
	d->v = v;
	for (char *p = strtok_r(d->line, " \n", &at); p && d->words < WORDS;
	     p = strtok_r(NULL, " \n", &at))
		d->word[d->words++] = p;
	for (size_t i = 0; i < sizeof COMMANDS / sizeof *COMMANDS; i++) {
		if (strcmp(COMMANDS[i].name, w(d, 0)) != 0)
			continue;
		if (COMMANDS[i].own)
			COMMANDS[i].own(d);
		else
			reply(d, COMMANDS[i].plain(d, &why), &why, "%s", "");
		free(d);
		return;
	}
	reply(d, ERR_INVALID, &why, "%s", "");
	free(d);
}

static atomic_bool is_over;

/* Unbuffered, so that poll() knows; a thread that waits for ever could not be joined. */
static bool has_input(void)
{
	struct pollfd p = { .fd = STDIN_FILENO, .events = POLLIN };
	while (!atomic_load(&is_over))
		if (poll(&p, 1, 50) > 0)
			return true;
	return false;
}

static void *read_commands(void *arg)
{
	struct voice *v = arg;
	char line[LINE];
	while (has_input() && fgets(line, sizeof line, stdin)) {
		struct driver *d = calloc(1, sizeof *d);
		if (!d)
			break;
		memcpy(d->line, line, sizeof line);
		if (voice_post(v, run_command, d, NULL))
			free(d);
	}
	if (!atomic_load(&is_over))
		voice_stop(v);
	return NULL;
}

int main(int argc, char **argv)
{
	struct driver args = { .words = argc };
	struct voice_cfg cfg = { 0 };
	struct voice *v;
	struct why why = { 0 };
	enum log_level level;
	for (int i = 0; i < argc && i < WORDS; i++)
		args.word[i] = argv[i];
	cfg.sip_port = atoi(value(&args, "sip_port", "0"));
	cfg.rtp_port_min = atoi(value(&args, "rtp_min", "0"));
	cfg.rtp_port_max = atoi(value(&args, "rtp_max", "0"));
	snprintf(cfg.sip_addr, sizeof cfg.sip_addr, "%s", value(&args, "sip_addr", "127.0.0.1"));
	snprintf(cfg.web_addr, sizeof cfg.web_addr, "%s", value(&args, "web_addr", ""));
	snprintf(cfg.music_path, sizeof cfg.music_path, "%s", value(&args, "music", ""));
	cfg.sip_tls_port = atoi(value(&args, "tls_port", "0"));
	snprintf(cfg.sip_tls_cert, sizeof cfg.sip_tls_cert, "%s", value(&args, "tls_cert", ""));
	if (log_level_parse(value(&args, "log", "warn"), &level))
		log_set_level(level);
	setvbuf(stdout, NULL, _IOLBF, 0);
	setvbuf(stdin, NULL, _IONBF, 0);
	struct voice_handlers handlers = { on_leg_event, on_trunk_event };
	if (voice_new(&cfg, &handlers, NULL, &v, &why)) {
		fprintf(stderr, "%s\n", why_en(&why));
		return 1;
	}
	printf("{\"ev\":\"READY\",\"sip_port\":%d,\"web_port\":%d}\n", voice_sip_port(v),
	       voice_web_port(v));
	pthread_t reader;
	pthread_create(&reader, NULL, read_commands, v);
	voice_run(v);
	atomic_store(&is_over, true);
	pthread_join(reader, NULL);
	voice_free(v);
	return 0;
}
