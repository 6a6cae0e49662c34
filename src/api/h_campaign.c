/* Campaigns: what is called, by whom, how; and their lists. */
#include <string.h>

#include "api/api.h"
#include "api/h_floor.h"
#include "base/id.h"
#include "base/json.h"
#include "crm/customer.h"
#include "dialer/campaign.h"
#include "profile/settings.h"
#include "profile/version.h"

enum { ADD_MAX = 500 };

/* ---- fields ---- */

static const char MODES[] = "manual|preview|progressive";
static const struct field UNIT[] = { F_ID("id"), F_TEXT("name"), F_END };
static const struct field TASKS[] = { F_INT("new"),  F_INT("retry"),   F_INT("live"),
	                              F_INT("done"), F_INT("blocked"), F_END };
static const struct field CAMPAIGN[] = {
	F_ID("id"),
	F_TEXT("name"),
	F_TEXT("mode", .one_of = MODES),
	F_TEXT("state", .one_of = "draft|running|paused|ended"),
	F_ID("unit_id"),
	F_OBJ("unit", UNIT),
	F_TEXT("script_key"),
	F_ID("trunk_id", .null = true),
	F_ID("caller_number_id", .null = true),
	F_TEXT("purpose"),
	F_INT("ring_timeout_s"),
	F_INT("wrapup_limit_s"),
	F_INT("max_attempts"),
	F_OBJ("tasks", TASKS),
	F_IDS("agents", .null = true),
	F_INT("created_utc_ms"),
	F_END,
};
#define FORM_LIMITS \
	F_TEXT("script_key", .max = 63), F_ID("trunk_id", .null = true), \
	    F_ID("caller_number_id", .null = true), F_INT("ring_timeout_s", .min = 5, .max = 120), \
	    F_INT("wrapup_limit_s", .min = 5, .max = 1800), \
	    F_INT("max_attempts", .min = 1, .max = 50), \
	    F_IDS("agents", .max = CAMPAIGN_AGENTS_MAX)
static const struct field CAMPAIGN_NEW[] = { F_TEXT("name", .req = true, .min = 1, .max = 60),
	                                     F_TEXT("mode", .req = true, .one_of = MODES),
	                                     F_ID("unit_id", .req = true), FORM_LIMITS, F_END };
static const struct field CAMPAIGN_EDIT[] = { F_TEXT("name", .min = 1, .max = 60),
	                                      F_TEXT("mode", .one_of = MODES), F_ID("unit_id"),
	                                      FORM_LIMITS, F_END };
static const struct field CUSTOMER[] = { F_ID("id"), F_TEXT("name"), F_TEXT("grade"), F_END };
static const struct field TASK[] = { F_ID("id"),
	                             F_TEXT("state"),
	                             F_INT("attempts"),
	                             F_INT("due_utc_ms", .null = true),
	                             F_TEXT("reason"),
	                             F_OBJ("customer", CUSTOMER),
	                             F_MASK("number"),
	                             F_TEXT("place"),
	                             F_END };
static const struct field TASK_QUERY[] = { F_TEXT("state", .one_of = "new|retry|live|done|blocked"),
	                                   F_PAGE, F_END };
static const struct field TASKS_NEW[] = { F_ID("batch_id"), F_IDS("customer_ids", .max = ADD_MAX),
	                                  F_END };
static const struct field ADDED[] = { F_INT("added"), F_END };

/* ---- reading ---- */

static json_t *campaign_json(const struct campaign_row *c)
{
	return json_pack("{s:o,s:o,s:s,s:s,s:o,s:{s:o,s:o},s:s,s:o,s:o,s:s,s:I,s:I,s:I,s:{s:I,s:I,"
	                 "s:I,s:I,s:I},s:I}",
	                 "id", j_id(c->id), "name", j_text(c->name), "mode", c->mode, "state",
	                 c->state, "unit_id", j_id(c->unit_id), "unit", "id", j_id(c->unit_id),
	                 "name", j_text(c->unit_name), "script_key", c->script_key, "trunk_id",
	                 j_id(c->trunk_id), "caller_number_id", j_id(c->caller_number_id),
	                 "purpose", c->purpose, "ring_timeout_s", (json_int_t)c->ring_timeout_s,
	                 "wrapup_limit_s", (json_int_t)c->wrapup_limit_s, "max_attempts",
	                 (json_int_t)c->max_attempts, "tasks", "new", (json_int_t)c->n_new, "retry",
	                 (json_int_t)c->n_retry, "live", (json_int_t)c->n_live, "done",
	                 (json_int_t)c->n_done, "blocked", (json_int_t)c->n_blocked,
	                 "created_utc_ms", (json_int_t)c->created_utc_ms);
}

