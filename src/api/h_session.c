/* Log-in, the own person, passwords, one-time links and the live stream. */
#include <stdio.h>
#include <string.h>

#include "api/api.h"
#include "api/device.h"
#include "api/http_door.h"
#include "api/http_text.h"
#include "api/req_int.h"
#include "auth/login.h"
#include "base/log.h"
#include "store/tenure.h"
#include "store/writer.h"
#include "team/person.h"

enum { DEVICE_S = 180 * 24 * 3600 };

/* ---- fields ---- */

static const struct field UNIT_REF[] = { F_ID("id"), F_TEXT("name"), F_END };
static const struct field CELL[] = {
	F_INT("id"),
	F_BOOL("here", .doc = "calls of this person are run by the node that answers"),
	F_TEXT("addr", .doc = "of the page where they are run; empty: nowhere now"),
	F_END,
};
static const struct field ME[] = {
	F_ID("id"),
	F_TEXT("job_no"),
	F_TEXT("name"),
	F_TEXT("role", .one_of = "agent|supervisor|inspector|manager|administrator"),
	F_OBJ("unit", UNIT_REF),
	F_TEXTS("permissions"),
	F_TEXT("lang", .one_of = "zh|en"),
	F_TEXT("company"),
	F_BOOL("demo"),
	F_TEXT("station_kind", .one_of = "web|phone|none"),
	F_OBJ("cell", CELL),
	F_INT("failed_logins", .null = true,
	      .doc = "after a log-in: wrong passwords tried since the one before"),
	F_INT("password_min", .doc = "characters a new password must have"),
	F_END,
};
static const struct field CONFIRM_BODY[] = {
	F_TEXT("password", .req = true, .min = 1, .max = PASSWORD_MAX), F_END
};
static const struct field LOGIN_BODY[] = {
	F_TEXT("job_no", .req = true, .min = 1, .max = 32),
	F_TEXT("password", .req = true, .min = 1, .max = PASSWORD_MAX), F_END
};
static const struct field ME_BODY[] = { F_TEXT("lang", .req = true, .one_of = "zh|en"), F_END };
static const struct field PASSWORD_BODY[] = { F_TEXT("old", .req = true, .max = PASSWORD_MAX),
	                                      F_TEXT("new", .req = true, .max = PASSWORD_MAX),
	                                      F_END };
static const struct field LINK_QUERY[] = { F_TEXT("token", .req = true, .max = 64), F_END };
static const struct field LINK[] = { F_TEXT("purpose"), F_TEXT("job_no"), F_END };
static const struct field LINK_BODY[] = { F_TEXT("token", .req = true, .max = 64),
	                                  F_TEXT("password", .req = true, .max = PASSWORD_MAX),
	                                  F_END };
static const struct field KICKED[] = { F_INT("at_utc_ms"), F_TEXT("addr"), F_TEXT("user_agent"),
	                               F_END };
static const struct field NOTICE[] = { F_TEXT("kind"),
	                               F_TEXT("text_zh"),
	                               F_TEXT("text_en"),
	                               F_INT("at_utc_ms"),
	                               F_TEXT("link", .null = true),
	                               F_END };
static const struct field JOB[] = { F_ID("id"), F_TEXT("kind"), F_INT("progress", .doc = "0..100"),
	                            F_TEXT("state"), F_END };
static const struct field NOTHING[] = { F_END };

/* ---- me ---- */

struct me {
	struct req *rq;
	json_t *json;
};

static json_t *permissions(enum role r)
{
	json_t *list = json_array();
	for (int p = PERM_NONE + 1; p < PERM_COUNT; p++) {
		if (role_can(r, (enum perm)p))
			json_array_append_new(list, json_string(perm_text((enum perm)p)));
	}
	return list;
}

/* Where this person's calls are run: here, or at the node of his team's cell. */
static json_t *cell_json(struct req *rq, int64_t cell_id)
{
	char addr[NODE_ADDR_BYTES] = "";
	const struct cell_state *c = req_env(rq)->cell;
	bool is_here = !c || (c->cell_id == cell_id && cell_epoch(c));
	if (cell_addr(req_db(rq), cell_id, addr, NULL))
		addr[0] = '\0';
	return json_pack("{s:I, s:b, s:o}", "id", (json_int_t)cell_id, "here", is_here, "addr",
	                 j_text(addr));
}

static enum err me_of(const struct person *p, void *ctx, struct why *why)
{
	struct me *m = ctx;
	const struct api_env *env = req_env(m->rq);
	m->json =
	    json_pack("{s:o, s:o, s:o, s:o, s:{s:o, s:o}, s:o, s:o, s:o, s:b, s:o, s:o}", "id",
	              j_id(p->id), "job_no", j_text(p->job_no), "name", j_text(p->name), "role",
	              j_text(p->role), "unit", "id", j_id(p->unit_id), "name", j_text(p->unit_name),
	              "permissions", permissions(role_parse(p->role)), "lang", j_text(p->lang),
	              "company", j_text(env->company), "demo", env->is_demo, "station_kind",
	              j_text(p->station_kind), "cell", cell_json(m->rq, p->cell_id));
	return m->json ? ERR_OK : fail(why, E_NOMEM);
}

