#include "floor/result.h"

#include <string.h>

#include "base/id.h"
#include "base/str.h"
#include "call/record.h"
#include "crm/customer.h"
#include "crm/followup.h"
#include "crm/phone.h"
#include "dialer/task.h"
#include "event/outbox.h"
#include "floor/draft.h"
#include "gate/dnc.h"
#include "profile/version.h"

/* ---- the form against the result set ---- */

static const json_t *find_code(const json_t *list, const char *code)
{
	size_t i;
	json_t *row;
	json_array_foreach(list, i, row)
	{
		if (strcmp(json_str(row, "code", ""), code) == 0)
			return row;
	}
	return NULL;
}

static bool has_text(const json_t *list, const char *text)
{
	size_t i;
	json_t *row;
	json_array_foreach(list, i, row)
	{
		if (json_is_string(row) && strcmp(json_string_value(row), text) == 0)
			return true;
	}
	return false;
}

enum err result_check(struct db *db, const struct result_form *form, bool may_be_system,
                      int64_t now_utc_ms, struct result_set_row *ret, int64_t *ret_version,
                      int *ret_days, struct why *why)
{
	CLEANUP(version_free) struct version *v = NULL;
	CLEANUP(json_cleanup) json_t *set = NULL;
	enum err e = version_at(db, "result_set", "default", now_utc_ms, &v, why);
	if (e || (e = json_read_text(v->body, &set, why)))
		return e;
	const json_t *row = find_code(json_object_get(set, "results"), form->code);
	const json_t *grade = find_code(json_object_get(set, "grades"), form->grade);
	const json_t *needs = row ? json_object_get(row, "needs") : NULL;
	*ret = (struct result_set_row){ .is_system = json_bool(row, "system", false),
		                        .is_final = json_bool(row, "final", false),
		                        .needs_grade = has_text(needs, "grade"),
		                        .needs_next = has_text(needs, "next"),
		                        .needs_deal = has_text(needs, "deal_fen") };
	if (!row || (ret->is_system && !may_be_system))
		return fail(why, E_RESULT_CODE, form->code);
	str_copy(ret->code, sizeof ret->code, form->code);
	if (*form->grade && !grade)
		return fail(why, E_FIELD_INVALID, "grade", form->grade);
	if (ret->needs_grade && !*form->grade)
		return fail(why, E_RESULT_NEEDS, json_str(row, "zh", form->code), "grade");
	*ret_days = (int)json_int(grade, "days", 0);
	/* A grade with a rhythm names the next contact by itself. */
	if (ret->needs_next && !form->next_utc_ms && !*ret_days)
		return fail(why, E_RESULT_NEEDS, json_str(row, "zh", form->code), "next_utc_ms");
	if (ret->needs_deal && form->deal_fen <= 0)
		return fail(why, E_RESULT_NEEDS, json_str(row, "zh", form->code), "deal_fen");
	if (form->next_utc_ms && form->next_utc_ms <= now_utc_ms)
		return fail(why, E_FIELD_INVALID, "next_utc_ms", "in the past");
	*ret_version = v->n;
	return ERR_OK;
}

/* ---- storing ---- */

struct call_now {
	int64_t customer_id, phone_id, agent_id, unit_id, task_id, day, cell_id, last_result_id;
	bool is_answered;
	int flags;
};

static enum err load_call(struct tx *tx, int64_t call_id, struct call_now *ret, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e =
	    db_row(tx_db(tx),
	           "SELECT c.customer_id, c.phone_id, c.agent_id, c.unit_id, c.task_id, c.day, "
	           "c.cell_id, c.flags, "
	           "c.answer_utc_ms, (SELECT MAX(r.id) FROM result r WHERE r.call_id = c.id) "
	           "FROM call c WHERE c.id = ?1",
	           ARGS(V_INT(call_id)), &r, why);
	if (e)
		return e;
	*ret = (struct call_now){ .customer_id = rows_int(r, 0),
		                  .phone_id = rows_int(r, 1),
		                  .agent_id = rows_int(r, 2),
		                  .unit_id = rows_int(r, 3),
		                  .task_id = rows_int(r, 4),
		                  .day = rows_int(r, 5),
		                  .cell_id = rows_int(r, 6),
		                  .flags = (int)rows_int(r, 7),
		                  .is_answered = !rows_null(r, 8),
		                  .last_result_id = rows_int(r, 9) };
	return ERR_OK;
}

