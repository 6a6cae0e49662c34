#include "store/writer.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "base/str.h"
#include "base/thread.h"
#include "store/db_int.h"
#include "store/spool.h"
#include "store/writer_int.h"

struct db *tx_db(struct tx *tx)
{
	return tx->line->db;
}

int64_t tx_node(const struct tx *tx)
{
	return tx->line->w->node;
}

int64_t tx_stream(const struct tx *tx)
{
	return tx->line->stream;
}

/* ---- queues ---- */

static void push(struct queue *q, struct work *j)
{
	j->next = NULL;
	*q->last = j;
	q->last = &j->next;
	atomic_fetch_add(&q->n, 1);
}

static struct work *pop(struct queue *q)
{
	struct work *j = q->first;
	if (!j)
		return NULL;
	q->first = j->next;
	if (!q->first)
		q->last = &q->first;
	atomic_fetch_sub(&q->n, 1);
	return j;
}

static enum err give(struct writer *w, enum lane lane, struct work *j, struct why *why)
{
	struct line *l = w->line_of[lane];
	j->lane = lane;
	j->given_us = clock_mono_us();
	pthread_mutex_lock(&l->lock);
	bool is_taken = !l->is_stopping && atomic_load(&w->queue[lane].n) < w->depth;
	if (is_taken) {
		push(&w->queue[lane], j);
		pthread_cond_signal(&l->more);
	}
	pthread_mutex_unlock(&l->lock);
	return is_taken ? ERR_OK : fail(why, E_WRITER_FULL);
}

/* The next job, live lane first. `wait`: until there is one; NULL then means the end. */
static struct work *take(struct line *l, bool wait)
{
	struct work *j = NULL;
	pthread_mutex_lock(&l->lock);
	for (;;) {
		for (enum lane i = l->first_lane; i <= l->last_lane && !j; i++)
			j = pop(&l->w->queue[i]);
		if (j || !wait || l->is_stopping)
			break;
		pthread_cond_wait(&l->more, &l->lock);
	}
	pthread_mutex_unlock(&l->lock);
	return j;
}

/* ---- committing ---- */

void writer_settle(struct line *l, struct work *j, enum err e, const struct why *why)
{
	bool is_owned = j->is_owned; /* after done() another's work is gone */
	atomic_fetch_add(&l->w->jobs, 1);
	metric_see(M_WRITER_LATENCY, (int)j->lane, clock_mono_us() - j->given_us);
	if (e)
		atomic_fetch_add(&l->w->failed_jobs, 1);
	if (j->done)
		j->done(e, why, j->ctx);
	else if (e)
		log_error("store", "write_failed", LOG_WHY(why));
	if (is_owned)
		free(j);
}

static void settle_all(struct line *l, struct work **jobs, int n, enum err e, const struct why *why)
{
	for (int i = 0; i < n; i++)
		writer_settle(l, jobs[i], e, why);
}

static enum err run_job(struct line *l, struct work *j, struct why *why)
{
	struct tx tx = { .line = l };
	enum err e = j->fn(&tx, j->arg, why);
	if (!e && l->db->is_tx_failed) { /* it swallowed an error: nothing of it is there */
		*why = l->db->tx_why;
		e = err_kind(why->code);
	}
	return e;
}

/* How one try of a transaction ended. */
struct
try {
	enum err e;
	enum { AT_BEGIN, AT_JOB, AT_COMMIT } at;
	int job; /* AT_JOB: which one failed */
	struct why why;
};

static void commit(struct line *l, int64_t began_us, struct try *t)
{
	t->at = AT_COMMIT;
	t->e = db_commit(l->db, &t->why);
	if (t->e)
		return;
	int64_t us = clock_mono_us() - began_us, max = atomic_load(&l->w->commit_us_max);
	atomic_fetch_add(&l->w->commits, 1);
	atomic_fetch_add(&l->w->commit_us_sum, us);
	while (us > max && !atomic_compare_exchange_weak(&l->w->commit_us_max, &max, us))
		;
}

static bool begin(struct line *l, struct try *t)
{
	*t = (struct try){ .at = AT_BEGIN };
	t->e = db_begin(l->db, &t->why);
	return !t->e;
}

