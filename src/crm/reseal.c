#include "crm/reseal.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

enum { PHONE_SEALED_MAX = 256 };

/* ---- customers' numbers ---- */

struct sealed_phone {
	int64_t id, key_id;
	size_t n;
	unsigned char enc[PHONE_SEALED_MAX];
};

/* One page after at->id; *ret_n tells how many. Read to the end before anything is written. */
static enum err read_phones(struct db *db, const struct reseal_at *at, struct sealed_phone *ret,
                            size_t *ret_n, struct why *why)
{
	static const char SQL[] =
	    "SELECT id, key_id, enc FROM phone WHERE id > ?1 ORDER BY id LIMIT ?2";
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_query(db, SQL, ARGS(V_INT(at->id), V_INT(RESEAL_ROWS)), &r, why);
	*ret_n = 0;
	while (!e && !(e = rows_next(r, why))) {
		struct sealed_phone *p = &ret[*ret_n];
		size_t n = 0;
		const void *enc = rows_bytes(r, 2, &n);
		if (n < VAULT_SEAL_BYTES || n > sizeof p->enc)
			return fail(why, E_CRYPTO_OPEN);
		*p =
		    (struct sealed_phone){ .id = rows_int(r, 0), .key_id = rows_int(r, 1), .n = n };
		memcpy(p->enc, enc, n);
		++*ret_n;
	}
	return e == ERR_END ? ERR_OK : e;
}

static enum err reseal_phone(struct tx *tx, const struct vault *v, const struct sealed_phone *p,
                             struct why *why)
{
	static const char SQL[] =
	    "UPDATE phone SET enc = ?2, key_id = ?3 WHERE id = ?1 AND key_id = ?4";
	unsigned char plain[PHONE_SEALED_MAX], sealed[PHONE_SEALED_MAX];
	struct vault_place at = { "phone", p->id, 0 };
	enum err e = vault_unseal(v, &at, p->key_id, p->enc, p->n, plain, why);
	if (!e) {
		int64_t key = vault_seal(v, &at, plain, p->n - VAULT_SEAL_BYTES, sealed);
		e = db_exec(tx_db(tx), SQL,
		            ARGS(V_INT(p->id), V_BYTES(sealed, p->n), V_INT(key), V_INT(p->key_id)),
		            NULL, why);
	}
	crypto_wipe(plain, sizeof plain);
	return e;
}

enum err reseal_phones(struct tx *tx, const struct vault *v, struct reseal_at *at, struct why *why)
{
	CLEANUP(str_drop) struct sealed_phone *p = calloc(RESEAL_ROWS, sizeof *p);
	int64_t newest = vault_newest(v);
	size_t n = 0;
	if (!p)
		return fail(why, E_NOMEM);
	enum err e = read_phones(tx_db(tx), at, p, &n, why);
	for (size_t i = 0; !e && i < n; i++)
		if (p[i].key_id != newest)
			e = reseal_phone(tx, v, &p[i], why);
	if (e)
		return e;
	at->done += (int64_t)n;
	if (n)
		at->id = p[n - 1].id;
	return n < RESEAL_ROWS ? ERR_END : ERR_OK;
}

enum err numbers_check(struct db *db, const struct vault *v, struct numbers_found *ret,
                       struct why *why)
{
	CLEANUP(str_drop) struct sealed_phone *p = calloc(RESEAL_ROWS, sizeof *p);
	struct reseal_at at = { 0 };
	unsigned char plain[PHONE_SEALED_MAX];
	size_t n = RESEAL_ROWS;
	enum err e = p ? ERR_OK : fail(why, E_NOMEM);
	*ret = (struct numbers_found){ 0 };
	while (!e && n == RESEAL_ROWS && !(e = read_phones(db, &at, p, &n, why))) {
		for (size_t i = 0; i < n; i++) {
			struct vault_place place = { "phone", p[i].id, 0 };
			if (vault_unseal(v, &place, p[i].key_id, p[i].enc, p[i].n, plain, NULL))
				ret->failed++;
			else
				ret->opened++;
			at.id = p[i].id;
		}
	}
	crypto_wipe(plain, sizeof plain);
	return e;
}

/* ---- rows of imports ---- */

struct sealed_text {
	unsigned char *p;
	size_t n;
};

struct sealed_row {
	int64_t batch_id, row_no, key_id;
	struct sealed_text original;
};

static void rows_drop(struct sealed_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(rows[i].original.p);
	free(rows);
}

