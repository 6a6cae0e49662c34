#include "doc/sheet.h"

#include "doc/csv_write.h"
#include "doc/xlsx_write.h"
#include "files.h"
#include "xls_file.h"

/* All rows as "1:a|b\n3:c\n"; numbers carry a #, lossy ones ##. Ends with the error's name. */
static char *dump_limits(const char *path, const struct sheet_limits *lim, struct why *why)
{
	static char out[20000];
	size_t n = 0;
	*why = (struct why){ 0 };
	CLEANUP(sheet_close) struct sheet *s = NULL;
	enum err e = sheet_open_limits(path, lim, &s, why);
	struct sheet_row r;
	while (!e && !(e = sheet_next(s, &r, why))) {
		n += (size_t)snprintf(out + n, sizeof out - n, "%d:", (int)r.number);
		for (size_t c = 0; c < r.n; c++)
			n += (size_t)snprintf(out + n, sizeof out - n, "%s%s%s", c ? "|" : "",
			                      r.cells[c].text,
			                      r.cells[c].kind != CELL_NUMBER ? ""
			                      : r.cells[c].is_lossy          ? "##"
			                                                     : "#");
		n += (size_t)snprintf(out + n, sizeof out - n, "\n");
	}
	if (e != ERR_END)
		snprintf(out + n, sizeof out - n, "%s", err_code_name(why->code));
	else
		out[n] = '\0';
	return out;
}

static char *dump(const char *path)
{
	static struct why why;
	return dump_limits(path, &SHEET_LIMITS, &why);
}

/* ---- .xlsx ---- */

static void xlsx_gives_texts_numbers_and_dates_as_people_read_them(void **state)
{
	(void)state;
	const char *sst =
	    "<si><t>姓名</t></si><si><r><t>王</t></r><r><t xml:space='preserve'> 芳</t></r>"
	    "<rPh sb='0' eb='1'><t>wang</t></rPh></si><si><t>a_x000D_b_x005F_</t></si>";
	const char *rows = "<row r='1'><c r='A1' t='s'><v>0</v></c><c r='B1' "
			   "t='inlineStr'><is><t>手机</t></is></c></row>"
			   "<row r='2'><c r='A2' t='s'><v>1</v></c><c "
			   "r='B2'><v>1.3800138E10</v></c><c r='C2' t='b'><v>1</v></c></row>"
			   "<row r='5'><c r='B5'><v>13800138000</v></c><c r='D5' "
			   "t='str'><v>x&amp;y</v></c><c r='E5' t='s'><v>2</v></c></row>"
			   "<row r='6'><c r='A6' s='1'><v>45983</v></c><c r='B6' "
			   "s='2'><v>45983.5</v></c><c r='C6' s='1'><v>45983.395833333336</v></c>"
			   "<c r='D6'><v>0.30000000000000004</v></c><c "
			   "r='E6'><v>6222021234567890123</v></c><c r='F6' s='1'/></row>";
	assert_string_equal(
	    dump(make_xlsx("list.csv", sst, rows)),
	    "1:姓名|手机\n2:王 芳|13800138000#|TRUE\n5:|13800138000#||x&y|a\rb_\n"
	    "6:2025-11-22|45983.5#|2025-11-22 09:30:00|0.3#|6222021234567890123##\n");
}

static void xlsx_reads_the_first_visible_sheet_and_says_its_name(void **state)
{
	(void)state;
	struct why why;
	CLEANUP(sheet_close) struct sheet *s = NULL;
	assert_ok(sheet_open(make_xlsx("a.xlsx", "", "<row><c><v>1</v></c></row>"), &s, &why),
	          &why);
	assert_string_equal(sheet_info(s)->name, "名单");
	assert_int_equal(sheet_info(s)->format, SHEET_XLSX);
}

