#include "dialer/campaign.h"

#include <string.h>

#include "base/id.h"
#include "base/str.h"
#include "profile/version.h"

static const char *const STATE_CODE[] = {
#define X(name, code) [CAMPAIGN_##name] = code,
	CAMPAIGN_STATE_LIST(X)
#undef X
};

/* ---- changes ---- */

static enum err set_agents(struct tx *tx, const struct campaign_form *f, struct why *why)
{
	if (!f->agents)
		return ERR_OK;
	enum err e = db_exec(tx_db(tx), "DELETE FROM campaign_agent WHERE campaign_id = ?1",
	                     ARGS(V_INT(f->id)), NULL, why);
	for (size_t i = 0; !e && i < f->n_agents; i++)
		e = db_exec(tx_db(tx),
		            "INSERT INTO campaign_agent (campaign_id, person_id) VALUES (?1, ?2) "
		            "ON CONFLICT (campaign_id, person_id) DO NOTHING",
		            ARGS(V_INT(f->id), V_INT(f->agents[i])), NULL, why);
	return e;
}

static enum err some_id(struct tx *tx, const char *sql, const struct val *args, size_t n,
                        int64_t *id, struct why *why)
{
	return *id ? ERR_OK : db_int(tx_db(tx), sql, args, n, id, why);
}

enum err campaign_add(struct tx *tx, const struct campaign_form *f, struct why *why)
{
	CLEANUP(version_free) struct version *retry = NULL;
	int64_t trunk = f->trunk_id, number = f->caller_number_id;
	enum err e = version_at(tx_db(tx), "retry", "default", f->now_utc_ms, &retry, why);
	if (!e)
		e = some_id(tx,
		            "SELECT MIN(id) FROM trunk WHERE enabled = 1 AND cell_id = "
		            "(SELECT u.cell_id FROM org_unit u WHERE u.id = ?1)",
		            ARGS(V_INT(f->unit_id)), &trunk, why);
	if (!e)
		e = some_id(tx, "SELECT MIN(id) FROM caller_number WHERE trunk_id = ?1",
		            ARGS(V_INT(trunk)), &number, why);
	if (!e)
		e = db_exec(tx_db(tx),
		            "INSERT INTO campaign (id, name, mode, state, unit_id, script_key, "
		            "trunk_id, caller_number_id, purpose, "
		            "ring_timeout_s, wrapup_limit_s, max_attempts, retry, created_utc_ms, "
		            "by_id, cell_id) "
		            "VALUES (?1, ?2, ?3, 'draft', ?4, ?5, ?6, ?7, 'marketing', ?8, ?9, "
		            "?10, ?11, ?12, ?13, "
		            "(SELECT u.cell_id FROM org_unit u WHERE u.id = ?4))",
		            ARGS(V_INT(f->id), V_TEXT(f->name), V_TEXT(f->mode), V_INT(f->unit_id),
		                 V_TEXT(f->script_key ? f->script_key : ""), V_ID(trunk),
		                 V_ID(number), V_INT(f->ring_timeout_s), V_INT(f->wrapup_limit_s),
		                 V_INT(f->max_attempts), V_TEXT(retry->body), V_INT(f->now_utc_ms),
		                 V_INT(f->by_id)),
		            NULL, why);
	return e ? e : set_agents(tx, f, why);
}

/* Says why nothing was changed: it is not there, or it is over. */
static enum err not_changed(struct tx *tx, int64_t id, struct why *why)
{
	int64_t n = 0;
	enum err e = db_int(tx_db(tx), "SELECT COUNT(*) FROM campaign WHERE id = ?1",
	                    ARGS(V_INT(id)), &n, why);
	return e ? e : n ? fail(why, E_CAMPAIGN_ENDED) : fail(why, E_ROW_NONE);
}

enum err campaign_edit(struct tx *tx, const struct campaign_form *f, struct why *why)
{
	int64_t changed = 0;
	enum err e = db_exec(
	    tx_db(tx),
	    "UPDATE campaign SET name = COALESCE(?2, name), mode = COALESCE(?3, mode), "
	    "script_key = COALESCE(?4, script_key), unit_id = COALESCE(?5, unit_id), "
	    "trunk_id = COALESCE(?6, trunk_id), caller_number_id = COALESCE(?7, caller_number_id), "
	    "ring_timeout_s = COALESCE(?8, ring_timeout_s), wrapup_limit_s = COALESCE(?9, "
	    "wrapup_limit_s), "
	    "max_attempts = COALESCE(?10, max_attempts) WHERE id = ?1 AND state <> 'ended'",
	    ARGS(V_INT(f->id), V_TEXT(f->name), V_TEXT(f->mode), V_TEXT(f->script_key),
	         V_ID(f->unit_id), V_ID(f->trunk_id), V_ID(f->caller_number_id),
	         V_ID(f->ring_timeout_s), V_ID(f->wrapup_limit_s), V_ID(f->max_attempts)),
	    &changed, why);
	if (!e && !changed)
		e = not_changed(tx, f->id, why);
	return e ? e : set_agents(tx, f, why);
}

