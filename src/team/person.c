#include "team/person.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "base/str.h"
#include "base/text.h"
#include "store/writer.h"
#include "team/unit_int.h"

/* "zhangsan zs" beside the name, so that both full pinyin and initials find a person. */
static enum err name_key(const char *name, char **ret, struct why *why)
{
	CLEANUP(str_drop) char *full = NULL;
	CLEANUP(str_drop) char *initials = NULL;
	struct str s = { 0 };
	enum err e = text_pinyin(name, &full, why);
	if (!e)
		e = text_initials(name, &initials, why);
	if (e)
		return e;
	str_addf(&s, "%s|%s", full, initials);
	return str_take(&s, ret, why);
}

enum err person_add(struct tx *tx, const struct person_new *p, struct why *why)
{
	CLEANUP(str_drop) char *key = NULL;
	struct db *db = tx_db(tx);
	int64_t taken = 0;
	enum err e = unit_open(db, p->unit_id, why);
	if (!e)
		e = db_int(db, "SELECT COUNT(*) FROM person WHERE job_no = ?1 AND id <> ?2",
		           ARGS(V_TEXT(p->job_no), V_INT(p->id)), &taken, why);
	if (!e && taken)
		return fail(why, E_JOB_NO_TAKEN, p->job_no);
	if (!e)
		e = name_key(p->name, &key, why);
	if (e)
		return e;
	return db_exec(
	    db,
	    "INSERT INTO person (id, job_no, name, name_key, role, unit_id, lang, station_kind, "
	    "station_uri,"
	    " created_utc_ms, cell_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10,"
	    " (SELECT u.cell_id FROM org_unit u WHERE u.id = ?6)) ON CONFLICT (id) DO NOTHING",
	    ARGS(V_INT(p->id), V_TEXT(p->job_no), V_TEXT(p->name), V_TEXT(key), V_TEXT(p->role),
	         V_INT(p->unit_id), V_TEXT(p->lang), V_TEXT(p->station_kind),
	         V_TEXT(p->station_uri), V_INT(p->now_utc_ms)),
	    NULL, why);
}

/* Somebody must be able to open the door for the others. */
static enum err not_last_admin(struct db *db, int64_t id, struct why *why)
{
	int64_t others = 0;
	enum err e =
	    db_int(db,
	           "SELECT (SELECT COUNT(*) FROM person WHERE role = 'administrator' AND "
	           "left_utc_ms IS NULL AND id <> ?1)"
	           " + (SELECT COUNT(*) FROM person WHERE id = ?1 AND role <> 'administrator')",
	           ARGS(V_INT(id)), &others, why);
	return !e && !others ? fail(why, E_PERSON_LAST_ADMIN) : e;
}

static enum err still_here(struct db *db, int64_t id, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_row(db, "SELECT job_no, left_utc_ms FROM person WHERE id = ?1",
	                    ARGS(V_INT(id)), &r, why);
	if (!e && !rows_null(r, 1))
		return fail(why, E_PERSON_LEFT, rows_text(r, 0));
	return e;
}

enum err person_edit(struct tx *tx, const struct person_change *c, struct why *why)
{
	CLEANUP(str_drop) char *key = NULL;
	struct db *db = tx_db(tx);
	enum err e = still_here(db, c->id, why);
	if (!e && c->unit_id)
		e = unit_open(db, c->unit_id, why);
	if (!e && c->role && strcmp(c->role, "administrator") != 0)
		e = not_last_admin(db, c->id, why);
	if (!e && c->name)
		e = name_key(c->name, &key, why);
	if (e)
		return e;
	return db_exec(
	    db,
	    "UPDATE person SET name = COALESCE(?2, name), name_key = COALESCE(?3, name_key),"
	    " role = COALESCE(?4, role), unit_id = COALESCE(?5, unit_id), lang = COALESCE(?6, "
	    "lang),"
	    " station_kind = COALESCE(?7, station_kind), station_uri = COALESCE(?8, station_uri),"
	    " cell_id = COALESCE((SELECT u.cell_id FROM org_unit u WHERE u.id = ?5), cell_id) "
	    "WHERE id = ?1",
	    ARGS(V_INT(c->id), V_TEXT(c->name), V_TEXT(key), V_TEXT(c->role), V_ID(c->unit_id),
	         V_TEXT(c->lang), V_TEXT(c->station_kind), V_TEXT(c->station_uri)),
	    NULL, why);
}

