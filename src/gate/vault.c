#include "gate/vault.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/id.h"
#include "base/str.h"

enum {
	KEYS_MAX = 64,
	WRAPPED_BYTES = CRYPTO_KEY_BYTES + CRYPTO_SEAL_BYTES,
	MASTER_FILE_BYTES = 4096
};

struct data_key {
	int64_t id;
	unsigned char key[CRYPTO_KEY_BYTES];
};

struct vault {
	struct data_key key[KEYS_MAX]; /* in the order they were made */
	size_t n;
	unsigned char master[CRYPTO_KEY_BYTES]; /* wraps data keys and nothing else */
	unsigned char hash[CRYPTO_KEY_BYTES];
};

/* ---- the master key file ---- */

/* Other users must not be able to read what opens every number. */
static enum err check_mode(const char *path, bool *ret_exists, struct why *why)
{
	struct stat st;
	*ret_exists = stat(path, &st) == 0;
	if (!*ret_exists)
		return errno == ENOENT ? ERR_OK : fail(why, E_FILE_OPEN, path, strerror(errno));
	return st.st_mode & 077 ? fail(why, E_VAULT_MODE, path) : ERR_OK;
}

static enum err read_master(const char *path, unsigned char *ret, struct why *why)
{
	CLEANUP(str_drop) char *text = NULL;
	size_t n;
	enum err e = file_read(path, MASTER_FILE_BYTES, &text, &n, why);
	if (e)
		return e;
	text[strcspn(text, " \r\n")] = '\0';
	bool is_key = crypto_unhex(text, ret, CRYPTO_KEY_BYTES);
	crypto_wipe(text, n);
	return is_key ? ERR_OK : fail(why, E_VAULT_FILE, path);
}

static enum err write_master(const char *path, const unsigned char *key, struct why *why)
{
	char text[2 * CRYPTO_KEY_BYTES + 2];
	crypto_hex(key, CRYPTO_KEY_BYTES, text);
	memcpy(text + 2 * CRYPTO_KEY_BYTES, "\n", 2);
	enum err e = file_write_atomic(path, text, 2 * CRYPTO_KEY_BYTES + 1, 0600, why);
	crypto_wipe(text, sizeof text);
	return e;
}

/* ---- data keys ---- */

static size_t key_place(int64_t id, char *ret, size_t size)
{
	return (size_t)snprintf(ret, size, "data_key:%" PRId64, id);
}

static void wrap(const unsigned char *master, const struct data_key *k, unsigned char *ret)
{
	char ad[40];
	size_t n = key_place(k->id, ad, sizeof ad);
	crypto_seal(master, ad, n, k->key, CRYPTO_KEY_BYTES, ret);
}

static enum err unwrap(const unsigned char *master, int64_t id, const void *wrapped, size_t bytes,
                       struct data_key *ret, struct why *why)
{
	char ad[40];
	size_t n = key_place(id, ad, sizeof ad);
	ret->id = id;
	if (bytes != WRAPPED_BYTES || crypto_open(master, ad, n, wrapped, bytes, ret->key, NULL))
		return fail(why, E_VAULT_KEY);
	return ERR_OK;
}

/* Unwraps every data key with v->master; v->n is 0 when the database has none. */
static enum err load_keys(struct vault *v, struct db *db, struct why *why)
{
	static const char SQL[] = "SELECT id, wrapped FROM data_key ORDER BY created_utc_ms, id";
	CLEANUP(rows_free) struct rows *r = NULL;
	v->n = 0;
	enum err e = db_query(db, SQL, NOARGS, &r, why);
	while (!e && !(e = rows_next(r, why))) {
		size_t bytes;
		const void *wrapped = rows_bytes(r, 1, &bytes);
		if (v->n == KEYS_MAX)
			return fail(why, E_INTERNAL, "data_key");
		e = unwrap(v->master, rows_int(r, 0), wrapped, bytes, &v->key[v->n], why);
		v->n += !e;
	}
	return e == ERR_END ? ERR_OK : e;
}

static enum err count_keys(struct db *db, int64_t *ret, struct why *why)
{
	static const char SQL[] = "SELECT COUNT(*) FROM data_key";
	return db_int(db, SQL, NOARGS, ret, why);
}

struct first_key {
	const unsigned char *master;
	int64_t now_utc_ms;
};

/* Two processes may start at once: only the first makes a key. */
static enum err add_first_key(struct tx *tx, const void *arg, struct why *why)
{
	static const char SQL[] = "INSERT INTO data_key (id, wrapped, created_utc_ms, "
				  "retired_utc_ms) VALUES (?1, ?2, ?3, NULL)";
	const struct first_key *f = arg;
	int64_t have;
	enum err e = count_keys(tx_db(tx), &have, why);
	if (e || have)
		return e;
	struct data_key k = { .id = id_new() };
	unsigned char wrapped[WRAPPED_BYTES];
	crypto_random(k.key, sizeof k.key);
	wrap(f->master, &k, wrapped);
	crypto_wipe(&k.key, sizeof k.key);
	return db_exec(tx_db(tx), SQL,
	               ARGS(V_INT(k.id), V_BYTES(wrapped, sizeof wrapped), V_INT(f->now_utc_ms)),
	               NULL, why);
}

