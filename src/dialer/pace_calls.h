/* dialer/pace_calls.h -- what calls on the way become, learned from those before: when a call
 * starts to ring, when it is answered, by the age of the stage it is in.
 *
 * Pure. Ages in ms; a bin is PACE_BIN_MS. */
#ifndef DIALER_PACE_CALLS_H
#define DIALER_PACE_CALLS_H

#include <stdint.h>

enum {
	PACE_BIN_MS = 500,
	PACE_CALL_BINS = 96, /* 48 s: older ages count as the last */
	PACE_POINTS = 6,     /* moments at which a new call's answer is looked at */
};

/* What the caller may know before the day's first call. */
struct pace_prior {
	double answer_rate;    /* 0: 0.5, which dials with care */
	double talk_s, wrap_s; /* means; 0: 100 and 20 */
	double weight;         /* calls it counts for; 0: 6 */
};

/* The age in bins that a call was last counted at; -1: not yet. */
struct pace_age {
	int dial, ring;
};

struct pace_calls {
	/* Of each age in the stage: calls that came to it, and what became of them there. */
	double dial_at[PACE_CALL_BINS], dial_ring[PACE_CALL_BINS], dial_end[PACE_CALL_BINS];
	double ring_at[PACE_CALL_BINS], ring_live[PACE_CALL_BINS], ring_machine[PACE_CALL_BINS],
	    ring_end[PACE_CALL_BINS];
	double screen_ms, screened; /* sum and weight of the time from answer to verdict */
	/* Answers seen and expected, over a long and a short window (itself in answers). */
	double window, seen, expected, seen_short, expected_short;
	double per_hazard[PACE_CALL_BINS]; /* smoothed, of the last refresh */
	int recall_bin;                    /* ring age from which a call may be taken back */

	/* The tables of the last refresh. */
	double factor, answer_rate;  /* of the answer rate against the long memory; now */
	double point_s[PACE_POINTS]; /* from launch to the moment */
	double of_new[PACE_POINTS];  /* P(to be connected by the moment, before recall age) */
	double of_dialing[PACE_CALL_BINS][PACE_POINTS], of_ringing[PACE_CALL_BINS][PACE_POINTS];
	double late[PACE_CALL_BINS]; /* P(to be connected in the next bins | ringing at a recall
	                                age) */
	double of_screened[PACE_CALL_BINS]; /* P(person) by ring age at the answer */
};

void pace_calls_init(struct pace_calls *c, const struct pace_prior *prior, int min_ring_ms);

/** A call is launched: everything before counts a little less. */
void pace_calls_launched(struct pace_calls *c);
/** Counts a call in the stage up to its age now. */
void pace_calls_dialing(struct pace_calls *c, struct pace_age *age, int64_t in_stage_ms);
void pace_calls_ringing(struct pace_calls *c, struct pace_age *age, int64_t in_stage_ms);
void pace_calls_rang(struct pace_calls *c, int64_t dialed_ms);
/** To be connected, or a machine, `screen_ms` after the answer at that ring age. */
void pace_calls_live(struct pace_calls *c, int64_t rung_ms, int64_t screen_ms);
void pace_calls_machine(struct pace_calls *c, int64_t rung_ms);
/** Ended without an answer: while dialing (rung_ms < 0) or ringing. */
void pace_calls_ended(struct pace_calls *c, int64_t dialed_ms, int64_t rung_ms);

/** Whether enough is known to dial ahead of the agents. */
int pace_calls_known(const struct pace_calls *c);
/** Makes the tables anew.
 *  @param agents  on duty: more of them see more answers in the same time */
void pace_calls_refresh(struct pace_calls *c, int agents);
/** Relative doubt about the answer rate. */
double pace_calls_doubt(const struct pace_calls *c);
int pace_calls_bin(int64_t ms);

#endif
