/* The signalling side of the media thread: each verb is a command in its mailbox. */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "voice/media_command.h"
#include "voice/recorder.h"

static void command(struct media *m, const struct command *c)
{
	outq_send(&m->to_media, c);
}

struct mleg *media_add(struct media *m, int64_t id, enum leg_kind kind,
                       const struct media_socket *s)
{
	struct {
		uint32_t ssrc, ts;
		uint16_t seq;
	} random;
	struct mleg *l = calloc(1, sizeof *l);
	if (!l || getrandom(&random, sizeof random, 0) != sizeof random) {
		free(l);
		return NULL;
	}
	l->id = id;
	l->kind = kind;
	l->m = m;
	l->fd = s->fd;
	l->rtcp_fd = s->rtcp_fd;
	l->port = s->port;
	l->pt_digits = l->rtt_ms = l->tx_lost_pct = -1;
	l->can_send = kind == LEG_WEB;
	rtp_tx_init(&l->tx, random.ssrc, random.seq, random.ts);
	command(m, &(struct command){ .op = OP_ADD, .leg = l });
	return l;
}

struct rtp_port *media_port(struct media *m, int fd, int rtcp_fd)
{
	struct rtp_port *p = port_new(m, fd, rtcp_fd);
	if (p)
		command(m, &(struct command){ .op = OP_PORT, .port = p });
	return p;
}

void media_own_port(struct media *m, struct mleg *l, int fd, int rtcp_fd)
{
	command(m, &(struct command){ .op = OP_OWN_PORT, .leg = l, .own = { fd, rtcp_fd } });
}

uint32_t mleg_ssrc(const struct mleg *l)
{
	return l->tx.ssrc;
}

void media_remove(struct media *m, struct mleg *l)
{
	command(m, &(struct command){ .op = OP_REMOVE, .leg = l });
}

void media_set_peer(struct media *m, struct mleg *l, const struct media_peer *p)
{
	command(m, &(struct command){ .op = OP_PEER, .leg = l, .peer = *p });
}

void media_set_web(struct media *m, struct mleg *l, struct web *w)
{
	command(m, &(struct command){ .op = OP_WEB, .leg = l, .web = w });
}

void media_ringing(struct media *m, struct mleg *l, bool on)
{
	command(m, &(struct command){ .op = OP_RINGING, .leg = l, .on = on });
}

void media_answered(struct media *m, struct mleg *l)
{
	command(m, &(struct command){ .op = OP_ANSWERED, .leg = l });
}

void media_bridge(struct media *m, struct mleg *customer, struct mleg *agent, enum bridge_how how)
{
	command(m,
	        &(struct command){ .op = OP_BRIDGE, .leg = customer, .other = agent, .how = how });
}

void media_unbridge(struct media *m, struct mleg *l)
{
	command(m, &(struct command){ .op = OP_UNBRIDGE, .leg = l });
}

void media_play(struct media *m, struct mleg *l, enum play kind, struct clip *clip, bool is_looped,
                int64_t play_id)
{
	command(m, &(struct command){
		       .op = OP_PLAY, .leg = l, .on = is_looped, .play = { kind, clip, play_id } });
}

void media_tone(struct media *m, struct mleg *l, enum tone tone, int duration_ms)
{
	command(m, &(struct command){ .op = OP_TONE, .leg = l, .tone = { tone, duration_ms } });
}

void media_stop(struct media *m, struct mleg *l)
{
	command(m, &(struct command){ .op = OP_STOP, .leg = l });
}

void media_mute(struct media *m, struct mleg *l, bool on)
{
	command(m, &(struct command){ .op = OP_MUTE, .leg = l, .on = on });
}

void media_hold(struct media *m, struct mleg *l, bool on)
{
	command(m, &(struct command){ .op = OP_HOLD, .leg = l, .on = on });
}

void media_digits(struct media *m, struct mleg *l, const char *digits)
{
	struct command c = { .op = OP_DIGITS, .leg = l };
	strncpy(c.digits, digits, DIGITS_MAX);
	command(m, &c);
}

void media_record(struct media *m, struct mleg *l, const char *path)
{
	char *copy = strdup(path);
	if (copy)
		command(m, &(struct command){ .op = OP_RECORD, .leg = l, .path = copy });
}

void media_record_stop(struct media *m, struct mleg *l)
{
	command(m, &(struct command){ .op = OP_RECORD_STOP, .leg = l });
}

void media_listen(struct media *m, struct mleg *supervisor, struct mleg *target, enum listen how)
{
	command(m, &(struct command){
		       .op = OP_LISTEN, .leg = supervisor, .other = target, .listen = how });
}

void media_watch(struct media *m, struct mleg *l, bool on)
{
	command(m, &(struct command){ .op = OP_WATCH, .leg = l, .on = on });
}

void media_ask_stats(struct media *m, struct mleg *l, leg_stats_fn *fn, void *ctx)
{
	command(m, &(struct command){ .op = OP_STATS, .leg = l, .stats = { fn, ctx } });
}

bool media_load(struct media *m, const char *path, int64_t leg, int64_t play_id)
{
	return recorder_load(m->recorder, path, leg, play_id);
}
