/* The signalling loop: start, stop, messages from other threads, timers. */
#include "voice/voice.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define DEBUG_MODULE "voice" /* re_dbg.h wants both */
#define DEBUG_LEVEL 4
#include <re.h>
#include <re_dbg.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mailbox.h"
#include "base/metric.h"
#include "voice/clip.h"
#include "voice/recorder.h"
#include "voice/voice_int.h"

enum {
	EVENT_SLOTS = 8192,
	FLUSH_MS = 10,
	STOP_MAX_MS = 2000,
	STOP_STEP_MS = 20,
	FILES_MAX = 65536
};

struct post {
	voice_fn *fn;
	void *arg;
};

struct vtimer {
	struct vtimer *next;
	struct voice *v;
	int64_t id;
	voice_fn *fn;
	void *arg;
	struct tmr tmr;
};

/* ---- messages ---- */

static void posts_readable(int flags, void *arg)
{
	struct voice *v = arg;
	struct post p;
	(void)flags;
	mailbox_drained(v->posts);
	while (mailbox_take(v->posts, &p))
		p.fn(v, p.arg);
}

static void events_readable(int flags, void *arg)
{
	struct voice *v = arg;
	struct media_event ev;
	(void)flags;
	mailbox_drained(v->events);
	while (mailbox_take(v->events, &ev))
		leg_media_event(v, &ev);
}

enum err voice_post(struct voice *v, voice_fn *fn, void *arg, struct why *why)
{
	if (mailbox_post(v->posts, &(struct post){ fn, arg }, NULL))
		return fail(why, E_VOICE_BUSY);
	return ERR_OK;
}

/* ---- timers ---- */

static void timer_unlink(struct vtimer *t)
{
	struct vtimer **p = &t->v->timers;
	while (*p != t)
		p = &(*p)->next;
	*p = t->next;
	tmr_cancel(&t->tmr);
	free(t);
}

static void timer_due(void *arg)
{
	struct vtimer *t = arg;
	struct voice *v = t->v;
	voice_fn *fn = t->fn;
	void *fn_arg = t->arg;
	timer_unlink(t);
	fn(v, fn_arg);
}

int64_t voice_timer(struct voice *v, int64_t delay_ms, voice_fn *fn, void *arg)
{
	struct vtimer *t = calloc(1, sizeof *t);
	if (!t)
		return 0;
	*t = (struct vtimer){
		.next = v->timers, .v = v, .id = ++v->last_timer, .fn = fn, .arg = arg
	};
	v->timers = t;
	tmr_init(&t->tmr);
	tmr_start(&t->tmr, (uint64_t)(delay_ms > 0 ? delay_ms : 0), timer_due, t);
	return t->id;
}

void voice_timer_cancel(struct voice *v, int64_t timer_id)
{
	for (struct vtimer *t = v->timers; t; t = t->next) {
		if (t->id == timer_id) {
			timer_unlink(t);
			return;
		}
	}
}

static void flush_due(void *arg)
{
	struct voice *v = arg;
	int64_t now_us = clock_mono_us();
	metric_see(M_LOOP_LATE, 0, now_us - v->flush_due_us);
	atomic_store_explicit(&v->beat_ms, now_us / 1000, memory_order_relaxed);
	media_flush(v->media);
	v->flush_due_us = now_us + FLUSH_MS * 1000;
	tmr_start(&v->flush_tmr, FLUSH_MS, flush_due, v);
}

/* ---- stop ---- */

/* BYEs and CANCELs want their answers; what is not over in two seconds is left to the peers. */
static void stop_step(void *arg)
{
	struct voice *v = arg;
	v->stop_ms += STOP_STEP_MS;
	if ((v->leg_count == 0 && v->stop_ms >= 200) || v->stop_ms >= STOP_MAX_MS)
		re_cancel();
	else
		tmr_start(&v->stop_tmr, STOP_STEP_MS, stop_step, v);
}

static void begin_stop(struct voice *v, void *arg)
{
	(void)arg;
	if (tmr_isrunning(&v->stop_tmr))
		return;
	leg_end_all(v);
	tmr_start(&v->stop_tmr, STOP_STEP_MS, stop_step, v);
}

void voice_stop(struct voice *v)
{
	atomic_store(&v->is_stopping, true);
	while (mailbox_post(v->posts, &(struct post){ begin_stop, NULL }, NULL))
		sys_msleep(1);
}

/* ---- start ---- */

static void set_default(char *text, size_t size, const char *fallback)
{
	if (!text[0])
		snprintf(text, size, "%s", fallback);
}

static void set_number(int *n, int fallback)
{
	if (*n <= 0)
		*n = fallback;
}

