/* doc/decimal.h -- a spreadsheet's numbers as people write them. Pure. */
#ifndef DOC_DECIMAL_H
#define DOC_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>

enum { DECIMAL_BYTES = 48 };

/** Writes the stored number ("1.3800138E10") without exponent ("13800138000"), rounded to the 15
 *  digits that spreadsheets keep, so 0.1 + 0.2 reads "0.3".
 *  @param text    terminated
 *  @param ret     DECIMAL_BYTES
 *  @param lossy   set when the number needs more than 15 digits
 *  @return false when the text is no number */
bool decimal_text(const char *text, char *ret, bool *lossy);

/** The same for a value. Not finite: false. */
bool decimal_value(double v, char *ret, bool *lossy);

/** Writes a spreadsheet's day number as "2026-11-22", "2026-11-22 09:30:00" or, below one,
 * "09:30:00".
 *  @param is_1904  days count from 1904-01-01 (files from old Macs), else from 1899-12-30
 *  @return false when it is no date of the years 1900 to 9999 */
bool decimal_date(double serial, bool is_1904, char *ret);

#endif
