#include "base/zone.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/ucal.h>
#include <unicode/ustring.h>

#include "base/str.h"

enum { NAME_BYTES = 64, MAX_CHANGES = 1024 };

#define DAY_MS INT64_C(86400000)
#define FROM_UTC_MS (-INT64_C(1) * 25567 * DAY_MS) /* 1900-01-01: older than any customer */
#define TO_UTC_MS (INT64_C(73049) * DAY_MS)        /* 2170-01-01 */

struct zone {
	struct zone *next;
	char name[NAME_BYTES];
	int n;
	int64_t from_utc_ms[MAX_CHANGES]; /* ascending; the offset below holds from then on */
	int32_t offset_ms[MAX_CHANGES];
};

/* Zones stay for ever, so that whoever has one may keep it. */
static pthread_mutex_t zones_lock = PTHREAD_MUTEX_INITIALIZER;
static struct zone *zones;

static bool is_known(const UChar *id)
{
	UChar canonical[NAME_BYTES];
	UBool is_system = 0;
	UErrorCode uc = U_ZERO_ERROR;
	ucal_getCanonicalTimeZoneID(id, -1, canonical, NAME_BYTES, &is_system, &uc);
	return U_SUCCESS(uc) && is_system;
}

static void add_change(struct zone *z, UCalendar *cal, int64_t utc_ms)
{
	UErrorCode uc = U_ZERO_ERROR;
	ucal_setMillis(cal, (UDate)utc_ms, &uc);
	int32_t offset = ucal_get(cal, UCAL_ZONE_OFFSET, &uc) + ucal_get(cal, UCAL_DST_OFFSET, &uc);
	if (z->n > 0 && (z->offset_ms[z->n - 1] == offset || z->n == MAX_CHANGES))
		return;
	z->from_utc_ms[z->n] = utc_ms;
	z->offset_ms[z->n++] = offset;
}

static bool read_changes(struct zone *z, const UChar *id)
{
	UErrorCode uc = U_ZERO_ERROR;
	UCalendar *cal = ucal_open(id, -1, "en", UCAL_GREGORIAN, &uc);
	if (U_FAILURE(uc))
		return false;
	add_change(z, cal, FROM_UTC_MS);
	for (UDate at = (UDate)FROM_UTC_MS; at < (UDate)TO_UTC_MS;) {
		ucal_setMillis(cal, at, &uc);
		if (!ucal_getTimeZoneTransitionDate(cal, UCAL_TZ_TRANSITION_NEXT, &at, &uc) ||
		    U_FAILURE(uc))
			break;
		add_change(z, cal, (int64_t)at);
	}
	ucal_close(cal);
	return true;
}

static enum err make(const char *name, struct zone **ret, struct why *why)
{
	UChar id[NAME_BYTES];
	struct zone *z = calloc(1, sizeof *z);
	if (!z)
		return fail(why, E_NOMEM);
	bool is_good = str_copy(z->name, sizeof z->name, name) && *name;
	if (is_good) {
		u_uastrncpy(id, name, NAME_BYTES);
		is_good = is_known(id) && read_changes(z, id);
	}
	if (!is_good) {
		free(z);
		return fail(why, E_ZONE_UNKNOWN, name);
	}
	*ret = z;
	return ERR_OK;
}

enum err zone_get(const char *name, const struct zone **ret, struct why *why)
{
	pthread_mutex_lock(&zones_lock);
	enum err e = ERR_OK;
	struct zone *z = zones;
	while (z && strcmp(z->name, name) != 0)
		z = z->next;
	if (!z && !(e = make(name, &z, why))) {
		z->next = zones;
		zones = z;
	}
	pthread_mutex_unlock(&zones_lock);
	if (!e)
		*ret = z;
	return e;
}

static int64_t offset_at(int64_t utc_ms, const struct zone *z)
{
	int low = 0, high = z->n; /* the last change not after utc_ms */
	while (high - low > 1) {
		int mid = (low + high) / 2;
		if (z->from_utc_ms[mid] <= utc_ms)
			low = mid;
		else
			high = mid;
	}
	return z->offset_ms[low];
}

