/* Changing keys while others use them: a new master key, a new data key, old ones retired. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gate/vault_int.h"

enum { KEPT_RETIRED_MS = 86400 * 1000 };

enum err vault_watch(struct vault *v, const char *url, struct why *why)
{
	free(v->url);
	v->url = strdup(url);
	return v->url ? ERR_OK : fail(why, E_NOMEM);
}

/* The keys as the database has them now, under the master key in memory or the one in its file now.
 */
static enum err load_again(const struct vault *v, struct db *db, struct data_keys *ret,
                           struct why *why)
{
	unsigned char master[CRYPTO_KEY_BYTES];
	enum err e = vault_load_keys(v->master, db, ret, why);
	if (e != ERR_INVALID)
		return e;
	e = vault_read_master(v->master_path, master, NULL);
	if (!e)
		e = vault_load_keys(master, db, ret, NULL);
	crypto_wipe(master, sizeof master);
	return e ? fail(why, E_VAULT_STALE, v->master_path) : ERR_OK;
}

enum err vault_refresh(const struct vault *v, struct db *db, struct why *why)
{
	struct data_keys *now = calloc(1, sizeof *now);
	if (!now)
		return fail(why, E_NOMEM);
	enum err e = load_again(v, db, now, why);
	if (!e && now->n) {
		pthread_mutex_lock(&v->keys->lock);
		memcpy(v->keys->key, now->key, sizeof now->key);
		v->keys->n = now->n;
		pthread_mutex_unlock(&v->keys->lock);
	}
	crypto_wipe(now, sizeof *now);
	free(now);
	return e;
}

enum err vault_reload(const struct vault *v, struct why *why)
{
	CLEANUP(db_close) struct db *db = NULL;
	enum err e = db_open(v->url, DB_READ, &db, why);
	return e ? e : vault_refresh(v, db, why);
}

/* ---- the master key ---- */

struct rewrap {
	const struct vault *v;
	const unsigned char *master;
};

static enum err rewrap_keys(struct tx *tx, const struct data_keys *keys,
                            const unsigned char *master, struct why *why)
{
	static const char SQL[] = "UPDATE data_key SET wrapped = ?2 WHERE id = ?1";
	enum err e = ERR_OK;
	for (size_t i = 0; !e && i < keys->n; i++) {
		unsigned char wrapped[VAULT_WRAPPED_BYTES];
		vault_wrap(master, &keys->key[i], wrapped);
		e = db_exec(tx_db(tx), SQL,
		            ARGS(V_INT(keys->key[i].id), V_BYTES(wrapped, sizeof wrapped)), NULL,
		            why);
	}
	return e;
}

/* Those of the database, not those of the memory: another process may have made one. */
static enum err rewrap_all(struct tx *tx, const void *arg, struct why *why)
{
	const struct rewrap *r = arg;
	struct data_keys *keys = calloc(1, sizeof *keys);
	if (!keys)
		return fail(why, E_NOMEM);
	enum err e = load_again(r->v, tx_db(tx), keys, why);
	if (!e)
		e = rewrap_keys(tx, keys, r->master, why);
	crypto_wipe(keys, sizeof *keys);
	free(keys);
	return e;
}

enum err vault_rotate_master(struct vault *v, const char *master_path, struct writer *w,
                             struct why *why)
{
	unsigned char master[CRYPTO_KEY_BYTES];
	char next[4096];
	snprintf(next, sizeof next, "%s.new", master_path);
	crypto_random(master, sizeof master);
	enum err e = vault_write_master(next, master, why);
	if (!e)
		e = writer_do(w, LANE_NORMAL, rewrap_all, &(struct rewrap){ v, master }, why);
	if (!e && rename(next, master_path) != 0)
		e = fail(why, E_FILE_WRITE, master_path, strerror(errno));
	if (!e)
		memcpy(v->master, master, sizeof master);
	crypto_wipe(master, sizeof master);
	return e;
}

/* ---- data keys ---- */

enum err vault_add_key(struct tx *tx, const void *arg, struct why *why)
{
	static const char SQL[] =
	    "INSERT INTO data_key (id, wrapped, created_utc_ms, "
	    "retired_utc_ms) VALUES (?1, ?2, ?3, NULL) ON CONFLICT (id) DO NOTHING";
	const struct vault_new_key *a = arg;
	struct data_keys *keys = calloc(1, sizeof *keys);
	unsigned char wrapped[VAULT_WRAPPED_BYTES];
	struct data_key k = { .id = a->id };
	if (!keys)
		return fail(why, E_NOMEM);
	/* Under a master key that is not the database's it would be lost at the next start. */
	enum err e = vault_load_keys(a->vault->master, tx_db(tx), keys, why);
	if (e == ERR_INVALID)
		e = fail(why, E_VAULT_STALE, a->vault->master_path);
	if (!e && keys->n == VAULT_KEYS_MAX)
		e = fail(why, E_VAULT_FULL, (int64_t)keys->n);
	crypto_wipe(keys, sizeof *keys);
	free(keys);
	if (e)
		return e;
	crypto_random(k.key, sizeof k.key);
	vault_wrap(a->vault->master, &k, wrapped);
	crypto_wipe(&k.key, sizeof k.key);
	return db_exec(tx_db(tx), SQL,
	               ARGS(V_INT(k.id), V_BYTES(wrapped, sizeof wrapped), V_INT(a->now_utc_ms)),
	               NULL, why);
}

enum err vault_retire_keys(struct tx *tx, const void *arg, struct why *why)
{
	static const char FORGET[] =
	    "DELETE FROM data_key WHERE retired_utc_ms IS NOT NULL AND retired_utc_ms < ?1";
	static const char RETIRE[] =
	    "UPDATE data_key SET retired_utc_ms = ?2 WHERE retired_utc_ms IS NULL AND id <> ?1 AND "
	    "EXISTS (SELECT 1 FROM data_key o WHERE o.created_utc_ms < data_key.created_utc_ms)";
	const struct vault_new_key *a = arg;
	enum err e =
	    db_exec(tx_db(tx), FORGET, ARGS(V_INT(a->now_utc_ms - KEPT_RETIRED_MS)), NULL, why);
	return e ? e
	         : db_exec(tx_db(tx), RETIRE, ARGS(V_INT(a->id), V_INT(a->now_utc_ms)), NULL, why);
}

enum err vault_info(const struct vault *v, struct db *db, struct vault_info *ret, struct why *why)
{
	static const char SQL[] =
	    "SELECT COUNT(*), COALESCE(CAST(SUM(CASE WHEN retired_utc_ms IS NULL THEN 0 ELSE 1 "
	    "END) AS BIGINT), 0) FROM data_key";
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_row(db, SQL, NOARGS, &r, why);
	if (e)
		return e;
	ret->keys = (int)rows_int(r, 0);
	ret->retired = (int)rows_int(r, 1);
	vault_master_print(v->master, ret->master_print);
	return ERR_OK;
}
