#include "floor/target.h"

#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "base/str.h"
#include "crm/customer.h"

void target_wipe(struct target *t)
{
	crypto_wipe(t, sizeof *t);
}

static enum err load_customer(struct db *db, int64_t customer_id, struct target *t, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_row(db,
	                    "SELECT name, call_as, grade, owner_id, last_agent_id, unit_id, "
	                    "attempts FROM customer WHERE id = ?1",
	                    ARGS(V_INT(customer_id)), &r, why);
	if (e)
		return e;
	str_copy(t->name, sizeof t->name, rows_text(r, 0));
	str_copy(t->call_as, sizeof t->call_as, rows_text(r, 1));
	str_copy(t->grade, sizeof t->grade, rows_text(r, 2));
	t->owner_id = rows_int(r, 3);
	t->last_agent_id = rows_int(r, 4);
	t->unit_id = rows_int(r, 5);
	t->nth_contact = (int)rows_int(r, 6) + 1;
	return ERR_OK;
}

static enum err load_task(struct db *db, int64_t task_id, struct target *t, struct why *why)
{
	if (!task_id)
		return ERR_OK;
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e =
	    db_row(db, "SELECT campaign_id, agent_id, attempts, due_utc_ms FROM task WHERE id = ?1",
	           ARGS(V_INT(task_id)), &r, why);
	if (e)
		return e;
	t->task_id = task_id;
	t->campaign_id = rows_int(r, 0);
	t->task_agent_id = rows_int(r, 1);
	t->task_attempts = (int)rows_int(r, 2);
	t->due_utc_ms = rows_int(r, 3);
	return ERR_OK;
}

/* A promise that is due, or a missed call of his: then he asked for this call. */
static enum err load_request(struct db *db, int64_t customer_id, int64_t now_utc_ms,
                             struct target *t, struct why *why)
{
	int64_t n = 0;
	enum err e = db_int(
	    db,
	    "SELECT (SELECT COUNT(*) FROM followup WHERE customer_id = ?1 AND done_utc_ms IS NULL "
	    "AND kind IN ('promise', 'missed') AND due_utc_ms <= ?2) + "
	    "(SELECT COUNT(*) FROM missed_call WHERE customer_id = ?1 AND done_utc_ms IS NULL)",
	    ARGS(V_INT(customer_id), V_INT(now_utc_ms)), &n, why);
	t->is_requested = n > 0;
	return e;
}

static void say_why(struct target *t)
{
	if (t->is_requested) {
		str_copy(t->why_zh, sizeof t->why_zh, "约定回电");
		str_copy(t->why_en, sizeof t->why_en, "Promised call");
	} else if (t->nth_contact <= 1) {
		str_copy(t->why_zh, sizeof t->why_zh, "首次联系");
		str_copy(t->why_en, sizeof t->why_en, "First contact");
	} else {
		snprintf(t->why_zh, sizeof t->why_zh, "第 %d 次联系", t->nth_contact);
		snprintf(t->why_en, sizeof t->why_en, "Contact no. %d", t->nth_contact);
	}
}

enum err target_load(struct db *db, const struct vault *v, int64_t customer_id, int64_t phone_id,
                     int64_t task_id, int64_t now_utc_ms, struct target *ret, struct why *why)
{
	struct target t = { .customer_id = customer_id };
	struct phone p;
	t.facts.now_utc_ms = now_utc_ms;
	t.facts.purpose = "marketing";
	enum err e = load_customer(db, customer_id, &t, why);
	if (e || (e = load_task(db, task_id, &t, why)) ||
	    (e = load_request(db, customer_id, now_utc_ms, &t, why)) ||
	    (e = customer_gate_facts(db, customer_id, phone_id, 0, &t.facts, &p, why)) ||
	    (e = phone_number(db, v, p.id, t.e164, why)))
		return e;
	t.phone_id = p.id;
	memcpy(t.hash, p.hash, sizeof t.hash);
	str_copy(t.mask, sizeof t.mask, p.mask);
	/* 北京 is its own province: once is enough. */
	const char *city = strcmp(p.province, p.city) == 0 ? "" : p.city;
	snprintf(t.place, sizeof t.place, "%s%s%s", p.province, *p.province && *city ? " " : "",
	         city);
	say_why(&t);
	*ret = t;
	crypto_wipe(t.e164, sizeof t.e164);
	return ERR_OK;
}

static bool is_skipped(const int64_t *skip, int n, int64_t id)
{
	for (int i = 0; i < n; i++)
		if (skip[i] == id)
			return true;
	return false;
}

enum err target_feed(struct db *db, const struct vault *v, int64_t campaign_id, const int64_t *skip,
                     int n_skip, int64_t now_utc_ms, struct target *ret, int max, int *ret_n,
                     struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_query(
	    db,
	    "SELECT id, customer_id, phone_id FROM task WHERE campaign_id = ?1 AND state IN "
	    "('new', 'retry') "
	    "AND due_utc_ms <= ?2 ORDER BY priority, due_utc_ms, id LIMIT ?3",
	    ARGS(V_INT(campaign_id), V_INT(now_utc_ms), V_INT((int64_t)max + n_skip)), &r, why);
	int n = 0;
	while (!e && n < max && !(e = rows_next(r, why))) {
		if (is_skipped(skip, n_skip, rows_int(r, 0)))
			continue;
		struct why one;
		e = target_load(db, v, rows_int(r, 1), rows_int(r, 2), rows_int(r, 0), now_utc_ms,
		                &ret[n], &one);
		/* One customer without a usable number must not stop the list. */
		if (e == ERR_NOT_FOUND || e == ERR_INVALID)
			e = ERR_OK;
		else if (!e)
			n++;
		else if (why)
			*why = one;
	}
	*ret_n = n;
	return e == ERR_END ? ERR_OK : e;
}
