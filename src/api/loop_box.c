#include "api/loop_box.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "voice/voice.h"

struct loop_box {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	int holders; /* under lock, as is all below */
	bool is_done;
	enum err e;
	struct why why;
	loop_box_fn *fn;
	void *data;
};

void *box_data(struct loop_box *box)
{
	return box->data;
}

static void let_go(struct loop_box *b)
{
	bool last = --b->holders == 0;
	pthread_mutex_unlock(&b->lock);
	if (!last)
		return;
	pthread_mutex_destroy(&b->lock);
	pthread_cond_destroy(&b->wake);
	free(b->data);
	free(b);
}

void box_finish(struct loop_box *b, enum err e, const struct why *why)
{
	pthread_mutex_lock(&b->lock);
	b->is_done = true;
	b->e = e;
	if (why)
		b->why = *why;
	pthread_cond_signal(&b->wake);
	let_go(b);
}

static void run(struct voice *v, void *arg)
{
	struct loop_box *b = arg;
	b->fn(v, b);
}

static struct loop_box *box_new(loop_box_fn *fn, const void *data, size_t bytes)
{
	pthread_condattr_t attr;
	struct loop_box *b = calloc(1, sizeof *b);
	if (!b || !(b->data = malloc(bytes))) {
		free(b);
		return NULL;
	}
	memcpy(b->data, data, bytes);
	b->fn = fn;
	b->holders = 2;
	pthread_mutex_init(&b->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&b->wake, &attr);
	pthread_condattr_destroy(&attr);
	return b;
}

static struct timespec later(int64_t ms)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += ms % 1000 * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return t;
}

enum err loop_ask(struct voice *v, loop_box_fn *fn, void *data, size_t bytes, int64_t timeout_ms,
                  struct why *why)
{
	struct timespec end = later(timeout_ms);
	struct loop_box *b = box_new(fn, data, bytes);
	if (!b)
		return fail(why, E_NOMEM);
	enum err e = voice_post(v, run, b, why);
	pthread_mutex_lock(&b->lock);
	if (e) {
		b->holders--; /* the loop never saw it */
		let_go(b);
		return e;
	}
	int waited = 0;
	while (!b->is_done && waited != ETIMEDOUT)
		waited = pthread_cond_timedwait(&b->wake, &b->lock, &end);
	if (b->is_done) {
		e = b->e;
		memcpy(data, b->data, bytes);
		if (e && why)
			*why = b->why;
	} else {
		e = fail(why, E_LOOP_SILENT);
	}
	let_go(b);
	return e;
}
