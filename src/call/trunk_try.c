#include "call/trunk_try.h"

#include <string.h>

#include "base/str.h"
#include "call/outcome.h"
#include "call/record.h"

static enum err attempt_of(struct tx *tx, const struct trunk_try *t, struct why *why)
{
	struct str detail = { 0 };
	struct jw w = { .out = &detail };
	struct attempt_new a = {
		.id = t->id,
		.customer_id = t->customer_id,
		.phone_id = t->phone_id,
		.agent_id = t->person_id,
		.unit_id = t->unit_id,
		.mode = "test",
		.trunk_id = t->trunk_id,
		.caller_number_id = t->caller_number_id,
		.verdict = gate_verdict_text(t->ret_verdict),
		.policy_version = t->ret_verdict->policy_version,
		.created_utc_ms = t->now_utc_ms,
		.day = t->day,
		.cell_id = t->cell_id,
	};
	memcpy(a.number_hash, t->hash, sizeof a.number_hash);
	gate_explain(t->ret_verdict, &w, NULL);
	a.verdict_detail = str_text(&detail);
	enum err e = str_ok(&detail) ? attempt_add(tx, &a, t->ret_verdict->code != E_NONE, why)
	                             : fail(why, E_NOMEM);
	str_free(&detail);
	return e;
}

enum err trunk_try_begin(struct tx *tx, const void *arg, struct why *why)
{
	const struct trunk_try *t = arg;
	struct gate_subject s = { t->hash, t->customer_id, t->caller_number_id };
	struct gate_facts f = {
		.now_utc_ms = t->now_utc_ms,
		.kind = t->kind,
		.purpose = "service",
		.is_requested = true, /* a colleague who holds the phone in his hand */
		.ring_timeout_s = t->ring_timeout_s,
		.campaign = GATE_CAMPAIGN_NONE,
	};
	str_copy(f.province, sizeof f.province, t->province);
	enum err e = gate_commit(tx, t->policy, &s, &f, t->ret_verdict, why);
	if (!e)
		e = attempt_of(tx, t, why);
	if (e || t->ret_verdict->code)
		return e;
	return db_exec(tx_db(tx), "UPDATE attempt SET invite_utc_ms = ?2 WHERE id = ?1",
	               ARGS(V_INT(t->id), V_INT(t->now_utc_ms)), NULL, why);
}

enum err trunk_try_over(struct tx *tx, const void *arg, struct why *why)
{
	const struct trunk_try_end *t = arg;
	struct outcome_in in = { .is_answered = t->is_answered, .cause = t->cause };
	return db_exec(
	    tx_db(tx),
	    "UPDATE attempt SET end_utc_ms = ?2, outcome = ?3 WHERE id = ?1 AND end_utc_ms IS NULL",
	    ARGS(V_INT(t->id), V_INT(t->now_utc_ms), V_TEXT(outcome_code(outcome_of(&in)))), NULL,
	    why);
}

enum err caller_number_first(struct db *db, int64_t trunk_id, int64_t now_utc_ms, int64_t *ret_id,
                             char *ret_number, size_t size, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_row(
	    db,
	    "SELECT id, number FROM caller_number WHERE trunk_id = ?1 AND valid_from_utc_ms <= ?2"
	    " AND (valid_to_utc_ms IS NULL OR valid_to_utc_ms > ?2) ORDER BY number, id LIMIT 1",
	    ARGS(V_INT(trunk_id), V_INT(now_utc_ms)), &r, why);
	if (e)
		return e;
	*ret_id = rows_int(r, 0);
	str_copy(ret_number, size, rows_text(r, 1));
	return ERR_OK;
}
