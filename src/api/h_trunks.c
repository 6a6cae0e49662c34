/* Lines to carriers: their settings, their state, their numbers and the test call. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/loop_box.h"
#include "api/req.h"
#include "base/id.h"
#include "base/json.h"
#include "base/zone.h"
#include "call/trunk_row.h"
#include "call/trunk_try.h"
#include "crm/number.h"
#include "crm/phone.h"
#include "crm/place.h"
#include "store/tenure.h"
#include "store/writer.h"
#include "voice/trunk.h"

enum { ASK_MS = 5000, RING_S = 25, TEST_MS = (RING_S + 15) * 1000, LIST_MAX = 200 };

/* ---- fields: the settings of call/trunk_fields.def under the names of the page ---- */

#define PAGE_transport "transport"
#define PAGE_callee_fmt "callee_format"
#define PAGE_caller_fmt "caller_format"
#define PAGE_identity "identity"
#define INT(n, lo, hi) F_INT(#n, .min = (lo), .max = (hi), .perm = PERM_TRUNK_EDIT),
#define BOOL(n) F_BOOL(&#n[3], .perm = PERM_TRUNK_EDIT), /* without "is_" */
#define CODE(n, to, from, count) F_TEXT(PAGE_##n, .max = 16, .perm = PERM_TRUNK_EDIT),

static const struct field NUMBER[] = { F_ID("id"), F_MASK("number"), F_TEXT("purpose"), F_END };
static const struct field STATUS[] = { F_TEXT("state", .one_of = "starting|up|down"),
	                               F_INT("calls_now"),
	                               F_INT("since_utc_ms"),
	                               F_INT("last_sip_code", .null = true),
	                               F_TEXT("text", .null = true),
	                               F_END };
static const struct field TRUNK[] = {
	F_ID("id"),
	F_TEXT("name"),
	F_BOOL("enabled"),
	F_ARR("numbers", NUMBER),
	F_BOOL("has_secret", .perm = PERM_TRUNK_EDIT),
	F_OBJ("status", STATUS, .null = true, .perm = PERM_TRUNK_EDIT),
#define TEXT(n) F_TEXT(#n, .perm = PERM_TRUNK_EDIT),
#include "call/trunk_fields.def"
#undef TEXT
	F_TEXTS("sources", .perm = PERM_TRUNK_EDIT),
	F_TEXTS("codecs", .perm = PERM_TRUNK_EDIT),
	F_END,
};
#define TEXT(n) F_TEXT(#n, .max = 255),
#define TRUNK_SETTINGS \
	F_BOOL("enabled"), F_TEXT("secret", .max = 63, .doc = "kept sealed, never given back"), \
	    F_TEXTS("sources"), F_TEXTS("codecs")
static const struct field TRUNK_NEW[] = {
	F_TEXT("name", .req = true, .min = 1, .max = 60),
	TRUNK_SETTINGS,
#include "call/trunk_fields.def"
	F_END,
};
static const struct field TRUNK_EDIT[] = {
	F_TEXT("name", .min = 1, .max = 60),
	TRUNK_SETTINGS,
#include "call/trunk_fields.def"
	F_END,
};
#undef TEXT
#undef INT
#undef BOOL
#undef CODE

static const struct field NUMBER_NEW[] = { F_MASK("number", .req = true),
	                                   F_TEXT("purpose", .max = 24), F_END };
static const struct field TEST_BODY[] = { F_MASK("number"), F_END };
static const struct field ARROW[] = { F_INT("at_ms"), F_TEXT("dir", .one_of = "in|out"),
	                              F_TEXT("text"), F_END };
static const struct field TEST[] = { F_TEXT("verdict", .one_of = "ok|fail"), F_TEXT("zh"),
	                             F_TEXT("en"), F_ARR("ladder", ARROW), F_END };

/* ---- names on the page and in the table ---- */

static const char *page_name(const char *name)
{
	if (strcmp(name, "callee_fmt") == 0)
		return PAGE_callee_fmt;
	if (strcmp(name, "caller_fmt") == 0)
		return PAGE_caller_fmt;
	return strncmp(name, "is_", 3) == 0 ? name + 3 : name;
}