static bool run_nth(struct line *l, struct work *j, int i, struct try *t)
{
	t->at = AT_JOB;
	t->job = i;
	t->e = run_job(l, j, &t->why);
	if (t->e)
		db_rollback(l->db);
	return !t->e;
}

static void try_group(struct line *l, struct work **jobs, int n, struct try *t)
{
	int64_t began_us = clock_mono_us();
	if (!begin(l, t))
		return;
	for (int i = 0; i < n; i++) {
		if (!run_nth(l, jobs[i], i, t))
			return;
	}
	commit(l, began_us, t);
}

/* Waits longer each time, a little at random so that two that collide part. */
static void back_off(int attempt, bool is_gone)
{
	int64_t most_us = (is_gone ? INT64_C(5000) : INT64_C(1000)) << (attempt < 6 ? attempt : 6);
	int64_t us = most_us / 2 + clock_mono_us() % (most_us / 2 + 1);
	struct timespec t = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };
	nanosleep(&t, NULL);
}

/* After a connection was lost in a commit: waits for an answer to whether it happened. */
static enum err resolve(struct line *l, int64_t until_ms, bool *ret_committed)
{
	enum err e;
	for (int i = 0; (e = db_resolve(l->db, ret_committed, NULL)) && clock_mono_ms() < until_ms;
	     i++)
		back_off(i, true);
	return e;
}

/* Goes on from a try `t` until it is committed, refused for good, or time is up. */
static void persist(struct line *l, struct work **jobs, int n, struct try *t)
{
	int64_t until_ms = clock_mono_ms() + (l->spool ? SPOOL_AFTER_MS : l->w->retry_ms);
	for (int attempt = 0; t->e && db_is_transient(&t->why); attempt++) {
		bool is_gone = t->why.code == E_DB_GONE, is_committed = false;
		if (is_gone && t->at == AT_COMMIT) {
			if (resolve(l, until_ms, &is_committed))
				return;
			if (is_committed) {
				t->e = ERR_OK;
				return;
			}
		}
		if (clock_mono_ms() >= until_ms ||
		    (!is_gone && n > 1 && attempt >= RETRIES_TOGETHER))
			return;
		atomic_fetch_add(&l->w->retries, 1);
		back_off(attempt, is_gone);
		try_group(l, jobs, n, t);
	}
}

static void decide(struct line *l, struct work **jobs, int n, struct try *t);

static void decide_fresh(struct line *l, struct work **jobs, int n)
{
	struct try t;
	if (n == 0)
		return;
	try_group(l, jobs, n, &t);
	decide(l, jobs, n, &t);
}

/* Decides every job of a list that was tried together, in order. A job that fails is tried once
 * more in a transaction of its own after those before it are committed, so that its answer is about
 * what is really there. A commit that fails is halved until its cause stands alone. */
static void decide(struct line *l, struct work **jobs, int n, struct try *t)
{
	persist(l, jobs, n, t);
	if (t->e && l->spool && t->why.code == E_DB_GONE) {
		keep_jobs(l, jobs, n, t->at == AT_COMMIT ? db_xact(l->db) : "", &t->why);
		return;
	}
	if (!t->e || n == 1 || t->at == AT_BEGIN || t->why.code == E_DB_GONE) {
		settle_all(l, jobs, n, t->e, &t->why);
		return;
	}
	int before = t->at == AT_JOB ? t->job : n / 2, alone = t->at == AT_JOB ? 1 : 0;
	decide_fresh(l, jobs, before);
	decide_fresh(l, jobs + before, alone);
	decide_fresh(l, jobs + before + alone, n - before - alone);
}

/* Runs jobs as they come into one transaction and commits it; others queue up meanwhile. */
static void run_group(struct line *l, struct work *j)
{
	int64_t began_us = clock_mono_us();
	struct try t;
	int n = 0;
	bool is_bulk = j->lane == LANE_BULK;
	l->group[n++] = j;
	bool is_good = begin(l, &t) && run_nth(l, j, 0, &t);
	while (is_good && n < GROUP_JOBS &&
	       clock_mono_us() - began_us < (is_bulk ? BULK_US : GROUP_US) &&
	       (j = take(l, false))) {
		is_bulk &= j->lane == LANE_BULK;
		l->group[n] = j;
		is_good = run_nth(l, j, n, &t);
		n++;
	}
	if (is_good)
		commit(l, began_us, &t);
	metric_see(M_WRITER_GROUP, 0, n);
	decide(l, l->group, n, &t);
}

