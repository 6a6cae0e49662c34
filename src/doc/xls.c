/* .xls (BIFF 5 and 8) through FreeXL, which holds the whole workbook in memory. An .xlsx with a
 * password is the same kind of container (MS-OFFCRYPTO 2.3.4: a stream named EncryptedPackage). */
#include <errno.h>
#include <fcntl.h>
#include <freexl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "doc/decimal.h"
#include "doc/sheet_int.h"

enum { XLS_MB = 64 }; /* 65,536 rows of 256 columns fit many times */

struct xls {
	const void *book;
	unsigned int row, rows;
	unsigned short columns;
};

static const char *reason(int code)
{
	switch (code) {
	case FREEXL_INSUFFICIENT_MEMORY:
		return "out of memory";
	case FREEXL_BIFF_INVALID_SST:
	case FREEXL_BIFF_ILLEGAL_SST_INDEX:
		return "a text is missing from the shared strings";
	case FREEXL_CRAFTED_FILE:
		return "its parts contradict each other";
	default:
		return "its container is broken";
	}
}

/* Does the container name a stream `ascii`? Names are UTF-16LE in its directory, wherever that
 * lies. */
static bool has_stream(const char *p, size_t n, const char *ascii)
{
	char name[64];
	size_t m = strlen(ascii);
	for (size_t i = 0; i < m; i++) {
		name[2 * i] = ascii[i];
		name[2 * i + 1] = '\0';
	}
	return memmem(p, n, name, 2 * m) != NULL;
}

static enum err check_container(struct sheet *s, struct why *why)
{
	int fd = open(s->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(why, E_FILE_OPEN, s->file, strerror(errno));
	size_t n = (size_t)s->size_bytes;
	char *p = mmap(NULL, n, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (p == MAP_FAILED)
		return fail(why, E_FILE_READ, s->file, strerror(errno));
	enum err e = ERR_OK;
	if (has_stream(p, n, "EncryptedPackage"))
		e = fail(why, E_DOC_ENCRYPTED, s->file);
	else if (!has_stream(p, n, "Workbook") && !has_stream(p, n, "Book"))
		e = fail(why, E_DOC_NOT_TABLE, s->file);
	munmap(p, n);
	return e;
}

static enum err choose_sheet(struct sheet *s, struct xls *x, struct why *why)
{
	unsigned int sheets = 0;
	freexl_get_info(x->book, FREEXL_BIFF_SHEET_COUNT, &sheets);
	for (unsigned int i = 0; i < sheets; i++) {
		const char *name = NULL;
		if (freexl_select_active_worksheet(x->book, (unsigned short)i) != FREEXL_OK ||
		    freexl_worksheet_dimensions(x->book, &x->rows, &x->columns) != FREEXL_OK ||
		    x->rows == 0)
			continue;
		if (freexl_get_worksheet_name(x->book, (unsigned short)i, &name) == FREEXL_OK &&
		    name)
			snprintf(s->info.name, sizeof s->info.name, "%s", name);
		return ERR_OK;
	}
	return fail(why, E_DOC_NO_SHEET, s->file);
}

static enum err xls_open(struct sheet *s, struct why *why)
{
	struct xls *x = s->state = calloc(1, sizeof *x);
	if (!x)
		return fail(why, E_NOMEM);
	s->info.format = SHEET_XLS;
	if (s->size_bytes > (int64_t)XLS_MB << 20)
		return fail(why, E_DOC_BIG, s->file, s->size_bytes >> 20, XLS_MB);
	enum err e = check_container(s, why);
	if (e)
		return e;
	int code = freexl_open(s->path, &x->book);
	if (code != FREEXL_OK) {
		x->book = NULL;
		return sheet_damaged(s, 0, reason(code), why);
	}
	unsigned int password = FREEXL_BIFF_PLAIN;
	freexl_get_info(x->book, FREEXL_BIFF_PASSWORD, &password);
	if (password == FREEXL_BIFF_OBFUSCATED)
		return fail(why, E_DOC_ENCRYPTED, s->file);
	return choose_sheet(s, x, why);
}

static enum err put(struct sheet *s, const FreeXL_CellValue *v, struct why *why)
{
	char number[DECIMAL_BYTES];
	const char *text = NULL;
	bool is_lossy = false;
	switch (v->type) {
	case FREEXL_CELL_INT:
		snprintf(number, sizeof number, "%d", v->value.int_value);
		break;
	case FREEXL_CELL_DOUBLE:
		if (!decimal_value(v->value.double_value, number, &is_lossy))
			return ERR_OK;
		break;
	case FREEXL_CELL_TEXT:
	case FREEXL_CELL_SST_TEXT:
	case FREEXL_CELL_DATE:
	case FREEXL_CELL_DATETIME:
	case FREEXL_CELL_TIME:
		text = v->value.text_value;
		if (!text)
			return ERR_OK;
		break;
	default:
		return ERR_OK;
	}
	enum cell_kind kind = text ? CELL_TEXT : CELL_NUMBER;
	if (!text)
		text = number;
	enum err e = rowbuf_add(&s->row, text, strlen(text), s->row_number, why);
	return e ? e : rowbuf_end(&s->row, kind, is_lossy, s->row_number, why);
}

static enum err xls_next(struct sheet *s, struct why *why)
{
	struct xls *x = s->state;
	if (x->row >= x->rows)
		return ERR_END;
	s->row_number = (int64_t)x->row + 1;
	for (unsigned short c = 0; c < x->columns; c++) {
		FreeXL_CellValue v;
		int code = freexl_get_cell_value(x->book, x->row, c, &v);
		if (code != FREEXL_OK)
			return sheet_damaged(s, s->row_number, reason(code), why);
		rowbuf_begin(&s->row, c);
		enum err e = put(s, &v, why);
		if (e)
			return e;
	}
	x->row++;
	s->read_bytes = s->size_bytes * x->row / x->rows;
	return ERR_OK;
}

static void xls_close(void *state)
{
	struct xls *x = state;
	if (!x)
		return;
	if (x->book)
		freexl_close(x->book);
	free(x);
}

const struct sheet_driver SHEET_DRIVER_XLS = { xls_open, xls_next, xls_close };
