/* Settings, the audit log, the server's own state, the company certificate, the OpenAPI document.
 */
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/http_door.h"
#include "api/req_int.h"
#include "auth/login.h"
#include "base/file.h"
#include "base/json.h"
#include "profile/settings.h"
#include "store/migrate.h"
#include "store/writer.h"

/* ---- audit ---- */

static const struct field AUDIT_QUERY[] = { F_INT("from", .doc = "UTC ms"),
	                                    F_INT("to", .doc = "UTC ms"),
	                                    F_ID("person_id"),
	                                    F_TEXT("action", .max = 40),
	                                    F_ID("subject_id"),
	                                    F_PAGE,
	                                    F_END };
static const struct field PERSON_REF[] = { F_ID("id"), F_TEXT("job_no"), F_TEXT("name"), F_END };
static const struct field AUDIT[] = {
	F_ID("id"),       F_INT("at_utc_ms"),     F_OBJ("person", PERSON_REF, .null = true),
	F_TEXT("action"), F_TEXT("subject_kind"), F_ID("subject_id", .null = true),
	F_TEXT("addr"),   F_JSON("detail"),       F_END
};

static enum err audit_json(const struct audit_row *r, void *ctx, struct why *why)
{
	json_t *detail = NULL, *person = NULL;
	enum err e = json_read_text(r->detail, &detail, why);
	if (e)
		return e;
	if (r->person_id)
		person = json_pack("{s:o, s:o, s:o}", "id", j_id(r->person_id), "job_no",
		                   j_text(r->job_no), "name", j_text(r->name));
	json_t *j =
	    json_pack("{s:o, s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "id", j_id(r->id), "at_utc_ms",
	              (json_int_t)r->at_utc_ms, "person", person ? person : json_null(), "action",
	              j_text(r->action), "subject_kind", j_text(r->subject_kind), "subject_id",
	              j_id(r->subject_id), "addr", j_text(r->addr), "detail", detail);
	return json_array_append_new(ctx, j) ? fail(why, E_NOMEM) : ERR_OK;
}

static enum err get_audit(struct req *rq, struct reply *rp, struct why *why)
{
	struct page page = req_page(rq);
	struct audit_filter f = { .from_utc_ms = req_int(rq, "from", 0),
		                  .to_utc_ms = req_int(rq, "to", 0),
		                  .person_id = req_id(rq, "person_id"),
		                  .action = req_text(rq, "action"),
		                  .subject_id = req_id(rq, "subject_id"),
		                  .size = page.size,
		                  .offset = page.offset };
	json_t *items = json_array();
	int64_t total = 0;
	enum err e = audit_each(req_db(rq), req_scope(rq), &f, audit_json, items, &total, why);
	if (e)
		json_decref(items);
	else
		reply_list(rp, items, total, NULL, NULL);
	return e;
}

/* ---- settings ---- */

static const struct field SETTING[] = {
	F_TEXT("name"),  F_TEXT("type", .one_of = "int|bool|text|secret"),
	F_JSON("value"), F_JSON("default"),
	F_INT("min"),    F_INT("max"),
	F_TEXT("unit"),  F_TEXT("zh"),
	F_TEXT("en"),    F_END
};
static const struct field SETTINGS_BODY[] = {
	F_JSON("values", .req = true, .doc = "{name: value}; what is not named stays"),
	F_TEXT("reason", .max = 200), F_END
};

static json_t *setting_default(const struct setting_row *r)
{
	switch (r->type) {
	case SETTING_INT:
		return json_integer(r->def);
	case SETTING_BOOL:
		return json_boolean(r->def != 0);
	case SETTING_TEXT:
	case SETTING_SECRET:
		break;
	}
	return j_text(r->def_text);
}

