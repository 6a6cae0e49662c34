/* job/job.h -- work that runs long, in slices, and survives a restart.
 *
 * A job is a row: kind, arguments, cursor, progress, attempts, run-after, lease. A runner leases
 * due jobs and calls the kind's step again and again until it says ERR_END. Progress and cursor
 * are saved in the same commit as a slice's writes, so a killed process repeats at most one slice.
 * A failing step is tried again later (1, 2, 4 … minutes) until its attempts are used up; attempts
 * count from the last progress, and one that ends with the process counts. */
#ifndef JOB_JOB_H
#define JOB_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "store/writer.h"

struct job_ctx;
struct job_runner;

/** One slice, at most about 100 ms plus one write.
 *  @return ERR_OK there is more, ERR_END finished; ERR_INVALID, ERR_DENIED, ERR_NOT_FOUND: failed
 * for good; else tried again later */
typedef enum err job_step_fn(struct job_ctx *jc, struct why *why);

struct job_kind {
	const char *name; /* "crm.import_apply" */
	job_step_fn *step;
	int max_attempts; /* 0: 5 */
	void *ctx;        /* for job_user() */
};

struct job_new {
	const char *kind;
	const char *args; /* JSON object text; NULL: {} */
	const char *key;  /* at most one unfinished job of a kind has a key; NULL: any number */
	int64_t run_after_utc_ms; /* 0: now */
	int64_t by_id, cell_id;   /* 0: none */
	int64_t now_utc_ms;
};

/** Adds a job in the caller's transaction. When an unfinished one has the key, its id comes back
 *  and nothing is added. */
enum err job_enqueue(struct tx *tx, const struct job_new *j, int64_t *ret_id,
                     struct why *why) MUST_USE;

/** Asks for an end: at once when it waits, else between two slices. Finished ones stay as they are.
 */
enum err job_cancel(struct tx *tx, int64_t id, int64_t now_utc_ms, struct why *why) MUST_USE;

#define JOB_STATES(X) \
	X(WAITING, "waiting") \
	X(RUNNING, "running") X(DONE, "done") X(FAILED, "failed") X(CANCELLED, "cancelled")
enum job_state {
#define X(name, text) JOB_##name,
	JOB_STATES(X)
#undef X
	    JOB_STATE_COUNT
};
const char *job_state_name(enum job_state s);

struct job_info {
	int64_t id;
	enum job_state state;
	int64_t done, total; /* progress in the kind's own unit; total 0: unknown */
	int attempts;
	struct why error; /* of the last failed attempt */
};
enum err job_get(struct db *db, int64_t id, struct job_info *ret, struct why *why) MUST_USE;

/** How many jobs wait and run, on all nodes. */
enum err job_counts(struct db *db, int64_t *ret_waiting, int64_t *ret_running,
                    struct why *why) MUST_USE;

/* ---- inside a step ---- */

int64_t job_id(const struct job_ctx *jc);
const json_t *job_args(const struct job_ctx *jc);
const char *job_cursor(const struct job_ctx *jc); /* as last saved; "" at first */
struct db *job_db(struct job_ctx *jc);            /* a read connection */
struct writer *job_writer(struct job_ctx *jc);
void *job_user(const struct job_ctx *jc);
bool job_is_cancelled(
    const struct job_ctx *jc); /* for long slices; the runner looks between slices itself */

/** Saves cursor and progress inside a write of the slice (its tx): both or neither are kept.
 *  @return ERR_CONFLICT E_JOB_LOST when the job was cancelled or another runner took it: return it
 */
enum err job_save(struct job_ctx *jc, struct tx *tx, const char *cursor, int64_t done,
                  int64_t total, struct why *why) MUST_USE;

/* ---- running ---- */

struct job_runner_cfg {
	const char *url;
	struct writer *writer;
	int64_t node, cell_id;
	const struct job_kind *kinds; /* kept, not copied */
	size_t n_kinds;
	int threads; /* 0: 1 */
};

/** Starts the threads; jobs this node left running are taken up at once. */
enum err job_runner_new(const struct job_runner_cfg *cfg, struct job_runner **ret,
                        struct why *why) MUST_USE;
void job_runner_free(
    struct job_runner **r); /* waits for the slices in progress; the jobs stay and resume */
void job_runner_wake(struct job_runner *r); /* after an enqueue: look now, not within a second */
void job_runner_pause(struct job_runner *r, bool is_paused); /* while the loops are late */

#endif