/* The settings as an object with the page's names. */
static enum err cfg_json(const struct trunk_cfg *cfg, json_t **ret, struct why *why)
{
	CLEANUP(str_free) struct str text = { 0 };
	struct jw w = { .out = &text };
	json_t *o = NULL;
	const char *name;
	json_t *v;
	jw_obj(&w, NULL);
	trunk_cfg_write(cfg, &w);
	jw_end_obj(&w);
	enum err e = json_read(str_text(&text), text.len, &o, why);
	if (e)
		return e;
	*ret = json_object();
	json_object_foreach(o, name, v) json_object_set(*ret, page_name(name), v);
	json_decref(o);
	return ERR_OK;
}

/* What the request changes laid over what there is. A masked number that comes back is no change.
 */
static void overlay(const struct req *rq, const json_t *have, json_t *cfg)
{
	const char *name;
	json_t *old;
	json_object_foreach((json_t *)(uintptr_t)have, name, old)
	{
		const json_t *given = req_json(rq, name);
		if (given && !(json_is_string(given) && strchr(json_string_value(given), '*')))
			json_object_set(cfg, name, (json_t *)(uintptr_t)given);
	}
}

/* ---- state, from the loop ---- */

struct state_ask {
	int64_t id;
	struct trunk_status status;
};

static void ask_state(struct voice *v, struct loop_box *box)
{
	struct state_ask *a = box_data(box);
	struct why why = { 0 };
	enum err e = trunk_status(v, a->id, &a->status, &why);
	box_finish(box, e, &why);
}

/* What the loop does not know, or does not say, is shown as no state. */
static json_t *status_json(const struct req *rq, int64_t id)
{
	static const char *const STATES[] = {
		[TRUNK_STARTING] = "starting", [TRUNK_UP] = "up", [TRUNK_DOWN] = "down"
	};
	struct state_ask a = { .id = id };
	struct voice *v = req_env(rq)->voice;
	if (!v || loop_ask(v, ask_state, &a, sizeof a, ASK_MS, NULL))
		return json_null();
	return json_pack("{s:s, s:i, s:I, s:o, s:o}", "state", STATES[a.status.state], "calls_now",
	                 a.status.calls_now, "since_utc_ms", (json_int_t)a.status.since_utc_ms,
	                 "last_sip_code",
	                 j_int_or_null(a.status.last_sip_code, a.status.last_sip_code == 0), "text",
	                 j_text(*a.status.text ? a.status.text : NULL));
}

/* ---- reading ---- */

static enum err numbers_json(struct db *db, int64_t trunk_id, json_t **ret, struct why *why)
{
	CLEANUP(str_free) struct str text = { 0 };
	struct jw w = { .out = &text };
	jw_arr(&w, NULL);
	enum err e = caller_numbers_write(db, trunk_id, &w, why);
	jw_end_arr(&w);
	return e ? e : json_read(str_text(&text), text.len, ret, why);
}

static enum err trunk_json(struct req *rq, const struct trunk_row *t, json_t **ret, struct why *why)
{
	json_t *o = NULL, *numbers = NULL;
	enum err e = cfg_json(&t->cfg, &o, why);
	if (!e)
		e = numbers_json(req_db(rq), t->id, &numbers, why);
	if (e) {
		json_decref(o);
		return e;
	}
	json_object_set_new(o, "id", j_id(t->id));
	json_object_set_new(o, "name", j_text(t->cfg.name));
	json_object_set_new(o, "enabled", json_boolean(t->is_enabled));
	json_object_set_new(o, "has_secret", json_boolean(t->has_secret));
	json_object_set_new(o, "numbers", numbers);
	json_object_set_new(o, "status",
	                    req_can(rq, PERM_TRUNK_EDIT) ? status_json(rq, t->id) : json_null());
	*ret = o;
	return ERR_OK;
}

struct listing {
	struct trunk_row row[LIST_MAX];
	size_t n;
};

static enum err keep_row(const struct trunk_row *row, void *ctx, struct why *why)
{
	struct listing *l = ctx;
	(void)why;
	if (l->n < LIST_MAX)
		l->row[l->n++] = *row;
	return ERR_OK;
}