static void xlsx_with_prefixed_names_and_without_places_reads_the_same(void **state)
{
	(void)state;
	struct zip_text parts[] = {
		{ "xl/workbook.xml",
		  "<x:workbook xmlns:x='m' xmlns:r='r'><x:sheets><x:sheet name='a' "
		  "r:id='rId1'/></x:sheets></x:workbook>",
		  0 },
		{ "xl/_rels/workbook.xml.rels", RELS, 0 },
		{ "xl/worksheets/sheet1.xml",
		  "<x:worksheet "
		  "xmlns:x='m'><x:sheetData><x:row><x:c><x:v>1</x:v></x:c><x:c><x:v>2</x:v></x:c></"
		  "x:row>"
		  "<x:row><x:c><x:v>3</x:v></x:c></x:row></x:sheetData></x:worksheet>",
		  0 },
	};
	assert_string_equal(dump(make_zip("p.xlsx", parts, 3)), "1:1#|2#\n2:3#\n");
}

static void xlsx_that_ends_in_the_middle_is_refused_with_the_row(void **state)
{
	(void)state;
	struct why why;
	const char *path = make_xlsx(
	    "cut.xlsx", "", "<row r='1'><c><v>1</v></c></row><row r='7'><c><v>2</v></row>");
	assert_string_equal(dump_limits(path, &SHEET_LIMITS, &why), "1:1#\nE_DOC_DAMAGED");
	assert_string_equal(why.arg[1], "7");
	assert_string_equal(dump(make_xlsx("miss.xlsx", "<si><t>a</t></si>",
	                                   "<row r='3'><c t='s'><v>1</v></c></row>")),
	                    "E_DOC_DAMAGED");
	assert_string_equal(
	    dump(make_xlsx("order.xlsx", "",
	                   "<row r='3'><c><v>1</v></c></row><row r='2'><c><v>1</v></c></row>")),
	    "3:1#\nE_DOC_DAMAGED");
}

static void a_truncated_package_is_refused(void **state)
{
	(void)state;
	char buf[4000];
	FILE *f = fopen(make_xlsx("whole.xlsx", "", "<row><c><v>1</v></c></row>"), "rb");
	size_t n = fread(buf, 1, sizeof buf, f);
	fclose(f);
	assert_string_equal(dump(make_file("half.xlsx", buf, n / 2)), "E_DOC_BROKEN");
}

static void a_bomb_is_stopped_while_it_unpacks(void **state)
{
	(void)state;
	struct why why;
	size_t n = 40u << 20;
	char *big = malloc(n);
	memset(big, ' ', n);
	memcpy(big, "<worksheet><sheetData><row r='4'><c><v>1</v></c></row>", 54);
	struct zip_text parts[] = {
		{ "xl/workbook.xml", WORKBOOK, 0 },
		{ "xl/_rels/workbook.xml.rels", RELS, 0 },
		{ "xl/worksheets/sheet1.xml", big, n },
	};
	const char *path = make_zip("bomb.xlsx", parts, 3);
	assert_string_equal(dump_limits(path, &SHEET_LIMITS, &why), "4:1#\nE_DOC_BOMB");
	struct sheet_limits lim = SHEET_LIMITS;
	lim.ratio = 100000;
	lim.unpacked_bytes = 1 << 20;
	assert_string_equal(dump_limits(path, &lim, &why), "4:1#\nE_DOC_BOMB");
	free(big);
}

static void entities_are_never_expanded(void **state)
{
	(void)state;
	struct zip_text parts[] = {
		{ "xl/workbook.xml", WORKBOOK, 0 },
		{ "xl/_rels/workbook.xml.rels", RELS, 0 },
		{ "xl/worksheets/sheet1.xml",
		  "<!DOCTYPE w [<!ENTITY a 'xxxxxxxxxx'><!ENTITY b '&a;&a;&a;&a;'>]>"
		  "<worksheet><sheetData><row><c "
		  "t='str'><v>&b;</v></c></row></sheetData></worksheet>",
		  0 },
	};
	assert_string_equal(dump(make_zip("lol.xlsx", parts, 3)), "E_DOC_BROKEN");
}

static void deep_nesting_is_refused(void **state)
{
	(void)state;
	char deep[2000] = "<row>";
	for (int i = 0; i < 300; i++)
		strcat(deep, "<a>");
	assert_string_equal(dump(make_xlsx("deep.xlsx", "", deep)), "E_DOC_BOMB");
}

