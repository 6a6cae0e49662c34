#include "base/mailbox.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Dmitry Vyukov's bounded queue: each slot carries a turn number. A poster may fill slot i when
 * its turn equals the tail it drew, the reader may empty it when the turn is one more. */
struct slot {
	atomic_size_t turn;
	unsigned char msg[];
};

struct mailbox {
	size_t msg_bytes, slot_bytes, mask;
	int fd;
	unsigned char *slots;
	_Alignas(64) atomic_size_t tail; /* the next to fill, drawn by posters */
	_Alignas(64) atomic_size_t head; /* the next to empty, the reader's own */
};

static struct slot *slot_at(const struct mailbox *m, size_t i)
{
	return (struct slot *)(void *)(m->slots + (i & m->mask) * m->slot_bytes);
}

enum err mailbox_new(size_t msg_bytes, size_t slots, struct mailbox **ret, struct why *why)
{
	size_t n = 2, unit = _Alignof(max_align_t);
	while (n < slots)
		n *= 2;
	struct mailbox *m = aligned_alloc(64, (sizeof *m + 63) / 64 * 64);
	if (!m)
		return fail(why, E_NOMEM);
	memset(m, 0, sizeof *m);
	m->msg_bytes = msg_bytes;
	m->slot_bytes = (sizeof(struct slot) + msg_bytes + unit - 1) / unit * unit;
	m->mask = n - 1;
	m->slots = calloc(n, m->slot_bytes);
	m->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (!m->slots || m->fd < 0) {
		mailbox_free(&m);
		return fail(why, E_NOMEM);
	}
	for (size_t i = 0; i < n; i++)
		atomic_init(&slot_at(m, i)->turn, i);
	*ret = m;
	return ERR_OK;
}

void mailbox_free(struct mailbox **m)
{
	if (!*m)
		return;
	if ((*m)->fd >= 0)
		close((*m)->fd);
	free((*m)->slots);
	free(*m);
	*m = NULL;
}

/* Draws a slot number; SIZE_MAX when all are taken. */
static size_t draw(struct mailbox *m)
{
	size_t tail = atomic_load_explicit(&m->tail, memory_order_relaxed);
	for (;;) {
		size_t turn = atomic_load_explicit(&slot_at(m, tail)->turn, memory_order_acquire);
		if (turn == tail) {
			if (atomic_compare_exchange_weak_explicit(&m->tail, &tail, tail + 1,
			                                          memory_order_relaxed,
			                                          memory_order_relaxed))
				return tail;
		} else if ((intptr_t)(turn - tail) < 0) {
			return SIZE_MAX;
		} else {
			tail = atomic_load_explicit(&m->tail, memory_order_relaxed);
		}
	}
}

enum err mailbox_post(struct mailbox *m, const void *msg, struct why *why)
{
	size_t i = draw(m);
	if (i == SIZE_MAX)
		return fail(why, E_MAILBOX_FULL);
	struct slot *s = slot_at(m, i);
	memcpy(s->msg, msg, m->msg_bytes);
	atomic_store_explicit(&s->turn, i + 1, memory_order_release);
	uint64_t one = 1;
	(void)!write(m->fd, &one,
	             sizeof one); /* only a full counter refuses, and that is readable */
	return ERR_OK;
}

bool mailbox_take(struct mailbox *m, void *msg)
{
	size_t i = atomic_load_explicit(&m->head, memory_order_relaxed);
	struct slot *s = slot_at(m, i);
	if (atomic_load_explicit(&s->turn, memory_order_acquire) != i + 1)
		return false;
	memcpy(msg, s->msg, m->msg_bytes);
	atomic_store_explicit(&m->head, i + 1, memory_order_relaxed);
	atomic_store_explicit(&s->turn, i + m->mask + 1, memory_order_release);
	return true;
}

int mailbox_fd(const struct mailbox *m)
{
	return m->fd;
}

void mailbox_drained(struct mailbox *m)
{
	uint64_t n;
	(void)!read(m->fd, &n, sizeof n);
}

static bool has_message(const struct mailbox *m)
{
	size_t i = atomic_load_explicit(&m->head, memory_order_relaxed);
	return atomic_load_explicit(&slot_at(m, i)->turn, memory_order_acquire) == i + 1;
}

bool mailbox_wait(struct mailbox *m, int timeout_ms)
{
	for (;;) {
		if (has_message(m))
			return true;
		struct pollfd p = { .fd = m->fd, .events = POLLIN };
		int n = poll(&p, 1, timeout_ms);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return has_message(m);
		mailbox_drained(m);
		/* The descriptor may tell of messages taken already: look, then wait again. A
		 * time-out starts anew then, which only makes it longer. */
	}
}

size_t mailbox_depth(const struct mailbox *m)
{
	size_t head = atomic_load_explicit(&m->head, memory_order_relaxed);
	size_t tail = atomic_load_explicit(&m->tail, memory_order_relaxed);
	return tail > head ? tail - head : 0;
}

size_t mailbox_slots(const struct mailbox *m)
{
	return m->mask + 1;
}
