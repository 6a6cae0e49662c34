/* Scripts: what to say, filled for the call at hand; objections; their versions. */
#include <string.h>

#include "api/api.h"
#include "api/h_floor.h"
#include "base/id.h"
#include "base/json.h"
#include "base/str.h"
#include "base/text.h"
#include "dialer/campaign.h"
#include "dialer/script.h"
#include "profile/version.h"
#include "team/person.h"

enum { SCRIPT_BODY_MAX = 400000, NAME_BYTES = 128 };

/* ---- fields ---- */

static const struct field REQUIRED[] = { F_TEXT("key"), F_TEXT("text", .lines = true), F_END };
static const struct field STEP[] = { F_TEXT("key"), F_TEXT("zh"), F_TEXT("text", .lines = true),
	                             F_ARR("required", REQUIRED), F_END };
static const struct field OBJECTION[] = { F_TEXT("q", .lines = true), F_TEXT("a", .lines = true),
	                                  F_TEXT("initials"), F_END };
static const struct field SCRIPT[] = { F_TEXT("key"),
	                               F_INT("version"),
	                               F_TEXT("name"),
	                               F_ARR("steps", STEP),
	                               F_ARR("objections", OBJECTION),
	                               F_END };
static const struct field SCRIPT_QUERY[] = { F_ID("campaign_id"), F_ID("call_id"), F_END };
static const struct field OBJECTION_QUERY[] = { F_TEXT("script_key", .max = 63),
	                                        F_TEXT("q", .max = 60), F_END };
static const struct field ROW[] = { F_TEXT("key"),        F_TEXT("name"),
	                            F_INT("version"),     F_INT("valid_from_utc_ms"),
	                            F_INT("made_utc_ms"), F_END };
static const struct field VERSION[] = { F_INT("version"),
	                                F_INT("valid_from_utc_ms"),
	                                F_INT("made_utc_ms"),
	                                F_ID("by_id", .null = true),
	                                F_TEXT("reason"),
	                                F_JSON("body"),
	                                F_END };
static const struct field SCRIPT_NEW[] = { F_TEXT("key", .req = true, .min = 1, .max = 63),
	                                   F_JSON("body", .req = true), F_END };
static const struct field VERSION_NEW[] = { F_JSON("body", .req = true),
	                                    F_TEXT("reason", .max = 200), F_END };
static const struct field MADE[] = { F_TEXT("key"), F_INT("version"), F_END };

/* ---- the script of a call or a campaign ---- */

/* A call that is being begun has no row yet: his desk knows of it. */
static enum err call_of_desk(struct req *rq, int64_t call_id, struct call_ref *ret, struct why *why)
{
	struct floor *f = req_env(rq)->floor;
	CLEANUP(json_cleanup) json_t *desk = NULL;
	enum err e =
	    f ? floor_cmd(f, &(struct floor_cmd){ .kind = CMD_DESK, .person_id = req_person(rq) },
	                  &desk, why)
	      : ERR_NOT_FOUND;
	const json_t *call = json_object_get(desk, "call");
	if (e || json_id(call, "id") != call_id)
		return fail(why, E_ROW_NONE);
	ret->customer_id = json_id(call, "customer_id");
	ret->campaign_id = json_id(json_object_get(desk, "campaign"), "id");
	return ERR_OK;
}

static enum err find_call(struct req *rq, int64_t call_id, struct call_ref *ret, struct why *why)
{
	struct why local = { 0 };
	enum err e = call_ref_load(req_db(rq), call_id, ret, &local);
	if (e == ERR_NOT_FOUND)
		return call_of_desk(rq, call_id, ret, why);
	if (e && why)
		*why = local;
	if (!e && !scope_has(req_scope(rq), ret->agent_id, ret->unit_id))
		return fail(why, E_ROW_NONE);
	return e;
}

/* Which script, and which version of it: a call keeps the one it began with. */
static enum err which(struct req *rq, char key[64], struct version **ret, int64_t *ret_customer,
                      struct why *why)
{
	struct call_ref call = { 0 };
	int64_t call_id = req_id(rq, "call_id");
	enum err e = ERR_OK;
	key[0] = '\0';
	*ret_customer = 0;
	if (call_id) {
		e = find_call(rq, call_id, &call, why);
		str_copy(key, 64, call.script_key);
		*ret_customer = call.customer_id;
	}
	if (!e && !*key && (req_id(rq, "campaign_id") || call.campaign_id))
		e = campaign_script_key(req_db(rq),
		                        call_id ? call.campaign_id : req_id(rq, "campaign_id"), key,
		                        64, why);
	if (!e && !*key)
		e = fail(why, E_SCRIPT_NONE);
	if (e)
		return e;
	return call.script_version
	           ? version_get(req_db(rq), "script", key, call.script_version, ret, why)
	           : version_at(req_db(rq), "script", key, req_now_utc_ms(rq), ret, why);
}

