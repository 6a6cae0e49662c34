/* A SIP leg's audio: its port, and the SDP on both sides of it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "voice/voice_int.h"

enum { SOCKET_BYTES = 256 << 10 };

static int bound_socket(const struct sa *at)
{
	int fd = socket(sa_af(at), SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0),
	    size = SOCKET_BYTES;
	if (fd < 0)
		return -1;
	if (bind(fd, &at->u.sa, at->len)) {
		close(fd);
		return -1;
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	return fd;
}

/* Even, at random: some gateways insist on the first, and guessing the next one is harder with the
 * second. */
enum err rtp_port_open(struct voice *v, const char *addr, int *ret_fd, int *ret_port,
                       struct why *why)
{
	struct sa at;
	int min = (v->cfg.rtp_port_min + 1) & ~1, max = v->cfg.rtp_port_max;
	if (sa_set_str(&at, addr, 0))
		return fail(why, E_VOICE_CFG, "local_addr", "it is no IPv4 or IPv6 address");
	for (int i = 0; i < RTP_PORT_TRIES; i++) {
		int port = min + 2 * (int)(rand_u32() % (unsigned)((max - min) / 2 + 1));
		sa_set_port(&at, (uint16_t)port);
		int fd = bound_socket(&at);
		if (fd >= 0) {
			*ret_fd = fd;
			*ret_port = port;
			return ERR_OK;
		}
		if (errno != EADDRINUSE)
			return fail(why, E_VOICE_LISTEN, "audio", strerror(errno));
	}
	return fail(why, E_LEG_PORTS, min, max);
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
