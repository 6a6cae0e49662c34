/* A SIP leg's audio: its port, and the SDP on both sides of it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "voice/voice_int.h"

enum { OWN_BYTES = 256 << 10, SHARED_BYTES = 4 << 20 };

static int bound_socket(const struct sa *at, int bytes)
{
	int fd = socket(sa_af(at), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -1;
	if (bind(fd, &at->u.sa, at->len)) {
		close(fd);
		return -1;
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
	return fd;
}

/* Even, at random, RTCP above it: some gateways insist on the first, and guessing the next one is
 * harder with the second. */
static enum err open_pair(struct voice *v, const char *addr, int bytes, struct media_socket *ret,
                          int *ret_port, struct why *why)
{
	struct sa at;
	int min = (v->cfg.rtp_port_min + 1) & ~1, max = v->cfg.rtp_port_max;
	if (sa_set_str(&at, addr, 0))
		return fail(why, E_VOICE_CFG, "local_addr", "it is no IPv4 or IPv6 address");
	for (int i = 0; i < RTP_PORT_TRIES; i++) {
		int port = min + 2 * (int)(rand_u32() % (unsigned)((max - min) / 2 + 1));
		sa_set_port(&at, (uint16_t)port);
		int fd = bound_socket(&at, bytes);
		if (fd >= 0) {
			sa_set_port(&at, (uint16_t)(port + 1));
			*ret = (struct media_socket){ fd, bound_socket(&at, OWN_BYTES), NULL };
			*ret_port = port;
			return ERR_OK;
		}
		if (errno != EADDRINUSE)
			return fail(why, E_VOICE_LISTEN, "audio", strerror(errno));
	}
	return fail(why, E_LEG_PORTS, min, max);
}

static void close_pair(const struct media_socket *s)
{
	close(s->fd);
	if (s->rtcp_fd >= 0)
		close(s->rtcp_fd);
}

static enum err shared_port(struct voice *v, const char *addr, struct shared_port **ret,
                            struct why *why)
{
	struct shared_port *p = v->ports;
	struct media_socket s;
	while (p && strcmp(p->addr, addr) != 0)
		p = p->next;
	*ret = p;
	if (p)
		return ERR_OK;
	p = calloc(1, sizeof *p);
	if (!p)
		return fail(why, E_NOMEM);
	enum err e = open_pair(v, addr, SHARED_BYTES, &s, &p->number, why);
	if (!e && !(p->media = media_port(v->media, s.fd, s.rtcp_fd))) {
		close_pair(&s);
		e = fail(why, E_NOMEM);
	}
	if (e) {
		free(p);
		return e;
	}
	snprintf(p->addr, sizeof p->addr, "%s", addr);
	p->next = v->ports;
	*ret = v->ports = p;
	return ERR_OK;
}

void shared_ports_free(struct voice *v)
{
	while (v->ports) {
		struct shared_port *p = v->ports;
		v->ports = p->next;
		free(p); /* the media thread closes the sockets */
	}
}

/* Whether a call on this port has its audio from there already: the two could not be told apart. */
static bool is_taken(const struct voice *v, const struct shared_port *p, const struct leg *but,
                     const struct sa *peer)
{
	for (int i = 0; i < LEG_BUCKETS; i++)
		for (const struct leg *l = v->legs[i]; l; l = l->next)
			if (l != but && l->port == p && l->sdp_media &&
			    sa_cmp(sdp_media_raddr(l->sdp_media), peer, SA_ALL))
				return true;
	return false;
}

enum err leg_open(struct voice *v, enum leg_kind kind, const char *addr, bool is_shared,
                  struct leg **ret, int *ret_port, struct why *why)
{
	struct media_socket s = { -1, -1, NULL };
	struct shared_port *p = NULL;
	enum err e;
	if (is_shared && (e = shared_port(v, addr, &p, why)) == ERR_OK) {
		s.port = p->media;
		*ret_port = p->number;
	} else {
		e = open_pair(v, addr, OWN_BYTES, &s, ret_port, why);
	}
	if (e)
		return e;
	e = leg_make(v, kind, &s, ret, why);
	if (e && !p)
		close_pair(&s);
	if (!e)
		(*ret)->port = p;
	return e;
}

/* The peer's audio cannot be told from another call's: this call goes on on a port of its own. The
 * peer hears of it by a re-INVITE as soon as there may be one. */
