#include "report/figures.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/str.h"
#include "profile/settings.h"
#include "profile/version.h"

/* ---- settings ---- */

static enum err read_codes(const json_t *results, const char *flag, char (*codes)[32], int max,
                           struct why *why)
{
	int n = 0;
	size_t i;
	json_t *o;
	json_array_foreach(results, i, o)
	{
		if (!json_bool(o, flag, false))
			continue;
		if (n == max)
			return fail(why, E_REPORT_CODES, flag, (int64_t)max);
		str_copy(codes[n++], sizeof(codes[0]), json_str(o, "code", ""));
	}
	return ERR_OK;
}

static void drop_json(json_t **j)
{
	json_cleanup(j);
}

enum err figure_query_settings(struct db *db, int64_t utc_ms, struct figure_query *q,
                               struct why *why)
{
	struct settings s;
	CLEANUP(version_free) struct version *v = NULL;
	CLEANUP(drop_json) json_t *body = NULL;
	const json_t *results;
	enum err e;
	if ((e = settings_load(db, utc_ms, &s, why)) ||
	    (e = version_at(db, "result_set", "default", utc_ms, &v, why)) ||
	    (e = json_read_text(v->body, &body, why)) ||
	    (e = json_get_arr(body, "results", &results, why)))
		return e;
	q->valid_talk_ms = s.valid_talk_s * 1000;
	if ((e = read_codes(results, "intent", q->intent, FIGURE_INTENT_CODES, why)))
		return e;
	return read_codes(results, "visit", q->visit, FIGURE_VISIT_CODES, why);
}

/* ---- binding: the numbers of report/conditions.h ---- */

enum { BOUND = 15, BOUND_MAX = BOUND + 2 };

static void bind(const struct scope *sc, const struct figure_query *q, struct val a[BOUND_MAX])
{
	int n = 0;
	a[n++] = V_INT(scope_person(sc));
	a[n++] = V_INT(q->period.from);
	a[n++] = V_INT(q->period.to);
	a[n++] = V_INT(q->valid_talk_ms);
	a[n++] = V_INT(q->unit_id);
	a[n++] = V_INT(q->campaign_id);
	a[n++] = V_INT(q->agent_id);
	for (int i = 0; i < FIGURE_INTENT_CODES; i++)
		a[n++] = V_TEXT(q->intent[i]);
	for (int i = 0; i < FIGURE_VISIT_CODES; i++)
		a[n++] = V_TEXT(q->visit[i]);
}

/* ---- the report ---- */

void report_free(struct report **r)
{
	if (!*r)
		return;
	for (int i = 0; i < (*r)->n_rows; i++) {
		free((*r)->rows[i].name);
		free((*r)->rows[i].job_no);
	}
	free((*r)->rows);
	free((*r)->days);
	free(*r);
	*r = NULL;
}

#define COLUMN_COUNT(n, cond, ...) \
	", CAST(SUM(CASE WHEN " cond("c") " THEN 1 ELSE 0 END) AS BIGINT)"
#define COLUMN_SUM(n, column, cond, ...) \
	", CAST(SUM(CASE WHEN " cond("c") " THEN c." #column " ELSE 0 END) AS BIGINT)"
#define COLUMN_NUMBERS(n, cond, ...) ", COUNT(DISTINCT CASE WHEN " cond("c") " THEN c.phone_id END)"
#define COLUMN_NONE(...)

/* One pass over the period's calls; rows, total and days are sums of these. */
#define SLICES(scope) \
	"SELECT c.day, c.agent_id, c.unit_id, c.campaign_id" METRICS( \
	    COLUMN_COUNT, COLUMN_SUM, COLUMN_NONE, COLUMN_NONE) " FROM call c WHERE " scope("c") \
	    FIGURE_WITHIN("c") " GROUP BY c.day, c.agent_id, c.unit_id, c.campaign_id"

/* Different numbers do not add up over rows: each grouping is counted for itself. */
#define NUMBERS_OF(scope, key) \
	"SELECT " key METRICS(COLUMN_NONE, COLUMN_NONE, COLUMN_NUMBERS, \
	                      COLUMN_NONE) " FROM call c WHERE " scope("c") \
	    FIGURE_WITHIN("c") " GROUP BY " key
