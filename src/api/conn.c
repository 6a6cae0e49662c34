/* Requests that do not come in time. The library counts idle seconds only: who sends a byte a
 * minute holds a connection for ever, and a few thousand of those are a door that nobody else can
 * use. */
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "api/http_door.h"
#include "base/clock.h"
#include "base/metric.h"

enum {
	HEAD_MS =
	    90 *
	    1000, /* also the pause between two requests; the library closes idle ones at 75 s */
	BODY_MS = 30 * 1000,
	BODY_BYTES_PER_S = 4096, /* slower than any line an upload comes over */
};

struct conn {
	struct conns *all;
	struct conn *next, **prev;
	int fd;
	enum conn_phase phase;
	int64_t since_ms, bytes;
	bool is_cut;
};

struct conns {
	pthread_mutex_t lock;
	struct conn *first;
};

int64_t conn_limit_ms(enum conn_phase phase, int64_t bytes)
{
	switch (phase) {
	case CONN_HEAD:
		return HEAD_MS;
	case CONN_BODY:
		return BODY_MS + bytes * 1000 / BODY_BYTES_PER_S;
	case CONN_ANSWER:
		break;
	}
	return 0;
}

enum err conns_new(struct conns **ret, struct why *why)
{
	struct conns *c = calloc(1, sizeof *c);
	if (!c)
		return fail(why, E_NOMEM);
	pthread_mutex_init(&c->lock, NULL);
	*ret = c;
	return ERR_OK;
}

void conns_free(struct conns **c)
{
	if (!*c)
		return;
	pthread_mutex_destroy(&(*c)->lock);
	free(*c);
	*c = NULL;
}

static void add(struct conns *all, struct MHD_Connection *conn, void **socket_ctx)
{
	const union MHD_ConnectionInfo *i =
	    MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CONNECTION_FD);
	struct conn *c = i ? calloc(1, sizeof *c) : NULL;
	if (!c)
		return;
	c->all = all;
	c->fd = i->connect_fd;
	c->since_ms = clock_mono_ms();
	*socket_ctx = c;
	pthread_mutex_lock(&all->lock);
	c->next = all->first;
	c->prev = &all->first;
	if (c->next)
		c->next->prev = &c->next;
	all->first = c;
	pthread_mutex_unlock(&all->lock);
}

void conns_notify(void *ctx, struct MHD_Connection *conn, void **socket_ctx,
                  enum MHD_ConnectionNotificationCode toe)
{
	struct conn *c = *socket_ctx;
	if (toe == MHD_CONNECTION_NOTIFY_STARTED) {
		add(ctx, conn, socket_ctx);
		return;
	}
	if (!c)
		return;
	/* The library closes the socket after this: until here the number is ours to cut. */
	pthread_mutex_lock(&c->all->lock);
	*c->prev = c->next;
	if (c->next)
		c->next->prev = c->prev;
	pthread_mutex_unlock(&c->all->lock);
	free(c);
	*socket_ctx = NULL;
}

static struct conn *conn_of(struct MHD_Connection *conn)
{
	const union MHD_ConnectionInfo *i =
	    MHD_get_connection_info(conn, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	return i ? i->socket_context : NULL;
}

void conns_phase(struct MHD_Connection *conn, enum conn_phase phase)
{
	struct conn *c = conn_of(conn);
	if (!c)
		return;
	pthread_mutex_lock(&c->all->lock);
	c->phase = phase;
	c->since_ms = clock_mono_ms();
	c->bytes = 0;
	pthread_mutex_unlock(&c->all->lock);
}

void conns_bytes(struct MHD_Connection *conn, size_t n)
{
	struct conn *c = conn_of(conn);
	if (!c)
		return;
	pthread_mutex_lock(&c->all->lock);
	c->bytes += (int64_t)n;
	pthread_mutex_unlock(&c->all->lock);
}

void conns_tick(struct conns *all, int64_t now_ms)
{
	pthread_mutex_lock(&all->lock);
	for (struct conn *c = all->first; c; c = c->next) {
		int64_t limit = conn_limit_ms(c->phase, c->bytes);
		if (c->is_cut || !limit || now_ms - c->since_ms < limit)
			continue;
		c->is_cut = true;
		metric_add(M_HTTP_SLOW, 0, 1);
		(void)shutdown(c->fd, SHUT_RDWR); /* the library sees the end and tidies up */
	}
	pthread_mutex_unlock(&all->lock);
}
