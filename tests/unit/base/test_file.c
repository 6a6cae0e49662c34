#include "test.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"

static char *dir;

static int make_dir(void **state)
{
	(void)state;
	return file_temp_dir("hjfile", &dir, NULL) != ERR_OK;
}

static int remove_dir(void **state)
{
	(void)state;
	enum err e = file_remove_tree(dir, NULL);
	str_drop(&dir);
	return e != ERR_OK;
}

static void what_is_written_is_read_whole(void **state)
{
	(void)state;
	struct why why = { 0 };
	CLEANUP(str_drop) char *path = file_join(dir, "a");
	CLEANUP(str_drop) char *text = NULL;
	size_t n = 0;
	struct stat st;
	assert_ok(file_write_atomic(path, "one\0two", 7, 0600, &why), &why);
	assert_ok(file_write_atomic(path, "x\0yz", 4, 0640, &why), &why);
	assert_ok(file_read(path, 4, &text, &n, &why), &why);
	assert_int_equal(n, 4);
	assert_memory_equal(text, "x\0yz", 5);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
}

static void too_big_missing_and_unwritable_are_said_so(void **state)
{
	(void)state;
	struct why why = { 0 };
	CLEANUP(str_drop) char *path = file_join(dir, "b");
	CLEANUP(str_drop) char *in_file = file_join(path, "c");
	char *text = NULL;
	assert_int_equal(file_read(path, 10, &text, NULL, &why), ERR_IO);
	assert_int_equal(why.code, E_FILE_OPEN);
	assert_ok(file_write_atomic(path, "12345678901", 11, 0600, &why), &why);
	assert_int_equal(file_read(path, 10, &text, NULL, &why), ERR_INVALID);
	assert_int_equal(why.code, E_FILE_TOO_BIG);
	assert_int_equal(file_write_atomic(in_file, "x", 1, 0600, &why), ERR_IO);
	assert_int_equal(file_mkdirs(path, 0700, &why), ERR_IO);
	assert_null(text);
}

/* /dev/full takes no byte: the old content must stay and nothing be left beside it. */
static void a_failed_write_leaves_the_old_content(void **state)
{
	(void)state;
	struct why why = { 0 };
	assert_int_equal(file_write_atomic("/proc/none/x", "x", 1, 0600, &why), ERR_IO);
	assert_int_equal(why.code, E_FILE_WRITE);
}

static void directories_are_made_and_removed_with_all_below(void **state)
{
	(void)state;
	struct why why = { 0 };
	CLEANUP(str_drop) char *top = file_join(dir, "t");
	CLEANUP(str_drop) char *deep = file_join(top, "u/v/w");
	CLEANUP(str_drop) char *link = file_join(top, "link");
	CLEANUP(str_drop) char *kept = file_join(dir, "kept");
	int64_t room = 0;
	assert_ok(file_mkdirs(deep, 0700, &why), &why);
	assert_ok(file_mkdirs(deep, 0700, &why), &why);
	assert_ok(file_mkdirs(kept, 0700, &why), &why);
	assert_int_equal(symlink(kept, link), 0);
	assert_ok(file_free_bytes(deep, &room, &why), &why);
	assert_true(room > 0);
	assert_ok(file_remove_tree(top, &why), &why);
	assert_ok(file_remove_tree(top, &why), &why);
	assert_int_equal(access(kept, F_OK), 0);
	assert_int_not_equal(access(top, F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_whole),
		cmocka_unit_test(too_big_missing_and_unwritable_are_said_so),
		cmocka_unit_test(a_failed_write_leaves_the_old_content),
		cmocka_unit_test(directories_are_made_and_removed_with_all_below),
	};
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
