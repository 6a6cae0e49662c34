/* Headers, cells, dates, forms of address, places: what an import understands. Pure. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "crm/import_int.h"
#include "crm/place.h"
#include "test.h"

static void headers_mean_what_people_call_their_columns(void **state)
{
	(void)state;
	static const struct {
		const char *header;
		enum import_field field;
	} WANT[] = {
		{ "姓名", IMPORT_FIELD_NAME },
		{ "客户 姓名（必填）*", IMPORT_FIELD_NAME },
		{ "手机号码", IMPORT_FIELD_PHONE },
		{ "联系方式", IMPORT_FIELD_PHONE },
		{ "客户手机号码1", IMPORT_FIELD_PHONE },
		{ "MOBILE", IMPORT_FIELD_PHONE },
		{ "Phone_Number", IMPORT_FIELD_PHONE },
		{ "备用手机", IMPORT_FIELD_PHONE2 },
		{ "办公电话", IMPORT_FIELD_PHONE2 },
		{ "联系人", IMPORT_FIELD_CONTACT },
		{ "联系人电话", IMPORT_FIELD_PHONE },
		{ "市", IMPORT_FIELD_CITY },
		{ "市场部意见", IMPORT_FIELD_NONE },
		{ "来源渠道", IMPORT_FIELD_SOURCE },
		{ "授权时间", IMPORT_FIELD_GIVEN },
		{ "归属人", IMPORT_FIELD_OWNER },
		{ "序号", IMPORT_FIELD_NONE },
		{ "", IMPORT_FIELD_NONE },
		{ "性别：", IMPORT_FIELD_GENDER },
	};
	for (size_t i = 0; i < sizeof WANT / sizeof *WANT; i++) {
		if (import_guess(WANT[i].header) != WANT[i].field)
			test_fail("'%s' is taken for %d", WANT[i].header,
			          import_guess(WANT[i].header));
	}
	for (int f = 0; f < IMPORT_FIELD_COUNT; f++)
		assert_int_equal(import_field_parse(import_field_key((enum import_field)f)), f);
}

static void dates_are_read_on_chinas_clock(void **state)
{
	(void)state;
	static const char *const WAYS[] = { "2026-03-01",   "2026/3/1", "2026.03.01",
		                            "2026年3月1日", "20260301", "2026-03-01 00:00:00" };
	int64_t at = 0;
	for (size_t i = 0; i < sizeof WAYS / sizeof *WAYS; i++) {
		assert_true(import_date(WAYS[i], &at));
		assert_int_equal(at, 1772294400000); /* 2026-02-28T16:00Z */
	}
	assert_true(import_date("2026-03-01 09:30", &at));
	assert_int_equal(at, 1772294400000 + 34200000);
	static const char *const BAD[] = {
		"", "上周", "2026", "3月1日", "2026-13-01", "13800138000"
	};
	for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
		assert_false(import_date(BAD[i], &at));
}

static void a_form_of_address_comes_from_name_and_gender(void **state)
{
	(void)state;
	char text[40];
	import_call_as("张三", "m", text, sizeof text);
	assert_string_equal(text, "张先生");
	import_call_as("欧阳娜娜", "f", text, sizeof text);
	assert_string_equal(text, "欧阳女士");
	import_call_as("李四", "", text, sizeof text);
	assert_string_equal(text, "李四");
	import_call_as("Ann Lee", "f", text, sizeof text);
	assert_string_equal(text, "Ann Lee");
}

static struct sheet_row row_of(const char *const *texts, struct cell *cells, size_t n)
{
	for (size_t i = 0; i < n; i++)
		cells[i] = (struct cell){ texts[i], strlen(texts[i]),
			                  *texts[i] ? CELL_TEXT : CELL_EMPTY, false };
	return (struct sheet_row){ cells, n, 7 };
}

static struct import_batch batch(const enum import_field *fields, size_t n)
{
	struct import_batch b = { .basis = CONSENT_FORM };
	for (size_t i = 0; i < IMPORT_COLUMNS; i++)
		b.map[i] = i < n ? fields[i] : IMPORT_FIELD_NONE;
	strcpy(b.source, "展会");
	return b;
}

