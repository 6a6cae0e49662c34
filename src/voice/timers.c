/* libre's timers, kept in a heap. libre's own list is sorted by walking it: with some thousands of
 * SIP transactions lingering for 32 s each, every short timer walked past all of them, a tenth of
 * the program's time at 400 calls and the bound on call set-ups. These definitions in the
 * executable take the place of libre's.
 *
 * Each thread has its own heap, as in libre. Equal times fire in the order they were set. */
#include <stdlib.h>

#include "voice/voice_int.h"

struct heap {
	struct tmr **at;
	size_t n, room;
	uintptr_t starts;
};

static _Thread_local struct heap heap;

/* libre's link in a timer is free for our use: `data` is the place in the heap plus one, 0 = in
 * none, `list` the turn in which it was set. */
static size_t place(const struct tmr *t)
{
	return (size_t)(uintptr_t)t->le.data;
}

static void put(size_t i, struct tmr *t)
{
	heap.at[i] = t;
	t->le.data = (void *)(uintptr_t)(i + 1);
}

static bool is_before(const struct tmr *a, const struct tmr *b)
{
	return a->jfs != b->jfs ? a->jfs < b->jfs : (uintptr_t)a->le.list < (uintptr_t)b->le.list;
}

static void sift_up(size_t i, struct tmr *t)
{
	for (; i > 0 && is_before(t, heap.at[(i - 1) / 2]); i = (i - 1) / 2)
		put(i, heap.at[(i - 1) / 2]);
	put(i, t);
}

static void sift_down(size_t i, struct tmr *t)
{
	for (size_t child; (child = 2 * i + 1) < heap.n; i = child) {
		if (child + 1 < heap.n && is_before(heap.at[child + 1], heap.at[child]))
			child++;
		if (!is_before(heap.at[child], t))
			break;
		put(i, heap.at[child]);
	}
	put(i, t);
}

static void take_out(struct tmr *t)
{
	size_t i = place(t) - 1;
	t->le.data = NULL;
	if (i >= heap.n || heap.at[i] != t)
		return;
	struct tmr *last = heap.at[--heap.n];
	if (last == t)
		return;
	if (i > 0 && is_before(last, heap.at[(i - 1) / 2]))
		sift_up(i, last);
	else
		sift_down(i, last);
}

void tmr_start(struct tmr *t, uint64_t delay, tmr_h *th, void *arg)
{
	if (!t)
		return;
	if (t->th)
		take_out(t);
	t->th = th;
	t->arg = arg;
	if (!th)
		return;
	if (heap.n == heap.room) {
		size_t room = heap.room ? 2 * heap.room : 1024;
		struct tmr **at = realloc(heap.at, room * sizeof(struct tmr *));
		if (!at)
			abort(); /* a timer cannot be refused, and without it calls would hang */
		heap.at = at;
		heap.room = room;
	}
	t->jfs = delay + tmr_jiffies();
	t->le.list = (struct list *)++heap.starts;
	sift_up(heap.n++, t);
}

void tmr_cancel(struct tmr *t)
{
	tmr_start(t, 0, NULL, NULL);
}

void tmr_poll(struct list *unused)
{
	const uint64_t now = tmr_jiffies();
	(void)unused;
	while (heap.n && heap.at[0]->jfs <= now) {
		struct tmr *t = heap.at[0];
		tmr_h *th = t->th;
		void *arg = t->arg;
		take_out(t);
		t->th = NULL;
		if (th)
			th(arg);
	}
}

uint64_t tmr_next_timeout(struct list *unused)
{
	const uint64_t now = tmr_jiffies();
	(void)unused;
	if (!heap.n)
		return 0;
	return heap.at[0]->jfs <= now ? 1 : heap.at[0]->jfs - now;
}

void voice_timers_done(void)
{
	free(heap.at);
	heap = (struct heap){ 0 };
}
