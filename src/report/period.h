/* report/period.h -- day, week and month of a report. Pure. */
#ifndef REPORT_PERIOD_H
#define REPORT_PERIOD_H

#include "base/err.h"

/* First and last day, both yyyymmdd and both inside. */
struct period {
	int from, to;
};

/** The day, the week (Monday to Sunday) or the month that holds `date`.
 *  @param kind  "day", "week", "month"
 *  @param date  yyyymmdd
 *  @return ERR_INVALID E_FIELD_INVALID (period, date) */
enum err period_of(const char *kind, int date, struct period *ret, struct why *why) MUST_USE;

#endif
