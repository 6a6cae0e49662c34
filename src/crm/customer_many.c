/* Customers by the hundred: for imports. */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "crm/customer.h"

enum { CUSTOMER_COLUMNS = 24, PHONE_COLUMNS = 13 };

static const char SQL_CUSTOMERS[] =
    "INSERT INTO customer (id, name, name_key, call_as, gender, grade, status, owner_id, unit_id, "
    "source, company, remark, batch_id, created_utc_ms, updated_utc_ms, attempts, answered, "
    "last_contact_utc_ms, last_result, last_agent_id, next_contact_utc_ms, next_promise, fields, "
    "cell_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, "
    "?18, ?19, ?20, ?21, ?22, ?23, ?24)";
static const char SQL_PHONES[] =
    "INSERT INTO phone (id, customer_id, contact_id, enc, key_id, hash, tail4, mask, kind, "
    "province, city, dead_utc_ms, created_utc_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, "
    "?11, ?12, ?13)";

static void customer_values(const struct customer_new *c, struct val *ret)
{
	const struct val row[CUSTOMER_COLUMNS] = {
		V_INT(c->id),
		V_TEXT(c->name),
		V_TEXT(c->name_key),
		V_TEXT(c->call_as),
		V_TEXT(c->gender),
		V_TEXT(c->grade),
		V_TEXT("new"),
		V_ID(c->owner_id),
		V_INT(c->unit_id),
		V_TEXT(c->source),
		V_TEXT(c->company),
		V_TEXT(c->remark),
		V_ID(c->batch_id),
		V_INT(c->now_utc_ms),
		V_INT(c->now_utc_ms),
		V_INT(0),
		V_INT(0),
		V_NULL,
		V_NULL,
		V_NULL,
		V_NULL,
		V_NULL,
		V_TEXT(c->fields),
		V_INT(c->cell_id),
	};
	memcpy(ret, row, sizeof row);
}

static void phone_values(const struct phone_new *p, const struct customer_new *c, struct val *ret)
{
	const struct val row[PHONE_COLUMNS] = {
		V_INT(p->id),
		V_INT(c->id),
		V_NULL,
		V_BYTES(p->enc, p->enc_bytes),
		V_INT(p->key_id),
		V_BYTES(p->hash, sizeof p->hash),
		V_TEXT(p->number.tail4),
		V_TEXT(p->number.mask),
		V_TEXT(number_kind_text(p->number.kind)),
		V_TEXT(p->province),
		V_TEXT(p->city),
		V_NULL,
		V_INT(c->now_utc_ms),
	};
	memcpy(ret, row, sizeof row);
}

enum err customer_add_many(struct tx *tx, const struct customer_new *c, size_t n, struct why *why)
{
	size_t n_phones = 0, at = 0;
	for (size_t i = 0; i < n; i++)
		n_phones += c[i].n_phones;
	if (n == 0)
		return ERR_OK;
	CLEANUP(str_drop) struct val *rows = malloc(n * CUSTOMER_COLUMNS * sizeof *rows);
	CLEANUP(str_drop) struct val *phones = malloc(n_phones * PHONE_COLUMNS * sizeof *phones);
	if (!rows || (n_phones && !phones))
		return fail(why, E_NOMEM);
	for (size_t i = 0; i < n; i++) {
		customer_values(&c[i], &rows[i * CUSTOMER_COLUMNS]);
		for (size_t k = 0; k < c[i].n_phones; k++)
			phone_values(&c[i].phones[k], &c[i], &phones[at++ * PHONE_COLUMNS]);
	}
	enum err e = db_bulk(tx_db(tx), SQL_CUSTOMERS, rows, CUSTOMER_COLUMNS, n, why);
	return e ? e : db_bulk(tx_db(tx), SQL_PHONES, phones, PHONE_COLUMNS, n_phones, why);
}

enum err contact_add_many(struct tx *tx, const struct contact_new *c, size_t n, struct why *why)
{
	static const char SQL[] = "INSERT INTO contact (id, customer_id, name, relation, "
				  "created_utc_ms) VALUES (?1, ?2, ?3, ?4, ?5)";
	enum { COLUMNS = 5 };
	if (n == 0)
		return ERR_OK;
	CLEANUP(str_drop) struct val *rows = malloc(n * COLUMNS * sizeof *rows);
	if (!rows)
		return fail(why, E_NOMEM);
	for (size_t i = 0; i < n; i++) {
		const struct val row[COLUMNS] = { V_INT(c[i].id), V_INT(c[i].customer_id),
			                          V_TEXT(c[i].name), V_TEXT(c[i].relation),
			                          V_INT(c[i].now_utc_ms) };
		memcpy(&rows[i * COLUMNS], row, sizeof row);
	}
	return db_bulk(tx_db(tx), SQL, rows, COLUMNS, n, why);
}
