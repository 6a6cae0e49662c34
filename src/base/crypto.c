#include "base/crypto.h"

#include <sodium.h>
#include <string.h>

_Static_assert(CRYPTO_SEAL_BYTES == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES +
                                        crypto_aead_xchacha20poly1305_ietf_ABYTES,
               "nonce and tag");
_Static_assert(CRYPTO_PASSWORD_BYTES >= crypto_pwhash_STRBYTES, "a stored hash fits");

enum { NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES };

enum err crypto_init(struct why *why)
{
	return sodium_init() < 0 ? fail(why, E_CRYPTO) : ERR_OK;
}

void crypto_random(void *buf, size_t bytes)
{
	randombytes_buf(buf, bytes);
}

void crypto_seal(const unsigned char key[CRYPTO_KEY_BYTES], const void *ad, size_t ad_bytes,
                 const void *plain, size_t bytes, unsigned char *out)
{
	randombytes_buf(out, NONCE_BYTES);
	crypto_aead_xchacha20poly1305_ietf_encrypt(out + NONCE_BYTES, NULL, plain, bytes, ad,
	                                           ad_bytes, NULL, out, key);
}

enum err crypto_open(const unsigned char key[CRYPTO_KEY_BYTES], const void *ad, size_t ad_bytes,
                     const void *sealed, size_t bytes, void *out, struct why *why)
{
	if (bytes < CRYPTO_SEAL_BYTES)
		return fail(why, E_CRYPTO_OPEN);
	const unsigned char *in = sealed;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(
		out, NULL, NULL, in + NONCE_BYTES, bytes - NONCE_BYTES, ad, ad_bytes, in, key)) {
		memset(out, 0, bytes - CRYPTO_SEAL_BYTES);
		return fail(why, E_CRYPTO_OPEN);
	}
	return ERR_OK;
}

void crypto_digest(const unsigned char key[CRYPTO_KEY_BYTES], const void *data, size_t bytes,
                   unsigned char out[CRYPTO_HASH_BYTES])
{
	crypto_generichash(out, CRYPTO_HASH_BYTES, data, bytes, key, key ? CRYPTO_KEY_BYTES : 0);
}

_Static_assert(sizeof(struct crypto_sum) >= sizeof(crypto_hash_sha256_state),
               "the library's state fits");

void crypto_sum_start(struct crypto_sum *s)
{
	crypto_hash_sha256_init((crypto_hash_sha256_state *)s->state);
}

void crypto_sum_add(struct crypto_sum *s, const void *data, size_t bytes)
{
	crypto_hash_sha256_update((crypto_hash_sha256_state *)s->state, data, bytes);
}

void crypto_sum_end(struct crypto_sum *s, unsigned char out[CRYPTO_HASH_BYTES])
{
	crypto_hash_sha256_final((crypto_hash_sha256_state *)s->state, out);
}

_Static_assert(CRYPTO_SALT_BYTES == crypto_pwhash_SALTBYTES, "the library's salt");

enum err crypto_passphrase_key(const char *passphrase, const unsigned char salt[CRYPTO_SALT_BYTES],
                               unsigned char out[CRYPTO_KEY_BYTES], struct why *why)
{
	if (crypto_pwhash(out, CRYPTO_KEY_BYTES, passphrase, strlen(passphrase), salt,
	                  crypto_pwhash_OPSLIMIT_MODERATE, crypto_pwhash_MEMLIMIT_MODERATE,
	                  crypto_pwhash_ALG_ARGON2ID13))
		return fail(why, E_NOMEM);
	return ERR_OK;
}

void crypto_derive(const unsigned char master[CRYPTO_KEY_BYTES], const char *purpose,
                   unsigned char out[CRYPTO_KEY_BYTES])
{
	crypto_digest(master, purpose, strlen(purpose), out);
}

enum err crypto_password_hash(const char *password, char out[CRYPTO_PASSWORD_BYTES],
                              struct why *why)
{
	memset(out, 0, CRYPTO_PASSWORD_BYTES);
	if (crypto_pwhash_str_alg(out, password, strlen(password),
	                          crypto_pwhash_OPSLIMIT_INTERACTIVE,
	                          crypto_pwhash_MEMLIMIT_INTERACTIVE, crypto_pwhash_ALG_ARGON2ID13))
		return fail(why, E_NOMEM);
	return ERR_OK;
}

bool crypto_password_verify(const char *password, const char *stored)
{
	char padded[CRYPTO_PASSWORD_BYTES] = { 0 };
	if (strlen(stored) >= sizeof padded)
		return false;
	memcpy(padded, stored, strlen(stored));
	return crypto_pwhash_str_verify(padded, password, strlen(password)) == 0;
}

bool crypto_equal(const void *a, const void *b, size_t bytes)
{
	return sodium_memcmp(a, b, bytes) == 0;
}

void crypto_wipe(void *p, size_t bytes)
{
	sodium_memzero(p, bytes);
}

char *crypto_hex(const void *data, size_t bytes, char *out)
{
	return sodium_bin2hex(out, bytes * 2 + 1, data, bytes);
}

bool crypto_unhex(const char *hex, void *out, size_t bytes)
{
	size_t n = 0;
	const char *end = NULL;
	return strlen(hex) == bytes * 2 &&
	       sodium_hex2bin(out, bytes, hex, bytes * 2, NULL, &n, &end) == 0 && n == bytes &&
	       *end == '\0';
}

char *crypto_b64url(const void *data, size_t bytes, char *out)
{
	return sodium_bin2base64(out, CRYPTO_B64_BYTES(bytes), data, bytes,
	                         sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

bool crypto_unb64url(const char *text, void *out, size_t max, size_t *ret_bytes)
{
	size_t n = 0, len = strlen(text);
	const char *end = NULL;
	if (sodium_base642bin(out, max, text, len, NULL, &n, &end,
	                      sodium_base64_VARIANT_URLSAFE_NO_PADDING) ||
	    end != text + len)
		return false;
	*ret_bytes = n;
	return true;
}