static enum err add_json(const struct campaign_row *c, void *ctx, struct why *why)
{
	return json_array_append_new(ctx, campaign_json(c)) ? fail(why, E_NOMEM) : ERR_OK;
}

static enum err get_campaigns(struct req *rq, struct reply *rp, struct why *why)
{
	json_t *list = json_array();
	enum err e = campaign_each(req_scope(rq), req_db(rq), add_json, list, why);
	if (e)
		json_decref(list);
	else
		reply_list(rp, list, (int64_t)json_array_size(list), NULL, NULL);
	return e;
}

static enum err reply_campaign(struct req *rq, struct reply *rp, int64_t id, struct why *why)
{
	int64_t agents[CAMPAIGN_AGENTS_MAX];
	size_t n = 0;
	json_t *list = json_array();
	enum err e = campaign_get(req_scope(rq), req_db(rq), id, add_json, list, why);
	if (!e)
		e = campaign_agents(req_db(rq), id, agents, CAMPAIGN_AGENTS_MAX, &n, why);
	if (!e) {
		json_t *ids = json_array(), *c = json_incref(json_array_get(list, 0));
		for (size_t i = 0; i < n; i++)
			json_array_append_new(ids, j_id(agents[i]));
		json_object_set_new(c, "agents", ids);
		reply_json(rp, c);
	}
	json_decref(list);
	return e;
}

static enum err get_campaign(struct req *rq, struct reply *rp, struct why *why)
{
	return reply_campaign(rq, rp, req_id(rq, "id"), why);
}

static enum err seen(const struct campaign_row *c, void *ctx, struct why *why)
{
	(void)c;
	(void)ctx;
	(void)why;
	return ERR_OK;
}

static enum err reach(const struct req *rq, int64_t id, struct why *why)
{
	return campaign_get(req_scope(rq), req_db(rq), id, seen, NULL, why);
}

static enum err add_task(const struct task_row *t, void *ctx, struct why *why)
{
	char place[96];
	snprintf(place, sizeof place, "%s%s%s", t->province, *t->province && *t->city ? " " : "",
	         t->city);
	json_t *j = json_pack("{s:o,s:s,s:I,s:I,s:s,s:{s:o,s:o,s:s},s:s,s:s}", "id", j_id(t->id),
	                      "state", t->state, "attempts", (json_int_t)t->attempts, "due_utc_ms",
	                      (json_int_t)t->due_utc_ms, "reason", t->reason, "customer", "id",
	                      j_id(t->customer_id), "name", j_text(t->customer_name), "grade",
	                      t->grade, "number", t->number, "place", place);
	return json_array_append_new(ctx, j) ? fail(why, E_NOMEM) : ERR_OK;
}

static enum err get_tasks(struct req *rq, struct reply *rp, struct why *why)
{
	struct page page = req_page(rq);
	json_t *list = json_array();
	int64_t total = 0;
	enum err e = reach(rq, req_id(rq, "id"), why);
	if (!e)
		e = campaign_tasks(req_db(rq), req_id(rq, "id"), req_text(rq, "state"), page.size,
		                   page.offset, add_task, list, &total, why);
	if (e)
		json_decref(list);
	else
		reply_list(rp, list, total, NULL, NULL);
	return e;
}

/* ---- changing ---- */

struct change {
	struct campaign_form form;
	int64_t agents[CAMPAIGN_AGENTS_MAX];
	bool is_new;
	enum campaign_state state;
	struct audit audit;
};

static const char *text_or_null(const struct req *rq, const char *name)
{
	return req_has(rq, name) ? req_text(rq, name) : NULL;
}

/* Left out on making: what the company's settings say. */
static enum err fill_defaults(const struct req *rq, struct campaign_form *f, struct why *why)
{
	struct settings s;
	enum err e = settings_load(req_db(rq), f->now_utc_ms, &s, why);
	if (e)
		return e;
	f->ring_timeout_s = f->ring_timeout_s ? f->ring_timeout_s : s.ring_timeout_s;
	f->wrapup_limit_s = f->wrapup_limit_s ? f->wrapup_limit_s : s.wrapup_limit_s;
	f->max_attempts = f->max_attempts ? f->max_attempts : s.campaign_max_attempts;
	return ERR_OK;
}

