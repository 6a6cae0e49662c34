/* Customers: lists, cards, notes, follow-up, the do-not-call list, 'why is he not dialed?'. */
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/req.h"
#include "base/id.h"
#include "base/json.h"
#include "crm/customer.h"
#include "crm/followup.h"
#include "gate/consent.h"
#include "store/writer.h"

/* ---- fields ---- */

static const char REASONS[] =
    "customer_request|complaint|regulator|carrier_signal|wrong_number|minor|deceased|"
    "litigation|competitor|employee|list";
static const char BASES[] = "none|form|web|app|voice|event|inbound|partner|existing";

static const struct field PERSON_REF[] = { F_ID("id"), F_TEXT("job_no"), F_TEXT("name"), F_END };
static const struct field NAMED[] = { F_ID("id"), F_TEXT("name"), F_END };
static const struct field PHONE[] = { F_ID("id"),     F_MASK("number"), F_TEXT("place"),
	                              F_TEXT("kind"), F_BOOL("dead"),   F_BOOL("dnc"),
	                              F_END };

#define CUSTOMER_FIELDS \
	F_ID("id"), F_TEXT("name"), F_TEXT("call_as"), F_TEXT("gender"), F_TEXT("grade"), \
	    F_TEXT("status"), F_TEXT("company"), F_TEXT("source"), \
	    F_OBJ("owner", PERSON_REF, .null = true), F_OBJ("unit", NAMED, .null = true), \
	    F_ARR("phones", PHONE), F_INT("last_contact_utc_ms", .null = true), \
	    F_TEXT("last_result"), F_INT("created_utc_ms")

static const struct field ROW[] = {
	CUSTOMER_FIELDS,        F_INT("attempts"),
	F_INT("answered"),      F_INT("next_contact_utc_ms", .null = true),
	F_TEXT("next_promise"), F_END
};

static const struct field BATCH[] = { F_ID("id"), F_TEXT("name"), F_TEXT("supplier"), F_END };
static const struct field CONSENT[] = { F_TEXT("basis"),
	                                F_TEXT("basis_zh"),
	                                F_TEXT("basis_en"),
	                                F_TEXT("purpose"),
	                                F_INT("given_utc_ms"),
	                                F_INT("expires_utc_ms", .null = true),
	                                F_INT("withdrawn_utc_ms", .null = true),
	                                F_TEXT("proof"),
	                                F_TEXT("source"),
	                                F_TEXT("supplier"),
	                                F_END };
static const struct field CONTACT[] = { F_ID("id"), F_TEXT("name"), F_TEXT("relation"), F_END };
static const struct field POINTS[] = { F_TEXT("need"), F_TEXT("doubt"), F_TEXT("feedback"),
	                               F_TEXT("agreed"), F_END };
static const struct field NEXT[] = { F_INT("at_utc_ms"), F_TEXT("promise"), F_END };
static const struct field RECENT[] = { F_ID("id"),
	                               F_TEXT("direction"),
	                               F_INT("start_utc_ms"),
	                               F_TEXT("outcome"),
	                               F_TEXT("result"),
	                               F_INT("talk_ms"),
	                               F_TEXT("agent"),
	                               F_TEXT("note"),
	                               F_ID("agent_id", .null = true),
	                               F_TEXT("grade"),
	                               F_END };
static const struct field CALLS[] = { F_INT("total"), F_INT("connected"), F_ARR("recent", RECENT),
	                              F_END };
static const struct field NOTE[] = {
	F_ID("id"), F_INT("at_utc_ms"), F_TEXT("text"), F_TEXT("by"), F_ID("call_id", .null = true),
	F_END
};
static const struct field FOLLOWUP[] = { F_ID("id"),
	                                 F_TEXT("kind"),
	                                 F_INT("due_utc_ms"),
	                                 F_TEXT("what"),
	                                 F_TEXT("owner"),
	                                 F_INT("done_utc_ms", .null = true),
	                                 F_TEXT("state", .one_of = "open|done"),
	                                 F_END };
