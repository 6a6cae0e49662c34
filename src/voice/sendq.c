/* Packets on their way out: gathered while a batch of arrivals or a tick is worked through, then
 * handed to the kernel with one call for each run of the same socket. */
#include <string.h>

#include "voice/media_int.h"

void sendq_put(struct media *m, int fd, const struct sockaddr_storage *to, socklen_t to_len,
               uint8_t *packet, size_t len)
{
	struct sendq *q = m->sendq;
	if (q->n == BATCH || (q->n && q->fd != fd))
		sendq_flush(m);
	q->fd = fd;
	q->io[q->n] = (struct iovec){ packet, len };
	q->msg[q->n].msg_hdr = (struct msghdr){ .msg_name = (void *)(uintptr_t)to,
		                                .msg_namelen = to_len,
		                                .msg_iov = &q->io[q->n],
		                                .msg_iovlen = 1 };
	q->n++;
}

void sendq_flush(struct media *m)
{
	struct sendq *q = m->sendq;
	unsigned at = 0;
	while (at < q->n) {
		int n = sendmmsg(q->fd, q->msg + at, q->n - at, 0);
		/* What the first one failed with (no route, a full buffer) is its own affair. */
		at += n > 0 ? (unsigned)n : 1;
	}
	q->n = 0;
}

uint8_t *sendq_room(struct media *m)
{
	struct sendq *q = m->sendq;
	if (q->n == BATCH)
		sendq_flush(m);
	return q->room[q->at++ % BATCH];
}
