/* The rules of the gate as data: the policy in effect, its versions, a new one. */
#include <stdlib.h>

#include "api/api.h"
#include "api/req.h"
#include "base/id.h"
#include "base/json.h"
#include "gate/policy.h"
#include "profile/version.h"
#include "store/writer.h"

static const struct field VERSION[] = { F_INT("n"),
	                                F_INT("valid_from_utc_ms"),
	                                F_INT("made_utc_ms"),
	                                F_ID("by_id", .null = true),
	                                F_TEXT("reason"),
	                                F_JSON("body"),
	                                F_END };
static const struct field POLICY[] = { F_TEXT("key"), F_OBJ("now", VERSION),
	                               F_ARR("history", VERSION), F_END };
static const struct field POLICY_BODY[] = {
	F_JSON("body", .req = true), F_INT("valid_from_utc_ms", .doc = "absent: from now on"),
	F_TEXT("reason", .req = true, .min = 2, .max = 200), F_END
};
static const struct field MADE[] = { F_INT("n"), F_END };

static json_t *version_json(const struct version *v)
{
	json_t *body = NULL;
	if (json_read_text(v->body, &body, NULL))
		return NULL;
	return json_pack("{s:I, s:I, s:I, s:o, s:s, s:o}", "n", (json_int_t)v->n,
	                 "valid_from_utc_ms", (json_int_t)v->valid_from_utc_ms, "made_utc_ms",
	                 (json_int_t)v->made_utc_ms, "by_id", j_id(v->by_id), "reason", v->reason,
	                 "body", body);
}

static enum err add_version(const struct version *v, void *ctx, struct why *why)
{
	return json_array_append_new(ctx, version_json(v)) ? fail(why, E_NOMEM) : ERR_OK;
}

static enum err get_policy(struct req *rq, struct reply *rp, struct why *why)
{
	CLEANUP(version_free) struct version *now = NULL;
	enum err e =
	    version_at(req_db(rq), "policy", POLICY_DEFAULT_KEY, req_now_utc_ms(rq), &now, why);
	if (e)
		return e;
	json_t *history = json_array();
	if ((e = version_history(req_db(rq), "policy", POLICY_DEFAULT_KEY, add_version, history,
	                         why))) {
		json_decref(history);
		return e;
	}
	reply_json(rp, json_pack("{s:s, s:o, s:o}", "key", POLICY_DEFAULT_KEY, "now",
	                         version_json(now), "history", history));
	return ERR_OK;
}

struct change {
	struct version_new version;
	struct audit audit;
	int64_t *ret_n;
};

static enum err write_policy(struct tx *tx, const void *arg, struct why *why)
{
	const struct change *c = arg;
	enum err e = version_add(tx, &c->version, c->ret_n, why);
	return e ? e : audit_add(tx, &c->audit, why);
}

static enum err put_policy(struct req *rq, struct reply *rp, struct why *why)
{
	char *body = json_dumps(req_json(rq, "body"), JSON_COMPACT);
	struct policy *parsed = calloc(1, sizeof *parsed);
	int64_t n = 0, now_utc_ms = req_now_utc_ms(rq);
	struct change c = { .audit = req_audit(rq, "policy.change", "policy", 0), .ret_n = &n };
	enum err e = body && parsed ? policy_parse(body, POLICY_DEFAULT_KEY, 0, parsed, why)
	                            : fail(why, E_NOMEM);
	if (e == ERR_INVALID)
		e = req_fail_field(rq, "body", why);
	c.version =
	    (struct version_new){ .kind = "policy",
		                  .key = POLICY_DEFAULT_KEY,
		                  .body = body,
		                  .valid_from_utc_ms = req_int(rq, "valid_from_utc_ms", now_utc_ms),
		                  .by_id = req_person(rq),
		                  .reason = req_text(rq, "reason"),
		                  .now_utc_ms = now_utc_ms };
	if (!e)
		e = writer_do(req_writer(rq), LANE_NORMAL, write_policy, &c, why);
	if (!e)
		reply_json(rp, json_pack("{s:I}", "n", (json_int_t)n));
	free(parsed);
	free(body);
	return e;
}

static const struct route ROUTES[] = {
	{ HTTP_GET, "/api/v1/policy", get_policy, .reply = POLICY, .zh = "外呼准入规则",
	  .en = "The rules of the pre-dial gate" },
	{ HTTP_PUT, "/api/v1/policy", put_policy, .fresh = true, .perm = PERM_SETTINGS_EDIT,
	  .body = POLICY_BODY, .reply = MADE, .zh = "改外呼准入规则",
	  .en = "A new version of the gate's rules" },
	ROUTE_END
};

const struct api_area API_POLICY = { .tag = "settings", .routes = ROUTES };
