/* dialer/task.h -- the rows of a campaign's list.
 *
 * Functions of jobs: inside a transaction of the writer. */
#ifndef DIALER_TASK_H
#define DIALER_TASK_H

#include "dialer/retry.h"
#include "store/writer.h"

/** Takes a waiting task for a call, counting the try: conditional, so of two who want it one gets
 * it.
 *  @param is_paced  the program dials by itself: the task must be due and its campaign running, by
 *                   the database and not by what the loop last read; false: a person asked for it
 *  @return ERR_CONFLICT E_TASK_TAKEN */
enum err task_claim(struct tx *tx, int64_t task_id, int64_t agent_id, bool is_paced,
                    int64_t now_utc_ms, struct why *why) MUST_USE;

/* What becomes of a task. */
struct task_settle {
	int64_t task_id, agent_id /* whose it stays, 0: anybody's */;
	enum task_state state;
	int64_t due_utc_ms; /* RETRY */
	const char *reason;
};
enum err task_settle(struct tx *tx, const struct task_settle *s, struct why *why) MUST_USE;

/** A conversation is over: its task is done if the result was saved while they still talked. */
enum err task_talked(struct tx *tx, int64_t task_id, int64_t call_id, struct why *why) MUST_USE;

#endif
