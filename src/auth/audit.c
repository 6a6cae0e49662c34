#include "auth/audit.h"

#include "auth/scope.h"
#include "store/writer.h"

enum err audit_add(struct tx *tx, const struct audit *a, struct why *why)
{
	return db_exec(tx_db(tx),
	               "INSERT INTO audit (id, at_utc_ms, person_id, unit_id, action, "
	               "subject_kind, subject_id, addr, detail)"
	               " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (id) DO NOTHING",
	               ARGS(V_INT(a->id), V_INT(a->at_utc_ms), V_ID(a->person_id), V_ID(a->unit_id),
	                    V_TEXT(a->action), V_TEXT(a->subject_kind), V_ID(a->subject_id),
	                    V_TEXT(a->addr ? a->addr : ""), V_TEXT(a->detail ? a->detail : "{}")),
	               NULL, why);
}

enum err audit_add_once(struct tx *tx, const struct audit *a, int64_t within_ms, struct why *why)
{
	int64_t there = 0;
	enum err e = db_int(tx_db(tx),
	                    "SELECT COUNT(*) FROM audit WHERE at_utc_ms > ?1 AND person_id = ?2 "
	                    "AND action = ?3 AND subject_id = ?4",
	                    ARGS(V_INT(a->at_utc_ms - within_ms), V_INT(a->person_id),
	                         V_TEXT(a->action), V_INT(a->subject_id)),
	                    &there, why);
	return e || there ? e : audit_add(tx, a, why);
}

/* ?2 from, ?3 to, ?4 person, ?5 action, ?6 subject. */
#define AUDIT_FILTER \
	" AND a.at_utc_ms >= ?2 AND (CAST(?3 AS BIGINT) = 0 OR a.at_utc_ms < ?3)" \
	" AND (CAST(?4 AS BIGINT) = 0 OR a.person_id = ?4)" \
	" AND (CAST(?5 AS TEXT) = '' OR a.action = ?5 OR a.action LIKE ?5 || '.%')" \
	" AND (CAST(?6 AS BIGINT) = 0 OR a.subject_id = ?6)"

static const struct scoped_sql COUNT =
    SCOPED("SELECT COUNT(*) FROM audit a WHERE ", "a.person_id", "a.unit_id", AUDIT_FILTER);
static const struct scoped_sql LIST =
    SCOPED("SELECT a.id, a.at_utc_ms, a.person_id, a.unit_id, a.subject_id, p.job_no, p.name, "
           "a.action, a.subject_kind,"
           " a.addr, a.detail FROM audit a LEFT JOIN person p ON p.id = a.person_id WHERE ",
           "a.person_id", "a.unit_id",
           AUDIT_FILTER " ORDER BY a.at_utc_ms DESC, a.id DESC LIMIT ?7 OFFSET ?8");

enum err audit_each(struct db *db, const struct scope *sc, const struct audit_filter *f,
                    audit_fn *fn, void *ctx, int64_t *ret_total, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e =
	    db_int(db, scoped(sc, &COUNT),
	           ARGS(V_INT(scope_person(sc)), V_INT(f->from_utc_ms), V_INT(f->to_utc_ms),
	                V_INT(f->person_id), V_TEXT(f->action), V_INT(f->subject_id)),
	           ret_total, why);
	if (!e)
		e = db_query(db, scoped(sc, &LIST),
		             ARGS(V_INT(scope_person(sc)), V_INT(f->from_utc_ms),
		                  V_INT(f->to_utc_ms), V_INT(f->person_id), V_TEXT(f->action),
		                  V_INT(f->subject_id), V_INT(f->size), V_INT(f->offset)),
		             &r, why);
	if (e)
		return e;
	while (!(e = rows_next(r, why))) {
		struct audit_row a = {
			.id = rows_int(r, 0),
			.at_utc_ms = rows_int(r, 1),
			.person_id = rows_int(r, 2),
			.unit_id = rows_int(r, 3),
			.subject_id = rows_int(r, 4),
			.job_no = rows_text(r, 5),
			.name = rows_text(r, 6),
			.action = rows_text(r, 7),
			.subject_kind = rows_text(r, 8),
			.addr = rows_text(r, 9),
			.detail = rows_text(r, 10),
		};
		if ((e = fn(&a, ctx, why)))
			return e;
	}
	return e == ERR_END ? ERR_OK : e;
}
