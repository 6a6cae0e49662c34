/* The card: all of one customer on a page. */
#include <string.h>

#include "crm/customer.h"
#include "crm/reach.h"
#include "gate/consent.h"

static void write_time(struct jw *w, const char *key, const struct rows *r, int col)
{
	if (rows_null(r, col))
		jw_null(w, key);
	else
		jw_int(w, key, rows_int(r, col));
}

static void write_ref(struct jw *w, const char *key, const struct rows *r, int id_col,
                      const char *job_no, const char *name)
{
	if (rows_null(r, id_col)) {
		jw_null(w, key);
		return;
	}
	jw_obj(w, key);
	jw_id(w, "id", rows_int(r, id_col));
	if (job_no)
		jw_str(w, "job_no", job_no);
	jw_str(w, "name", name);
	jw_end_obj(w);
}

/* ---- the head ---- */

#define HEAD \
	"SELECT c.id, c.name, c.call_as, c.gender, c.grade, c.status, c.owner_id, o.job_no, " \
	"o.name, c.unit_id, u.name, " \
	"c.source, c.company, c.remark, c.batch_id, b.file_name, b.supplier, c.fields, " \
	"c.next_contact_utc_ms, " \
	"c.next_promise, c.attempts, c.answered, c.last_contact_utc_ms, c.last_result, " \
	"c.created_utc_ms, c.updated_utc_ms " \
	"FROM customer c LEFT JOIN person o ON o.id = c.owner_id LEFT JOIN org_unit u ON u.id = " \
	"c.unit_id " \
	"LEFT JOIN import_batch b ON b.id = c.batch_id WHERE "

static void write_fields(const char *fields, struct jw *w)
{
	static const char *const POINTS[] = { "need", "doubt", "feedback", "agreed" };
	CLEANUP(json_cleanup) json_t *j = NULL;
	bool is_good = !json_read_text(fields, &j, NULL);
	jw_obj(w, "key_points");
	for (int i = 0; i < 4; i++)
		jw_str(w, POINTS[i], is_good ? json_str(j, POINTS[i], "") : "");
	jw_end_obj(w);
	jw_str(w, "wechat", is_good ? json_str(j, "wechat", "") : "");
	jw_str(w, "product", is_good ? json_str(j, "product", "") : "");
}

static void write_head(const struct rows *r, struct jw *w)
{
	jw_id(w, "id", rows_int(r, 0));
	jw_str(w, "name", rows_text(r, 1));
	jw_str(w, "call_as", rows_text(r, 2));
	jw_str(w, "gender", rows_text(r, 3));
	jw_str(w, "grade", rows_text(r, 4));
	jw_str(w, "status", rows_text(r, 5));
	write_ref(w, "owner", r, 6, rows_text(r, 7), rows_text(r, 8));
	write_ref(w, "unit", r, 9, NULL, rows_text(r, 10));
	jw_str(w, "source", rows_text(r, 11));
	jw_str(w, "company", rows_text(r, 12));
	jw_str(w, "remark", rows_text(r, 13));
	if (rows_null(r, 14)) {
		jw_null(w, "batch");
	} else {
		jw_obj(w, "batch");
		jw_id(w, "id", rows_int(r, 14));
		jw_str(w, "name", rows_text(r, 15));
		jw_str(w, "supplier", rows_text(r, 16));
		jw_end_obj(w);
	}
	write_fields(rows_text(r, 17), w);
	if (rows_null(r, 18)) {
		jw_null(w, "next");
	} else {
		jw_obj(w, "next");
		jw_int(w, "at_utc_ms", rows_int(r, 18));
		jw_str(w, "promise", rows_text(r, 19));
		jw_end_obj(w);
	}
	write_time(w, "last_contact_utc_ms", r, 22);
	jw_str(w, "last_result", rows_text(r, 23));
	jw_int(w, "created_utc_ms", rows_int(r, 24));
	jw_int(w, "updated_utc_ms", rows_int(r, 25));
}

/* ---- its parts ---- */

struct part {
	const char *key, *sql;
	void (*write)(const struct rows *r, struct jw *w);
};

static void write_contact(const struct rows *r, struct jw *w)
{
	jw_id(w, "id", rows_int(r, 0));
	jw_str(w, "name", rows_text(r, 1));
	jw_str(w, "relation", rows_text(r, 2));
}

