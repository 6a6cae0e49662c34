/* What is written about customers. Jobs of the writer. */
#include "crm/customer.h"

#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/str.h"
#include "base/text.h"
#include "event/outbox.h"
#include "gate/consent.h"

static const char *or_empty(const char *s)
{
	return s ? s : "";
}

static const char SQL_ADD[] = "INSERT INTO customer (id, name, name_key, call_as, gender, grade, "
			      "status, owner_id, unit_id, source, company, remark, "
			      "batch_id, created_utc_ms, updated_utc_ms, attempts, answered, "
			      "last_contact_utc_ms, last_result, last_agent_id, "
			      "next_contact_utc_ms, next_promise, fields, cell_id) VALUES (?1, ?2, "
			      "?3, ?4, ?5, ?6, 'new', ?7, ?8, ?9, ?10, ?11, "
			      "?12, ?13, ?13, 0, 0, NULL, NULL, NULL, NULL, NULL, ?14, ?15)";

enum err customer_add(struct tx *tx, const struct customer_new *c, struct why *why)
{
	CLEANUP(str_drop) char *key = NULL;
	enum err e = c->name_key ? ERR_OK : text_pinyin(or_empty(c->name), &key, why);
	if (e ||
	    (e = db_exec(tx_db(tx), SQL_ADD,
	                 ARGS(V_INT(c->id), V_TEXT(or_empty(c->name)),
	                      V_TEXT(c->name_key ? c->name_key : key), V_TEXT(or_empty(c->call_as)),
	                      V_TEXT(or_empty(c->gender)), V_TEXT(or_empty(c->grade)),
	                      V_ID(c->owner_id), V_INT(c->unit_id), V_TEXT(or_empty(c->source)),
	                      V_TEXT(or_empty(c->company)), V_TEXT(or_empty(c->remark)),
	                      V_ID(c->batch_id), V_INT(c->now_utc_ms),
	                      V_TEXT(c->fields ? c->fields : "{}"), V_INT(c->cell_id)),
	                 NULL, why)))
		return e;
	for (size_t i = 0; !e && i < c->n_phones; i++)
		e = customer_add_phone(tx, c->id, &c->phones[i], c->now_utc_ms, why);
	return e;
}

enum err customer_add_phone(struct tx *tx, int64_t customer_id, const struct phone_new *p,
                            int64_t now_utc_ms, struct why *why)
{
	int64_t owner;
	enum err e = phone_add(tx, p, customer_id, 0, now_utc_ms, &owner, why);
	if (e)
		return e;
	return owner == customer_id ? ERR_OK : fail(why, E_PHONE_TAKEN, p->number.mask);
}

/* ---- changing ---- */

/* Merges the card's key points into the customer's other fields. */
static enum err merge_fields(struct db *db, const struct customer_change *c, char **ret,
                             struct why *why)
{
	static const char SQL[] = "SELECT fields FROM customer WHERE id = ?1";
	CLEANUP(rows_free) struct rows *r = NULL;
	CLEANUP(json_cleanup) json_t *fields = NULL;
	enum err e = db_row(db, SQL, ARGS(V_INT(c->id)), &r, why);
	if (e || (e = json_read_text(rows_text(r, 0), &fields, why)))
		return e;
	const struct {
		const char *key, *text;
	} points[] = { { "need", c->need },
		       { "doubt", c->doubt },
		       { "feedback", c->feedback },
		       { "agreed", c->agreed } };
	for (size_t i = 0; i < sizeof points / sizeof *points; i++) {
		if (points[i].text &&
		    json_object_set_new(fields, points[i].key, json_string(points[i].text)))
			return fail(why, E_FIELD_INVALID, points[i].key, "UTF-8");
	}
	return json_write(fields, ret, why);
}

static const char SQL_SET[] =
    "UPDATE customer SET name = COALESCE(?2, name), name_key = COALESCE(?3, name_key), call_as = "
    "COALESCE(?4, call_as), "
    "gender = COALESCE(?5, gender), grade = COALESCE(?6, grade), company = COALESCE(?7, company), "
    "remark = COALESCE(?8, remark), next_promise = COALESCE(?9, next_promise), fields = ?10, "
    "owner_id = CASE WHEN CAST(?11 AS BIGINT) = -1 THEN owner_id WHEN ?11 = 0 THEN NULL ELSE ?11 "
    "END, "
    "next_contact_utc_ms = CASE WHEN CAST(?12 AS BIGINT) = -1 THEN next_contact_utc_ms WHEN ?12 = "
    "0 THEN NULL ELSE ?12 END, "
    "updated_utc_ms = ?13 WHERE id = ?1";