static enum err get_trunks(struct req *rq, struct reply *rp, struct why *why)
{
	CLEANUP(str_drop) char *space = calloc(1, sizeof(struct listing));
	struct listing *l = (struct listing *)(void *)space;
	json_t *items = json_array();
	enum err e = l ? trunk_each(req_db(rq), NULL, keep_row, l, why) : fail(why, E_NOMEM);
	for (size_t i = 0; !e && i < l->n; i++) {
		json_t *t = NULL;
		e = trunk_json(rq, &l->row[i], &t, why);
		json_array_append_new(items, t);
	}
	if (e)
		json_decref(items);
	else
		reply_list(rp, items, (int64_t)l->n, NULL, NULL);
	return e;
}

static enum err reply_trunk(struct req *rq, struct reply *rp, int64_t id, struct why *why)
{
	struct trunk_row row;
	json_t *t = NULL;
	enum err e = trunk_get(req_db(rq), NULL, id, &row, why);
	if (!e)
		e = trunk_json(rq, &row, &t, why);
	if (!e)
		reply_json(rp, t);
	return e;
}

static enum err get_trunk(struct req *rq, struct reply *rp, struct why *why)
{
	return reply_trunk(rq, rp, req_id(rq, "id"), why);
}

/* ---- writing ---- */

struct save_arg {
	struct trunk_save save;
	struct audit audit;
};

static enum err save_write(struct tx *tx, const void *arg, struct why *why)
{
	const struct save_arg *a = arg;
	enum err e = trunk_save(tx, &a->save, why);
	return e ? e : audit_add(tx, &a->audit, why);
}

struct apply_ask {
	struct trunk_cfg cfg;
	bool is_enabled;
};

static void ask_apply(struct voice *v, struct loop_box *box)
{
	struct apply_ask *a = box_data(box);
	struct why why = { 0 };
	enum err e = ERR_OK;
	if (a->is_enabled)
		e = trunk_set(v, &a->cfg, &why);
	else
		trunk_remove(v, a->cfg.id);
	box_finish(box, e, &why);
}

/* The running telephone takes the trunk as it now stands in the database. */
static enum err apply(struct req *rq, int64_t id, struct why *why)
{
	struct trunk_row row;
	struct voice *v = req_env(rq)->voice;
	if (!v)
		return ERR_OK;
	enum err e = trunk_get(req_db(rq), req_env(rq)->vault, id, &row, why);
	struct apply_ask a = { row.cfg, row.is_enabled };
	if (!e)
		e = loop_ask(v, ask_apply, &a, sizeof a, ASK_MS, why);
	if (!e)
		req_tell_floor(rq);
	return e;
}

/* The table's own checks name the field as the page knows it. */
static enum err cfg_read(struct req *rq, const json_t *page_cfg, struct trunk_cfg *cfg,
                         struct why *why)
{
	json_t *o = json_object();
	const char *name;
	json_t *v;
	json_object_foreach((json_t *)(uintptr_t)page_cfg, name, v)
	{
		static const char *const BOOLS[] = {
#define TEXT(n)
#define INT(n, lo, hi)
#define BOOL(n) #n,
#define CODE(n, to, from, count)
#include "call/trunk_fields.def"
#undef TEXT
#undef INT
#undef BOOL
#undef CODE
		};
		const char *to = strcmp(name, PAGE_callee_fmt) == 0   ? "callee_fmt"
		                 : strcmp(name, PAGE_caller_fmt) == 0 ? "caller_fmt"
		                                                      : name;
		for (size_t i = 0; i < sizeof BOOLS / sizeof *BOOLS; i++) {
			if (strcmp(BOOLS[i] + 3, name) == 0)
				to = BOOLS[i];
		}
		json_object_set(o, to, v);
	}
	enum err e = trunk_cfg_read(o, cfg, why);
	json_decref(o);
	return e == ERR_INVALID ? req_fail_field(rq, page_name(why->arg[0]), why) : e;
}

