#include <stdio.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "base/id.h"
#include "base/str.h"
#include "base/text.h"
#include "demo/load.h"

enum { STARTED_DAYS_BEFORE = 40 };

int64_t id_at(struct ids *ids, int64_t utc_ms)
{
	int64_t low = id_floor(utc_ms);
	ids->last = low > ids->last ? low : ids->last + 1;
	return ids->last;
}

int64_t load_founded_utc_ms(const struct sim *s)
{
	return zone_day_start(day_add(s->first_day, -STARTED_DAYS_BEFORE), s->cfg.zone) +
	       9 * 3600000LL;
}

static int64_t founded_utc_ms(const struct load *l)
{
	return load_founded_utc_ms(l->s);
}

struct newcomer {
	const char *job_no, *name, *role, *pw_hash;
	int64_t unit_id, at_utc_ms;
	const char *phones; /* host and port of his desk phone; NULL: he uses the browser */
};

static enum err load_person(struct load *l, int64_t id, const struct newcomer *p, struct why *why)
{
	CLEANUP(str_drop) char *key = NULL;
	char uri[128] = "";
	if (p->phones)
		snprintf(uri, sizeof(uri), "sip:%s@%s", p->job_no, p->phones);
	enum err e = text_pinyin(p->name, &key, why);
	if (!e)
		e = db_exec(l->db,
		            "INSERT INTO person (id, job_no, name, name_key, role, unit_id, lang, "
		            "station_kind, station_uri, created_utc_ms, cell_id)"
		            " VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'zh', ?7, ?8, ?9, ?10)",
		            ARGS(V_INT(id), V_TEXT(p->job_no), V_TEXT(p->name), V_TEXT(key),
		                 V_TEXT(p->role), V_INT(p->unit_id),
		                 V_TEXT(p->phones ? "phone" : "web"),
		                 V_TEXT(p->phones ? uri : NULL), V_INT(p->at_utc_ms),
		                 V_INT(l->cfg->cell_id)),
		            NULL, why);
	if (!e)
		e = db_exec(l->db,
		            "INSERT INTO login (person_id, pw_hash, failed, changed_utc_ms) VALUES "
		            "(?1, ?2, 0, ?3)",
		            ARGS(V_INT(id), V_TEXT(p->pw_hash), V_INT(l->cfg->now_utc_ms)), NULL,
		            why);
	return e;
}

static enum err load_people(struct load *l, struct ids *ids, struct why *why)
{
	char pw_hash[CRYPTO_PASSWORD_BYTES];
	enum err e = crypto_password_hash(l->cfg->password, pw_hash, why);
	for (int i = 0; !e && i < CAST_PEOPLE; i++) {
		const struct cast_person_row *p = &CAST_PERSON[i];
		l->person_id[i] = id_at(ids, founded_utc_ms(l));
		e = load_person(l, l->person_id[i],
		                &(struct newcomer){ p->job_no, p->name, p->role, pw_hash,
		                                    l->unit_id[p->unit], founded_utc_ms(l), NULL },
		                why);
	}
	for (int i = 0; !e && i < CAST_AGENTS; i++) {
		const struct cast_agent_row *a = &CAST_AGENT[i];
		int64_t at =
		    a->first_day
			? zone_day_start(day_add(l->s->first_day, a->first_day - 1), l->zone)
			: founded_utc_ms(l);
		l->agent_id[i] = id_at(ids, at);
		e = load_person(l, l->agent_id[i],
		                &(struct newcomer){ a->job_no, a->name, demo_agent_role(i), pw_hash,
		                                    l->unit_id[a->unit], at,
		                                    i == CAST_VISITOR ? NULL : l->cfg->phones },
		                why);
	}
	crypto_wipe(pw_hash, sizeof(pw_hash));
	return e;
}

/* Each campaign shows its own number, so the simulated customers know what they are called about.
 */