static json_t *setting_json(const struct settings *s, const struct setting_row *r)
{
	static const char *const TYPES[] = { [SETTING_INT] = "int",
		                             [SETTING_BOOL] = "bool",
		                             [SETTING_TEXT] = "text",
		                             [SETTING_SECRET] = "secret" };
	CLEANUP(str_free) struct str text = { 0 };
	struct jw w = { .out = &text };
	json_t *obj = NULL;
	jw_obj(&w, NULL);
	settings_write(s, r, &w);
	jw_end_obj(&w);
	if (json_read_text(str_text(&text), &obj, NULL))
		return NULL;
	json_t *j = json_pack("{s:s, s:s, s:O, s:o, s:I, s:I, s:o, s:o, s:o}", "name", r->name,
	                      "type", TYPES[r->type], "value", json_object_get(obj, r->name),
	                      "default", setting_default(r), "min", (json_int_t)r->min, "max",
	                      (json_int_t)r->max, "unit", j_text(r->unit ? r->unit : ""), "zh",
	                      j_text(r->zh), "en", j_text(r->en));
	json_decref(obj);
	return j;
}

static enum err reply_settings(struct req *rq, struct reply *rp, struct why *why)
{
	struct settings s;
	size_t n;
	const struct setting_row *rows = settings_rows(&n);
	enum err e = settings_load(req_db(rq), req_now_utc_ms(rq), &s, why);
	if (e)
		return e;
	json_t *items = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(items, setting_json(&s, &rows[i]));
	reply_list(rp, items, (int64_t)n, NULL, NULL);
	return ERR_OK;
}

struct settings_arg {
	const json_t *values;
	const char *reason;
	int64_t by_id, now_utc_ms;
	struct audit audit;
};

static enum err settings_write_all(struct tx *tx, const void *arg, struct why *why)
{
	const struct settings_arg *a = arg;
	const char *name;
	json_t *v;
	json_object_foreach((json_t *)(uintptr_t)a->values, name, v)
	{
		enum err e = settings_set(tx, name, v, a->by_id, a->reason, a->now_utc_ms, why);
		if (e)
			return e;
	}
	return audit_add(tx, &a->audit, why);
}

/* What the audit log keeps: of a secret only that it was set or taken away. */
static enum err settings_detail(const json_t *values, char **ret, struct why *why)
{
	CLEANUP(json_cleanup) json_t *shown = json_object();
	const char *name;
	json_t *v;
	json_object_foreach((json_t *)(uintptr_t)values, name, v)
	{
		if (!settings_is_secret(name))
			json_object_set(shown, name, v);
		else
			json_object_set_new(shown, name,
			                    json_string(json_string_length(v) ? "set" : ""));
	}
	return json_write(shown, ret, why);
}

static enum err put_settings(struct req *rq, struct reply *rp, struct why *why)
{
	CLEANUP(str_drop) char *detail = NULL;
	struct settings_arg a = { .values = req_json(rq, "values"),
		                  .reason = req_text(rq, "reason"),
		                  .by_id = req_person(rq),
		                  .now_utc_ms = req_now_utc_ms(rq) };
	if (!json_is_object(a.values)) {
		fail(why, E_TYPE_OBJECT, "values");
		return req_fail_field(rq, "values", why);
	}
	enum err e = settings_detail(a.values, &detail, why);
	a.audit = req_audit(rq, "settings.edit", "", 0);
	a.audit.detail = detail;
	if (!e)
		e = writer_do(req_writer(rq), LANE_NORMAL, settings_write_all, &a, why);
	struct settings s;
	if (!e && !(e = settings_load(req_db(rq), req_now_utc_ms(rq), &s, why)))
		http_door_apply(rq->api, &s); /* here at once; other nodes look every few seconds */
	return e ? e : reply_settings(rq, rp, why);
}

static enum err get_settings(struct req *rq, struct reply *rp, struct why *why)
{
	return reply_settings(rq, rp, why);
}

/* ---- state ---- */

