/* doc/xlsx_write.h -- writes an .xlsx row by row in constant memory.
 *
 * Texts are written as typed texts, so a name that starts with = stays a name and a number written
 * as text keeps its digits. Thread: one writer, one thread; slow (a worker or a child). */
#ifndef DOC_XLSX_WRITE_H
#define DOC_XLSX_WRITE_H

#include "base/err.h"
#include "doc/out.h"

struct xlsx_out;

/** Starts `path` with a bold, frozen header row.
 *  @param sheet    its name, UTF-8, 1..31 characters; []:*?/\ are replaced
 *  @param columns  copied; n is 1..256
 *  @param ret      set on ERR_OK only; the caller owns it and ends with xlsx_out_finish() or
 * _free() */
enum err xlsx_out_new(const char *path, const char *sheet, const struct out_column *columns,
                      size_t n, struct xlsx_out **ret, struct why *why) MUST_USE;

/** Adds a row of as many cells as there are columns; texts beyond a cell's 32,767 characters are
 * cut. After 1,048,575 rows another worksheet is begun. */
enum err xlsx_out_row(struct xlsx_out *o, const struct out_cell *cells, struct why *why) MUST_USE;

/** Writes the file and frees *o, also on failure. @return ERR_IO: the file is incomplete */
enum err xlsx_out_finish(struct xlsx_out **o, struct why *why) MUST_USE;

/** Gives up: frees *o (NULL is fine) and removes the file. */
void xlsx_out_free(struct xlsx_out **o);

#endif
