#include "report/call_list.h"

#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "base/text.h"
#include "report/call_json_int.h"

/* ?1 scope, ?2 ?3 time, ?4 agent, ?5 unit, ?6 campaign, ?7 outcome, ?8 result, ?9 least talk, ?10
 * scored, ?11 recorded, ?12 customer, ?13 what to find, ?14 direction. */
#define FILTER \
	" AND c.start_utc_ms >= ?2 AND c.start_utc_ms < ?3" \
	" AND (CAST(?4 AS BIGINT) = 0 OR c.agent_id = ?4)" \
	" AND (CAST(?5 AS BIGINT) = 0 OR c.unit_id IN (SELECT b.below_id FROM unit_below b WHERE " \
	"b.unit_id = ?5))" \
	" AND (CAST(?6 AS BIGINT) = 0 OR c.campaign_id = ?6)" \
	" AND (CAST(?7 AS TEXT) = '' OR c.outcome = ?7) AND (CAST(?8 AS TEXT) = '' OR c.result = " \
	"?8)" \
	" AND c.talk_ms >= ?9" \
	" AND (CAST(?10 AS BIGINT) = 2 OR (CASE WHEN c.score_centi IS NULL THEN 0 ELSE 1 END) = " \
	"?10)" \
	" AND (CAST(?11 AS BIGINT) = 2 OR (CASE WHEN EXISTS (SELECT 1 FROM recording r WHERE " \
	"r.call_id = c.id" \
	" AND r.state <> 'lost') THEN 1 ELSE 0 END) = ?11)" \
	" AND (CAST(?12 AS BIGINT) = 0 OR c.customer_id = ?12)" \
	" AND (CAST(?13 AS TEXT) = '' OR c.number_mask LIKE '%' || ?13" \
	" OR EXISTS (SELECT 1 FROM customer k WHERE k.id = c.customer_id AND (k.name LIKE '%' || " \
	"?13 || '%'" \
	" OR k.name_key LIKE ?13 || '%')) OR EXISTS (SELECT 1 FROM person a WHERE a.id = " \
	"c.agent_id AND a.job_no = ?13))" \
	" AND (CAST(?14 AS TEXT) = '' OR c.direction = ?14)"

#define LIST(order) \
	SCOPED("SELECT c.id FROM call c WHERE ", "c.agent_id", "c.unit_id", \
	       FILTER " ORDER BY " order " LIMIT ?15 OFFSET ?16")

static const struct scoped_sql COUNT =
    SCOPED("SELECT COUNT(*) FROM call c WHERE ", "c.agent_id", "c.unit_id", FILTER);
static const struct scoped_sql LISTS[CALL_SORT_COUNT] = {
	[CALL_SORT_NEWEST] = LIST("c.start_utc_ms DESC, c.id DESC"),
	[CALL_SORT_OLDEST] = LIST("c.start_utc_ms, c.id"),
	[CALL_SORT_LONGEST] = LIST("c.talk_ms DESC, c.id DESC"),
	[CALL_SORT_SHORTEST] = LIST("c.talk_ms, c.id"),
};

/* What stands in LIKE has no wildcards of its own. */
static void find_text(const char *find, char *ret, size_t size)
{
	CLEANUP(str_drop) char *folded = NULL;
	size_t n = 0;
	if (text_fold(find, &folded, NULL))
		folded = NULL;
	for (const char *p = folded ? folded : ""; *p && n + 1 < size; p++) {
		if (*p != '%' && *p != '_' && *p != '\\')
			ret[n++] = *p;
	}
	ret[n] = '\0';
}

enum err call_list(struct db *db, const struct scope *sc, const struct call_filter *f,
                   json_t **ret_items, int64_t *ret_total, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	int64_t ids[CALL_PAGE_MAX];
	char find[128];
	size_t n = 0;
	find_text(f->find, find, sizeof find);
	const struct val args[] = {
		V_INT(scope_person(sc)),
		V_INT(f->from_utc_ms),
		V_INT(f->to_utc_ms ? f->to_utc_ms : INT64_MAX),
		V_INT(f->agent_id),
		V_INT(f->unit_id),
		V_INT(f->campaign_id),
		V_TEXT(f->outcome),
		V_TEXT(f->result),
		V_INT(f->min_talk_ms),
		V_INT(f->is_scored),
		V_INT(f->is_recorded),
		V_INT(f->customer_id),
		V_TEXT(find),
		V_TEXT(f->direction),
		V_INT(f->size < CALL_PAGE_MAX ? f->size : CALL_PAGE_MAX),
		V_INT(f->offset),
	};
	size_t n_args = sizeof args / sizeof *args;
	enum err e = db_int(db, scoped(sc, &COUNT), args, n_args - 2, ret_total, why);
	if (!e)
		e = db_query(db, scoped(sc, &LISTS[f->sort]), args, n_args, &r, why);
	if (e)
		return e;
	while (n < CALL_PAGE_MAX && !(e = rows_next(r, why)))
		ids[n++] = rows_int(r, 0);
	if (e && e != ERR_END)
		return e;
	rows_free(&r);
	return call_rows(db, sc, ids, n, ret_items, why);
}

