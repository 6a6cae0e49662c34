#include "door.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/login.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/id.h"
#include "base/log.h"
#include "base/str.h"
#include "base/zone.h"
#include "gate/vault.h"
#include "team/person.h"
#include "team/unit.h"

const char *const JOB_NO[WHO_COUNT] = { "1001", "2001", "3001", "4001", "5001", "1002" };
static const char *const ROLE[WHO_COUNT] = { "agent",   "supervisor",    "inspector",
	                                     "manager", "administrator", "agent" };

static enum err make_company(struct tx *tx, const void *arg, struct why *why)
{
	const struct door *d = arg;
	struct unit_new u = { d->company, 0, "company", "胡椒演示公司", 1, 1000 };
	enum err e = unit_add(tx, &u, why);
	const struct unit_new below[] = { { d->team[0], d->company, "team", "一组", 1, 1000 },
		                          { d->team[1], d->company, "team", "二组", 1, 1000 },
		                          { d->quality, d->company, "team", "质检组", 1, 1000 } };
	for (size_t i = 0; !e && i < 3; i++)
		e = unit_add(tx, &below[i], why);
	for (int w = 0; !e && w < WHO_COUNT; w++) {
		int64_t unit = w == STRANGER                ? d->team[1]
		               : w == INSPECTOR             ? d->quality
		               : w == MANAGER || w == ADMIN ? d->company
		                                            : d->team[0];
		struct person_new p = { d->person[w], JOB_NO[w], "张三", ROLE[w], unit,
			                "zh",         "web",     NULL,   1000 };
		e = person_add(tx, &p, why);
	}
	return e ? e : person_looks_after(tx, d->person[INSPECTOR], d->team, 1, 1000, why);
}

static void make_people(struct door *d)
{
	struct why why = { 0 };
	char hash[CRYPTO_PASSWORD_BYTES];
	d->company = id_new();
	d->team[0] = id_new();
	d->team[1] = id_new();
	d->quality = id_new();
	for (int w = 0; w < WHO_COUNT; w++)
		d->person[w] = id_new();
	assert_ok(writer_do(d->t.w, LANE_NORMAL, make_company, d, &why), &why);
	assert_ok(crypto_password_hash(DOOR_PASSWORD, hash, &why), &why);
	for (int w = 0; w < WHO_COUNT; w++)
		test_db_exec(&d->t,
		             "INSERT INTO login (person_id, pw_hash, failed, changed_utc_ms) "
		             "VALUES (?1, ?2, 0, 0)",
		             ARGS(V_INT(d->person[w]), V_TEXT(hash)));
}

void door_open(struct door *d, const struct api_cfg *more)
{
	struct why why = { 0 };
	*d = (struct door){ 0 };
	log_set_level(getenv("DOOR_DEBUG") ? LOG_DEBUG : LOG_ERROR);
	assert_ok(crypto_init(&why), &why);
	test_db_open(&d->t);
	make_people(d);
	char master[300];
	snprintf(master, sizeof master, "%s/master.key", d->t.dir);
	assert_ok(vault_open(master, d->t.w, d->t.r, &d->vault, &why), &why);
	struct api_cfg cfg = more ? *more : (struct api_cfg){ 0 };
	cfg.addr = "127.0.0.1";
	cfg.db_url = d->t.url;
	cfg.env.writer = d->t.w;
	cfg.env.vault = d->vault;
	cfg.env.data_dir = d->t.dir;
	cfg.env.company = "胡椒演示公司";
	assert_ok(zone_get("Asia/Shanghai", &cfg.env.zone, &why), &why);
	d->https = cfg.https;
	assert_ok(api_start(&cfg, &d->api, &why), &why);
}

void door_close(struct door *d)
{
	api_stop(&d->api);
	vault_close(&d->vault);
	test_db_close(&d->t);
}

static size_t take(char *p, size_t size, size_t n, void *ctx)
{
	str_addn(ctx, p, size * n);
	return size * n;
}

