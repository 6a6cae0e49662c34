#include "test.h"

#include "voice/trunk.h"

static struct trunk_cfg shanghai(enum numfmt f)
{
	struct trunk_cfg t = {
		.callee_fmt = f, .caller_fmt = f, .country = "86", .local_area = "21"
	};
	return t;
}

static void callee_is(enum numfmt f, const char *e164, const char *wire)
{
	struct trunk_cfg t = shanghai(f);
	struct why why = { 0 };
	char buf[64];
	assert_ok(number_format(&t, true, e164, buf, sizeof buf, &why), &why);
	assert_string_equal(buf, wire);
}

static void formats_write_numbers_as_carriers_want(void **state)
{
	(void)state;
	callee_is(NUMFMT_E164, "+8613812345678", "+8613812345678");
	callee_is(NUMFMT_PLAIN, "+8613812345678", "8613812345678");
	callee_is(NUMFMT_NATIONAL, "+8613812345678", "13812345678");
	callee_is(NUMFMT_NATIONAL, "+862131110000", "02131110000");
	callee_is(NUMFMT_NO_ZERO, "+862131110000", "2131110000");
	callee_is(NUMFMT_ZERO_AWAY, "+8613812345678", "013812345678");
	callee_is(NUMFMT_NATIONAL, "+85221234567", "0085221234567");
	callee_is(NUMFMT_AS_GIVEN, "100", "100");
	callee_is(NUMFMT_AS_GIVEN, "+8613812345678", "+8613812345678");
}

static void prefix_and_local_area_are_the_lines_own(void **state)
{
	(void)state;
	struct trunk_cfg t = shanghai(NUMFMT_NATIONAL);
	struct why why = { 0 };
	char buf[64];
	t.is_local_stripped = true;
	strcpy(t.callee_prefix, "9");
	assert_ok(number_format(&t, true, "+862131110000", buf, sizeof buf, &why), &why);
	assert_string_equal(buf, "931110000");
	assert_ok(number_format(&t, true, "+861062220000", buf, sizeof buf, &why), &why);
	assert_string_equal(buf, "901062220000");
	assert_ok(number_format(&t, false, "+862131110000", buf, sizeof buf, &why), &why);
	assert_string_equal(buf, "31110000");
}

static void what_is_no_number_never_reaches_the_wire(void **state)
{
	(void)state;
	struct trunk_cfg t = shanghai(NUMFMT_NATIONAL);
	char buf[64];
	static const char *const BAD[] = { "",
		                           "13800000000",
		                           "+",
		                           "+12",
		                           "+86138abc45678",
		                           "+8613812345678\r\nX: 1",
		                           "+1234567890123456",
		                           "a@b" };
	for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
		assert_int_equal(number_format(&t, true, BAD[i], buf, sizeof buf, NULL),
		                 ERR_INVALID);
	t.callee_fmt = NUMFMT_AS_GIVEN;
	assert_int_equal(number_format(&t, true, "1;phone-context=x", buf, sizeof buf, NULL),
	                 ERR_INVALID);
}

static void what_carriers_send_becomes_e164_where_it_can(void **state)
{
	(void)state;
	static const char *const PAIRS[][2] = {
		{ "13812345678", "+8613812345678" },
		{ "8613812345678", "+8613812345678" },
		{ "+8613812345678", "+8613812345678" },
		{ "02131110000", "+862131110000" },
		{ "013812345678", "+8613812345678" },
		{ "31110000", "+862131110000" },
		{ "0085221234567", "+85221234567" },
		{ "10086", "10086" },
		{ "4008001234", "4008001234" },
		{ "anonymous", "anonymous" },
		{ "", "" },
		{ "95588", "95588" },
	};
	struct trunk_cfg t = shanghai(NUMFMT_NATIONAL);
	for (size_t i = 0; i < sizeof PAIRS / sizeof *PAIRS; i++) {
		char buf[64];
		number_parse(&t, PAIRS[i][0], buf, sizeof buf);
		assert_string_equal(buf, PAIRS[i][1]);
	}
}

static void every_format_has_a_code(void **state)
{
	(void)state;
	for (int i = 0; i < NUMFMT_COUNT; i++)
		assert_int_equal(numfmt_parse(numfmt_code((enum numfmt)i)), i);
	assert_int_equal(numfmt_parse("nonsense"), NUMFMT_COUNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats_write_numbers_as_carriers_want),
		cmocka_unit_test(prefix_and_local_area_are_the_lines_own),
		cmocka_unit_test(what_is_no_number_never_reaches_the_wire),
		cmocka_unit_test(what_carriers_send_becomes_e164_where_it_can),
		cmocka_unit_test(every_format_has_a_code),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