static bool take(const struct rows *r, int col, struct sealed_text *ret)
{
	const void *p = rows_bytes(r, col, &ret->n);
	ret->p = malloc(ret->n ? ret->n : 1);
	if (ret->p)
		memcpy(ret->p, p, ret->n);
	return ret->p != NULL;
}

static enum err read_rows(struct db *db, const struct reseal_at *at, struct sealed_row *ret,
                          size_t *ret_n, struct why *why)
{
	static const char SQL[] =
	    "SELECT batch_id, row_no, key_id, original FROM import_row WHERE batch_id > ?1 OR "
	    "(batch_id = ?1 AND row_no > ?2) ORDER BY batch_id, row_no LIMIT ?3";
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e =
	    db_query(db, SQL, ARGS(V_INT(at->id), V_INT(at->row_no), V_INT(RESEAL_ROWS)), &r, why);
	while (!e && !(e = rows_next(r, why))) {
		struct sealed_row *s = &ret[*ret_n];
		*s = (struct sealed_row){ .batch_id = rows_int(r, 0),
			                  .row_no = rows_int(r, 1),
			                  .key_id = rows_int(r, 2) };
		++*ret_n;
		if (!take(r, 3, &s->original))
			e = fail(why, E_NOMEM);
	}
	return e == ERR_END ? ERR_OK : e;
}

/* In place: the sealed form keeps its length. */
static enum err reseal_text(const struct vault *v, const struct sealed_row *s,
                            struct sealed_text *t, int64_t *ret_key, struct why *why)
{
	struct vault_place at = { "import_row.original", s->batch_id, s->row_no };
	if (t->n < VAULT_SEAL_BYTES)
		return fail(why, E_CRYPTO_OPEN);
	size_t n = t->n - VAULT_SEAL_BYTES;
	CLEANUP(str_drop) unsigned char *plain = malloc(n ? n : 1);
	if (!plain)
		return fail(why, E_NOMEM);
	enum err e = vault_unseal(v, &at, s->key_id, t->p, t->n, plain, why);
	if (!e)
		*ret_key = vault_seal(v, &at, plain, n, t->p);
	crypto_wipe(plain, n);
	return e;
}

static enum err reseal_row(struct tx *tx, const struct vault *v, struct sealed_row *s,
                           struct why *why)
{
	static const char SQL[] =
	    "UPDATE import_row SET original = ?3, key_id = ?4 WHERE batch_id = ?1 AND row_no = ?2 "
	    "AND key_id = ?5";
	int64_t key = vault_newest(v);
	enum err e = reseal_text(v, s, &s->original, &key, why);
	if (e)
		return e;
	return db_exec(tx_db(tx), SQL,
	               ARGS(V_INT(s->batch_id), V_INT(s->row_no),
	                    V_BYTES(s->original.p, s->original.n), V_INT(key), V_INT(s->key_id)),
	               NULL, why);
}

enum err reseal_import_rows(struct tx *tx, const struct vault *v, struct reseal_at *at,
                            struct why *why)
{
	struct sealed_row *rows = calloc(RESEAL_ROWS, sizeof *rows);
	int64_t newest = vault_newest(v);
	size_t n = 0;
	if (!rows)
		return fail(why, E_NOMEM);
	enum err e = read_rows(tx_db(tx), at, rows, &n, why);
	for (size_t i = 0; !e && i < n; i++)
		if (rows[i].key_id != newest)
			e = reseal_row(tx, v, &rows[i], why);
	if (!e) {
		at->done += (int64_t)n;
		at->id = n ? rows[n - 1].batch_id : at->id;
		at->row_no = n ? rows[n - 1].row_no : at->row_no;
		e = n < RESEAL_ROWS ? ERR_END : ERR_OK;
	}
	rows_drop(rows, n);
	return e;
}

enum err reseal_left(struct db *db, const struct vault *v, int64_t *ret, struct why *why)
{
	static const char SQL[] =
	    "SELECT (SELECT COUNT(*) FROM phone WHERE key_id <> ?1) + (SELECT COUNT(*) FROM "
	    "import_row WHERE key_id <> ?1)";
	return db_int(db, SQL, ARGS(V_INT(vault_newest(v))), ret, why);
}

enum err reseal_total(struct db *db, int64_t *ret, struct why *why)
{
	static const char SQL[] =
	    "SELECT (SELECT COUNT(*) FROM phone) + (SELECT COUNT(*) FROM import_row)";
	return db_int(db, SQL, NOARGS, ret, why);
}
