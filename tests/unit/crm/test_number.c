#include "crm/number.h"

#include <stdio.h>

#include "test.h"

/* "mobile +8613800138000 138****8000; landline ... x8001" */
static const char *parsed(const char *text)
{
	static char out[600];
	struct numbers list;
	struct why why = { 0 };
	if (numbers_parse(text, &list, &why))
		return err_code_name(why.code);
	size_t n = 0;
	out[0] = '\0';
	for (size_t i = 0; i < list.count; i++) {
		const struct number *x = &list.n[i];
		n += (size_t)snprintf(out + n, sizeof out - n, "%s%s %s%s%s", i ? "; " : "",
		                      number_kind_text(x->kind), x->e164, *x->ext ? "x" : "",
		                      x->ext);
	}
	if (list.rejected)
		snprintf(out + n, sizeof out - n, "; %s", err_code_name(list.why.code));
	return out;
}

#define SAME(text, want) assert_string_equal(parsed(text), want)

static void mobiles_are_found_however_they_are_typed(void **state)
{
	(void)state;
	static const char *const WAYS[] = {
		"13800138000",
		"+86 138-0013-8000",
		"+8613800138000",
		"008613800138000",
		"8613800138000",
		"013800138000",
		"138 0013 8000",
		"138.0013.8000",
		"１３８００１３８０００",
		"＋８６　１３８００１３８０００",
		"'13800138000",
		"13800138000.0",
		"1.3800138E10",
		"1.3800138e+10",
		"(+86)13800138000",
		"\xE2\x80\xAA"
		"13800138000\xE2\x80\xAC",
		"手机：13800138000",
		"1795113800138000",
		"86-13800138000",
		" 13800138000\t",
		"13800138000（微信同号）",
		"13800138000,13800138000",
	};
	for (size_t i = 0; i < sizeof WAYS / sizeof *WAYS; i++)
		SAME(WAYS[i], "mobile +8613800138000");
}

static void landlines_keep_their_area_and_extension(void **state)
{
	(void)state;
	SAME("010-12345678", "E_NUM_FORM"); /* no exchange begins with 1 */
	SAME("010-62345678", "landline +861062345678");
	SAME("(0755)8234567", "landline +867558234567");
	SAME("０１０－６２３４５６７８转8001", "landline +861062345678x8001");
	SAME("010-62345678-8001", "landline +861062345678x8001");
	SAME("010-62345678 分机 12", "landline +861062345678x12");
	SAME("0571-87654321 ext.3", "landline +8657187654321x3");
	SAME("+86 10 6234 5678", "landline +861062345678");
	SAME("1062345678", "landline +861062345678"); /* a spreadsheet dropped the 0 */
	SAME("75582345678", "landline +8675582345678");
	SAME("62345678", "E_NUM_AREA");
}

static void two_numbers_in_a_cell_are_two(void **state)
{
	(void)state;
	const char *want = "mobile +8613800138000; mobile +8613900139000";
	SAME("13800138000/13900139000", want);
	SAME("13800138000 13900139000", want);
	SAME("13800138000、13900139000", want);
	SAME("13800138000\n13900139000", want);
	SAME("138 0013 8000 139 0013 9000", want);
	SAME("13800138000-13900139000", want);
	SAME("13800138000；家 010-62345678", "mobile +8613800138000; landline +861062345678");
	SAME("13800138000/12", "mobile +8613800138000; E_NUM_SHORT");
}

/* Written out, the first is longer than it was: it must not reach into what follows. */
static void an_exponent_leaves_the_rest_of_the_cell_alone(void **state)
{
	(void)state;
	struct numbers all;
	assert_int_equal(numbers_parse("12345678e13;13900139000", &all, NULL), ERR_OK);
	assert_int_equal(all.count, 1);
	assert_string_equal(all.n[0].e164, "+8613900139000");
	assert_int_equal(all.rejected, 1);
	char cell[160];
	memset(cell, '-', sizeof cell);
	memcpy(cell + sizeof cell - 13, ";1234567e15", 12);
	assert_int_equal(numbers_parse(cell, &all, NULL), ERR_INVALID);
}

static void numbers_nobody_may_call_are_told_apart(void **state)
{
	(void)state;
	SAME("110", "special 110");
	SAME("12315", "special 12315");
	SAME("10086", "special 10086");
	SAME("95110", "special 95110");
	SAME("95588", "service 95588");
	SAME("400-123-4567", "service 4001234567");
	SAME("10101234", "service 10101234");
	SAME("1440012345678", "machine +861440012345678");
	SAME("+852 6123 4567", "abroad +85261234567");
}

