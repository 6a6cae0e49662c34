#include "crm/phone.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/str.h"
#include "crm/place.h"

enum { PLAIN_BYTES = NUMBER_E164_BYTES + NUMBER_EXT_BYTES };

static struct vault_place place_in_table(int64_t phone_id)
{
	return (struct vault_place){ "phone", phone_id, 0 };
}

/* Sealed is "+861062345678x8001": what has to be dialled, one after the other. */
void phone_seal(const struct vault *v, const struct number *n, struct phone_new *ret)
{
	memset(ret, 0, sizeof *ret);
	ret->id = id_new();
	ret->number = *n;
	struct place place;
	place_of(n->e164, &place);
	str_copy(ret->province, sizeof ret->province, place.province);
	str_copy(ret->city, sizeof ret->city, place.city);
	vault_hash(v, n->e164, ret->hash);
	char plain[PLAIN_BYTES];
	int len = snprintf(plain, sizeof plain, "%s%s%s", n->e164, *n->ext ? "x" : "", n->ext);
	struct vault_place at = place_in_table(ret->id);
	ret->key_id = vault_seal(v, &at, plain, (size_t)len, ret->enc);
	ret->enc_bytes = (size_t)len + VAULT_SEAL_BYTES;
	crypto_wipe(plain, sizeof plain);
}

static const char SQL_ADD[] = "INSERT INTO phone (id, customer_id, contact_id, enc, key_id, hash, "
			      "tail4, mask, kind, province, city, dead_utc_ms, "
			      "created_utc_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, "
			      "?11, NULL, ?12) ON CONFLICT (hash) DO NOTHING";
static const char SQL_OWNER[] = "SELECT customer_id FROM phone WHERE hash = ?1";

enum err phone_add(struct tx *tx, const struct phone_new *p, int64_t customer_id,
                   int64_t contact_id, int64_t now_utc_ms, int64_t *ret_owner, struct why *why)
{
	int64_t added;
	enum err e = db_exec(tx_db(tx), SQL_ADD,
	                     ARGS(V_INT(p->id), V_INT(customer_id), V_ID(contact_id),
	                          V_BYTES(p->enc, p->enc_bytes), V_INT(p->key_id),
	                          V_BYTES(p->hash, sizeof p->hash), V_TEXT(p->number.tail4),
	                          V_TEXT(p->number.mask), V_TEXT(number_kind_text(p->number.kind)),
	                          V_TEXT(p->province), V_TEXT(p->city), V_INT(now_utc_ms)),
	                     &added, why);
	if (e)
		return e;
	*ret_owner = customer_id;
	return added ? ERR_OK
	             : db_int(tx_db(tx), SQL_OWNER, ARGS(V_BYTES(p->hash, sizeof p->hash)),
	                      ret_owner, why);
}

#define PHONE_COLUMNS \
	"SELECT p.id, p.customer_id, p.contact_id, p.kind, p.hash, p.mask, p.province, p.city, " \
	"p.dead_utc_ms, " \
	"CASE WHEN EXISTS (SELECT 1 FROM dnc d WHERE d.hash = p.hash AND (d.expires_utc_ms IS " \
	"NULL OR " \
	"d.expires_utc_ms > ?2)) THEN 1 ELSE 0 END FROM phone p WHERE "

static void read_phone(const struct rows *r, struct phone *ret)
{
	*ret = (struct phone){ .id = rows_int(r, 0),
		               .customer_id = rows_int(r, 1),
		               .contact_id = rows_int(r, 2) };
	ret->kind = number_kind_parse(rows_text(r, 3));
	size_t n;
	const void *hash = rows_bytes(r, 4, &n);
	if (n == sizeof ret->hash)
		memcpy(ret->hash, hash, n);
	str_copy(ret->mask, sizeof ret->mask, rows_text(r, 5));
	str_copy(ret->province, sizeof ret->province, rows_text(r, 6));
	str_copy(ret->city, sizeof ret->city, rows_text(r, 7));
	ret->dead_utc_ms = rows_int(r, 8);
	ret->is_dnc = rows_int(r, 9) != 0;
}

static enum err one_phone(struct db *db, const char *sql, const struct val key, struct phone *ret,
                          struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_row(db, sql, ARGS(key, V_INT(clock_utc_ms())), &r, why);
	if (!e)
		read_phone(r, ret);
	return e;
}