static void a_row_overrides_the_batch(void **state)
{
	(void)state;
	struct why why = { 0 };
	static const enum import_field FIELDS[] = { IMPORT_FIELD_NAME,   IMPORT_FIELD_PHONE,
		                                    IMPORT_FIELD_PHONE2, IMPORT_FIELD_GENDER,
		                                    IMPORT_FIELD_GRADE,  IMPORT_FIELD_SOURCE,
		                                    IMPORT_FIELD_BASIS,  IMPORT_FIELD_REMARK,
		                                    IMPORT_FIELD_REMARK };
	static const char *const TEXTS[] = { "　张三 ",      "13800138000", "010-62345678转12",
		                             "男士",         "b级",         "老客户介绍",
		                             "电话录音同意", "甲",          "乙" };
	struct cell cells[9];
	struct sheet_row r = row_of(TEXTS, cells, 9);
	struct import_batch b = batch(FIELDS, 9);
	struct import_person p;
	assert_ok(import_row_read(&b, &r, &p, &why), &why);
	assert_string_equal(p.name, "张三");
	assert_string_equal(p.call_as, "张先生");
	assert_string_equal(p.grade, "B");
	assert_string_equal(p.source, "老客户介绍");
	assert_string_equal(p.remark, "甲; 乙");
	assert_int_equal(p.basis, CONSENT_VOICE);
	assert_int_equal(p.n_numbers, 2);
	assert_string_equal(p.number[1].e164, "+861062345678");
	assert_string_equal(p.number[1].ext, "12");
}

static void a_cell_that_cannot_be_right_makes_the_row_invalid(void **state)
{
	(void)state;
	static const enum import_field FIELDS[] = { IMPORT_FIELD_PHONE, IMPORT_FIELD_BASIS,
		                                    IMPORT_FIELD_GIVEN };
	struct import_batch b = batch(FIELDS, 3);
	struct import_person p;
	static const struct {
		const char *texts[3];
		enum err kind;
		enum err_code code;
	} ROWS[] = {
		{ { "13800138000", "随便", "" }, ERR_INVALID, E_IMPORT_BASIS },
		{ { "13800138000", "", "明天" }, ERR_INVALID, E_IMPORT_DATE },
		{ { "", "", "" }, ERR_INVALID, E_NUM_NONE },
		{ { "62345678", "", "" }, ERR_INVALID, E_NUM_AREA },
		{ { "95588", "", "" }, ERR_CONFLICT, E_GATE_SERVICE },
		{ { "13800138000/95588", "form", "2026-01-01" }, ERR_OK, E_NONE },
	};
	for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
		struct cell cells[3];
		struct why why = { 0 };
		struct sheet_row r = row_of(ROWS[i].texts, cells, 3);
		assert_int_equal(import_row_read(&b, &r, &p, &why), ROWS[i].kind);
		assert_string_equal(err_code_name(why.code), err_code_name(ROWS[i].code));
	}
	struct cell lossy = { "6222021234567890112", 19, CELL_NUMBER, true };
	struct why why = { 0 };
	assert_int_equal(import_row_read(&b, &(struct sheet_row){ &lossy, 1, 2 }, &p, &why),
	                 ERR_INVALID);
	assert_int_equal(why.code, E_IMPORT_LOSSY);
}

static void assert_place(const char *e164, const char *want)
{
	struct place p;
	char text[60];
	place_of(e164, &p);
	snprintf(text, sizeof text, "%s/%s", p.province, p.city);
	assert_string_equal(text, want);
}

static void places_are_said_as_people_say_them(void **state)
{
	(void)state;
	assert_place("+8613800138000", "北京/北京");
	assert_place("+862062345678", "广东/广州");
	assert_place("+864716234567", "内蒙古/呼和浩特");
	assert_place("+868542345678", "贵州/黔南");
	assert_place("+867716234567", "广西/南宁");
	assert_place("+85261234567", "香港/香港");
	assert_place("95588", "/");
}

static void a_companys_own_table_goes_before(void **state)
{
	(void)state;
	struct why why = { 0 };
	char path[] = "/tmp/hujiao-place-XXXXXX";
	int fd = mkstemp(path);
	static const char TABLE[] = "号段,省,市\n1380013,河北,保定\n138001380,山西,大同\n";
	assert_int_equal(write(fd, TABLE, sizeof TABLE - 1), sizeof TABLE - 1);
	close(fd);
	assert_ok(place_load(path, &why), &why);
	assert_place("+8613800138000", "山西/大同"); /* the longest prefix */
	assert_place("+8613800139000", "河北/保定");
	assert_place("+862062345678", "广东/广州");
	FILE *f = fopen(path, "w");
	fputs("号段,省,市\n1380013,河北,保定\nabc,x,y\n", f);
	fclose(f);
	assert_int_equal(place_load(path, &why), ERR_INVALID);
	assert_string_equal(why.arg[1], "3");
	assert_place("+8613800138000", "山西/大同"); /* the good table stays */
	f = fopen(path, "w");
	fputs("号段,省,市\n", f);
	fclose(f);
	assert_ok(place_load(path, &why), &why);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(headers_mean_what_people_call_their_columns),
		cmocka_unit_test(dates_are_read_on_chinas_clock),
		cmocka_unit_test(a_form_of_address_comes_from_name_and_gender),
		cmocka_unit_test(a_row_overrides_the_batch),
		cmocka_unit_test(a_cell_that_cannot_be_right_makes_the_row_invalid),
		cmocka_unit_test(places_are_said_as_people_say_them),
		cmocka_unit_test(a_companys_own_table_goes_before),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
