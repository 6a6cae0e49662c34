/* dialer/pace.h -- how many calls to start now, so that agents hardly wait and customers never do.
 *
 * Pure: told what happens, asked what to do. A call may start while the chance that its customer
 * would find no agent stays under a price that the account of abandoned calls sets
 * (docs/adr/0011-pacing.md). Times in ms on any clock that does not go back; events in order.
 * Thread: the owner's. */
#ifndef DIALER_PACE_H
#define DIALER_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "dialer/pace_calls.h"

struct pace;

struct pace_cfg {
	int agents_max;     /* agent numbers are 0 .. agents_max - 1 */
	int lines;          /* most calls at once: on the way, waiting, talking */
	double calls_per_s; /* most set-ups a second */
	int hold_ms;        /* how long an answered customer may wait for an agent */
	int min_ring_ms;    /* a call is never taken back before it has rung so long */
	int tick_ms;        /* how often pace_ask() is called, at least */
	double
	    abandon_limit; /* abandoned / to be connected, 0..1; 0: nobody is ever dialed ahead */
	int small_team;    /* with fewer on duty, one call for one ready agent; 0: never */
	struct pace_prior prior;
};

enum pace_agent_state { PACE_OFF, PACE_IDLE, PACE_TALK, PACE_WRAP, PACE_AWAY };

enum pace_call_event {
	PACE_DIAL, /* the call is out */
	PACE_RING,
	PACE_ANSWER,    /* off hook; whether a person, comes later (LIVE or MACHINE) */
	PACE_LIVE,      /* to be connected: an agent within hold_ms */
	PACE_MACHINE,   /* ends it, as all below but CONNECT */
	PACE_NO_ANSWER, /* and busy, not in use, failed, before the answer */
	PACE_CANCELLED, /* taken back by us */
	PACE_CONNECT,   /* after LIVE: has its agent */
	PACE_ABANDON,   /* after LIVE: hears nobody */
};

enum { PACE_BACK_MAX = 64 };
struct pace_order {
	int launch;                  /* calls to start now */
	int n_back;                  /* ringing calls to take back now */
	int64_t back[PACE_BACK_MAX]; /* their ids */
};

/* Why it does what it does, for the campaign's live view. */
struct pace_view {
	int agents_max, agents, idle, on_the_way, waiting;
	double answer_rate; /* of a call, as expected now */
	double price, risk; /* most a call may risk; what the next one would */
	double pending;     /* abandoned calls to be expected */
	int64_t live, abandoned;
};

/** @return ERR_INVALID E_PACE_CFG, ERR_NOMEM */
enum err pace_new(const struct pace_cfg *cfg, struct pace **ret, struct why *why) MUST_USE;
struct pace *pace_free(struct pace *p);

void pace_agent(struct pace *p, int64_t t_ms, int agent, enum pace_agent_state s);
/** The agent goes after this call (pause asked for, shift ends): not to be counted on. */
void pace_agent_leaves(struct pace *p, int agent, bool leaves);
/** @return ERR_NOT_FOUND (unknown call), ERR_NOMEM */
enum err pace_call(struct pace *p, int64_t t_ms, int64_t call, enum pace_call_event e,
                   struct why *why) MUST_USE;
/** The window's counts as stored, when they move otherwise than by events (start, midnight). */
void pace_account(struct pace *p, int64_t live, int64_t abandoned);

void pace_ask(struct pace *p, int64_t t_ms, struct pace_order *ret);
void pace_look(const struct pace *p, struct pace_view *ret);

#endif