static enum err save(struct req *rq, struct trunk_row *t, bool is_new, struct why *why)
{
	json_t *have = NULL;
	enum err e = cfg_json(&t->cfg, &have, why);
	if (e)
		return e;
	char name[TRUNK_NAME_BYTES];
	str_copy(name, sizeof name, req_has(rq, "name") ? req_text(rq, "name") : t->cfg.name);
	json_t *cfg = json_copy(have);
	overlay(rq, have, cfg);
	e = cfg_read(rq, cfg, &t->cfg, why);
	json_decref(cfg);
	json_decref(have);
	if (e)
		return e;
	str_copy(t->cfg.name, sizeof t->cfg.name, name);
	str_copy(t->cfg.secret, sizeof t->cfg.secret, req_text(rq, "secret"));
	struct save_arg a = {
		.save = { .id = t->id,
		          .cell_id = t->cell_id,
		          .is_new = is_new,
		          .is_enabled = req_bool(rq, "enabled", t->is_enabled),
		          .cfg = &t->cfg,
		          .is_secret_set = req_has(rq, "secret") && req_env(rq)->vault,
		          .vault = req_env(rq)->vault },
		.audit = req_audit(rq, is_new ? "trunk.add" : "trunk.edit", "trunk", t->id),
	};
	return writer_do(req_writer(rq), LANE_NORMAL, save_write, &a, why);
}

/* The telephone that has the line is at the node that runs its cell. */
static enum err runs_here(const struct req *rq, int64_t cell_id, struct why *why)
{
	const struct cell_state *c = req_env(rq)->cell;
	char addr[NODE_ADDR_BYTES], id[ID_TEXT_BYTES];
	if (!c || (c->cell_id == cell_id && cell_epoch(c)))
		return ERR_OK;
	enum err e = cell_addr(req_db(rq), cell_id, addr, why);
	return e ? e : fail(why, E_CELL_ELSEWHERE, id_text(cell_id, id), addr);
}

static enum err post_trunk(struct req *rq, struct reply *rp, struct why *why)
{
	struct trunk_row t = { .id = id_new(), .cell_id = req_cell(rq), .is_enabled = true };
	t.cfg.id = t.id;
	t.cfg.max_calls = 30;
	t.cfg.max_cps = 5;
	enum err e = runs_here(rq, t.cell_id, why);
	if (!e)
		e = save(rq, &t, true, why);
	if (!e)
		e = apply(rq, t.id, why);
	return e ? e : reply_trunk(rq, rp, t.id, why);
}

static enum err patch_trunk(struct req *rq, struct reply *rp, struct why *why)
{
	struct trunk_row t;
	int64_t id = req_id(rq, "id");
	enum err e = trunk_get(req_db(rq), NULL, id, &t, why);
	if (!e)
		e = runs_here(rq, t.cell_id, why);
	if (!e)
		e = save(rq, &t, false, why);
	if (!e)
		e = apply(rq, id, why);
	return e ? e : reply_trunk(rq, rp, id, why);
}

struct number_arg {
	int64_t id, trunk_id, now_utc_ms;
	const char *e164, *purpose;
	struct audit audit;
};

static enum err number_write(struct tx *tx, const void *arg, struct why *why)
{
	const struct number_arg *a = arg;
	enum err e =
	    caller_number_add(tx, a->id, a->trunk_id, a->e164, a->purpose, a->now_utc_ms, why);
	return e ? e : audit_add(tx, &a->audit, why);
}

static enum err post_number(struct req *rq, struct reply *rp, struct why *why)
{
	struct number n;
	struct trunk_row t;
	struct number_arg a = { .id = id_new(),
		                .trunk_id = req_id(rq, "id"),
		                .now_utc_ms = req_now_utc_ms(rq),
		                .purpose = req_has(rq, "purpose") ? req_text(rq, "purpose")
		                                                  : "marketing" };
	enum err e = trunk_get(req_db(rq), NULL, a.trunk_id, &t, why);
	if (!e && number_parse_one(req_text(rq, "number"), &n, why))
		return req_fail_field(rq, "number", why);
	a.e164 = n.e164;
	a.audit = req_audit(rq, "trunk.number", "trunk", a.trunk_id);
	if (!e)
		e = writer_do(req_writer(rq), LANE_NORMAL, number_write, &a, why);
	if (e)
		return e;
	req_tell_floor(rq);
	return reply_trunk(rq, rp, a.trunk_id, why);
}

/* ---- the test call ---- */

struct test_ask {
	int64_t trunk_id;
	char to[NUMBER_E164_BYTES], caller[NUMBER_E164_BYTES];
	struct trunk_test result;
};

