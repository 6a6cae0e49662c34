/* The media thread: one epoll loop over the legs' sockets, the browsers' port, the tick and the
 * commands. Packets are gathered for a millisecond when there are many: a wake-up costs more than
 * it. */
#include "voice/media.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "audio/level.h"
#include "base/clock.h"
#include "base/mailbox.h"
#include "base/metric.h"
#include "base/thread.h"
#include "voice/media_command.h"
#include "voice/recorder.h"
#include "voice/tap.h"
#include "voice/web.h"

enum {
	COMMAND_SLOTS = 8192,
	EVENTS_AT_ONCE = 256,
	GATHER_FROM_LEGS = 16,
	GATHER_US = 1400,
	MEDIA_NICE = -15,
	TICKS_A_SECOND = 50,
};

/* ---- telling the signalling loop ---- */

void media_tell(struct media *m, const struct media_event *ev)
{
	struct media_event e = *ev;
	if (!e.at_ms)
		e.at_ms = clock_mono_ms();
	outq_send(&m->to_signal, &e);
}

void media_tell_kind(struct mleg *l, enum media_event_kind kind)
{
	media_tell(l->m, &(struct media_event){ .kind = kind, .leg = l->id });
}

static void recorder_said(void *ctx, struct recorder_result *r)
{
	struct media *m = ctx;
	struct media_event ev = {
		.kind = MEV_RECORDER, .leg = r->leg, .result = r, .at_ms = clock_mono_ms()
	};
	outq_send(&m->from_recorder, &ev);
}

/* ---- packets ---- */

bool mleg_can_send(const struct mleg *l)
{
	return l->can_send && (l->kind == LEG_WEB ? web_is_up(l->web) : l->source.peer_len > 0);
}

void mleg_send(struct mleg *l, uint8_t *packet, size_t len)
{
	if (!mleg_can_send(l))
		return;
	atomic_fetch_add_explicit(&l->m->rtp_out, 1, memory_order_relaxed);
	l->tx.bytes += (int64_t)len - RTP_FIXED_BYTES;
	if (l->kind == LEG_WEB)
		web_send_rtp(l->m->web, l, packet, len);
	else
		sendq_put(l->m, l->port ? port_fd(l->port) : l->fd, &l->source.peer,
		          l->source.peer_len, packet, len);
}

/* ---- commands ---- */

static void do_add(struct media *m, struct mleg *l)
{
	l->is_added = true;
	l->next = m->legs;
	if (l->next)
		l->next->prev = l;
	m->legs = l;
	m->leg_count++;
	port_add_leg(l);
}

static void leave_bridge(struct mleg *l)
{
	struct mleg *p = l->partner;
	l->partner = NULL;
	l->is_agent_side = false;
	if (!p)
		return;
	p->partner = NULL;
	p->is_agent_side = false;
}

static void close_tap(struct mleg *l)
{
	if (l->tap)
		tap_close(l->tap, clock_mono_us());
	l->tap = NULL;
}

static void do_remove(struct media *m, struct mleg *l)
{
	leave_bridge(l);
	close_tap(l);
	web_detach(m->web, l);
	for (struct mleg *s = m->legs; s; s = s->next)
		if (s->listen_target == l)
			s->listen_target = NULL;
	port_drop_leg(l);
	if (l->prev)
		l->prev->next = l->next;
	else
		m->legs = l->next;
	if (l->next)
		l->next->prev = l->prev;
	m->leg_count--;
	clip_unref(l->play.clip);
	free(l->first);
	free(l->ring);
	free(l);
}

static void do_peer(struct mleg *l, const struct media_peer *p, int64_t now_us)
{
	l->codec = p->codec;
	l->pt_digits = p->pt_digits;
	l->can_send = p->can_send;
	port_told(l, p, now_us);
}

static void do_answered(struct mleg *l, int64_t now_us)
{
	if (l->is_answered)
		return;
	l->is_answered = true;
	l->is_ringing = false;
	l->answered_us = now_us;
	if (l->tap) {
		tap_start(l->tap, now_us, clock_utc_ms());
		tap_answered(l->tap, now_us);
	}
	if (l->kind == LEG_TRUNK && !l->partner)
		l->first = calloc(1, sizeof *l->first);
}