#define NUMBERS_AGENT(scope) NUMBERS_OF(scope, "c.agent_id")
#define NUMBERS_TEAM(scope) NUMBERS_OF(scope, "c.unit_id")
#define NUMBERS_LIST(scope) NUMBERS_OF(scope, "c.campaign_id")
#define NUMBERS_TOTAL(scope) \
	"SELECT 0" METRICS(COLUMN_NONE, COLUMN_NONE, COLUMN_NUMBERS, \
	                   COLUMN_NONE) " FROM call c WHERE " scope("c") FIGURE_WITHIN("c")

#define BLOCKED(scope) \
	"SELECT COUNT(*) FROM attempt t WHERE t.invite_utc_ms IS NULL AND t.verdict <> 'ok' " \
	"AND " scope("t") FIGURE_WITHIN("t")

static enum err row_for(struct report *r, int64_t key, struct figure_row **ret, struct why *why)
{
	for (int i = 0; i < r->n_rows; i++)
		if (r->rows[i].key == key) {
			*ret = &r->rows[i];
			return ERR_OK;
		}
	struct figure_row *rows = realloc(r->rows, (size_t)(r->n_rows + 1) * sizeof(*rows));
	if (!rows)
		return fail(why, E_NOMEM);
	r->rows = rows;
	*ret = memset(&rows[r->n_rows++], 0, sizeof(*rows));
	(*ret)->key = key;
	return ERR_OK;
}

static enum err day_for(struct report *r, int day, struct figure_day **ret, struct why *why)
{
	for (int i = 0; i < r->n_days; i++)
		if (r->days[i].day == day) {
			*ret = &r->days[i];
			return ERR_OK;
		}
	struct figure_day *days = realloc(r->days, (size_t)(r->n_days + 1) * sizeof(*days));
	if (!days)
		return fail(why, E_NOMEM);
	r->days = days;
	*ret = memset(&days[r->n_days++], 0, sizeof(*days));
	(*ret)->day = day;
	return ERR_OK;
}

/* Adds the columns of one kind of metric, in their order, to `f`. */
static void add_columns(struct figures *f, const struct rows *row, int col, bool numbers)
{
	for (int m = 0; m < METRIC_COUNT; m++) {
		enum metric_kind kind = metric_row((enum metric)m)->kind;
		if (kind != METRIC_IS_RATE && (kind == METRIC_IS_NUMBERS) == numbers)
			f->v[m] += rows_int(row, col++);
	}
}

static enum err add_slices(struct db *db, const struct scope *sc, const struct val *args,
                           enum figure_by by, struct report *r, struct why *why)
{
	static const struct scoped_sql SQL = FIGURE_SCOPED(SLICES);
	static const int KEY_COLUMN[FIGURE_BY_COUNT] = { 1, 2, 3 };
	CLEANUP(rows_free) struct rows *row = NULL;
	enum err e = db_query(db, scoped(sc, &SQL), args, BOUND, &row, why);
	while (!e && !(e = rows_next(row, why))) {
		struct figure_row *to = NULL;
		struct figure_day *day = NULL;
		struct figures f = { 0 };
		add_columns(&f, row, 4, false);
		if ((e = row_for(r, rows_int(row, KEY_COLUMN[by]), &to, why)) ||
		    (e = day_for(r, (int)rows_int(row, 0), &day, why)))
			return e;
		for (int m = 0; m < METRIC_COUNT; m++) {
			to->f.v[m] += f.v[m];
			r->total.v[m] += f.v[m];
		}
		day->dialed += f.v[METRIC_dialed];
		day->connected += f.v[METRIC_connected];
	}
	return e == ERR_END ? ERR_OK : e;
}

