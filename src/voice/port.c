/* Sockets of trunk and phone legs: where packets come in, and whose they are.
 *
 * A leg has a port of its own, or shares one with all calls whose peers' addresses tell them apart:
 * then the kernel is asked once for 64 packets of many calls instead of once for each. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "voice/media_int.h"
#include "voice/rtcp.h"
#include "voice/web_keys.h"

enum {
	BUCKETS = 1024,
	BATCHES_AT_ONCE = 16,
	STRAYS = 64,
	STRAY_BYTES = 512,
	STRAY_US = 500000,
	REPORT_SECONDS = 5, /* RFC 3550 6.2 */
};

/* A packet from an address that no call on the port has: mostly one that was quicker than the SDP
 * which names it. */
struct stray {
	struct sockaddr_storage from;
	int64_t at_us;
	size_t len;
	uint8_t packet[STRAY_BYTES];
};

struct rtp_port {
	struct rtp_port *next;
	struct media *m;
	int fd, rtcp_fd;
	struct mleg *by_addr[BUCKETS];
	unsigned strays;
	struct stray stray[STRAYS];
};

/* ---- whose it is ---- */

static struct mleg **bucket(struct rtp_port *p, const struct sockaddr_storage *a)
{
	return &p->by_addr[addr_hash(a) % BUCKETS];
}

static struct mleg *find(struct rtp_port *p, const struct sockaddr_storage *a)
{
	struct mleg *l = *bucket(p, a);
	while (l && !addr_same(&l->source.peer, a))
		l = l->addr_next;
	return l;
}

static void forget_addr(struct mleg *l)
{
	if (!l->port || l->source.peer.ss_family == AF_UNSPEC)
		return;
	for (struct mleg **at = bucket(l->port, &l->source.peer); *at; at = &(*at)->addr_next) {
		if (*at == l) {
			*at = l->addr_next;
			return;
		}
	}
}

static void learn_addr(struct mleg *l)
{
	if (!l->port || l->source.peer.ss_family == AF_UNSPEC)
		return;
	struct mleg **b = bucket(l->port, &l->source.peer);
	l->addr_next = *b;
	*b = l;
}

/* ---- what arrives ---- */

static bool is_rtcp(const uint8_t *packet)
{
	return packet[1] >= 192 && packet[1] <= 223; /* RFC 5761 4 */
}

static void take_report(struct mleg *l, const uint8_t *packet, size_t n, int64_t now_us)
{
	struct rtcp_news news =
	    rtcp_report_read(packet, n, l->tx.ssrc, &l->rx, now_us, clock_utc_ms() * 1000);
	if (!news.has_report)
		return;
	l->tx_lost_pct = news.lost_pct;
	l->rtt_ms = news.rtt_ms >= 0 ? news.rtt_ms : l->rtt_ms;
}

static void follow(struct mleg *l, const struct sockaddr_storage *from)
{
	forget_addr(l);
	source_follow(&l->source, from);
	learn_addr(l);
	l->m->is_stale = true;
}

static void take(struct mleg *l, uint8_t *packet, size_t n, const struct sockaddr_storage *from,
                 int64_t now_us)
{
	switch (source_judge(&l->source, from, now_us - l->last_rx_us)) {
	case SOURCE_DROP:
		return;
	case SOURCE_FOLLOW:
		follow(l, from);
		break;
	case SOURCE_HEAR:
		break;
	}
	relay_receive(l, packet, n, now_us);
}

static bool is_rtp(const uint8_t *packet, size_t n)
{
	return n >= RTP_FIXED_BYTES && packet[0] >> 6 == 2; /* 0..3 is STUN */
}

static void leg_readable(struct mleg *l, int64_t now_us)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof from;
	uint8_t *packet = batch_room(l->m);
	ssize_t n =
	    recvfrom(l->fd, packet, PACKET_ROOM - WEB_KEYS_TAIL, 0, (struct sockaddr *)&from, &len);
	if (n < 0 || !is_rtp(packet, (size_t)n))
		return;
	if (!is_rtcp(packet))
		take(l, packet, (size_t)n, &from, now_us);
	else if (addr_same_host(&from, &l->source.peer))
		take_report(l, packet, (size_t)n, now_us);
}