static enum err add_row(struct tx *tx, const struct result_in *in, const struct call_now *c,
                        struct why *why)
{
	const struct result_form *f = &in->form;
	enum err e =
	    db_exec(tx_db(tx),
	            "INSERT INTO result (id, call_id, customer_id, agent_id, code, set_version, "
	            "grade, flags, wechat, deal_fen, "
	            "next_utc_ms, promise, note, by_system, by_id, saved_utc_ms, corrects_id, "
	            "correct_reason) "
	            "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, "
	            "?16, ?17, ?18)",
	            ARGS(V_INT(in->id), V_INT(in->call_id), V_ID(c->customer_id), V_ID(c->agent_id),
	                 V_TEXT(f->code), V_INT(in->set_version), V_TEXT(f->grade),
	                 V_INT(f->flags | c->flags), V_TEXT(f->wechat), V_INT(f->deal_fen),
	                 V_ID(f->next_utc_ms), V_TEXT(f->promise), V_TEXT(f->note),
	                 V_BOOL(!in->by_id), V_ID(in->by_id), V_INT(in->now_utc_ms),
	                 in->is_correction ? V_ID(c->last_result_id) : V_NULL,
	                 in->is_correction ? V_TEXT(in->reason) : V_NULL),
	            NULL, why);
	if (e)
		return e;
	return db_exec(tx_db(tx),
	               "UPDATE call SET result = ?2, grade = ?3, flags = flags | CAST(?4 AS "
	               "BIGINT), wechat = ?5, deal_fen = ?6 "
	               "WHERE id = ?1",
	               ARGS(V_INT(in->call_id), V_TEXT(f->code), V_TEXT(f->grade), V_INT(f->flags),
	                    V_TEXT(f->wechat), V_INT(f->deal_fen)),
	               NULL, why);
}

static enum err store_deal(struct tx *tx, const struct result_in *in, const struct call_now *c,
                           struct why *why)
{
	enum err e = db_exec(tx_db(tx), "DELETE FROM deal WHERE call_id = ?1",
	                     ARGS(V_INT(in->call_id)), NULL, why);
	if (e || in->form.deal_fen <= 0 || !c->customer_id || !c->agent_id)
		return e;
	return db_exec(tx_db(tx),
	               "INSERT INTO deal (id, customer_id, call_id, agent_id, unit_id, amount_fen, "
	               "at_utc_ms, day) "
	               "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	               ARGS(V_INT(in->id), V_INT(c->customer_id), V_INT(in->call_id),
	                    V_INT(c->agent_id), V_INT(c->unit_id), V_INT(in->form.deal_fen),
	                    V_INT(in->now_utc_ms), V_INT(c->day)),
	               NULL, why);
}

/* The next contact: what the customer asked for, or the rhythm of his grade. */
static enum err store_next(struct tx *tx, const struct result_in *in, const struct call_now *c,
                           struct why *why)
{
	const struct result_form *f = &in->form;
	enum err e = followup_done(tx, 0, c->customer_id, in->call_id, in->now_utc_ms, why);
	if (e == ERR_NOT_FOUND)
		e = ERR_OK;
	int64_t due = f->next_utc_ms;
	if (!due && in->rhythm_days && !in->is_final)
		due = in->now_utc_ms + in->rhythm_days * INT64_C(86400000);
	if (e || !due || !c->agent_id)
		return e;
	return followup_add(tx,
	                    &(struct followup_new){ .id = id_new(),
	                                            .customer_id = c->customer_id,
	                                            .owner_id = c->agent_id,
	                                            .unit_id = c->unit_id,
	                                            .from_call_id = in->call_id,
	                                            .kind = f->next_utc_ms ? "promise" : "rhythm",
	                                            .what = f->promise,
	                                            .due_utc_ms = due,
	                                            .now_utc_ms = in->now_utc_ms },
	                    why);
}

static enum err store_customer(struct tx *tx, const struct result_in *in, const struct call_now *c,
                               struct why *why)
{
	const struct result_form *f = &in->form;
	enum err e = customer_result(tx, c->customer_id, f->code, in->now_utc_ms, why);
	if (!e && *f->grade)
		e = customer_set(tx,
		                 &(struct customer_change){ .id = c->customer_id,
		                                            .grade = f->grade,
		                                            .owner_id = CUSTOMER_KEEP,
		                                            .next_contact_utc_ms = CUSTOMER_KEEP,
		                                            .now_utc_ms = in->now_utc_ms },
		                 why);
	if (!e && in->by_id)
		e = store_next(tx, in, c, why);
	if (!e && *f->note)
		e = note_add(tx,
		             &(struct note_new){ .id = id_new(),
		                                 .customer_id = c->customer_id,
		                                 .call_id = in->call_id,
		                                 .by_id = in->by_id ? in->by_id : c->agent_id,
		                                 .text = f->note,
		                                 .at_utc_ms = in->now_utc_ms },
		             why);
	return e;
}

