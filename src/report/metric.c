#include <string.h>

#include "report/figures.h"

#define ROW_COUNT(n, cond, z, e, fz, fe, v) \
	[METRIC_##n] = { .name = #n, \
		         .kind = METRIC_IS_COUNT, \
		         .zh = (z), \
		         .en = (e), \
		         .formula_zh = (fz), \
		         .formula_en = (fe), \
		         .version = (v) },
#define ROW_SUM(n, column, cond, z, e, fz, fe, v) \
	[METRIC_##n] = { .name = #n, \
		         .kind = METRIC_IS_SUM, \
		         .zh = (z), \
		         .en = (e), \
		         .formula_zh = (fz), \
		         .formula_en = (fe), \
		         .version = (v) },
#define ROW_NUMBERS(n, cond, z, e, fz, fe, v) \
	[METRIC_##n] = { .name = #n, \
		         .kind = METRIC_IS_NUMBERS, \
		         .zh = (z), \
		         .en = (e), \
		         .formula_zh = (fz), \
		         .formula_en = (fe), \
		         .version = (v) },
#define ROW_RATE(n, num, den, z, e, fz, fe, v) \
	[METRIC_##n] = { .name = #n, \
		         .kind = METRIC_IS_RATE, \
		         .zh = (z), \
		         .en = (e), \
		         .formula_zh = (fz), \
		         .formula_en = (fe), \
		         .version = (v), \
		         .numerator = METRIC_##num, \
		         .denominator = METRIC_##den },

static const struct metric_row ROWS[METRIC_COUNT] = { METRICS(ROW_COUNT, ROW_SUM, ROW_NUMBERS,
	                                                      ROW_RATE) };

const struct metric_row *metric_row(enum metric m)
{
	return &ROWS[m];
}

enum metric metric_find(const char *name)
{
	for (int i = 0; i < METRIC_COUNT; i++)
		if (!strcmp(ROWS[i].name, name))
			return (enum metric)i;
	return METRIC_COUNT;
}

int64_t rate_bp(int64_t numerator, int64_t denominator)
{
	return denominator ? (numerator * 20000 + denominator) / (2 * denominator) : -1;
}

int64_t figures_rate_bp(const struct figures *f, enum metric rate)
{
	return rate_bp(f->v[ROWS[rate].numerator], f->v[ROWS[rate].denominator]);
}