static void do_bridge(struct mleg *customer, struct mleg *agent, enum bridge_how how)
{
	leave_bridge(customer);
	leave_bridge(agent);
	customer->partner = agent;
	agent->partner = customer;
	agent->ringback_at = 0;
	agent->is_agent_side = how == BRIDGE_TONE;
	agent->connect_tone_at = 0;
	if (how == BRIDGE_TONE && !customer->first)
		customer->first = calloc(1, sizeof *customer->first);
	if (how == BRIDGE_PLAIN) {
		free(customer->first);
		customer->first = NULL;
	}
}

static void stop_play(struct mleg *l)
{
	clip_unref(l->play.clip);
	l->play = (struct player){ 0 };
}

static void do_play(struct media *m, struct mleg *l, const struct command *c)
{
	stop_play(l);
	l->play = (struct player){
		.is_on = true,
		.is_looped = c->on,
		.kind = c->play.kind,
		.clip = c->play.clip ? c->play.clip : clip_ref(m->music),
		.play_id = c->play.id,
	};
}

static void do_tone(struct mleg *l, enum tone tone, int duration_ms)
{
	stop_play(l);
	l->play = (struct player){
		.is_on = true,
		.is_tone = true,
		.tone = tone,
		.tone_left = duration_ms > 0 ? (int64_t)duration_ms * 8 : INT64_MAX,
	};
}

static void do_record(struct media *m, struct mleg *l, char *path, int64_t now_us)
{
	close_tap(l);
	l->tap = tap_new(m->recorder, path, l->id);
	if (l->tap && (l->is_audio_told || l->is_answered))
		tap_start(l->tap, now_us, clock_utc_ms());
	if (l->tap && l->is_answered)
		tap_answered(l->tap, now_us);
	if (!l->tap) {
		struct recorder_result *r = calloc(1, sizeof *r);
		if (r) {
			*r = (struct recorder_result){ .leg = l->id,
				                       .sys_errno = EBUSY,
				                       .answer_ms = -1 };
			strncpy(r->path, path, sizeof r->path - 1);
			media_tell(m, &(struct media_event){
					  .kind = MEV_RECORDER, .leg = l->id, .result = r });
		}
	}
	free(path);
}

static void do_stats(struct media *m, struct mleg *l, const struct command *c)
{
	struct leg_stats s = {
		.rx_packets = l->rx.packets,
		.rx_lost = l->rx.lost,
		.rx_late = l->rx.late,
		.tx_packets = l->tx.packets,
		.jitter_us = (int)((l->rx.jitter_q4 >> 4) * 125),
		.rtt_ms = l->rtt_ms,
		.tx_lost_pct = l->tx_lost_pct,
		.rx_level_dbov = l->rx.packets ? level_alaw_dbov(l->last_payload, FRAME_SAMPLES)
		                               : LEVEL_SILENCE_DBOV,
	};
	if (l->web)
		web_quality(l->web, &s.rtt_ms, &s.tx_lost_pct);
	media_tell(m, &(struct media_event){ .kind = MEV_STATS,
	                                     .leg = l->id,
	                                     .stats = s,
	                                     .stats_fn = c->stats.fn,
	                                     .stats_ctx = c->stats.ctx });
}

