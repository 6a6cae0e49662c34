/* A call's facts as text: kept while the database is gone, entered when it is back. */
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "floor/pack.h"
#include "floor/save_int.h"

static const struct pack_field SAVE_FIELDS[] = {
#define INT(m) PACK(PACK_INT, struct save_job, m)
#define SMALL(m) PACK(PACK_SMALL, struct save_job, m)
#define BOOL(m) PACK(PACK_BOOL, struct save_job, m)
#define TEXT(m) PACK(PACK_TEXT, struct save_job, m)
	INT(call.id),
	INT(call.attempt_id),
	INT(call.agent_id),
	INT(call.customer_id),
	INT(call.phone_id),
	INT(call.unit_id),
	SMALL(call.state),
	INT(call.facts.start_utc_ms),
	INT(call.facts.invite_utc_ms),
	INT(call.facts.ring_utc_ms),
	INT(call.facts.answer_utc_ms),
	INT(call.facts.bridge_utc_ms),
	INT(call.facts.end_utc_ms),
	INT(call.facts.talk_ms),
	INT(call.facts.agent_talk_ms),
	INT(call.facts.hold_ms),
	SMALL(call.facts.hold_count),
	SMALL(call.facts.outcome),
	SMALL(call.facts.ended_by),
	SMALL(call.facts.sip_code),
	SMALL(call.facts.q850),
	BOOL(has_rec_end),
	BOOL(is_last),
	INT(rec.id),
	TEXT(rec.state),
	INT(rec.started_utc_ms),
	INT(rec.answer_ms),
	INT(rec.duration_ms),
	INT(rec.bytes),
	INT(rec.gap_ms),
	SMALL(next.state),
	INT(next.due_utc_ms),
	TEXT(next.reason),
	INT(task_id),
	INT(task_agent_id),
	INT(now_utc_ms),
	INT(day),
	INT(cell_id),
	INT(result_id),
	BOOL(is_missed),
	INT(missed.id),
	INT(missed.call_id),
	INT(missed.customer_id),
	INT(missed.unit_id),
	INT(missed.agent_id),
	INT(missed.at_utc_ms),
	INT(missed.due_utc_ms),
	INT(missed.cell_id),
	PACK(PACK_BYTES, struct save_job, missed.number_hash),
	TEXT(missed.mask),
	PACK_END,
#undef INT
#undef SMALL
#undef BOOL
#undef TEXT
};
static const struct pack_field LEG_FIELDS[] = {
	PACK(PACK_INT, struct leg_row, id),
	PACK(PACK_TEXT, struct leg_row, kind),
	PACK(PACK_INT, struct leg_row, person_id),
	PACK(PACK_INT, struct leg_row, start_utc_ms),
	PACK(PACK_INT, struct leg_row, answer_utc_ms),
	PACK(PACK_INT, struct leg_row, end_utc_ms),
	PACK(PACK_SMALL, struct leg_row, sip_code),
	PACK(PACK_SMALL, struct leg_row, q850),
	PACK_END,
};
static const struct pack_field EVENT_FIELDS[] = {
	PACK(PACK_INT, struct call_event_row, id),
	PACK(PACK_INT, struct call_event_row, at_utc_ms),
	PACK(PACK_INT, struct call_event_row, by_id),
	PACK(PACK_CHARS, struct call_event_row, kind),
	PACK(PACK_CHARS, struct call_event_row, detail),
	PACK_END,
};

static enum err save_encode(const void *kept, struct str *out, struct why *why)
{
	const struct save_job *s = kept;
	json_t *j = pack_write(SAVE_FIELDS, s), *legs = json_array(), *events = json_array();
	for (int i = 0; i < s->call.n_legs; i++)
		json_array_append_new(legs, pack_write(LEG_FIELDS, &s->legs[i]));
	for (int i = 0; i < s->call.n_events; i++)
		json_array_append_new(events, pack_write(EVENT_FIELDS, &s->events[i]));
	json_object_set_new(j, "legs", legs);
	json_object_set_new(j, "events", events);
	return pack_text(j, out, why);
}

