#include "dialer/pace_budget.h"

#include <math.h>

static const double USE = 0.94, USE_UNSCREENED = 0.87, RESERVE = 1.5, RESERVE_AGENT = 0.06,
		    GAIN = 0.6, SLOW_GAIN = 0.01, START = 0.04, LEAST = 0.02, MOST = 0.4, CAP = 0.7;

void pace_budget_init(struct pace_budget *b, double limit)
{
	*b = (struct pace_budget){ .limit = limit, .slow = log(START) };
}

static double clip(double x, double low, double high)
{
	return fmin(high, fmax(low, x));
}

double pace_budget_price(struct pace_budget *b, int agents, double pending)
{
	if (b->limit <= 0)
		return 0;
	/* Unscreened, some of those connected are machines, and persons hang up on silence first:
	 * the share among persons, which is what counts, is higher than the one seen. */
	double use = b->is_screened ? USE : USE_UNSCREENED;
	double left = use * b->limit * (double)b->live - (double)b->abandoned - pending;
	double x = left / (RESERVE + RESERVE_AGENT * agents) - 1;
	if (b->live > b->counted) {
		double step =
		    SLOW_GAIN * clip(x, -1, 1) * (double)(b->live - b->counted) / (agents + 1);
		b->slow = clip(b->slow + step, log(LEAST), log(MOST));
	}
	b->counted = b->live;
	double fast = GAIN * x;
	if (x < -1)
		fast += 2 * GAIN * (x + 1);
	return fmin(CAP, exp(b->slow + clip(fast, -9, 1.5)));
}
