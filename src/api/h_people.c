/* People and units, for the administrator; names of people for everyone's filters. */
#include <string.h>

#include "api/api.h"
#include "api/req.h"
#include "api/sse.h"
#include "auth/login.h"
#include "base/id.h"
#include "store/writer.h"
#include "team/person.h"
#include "team/unit.h"

enum { LOOKS_AFTER_MAX = 100 };

/* ---- fields ---- */

static const char ROLES[] = "agent|supervisor|inspector|manager|administrator";
static const struct field UNIT_REF[] = { F_ID("id"), F_TEXT("name"), F_END };
static const struct field PERSON[] = {
	F_ID("id"),
	F_TEXT("job_no"),
	F_TEXT("name"),
	F_TEXT("role", .one_of = ROLES),
	F_OBJ("unit", UNIT_REF),
	F_TEXT("lang", .one_of = "zh|en"),
	F_TEXT("station_kind", .one_of = "web|phone|none"),
	F_TEXT("station_uri", .null = true, .perm = PERM_PEOPLE_EDIT),
	F_INT("created_utc_ms"),
	F_INT("left_utc_ms", .null = true),
	F_INT("seen_utc_ms", .null = true, .doc = "the last request of the latest session"),
	F_BOOL("has_password"),
	F_IDS("unit_ids", .null = true,
	      .doc = "teams looked after beside the own; of one person only"),
	F_END,
};
static const struct field PEOPLE_QUERY[] = { F_ID("unit_id"),
	                                     F_TEXT("role", .one_of = ROLES),
	                                     F_TEXT("q", .max = 60),
	                                     F_BOOL("left"),
	                                     F_PAGE,
	                                     F_END };
static const struct field PERSON_NEW[] = {
	F_TEXT("job_no", .req = true, .min = 1, .max = 32),
	F_TEXT("name", .req = true, .min = 1, .max = 60),
	F_TEXT("role", .req = true, .one_of = ROLES),
	F_ID("unit_id", .req = true),
	F_TEXT("lang", .one_of = "zh|en"),
	F_TEXT("station_kind", .one_of = "web|phone|none"),
	F_TEXT("station_uri", .max = 200),
	F_IDS("unit_ids", .max = LOOKS_AFTER_MAX),
	F_END,
};
static const struct field PERSON_EDIT[] = {
	F_TEXT("name", .min = 1, .max = 60),
	F_TEXT("role", .one_of = ROLES),
	F_ID("unit_id"),
	F_TEXT("lang", .one_of = "zh|en"),
	F_TEXT("station_kind", .one_of = "web|phone|none"),
	F_TEXT("station_uri", .max = 200),
	F_IDS("unit_ids", .max = LOOKS_AFTER_MAX),
	F_BOOL("left", .doc = "true: leaves, false: comes back"),
	F_END,
};
static const struct field UNIT[] = { F_ID("id"),
	                             F_ID("parent_id", .null = true),
	                             F_TEXT("kind", .one_of = "company|centre|team"),
	                             F_TEXT("name"),
	                             F_INT("people"),
	                             F_INT("created_utc_ms"),
	                             F_INT("closed_utc_ms", .null = true),
	                             F_END };
static const struct field UNIT_NEW[] = {
	F_TEXT("name", .req = true, .min = 1, .max = 60),
	F_TEXT("kind", .req = true, .one_of = "company|centre|team"), F_ID("parent_id"), F_END
};
static const struct field UNIT_EDIT[] = { F_TEXT("name", .min = 1, .max = 60), F_ID("parent_id"),
	                                  F_BOOL("closed"), F_END };
static const struct field ID_ONLY[] = { F_ID("id"), F_END };
static const struct field LINK[] = { F_TEXT("path",
	                                    .doc = "to open on this server's address; valid once"),
	                             F_INT("expires_utc_ms"), F_END };

/* ---- reading ---- */

static json_t *zero_is_null(int64_t n)
{
	return j_int_or_null(n, n == 0);
}

static json_t *person_json(const struct person *p)
{
	return json_pack(
	    "{s:o, s:o, s:o, s:o, s:{s:o, s:o}, s:o, s:o, s:o, s:I, s:o, s:o, s:b}", "id",
	    j_id(p->id), "job_no", j_text(p->job_no), "name", j_text(p->name), "role",
	    j_text(p->role), "unit", "id", j_id(p->unit_id), "name", j_text(p->unit_name), "lang",
	    j_text(p->lang), "station_kind", j_text(p->station_kind), "station_uri",
	    j_text(*p->station_uri ? p->station_uri : NULL), "created_utc_ms",
	    (json_int_t)p->created_utc_ms, "left_utc_ms", zero_is_null(p->left_utc_ms),
	    "seen_utc_ms", zero_is_null(p->seen_utc_ms), "has_password", p->has_password != 0);
}