/* @param failed  wrong passwords before this log-in; -1: it is none */
static enum err reply_me(struct req *rq, struct reply *rp, int64_t person_id, int64_t failed,
                         struct why *why)
{
	struct me m = { rq, NULL };
	struct client c;
	enum err e = person_get(req_db(rq), person_id, me_of, &m, why);
	if (e)
		return e;
	http_door_client(rq, &c);
	json_object_set_new(m.json, "failed_logins", j_int_or_null(failed, failed < 0));
	json_object_set_new(m.json, "password_min", json_integer(c.password_min));
	reply_json(rp, m.json);
	return ERR_OK;
}

static enum err get_me(struct req *rq, struct reply *rp, struct why *why)
{
	return reply_me(rq, rp, req_person(rq), -1, why);
}

struct lang_arg {
	int64_t person_id;
	const char *lang;
};

static enum err lang_write(struct tx *tx, const void *arg, struct why *why)
{
	const struct lang_arg *a = arg;
	return person_edit(tx, &(struct person_change){ .id = a->person_id, .lang = a->lang }, why);
}

static enum err put_me(struct req *rq, struct reply *rp, struct why *why)
{
	struct lang_arg a = { req_person(rq), req_text(rq, "lang") };
	enum err e = writer_do(req_writer(rq), LANE_NORMAL, lang_write, &a, why);
	return e ? e : reply_me(rq, rp, a.person_id, -1, why);
}

/* ---- in and out ---- */

/* Who logs in. The texts live in `t` as long as the client is used. */
struct client_text {
	char browser[64], device[DEVICE_NONCE_BYTES], cookie[DEVICE_COOKIE_BYTES];
};

/* A name that a page of another host, or without https, cannot set for us (RFC 6265bis 4.1.3). */
static const char *cookie_name(const struct req *rq, bool is_device)
{
	static const char *const NAMES[2][2] = { { "hujiao", "hujiao_device" },
		                                 { "__Host-hujiao", "__Host-hujiao_device" } };
	return NAMES[rq->api->cfg.https][is_device];
}

const char *session_cookie_name(const struct req *rq)
{
	return cookie_name(rq, false);
}

static struct client client_of(const struct req *rq, struct client_text *t, const char *job_no)
{
	struct client c = { .user_agent = t->browser };
	const struct vault *v = req_env(rq)->vault;
	browser_name(req_header(rq, "User-Agent"), t->browser, sizeof t->browser);
	http_door_client(rq, &c);
	if (!cookie_get(req_header(rq, "Cookie"), cookie_name(rq, true), t->cookie,
	                sizeof t->cookie))
		t->cookie[0] = '\0';
	if (v && device_find(v, t->cookie, job_no, t->device))
		c.device = t->device;
	return c;
}

static void cookie_set(struct req *rq, struct reply *rp, bool is_device, const char *value,
                       int max_age_s)
{
	char text[DEVICE_COOKIE_BYTES + 120];
	snprintf(text, sizeof text, "%s=%s; Path=/; Max-Age=%d; HttpOnly; SameSite=Strict%s",
	         cookie_name(rq, is_device), value, max_age_s,
	         rq->api->cfg.https ? "; Secure" : "");
	reply_header(rp, "Set-Cookie", text);
}

/* This browser is known to the account from now on. */
static void remember_device(struct req *rq, struct reply *rp, const struct client *c,
                            const struct client_text *t, const char *job_no)
{
	char value[DEVICE_COOKIE_BYTES];
	const struct vault *v = req_env(rq)->vault;
	if (!v)
		return;
	if (c->device)
		snprintf(value, sizeof value, "%s", t->cookie);
	else
		device_add(v, t->cookie, job_no, value);
	cookie_set(rq, rp, true, value, DEVICE_S);
}

static void tell_replaced(struct req *rq, int64_t session_id, const struct client *c)
{
	json_t *body = json_pack("{s:I, s:o, s:o}", "at_utc_ms", (json_int_t)c->now_utc_ms, "addr",
	                         j_text(c->addr), "user_agent", j_text(c->user_agent));
	sse_kick(req_hub(rq), session_id, body);
	json_decref(body);
}

static enum err post_login(struct req *rq, struct reply *rp, struct why *why)
{
	struct client_text t;
	const char *job_no = req_text(rq, "job_no");
	struct client c = client_of(rq, &t, job_no);
	struct login_done done = { .failed = 0 };
	if (rq->shut_ms && !c.device)
		return fail(why, E_SHUT_OUT, (rq->shut_ms + 999) / 1000);
	enum err e =
	    login(req_db(rq), req_writer(rq), job_no, req_text(rq, "password"), &c, &done, why);
	if (e)
		return e;
	if (done.replaced_session_id)
		tell_replaced(rq, done.replaced_session_id, &c);
	cookie_set(rq, rp, false, done.token, (int)(c.life.longest_ms / 1000));
	remember_device(rq, rp, &c, &t, job_no);
	return reply_me(rq, rp, done.person_id, done.failed, why);
}

