#include "demo/history.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/str.h"
#include "demo/load.h"
#include "gate/policy.h"
#include "profile/shipped.h"
#include "store/migrate.h"
#include "store/writer.h"
#include "team/unit.h"

const char *demo_agent_role(int agent)
{
	return agent == CAST_VISITOR ? "supervisor" : "agent";
}

const char *demo_caller_number(const struct demo_cfg *cfg, int nth, char buf[DEMO_NUMBER_BYTES])
{
	snprintf(buf, DEMO_NUMBER_BYTES, "%s%d", cfg->caller_number, nth);
	return buf;
}

const char *demo_campaign_script(int nth)
{
	return nth < CAST_CAMPAIGNS ? CAST_CAMPAIGN[nth].script : NULL;
}

const char *demo_script_company(const char *script)
{
	return cast_company(script);
}

const struct demo_login *demo_logins(int *ret_n)
{
	static struct demo_login LOGINS[] = {
#define PERSON(job_no, name, role, unit) { job_no, name, role },
#include "demo/cast.def"
#undef PERSON
#define AGENT(job_no, name, ...) { job_no, name, NULL },
#include "demo/cast.def"
#undef AGENT
	};
	*ret_n = (int)(sizeof(LOGINS) / sizeof(LOGINS[0]));
	for (int i = 0; i < CAST_AGENTS; i++)
		LOGINS[CAST_PEOPLE + i].role = demo_agent_role(i);
	return LOGINS;
}

/* ---- what a first start makes ---- */

struct install {
	const struct demo_cfg *cfg;
	int64_t at_utc_ms;
	int64_t unit_id[CAST_UNITS];
};

static enum err install(struct tx *tx, const void *arg, struct why *why)
{
	const struct install *in = arg;
	enum err e;
	if ((e = shipped_install(tx, in->cfg->profiles_dir, in->cfg->now_utc_ms, why)) ||
	    (e = policy_install(tx, in->cfg->now_utc_ms, why)))
		return e;
	for (int i = 0; !e && i < CAST_UNITS; i++) {
		const struct cast_unit_row *u = &CAST_UNIT[i];
		e = unit_add(tx,
		             &(struct unit_new){
				 .id = in->unit_id[i],
				 .parent_id = u->parent == CAST_NONE ? 0 : in->unit_id[u->parent],
				 .kind = u->kind,
				 .name = u->name,
				 .cell_id = in->cfg->cell_id,
				 .now_utc_ms = in->at_utc_ms },
		             why);
	}
	return e;
}

static enum err fill_empty(struct db *db, struct writer *w, const struct install *in,
                           struct vault **ret, struct why *why)
{
	int64_t people = 0;
	enum err e = db_int(db, "SELECT COUNT(*) FROM person", NOARGS, &people, why);
	if (!e && people)
		e = fail(why, E_DEMO_NOT_EMPTY);
	if (!e)
		e = writer_do(w, LANE_NORMAL, install, in, why);
	return e ? e : vault_open(in->cfg->master_key_path, w, db, ret, why);
}

/* Keys, units and shipped versions are made the usual way, by a writer that is gone before the
 * loading begins. */
static enum err prepare(const struct install *in, struct vault **ret, struct why *why)
{
	struct writer *w = NULL;
	struct db *db = NULL;
	enum err e;
	if (!(e = migrate(in->cfg->db_url, NULL, why)) &&
	    !(e = writer_new(&(struct writer_cfg){ .url = in->cfg->db_url }, &w, why)) &&
	    !(e = db_open(in->cfg->db_url, DB_READ, &db, why)))
		e = fill_empty(db, w, in, ret, why);
	db_close(&db);
	writer_free(&w);
	return e;
}

/* ---- loading ---- */

static void load_done(struct load *l)
{
	free(l->customer_id);
	free(l->task_id);
	free(l->phone);
	free(l->call_id);
	free(l->attempt_id);
}

