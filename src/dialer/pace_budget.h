/* dialer/pace_budget.h -- what one more customer who hears nobody may cost now: the account of
 * abandoned calls against the limit, as a price.
 *
 * Pure. The account is kept, not a ratio: one abandoned call early in the day is answered by calm.
 */
#ifndef DIALER_PACE_BUDGET_H
#define DIALER_PACE_BUDGET_H

#include <stdbool.h>
#include <stdint.h>

struct pace_budget {
	double limit;            /* abandoned / to be connected, 0..1 */
	int64_t live, abandoned; /* in the window of the rule */
	bool is_screened;        /* machines are told from persons: `live` are persons */
	int64_t counted;         /* live, when the slow part last moved */
	double slow;             /* log of the price the day has taught so far */
};

void pace_budget_init(struct pace_budget *b, double limit);

/** The highest risk of abandoning a new call may carry now, 0..1.
 *  @param agents   on duty  @param pending  abandoned calls to be expected of those on the way */
double pace_budget_price(struct pace_budget *b, int agents, double pending);

#endif
