#include "gate/gate.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/zone.h"
#include "gate/dnc.h"

static const int64_t MINUTE_MS = 60000, DAY_MS = 86400000;

/* ---- the rules, in the order of GATE_RULES; each fills its check ---- */

typedef void rule_fn(const struct policy *p, const struct gate_facts *f, struct gate_check *c);

static void rule_number(const struct policy *p, const struct gate_facts *f, struct gate_check *c)
{
	static const enum err_code CODES[NUMBER_KIND_COUNT] = {
		[NUMBER_INVALID] = E_GATE_INVALID,   [NUMBER_MOBILE] = E_GATE_MOBILE,
		[NUMBER_LANDLINE] = E_GATE_LANDLINE, [NUMBER_SERVICE] = E_GATE_SERVICE,
		[NUMBER_SPECIAL] = E_GATE_SPECIAL,   [NUMBER_MACHINE] = E_GATE_MACHINE,
		[NUMBER_ABROAD] = E_GATE_ABROAD,
	};
	if (!p->may_call[f->kind])
		(void)fail(&c->why, CODES[f->kind]);
}

static void rule_campaign(const struct policy *p, const struct gate_facts *f, struct gate_check *c)
{
	if (p->is_stopped)
		(void)fail(&c->why, E_GATE_STOPPED);
	else if (f->campaign == GATE_CAMPAIGN_PAUSED)
		(void)fail(&c->why, E_GATE_CAMPAIGN_PAUSED);
	else if (f->campaign == GATE_CAMPAIGN_ENDED)
		(void)fail(&c->why, E_GATE_CAMPAIGN_ENDED);
}

static void rule_dnc(const struct policy *p, const struct gate_facts *f, struct gate_check *c)
{
	(void)p;
	if (!f->is_dnc || (f->dnc_expires_utc_ms && f->dnc_expires_utc_ms <= f->now_utc_ms))
		return;
	(void)fail(&c->why, dnc_error(f->dnc_reason));
	c->again_utc_ms = f->dnc_expires_utc_ms;
}

static void day_text(int64_t utc_ms, const struct zone *z, char ret[16])
{
	int day = zone_day(utc_ms, z);
	snprintf(ret, 16, "%04u-%02u-%02u", (unsigned)(day / 10000 % 10000),
	         (unsigned)(day / 100 % 100), (unsigned)(day % 100));
}

static int64_t consent_end(const struct policy *p, const struct gate_consent *k)
{
	int64_t end = p->consent_days ? k->given_utc_ms + p->consent_days * DAY_MS : INT64_MAX;
	return k->expires_utc_ms && k->expires_utc_ms < end ? k->expires_utc_ms : end;
}

/* A call that the customer asked for rests on that wish (domain.md 1.3, callback_requested). */
static void rule_consent(const struct policy *p, const struct gate_facts *f, struct gate_check *c)
{
	const struct gate_consent *k = &f->consent;
	char day[16];
	if (!p->needs_consent || f->is_requested)
		return;
	if (!k->is_known || k->given_utc_ms > f->now_utc_ms) {
		(void)fail(&c->why, E_GATE_CONSENT_NONE);
	} else if (k->withdrawn_utc_ms && k->withdrawn_utc_ms <= f->now_utc_ms) {
		day_text(k->withdrawn_utc_ms, p->zone, day);
		(void)fail(&c->why, E_GATE_CONSENT_WITHDRAWN, day);
	} else if (strcmp(k->purpose, "any") != 0 && strcmp(k->purpose, f->purpose) != 0) {
		(void)fail(&c->why, E_GATE_CONSENT_PURPOSE);
	} else if (consent_end(p, k) <= f->now_utc_ms) {
		day_text(consent_end(p, k), p->zone, day);
		(void)fail(&c->why, E_GATE_CONSENT_EXPIRED, day);
	}
}

/* ---- hours ---- */

static int shift_min(const struct policy *p, const char *province)
{
	for (size_t i = 0; i < p->n_shift; i++) {
		if (strcmp(p->shift[i].province, province) == 0)
			return p->shift[i].minutes;
	}
	return 0;
}

/* The windows of a day, within the outer bound; a call the customer asked for may use all of that.
 */
