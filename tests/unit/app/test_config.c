#include "test.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "app/config.h"

static struct config c;
static struct why why;

static const char *conf_file(const char *text)
{
	static char path[] = "/tmp/hujiao-conf-XXXXXX";
	snprintf(path, sizeof path, "/tmp/hujiao-conf-XXXXXX");
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	return path;
}

static void a_file_overrides_only_what_it_names(void **state)
{
	(void)state;
	config_defaults(&c);
	const char *path = conf_file("# first\n\n http_port = 9000 \ncompany=华夏\n");
	assert_ok(config_read(&c, path, &why), &why);
	unlink(path);
	assert_string_equal(c.http_port, "9000");
	assert_string_equal(c.company, "华夏");
	assert_string_equal(c.sip_port, "5060");
	assert_ok(config_check(&c, &why), &why);
}

static void an_unknown_key_is_refused_with_its_line(void **state)
{
	(void)state;
	config_defaults(&c);
	const char *path = conf_file("http_port = 9000\nport = 1\n");
	assert_int_equal(config_read(&c, path, &why), ERR_INVALID);
	unlink(path);
	assert_int_equal(why.code, E_CONF_KEY);
	assert_string_equal(why.arg[1], "2");
	assert_string_equal(why.arg[2], "port");
}

static void values_that_cannot_be_are_refused(void **state)
{
	(void)state;
	static const char *const BAD[][2] = { { "http_port", "0" },    { "http_port", "70000" },
		                              { "sip_port", "5060x" }, { "https", "yes" },
		                              { "node", "1024" },      { "node", "" } };
	for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
		config_defaults(&c);
		assert_ok(config_set(&c, BAD[i][0], BAD[i][1], &why), &why);
		assert_int_equal(config_check(&c, &why), ERR_INVALID);
		assert_string_equal(why.arg[0], BAD[i][0]);
	}
}

static void there_are_at_most_fifteen_keys(void **state)
{
	(void)state;
	assert_true(sizeof(struct config) / CONFIG_VALUE_BYTES <= 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_overrides_only_what_it_names),
		cmocka_unit_test(an_unknown_key_is_refused_with_its_line),
		cmocka_unit_test(values_that_cannot_be_are_refused),
		cmocka_unit_test(there_are_at_most_fifteen_keys),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