struct listing {
	json_t *items;
};

static enum err person_add_json(const struct person *p, void *ctx, struct why *why)
{
	struct listing *l = ctx;
	return json_array_append_new(l->items, person_json(p)) ? fail(why, E_NOMEM) : ERR_OK;
}

/* The list as far as the scope reaches. */
static void see_only_own(const struct req *rq, struct person_filter *f)
{
	const struct scope *sc = req_scope(rq);
	if (scope_kind(sc) == SCOPE_OWN)
		f->only_id = scope_person(sc);
	else if (scope_kind(sc) == SCOPE_TEAMS)
		f->seen_by_id = scope_person(sc);
}

static enum err get_people(struct req *rq, struct reply *rp, struct why *why)
{
	struct page page = req_page(rq);
	struct person_filter f = {
		.unit_id = req_id(rq, "unit_id"),
		.role = req_text(rq, "role"),
		.find = req_text(rq, "q"),
		.with_left = req_bool(rq, "left", false),
		.size = page.size,
		.offset = page.offset,
	};
	struct listing l = { .items = json_array() };
	int64_t total = 0;
	see_only_own(rq, &f);
	enum err e = person_each(req_db(rq), &f, person_add_json, &l, &total, why);
	if (e)
		json_decref(l.items);
	else
		reply_list(rp, l.items, total, NULL, NULL);
	return e;
}

struct one {
	struct req *rq;
	json_t *json;
};

static enum err person_one(const struct person *p, void *ctx, struct why *why)
{
	struct one *o = ctx;
	int64_t ids[LOOKS_AFTER_MAX];
	size_t n = 0;
	if (!scope_has(req_scope(o->rq), p->id, p->unit_id))
		return fail(why, E_ROW_NONE);
	json_t *units = json_array();
	o->json = person_json(p);
	enum err e = person_units(req_db(o->rq), p->id, ids, LOOKS_AFTER_MAX, &n, why);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(units, j_id(ids[i]));
	json_object_set_new(o->json, "unit_ids", units);
	return e;
}

static enum err reply_person(struct req *rq, struct reply *rp, int64_t id, struct why *why)
{
	struct one o = { rq, NULL };
	enum err e = person_get(req_db(rq), id, person_one, &o, why);
	if (e)
		json_decref(o.json);
	else
		reply_json(rp, o.json);
	return e;
}

static enum err get_person(struct req *rq, struct reply *rp, struct why *why)
{
	return reply_person(rq, rp, req_id(rq, "id"), why);
}

/* ---- writing people ---- */

struct person_arg {
	struct person_new add;
	struct person_change edit;
	int64_t id, now_utc_ms;
	int64_t units[LOOKS_AFTER_MAX];
	size_t n_units;
	bool has_units, leaves, returns;
	struct audit audit;
};

static const char *text_or_null(const struct req *rq, const char *name)
{
	return req_has(rq, name) ? req_text(rq, name) : NULL;
}

static void take_units(const struct req *rq, struct person_arg *a)
{
	a->has_units = req_has(rq, "unit_ids");
	a->n_units = req_ids(rq, "unit_ids", a->units, LOOKS_AFTER_MAX);
}

static enum err add_write(struct tx *tx, const void *arg, struct why *why)
{
	const struct person_arg *a = arg;
	enum err e = person_add(tx, &a->add, why);
	if (!e && a->has_units)
		e = person_looks_after(tx, a->add.id, a->units, a->n_units, a->now_utc_ms, why);
	return e ? e : audit_add(tx, &a->audit, why);
}

static enum err post_person(struct req *rq, struct reply *rp, struct why *why)
{
	struct person_arg a = { .now_utc_ms = req_now_utc_ms(rq) };
	a.add = (struct person_new){
		.id = id_new(),
		.job_no = req_text(rq, "job_no"),
		.name = req_text(rq, "name"),
		.role = req_text(rq, "role"),
		.unit_id = req_id(rq, "unit_id"),
		.lang = req_has(rq, "lang") ? req_text(rq, "lang") : "zh",
		.station_kind = req_has(rq, "station_kind") ? req_text(rq, "station_kind") : "web",
		.station_uri = text_or_null(rq, "station_uri"),
		.now_utc_ms = req_now_utc_ms(rq),
	};
	a.audit = req_audit(rq, "person.add", "person", a.add.id);
	take_units(rq, &a);
	enum err e = writer_do(req_writer(rq), LANE_NORMAL, add_write, &a, why);
	if (e && why->code == E_JOB_NO_TAKEN)
		return req_fail_field(rq, "job_no", why);
	if (e)
		return e;
	req_tell_floor(rq);
	reply_status(rp, 201);
	return reply_person(rq, rp, a.add.id, why);
}

