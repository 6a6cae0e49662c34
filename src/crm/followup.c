#include "crm/followup.h"

#include <string.h>

static bool is_kind(const char *k)
{
	static const char *const KINDS[] = { "promise", "rhythm", "missed", "manual" };
	for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
		if (strcmp(KINDS[i], k) == 0)
			return true;
	}
	return false;
}

/* The customer's next contact is the earliest open task; the promise is what it says. */
static enum err refresh_next(struct tx *tx, int64_t customer_id, struct why *why)
{
	static const char SQL[] =
	    "UPDATE customer SET next_contact_utc_ms = (SELECT MIN(due_utc_ms) FROM followup WHERE "
	    "customer_id = ?1 AND "
	    "done_utc_ms IS NULL), next_promise = (SELECT f.what FROM followup f WHERE "
	    "f.customer_id = ?1 AND "
	    "f.done_utc_ms IS NULL ORDER BY f.due_utc_ms, f.id LIMIT 1) WHERE id = ?1";
	return db_exec(tx_db(tx), SQL, ARGS(V_INT(customer_id)), NULL, why);
}

/* One date with the customer replaces the last: two promises cannot both be the next call. */
static enum err end_earlier(struct tx *tx, const struct followup_new *f, struct why *why)
{
	static const char SQL[] = "UPDATE followup SET done_utc_ms = ?4 WHERE customer_id = ?1 AND "
				  "owner_id = ?2 AND kind = ?3 AND done_utc_ms IS NULL "
				  "AND id <> ?5";
	if (strcmp(f->kind, "promise") != 0 && strcmp(f->kind, "rhythm") != 0)
		return ERR_OK;
	return db_exec(tx_db(tx), SQL,
	               ARGS(V_INT(f->customer_id), V_INT(f->owner_id), V_TEXT(f->kind),
	                    V_INT(f->now_utc_ms), V_INT(f->id)),
	               NULL, why);
}

enum err followup_add(struct tx *tx, const struct followup_new *f, struct why *why)
{
	static const char SQL[] =
	    "INSERT INTO followup (id, customer_id, owner_id, unit_id, kind, due_utc_ms, what, "
	    "from_call_id, created_utc_ms, "
	    "done_utc_ms, done_call_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, NULL, NULL)";
	if (!is_kind(f->kind))
		return fail(why, E_FIELD_INVALID, "kind", f->kind);
	if (f->due_utc_ms <= 0)
		return fail(why, E_FIELD_INVALID, "due_utc_ms", f->due_utc_ms);
	enum err e = end_earlier(tx, f, why);
	if (e || (e = db_exec(tx_db(tx), SQL,
	                      ARGS(V_INT(f->id), V_INT(f->customer_id), V_INT(f->owner_id),
	                           V_INT(f->unit_id), V_TEXT(f->kind), V_INT(f->due_utc_ms),
	                           V_TEXT(f->what ? f->what : ""), V_ID(f->from_call_id),
	                           V_INT(f->now_utc_ms)),
	                      NULL, why)))
		return e;
	return refresh_next(tx, f->customer_id, why);
}

enum err followup_done(struct tx *tx, int64_t id, int64_t customer_id, int64_t call_id,
                       int64_t now_utc_ms, struct why *why)
{
	static const char ONE[] = "UPDATE followup SET done_utc_ms = ?3, done_call_id = ?4 WHERE "
				  "id = ?1 AND customer_id = ?2 AND done_utc_ms IS NULL";
	static const char ALL[] = "UPDATE followup SET done_utc_ms = ?2, done_call_id = ?3 WHERE "
				  "customer_id = ?1 AND done_utc_ms IS NULL";
	int64_t n = 1;
	enum err e =
	    id ? db_exec(tx_db(tx), ONE,
	                 ARGS(V_INT(id), V_INT(customer_id), V_INT(now_utc_ms), V_ID(call_id)), &n,
	                 why)
	       : db_exec(tx_db(tx), ALL, ARGS(V_INT(customer_id), V_INT(now_utc_ms), V_ID(call_id)),
	                 NULL, why);
	if (e)
		return e;
	return n ? refresh_next(tx, customer_id, why) : fail(why, E_ROW_NONE);
}

#define FILTER \
	" AND (CAST(?2 AS BIGINT) = 0 OR f.customer_id = ?2) AND (CAST(?3 AS BIGINT) = 0 OR " \
	"f.owner_id = ?3) AND " \
	"(CAST(?4 AS BIGINT) = 0 OR f.due_utc_ms < ?4) AND CASE WHEN f.done_utc_ms IS NULL THEN " \
	"0 ELSE 1 END = CAST(?5 AS BIGINT)"

enum err followup_list(const struct scope *sc, struct db *db, const struct followup_query *q,
                       struct jw *w, int64_t *ret_total, struct why *why)
{
	static const struct scoped_sql COUNT =
	    SCOPED("SELECT COUNT(*) FROM followup f WHERE ", "f.owner_id", "f.unit_id", FILTER);
	static const struct scoped_sql SQL = SCOPED(
	    "SELECT f.id, f.customer_id, c.name, f.kind, f.due_utc_ms, f.what, f.owner_id, "
	    "f.done_utc_ms FROM followup f "
	    "JOIN customer c ON c.id = f.customer_id WHERE ",
	    "f.owner_id", "f.unit_id", FILTER " ORDER BY f.due_utc_ms, f.id LIMIT ?6 OFFSET ?7");
	struct val args[] = { V_INT(scope_person(sc)), V_INT(q->customer_id),
		              V_INT(q->owner_id),      V_INT(q->due_before_utc_ms),
		              V_BOOL(q->is_done),      V_INT(q->size),
		              V_INT(q->offset) };
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_int(db, scoped(sc, &COUNT), args, 5, ret_total, why);
	if (e || (e = db_query(db, scoped(sc, &SQL), args, 7, &r, why)))
		return e;
	jw_arr(w, NULL);
	while (!(e = rows_next(r, why))) {
		jw_obj(w, NULL);
		jw_id(w, "id", rows_int(r, 0));
		jw_id(w, "customer_id", rows_int(r, 1));
		jw_str(w, "customer_name", rows_text(r, 2));
		jw_str(w, "kind", rows_text(r, 3));
		jw_int(w, "due_utc_ms", rows_int(r, 4));
		jw_str(w, "what", rows_text(r, 5));
		jw_id(w, "owner_id", rows_int(r, 6));
		if (rows_null(r, 7))
			jw_null(w, "done_utc_ms");
		else
			jw_int(w, "done_utc_ms", rows_int(r, 7));
		jw_end_obj(w);
	}
	jw_end_arr(w);
	return e == ERR_END ? ERR_OK : e;
}
