/* doc/csv_write.h -- writes a .csv row by row: UTF-8 with byte order mark, CRLF, RFC 4180 quotes.
 *
 * A text that a spreadsheet would run as a formula (= + - @ tab CR at its start) gets an apostrophe
 * before it (OWASP, "CSV Injection"). Thread: one writer, one thread. */
#ifndef DOC_CSV_WRITE_H
#define DOC_CSV_WRITE_H

#include "base/err.h"
#include "doc/out.h"

struct csv_out;

/** Starts `path` with the header row. @param columns  copied; n is 1..256 */
enum err csv_out_new(const char *path, const struct out_column *columns, size_t n,
                     struct csv_out **ret, struct why *why) MUST_USE;
/** Durations are written h:mm:ss, money as yuan with two places, percentages as 25.0%. */
enum err csv_out_row(struct csv_out *o, const struct out_cell *cells, struct why *why) MUST_USE;
/** Writes what is left and frees *o, also on failure. */
enum err csv_out_finish(struct csv_out **o, struct why *why) MUST_USE;
/** Gives up: frees *o (NULL is fine) and removes the file. */
void csv_out_free(struct csv_out **o);

#endif
