/* voice/outq.h -- one thread's way into a bounded mailbox, in order and without loss: what does not
 * fit waits in a list of the sender and goes first next time.
 *
 * Used where a lost message would leave a call hanging (legs' events and commands); the number of
 * messages is bounded by what the legs do. Thread: one sender. */
#ifndef VOICE_OUTQ_H
#define VOICE_OUTQ_H

#include <stdbool.h>
#include <stddef.h>

struct mailbox;
struct outq_item;

struct outq {
	struct mailbox *box;
	size_t msg_bytes;
	struct outq_item *head, **tail;
};

void outq_init(struct outq *q, struct mailbox *box, size_t msg_bytes);
/** @return false: out of memory, the message is lost */
bool outq_send(struct outq *q, const void *msg);
/** Tries again what waits. @return false: something still waits */
bool outq_flush(struct outq *q);
void outq_done(struct outq *q); /* forgets what waits */

#endif
