/* auth/token_int.h -- secrets that travel in cookies and links; the database holds their hash. */
#ifndef AUTH_TOKEN_INT_H
#define AUTH_TOKEN_INT_H

#include <stdbool.h>

#include "base/crypto.h"
#include "base/err.h"
#include "store/writer.h"

enum { TOKEN_RAW_BYTES = 32 };

/** A new secret as text: CRYPTO_B64_BYTES(TOKEN_RAW_BYTES), 44 with its end. */
static inline void token_new(char *ret)
{
	unsigned char raw[TOKEN_RAW_BYTES];
	crypto_random(raw, sizeof raw);
	crypto_b64url(raw, sizeof raw, ret);
	crypto_wipe(raw, sizeof raw);
}

/** The hash under which it is stored. The secret is random, so no key and no salt are needed.
 *  @return false when the text was never made by token_new() */
static inline bool token_hash(const char *token, unsigned char ret[CRYPTO_HASH_BYTES])
{
	unsigned char raw[TOKEN_RAW_BYTES];
	size_t n = 0;
	if (!crypto_unb64url(token, raw, sizeof raw, &n) || n != sizeof raw)
		return false;
	crypto_digest(NULL, raw, n, ret);
	return true;
}

/* login.c; parts of jobs. */
/** Argon2id with the limit on how many run at once. */
enum err password_make(const char *password, char hash[CRYPTO_PASSWORD_BYTES], struct why *why);
enum err password_write(struct tx *tx, int64_t person_id, const char *hash, int64_t now_utc_ms,
                        struct why *why);

#endif