enum err customer_set(struct tx *tx, const struct customer_change *c, struct why *why)
{
	CLEANUP(str_drop) char *fields = NULL;
	CLEANUP(str_drop) char *key = NULL;
	enum err e = merge_fields(tx_db(tx), c, &fields, why);
	if (e || (c->name && (e = text_pinyin(c->name, &key, why))))
		return e;
	return db_exec(tx_db(tx), SQL_SET,
	               ARGS(V_INT(c->id), V_TEXT(c->name), V_TEXT(key), V_TEXT(c->call_as),
	                    V_TEXT(c->gender), V_TEXT(c->grade), V_TEXT(c->company),
	                    V_TEXT(c->remark), V_TEXT(c->next_promise), V_TEXT(fields),
	                    V_INT(c->owner_id), V_INT(c->next_contact_utc_ms),
	                    V_INT(c->now_utc_ms)),
	               NULL, why);
}

enum err contact_add(struct tx *tx, const struct contact_new *c, struct why *why)
{
	static const char SQL[] = "INSERT INTO contact (id, customer_id, name, relation, "
				  "created_utc_ms) VALUES (?1, ?2, ?3, ?4, ?5)";
	return db_exec(tx_db(tx), SQL,
	               ARGS(V_INT(c->id), V_INT(c->customer_id), V_TEXT(c->name),
	                    V_TEXT(or_empty(c->relation)), V_INT(c->now_utc_ms)),
	               NULL, why);
}

enum err note_add(struct tx *tx, const struct note_new *n, struct why *why)
{
	static const char SQL[] = "INSERT INTO note (id, customer_id, call_id, by_id, at_utc_ms, "
				  "text) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
	return db_exec(tx_db(tx), SQL,
	               ARGS(V_INT(n->id), V_INT(n->customer_id), V_ID(n->call_id), V_INT(n->by_id),
	                    V_INT(n->at_utc_ms), V_TEXT(n->text)),
	               NULL, why);
}

enum err customer_contacted(struct tx *tx, const struct customer_contact *c, struct why *why)
{
	static const char SQL[] =
	    "UPDATE customer SET attempts = attempts + 1, answered = answered + ?2, "
	    "last_contact_utc_ms = CASE WHEN ?2 = 1 THEN ?3 ELSE last_contact_utc_ms END, "
	    "last_agent_id = CASE WHEN ?2 = 1 AND CAST(?4 AS BIGINT) IS NOT NULL THEN ?4 ELSE "
	    "last_agent_id END, "
	    "last_result = COALESCE(?5, last_result), "
	    "status = CASE WHEN ?5 = 'empty' AND status <> 'dnc' THEN 'invalid' "
	    "WHEN ?2 = 1 AND status IN ('new', 'unreached') THEN 'contacted' "
	    "WHEN status = 'new' THEN 'unreached' ELSE status END, updated_utc_ms = ?3 "
	    "WHERE id = ?1";
	return db_exec(tx_db(tx), SQL,
	               ARGS(V_INT(c->customer_id), V_BOOL(c->is_answered), V_INT(c->at_utc_ms),
	                    V_ID(c->agent_id), V_TEXT(c->result)),
	               NULL, why);
}

enum err customer_result(struct tx *tx, int64_t customer_id, const char *code, int64_t now_utc_ms,
                         struct why *why)
{
	static const char SQL[] =
	    "UPDATE customer SET last_result = ?2, updated_utc_ms = ?3, "
	    /* What the last conversation said; a deal and a refusal of all calls outlast it. */
	    "status = CASE WHEN status = 'dnc' OR (status = 'deal' AND EXISTS (SELECT 1 FROM deal "
	    "d "
	    "WHERE d.customer_id = customer.id)) THEN status WHEN ?2 = 'deal' THEN 'deal' "
	    "WHEN ?2 IN ('interested', 'invite', 'wechat') THEN 'interested' "
	    "WHEN ?2 = 'refused' THEN 'refused' WHEN ?2 = 'invalid' THEN 'invalid' "
	    "WHEN status = 'unreached' OR status = 'new' THEN status ELSE 'contacted' END "
	    "WHERE id = ?1";
	return db_exec(tx_db(tx), SQL, ARGS(V_INT(customer_id), V_TEXT(code), V_INT(now_utc_ms)),
	               NULL, why);
}

/* ---- refusing ---- */

