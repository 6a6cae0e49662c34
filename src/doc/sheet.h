/* doc/sheet.h -- reads a table that somebody else made, row by row.
 *
 * .xlsx, .xls and .csv (UTF-8 with or without BOM, UTF-16, GB18030; comma, tab, semicolon, bar);
 * the format is found by content, a name may lie. The first visible worksheet counts. Rows without
 * any text are skipped. Every limit of struct sheet_limits is checked while reading, because the
 * sizes a file states about itself may lie too. Thread: one sheet, one thread. Foreign bytes: call
 * it from a child process (hujiao worker). */
#ifndef DOC_SHEET_H
#define DOC_SHEET_H

#include "base/err.h"

enum cell_kind { CELL_EMPTY, CELL_TEXT, CELL_NUMBER };

/** A cell's content as UTF-8, without NUL inside, terminated. A number has no exponent:
 *  1.3800138E10 reads "13800138000". Dates read "2026-11-22" or "2026-11-22 09:30:00" as text. */
struct cell {
	const char *text; /* never NULL; "" when empty */
	size_t len;
	enum cell_kind kind;
	bool is_lossy; /* a number beyond 15 digits: the spreadsheet has already lost the last ones
	                */
};

struct sheet_row {
	const struct cell *cells; /* valid until the next call */
	size_t n;                 /* up to the last cell with content; at least 1 */
	int64_t number;           /* as a spreadsheet program shows it, from 1 */
};

struct sheet_limits {
	size_t columns; /* a row with content beyond this is refused */
	int64_t rows;
	size_t cell_bytes;
	int64_t file_bytes;
	int64_t unpacked_bytes; /* .xlsx: of the parts that are read, together */
	int64_t ratio;          /* .xlsx: unpacked to packed, of a part beyond 4 MiB */
	int64_t strings;        /* .xlsx: shared strings */
};
extern const struct sheet_limits
    SHEET_LIMITS; /* 512 columns, 1,048,576 rows, 128 KiB a cell, ... */

enum sheet_format { SHEET_XLSX, SHEET_XLS, SHEET_CSV };

struct sheet_info {
	enum sheet_format format;
	char name[128];    /* of the worksheet, UTF-8; "" for CSV */
	char encoding[16]; /* CSV: "UTF-8", "UTF-16LE", "UTF-16BE", "GB18030" */
	char delimiter;    /* CSV */
};

struct sheet;

/** Opens `path` with SHEET_LIMITS.
 *  @param ret  set on ERR_OK only; the caller owns it: sheet_close()
 *  @return ERR_IO when the file cannot be read; ERR_INVALID (damaged, encrypted, unknown, bomb) */
enum err sheet_open(const char *path, struct sheet **ret, struct why *why) MUST_USE;

/** The same with other limits, which are copied. */
enum err sheet_open_limits(const char *path, const struct sheet_limits *lim, struct sheet **ret,
                           struct why *why) MUST_USE;

/** The next row with content.
 *  @return ERR_END after the last; ERR_INVALID names the row, and the sheet gives no more rows */
enum err sheet_next(struct sheet *s, struct sheet_row *ret, struct why *why) MUST_USE;

const struct sheet_info *sheet_info(const struct sheet *s);

/** How much of the file has been read, 0..100, for a progress bar. */
int sheet_pct(const struct sheet *s);

/** Frees *s (NULL is fine) and clears it. */
void sheet_close(struct sheet **s);

#endif