enum err person_leave(struct tx *tx, int64_t id, int64_t now, struct why *why)
{
	struct db *db = tx_db(tx);
	enum err e = still_here(db, id, why);
	if (!e)
		e = not_last_admin(db, id, why);
	if (!e)
		e = db_exec(db, "UPDATE person SET left_utc_ms = ?2 WHERE id = ?1",
		            ARGS(V_INT(id), V_INT(now)), NULL, why);
	if (!e)
		e = db_exec(db,
		            "UPDATE person_scope SET to_utc_ms = ?2 WHERE person_id = ?1 AND "
		            "to_utc_ms IS NULL",
		            ARGS(V_INT(id), V_INT(now)), NULL, why);
	return e;
}

enum err person_return(struct tx *tx, int64_t id, struct why *why)
{
	int64_t changed = 0;
	enum err e = db_exec(tx_db(tx), "UPDATE person SET left_utc_ms = NULL WHERE id = ?1",
	                     ARGS(V_INT(id)), &changed, why);
	return !e && !changed ? fail(why, E_ROW_NONE) : e;
}

static bool has(const int64_t *ids, size_t n, int64_t id)
{
	for (size_t i = 0; i < n; i++) {
		if (ids[i] == id)
			return true;
	}
	return false;
}

enum err person_looks_after(struct tx *tx, int64_t id, const int64_t *want, size_t n_want,
                            int64_t now, struct why *why)
{
	enum { MOST = 200 };
	struct db *db = tx_db(tx);
	int64_t is[MOST];
	size_t n_is = 0;
	enum err e = person_units(db, id, is, MOST, &n_is, why);
	for (size_t i = 0; !e && i < n_is; i++) {
		if (!has(want, n_want, is[i]))
			e = db_exec(db,
			            "UPDATE person_scope SET to_utc_ms = ?3 WHERE person_id = ?1 "
			            "AND unit_id = ?2"
			            " AND to_utc_ms IS NULL",
			            ARGS(V_INT(id), V_INT(is[i]), V_INT(now)), NULL, why);
	}
	for (size_t i = 0; !e && i < n_want; i++) {
		if (has(is, n_is, want[i]) || has(want, i, want[i]))
			continue;
		if (!(e = unit_open(db, want[i], why)))
			e = db_exec(db,
			            "INSERT INTO person_scope (id, person_id, unit_id, "
			            "from_utc_ms) VALUES (?1, ?2, ?3, ?4)",
			            ARGS(V_INT(id_new()), V_INT(id), V_INT(want[i]), V_INT(now)),
			            NULL, why);
	}
	return e;
}

enum err person_units(struct db *db, int64_t id, int64_t *ids, size_t max, size_t *ret_n,
                      struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e =
	    db_query(db,
	             "SELECT unit_id FROM person_scope WHERE person_id = ?1 AND to_utc_ms IS NULL"
	             " ORDER BY unit_id, id",
	             ARGS(V_INT(id)), &r, why);
	size_t n = 0;
	if (e)
		return e;
	while (n < max && !(e = rows_next(r, why)))
		ids[n++] = rows_int(r, 0);
	*ret_n = n;
	return e == ERR_END ? ERR_OK : e;
}

