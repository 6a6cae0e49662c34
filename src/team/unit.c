#include "team/unit.h"

#include <stdbool.h>
#include <string.h>

#include "base/str.h"
#include "base/text.h"
#include "store/writer.h"
#include "team/unit_int.h"

/* Pairs grow by one level a statement; deeper trees than this are refused by the loop check. */
enum { LEVELS_MAX = 16 };

enum err unit_open(struct db *db, int64_t id, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_row(db, "SELECT name, closed_utc_ms FROM org_unit WHERE id = ?1",
	                    ARGS(V_INT(id)), &r, why);
	if (!e && !rows_null(r, 1))
		return fail(why, E_UNIT_CLOSED, rows_text(r, 0));
	return e;
}

static enum err below_rebuild(struct db *db, struct why *why)
{
	int64_t added = 1;
	enum err e = db_exec(db, "DELETE FROM unit_below", NOARGS, NULL, why);
	if (!e)
		e = db_exec(db,
		            "INSERT INTO unit_below (unit_id, below_id, depth) SELECT id, id, 0 "
		            "FROM org_unit",
		            NOARGS, NULL, why);
	for (int64_t depth = 0; !e && added && depth < LEVELS_MAX; depth++)
		e = db_exec(db,
		            "INSERT INTO unit_below (unit_id, below_id, depth) SELECT b.unit_id, "
		            "u.id, b.depth + 1"
		            " FROM unit_below b JOIN org_unit u ON u.parent_id = b.below_id WHERE "
		            "b.depth = ?1"
		            " ON CONFLICT (unit_id, below_id) DO NOTHING",
		            ARGS(V_INT(depth)), &added, why);
	return e;
}

enum err unit_add(struct tx *tx, const struct unit_new *u, struct why *why)
{
	CLEANUP(str_drop) char *key = NULL;
	struct db *db = tx_db(tx);
	enum err e = u->parent_id ? unit_open(db, u->parent_id, why) : ERR_OK;
	if (!e)
		e = text_pinyin(u->name, &key, why);
	if (!e)
		e = db_exec(db,
		            "INSERT INTO org_unit (id, parent_id, kind, name, name_key, cell_id, "
		            "created_utc_ms)"
		            " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO NOTHING",
		            ARGS(V_INT(u->id), V_ID(u->parent_id), V_TEXT(u->kind), V_TEXT(u->name),
		                 V_TEXT(key), V_INT(u->cell_id), V_INT(u->now_utc_ms)),
		            NULL, why);
	return e ? e : below_rebuild(db, why);
}

static enum err changed_one(enum err e, int64_t changed, struct why *why)
{
	return !e && !changed ? fail(why, E_ROW_NONE) : e;
}

enum err unit_rename(struct tx *tx, int64_t id, const char *name, struct why *why)
{
	CLEANUP(str_drop) char *key = NULL;
	int64_t changed = 0;
	enum err e = text_pinyin(name, &key, why);
	if (!e)
		e = db_exec(tx_db(tx), "UPDATE org_unit SET name = ?2, name_key = ?3 WHERE id = ?1",
		            ARGS(V_INT(id), V_TEXT(name), V_TEXT(key)), &changed, why);
	return changed_one(e, changed, why);
}

enum err unit_move(struct tx *tx, int64_t id, int64_t parent_id, struct why *why)
{
	struct db *db = tx_db(tx);
	int64_t loops = 0, changed = 0;
	enum err e = unit_open(db, parent_id, why);
	if (!e)
		e = db_int(db,
		           "SELECT COUNT(*) FROM unit_below WHERE unit_id = ?1 AND below_id = ?2",
		           ARGS(V_INT(id), V_INT(parent_id)), &loops, why);
	if (!e && loops)
		return fail(why, E_UNIT_LOOP);
	if (!e)
		e = db_exec(db, "UPDATE org_unit SET parent_id = ?2 WHERE id = ?1",
		            ARGS(V_INT(id), V_INT(parent_id)), &changed, why);
	e = changed_one(e, changed, why);
	return e ? e : below_rebuild(db, why);
}

enum err unit_close(struct tx *tx, int64_t id, int64_t now, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	struct db *db = tx_db(tx);
	enum err e = db_row(db,
	                    "SELECT u.name, (SELECT COUNT(*) FROM person p WHERE p.unit_id = u.id "
	                    "AND p.left_utc_ms IS NULL)"
	                    " + (SELECT COUNT(*) FROM org_unit c WHERE c.parent_id = u.id AND "
	                    "c.closed_utc_ms IS NULL)"
	                    " FROM org_unit u WHERE u.id = ?1",
	                    ARGS(V_INT(id)), &r, why);
	if (e)
		return e;
	if (rows_int(r, 1))
		return fail(why, E_UNIT_BUSY, rows_text(r, 0), rows_int(r, 1));
	rows_free(&r);
	return db_exec(
	    db, "UPDATE org_unit SET closed_utc_ms = ?2 WHERE id = ?1 AND closed_utc_ms IS NULL",
	    ARGS(V_INT(id), V_INT(now)), NULL, why);
}

enum err unit_each(struct db *db, unit_fn *fn, void *ctx, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_query(
	    db,
	    "SELECT u.id, u.parent_id, u.kind, u.name, u.created_utc_ms, u.closed_utc_ms,"
	    " (SELECT COUNT(*) FROM person p WHERE p.unit_id = u.id AND p.left_utc_ms IS NULL),"
	    " (SELECT MAX(b.depth) FROM unit_below b WHERE b.below_id = u.id) AS level"
	    " FROM org_unit u ORDER BY level NULLS FIRST, u.name_key, u.id",
	    NOARGS, &r, why);
	if (e)
		return e;
	while (!(e = rows_next(r, why))) {
		struct unit u = {
			.id = rows_int(r, 0),
			.parent_id = rows_int(r, 1),
			.kind = rows_text(r, 2),
			.name = rows_text(r, 3),
			.created_utc_ms = rows_int(r, 4),
			.closed_utc_ms = rows_int(r, 5),
			.people = rows_int(r, 6),
		};
		if ((e = fn(&u, ctx, why)))
			return e;
	}
	return e == ERR_END ? ERR_OK : e;
}