static void fill_defaults(struct voice_cfg *c)
{
	set_default(c->sip_addr, sizeof c->sip_addr, "127.0.0.1");
	set_default(c->advertise, sizeof c->advertise, c->sip_addr);
	set_default(c->web_addr, sizeof c->web_addr, c->sip_addr);
	set_default(c->user_agent, sizeof c->user_agent, "hujiao");
	set_number(&c->rtp_port_min, 20000);
	set_number(&c->rtp_port_max, 59998);
	set_number(&c->max_legs, 4096);
	set_number(&c->post_slots, 4096);
}

static enum err numeric(const char *key, const char *text, int port, struct sockaddr_storage *ret,
                        struct why *why)
{
	struct sa sa;
	if (sa_set_str(&sa, text, (uint16_t)port))
		return fail(why, E_VOICE_CFG, key, "it is no IPv4 or IPv6 address");
	memset(ret, 0, sizeof *ret);
	memcpy(ret, &sa.u, sa.len);
	return ERR_OK;
}

static enum err check_cfg(const struct voice_cfg *c, struct why *why)
{
	struct sa sa;
	if (sa_set_str(&sa, c->sip_addr, 0))
		return fail(why, E_VOICE_CFG, "sip_addr", "it is no IPv4 or IPv6 address");
	if (sa_set_str(&sa, c->advertise, 0) || sa_is_any(&sa))
		return fail(why, E_VOICE_CFG, "advertise",
		            "it must be the address that carriers reach");
	if (c->rtp_port_max - c->rtp_port_min < 2 || c->rtp_port_max > 65534)
		return fail(why, E_VOICE_CFG, "rtp_port_min", "the range is empty");
	return ERR_OK;
}

/* The resolver of the machine, or the one that was named. */
static enum err open_dns(struct voice *v, struct why *why)
{
	struct sa server[8];
	uint32_t n = 8;
	if (v->cfg.dns_server[0]) {
		n = 1;
		if (sa_set_str(&server[0], v->cfg.dns_server, 53))
			return fail(why, E_VOICE_CFG, "dns_server", "it is no address");
	} else if (dns_srv_get(NULL, 0, server, &n) || n == 0) {
		n = 1;
		sa_set_str(&server[0], "127.0.0.1", 53);
	}
	return dnsc_alloc(&v->dnsc, NULL, server, n) ? fail(why, E_NOMEM) : ERR_OK;
}

static enum err open_media(struct voice *v, struct why *why)
{
	struct media_cfg mc = { .events = v->events };
	enum err e = numeric("web_addr", v->cfg.web_addr, v->cfg.web_port, &mc.web_addr, why);
	if (e)
		return e;
	if (v->cfg.music_path[0])
		e = recorder_read_clip(v->cfg.music_path, &mc.music, why);
	else
		mc.music = clip_music();
	if (e)
		return e;
	return mc.music ? media_new(&mc, &v->media, why) : fail(why, E_NOMEM);
}

static enum err open_all(struct voice *v, struct why *why)
{
	enum err e = door_new(v, why);
	if (!e)
		e = mailbox_new(sizeof(struct post), (size_t)v->cfg.post_slots, &v->posts, why);
	if (!e)
		e = mailbox_new(sizeof(struct media_event), EVENT_SLOTS, &v->events, why);
	if (!e)
		e = open_dns(v, why);
	if (!e)
		e = open_media(v, why);
	if (!e)
		e = endpoint_new(v, v->cfg.sip_addr, v->cfg.sip_port, NULL, &v->endpoints, why);
	if (e)
		return e;
	web_find_candidates(v);
	int err = fd_listen(mailbox_fd(v->posts), FD_READ, posts_readable, v);
	if (!err)
		err = fd_listen(mailbox_fd(v->events), FD_READ, events_readable, v);
	return err ? fail(why, E_VOICE_SYSTEM, strerror(err)) : ERR_OK;
}

/* libre's own complaints go to the log instead of stderr. They quote what peers send: digits are
 * blotted out, and a flood of rubbish is no flood of lines unless somebody asked for them. */
void voice_libre_says(const char *text)
{
	char clean[160];
	size_t n = 0;
	for (; *text && n + 1 < sizeof clean; text++)
		if (*text >= ' ' && *text < 127)
			clean[n++] = *text >= '0' && *text <= '9' ? '#' : *text;
	clean[n] = '\0';
	log_debug("voice", "libre", LOG_S("text", clean));
}

static void libre_says(int level, const char *text, size_t len, void *arg)
{
	char copy[160];
	(void)level;
	(void)arg;
	snprintf(copy, sizeof copy, "%.*s", (int)(len < sizeof copy ? len : sizeof copy - 1), text);
	voice_libre_says(copy);
}

static void init_libre(void)
{
	voice_guard_start();
	libre_init();
	dbg_handler_set(libre_says, NULL);
}