static enum err job_no_of(const struct person *p, void *ctx, struct why *why)
{
	(void)why;
	str_copy(ctx, 32, p->job_no);
	return ERR_OK;
}

static enum err get_script(struct req *rq, struct reply *rp, struct why *why)
{
	CLEANUP(version_free) struct version *v = NULL;
	CLEANUP(json_cleanup) json_t *body = NULL;
	char key[64], job_no[32] = "", call_as[NAME_BYTES] = "";
	int64_t customer_id;
	json_t *script = NULL;
	enum err e = which(rq, key, &v, &customer_id, why);
	if (!e)
		e = person_get(req_db(rq), req_person(rq), job_no_of, job_no, why);
	if (!e && customer_id)
		e = script_call_as(req_db(rq), customer_id, call_as, sizeof call_as, why);
	if (!e)
		e = json_read_text(v->body, &body, why);
	if (e)
		return e;
	struct script_names names = { call_as, job_no,
		                      json_str(body, "company", req_env(rq)->company) };
	if ((e = script_fill(key, v->n, v->body, &names, &script, why)))
		return e;
	reply_json(rp, script);
	return ERR_OK;
}

static enum err get_objections(struct req *rq, struct reply *rp, struct why *why)
{
	CLEANUP(version_free) struct version *v = NULL;
	json_t *list = NULL;
	if (!*req_text(rq, "script_key"))
		return fail(why, E_FIELD_REQUIRED, "script_key");
	enum err e = version_at(req_db(rq), "script", req_text(rq, "script_key"),
	                        req_now_utc_ms(rq), &v, why);
	if (e || (e = script_search(v->body, req_text(rq, "q"), &list, why)))
		return e;
	reply_list(rp, list, (int64_t)json_array_size(list), NULL, NULL);
	return ERR_OK;
}

/* ---- versions ---- */

static enum err add_row(const struct version *v, void *ctx, struct why *why)
{
	CLEANUP(json_cleanup) json_t *body = NULL;
	enum err e = json_read_text(v->body, &body, why);
	if (e)
		return e;
	json_t *j = json_pack("{s:s,s:s,s:I,s:I,s:I}", "key", v->key, "name",
	                      json_str(body, "name", v->key), "version", (json_int_t)v->n,
	                      "valid_from_utc_ms", (json_int_t)v->valid_from_utc_ms, "made_utc_ms",
	                      (json_int_t)v->made_utc_ms);
	return json_array_append_new(ctx, j) ? fail(why, E_NOMEM) : ERR_OK;
}

static enum err get_scripts(struct req *rq, struct reply *rp, struct why *why)
{
	json_t *list = json_array();
	enum err e = version_each(req_db(rq), "script", req_now_utc_ms(rq), add_row, list, why);
	if (e)
		json_decref(list);
	else
		reply_list(rp, list, (int64_t)json_array_size(list), NULL, NULL);
	return e;
}

static enum err add_version(const struct version *v, void *ctx, struct why *why)
{
	json_t *body = NULL;
	enum err e = json_read_text(v->body, &body, why);
	if (e)
		return e;
	json_t *j =
	    json_pack("{s:I,s:I,s:I,s:o,s:s,s:o}", "version", (json_int_t)v->n, "valid_from_utc_ms",
	              (json_int_t)v->valid_from_utc_ms, "made_utc_ms", (json_int_t)v->made_utc_ms,
	              "by_id", j_id(v->by_id), "reason", v->reason ? v->reason : "", "body", body);
	return json_array_append_new(ctx, j) ? fail(why, E_NOMEM) : ERR_OK;
}

static enum err get_versions(struct req *rq, struct reply *rp, struct why *why)
{
	json_t *list = json_array();
	enum err e =
	    version_history(req_db(rq), "script", req_text(rq, "key"), add_version, list, why);
	if (!e && json_array_size(list) == 0)
		e = fail(why, E_ROW_NONE);
	if (e)
		json_decref(list);
	else
		reply_list(rp, list, (int64_t)json_array_size(list), NULL, NULL);
	return e;
}