/* A rotation that was cut off left path.new; which file is right the data keys tell. */
static enum err open_keys(struct vault *v, const char *path, struct db *db, struct why *why)
{
	enum err e = load_keys(v, db, why);
	if (e != ERR_INVALID)
		return e;
	char next[4096];
	bool exists;
	struct why unused;
	snprintf(next, sizeof next, "%s.new", path);
	if (check_mode(next, &exists, &unused) || !exists ||
	    read_master(next, v->master, &unused) || load_keys(v, db, &unused))
		return e;
	return rename(next, path) == 0 ? ERR_OK : fail(why, E_FILE_WRITE, path, strerror(errno));
}

static enum err first_start(struct vault *v, const char *path, bool has_file, struct writer *w,
                            struct db *db, struct why *why)
{
	enum err e = ERR_OK;
	if (has_file) {
		e = read_master(path, v->master, why);
	} else {
		crypto_random(v->master, sizeof v->master);
		e = write_master(path, v->master, why);
	}
	struct first_key f = { v->master, clock_utc_ms() };
	if (e || (e = writer_do(w, LANE_NORMAL, add_first_key, &f, why)))
		return e;
	return load_keys(v, db, why);
}

enum err vault_open(const char *master_path, struct writer *w, struct db *db, struct vault **ret,
                    struct why *why)
{
	CLEANUP(vault_close) struct vault *v = calloc(1, sizeof *v);
	if (!v)
		return fail(why, E_NOMEM);
	bool has_file;
	int64_t have;
	enum err e = check_mode(master_path, &has_file, why);
	if (e || (e = count_keys(db, &have, why)))
		return e;
	if (have && !has_file)
		return fail(why, E_VAULT_GONE, master_path);
	if (!have)
		e = first_start(v, master_path, has_file, w, db, why);
	else if (!(e = read_master(master_path, v->master, why)))
		e = open_keys(v, master_path, db, why);
	if (e)
		return e;
	crypto_derive(v->key[0].key, "number-hash", v->hash);
	*ret = v;
	v = NULL;
	return ERR_OK;
}

void vault_close(struct vault **vp)
{
	if (!*vp)
		return;
	crypto_wipe(*vp, sizeof **vp);
	free(*vp);
	*vp = NULL;
}

/* ---- rotation of the master key ---- */

struct rewrap {
	const struct vault *v;
	const unsigned char *master;
};

static enum err rewrap_all(struct tx *tx, const void *arg, struct why *why)
{
	static const char SQL[] = "UPDATE data_key SET wrapped = ?2 WHERE id = ?1";
	const struct rewrap *r = arg;
	for (size_t i = 0; i < r->v->n; i++) {
		unsigned char wrapped[WRAPPED_BYTES];
		wrap(r->master, &r->v->key[i], wrapped);
		enum err e = db_exec(tx_db(tx), SQL,
		                     ARGS(V_INT(r->v->key[i].id), V_BYTES(wrapped, sizeof wrapped)),
		                     NULL, why);
		if (e)
			return e;
	}
	return ERR_OK;
}

enum err vault_rotate_master(struct vault *v, const char *master_path, struct writer *w,
                             struct why *why)
{
	unsigned char master[CRYPTO_KEY_BYTES];
	char next[4096];
	snprintf(next, sizeof next, "%s.new", master_path);
	crypto_random(master, sizeof master);
	enum err e = write_master(next, master, why);
	if (!e)
		e = writer_do(w, LANE_NORMAL, rewrap_all, &(struct rewrap){ v, master }, why);
	if (!e && rename(next, master_path) != 0)
		e = fail(why, E_FILE_WRITE, master_path, strerror(errno));
	if (!e)
		memcpy(v->master, master, sizeof master);
	crypto_wipe(master, sizeof master);
	return e;
}

/* ---- use ---- */

void vault_hash(const struct vault *v, const char *e164, unsigned char ret[VAULT_HASH_BYTES])
{
	crypto_digest(v->hash, e164, strlen(e164), ret);
}

static size_t place_text(const struct vault_place *at, char *ret, size_t size)
{
	return (size_t)snprintf(ret, size, "%s:%" PRId64 ":%" PRId64, at->table, at->id, at->part);
}

int64_t vault_seal(const struct vault *v, const struct vault_place *at, const void *plain, size_t n,
                   unsigned char *out)
{
	char ad[120];
	const struct data_key *k = &v->key[v->n - 1];
	crypto_seal(k->key, ad, place_text(at, ad, sizeof ad), plain, n, out);
	return k->id;
}

enum err vault_unseal(const struct vault *v, const struct vault_place *at, int64_t key_id,
                      const void *sealed, size_t n, void *out, struct why *why)
{
	char ad[120];
	size_t ad_n = place_text(at, ad, sizeof ad);
	for (size_t i = 0; i < v->n; i++) {
		if (v->key[i].id == key_id)
			return crypto_open(v->key[i].key, ad, ad_n, sealed, n, out, why);
	}
	return fail(why, E_VAULT_KEY);
}
