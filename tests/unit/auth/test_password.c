#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "auth/password.h"

static struct common *list;

static enum err_code judge(const char *password)
{
	struct why why = { 0 };
	return password_check(password, "1001", 0, list, &why) ? why.code : E_NONE;
}

static int load(void **state)
{
	char path[] = "/tmp/hujiao-common-XXXXXX";
	static const char TEXT[] = "# a comment\npassword1234\r\nletmeinletmein\n\nzzz\n";
	struct why why = { 0 };
	(void)state;
	int fd = mkstemp(path);
	if (fd < 0 || write(fd, TEXT, sizeof TEXT - 1) < 0 || close(fd))
		return 1;
	enum err e = common_load(path, &list, &why);
	unlink(path);
	return e != ERR_OK;
}

static int drop(void **state)
{
	(void)state;
	common_free(&list);
	return 0;
}

static void long_enough_is_all_that_is_asked(void **state)
{
	(void)state;
	assert_int_equal(judge("nurkleineworte"), E_NONE);
	assert_int_equal(judge("correct horse"), E_NONE);
	assert_int_equal(judge("我家的猫名字叫做小胡椒粉"), E_NONE);
	assert_int_equal(judge("elevenchars"), E_PASSWORD_SHORT);
}

static void the_least_length_is_a_setting(void **state)
{
	(void)state;
	struct why why = { 0 };
	assert_int_equal(password_check("eightbit", "", 8, NULL, &why), ERR_OK);
	assert_int_equal(password_check("fourteenchars!", "", 16, NULL, &why), ERR_INVALID);
}

static void what_is_guessed_first_is_refused(void **state)
{
	(void)state;
	assert_int_equal(common_count(list), 3);
	assert_int_equal(judge("password1234"), E_PASSWORD_COMMON);
	assert_int_equal(judge("PassWord1234"), E_PASSWORD_COMMON);
	assert_int_equal(judge("password12345"), E_NONE);
	assert_int_equal(judge("aaaaaaaaaaaaaa"), E_PASSWORD_WEAK);
	assert_int_equal(judge("123123123123"), E_PASSWORD_WEAK);
	assert_int_equal(judge("123456789012"), E_PASSWORD_WEAK);
	assert_int_equal(judge("987654321098"), E_PASSWORD_WEAK);
	assert_int_equal(judge("abcdefghijkl"), E_PASSWORD_WEAK);
}

static void the_own_job_number_makes_no_password(void **state)
{
	(void)state;
	struct why why = { 0 };
	assert_int_equal(password_check("zhangsan2026-x", "zhangsan2026", 0, list, &why),
	                 ERR_INVALID);
	assert_int_equal(why.code, E_PASSWORD_WEAK);
}

static void the_shipped_list_has_thousands_that_are_long_enough(void **state)
{
	(void)state;
	const char *dir = getenv("HJ_PROFILES");
	struct common *shipped = NULL;
	struct why why = { 0 };
	char path[500];
	if (!dir)
		skip();
	snprintf(path, sizeof path, "%s/passwords.txt", dir);
	assert_ok(common_load(path, &shipped, &why), &why);
	assert_true(common_count(shipped) > 3000);
	assert_int_equal(password_check("woaini5201314", "", 0, shipped, &why), ERR_INVALID);
	common_free(&shipped);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(long_enough_is_all_that_is_asked),
		cmocka_unit_test(the_least_length_is_a_setting),
		cmocka_unit_test(what_is_guessed_first_is_refused),
		cmocka_unit_test(the_own_job_number_makes_no_password),
		cmocka_unit_test(the_shipped_list_has_thousands_that_are_long_enough),
	};
	return cmocka_run_group_tests(tests, load, drop);
}