static const struct field DEAL[] = {
	F_ID("id"),      F_INT("amount_fen"),           F_INT("at_utc_ms"),
	F_TEXT("agent"), F_ID("call_id", .null = true), F_END
};
static const struct field DIAL[] = { F_INT("today"), F_INT("limit"), F_END };
static const struct field CARD[] = { CUSTOMER_FIELDS,
	                             F_TEXT("remark"),
	                             F_TEXT("wechat"),
	                             F_TEXT("product"),
	                             F_INT("updated_utc_ms"),
	                             F_OBJ("batch", BATCH, .null = true),
	                             F_OBJ("consent", CONSENT, .null = true),
	                             F_ARR("contacts", CONTACT),
	                             F_OBJ("key_points", POINTS),
	                             F_OBJ("next", NEXT, .null = true),
	                             F_OBJ("calls", CALLS),
	                             F_ARR("notes", NOTE),
	                             F_ARR("followups", FOLLOWUP),
	                             F_ARR("deals", DEAL),
	                             F_OBJ("dial", DIAL),
	                             F_END };

static const struct field LIST_QUERY[] = { F_TEXT("q", .max = 60),
	                                   F_TEXT("grade", .max = 8),
	                                   F_ID("owner_id"),
	                                   F_ID("unit_id"),
	                                   F_TEXT("status", .max = 16),
	                                   F_TEXT("sort", .one_of = "recent|name|next|new"),
	                                   F_PAGE,
	                                   F_END };
static const struct field NEW_BODY[] = { F_TEXT("name", .req = true, .min = 1, .max = 60),
	                                 F_MASK("phone", .req = true),
	                                 F_TEXT("call_as", .max = 60),
	                                 F_TEXT("gender", .one_of = "|m|f"),
	                                 F_TEXT("grade", .max = 8),
	                                 F_TEXT("company", .max = 60),
	                                 F_TEXT("source", .max = 60),
	                                 F_TEXT("remark", .max = 600, .lines = true),
	                                 F_TEXT("basis", .one_of = BASES,
	                                        .doc = "on what ground he may be called"),
	                                 F_INT("given_utc_ms"),
	                                 F_END };
static const struct field EDIT_BODY[] = { F_TEXT("name", .min = 1, .max = 60),
	                                  F_TEXT("call_as", .max = 60),
	                                  F_TEXT("gender", .one_of = "|m|f"),
	                                  F_TEXT("grade", .max = 8),
	                                  F_TEXT("company", .max = 60),
	                                  F_TEXT("remark", .max = 600, .lines = true),
	                                  F_TEXT("need", .max = 600, .lines = true),
	                                  F_TEXT("doubt", .max = 600, .lines = true),
	                                  F_TEXT("feedback", .max = 600, .lines = true),
	                                  F_TEXT("agreed", .max = 600, .lines = true),
	                                  F_OBJ("key_points", POINTS),
	                                  F_ID("owner_id", .null = true),
	                                  F_MASK("phone", .doc = "another number of the customer"),
	                                  F_TEXT("contact", .max = 60,
	                                         .doc = "another contact's name"),
	                                  F_TEXT("relation", .max = 60),
	                                  F_END };
static const struct field NOTE_BODY[] = {
	F_TEXT("text", .req = true, .min = 1, .max = 2000, .lines = true), F_ID("call_id"), F_END
};
static const struct field FOLLOWUP_BODY[] = { F_INT("due_utc_ms", .req = true, .min = 1,
	                                            .max = 4102444800000),
	                                      F_TEXT("what", .max = 200), F_END };