static enum err apply_flag(struct tx *tx, int64_t call_id, const struct call_now *c, int flag,
                           int64_t by_id, int64_t now_utc_ms, struct why *why)
{
	if (flag == FLAG_DNC && c->customer_id)
		return customer_refuse(tx, c->customer_id, DNC_REQUEST, "desk", call_id, by_id,
		                       now_utc_ms, why);
	if (flag != FLAG_NOT_PERSON || !c->phone_id)
		return ERR_OK;
	/* The number belongs to somebody else: it is not called again, the customer keeps his
	 * others. */
	struct phone p;
	enum err e = phone_get(tx_db(tx), c->phone_id, &p, why);
	if (e)
		return e;
	struct dnc_new d = { .reason = DNC_WRONG,
		             .source = "desk",
		             .customer_id = c->customer_id,
		             .call_id = call_id,
		             .by_id = by_id,
		             .at_utc_ms = now_utc_ms };
	memcpy(d.hash, p.hash, sizeof d.hash);
	str_copy(d.mask, sizeof d.mask, p.mask);
	return dnc_add(tx, &d, why);
}

static enum err apply_flags(struct tx *tx, const struct result_in *in, const struct call_now *c,
                            struct why *why)
{
	enum err e = ERR_OK;
	for (int bit = 1; !e && bit <= FLAG_COMPLAINT; bit *= 2)
		if ((in->form.flags & bit) && !(c->flags & bit))
			e = apply_flag(tx, in->call_id, c, bit, in->by_id, in->now_utc_ms, why);
	return e;
}

static enum err tell(struct tx *tx, const struct result_in *in, const struct call_now *c,
                     struct why *why)
{
	struct str s = { 0 };
	struct jw w = { .out = &s };
	jw_obj(&w, NULL);
	jw_id(&w, "call_id", in->call_id);
	jw_id(&w, "customer_id", c->customer_id);
	jw_id(&w, "agent_id", c->agent_id);
	jw_str(&w, "result", in->form.code);
	jw_str(&w, "grade", in->form.grade);
	jw_int(&w, "flags", in->form.flags | c->flags);
	jw_int(&w, "deal_fen", in->form.deal_fen);
	jw_bool(&w, "is_correction", in->is_correction);
	jw_end_obj(&w);
	enum err e = str_ok(&s) ? outbox_add(tx, "call.result", in->call_id, c->cell_id,
	                                     in->now_utc_ms, str_text(&s), why)
	                        : fail(why, E_NOMEM);
	str_free(&s);
	return e;
}

enum err result_store(struct tx *tx, const struct result_in *in, struct why *why)
{
	struct call_now c;
	enum err e = load_call(tx, in->call_id, &c, why);
	if (e)
		return e;
	if (!in->is_correction && c.last_result_id)
		return fail(why, E_RESULT_SAVED);
	if (in->is_correction && c.day != in->day)
		return fail(why, E_RESULT_DAY);
	if ((e = add_row(tx, in, &c, why)) || (e = draft_drop(tx, in->call_id, why)) ||
	    (e = store_deal(tx, in, &c, why)))
		return e;
	if (c.customer_id &&
	    ((e = store_customer(tx, in, &c, why)) || (e = apply_flags(tx, in, &c, why))))
		return e;
	/* A person spoke with him: from here on the follow-up decides, not the list. */
	if (c.task_id && c.is_answered &&
	    (e = task_settle(tx,
	                     &(struct task_settle){ .task_id = c.task_id,
	                                            .agent_id = c.agent_id,
	                                            .state = TASK_DONE,
	                                            .reason = in->form.code },
	                     why)))
		return e;
	return tell(tx, in, &c, why);
}

enum err result_flag(struct tx *tx, int64_t call_id, int flag, bool on, int64_t by_id,
                     int64_t now_utc_ms, struct why *why)
{
	struct call_now c;
	enum err e = load_call(tx, call_id, &c, why);
	if (e || (e = call_set_flags(tx, call_id, on ? flag : 0, on ? 0 : flag, why)))
		return e;
	if (on)
		return c.flags & flag ? ERR_OK
		                      : apply_flag(tx, call_id, &c, flag, by_id, now_utc_ms, why);
	if (!(c.flags & flag))
		return ERR_OK;
	if (flag == FLAG_DNC && c.customer_id)
		return customer_unrefuse(tx, c.customer_id, now_utc_ms, why);
	if (flag == FLAG_NOT_PERSON && c.phone_id) {
		struct phone p;
		if (!(e = phone_get(tx_db(tx), c.phone_id, &p, why)))
			e = dnc_remove(tx, p.hash, why);
		return e == ERR_NOT_FOUND ? ERR_OK : e;
	}
	return ERR_OK;
}
