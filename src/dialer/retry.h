/* dialer/retry.h -- when a task is due again after a try, from the campaign's rules.
 *
 * Pure. The rules are data: campaign.retry, as
 * {"no_answer":{"after_s":7200,"times":3},"busy":{"after_s":900,"times":2}}. */
#ifndef DIALER_RETRY_H
#define DIALER_RETRY_H

#include "base/err.h"
#include "call/outcome.h"

struct retry_rule {
	int64_t after_s; /* wait before the next try */
	int times; /* tries made in all from which this outcome ends the task; 0: ends at once */
};

struct retry_rules {
	struct retry_rule of[OUTCOME_COUNT];
	int max_attempts; /* of the campaign; 0: no bound */
};

/* States of a task; LIVE: a call is in progress or being shown for preview. */
#define TASK_STATE_LIST(X) \
	X(NEW, "new") X(RETRY, "retry") X(LIVE, "live") X(DONE, "done") X(BLOCKED, "blocked")
enum task_state {
#define X(name, code) TASK_##name,
	TASK_STATE_LIST(X)
#undef X
	    TASK_STATE_COUNT
};

struct retry_next {
	enum task_state state; /* RETRY or DONE */
	int64_t due_utc_ms;    /* RETRY */
	const char *reason;    /* the outcome's code, or "max_attempts"; static */
};

/** What becomes of the task after a try that came out as `o`.
 *  @param attempts  made in all, this one counted */
struct retry_next retry_next(const struct retry_rules *r, enum outcome o, int attempts,
                             int64_t now_utc_ms);

struct gate_verdict;

/** What becomes of the task after the gate refused it: later when waiting helps, else blocked. A
 * campaign that is not running and a caller number that is at its bound are not the customer's. */
struct retry_next retry_refused(const struct gate_verdict *v, int64_t now_utc_ms);

/** Reads campaign.retry. An outcome it does not name ends the task.
 *  @return ERR_INVALID E_RETRY_RULES (outcome, what) */
enum err retry_read(const char *json, int max_attempts, struct retry_rules *ret,
                    struct why *why) MUST_USE;

const char *task_state_code(enum task_state s);

#endif