static enum err add_numbers(struct db *db, const struct scope *sc, const struct val *args,
                            enum figure_by by, struct report *r, struct why *why)
{
	static const struct scoped_sql SQL[FIGURE_BY_COUNT] = { FIGURE_SCOPED(NUMBERS_AGENT),
		                                                FIGURE_SCOPED(NUMBERS_TEAM),
		                                                FIGURE_SCOPED(NUMBERS_LIST) };
	static const struct scoped_sql TOTAL = FIGURE_SCOPED(NUMBERS_TOTAL);
	CLEANUP(rows_free) struct rows *row = NULL;
	enum err e = db_row(db, scoped(sc, &TOTAL), args, BOUND, &row, why);
	if (e)
		return e;
	add_columns(&r->total, row, 1, true);
	rows_free(&row);

	e = db_query(db, scoped(sc, &SQL[by]), args, BOUND, &row, why);
	while (!e && !(e = rows_next(row, why))) {
		struct figure_row *to = NULL;
		if ((e = row_for(r, rows_int(row, 0), &to, why)))
			return e;
		add_columns(&to->f, row, 1, true);
	}
	return e == ERR_END ? ERR_OK : e;
}

static enum err name_row(struct db *db, enum figure_by by, struct figure_row *to, struct why *why)
{
	static const char *const SQL[FIGURE_BY_COUNT] = {
		"SELECT name, job_no FROM person WHERE id = ?1",
		"SELECT name, '' FROM org_unit WHERE id = ?1",
		"SELECT name, '' FROM campaign WHERE id = ?1",
	};
	CLEANUP(rows_free) struct rows *row = NULL;
	enum err e = db_row(db, SQL[by], ARGS(V_INT(to->key)), &row, why);
	if (e && e != ERR_NOT_FOUND)
		return e;
	to->name = strdup(e ? "" : rows_text(row, 0));
	to->job_no = strdup(e ? "" : rows_text(row, 1));
	return to->name && to->job_no ? ERR_OK : fail(why, E_NOMEM);
}

/* Calls without an agent (missed ones) or without a list make a row of key 0; often nothing of it
 * counts. */
static void drop_empty(struct report *r)
{
	int kept = 0;
	for (int i = 0; i < r->n_rows; i++) {
		bool counts = r->rows[i].key != 0;
		for (int m = 0; m < METRIC_COUNT; m++)
			counts = counts || r->rows[i].f.v[m];
		if (counts)
			r->rows[kept++] = r->rows[i];
	}
	r->n_rows = kept;
}

static int by_dialed(const void *a, const void *b)
{
	const struct figure_row *x = a, *y = b;
	int64_t dx = x->f.v[METRIC_dialed], dy = y->f.v[METRIC_dialed];
	if (dx != dy)
		return dx > dy ? -1 : 1;
	return (x->key > y->key) - (x->key < y->key);
}

static int by_day(const void *a, const void *b)
{
	return ((const struct figure_day *)a)->day - ((const struct figure_day *)b)->day;
}

enum err report_make(struct db *db, const struct scope *sc, const struct figure_query *q,
                     enum figure_by by, struct report **ret, struct why *why)
{
	static const struct scoped_sql COUNT_BLOCKED = FIGURE_SCOPED(BLOCKED);
	CLEANUP(report_free) struct report *r = calloc(1, sizeof(*r));
	if (!r)
		return fail(why, E_NOMEM);
	struct val args[BOUND_MAX];
	bind(sc, q, args);

	enum err e;
	if ((e = add_slices(db, sc, args, by, r, why)) ||
	    (e = add_numbers(db, sc, args, by, r, why)) ||
	    (e = db_int(db, scoped(sc, &COUNT_BLOCKED), args, BOUND, &r->blocked, why)))
		return e;
	drop_empty(r);
	for (int i = 0; i < r->n_rows; i++)
		if ((e = name_row(db, by, &r->rows[i], why)))
			return e;
	if (r->n_rows)
		qsort(r->rows, (size_t)r->n_rows, sizeof(*r->rows), by_dialed);
	if (r->n_days)
		qsort(r->days, (size_t)r->n_days, sizeof(*r->days), by_day);
	*ret = r;
	r = NULL;
	return ERR_OK;
}

/* ---- the calls behind a figure ---- */