/* What is known of the call in the database: who took the cell over may have ended it, and a commit
 * whose answer was lost may have done so too. */
static enum err load_end(struct tx *tx, int64_t call_id, bool *ret_ended, int64_t *ret_end_utc_ms,
                         struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_row(tx_db(tx), "SELECT state, end_utc_ms FROM call WHERE id = ?1",
	                    ARGS(V_INT(call_id)), &r, why);
	if (!e) {
		*ret_ended = strcmp(rows_text(r, 0), "ended") == 0;
		*ret_end_utc_ms = rows_int(r, 1);
	}
	return e;
}

/* The texts of `s` point into `j`. */
static void save_decode(const json_t *j, struct save_job *s)
{
	size_t i;
	json_t *v;
	pack_read(SAVE_FIELDS, j, s);
	json_array_foreach(json_object_get(j, "legs"), i, v)
	{
		if (s->call.n_legs < LIVE_LEGS)
			pack_read(LEG_FIELDS, v, &s->legs[s->call.n_legs++]);
	}
	json_array_foreach(json_object_get(j, "events"), i, v)
	{
		if (s->call.n_events < LIVE_EVENTS)
			pack_read(EVENT_FIELDS, v, &s->events[s->call.n_events++]);
	}
	s->call.legs = s->legs;
	s->call.events = s->events;
}

static void free_job(struct save_job **s)
{
	free(*s);
}

enum err save_enter(struct tx *tx, const char *text, size_t bytes, struct why *why)
{
	CLEANUP(json_cleanup) json_t *j = NULL;
	CLEANUP(free_job) struct save_job *s = calloc(1, sizeof *s);
	bool is_ended = false;
	int64_t end_utc_ms = 0;
	if (!s)
		return fail(why, E_NOMEM);
	enum err e = json_read(text, bytes, &j, why);
	if (e)
		return e;
	save_decode(j, s);
	if ((e = load_end(tx, s->call.id, &is_ended, &end_utc_ms, why)))
		return e;
	/* An ended call is not opened again; its end is entered once. */
	if (is_ended &&
	    (s->call.state != CALL_ENDED || (s->is_last && end_utc_ms == s->call.facts.end_utc_ms)))
		return ERR_OK;
	return save_write(tx, &s->j, why);
}

/* ---- a commit in doubt of a call that was then not made ---- */

enum { NEVER_AGAIN_MS = 60000 };

enum err save_encode_never(const struct never_made *n, struct str *out, struct why *why)
{
	struct save_job s = {
		.call = { .id = n->call_id,
		          .attempt_id = n->attempt_id,
		          .agent_id = n->agent_id,
		          .customer_id = n->customer_id,
		          .phone_id = n->phone_id,
		          .unit_id = n->unit_id,
		          .state = CALL_ENDED,
		          .facts = { .start_utc_ms = n->now_utc_ms,
		                     .end_utc_ms = n->now_utc_ms,
		                     .outcome = OUTCOME_CANCELLED,
		                     .ended_by = CALL_BY_SYSTEM } },
		.has_rec_end = true,
		.rec = { .id = n->recording_id, .state = "lost" },
		.is_last = true,
		.next = { .state = TASK_RETRY,
		          .due_utc_ms = n->now_utc_ms + NEVER_AGAIN_MS,
		          .reason = outcome_code(OUTCOME_CANCELLED) },
		.task_id = n->task_id,
		.task_agent_id = n->task_agent_id,
		.now_utc_ms = n->now_utc_ms,
		.day = n->day,
		.cell_id = n->cell_id,
		.result_id = id_new(),
	};
	return save_encode(&s, out, why);
}

const struct writer_kind SAVE_KIND = { .name = "call", .encode = save_encode, .enter = save_enter };
