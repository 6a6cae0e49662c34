/* doc/rowbuf.h -- one row being read: cells in any order, within limits. */
#ifndef DOC_ROWBUF_H
#define DOC_ROWBUF_H

#include "doc/sheet.h"

struct rowbuf {
	size_t max_columns, max_cell_bytes;
	char *text; /* all cells' texts, each terminated */
	size_t text_len, text_cap;
	struct cell *cells;
	size_t *at; /* where each cell's text starts */
	size_t n;   /* up to the last cell with content */
	size_t open_column, open_at;
};

enum err rowbuf_init(struct rowbuf *r, const struct sheet_limits *lim, struct why *why) MUST_USE;
void rowbuf_done(struct rowbuf *r);
void rowbuf_clear(struct rowbuf *r);

/** Starts the cell of `column` (from 0); bytes follow by rowbuf_add, then rowbuf_end. */
void rowbuf_begin(struct rowbuf *r, size_t column);
/** `row` only serves the message. NUL bytes are dropped.
 *  @return ERR_INVALID: the cell is too long; ERR_NOMEM */
enum err rowbuf_add(struct rowbuf *r, const char *p, size_t n, int64_t row,
                    struct why *why) MUST_USE;
/** Ends the cell. An empty one leaves no trace; content beyond the column limit is refused. */
enum err rowbuf_end(struct rowbuf *r, enum cell_kind kind, bool is_lossy, int64_t row,
                    struct why *why) MUST_USE;

/** Points the cells at their texts; valid until the next change. */
const struct cell *rowbuf_cells(struct rowbuf *r);

#endif