enum err campaign_set_state(struct tx *tx, int64_t id, enum campaign_state s, struct why *why)
{
	int64_t changed = 0, ready = 0;
	enum err e = db_int(tx_db(tx),
	                    "SELECT COUNT(*) FROM campaign WHERE id = ?1 AND (mode = 'manual' OR "
	                    "trunk_id IS NOT NULL) "
	                    "AND caller_number_id IS NOT NULL",
	                    ARGS(V_INT(id)), &ready, why);
	if (!e && s == CAMPAIGN_RUNNING && !ready)
		e = fail(why, E_CAMPAIGN_NO_TRUNK);
	if (!e)
		e = db_exec(tx_db(tx),
		            "UPDATE campaign SET state = ?2 WHERE id = ?1 AND state <> 'ended'",
		            ARGS(V_INT(id), V_TEXT(STATE_CODE[s])), &changed, why);
	return e || changed ? e : not_changed(tx, id, why);
}

enum err campaign_add_customer(struct tx *tx, int64_t id, int64_t customer_id, int64_t now_utc_ms,
                               int64_t *ret_added, struct why *why)
{
	/* Mobile first, then the oldest number; one known to be dead is not put on a list. */
	return db_exec(tx_db(tx),
	               "INSERT INTO task (id, campaign_id, customer_id, phone_id, state, "
	               "due_utc_ms, priority, attempts, reason, "
	               "created_utc_ms) SELECT CAST(?4 AS BIGINT), CAST(?1 AS BIGINT), "
	               "p.customer_id, p.id, 'new', "
	               "CAST(?3 AS BIGINT), 100, 0, '', CAST(?3 AS BIGINT) "
	               "FROM phone p WHERE p.customer_id = ?2 AND p.dead_utc_ms IS NULL "
	               "ORDER BY CASE WHEN p.kind = 'mobile' THEN 0 ELSE 1 END, p.id LIMIT 1 "
	               "ON CONFLICT (campaign_id, customer_id) DO NOTHING",
	               ARGS(V_INT(id), V_INT(customer_id), V_INT(now_utc_ms), V_INT(id_new())),
	               ret_added, why);
}

enum { BATCH_SLICE = 500 };

enum err campaign_add_batch(struct tx *tx, int64_t id, int64_t batch_id, int64_t after_id,
                            int64_t now_utc_ms, int64_t *ret_added, int64_t *ret_last,
                            struct why *why)
{
	int64_t customer[BATCH_SLICE];
	int n = 0;
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e =
	    db_query(tx_db(tx),
	             "SELECT DISTINCT customer_id FROM import_row WHERE batch_id = ?1 AND "
	             "class IN ('new', 'updated', "
	             "'duplicate') AND customer_id > ?2 ORDER BY customer_id NULLS LAST LIMIT 500",
	             ARGS(V_INT(batch_id), V_INT(after_id)), &r, why);
	while (!e && n < BATCH_SLICE && !(e = rows_next(r, why)))
		customer[n++] = rows_int(r, 0);
	rows_free(&r);
	if (e && e != ERR_END)
		return e;
	*ret_added = 0;
	for (int i = 0; i < n; i++) {
		int64_t one = 0;
		if ((e = campaign_add_customer(tx, id, customer[i], now_utc_ms, &one, why)))
			return e;
		*ret_added += one;
	}
	*ret_last = n == BATCH_SLICE ? customer[n - 1] : 0;
	return ERR_OK;
}

/* ---- reads ---- */

#define COLUMNS \
	"SELECT c.id, c.unit_id, c.trunk_id, c.caller_number_id, c.created_utc_ms, " \
	"c.ring_timeout_s, c.wrapup_limit_s, " \
	"c.max_attempts, c.name, c.mode, c.state, c.script_key, c.purpose, u.name, " \
	"(SELECT COUNT(*) FROM task t WHERE t.campaign_id = c.id AND t.state = 'new'), " \
	"(SELECT COUNT(*) FROM task t WHERE t.campaign_id = c.id AND t.state = 'retry'), " \
	"(SELECT COUNT(*) FROM task t WHERE t.campaign_id = c.id AND t.state = 'live'), " \
	"(SELECT COUNT(*) FROM task t WHERE t.campaign_id = c.id AND t.state = 'done'), " \
	"(SELECT COUNT(*) FROM task t WHERE t.campaign_id = c.id AND t.state = 'blocked') " \
	"FROM campaign c JOIN org_unit u ON u.id = c.unit_id WHERE "