static size_t windows_of(const struct policy *p, const struct gate_facts *f, int day,
                         struct policy_window *ret)
{
	if (f->is_requested) {
		ret[0] = p->outer;
		return 1;
	}
	enum day_kind kind = policy_day_kind(p, day);
	size_t n = 0;
	for (size_t i = 0; i < p->n_hours[kind]; i++) {
		struct policy_window w = p->hours[kind][i];
		w.from_min = w.from_min > p->outer.from_min ? w.from_min : p->outer.from_min;
		w.to_min = w.to_min < p->outer.to_min ? w.to_min : p->outer.to_min;
		if (w.from_min < w.to_min)
			ret[n++] = w;
	}
	return n;
}

/* The next moment at or after `local_ms` (the callee's clock) at which a window begins. */
static int64_t next_window(const struct policy *p, const struct gate_facts *f, int64_t local_ms)
{
	int day = zone_day(local_ms, p->zone);
	for (int i = 0; i < 30; i++, day = day_add(day, 1)) {
		struct policy_window w[POLICY_WINDOWS];
		size_t n = windows_of(p, f, day, w);
		int64_t best = 0;
		for (size_t k = 0; k < n; k++) {
			int64_t at = zone_at(day, w[k].from_min, p->zone);
			if (at > local_ms && (!best || at < best))
				best = at;
		}
		if (best)
			return best;
	}
	return 0;
}

static void refuse_hours(const struct policy *p, int64_t local_ms, const struct policy_window *w,
                         size_t n, struct gate_check *c)
{
	int now = zone_minute(local_ms, p->zone);
	char clock[8], hours[WHY_ARG_BYTES];
	snprintf(clock, sizeof clock, "%02u:%02u", (unsigned)now / 60 % 24, (unsigned)now % 60);
	size_t len = 0;
	hours[0] = '\0';
	for (size_t i = 0; i < n && len + 16 < sizeof hours; i++)
		len += (size_t)snprintf(hours + len, sizeof hours - len, "%s%02d:%02d–%02d:%02d",
		                        i ? " " : "", w[i].from_min / 60, w[i].from_min % 60,
		                        w[i].to_min / 60, w[i].to_min % 60);
	if (n)
		(void)fail(&c->why, E_GATE_HOURS, clock, hours);
	else
		(void)fail(&c->why, E_GATE_HOURS_NONE, clock);
}

/* The call must still be inside when the customer answers, so a window ends a ring time earlier
 * (domain.md 1.3). Where people live later than the clock, that clock is put back. */
static void rule_hours(const struct policy *p, const struct gate_facts *f, struct gate_check *c)
{
	int64_t shift_ms = shift_min(p, f->province) * MINUTE_MS;
	int64_t local_ms = f->now_utc_ms - shift_ms;
	int day = zone_day(local_ms, p->zone);
	struct policy_window w[POLICY_WINDOWS];
	size_t n = windows_of(p, f, day, w);
	for (size_t i = 0; i < n; i++) {
		int64_t from = zone_at(day, w[i].from_min, p->zone),
			to = zone_at(day, w[i].to_min, p->zone);
		if (local_ms >= from && local_ms + f->ring_timeout_s * (int64_t)1000 < to)
			return;
	}
	refuse_hours(p, local_ms, w, n, c);
	int64_t next = next_window(p, f, local_ms);
	c->again_utc_ms = next ? next + shift_ms : 0;
}

/* ---- how often ---- */

static void refuse_cap(const struct policy_cap *cap, int n, struct gate_check *c)
{
	if (cap->is_answered)
		(void)fail(&c->why, E_GATE_TALK_HOURS, n, cap->per_s / 3600, cap->n);
	else if (cap->per_s < 3600)
		(void)fail(&c->why, E_GATE_CALLEE_MINUTES, n, cap->per_s / 60, cap->n);
	else if (cap->per_s <= 172800)
		(void)fail(&c->why, E_GATE_CALLEE_HOURS, n, cap->per_s / 3600, cap->n);
	else
		(void)fail(&c->why, E_GATE_CALLEE_DAYS, n, cap->per_s / 86400, cap->n);
}

/* Rolling windows over all caller numbers and campaigns; the oldest call that counts frees the way.
 */
