#include "voice/outq.h"

#include <stdlib.h>
#include <string.h>

#include "base/mailbox.h"

struct outq_item {
	struct outq_item *next;
	_Alignas(16) unsigned char msg[];
};

void outq_init(struct outq *q, struct mailbox *box, size_t msg_bytes)
{
	*q = (struct outq){ box, msg_bytes, NULL, NULL };
	q->tail = &q->head;
}

bool outq_flush(struct outq *q)
{
	while (q->head) {
		struct outq_item *it = q->head;
		if (mailbox_post(q->box, it->msg, NULL))
			return false;
		q->head = it->next;
		if (!q->head)
			q->tail = &q->head;
		free(it);
	}
	return true;
}

bool outq_send(struct outq *q, const void *msg)
{
	if (outq_flush(q) && mailbox_post(q->box, msg, NULL) == ERR_OK)
		return true;
	struct outq_item *it = malloc(sizeof *it + q->msg_bytes);
	if (!it)
		return false;
	it->next = NULL;
	memcpy(it->msg, msg, q->msg_bytes);
	*q->tail = it;
	q->tail = &it->next;
	return true;
}

void outq_done(struct outq *q)
{
	while (q->head) {
		struct outq_item *it = q->head;
		q->head = it->next;
		free(it);
	}
	q->tail = &q->head;
}
