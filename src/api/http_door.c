#include "api/http_door.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/http_text.h"
#include "api/monitor.h"
#include "auth/guess.h"
#include "auth/password.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "voice/door.h"

enum {
	STRANGERS = 8192,
	SESSIONS = 8192,
	MINUTE_MS = 60 * 1000,
	HOUR_MS = 60 * MINUTE_MS,
	PROBES = 60, /* offences an address may make at once; an office is one address */
	PROBES_PER_HOUR = 600,
	FACTOR = 4,
	PACE_BURST_S = 10, /* seconds' worth of requests at once: a page that opens asks a lot */
};

struct http_door {
	pthread_mutex_t lock;
	struct bans *strangers, *pace; /* under lock */
	struct guess *guess;
	struct common *common; /* NULL: none */
	_Atomic int64_t password_min, idle_ms, longest_ms;
};

static const struct {
	const char *code, *zh, *en;
} WHYS[HTTP_WHY_COUNT] = {
#define X(name, code, zh, en) { code, zh, en },
	HTTP_WHY_LIST(X)
#undef X
};

const char *http_why_code(int why)
{
	return WHYS[why].code;
}

const char *http_why_zh(int why)
{
	return WHYS[why].zh;
}

const char *http_why_en(int why)
{
	return WHYS[why].en;
}

/* ---- rules ---- */

static struct ban_rule stranger_rule(const struct settings *s)
{
	return (struct ban_rule){ .burst = PROBES,
		                  .per_hour = PROBES_PER_HOUR,
		                  .first_ms = s->ban_first_min * MINUTE_MS,
		                  .factor = FACTOR,
		                  .longest_ms = s->ban_longest_h * HOUR_MS,
		                  .forget_ms = 24 * (int64_t)HOUR_MS };
}

static struct ban_rule pace_rule(const struct settings *s)
{
	return (struct ban_rule){ .burst = (int)s->http_per_s * PACE_BURST_S,
		                  .per_hour = (int)s->http_per_s * 3600,
		                  .first_ms = 1000,
		                  .factor = 1,
		                  .longest_ms = 1000,
		                  .forget_ms = 1000 };
}

static void take_lives(struct http_door *d, const struct settings *s)
{
	d->password_min = s->password_min;
	d->idle_ms = s->session_idle_min * MINUTE_MS;
	d->longest_ms = s->session_longest_h * HOUR_MS;
}

enum err http_door_new(const char *passwords_file, struct http_door **ret, struct why *why)
{
	CLEANUP(http_door_free) struct http_door *d = calloc(1, sizeof *d);
	struct settings s;
	if (!d)
		return fail(why, E_NOMEM);
	pthread_mutex_init(&d->lock, NULL);
	settings_defaults(&s);
	struct ban_rule strangers = stranger_rule(&s), pace = pace_rule(&s);
	enum err e = bans_new(STRANGERS, &strangers, &d->strangers, why);
	if (!e)
		e = bans_new(SESSIONS, &pace, &d->pace, why);
	if (!e)
		e = guess_new(&d->guess, why);
	if (!e && passwords_file)
		e = common_load(passwords_file, &d->common, why);
	if (e)
		return e;
	take_lives(d, &s);
	*ret = d;
	d = NULL;
	return ERR_OK;
}

void http_door_free(struct http_door **dp)
{
	struct http_door *d = *dp;
	if (!d)
		return;
	bans_free(&d->strangers);
	bans_free(&d->pace);
	guess_free(&d->guess);
	common_free(&d->common);
	pthread_mutex_destroy(&d->lock);
	free(d);
	*dp = NULL;
}

static void apply_on_loop(struct voice *v, void *arg)
{
	struct door_rule *r = arg;
	voice_door_rule(v, r);
	free(r);
}

static void apply_to_voice(struct voice *v, const struct settings *s)
{
	struct door_rule *r = calloc(1, sizeof *r);
	if (!r)
		return;
	*r = (struct door_rule){ (int)s->sip_ban_after, s->ban_first_min * MINUTE_MS,
		                 s->ban_longest_h * HOUR_MS, s->sip_ban_lines };
	if (voice_post(v, apply_on_loop, r, NULL))
		free(r); /* the loop is full: the next look at the settings tries again */
}

void http_door_apply(struct api *a, const struct settings *s)
{
	struct http_door *d = a->door;
	struct ban_rule strangers = stranger_rule(s), pace = pace_rule(s);
	enum log_level level;
	pthread_mutex_lock(&d->lock);
	bans_set_rule(d->strangers, &strangers);
	bans_set_rule(d->pace, &pace);
	pthread_mutex_unlock(&d->lock);
	take_lives(d, s);
	if (a->cfg.env.voice)
		apply_to_voice(a->cfg.env.voice, s);
	if (s->log_level.s[0] && log_level_parse(s->log_level.s, &level))
		log_set_level(level);
	else if (a->cfg.log_level && log_level_parse(a->cfg.log_level, &level))
		log_set_level(level);
}