static void ten_thousand_columns_are_refused_with_the_row_but_empty_ones_do_no_harm(void **state)
{
	(void)state;
	struct why why;
	assert_string_equal(dump_limits(make_xlsx("wide.xlsx", "",
	                                          "<row r='1'><c r='A1'><v>1</v></c></row>"
	                                          "<row r='2'><c r='NTP2'><v>1</v></c></row>"),
	                                &SHEET_LIMITS, &why),
	                    "1:1#\nE_DOC_COLUMNS");
	assert_string_equal(
	    why_en(&why),
	    "row 2 has content beyond column 512; delete the columns that are not needed");
	assert_string_equal(
	    dump(make_xlsx("styled.xlsx", "",
	                   "<row r='1'><c r='A1'><v>1</v></c><c r='XFD1' s='1'/></row>")),
	    "1:1#\n");
	char line[40001];
	memset(line, 'x', 40000);
	for (int i = 1; i < 20000; i += 2)
		line[i] = ',';
	line[20000] = '\n';
	assert_string_equal(dump_limits(make_file("wide.csv", line, 20001), &SHEET_LIMITS, &why),
	                    "E_DOC_COLUMNS");
	assert_string_equal(why.arg[0], "1");
}

static void long_cells_and_many_rows_meet_their_limits(void **state)
{
	(void)state;
	struct why why;
	struct sheet_limits lim = SHEET_LIMITS;
	lim.cell_bytes = 10;
	lim.rows = 2;
	assert_string_equal(dump_limits(MAKE_TEXT("long.csv", "a,b\n1,abcdefghijk\n"), &lim, &why),
	                    "1:a|b\nE_DOC_CELL_LONG");
	assert_string_equal(dump_limits(MAKE_TEXT("rows.csv", "a\nb\n\nc\n"), &lim, &why),
	                    "1:a\n2:b\nE_DOC_ROWS");
	lim.file_bytes = 5;
	assert_string_equal(dump_limits(MAKE_TEXT("big.csv", "a\nb\nc\n"), &lim, &why),
	                    "E_DOC_BIG");
}

static void other_containers_are_named(void **state)
{
	(void)state;
	struct zip_text xlsb[] = { { "xl/workbook.bin", "x", 0 } },
			ods[] = { { "content.xml", "<a/>", 0 } };
	struct zip_text docx[] = { { "word/document.xml", "<a/>", 0 } };
	assert_string_equal(dump(make_zip("a.xlsb", xlsb, 1)), "E_DOC_XLSB");
	assert_string_equal(dump(make_zip("a.ods", ods, 1)), "E_DOC_ODS");
	assert_string_equal(dump(make_zip("a.docx", docx, 1)), "E_DOC_NOT_TABLE");
	assert_string_equal(dump(MAKE_TEXT("a.xls", "\xEF\xBB\xBF\n<html><table>")), "E_DOC_HTML");
	assert_string_equal(dump(MAKE_TEXT("none.csv", "")), "E_DOC_EMPTY");
	assert_string_equal(dump(file_path("absent")), "E_FILE_OPEN");
}

static void a_password_is_recognised(void **state)
{
	(void)state;
	unsigned char ole[4096] = { 0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1 };
	for (int i = 0; i < 16; i++)
		ole[2048 + 2 * i] = (unsigned char)"EncryptedPackage"[i];
	assert_string_equal(dump(make_file("secret.xlsx", ole, sizeof ole)), "E_DOC_ENCRYPTED");
	memset(ole + 2048, 0, 64);
	assert_string_equal(dump(make_file("letter.doc", ole, sizeof ole)), "E_DOC_NOT_TABLE");
	for (int i = 0; i < 8; i++)
		ole[2048 + 2 * i] = (unsigned char)"Workbook"[i];
	assert_string_equal(dump(make_file("broken.xls", ole, sizeof ole)), "E_DOC_BROKEN");
}

/* ---- .xls ---- */

