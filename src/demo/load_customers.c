#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/text.h"
#include "crm/phone.h"
#include "demo/load.h"

/* Mobile blocks of the mainland's numbering plan; the next four digits are always 0000. */
static const char *const PREFIX[] = { "130", "131", "132", "133", "134", "135", "136", "137",
	                              "138", "139", "150", "151", "152", "153", "155", "156",
	                              "157", "158", "159", "176", "177", "180", "181", "182",
	                              "183", "185", "186", "187", "188", "189" };
enum { PREFIXES = sizeof(PREFIX) / sizeof(PREFIX[0]), ENDINGS = 10000, STEP = 7919 };

static_assert(STEP % 2 && STEP % 5, "steps through every ending");

/* Different for every customer: the ending runs through all 10,000 before a prefix comes again with
 * it. */
static void number_of(int customer, char e164[20])
{
	int ending = (int)(((int64_t)customer * STEP + 13) % ENDINGS);
	int prefix = (customer + customer / ENDINGS) % PREFIXES;
	snprintf(e164, 20, "+86%s0000%04d", PREFIX[prefix], ending);
}

/* Sort keys of the characters names are made of, so that ICU is asked once for each. */
struct keys {
	char surname[CAST_SURNAMES][12], given[CAST_GIVEN][12];
};

static enum err key_of(const char *text, char to[12], struct why *why)
{
	CLEANUP(str_drop) char *key = NULL;
	enum err e = text_pinyin(text, &key, why);
	if (!e)
		str_copy(to, 12, key);
	return e;
}

static enum err make_keys(struct keys *k, struct why *why)
{
	enum err e = ERR_OK;
	for (int i = 0; !e && i < CAST_SURNAMES; i++)
		e = key_of(CAST_SURNAME[i], k->surname[i], why);
	for (int i = 0; !e && i < CAST_GIVEN; i++)
		e = key_of(CAST_GIVEN_CHAR[i], k->given[i], why);
	return e;
}

static enum err load_batch(struct load *l, int campaign, int64_t *ret_id, struct why *why)
{
	static struct ids ids;
	const struct cast_campaign_row *c = &CAST_CAMPAIGN[campaign];
	int64_t at =
	    zone_day_start(day_add(l->s->first_day, c->first_day), l->zone) - 36 * 3600000LL;
	char file_name[80];
	snprintf(file_name, sizeof(file_name), "%s.xlsx", c->name);
	*ret_id = id_at(&ids, at);
	return db_exec(l->db,
	               "INSERT INTO import_batch (id, file_name, path, format, state, mapping, "
	               "source, supplier, basis, purpose,"
	               " proof_file, responsible_id, unit_id, campaign_id, by_id, created_utc_ms, "
	               "applied_utc_ms, rows_total, rows_done,"
	               " n_new, n_updated, n_duplicate, n_invalid, n_blocked, cell_id) VALUES (?1, "
	               "?2, '', 'xlsx', 'done', '{}',"
	               " '门店登记', '自有', 'form', 'marketing', '', ?3, ?4, ?5, ?3, ?6, ?6, ?7, "
	               "?7, ?7, 0, 0, 0, 0, ?8)",
	               ARGS(V_INT(*ret_id), V_TEXT(file_name),
	                    V_INT(l->person_id[c->unit == CAST_TEAM_1 ? 0 : 1]),
	                    V_INT(l->unit_id[c->unit]), V_INT(l->campaign_id[campaign]), V_INT(at),
	                    V_INT(c->customers), V_INT(l->cfg->cell_id)),
	               NULL, why);
}

static const char *last_result(const struct sim_customer *c)
{
	return c->last_result ? sim_result_code((enum sim_result)c->last_result) : NULL;
}

static enum err insert_customer(struct load *l, int i, int64_t batch_id, const struct keys *k,
                                struct why *why)
{
	const struct sim_customer *c = &l->s->customers[i];
	char name[32], call_as[32], key[40];
	snprintf(key, sizeof(key), "%s %s%s%s", k->surname[c->surname], k->given[c->given[0]],
	         c->given[1] < 0 ? "" : " ", c->given[1] < 0 ? "" : k->given[c->given[1]]);
	return db_exec(
	    l->db,
	    "INSERT INTO customer (id, name, name_key, call_as, gender, grade, status, owner_id, "
	    "unit_id, source, company, remark,"
	    " batch_id, created_utc_ms, updated_utc_ms, attempts, answered, last_contact_utc_ms, "
	    "last_result, last_agent_id,"
	    " next_contact_utc_ms, next_promise, fields, cell_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, "
	    "?7, ?8, ?9, '门店登记', '', '',"
	    " ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, '{}', ?20)",
	    ARGS(V_INT(l->customer_id[i]), V_TEXT(sim_name(c, name)), V_TEXT(key),
	         V_TEXT(sim_call_as(c, call_as)), V_TEXT(c->is_male ? "m" : "f"), V_TEXT(c->grade),
	         V_TEXT(c->status), c->owner < 0 ? V_NULL : V_INT(l->agent_id[c->owner]),
	         V_INT(l->unit_id[c->unit]), V_INT(batch_id), V_INT(c->created_utc_ms),
	         V_INT(c->last_contact_utc_ms ? c->last_contact_utc_ms : c->created_utc_ms),
	         V_INT(c->attempts), V_INT(c->answered), V_ID(c->last_contact_utc_ms),
	         V_TEXT(last_result(c)),
	         c->last_agent < 0 ? V_NULL : V_INT(l->agent_id[c->last_agent]),
	         V_ID(c->next_contact_utc_ms),
	         c->next_contact_utc_ms ? V_TEXT("约好再联系") : V_NULL, V_INT(l->cfg->cell_id)),
	    NULL, why);
}

