#include "practice/robots.h"

#include <curl/curl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "base/thread.h"

enum {
	POLL_MS = 300,
	LOGIN_RETRY_MS = 5000,
	REFUSED_REST_MS = 3000,
	NEXT_DAY_MS = 86400000,
	ANSWER_MAX_BYTES = 1 << 20
};

struct desk {
	struct robot_seat seat;
	struct robot robot;
	CURL *http; /* one connection and one cookie jar a robot */
	bool is_logged_in;
	int64_t login_after_ms;
	int64_t rest_until_ms;      /* after a refusal: no hammering */
	struct robot_result result; /* guarded by robots.lock */
};

struct robots {
	char base_url[128];
	struct robots_hooks hooks;
	struct thread *thread;
	atomic_bool is_stopping;
	pthread_mutex_t lock;
	struct curl_slist *headers;
	size_t n;
	struct desk desk[];
};

static size_t take_body(char *data, size_t size, size_t n, void *ctx)
{
	struct str *body = ctx;
	if (body->len + size * n > ANSWER_MAX_BYTES)
		return 0;
	str_addn(body, data, size * n);
	return size * n;
}

/* One request. @return the HTTP status, 0 when nobody answered */
static long request(struct robots *r, struct desk *d, const char *method, const char *path,
                    const char *json, struct str *body)
{
	char url[256];
	snprintf(url, sizeof url, "%s%s", r->base_url, path);
	str_clear(body);
	curl_easy_setopt(d->http, CURLOPT_URL, url);
	curl_easy_setopt(d->http, CURLOPT_CUSTOMREQUEST, method);
	curl_easy_setopt(d->http, CURLOPT_HTTPHEADER, r->headers);
	curl_easy_setopt(d->http, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(d->http, CURLOPT_WRITEDATA, body);
	curl_easy_setopt(d->http, CURLOPT_TIMEOUT, 10L);
	if (json) {
		curl_easy_setopt(d->http, CURLOPT_POSTFIELDS, json);
	} else {
		curl_easy_setopt(d->http, CURLOPT_HTTPGET, 1L);
		curl_easy_setopt(d->http, CURLOPT_CUSTOMREQUEST, method);
	}
	long status = 0;
	if (curl_easy_perform(d->http) != CURLE_OK)
		return 0;
	curl_easy_getinfo(d->http, CURLINFO_RESPONSE_CODE, &status);
	return status;
}

/* Posts and says in the log when the server refused. */
static bool post(struct robots *r, struct desk *d, const char *path, const char *json)
{
	struct str body = { 0 };
	long status = request(r, d, "POST", path, json, &body);
	if (status >= 300 || status == 0)
		log_info("practice", "refused", LOG_S("job_no", d->seat.job_no),
		         LOG_S("path", path), LOG_I("status", status),
		         LOG_S("body", str_text(&body)));
	if (status == 401)
		d->is_logged_in = false;
	if (status >= 300)
		d->rest_until_ms = clock_mono_ms() + REFUSED_REST_MS;
	str_free(&body);
	return status >= 200 && status < 300;
}

static void log_in(struct robots *r, struct desk *d, int64_t now_ms)
{
	if (now_ms < d->login_after_ms)
		return;
	d->login_after_ms = now_ms + LOGIN_RETRY_MS;
	struct str out = { 0 };
	struct jw w = { .out = &out };
	jw_obj(&w, NULL);
	jw_str(&w, "job_no", d->seat.job_no);
	jw_str(&w, "password", d->seat.password);
	jw_end_obj(&w);
	d->is_logged_in = post(r, d, "/api/v1/login", str_text(&out));
	str_free(&out);
}

/* A campaign that brings him customers by itself; 0: none is running. */
static int64_t pick_campaign(struct robot *robot, const json_t *items)
{
	int64_t ids[16];
	uint32_t n = 0;
	for (size_t i = 0; i < json_array_size(items) && n < 16; i++) {
		const json_t *c = json_array_get(items, i);
		if (strcmp(json_str(c, "mode", ""), "progressive") == 0)
			ids[n++] = json_id(c, "id");
	}
	return n ? ids[robot_random(robot, n)] : 0;
}

static void choose_campaign(struct robots *r, struct desk *d)
{
	struct str body = { 0 };
	CLEANUP(json_cleanup) json_t *list = NULL;
	if (request(r, d, "GET", "/api/v1/agent/campaigns", NULL, &body) == 200 &&
	    !json_read_text(str_text(&body), &list, NULL)) {
		int64_t id = pick_campaign(&d->robot, json_object_get(list, "items"));
		char json[64];
		snprintf(json, sizeof json, "{\"campaign_id\":\"%" PRId64 "\"}", id);
		if (id)
			(void)post(r, d, "/api/v1/agent/campaign", json);
		else
			d->rest_until_ms = clock_mono_ms() + REFUSED_REST_MS;
	}
	str_free(&body);
}

static void save(struct robots *r, struct desk *d, int64_t call_id, bool then_break)
{
	pthread_mutex_lock(&r->lock);
	struct robot_result res = d->result;
	pthread_mutex_unlock(&r->lock);
	if (!*res.code) { /* a call of before this process: somebody has to speak with him again */
		str_copy(res.code, sizeof res.code, "follow");
		res.next_in_ms = NEXT_DAY_MS;
	}
	struct str out = { 0 };
	struct jw w = { .out = &out };
	jw_obj(&w, NULL);
	jw_str(&w, "code", res.code);
	if (*res.grade)
		jw_str(&w, "grade", res.grade);
	jw_str(&w, "note", res.note);
	jw_int(&w, "flags", res.flags);
	if (res.next_in_ms)
		jw_int(&w, "next_utc_ms", clock_utc_ms() + res.next_in_ms);
	if (res.deal_fen)
		jw_int(&w, "deal_fen", res.deal_fen);
	jw_str(&w, "then", then_break ? "break" : "next");
	jw_end_obj(&w);
	char path[80];
	snprintf(path, sizeof path, "/api/v1/calls/%" PRId64 "/result", call_id);
	(void)post(r, d, path, str_text(&out));
	str_free(&out);
}

static struct robot_desk read_desk(struct robots *r, struct desk *d)
{
	struct robot_desk v = { .is_logged_in = d->is_logged_in };
	struct str body = { 0 };
	CLEANUP(json_cleanup) json_t *o = NULL;
	long status = d->is_logged_in ? request(r, d, "GET", "/api/v1/desk", NULL, &body) : 0;
	if (status == 401)
		d->is_logged_in = v.is_logged_in = false;
	if (status == 200 && !json_read_text(str_text(&body), &o, NULL)) {
		const json_t *call = json_object_get(o, "call");
		const char *state = json_str(o, "state", "");
		v.is_ready = strcmp(json_str(o, "status", ""), "ready") == 0;
		v.is_paused = strcmp(json_str(o, "status", ""), "paused") == 0;
		v.is_wrapping_up = strcmp(state, "wrapup") == 0;
		v.has_campaign = json_id(json_object_get(o, "campaign"), "id") != 0;
		v.call_id = json_id(call, "id");
		v.is_bridged = strcmp(state, "talking") == 0 &&
		               json_int(call, "bridged_utc_ms", 0) > 0 &&
		               json_int(call, "ended_utc_ms", 0) == 0;
		v.is_saved = json_bool(call, "result_saved", false);
	}
	str_free(&body);
	return v;
}

static void work(struct robots *r, struct desk *d)
{
	int64_t now_ms = clock_mono_ms();
	if (now_ms < d->rest_until_ms)
		return;
	struct robot_desk v = read_desk(r, d);
	enum robot_do what = robot_next(&d->robot, &v, now_ms);
	switch (what) {
	case ROBOT_WAIT:
		break;
	case ROBOT_LOG_IN:
		log_in(r, d, now_ms);
		break;
	case ROBOT_CHOOSE_CAMPAIGN:
		choose_campaign(r, d);
		break;
	case ROBOT_GO_READY:
		(void)post(r, d, "/api/v1/agent/status", "{\"status\":\"ready\"}");
		break;
	case ROBOT_TALK:
		r->hooks.talk(r->hooks.ctx, d->seat.job_no, v.call_id);
		break;
	case ROBOT_STOP_TALK:
		r->hooks.stop_talk(r->hooks.ctx, d->seat.job_no);
		break;
	case ROBOT_SAVE:
	case ROBOT_SAVE_BREAK:
		save(r, d, v.call_id, what == ROBOT_SAVE_BREAK);
		break;
	}
}

static void run(void *arg)
{
	struct robots *r = arg;
	while (!atomic_load(&r->is_stopping)) {
		int64_t begun_ms = clock_mono_ms();
		for (size_t i = 0; i < r->n && !atomic_load(&r->is_stopping); i++)
			work(r, &r->desk[i]);
		int64_t left_ms = begun_ms + POLL_MS - clock_mono_ms();
		if (left_ms > 0)
			usleep((useconds_t)left_ms * 1000);
	}
}

static void free_robots(struct robots **rp)
{
	struct robots *r = *rp;
	if (!r)
		return;
	for (size_t i = 0; i < r->n; i++)
		curl_easy_cleanup(r->desk[i].http);
	curl_slist_free_all(r->headers);
	pthread_mutex_destroy(&r->lock);
	free(r);
	*rp = NULL;
}

enum err robots_start(const char *base_url, const struct robot_seat *seats, size_t n, uint64_t seed,
                      const struct robots_hooks *hooks, struct robots **ret, struct why *why)
{
	CLEANUP(free_robots) struct robots *r = calloc(1, sizeof *r + n * sizeof r->desk[0]);
	if (!r)
		return fail(why, E_NOMEM);
	pthread_mutex_init(&r->lock, NULL);
	snprintf(r->base_url, sizeof r->base_url, "%s", base_url);
	r->hooks = *hooks;

	char origin[160];
	snprintf(origin, sizeof origin, "Origin: %s", base_url);
	r->headers =
	    curl_slist_append(curl_slist_append(NULL, "Content-Type: application/json"), origin);
	for (r->n = 0; r->n < n; r->n++) {
		struct desk *d = &r->desk[r->n];
		d->seat = seats[r->n];
		robot_init(&d->robot, &d->seat.manner, seed + r->n + 1);
		d->http = curl_easy_init();
		if (!d->http)
			return fail(why, E_NOMEM);
		curl_easy_setopt(d->http, CURLOPT_COOKIEFILE, ""); /* keeps cookies in memory */
		curl_easy_setopt(d->http, CURLOPT_NOSIGNAL, 1L);
		curl_easy_setopt(d->http, CURLOPT_SSL_VERIFYPEER,
		                 0L); /* our own server, on this machine */
		curl_easy_setopt(d->http, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	enum err e = thread_start("robots", run, r, &r->thread, why);
	if (e)
		return e;
	*ret = r;
	r = NULL;
	return ERR_OK;
}

void robots_stop(struct robots **r)
{
	if (!*r)
		return;
	atomic_store(&(*r)->is_stopping, true);
	thread_join(&(*r)->thread);
	free_robots(r);
}

void robots_set_result(struct robots *r, const char *job_no, const struct robot_result *res)
{
	pthread_mutex_lock(&r->lock);
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->desk[i].seat.job_no, job_no) == 0)
			r->desk[i].result = *res;
	pthread_mutex_unlock(&r->lock);
}
