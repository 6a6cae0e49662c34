#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "report/call_json_int.h"
#include "report/call_list.h"

typedef json_t *row_fn(const struct rows *r);

/* Every row of a statement over one call as an array member of `call`. */
static enum err add_rows(struct db *db, const char *sql, int64_t call_id, row_fn *fn, json_t *call,
                         const char *key, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	json_t *list = json_array();
	json_object_set_new(call, key, list);
	enum err e = db_query(db, sql, ARGS(V_INT(call_id)), &r, why);
	while (!e && !(e = rows_next(r, why))) {
		if (json_array_append_new(list, fn(r)))
			e = fail(why, E_NOMEM);
	}
	return e == ERR_END ? ERR_OK : e;
}

/* Our own JSON columns; one that cannot be read must not hide the rest of the call. */
static json_t *json_column(const struct rows *r, int col)
{
	json_t *j = NULL;
	return json_read_text(rows_text(r, col), &j, NULL) ? json_object() : j;
}

static json_t *event_row(const struct rows *r)
{
	return json_pack("{s:o, s:o, s:o, s:o}", "at_utc_ms", cj_int(r, 0), "kind", cj_text(r, 1),
	                 "by", cj_person(r, 2, 3, 4), "detail", json_column(r, 5));
}

static json_t *leg_row(const struct rows *r)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "kind", cj_text(r, 0),
	                 "person", cj_person(r, 1, 2, 3), "start_utc_ms", cj_int(r, 4),
	                 "answer_utc_ms", cj_int(r, 5), "end_utc_ms", cj_int(r, 6), "sip_code",
	                 cj_int(r, 7), "lost_packets", cj_int(r, 8), "jitter_us", cj_int(r, 9));
}

static json_t *result_row(const struct rows *r)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o}", "id",
	                 cj_id(r, 0), "code", cj_text(r, 1), "grade", cj_filled(r, 2), "flags",
	                 cj_int(r, 3), "wechat", cj_filled(r, 4), "deal_fen", cj_int(r, 5),
	                 "next_utc_ms", cj_int(r, 6), "promise", cj_filled(r, 7), "note",
	                 cj_filled(r, 8), "saved_utc_ms", cj_int(r, 9), "by",
	                 cj_person(r, 10, 11, 12), "by_system", rows_int(r, 13) != 0,
	                 "correct_reason", cj_filled(r, 14));
}

static json_t *review_row(const struct rows *r)
{
	return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "id", cj_id(r, 0), "form_key",
	                 cj_text(r, 1), "state", cj_text(r, 2), "score_centi", cj_int(r, 3),
	                 "max_centi", cj_int(r, 4), "verdict", cj_filled(r, 5), "inspector",
	                 cj_person(r, 6, 7, 8));
}

#define REVIEWS \
	"SELECT v.id, v.form_key, v.state, v.score_centi, v.max_centi, v.verdict, " \
	"v.inspector_id, p.job_no," \
	" p.name FROM review v LEFT JOIN person p ON p.id = v.inspector_id WHERE v.call_id = ?1"
#define REVIEWS_ORDER " ORDER BY v.created_utc_ms, v.id"

/* Who sees only his own calls sees no drafts about himself. */
static const char *reviews_sql(const struct scope *sc)
{
	return scope_kind(sc) == SCOPE_OWN ? REVIEWS " AND v.state = 'submitted'" REVIEWS_ORDER
	                                   : REVIEWS REVIEWS_ORDER;
}

