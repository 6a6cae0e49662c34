/* All browsers on one UDP port: STUN finds the connection by its user name, everything else by the
 * address that STUN proved. */
#include "voice/web.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "voice/media_int.h"
#include "voice/rtcp.h"
#include "voice/web_dtls.h"
#include "voice/web_ice.h"
#include "voice/web_keys.h"

enum {
	BUCKETS = 1024,
	LOST_US =
	    3000000, /* a live browser sends 50 packets a second and a check every few seconds */
	SHAKE_US = 15000000, /* offer to media */
	REPORT_TICKS = 150,  /* 3 s */
	SOCKET_BYTES = 4 << 20,
	BATCHES_AT_ONCE = 4,
};

struct web {
	struct web_params p;
	struct web_port *port;
	struct mleg *leg;
	struct web *next, *addr_next;
	struct sockaddr_storage peer;
	socklen_t peer_len;
	bool has_peer, is_up, is_lost;
	struct dtls_link *dtls;
	struct web_keys *keys;
	int64_t made_us, last_in_us;
	uint64_t ticks;
	int rtt_ms, tx_lost_pct;
};

struct web_port {
	struct media *m;
	int fd, number;
	struct dtls_server *server;
	struct web *all;
	struct web *by_addr[BUCKETS];
};

struct web *web_new(const struct web_params *p)
{
	struct web *w = calloc(1, sizeof *w);
	if (w) {
		w->p = *p;
		w->rtt_ms = w->tx_lost_pct = -1;
	}
	return w;
}

bool web_is_up(const struct web *w)
{
	return w && w->is_up && !w->is_lost;
}

void web_quality(const struct web *w, int *ret_rtt_ms, int *ret_lost_pct)
{
	*ret_rtt_ms = w->rtt_ms;
	*ret_lost_pct = w->tx_lost_pct;
}

/* ---- finding ---- */

static const void *addr_bytes(const struct sockaddr_storage *a, size_t *len, uint16_t *port)
{
	if (a->ss_family == AF_INET) {
		const struct sockaddr_in *v4 = (const void *)a;
		*len = sizeof v4->sin_addr;
		*port = v4->sin_port;
		return &v4->sin_addr;
	}
	const struct sockaddr_in6 *v6 = (const void *)a;
	*len = sizeof v6->sin6_addr;
	*port = v6->sin6_port;
	return &v6->sin6_addr;
}

static unsigned bucket(const struct sockaddr_storage *a)
{
	size_t len;
	uint16_t port;
	const uint8_t *p = addr_bytes(a, &len, &port);
	unsigned h = port;
	for (size_t i = 0; i < len; i++)
		h = h * 31 + p[i];
	return h % BUCKETS;
}

static bool is_same(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	size_t la, lb;
	uint16_t pa, pb;
	const void *x = addr_bytes(a, &la, &pa), *y = addr_bytes(b, &lb, &pb);
	return la == lb && pa == pb && memcmp(x, y, la) == 0;
}

static struct web *find(struct web_port *port, const struct sockaddr_storage *src)
{
	struct web *w = port->by_addr[bucket(src)];
	while (w && !is_same(&w->peer, src))
		w = w->addr_next;
	return w;
}

static void forget_addr(struct web *w)
{
	struct web **p = &w->port->by_addr[bucket(&w->peer)];
	if (!w->has_peer)
		return;
	while (*p != w)
		p = &(*p)->addr_next;
	*p = w->addr_next;
	w->has_peer = false;
}

static void learn_addr(struct web *w, const struct sockaddr_storage *src, socklen_t len)
{
	struct web *old = find(w->port, src);
	if (old == w)
		return;
	if (old)
		forget_addr(
		    old); /* the same browser made a new connection from the same socket address */
	forget_addr(w);
	w->peer = *src;
	w->peer_len = len;
	w->has_peer = true;
	struct web **b = &w->port->by_addr[bucket(src)];
	w->addr_next = *b;
	*b = w;
}

/* ---- life of a connection ---- */

static void send_datagram(void *ctx, const uint8_t *data, size_t len)
{
	struct web *w = ctx;
	if (w->has_peer)
		(void)sendto(w->port->fd, data, len, 0, (struct sockaddr *)&w->peer, w->peer_len);
}

static void web_free(struct web *w)
{
	struct web **p = &w->port->all;
	sendq_flush(w->port->m); /* packets to its address may wait */
	while (*p != w)
		p = &(*p)->next;
	*p = w->next;
	dtls_link_free(w->dtls);
	forget_addr(w);
	web_keys_free(w->keys);
	free(w);
}

