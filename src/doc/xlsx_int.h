/* doc/xlsx_int.h -- what the files that read an .xlsx share. ECMA-376 part 1, 18 (SpreadsheetML).
 */
#ifndef DOC_XLSX_INT_H
#define DOC_XLSX_INT_H

#include "doc/xlsx_part.h"

/* The shared string table: all texts one after the other, each terminated. */
struct strings {
	char *text;
	size_t len, cap;
	size_t *at;
	size_t n, at_cap;
};

/* Which cell styles (cellXfs) show a number as a date. */
struct styles {
	bool *is_date;
	size_t n;
};

struct xlsx {
	zip_t *zip;
	int64_t unpacked_bytes;
	struct strings strings;
	struct styles styles;
	bool is_1904;
	struct part *rows; /* the worksheet being read */
	struct row_reader *reader;
};

enum err xlsx_strings_load(struct sheet *s, struct xlsx *x, const char *part,
                           struct why *why) MUST_USE;
void xlsx_strings_done(struct strings *t);

enum err xlsx_styles_load(struct sheet *s, struct xlsx *x, const char *part,
                          struct why *why) MUST_USE;
void xlsx_styles_done(struct styles *t);

enum err xlsx_rows_open(struct sheet *s, struct xlsx *x, const char *part,
                        struct why *why) MUST_USE;
enum err xlsx_rows_next(struct sheet *s, struct why *why) MUST_USE;
void xlsx_rows_close(struct xlsx *x);

/* Opens a part, runs it to its end and closes it.
 * ERR_NOT_FOUND: there is no such part. */
enum err xlsx_read_part(struct sheet *s, struct xlsx *x, const char *part,
                        const struct part_handlers *h, void *ctx, struct why *why) MUST_USE;

/* Undoes the _xHHHH_ escapes of SpreadsheetML strings in place; returns the new length.
 * ECMA-376 part 1, 22.9.2.19 (ST_Xstring). */
size_t xlsx_unescape(char *s, size_t n);

#endif