static void xls_is_read_with_its_numbers_as_people_read_them(void **state)
{
	(void)state;
	struct xls_file x = { 0 };
	xls_begin(&x, false);
	xls_label(&x, 0, 0, "\x59\xD3\x54\x0D", 2); /* 姓名 */
	xls_label(&x, 0, 1, "\x62\x4B\x67\x3A", 2); /* 手机 */
	xls_label(&x, 2, 0, "\x5F\x20\x4E\x09", 2); /* 张三 */
	xls_number(&x, 2, 1, 13800138000.0);
	xls_number(&x, 2, 2, 1.5);
	const char *path = make_file("old.csv", x.file, xls_end(&x));
	assert_string_equal(dump(path), "1:姓名|手机\n3:张三|13800138000#|1.5#\n");
}

static void xls_with_a_password_is_recognised(void **state)
{
	(void)state;
	struct xls_file x = { 0 };
	xls_begin(&x, true);
	xls_number(&x, 0, 0, 1);
	assert_string_equal(dump(make_file("secret.xls", x.file, xls_end(&x))), "E_DOC_ENCRYPTED");
}

/* ---- .csv ---- */

static void csv_is_read_in_every_encoding(void **state)
{
	(void)state;
	const char *want = "1:姓名|手机\n2:张三|13800138000\n";
	assert_string_equal(dump(MAKE_TEXT("u8.csv", "姓名,手机\n张三,13800138000\n")), want);
	assert_string_equal(
	    dump(MAKE_TEXT("bom.csv", "\xEF\xBB\xBF姓名,手机\r\n张三,13800138000\r\n")), want);
	assert_string_equal(
	    dump(MAKE_TEXT("gb.csv",
	                   "\xD0\xD5\xC3\xFB,\xCA\xD6\xBB\xFA\r\n\xD5\xC5\xC8\xFD,13800138000")),
	    want);
	static const char le[] = "\xFF\xFE\xD3\x59\x0D\x54,\0\x4B\x62\x3A\x67\n\0\x20\x5F\x09\x4E,"
				 "\0001\0003\0008\0000\0000\0001\0003\0008\0000\0000\0000\0";
	assert_string_equal(dump(make_file("le.csv", le, sizeof le - 1)), want);
	char be[sizeof le];
	for (size_t i = 0; i + 1 < sizeof le - 1; i += 2) {
		be[i] = le[i + 1];
		be[i + 1] = le[i];
	}
	assert_string_equal(dump(make_file("be.csv", be, sizeof le - 1)), want);
	assert_string_equal(dump(make_file("le-no-mark.csv", le + 2, sizeof le - 3)), want);
	/* Four bytes: a character that GBK does not have (U+3400). */
	assert_string_equal(dump(MAKE_TEXT("gb4.csv", "\xD5\xC5,\x81\x39\xEE\x39\n")), "1:张|㐀\n");
}

static void csv_says_what_it_found(void **state)
{
	(void)state;
	struct why why;
	CLEANUP(sheet_close) struct sheet *s = NULL;
	assert_ok(sheet_open(MAKE_TEXT("t.txt", "a\tb\n\xD5\xC5\t2\n"), &s, &why), &why);
	assert_string_equal(sheet_info(s)->encoding, "GB18030");
	assert_int_equal(sheet_info(s)->delimiter, '\t');
}

static void csv_finds_its_delimiter(void **state)
{
	(void)state;
	assert_string_equal(dump(MAKE_TEXT("semi.csv", "a;b\n\"1,5\";2\n3,5;4\n")),
	                    "1:a|b\n2:1,5|2\n3:3,5|4\n");
	assert_string_equal(dump(MAKE_TEXT("tab.csv", "a\tb\n1\t2\n")), "1:a|b\n2:1|2\n");
	assert_string_equal(dump(MAKE_TEXT("one.csv", "手机\n13800138000\n")),
	                    "1:手机\n2:13800138000\n");
	assert_string_equal(dump(MAKE_TEXT("sep.csv", "sep=;\r\na,b;c\r\n")), "2:a,b|c\n");
}

