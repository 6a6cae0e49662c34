#include "voice/source.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

/* ---- addresses ---- */

static const void *host(const struct sockaddr_storage *a, size_t *len)
{
	if (a->ss_family == AF_INET) {
		*len = sizeof(struct in_addr);
		return &((const struct sockaddr_in *)(const void *)a)->sin_addr;
	}
	*len = sizeof(struct in6_addr);
	return &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr;
}

/* The port lies at the same place in both. */
static uint16_t net_port(const struct sockaddr_storage *a)
{
	return ((const struct sockaddr_in *)(const void *)a)->sin_port;
}

int addr_port(const struct sockaddr_storage *a)
{
	return ntohs(net_port(a));
}

void addr_set_port(struct sockaddr_storage *a, int port)
{
	((struct sockaddr_in *)(void *)a)->sin_port = htons((uint16_t)port);
}

socklen_t addr_len(const struct sockaddr_storage *a)
{
	return a->ss_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
}

bool addr_same_host(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	size_t n, m;
	const void *x = host(a, &n), *y = host(b, &m);
	return a->ss_family == b->ss_family && a->ss_family != AF_UNSPEC && memcmp(x, y, n) == 0;
}

bool addr_same(const struct sockaddr_storage *a, const struct sockaddr_storage *b)
{
	return net_port(a) == net_port(b) && addr_same_host(a, b);
}

unsigned addr_hash(const struct sockaddr_storage *a)
{
	size_t n;
	const uint8_t *p = host(a, &n);
	uint32_t h = net_port(a);
	for (size_t i = 0; i < n; i++)
		h = h * 31 + p[i];
	return h ^ h >> 13;
}

/* ---- whom to trust ---- */

bool source_told(struct source *s, const struct sockaddr_storage *told,
                 const struct sockaddr_storage *sig)
{
	s->sig = *sig;
	if (told->ss_family == AF_UNSPEC || addr_same(told, &s->told))
		return false;
	s->told = s->peer = *told;
	s->peer_len = addr_len(told);
	s->rank = SOURCE_NOBODY;
	return true;
}

static enum source_rank rank_of(const struct source *s, const struct sockaddr_storage *from)
{
	if (addr_same(from, &s->told))
		return SOURCE_TOLD;
	return addr_same_host(from, &s->told) || addr_same_host(from, &s->sig) ? SOURCE_HOST
	                                                                       : SOURCE_STRANGER;
}

enum source_verdict source_judge(const struct source *s, const struct sockaddr_storage *from,
                                 int64_t silent_us)
{
	if (s->rank != SOURCE_NOBODY && addr_same(from, &s->peer))
		return SOURCE_HEAR;
	enum source_rank r = rank_of(s, from);
	if (r > s->rank || (r == s->rank && silent_us >= SOURCE_SILENT_US))
		return SOURCE_FOLLOW;
	/* A gateway's announcements and digits may come from another of its ports. */
	return addr_same_host(from, &s->peer)
	           ? silent_us >= SOURCE_SILENT_US ? SOURCE_FOLLOW : SOURCE_HEAR
	           : SOURCE_DROP;
}

void source_follow(struct source *s, const struct sockaddr_storage *from)
{
	s->rank = rank_of(s, from);
	s->peer = *from;
	s->peer_len = addr_len(from);
}
