/* store/writer.h -- the only one that writes to the database.
 *
 * A write is a job: a function that runs SQL in a transaction and nothing else, at most about 20 ms
 * or 500 rows, safe to run again (it may be: a group that fails, a serialization failure). Jobs of
 * a lane are committed in the order they were given, many in one commit. SQLite: one thread, the
 * live lane first, bulk last. PostgreSQL: a thread and a connection for the live lane, one for the
 * others, SERIALIZABLE. */
#ifndef STORE_WRITER_H
#define STORE_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/db.h"

struct writer;
struct tx;

enum lane {
	LANE_LIVE,   /* what a call in progress waits for */
	LANE_NORMAL, /* people at screens, background work */
	LANE_BULK,   /* imports: the commit may wait a little for more of them, never for others */
	LANE_COUNT,
};

/** The work. Its error rolls back this job alone and is handed to whoever gave the job. */
typedef enum err write_fn(struct tx *tx, const void *arg, struct why *why);

/** Told after the COMMIT (ERR_OK) or the failure, on the writer's thread: only post somewhere. */
typedef void write_done_fn(enum err e, const struct why *why, void *ctx);

/** The connection of the transaction a job runs in; only inside the job. */
struct db *tx_db(struct tx *tx);

/** Where this writer's events go: the node and its stream, one stream per committing thread, so
 *  that a stream's numbers are in commit order. */
int64_t tx_node(const struct tx *tx);
int64_t tx_stream(const struct tx *tx);

/* A job that may be kept in the spool while the database is gone: what its call, its agent or a
 *  person at a screen already did, so that it must not be lost. */
struct str;
struct writer_kind {
	const char *name; /* at most 23 letters */
	/** What enter() needs, as text. On the writer's thread. */
	enum err (*encode)(const void *kept, struct str *out, struct why *why);
	/** Enters it, perhaps days and a program version later. In a transaction; an error that
	 *  does not go away puts the record aside for a person to look at. */
	enum err (*enter)(struct tx *tx, const char *text, size_t bytes, struct why *why);
	/** It is not kept to be entered but to be undone, when its commit was in doubt and turns
	 *  out to have happened: `done` is told the error, enter() undoes. */
	bool is_undone;
};

struct writer_cfg {
	const char *url;
	int64_t node;     /* 0..1023 */
	size_t depth;     /* jobs a lane holds before ERR_BUSY; 0: 4096 */
	int64_t retry_ms; /* how long a lost or busy database is tried again before a job fails; 0:
	                     5000 */
	const char *spool_dir; /* where jobs with a kind are kept while PostgreSQL is gone; NULL:
	                          nowhere, they fail */
	const struct writer_kind *const *kinds;
	size_t n_kinds;
};

/** Opens its connections and starts. The schema must be up to date: migrate(). */
enum err writer_new(const struct writer_cfg *cfg, struct writer **ret, struct why *why) MUST_USE;

/** Takes no more, commits what was given, stops. NULL content is fine. */
void writer_free(struct writer **w);

/** Gives a job and returns at once. Any thread; never waits.
 *  @param arg   copied, `arg_bytes` long; what it points to must live until `done`
 *  @param done  NULL: nobody wants to know (a failure is logged)
 *  @return ERR_BUSY E_WRITER_FULL (nothing was taken, `done` is not called), ERR_NOMEM */
enum err writer_submit(struct writer *w, enum lane lane, write_fn *fn, const void *arg,
                       size_t arg_bytes, write_done_fn *done, void *ctx, struct why *why) MUST_USE;

/** writer_submit() on the live lane for a job of a kind: `done` is told ERR_OK also when it is kept
 *  in the spool.
 *  @param kept  handed to encode(); lives until `done` */
enum err writer_submit_kept(struct writer *w, const struct writer_kind *kind, const void *kept,
                            write_fn *fn, const void *arg, size_t arg_bytes, write_done_fn *done,
                            void *ctx, struct why *why) MUST_USE;

/** Gives a job and waits for its commit. Workers only: never on a loop's thread, never in a job.
 *  @param arg  not copied; may point to outputs, which count only when ERR_OK comes back
 *  @return the job's error, or E_WRITER_FULL, or that of the commit */
enum err writer_do(struct writer *w, enum lane lane, write_fn *fn, const void *arg,
                   struct why *why) MUST_USE;

/** Jobs waiting in a lane, 0..100 % of its depth: no new calls from 80. Any thread. */
int writer_load_pct(const struct writer *w, enum lane lane);

/** Records in the spool; while there are any no new call may begin (its attempt could not be
 *  committed). Any thread. */
int64_t writer_spooled(const struct writer *w);

struct writer_stats {
	int64_t jobs, commits, failed_jobs, retries; /* since the start */
	int64_t commit_us_sum, commit_us_max;        /* from BEGIN to the COMMIT's return */
};
void writer_stats(struct writer *w, struct writer_stats *ret);

/** Sets the writer's figures of base/metric.h. Any thread. */
void writer_metrics(struct writer *w);

#endif