static void csv_keeps_quoted_newlines_and_counts_records(void **state)
{
	(void)state;
	assert_string_equal(
	    dump(MAKE_TEXT("q.csv",
	                   "a,b\n\"x\ny\",\"he said \"\"hi\"\"\"\n\n=\"0138\",5\" pipe\nlast,")),
	    "1:a|b\n2:x\ny|he said \"hi\"\n4:0138|5\" pipe\n5:last\n");
	assert_string_equal(dump(MAKE_TEXT("cr.csv", "a,b\rc,d\r")), "1:a|b\n2:c|d\n");
	struct why why;
	assert_string_equal(
	    dump_limits(MAKE_TEXT("open.csv", "a\nb\n\"c\nd\ne"), &SHEET_LIMITS, &why),
	    "1:a\n2:b\nE_DOC_QUOTE");
	assert_string_equal(why.arg[0], "3");
}

static void binary_named_csv_is_refused_with_the_row(void **state)
{
	(void)state;
	struct why why;
	assert_string_equal(dump(MAKE_TEXT("p.csv", "\x89PNG\r\n\x1A\n\0\0\0\rIHDR\0\0\1\0")),
	                    "E_DOC_BINARY");
	assert_string_equal(
	    dump_limits(MAKE_TEXT("c.csv", "a,b\n1,2\n3,\x01\x02\n"), &SHEET_LIMITS, &why),
	    "E_DOC_BINARY");
	assert_string_equal(why.arg[1], "3");
	assert_string_equal(
	    dump_limits(MAKE_TEXT("bad.csv", "a\nb\n\xD5\xC5\n\xFF\xFF\n"), &SHEET_LIMITS, &why),
	    "E_DOC_ENCODING");
}

/* Pieces of 64 KiB cut characters, quotes and line ends in two; the result must not show it. */
static void csv_reads_across_the_borders_of_its_pieces(void **state)
{
	(void)state;
	for (int pad = 0; pad < 8; pad++) {
		size_t n = 0, rows = 9000;
		char *text = malloc(rows * 40);
		n += (size_t)sprintf(text, "%.*s,b\r\n", pad + 1, "xxxxxxxx");
		for (size_t i = 0; i < rows; i++)
			n += (size_t)sprintf(text + n, "\"\xD5\xC5\"\"%d\",\xC8\xFD\r\n",
			                     (int)(i % 10));
		CLEANUP(sheet_close) struct sheet *s = NULL;
		struct why why;
		assert_ok(sheet_open(make_file("long.csv", text, n), &s, &why), &why);
		struct sheet_row r;
		assert_ok(sheet_next(s, &r, &why), &why);
		size_t seen = 0;
		enum err e;
		while (!(e = sheet_next(s, &r, &why))) {
			char want[20];
			snprintf(want, sizeof want, "张\"%d", (int)(seen++ % 10));
			assert_string_equal(r.cells[0].text, want);
			assert_string_equal(r.cells[1].text, "三");
			assert_int_equal(r.n, 2);
		}
		assert_int_equal(e, ERR_END);
		assert_int_equal(seen, rows);
		assert_int_equal(sheet_pct(s), 100);
		free(text);
	}
}

/* ---- writing ---- */

static const struct out_column COLUMNS[] = {
	{ "姓名", OUT_TEXT, 20 }, { "次数", OUT_NUMBER, 0 }, { "通时", OUT_DURATION, 0 },
	{ "金额", OUT_FEN, 0 },   { "率", OUT_PERCENT, 0 },
};

