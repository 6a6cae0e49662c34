#include "call/record.h"

#include "base/str.h"

enum err attempt_add(struct tx *tx, const struct attempt_new *a, bool is_refused, struct why *why)
{
	return db_exec(
	    tx_db(tx),
	    "INSERT INTO attempt (id, call_id, campaign_id, task_id, customer_id, phone_id, "
	    "number_hash, "
	    "agent_id, unit_id, mode, trunk_id, caller_number_id, verdict, verdict_detail, "
	    "policy_version, "
	    "created_utc_ms, end_utc_ms, outcome, day, cell_id, epoch) "
	    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, "
	    "?18, ?19, "
	    "?20, ?21)",
	    ARGS(V_INT(a->id), V_ID(a->call_id), V_ID(a->campaign_id), V_ID(a->task_id),
	         V_INT(a->customer_id), V_INT(a->phone_id),
	         V_BYTES(a->number_hash, NUMBER_HASH_BYTES), V_ID(a->agent_id), V_INT(a->unit_id),
	         V_TEXT(a->mode), V_ID(a->trunk_id), V_ID(a->caller_number_id), V_TEXT(a->verdict),
	         V_TEXT(a->verdict_detail), V_INT(a->policy_version), V_INT(a->created_utc_ms),
	         is_refused ? V_INT(a->created_utc_ms) : V_NULL,
	         is_refused ? V_TEXT(outcome_code(OUTCOME_BLOCKED)) : V_NULL, V_INT(a->day),
	         V_INT(a->cell_id), V_INT(a->epoch)),
	    NULL, why);
}

enum err attempt_is_open(struct tx *tx, const unsigned char hash[NUMBER_HASH_BYTES],
                         int64_t since_utc_ms, bool *ret, struct why *why)
{
	int64_t n = 0;
	enum err e = db_int(tx_db(tx),
	                    "SELECT COUNT(*) FROM attempt WHERE number_hash = ?1 AND "
	                    "created_utc_ms >= ?2 AND end_utc_ms IS NULL",
	                    ARGS(V_BYTES(hash, NUMBER_HASH_BYTES), V_INT(since_utc_ms)), &n, why);
	if (!e)
		*ret = n > 0;
	return e;
}

enum err call_add(struct tx *tx, const struct call_new *c, struct why *why)
{
	enum err e = db_exec(
	    tx_db(tx),
	    "INSERT INTO call (id, direction, mode, state, attempt_id, campaign_id, task_id, "
	    "customer_id, phone_id, "
	    "number_mask, agent_id, unit_id, trunk_id, start_utc_ms, talk_ms, agent_talk_ms, "
	    "hold_ms, hold_count, "
	    "audio, script_key, script_version, flags, wechat, deal_fen, day, cell_id) "
	    "VALUES (?1, ?2, ?3, 'live', ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 0, 0, 0, 0, "
	    "'unknown', ?14, ?15, "
	    "0, '', 0, ?16, ?17)",
	    ARGS(V_INT(c->id), V_TEXT(c->is_incoming ? "in" : "out"), V_TEXT(c->mode),
	         V_ID(c->attempt_id), V_ID(c->campaign_id), V_ID(c->task_id), V_ID(c->customer_id),
	         V_ID(c->phone_id), V_TEXT(c->number_mask), V_ID(c->agent_id), V_INT(c->unit_id),
	         V_ID(c->trunk_id), V_INT(c->start_utc_ms), V_TEXT(c->script_key),
	         V_ID(c->script_version), V_INT(c->day), V_INT(c->cell_id)),
	    NULL, why);
	if (e || !c->recording_id)
		return e;
	return db_exec(tx_db(tx),
	               "INSERT INTO recording (id, call_id, path, state, started_utc_ms, "
	               "answer_ms, duration_ms, bytes, "
	               "gap_ms, cell_id) VALUES (?1, ?2, ?3, 'live', ?4, 0, 0, 0, 0, ?5)",
	               ARGS(V_INT(c->recording_id), V_INT(c->id), V_TEXT(c->recording_path),
	                    V_INT(c->start_utc_ms), V_INT(c->cell_id)),
	               NULL, why);
}

