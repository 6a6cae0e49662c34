#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mailbox.h"
#include "base/thread.h"
#include "floor/floor.h"
#include "floor/io.h"
#include "store/lease.h"
#include "voice/voice.h"

/* Reads waiting for the feeder: one a campaign, one for the world, one an incoming call. */
enum { READ_SLOTS = 1024, RETRY_READ_MS = 1000, READ_PATIENCE_MS = 5000 };

struct io_real {
	struct writer *writer;
	struct voice *voice;
	struct floor *floor;
	struct db *db;
	struct thread *thread;
	struct mailbox *reads; /* struct floor_job * ; NULL: stop */
	/* What is finished, newest first. A list, not a mailbox: a commit must never be lost. */
	_Atomic(struct floor_job *) done;
	atomic_bool is_drain_posted;
};

/* ---- back to the loop ---- */

static void drain(struct voice *v, void *arg)
{
	(void)v;
	struct io_real *io = arg;
	atomic_store(&io->is_drain_posted, false);
	struct floor_job *j = atomic_exchange(&io->done, NULL), *in_order = NULL;
	while (j) {
		struct floor_job *next = j->next;
		j->next = in_order;
		in_order = j;
		j = next;
	}
	while (in_order) {
		j = in_order;
		in_order = j->next;
		floor_on_done(io->floor, j);
	}
}

static void wake(struct io_real *io)
{
	if (atomic_exchange(&io->is_drain_posted, true))
		return;
	/* A full mailbox: the tick drains too. */
	if (voice_post(io->voice, drain, io, NULL))
		atomic_store(&io->is_drain_posted, false);
}

static void finished(struct io_real *io, struct floor_job *j)
{
	j->next = atomic_load(&io->done);
	while (!atomic_compare_exchange_weak(&io->done, &j->next, j))
		;
	wake(io);
}

void io_real_tick(struct io_real *io)
{
	if (atomic_load(&io->done))
		drain(io->voice, io);
}

/* ---- writes ---- */

struct handed {
	struct io_real *io;
	struct floor_job *job;
};

static enum err run_write(struct tx *tx, const void *arg, struct why *why)
{
	struct floor_job *j = ((const struct handed *)arg)->job;
	enum err e = lease_check(tx, j->cell_id, j->epoch, why);
	return e ? e : j->write(tx, j, why);
}

static void written(enum err e, const struct why *why, void *ctx)
{
	struct handed *h = ctx;
	h->job->e = e;
	if (e && why)
		h->job->why = *why;
	finished(h->io, h->job);
	free(h);
}

static enum err io_write(void *ctx, enum lane lane, struct floor_job *j, struct why *why)
{
	struct io_real *io = ctx;
	struct handed *h = malloc(sizeof *h);
	if (!h)
		return fail(why, E_NOMEM);
	*h = (struct handed){ io, j };
	enum err e =
	    j->kind && lane == LANE_LIVE
		? writer_submit_kept(io->writer, j->kind, j, run_write, h, sizeof *h, written, h,
	                             why)
		: writer_submit(io->writer, lane, run_write, h, sizeof *h, written, h, why);
	if (e)
		free(h);
	return e;
}

static int load_pct(void *ctx)
{
	return writer_load_pct(((struct io_real *)ctx)->writer, LANE_LIVE);
}

static bool is_spooling(void *ctx)
{
	return writer_spooled(((struct io_real *)ctx)->writer) > 0;
}

/* ---- reads ---- */

static enum err io_read(void *ctx, struct floor_job *j, struct why *why)
{
	return mailbox_post(((struct io_real *)ctx)->reads, &j, why);
}

static void feeder(void *arg)
{
	struct io_real *io = arg;
	for (;;) {
		struct floor_job *j;
		mailbox_drained(io->reads);
		while (mailbox_take(io->reads, &j)) {
			if (!j)
				return;
			j->e = j->read(io->db, j, &j->why);
			finished(io, j);
		}
		mailbox_wait(io->reads, RETRY_READ_MS);
	}
}

/* ---- commands ---- */

struct posted {
	struct io_real *io;
	floor_post_fn *fn;
	void *arg;
};

static void run_posted(struct voice *v, void *arg)
{
	(void)v;
	struct posted *p = arg;
	p->fn(p->io->floor, p->arg);
	free(p);
}

static enum err io_post(void *ctx, floor_post_fn *fn, void *arg, struct why *why)
{
	struct io_real *io = ctx;
	struct posted *p = malloc(sizeof *p);
	if (!p)
		return fail(why, E_NOMEM);
	*p = (struct posted){ io, fn, arg };
	enum err e = voice_post(io->voice, run_posted, p, why);
	if (e)
		free(p);
	return e;
}

/* ---- making ---- */

enum err io_real_new(const char *url, struct writer *w, struct voice *v, struct io_real **ret,
                     struct why *why)
{
	struct io_real *io = calloc(1, sizeof *io);
	if (!io)
		return fail(why, E_NOMEM);
	io->writer = w;
	io->voice = v;
	enum err e = db_open(url, DB_READ, &io->db, why);
	if (!e)
		db_set_patience(io->db, READ_PATIENCE_MS);
	if (!e)
		e = mailbox_new(sizeof(struct floor_job *), READ_SLOTS, &io->reads, why);
	if (!e)
		e = thread_start("floor-feeder", feeder, io, &io->thread, why);
	if (e) {
		io_real_free(io);
		return e;
	}
	*ret = io;
	return ERR_OK;
}

void io_real_free(struct io_real *io)
{
	if (!io)
		return;
	if (io->thread) {
		struct floor_job *stop = NULL;
		while (mailbox_post(io->reads, &stop, NULL) == ERR_BUSY)
			usleep(1000);
		thread_join(&io->thread);
	}
	mailbox_free(&io->reads);
	db_close(&io->db);
	free(io);
}

struct floor_io io_real_verbs(struct io_real *io)
{
	return (struct floor_io){ .ctx = io,
		                  .write = io_write,
		                  .read = io_read,
		                  .load_pct = load_pct,
		                  .post = io_post,
		                  .is_spooling = is_spooling };
}

void io_real_bind(struct io_real *io, struct floor *f)
{
	io->floor = f;
}
