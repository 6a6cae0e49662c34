#include "gate/consent.h"

#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/str.h"

enum err consent_add(struct tx *tx, const struct consent_new *c, struct why *why)
{
	static const char SQL[] =
	    "INSERT INTO consent (id, customer_id, batch_id, purpose, basis, channel, proof, "
	    "given_utc_ms, expires_utc_ms, "
	    "withdrawn_utc_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, NULL)";
	return db_exec(tx_db(tx), SQL,
	               ARGS(V_INT(id_new()), V_INT(c->customer_id), V_ID(c->batch_id),
	                    V_TEXT(c->purpose), V_TEXT(consent_basis_text(c->basis)),
	                    V_TEXT(c->channel), V_TEXT(c->proof), V_INT(c->given_utc_ms),
	                    V_ID(c->expires_utc_ms)),
	               NULL, why);
}

enum err consent_add_many(struct tx *tx, const struct consent_new *c, size_t n, struct why *why)
{
	static const char SQL[] =
	    "INSERT INTO consent (id, customer_id, batch_id, purpose, basis, channel, proof, "
	    "given_utc_ms, expires_utc_ms, withdrawn_utc_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, "
	    "?8, ?9, ?10)";
	enum { COLUMNS = 10 };
	if (n == 0)
		return ERR_OK;
	CLEANUP(str_drop) struct val *rows = malloc(n * COLUMNS * sizeof *rows);
	if (!rows)
		return fail(why, E_NOMEM);
	for (size_t i = 0; i < n; i++) {
		const struct val row[COLUMNS] = {
			V_INT(id_new()),
			V_INT(c[i].customer_id),
			V_ID(c[i].batch_id),
			V_TEXT(c[i].purpose),
			V_TEXT(consent_basis_text(c[i].basis)),
			V_TEXT(c[i].channel),
			V_TEXT(c[i].proof),
			V_INT(c[i].given_utc_ms),
			V_ID(c[i].expires_utc_ms),
			V_NULL,
		};
		memcpy(&rows[i * COLUMNS], row, sizeof row);
	}
	return db_bulk(tx_db(tx), SQL, rows, COLUMNS, n, why);
}

enum err consent_withdraw(struct tx *tx, int64_t customer_id, int64_t at_utc_ms, struct why *why)
{
	static const char SQL[] = "UPDATE consent SET withdrawn_utc_ms = ?2 WHERE customer_id = ?1 "
				  "AND withdrawn_utc_ms IS NULL AND purpose <> 'service'";
	return db_exec(tx_db(tx), SQL, ARGS(V_INT(customer_id), V_INT(at_utc_ms)), NULL, why);
}
