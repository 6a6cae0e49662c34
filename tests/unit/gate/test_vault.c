#include "gate/vault.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"
#include "test_db.h"

static struct test_db t;
static char path[300];

static int setup(void **state)
{
	(void)state;
	test_db_open(&t);
	snprintf(path, sizeof path, "%s/master.key", t.dir);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	test_db_close(&t);
	return 0;
}

static struct vault *open_vault(void)
{
	struct vault *v = NULL;
	struct why why = { 0 };
	assert_ok(vault_open(path, t.w, t.r, &v, &why), &why);
	return v;
}

static const struct vault_place HERE = { "phone", 7, 0 };

static void what_is_sealed_opens_in_its_place_alone(void **state)
{
	(void)state;
	struct why why = { 0 };
	CLEANUP(vault_close) struct vault *v = open_vault();
	unsigned char sealed[14 + VAULT_SEAL_BYTES];
	char out[14];
	int64_t key = vault_seal(v, &HERE, "+8613800138000", 14, sealed);
	assert_null(memmem(sealed, sizeof sealed, "138001", 6));
	assert_ok(vault_unseal(v, &HERE, key, sealed, sizeof sealed, out, &why), &why);
	assert_memory_equal(out, "+8613800138000", 14);
	struct vault_place other = { "phone", 8, 0 };
	assert_int_equal(vault_unseal(v, &other, key, sealed, sizeof sealed, out, &why),
	                 ERR_INVALID);
	assert_int_equal(vault_unseal(v, &HERE, key + 1, sealed, sizeof sealed, out, &why),
	                 ERR_INVALID);
	assert_int_equal(why.code, E_VAULT_KEY);
}

static void the_same_keys_come_back_after_a_restart_and_a_rotation(void **state)
{
	(void)state;
	struct why why = { 0 };
	unsigned char sealed[3 + VAULT_SEAL_BYTES], hash[3][VAULT_HASH_BYTES], out[3];
	struct vault *v = open_vault();
	int64_t key = vault_seal(v, &HERE, "abc", 3, sealed);
	vault_hash(v, "+8613800138000", hash[0]);
	vault_close(&v);
	v = open_vault();
	vault_hash(v, "+8613800138000", hash[1]);
	assert_ok(vault_rotate_master(v, path, t.w, &why), &why);
	vault_close(&v);
	v = open_vault();
	vault_hash(v, "+8613800138000", hash[2]);
	assert_ok(vault_unseal(v, &HERE, key, sealed, sizeof sealed, out, &why), &why);
	assert_memory_equal(hash[0], hash[1], VAULT_HASH_BYTES);
	assert_memory_equal(hash[0], hash[2], VAULT_HASH_BYTES);
	vault_close(&v);
}

/* The commit was made and the file not yet moved: path.new holds the key that is in force. */
static void a_rotation_that_was_cut_off_is_finished_at_the_next_start(void **state)
{
	(void)state;
	struct why why = { 0 };
	char next[310];
	snprintf(next, sizeof next, "%s.new", path);
	struct vault *v = open_vault();
	CLEANUP(str_drop) char *old = NULL;
	size_t n;
	assert_ok(file_read(path, 1000, &old, &n, &why), &why);
	assert_ok(vault_rotate_master(v, path, t.w, &why), &why);
	vault_close(&v);
	assert_int_equal(rename(path, next), 0);
	assert_ok(file_write_atomic(path, old, n, 0600, &why), &why);
	v = open_vault();
	vault_close(&v);
	assert_int_not_equal(access(next, F_OK), 0);
}

static void a_wrong_missing_or_open_key_file_is_refused(void **state)
{
	(void)state;
	struct why why = { 0 };
	struct vault *v = open_vault();
	vault_close(&v);
	struct stat st;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	chmod(path, 0640);
	assert_int_equal(vault_open(path, t.w, t.r, &v, &why), ERR_DENIED);
	chmod(path, 0600);
	static const char OTHER[] =
	    "0101010101010101010101010101010101010101010101010101010101010101\n";
	assert_ok(file_write_atomic(path, OTHER, sizeof OTHER - 1, 0600, &why), &why);
	assert_int_equal(vault_open(path, t.w, t.r, &v, &why), ERR_INVALID);
	assert_int_equal(why.code, E_VAULT_WRONG);
	assert_non_null(strstr(why_en(&why), "master.key"));
	assert_non_null(strstr(why_en(&why), "key restore"));
	assert_ok(file_write_atomic(path, "secret", 6, 0600, &why), &why);
	assert_int_equal(vault_open(path, t.w, t.r, &v, &why), ERR_INVALID);
	assert_int_equal(why.code, E_VAULT_FILE);
	unlink(path);
	assert_int_equal(vault_open(path, t.w, t.r, &v, &why), ERR_INVALID);
	assert_int_equal(why.code, E_VAULT_GONE);
	assert_null(v);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_sealed_opens_in_its_place_alone, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(
		    the_same_keys_come_back_after_a_restart_and_a_rotation, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_rotation_that_was_cut_off_is_finished_at_the_next_start, setup, teardown),
		cmocka_unit_test_setup_teardown(a_wrong_missing_or_open_key_file_is_refused, setup,
		                                teardown),
	};
	return test_db_main("vault", tests);
}