static bool is_stopping(struct line *l)
{
	pthread_mutex_lock(&l->lock);
	bool is = l->is_stopping;
	pthread_mutex_unlock(&l->lock);
	return is;
}

/* While something is kept the line wakes by itself, to look for the database. */
static struct work *take_or_look(struct line *l)
{
	struct timespec until;
	struct work *j = take(l, false);
	if (j)
		return j;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec++;
	pthread_mutex_lock(&l->lock);
	if (!l->is_stopping)
		pthread_cond_timedwait(&l->more, &l->lock, &until);
	pthread_mutex_unlock(&l->lock);
	return take(l, false);
}

static void run_kept(struct line *l)
{
	static const struct why GONE = { .code = E_DB_SPOOLING };
	keep_enter(l);
	struct work *j = take_or_look(l);
	if (!j)
		return;
	if (!keep_is_on(l)) {
		run_group(l, j);
		return;
	}
	int n = 0;
	do
		l->group[n++] = j;
	while (n < GROUP_JOBS && (j = take(l, false)));
	keep_jobs(l, l->group, n, "", &GONE);
}

static void run_line(void *arg)
{
	struct line *l = arg;
	struct work *j;
	for (;;) {
		if (keep_is_on(l)) {
			bool was_stopping = is_stopping(l);
			run_kept(l);
			if (was_stopping && !atomic_load(&l->w->queue[LANE_LIVE].n))
				return; /* the file stays for the next start */
		} else if ((j = take(l, true))) {
			run_group(l, j);
		} else {
			return;
		}
	}
}

/* ---- from outside ---- */

static enum err start_line(struct writer *w, const char *url, enum lane from, enum lane to,
                           struct why *why)
{
	struct line *l = &w->lines[w->n_lines];
	l->w = w;
	l->stream = w->n_lines;
	l->first_lane = from;
	l->last_lane = to;
	for (enum lane i = from; i <= to; i++)
		w->line_of[i] = l;
	pthread_condattr_t attr;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_mutex_init(&l->lock, NULL);
	pthread_cond_init(&l->more, &attr);
	pthread_condattr_destroy(&attr);
	w->n_lines++;
	enum err e = db_open(url, DB_WRITE, &l->db, why);
	if (!e)
		db_set_patience(l->db, from == LANE_LIVE ? LIVE_PATIENCE_MS : PATIENCE_MS);
	if (from == LANE_LIVE)
		l->spool = w->spool;
	return e ? e
	         : thread_start(from == LANE_LIVE ? "writer" : "writer-normal", run_line, l,
	                        &l->thread, why);
}

enum err writer_new(const struct writer_cfg *cfg, struct writer **ret, struct why *why)
{
	struct writer *w = calloc(1, sizeof *w);
	if (!w)
		return fail(why, E_NOMEM);
	w->node = cfg->node;
	w->depth = cfg->depth ? cfg->depth : DEFAULT_DEPTH;
	w->retry_ms = cfg->retry_ms ? cfg->retry_ms : DEFAULT_RETRY_MS;
	for (int i = 0; i < LANE_COUNT; i++)
		w->queue[i].last = &w->queue[i].first;
	w->kinds = cfg->kinds;
	w->n_kinds = cfg->n_kinds;
	bool is_two = strncmp(cfg->url, "sqlite:", 7) != 0;
	/* One file is there or the machine is not: only a server can be gone. */
	enum err e = is_two && cfg->spool_dir ? spool_open(cfg->spool_dir, &w->spool, why) : ERR_OK;
	if (!e)
		e = start_line(w, cfg->url, LANE_LIVE, is_two ? LANE_LIVE : LANE_BULK, why);
	if (!e && is_two)
		e = start_line(w, cfg->url, LANE_NORMAL, LANE_BULK, why);
	if (e)
		writer_free(&w);
	else
		*ret = w;
	return e;
}