static void what_is_doubtful_is_refused_with_a_reason(void **state)
{
	(void)state;
	SAME("", "E_NUM_NONE");
	SAME("无", "E_NUM_NONE");
	SAME("1.38E+10", "E_NUM_LOST");
	SAME("1.38001E+10", "E_NUM_LOST");
	SAME("13800138OOO", "E_NUM_LETTER");
	SAME("1380013800", "E_NUM_FORM");
	SAME("138001380001", "E_NUM_FORM");
	SAME("6222021234567890123", "E_NUM_LONG");
	SAME("12800138000", "E_NUM_FORM");
	struct number n;
	struct why why;
	assert_int_equal(number_parse_one("13800138000/13900139000", &n, &why), ERR_INVALID);
	assert_int_equal(why.code, E_NUM_TWO);
}

static void masks_show_the_network_and_the_last_four(void **state)
{
	(void)state;
	char m[NUMBER_MASK_BYTES];
	number_mask("13800138000", m);
	assert_string_equal(m, "138****8000");
	number_mask("+8613800138000", m);
	assert_string_equal(m, "138****8000");
	number_mask("01062345678", m);
	assert_string_equal(m, "010****5678");
	number_mask("075582345678", m);
	assert_string_equal(m, "0755****5678");
	number_mask("95588", m);
	assert_string_equal(m, "95***");
	number_mask("+85261234567", m);
	assert_string_equal(m, "+852****4567");
}

static const char *masked(const char *text)
{
	static char buf[200];
	struct str out = { 0 };
	number_mask_text(text, &out);
	str_copy(buf, sizeof buf, str_text(&out));
	str_free(&out);
	return buf;
}

static void numbers_inside_any_text_are_masked_and_dates_are_not(void **state)
{
	(void)state;
	assert_string_equal(masked("加微信13800138000，或+86 139-0013-9000"),
	                    "加微信138****8000，或139****9000");
	assert_string_equal(masked("１３８００１３８０００"), "138****8000");
	assert_string_equal(masked("010-62345678转8001"), "010****5678转8001");
	assert_string_equal(masked("1.3800138E10"), "138****0138E10");
	assert_string_equal(masked("2026-11-22 09:30，共 12 单，¥3,500"),
	                    "2026-11-22 09:30，共 12 单，¥3,500");
	assert_string_equal(masked("6222021234567890123"), "622****0123");
	assert_string_equal(masked("13800138000-13900139000"), "138****8000/139****9000");
}

/* Whatever stands in a cell: no crash, and a result that is canonical when read again. */
static void any_text_ends_in_canonical_numbers_or_a_reason(void **state)
{
	(void)state;
	static const char *const BITS[] = { "138", "0013", "8000", "+86",      "0086", "-",  " ",
		                            "转",  "/",    "010",  "6234",     "5678", "e",  "E+10",
		                            ".",   "(",    "）",   "\xE2\x80", "\xFF", "微", "0",
		                            "1",   "x",    "ext",  "分机",     "１" };
	unsigned seed = 7;
	int found = 0;
	for (int i = 0; i < 20000; i++) {
		char text[200] = "";
		for (int k = 0; k < 12; k++) {
			seed = seed * 1103515245u + 12345u;
			strcat(text, BITS[(seed >> 16) % (sizeof BITS / sizeof *BITS)]);
		}
		struct numbers list;
		struct why why = { 0 };
		enum err e = numbers_parse(text, &list, &why);
		assert_true(e == ERR_OK || (e == ERR_INVALID && why.code != E_NONE));
		for (size_t k = 0; !e && k < list.count; k++) {
			struct number again;
			assert_ok(number_parse_one(list.n[k].e164, &again, &why), &why);
			assert_string_equal(again.e164, list.n[k].e164);
			assert_true(strlen(again.mask) >= 5);
			found++;
		}
	}
	assert_true(found > 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mobiles_are_found_however_they_are_typed),
		cmocka_unit_test(landlines_keep_their_area_and_extension),
		cmocka_unit_test(two_numbers_in_a_cell_are_two),
		cmocka_unit_test(an_exponent_leaves_the_rest_of_the_cell_alone),
		cmocka_unit_test(numbers_nobody_may_call_are_told_apart),
		cmocka_unit_test(what_is_doubtful_is_refused_with_a_reason),
		cmocka_unit_test(masks_show_the_network_and_the_last_four),
		cmocka_unit_test(numbers_inside_any_text_are_masked_and_dates_are_not),
		cmocka_unit_test(any_text_ends_in_canonical_numbers_or_a_reason),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