void leg_own_port(struct leg *l)
{
	struct media_socket s;
	struct why why;
	int port;
	if (!l->port)
		return;
	if (open_pair(l->v, l->port->addr, OWN_BYTES, &s, &port, &why)) {
		log_warn("voice", "own_port_failed", LOG_ID("call", leg_logged(l)),
		         LOG_ID("leg", l->id), LOG_WHY(&why));
		return;
	}
	l->port = NULL;
	sdp_media_set_lport(l->sdp_media, (uint16_t)port);
	media_own_port(l->v->media, l->media, s.fd, s.rtcp_fd);
	if (l->is_answered)
		sip_probe(l);
	else
		l->is_moved = l->is_outbound; /* an answer of ours still comes and says it */
}

/* Nothing is heard where other calls are: this trunk's audio does not come from where it says. */
void leg_unheard(struct leg *l)
{
	if (l->trunk)
		l->trunk->is_symmetric = false;
	log_info("voice", "audio_from_elsewhere", LOG_ID("call", leg_logged(l)),
	         LOG_ID("leg", l->id));
	leg_own_port(l);
}

enum err leg_sdp_make(struct leg *l, const char *addr, int port, const enum codec *codecs, int n,
                      struct why *why)
{
	static const struct {
		const char *id, *name;
	} FORMATS[CODEC_COUNT] = { [CODEC_PCMA] = { "8", "PCMA" }, [CODEC_PCMU] = { "0", "PCMU" } };
	struct sa at;
	int err = sa_set_str(&at, addr, (uint16_t)port);
	if (!err)
		err = sdp_session_alloc(&l->sdp, &at);
	if (!err)
		err = sdp_media_add(&l->sdp_media, l->sdp, "audio", (uint16_t)port, "RTP/AVP");
	for (int i = 0; i < n && !err; i++)
		err =
		    sdp_format_add(NULL, l->sdp_media, false, FORMATS[codecs[i]].id,
		                   FORMATS[codecs[i]].name, 8000, 1, NULL, NULL, NULL, false, NULL);
	if (!err)
		err = sdp_format_add(NULL, l->sdp_media, false, "101", "telephone-event", 8000, 1,
		                     NULL, NULL, NULL, false, "0-15");
	if (!err)
		err = sdp_media_set_lattr(l->sdp_media, true, "ptime", "20");
	return err ? fail(why, E_LEG_SEND, strerror(err)) : ERR_OK;
}

static const struct sdp_format *common_format(const struct leg *l)
{
	const struct sdp_format *f = sdp_media_rformat(l->sdp_media, NULL);
	/* Fax and video offers leave audio without a port or a format: nothing we could do. */
	return f && sdp_media_rport(l->sdp_media) && (f->pt == 0 || f->pt == 8) ? f : NULL;
}

void leg_sdp_push(struct leg *l)
{
	const struct sdp_format *f = common_format(l),
				*digits = sdp_media_rformat(l->sdp_media, "telephone-event");
	const struct sa *addr = sdp_media_raddr(l->sdp_media);
	/* libre's direction is seen from our side already: without SENDONLY the peer holds us. */
	bool is_held = !(sdp_media_dir(l->sdp_media) & SDP_SENDONLY);
	struct media_peer p = {
		.codec = f && f->pt == 0 ? CODEC_PCMU : CODEC_PCMA,
		.pt_digits = digits ? digits->pt : -1,
		.can_send = !is_held,
	};
	if (!sa_is_any(addr))
		memcpy(&p.addr, &addr->u, addr->len);
	if (sa_isset(&l->sig_peer, SA_ADDR))
		memcpy(&p.sig, &l->sig_peer.u, l->sig_peer.len);
	if (l->port && is_taken(l->v, l->port, l, addr))
		leg_own_port(l);
	media_set_peer(l->v->media, l->media, &p);
	if (is_held != l->is_remote_held) {
		l->is_remote_held = is_held;
		if (l->is_answered)
			leg_emit(l, is_held ? LEG_EV_REMOTE_HOLD : LEG_EV_REMOTE_RESUME);
	}
}

bool leg_sdp_take(struct leg *l, struct mbuf *mb, bool is_offer)
{
	if (sdp_decode(l->sdp, mb, is_offer) || !common_format(l))
		return false;
	leg_sdp_push(l);
	return true;
}
