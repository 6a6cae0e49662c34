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
		                              { "cell", "0" },         { "cell", "" } };
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

static void an_address_may_carry_a_port(void **state)
{
	(void)state;
	static const struct {
		const char *text, *addr;
		int port;
	} GOOD[] = { { "10.0.0.5", "10.0.0.5", 0 },
		     { "10.0.0.5:19998", "10.0.0.5", 19998 },
		     { "::", "::", 0 },
		     { "fe80::1:2", "fe80::1:2", 0 },
		     { "[::]:19998", "::", 19998 },
		     { "[::1]", "::1", 0 } };
	static const char *const BAD[] = { "10.0.0.5:", "10.0.0.5:70000", "[::1", "[::1]x", "a:b" };
	char addr[64];
	int port;
	for (size_t i = 0; i < sizeof GOOD / sizeof GOOD[0]; i++) {
		assert_true(config_addr_port(GOOD[i].text, addr, sizeof addr, &port));
		assert_string_equal(addr, GOOD[i].addr);
		assert_int_equal(port, GOOD[i].port);
	}
	for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++)
		assert_false(config_addr_port(BAD[i], addr, sizeof addr, &port));
}

static void what_is_written_reads_as_the_same(void **state)
{
	(void)state;
	static struct config back;
	const char *path = conf_file("");
	c = (struct config){ 0 };
	config_defaults(&c);
	assert_ok(config_set(&c, "company", "华夏 = 一号", &why), &why);
	assert_ok(config_set(&c, "media_addr", "10.0.0.5:19998", &why), &why);
	FILE *out = fopen(path, "we");
	assert_non_null(out);
	config_write(out, &c);
	fclose(out);
	config_defaults(&back);
	assert_ok(config_read(&back, path, &why), &why);
	unlink(path);
	assert_memory_equal(&back, &c, sizeof c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_overrides_only_what_it_names),
		cmocka_unit_test(an_unknown_key_is_refused_with_its_line),
		cmocka_unit_test(values_that_cannot_be_are_refused),
		cmocka_unit_test(there_are_at_most_fifteen_keys),
		cmocka_unit_test(an_address_may_carry_a_port),
		cmocka_unit_test(what_is_written_reads_as_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