static void rule_callee(const struct policy *p, const struct gate_facts *f, struct gate_check *c)
{
	for (size_t k = 0; k < p->n_callee; k++) {
		const struct policy_cap *cap = &p->callee[k];
		if (cap->is_answered && f->is_requested)
			continue;
		int n = 0;
		int64_t frees = 0;
		for (size_t i = 0; i < f->n_attempts; i++) {
			const struct gate_attempt *a = &f->attempts[i];
			if (a->utc_ms <= f->now_utc_ms - cap->per_s * 1000 ||
			    (cap->is_answered && !a->is_answered))
				continue;
			if (++n == cap->n)
				frees = a->utc_ms + cap->per_s * 1000;
		}
		if (n < cap->n)
			continue;
		if (!c->why.code)
			refuse_cap(cap, n, c);
		if (frees > c->again_utc_ms)
			c->again_utc_ms = frees;
	}
}

static void rule_caller(const struct policy *p, const struct gate_facts *f, struct gate_check *c)
{
	const struct gate_caller *k = &f->caller;
	const struct policy_caller *max = k->is_mobile ? &p->caller_mobile : &p->caller_other;
	c->is_skipped = !k->is_needed;
	if (!k->is_needed)
		return;
	if (!k->is_registered)
		(void)fail(&c->why, E_GATE_CALLER_NONE);
	else if (k->valid_from_utc_ms > f->now_utc_ms ||
	         (k->valid_to_utc_ms && k->valid_to_utc_ms <= f->now_utc_ms))
		(void)fail(&c->why, E_GATE_CALLER_EXPIRED);
	else if (max->at_once && k->at_once >= max->at_once)
		(void)fail(&c->why, E_GATE_CALLER_BUSY, k->at_once, max->at_once);
	else if (max->per_minute && k->last_minute >= max->per_minute)
		(void)fail(&c->why, E_GATE_CALLER_MINUTE, k->last_minute, max->per_minute);
	else if (max->per_hour && k->last_hour >= max->per_hour)
		(void)fail(&c->why, E_GATE_CALLER_HOUR, k->last_hour, max->per_hour);
	else if (max->per_day && k->last_day >= max->per_day)
		(void)fail(&c->why, E_GATE_CALLER_DAY, k->last_day, max->per_day);
}

static rule_fn *const RULES[GATE_RULE_COUNT] = {
	[GATE_RULE_NUMBER] = rule_number, [GATE_RULE_CAMPAIGN] = rule_campaign,
	[GATE_RULE_DNC] = rule_dnc,       [GATE_RULE_CONSENT] = rule_consent,
	[GATE_RULE_HOURS] = rule_hours,   [GATE_RULE_CALLEE] = rule_callee,
	[GATE_RULE_CALLER] = rule_caller,
};

/* ---- the verdict ---- */

/* Evaluates all rules. @return the first that refuses, or NULL; *ret_again: the latest moment any
 * refusal names, 0 when one of them does not pass by waiting. */
static const struct gate_check *judge(const struct policy *p, const struct gate_facts *f,
                                      struct gate_check *check, int64_t *ret_again)
{
	const struct gate_check *first = NULL;
	bool is_waiting = true;
	*ret_again = 0;
	for (int r = 0; r < GATE_RULE_COUNT; r++) {
		struct gate_check *c = &check[r];
		memset(c, 0, sizeof *c);
		c->rule = (enum gate_rule)r;
		RULES[r](p, f, c);
		if (!c->why.code)
			continue;
		first = first ? first : c;
		is_waiting = is_waiting && c->again_utc_ms > 0;
		if (c->again_utc_ms > *ret_again)
			*ret_again = c->again_utc_ms;
	}
	if (!is_waiting)
		*ret_again = 0;
	return first;
}

/* When a cap is free the hours may be over, and the other way round: follow until both pass. */
static int64_t next_possible(const struct policy *p, const struct gate_facts *f, int64_t again)
{
	struct gate_facts later = *f;
	struct gate_check check[GATE_RULE_COUNT];
	for (int i = 0; i < 8 && again > later.now_utc_ms; i++) {
		later.now_utc_ms = again;
		if (!judge(p, &later, check, &again))
			return later.now_utc_ms;
	}
	return 0;
}

enum err gate(const struct policy *p, const struct gate_facts *f, struct gate_verdict *ret,
              struct why *why)
{
	int64_t again;
	const struct gate_check *first = judge(p, f, ret->check, &again);
	ret->policy_version = p->version;
	ret->code = first ? first->why.code : E_NONE;
	ret->again_utc_ms = first ? next_possible(p, f, again) : f->now_utc_ms;
	if (!first)
		return ERR_OK;
	if (why)
		*why = first->why;
	return err_kind(ret->code);
}
