#include "backup/files.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/str.h"
#include "test.h"

static char *dir;
static char path[300];

static int setup(void **state)
{
	struct why why = { 0 };
	(void)state;
	assert_ok(crypto_init(&why), &why);
	assert_ok(file_temp_dir("hjfiles", &dir, &why), &why);
	snprintf(path, sizeof path, "%s/files.tsv", dir);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	(void)!file_remove_tree(dir, NULL);
	free(dir);
	return 0;
}

static void write_list(const char *text)
{
	struct why why = { 0 };
	assert_ok(file_write_atomic(path, text, strlen(text), 0600, &why), &why);
}

static void a_list_reads_as_it_was_written(void **state)
{
	(void)state;
	struct why why = { 0 };
	CLEANUP(file_list_free) struct file_list l = { 0 };
	CLEANUP(file_list_free) struct file_list back = { 0 };
	struct file_mark m = { .path = "recordings/2026/b 二.wav", .bytes = 5, .mtime_ms = 17 };
	memset(m.sum, 'a', 64);
	assert_ok(file_list_add(&l, &m, &why), &why);
	m.path = "proofs/1";
	assert_ok(file_list_add(&l, &m, &why), &why);
	file_list_sort(&l);
	assert_ok(file_list_write(&l, path, &why), &why);
	assert_ok(file_list_read(path, &back, &why), &why);
	assert_int_equal(back.n, 2);
	const struct file_mark *got = file_list_find(&back, "recordings/2026/b 二.wav");
	assert_non_null(got);
	assert_int_equal(got->bytes, 5);
	assert_int_equal(got->mtime_ms, 17);
	assert_null(file_list_find(&back, "recordings"));
}

/* A list comes with a backup from outside: its paths are joined to our folders. */
static void a_path_that_leads_out_is_refused(void **state)
{
	(void)state;
	static const char *const BAD[] = { "/etc/passwd", "../x", "recordings/../../x", "",
		                           "a/.." };
	char text[300], sum[65];
	memset(sum, '0', 64);
	sum[64] = '\0';
	for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
		struct why why = { 0 };
		CLEANUP(file_list_free) struct file_list l = { 0 };
		snprintf(text, sizeof text, "%s\t1\t1\tgood\n%s\t1\t1\t%s\n", sum, sum, BAD[i]);
		write_list(text);
		assert_int_equal(file_list_read(path, &l, &why), ERR_INVALID);
		assert_int_equal(why.code, E_BACKUP_LIST);
		assert_string_equal(why.arg[1], "2");
	}
}

static void a_sum_is_what_sha256sum_says(void **state)
{
	(void)state;
	struct why why = { 0 };
	char sum[SUM_TEXT_BYTES], copied[SUM_TEXT_BYTES], to[320];
	int64_t bytes = 0;
	write_list("abc");
	assert_ok(file_sum(path, sum, &bytes, &why), &why);
	assert_string_equal(sum,
	                    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(bytes, 3);
	snprintf(to, sizeof to, "%s/a/b/copy", dir);
	assert_ok(file_copy_summed(path, to, copied, &bytes, &why), &why);
	assert_string_equal(sum, copied);
	int64_t from_bytes, from_ms, to_bytes, to_ms;
	assert_true(file_mark_stat(path, &from_bytes, &from_ms));
	assert_true(file_mark_stat(to, &to_bytes, &to_ms));
	assert_int_equal(from_ms, to_ms);
	assert_int_equal(to_bytes, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_list_reads_as_it_was_written, setup, teardown),
		cmocka_unit_test_setup_teardown(a_path_that_leads_out_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(a_sum_is_what_sha256sum_says, setup, teardown),
	};
	return cmocka_run_group_tests_name("files", tests, NULL, NULL);
}