static enum err add_lists(struct db *db, const struct scope *sc, int64_t id, json_t *call,
                          struct why *why)
{
	enum err e = add_rows(
	    db,
	    "SELECT e.at_utc_ms, e.kind, e.by_id, p.job_no, p.name, e.detail FROM call_event e"
	    " LEFT JOIN person p ON p.id = e.by_id WHERE e.call_id = ?1 ORDER BY e.at_utc_ms, e.id",
	    id, event_row, call, "events", why);
	if (!e)
		e = add_rows(db,
		             "SELECT l.kind, l.person_id, p.job_no, p.name, l.start_utc_ms, "
		             "l.answer_utc_ms, l.end_utc_ms,"
		             " l.sip_code, l.lost_packets, l.jitter_us FROM leg l LEFT JOIN person "
		             "p ON p.id = l.person_id"
		             " WHERE l.call_id = ?1 ORDER BY l.start_utc_ms, l.id",
		             id, leg_row, call, "legs", why);
	if (!e)
		e = add_rows(db,
		             "SELECT s.id, s.code, s.grade, s.flags, s.wechat, s.deal_fen, "
		             "s.next_utc_ms, s.promise, s.note,"
		             " s.saved_utc_ms, s.by_id, p.job_no, p.name, s.by_system, "
		             "s.correct_reason FROM result s"
		             " LEFT JOIN person p ON p.id = s.by_id WHERE s.call_id = ?1 ORDER BY "
		             "s.saved_utc_ms DESC, s.id DESC",
		             id, result_row, call, "results", why);
	if (!e)
		e = add_rows(db, reviews_sql(sc), id, review_row, call, "reviews", why);
	return e;
}

static enum err add_attempt(struct db *db, int64_t attempt_id, json_t *call, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e =
	    db_row(db, "SELECT verdict, verdict_detail, policy_version FROM attempt WHERE id = ?1",
	           ARGS(V_INT(attempt_id)), &r, why);
	if (e == ERR_NOT_FOUND)
		return json_object_set_new(call, "attempt", json_null()) ? fail(why, E_NOMEM)
		                                                         : ERR_OK;
	if (e)
		return e;
	json_t *detail = json_column(r, 1), *checks = json_object_get(detail, "checks");
	json_object_set_new(call, "attempt",
	                    json_pack("{s:o, s:o, s:O}", "verdict", cj_text(r, 0), "policy_version",
	                              cj_int(r, 2), "checks",
	                              json_is_array(checks) ? checks : json_null()));
	json_decref(detail);
	return ERR_OK;
}

/* The customer as he was when the call began: from what was said before it. */
static enum err add_customer_then(struct db *db, int64_t customer_id, int64_t start, json_t *call,
                                  struct why *why)
{
	CLEANUP(rows_free) struct rows *last = NULL;
	int64_t calls = 0;
	enum err e = db_int(
	    db,
	    "SELECT COUNT(*) FROM call c WHERE c.customer_id = ?1 AND c.start_utc_ms < ?2 AND"
	    " c.answer_utc_ms IS NOT NULL",
	    ARGS(V_INT(customer_id), V_INT(start)), &calls, why);
	if (!e)
		e = db_row(db,
		           "SELECT s.grade, s.code, s.note FROM result s WHERE s.customer_id = ?1 "
		           "AND s.saved_utc_ms < ?2"
		           " ORDER BY s.saved_utc_ms DESC, s.id DESC LIMIT 1",
		           ARGS(V_INT(customer_id), V_INT(start)), &last, why);
	if (e && e != ERR_NOT_FOUND)
		return e;
	json_object_set_new(call, "customer_then",
	                    json_pack("{s:I, s:o, s:o, s:o}", "calls", (json_int_t)calls, "grade",
	                              e ? json_null() : cj_filled(last, 0), "status",
	                              e ? json_null() : cj_filled(last, 1), "note",
	                              e ? json_null() : cj_filled(last, 2)));
	return ERR_OK;
}

static enum err add_recording(struct db *db, int64_t id, json_t *call, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_row(
	    db,
	    "SELECT started_utc_ms, answer_ms, duration_ms, state FROM recording WHERE call_id = ?1"
	    " AND state <> 'lost' ORDER BY started_utc_ms, id LIMIT 1",
	    ARGS(V_INT(id)), &r, why);
	if (e && e != ERR_NOT_FOUND)
		return e;
	json_object_set_new(call, "recording_started_utc_ms", e ? json_null() : cj_int(r, 0));
	json_object_set_new(call, "recording_answer_ms", e ? json_null() : cj_int(r, 1));
	json_object_set_new(call, "recording_ms", e ? json_null() : cj_int(r, 2));
	json_object_set_new(call, "recording_state", e ? json_null() : cj_text(r, 3));
	int64_t n = 0;
	if (!(e = db_int(db, "SELECT COUNT(*) FROM transcript WHERE call_id = ?1", ARGS(V_INT(id)),
	                 &n, why)))
		json_object_set_new(call, "has_transcript", json_boolean(n > 0));
	return e;
}

