/* A file somebody uploads as a list: .xlsx, .xls, .csv in any encoding, or anything else. */
#include "fuzz.h"

#include <string.h>

#include "doc/sheet.h"

/* Small, so that what is beyond a limit is found quickly and a run stays fast. */
static const struct sheet_limits LIMITS = { .columns = 32,
	                                    .rows = 2000,
	                                    .cell_bytes = 4096,
	                                    .file_bytes = 1 << 20,
	                                    .unpacked_bytes = 1 << 20,
	                                    .ratio = 100,
	                                    .strings = 1000 };

static void check_row(const struct sheet_row *r, int64_t before)
{
	FUZZ_HOLDS(r->n >= 1 && r->n <= LIMITS.columns && r->number > before);
	for (size_t i = 0; i < r->n; i++)
		FUZZ_HOLDS(strlen(r->cells[i].text) == r->cells[i].len &&
		           r->cells[i].len <= LIMITS.cell_bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sheet *s = NULL;
	struct sheet_row row;
	struct why why = { 0 };
	enum err e = sheet_open_limits(fuzz_file(data, size), &LIMITS, &s, &why);
	int64_t at = 0;
	while (!e && !(e = sheet_next(s, &row, &why))) {
		check_row(&row, at);
		at = row.number;
	}
	FUZZ_HOLDS(e == ERR_END || why.code);
	FUZZ_HOLDS(!s || (sheet_pct(s) >= 0 && sheet_pct(s) <= 100));
	sheet_close(&s);
	return 0;
}
