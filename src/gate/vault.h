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
 *          E_VAULT_KEY (not the key of this database), E_VAULT_GONE (keys in the database, no file)
 */
enum err vault_open(const char *master_path, struct writer *w, struct db *db, struct vault **ret,
                    struct why *why) MUST_USE;
/** Wipes the keys. NULL content is fine. */
void vault_close(struct vault **v);

/** Re-wraps all data keys under a new master key, written beside the old file and moved over it
 *  after the commit; a crash in between leaves `path.new`, which the next vault_open() takes up. */
enum err vault_rotate_master(struct vault *v, const char *master_path, struct writer *w,
                             struct why *why) MUST_USE;

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