/* Never a guess: on a shared port a packet of unknown source could be anybody's, and taking it
 * would let one customer hear another. It is kept for a moment in case its call's SDP is on its
 * way. */
static void keep_stray(struct rtp_port *p, const uint8_t *packet, size_t n,
                       const struct sockaddr_storage *from, int64_t now_us)
{
	struct stray *s = &p->stray[p->strays++ % STRAYS];
	s->from = *from;
	s->at_us = now_us;
	s->len = n <= STRAY_BYTES ? n : 0;
	memcpy(s->packet, packet, s->len);
}

static void port_take(struct rtp_port *p, uint8_t *packet, size_t n,
                      const struct sockaddr_storage *from, int64_t now_us)
{
	if (!is_rtp(packet, n))
		return;
	struct mleg *l = find(p, from);
	if (is_rtcp(packet) && l)
		take_report(l, packet, n, now_us);
	else if (l)
		take(l, packet, n, from, now_us);
	else if (!is_rtcp(packet))
		keep_stray(p, packet, n, from, now_us);
}

void port_told(struct mleg *l, const struct media_peer *peer, int64_t now_us)
{
	forget_addr(l);
	bool is_new = source_told(&l->source, &peer->addr, &peer->sig);
	learn_addr(l);
	for (unsigned i = 0; is_new && l->port && i < STRAYS; i++) {
		struct stray *s = &l->port->stray[(l->port->strays + i) % STRAYS];
		if (!s->len || now_us - s->at_us > STRAY_US || !addr_same(&s->from, &peer->addr))
			continue;
		uint8_t *packet = batch_room(l->m);
		memcpy(packet, s->packet, s->len);
		take(l, packet, s->len, &s->from, now_us);
		s->len = 0;
	}
}

bool port_has_strays_since(const struct mleg *l, int64_t since_us)
{
	return l->port && l->port->strays &&
	       l->port->stray[(l->port->strays - 1) % STRAYS].at_us > since_us;
}

static void port_readable(struct rtp_port *p, int64_t now_us)
{
	for (int k = 0; k < BATCHES_AT_ONCE; k++) {
		struct batch *b = p->m->batch;
		int n = batch_receive(p->m, p->fd);
		for (int i = 0; i < n; i++)
			port_take(p, b->room[i], b->msg[i].msg_len, &b->from[i], now_us);
		sendq_flush(p->m);
		if (n < BATCH)
			return;
	}
}

/* RTCP comes from the port above the peer's RTP port; from elsewhere it is nobody's. */
static void port_reports_readable(struct rtp_port *p, int64_t now_us)
{
	struct batch *b = p->m->batch;
	int n = batch_receive(p->m, p->rtcp_fd);
	for (int i = 0; i < n; i++) {
		struct sockaddr_storage from = b->from[i];
		addr_set_port(&from, addr_port(&from) - 1);
		struct mleg *l = find(p, &from);
		if (l && b->msg[i].msg_len >= 8 && is_rtcp(b->room[i]))
			take_report(l, b->room[i], b->msg[i].msg_len, now_us);
	}
}

static void leg_reports_readable(struct mleg *l, int64_t now_us)
{
	struct sockaddr_storage from;
	socklen_t len = sizeof from;
	uint8_t *packet = batch_room(l->m);
	ssize_t n = recvfrom(l->rtcp_fd, packet, PACKET_ROOM, 0, (struct sockaddr *)&from, &len);
	if (n >= 8 && is_rtcp(packet) && addr_same_host(&from, &l->source.peer))
		take_report(l, packet, (size_t)n, now_us);
}

/* ---- reports of ours ---- */