static const struct field DNC_BODY[] = { F_TEXT("reason", .req = true, .one_of = REASONS), F_END };
static const struct field WHY_QUERY[] = { F_ID("campaign_id"), F_END };
static const struct field CHECK[] = { F_TEXT("code"),      F_BOOL("ok"), F_BOOL("skipped"),
	                              F_TEXT("zh"),        F_TEXT("en"), F_TEXT("detail_zh"),
	                              F_TEXT("detail_en"), F_END };
static const struct field WHY[] = { F_BOOL("dialable"),
	                            F_TEXT("code", .null = true),
	                            F_TEXT("detail", .null = true),
	                            F_INT("next_possible_utc_ms", .null = true),
	                            F_INT("policy_version"),
	                            F_ARR("checks", CHECK),
	                            F_END };
static const struct field ID_ONLY[] = { F_ID("id"), F_END };

/* ---- reading ---- */

/* Parses what an area wrote; *out is emptied either way. */
static enum err take_json(struct str *out, enum err e, json_t **ret, struct why *why)
{
	if (!e)
		e = str_ok(out) ? json_read_text(str_text(out), ret, why) : fail(why, E_NOMEM);
	str_free(out);
	return e;
}

static enum err get_customers(struct req *rq, struct reply *rp, struct why *why)
{
	struct page page = req_page(rq);
	if (!req_env(rq)->vault)
		return fail(why, E_PART_OFF, "vault");
	struct customer_query q = { .q = req_text(rq, "q"),
		                    .grade = req_text(rq, "grade"),
		                    .status = req_text(rq, "status"),
		                    .owner_id = req_id(rq, "owner_id"),
		                    .unit_id = req_id(rq, "unit_id"),
		                    .sort = req_text(rq, "sort"),
		                    .size = page.size,
		                    .offset = page.offset };
	struct str out = { 0 };
	struct jw w = { .out = &out };
	int64_t total = 0;
	json_t *items = NULL;
	enum err e =
	    customer_list(req_scope(rq), req_db(rq), req_env(rq)->vault, &q, &w, &total, why);
	e = take_json(&out, e, &items, why);
	if (!e)
		reply_list(rp, items, total, NULL, NULL);
	return e;
}

static enum err load_policy(struct req *rq, struct policy **ret, struct why *why)
{
	*ret = calloc(1, sizeof **ret);
	if (!*ret)
		return fail(why, E_NOMEM);
	return policy_load(req_db(rq), POLICY_DEFAULT_KEY, req_now_utc_ms(rq), *ret, why);
}

static enum err get_customer(struct req *rq, struct reply *rp, struct why *why)
{
	CLEANUP(str_drop) struct policy *policy = NULL;
	struct str out = { 0 };
	struct jw w = { .out = &out };
	json_t *card = NULL;
	enum err e = load_policy(rq, &policy, why);
	if (!e)
		e = customer_card(req_scope(rq), req_db(rq), policy, req_id(rq, "id"),
		                  req_now_utc_ms(rq), &w, why);
	e = take_json(&out, e, &card, why);
	if (!e)
		reply_json(rp, card);
	return e;
}

static enum err get_why(struct req *rq, struct reply *rp, struct why *why)
{
	CLEANUP(str_drop) struct policy *policy = NULL;
	struct gate_verdict verdict;
	struct str out = { 0 };
	struct jw w = { .out = &out };
	json_t *j = NULL;
	enum err e = load_policy(rq, &policy, why);
	if (!e)
		e = customer_why(req_scope(rq), req_db(rq), policy, req_id(rq, "id"),
		                 req_id(rq, "campaign_id"), req_now_utc_ms(rq), &verdict, why);
	if (!e)
		gate_explain(&verdict, &w, NULL);
	if ((e = take_json(&out, e, &j, why)))
		return e;
	json_object_set(j, "detail",
	                json_object_get(j, req_lang(rq) == LANG_ZH ? "detail_zh" : "detail_en"));
	reply_json(rp, j);
	return ERR_OK;
}

/* ---- writing ---- */

