#include "doc/rowbuf.h"

#include <stdlib.h>
#include <string.h>

enum err rowbuf_init(struct rowbuf *r, const struct sheet_limits *lim, struct why *why)
{
	*r = (struct rowbuf){ .max_columns = lim->columns, .max_cell_bytes = lim->cell_bytes };
	r->cells = calloc(lim->columns, sizeof *r->cells);
	r->at = calloc(lim->columns, sizeof *r->at);
	r->text_cap = 4096;
	r->text = malloc(r->text_cap);
	if (!r->cells || !r->at || !r->text)
		return fail(why, E_NOMEM);
	rowbuf_clear(r);
	return ERR_OK;
}

void rowbuf_done(struct rowbuf *r)
{
	free(r->text);
	free(r->cells);
	free(r->at);
	*r = (struct rowbuf){ 0 };
}

void rowbuf_clear(struct rowbuf *r)
{
	r->text[0] = '\0'; /* offset 0 is every empty cell's text */
	r->text_len = 1;
	r->n = 0;
}

void rowbuf_begin(struct rowbuf *r, size_t column)
{
	r->open_column = column;
	r->open_at = r->text_len;
}

static enum err grow(struct rowbuf *r, size_t need, struct why *why)
{
	if (need <= r->text_cap)
		return ERR_OK;
	size_t cap = r->text_cap * 2 > need ? r->text_cap * 2 : need;
	char *t = realloc(r->text, cap);
	if (!t)
		return fail(why, E_NOMEM);
	r->text = t;
	r->text_cap = cap;
	return ERR_OK;
}

enum err rowbuf_add(struct rowbuf *r, const char *p, size_t n, int64_t row, struct why *why)
{
	if (r->text_len - r->open_at + n > r->max_cell_bytes)
		return fail(why, E_DOC_CELL_LONG, row, (int64_t)r->open_column + 1,
		            (int64_t)r->max_cell_bytes);
	enum err e = grow(r, r->text_len + n + 1, why);
	if (e)
		return e;
	for (size_t i = 0; i < n; i++) {
		if (p[i])
			r->text[r->text_len++] = p[i];
	}
	return ERR_OK;
}

enum err rowbuf_end(struct rowbuf *r, enum cell_kind kind, bool is_lossy, int64_t row,
                    struct why *why)
{
	size_t len = r->text_len - r->open_at, c = r->open_column;
	if (len == 0)
		return ERR_OK;
	if (c >= r->max_columns)
		return fail(why, E_DOC_COLUMNS, row, (int64_t)r->max_columns);
	enum err e = grow(r, r->text_len + 1, why);
	if (e)
		return e;
	r->text[r->text_len++] = '\0';
	for (; r->n <= c; r->n++) {
		r->cells[r->n] = (struct cell){ .kind = CELL_EMPTY };
		r->at[r->n] = 0;
	}
	r->cells[c] = (struct cell){ .len = len, .kind = kind, .is_lossy = is_lossy };
	r->at[c] = r->open_at;
	return ERR_OK;
}

const struct cell *rowbuf_cells(struct rowbuf *r)
{
	for (size_t i = 0; i < r->n; i++)
		r->cells[i].text = r->text + r->at[i];
	return r->cells;
}