#define ROW_COLUMNS \
	"c.id, c.start_utc_ms, c.direction, c.customer_id, k.name, k.grade, c.number_mask, " \
	"p.province, p.city," \
	" c.agent_id, a.job_no, a.name, c.campaign_id, g.name, c.outcome, c.result, c.grade, " \
	"c.talk_ms," \
	" c.ring_utc_ms, c.answer_utc_ms, c.end_utc_ms, c.score_centi, c.score_verdict, c.flags," \
	" (SELECT COUNT(*) FROM recording r WHERE r.call_id = c.id AND r.state <> 'lost'), " \
	"c.mode, c.state," \
	" c.bridge_utc_ms, c.ended_by, c.script_key, c.script_version, c.hold_ms, c.hold_count, " \
	"c.sip_code," \
	" c.wechat, c.deal_fen, c.attempt_id, c.unit_id"
static const struct scoped_sql ROW =
    SCOPED("SELECT " ROW_COLUMNS " FROM call c LEFT JOIN customer k ON k.id = c.customer_id"
           " LEFT JOIN phone p ON p.id = c.phone_id LEFT JOIN person a ON a.id = c.agent_id"
           " LEFT JOIN campaign g ON g.id = c.campaign_id WHERE c.id = ?2 AND ",
           "c.agent_id", "c.unit_id", "");

enum err call_row_open(struct db *db, const struct scope *sc, int64_t id, struct rows **ret,
                       struct why *why)
{
	return db_row(db, scoped(sc, &ROW), ARGS(V_INT(scope_person(sc)), V_INT(id)), ret, why);
}

static json_t *ring_ms(const struct rows *r)
{
	int64_t end = rows_null(r, 19) ? rows_int(r, 20) : rows_int(r, 19);
	if (rows_null(r, 18) || !end)
		return json_integer(0);
	return json_integer(end - rows_int(r, 18));
}

json_t *call_row_json(const struct rows *r)
{
	char place[64];
	bool same = strcmp(rows_text(r, 7), rows_text(r, 8)) == 0; /* 北京 北京 */
	snprintf(place, sizeof place, "%s%s%s", rows_text(r, 7),
	         *rows_text(r, 8) && !same ? " " : "", same ? "" : rows_text(r, 8));
	json_t *customer = rows_null(r, 3) ? json_null()
	                                   : json_pack("{s:o, s:o, s:o}", "id", cj_id(r, 3), "name",
	                                               cj_text(r, 4), "grade", cj_filled(r, 5));
	json_t *agent = cj_person(r, 9, 10, 11);
	json_t *campaign =
	    rows_null(r, 12) ? json_null()
			     : json_pack("{s:o, s:o}", "id", cj_id(r, 12), "name", cj_text(r, 13));
	return json_pack(
	    "{s:o, s:o, s:o, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o}",
	    "id", cj_id(r, 0), "start_utc_ms", cj_int(r, 1), "direction", cj_text(r, 2), "customer",
	    customer, "number", cj_text(r, 6), "place", place, "agent", agent, "campaign", campaign,
	    "outcome", cj_text(r, 14), "result", cj_filled(r, 15), "grade", cj_filled(r, 16),
	    "talk_ms", cj_int(r, 17), "ring_ms", ring_ms(r), "recording", rows_int(r, 24) > 0,
	    "score_centi", cj_int(r, 21), "verdict", cj_filled(r, 22), "flags", cj_int(r, 23));
}

enum err call_rows(struct db *db, const struct scope *sc, const int64_t *ids, size_t n,
                   json_t **ret_items, struct why *why)
{
	json_t *items = json_array();
	for (size_t i = 0; i < n; i++) {
		CLEANUP(rows_free) struct rows *r = NULL;
		enum err e = call_row_open(db, sc, ids[i], &r, why);
		if (e == ERR_NOT_FOUND)
			continue;
		if (!e && json_array_append_new(items, call_row_json(r)))
			e = fail(why, E_NOMEM);
		if (e) {
			json_decref(items);
			return e;
		}
	}
	*ret_items = items;
	return ERR_OK;
}