static void do_command(struct media *m, const struct command *c, int64_t now_us)
{
	struct mleg *l = c->leg;
	m->is_stale = true;
	switch (c->op) {
	case OP_ADD:
		do_add(m, l);
		break;
	case OP_REMOVE:
		do_remove(m, l);
		break;
	case OP_PORT:
		port_add(m, c->port);
		break;
	case OP_OWN_PORT:
		port_own(l, c->own.fd, c->own.rtcp_fd);
		break;
	case OP_PEER:
		do_peer(l, &c->peer, now_us);
		break;
	case OP_WEB:
		web_attach(m->web, l, c->web, now_us);
		break;
	case OP_RINGING:
		l->is_ringing = c->on;
		break;
	case OP_ANSWERED:
		do_answered(l, now_us);
		break;
	case OP_BRIDGE:
		do_bridge(l, c->other, c->how);
		break;
	case OP_UNBRIDGE:
		leave_bridge(l);
		break;
	case OP_PLAY:
		do_play(m, l, c);
		break;
	case OP_TONE:
		do_tone(l, c->tone.tone, c->tone.duration_ms);
		break;
	case OP_STOP:
		stop_play(l);
		break;
	case OP_MUTE:
		l->is_muted = c->on;
		break;
	case OP_HOLD:
		l->is_held = c->on;
		break;
	case OP_DIGITS:
		if (l->pt_digits >= 0)
			digits_tx_add(&l->dtx, c->digits);
		break;
	case OP_RECORD:
		do_record(m, l, c->path, now_us);
		break;
	case OP_RECORD_STOP:
		close_tap(l);
		break;
	case OP_LISTEN:
		l->listen_target = c->listen == LISTEN_OFF ? NULL : c->other;
		l->listen = c->listen;
		break;
	case OP_WATCH:
		l->is_watched = c->on;
		break;
	case OP_STATS:
		do_stats(m, l, c);
		break;
	case OP_QUIT:
		m->is_quitting = true;
		break;
	}
}

static void take_commands(struct media *m)
{
	struct command c;
	mailbox_drained(m->commands);
	while (mailbox_take(m->commands, &c))
		do_command(m, &c, clock_mono_us());
}

/* ---- the loop ---- */

static void tick(struct media *m)
{
	uint64_t n = 0;
	if (read(m->tick_fd, &n, sizeof n) != sizeof n)
		return;
	int64_t now_us = clock_mono_us(), late_us = now_us - m->next_tick_us;
	int64_t worst = atomic_load_explicit(&m->tick_late_max_us, memory_order_relaxed);
	metric_see(M_LOOP_LATE, 1, late_us);
	if (late_us > worst)
		atomic_store_explicit(&m->tick_late_max_us, late_us, memory_order_relaxed);
	m->next_tick_us += (int64_t)n * TICK_US;
	/* After a stall the frames missed are made up for: streams stay as long as the clock. */
	for (uint64_t i = 0; i < (n > 5 ? 5 : n); i++) {
		mix_tick(m, now_us);
		if (m->is_stale) /* a prompt ended in this frame: the next one is somebody else's */
			mix_arrange(m);
	}
	web_tick(m->web, now_us);
	if (m->ticks++ % TICKS_A_SECOND == 0) {
		for (struct mleg *l = m->legs; l; l = l->next)
			relay_second(l, now_us);
		outq_flush(&m->to_signal);
	}
}

static void handle(struct media *m, const struct epoll_event *ev, int64_t now_us)
{
	if (ev->data.ptr == &m->tick_fd)
		tick(m);
	else if (ev->data.ptr == &m->web)
		web_readable(m->web, now_us);
	else if (ev->data.ptr != &m->commands)
		port_event(m, ev->data.u64, now_us);
}

static void media_loop(void *arg)
{
	struct media *m = arg;
	struct epoll_event ev[EVENTS_AT_ONCE];
	/* Speech before everything else on a busy machine. Refused without CAP_SYS_NICE or
	 * LimitNICE=: then it runs like the rest. */
	(void)setpriority(PRIO_PROCESS, (id_t)gettid(), MEDIA_NICE);
	while (!m->is_quitting) {
		int n = epoll_wait(m->epoll_fd, ev, EVENTS_AT_ONCE, -1);
		int64_t now_us = clock_mono_us();
		bool has_commands = false;
		for (int i = 0; i < n; i++) {
			handle(m, &ev[i], now_us);
			has_commands |= ev[i].data.ptr == &m->commands;
			if (m->is_stale)
				mix_arrange(m);
		}
		/* Last, because a command may free a leg that still stands in `ev`. */
		if (has_commands)
			take_commands(m);
		if (m->is_stale)
			mix_arrange(m);
		sendq_flush(m);
		if (m->leg_count >= GATHER_FROM_LEGS && n < EVENTS_AT_ONCE)
			nanosleep(&(struct timespec){ 0, GATHER_US * 1000 }, NULL);
	}
	while (m->legs)
		do_remove(m, m->legs);
	ports_free(m);
}

