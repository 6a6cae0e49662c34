/* gate/vault.h -- the keys under which numbers and secrets rest. docs/adr/0004.
 *
 * The master key is a file only its owner can read, or a systemd credential; never in the database
 * or its backup. It wraps data keys (data_key rows), which seal; the keyed hash by which a number
 * is found comes from the first data key, so changing the master key changes no hash. Thread: any,
 * once opened. */
#ifndef GATE_VAULT_H
#define GATE_VAULT_H

#include <stddef.h>
#include <stdint.h>

#include "base/crypto.h"
#include "base/err.h"
#include "store/writer.h"

enum {
	VAULT_HASH_BYTES = CRYPTO_HASH_BYTES,
	VAULT_SEAL_BYTES = CRYPTO_SEAL_BYTES, /* what sealing adds */
};

struct vault;

/** Reads the master key file and unwraps the data keys; the first start makes both.
 *  @param master_path  64 hex digits; made with mode 0600 when absent and the database has no keys
 *  @return ERR_DENIED E_VAULT_MODE (others can read the file), ERR_INVALID E_VAULT_FILE,
 *          E_VAULT_WRONG (not the key of this database), E_VAULT_GONE (keys in the database, no
 * file)
 */
enum err vault_open(const char *master_path, struct writer *w, struct db *db, struct vault **ret,
                    struct why *why) MUST_USE;
/** From now on a value sealed by another process under a key made since is opened too: the keys are
 * read again from this address when one is unknown. Copied. */
enum err vault_watch(struct vault *v, const char *url, struct why *why) MUST_USE;

/** Reads the keys again: a key made elsewhere seals from now on. Any thread.
 *  @return E_VAULT_STALE: the master key was changed and this process cannot read the new one */
enum err vault_refresh(const struct vault *v, struct db *db, struct why *why) MUST_USE;

/** Wipes the keys. NULL content is fine. */
void vault_close(struct vault **v);

/** Re-wraps all data keys under a new master key, written beside the old file and moved over it
 *  after the commit; a crash in between leaves `path.new`, which the next vault_open() takes up. */
enum err vault_rotate_master(struct vault *v, const char *master_path, struct writer *w,
                             struct why *why) MUST_USE;

/** A write_fn: adds a data key, which seals from the next vault_refresh() on. arg: struct
 * vault_new_key.
 *  @return E_VAULT_STALE: the database's keys are under another master key */
struct vault_new_key {
	const struct vault *vault;
	int64_t id, now_utc_ms; /* id_new() */
};
enum err vault_add_key(struct tx *tx, const void *arg, struct why *why) MUST_USE;

/** A write_fn, once nothing is sealed under older keys: marks all but the newest and the first (the
 * hashes come from it) as retired, and deletes those that were retired a day ago. */
enum err vault_retire_keys(struct tx *tx, const void *arg /* struct vault_new_key */,
                           struct why *why) MUST_USE;

int64_t vault_newest(const struct vault *v); /* the key that seals */

/* What the keys are, without what they are made of. */
struct vault_info {
	int keys, retired;
	char master_print[17]; /* 16 hex digits: tells two master keys apart and gives nothing away
	                        */
};
enum err vault_info(const struct vault *v, struct db *db, struct vault_info *ret,
                    struct why *why) MUST_USE;

/* ---- the master key's own backup ---- */

/** Writes the master key of a file into another, sealed by a passphrase. Neither needs a database.
 *  @return ERR_INVALID E_PASSPHRASE_SHORT, ERR_CONFLICT E_SNAPSHOT_TAKEN (`to` exists) */
enum err master_backup(const char *master_path, const char *passphrase, const char *to,
                       int64_t now_utc_ms, char ret_print[17], struct why *why) MUST_USE;

/** The other way. @return ERR_CONFLICT E_SNAPSHOT_TAKEN (another key is there already), ERR_INVALID
 *          E_PASSPHRASE_WRONG, E_KEY_BACKUP */
enum err master_restore(const char *from, const char *passphrase, const char *master_path,
                        char ret_print[17], struct why *why) MUST_USE;

/** Keyed BLAKE2b-256 of the E.164 form ("+8613800138000"). */
void vault_hash(const struct vault *v, const char *e164, unsigned char ret[VAULT_HASH_BYTES]);

/** What a sealed value belongs to; it opens nowhere else. */
struct vault_place {
	const char *table; /* "phone.enc" */
	int64_t id, part;  /* part: a row number and the like; 0: none */
};

/** Seals with the newest data key. @param out  n + VAULT_SEAL_BYTES
 *  @return the key's id, to be stored beside it */
int64_t vault_seal(const struct vault *v, const struct vault_place *at, const void *plain, size_t n,
                   unsigned char *out);

/** @param out  n - VAULT_SEAL_BYTES
 *  @return ERR_INVALID E_CRYPTO_OPEN, E_VAULT_KEY (no such data key) */
enum err vault_unseal(const struct vault *v, const struct vault_place *at, int64_t key_id,
                      const void *sealed, size_t n, void *out, struct why *why) MUST_USE;

#endif