static struct curl_slist *headers_of(const struct door *d, const struct ask *a)
{
	char text[600];
	struct curl_slist *l = curl_slist_append(NULL, "Expect:");
	if (a->origin ? *a->origin : strcmp(a->method, "GET") != 0) {
		if (a->origin)
			snprintf(text, sizeof text, "Origin: %s", a->origin);
		else
			snprintf(text, sizeof text, "Origin: %s://127.0.0.1:%u",
			         d->https ? "https" : "http", api_port(d->api));
		l = curl_slist_append(l, text);
	}
	if (a->cookie) {
		snprintf(text, sizeof text, "Cookie: %s", a->cookie);
		l = curl_slist_append(l, text);
	}
	if (a->body) {
		snprintf(text, sizeof text, "Content-Type: %s",
		         a->type ? a->type : "application/json");
		l = curl_slist_append(l, text);
	}
	if (a->range) {
		snprintf(text, sizeof text, "Range: %s", a->range);
		l = curl_slist_append(l, text);
	}
	snprintf(text, sizeof text, "Accept-Language: %s", a->lang ? a->lang : "zh-CN");
	return curl_slist_append(l, text);
}

struct answer door_ask(struct door *d, const struct ask *a)
{
	struct answer r = { 0 };
	struct str head = { 0 }, body = { 0 };
	char url[2000];
	long status = 0;
	CURL *c = curl_easy_init();
	struct curl_slist *l = headers_of(d, a);
	snprintf(url, sizeof url, "%s://127.0.0.1:%u%s", d->https ? "https" : "http",
	         api_port(d->api), a->path);
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_PATH_AS_IS, 1L);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_TIMEOUT, 30L);
	curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, a->method);
	if (strcmp(a->method, "HEAD") == 0)
		curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, l);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, &body);
	curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, take);
	curl_easy_setopt(c, CURLOPT_HEADERDATA, &head);
	if (d->https)
		curl_easy_setopt(c, CURLOPT_CAINFO, d->ca);
	if (a->body) {
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE,
		                 (curl_off_t)(a->body_bytes ? a->body_bytes : strlen(a->body)));
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, a->body);
	}
	if (curl_easy_perform(c) == CURLE_OK)
		curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	curl_slist_free_all(l);
	curl_easy_cleanup(c);
	r.status = (int)status;
	r.bytes = body.len;
	str_add(&body, "");
	r.json = body.len ? json_loadb(body.p, body.len, JSON_DECODE_ANY, NULL) : NULL;
	(void)!str_take(&body, &r.body, NULL);
	(void)!str_take(&head, &r.head, NULL);
	return r;
}

struct answer door_as(struct door *d, enum who who, const char *method, const char *path,
                      const char *body)
{
	if (!*d->cookie[who])
		door_login(d, who);
	return door_ask(
	    d, &(struct ask){
		   .method = method, .path = path, .cookie = d->cookie[who], .body = body });
}

void door_login(struct door *d, enum who who)
{
	char body[200];
	snprintf(body, sizeof body, "{\"job_no\":\"%s\",\"password\":\"" DOOR_PASSWORD "\"}",
	         JOB_NO[who]);
	struct answer r =
	    door_ask(d, &(struct ask){ .method = "POST", .path = "/api/v1/login", .body = body });
	if (r.status != 200)
		test_fail("log-in of %s: %d %s", JOB_NO[who], r.status, r.body ? r.body : "");
	const char *p = strstr(r.head, "hujiao=");
	assert_non_null(p);
	snprintf(d->cookie[who], sizeof d->cookie[who], "%.*s", (int)strcspn(p, ";"), p);
	answer_free(&r);
}

void door_login_all(struct door *d)
{
	for (int w = 0; w < WHO_COUNT; w++)
		door_login(d, (enum who)w);
}

void answer_free(struct answer *a)
{
	free(a->body);
	free(a->head);
	json_decref(a->json);
	*a = (struct answer){ 0 };
}

const char *answer_code(const struct answer *a)
{
	const char *s = json_string_value(json_object_get(a->json, "code"));
	return s ? s : "";
}