/* ---- addresses ---- */

static bool is_own_machine(const char *addr)
{
	return strcmp(addr, "127.0.0.1") == 0 || strcmp(addr, "::1") == 0;
}

bool http_door_is_shut(struct req *rq)
{
	struct ban_key k;
	struct http_door *d = rq->api->door;
	if (is_own_machine(rq->addr) || !ban_key_addr(rq->addr, &k))
		return false;
	pthread_mutex_lock(&d->lock);
	rq->shut_ms = bans_left_ms(d->strangers, &k, clock_mono_ms());
	pthread_mutex_unlock(&d->lock);
	return rq->shut_ms > 0;
}

static void offend(const struct req *rq, enum http_why why)
{
	struct ban_key k;
	struct http_door *d = rq->api->door;
	int64_t now_ms = clock_mono_ms();
	if (is_own_machine(rq->addr) || !ban_key_addr(rq->addr, &k))
		return;
	pthread_mutex_lock(&d->lock);
	enum ban_verdict is = bans_offend(d->strangers, &k, 1, (int)why, now_ms);
	int64_t left_ms = bans_left_ms(d->strangers, &k, now_ms);
	pthread_mutex_unlock(&d->lock);
	if (is != BAN_BEGINS)
		return;
	metric_add(M_BANS_MADE, 1, 1);
	log_warn("http", "address_shut_out", LOG_S("addr", rq->addr),
	         LOG_S("for", http_why_code((int)why)), LOG_I("seconds", left_ms / 1000));
}

void http_door_judge(const struct req *rq)
{
	if (rq->has_session || rq->shut_ms)
		return;
	switch ((int)rq->logged_code) {
	case E_ROUTE_NONE:
	case E_ROUTE_METHOD:
		offend(rq, HTTP_WHY_PROBE);
		break;
	case E_ORIGIN:
		offend(rq, HTTP_WHY_FOREIGN);
		break;
	case E_LINK_GONE:
	case E_METRICS:
		offend(rq, HTTP_WHY_LINK);
		break;
	case E_LOGIN_WRONG:
	case E_LOGIN_WAIT:
		offend(rq, HTTP_WHY_PASSWORD);
		break;
	default:
		break;
	}
}

enum err http_door_pace(struct req *rq, struct why *why)
{
	struct http_door *d = rq->api->door;
	struct ban_key k = { { 0 } };
	memcpy(k.b, &rq->session.id, sizeof rq->session.id);
	int64_t now_ms = clock_mono_ms();
	enum ban_verdict is = BAN_HOLDS;
	pthread_mutex_lock(&d->lock);
	if (!bans_left_ms(d->pace, &k, now_ms)) /* what is refused does not count again */
		is = bans_offend(d->pace, &k, 1, 0, now_ms);
	pthread_mutex_unlock(&d->lock);
	return is == BAN_TOLERATED ? ERR_OK : fail(why, E_RATE, (int64_t)1);
}

/* ---- for log-ins ---- */

void http_door_client(const struct req *rq, struct client *ret)
{
	const struct http_door *d = rq->api->door;
	ret->addr = rq->addr;
	ret->now_utc_ms = rq->now_utc_ms;
	ret->guess = d->guess;
	ret->is_own_machine = is_own_machine(rq->addr);
	ret->password_min = d->password_min;
	ret->common = d->common;
	http_door_session_life(rq->api, &ret->life);
}

void http_door_session_life(const struct api *a, struct session_life *ret)
{
	*ret = (struct session_life){ a->door->idle_ms, a->door->longest_ms };
}

/* ---- the page ---- */

struct each {
	http_door_fn *fn;
	void *ctx;
	bool is_guess;
};

static void tell(void *ctx, const struct ban_row *r)
{
	const struct each *e = ctx;
	int why = e->is_guess ? HTTP_WHY_PASSWORD : r->why;
	e->fn(e->ctx, e->is_guess ? "login" : "http", r, WHYS[why].code, WHYS[why].zh,
	      WHYS[why].en);
}

void http_door_each(struct api *a, http_door_fn *fn, void *ctx)
{
	struct each e = { fn, ctx, false };
	pthread_mutex_lock(&a->door->lock);
	bans_each(a->door->strangers, clock_mono_ms(), tell, &e);
	pthread_mutex_unlock(&a->door->lock);
	e.is_guess = true;
	guess_each(a->door->guess, clock_mono_ms(), tell, &e);
}

bool http_door_lift(struct api *a, const struct ban_key *k)
{
	int64_t now_ms = clock_mono_ms();
	pthread_mutex_lock(&a->door->lock);
	bool was = bans_lift(a->door->strangers, k, now_ms);
	pthread_mutex_unlock(&a->door->lock);
	return guess_lift(a->door->guess, k, now_ms) || was;
}
