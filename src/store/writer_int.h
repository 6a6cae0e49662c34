/* store/writer_int.h -- the writer's lines, shared by committing (writer.c) and keeping
 * (writer_spool.c). */
#ifndef STORE_WRITER_INT_H
#define STORE_WRITER_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "store/writer.h"

struct spool;
struct thread;

enum {
	GROUP_JOBS = 256, /* most jobs in one commit */
	BULK_US = 40000,  /* one of bulk jobs alone: rows that follow each other share pages */
	GROUP_US = 5000,  /* a commit is not put off longer than this for more jobs to join */
	DEFAULT_DEPTH = 4096,
	DEFAULT_RETRY_MS = 5000,
	SPOOL_AFTER_MS = 2000,   /* a database that is gone for so long: the spool takes over */
	LIVE_PATIENCE_MS = 4000, /* a statement of a job takes milliseconds */
	PATIENCE_MS = 20000,
	RETRIES_TOGETHER = 4, /* then the jobs of a group that collides are tried one by one */
};

struct work {
	struct work *next;
	write_fn *fn;
	void *arg;
	write_done_fn *done;
	void *ctx;
	enum lane lane;
	int64_t given_us;
	const struct writer_kind *kind; /* NULL: it cannot be kept */
	const void *kept;
	bool is_owned; /* made by writer_submit(); else on the stack of who waits */
};

struct copied {
	struct work work; /* first, so that freeing it frees both */
	max_align_t arg[];
};

struct queue {
	struct work *first, **last;
	atomic_size_t n;
};

/* What runs the jobs of one or both lanes. */
struct line {
	struct writer *w;
	struct thread *thread;
	struct db *db;
	int64_t stream;
	pthread_mutex_t lock; /* guards the queues of its lanes and is_stopping */
	pthread_cond_t more;
	bool is_stopping;
	enum lane first_lane, last_lane;
	struct work *group[GROUP_JOBS];
	struct spool *spool; /* of the live line; NULL: none */
	int64_t again_ms;    /* the database is not asked before, while the spool is in use */
};

struct tx {
	struct line *line;
};

struct writer {
	int64_t node, retry_ms;
	size_t depth;
	const struct writer_kind *const *kinds;
	size_t n_kinds;
	struct spool *spool;
	struct queue queue[LANE_COUNT];
	struct line *line_of[LANE_COUNT];
	struct line lines[LANE_COUNT];
	int n_lines;
	atomic_int_fast64_t jobs, commits, failed_jobs, retries, commit_us_sum, commit_us_max;
};

/** Tells whose job it was. */
void writer_settle(struct line *l, struct work *j, enum err e, const struct why *why);

/** Something is kept: new jobs go after it. */
bool keep_is_on(const struct line *l);

/** Puts the jobs into the spool, with one sync, and settles all of them; those without a kind fail
 *  with `why`.
 *  @param maybe  the transaction that may have committed them; "": none */
void keep_jobs(struct line *l, struct work **jobs, int n, const char *maybe, const struct why *why);

/** Enters what is kept, oldest first, as far as the database is there. */
void keep_enter(struct line *l);

#endif
