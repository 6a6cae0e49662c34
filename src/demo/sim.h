/* demo/sim.h -- a telesales floor on a virtual clock: what 12 agents did in 30 days.
 *
 * Pure: everything follows from the configuration and its seed; no clock, no database. It keeps the
 * rules the program itself keeps: calling hours, at most 3 tries in 24 h and one conversation a
 * day, waiting times between tries, refusals that end it. */
#ifndef DEMO_SIM_H
#define DEMO_SIM_H

#include <stdbool.h>
#include <stdint.h>

#include "audio/bank.h"
#include "base/err.h"
#include "base/zone.h"
#include "demo/cast.h"

struct sim_cfg {
	int64_t now_utc_ms;
	int days; /* of history, today included */
	uint64_t seed;
	const struct zone *zone;
	const struct bank *bank; /* conversations that are recorded take their length from it */
	int recordings;          /* wanted */
};

struct sim_customer {
	int campaign, unit;    /* of the cast */
	int owner;             /* agent, -1 nobody */
	int surname, given[2]; /* given[1] -1: one character */
	bool is_male, has_consent, is_dnc;
	int64_t created_utc_ms;
	/* hidden: how he is */
	double answers; /* factor on the chance that he picks up */
	int line;       /* enum sim_outcome his number always gives, or 0 */
	int warmth;     /* 0 unknown, 1 was interested */
	/* the task */
	const char *task_state, *task_reason; /* static */
	int64_t due_utc_ms;
	int attempts, answered;
	int64_t tried_utc_ms[3]; /* the last three, newest first */
	int64_t talked_utc_ms;
	const char *grade, *status; /* static */
	int last_result;            /* enum sim_result; 0 none */
	int last_agent;
	int64_t last_contact_utc_ms, next_contact_utc_ms;
	int open_followup; /* index, -1 none */
};

/* clang-format off */
#define SIM_OUTCOMES(X)                    \
	X(NONE, "", 0, 0)                  \
	X(ANSWERED, "answered", 200, 16)   \
	X(NO_ANSWER, "no_answer", 480, 19) \
	X(BUSY, "busy", 486, 17)           \
	X(OFF, "off", 480, 20)             \
	X(SUSPENDED, "suspended", 403, 21) \
	X(EMPTY, "empty", 404, 1)          \
	X(REJECTED, "rejected", 603, 21)   \
	X(FAILED, "failed", 503, 34)       \
	X(MISSED, "missed", 487, 0)        \
	X(BLOCKED, "blocked", 0, 0)
/* clang-format on */
enum sim_outcome {
#define X(name, code, sip, q850) SIM_##name,
	SIM_OUTCOMES(X)
#undef X
	    SIM_OUTCOME_COUNT
};

/* X(name, code, share of first conversations, share when he was interested before, both in 1/1000,
 * talk from and to in s) */
#define SIM_RESULTS(X) \
	X(INTERESTED, "interested", 26, 220, 70, 210) \
	X(INVITE, "invite", 7, 115, 80, 260) \
	X(WECHAT, "wechat", 16, 130, 75, 220) \
	X(DEAL, "deal", 1, 42, 150, 400) \
	X(FOLLOW, "follow", 150, 170, 40, 150) \
	X(CALLBACK, "callback", 130, 110, 8, 32) \
	X(REFUSED, "refused", 545, 120, 9, 75) \
	X(INVALID, "invalid", 100, 10, 8, 45) \
	X(UNSAVED, "unsaved", 12, 12, 20, 90)
enum sim_result {
	SIM_NO_RESULT,
#define X(name, ...) SIM_RES_##name,
	SIM_RESULTS(X)
#undef X
	    SIM_RESULT_COUNT
};
const char *sim_result_code(enum sim_result r);
const char *sim_outcome_code(enum sim_outcome o);
int sim_outcome_sip(enum sim_outcome o);
int sim_outcome_q850(enum sim_outcome o);

/* A try: a call, or what the gate refused (outcome SIM_BLOCKED). */
struct sim_call {
	int customer, agent, campaign;
	bool is_incoming, is_machine, is_blocked;
	int64_t start_utc_ms, invite_utc_ms, ring_utc_ms, answer_utc_ms, bridge_utc_ms, end_utc_ms,
	    wrapup_end_utc_ms;
	int64_t hold_ms;
	enum sim_outcome outcome;
	enum sim_result result; /* SIM_NO_RESULT: the system's, from the outcome */
	const char *grade;
	int flags;
	bool has_wechat, ended_by_customer;
	int64_t deal_fen, next_utc_ms;
	int dialogue; /* of the bank; -1: not recorded */
	int customer_voice, agent_voice;
	uint64_t seed;
	int note; /* which of the result's notes; -1 none */
};

struct sim_span {
	int agent, campaign, call; /* campaign, call -1: none */
	const char *state, *reason;
	int64_t from_utc_ms, to_utc_ms;
};

struct sim_followup {
	int customer, owner, from_call, done_call; /* done_call -1: open */
	const char *kind;
	int64_t due_utc_ms, created_utc_ms, done_utc_ms;
};

struct sim {
	struct sim_cfg cfg;
	struct sim_customer *customers;
	struct sim_call *calls; /* by start */
	struct sim_span *spans; /* by start */
	struct sim_followup *followups;
	int n_customers, n_calls, n_spans, n_followups;
	int first_day; /* yyyymmdd */
};

/** Runs it. @param ret  sim_free() */
enum err sim_run(const struct sim_cfg *cfg, struct sim **ret, struct why *why) MUST_USE;
void sim_free(struct sim **s); /* for CLEANUP; NULL content is fine */

/** "王丽", "王女士"; `buf` is returned. */
const char *sim_name(const struct sim_customer *c, char buf[32]);
const char *sim_call_as(const struct sim_customer *c, char buf[32]);

#endif