static enum err load_init(struct load *l, struct why *why)
{
	size_t customers = (size_t)l->s->n_customers + 1, calls = (size_t)l->s->n_calls + 1;
	l->customer_id = calloc(customers, sizeof(*l->customer_id));
	l->task_id = calloc(customers, sizeof(*l->task_id));
	l->phone = calloc(customers, sizeof(*l->phone));
	l->call_id = calloc(calls, sizeof(*l->call_id));
	l->attempt_id = calloc(calls, sizeof(*l->attempt_id));
	bool ok = l->customer_id && l->task_id && l->phone && l->call_id && l->attempt_id;
	return ok ? ERR_OK : fail(why, E_NOMEM);
}

/* Nobody else uses the fresh file and a failed history is thrown away: nothing is waited for. */
static enum err hurry(struct db *db, struct why *why)
{
	if (db_engine(db) != DB_SQLITE)
		return ERR_OK;
	enum err e = db_exec(db, "PRAGMA synchronous = OFF", NOARGS, NULL, why);
	return e ? e : db_exec(db, "PRAGMA cache_size = -200000", NOARGS, NULL, why);
}

static enum err load_all(struct load *l, struct why *why)
{
	enum err e;
	if ((e = load_init(l, why)) || (e = hurry(l->db, why)) ||
	    (e = db_exec(l->db, "BEGIN", NOARGS, NULL, why)))
		return e;
	if ((e = load_company(l, why)) || (e = load_customers(l, why)) ||
	    (e = load_calls(l, why)) || (e = load_recordings(l, why)) || (e = load_reviews(l, why)))
		return e;
	return db_exec(l->db, "COMMIT", NOARGS, NULL, why);
}

static void report(const struct load *l, struct demo_result *ret)
{
	int attempts = 0;
	for (int i = 0; i < l->s->n_calls; i++)
		attempts += !l->s->calls[i].is_incoming && !l->s->calls[i].is_blocked;
	*ret = (struct demo_result){ .customers = l->s->n_customers,
		                     .attempts = attempts,
		                     .recordings = l->n_recordings,
		                     .reviews = l->n_reviews,
		                     .trunk_id = l->trunk_id };
	str_copy(ret->visitor_job_no, sizeof(ret->visitor_job_no), CAST_AGENT[CAST_VISITOR].job_no);
}

static const struct install *founded(const struct demo_cfg *cfg, const struct sim *s,
                                     struct install *in)
{
	struct ids ids = { 0 };
	*in = (struct install){ .cfg = cfg, .at_utc_ms = load_founded_utc_ms(s) };
	for (int i = 0; i < CAST_UNITS; i++)
		in->unit_id[i] = id_at(&ids, in->at_utc_ms);
	return in;
}

enum err demo_history(const struct demo_cfg *cfg, struct demo_result *ret, struct why *why)
{
	CLEANUP(bank_free) struct bank *bank = NULL;
	CLEANUP(sim_free) struct sim *s = NULL;
	CLEANUP(vault_close) struct vault *vault = NULL;
	CLEANUP(db_close) struct db *db = NULL;
	const struct zone *zone;
	struct install in;
	enum err e;
	if ((e = crypto_init(why)) || (e = zone_get("Asia/Shanghai", &zone, why)) ||
	    (e = bank_open(cfg->bank_dir, &bank, why)) ||
	    (e = sim_run(&(struct sim_cfg){ .now_utc_ms = cfg->now_utc_ms,
	                                    .days = cfg->days ? cfg->days : 30,
	                                    .seed = cfg->seed ? cfg->seed : 7,
	                                    .zone = zone,
	                                    .bank = bank,
	                                    .recordings = cfg->recordings ? cfg->recordings : 300 },
	                 &s, why)) ||
	    (e = prepare(founded(cfg, s, &in), &vault, why)) ||
	    (e = db_open(cfg->db_url, DB_WRITE, &db, why)))
		return e;
	struct load l = {
		.cfg = cfg, .db = db, .vault = vault, .bank = bank, .zone = zone, .s = s
	};
	memcpy(l.unit_id, in.unit_id, sizeof(l.unit_id));
	if (!(e = load_all(&l, why)))
		report(&l, ret);
	load_done(&l);
	return e;
}