static const struct field STATUS[] = { F_TEXT("version"),
	                               F_INT("now_utc_ms"),
	                               F_INT("schema"),
	                               F_TEXT("engine", .one_of = "sqlite|postgresql"),
	                               F_INT("streams", .doc = "browsers connected"),
	                               F_INT("queue", .doc = "requests waiting"),
	                               F_INT("writer_live_pct"),
	                               F_INT("writer_normal_pct"),
	                               F_INT("commits"),
	                               F_INT("commit_avg_us"),
	                               F_INT("commit_max_us"),
	                               F_INT("free_bytes",
	                                     .doc = "on the disk of the data directory"),
	                               F_BOOL("telephone", .doc = "this server runs the telephone"),
	                               F_BOOL("https"),
	                               F_END };

static enum err get_status(struct req *rq, struct reply *rp, struct why *why)
{
	struct writer_stats st;
	struct writer *w = req_writer(rq);
	int64_t free_bytes = 0;
	enum err e = file_free_bytes(req_env(rq)->data_dir, &free_bytes, why);
	if (e)
		return e;
	writer_stats(w, &st);
	reply_json(
	    rp,
	    json_pack("{s:s, s:I, s:i, s:s, s:i, s:i, s:i, s:i, s:I, s:I, s:I, s:I, s:b, s:b}",
	              "version", HUJIAO_VERSION, "now_utc_ms", (json_int_t)req_now_utc_ms(rq),
	              "schema", migrate_newest(), "engine",
	              db_engine(req_db(rq)) == DB_SQLITE ? "sqlite" : "postgresql", "streams",
	              sse_count(req_hub(rq)), "queue", pool_depth(rq->api->pool), "writer_live_pct",
	              writer_load_pct(w, LANE_LIVE), "writer_normal_pct",
	              writer_load_pct(w, LANE_NORMAL), "commits", (json_int_t)st.commits,
	              "commit_avg_us", (json_int_t)(st.commits ? st.commit_us_sum / st.commits : 0),
	              "commit_max_us", (json_int_t)st.commit_us_max, "free_bytes",
	              (json_int_t)free_bytes, "telephone", req_env(rq)->voice != NULL, "https",
	              rq->api->cfg.https));
	return ERR_OK;
}

/* ---- documents ---- */

static enum err get_ca(struct req *rq, struct reply *rp, struct why *why)
{
	const char *path = rq->api->cfg.ca_cert;
	return path ? reply_file(rp, path, "application/x-x509-ca-cert", "hujiao-ca.crt", why)
	            : fail(why, E_ROUTE_NONE);
}

static enum err get_openapi(struct req *rq, struct reply *rp, struct why *why)
{
	CLEANUP(str_free) struct str text = { 0 };
	char *p = NULL;
	openapi_write(&text, rq->api->areas, rq->api->n_areas);
	size_t n = text.len;
	enum err e = str_take(&text, &p, why);
	if (!e)
		reply_bytes(rp, p, n, "application/json", NULL);
	return e;
}

static const struct route ROUTES[] = {
	{ HTTP_GET, "/api/v1/audit", get_audit, .perm = PERM_AUDIT_SEE, .query = AUDIT_QUERY,
	  .list = AUDIT, .zh = "操作日志", .en = "The audit log" },
	{ HTTP_GET, "/api/v1/settings", get_settings, .perm = PERM_SETTINGS_EDIT, .list = SETTING,
	  .zh = "设置", .en = "The settings" },
	{ HTTP_PUT, "/api/v1/settings", put_settings, .fresh = true, .perm = PERM_SETTINGS_EDIT,
	  .body = SETTINGS_BODY, .list = SETTING, .zh = "改设置", .en = "Change settings" },
	{ HTTP_GET, "/api/v1/status", get_status, .perm = PERM_SETTINGS_EDIT, .reply = STATUS,
	  .zh = "服务器状态", .en = "The server's state" },
	{ HTTP_GET, "/ca.crt", get_ca, .open = true, .mime = "application/x-x509-ca-cert",
	  .zh = "公司根证书", .en = "The company's root certificate" },
	{ HTTP_GET, "/openapi.json", get_openapi, .open = true, .mime = "application/json",
	  .zh = "接口文档", .en = "This interface as an OpenAPI 3.1 document" },
	ROUTE_END,
};

const struct api_area API_ADMIN = { .tag = "admin", .routes = ROUTES };