#define CALLS_WHERE(scope, cond) \
	" FROM call c WHERE " scope("c") FIGURE_WITHIN("c") " AND " cond("c")

/* Of a number: its first call that counts, within the same scope, period and filters. */
#define FIRST_OF_NUMBERS(scope, cond) \
	" FROM call c WHERE c.id IN (SELECT MIN(e.id) FROM call e WHERE e.phone_id IS NOT NULL " \
	"AND " scope("e") FIGURE_WITHIN("e") " AND " cond("e") " GROUP BY e.phone_id)"

#define LIST_OF(where) \
	"SELECT c.id" where " ORDER BY c.start_utc_ms DESC, c.id DESC LIMIT ?16 OFFSET ?17"
#define COUNT_OF(where) "SELECT COUNT(*)" where

#define EACH_SCOPE(make, where, cond) \
	{ \
		{ \
			[SCOPE_OWN] = make(where(FIGURE_SCOPE_OWN, cond)), \
			[SCOPE_TEAMS] = make(where(FIGURE_SCOPE_TEAMS, cond)), \
			[SCOPE_ALL] = make(where(FIGURE_SCOPE_ALL, cond)) \
		} \
	}

#define WHERE_CALLS(scope, cond) CALLS_WHERE(scope, cond)
#define WHERE_NUMBERS(scope, cond) FIRST_OF_NUMBERS(scope, cond)

#define LIST_COUNT(n, cond, ...) [METRIC_##n] = EACH_SCOPE(LIST_OF, WHERE_CALLS, cond),
#define LIST_SUM(n, column, cond, ...) [METRIC_##n] = EACH_SCOPE(LIST_OF, WHERE_CALLS, cond),
#define LIST_NUMBERS(n, cond, ...) [METRIC_##n] = EACH_SCOPE(LIST_OF, WHERE_NUMBERS, cond),
#define HOW_MANY_COUNT(n, cond, ...) [METRIC_##n] = EACH_SCOPE(COUNT_OF, WHERE_CALLS, cond),
#define HOW_MANY_SUM(n, column, cond, ...) [METRIC_##n] = EACH_SCOPE(COUNT_OF, WHERE_CALLS, cond),
#define HOW_MANY_NUMBERS(n, cond, ...) [METRIC_##n] = EACH_SCOPE(COUNT_OF, WHERE_NUMBERS, cond),

enum err figure_calls(struct db *db, const struct scope *sc, const struct figure_query *q,
                      enum metric m, int64_t limit, int64_t offset, int64_t **ret_ids, int *ret_n,
                      int64_t *ret_total, struct why *why)
{
	static const struct scoped_sql LIST[METRIC_COUNT] = { METRICS(LIST_COUNT, LIST_SUM,
		                                                      LIST_NUMBERS, COLUMN_NONE) };
	static const struct scoped_sql HOW_MANY[METRIC_COUNT] = { METRICS(
	    HOW_MANY_COUNT, HOW_MANY_SUM, HOW_MANY_NUMBERS, COLUMN_NONE) };
	if (metric_row(m)->kind == METRIC_IS_RATE)
		m = metric_row(m)->numerator;

	struct val args[BOUND_MAX];
	bind(sc, q, args);
	args[BOUND] = V_INT(limit);
	args[BOUND + 1] = V_INT(offset);

	CLEANUP(rows_free) struct rows *row = NULL;
	CLEANUP(str_drop) int64_t *ids = calloc((size_t)limit + 1, sizeof(*ids));
	int n = 0;
	enum err e = ids ? db_int(db, scoped(sc, &HOW_MANY[m]), args, BOUND, ret_total, why)
	                 : fail(why, E_NOMEM);
	if (!e)
		e = db_query(db, scoped(sc, &LIST[m]), args, BOUND_MAX, &row, why);
	while (!e && !(e = rows_next(row, why)))
		ids[n++] = rows_int(row, 0);
	if (e != ERR_END)
		return e;
	*ret_ids = ids;
	*ret_n = n;
	ids = NULL;
	return ERR_OK;
}
