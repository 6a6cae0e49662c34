/* doc/out.h -- a table to be written: its columns and one row's cells. */
#ifndef DOC_OUT_H
#define DOC_OUT_H

#include <stdint.h>

enum out_kind {
	OUT_TEXT,
	OUT_NUMBER,   /* thousands separated */
	OUT_DECIMAL,  /* two places */
	OUT_PERCENT,  /* the cell's `d` is a fraction: 0.25 shows 25.0% */
	OUT_DURATION, /* whole seconds, shown h:mm:ss */
	OUT_FEN,      /* money in fen, shown in yuan */
};

struct out_column {
	const char *title; /* UTF-8 */
	enum out_kind kind;
	int width; /* characters; 0: a default */
};

/** A cell's value, read as its column's kind says. */
struct out_cell {
	const char *text; /* OUT_TEXT; NULL: empty */
	int64_t i;        /* OUT_NUMBER, OUT_DURATION, OUT_FEN */
	double d;         /* OUT_DECIMAL, OUT_PERCENT */
	int is_empty;     /* numbers: 1 leaves the cell blank */
};

#define CELL_T(s) ((struct out_cell){ .text = (s) })
#define CELL_I(n) ((struct out_cell){ .i = (n) })
#define CELL_D(v) ((struct out_cell){ .d = (v) })
#define CELL_NONE ((struct out_cell){ .is_empty = 1 })

#endif