/* Copies the hashes and masks of a customer's numbers, so that no rows are open while writing. */
struct number_key {
	unsigned char hash[VAULT_HASH_BYTES];
	char mask[NUMBER_MASK_BYTES];
};
enum { PHONES_MAX = 64 };

static enum err number_keys(struct db *db, int64_t customer_id, struct number_key *ret,
                            size_t *ret_n, struct why *why)
{
	static const char SQL[] =
	    "SELECT hash, mask FROM phone WHERE customer_id = ?1 ORDER BY id LIMIT 64";
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_query(db, SQL, ARGS(V_INT(customer_id)), &r, why);
	*ret_n = 0;
	while (!e && *ret_n < PHONES_MAX && !(e = rows_next(r, why))) {
		size_t n;
		const void *hash = rows_bytes(r, 0, &n);
		if (n != VAULT_HASH_BYTES)
			continue;
		memcpy(ret[*ret_n].hash, hash, n);
		str_copy(ret[(*ret_n)++].mask, NUMBER_MASK_BYTES, rows_text(r, 1));
	}
	return e == ERR_END ? ERR_OK : e;
}

static enum err set_status(struct tx *tx, int64_t customer_id, const char *status,
                           int64_t now_utc_ms, struct why *why)
{
	static const char SQL[] =
	    "UPDATE customer SET status = ?2, updated_utc_ms = ?3 WHERE id = ?1";
	int64_t n;
	enum err e = db_exec(tx_db(tx), SQL,
	                     ARGS(V_INT(customer_id), V_TEXT(status), V_INT(now_utc_ms)), &n, why);
	if (e)
		return e;
	return n ? ERR_OK : fail(why, E_ROW_NONE);
}

enum err customer_refuse(struct tx *tx, int64_t customer_id, enum dnc_reason reason,
                         const char *source, int64_t call_id, int64_t by_id, int64_t now_utc_ms,
                         struct why *why)
{
	struct number_key key[PHONES_MAX];
	size_t n;
	enum err e = set_status(tx, customer_id, "dnc", now_utc_ms, why);
	if (e || (e = number_keys(tx_db(tx), customer_id, key, &n, why)) ||
	    (e = consent_withdraw(tx, customer_id, now_utc_ms, why)))
		return e;
	for (size_t i = 0; !e && i < n; i++) {
		struct dnc_new d = { .reason = reason,
			             .source = source,
			             .customer_id = customer_id,
			             .call_id = call_id,
			             .by_id = by_id,
			             .at_utc_ms = now_utc_ms };
		memcpy(d.hash, key[i].hash, sizeof d.hash);
		str_copy(d.mask, sizeof d.mask, key[i].mask);
		e = dnc_add(tx, &d, why);
	}
	return e ? e : outbox_add(tx, "customer.refused", customer_id, 0, now_utc_ms, NULL, why);
}

enum err customer_unrefuse(struct tx *tx, int64_t customer_id, int64_t now_utc_ms, struct why *why)
{
	static const char SQL[] =
	    "DELETE FROM dnc WHERE hash IN (SELECT hash FROM phone WHERE customer_id = ?1)";
	static const char STATUS[] =
	    "UPDATE customer SET status = CASE WHEN answered > 0 THEN 'contacted' WHEN attempts > "
	    "0 "
	    "THEN 'unreached' ELSE 'new' END, updated_utc_ms = ?2 WHERE id = ?1";
	int64_t n = 0;
	enum err e =
	    db_exec(tx_db(tx), STATUS, ARGS(V_INT(customer_id), V_INT(now_utc_ms)), &n, why);
	if (!e && !n)
		e = fail(why, E_ROW_NONE);
	return e ? e : db_exec(tx_db(tx), SQL, ARGS(V_INT(customer_id)), NULL, why);
}

/* ---- the gate's view ---- */

enum err customer_gate_facts(struct db *db, int64_t customer_id, int64_t phone_id,
                             int64_t caller_number_id, struct gate_facts *f,
                             struct phone *ret_phone, struct why *why)
{
	enum err e = phone_id ? phone_get(db, phone_id, ret_phone, why)
	                      : phone_main(db, customer_id, ret_phone, why);
	if (e)
		return e;
	if (ret_phone->customer_id != customer_id)
		return fail(why, E_ROW_NONE);
	f->kind = ret_phone->kind;
	str_copy(f->province, sizeof f->province, ret_phone->province);
	struct gate_subject s = { ret_phone->hash, customer_id, caller_number_id };
	return gate_facts_load(db, &s, f, why);
}
