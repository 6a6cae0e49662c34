#include "quality/review.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "event/outbox.h"
#include "profile/version.h"

void review_free(struct review **r)
{
	if (!*r)
		return;
	form_free(&(*r)->form);
	free(*r);
	*r = NULL;
}

/* ---- opening ---- */

/* What a review takes over from its call. */
struct call_facts {
	int64_t agent_id, unit_id, cell_id;
};

static enum err check_call(struct db *db, int64_t call_id, struct call_facts *ret, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_row(db,
	                    "SELECT c.state, c.agent_id, c.unit_id, c.cell_id,"
	                    " (SELECT COUNT(*) FROM recording r WHERE r.call_id = c.id AND r.state "
	                    "IN ('closed', 'cut'))"
	                    " FROM call c WHERE c.id = ?1",
	                    ARGS(V_INT(call_id)), &r, why);
	if (e)
		return e;
	if (strcmp(rows_text(r, 0), "ended"))
		return fail(why, E_REVIEW_LIVE);
	if (!rows_int(r, 4))
		return fail(why, E_REVIEW_NO_RECORDING);
	*ret = (struct call_facts){ rows_int(r, 1), rows_int(r, 2), rows_int(r, 3) };
	return ERR_OK;
}

static enum err find_own(struct db *db, const struct review_open *o, int64_t *ret_id,
                         struct why *why)
{
	return db_int(
	    db, "SELECT id FROM review WHERE call_id = ?1 AND form_key = ?2 AND inspector_id = ?3",
	    ARGS(V_INT(o->call_id), V_TEXT(o->form_key), V_INT(o->inspector_id)), ret_id, why);
}

enum err review_open(struct tx *tx, const struct review_open *o, int64_t *ret_id, struct why *why)
{
	struct db *db = tx_db(tx);
	enum err e = find_own(db, o, ret_id, NULL);
	if (e != ERR_NOT_FOUND)
		return e;

	struct call_facts call = { 0 };
	CLEANUP(version_free) struct version *v = NULL;
	CLEANUP(form_free) struct form *f = NULL;
	if ((e = check_call(db, o->call_id, &call, why)) ||
	    (e = version_at(db, "scorecard", o->form_key, o->now_utc_ms, &v, why)) ||
	    (e = form_parse(v->key, v->n, v->body, &f, why)))
		return e;
	e = db_exec(
	    db,
	    "INSERT INTO review (id, call_id, form_key, form_version, inspector_id, agent_id, "
	    "unit_id, state,"
	    " score_centi, raw_centi, max_centi, verdict, fatal, remark, created_utc_ms, "
	    "saved_utc_ms, day)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'draft', ?8, ?8, ?8, 'pass', '', '', ?9, ?9, 0)",
	    ARGS(V_INT(o->id), V_INT(o->call_id), V_TEXT(o->form_key), V_INT(v->n),
	         V_INT(o->inspector_id), V_ID(call.agent_id), V_INT(call.unit_id),
	         V_INT(f->max_centi), V_INT(o->now_utc_ms)),
	    NULL, why);
	if (e)
		return e;
	*ret_id = o->id;
	return ERR_OK;
}

/* ---- reading ---- */

#define REVIEW_COLUMNS \
	"SELECT v.id, v.call_id, v.form_key, v.form_version, v.inspector_id, v.agent_id, " \
	"v.unit_id," \
	" v.state, v.fatal, v.remark, v.created_utc_ms, v.saved_utc_ms, v.submitted_utc_ms" \
	" FROM review v WHERE "

static void read_fatals(struct review *r, const char *keys)
{
	while (*keys && r->n_fatals < FORM_FATALS) {
		size_t n = strcspn(keys, " ");
		if (n && n < FORM_KEY_BYTES) {
			memcpy(r->fatals[r->n_fatals], keys, n);
			r->fatals[r->n_fatals++][n] = 0;
		}
		keys += n + strspn(keys + n, " ");
	}
}

static void read_row(const struct rows *row, struct review *r)
{
	r->id = rows_int(row, 0);
	r->call_id = rows_int(row, 1);
	str_copy(r->form_key, sizeof(r->form_key), rows_text(row, 2));
	r->form_version = rows_int(row, 3);
	r->inspector_id = rows_int(row, 4);
	r->agent_id = rows_int(row, 5);
	r->unit_id = rows_int(row, 6);
	r->is_submitted = !strcmp(rows_text(row, 7), "submitted");
	read_fatals(r, rows_text(row, 8));
	str_copy(r->remark, sizeof(r->remark), rows_text(row, 9));
	r->created_utc_ms = rows_int(row, 10);
	r->saved_utc_ms = rows_int(row, 11);
	r->submitted_utc_ms = rows_int(row, 12);
}