/* ---- the signalling side ---- */

static void watch(struct media *m, int fd, void *tag)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = tag };
	epoll_ctl(m->epoll_fd, EPOLL_CTL_ADD, fd, &ev);
}

static enum err open_loop(struct media *m, struct why *why)
{
	m->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	m->tick_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (m->epoll_fd < 0 || m->tick_fd < 0)
		return fail(why, E_VOICE_SYSTEM, strerror(errno));
	struct itimerspec every = { { 0, TICK_US * 1000 }, { 0, TICK_US * 1000 } };
	timerfd_settime(m->tick_fd, 0, &every, NULL);
	m->next_tick_us = clock_mono_us() + TICK_US;
	watch(m, m->tick_fd, &m->tick_fd);
	watch(m, mailbox_fd(m->commands), &m->commands);
	watch(m, web_port_fd(m->web), &m->web);
	return ERR_OK;
}

static void media_drop(struct media *m)
{
	recorder_free(&m->recorder);
	web_port_free(&m->web);
	if (m->epoll_fd >= 0)
		close(m->epoll_fd);
	if (m->tick_fd >= 0)
		close(m->tick_fd);
	outq_done(&m->to_media);
	outq_done(&m->to_signal);
	outq_done(&m->from_recorder);
	mailbox_free(&m->commands);
	clip_unref(m->music);
	free(m->batch);
	free(m->sendq);
	free(m->ticking);
	free(m->ringing);
	free(m->taps);
	free(m);
}

enum err media_new(const struct media_cfg *cfg, struct media **ret, struct why *why)
{
	struct media *m = calloc(1, sizeof *m);
	if (!m)
		return fail(why, E_NOMEM);
	m->epoll_fd = m->tick_fd = -1;
	m->music = cfg->music;
	m->batch = batch_new();
	m->sendq = calloc(1, sizeof *m->sendq);
	enum err e = !m->batch || !m->sendq ? fail(why, E_NOMEM) : ERR_OK;
	if (!e)
		e = mailbox_new(sizeof(struct command), COMMAND_SLOTS, &m->commands, why);
	outq_init(&m->to_media, m->commands, sizeof(struct command));
	outq_init(&m->to_signal, cfg->events, sizeof(struct media_event));
	outq_init(&m->from_recorder, cfg->events, sizeof(struct media_event));
	if (!e)
		e = web_port_new(m, &cfg->web_addr, &m->web, why);
	if (!e)
		e = open_loop(m, why);
	if (!e)
		e = recorder_new(recorder_said, m, &m->recorder, why);
	if (!e)
		e = thread_start("media", media_loop, m, &m->thread, why);
	if (e) {
		media_drop(m);
		return e;
	}
	*ret = m;
	return ERR_OK;
}

void media_free(struct media **mp)
{
	struct media *m = *mp;
	if (!m)
		return;
	outq_send(&m->to_media, &(struct command){ .op = OP_QUIT });
	while (!outq_flush(&m->to_media))
		usleep(1000);
	thread_join(&m->thread);
	media_drop(m);
	*mp = NULL;
}

void media_flush(struct media *m)
{
	outq_flush(&m->to_media);
}

int media_web_port(const struct media *m)
{
	return web_port_number(m->web);
}

const unsigned char *media_fingerprint(const struct media *m)
{
	return web_port_fingerprint(m->web);
}

void media_stats(struct media *m, struct media_stats *s)
{
	s->rtp_in = atomic_load(&m->rtp_in);
	s->rtp_out = atomic_load(&m->rtp_out);
	s->rtp_lost = atomic_load(&m->rtp_lost);
	s->tick_late_max_us = atomic_exchange(&m->tick_late_max_us, 0);
	recorder_counts(m->recorder, &s->rec_now, &s->rec_bytes, &s->rec_gaps);
}

void media_load_now(const struct media *m, struct media_load *ret)
{
	ret->commands = mailbox_depth(m->commands);
	ret->command_slots = mailbox_slots(m->commands);
	recorder_load_now(m->recorder, &ret->pages, &ret->page_slots);
}
