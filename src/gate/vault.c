#include "gate/vault_int.h"

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

enum { MASTER_FILE_BYTES = 4096 };

/* ---- the master key file ---- */

/* Other users must not be able to read what opens every number. */
static enum err check_mode(const char *path, bool *ret_exists, struct why *why)
{
	struct stat st;
	*ret_exists = stat(path, &st) == 0;
	if (!*ret_exists)
		return errno == ENOENT ? ERR_OK : fail(why, E_FILE_OPEN, path, strerror(errno));
	/* systemd lets the service's user in by an access list, which shows as the group's right to
	 * read. */
	const char *given = getenv("CREDENTIALS_DIRECTORY");
	bool is_given = given && strncmp(path, given, strlen(given)) == 0;
	return st.st_mode & (is_given ? 037 : 077) ? fail(why, E_VAULT_MODE, path) : ERR_OK;
}

enum err vault_read_master(const char *path, unsigned char *ret, struct why *why)
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

enum err vault_write_master(const char *path, const unsigned char *key, struct why *why)
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

void vault_wrap(const unsigned char *master, const struct data_key *k, unsigned char *ret)
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
	if (bytes != VAULT_WRAPPED_BYTES ||
	    crypto_open(master, ad, n, wrapped, bytes, ret->key, NULL))
		return fail(why, E_VAULT_KEY);
	return ERR_OK;
}