static enum err each(struct db *db, const char *sql, const struct val *args, size_t n_args,
                     campaign_fn *fn, void *ctx, int64_t *ret_n, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_query(db, sql, args, n_args, &r, why);
	while (!e && !(e = rows_next(r, why))) {
		struct campaign_row c = {
			.id = rows_int(r, 0),
			.unit_id = rows_int(r, 1),
			.trunk_id = rows_int(r, 2),
			.caller_number_id = rows_int(r, 3),
			.created_utc_ms = rows_int(r, 4),
			.ring_timeout_s = rows_int(r, 5),
			.wrapup_limit_s = rows_int(r, 6),
			.max_attempts = rows_int(r, 7),
			.name = rows_text(r, 8),
			.mode = rows_text(r, 9),
			.state = rows_text(r, 10),
			.script_key = rows_text(r, 11),
			.purpose = rows_text(r, 12),
			.unit_name = rows_text(r, 13),
			.n_new = rows_int(r, 14),
			.n_retry = rows_int(r, 15),
			.n_live = rows_int(r, 16),
			.n_done = rows_int(r, 17),
			.n_blocked = rows_int(r, 18),
		};
		++*ret_n;
		e = fn(&c, ctx, why);
	}
	return e == ERR_END ? ERR_OK : e;
}

enum err campaign_each(const struct scope *sc, struct db *db, campaign_fn *fn, void *ctx,
                       struct why *why)
{
	static const struct scoped_sql SQL =
	    SCOPED(COLUMNS, "c.by_id", "c.unit_id", " ORDER BY c.id DESC");
	int64_t n = 0;
	return each(db, scoped(sc, &SQL), ARGS(V_INT(scope_person(sc))), fn, ctx, &n, why);
}

enum err campaign_get(const struct scope *sc, struct db *db, int64_t id, campaign_fn *fn, void *ctx,
                      struct why *why)
{
	static const struct scoped_sql SQL =
	    SCOPED(COLUMNS, "c.by_id", "c.unit_id", " AND c.id = ?2");
	int64_t n = 0;
	enum err e =
	    each(db, scoped(sc, &SQL), ARGS(V_INT(scope_person(sc)), V_INT(id)), fn, ctx, &n, why);
	return e || n ? e : fail(why, E_ROW_NONE);
}

enum err campaign_of_agent(struct db *db, int64_t person_id, campaign_fn *fn, void *ctx,
                           struct why *why)
{
	static const char SQL[] =
	    COLUMNS "c.state = 'running' AND EXISTS (SELECT 1 FROM campaign_agent a "
		    "WHERE a.campaign_id = c.id AND a.person_id = ?1) ORDER BY c.id";
	int64_t n = 0;
	return each(db, SQL, ARGS(V_INT(person_id)), fn, ctx, &n, why);
}

enum err campaign_agents(struct db *db, int64_t id, int64_t *ids, size_t max, size_t *ret_n,
                         struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_query(
	    db, "SELECT person_id FROM campaign_agent WHERE campaign_id = ?1 ORDER BY person_id",
	    ARGS(V_INT(id)), &r, why);
	*ret_n = 0;
	while (!e && *ret_n < max && !(e = rows_next(r, why)))
		ids[(*ret_n)++] = rows_int(r, 0);
	return e == ERR_END ? ERR_OK : e;
}

enum err campaign_tasks(struct db *db, int64_t id, const char *state, int64_t size, int64_t offset,
                        task_fn *fn, void *ctx, int64_t *ret_total, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_int(
	    db, "SELECT COUNT(*) FROM task WHERE campaign_id = ?1 AND (?2 = '' OR state = ?2)",
	    ARGS(V_INT(id), V_TEXT(state)), ret_total, why);
	if (!e)
		e = db_query(db,
		             "SELECT t.id, t.customer_id, t.attempts, t.due_utc_ms, t.state, "
		             "t.reason, c.name, c.grade, p.mask, "
		             "p.province, p.city FROM task t JOIN customer c ON c.id = "
		             "t.customer_id JOIN phone p ON p.id = t.phone_id "
		             "WHERE t.campaign_id = ?1 AND (?2 = '' OR t.state = ?2) "
		             "ORDER BY t.priority, t.due_utc_ms, t.id LIMIT ?3 OFFSET ?4",
		             ARGS(V_INT(id), V_TEXT(state), V_INT(size), V_INT(offset)), &r, why);
	while (!e && !(e = rows_next(r, why))) {
		struct task_row t = { .id = rows_int(r, 0),
			              .customer_id = rows_int(r, 1),
			              .attempts = rows_int(r, 2),
			              .due_utc_ms = rows_int(r, 3),
			              .state = rows_text(r, 4),
			              .reason = rows_text(r, 5),
			              .customer_name = rows_text(r, 6),
			              .grade = rows_text(r, 7),
			              .number = rows_text(r, 8),
			              .province = rows_text(r, 9),
			              .city = rows_text(r, 10) };
		e = fn(&t, ctx, why);
	}
	return e == ERR_END ? ERR_OK : e;
}

enum err campaign_script_key(struct db *db, int64_t id, char *key, size_t size, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e =
	    db_row(db, "SELECT script_key FROM campaign WHERE id = ?1", ARGS(V_INT(id)), &r, why);
	if (!e)
		str_copy(key, size, rows_text(r, 0));
	return e;
}