void web_attach(struct web_port *port, struct mleg *l, struct web *w, int64_t now_us)
{
	w->port = port;
	w->leg = l;
	w->made_us = w->last_in_us = now_us;
	w->next = port->all;
	port->all = w;
	if (!l->web) {
		l->web = w;
		return;
	}
	if (l->web_next)
		web_free(l->web_next);
	l->web_next = w;
}

void web_detach(struct web_port *port, struct mleg *l)
{
	(void)port;
	if (l->web)
		web_free(l->web);
	if (l->web_next)
		web_free(l->web_next);
	l->web = l->web_next = NULL;
}

static void set_lost(struct web *w)
{
	if (w->is_lost)
		return;
	w->is_lost = true;
	w->port->m->is_stale = true;
	if (w->leg->web == w) {
		w->leg->is_lost = true;
		media_tell_kind(w->leg, MEV_LOST);
	}
}

static void set_back(struct web *w)
{
	w->is_lost = false;
	w->port->m->is_stale = true;
	if (w->leg->web == w && w->leg->is_lost) {
		w->leg->is_lost = false;
		media_tell_kind(w->leg, MEV_BACK);
	}
}

static void come_up(struct web *w)
{
	uint8_t client[30], server[30];
	struct mleg *l = w->leg;
	const char *profile = dtls_link_keys(w->dtls, client, server);
	w->keys = web_keys_new(profile, client, server);
	if (!w->keys)
		return; /* never comes up; SHAKE_US ends it */
	w->is_up = true;
	if (l->web_next == w) {
		web_free(l->web);
		l->web = w;
		l->web_next = NULL;
	}
	l->codec = w->p.remote.codec;
	l->pt_digits = w->p.remote.pt_digits;
	l->is_lost = false;
	w->port->m->is_stale = true;
	media_tell_kind(l, l->was_up ? MEV_BACK : MEV_UP);
	l->was_up = true;
}

/* ---- what arrives ---- */

static void take_stun(struct web_port *port, uint8_t *packet, size_t n,
                      const struct sockaddr_storage *src, socklen_t len, int64_t now_us)
{
	uint8_t reply[ICE_REPLY_BYTES];
	struct ice_check *c = ice_check_parse(packet, n);
	if (!c)
		return;
	struct web *w = port->all;
	while (w && !ice_check_is_for(c, w->p.ufrag))
		w = w->next;
	size_t reply_len =
	    w ? ice_check_answer(c, w->p.pwd, (const struct sockaddr *)src, reply) : 0;
	if (reply_len) {
		w->last_in_us = now_us;
		if (!w->has_peer || ice_check_is_nominating(c))
			learn_addr(w, src, len);
		(void)sendto(port->fd, reply, reply_len, 0, (const struct sockaddr *)src, len);
		if (w->is_lost && w->is_up)
			set_back(w);
	}
	ice_check_free(c);
}

static void take_dtls(struct web *w, const uint8_t *packet, size_t n)
{
	if (!w->dtls)
		w->dtls = dtls_link_new(w->port->server, send_datagram, w);
	if (!w->dtls)
		return;
	enum dtls_state s = dtls_link_receive(w->dtls, packet, n, w->p.remote.fingerprint);
	if (s == DTLS_UP && !w->is_up)
		come_up(w);
	else if (s == DTLS_CLOSED && w->is_up) {
		w->is_up = false; /* closed tab, reload: said at once */
		set_lost(w);
	}
}

static void take_media(struct web *w, uint8_t *packet, size_t n, int64_t now_us)
{
	if (!w->is_up)
		return;
	bool is_rtcp = (packet[1] & 0x7f) >= 64 && (packet[1] & 0x7f) < 96; /* RFC 5761 4 */
	size_t len = web_keys_open(w->keys, is_rtcp, packet, n);
	if (!len)
		return;
	w->last_in_us = now_us;
	if (w->is_lost)
		set_back(w);
	if (!is_rtcp) {
		relay_receive(w->leg, packet, len, now_us);
		return;
	}
	struct rtcp_news news = rtcp_report_read(packet, len, w->leg->tx.ssrc, &w->leg->rx, now_us,
	                                         clock_utc_ms() * 1000);
	if (news.has_report) {
		w->tx_lost_pct = news.lost_pct;
		w->rtt_ms = news.rtt_ms >= 0 ? news.rtt_ms : w->rtt_ms;
	}
}