static enum err save_leg(struct tx *tx, int64_t call_id, const struct leg_row *l, struct why *why)
{
	return db_exec(
	    tx_db(tx),
	    "INSERT INTO leg (id, call_id, kind, person_id, start_utc_ms, answer_utc_ms, "
	    "end_utc_ms, sip_code, "
	    "q850) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (id) DO UPDATE SET "
	    "answer_utc_ms = excluded.answer_utc_ms, end_utc_ms = excluded.end_utc_ms, "
	    "sip_code = excluded.sip_code, q850 = excluded.q850",
	    ARGS(V_INT(l->id), V_INT(call_id), V_TEXT(l->kind), V_ID(l->person_id),
	         V_INT(l->start_utc_ms), V_ID(l->answer_utc_ms), V_ID(l->end_utc_ms),
	         V_ID(l->sip_code), V_ID(l->q850)),
	    NULL, why);
}

static enum err save_event(struct tx *tx, int64_t call_id, const struct call_event_row *r,
                           struct why *why)
{
	return db_exec(tx_db(tx),
	               "INSERT INTO call_event (id, call_id, at_utc_ms, kind, by_id, detail) "
	               "VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (id) DO NOTHING",
	               ARGS(V_INT(r->id), V_INT(call_id), V_INT(r->at_utc_ms), V_TEXT(r->kind),
	                    V_ID(r->by_id), V_TEXT(*r->detail ? r->detail : "{}")),
	               NULL, why);
}

static enum err save_attempt(struct tx *tx, const struct call_save *c, struct why *why)
{
	const struct call_facts *f = &c->facts;
	return db_exec(tx_db(tx),
	               "UPDATE attempt SET invite_utc_ms = ?2, end_utc_ms = ?3, outcome = ?4, "
	               "sip_code = ?5, q850 = ?6 "
	               "WHERE id = ?1",
	               ARGS(V_INT(c->attempt_id), V_ID(f->invite_utc_ms), V_ID(f->end_utc_ms),
	                    f->outcome ? V_TEXT(outcome_code(f->outcome)) : V_NULL,
	                    V_ID(f->sip_code), V_ID(f->q850)),
	               NULL, why);
}

enum err call_save(struct tx *tx, const struct call_save *c, struct why *why)
{
	const struct call_facts *f = &c->facts;
	enum err e = db_exec(tx_db(tx),
	                     "UPDATE call SET state = ?2, agent_id = ?3, customer_id = ?4, "
	                     "phone_id = ?5, unit_id = ?6, ring_utc_ms = ?7, "
	                     "answer_utc_ms = ?8, bridge_utc_ms = ?9, end_utc_ms = ?10, talk_ms = "
	                     "?11, agent_talk_ms = ?12, hold_ms = ?13, "
	                     "hold_count = ?14, outcome = ?15, ended_by = ?16, sip_code = ?17, "
	                     "q850 = ?18 WHERE id = ?1",
	                     ARGS(V_INT(c->id), V_TEXT(c->state == CALL_ENDED ? "ended" : "live"),
	                          V_ID(c->agent_id), V_ID(c->customer_id), V_ID(c->phone_id),
	                          V_INT(c->unit_id), V_ID(f->ring_utc_ms), V_ID(f->answer_utc_ms),
	                          V_ID(f->bridge_utc_ms), V_ID(f->end_utc_ms), V_INT(f->talk_ms),
	                          V_INT(f->agent_talk_ms), V_INT(f->hold_ms), V_INT(f->hold_count),
	                          f->outcome ? V_TEXT(outcome_code(f->outcome)) : V_NULL,
	                          f->ended_by ? V_TEXT(call_ender_code(f->ended_by)) : V_NULL,
	                          V_ID(f->sip_code), V_ID(f->q850)),
	                     NULL, why);
	if (!e && c->attempt_id)
		e = save_attempt(tx, c, why);
	for (int i = 0; !e && i < c->n_legs; i++)
		e = save_leg(tx, c->id, &c->legs[i], why);
	for (int i = 0; !e && i < c->n_events; i++)
		e = save_event(tx, c->id, &c->events[i], why);
	return e;
}

