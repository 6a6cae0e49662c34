#include "gate/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alarm.h"
#include "base/json.h"
#include "base/zone.h"
#include "gate/shipped.h"
#include "profile/settings.h"
#include "profile/version.h"

static const char *const DAY_KEYS[DAY_KIND_COUNT] = { "workday", "weekend", "holiday" };

/* Where in a policy we are, for its error. */
struct reader {
	struct policy *p;
	struct why *why;
};

static enum err bad(const struct reader *r, const char *where, const char *what)
{
	return fail(r->why, E_POLICY, r->p->key, where, what);
}

/* "09:30" -> 570; "24:00" is the day's end; -1: no time. */
static int minute_of(const char *s)
{
	int h, m;
	char rest;
	if (!s || strlen(s) != 5 || sscanf(s, "%2d:%2d%c", &h, &m, &rest) != 2)
		return -1;
	return h >= 0 && m >= 0 && m < 60 && h * 60 + m <= 1440 ? h * 60 + m : -1;
}

static enum err read_window(const struct reader *r, const char *where, const json_t *j,
                            struct policy_window *ret)
{
	ret->from_min = minute_of(json_string_value(json_array_get(j, 0)));
	ret->to_min = minute_of(json_string_value(json_array_get(j, 1)));
	if (json_array_size(j) != 2 || ret->from_min < 0 || ret->to_min <= ret->from_min)
		return bad(r, where, "[\"09:00\",\"12:00\"]");
	return ERR_OK;
}

static enum err read_hours(const struct reader *r, const json_t *hours)
{
	for (int k = 0; k < DAY_KIND_COUNT; k++) {
		const json_t *list = json_object_get(hours, DAY_KEYS[k]);
		size_t n = json_array_size(list);
		if (!json_is_array(list) || n > POLICY_WINDOWS)
			return bad(r, DAY_KEYS[k], "at most 6 windows");
		for (size_t i = 0; i < n; i++) {
			enum err e = read_window(r, DAY_KEYS[k], json_array_get(list, i),
			                         &r->p->hours[k][i]);
			if (e)
				return e;
		}
		r->p->n_hours[k] = n;
	}
	return ERR_OK;
}

static enum err read_shifts(const struct reader *r, const json_t *list)
{
	size_t n = json_array_size(list);
	if (n > POLICY_SHIFTS)
		return bad(r, "shift", "at most 16 provinces");
	for (size_t i = 0; i < n; i++) {
		const json_t *j = json_array_get(list, i);
		struct policy_shift *s = &r->p->shift[i];
		if (!str_copy(s->province, sizeof s->province, json_str(j, "province", "")) ||
		    !*s->province)
			return bad(r, "shift.province", "a province");
		s->minutes = (int)json_int(j, "minutes", 0);
		if (s->minutes < -240 || s->minutes > 240)
			return bad(r, "shift.minutes", "-240..240");
	}
	r->p->n_shift = n;
	return ERR_OK;
}

static enum err read_caps(const struct reader *r, const json_t *list)
{
	size_t n = json_array_size(list);
	if (n > POLICY_CAPS)
		return bad(r, "callee", "at most 12 caps");
	for (size_t i = 0; i < n; i++) {
		const json_t *j = json_array_get(list, i);
		int64_t max = json_int(j, "n", 0), per_s = json_int(j, "per_s", 0);
		if (max < 1 || max > 40 || per_s < 1 || per_s > 366 * 86400)
			return bad(r, "callee", "n 1..40, per_s up to a year");
		r->p->callee[i] =
		    (struct policy_cap){ (int)max, per_s, json_bool(j, "answered", false) };
	}
	r->p->n_callee = n;
	return ERR_OK;
}

static void read_caller(const json_t *j, struct policy_caller *ret)
{
	*ret =
	    (struct policy_caller){ (int)json_int(j, "per_minute", 0),
		                    (int)json_int(j, "per_hour", 0), (int)json_int(j, "per_day", 0),
		                    (int)json_int(j, "at_once", 0) };
}

static enum err read_kinds(const struct reader *r, const json_t *list)
{
	if (!json_is_array(list) || json_array_size(list) == 0)
		return bad(r, "kinds", "[\"mobile\",\"landline\"]");
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));
		enum number_kind k = number_kind_parse(text);
		if (k == NUMBER_INVALID || k == NUMBER_SPECIAL)
			return bad(r, "kinds", "mobile, landline, service, machine or abroad");
		r->p->may_call[k] = true;
	}
	return ERR_OK;
}

static enum err read_body(const struct reader *r, const json_t *j)
{
	struct policy *p = r->p;
	enum err e = zone_get(json_str(j, "zone", "Asia/Shanghai"), &p->zone, r->why);
	if (e || (e = read_hours(r, json_object_get(j, "hours"))) ||
	    (e = read_window(r, "outer", json_object_get(j, "outer"), &p->outer)) ||
	    (e = read_shifts(r, json_object_get(j, "shift"))) ||
	    (e = read_caps(r, json_object_get(j, "callee"))) ||
	    (e = read_kinds(r, json_object_get(j, "kinds"))))
		return e;
	const json_t *caller = json_object_get(j, "caller"),
		     *consent = json_object_get(j, "consent");
	read_caller(json_object_get(caller, "mobile"), &p->caller_mobile);
	read_caller(json_object_get(caller, "other"), &p->caller_other);
	p->needs_consent = json_bool(consent, "required", true);
	p->consent_days = (int)json_int(consent, "max_age_days", 0);
	return ERR_OK;
}

