/* dialer/pace_agents.h -- when busy agents will be free, learned from talks and wrap-ups before, by
 * the age of the state each is in.
 *
 * Pure. */
#ifndef DIALER_PACE_AGENTS_H
#define DIALER_PACE_AGENTS_H

#include <stdbool.h>
#include <stdint.h>

#include "dialer/pace_calls.h"

enum { PACE_AGENT_BINS = 96 }; /* a second each to 20 s, then each wider, to hours */

struct pace_stage {
	double ends[PACE_AGENT_BINS], seconds[PACE_AGENT_BINS]; /* events and exposure by age */
	double rate[PACE_AGENT_BINS];                           /* smoothed, a second */
};

struct pace_agents {
	struct pace_stage talk, wrap;
	double left, came; /* of those who ended wrap-up: into a pause, and all */
	double seen, expected, seen_short, expected_short; /* talks ended */
	/* P(idle by the k-th point + what a customer can be held | in the state at an age) */
	double of_talking[PACE_AGENT_BINS][PACE_POINTS], of_wrapping[PACE_AGENT_BINS][PACE_POINTS];
	double soon_talking[PACE_AGENT_BINS], soon_wrapping[PACE_AGENT_BINS];
};

void pace_agents_init(struct pace_agents *a, const struct pace_prior *prior);
/** A talk, or a wrap-up, ended after `ms`; the wrap-up into idle or not. */
void pace_agents_talked(struct pace_agents *a, int64_t ms);
void pace_agents_wrapped(struct pace_agents *a, int64_t ms, bool is_idle);
/** `passed_ms` more in the state, at that age. */
void pace_agents_talking(struct pace_agents *a, int64_t age_ms, int64_t passed_ms);
void pace_agents_wrapping(struct pace_agents *a, int64_t age_ms, int64_t passed_ms);
/** Makes the tables for the moments `point_s` (of a new call's answer) from now.
 *  @param hold_s  how long a customer may wait */
void pace_agents_refresh(struct pace_agents *a, const double point_s[PACE_POINTS], double soon_s,
                         double hold_s);
int pace_agents_bin(int64_t ms);

#endif