enum err call_wrapped(struct tx *tx, int64_t call_id, int64_t utc_ms, struct why *why)
{
	return db_exec(tx_db(tx), "UPDATE call SET wrapup_end_utc_ms = ?2 WHERE id = ?1",
	               ARGS(V_INT(call_id), V_INT(utc_ms)), NULL, why);
}

enum err call_set_flags(struct tx *tx, int64_t call_id, int set, int clear, struct why *why)
{
	return db_exec(tx_db(tx),
	               "UPDATE call SET flags = (flags | CAST(?2 AS BIGINT)) & ~CAST(?3 AS BIGINT) "
	               "WHERE id = ?1",
	               ARGS(V_INT(call_id), V_INT(set), V_INT(clear)), NULL, why);
}

enum err recording_close(struct tx *tx, const struct recording_end *r, struct why *why)
{
	return db_exec(tx_db(tx),
	               "UPDATE recording SET state = ?2, started_utc_ms = ?3, answer_ms = ?4, "
	               "duration_ms = ?5, bytes = ?6, "
	               "gap_ms = ?7 WHERE id = ?1",
	               ARGS(V_INT(r->id), V_TEXT(r->state), V_INT(r->started_utc_ms),
	                    V_INT(r->answer_ms), V_INT(r->duration_ms), V_INT(r->bytes),
	                    V_INT(r->gap_ms)),
	               NULL, why);
}

enum err recording_drop(struct tx *tx, int64_t id, struct why *why)
{
	return db_exec(tx_db(tx), "DELETE FROM recording WHERE id = ?1", ARGS(V_INT(id)), NULL,
	               why);
}

enum err missed_add(struct tx *tx, const struct missed_new *m, struct why *why)
{
	return db_exec(tx_db(tx),
	               "INSERT INTO missed_call (id, call_id, customer_id, number_hash, mask, "
	               "unit_id, agent_id, at_utc_ms, "
	               "due_utc_ms, cell_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
	               ARGS(V_INT(m->id), V_INT(m->call_id), V_ID(m->customer_id),
	                    V_BYTES(m->number_hash, NUMBER_HASH_BYTES), V_TEXT(m->mask),
	                    V_INT(m->unit_id), V_ID(m->agent_id), V_INT(m->at_utc_ms),
	                    V_INT(m->due_utc_ms), V_INT(m->cell_id)),
	               NULL, why);
}

enum err missed_done(struct tx *tx, int64_t customer_id, int64_t call_id, int64_t utc_ms,
                     struct why *why)
{
	return db_exec(tx_db(tx),
	               "UPDATE missed_call SET done_utc_ms = ?3, done_call_id = ?2 WHERE "
	               "customer_id = ?1 AND done_utc_ms IS NULL",
	               ARGS(V_INT(customer_id), V_INT(call_id), V_INT(utc_ms)), NULL, why);
}

enum err call_ref_load(struct db *db, int64_t call_id, struct call_ref *ret, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_row(db,
	                    "SELECT agent_id, unit_id, customer_id, campaign_id, script_version, "
	                    "day, script_key, result "
	                    "FROM call WHERE id = ?1",
	                    ARGS(V_INT(call_id)), &r, why);
	if (e)
		return e;
	*ret = (struct call_ref){ .id = call_id,
		                  .agent_id = rows_int(r, 0),
		                  .unit_id = rows_int(r, 1),
		                  .customer_id = rows_int(r, 2),
		                  .campaign_id = rows_int(r, 3),
		                  .script_version = rows_int(r, 4),
		                  .day = rows_int(r, 5),
		                  .has_result = !rows_null(r, 7) };
	str_copy(ret->script_key, sizeof ret->script_key, rows_text(r, 6));
	return ERR_OK;
}