static enum err insert_phone(struct load *l, int i, struct phone_new *p, struct why *why)
{
	const struct sim_customer *c = &l->s->customers[i];
	bool is_dead = c->line == SIM_EMPTY && c->attempts;
	l->phone[i].id = p->id;
	memcpy(l->phone[i].hash, p->hash, sizeof(p->hash));
	str_copy(l->phone[i].mask, sizeof(l->phone[i].mask), p->number.mask);
	return db_exec(l->db,
	               "INSERT INTO phone (id, customer_id, enc, key_id, hash, tail4, mask, kind, "
	               "province, city, dead_utc_ms, created_utc_ms)"
	               " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
	               ARGS(V_INT(p->id), V_INT(l->customer_id[i]), V_BYTES(p->enc, p->enc_bytes),
	                    V_INT(p->key_id), V_BYTES(p->hash, sizeof(p->hash)),
	                    V_TEXT(p->number.tail4), V_TEXT(p->number.mask),
	                    V_TEXT(number_kind_text(p->number.kind)), V_TEXT(p->province),
	                    V_TEXT(p->city), is_dead ? V_INT(c->last_contact_utc_ms) : V_NULL,
	                    V_INT(c->created_utc_ms)),
	               NULL, why);
}

static enum err insert_rights(struct load *l, int i, int64_t batch_id, struct ids *consents,
                              struct ids *dncs, struct why *why)
{
	const struct sim_customer *c = &l->s->customers[i];
	enum err e = ERR_OK;
	if (c->has_consent)
		e = db_exec(l->db,
		            "INSERT INTO consent (id, customer_id, batch_id, purpose, basis, "
		            "channel, proof, given_utc_ms)"
		            " VALUES (?1, ?2, ?3, 'marketing', 'form', 'voice_human', '', ?4)",
		            ARGS(V_INT(id_at(consents, c->created_utc_ms)),
		                 V_INT(l->customer_id[i]), V_INT(batch_id),
		                 V_INT(c->created_utc_ms - 5 * 86400000LL)),
		            NULL, why);
	if (!e && c->is_dnc)
		e = db_exec(l->db,
		            "INSERT INTO dnc (id, hash, mask, reason, source, customer_id, by_id, "
		            "at_utc_ms)"
		            " VALUES (?1, ?2, ?3, 'customer_request', 'desk', ?4, ?5, ?6)",
		            ARGS(V_INT(id_at(dncs, c->last_contact_utc_ms)),
		                 V_BYTES(l->phone[i].hash, VAULT_HASH_BYTES),
		                 V_TEXT(l->phone[i].mask), V_INT(l->customer_id[i]),
		                 V_INT(l->agent_id[c->last_agent]), V_INT(c->last_contact_utc_ms)),
		            NULL, why);
	return e;
}

static enum err insert_task(struct load *l, int i, struct ids *tasks, struct why *why)
{
	const struct sim_customer *c = &l->s->customers[i];
	bool is_own = c->owner >= 0 && !strcmp(c->task_state, "retry");
	l->task_id[i] = id_at(tasks, c->created_utc_ms);
	return db_exec(l->db,
	               "INSERT INTO task (id, campaign_id, customer_id, phone_id, state, "
	               "due_utc_ms, priority, attempts, agent_id, reason,"
	               " created_utc_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, ?7, ?8, ?9, ?10)",
	               ARGS(V_INT(l->task_id[i]), V_INT(l->campaign_id[c->campaign]),
	                    V_INT(l->customer_id[i]), V_INT(l->phone[i].id), V_TEXT(c->task_state),
	                    V_INT(c->due_utc_ms), V_INT(c->attempts),
	                    is_own ? V_INT(l->agent_id[c->owner]) : V_NULL, V_TEXT(c->task_reason),
	                    V_INT(c->created_utc_ms)),
	               NULL, why);
}

enum err load_customers(struct load *l, struct why *why)
{
	struct ids customers = { 0 }, phones = { 0 }, consents = { 0 }, dncs = { 0 }, tasks = { 0 };
	struct keys keys;
	enum err e = make_keys(&keys, why);
	int64_t batch_id = 0;
	for (int i = 0, campaign = -1; !e && i < l->s->n_customers; i++) {
		const struct sim_customer *c = &l->s->customers[i];
		if (c->campaign != campaign &&
		    (e = load_batch(l, campaign = c->campaign, &batch_id, why)))
			return e;
		char e164[20];
		struct number n;
		number_of(i, e164);
		l->customer_id[i] = id_at(&customers, c->created_utc_ms);
		struct phone_new p = { .id = id_at(&phones, c->created_utc_ms) };
		if ((e = number_parse_one(e164, &n, why)))
			return e;
		phone_seal(l->vault, &n, &p);
		if ((e = insert_customer(l, i, batch_id, &keys, why)) ||
		    (e = insert_phone(l, i, &p, why)) ||
		    (e = insert_rights(l, i, batch_id, &consents, &dncs, why)) ||
		    (e = insert_task(l, i, &tasks, why)))
			return e;
	}
	return e;
}
