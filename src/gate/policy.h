/* gate/policy.h -- the numbers the gate works with: hours, caps, what consent has to be.
 *
 * A policy is a version (kind "policy", e.g. key "cn-mkt-default"), the calendar of holidays
 * versions of kind "holiday" with the year as key; nothing of it is in the program but the shipped
 * first version. Values, made once, never changed. Thread: any. */
#ifndef GATE_POLICY_H
#define GATE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "gate/number_kind.h"
#include "store/writer.h"

struct zone;

#define POLICY_DEFAULT_KEY "cn-mkt-default"

enum { POLICY_WINDOWS = 6, POLICY_SHIFTS = 16, POLICY_CAPS = 12, POLICY_DAYS = 400 };

enum day_kind { DAY_WORKDAY, DAY_WEEKEND, DAY_HOLIDAY, DAY_KIND_COUNT };

/* Minutes of the day; to is the first minute outside. */
struct policy_window {
	int from_min, to_min;
};

/* A province that lives later than the zone's clock says. */
struct policy_shift {
	char province[24];
	int minutes;
};

/* At most n calls within per_s seconds (rolling). answered: only conversations count. */
struct policy_cap {
	int n;
	int64_t per_s;
	bool is_answered;
};

/* How much one caller number may carry; 0: no bound. */
struct policy_caller {
	int per_minute, per_hour, per_day, at_once;
};

struct policy {
	char key[64];
	int64_t version;
	const struct zone *zone;
	struct policy_window hours[DAY_KIND_COUNT][POLICY_WINDOWS];
	size_t n_hours[DAY_KIND_COUNT];
	struct policy_window outer; /* a call the customer asked for may use all of it */
	struct policy_shift shift[POLICY_SHIFTS];
	size_t n_shift;
	struct policy_cap callee[POLICY_CAPS];
	size_t n_callee;
	struct policy_caller caller_mobile, caller_other;
	bool may_call[NUMBER_KIND_COUNT];
	bool needs_consent;
	int consent_days; /* a consent without end of its own counts so long; 0: for ever */
	/* Calendar: days off and days worked instead (调休), both sorted yyyymmdd. */
	int off[POLICY_DAYS], work[POLICY_DAYS];
	size_t n_off, n_work;
	int last_known_day; /* of the calendar; later days are judged by weekday alone */
	bool is_stopped;    /* the company's kill switch: setting gate_stopped */
};

/** Reads a policy's body. @return ERR_INVALID E_POLICY (where, what it must be) */
enum err policy_parse(const char *body, const char *key, int64_t version, struct policy *ret,
                      struct why *why) MUST_USE;

/** Adds a year's body {"off":[yyyymmdd],"work":[yyyymmdd]} to the calendar. */
enum err policy_add_year(struct policy *p, const char *body, int year, struct why *why) MUST_USE;

/** The policy in effect with its calendar. @param ret  about 4 KB, the caller's */
enum err policy_load(struct db *db, const char *key, int64_t utc_ms, struct policy *ret,
                     struct why *why) MUST_USE;

/** Puts the shipped policy and calendars where there are none yet. Inside a job, at every start. */
enum err policy_install(struct tx *tx, int64_t now_utc_ms, struct why *why) MUST_USE;

/** Days until the calendar ends, counted from `day`: an alarm is due from 30 on. */
int policy_calendar_left(const struct policy *p, int day);

/** Raises the alarm "calendar" (base/alarm.h) on the board while that is due, clears it otherwise:
 *  after the last known day a holiday would be judged as a weekday. Any thread. */
void policy_watch_calendar(const struct policy *p, int64_t now_utc_ms);

enum day_kind policy_day_kind(const struct policy *p, int day);

/** How much of a day's calling hours lies behind: 0..10000; -1: none on such a day.
 *  @param minute  of the day, 0..1439 */
int policy_elapsed_bp(const struct policy *p, int day, int minute);

#endif
