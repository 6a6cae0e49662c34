/* base/crypto.h -- sealing, hashing, passwords, random bytes. Wraps libsodium.
 *
 * Thread: any, after crypto_init(). Keys are 32 random bytes and are wiped by their owner. */
#ifndef BASE_CRYPTO_H
#define BASE_CRYPTO_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum {
	CRYPTO_KEY_BYTES = 32,
	CRYPTO_HASH_BYTES = 32,
	CRYPTO_SEAL_BYTES = 40,      /* what sealing adds: 24 nonce in front, 16 tag behind */
	CRYPTO_PASSWORD_BYTES = 128, /* a stored password hash with its end */
};

/** Once, before all else here. @return ERR_IO E_CRYPTO when the library cannot start */
enum err crypto_init(struct why *why) MUST_USE;

void crypto_random(void *buf, size_t bytes);

/** XChaCha20-Poly1305 with a random nonce.
 *  @param ad   what the content belongs to, e.g. "phone" and the row id; not stored, must be given
 * to open
 *  @param out  `bytes` + CRYPTO_SEAL_BYTES */
void crypto_seal(const unsigned char key[CRYPTO_KEY_BYTES], const void *ad, size_t ad_bytes,
                 const void *plain, size_t bytes, unsigned char *out);

/** Opens what crypto_seal() made.
 *  @param bytes  of the sealed form
 *  @param out    `bytes` - CRYPTO_SEAL_BYTES
 *  @return ERR_INVALID E_CRYPTO_OPEN: another key, another place or changed bytes; `out` is then
 * zeros */
enum err crypto_open(const unsigned char key[CRYPTO_KEY_BYTES], const void *ad, size_t ad_bytes,
                     const void *sealed, size_t bytes, void *out, struct why *why) MUST_USE;

/** Keyed BLAKE2b-256. @param key NULL: unkeyed */
void crypto_digest(const unsigned char key[CRYPTO_KEY_BYTES], const void *data, size_t bytes,
                   unsigned char out[CRYPTO_HASH_BYTES]);

/* SHA-256 of what comes in pieces: files, so that sha256sum(1) can check them too. */
struct crypto_sum {
	_Alignas(16) unsigned char state[128]; /* the library's */
};
void crypto_sum_start(struct crypto_sum *s);
void crypto_sum_add(struct crypto_sum *s, const void *data, size_t bytes);
void crypto_sum_end(struct crypto_sum *s, unsigned char out[CRYPTO_HASH_BYTES]);

/** A key from a passphrase people can remember: Argon2id, moderate limits (256 MB, about a second).
 *  @param salt  CRYPTO_SALT_BYTES random bytes, kept beside what the key seals
 *  @return ERR_NOMEM */
enum { CRYPTO_SALT_BYTES = 16 };
enum err crypto_passphrase_key(const char *passphrase, const unsigned char salt[CRYPTO_SALT_BYTES],
                               unsigned char out[CRYPTO_KEY_BYTES], struct why *why) MUST_USE;

/** A subkey for one purpose out of a master key. */
void crypto_derive(const unsigned char master[CRYPTO_KEY_BYTES], const char *purpose,
                   unsigned char out[CRYPTO_KEY_BYTES]);

/** Argon2id, interactive limits (about 64 MB, 0.1 s): on a worker, never on a loop.
 *  @return ERR_NOMEM */
enum err crypto_password_hash(const char *password, char out[CRYPTO_PASSWORD_BYTES],
                              struct why *why) MUST_USE;
bool crypto_password_verify(const char *password, const char *stored);

bool crypto_equal(const void *a, const void *b, size_t bytes); /* in constant time */
void crypto_wipe(void *p, size_t bytes);

/** Lower-case hex; `out` holds 2 * bytes + 1. Returns `out`. */
char *crypto_hex(const void *data, size_t bytes, char *out);
bool crypto_unhex(const char *hex, void *out, size_t bytes); /* exactly `bytes` */

/** Base64url without padding; `out` holds CRYPTO_B64_BYTES(bytes). Returns `out`. */
#define CRYPTO_B64_BYTES(bytes) (((bytes)*4 + 2) / 3 + 1)
char *crypto_b64url(const void *data, size_t bytes, char *out);
/** @return false on anything else or more than `max` bytes */
bool crypto_unb64url(const char *text, void *out, size_t max, size_t *ret_bytes);

#endif
