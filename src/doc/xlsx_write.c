#include "doc/xlsx_write.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xlsxwriter.h>

enum {
	OUT_COLUMNS = 256,
	SHEET_ROWS = 1048576, /* of one worksheet, header included */
	CELL_CHARS = 32767,
	SHEET_NAME_CHARS = 31,
	DEFAULT_WIDTH = 14,
};

struct xlsx_out {
	char *path;
	char sheet[SHEET_NAME_CHARS * 4 + 8];
	lxw_workbook *book;
	lxw_worksheet *page;
	lxw_format *header, *format[OUT_FEN + 1];
	struct out_column *columns;
	size_t n;
	lxw_row_t row;
	int pages;
};

static const char *const FORMATS[] = {
	[OUT_TEXT] = "@",       [OUT_NUMBER] = "#,##0",       [OUT_DECIMAL] = "0.00",
	[OUT_PERCENT] = "0.0%", [OUT_DURATION] = "[h]:mm:ss", [OUT_FEN] = "#,##0.00",
};

/* The bytes of the first `chars` characters of UTF-8 text; characters beyond U+FFFF count twice, as
 * in a spreadsheet. */
static size_t cut(const char *s, size_t chars)
{
	size_t n = 0;
	while (s[n] && chars > 0) {
		size_t weight = ((unsigned char)s[n] >= 0xF0) ? 2 : 1;
		if (weight > chars)
			break;
		chars -= weight;
		n++;
		while (((unsigned char)s[n] & 0xC0) == 0x80)
			n++;
	}
	return n;
}

static void set_sheet_name(struct xlsx_out *o, const char *name)
{
	size_t n = cut(name, SHEET_NAME_CHARS - 4); /* room for " (2)" */
	memcpy(o->sheet, name, n);
	o->sheet[n] = '\0';
	for (char *p = o->sheet; (p = strpbrk(p, "[]:*?/\\'")); p++)
		*p = ' ';
}

static enum err write_error(struct xlsx_out *o, lxw_error code, struct why *why)
{
	const char *slash = strrchr(o->path, '/');
	return fail(why, E_DOC_WRITE, slash ? slash + 1 : o->path, lxw_strerror(code));
}

static enum err begin_page(struct xlsx_out *o, struct why *why)
{
	char name[sizeof o->sheet + 16];
	o->pages++;
	if (o->pages == 1)
		snprintf(name, sizeof name, "%s", o->sheet);
	else
		snprintf(name, sizeof name, "%s (%d)", o->sheet, o->pages);
	o->page = workbook_add_worksheet(o->book, name);
	if (!o->page)
		return write_error(o, LXW_ERROR_SHEETNAME_ALREADY_USED, why);
	worksheet_freeze_panes(o->page, 1, 0);
	for (size_t c = 0; c < o->n; c++) {
		const struct out_column *k = &o->columns[c];
		worksheet_set_column(o->page, (lxw_col_t)c, (lxw_col_t)c,
		                     k->width ? k->width : DEFAULT_WIDTH, NULL);
	}
	for (size_t c = 0; c < o->n; c++) {
		lxw_error code = worksheet_write_string(o->page, 0, (lxw_col_t)c,
		                                        o->columns[c].title, o->header);
		if (code)
			return write_error(o, code, why);
	}
	o->row = 1;
	return ERR_OK;
}

static bool copy_columns(struct xlsx_out *o, const struct out_column *columns, size_t n)
{
	o->columns = calloc(n, sizeof *columns);
	for (; o->columns && o->n < n; o->n++) {
		o->columns[o->n] = columns[o->n];
		if (!(o->columns[o->n].title = strdup(columns[o->n].title)))
			return false;
	}
	return o->columns != NULL;
}

static bool open_book(struct xlsx_out *o)
{
	lxw_workbook_options opt = { .constant_memory = LXW_TRUE };
	o->book = workbook_new_opt(o->path, &opt);
	if (!o->book || !(o->header = workbook_add_format(o->book)))
		return false;
	format_set_bold(o->header);
	format_set_bg_color(o->header, 0xE8EEF7);
	format_set_bottom(o->header, LXW_BORDER_THIN);
	for (int k = 0; k <= OUT_FEN; k++) {
		if (!(o->format[k] = workbook_add_format(o->book)))
			return false;
		format_set_num_format(o->format[k], FORMATS[k]);
	}
	return true;
}

enum err xlsx_out_new(const char *path, const char *sheet, const struct out_column *columns,
                      size_t n, struct xlsx_out **ret, struct why *why)
{
	if (n < 1 || n > OUT_COLUMNS)
		return fail(why, E_DOC_FIELDS, OUT_COLUMNS);
	CLEANUP(xlsx_out_free) struct xlsx_out *o = calloc(1, sizeof *o);
	if (!o || !(o->path = strdup(path)) || !copy_columns(o, columns, n) || !open_book(o))
		return fail(why, E_NOMEM);
	set_sheet_name(o, sheet);
	enum err e = begin_page(o, why);
	if (e)
		return e;
	*ret = o;
	o = NULL;
	return ERR_OK;
}

static lxw_error write_text(struct xlsx_out *o, lxw_col_t c, const char *text)
{
	if (!text || !*text)
		return LXW_NO_ERROR;
	size_t n = cut(text, CELL_CHARS);
	if (!text[n])
		return worksheet_write_string(o->page, o->row, c, text, NULL);
	char *part = strndup(text, n);
	if (!part)
		return LXW_ERROR_MEMORY_MALLOC_FAILED;
	lxw_error code = worksheet_write_string(o->page, o->row, c, part, NULL);
	free(part);
	return code;
}

static lxw_error write_cell(struct xlsx_out *o, lxw_col_t c, const struct out_cell *v)
{
	enum out_kind kind = o->columns[c].kind;
	if (kind == OUT_TEXT)
		return write_text(o, c, v->text);
	if (v->is_empty)
		return LXW_NO_ERROR;
	double d = kind == OUT_DURATION ? (double)v->i / 86400
	           : kind == OUT_FEN    ? (double)v->i / 100
	           : kind == OUT_NUMBER ? (double)v->i
	                                : v->d;
	return worksheet_write_number(o->page, o->row, c, d, o->format[kind]);
}

enum err xlsx_out_row(struct xlsx_out *o, const struct out_cell *cells, struct why *why)
{
	if (o->row >= SHEET_ROWS) {
		enum err e = begin_page(o, why);
		if (e)
			return e;
	}
	for (size_t c = 0; c < o->n; c++) {
		lxw_error code = write_cell(o, (lxw_col_t)c, &cells[c]);
		if (code)
			return write_error(o, code, why);
	}
	o->row++;
	return ERR_OK;
}

static void release(struct xlsx_out *o)
{
	for (size_t i = 0; i < o->n; i++)
		free((char *)o->columns[i].title);
	free(o->columns);
	free(o->path);
	free(o);
}

enum err xlsx_out_finish(struct xlsx_out **op, struct why *why)
{
	struct xlsx_out *o = *op;
	*op = NULL;
	lxw_error code = workbook_close(o->book);
	enum err e = code ? write_error(o, code, why) : ERR_OK;
	release(o);
	return e;
}

void xlsx_out_free(struct xlsx_out **op)
{
	struct xlsx_out *o = *op;
	if (!o)
		return;
	*op = NULL;
	if (o->book) {
		workbook_close(o->book); /* the only call that frees the temporary files */
		unlink(o->path);
	}
	release(o);
}