static enum err post_logout(struct req *rq, struct reply *rp, struct why *why)
{
	enum err e = session_end(req_writer(rq), rq->session.id, "logout", req_now_utc_ms(rq), why);
	if (e)
		return e;
	cookie_set(rq, rp, false, "", 0);
	return ERR_OK;
}

static enum err post_password(struct req *rq, struct reply *rp, struct why *why)
{
	struct client_text t;
	struct client c = client_of(rq, &t, "");
	(void)rp;
	enum err e = password_change(req_db(rq), req_writer(rq), req_person(rq),
	                             req_text(rq, "old"), req_text(rq, "new"), &c, why);
	if (e == ERR_INVALID)
		return req_fail_field(rq, why->code == E_PASSWORD_OLD ? "old" : "new", why);
	return e;
}

static enum err post_confirm(struct req *rq, struct reply *rp, struct why *why)
{
	struct client_text t;
	struct client c = client_of(rq, &t, "");
	(void)rp;
	enum err e = password_confirm(req_db(rq), req_writer(rq), &rq->session,
	                              req_text(rq, "password"), &c, why);
	return e == ERR_INVALID ? req_fail_field(rq, "password", why) : e;
}

static enum err get_link(struct req *rq, struct reply *rp, struct why *why)
{
	struct link_info info;
	enum err e = link_find(req_db(rq), req_text(rq, "token"), req_now_utc_ms(rq), &info, why);
	if (!e)
		reply_json(rp,
		           json_pack("{s:s, s:s}", "purpose", info.purpose, "job_no", info.job_no));
	return e;
}

static enum err post_link(struct req *rq, struct reply *rp, struct why *why)
{
	struct client_text t;
	struct client c = client_of(rq, &t, "");
	(void)rp;
	enum err e = link_use(req_db(rq), req_writer(rq), req_text(rq, "token"),
	                      req_text(rq, "password"), &c, why);
	return e == ERR_INVALID ? req_fail_field(rq, "password", why) : e;
}

/* ---- the stream ---- */

static enum err get_events(struct req *rq, struct reply *rp, struct why *why)
{
	struct sse_stream *st = NULL;
	enum err e = sse_open(req_hub(rq), rq, &st, why);
	if (e)
		return e;
	rp->kind = REPLY_STREAM;
	rp->stream = st;
	for (size_t i = 0; i < rq->api->n_areas; i++) {
		struct why not_sent = { 0 };
		const struct api_area *a = rq->api->areas[i];
		/* One screen's state missing must not keep the others from living. */
		if (a->greet && a->greet(rq, st, &not_sent))
			log_warn("http", "greeting_failed", LOG_S("area", a->tag),
			         LOG_WHY(&not_sent));
	}
	return ERR_OK;
}

static const struct route ROUTES[] = {
	{ HTTP_POST, "/api/v1/login", post_login, .open = true, .body = LOGIN_BODY, .reply = ME,
	  .zh = "登录", .en = "Log in by job number; the last log-in wins" },
	{ HTTP_POST, "/api/v1/logout", post_logout, .zh = "退出", .en = "Log out" },
	{ HTTP_GET, "/api/v1/me", get_me, .reply = ME, .zh = "我",
	  .en = "Who I am and what I may do" },
	{ HTTP_PUT, "/api/v1/me", put_me, .body = ME_BODY, .reply = ME, .zh = "改我的语言",
	  .en = "Set my language" },
	{ HTTP_POST, "/api/v1/password", post_password, .body = PASSWORD_BODY, .zh = "改密码",
	  .en = "Change my password" },
	{ HTTP_POST, "/api/v1/confirm", post_confirm, .body = CONFIRM_BODY,
	  .zh = "再次输入密码，用于重要操作", .en = "Say my password again, for dangerous acts" },
	{ HTTP_GET, "/api/v1/link", get_link, .open = true, .query = LINK_QUERY, .reply = LINK,
	  .zh = "查看一次性链接", .en = "Whose one-time link this is" },
	{ HTTP_POST, "/api/v1/link", post_link, .open = true, .body = LINK_BODY,
	  .zh = "用一次性链接设密码", .en = "Set the password by a one-time link" },
	{ HTTP_GET, "/api/v1/events", get_events, .mime = "text/event-stream", .zh = "实时事件",
	  .en = "The live stream: snapshots, then deltas" },
	ROUTE_END,
};

static const struct sse_event EVENTS[] = {
	{ "kicked", KICKED, "在别处登录", "Logged in elsewhere" },
	{ "notice", NOTICE, "通知", "A notice" },
	{ "job", JOB, "后台任务进度", "A background job's progress" },
	{ "reset", NOTHING, "内容有遗漏，请重新获取", "Something was dropped: ask anew" },
	SSE_EVENT_END,
};

const struct api_area API_SESSION = {
	.tag = "session", .routes = ROUTES, .events = EVENTS, .facts = "notice"
};