enum err phone_find(struct db *db, const unsigned char hash[VAULT_HASH_BYTES], struct phone *ret,
                    struct why *why)
{
	static const char SQL[] = PHONE_COLUMNS "p.hash = ?1";
	return one_phone(db, SQL, V_BYTES(hash, VAULT_HASH_BYTES), ret, why);
}

enum err phone_get(struct db *db, int64_t phone_id, struct phone *ret, struct why *why)
{
	static const char SQL[] = PHONE_COLUMNS "p.id = ?1";
	return one_phone(db, SQL, V_INT(phone_id), ret, why);
}

enum err phone_main(struct db *db, int64_t customer_id, struct phone *ret, struct why *why)
{
	static const char SQL[] = PHONE_COLUMNS
	    "p.customer_id = ?1 ORDER BY CASE WHEN p.dead_utc_ms IS NULL THEN 0 ELSE 1 END, "
	    "CASE WHEN p.kind = 'mobile' THEN 0 ELSE 1 END, p.created_utc_ms, p.id LIMIT 1";
	struct why none;
	enum err e = one_phone(db, SQL, V_INT(customer_id), ret, &none);
	if (e == ERR_NOT_FOUND)
		return fail(why, E_CUSTOMER_NO_PHONE);
	if (e && why)
		*why = none;
	return e;
}

enum err phone_number(struct db *db, const struct vault *v, int64_t phone_id,
                      char ret_e164[NUMBER_E164_BYTES], struct why *why)
{
	static const char SQL[] = "SELECT enc, key_id FROM phone WHERE id = ?1";
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_row(db, SQL, ARGS(V_INT(phone_id)), &r, why);
	if (e)
		return e;
	size_t n;
	const void *enc = rows_bytes(r, 0, &n);
	char plain[PLAIN_BYTES + 1] = "";
	if (n < VAULT_SEAL_BYTES || n - VAULT_SEAL_BYTES > PLAIN_BYTES)
		return fail(why, E_CRYPTO_OPEN);
	struct vault_place at = place_in_table(phone_id);
	e = vault_unseal(v, &at, rows_int(r, 1), enc, n, plain, why);
	if (!e) {
		plain[n - VAULT_SEAL_BYTES] = '\0';
		plain[strcspn(plain, "x")] = '\0';
		str_copy(ret_e164, NUMBER_E164_BYTES, plain);
	}
	crypto_wipe(plain, sizeof plain);
	return e;
}

enum err phone_mark_dead(struct tx *tx, int64_t phone_id, int64_t at_utc_ms, struct why *why)
{
	static const char SQL[] = "UPDATE phone SET dead_utc_ms = ?2 WHERE id = ?1";
	return db_exec(tx_db(tx), SQL, ARGS(V_INT(phone_id), V_ID(at_utc_ms)), NULL, why);
}

void phone_place(const char *province, const char *city, char *ret, size_t size)
{
	if (strcmp(province, city) == 0 || !*city)
		snprintf(ret, size, "%s", province);
	else
		snprintf(ret, size, "%s %s", province, city);
}

enum err phone_list(struct db *db, int64_t customer_id, struct jw *w, struct why *why)
{
	static const char SQL[] = "SELECT p.id, p.mask, p.province, p.city, p.kind, p.dead_utc_ms, "
				  "CASE WHEN EXISTS (SELECT 1 FROM dnc d WHERE "
				  "d.hash = p.hash) THEN 1 ELSE 0 END FROM phone p WHERE "
				  "p.customer_id = ?1 ORDER BY p.created_utc_ms, p.id LIMIT 20";
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_query(db, SQL, ARGS(V_INT(customer_id)), &r, why);
	jw_arr(w, "phones");
	while (!e && !(e = rows_next(r, why))) {
		char place[60];
		phone_place(rows_text(r, 2), rows_text(r, 3), place, sizeof place);
		jw_obj(w, NULL);
		jw_id(w, "id", rows_int(r, 0));
		jw_str(w, "number", rows_text(r, 1));
		jw_str(w, "place", place);
		jw_str(w, "kind", rows_text(r, 4));
		jw_bool(w, "dead", !rows_null(r, 5));
		jw_bool(w, "dnc", rows_int(r, 6) != 0);
		jw_end_obj(w);
	}
	jw_end_arr(w);
	return e == ERR_END ? ERR_OK : e;
}