struct change {
	struct customer_new add;
	struct customer_change set;
	struct contact_new contact;
	struct note_new note;
	struct followup_new followup;
	struct consent_new consent;
	struct phone_new phone;
	bool has_phone, has_contact, has_consent;
	enum dnc_reason reason;
	int64_t id, by_id, now_utc_ms;
	struct audit audit;
};

static struct change change_of(struct req *rq, const char *action, int64_t id)
{
	return (struct change){ .id = id,
		                .by_id = req_person(rq),
		                .now_utc_ms = req_now_utc_ms(rq),
		                .audit = req_audit(rq, action, "customer", id) };
}

/* The change reaches only customers within the person's scope; others do not exist for him. */
static enum err change_do(struct req *rq, write_fn *fn, const struct change *c, struct why *why)
{
	enum err e = customer_in_scope(req_scope(rq), req_db(rq), c->id, why);
	return e ? e : writer_do(req_writer(rq), LANE_NORMAL, fn, c, why);
}

static enum err take_phone(struct req *rq, struct change *c, struct why *why)
{
	struct number n;
	if (!req_env(rq)->vault)
		return fail(why, E_PART_OFF, "vault");
	enum err e = number_parse_one(req_text(rq, "phone"), &n, why);
	if (!e && n.kind != NUMBER_MOBILE && n.kind != NUMBER_LANDLINE)
		e = fail(why, E_GATE_INVALID);
	if (e)
		return req_fail_field(rq, "phone", why);
	phone_seal(req_env(rq)->vault, &n, &c->phone);
	c->has_phone = true;
	return ERR_OK;
}

static enum err write_new(struct tx *tx, const void *arg, struct why *why)
{
	const struct change *c = arg;
	enum err e = customer_add(tx, &c->add, why);
	if (!e && c->has_consent)
		e = consent_add(tx, &c->consent, why);
	return e ? e : audit_add(tx, &c->audit, why);
}

static enum err post_customer(struct req *rq, struct reply *rp, struct why *why)
{
	struct change c = change_of(rq, "customer.add", id_new());
	enum err e = take_phone(rq, &c, why);
	if (e)
		return e;
	enum consent_basis basis =
	    req_has(rq, "basis") ? consent_basis_parse(req_text(rq, "basis")) : CONSENT_NONE;
	c.add = (struct customer_new){
		.id = c.id,
		.name = req_text(rq, "name"),
		.call_as = req_has(rq, "call_as") ? req_text(rq, "call_as") : req_text(rq, "name"),
		.gender = req_text(rq, "gender"),
		.grade = req_text(rq, "grade"),
		.company = req_text(rq, "company"),
		.source = req_text(rq, "source"),
		.remark = req_text(rq, "remark"),
		.owner_id = req_role(rq) == ROLE_AGENT ? req_person(rq) : 0,
		.unit_id = scope_unit(req_scope(rq)),
		.cell_id = req_cell(rq),
		.phones = &c.phone,
		.n_phones = 1,
		.now_utc_ms = c.now_utc_ms,
	};
	c.has_consent = basis != CONSENT_NONE;
	c.consent =
	    (struct consent_new){ .customer_id = c.id,
		                  .purpose = "marketing",
		                  .basis = basis,
		                  .channel = "voice_human",
		                  .proof = "",
		                  .given_utc_ms = req_int(rq, "given_utc_ms", c.now_utc_ms) };
	e = writer_do(req_writer(rq), LANE_NORMAL, write_new, &c, why);
	if (e)
		return why->code == E_PHONE_TAKEN ? req_fail_field(rq, "phone", why) : e;
	reply_status(rp, 201);
	reply_json(rp, json_pack("{s:o}", "id", j_id(c.id)));
	return ERR_OK;
}

