/* base/zone.h -- local days and hours of a named time zone.
 *
 * A zone is a table of offsets made once (from ICU's data) and never changed: the functions are
 * pure. Local days are yyyymmdd integers. Thread: any. */
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include <stdint.h>

#include "base/err.h"

struct zone;

struct local_time {
	int year, month, day; /* 1..12, 1..31 */
	int hour, minute, second;
	int weekday; /* 1 Monday .. 7 Sunday (ISO 8601) */
};

/** The zone of an IANA name; kept for the life of the process, so never freed.
 *  @return ERR_INVALID E_ZONE_UNKNOWN, ERR_NOMEM */
enum err zone_get(const char *name, const struct zone **ret, struct why *why) MUST_USE;

struct local_time zone_local(int64_t utc_ms, const struct zone *z);
int zone_day(int64_t utc_ms, const struct zone *z);     /* yyyymmdd */
int zone_minute(int64_t utc_ms, const struct zone *z);  /* of the day, 0..1439 */
int zone_weekday(int64_t utc_ms, const struct zone *z); /* 1 Monday .. 7 Sunday */

/** The first ms of a local day. */
int64_t zone_day_start(int day, const struct zone *z);

/** The ms of a local day's minute; a minute that does not exist (summer time) is the next that
 * does. */
int64_t zone_at(int day, int minute, const struct zone *z);

/* Calendar arithmetic on yyyymmdd; no zone needed. */
int day_add(int day, int days);
int day_diff(int later, int earlier); /* days from `earlier` to `later` */
int day_weekday(int day);
int day_month_start(int day);
int day_week_start(int day); /* its Monday */
bool day_is_valid(int day);

#endif