static enum err edit_write(struct tx *tx, const void *arg, struct why *why)
{
	const struct person_arg *a = arg;
	enum err e = a->returns ? person_return(tx, a->id, why) : ERR_OK;
	if (!e)
		e = person_edit(tx, &a->edit, why);
	if (!e && a->has_units)
		e = person_looks_after(tx, a->id, a->units, a->n_units, a->now_utc_ms, why);
	if (!e && a->leaves)
		e = person_leave(tx, a->id, a->now_utc_ms, why);
	return e ? e : audit_add(tx, &a->audit, why);
}

static enum err patch_person(struct req *rq, struct reply *rp, struct why *why)
{
	int64_t id = req_id(rq, "id");
	struct person_arg a = {
		.id = id,
		.now_utc_ms = req_now_utc_ms(rq),
		.leaves = req_bool(rq, "left", false),
		.returns = req_has(rq, "left") && !req_bool(rq, "left", false),
	};
	a.edit = (struct person_change){
		.id = id,
		.name = text_or_null(rq, "name"),
		.role = text_or_null(rq, "role"),
		.unit_id = req_id(rq, "unit_id"),
		.lang = text_or_null(rq, "lang"),
		.station_kind = text_or_null(rq, "station_kind"),
		.station_uri = text_or_null(rq, "station_uri"),
	};
	a.audit = req_audit(rq, "person.edit", "person", id);
	take_units(rq, &a);
	enum err e = writer_do(req_writer(rq), LANE_NORMAL, edit_write, &a, why);
	if (e)
		return e;
	req_tell_floor(rq);
	return reply_person(rq, rp, id, why);
}

static enum err post_person_link(struct req *rq, struct reply *rp, struct why *why)
{
	char token[LINK_TOKEN_BYTES];
	struct client c = { .addr = req_addr(rq),
		            .user_agent = "",
		            .now_utc_ms = req_now_utc_ms(rq) };
	struct one o = { rq, NULL };
	int64_t id = req_id(rq, "id");
	enum err e = person_get(req_db(rq), id, person_one, &o, why);
	json_decref(o.json);
	if (!e)
		e = link_new(req_writer(rq), id, "password", req_person(rq), &c, token, why);
	if (!e)
		reply_json(rp,
		           json_pack("{s:o, s:I}", "path", json_sprintf("/link?token=%s", token),
		                     "expires_utc_ms",
		                     (json_int_t)(c.now_utc_ms + LINK_HOURS * INT64_C(3600000))));
	return e;
}

struct out_arg {
	int64_t person_id, now_utc_ms, *ret_session;
	struct audit audit;
};

static enum err out_write(struct tx *tx, const void *arg, struct why *why)
{
	const struct out_arg *a = arg;
	enum err e = session_end_person(tx, a->person_id, "administrator", a->now_utc_ms,
	                                a->ret_session, why);
	return e ? e : audit_add(tx, &a->audit, why);
}

/* His page is told and closed, wherever it is. */
static enum err post_person_logout(struct req *rq, struct reply *rp, struct why *why)
{
	int64_t session_id = 0;
	struct out_arg a = { .person_id = req_id(rq, "id"),
		             .now_utc_ms = req_now_utc_ms(rq),
		             .ret_session = &session_id };
	(void)rp;
	a.audit = req_audit(rq, "session.end", "person", a.person_id);
	enum err e = writer_do(req_writer(rq), LANE_NORMAL, out_write, &a, why);
	if (e || !session_id)
		return e;
	json_t *body = json_pack("{s:I, s:s, s:s}", "at_utc_ms", (json_int_t)a.now_utc_ms, "addr",
	                         req_addr(rq), "user_agent", "");
	sse_kick(req_hub(rq), session_id, body);
	json_decref(body);
	return ERR_OK;
}

/* ---- units ---- */

struct units {
	const struct req *rq;
	json_t *items;
};

/* Those inside the scope; for an agent the own one. */
static bool unit_is_seen(const struct scope *sc, int64_t id)
{
	return scope_kind(sc) == SCOPE_OWN ? scope_unit(sc) == id : scope_has_unit(sc, id);
}

static enum err unit_add_json(const struct unit *u, void *ctx, struct why *why)
{
	struct units *us = ctx;
	if (!unit_is_seen(req_scope(us->rq), u->id))
		return ERR_OK;
	json_t *j = json_pack("{s:o, s:o, s:o, s:o, s:I, s:I, s:o}", "id", j_id(u->id), "parent_id",
	                      j_id(u->parent_id), "kind", j_text(u->kind), "name", j_text(u->name),
	                      "people", (json_int_t)u->people, "created_utc_ms",
	                      (json_int_t)u->created_utc_ms, "closed_utc_ms",
	                      zero_is_null(u->closed_utc_ms));
	return json_array_append_new(us->items, j) ? fail(why, E_NOMEM) : ERR_OK;
}