void port_report(struct mleg *l, int64_t now_us)
{
	int fd = l->port ? l->port->rtcp_fd : l->rtcp_fd;
	if (fd < 0 || l->source.peer.ss_family == AF_UNSPEC ||
	    (!l->tx.is_started && !l->rx.is_started) || ++l->seconds % REPORT_SECONDS)
		return;
	uint8_t buf[RTCP_REPORT_BYTES];
	struct sockaddr_storage to = l->source.peer;
	addr_set_port(&to, addr_port(&to) + 1);
	size_t n = rtcp_report_write(buf, &l->tx, &l->rx, now_us, clock_utc_ms() * 1000);
	(void)sendto(fd, buf, n, 0, (const struct sockaddr *)&to, l->source.peer_len);
}

/* ---- the sockets' life; a report socket is marked by the lowest bit of its tag ---- */

static void watch(struct media *m, int fd, void *tag, unsigned mark)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u64 = (uintptr_t)tag | mark };
	if (fd >= 0)
		epoll_ctl(m->epoll_fd, EPOLL_CTL_ADD, fd, &ev);
}

void port_add_leg(struct mleg *l)
{
	watch(l->m, l->fd, l, 0);
	watch(l->m, l->rtcp_fd, l, 1);
}

void port_drop_leg(struct mleg *l)
{
	forget_addr(l);
	l->port = NULL;
	if (l->fd >= 0)
		close(l->fd);
	if (l->rtcp_fd >= 0)
		close(l->rtcp_fd);
	l->fd = l->rtcp_fd = -1;
}

void port_own(struct mleg *l, int fd, int rtcp_fd)
{
	port_drop_leg(l);
	l->fd = fd;
	l->rtcp_fd = rtcp_fd;
	port_add_leg(l);
}

struct rtp_port *port_new(struct media *m, int fd, int rtcp_fd)
{
	struct rtp_port *p = calloc(1, sizeof *p);
	if (!p)
		return NULL;
	p->m = m;
	p->fd = fd;
	p->rtcp_fd = rtcp_fd;
	return p;
}

void port_add(struct media *m, struct rtp_port *p)
{
	p->next = m->ports;
	m->ports = p;
	watch(m, p->fd, p, 0);
	watch(m, p->rtcp_fd, p, 1);
}

void ports_free(struct media *m)
{
	while (m->ports) {
		struct rtp_port *p = m->ports;
		m->ports = p->next;
		close(p->fd);
		if (p->rtcp_fd >= 0)
			close(p->rtcp_fd);
		free(p);
	}
}

int port_fd(const struct rtp_port *p)
{
	return p->fd;
}

void port_event(struct media *m, uint64_t tag, int64_t now_us)
{
	bool is_report = tag & 1;
	void *of = (void *)(uintptr_t)(tag & ~(uint64_t)1);
	struct rtp_port *p = m->ports;
	while (p && p != of)
		p = p->next;
	if (p && is_report)
		port_reports_readable(p, now_us);
	else if (p)
		port_readable(p, now_us);
	else if (is_report)
		leg_reports_readable(of, now_us);
	else
		leg_readable(of, now_us);
}

/* ---- batches ---- */

int batch_receive(struct media *m, int fd)
{
	struct batch *b = m->batch;
	sendq_flush(m); /* what waits lies in this room */
	for (int i = 0; i < BATCH; i++)
		b->msg[i].msg_hdr.msg_namelen = sizeof b->from[i];
	return recvmmsg(fd, b->msg, BATCH, MSG_DONTWAIT, NULL);
}

uint8_t *batch_room(struct media *m)
{
	struct batch *b = m->batch;
	if (b->at == BATCH) {
		sendq_flush(m);
		b->at = 0;
	}
	return b->room[b->at++];
}

struct batch *batch_new(void)
{
	struct batch *b = calloc(1, sizeof *b);
	for (int i = 0; b && i < BATCH; i++) {
		b->io[i] = (struct iovec){ b->room[i], PACKET_ROOM - WEB_KEYS_TAIL };
		b->msg[i].msg_hdr = (struct msghdr){ .msg_name = &b->from[i],
			                             .msg_iov = &b->io[i],
			                             .msg_iovlen = 1 };
	}
	return b;
}
