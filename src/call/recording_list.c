#include "call/recording_list.h"

#include <string.h>

enum { PAGE_ROWS = 1000 };

/* One page after `*last`; PostgreSQL holds a result whole in memory. @return ERR_END after the last
 */
static enum err each_of_page(struct db *db, int64_t *last, recording_each_fn *fn, void *ctx,
                             struct why *why)
{
	static const char SQL[] = "SELECT id, path, state, bytes, started_utc_ms FROM recording "
				  "WHERE id > ?1 ORDER BY id LIMIT ?2";
	CLEANUP(rows_free) struct rows *r = NULL;
	int n = 0;
	enum err e = db_query(db, SQL, ARGS(V_INT(*last), V_INT(PAGE_ROWS)), &r, why);
	while (!e && !(e = rows_next(r, why))) {
		struct recording_row row = { .id = rows_int(r, 0),
			                     .path = rows_text(r, 1),
			                     .is_live = strcmp(rows_text(r, 2), "live") == 0,
			                     .is_lost = strcmp(rows_text(r, 2), "lost") == 0,
			                     .bytes = rows_int(r, 3),
			                     .started_utc_ms = rows_int(r, 4) };
		*last = row.id;
		n++;
		e = fn(&row, ctx, why);
	}
	if (e != ERR_END)
		return e;
	return n < PAGE_ROWS ? ERR_END : ERR_OK;
}

enum err recording_each(struct db *db, recording_each_fn *fn, void *ctx, struct why *why)
{
	int64_t last = 0;
	enum err e;
	while (!(e = each_of_page(db, &last, fn, ctx, why)))
		;
	return e == ERR_END ? ERR_OK : e;
}

enum err recording_sizes(struct db *db, struct recording_sizes *ret, struct why *why)
{
	static const char SQL[] = "SELECT COUNT(*), COALESCE(CAST(SUM(bytes) AS BIGINT), 0) FROM "
				  "recording WHERE state <> 'live'";
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_row(db, SQL, NOARGS, &r, why);
	if (!e)
		*ret = (struct recording_sizes){ .count = rows_int(r, 0), .bytes = rows_int(r, 1) };
	return e;
}