static void test_done(void *ctx, const struct trunk_test *result)
{
	struct test_ask *a = box_data(ctx);
	a->result = *result;
	box_finish(ctx, ERR_OK, NULL);
}

static void ask_test(struct voice *v, struct loop_box *box)
{
	struct test_ask *a = box_data(box);
	struct why why = { 0 };
	enum err e =
	    trunk_test(v, a->trunk_id, a->to, a->caller, RING_S * 1000, test_done, box, &why);
	if (e)
		box_finish(box, e, &why);
}

static json_t *ladder_json(const struct trunk_test *t)
{
	json_t *rows = json_array();
	for (int i = 0; i < t->rows; i++)
		json_array_append_new(rows, json_pack("{s:I, s:s, s:o}", "at_ms",
		                                      (json_int_t)t->row[i].at_ms, "dir",
		                                      t->row[i].is_sent ? "out" : "in", "text",
		                                      j_text(t->row[i].text)));
	return rows;
}

/* Without a number to call: what the line itself says. */
static enum err reply_state(struct req *rq, struct reply *rp, int64_t id)
{
	json_t *st = status_json(rq, id);
	bool up = strcmp(json_str(st, "state", ""), "up") == 0;
	const char *text = json_str(st, "text", "");
	json_t *rows = json_array();
	if (*text)
		json_array_append_new(
		    rows, json_pack("{s:i, s:s, s:s}", "at_ms", 0, "dir", "in", "text", text));
	reply_json(
	    rp,
	    json_pack("{s:s, s:s, s:s, s:o}", "verdict", up ? "ok" : "fail", "zh",
	              up ? "线路正常：已有回应。填写一个号码可以试拨。"
	                 : "线路不通：请核对地址、端口、账号和防火墙。",
	              "en",
	              up ? "The line answers. Give a number for a test call."
	                 : "The line does not answer: check address, port, account and firewall.",
	              "ladder", rows));
	json_decref(st);
	return ERR_OK;
}

/* Everything the gate wants to know of the number. */
static enum err try_prepare(struct req *rq, const struct number *n, struct trunk_try *t,
                            struct why *why)
{
	struct phone phone;
	vault_hash(req_env(rq)->vault, n->e164, t->hash);
	enum err e = phone_find(req_db(rq), t->hash, &phone, why);
	if (e && e != ERR_NOT_FOUND)
		return e;
	t->customer_id = e ? 0 : phone.customer_id;
	t->phone_id = e ? 0 : phone.id;
	t->kind = n->kind;
	t->ring_timeout_s = RING_S;
	t->person_id = req_person(rq);
	t->unit_id = scope_unit(req_scope(rq));
	t->now_utc_ms = req_now_utc_ms(rq);
	t->day = zone_day(t->now_utc_ms, req_env(rq)->zone);
	t->cell_id = req_cell(rq);
	return ERR_OK;
}

static enum err gate_refused(struct reply *rp, const struct gate_verdict *v, struct why *why)
{
	(void)rp;
	for (int i = 0; i < GATE_RULE_COUNT; i++) {
		if (v->check[i].why.code == v->code) {
			*why = v->check[i].why;
			return err_kind(v->code);
		}
	}
	return fail(why, v->code);
}

static enum err try_call(struct req *rq, struct trunk_try *t, struct test_ask *ask, struct why *why)
{
	enum err e = loop_ask(req_env(rq)->voice, ask_test, ask, sizeof *ask, TEST_MS, why);
	struct trunk_try_end over = {
		t->id,
		t->now_utc_ms +
		    (ask->result.rows ? ask->result.row[ask->result.rows - 1].at_ms : 0),
		!e && ask->result.is_good && ask->result.cause == CAUSE_NORMAL,
		e ? CAUSE_TRUNK_SILENT : ask->result.cause
	};
	struct why not_written = { 0 };
	enum err w = writer_do(req_writer(rq), LANE_NORMAL, trunk_try_over, &over, &not_written);
	if (!e && w)
		*why = not_written;
	return e ? e : w;
}

