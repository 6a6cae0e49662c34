/* What the database knows about calling a number. */
#include <string.h>

#include "base/str.h"
#include "gate/dnc.h"
#include "gate/gate.h"

static const int64_t ATTEMPTS_MS = 31LL * 86400000; /* the longest cap that is shipped is 30 days */

/* Of several consents the one that carries furthest: of this purpose before others, not withdrawn
 * before withdrawn, the newest. */
static const char SQL_CONSENT[] =
    "SELECT purpose, given_utc_ms, expires_utc_ms, withdrawn_utc_ms FROM consent "
    "WHERE customer_id = ?1 AND basis <> 'none' "
    "ORDER BY CASE WHEN withdrawn_utc_ms IS NULL THEN 0 ELSE 1 END, "
    "CASE WHEN purpose = ?2 OR purpose = 'any' THEN 0 ELSE 1 END, given_utc_ms DESC, id DESC LIMIT "
    "1";

static enum err load_consent(struct db *db, int64_t customer_id, struct gate_facts *f,
                             struct why *why)
{
	memset(&f->consent, 0, sizeof f->consent);
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e =
	    db_query(db, SQL_CONSENT, ARGS(V_INT(customer_id), V_TEXT(f->purpose)), &r, why);
	if (e || (e = rows_next(r, why)))
		return e == ERR_END ? ERR_OK : e;
	f->consent.is_known = true;
	str_copy(f->consent.purpose, sizeof f->consent.purpose, rows_text(r, 0));
	f->consent.given_utc_ms = rows_int(r, 1);
	f->consent.expires_utc_ms = rows_int(r, 2);
	f->consent.withdrawn_utc_ms = rows_int(r, 3);
	return ERR_OK;
}

/* Made, or being made: what never left the house does not count. */
static const char SQL_ATTEMPTS[] =
    "SELECT created_utc_ms, outcome FROM attempt WHERE number_hash = ?1 AND created_utc_ms > ?2 "
    "AND verdict = 'ok' AND (invite_utc_ms IS NOT NULL OR end_utc_ms IS NULL) "
    "ORDER BY created_utc_ms DESC, id DESC LIMIT 48";

static enum err load_attempts(struct db *db, const unsigned char *hash, struct gate_facts *f,
                              struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	f->n_attempts = 0;
	enum err e = db_query(
	    db, SQL_ATTEMPTS,
	    ARGS(V_BYTES(hash, VAULT_HASH_BYTES), V_INT(f->now_utc_ms - ATTEMPTS_MS)), &r, why);
	if (e)
		return e;
	while (!(e = rows_next(r, why)) && f->n_attempts < GATE_ATTEMPTS)
		f->attempts[f->n_attempts++] =
		    (struct gate_attempt){ rows_int(r, 0),
			                   strcmp(rows_text(r, 1), "answered") == 0 };
	return e == ERR_END ? ERR_OK : e;
}

static const char SQL_CALLER[] =
    "SELECT number, valid_from_utc_ms, valid_to_utc_ms FROM caller_number WHERE id = ?1";
static const char SQL_CALLER_LOAD[] =
    "SELECT CAST(COALESCE(SUM(CASE WHEN created_utc_ms > ?2 THEN 1 ELSE 0 END), 0) AS BIGINT), "
    "CAST(COALESCE(SUM(CASE WHEN created_utc_ms > ?3 THEN 1 ELSE 0 END), 0) AS BIGINT), COUNT(*), "
    "CAST(COALESCE(SUM(CASE WHEN end_utc_ms IS NULL THEN 1 ELSE 0 END), 0) AS BIGINT) "
    "FROM attempt WHERE caller_number_id = ?1 AND created_utc_ms > ?4 AND verdict = 'ok' "
    "AND (invite_utc_ms IS NOT NULL OR end_utc_ms IS NULL)";

static bool is_mobile(const char *number)
{
	number += strncmp(number, "+86", 3) == 0 ? 3 : 0;
	return strlen(number) == 11 && number[0] == '1';
}

static enum err load_caller(struct db *db, int64_t id, struct gate_facts *f, struct why *why)
{
	struct gate_caller *k = &f->caller;
	k->is_registered = false;
	if (!id)
		return ERR_OK;
	CLEANUP(rows_free) struct rows *r = NULL, *load = NULL;
	enum err e = db_query(db, SQL_CALLER, ARGS(V_INT(id)), &r, why);
	if (e || (e = rows_next(r, why)))
		return e == ERR_END ? ERR_OK : e;
	k->is_registered = true;
	k->is_mobile = is_mobile(rows_text(r, 0));
	k->valid_from_utc_ms = rows_int(r, 1);
	k->valid_to_utc_ms = rows_int(r, 2);
	int64_t now = f->now_utc_ms;
	e = db_row(db, SQL_CALLER_LOAD,
	           ARGS(V_INT(id), V_INT(now - 60000), V_INT(now - 3600000), V_INT(now - 86400000)),
	           &load, why);
	if (e)
		return e;
	k->last_minute = (int)rows_int(load, 0);
	k->last_hour = (int)rows_int(load, 1);
	k->last_day = (int)rows_int(load, 2);
	k->at_once = (int)rows_int(load, 3);
	return ERR_OK;
}

enum err gate_facts_load(struct db *db, const struct gate_subject *s, struct gate_facts *f,
                         struct why *why)
{
	struct dnc_entry dnc;
	enum err e = dnc_find(db, s->hash, f->now_utc_ms, &dnc, why);
	if (e || (e = load_consent(db, s->customer_id, f, why)) ||
	    (e = load_attempts(db, s->hash, f, why)) ||
	    (e = load_caller(db, s->caller_number_id, f, why)))
		return e;
	f->is_dnc = dnc.is_listed;
	str_copy(f->dnc_reason, sizeof f->dnc_reason, dnc.reason);
	f->dnc_at_utc_ms = dnc.at_utc_ms;
	f->dnc_expires_utc_ms = dnc.expires_utc_ms;
	return ERR_OK;
}

enum err gate_commit(struct tx *tx, const struct policy *p, const struct gate_subject *s,
                     struct gate_facts *f, struct gate_verdict *ret, struct why *why)
{
	enum err e = gate_facts_load(tx_db(tx), s, f, why);
	if (!e)
		(void)gate(p, f, ret, NULL);
	return e;
}
