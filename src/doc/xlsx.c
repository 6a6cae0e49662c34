/* Finds the first visible worksheet of a package and the tables that its cells refer to. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doc/xlsx_int.h"

enum { PART_NAME_BYTES = 256, REL_ID_BYTES = 64 };

/* What workbook.xml and its relationships tell. */
struct book {
	struct xlsx *x;
	char rel_id[REL_ID_BYTES];
	char name[128];
	char sheet[PART_NAME_BYTES], strings[PART_NAME_BYTES], styles[PART_NAME_BYTES];
	bool has_sheet;
};

enum err xlsx_read_part(struct sheet *s, struct xlsx *x, const char *part,
                        const struct part_handlers *h, void *ctx, struct why *why)
{
	CLEANUP(part_close) struct part *p = NULL;
	enum err e = part_open(s, x->zip, part, h, ctx, &x->unpacked_bytes, &p, why);
	if (e)
		return e;
	e = part_run(p, why);
	return e == ERR_END ? ERR_OK : e;
}

static void no_end(struct part *p, const char *name)
{
	(void)p, (void)name;
}

static bool is_on(const char *v)
{
	return v && (strcmp(v, "1") == 0 || strcmp(v, "true") == 0);
}

static void workbook_start(struct part *p, const char *name, const char **attrs)
{
	struct book *b = part_ctx(p);
	if (strcmp(name, "workbookPr") == 0)
		b->x->is_1904 = is_on(attr(attrs, "date1904"));
	if (strcmp(name, "sheet") != 0 || b->has_sheet)
		return;
	const char *state = attr(attrs, "state"), *title = attr(attrs, "name");
	if (state && strcmp(state, "visible") != 0)
		return;
	/* The relationship is r:id; "id" alone cannot be meant, sheets have sheetId. */
	const char *id = attr(attrs, "id");
	if (!id)
		return;
	snprintf(b->rel_id, sizeof b->rel_id, "%s", id);
	snprintf(b->name, sizeof b->name, "%s", title ? title : "");
	b->has_sheet = true;
}

/* A target is relative to xl/, or absolute when it starts with a slash. */
static void part_name(char *ret, const char *target)
{
	if (target[0] == '/')
		snprintf(ret, PART_NAME_BYTES, "%s", target + 1);
	else
		snprintf(ret, PART_NAME_BYTES, "xl/%s", target);
}

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);
	return n >= m && strcmp(s + n - m, end) == 0;
}

static void rels_start(struct part *p, const char *name, const char **attrs)
{
	struct book *b = part_ctx(p);
	const char *id = attr(attrs, "Id"), *type = attr(attrs, "Type"),
		   *target = attr(attrs, "Target");
	if (strcmp(name, "Relationship") != 0 || !id || !type || !target)
		return;
	if (ends_with(type, "/sharedStrings"))
		part_name(b->strings, target);
	else if (ends_with(type, "/styles"))
		part_name(b->styles, target);
	else if (strcmp(id, b->rel_id) == 0)
		part_name(b->sheet, target);
}

static enum err no_workbook(struct sheet *s, struct xlsx *x, struct why *why)
{
	if (zip_name_locate(x->zip, "xl/workbook.bin", 0) >= 0)
		return fail(why, E_DOC_XLSB, s->file);
	if (zip_name_locate(x->zip, "content.xml", 0) >= 0)
		return fail(why, E_DOC_ODS, s->file);
	return fail(why, E_DOC_NOT_TABLE, s->file);
}

static enum err read_book(struct sheet *s, struct xlsx *x, struct book *b, struct why *why)
{
	static const struct part_handlers WORKBOOK = { workbook_start, no_end, NULL };
	static const struct part_handlers RELS = { rels_start, no_end, NULL };
	enum err e = xlsx_read_part(s, x, "xl/workbook.xml", &WORKBOOK, b, why);
	if (e == ERR_NOT_FOUND)
		return no_workbook(s, x, why);
	if (e)
		return e;
	if (!b->has_sheet)
		return fail(why, E_DOC_NO_SHEET, s->file);
	e = xlsx_read_part(s, x, "xl/_rels/workbook.xml.rels", &RELS, b, why);
	if (e == ERR_NOT_FOUND || (!e && !b->sheet[0]))
		return sheet_damaged(s, 0, "workbook.xml.rels", why);
	snprintf(s->info.name, sizeof s->info.name, "%s", b->name);
	return e;
}

static enum err open_zip(struct sheet *s, struct xlsx *x, struct why *why)
{
	int code = 0;
	x->zip = zip_open(s->path, ZIP_RDONLY, &code);
	if (x->zip)
		return ERR_OK;
	zip_error_t err;
	zip_error_init_with_code(&err, code);
	enum err e = sheet_damaged(s, 0, zip_error_strerror(&err), why);
	zip_error_fini(&err);
	return e;
}

static enum err xlsx_open(struct sheet *s, struct why *why)
{
	struct xlsx *x = s->state = calloc(1, sizeof *x);
	if (!x)
		return fail(why, E_NOMEM);
	s->info.format = SHEET_XLSX;
	struct book b = { .x = x };
	enum err e = open_zip(s, x, why);
	if (e || (e = read_book(s, x, &b, why)))
		return e;
	if (b.strings[0] && (e = xlsx_strings_load(s, x, b.strings, why)))
		return e;
	if (b.styles[0] && (e = xlsx_styles_load(s, x, b.styles, why)))
		return e;
	return xlsx_rows_open(s, x, b.sheet, why);
}

static void xlsx_close(void *state)
{
	struct xlsx *x = state;
	if (!x)
		return;
	xlsx_rows_close(x);
	xlsx_strings_done(&x->strings);
	xlsx_styles_done(&x->styles);
	if (x->zip)
		zip_discard(x->zip);
	free(x);
}

const struct sheet_driver SHEET_DRIVER_XLSX = { xlsx_open, xlsx_rows_next, xlsx_close };