struct add {
	struct version_new v;
	struct audit audit;
	int64_t *n; /* result */
	bool must_be_new;
};

static enum err add_job(struct tx *tx, const void *arg, struct why *why)
{
	const struct add *a = arg;
	CLEANUP(version_free) struct version *old = NULL;
	enum err e = version_get(tx_db(tx), "script", a->v.key, 1, &old, why);
	if (e && e != ERR_NOT_FOUND)
		return e;
	if (a->must_be_new && !e)
		return fail(why, E_SCRIPT_TAKEN, a->v.key);
	if (!a->must_be_new && e)
		return e;
	e = version_add(tx, &a->v, a->n, why);
	return e ? e : audit_add(tx, &a->audit, why);
}

static enum err add_script(struct req *rq, struct reply *rp, bool must_be_new, struct why *why)
{
	char *body = NULL;
	int64_t n = 0;
	enum err e = script_check(req_json(rq, "body"), why);
	if (e)
		return req_fail_field(rq, "body", why);
	if ((e = json_write(req_json(rq, "body"), &body, why)))
		return e;
	struct add a = { .v = { .kind = "script",
		                .key = req_text(rq, "key"),
		                .body = body,
		                .valid_from_utc_ms = req_now_utc_ms(rq),
		                .by_id = req_person(rq),
		                .reason = must_be_new ? "" : req_text(rq, "reason"),
		                .now_utc_ms = req_now_utc_ms(rq) },
		         .audit =
		             req_audit(rq, must_be_new ? "script.add" : "script.edit", "script", 0),
		         .n = &n,
		         .must_be_new = must_be_new };
	e = strlen(body) > SCRIPT_BODY_MAX
	        ? fail(why, E_FIELD_INVALID, "body", "too long")
	        : writer_do(req_writer(rq), LANE_NORMAL, add_job, &a, why);
	free(body);
	if (!e)
		reply_json(rp, json_pack("{s:s,s:I}", "key", a.v.key, "version", (json_int_t)n));
	return e;
}

static enum err post_script(struct req *rq, struct reply *rp, struct why *why)
{
	if (!text_is_key(req_text(rq, "key"))) {
		(void)fail(why, E_FIELD_INVALID, "key", "a-z 0-9 _ - .");
		return req_fail_field(rq, "key", why);
	}
	return add_script(rq, rp, true, why);
}

static enum err post_version(struct req *rq, struct reply *rp, struct why *why)
{
	return add_script(rq, rp, false, why);
}

/* clang-format off */
static const struct route ROUTES[] = {
	{ HTTP_GET, "/api/v1/script", get_script, .perm = PERM_DESK_USE, .query = SCRIPT_QUERY, .reply = SCRIPT, .zh = "当前话术", .en = "The script of a call or a campaign, filled" },
	{ HTTP_GET, "/api/v1/objections", get_objections, .perm = PERM_DESK_USE, .query = OBJECTION_QUERY, .list = OBJECTION, .zh = "异议应答", .en = "Objections by words or pinyin initials" },
	{ HTTP_GET, "/api/v1/scripts", get_scripts, .perm = PERM_SCRIPT_EDIT, .or_perm = PERM_CAMPAIGN_EDIT, .list = ROW, .zh = "话术列表", .en = "Scripts" },
	{ HTTP_POST, "/api/v1/scripts", post_script, .perm = PERM_SCRIPT_EDIT, .body = SCRIPT_NEW, .body_max_bytes = 512 * 1024, .reply = MADE, .status = 201, .zh = "新建话术", .en = "Make a script" },
	{ HTTP_GET, "/api/v1/scripts/{key}", get_versions, .perm = PERM_SCRIPT_EDIT, .list = VERSION, .zh = "话术各版本", .en = "Versions of a script, newest first" },
	{ HTTP_POST, "/api/v1/scripts/{key}/versions", post_version, .perm = PERM_SCRIPT_EDIT, .body = VERSION_NEW, .body_max_bytes = 512 * 1024, .reply = MADE, .status = 201, .zh = "发布新版本", .en = "Publish a version; agents have it at their next call" },
	ROUTE_END
};
/* clang-format on */

const struct api_area API_SCRIPT = { .tag = "scripts", .routes = ROUTES };