static void write_note(const struct rows *r, struct jw *w)
{
	jw_id(w, "id", rows_int(r, 0));
	jw_int(w, "at_utc_ms", rows_int(r, 1));
	jw_str(w, "text", rows_text(r, 2));
	jw_str(w, "by", rows_text(r, 3));
	jw_id(w, "call_id", rows_int(r, 4));
}

static void write_followup(const struct rows *r, struct jw *w)
{
	jw_id(w, "id", rows_int(r, 0));
	jw_str(w, "kind", rows_text(r, 1));
	jw_int(w, "due_utc_ms", rows_int(r, 2));
	jw_str(w, "what", rows_text(r, 3));
	jw_str(w, "owner", rows_text(r, 4));
	write_time(w, "done_utc_ms", r, 5);
	jw_str(w, "state", rows_null(r, 5) ? "open" : "done");
}

static void write_deal(const struct rows *r, struct jw *w)
{
	jw_id(w, "id", rows_int(r, 0));
	jw_int(w, "amount_fen", rows_int(r, 1));
	jw_int(w, "at_utc_ms", rows_int(r, 2));
	jw_str(w, "agent", rows_text(r, 3));
	jw_id(w, "call_id", rows_int(r, 4));
}

static void write_call(const struct rows *r, struct jw *w)
{
	jw_id(w, "id", rows_int(r, 0));
	jw_str(w, "direction", rows_text(r, 1));
	jw_int(w, "start_utc_ms", rows_int(r, 2));
	jw_str(w, "outcome", rows_text(r, 3));
	jw_str(w, "result", rows_text(r, 4));
	jw_int(w, "talk_ms", rows_int(r, 5));
	jw_str(w, "agent", rows_text(r, 6));
	jw_str(w, "note", rows_text(r, 7));
	jw_id(w, "agent_id", rows_int(r, 8));
	jw_str(w, "grade", rows_text(r, 9));
}

static const struct part PARTS[] = {
	{ "contacts",
	  "SELECT id, name, relation FROM contact WHERE customer_id = ?1 ORDER BY created_utc_ms, "
	  "id LIMIT 50",
	  write_contact },
	{ "notes",
	  "SELECT n.id, n.at_utc_ms, n.text, p.name, n.call_id FROM note n LEFT JOIN person p ON "
	  "p.id = n.by_id "
	  "WHERE n.customer_id = ?1 ORDER BY n.at_utc_ms DESC, n.id DESC LIMIT 50",
	  write_note },
	{ "followups",
	  "SELECT f.id, f.kind, f.due_utc_ms, f.what, p.name, f.done_utc_ms FROM followup f LEFT "
	  "JOIN person p ON "
	  "p.id = f.owner_id WHERE f.customer_id = ?1 ORDER BY CASE WHEN f.done_utc_ms IS NULL "
	  "THEN 0 ELSE 1 END, "
	  "f.due_utc_ms DESC, f.id DESC LIMIT 50",
	  write_followup },
	{ "deals",
	  "SELECT d.id, d.amount_fen, d.at_utc_ms, p.name, d.call_id FROM deal d LEFT JOIN person "
	  "p ON p.id = d.agent_id "
	  "WHERE d.customer_id = ?1 ORDER BY d.at_utc_ms DESC, d.id DESC LIMIT 50",
	  write_deal },
};

static const struct part RECENT = {
	"recent",
	"SELECT c.id, c.direction, c.start_utc_ms, c.outcome, c.result, c.talk_ms, p.name, (SELECT "
	"r.note FROM result r WHERE "
	"r.call_id = c.id ORDER BY r.saved_utc_ms DESC, r.id DESC LIMIT 1), c.agent_id, c.grade "
	"FROM call c LEFT JOIN person p ON p.id = c.agent_id "
	"WHERE c.customer_id = ?1 ORDER BY c.start_utc_ms DESC, c.id DESC LIMIT 20",
	write_call,
};

static enum err write_part(struct db *db, const struct part *p, int64_t customer_id, struct jw *w,
                           struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_query(db, p->sql, ARGS(V_INT(customer_id)), &r, why);
	jw_arr(w, p->key);
	while (!e && !(e = rows_next(r, why))) {
		jw_obj(w, NULL);
		p->write(r, w);
		jw_end_obj(w);
	}
	jw_end_arr(w);
	return e == ERR_END ? ERR_OK : e;
}