static void take_packet(struct web_port *port, uint8_t *packet, size_t n,
                        const struct sockaddr_storage *src, socklen_t len, int64_t now_us)
{
	struct web *w;
	if (n < 13)
		return;
	if (packet[0] <= 3) /* RFC 7983 */
		take_stun(port, packet, n, src, len, now_us);
	else if ((w = find(port, src)) == NULL)
		return;
	else if (packet[0] >= 20 && packet[0] <= 63)
		take_dtls(w, packet, n);
	else if (packet[0] >= 128 && packet[0] <= 191)
		take_media(w, packet, n, now_us);
}

void web_readable(struct web_port *port, int64_t now_us)
{
	for (int k = 0; k < BATCHES_AT_ONCE; k++) {
		struct batch *b = port->m->batch;
		int n = batch_receive(port->m, port->fd);
		for (int i = 0; i < n; i++)
			take_packet(port, b->room[i], b->msg[i].msg_len, &b->from[i],
			            b->msg[i].msg_hdr.msg_namelen, now_us);
		sendq_flush(port->m);
		if (n < BATCH)
			return;
	}
}

/* ---- what leaves ---- */

void web_send_rtp(struct web_port *port, struct mleg *l, uint8_t *packet, size_t len)
{
	struct web *w = l->web;
	size_t n = web_keys_seal(w->keys, false, packet, len);
	if (n)
		sendq_put(port->m, port->fd, &w->peer, w->peer_len, packet, n);
}

static void send_report(struct web *w, int64_t now_us)
{
	uint8_t buf[RTCP_REPORT_BYTES + WEB_KEYS_TAIL];
	size_t n = rtcp_report_write(buf, &w->leg->tx, &w->leg->rx, now_us, clock_utc_ms() * 1000);
	n = web_keys_seal(w->keys, true, buf, n);
	if (n)
		send_datagram(w, buf, n);
}

/* May free `w`. */
static void tick_one(struct web *w, int64_t now_us)
{
	if (!w->is_up && !w->is_lost) {
		if (w->dtls)
			dtls_link_tick(w->dtls);
		if (now_us - w->made_us < SHAKE_US)
			return;
		if (w->leg->web != w) {
			w->leg->web_next = NULL;
			web_free(w);
			return;
		}
		set_lost(w);
	} else if (w->is_up && !w->is_lost && now_us - w->last_in_us > LOST_US) {
		set_lost(w);
	} else if (web_is_up(w) && w->leg->web == w && ++w->ticks % REPORT_TICKS == 0) {
		send_report(w, now_us);
	}
}

void web_tick(struct web_port *port, int64_t now_us)
{
	for (struct web *w = port->all, *next; w; w = next) {
		next = w->next;
		tick_one(w, now_us);
	}
}

/* ---- the port ---- */

static socklen_t len_of(const struct sockaddr_storage *a)
{
	return a->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

static enum err open_socket(struct web_port *p, const struct sockaddr_storage *addr,
                            struct why *why)
{
	int size = SOCKET_BYTES;
	struct sockaddr_storage got;
	socklen_t len = sizeof got;
	p->fd = socket(addr->ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (p->fd < 0 || bind(p->fd, (const struct sockaddr *)addr, len_of(addr)) ||
	    getsockname(p->fd, (struct sockaddr *)&got, &len))
		return fail(why, E_VOICE_LISTEN, "web", strerror(errno));
	(void)setsockopt(p->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	size_t n;
	uint16_t number;
	addr_bytes(&got, &n, &number);
	p->number = ntohs(number);
	return ERR_OK;
}

enum err web_port_new(struct media *m, const struct sockaddr_storage *addr, struct web_port **ret,
                      struct why *why)
{
	struct web_port *p = calloc(1, sizeof *p);
	if (!p)
		return fail(why, E_NOMEM);
	p->m = m;
	p->fd = -1;
	enum err e = open_socket(p, addr, why);
	if (!e)
		e = dtls_server_new(&p->server, why);
	if (e) {
		web_port_free(&p);
		return e;
	}
	*ret = p;
	return ERR_OK;
}

void web_port_free(struct web_port **pp)
{
	struct web_port *p = *pp;
	if (!p)
		return;
	while (p->all)
		web_free(p->all);
	if (p->fd >= 0)
		close(p->fd);
	dtls_server_free(&p->server);
	free(p);
	*pp = NULL;
}

int web_port_fd(const struct web_port *p)
{
	return p->fd;
}

int web_port_number(const struct web_port *p)
{
	return p->number;
}

const unsigned char *web_port_fingerprint(const struct web_port *p)
{
	return dtls_server_fingerprint(p->server);
}