static enum err read_marks(struct db *db, struct review *r, struct why *why)
{
	CLEANUP(rows_free) struct rows *row = NULL;
	enum err e =
	    db_query(db,
	             "SELECT item_key, deduct_centi, na, from_ms, to_ms, remark FROM review_item"
	             " WHERE review_id = ?1 ORDER BY item_key",
	             ARGS(V_INT(r->id)), &row, why);
	while (!e && !(e = rows_next(row, why)) && r->n_marks < FORM_ITEMS) {
		struct review_mark *m = &r->marks[r->n_marks++];
		str_copy(m->item_key, sizeof(m->item_key), rows_text(row, 0));
		m->deduct_centi = rows_int(row, 1);
		m->is_na = rows_int(row, 2) != 0;
		m->from_ms = rows_null(row, 3) ? -1 : rows_int(row, 3);
		m->to_ms = rows_null(row, 4) ? -1 : rows_int(row, 4);
		str_copy(m->remark, sizeof(m->remark), rows_text(row, 5));
	}
	return e == ERR_END ? ERR_OK : e;
}

static enum err load_form(struct db *db, struct review *r, struct why *why)
{
	CLEANUP(version_free) struct version *v = NULL;
	enum err e = version_get(db, "scorecard", r->form_key, r->form_version, &v, why);
	return e ? e : form_parse(v->key, v->n, v->body, &r->form, why);
}

static enum err compute(const struct form *f, const struct review_mark *marks, int n_marks,
                        bool is_fatal, struct score *ret, struct why *why)
{
	struct score_mark by_item[FORM_ITEMS] = { 0 };
	for (int i = 0; i < n_marks; i++) {
		int item = form_item_index(f, marks[i].item_key);
		if (item < 0)
			return fail(why, E_REVIEW_ITEM, marks[i].item_key);
		by_item[item] = (struct score_mark){ marks[i].deduct_centi, marks[i].is_na };
	}
	return score_compute(f, by_item, is_fatal, ret, why);
}

/* Takes over the row `rows` stands on. */
static enum err load_rest(struct db *db, struct rows **rows, struct review **ret, struct why *why)
{
	CLEANUP(review_free) struct review *r = calloc(1, sizeof(*r));
	if (!r)
		return fail(why, E_NOMEM);
	read_row(*rows, r);
	rows_free(rows);

	enum err e;
	if ((e = read_marks(db, r, why)) || (e = load_form(db, r, why)) ||
	    (e = compute(r->form, r->marks, r->n_marks, r->n_fatals > 0, &r->score, why)))
		return e;
	*ret = r;
	r = NULL;
	return ERR_OK;
}

enum err review_load(struct db *db, const struct scope *sc, int64_t id, struct review **ret,
                     struct why *why)
{
	static const struct scoped_sql SQL =
	    SCOPED(REVIEW_COLUMNS "v.id = ?2 AND ", "v.state = 'submitted' AND v.agent_id",
	           "v.unit_id", "");
	CLEANUP(rows_free) struct rows *row = NULL;
	enum err e =
	    db_row(db, scoped(sc, &SQL), ARGS(V_INT(scope_person(sc)), V_INT(id)), &row, why);
	return e ? e : load_rest(db, &row, ret, why);
}

/* The inspector's own draft, for changing it. */
static enum err load_draft(struct db *db, int64_t id, int64_t inspector_id, struct review **ret,
                           struct why *why)
{
	CLEANUP(rows_free) struct rows *row = NULL;
	enum err e = db_row(db, REVIEW_COLUMNS "v.id = ?1", ARGS(V_INT(id)), &row, why);
	if (e)
		return e;
	if (rows_int(row, 4) != inspector_id)
		return fail(why, E_REVIEW_NOT_YOURS);
	if (strcmp(rows_text(row, 7), "draft"))
		return fail(why, E_REVIEW_SUBMITTED);
	return load_rest(db, &row, ret, why);
}

/* ---- saving ---- */

