#include "report/period.h"

#include <string.h>

#include "base/zone.h"

/* 31 days on is always in the next month's first days. */
static int month_end(int day)
{
	return day_add(day_month_start(day_add(day_month_start(day), 31)), -1);
}

enum err period_of(const char *kind, int date, struct period *ret, struct why *why)
{
	if (!day_is_valid(date))
		return fail(why, E_FIELD_INVALID, "date", "a day is yyyymmdd");
	if (!strcmp(kind, "day"))
		*ret = (struct period){ date, date };
	else if (!strcmp(kind, "week"))
		*ret = (struct period){ day_week_start(date), day_add(day_week_start(date), 6) };
	else if (!strcmp(kind, "month"))
		*ret = (struct period){ day_month_start(date), month_end(date) };
	else
		return fail(why, E_FIELD_INVALID, "period", "day, week or month");
	return ERR_OK;
}