static enum err write_set(struct tx *tx, const void *arg, struct why *why)
{
	const struct change *c = arg;
	enum err e = customer_set(tx, &c->set, why);
	if (!e && c->has_phone)
		e = customer_add_phone(tx, c->id, &c->phone, c->now_utc_ms, why);
	if (!e && c->has_contact)
		e = contact_add(tx, &c->contact, why);
	return e ? e : audit_add(tx, &c->audit, why);
}

static const char *text_or_null(struct req *rq, const char *name)
{
	return req_has(rq, name) ? req_text(rq, name) : NULL;
}

/* The card sends its key points as they stand there, or one by one. */
static const char *point(struct req *rq, const char *name)
{
	const char *in = json_string_value(json_object_get(req_json(rq, "key_points"), name));
	return in ? in : text_or_null(rq, name);
}

static enum err patch_customer(struct req *rq, struct reply *rp, struct why *why)
{
	struct change c = change_of(rq, "customer.edit", req_id(rq, "id"));
	enum err e = req_has(rq, "phone") ? take_phone(rq, &c, why) : ERR_OK;
	if (e)
		return e;
	c.set = (struct customer_change){
		.id = c.id,
		.name = text_or_null(rq, "name"),
		.call_as = text_or_null(rq, "call_as"),
		.gender = text_or_null(rq, "gender"),
		.grade = text_or_null(rq, "grade"),
		.company = text_or_null(rq, "company"),
		.remark = text_or_null(rq, "remark"),
		.need = point(rq, "need"),
		.doubt = point(rq, "doubt"),
		.feedback = point(rq, "feedback"),
		.agreed = point(rq, "agreed"),
		.owner_id = req_is_null(rq, "owner_id") ? 0
		            : req_has(rq, "owner_id")   ? req_id(rq, "owner_id")
		                                        : CUSTOMER_KEEP,
		.next_contact_utc_ms = CUSTOMER_KEEP,
		.now_utc_ms = c.now_utc_ms,
	};
	/* Who looks after a customer is not the agent's own decision. */
	if (c.set.owner_id != CUSTOMER_KEEP && scope_kind(req_scope(rq)) == SCOPE_OWN)
		return fail(why, E_FIELD_INVALID, "owner_id", "scope");
	c.has_contact = req_has(rq, "contact");
	c.contact = (struct contact_new){ id_new(), c.id, req_text(rq, "contact"),
		                          req_text(rq, "relation"), c.now_utc_ms };
	e = change_do(rq, write_set, &c, why);
	return e ? e : get_customer(rq, rp, why);
}

static enum err write_note(struct tx *tx, const void *arg, struct why *why)
{
	const struct change *c = arg;
	return note_add(tx, &c->note, why);
}

static enum err post_note(struct req *rq, struct reply *rp, struct why *why)
{
	struct change c = change_of(rq, "customer.note", req_id(rq, "id"));
	c.note = (struct note_new){
		id_new(), c.id, req_id(rq, "call_id"), c.by_id, req_text(rq, "text"), c.now_utc_ms
	};
	enum err e = change_do(rq, write_note, &c, why);
	if (!e)
		reply_json(rp, json_pack("{s:o}", "id", j_id(c.note.id)));
	return e;
}

static enum err write_followup(struct tx *tx, const void *arg, struct why *why)
{
	const struct change *c = arg;
	return followup_add(tx, &c->followup, why);
}

static enum err post_followup(struct req *rq, struct reply *rp, struct why *why)
{
	struct change c = change_of(rq, "customer.followup", req_id(rq, "id"));
	c.followup = (struct followup_new){ .id = id_new(),
		                            .customer_id = c.id,
		                            .owner_id = c.by_id,
		                            .unit_id = scope_unit(req_scope(rq)),
		                            .kind = "manual",
		                            .what = req_text(rq, "what"),
		                            .due_utc_ms = req_int(rq, "due_utc_ms", 0),
		                            .now_utc_ms = c.now_utc_ms };
	enum err e = change_do(rq, write_followup, &c, why);
	if (!e)
		reply_json(rp, json_pack("{s:o}", "id", j_id(c.followup.id)));
	return e;
}

