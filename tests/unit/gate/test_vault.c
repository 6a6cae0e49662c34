#include "gate/vault.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/id.h"
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

static int64_t add_key(struct vault *v, enum err want)
{
	struct why why = { 0 };
	struct vault_new_key k = { v, id_new(), clock_utc_ms() };
	assert_int_equal(writer_do(t.w, LANE_NORMAL, vault_add_key, &k, &why), want);
	if (want)
		assert_int_equal(why.code, E_VAULT_STALE);
	return k.id;
}

/* Two processes on one database: what one seals under a new key the other opens. */
static void a_key_made_by_another_process_is_learned_when_it_is_met(void **state)
{
	(void)state;
	struct why why = { 0 };
	unsigned char sealed[3 + VAULT_SEAL_BYTES], out[3], hash[2][VAULT_HASH_BYTES];
	CLEANUP(vault_close) struct vault *mine = open_vault();
	CLEANUP(vault_close) struct vault *other = open_vault();
	int64_t id = add_key(other, ERR_OK);
	assert_int_not_equal(vault_newest(other), id);
	assert_ok(vault_refresh(other, t.r, &why), &why);
	assert_int_equal(vault_newest(other), id);
	assert_int_equal(vault_seal(other, &HERE, "abc", 3, sealed), id);
	assert_int_equal(vault_unseal(mine, &HERE, id, sealed, sizeof sealed, out, &why),
	                 ERR_INVALID);
	assert_ok(vault_watch(mine, t.url, &why), &why);
	assert_ok(vault_unseal(mine, &HERE, id, sealed, sizeof sealed, out, &why), &why);
	assert_memory_equal(out, "abc", 3);
	assert_int_equal(vault_newest(mine), id);
	vault_hash(mine, "+8613800138000", hash[0]);
	vault_hash(other, "+8613800138000", hash[1]);
	assert_memory_equal(hash[0], hash[1], VAULT_HASH_BYTES);
}

/* A row has one key_id for two values; a key made between their sealing leaves one under the next.
 */
static void a_value_under_the_neighbouring_key_opens(void **state)
{
	(void)state;
	struct why why = { 0 };
	unsigned char sealed[3 + VAULT_SEAL_BYTES], out[3];
	CLEANUP(vault_close) struct vault *v = open_vault();
	int64_t first = vault_newest(v);
	add_key(v, ERR_OK);
	assert_ok(vault_refresh(v, t.r, &why), &why);
	vault_seal(v, &HERE, "abc", 3, sealed);
	assert_ok(vault_unseal(v, &HERE, first, sealed, sizeof sealed, out, &why), &why);
	assert_memory_equal(out, "abc", 3);
}

/* Else the key it wraps would be lost at the next start. */
static void a_process_with_the_old_master_key_makes_no_data_key(void **state)
{
	(void)state;
	struct why why = { 0 };
	CLEANUP(vault_close) struct vault *stale = open_vault();
	CLEANUP(vault_close) struct vault *v = open_vault();
	assert_ok(vault_rotate_master(v, path, t.w, &why), &why);
	add_key(stale, ERR_CONFLICT);
	int64_t id = add_key(v, ERR_OK);
	assert_ok(vault_refresh(stale, t.r, &why), &why); /* the file has the new one */
	assert_int_equal(vault_newest(stale), id);
}

/* The first key gives the hashes: it stays for good. */
static void older_keys_retire_and_go_but_the_first(void **state)
{
	(void)state;
	struct why why = { 0 };
	CLEANUP(vault_close) struct vault *v = open_vault();
	usleep(2000); /* the first key is told by its millisecond */
	int64_t second = add_key(v, ERR_OK), third = add_key(v, ERR_OK);
	struct vault_new_key k = { v, third, clock_utc_ms() + 1 }; /* after the keys were made */
	assert_ok(writer_do(t.w, LANE_NORMAL, vault_retire_keys, &k, &why), &why);
	struct vault_info info;
	assert_ok(vault_info(v, t.r, &info, &why), &why);
	assert_int_equal(info.keys, 3);
	assert_int_equal(info.retired, 1);
	k.now_utc_ms += 2 * 86400000;
	assert_ok(writer_do(t.w, LANE_NORMAL, vault_retire_keys, &k, &why), &why);
	assert_ok(vault_info(v, t.r, &info, &why), &why);
	assert_int_equal(info.keys, 2);
	assert_int_equal(
	    test_db_int(&t, "SELECT COUNT(*) FROM data_key WHERE id = ?1", ARGS(V_INT(second))), 0);
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
		cmocka_unit_test_setup_teardown(
		    a_key_made_by_another_process_is_learned_when_it_is_met, setup, teardown),
		cmocka_unit_test_setup_teardown(a_value_under_the_neighbouring_key_opens, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(a_process_with_the_old_master_key_makes_no_data_key,
		                                setup, teardown),
		cmocka_unit_test_setup_teardown(older_keys_retire_and_go_but_the_first, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(a_wrong_missing_or_open_key_file_is_refused, setup,
		                                teardown),
	};
	return test_db_main("vault", tests);
}