static enum err check_marks(struct db *db, const struct review *r, const struct review_save *s,
                            struct why *why)
{
	int64_t ms = 0;
	enum err e = db_int(db, "SELECT MAX(duration_ms) FROM recording WHERE call_id = ?1",
	                    ARGS(V_INT(r->call_id)), &ms, why);
	if (e)
		return e;
	for (int i = 0; i < s->n_marks; i++) {
		const struct review_mark *m = &s->marks[i];
		for (int k = 0; k < i; k++)
			if (!strcmp(s->marks[k].item_key, m->item_key))
				return fail(why, E_FIELD_INVALID, m->item_key, "given twice");
		if (m->from_ms < 0 && m->to_ms < 0)
			continue;
		if (m->from_ms < 0 || m->to_ms <= m->from_ms || m->to_ms > ms)
			return fail(why, E_REVIEW_STRETCH, m->item_key, ms);
	}
	for (int i = 0; i < s->n_fatals; i++)
		if (!form_has_fatal(r->form, s->fatals[i]))
			return fail(why, E_REVIEW_FATAL, s->fatals[i]);
	return ERR_OK;
}

static enum err write_marks(struct db *db, const struct review_save *s, struct why *why)
{
	enum err e = db_exec(db, "DELETE FROM review_item WHERE review_id = ?1", ARGS(V_INT(s->id)),
	                     NULL, why);
	for (int i = 0; !e && i < s->n_marks; i++) {
		const struct review_mark *m = &s->marks[i];
		bool whole = m->from_ms < 0;
		if (!m->deduct_centi && !m->is_na && !*m->remark)
			continue;
		e = db_exec(db,
		            "INSERT INTO review_item (review_id, item_key, deduct_centi, na, "
		            "from_ms, to_ms, remark, source)"
		            " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'inspector')",
		            ARGS(V_INT(s->id), V_TEXT(m->item_key), V_INT(m->deduct_centi),
		                 V_BOOL(m->is_na), whole ? V_NULL : V_INT(m->from_ms),
		                 whole ? V_NULL : V_INT(m->to_ms), V_TEXT(m->remark)),
		            NULL, why);
	}
	return e;
}

static enum err write_head(struct db *db, const struct review_save *s, const struct score *sc,
                           struct why *why)
{
	struct str fatal = { 0 };
	for (int i = 0; i < s->n_fatals; i++)
		str_addf(&fatal, "%s%s", i ? " " : "", s->fatals[i]);
	enum err e = str_ok(&fatal) ? ERR_OK : fail(why, E_NOMEM);
	if (!e)
		e = db_exec(db,
		            "UPDATE review SET score_centi = ?2, raw_centi = ?3, verdict = ?4, "
		            "fatal = ?5, remark = ?6,"
		            " saved_utc_ms = ?7 WHERE id = ?1 AND state = 'draft'",
		            ARGS(V_INT(s->id), V_INT(sc->score_centi), V_INT(sc->raw_centi),
		                 V_TEXT(sc->is_pass ? "pass" : "fail"), V_TEXT(str_text(&fatal)),
		                 V_TEXT(s->remark), V_INT(s->now_utc_ms)),
		            NULL, why);
	str_free(&fatal);
	return e;
}

enum err review_save(struct tx *tx, const struct review_save *s, struct score *ret, struct why *why)
{
	struct db *db = tx_db(tx);
	CLEANUP(review_free) struct review *r = NULL;
	struct score sc;
	enum err e;
	if ((e = load_draft(db, s->id, s->inspector_id, &r, why)) ||
	    (e = check_marks(db, r, s, why)) ||
	    (e = compute(r->form, s->marks, s->n_marks, s->n_fatals > 0, &sc, why)) ||
	    (e = write_marks(db, s, why)) || (e = write_head(db, s, &sc, why)))
		return e;
	*ret = sc;
	return ERR_OK;
}

/* ---- submitting ---- */

static enum err tell(struct tx *tx, const struct review *r, const char *verdict, int64_t cell_id,
                     int64_t now_utc_ms, struct why *why)
{
	struct str body = { 0 };
	struct jw w = { .out = &body };
	jw_obj(&w, NULL);
	jw_id(&w, "call_id", r->call_id);
	jw_id(&w, "agent_id", r->agent_id);
	jw_str(&w, "form_key", r->form_key);
	jw_int(&w, "score_centi", r->score.score_centi);
	jw_str(&w, "verdict", verdict);
	jw_end_obj(&w);
	enum err e = str_ok(&body) ? outbox_add(tx, "review.submitted", r->id, cell_id, now_utc_ms,
	                                        str_text(&body), why)
	                           : fail(why, E_NOMEM);
	str_free(&body);
	return e;
}