static enum err test_number(struct req *rq, struct reply *rp, const struct trunk_row *row,
                            struct why *why)
{
	struct number n;
	struct policy policy;
	struct gate_verdict verdict = { 0 };
	struct test_ask ask = { .trunk_id = row->id };
	struct trunk_try t = { .id = id_new(),
		               .trunk_id = row->id,
		               .province = "",
		               .policy = &policy,
		               .ret_verdict = &verdict };
	if (number_parse_one(req_text(rq, "number"), &n, why))
		return req_fail_field(rq, "number", why);
	enum err e = caller_number_first(req_db(rq), row->id, req_now_utc_ms(rq),
	                                 &t.caller_number_id, ask.caller, sizeof ask.caller, why);
	if (e == ERR_NOT_FOUND)
		return fail(why, E_TRUNK_NO_NUMBER, row->cfg.name);
	if (!e)
		e = policy_load(req_db(rq), POLICY_DEFAULT_KEY, req_now_utc_ms(rq), &policy, why);
	if (!e)
		e = try_prepare(rq, &n, &t, why);
	if (!e)
		e = writer_do(req_writer(rq), LANE_LIVE, trunk_try_begin, &t, why);
	if (!e && verdict.code)
		return gate_refused(rp, &verdict, why);
	str_copy(ask.to, sizeof ask.to, n.e164);
	if (!e)
		e = try_call(rq, &t, &ask, why);
	if (!e)
		reply_json(rp, json_pack("{s:s, s:o, s:o, s:o}", "verdict",
		                         ask.result.is_good ? "ok" : "fail", "zh",
		                         j_text(ask.result.verdict_zh), "en",
		                         j_text(ask.result.verdict_en), "ladder",
		                         ladder_json(&ask.result)));
	return e;
}

static enum err post_test(struct req *rq, struct reply *rp, struct why *why)
{
	static _Atomic bool is_testing; /* one worker at most waits for a phone to ring */
	struct trunk_row row;
	enum err e = trunk_get(req_db(rq), NULL, req_id(rq, "id"), &row, why);
	if (e)
		return e;
	if (!req_env(rq)->voice || !req_env(rq)->vault)
		return fail(why, E_PART_OFF, "voice");
	if (!row.is_enabled)
		return fail(why, E_TRUNK_OFF, row.cfg.name);
	if (!req_has(rq, "number"))
		return reply_state(rq, rp, row.id);
	if (atomic_exchange(&is_testing, true))
		return fail(why, E_TRUNK_TESTING);
	e = test_number(rq, rp, &row, why);
	atomic_store(&is_testing, false);
	return e;
}

static const struct route ROUTES[] = {
	{ HTTP_GET, "/api/v1/trunks", get_trunks, .perm = PERM_TRUNK_EDIT,
	  .or_perm = PERM_CAMPAIGN_EDIT, .list = TRUNK, .zh = "线路列表",
	  .en = "Trunks; settings and state for who may edit them" },
	{ HTTP_POST, "/api/v1/trunks", post_trunk, .fresh = true, .perm = PERM_TRUNK_EDIT,
	  .body = TRUNK_NEW, .reply = TRUNK, .status = 201, .zh = "加线路", .en = "Add a trunk" },
	{ HTTP_GET, "/api/v1/trunks/{id}", get_trunk, .perm = PERM_TRUNK_EDIT, .subject = "trunk",
	  .reply = TRUNK, .zh = "一条线路", .en = "A trunk" },
	{ HTTP_PATCH, "/api/v1/trunks/{id}", patch_trunk, .fresh = true, .perm = PERM_TRUNK_EDIT,
	  .subject = "trunk", .body = TRUNK_EDIT, .reply = TRUNK, .zh = "改线路",
	  .en = "Change a trunk" },
	{ HTTP_POST, "/api/v1/trunks/{id}/numbers", post_number, .perm = PERM_TRUNK_EDIT,
	  .subject = "trunk", .body = NUMBER_NEW, .reply = TRUNK, .zh = "加主叫号码",
	  .en = "Add a number the carrier granted" },
	{ HTTP_POST, "/api/v1/trunks/{id}/test", post_test, .perm = PERM_TRUNK_EDIT,
	  .subject = "trunk", .body = TEST_BODY, .reply = TEST, .zh = "试拨",
	  .en = "Test call: the ladder and a verdict; without a number the line's own state" },
	ROUTE_END,
};

const struct api_area API_TRUNKS = { .tag = "trunks", .routes = ROUTES };
