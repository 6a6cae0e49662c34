#include "gate/dnc.h"

#include <string.h>

#include "base/id.h"
#include "base/str.h"

static const char SQL_ADD[] =
    "INSERT INTO dnc (id, hash, mask, reason, source, customer_id, call_id, by_id, at_utc_ms, "
    "expires_utc_ms) "
    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) "
    "ON CONFLICT (hash) DO UPDATE SET expires_utc_ms = "
    "CASE WHEN dnc.expires_utc_ms IS NULL OR excluded.expires_utc_ms IS NULL THEN NULL "
    "WHEN excluded.expires_utc_ms > dnc.expires_utc_ms THEN excluded.expires_utc_ms "
    "ELSE dnc.expires_utc_ms END";

enum err dnc_add(struct tx *tx, const struct dnc_new *d, struct why *why)
{
	return db_exec(tx_db(tx), SQL_ADD,
	               ARGS(V_INT(id_new()), V_BYTES(d->hash, sizeof d->hash), V_TEXT(d->mask),
	                    V_TEXT(dnc_reason_text(d->reason)), V_TEXT(d->source),
	                    V_ID(d->customer_id), V_ID(d->call_id), V_ID(d->by_id),
	                    V_INT(d->at_utc_ms), V_ID(d->expires_utc_ms)),
	               NULL, why);
}

enum err dnc_remove(struct tx *tx, const unsigned char hash[VAULT_HASH_BYTES], struct why *why)
{
	static const char SQL[] = "DELETE FROM dnc WHERE hash = ?1";
	int64_t n;
	enum err e = db_exec(tx_db(tx), SQL, ARGS(V_BYTES(hash, VAULT_HASH_BYTES)), &n, why);
	if (e)
		return e;
	return n ? ERR_OK : fail(why, E_ROW_NONE);
}

enum err dnc_find(struct db *db, const unsigned char hash[VAULT_HASH_BYTES], int64_t now_utc_ms,
                  struct dnc_entry *ret, struct why *why)
{
	static const char SQL[] =
	    "SELECT reason, at_utc_ms, expires_utc_ms FROM dnc WHERE hash = ?1 "
	    "AND (expires_utc_ms IS NULL OR expires_utc_ms > ?2)";
	*ret = (struct dnc_entry){ 0 };
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e =
	    db_query(db, SQL, ARGS(V_BYTES(hash, VAULT_HASH_BYTES), V_INT(now_utc_ms)), &r, why);
	if (e || (e = rows_next(r, why)))
		return e == ERR_END ? ERR_OK : e;
	ret->is_listed = true;
	str_copy(ret->reason, sizeof ret->reason, rows_text(r, 0));
	ret->at_utc_ms = rows_int(r, 1);
	ret->expires_utc_ms = rows_int(r, 2);
	return ERR_OK;
}