static enum err write_refuse(struct tx *tx, const void *arg, struct why *why)
{
	const struct change *c = arg;
	enum err e = customer_refuse(tx, c->id, c->reason, "page", 0, c->by_id, c->now_utc_ms, why);
	return e ? e : audit_add(tx, &c->audit, why);
}

static enum err post_dnc(struct req *rq, struct reply *rp, struct why *why)
{
	(void)rp;
	struct change c = change_of(rq, "dnc.add", req_id(rq, "id"));
	c.reason = dnc_reason_parse(req_text(rq, "reason"));
	return change_do(rq, write_refuse, &c, why);
}

static enum err write_unrefuse(struct tx *tx, const void *arg, struct why *why)
{
	const struct change *c = arg;
	enum err e = customer_unrefuse(tx, c->id, c->now_utc_ms, why);
	return e ? e : audit_add(tx, &c->audit, why);
}

static enum err delete_dnc(struct req *rq, struct reply *rp, struct why *why)
{
	(void)rp;
	struct change c = change_of(rq, "dnc.remove", req_id(rq, "id"));
	return change_do(rq, write_unrefuse, &c, why);
}

/* ---- the table ---- */

static const struct route ROUTES[] = {
	{ HTTP_GET, "/api/v1/customers", get_customers, .perm = PERM_CUSTOMER_SEE,
	  .query = LIST_QUERY, .list = ROW, .zh = "客户列表", .en = "Customers within reach" },
	{ HTTP_POST, "/api/v1/customers", post_customer, .perm = PERM_CUSTOMER_EDIT,
	  .body = NEW_BODY, .reply = ID_ONLY, .status = 201, .zh = "新增客户",
	  .en = "Add a customer" },
	{ HTTP_GET, "/api/v1/customers/{id}", get_customer, .perm = PERM_CUSTOMER_SEE,
	  .subject = "customer", .reply = CARD, .zh = "客户卡片", .en = "A customer's card" },
	{ HTTP_PATCH, "/api/v1/customers/{id}", patch_customer, .perm = PERM_CUSTOMER_EDIT,
	  .subject = "customer", .body = EDIT_BODY, .reply = CARD, .zh = "修改客户",
	  .en = "Change a customer" },
	{ HTTP_POST, "/api/v1/customers/{id}/notes", post_note, .perm = PERM_CUSTOMER_EDIT,
	  .subject = "customer", .body = NOTE_BODY, .reply = ID_ONLY, .status = 201, .zh = "加备注",
	  .en = "Add a note" },
	{ HTTP_POST, "/api/v1/customers/{id}/followups", post_followup, .perm = PERM_CUSTOMER_EDIT,
	  .subject = "customer", .body = FOLLOWUP_BODY, .reply = ID_ONLY, .status = 201,
	  .zh = "加跟进", .en = "Add a follow-up" },
	{ HTTP_POST, "/api/v1/customers/{id}/dnc", post_dnc, .perm = PERM_CUSTOMER_EDIT,
	  .subject = "customer", .body = DNC_BODY, .zh = "加入勿扰名单",
	  .en = "Put on the do-not-call list" },
	{ HTTP_DELETE, "/api/v1/customers/{id}/dnc", delete_dnc, .perm = PERM_DNC_EDIT,
	  .subject = "customer", .zh = "移出勿扰名单", .en = "Take off the do-not-call list" },
	{ HTTP_GET, "/api/v1/customers/{id}/why", get_why, .perm = PERM_CUSTOMER_SEE,
	  .subject = "customer", .query = WHY_QUERY, .reply = WHY, .zh = "为什么不拨",
	  .en = "Why is he not dialed?" },
	ROUTE_END,
};

const struct api_area API_CRM = { .tag = "customers", .routes = ROUTES };