enum err voice_new(const struct voice_cfg *cfg, const struct voice_handlers *handlers, void *ctx,
                   struct voice **ret, struct why *why)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, init_libre);
	struct voice *v = calloc(1, sizeof *v);
	if (!v)
		return fail(why, E_NOMEM);
	v->cfg = *cfg;
	v->handlers = *handlers;
	v->ctx = ctx;
	fill_defaults(&v->cfg);
	tmr_init(&v->flush_tmr);
	tmr_init(&v->stop_tmr);
	re_thread_init();
	fd_setsize(FILES_MAX);
	enum err e = check_cfg(&v->cfg, why);
	if (!e)
		e = open_all(v, why);
	if (e) {
		voice_free(v);
		return e;
	}
	atomic_store(&v->beat_ms, clock_mono_ms());
	v->flush_due_us = clock_mono_us() + FLUSH_MS * 1000;
	tmr_start(&v->flush_tmr, FLUSH_MS, flush_due, v);
	*ret = v;
	return ERR_OK;
}

void voice_run(struct voice *v)
{
	v->is_running = true;
	door_stand(v);
	re_main(NULL);
	v->is_running = false;
}

static void forget_events(struct voice *v)
{
	struct media_event ev;
	while (v->events && mailbox_take(v->events, &ev)) {
		if (ev.result) {
			clip_unref(ev.result->clip);
			free(ev.result);
		}
	}
}

struct voice *voice_free(struct voice *v)
{
	if (!v)
		return NULL;
	tmr_cancel(&v->flush_tmr);
	tmr_cancel(&v->stop_tmr);
	legs_free(v);
	while (v->timers)
		timer_unlink(v->timers);
	if (v->posts)
		fd_close(mailbox_fd(v->posts));
	if (v->events)
		fd_close(mailbox_fd(v->events));
	trunks_free(v);
	while (v->endpoints) {
		struct endpoint *ep = v->endpoints;
		v->endpoints = ep->next;
		endpoint_free(ep);
	}
	mem_deref(v->dnsc);
	media_free(&v->media);
	shared_ports_free(v);
	/* Files closed while stopping are still worth telling. */
	struct media_event ev;
	while (v->events && mailbox_take(v->events, &ev))
		leg_media_event(v, &ev);
	forget_events(v);
	epitaphs_free(v);
	door_free(v);
	mailbox_free(&v->posts);
	mailbox_free(&v->events);
	free(v);
	re_thread_close();
	voice_timers_done();
	return NULL;
}

int voice_sip_port(const struct voice *v)
{
	return v->endpoints->port;
}

int voice_web_port(const struct voice *v)
{
	return media_web_port(v->media);
}

void voice_stats(struct voice *v, struct voice_stats *s)
{
	struct media_stats m;
	media_stats(v->media, &m);
	*s = (struct voice_stats){
		.legs_now = atomic_load(&v->legs_now),
		.calls_out = atomic_load(&v->calls_out),
		.calls_in = atomic_load(&v->calls_in),
		.refused_unknown_source = atomic_load(&v->refused),
		.rtp_in = m.rtp_in,
		.rtp_out = m.rtp_out,
		.rtp_lost_in = m.rtp_lost,
		.rec_now = m.rec_now,
		.rec_bytes = m.rec_bytes,
		.rec_gaps = m.rec_gaps,
		.tick_late_max_us = m.tick_late_max_us,
	};
}

int64_t voice_beat_ms(struct voice *v)
{
	return atomic_load_explicit(&v->beat_ms, memory_order_relaxed);
}

static void set_mailbox(int i, size_t depth, size_t slots)
{
	metric_set(M_MAILBOX_DEPTH, i, (int64_t)depth);
	metric_set(M_MAILBOX_SLOTS, i, (int64_t)slots);
}

void voice_metrics(struct voice *v)
{
	struct voice_stats s;
	struct media_load load;
	voice_stats(v, &s);
	media_load_now(v->media, &load);
	metric_set(M_LEGS, 0, s.legs_now);
	metric_set(M_CALLS_STARTED, 0, s.calls_out);
	metric_set(M_CALLS_STARTED, 1, s.calls_in);
	metric_set(M_RTP, 0, s.rtp_in);
	metric_set(M_RTP, 1, s.rtp_out);
	metric_set(M_RTP, 2, s.rtp_lost_in);
	metric_set(M_RECORDING, 0, s.rec_now);
	metric_set(M_RECORDED_BYTES, 0, s.rec_bytes);
	metric_set(M_RECORDING_GAPS, 0, s.rec_gaps);
	set_mailbox(0, mailbox_depth(v->posts), mailbox_slots(v->posts));
	set_mailbox(1, mailbox_depth(v->events), mailbox_slots(v->events));
	set_mailbox(2, load.commands, load.command_slots);
	set_mailbox(3, load.pages, load.page_slots);
}
