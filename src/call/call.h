/* call/call.h -- one conversation as the rest of the server sees it: where it is and what is known.
 *
 * A table of states, and the facts that become its record. Times are wall-clock UTC ms, 0 = has not
 * happened. Pure. Thread: signalling loop only. */
#ifndef CALL_CALL_H
#define CALL_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "call/outcome.h"

/* CALL_STATE(name, code in JSON). NEW: its rows are being committed, nothing left the house. */
#define CALL_STATE_LIST(X) \
	X(NEW, "dialing") \
	X(DIALING, "dialing") \
	X(RINGING, "ringing") \
	X(EARLY, "early") \
	X(ANSWERED, "early") \
	X(BRIDGED, "talking") \
	X(HELD, "holding") \
	X(ENDED, "ended")

#define CALL_EV_LIST(X) \
	X(INVITE) X(RING) X(EARLY) X(ANSWER) X(BRIDGE) X(UNBRIDGE) X(HOLD) X(RESUME) X(END)

enum call_state {
	CALL_NONE,
#define X(name, code) CALL_##name,
	CALL_STATE_LIST(X)
#undef X
	    CALL_STATE_COUNT
};

enum call_event {
#define X(name) CALL_EV_##name,
	CALL_EV_LIST(X)
#undef X
	    CALL_EV_COUNT
};

#define ENDED_BY_LIST(X) \
	X(NOBODY, "") \
	X(CUSTOMER, "customer") X(AGENT, "agent") X(SUPERVISOR, "supervisor") X(SYSTEM, "system")
enum call_ender {
#define X(name, code) CALL_BY_##name,
	ENDED_BY_LIST(X)
#undef X
	    CALL_BY_COUNT
};

struct call_facts {
	int64_t start_utc_ms, invite_utc_ms, ring_utc_ms, answer_utc_ms, bridge_utc_ms, end_utc_ms;
	int64_t talk_ms;       /* from the answer to the end */
	int64_t agent_talk_ms; /* bridged and not held */
	int64_t hold_ms;
	int hold_count;
	enum outcome outcome;
	enum call_ender ended_by;
	int sip_code, q850;
};

struct call {
	enum call_state state;
	bool is_incoming;
	struct call_facts facts;
	int64_t part_utc_ms; /* when the present stretch of talking or holding began */
};

/* What END brings along. */
struct call_end {
	enum cause cause;
	int sip_code, q850;
	enum call_ender by;
};

void call_init(struct call *c, bool is_incoming, int64_t start_utc_ms);

/** Tells the call what happened; not for the end, see call_over().
 *  @return ERR_CONFLICT E_CALL_EVENT when it makes no sense in this state; unchanged then */
enum err call_on(struct call *c, enum call_event ev, int64_t utc_ms, struct why *why) MUST_USE;

/** It is over. Sets outcome and durations. Once; @return false when it had ended before. */
bool call_over(struct call *c, const struct call_end *end, int64_t utc_ms);

bool call_is_answered(const struct call *c);
const char *call_state_code(enum call_state s);
const char *call_ender_code(enum call_ender by);

#endif
