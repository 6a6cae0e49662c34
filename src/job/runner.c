#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "job/job_int.h"

enum { MAX_THREADS = 16, LOOK_S = 1 };

struct job_runner {
	struct job_runner_cfg cfg;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool is_woken; /* under lock */
	atomic_bool is_stopping, is_paused;
	int n_threads;
	struct thread *threads[MAX_THREADS];
};

/* Until somebody wakes us or a second passed. */
static void rest(struct job_runner *r)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += LOOK_S;
	pthread_mutex_lock(&r->lock);
	while (!r->is_woken && !atomic_load(&r->is_stopping)) {
		if (pthread_cond_timedwait(&r->wake, &r->lock, &until))
			break;
	}
	r->is_woken = false;
	pthread_mutex_unlock(&r->lock);
}

static bool should_rest(const struct job_runner *r)
{
	return atomic_load(&r->is_paused) && !atomic_load(&r->is_stopping);
}

static bool is_final(enum err e)
{
	return e == ERR_INVALID || e == ERR_DENIED || e == ERR_NOT_FOUND;
}

/* What becomes of a job after its run: `e` is the last step's answer. */
static struct job_end end_of(const struct job_ctx *jc, enum err e, const struct why *why,
                             int64_t now_utc_ms)
{
	struct job_end d = { .jc = jc,
		             .state = JOB_DONE,
		             .now_utc_ms = now_utc_ms,
		             .run_after_utc_ms = now_utc_ms };
	int max = jc->kind->max_attempts ? jc->kind->max_attempts : JOB_ATTEMPTS;
	if (e == ERR_END)
		return d;
	if (e == ERR_OK) { /* stopped between two slices */
		d.state = JOB_WAITING;
		return d;
	}
	d.error = why;
	if (why->code == E_JOB_LOST) {
		d.state = JOB_CANCELLED;
		d.error = NULL;
	} else if (is_final(e) || jc->attempts >= max) {
		d.state = JOB_FAILED;
	} else {
		d.state = JOB_WAITING;
		d.run_after_utc_ms =
		    now_utc_ms +
		    (INT64_C(60000) << (jc->attempts < 10 ? jc->attempts - (jc->attempts > 0) : 9));
	}
	return d;
}

/* Between two slices: still ours, and not cancelled? */
static enum err check(struct job_ctx *jc, struct why *why)
{
	int64_t now = clock_utc_ms();
	if (jc->lease_until_utc_ms - now < JOB_LEASE_MS - JOB_RENEW_MS) {
		jc->lease_until_utc_ms = now + JOB_LEASE_MS;
		return writer_do(jc->writer, LANE_NORMAL, job_renew_fn, jc, why);
	}
	return job_is_cancelled(jc) ? fail(why, E_JOB_LOST) : ERR_OK;
}

static void run_job(struct job_runner *r, struct job_ctx *jc)
{
	struct why why = { 0 };
	enum err e = ERR_OK;
	while (!e && !atomic_load(&r->is_stopping)) {
		if (should_rest(r)) {
			rest(r);
			e = check(jc, &why);
			continue;
		}
		e = check(jc, &why);
		if (!e)
			e = jc->kind->step(jc, &why);
	}
	struct job_end end = end_of(jc, e, &why, clock_utc_ms());
	if (end.error)
		log_warn("job", "attempt_failed", LOG_ID("job", jc->id),
		         LOG_S("kind", jc->kind->name), LOG_S("state", job_state_name(end.state)),
		         LOG_WHY(&why));
	struct why lost = { 0 };
	if (writer_do(r->cfg.writer, LANE_NORMAL, job_end_fn, &end, &lost))
		log_error("job", "end_not_written", LOG_ID("job", jc->id), LOG_WHY(&lost));
}

/* Leases and runs one job. Returns whether there was one. */
static bool run_next(struct job_runner *r, struct db *db)
{
	struct why why = { 0 };
	bool is_due = false;
	struct job_ctx jc = { .db = db, .writer = r->cfg.writer, .node = r->cfg.node };
	struct job_lease lease = { .kinds = r->cfg.kinds,
		                   .n_kinds = r->cfg.n_kinds,
		                   .node = r->cfg.node,
		                   .now_utc_ms = clock_utc_ms(),
		                   .ret = &jc };
	enum err e = job_is_due(db, lease.now_utc_ms, &is_due, &why);
	if (!e && is_due)
		e = writer_do(r->cfg.writer, LANE_NORMAL, job_lease_fn, &lease, &why);
	if (e)
		log_warn("job", "lease_failed", LOG_WHY(&why));
	bool is_one = !e && jc.id;
	if (is_one)
		run_job(r, &jc);
	job_ctx_done(&jc);
	return is_one;
}

static void run_thread(void *arg)
{
	struct job_runner *r = arg;
	struct db *db = NULL;
	struct why why = { 0 };
	while (!atomic_load(&r->is_stopping)) {
		if (!db && db_open(r->cfg.url, DB_READ, &db, &why))
			log_warn("job", "no_database", LOG_WHY(&why));
		if (!db || should_rest(r) || !run_next(r, db))
			rest(r);
	}
	db_close(&db);
}

enum err job_runner_new(const struct job_runner_cfg *cfg, struct job_runner **ret, struct why *why)
{
	struct job_runner *r = calloc(1, sizeof *r);
	if (!r)
		return fail(why, E_NOMEM);
	r->cfg = *cfg;
	pthread_mutex_init(&r->lock, NULL);
	pthread_cond_init(&r->wake, NULL);
	int want = cfg->threads > 0 ? cfg->threads : 1;
	want = want < MAX_THREADS ? want : MAX_THREADS;
	enum err e = writer_do(cfg->writer, LANE_NORMAL, job_reclaim_fn, &cfg->node, why);
	while (!e && r->n_threads < want) {
		e = thread_start("job", run_thread, r, &r->threads[r->n_threads], why);
		if (!e)
			r->n_threads++;
	}
	if (e)
		job_runner_free(&r);
	else
		*ret = r;
	return e;
}

void job_runner_free(struct job_runner **pr)
{
	struct job_runner *r = *pr;
	if (!r)
		return;
	atomic_store(&r->is_stopping, true);
	pthread_mutex_lock(&r->lock);
	pthread_cond_broadcast(&r->wake);
	pthread_mutex_unlock(&r->lock);
	for (int i = 0; i < r->n_threads; i++)
		thread_join(&r->threads[i]);
	pthread_cond_destroy(&r->wake);
	pthread_mutex_destroy(&r->lock);
	free(r);
	*pr = NULL;
}

void job_runner_wake(struct job_runner *r)
{
	pthread_mutex_lock(&r->lock);
	r->is_woken = true;
	pthread_cond_broadcast(&r->wake);
	pthread_mutex_unlock(&r->lock);
}

void job_runner_pause(struct job_runner *r, bool is_paused)
{
	atomic_store(&r->is_paused, is_paused);
	job_runner_wake(r);
}
