/* dialer/pace_law.h -- how many more customers than agents there will be: a sum of independent
 * yes-or-no events, exact for few of them, nearly normal (one Edgeworth term) for many.
 *
 * Pure. */
#ifndef DIALER_PACE_LAW_H
#define DIALER_PACE_LAW_H

#include <stdbool.h>

enum { PACE_LAW_TERMS = 200 }; /* of an exact law */

struct pace_law {
	bool is_exact;
	int n, low;                   /* exact: totals low .. low + n */
	double p[PACE_LAW_TERMS + 1]; /* of each total */
	double mean, variance, third; /* moments about the mean */
};

/** The law of nothing yet: the total is 0.
 *  @param terms  events to come, at most; more than PACE_LAW_TERMS makes it a normal one */
void pace_law_start(struct pace_law *l, int terms);

/** `times` customers of whom each comes with probability `p`. */
void pace_law_come(struct pace_law *l, double p, int times);
/** `times` agents of whom each is free by then with probability `p`: each takes one off. */
void pace_law_free(struct pace_law *l, double p, int times);
/** Doubt about something all terms share: more variance, a normal law only. */
void pace_law_doubt(struct pace_law *l, double variance);

/** P(total >= n). */
double pace_law_reach(const struct pace_law *l, int n);
/** E max(0, total - n). */
double pace_law_excess(const struct pace_law *l, int n);

#endif