static enum err check_form(struct req *rq, const struct campaign_form *f, struct why *why)
{
	CLEANUP(version_free) struct version *v = NULL;
	if (f->unit_id && !scope_has_unit(req_scope(rq), f->unit_id)) {
		(void)fail(why, E_FIELD_INVALID, "unit_id", "not yours");
		return req_fail_field(rq, "unit_id", why);
	}
	if (!f->script_key || !*f->script_key)
		return ERR_OK;
	enum err e = version_at(req_db(rq), "script", f->script_key, f->now_utc_ms, &v, why);
	return e ? req_fail_field(rq, "script_key", why) : ERR_OK;
}

static void take_form(const struct req *rq, struct change *c)
{
	c->form = (struct campaign_form){ .name = text_or_null(rq, "name"),
		                          .mode = text_or_null(rq, "mode"),
		                          .script_key = text_or_null(rq, "script_key"),
		                          .unit_id = req_id(rq, "unit_id"),
		                          .trunk_id = req_id(rq, "trunk_id"),
		                          .caller_number_id = req_id(rq, "caller_number_id"),
		                          .ring_timeout_s = req_int(rq, "ring_timeout_s", 0),
		                          .wrapup_limit_s = req_int(rq, "wrapup_limit_s", 0),
		                          .max_attempts = req_int(rq, "max_attempts", 0),
		                          .by_id = req_person(rq),
		                          .now_utc_ms = req_now_utc_ms(rq) };
	if (req_has(rq, "agents")) {
		c->form.n_agents = req_ids(rq, "agents", c->agents, CAMPAIGN_AGENTS_MAX);
		c->form.agents = c->agents;
	}
}

static enum err change_job(struct tx *tx, const void *arg, struct why *why)
{
	const struct change *c = arg;
	enum err e = c->is_new ? campaign_add(tx, &c->form, why) : campaign_edit(tx, &c->form, why);
	return e ? e : audit_add(tx, &c->audit, why);
}

/* The floor should know now, not at its next look. */
static void tell_floor(const struct req *rq)
{
	struct why unheard;
	if (floor_req(rq, (struct floor_cmd){ .kind = CMD_RELOAD }, NULL, &unheard))
		return;
}

static enum err save(struct req *rq, struct reply *rp, struct change *c, struct why *why)
{
	enum err e = check_form(rq, &c->form, why);
	if (!e)
		e = writer_do(req_writer(rq), LANE_NORMAL, change_job, c, why);
	if (e)
		return e;
	tell_floor(rq);
	return reply_campaign(rq, rp, c->form.id, why);
}

static enum err post_campaign(struct req *rq, struct reply *rp, struct why *why)
{
	struct change c = { .is_new = true };
	take_form(rq, &c);
	c.form.id = id_new();
	c.audit = req_audit(rq, "campaign.add", "campaign", c.form.id);
	enum err e = fill_defaults(rq, &c.form, why);
	return e ? e : save(rq, rp, &c, why);
}

static enum err patch_campaign(struct req *rq, struct reply *rp, struct why *why)
{
	struct change c = { .is_new = false };
	take_form(rq, &c);
	c.form.id = req_id(rq, "id");
	c.audit = req_audit(rq, "campaign.edit", "campaign", c.form.id);
	enum err e = reach(rq, c.form.id, why);
	return e ? e : save(rq, rp, &c, why);
}

static enum err state_job(struct tx *tx, const void *arg, struct why *why)
{
	const struct change *c = arg;
	enum err e = campaign_set_state(tx, c->form.id, c->state, why);
	return e ? e : audit_add(tx, &c->audit, why);
}

static enum err set_state(struct req *rq, struct reply *rp, enum campaign_state s,
                          const char *action, struct why *why)
{
	struct change c = { .form = { .id = req_id(rq, "id") }, .state = s };
	c.audit = req_audit(rq, action, "campaign", c.form.id);
	enum err e = reach(rq, c.form.id, why);
	if (!e)
		e = writer_do(req_writer(rq), LANE_NORMAL, state_job, &c, why);
	if (e)
		return e;
	tell_floor(rq);
	return reply_campaign(rq, rp, c.form.id, why);
}

static enum err post_start(struct req *rq, struct reply *rp, struct why *why)
{
	return set_state(rq, rp, CAMPAIGN_RUNNING, "campaign.start", why);
}

static enum err post_pause(struct req *rq, struct reply *rp, struct why *why)
{
	return set_state(rq, rp, CAMPAIGN_PAUSED, "campaign.pause", why);
}

static enum err post_end(struct req *rq, struct reply *rp, struct why *why)
{
	return set_state(rq, rp, CAMPAIGN_ENDED, "campaign.end", why);
}

/* ---- its list ---- */

