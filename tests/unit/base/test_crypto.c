#include "test.h"

#include "base/crypto.h"

static void what_is_sealed_opens_with_its_key_and_place_only(void **state)
{
	(void)state;
	struct why why = { 0 };
	unsigned char key[CRYPTO_KEY_BYTES], other[CRYPTO_KEY_BYTES], sealed[5 + CRYPTO_SEAL_BYTES],
	    again[sizeof sealed];
	char out[5];
	assert_ok(crypto_init(&why), &why);
	crypto_random(key, sizeof key);
	crypto_random(other, sizeof other);
	crypto_seal(key, "phone/1", 7, "hello", 5, sealed);
	crypto_seal(key, "phone/1", 7, "hello", 5, again);
	assert_memory_not_equal(sealed, again, sizeof sealed);
	assert_ok(crypto_open(key, "phone/1", 7, sealed, sizeof sealed, out, &why), &why);
	assert_memory_equal(out, "hello", 5);

	assert_int_equal(crypto_open(other, "phone/1", 7, sealed, sizeof sealed, out, &why),
	                 ERR_INVALID);
	assert_memory_equal(out, "\0\0\0\0\0", 5);
	assert_int_equal(crypto_open(key, "phone/2", 7, sealed, sizeof sealed, out, &why),
	                 ERR_INVALID);
	assert_int_equal(crypto_open(key, "phone/1", 7, sealed, CRYPTO_SEAL_BYTES - 1, out, &why),
	                 ERR_INVALID);
	for (size_t i = 0; i < sizeof sealed; i++) {
		sealed[i] ^= 1;
		assert_int_equal(crypto_open(key, "phone/1", 7, sealed, sizeof sealed, out, &why),
		                 ERR_INVALID);
		sealed[i] ^= 1;
	}
}

/* BLAKE2b-256 of "abc" without a key, as other implementations print it. */
static void a_digest_is_blake2b_and_depends_on_its_key(void **state)
{
	(void)state;
	unsigned char a[CRYPTO_HASH_BYTES], b[CRYPTO_HASH_BYTES], key[CRYPTO_KEY_BYTES] = { 1 };
	char hex[2 * CRYPTO_HASH_BYTES + 1];
	crypto_digest(NULL, "abc", 3, a);
	assert_string_equal(crypto_hex(a, sizeof a, hex),
	                    "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
	crypto_digest(key, "abc", 3, b);
	assert_false(crypto_equal(a, b, sizeof a));
	crypto_derive(key, "abc", a);
	assert_true(crypto_equal(a, b, sizeof a));
}

static void a_password_is_verified_against_its_hash(void **state)
{
	(void)state;
	struct why why = { 0 };
	char hash[CRYPTO_PASSWORD_BYTES], again[CRYPTO_PASSWORD_BYTES];
	assert_ok(crypto_password_hash("胡椒 pass", hash, &why), &why);
	assert_ok(crypto_password_hash("胡椒 pass", again, &why), &why);
	assert_int_equal(strncmp(hash, "$argon2id$", 10), 0);
	assert_string_not_equal(hash, again);
	assert_true(crypto_password_verify("胡椒 pass", hash));
	assert_false(crypto_password_verify("胡椒 Pass", hash));
	assert_false(crypto_password_verify("", hash));
	assert_false(crypto_password_verify("胡椒 pass", ""));
	assert_false(crypto_password_verify("胡椒 pass", "$argon2id$nonsense"));
}

static void encodings_are_read_back_and_nothing_else_is(void **state)
{
	(void)state;
	unsigned char in[33], out[33];
	char text[CRYPTO_B64_BYTES(33)];
	size_t n = 0;
	for (size_t len = 0; len <= sizeof in; len++) {
		crypto_random(in, sizeof in);
		crypto_b64url(in, len, text);
		assert_true(crypto_unb64url(text, out, sizeof out, &n));
		assert_int_equal(n, len);
		assert_memory_equal(in, out, len);
	}
	assert_false(crypto_unb64url("ab+/", out, sizeof out, &n));
	assert_false(crypto_unb64url("abc=", out, sizeof out, &n));
	assert_false(crypto_unb64url("AAAA", out, 2, &n));
	assert_true(crypto_unhex("00ff", out, 2));
	assert_memory_equal(out, "\x00\xff", 2);
	assert_false(crypto_unhex("00f", out, 2));
	assert_false(crypto_unhex("00fg", out, 2));
	assert_false(crypto_unhex("00ff00", out, 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_sealed_opens_with_its_key_and_place_only),
		cmocka_unit_test(a_digest_is_blake2b_and_depends_on_its_key),
		cmocka_unit_test(a_password_is_verified_against_its_hash),
		cmocka_unit_test(encodings_are_read_back_and_nothing_else_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