static void xlsx_is_written_and_read_back(void **state)
{
	(void)state;
	struct why why;
	struct xlsx_out *o = NULL;
	const char *path = file_path("out.xlsx");
	assert_ok(xlsx_out_new(path, "日报[1]", COLUMNS, 5, &o, &why), &why);
	assert_ok(xlsx_out_row(o,
	                       (struct out_cell[]){ CELL_T("=1+1"), CELL_I(1200), CELL_I(43200),
	                                            CELL_I(12345), CELL_D(0.25) },
	                       &why),
	          &why);
	assert_ok(xlsx_out_row(o,
	                       (struct out_cell[]){ CELL_T("013800138000"), CELL_NONE, CELL_NONE,
	                                            CELL_NONE, CELL_NONE },
	                       &why),
	          &why);
	assert_ok(xlsx_out_finish(&o, &why), &why);
	/* Our own reader takes [h]:mm:ss for a length of time, a number: half a day. */
	assert_string_equal(
	    dump(path),
	    "1:姓名|次数|通时|金额|率\n2:=1+1|1200#|12:00:00|123.45#|0.25#\n3:013800138000\n");
}

static void an_abandoned_xlsx_leaves_no_file(void **state)
{
	(void)state;
	struct why why;
	struct xlsx_out *o = NULL;
	assert_ok(xlsx_out_new(file_path("gone.xlsx"), "a", COLUMNS, 5, &o, &why), &why);
	xlsx_out_free(&o);
	assert_int_not_equal(access(file_path("gone.xlsx"), F_OK), 0);
	assert_int_equal(xlsx_out_new(file_path("no/such/dir.xlsx"), "a", COLUMNS, 0, &o, &why),
	                 ERR_INVALID);
}

static void csv_is_written_safe_for_spreadsheets(void **state)
{
	(void)state;
	struct why why;
	struct csv_out *o = NULL;
	const char *path = file_path("out.csv");
	assert_ok(csv_out_new(path, COLUMNS, 5, &o, &why), &why);
	assert_ok(csv_out_row(o,
	                      (struct out_cell[]){ CELL_T("=HYPERLINK(\"x\")"), CELL_I(-1200),
	                                           CELL_I(3661), CELL_I(-12345), CELL_D(0.25) },
	                      &why),
	          &why);
	assert_ok(csv_out_finish(&o, &why), &why);
	char buf[300];
	FILE *f = fopen(path, "rb");
	buf[fread(buf, 1, sizeof buf - 1, f)] = '\0';
	fclose(f);
	assert_string_equal(buf, "\xEF\xBB\xBF姓名,次数,通时,金额,率\r\n\"'=HYPERLINK(\"\"x\"\")\","
	                         "-1200,1:01:01,-123.45,25.0%\r\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(xlsx_gives_texts_numbers_and_dates_as_people_read_them),
		cmocka_unit_test(xlsx_reads_the_first_visible_sheet_and_says_its_name),
		cmocka_unit_test(xlsx_with_prefixed_names_and_without_places_reads_the_same),
		cmocka_unit_test(xlsx_that_ends_in_the_middle_is_refused_with_the_row),
		cmocka_unit_test(a_truncated_package_is_refused),
		cmocka_unit_test(a_bomb_is_stopped_while_it_unpacks),
		cmocka_unit_test(entities_are_never_expanded),
		cmocka_unit_test(deep_nesting_is_refused),
		cmocka_unit_test(
		    ten_thousand_columns_are_refused_with_the_row_but_empty_ones_do_no_harm),
		cmocka_unit_test(long_cells_and_many_rows_meet_their_limits),
		cmocka_unit_test(other_containers_are_named),
		cmocka_unit_test(a_password_is_recognised),
		cmocka_unit_test(xls_is_read_with_its_numbers_as_people_read_them),
		cmocka_unit_test(xls_with_a_password_is_recognised),
		cmocka_unit_test(csv_is_read_in_every_encoding),
		cmocka_unit_test(csv_says_what_it_found),
		cmocka_unit_test(csv_finds_its_delimiter),
		cmocka_unit_test(csv_keeps_quoted_newlines_and_counts_records),
		cmocka_unit_test(binary_named_csv_is_refused_with_the_row),
		cmocka_unit_test(csv_reads_across_the_borders_of_its_pieces),
		cmocka_unit_test(xlsx_is_written_and_read_back),
		cmocka_unit_test(an_abandoned_xlsx_leaves_no_file),
		cmocka_unit_test(csv_is_written_safe_for_spreadsheets),
	};
	return cmocka_run_group_tests(tests, files_setup, files_teardown);
}
