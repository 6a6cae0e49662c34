#include "dialer/worklist.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

enum kind { PROMISE, MISSED, DUE, FRESH, LIST, KIND_COUNT };

static const struct {
	const char *code, *zh, *en;
} KIND[KIND_COUNT] = {
	[PROMISE] = { "promise", "约定回电", "Promised call" },
	[MISSED] = { "missed", "未接来电待回拨", "Missed call to return" },
	[DUE] = { "due", "级客户到联系日", " grade: contact is due" },
	[FRESH] = { "new", "新名单首次拨打", "First call from the list" },
	[LIST] = { "list", "名单再次拨打", "Another try from the list" },
};

struct list {
	struct work_item *items;
	int n, max;
};

static enum kind kind_of(const char *text, int64_t attempts)
{
	if (strcmp(text, "promise") == 0 || strcmp(text, "manual") == 0)
		return PROMISE;
	if (strcmp(text, "missed") == 0)
		return MISSED;
	if (strcmp(text, "rhythm") == 0)
		return DUE;
	return attempts ? LIST : FRESH;
}

static void say_why(struct work_item *w, enum kind k, const char *what)
{
	if (k == DUE) {
		snprintf(w->why_zh, sizeof w->why_zh, "%s %s", w->grade, KIND[k].zh);
		snprintf(w->why_en, sizeof w->why_en, "%s%s", w->grade, KIND[k].en);
	} else if (*what) {
		str_copy(w->why_zh, sizeof w->why_zh, what);
		str_copy(w->why_en, sizeof w->why_en, what);
	} else {
		str_copy(w->why_zh, sizeof w->why_zh, KIND[k].zh);
		str_copy(w->why_en, sizeof w->why_en, KIND[k].en);
	}
}

/* Columns: task, followup, customer, due, kind, attempts, what, name, grade, mask, province, city.
 */
static enum err add(struct db *db, struct list *l, const char *sql, const struct val *args,
                    size_t n_args, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_query(db, sql, args, n_args, &r, why);
	while (!e && l->n < l->max && !(e = rows_next(r, why))) {
		struct work_item *w = &l->items[l->n++];
		enum kind k = kind_of(rows_text(r, 4), rows_int(r, 5));
		*w = (struct work_item){ .task_id = rows_int(r, 0),
			                 .followup_id = rows_int(r, 1),
			                 .customer_id = rows_int(r, 2),
			                 .due_utc_ms = rows_int(r, 3),
			                 .kind = KIND[k].code,
			                 .rank = (int)k };
		str_copy(w->name, sizeof w->name, rows_text(r, 7));
		str_copy(w->grade, sizeof w->grade, rows_text(r, 8));
		str_copy(w->number, sizeof w->number, rows_text(r, 9));
		/* 北京 is its own province: once is enough. */
		const char *province = rows_text(r, 10), *city = rows_text(r, 11);
		if (strcmp(province, city) == 0)
			city = "";
		snprintf(w->place, sizeof w->place, "%s%s%s", province,
		         *province && *city ? " " : "", city);
		say_why(w, k, rows_text(r, 6));
	}
	return e == ERR_END ? ERR_OK : e;
}

#define FIRST_PHONE \
	"(SELECT MIN(q.id) FROM phone q WHERE q.customer_id = c.id AND q.dead_utc_ms IS NULL)"

static const char FOLLOWUPS[] =
    "SELECT 0, f.id, c.id, f.due_utc_ms, f.kind, 0, f.what, c.name, c.grade, p.mask, p.province, "
    "p.city "
    "FROM followup f JOIN customer c ON c.id = f.customer_id JOIN phone p ON p.id = " FIRST_PHONE
    " WHERE f.owner_id = ?1 AND f.done_utc_ms IS NULL AND f.due_utc_ms <= ?2 AND c.status <> 'dnc' "
    "ORDER BY f.due_utc_ms, f.id LIMIT 60";

static const char MISSED_CALLS[] =
    "SELECT 0, m.id, c.id, m.due_utc_ms, 'missed', 0, '', c.name, c.grade, p.mask, p.province, "
    "p.city "
    "FROM missed_call m JOIN customer c ON c.id = m.customer_id JOIN phone p ON p.id = " FIRST_PHONE
    " WHERE m.unit_id = ?2 AND m.done_utc_ms IS NULL AND (m.agent_id IS NULL OR m.agent_id = ?1) "
    "ORDER BY m.due_utc_ms, m.id LIMIT 20";

static const char TASKS[] =
    "SELECT t.id, 0, c.id, t.due_utc_ms, 'task', t.attempts, '', c.name, c.grade, p.mask, "
    "p.province, p.city "
    "FROM task t JOIN customer c ON c.id = t.customer_id JOIN phone p ON p.id = t.phone_id "
    "WHERE t.campaign_id = ?1 AND t.state IN ('new', 'retry') AND t.due_utc_ms <= ?2 "
    "AND (t.agent_id IS NULL OR t.agent_id = ?3) ORDER BY t.priority, t.due_utc_ms, t.id LIMIT 40";

static int by_rule(const void *a, const void *b)
{
	const struct work_item *x = a, *y = b;
	if (x->rank != y->rank)
		return x->rank - y->rank;
	return x->due_utc_ms < y->due_utc_ms ? -1 : x->due_utc_ms > y->due_utc_ms;
}

enum err worklist_load(struct db *db, int64_t person_id, int64_t unit_id, int64_t campaign_id,
                       int64_t now_utc_ms, int64_t until_utc_ms, struct work_item *ret, int max,
                       int *ret_n, struct why *why)
{
	struct list l = { ret, 0, max };
	enum err e = add(db, &l, FOLLOWUPS, ARGS(V_INT(person_id), V_INT(until_utc_ms)), why);
	if (!e)
		e = add(db, &l, MISSED_CALLS, ARGS(V_INT(person_id), V_INT(unit_id)), why);
	if (!e && campaign_id)
		e = add(db, &l, TASKS,
		        ARGS(V_INT(campaign_id), V_INT(now_utc_ms), V_INT(person_id)), why);
	if (e)
		return e;
	qsort(ret, (size_t)l.n, sizeof *ret, by_rule);
	*ret_n = l.n;
	return ERR_OK;
}

enum err worklist_has(struct db *db, int64_t person_id, int64_t customer_id, int64_t *ret,
                      struct why *why)
{
	return db_int(
	    db, "SELECT COUNT(*) FROM v_list_customer WHERE person_id = ?1 AND customer_id = ?2",
	    ARGS(V_INT(person_id), V_INT(customer_id)), ret, why);
}