static enum err add_more(struct db *db, const struct scope *sc, const struct rows *r, int64_t id,
                         json_t *call, struct why *why)
{
	json_t *more = json_pack(
	    "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "mode",
	    cj_text(r, 25), "state", cj_text(r, 26), "answer_utc_ms", cj_int(r, 19), "end_utc_ms",
	    cj_int(r, 20), "bridge_utc_ms", cj_int(r, 27), "ended_by", cj_filled(r, 28),
	    "script_key", cj_filled(r, 29), "script_version", cj_int(r, 30), "hold_ms",
	    cj_int(r, 31), "hold_count", cj_int(r, 32), "sip_code", cj_int(r, 33), "wechat",
	    cj_filled(r, 34), "deal_fen", cj_int(r, 35));
	json_object_update(call, more);
	json_decref(more);
	enum err e = add_lists(db, sc, id, call, why);
	if (!e)
		e = add_recording(db, id, call, why);
	if (!e)
		e = add_attempt(db, rows_int(r, 36), call, why);
	if (!e && rows_null(r, 3))
		json_object_set_new(call, "customer_then", json_null());
	else if (!e)
		e = add_customer_then(db, rows_int(r, 3), rows_int(r, 1), call, why);
	return e;
}

enum err call_detail(struct db *db, const struct scope *sc, int64_t id, json_t **ret,
                     struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = call_row_open(db, sc, id, &r, why);
	if (e)
		return e;
	json_t *call = call_row_json(r);
	if (!call)
		return fail(why, E_NOMEM);
	e = add_more(db, sc, r, id, call, why);
	if (e)
		json_decref(call);
	else
		*ret = call;
	return e;
}

enum err call_recording_get(struct db *db, const struct scope *sc, int64_t call_id,
                            struct call_recording *ret, struct why *why)
{
	CLEANUP(rows_free) struct rows *call = NULL;
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = call_row_open(db, sc, call_id, &call, why);
	if (e)
		return e;
	e = db_row(
	    db,
	    "SELECT path, state, duration_ms FROM recording WHERE call_id = ?1 AND state <> 'lost'"
	    " ORDER BY started_utc_ms, id LIMIT 1",
	    ARGS(V_INT(call_id)), &r, why);
	if (e)
		return e == ERR_NOT_FOUND ? fail(why, E_RECORDING_NONE) : e;
	*ret = (struct call_recording){ .call_id = call_id,
		                        .agent_id = rows_int(call, 9),
		                        .unit_id = rows_int(call, 37),
		                        .duration_ms = rows_int(r, 2),
		                        .is_closed = strcmp(rows_text(r, 1), "live") != 0 };
	str_copy(ret->path, sizeof ret->path, rows_text(r, 0));
	return ERR_OK;
}

enum err call_transcript(struct db *db, const struct scope *sc, int64_t call_id, json_t **ret,
                         struct why *why)
{
	CLEANUP(rows_free) struct rows *call = NULL;
	CLEANUP(rows_free) struct rows *r = NULL;
	json_t *lines = NULL;
	enum err e = call_row_open(db, sc, call_id, &call, why);
	if (e)
		return e;
	e = db_row(db, "SELECT source, lines FROM transcript WHERE call_id = ?1",
	           ARGS(V_INT(call_id)), &r, why);
	if (e)
		return e == ERR_NOT_FOUND ? fail(why, E_TRANSCRIPT_NONE) : e;
	if ((e = json_read_text(rows_text(r, 1), &lines, why)))
		return e;
	*ret = json_pack("{s:o, s:o}", "source", cj_text(r, 0), "lines", lines);
	return *ret ? ERR_OK : fail(why, E_NOMEM);
}
