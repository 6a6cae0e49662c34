/* report/export.h -- a report as a workbook. */
#ifndef REPORT_EXPORT_H
#define REPORT_EXPORT_H

#include "report/figures.h"

/** Writes rows, total and, below them, the formulas with their versions.
 *  @param path  of the new .xlsx */
enum err report_xlsx(const struct report *r, const struct period *p, enum figure_by by,
                     enum lang lang, const char *path, struct why *why) MUST_USE;

#endif