struct add {
	int64_t campaign_id, batch_id, now_utc_ms;
	int64_t customers[ADD_MAX];
	size_t n;
	int64_t *last, *added; /* results */
};

static enum err add_job(struct tx *tx, const void *arg, struct why *why)
{
	const struct add *a = arg;
	enum err e = ERR_OK;
	int64_t added = 0, last = *a->last;
	if (a->batch_id)
		e = campaign_add_batch(tx, a->campaign_id, a->batch_id, *a->last, a->now_utc_ms,
		                       &added, &last, why);
	for (size_t i = 0; !e && i < a->n; i++) {
		int64_t one = 0;
		e = campaign_add_customer(tx, a->campaign_id, a->customers[i], a->now_utc_ms, &one,
		                          why);
		added += one;
	}
	/* Set, not added to: a job may run twice. */
	if (!e) {
		a->added[0] = added;
		a->added[1] = last;
	}
	return e;
}

static enum err post_tasks(struct req *rq, struct reply *rp, struct why *why)
{
	int64_t last = 0, out[2] = { 0 }, total = 0;
	struct add a = { .campaign_id = req_id(rq, "id"),
		         .batch_id = req_id(rq, "batch_id"),
		         .now_utc_ms = req_now_utc_ms(rq),
		         .last = &last,
		         .added = out };
	a.n = req_ids(rq, "customer_ids", a.customers, ADD_MAX);
	enum err e = reach(rq, a.campaign_id, why);
	for (size_t i = 0; !e && i < a.n; i++)
		e = customer_in_scope(req_scope(rq), req_db(rq), a.customers[i], why);
	do {
		if (e || (e = writer_do(req_writer(rq), LANE_NORMAL, add_job, &a, why)))
			return e;
		total += out[0];
		last = out[1];
	} while (a.batch_id && last);
	tell_floor(rq);
	reply_json(rp, json_pack("{s:I}", "added", (json_int_t)total));
	return ERR_OK;
}

/* clang-format off */
static const struct route ROUTES[] = {
	{ HTTP_GET, "/api/v1/campaigns", get_campaigns, .perm = PERM_CAMPAIGN_EDIT, .or_perm = PERM_BOARD_SEE, .list = CAMPAIGN, .zh = "外呼任务", .en = "Campaigns" },
	{ HTTP_POST, "/api/v1/campaigns", post_campaign, .perm = PERM_CAMPAIGN_EDIT, .body = CAMPAIGN_NEW, .reply = CAMPAIGN, .status = 201, .zh = "新建外呼任务", .en = "Make a campaign" },
	{ HTTP_GET, "/api/v1/campaigns/{id}", get_campaign, .perm = PERM_CAMPAIGN_EDIT, .or_perm = PERM_BOARD_SEE, .subject = "campaign", .reply = CAMPAIGN, .zh = "一个外呼任务", .en = "One campaign" },
	{ HTTP_PATCH, "/api/v1/campaigns/{id}", patch_campaign, .perm = PERM_CAMPAIGN_EDIT, .subject = "campaign", .body = CAMPAIGN_EDIT, .reply = CAMPAIGN, .zh = "修改外呼任务", .en = "Change a campaign" },
	{ HTTP_POST, "/api/v1/campaigns/{id}/start", post_start, .perm = PERM_CAMPAIGN_EDIT, .subject = "campaign", .reply = CAMPAIGN, .zh = "启动", .en = "Start" },
	{ HTTP_POST, "/api/v1/campaigns/{id}/pause", post_pause, .perm = PERM_CAMPAIGN_EDIT, .subject = "campaign", .reply = CAMPAIGN, .zh = "暂停", .en = "Pause" },
	{ HTTP_POST, "/api/v1/campaigns/{id}/end", post_end, .perm = PERM_CAMPAIGN_EDIT, .subject = "campaign", .reply = CAMPAIGN, .zh = "结束", .en = "End for good" },
	{ HTTP_GET, "/api/v1/campaigns/{id}/tasks", get_tasks, .perm = PERM_CAMPAIGN_EDIT, .or_perm = PERM_BOARD_SEE, .subject = "campaign", .query = TASK_QUERY, .list = TASK, .zh = "名单", .en = "Its list" },
	{ HTTP_POST, "/api/v1/campaigns/{id}/tasks", post_tasks, .perm = PERM_CAMPAIGN_EDIT, .subject = "campaign", .body = TASKS_NEW, .reply = ADDED, .zh = "加入名单", .en = "Put customers on the list" },
	ROUTE_END
};
/* clang-format on */

const struct api_area API_CAMPAIGN = { .tag = "campaigns", .routes = ROUTES };