enum err policy_parse(const char *body, const char *key, int64_t version, struct policy *ret,
                      struct why *why)
{
	memset(ret, 0, sizeof *ret);
	str_copy(ret->key, sizeof ret->key, key);
	ret->version = version;
	CLEANUP(json_cleanup) json_t *j = NULL;
	enum err e = json_read_text(body, &j, why);
	return e ? e : read_body(&(struct reader){ ret, why }, j);
}

/* ---- the calendar ---- */

static int by_day(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;
	return (x > y) - (x < y);
}

static enum err read_days(const struct reader *r, const json_t *list, int year, const char *where,
                          int *days, size_t *n)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		int day = (int)json_integer_value(json_array_get(list, i));
		if (!day_is_valid(day) || day / 10000 != year || *n >= POLICY_DAYS)
			return bad(r, where, "days of the year as yyyymmdd");
		days[(*n)++] = day;
	}
	qsort(days, *n, sizeof *days, by_day);
	return ERR_OK;
}

enum err policy_add_year(struct policy *p, const char *body, int year, struct why *why)
{
	CLEANUP(json_cleanup) json_t *j = NULL;
	enum err e = json_read_text(body, &j, why);
	struct reader r = { p, why };
	if (e || (e = read_days(&r, json_object_get(j, "off"), year, "off", p->off, &p->n_off)) ||
	    (e = read_days(&r, json_object_get(j, "work"), year, "work", p->work, &p->n_work)))
		return e;
	if (year * 10000 + 1231 > p->last_known_day)
		p->last_known_day = year * 10000 + 1231;
	return ERR_OK;
}

enum day_kind policy_day_kind(const struct policy *p, int day)
{
	if (bsearch(&day, p->work, p->n_work, sizeof day, by_day))
		return DAY_WORKDAY;
	if (bsearch(&day, p->off, p->n_off, sizeof day, by_day))
		return DAY_HOLIDAY;
	return day_weekday(day) >= 6 ? DAY_WEEKEND : DAY_WORKDAY;
}

int policy_elapsed_bp(const struct policy *p, int day, int minute)
{
	enum day_kind kind = policy_day_kind(p, day);
	int all = 0, behind = 0;
	for (size_t i = 0; i < p->n_hours[kind]; i++) {
		const struct policy_window *w = &p->hours[kind][i];
		all += w->to_min - w->from_min;
		if (minute > w->from_min)
			behind += (minute < w->to_min ? minute : w->to_min) - w->from_min;
	}
	return all > 0 ? behind * 10000 / all : -1;
}

int policy_calendar_left(const struct policy *p, int day)
{
	return p->last_known_day ? day_diff(p->last_known_day, day) : -1;
}

void policy_watch_calendar(const struct policy *p, int64_t now_utc_ms)
{
	static const char KEY[] = "calendar";
	enum { WARN_DAYS = 30 };
	int day = zone_day(now_utc_ms, p->zone), left = policy_calendar_left(p, day);
	struct why why;
	if (left > WARN_DAYS) {
		alarm_clear(KEY);
		return;
	}
	(void)fail(&why, E_CALENDAR_ENDS, p->last_known_day, left > 0 ? left : 0);
	alarm_raise(KEY, &why, now_utc_ms);
}

/* ---- the database ---- */

static enum err add_version_year(const struct version *v, void *ctx, struct why *why)
{
	return policy_add_year(ctx, v->body, atoi(v->key), why);
}

static void version_drop(struct version **v)
{
	version_free(v);
}

enum err policy_load(struct db *db, const char *key, int64_t utc_ms, struct policy *ret,
                     struct why *why)
{
	CLEANUP(version_drop) struct version *v = NULL;
	struct settings settings;
	enum err e = version_at(db, "policy", key, utc_ms, &v, why);
	if (e || (e = policy_parse(v->body, key, v->n, ret, why)) ||
	    (e = version_each(db, "holiday", utc_ms, add_version_year, ret, why)) ||
	    (e = settings_load(db, utc_ms, &settings, why)))
		return e;
	ret->is_stopped = settings.calling_stopped;
	return ERR_OK;
}

enum err policy_install(struct tx *tx, int64_t now_utc_ms, struct why *why)
{
	for (const struct shipped *s = SHIPPED; s->kind; s++) {
		CLEANUP(version_drop) struct version *have = NULL;
		struct why none;
		enum err e = version_at(tx_db(tx), s->kind, s->key, now_utc_ms, &have, &none);
		if (!e)
			continue;
		if (e != ERR_NOT_FOUND) {
			if (why)
				*why = none;
			return e;
		}
		/* In effect from the first moment there is, so that history has a policy too. */
		struct version_new v = { .kind = s->kind,
			                 .key = s->key,
			                 .body = s->body,
			                 .reason = s->source,
			                 .now_utc_ms = now_utc_ms };
		int64_t n;
		if ((e = version_add(tx, &v, &n, why)))
			return e;
	}
	return ERR_OK;
}