void writer_free(struct writer **pw)
{
	struct writer *w = *pw;
	if (!w)
		return;
	for (int i = 0; i < w->n_lines; i++) {
		struct line *l = &w->lines[i];
		pthread_mutex_lock(&l->lock);
		l->is_stopping = true;
		pthread_cond_signal(&l->more);
		pthread_mutex_unlock(&l->lock);
		thread_join(&l->thread);
		db_close(&l->db);
		pthread_cond_destroy(&l->more);
		pthread_mutex_destroy(&l->lock);
	}
	spool_close(&w->spool);
	free(w);
	*pw = NULL;
}

static enum err submit(struct writer *w, enum lane lane, const struct work *as, const void *arg,
                       size_t arg_bytes, struct why *why)
{
	struct copied *c = malloc(sizeof *c + arg_bytes);
	if (!c)
		return fail(why, E_NOMEM);
	c->work = *as;
	c->work.arg = arg_bytes ? c->arg : NULL;
	c->work.is_owned = true;
	if (arg_bytes)
		memcpy(c->arg, arg, arg_bytes);
	enum err e = give(w, lane, &c->work, why);
	if (e)
		free(c);
	return e;
}

enum err writer_submit(struct writer *w, enum lane lane, write_fn *fn, const void *arg,
                       size_t arg_bytes, write_done_fn *done, void *ctx, struct why *why)
{
	return submit(w, lane, &(struct work){ .fn = fn, .done = done, .ctx = ctx }, arg, arg_bytes,
	              why);
}

enum err writer_submit_kept(struct writer *w, const struct writer_kind *kind, const void *kept,
                            write_fn *fn, const void *arg, size_t arg_bytes, write_done_fn *done,
                            void *ctx, struct why *why)
{
	return submit(
	    w, LANE_LIVE,
	    &(struct work){ .fn = fn, .done = done, .ctx = ctx, .kind = kind, .kept = kept }, arg,
	    arg_bytes, why);
}

/* A job somebody waits for; lives on that thread's stack. */
struct waited {
	struct work work;
	sem_t settled;
	enum err e;
	struct why *why;
};

static void wake(enum err e, const struct why *why, void *ctx)
{
	struct waited *wt = ctx;
	wt->e = e;
	if (e && wt->why)
		*wt->why = *why;
	sem_post(&wt->settled);
}

enum err writer_do(struct writer *w, enum lane lane, write_fn *fn, const void *arg, struct why *why)
{
	struct waited wt = { .why = why };
	wt.work =
	    (struct work){ .fn = fn, .arg = (void *)(uintptr_t)arg, .done = wake, .ctx = &wt };
	sem_init(&wt.settled, 0, 0);
	enum err e = give(w, lane, &wt.work, why);
	if (!e) {
		while (sem_wait(&wt.settled))
			;
		e = wt.e;
	}
	sem_destroy(&wt.settled);
	return e;
}

int64_t writer_spooled(const struct writer *w)
{
	return w->spool ? spool_count(w->spool) : 0;
}

int writer_load_pct(const struct writer *w, enum lane lane)
{
	size_t n = atomic_load(&w->queue[lane].n);
	return (int)(n * 100 / w->depth);
}

void writer_stats(struct writer *w, struct writer_stats *ret)
{
	*ret = (struct writer_stats){
		.jobs = atomic_load(&w->jobs),
		.commits = atomic_load(&w->commits),
		.failed_jobs = atomic_load(&w->failed_jobs),
		.retries = atomic_load(&w->retries),
		.commit_us_sum = atomic_load(&w->commit_us_sum),
		.commit_us_max = atomic_load(&w->commit_us_max),
	};
}

void writer_metrics(struct writer *w)
{
	struct writer_stats st;
	writer_stats(w, &st);
	for (int i = 0; i < LANE_COUNT; i++)
		metric_set(M_WRITER_QUEUE, i, (int64_t)atomic_load(&w->queue[i].n));
	metric_set(M_WRITER_JOBS, 0, st.jobs);
	metric_set(M_WRITER_COMMITS, 0, st.commits);
	metric_set(M_WRITER_FAILED, 0, st.failed_jobs);
	metric_set(M_WRITER_RETRIES, 0, st.retries);
}
