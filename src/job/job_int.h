/* job/job_int.h -- a leased job, as the runner and the rows' functions share it. */
#ifndef JOB_JOB_INT_H
#define JOB_JOB_INT_H

#include "job/job.h"

enum { JOB_LEASE_MS = 60000, JOB_RENEW_MS = 20000, JOB_ATTEMPTS = 5 };

struct job_ctx {
	const struct job_kind *kind;
	struct db *db;
	struct writer *writer;
	int64_t node;

	int64_t id, done, total, attempts, lease_n;
	json_t *args;
	char *cursor;
	int64_t lease_until_utc_ms;
};

/** Whether something may be due: a cheap look before leasing. */
enum err job_is_due(struct db *db, int64_t now_utc_ms, bool *ret, struct why *why) MUST_USE;

struct job_lease {
	const struct job_kind *kinds;
	size_t n_kinds;
	int64_t node, now_utc_ms;
	struct job_ctx *ret; /* id 0: nothing due */
};

/** A write_fn: leases the next due job of the kinds. arg: struct job_lease. */
enum err job_lease_fn(struct tx *tx, const void *arg, struct why *why);

/** A write_fn: jobs this node left running wait again. arg: int64_t node. */
enum err job_reclaim_fn(struct tx *tx, const void *arg, struct why *why);

/* How a run ended, written while the lease still holds. */
struct job_end {
	const struct job_ctx *jc;
	enum job_state state;    /* WAITING: to be run again from run_after_utc_ms */
	const struct why *error; /* NULL: none */
	int64_t run_after_utc_ms, now_utc_ms;
};
enum err job_end_fn(struct tx *tx, const void *arg, struct why *why);

/** A write_fn: prolongs the lease. arg: struct job_ctx. @return E_JOB_LOST */
enum err job_renew_fn(struct tx *tx, const void *arg, struct why *why);

void job_ctx_done(struct job_ctx *jc); /* frees what job_lease_fn() put into it */

#endif
