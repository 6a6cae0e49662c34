/* The house of the rig: one team with its people, a line, a campaign and customers with consent. */
#include "rig_int.h"

#include <stdio.h>

#include "base/id.h"
#include "crm/customer.h"
#include "gate/consent.h"
#include "gate/policy.h"
#include "profile/shipped.h"

const char *rig_number(int n)
{
	static char number[24];
	snprintf(number, sizeof number, "+861380000%04d", n);
	return number;
}

struct seed {
	struct rig *r;
	const char *mode;
	int from, to;
};

static enum err add_customer(struct tx *tx, struct rig *r, int n, struct why *why)
{
	struct number num;
	struct phone_new phone;
	char name[32];
	int64_t id = rig_customer(r, n);
	snprintf(name, sizeof name, "客户%d", n);
	enum err e = number_parse_one(rig_number(n), &num, why);
	if (e)
		return e;
	phone_seal(r->vault, &num, &phone);
	e = customer_add(tx,
	                 &(struct customer_new){ .id = id,
	                                         .name = name,
	                                         .call_as = "先生",
	                                         .gender = "m",
	                                         .grade = "",
	                                         .company = "",
	                                         .source = "test",
	                                         .remark = "",
	                                         .unit_id = r->unit,
	                                         .cell_id = 1,
	                                         .phones = &phone,
	                                         .n_phones = 1,
	                                         .now_utc_ms = RIG_START_UTC_MS },
	                 why);
	if (!e)
		e = consent_add(
		    tx,
		    &(struct consent_new){ .customer_id = id,
		                           .purpose = "marketing",
		                           .basis = CONSENT_FORM,
		                           .channel = "voice_human",
		                           .proof = "",
		                           .given_utc_ms = RIG_START_UTC_MS - 86400000 },
		    why);
	if (!e)
		e = db_exec(
		    tx_db(tx),
		    "INSERT INTO task (id, campaign_id, customer_id, phone_id, state, due_utc_ms, "
		    "priority, attempts, "
		    "reason, created_utc_ms) VALUES (?1, ?2, ?3, ?4, 'new', ?5, 100, 0, '', ?5)",
		    ARGS(V_INT(id + 2), V_INT(r->campaign), V_INT(id), V_INT(phone.id),
		         V_INT(RIG_START_UTC_MS - 1000)),
		    NULL, why);
	return e;
}

static enum err seed_customers(struct tx *tx, const void *arg, struct why *why)
{
	const struct seed *s = arg;
	enum err e = ERR_OK;
	for (int i = s->from; !e && i < s->to; i++)
		e = add_customer(tx, s->r, i, why);
	return e;
}

static enum err seed_person(struct tx *tx, struct rig *r, int64_t id, const char *job_no,
                            const char *role, struct why *why)
{
	return db_exec(
	    tx_db(tx),
	    "INSERT INTO person (id, job_no, name, name_key, role, unit_id, lang, station_kind, "
	    "created_utc_ms, cell_id) "
	    "VALUES (?1, ?2, ?2, ?2, ?3, ?4, 'zh', 'web', ?5, 1)",
	    ARGS(V_INT(id), V_TEXT(job_no), V_TEXT(role), V_INT(r->unit), V_INT(RIG_START_UTC_MS)),
	    NULL, why);
}

static enum err seed_house(struct tx *tx, const void *arg, struct why *why)
{
	const struct seed *s = arg;
	struct rig *r = s->r;
	char job_no[8];
	enum err e = shipped_install(tx, PROFILES_DIR, RIG_START_UTC_MS, why);
	if (!e)
		e = policy_install(tx, RIG_START_UTC_MS, why);
	if (!e)
		e = db_exec(
		    tx_db(tx),
		    "INSERT INTO org_unit (id, kind, name, name_key, cell_id, created_utc_ms) "
		    "VALUES (?1, 'team', '一组', 'yizu', 1, ?2)",
		    ARGS(V_INT(r->unit), V_INT(RIG_START_UTC_MS)), NULL, why);
	for (int i = 0; !e && i < RIG_AGENTS; i++) {
		snprintf(job_no, sizeof job_no, "80%d", i);
		e = seed_person(tx, r, r->agent[i], job_no, "agent", why);
	}
	if (!e)
		e = seed_person(tx, r, r->supervisor, "900", "supervisor", why);
	if (!e)
		e = db_exec(tx_db(tx),
		            "INSERT INTO trunk (id, name, cfg, enabled, cell_id) VALUES (?1, "
		            "'线路', '{\"max_calls\":30}', 1, 1)",
		            ARGS(V_INT(r->trunk)), NULL, why);
	if (!e)
		e = db_exec(
		    tx_db(tx),
		    "INSERT INTO caller_number (id, trunk_id, number, purpose, valid_from_utc_ms) "
		    "VALUES (?1, ?2, '+862131110000', 'marketing', ?3)",
		    ARGS(V_INT(r->caller_number), V_INT(r->trunk), V_INT(RIG_START_UTC_MS - 1000)),
		    NULL, why);
	if (!e)
		e = db_exec(tx_db(tx),
		            "INSERT INTO campaign (id, name, mode, state, unit_id, script_key, "
		            "trunk_id, caller_number_id, purpose, "
		            "ring_timeout_s, wrapup_limit_s, max_attempts, retry, created_utc_ms, "
		            "by_id, cell_id) VALUES (?1, '名单', "
		            "?2, 'running', ?3, '', ?4, ?5, 'marketing', 30, 60, 5, "
		            "'{\"no_answer\":{\"after_s\":7200,\"times\":3},\"unknown\":{\"after_"
		            "s\":7200,\"times\":3}}', ?6, ?7, 1)",
		            ARGS(V_INT(r->campaign), V_TEXT(s->mode), V_INT(r->unit),
		                 V_INT(r->trunk), V_INT(r->caller_number), V_INT(RIG_START_UTC_MS),
		                 V_INT(r->supervisor)),
		            NULL, why);
	for (int i = 0; !e && i < RIG_AGENTS; i++)
		e = db_exec(tx_db(tx),
		            "INSERT INTO campaign_agent (campaign_id, person_id) VALUES (?1, ?2)",
		            ARGS(V_INT(r->campaign), V_INT(r->agent[i])), NULL, why);
	return e;
}

int64_t rig_customer(struct rig *r, int n)
{
	return r->campaign + 1000 + n * 10;
}

void rig_house(struct rig *r, const char *mode, int customers)
{
	struct why why = { 0 };
	int64_t id = id_new();
	r->unit = id++;
	for (int i = 0; i < RIG_AGENTS; i++)
		r->agent[i] = id++;
	r->supervisor = id++;
	r->trunk = id++;
	r->caller_number = id++;
	r->campaign = id++;
	struct seed s = { r, mode, 0, 0 };
	assert_ok(writer_do(r->db.w, LANE_NORMAL, seed_house, &s, &why), &why);
	for (s.from = 0; s.from < customers; s.from = s.to) {
		s.to = s.from + 100 < customers ? s.from + 100 : customers;
		assert_ok(writer_do(r->db.w, LANE_NORMAL, seed_customers, &s, &why), &why);
	}
}