/* ---- the calendar: days since 1970-01-01 (proleptic Gregorian; algorithm of Howard Hinnant,
 * "chrono-compatible low-level date algorithms", days_from_civil and civil_from_days) ---- */

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static int64_t to_days(int64_t y, int m, int d)
{
	y -= m <= 2;
	int64_t era = floor_div(y, 400), yoe = y - era * 400;
	int64_t doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static int from_days(int64_t days)
{
	int64_t z = days + 719468, era = floor_div(z, 146097), doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
	int64_t d = doy - (153 * mp + 2) / 5 + 1, m = mp < 10 ? mp + 3 : mp - 9;
	return (int)((yoe + era * 400 + (m <= 2)) * 10000 + m * 100 + d);
}

static int64_t days_of(int day)
{
	return to_days(day / 10000, day / 100 % 100, day % 100);
}

int day_add(int day, int days)
{
	return from_days(days_of(day) + days);
}

int day_diff(int later, int earlier)
{
	return (int)(days_of(later) - days_of(earlier));
}

static int weekday_of(int64_t days)
{
	int64_t w = (days + 3) % 7; /* 1970-01-01 was a Thursday */
	return (int)(w < 0 ? w + 7 : w) + 1;
}

int day_weekday(int day)
{
	return weekday_of(days_of(day));
}

int day_month_start(int day)
{
	return day / 100 * 100 + 1;
}

int day_week_start(int day)
{
	return day_add(day, 1 - day_weekday(day));
}

bool day_is_valid(int day)
{
	int m = day / 100 % 100, d = day % 100;
	return day >= 19000101 && day <= 21691231 && m >= 1 && m <= 12 && d >= 1 &&
	       from_days(days_of(day)) == day;
}

/* ---- local time ---- */

static int64_t local_ms(int64_t utc_ms, const struct zone *z)
{
	return utc_ms + offset_at(utc_ms, z);
}

int zone_day(int64_t utc_ms, const struct zone *z)
{
	return from_days(floor_div(local_ms(utc_ms, z), DAY_MS));
}

static int64_t ms_of_day(int64_t utc_ms, const struct zone *z)
{
	int64_t ms = local_ms(utc_ms, z);
	return ms - floor_div(ms, DAY_MS) * DAY_MS;
}

int zone_minute(int64_t utc_ms, const struct zone *z)
{
	return (int)(ms_of_day(utc_ms, z) / 60000);
}

int zone_weekday(int64_t utc_ms, const struct zone *z)
{
	return weekday_of(floor_div(local_ms(utc_ms, z), DAY_MS));
}

struct local_time zone_local(int64_t utc_ms, const struct zone *z)
{
	int day = zone_day(utc_ms, z);
	int64_t ms = ms_of_day(utc_ms, z);
	return (struct local_time){
		.year = day / 10000,
		.month = day / 100 % 100,
		.day = day % 100,
		.hour = (int)(ms / 3600000),
		.minute = (int)(ms / 60000 % 60),
		.second = (int)(ms / 1000 % 60),
		.weekday = zone_weekday(utc_ms, z),
	};
}

int64_t zone_at(int day, int minute, const struct zone *z)
{
	int64_t local = days_of(day) * DAY_MS + (int64_t)minute * 60000;
	/* The offset before a change and the one after it: the earlier moment that reads so, else
	 * the moment of the change, from where the clock jumped over it. */
	int64_t before = offset_at(local - DAY_MS, z), after = offset_at(local + DAY_MS, z);
	int64_t first = before > after ? before : after, second = before > after ? after : before;
	if (local_ms(local - first, z) == local)
		return local - first;
	if (local_ms(local - second, z) == local)
		return local - second;
	int64_t low = local - first, high = local - second; /* the change lies between */
	while (high - low > 1) {
		int64_t mid = low + (high - low) / 2;
		if (offset_at(mid, z) == before)
			low = mid;
		else
			high = mid;
	}
	return high;
}

int64_t zone_day_start(int day, const struct zone *z)
{
	return zone_at(day, 0, z);
}