enum err review_submit(struct tx *tx, int64_t id, int64_t inspector_id, int64_t now_utc_ms, int day,
                       struct score *ret, struct why *why)
{
	struct db *db = tx_db(tx);
	CLEANUP(review_free) struct review *r = NULL;
	int64_t cell_id;
	enum err e;
	if ((e = load_draft(db, id, inspector_id, &r, why)) ||
	    (e = db_int(db, "SELECT cell_id FROM call WHERE id = ?1", ARGS(V_INT(r->call_id)),
	                &cell_id, why)))
		return e;
	const char *verdict = r->score.is_pass ? "pass" : "fail";
	if ((e = db_exec(db,
	                 "UPDATE review SET state = 'submitted', submitted_utc_ms = ?2, "
	                 "saved_utc_ms = ?2, day = ?3"
	                 " WHERE id = ?1 AND state = 'draft'",
	                 ARGS(V_INT(id), V_INT(now_utc_ms), V_INT(day)), NULL, why)) ||
	    (e = db_exec(db, "UPDATE call SET score_centi = ?2, score_verdict = ?3 WHERE id = ?1",
	                 ARGS(V_INT(r->call_id), V_INT(r->score.score_centi), V_TEXT(verdict)),
	                 NULL, why)) ||
	    (e = tell(tx, r, verdict, cell_id, now_utc_ms, why)))
		return e;
	*ret = r->score;
	return ERR_OK;
}

/* ---- around a review ---- */

enum err review_inspector(struct db *db, int64_t inspector_id, struct rows **ret, struct why *why)
{
	return db_row(db, "SELECT job_no, name FROM person WHERE id = ?1",
	              ARGS(V_INT(inspector_id)), ret, why);
}

enum err review_count(struct db *db, int64_t inspector_id, int from_day, int64_t *ret,
                      struct why *why)
{
	return db_int(db,
	              "SELECT COUNT(*) FROM review WHERE day >= ?2 AND inspector_id = ?1 AND state "
	              "= 'submitted'",
	              ARGS(V_INT(inspector_id), V_INT(from_day)), ret, why);
}

/* ---- the queue ---- */

#define WAITING \
	"c.state = 'ended' AND c.score_centi IS NULL AND c.answer_utc_ms IS NOT NULL AND EXISTS" \
	" (SELECT 1 FROM recording r WHERE r.call_id = c.id AND r.state IN ('closed', 'cut')) " \
	"AND "

enum err review_queue(struct db *db, const struct scope *sc, int64_t limit, int64_t offset,
                      review_waiting_fn *fn, void *ctx, int64_t *ret_total, struct why *why)
{
	static const struct scoped_sql COUNT =
	    SCOPED("SELECT COUNT(*) FROM call c WHERE " WAITING, "c.agent_id", "c.unit_id", "");
	static const struct scoped_sql LIST = SCOPED(
	    "SELECT c.id, c.start_utc_ms, c.agent_talk_ms, c.agent_id, c.customer_id, p.job_no, "
	    "p.name, u.name,"
	    " c.grade, c.number_mask, c.result FROM call c LEFT JOIN person p ON p.id = c.agent_id"
	    " LEFT JOIN customer u ON u.id = c.customer_id WHERE " WAITING,
	    "c.agent_id", "c.unit_id",
	    " ORDER BY c.start_utc_ms DESC, c.id DESC LIMIT ?2 OFFSET ?3");
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_int(db, scoped(sc, &COUNT), ARGS(V_INT(scope_person(sc))), ret_total, why);
	if (!e)
		e = db_query(db, scoped(sc, &LIST),
		             ARGS(V_INT(scope_person(sc)), V_INT(limit), V_INT(offset)), &r, why);
	while (!e && !(e = rows_next(r, why))) {
		struct review_waiting w = {
			.call_id = rows_int(r, 0),
			.start_utc_ms = rows_int(r, 1),
			.talk_ms = rows_int(r, 2),
			.agent_id = rows_int(r, 3),
			.customer_id = rows_int(r, 4),
			.job_no = rows_text(r, 5),
			.agent_name = rows_text(r, 6),
			.customer_name = rows_text(r, 7),
			.grade = rows_text(r, 8),
			.number_mask = rows_text(r, 9),
			.result = rows_text(r, 10),
		};
		e = fn(&w, ctx, why);
	}
	return e == ERR_END ? ERR_OK : e;
}