static enum err write_consent(struct db *db, int64_t customer_id, struct jw *w, struct why *why)
{
	static const char SQL[] = "SELECT k.basis, k.purpose, k.given_utc_ms, k.expires_utc_ms, "
				  "k.withdrawn_utc_ms, k.proof, b.source, b.supplier FROM "
				  "consent k LEFT JOIN import_batch b ON b.id = k.batch_id WHERE "
				  "k.customer_id = ?1 ORDER BY "
				  "CASE WHEN k.withdrawn_utc_ms IS NULL THEN 0 ELSE 1 END, "
				  "k.given_utc_ms DESC, k.id DESC LIMIT 1";
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_query(db, SQL, ARGS(V_INT(customer_id)), &r, why);
	if (e || (e = rows_next(r, why))) {
		jw_null(w, "consent");
		return e == ERR_END ? ERR_OK : e;
	}
	jw_obj(w, "consent");
	jw_str(w, "basis", rows_text(r, 0));
	jw_str(w, "basis_zh", consent_basis_label(rows_text(r, 0), LANG_ZH));
	jw_str(w, "basis_en", consent_basis_label(rows_text(r, 0), LANG_EN));
	jw_str(w, "purpose", rows_text(r, 1));
	jw_int(w, "given_utc_ms", rows_int(r, 2));
	write_time(w, "expires_utc_ms", r, 3);
	write_time(w, "withdrawn_utc_ms", r, 4);
	jw_str(w, "proof", rows_text(r, 5));
	jw_str(w, "source", rows_text(r, 6));
	jw_str(w, "supplier", rows_text(r, 7));
	jw_end_obj(w);
	return ERR_OK;
}

/* Calls to the customer's numbers within a day, and how many the policy allows. */
static enum err write_dial(struct db *db, const struct policy *p, int64_t customer_id,
                           int64_t now_utc_ms, struct jw *w, struct why *why)
{
	static const char SQL[] = "SELECT COUNT(*) FROM attempt WHERE customer_id = ?1 AND "
				  "created_utc_ms > ?2 AND verdict = 'ok' AND "
				  "(invite_utc_ms IS NOT NULL OR end_utc_ms IS NULL)";
	int64_t today, limit = 0;
	enum err e =
	    db_int(db, SQL, ARGS(V_INT(customer_id), V_INT(now_utc_ms - 86400000)), &today, why);
	if (e)
		return e;
	for (size_t i = 0; i < p->n_callee; i++) {
		if (p->callee[i].per_s == 86400 && !p->callee[i].is_answered)
			limit = p->callee[i].n;
	}
	jw_obj(w, "dial");
	jw_int(w, "today", today);
	jw_int(w, "limit", limit);
	jw_end_obj(w);
	return ERR_OK;
}

enum err customer_card(const struct scope *sc, struct db *db, const struct policy *p,
                       int64_t customer_id, int64_t now_utc_ms, struct jw *w, struct why *why)
{
	static const struct scoped_sql SQL =
	    SCOPED(HEAD, CUSTOMER_REACH, "c.unit_id", " AND c.id = ?2");
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_row(db, scoped(sc, &SQL), ARGS(V_INT(scope_person(sc)), V_INT(customer_id)),
	                    &r, why);
	if (e)
		return e;
	jw_obj(w, NULL);
	write_head(r, w);
	e = phone_list(db, customer_id, w, why);
	if (!e)
		e = write_consent(db, customer_id, w, why);
	for (size_t i = 0; !e && i < sizeof PARTS / sizeof *PARTS; i++)
		e = write_part(db, &PARTS[i], customer_id, w, why);
	if (!e) {
		jw_obj(w, "calls");
		jw_int(w, "total", rows_int(r, 20));
		jw_int(w, "connected", rows_int(r, 21));
		e = write_part(db, &RECENT, customer_id, w, why);
		jw_end_obj(w);
	}
	if (!e)
		e = write_dial(db, p, customer_id, now_utc_ms, w, why);
	jw_end_obj(w);
	return e;
}
