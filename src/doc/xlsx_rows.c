/* The worksheet: <row r="2"><c r="A2" t="s" s="1"><v>0</v></c></row>, pausing after every row. */
#include <stdlib.h>
#include <string.h>

#include "doc/decimal.h"
#include "doc/xlsx_int.h"

enum value_type { V_NUMBER, V_SHARED, V_STRING, V_BOOL };

struct row_reader {
	struct sheet *s;
	struct xlsx *x;
	bool in_row, in_value, has_value;
	int in_phonetic;
	int64_t row;    /* the row being read */
	int64_t column; /* of the cell being read, from 0 */
	enum value_type type;
	long style;
	char *value; /* terminated; of the cell being read */
	size_t len, cap;
};

/* "AB12" -> 27; -1: no column. */
static int64_t column_of(const char *ref)
{
	int64_t c = 0;
	for (; *ref >= 'A' && *ref <= 'Z'; ref++) {
		c = c * 26 + (*ref - 'A' + 1);
		if (c > 1 << 20)
			return -1;
	}
	return c - 1;
}

static void damaged(struct part *p, const char *what)
{
	struct row_reader *r = part_ctx(p);
	part_fail(p, sheet_damaged(r->s, r->row, what, part_why(p)));
}

static void row_start(struct part *p, const char **attrs)
{
	struct row_reader *r = part_ctx(p);
	const char *ref = attr(attrs, "r");
	int64_t n = ref ? strtoll(ref, NULL, 10) : r->row + 1;
	if (n <= r->row || n > 1LL << 31) {
		damaged(p, "the rows are out of order");
		return;
	}
	r->row = n;
	r->s->row_number = n;
	r->column = -1;
	r->in_row = true;
}

static enum value_type type_of(const char *t)
{
	if (!t || strcmp(t, "n") == 0)
		return V_NUMBER;
	if (strcmp(t, "s") == 0)
		return V_SHARED;
	return strcmp(t, "b") == 0 ? V_BOOL
	                           : V_STRING; /* str, inlineStr, d (a date in ISO 8601), e */
}

static void cell_start(struct part *p, const char **attrs)
{
	struct row_reader *r = part_ctx(p);
	const char *ref = attr(attrs, "r"), *style = attr(attrs, "s");
	int64_t c = ref ? column_of(ref) : r->column + 1;
	if (c < 0) {
		damaged(p, "a cell has no place");
		return;
	}
	r->column = c;
	r->type = type_of(attr(attrs, "t"));
	r->style = style ? strtol(style, NULL, 10) : 0;
	r->len = 0;
	r->in_value = false;
}

static void rows_start(struct part *p, const char *name, const char **attrs)
{
	struct row_reader *r = part_ctx(p);
	if (strcmp(name, "row") == 0)
		row_start(p, attrs);
	else if (!r->in_row)
		return;
	else if (strcmp(name, "c") == 0)
		cell_start(p, attrs);
	else if (strcmp(name, "rPh") == 0)
		r->in_phonetic++;
	else if (strcmp(name, "v") == 0 || strcmp(name, "t") == 0)
		r->in_value = r->column >= 0 && r->in_phonetic == 0;
}

static void rows_text(struct part *p, const char *s, int n)
{
	struct row_reader *r = part_ctx(p);
	if (!r->in_value)
		return;
	size_t need = r->len + (size_t)n + 1;
	/* Counted before entities and escapes shrink it, so a little room beyond the limit. */
	if (need > r->s->lim.cell_bytes + 64) {
		part_fail(p, fail(part_why(p), E_DOC_CELL_LONG, r->row, r->column + 1,
		                  (int64_t)r->s->lim.cell_bytes));
		return;
	}
	if (need > r->cap) {
		char *v = realloc(r->value, need * 2);
		if (!v) {
			part_fail(p, fail(part_why(p), E_NOMEM));
			return;
		}
		r->value = v;
		r->cap = need * 2;
	}
	memcpy(r->value + r->len, s, (size_t)n);
	r->len += (size_t)n;
	r->value[r->len] = '\0';
}

static enum err put(struct row_reader *r, const char *text, size_t n, enum cell_kind kind,
                    bool is_lossy, struct why *why)
{
	rowbuf_begin(&r->s->row, (size_t)r->column);
	enum err e = rowbuf_add(&r->s->row, text, n, r->row, why);
	return e ? e : rowbuf_end(&r->s->row, kind, is_lossy, r->row, why);
}

static enum err put_shared(struct row_reader *r, struct why *why)
{
	char *end;
	unsigned long i = strtoul(r->value, &end, 10);
	const struct strings *t = &r->x->strings;
	if (*end || i >= t->n)
		return sheet_damaged(r->s, r->row, "a text is missing from the shared strings",
		                     why);
	const char *text = t->text + t->at[i];
	return put(r, text, strlen(text), CELL_TEXT, false, why);
}

static enum err put_number(struct row_reader *r, struct why *why)
{
	char text[DECIMAL_BYTES];
	bool is_lossy = false;
	const struct styles *st = &r->x->styles;
	bool is_date = r->style >= 0 && (size_t)r->style < st->n && st->is_date[r->style];
	if (is_date && decimal_date(strtod(r->value, NULL), r->x->is_1904, text))
		return put(r, text, strlen(text), CELL_TEXT, false, why);
	if (decimal_text(r->value, text, &is_lossy))
		return put(r, text, strlen(text), CELL_NUMBER, is_lossy, why);
	return put(r, r->value, r->len, CELL_TEXT, false, why);
}

static enum err cell_end(struct row_reader *r, struct why *why)
{
	if (r->len == 0)
		return ERR_OK;
	switch (r->type) {
	case V_SHARED:
		return put_shared(r, why);
	case V_NUMBER:
		return put_number(r, why);
	case V_BOOL:
		return r->value[0] == '1' ? put(r, "TRUE", 4, CELL_TEXT, false, why)
		                          : put(r, "FALSE", 5, CELL_TEXT, false, why);
	case V_STRING:
		break;
	}
	r->len = xlsx_unescape(r->value, r->len);
	return put(r, r->value, r->len, CELL_TEXT, false, why);
}

static void rows_end(struct part *p, const char *name)
{
	struct row_reader *r = part_ctx(p);
	r->in_value = false;
	if (!r->in_row)
		return;
	if (strcmp(name, "rPh") == 0) {
		r->in_phonetic--;
	} else if (strcmp(name, "c") == 0) {
		enum err e = cell_end(r, part_why(p));
		r->len = 0;
		if (e)
			part_fail(p, e);
	} else if (strcmp(name, "row") == 0) {
		r->in_row = false;
		if (r->s->row.n > 0)
			part_pause(p);
	}
}

enum err xlsx_rows_open(struct sheet *s, struct xlsx *x, const char *part, struct why *why)
{
	static const struct part_handlers H = { rows_start, rows_end, rows_text };
	struct row_reader *r = x->reader = calloc(1, sizeof *r);
	if (!r)
		return fail(why, E_NOMEM);
	r->s = s;
	r->x = x;
	enum err e = part_open(s, x->zip, part, &H, r, &x->unpacked_bytes, &x->rows, why);
	return e == ERR_NOT_FOUND ? sheet_damaged(s, 0, part, why) : e;
}

enum err xlsx_rows_next(struct sheet *s, struct why *why)
{
	struct xlsx *x = s->state;
	return part_run(x->rows, why);
}

void xlsx_rows_close(struct xlsx *x)
{
	part_close(&x->rows);
	if (x->reader)
		free(x->reader->value);
	free(x->reader);
}
