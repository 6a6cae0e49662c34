/* acd/agent.h -- one agent's availability, as the router and the dialer see it.
 *
 * What a person chose (status) is kept apart from what the call does (state); both are tables.
 * Pure: no clock, socket or database; time comes in as an argument, the monotonic ms of the loop.
 * Thread: signalling loop only. States and events: docs/adr/0007-agent-states.md. */
#ifndef ACD_AGENT_H
#define ACD_AGENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* AGENT_STATUS(name, code in JSON and the database, Chinese, English) */
#define AGENT_STATUS_LIST(X) \
	X(OFFLINE, "offline", "离线", "Offline") \
	X(READY, "ready", "示闲", "Ready") \
	X(PAUSED, "paused", "示忙", "Paused")

/* AGENT_STATE(name, code, Chinese, English) */
#define AGENT_STATE_LIST(X) \
	X(IDLE, "idle", "空闲", "Idle") \
	X(RESERVED, "reserved", "拨号", "Dialing") \
	X(RINGING, "ringing", "振铃", "Ringing") \
	X(TALKING, "talking", "通话", "Talking") \
	X(HOLDING, "holding", "保持", "On hold") \
	X(WRAPUP, "wrapup", "话后", "Wrap-up")

/* AGENT_EV(name): RESERVE a call is being made for him; RING it rings, there or here; TALK he is
 * bridged; END an answered call is over; RELEASE it ended unanswered or was never made; FINISH the
 * form is closed. */
#define AGENT_EV_LIST(X) X(RESERVE) X(RING) X(TALK) X(HOLD) X(RESUME) X(END) X(RELEASE) X(FINISH)

enum agent_status {
#define X(name, code, zh, en) AGENT_##name,
	AGENT_STATUS_LIST(X)
#undef X
	    AGENT_STATUS_COUNT
};

/* NONE is the absent cell of the table, never a state of an agent. */
enum agent_state {
	AGENT_NONE,
#define X(name, code, zh, en) AGENT_##name,
	AGENT_STATE_LIST(X)
#undef X
	    AGENT_STATE_COUNT
};

enum agent_event {
#define X(name) AGENT_EV_##name,
	AGENT_EV_LIST(X)
#undef X
	    AGENT_EV_COUNT
};

enum { PAUSE_REASONS_MAX = 12, PAUSE_CODE_BYTES = 24, PAUSE_LABEL_BYTES = 40 };

/* One reason for a pause; version rows of kind pause_reasons. */
struct pause_reason {
	char code[PAUSE_CODE_BYTES], zh[PAUSE_LABEL_BYTES], en[PAUSE_LABEL_BYTES];
	int per_day; /* how often a day; 0: any number of times */
	int minutes; /* after which the board calls it overdue; 0: never */
};

struct pause_reasons {
	int n;
	struct pause_reason row[PAUSE_REASONS_MAX];
};

/* Read it, change it through the functions below. */
struct agent {
	enum agent_status status;
	enum agent_state state;
	char reason[PAUSE_CODE_BYTES]; /* of the pause, "" otherwise */
	int64_t status_since_ms, state_since_ms;
	int64_t deadline_ms;    /* RESERVED, RINGING, WRAPUP: when somebody must look; 0: never */
	int64_t call_id;        /* not 0 unless IDLE */
	bool is_wrapup_overdue; /* the limit passed with the form open: 超时整理 */
	int pauses_used[PAUSE_REASONS_MAX]; /* today, in the order of the reasons */
};

/** Makes an agent: offline and idle. */
void agent_init(struct agent *a, int64_t now_ms);

/** What the person chooses.
 *  @param reason  code of a reason for PAUSED, else NULL or ""
 *  @return ERR_CONFLICT E_AGENT_IN_CALL (offline during a call), ERR_INVALID E_PAUSE_REASON,
 *          ERR_LIMIT E_PAUSE_USED_UP; `a` is then unchanged. The same choice again is fine. */
enum err agent_choose(struct agent *a, enum agent_status status, const char *reason,
                      const struct pause_reasons *reasons, int64_t now_ms,
                      struct why *why) MUST_USE;

/** As agent_choose(PAUSED) by the system (a missed offer, a lost station): takes nothing from the
 * day's pauses and needs no reason of the list. */
void agent_set_aside(struct agent *a, const char *reason, int64_t now_ms);

/** Tells the agent what happened to his call.
 *  @param call_id      of RESERVE and RING from idle; must be his call in all others
 *  @param deadline_ms  when somebody must look again, 0 never; kept by RESERVE, RING, END
 *  @return ERR_CONFLICT E_AGENT_EVENT when it makes no sense in this state; `a` is then unchanged
 */
enum err agent_on(struct agent *a, enum agent_event ev, int64_t call_id, int64_t deadline_ms,
                  int64_t now_ms, struct why *why) MUST_USE;

/** After a start: he is back in the wrap-up that an earlier process left open. For an agent that is
 * idle. */
void agent_resume_wrapup(struct agent *a, int64_t call_id, int64_t deadline_ms, int64_t now_ms);

/** Whether a call may be given to him now. */
bool agent_can_take(const struct agent *a);

/** Whether his deadline passed. WRAPUP: sets is_wrapup_overdue once and returns true that time. */
bool agent_is_due(struct agent *a, int64_t now_ms);

/** Whether his pause lasts longer than its reason allows. */
bool agent_is_pause_overdue(const struct agent *a, const struct pause_reasons *reasons,
                            int64_t now_ms);

const char *agent_status_code(enum agent_status s);
const char *agent_state_code(enum agent_state s);
bool agent_status_parse(const char *code, enum agent_status *ret);
int pause_index(const struct pause_reasons *reasons, const char *code); /* -1: none */

#endif