static enum err load_caller_numbers(struct load *l, struct ids *ids, struct why *why)
{
	enum err e = ERR_OK;
	for (int i = 0; !e && i < CAST_CAMPAIGNS; i++) {
		char number[DEMO_NUMBER_BYTES];
		l->caller_number_id[i] = id_at(ids, founded_utc_ms(l));
		e = db_exec(l->db,
		            "INSERT INTO caller_number (id, trunk_id, number, purpose, "
		            "valid_from_utc_ms) VALUES (?1, ?2, ?3, 'marketing', ?4)",
		            ARGS(V_INT(l->caller_number_id[i]), V_INT(l->trunk_id),
		                 V_TEXT(demo_caller_number(l->cfg, i, number)),
		                 V_INT(founded_utc_ms(l))),
		            NULL, why);
	}
	return e;
}

static enum err load_trunk(struct load *l, struct ids *ids, struct why *why)
{
	l->trunk_id = id_at(ids, founded_utc_ms(l));
	enum err e = db_exec(
	    l->db, "INSERT INTO trunk (id, name, cfg, enabled, cell_id) VALUES (?1, ?2, ?3, 1, ?4)",
	    ARGS(V_INT(l->trunk_id), V_TEXT(l->cfg->trunk_name), V_TEXT(l->cfg->trunk_cfg),
	         V_INT(l->cfg->cell_id)),
	    NULL, why);
	return e ? e : load_caller_numbers(l, ids, why);
}

/* Waiting times between tries, as the simulated floor keeps them. */
static const char RETRY[] =
    "{\"no_answer\":{\"after_s\":7200,\"times\":5},\"busy\":{\"after_s\":900,\"times\":5},"
    "\"off\":{\"after_s\":10800,\"times\":5},\"suspended\":{\"after_s\":86400,\"times\":2},"
    "\"rejected\":{\"after_s\":86400,\"times\":5},\"failed\":{\"after_s\":600,\"times\":3},"
    "\"unknown\":{\"after_s\":7200,\"times\":3},\"cancelled\":{\"after_s\":1800,\"times\":3}}";

static enum err load_campaign(struct load *l, struct ids *ids, int i, struct why *why)
{
	const struct cast_campaign_row *c = &CAST_CAMPAIGN[i];
	int64_t at = zone_day_start(day_add(l->s->first_day, c->first_day), l->zone);
	bool has_ended = c->last_day < l->s->cfg.days - 1;
	l->campaign_id[i] = id_at(ids, at);
	enum err e = db_exec(
	    l->db,
	    "INSERT INTO campaign (id, name, mode, state, unit_id, script_key, trunk_id, "
	    "caller_number_id, purpose,"
	    " ring_timeout_s, wrapup_limit_s, max_attempts, retry, created_utc_ms, by_id, cell_id)"
	    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, 'marketing', 30, 60, 5, ?9, ?10, ?11, ?12)",
	    ARGS(V_INT(l->campaign_id[i]), V_TEXT(c->name), V_TEXT(c->mode),
	         V_TEXT(has_ended ? "ended" : "running"), V_INT(l->unit_id[c->unit]),
	         V_TEXT(c->script), V_INT(l->trunk_id), V_INT(l->caller_number_id[i]),
	         V_TEXT(RETRY), V_INT(at), V_INT(l->person_id[c->unit == CAST_TEAM_1 ? 0 : 1]),
	         V_INT(l->cfg->cell_id)),
	    NULL, why);
	for (int a = 0; !e && a < CAST_AGENTS; a++)
		if (CAST_AGENT[a].unit == c->unit)
			e = db_exec(
			    l->db,
			    "INSERT INTO campaign_agent (campaign_id, person_id) VALUES (?1, ?2)",
			    ARGS(V_INT(l->campaign_id[i]), V_INT(l->agent_id[a])), NULL, why);
	return e;
}

enum err load_company(struct load *l, struct why *why)
{
	struct ids people = { 0 }, trunks = { 0 }, campaigns = { 0 };
	enum err e;
	if ((e = load_people(l, &people, why)) || (e = load_trunk(l, &trunks, why)))
		return e;
	for (int i = 0; !e && i < CAST_CAMPAIGNS; i++)
		e = load_campaign(l, &campaigns, i, why);
	return e;
}