static enum err get_units(struct req *rq, struct reply *rp, struct why *why)
{
	struct units us = { rq, json_array() };
	enum err e = unit_each(req_db(rq), unit_add_json, &us, why);
	if (e)
		json_decref(us.items);
	else
		reply_list(rp, us.items, (int64_t)json_array_size(us.items), NULL, NULL);
	return e;
}

struct unit_arg {
	struct unit_new add;
	int64_t id, parent_id, now_utc_ms;
	const char *name;
	bool closes;
	struct audit audit;
};

static enum err unit_add_write(struct tx *tx, const void *arg, struct why *why)
{
	const struct unit_arg *a = arg;
	enum err e = unit_add(tx, &a->add, why);
	return e ? e : audit_add(tx, &a->audit, why);
}

static enum err post_unit(struct req *rq, struct reply *rp, struct why *why)
{
	struct unit_arg a = { .add = { .id = id_new(),
		                       .parent_id = req_id(rq, "parent_id"),
		                       .kind = req_text(rq, "kind"),
		                       .name = req_text(rq, "name"),
		                       .cell_id = req_cell(rq),
		                       .now_utc_ms = req_now_utc_ms(rq) } };
	a.audit = req_audit(rq, "unit.add", "unit", a.add.id);
	enum err e = writer_do(req_writer(rq), LANE_NORMAL, unit_add_write, &a, why);
	if (!e)
		reply_json(rp, json_pack("{s:o}", "id", j_id(a.add.id)));
	return e;
}

static enum err unit_edit_write(struct tx *tx, const void *arg, struct why *why)
{
	const struct unit_arg *a = arg;
	enum err e = a->name ? unit_rename(tx, a->id, a->name, why) : ERR_OK;
	if (!e && a->parent_id)
		e = unit_move(tx, a->id, a->parent_id, why);
	if (!e && a->closes)
		e = unit_close(tx, a->id, a->now_utc_ms, why);
	return e ? e : audit_add(tx, &a->audit, why);
}

static enum err patch_unit(struct req *rq, struct reply *rp, struct why *why)
{
	struct unit_arg a = { .id = req_id(rq, "id"),
		              .parent_id = req_id(rq, "parent_id"),
		              .now_utc_ms = req_now_utc_ms(rq),
		              .name = text_or_null(rq, "name"),
		              .closes = req_bool(rq, "closed", false) };
	(void)rp;
	a.audit = req_audit(rq, "unit.edit", "unit", a.id);
	return writer_do(req_writer(rq), LANE_NORMAL, unit_edit_write, &a, why);
}

static const struct route ROUTES[] = {
	{ HTTP_GET, "/api/v1/people", get_people, .query = PEOPLE_QUERY, .list = PERSON,
	  .zh = "人员列表", .en = "People, as far as the scope reaches" },
	{ HTTP_POST, "/api/v1/people", post_person, .fresh = true, .perm = PERM_PEOPLE_EDIT,
	  .body = PERSON_NEW, .reply = PERSON, .status = 201, .zh = "加人员",
	  .en = "Add a person" },
	{ HTTP_GET, "/api/v1/people/{id}", get_person, .subject = "person", .reply = PERSON,
	  .zh = "一名人员", .en = "A person" },
	{ HTTP_PATCH, "/api/v1/people/{id}", patch_person, .fresh = true, .perm = PERM_PEOPLE_EDIT,
	  .subject = "person", .body = PERSON_EDIT, .reply = PERSON, .zh = "改人员",
	  .en = "Change a person" },
	{ HTTP_POST, "/api/v1/people/{id}/link", post_person_link, .fresh = true,
	  .perm = PERM_PEOPLE_EDIT, .subject = "person", .reply = LINK, .zh = "生成一次性密码链接",
	  .en = "Make a one-time password link" },
	{ HTTP_POST, "/api/v1/people/{id}/logout", post_person_logout, .perm = PERM_PEOPLE_EDIT,
	  .subject = "person", .zh = "让此人退出登录（全部设备）",
	  .en = "Log a person out, everywhere" },
	{ HTTP_GET, "/api/v1/units", get_units, .list = UNIT, .zh = "部门列表",
	  .en = "Units, as far as the scope reaches" },
	{ HTTP_POST, "/api/v1/units", post_unit, .perm = PERM_PEOPLE_EDIT, .body = UNIT_NEW,
	  .reply = ID_ONLY, .status = 201, .zh = "加部门", .en = "Add a unit" },
	{ HTTP_PATCH, "/api/v1/units/{id}", patch_unit, .perm = PERM_PEOPLE_EDIT, .subject = "unit",
	  .body = UNIT_EDIT, .zh = "改部门", .en = "Change a unit" },
	ROUTE_END,
};

const struct api_area API_PEOPLE = { .tag = "people", .routes = ROUTES };