/* Unwraps every data key with `master` into `ret`, in the order they were made. */
enum err vault_load_keys(const unsigned char *master, struct db *db, struct data_keys *ret,
                         struct why *why)
{
	static const char SQL[] = "SELECT id, wrapped FROM data_key ORDER BY created_utc_ms, id";
	CLEANUP(rows_free) struct rows *r = NULL;
	ret->n = 0;
	enum err e = db_query(db, SQL, NOARGS, &r, why);
	while (!e && !(e = rows_next(r, why))) {
		size_t bytes;
		const void *wrapped = rows_bytes(r, 1, &bytes);
		if (ret->n == VAULT_KEYS_MAX)
			return fail(why, E_INTERNAL, "data_key");
		e = unwrap(master, rows_int(r, 0), wrapped, bytes, &ret->key[ret->n], why);
		ret->n += !e;
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
	unsigned char wrapped[VAULT_WRAPPED_BYTES];
	crypto_random(k.key, sizeof k.key);
	vault_wrap(f->master, &k, wrapped);
	crypto_wipe(&k.key, sizeof k.key);
	return db_exec(tx_db(tx), SQL,
	               ARGS(V_INT(k.id), V_BYTES(wrapped, sizeof wrapped), V_INT(f->now_utc_ms)),
	               NULL, why);
}

/* A rotation that was cut off left path.new; which file is right the data keys tell. */
static enum err open_keys(struct vault *v, const char *path, struct db *db, struct why *why)
{
	enum err e = vault_load_keys(v->master, db, v->keys, why);
	if (e != ERR_INVALID)
		return e;
	char next[4096];
	bool exists;
	struct why unused;
	snprintf(next, sizeof next, "%s.new", path);
	if (check_mode(next, &exists, &unused) || !exists ||
	    vault_read_master(next, v->master, &unused) ||
	    vault_load_keys(v->master, db, v->keys, &unused))
		return fail(why, E_VAULT_WRONG, path);
	return rename(next, path) == 0 ? ERR_OK : fail(why, E_FILE_WRITE, path, strerror(errno));
}

static enum err first_start(struct vault *v, const char *path, bool has_file, struct writer *w,
                            struct db *db, struct why *why)
{
	enum err e = ERR_OK;
	if (has_file) {
		e = vault_read_master(path, v->master, why);
	} else {
		crypto_random(v->master, sizeof v->master);
		e = vault_write_master(path, v->master, why);
	}
	struct first_key f = { v->master, clock_utc_ms() };
	if (e || (e = writer_do(w, LANE_NORMAL, add_first_key, &f, why)))
		return e;
	return vault_load_keys(v->master, db, v->keys, why);
}

enum err vault_open(const char *master_path, struct writer *w, struct db *db, struct vault **ret,
                    struct why *why)
{
	CLEANUP(vault_close) struct vault *v = calloc(1, sizeof *v);
	if (!v || !(v->keys = calloc(1, sizeof *v->keys)) ||
	    !(v->master_path = strdup(master_path)))
		return fail(why, E_NOMEM);
	pthread_mutex_init(&v->keys->lock, NULL);
	bool has_file;
	int64_t have;
	enum err e = check_mode(master_path, &has_file, why);
	if (e || (e = count_keys(db, &have, why)))
		return e;
	if (have && !has_file)
		return fail(why, E_VAULT_GONE, master_path);
	if (!have)
		e = first_start(v, master_path, has_file, w, db, why);
	else if (!(e = vault_read_master(master_path, v->master, why)))
		e = open_keys(v, master_path, db, why);
	if (e)
		return e;
	crypto_derive(v->keys->key[0].key, "number-hash", v->hash);
	*ret = v;
	v = NULL;
	return ERR_OK;
}

void vault_close(struct vault **vp)
{
	struct vault *v = *vp;
	if (!v)
		return;
	if (v->keys) {
		pthread_mutex_destroy(&v->keys->lock);
		crypto_wipe(v->keys, sizeof *v->keys);
	}
	free(v->keys);
	free(v->master_path);
	free(v->url);
	crypto_wipe(v, sizeof *v);
	free(v);
	*vp = NULL;
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

int64_t vault_newest(const struct vault *v)
{
	pthread_mutex_lock(&v->keys->lock);
	int64_t id = v->keys->key[v->keys->n - 1].id;
	pthread_mutex_unlock(&v->keys->lock);
	return id;
}

int64_t vault_seal(const struct vault *v, const struct vault_place *at, const void *plain, size_t n,
                   unsigned char *out)
{
	char ad[120];
	pthread_mutex_lock(&v->keys->lock);
	struct data_key k = v->keys->key[v->keys->n - 1];
	pthread_mutex_unlock(&v->keys->lock);
	crypto_seal(k.key, ad, place_text(at, ad, sizeof ad), plain, n, out);
	crypto_wipe(&k.key, sizeof k.key);
	return k.id;
}

static bool find_key(const struct vault *v, int64_t key_id, struct data_key *ret)
{
	bool is_found = false;
	pthread_mutex_lock(&v->keys->lock);
	for (size_t i = 0; i < v->keys->n && !is_found; i++) {
		is_found = v->keys->key[i].id == key_id;
		if (is_found)
			*ret = v->keys->key[i];
	}
	pthread_mutex_unlock(&v->keys->lock);
	return is_found;
}

/* Two values of a row share one key_id; a key made between their sealing leaves one under the next.
 */
static enum err try_others(const struct vault *v, const char *ad, size_t ad_n, const void *sealed,
                           size_t n, void *out)
{
	enum err e = ERR_INVALID;
	pthread_mutex_lock(&v->keys->lock);
	for (size_t i = v->keys->n; e && i-- > 0;)
		e = crypto_open(v->keys->key[i].key, ad, ad_n, sealed, n, out, NULL);
	pthread_mutex_unlock(&v->keys->lock);
	return e;
}

enum err vault_unseal(const struct vault *v, const struct vault_place *at, int64_t key_id,
                      const void *sealed, size_t n, void *out, struct why *why)
{
	char ad[120];
	size_t ad_n = place_text(at, ad, sizeof ad);
	struct data_key k;
	if (!find_key(v, key_id, &k) &&
	    (!v->url || vault_reload(v, NULL) || !find_key(v, key_id, &k)))
		return fail(why, E_VAULT_KEY);
	enum err e = crypto_open(k.key, ad, ad_n, sealed, n, out, why);
	crypto_wipe(&k.key, sizeof k.key);
	return e && !try_others(v, ad, ad_n, sealed, n, out) ? ERR_OK : e;
}