#define PERSON_COLUMNS \
	"p.id, p.job_no, p.name, p.role, p.unit_id, u.name, p.lang, p.station_kind, " \
	"p.station_uri," \
	" p.created_utc_ms, p.left_utc_ms, (SELECT COUNT(*) FROM login l WHERE l.person_id = " \
	"p.id)," \
	" (SELECT MAX(s.seen_utc_ms) FROM session s WHERE s.person_id = p.id), p.cell_id" \
	" FROM person p JOIN org_unit u ON u.id = p.unit_id "

/* ?1 unit, ?2 role, ?3 what to find (in small letters), ?4 whether those who left count, ?5 whose
 * units, ?6 one person. */
#define PERSON_FILTER \
	"WHERE (CAST(?1 AS BIGINT) = 0 OR p.unit_id IN (SELECT b.below_id FROM unit_below b " \
	"WHERE b.unit_id = ?1))" \
	" AND (CAST(?2 AS TEXT) = '' OR p.role = ?2)" \
	" AND (CAST(?3 AS TEXT) = '' OR LOWER(p.job_no) LIKE '%' || ?3 || '%' OR p.name LIKE '%' " \
	"|| ?3 || '%'" \
	" OR p.name_key LIKE '%' || ?3 || '%') AND (CAST(?4 AS BIGINT) = 1 OR p.left_utc_ms IS " \
	"NULL)" \
	" AND (CAST(?5 AS BIGINT) = 0 OR p.unit_id IN (SELECT v.unit_id FROM v_scope_unit v " \
	"WHERE v.person_id = ?5))" \
	" AND (CAST(?6 AS BIGINT) = 0 OR p.id = ?6) "

static struct person row(const struct rows *r)
{
	return (struct person){
		.id = rows_int(r, 0),
		.job_no = rows_text(r, 1),
		.name = rows_text(r, 2),
		.role = rows_text(r, 3),
		.unit_id = rows_int(r, 4),
		.unit_name = rows_text(r, 5),
		.lang = rows_text(r, 6),
		.station_kind = rows_text(r, 7),
		.station_uri = rows_text(r, 8),
		.created_utc_ms = rows_int(r, 9),
		.left_utc_ms = rows_int(r, 10),
		.has_password = rows_int(r, 11),
		.seen_utc_ms = rows_int(r, 12),
		.cell_id = rows_int(r, 13),
	};
}

/* '%' and '_' are letters here, not wildcards; what people look for has neither. */
static void like_text(const char *find, char *ret, size_t size)
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

enum err person_each(struct db *db, const struct person_filter *f, person_fn *fn, void *ctx,
                     int64_t *ret_total, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	char find[128];
	like_text(f->find, find, sizeof find);
	enum err e = db_int(db, "SELECT COUNT(*) FROM person p " PERSON_FILTER,
	                    ARGS(V_INT(f->unit_id), V_TEXT(f->role), V_TEXT(find),
	                         V_INT(f->with_left), V_INT(f->seen_by_id), V_INT(f->only_id)),
	                    ret_total, why);
	if (!e)
		e = db_query(db,
		             "SELECT " PERSON_COLUMNS PERSON_FILTER
		             "ORDER BY u.name_key, p.job_no, p.id LIMIT ?7 OFFSET ?8",
		             ARGS(V_INT(f->unit_id), V_TEXT(f->role), V_TEXT(find),
		                  V_INT(f->with_left), V_INT(f->seen_by_id), V_INT(f->only_id),
		                  V_INT(f->size), V_INT(f->offset)),
		             &r, why);
	if (e)
		return e;
	while (!(e = rows_next(r, why))) {
		struct person p = row(r);
		if ((e = fn(&p, ctx, why)))
			return e;
	}
	return e == ERR_END ? ERR_OK : e;
}

enum err person_get(struct db *db, int64_t id, person_fn *fn, void *ctx, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e =
	    db_row(db, "SELECT " PERSON_COLUMNS "WHERE p.id = ?1", ARGS(V_INT(id)), &r, why);
	if (e)
		return e;
	struct person p = row(r);
	return fn(&p, ctx, why);
}
