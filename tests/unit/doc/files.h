/* files.h -- makes the files that the reader's tests read. */
#ifndef TESTS_UNIT_DOC_FILES_H
#define TESTS_UNIT_DOC_FILES_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <zip.h>

#include "test.h"

static char files_dir[64];

static inline int files_setup(void **state)
{
	(void)state;
	strcpy(files_dir, "/tmp/hujiao-doc-XXXXXX");
	return mkdtemp(files_dir) ? 0 : -1;
}

static inline const char *file_path(const char *name)
{
	static char path[4][160];
	static int i;
	i = (i + 1) % 4;
	snprintf(path[i], sizeof path[i], "%s/%s", files_dir, name);
	return path[i];
}

static inline int files_teardown(void **state)
{
	(void)state;
	char cmd[100];
	snprintf(cmd, sizeof cmd, "rm -rf '%s'", files_dir);
	return system(cmd);
}

static inline const char *make_file(const char *name, const void *p, size_t n)
{
	const char *path = file_path(name);
	FILE *f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	fclose(f);
	return path;
}

#define MAKE_TEXT(name, s) make_file(name, s, sizeof(s) - 1)

struct zip_text {
	const char *name, *text;
	size_t n; /* 0: strlen */
};

static inline const char *make_zip(const char *name, const struct zip_text *parts, size_t n)
{
	const char *path = file_path(name);
	int code;
	zip_t *z = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &code);
	assert_non_null(z);
	for (size_t i = 0; i < n; i++) {
		size_t len = parts[i].n ? parts[i].n : strlen(parts[i].text);
		zip_source_t *src = zip_source_buffer(z, parts[i].text, len, 0);
		assert_true(zip_file_add(z, parts[i].name, src, ZIP_FL_ENC_UTF_8) >= 0);
	}
	assert_int_equal(zip_close(z), 0);
	return path;
}

#define WORKBOOK \
	"<workbook xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main' " \
	"xmlns:r='rel'>" \
	"<sheets><sheet name='隐藏' sheetId='1' state='hidden' r:id='rId9'/>" \
	"<sheet name='名单' sheetId='2' r:id='rId1'/></sheets></workbook>"
#define RELS \
	"<Relationships><Relationship Id='rId1' Type='x/worksheet' " \
	"Target='worksheets/sheet1.xml'/>" \
	"<Relationship Id='rId2' Type='x/sharedStrings' Target='sharedStrings.xml'/>" \
	"<Relationship Id='rId3' Type='x/styles' Target='/xl/styles.xml'/></Relationships>"
#define STYLES \
	"<styleSheet><numFmts><numFmt numFmtId='164' formatCode='yyyy\"年\"m\"月\"d\"日\"'/>" \
	"<numFmt numFmtId='165' formatCode='[Red]\"day\"0.0'/></numFmts>" \
	"<cellStyleXfs><xf numFmtId='14'/></cellStyleXfs><cellXfs><xf numFmtId='0'/>" \
	"<xf numFmtId='164'/><xf numFmtId='165'/></cellXfs></styleSheet>"

/* An .xlsx whose rows are `sheet` (inside sheetData) and whose shared strings are `strings`. */
static inline const char *make_xlsx(const char *name, const char *strings, const char *sheet)
{
	size_t n = strlen(sheet) + strlen(strings) + 400;
	char *page = malloc(n), *sst = malloc(n);
	snprintf(page, n,
	         "<?xml version='1.0' "
	         "encoding='UTF-8'?><worksheet><sheetData>%s</sheetData></worksheet>",
	         sheet);
	snprintf(sst, n, "<sst>%s</sst>", strings);
	struct zip_text parts[] = {
		{ "xl/workbook.xml", WORKBOOK, 0 },      { "xl/_rels/workbook.xml.rels", RELS, 0 },
		{ "xl/styles.xml", STYLES, 0 },          { "xl/sharedStrings.xml", sst, 0 },
		{ "xl/worksheets/sheet1.xml", page, 0 },
	};
	const char *path = make_zip(name, parts, 5);
	free(page);
	free(sst);
	return path;
}

#endif
