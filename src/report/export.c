#include "report/export.h"

#include <stdio.h>

#include "doc/xlsx_write.h"

enum { COLUMNS = METRIC_COUNT + 2, LINE_BYTES = 400 };

static enum out_kind kind_of(enum metric m)
{
	if (m == METRIC_talk_ms)
		return OUT_DURATION;
	if (m == METRIC_deal_fen)
		return OUT_FEN;
	return metric_row(m)->kind == METRIC_IS_RATE ? OUT_PERCENT : OUT_NUMBER;
}

static void make_columns(struct out_column c[COLUMNS], enum figure_by by, enum lang lang)
{
	static const char *const ZH[FIGURE_BY_COUNT] = { "坐席", "团队", "名单" };
	static const char *const EN[FIGURE_BY_COUNT] = { "Agent", "Team", "List" };
	bool zh = lang == LANG_ZH;
	c[0] = (struct out_column){ zh ? ZH[by] : EN[by], OUT_TEXT, 24 };
	c[1] = (struct out_column){ zh ? "工号" : "Job no.", OUT_TEXT, 10 };
	for (int m = 0; m < METRIC_COUNT; m++) {
		const struct metric_row *row = metric_row((enum metric)m);
		c[m + 2] =
		    (struct out_column){ zh ? row->zh : row->en, kind_of((enum metric)m), 14 };
	}
}

static struct out_cell cell_of(const struct figures *f, enum metric m)
{
	if (m == METRIC_talk_ms)
		return CELL_I(f->v[m] / 1000);
	const struct metric_row *row = metric_row(m);
	if (row->kind != METRIC_IS_RATE)
		return CELL_I(f->v[m]);
	int64_t whole = f->v[row->denominator];
	return whole ? CELL_D((double)f->v[row->numerator] / (double)whole) : CELL_NONE;
}

static enum err add_row(struct xlsx_out *o, const char *name, const char *job_no,
                        const struct figures *f, struct why *why)
{
	struct out_cell cells[COLUMNS] = { CELL_T(name), CELL_T(job_no) };
	for (int m = 0; m < METRIC_COUNT; m++)
		cells[m + 2] = cell_of(f, (enum metric)m);
	return xlsx_out_row(o, cells, why);
}

static enum err add_line(struct xlsx_out *o, const char *text, struct why *why)
{
	struct out_cell cells[COLUMNS];
	for (int i = 0; i < COLUMNS; i++)
		cells[i] = CELL_NONE;
	cells[0] = CELL_T(text);
	cells[1] = CELL_T("");
	return xlsx_out_row(o, cells, why);
}

static enum err add_formulas(struct xlsx_out *o, const struct report *r, enum lang lang,
                             struct why *why)
{
	char line[LINE_BYTES];
	bool zh = lang == LANG_ZH;
	enum err e = add_line(o, "", why);
	for (int m = 0; !e && m < METRIC_COUNT; m++) {
		const struct metric_row *row = metric_row((enum metric)m);
		snprintf(line, sizeof(line),
		         zh ? "%s：%s（口径第 %d 版）" : "%s: %s (formula version %d)",
		         zh ? row->zh : row->en, zh ? row->formula_zh : row->formula_en,
		         row->version);
		e = add_line(o, line, why);
	}
	if (e)
		return e;
	snprintf(line, sizeof(line),
	         zh ? "另有机器应答 %lld 次、拦截 %lld 次，不计入接通与拨打"
	            : "Apart from these: %lld answered by machines, %lld blocked",
	         (long long)r->total.v[METRIC_machine], (long long)r->blocked);
	return add_line(o, line, why);
}

enum err report_xlsx(const struct report *r, const struct period *p, enum figure_by by,
                     enum lang lang, const char *path, struct why *why)
{
	CLEANUP(xlsx_out_free) struct xlsx_out *o = NULL;
	struct out_column columns[COLUMNS];
	char sheet[32];
	make_columns(columns, by, lang);
	snprintf(sheet, sizeof(sheet), "%d-%d", p->from, p->to);
	enum err e = xlsx_out_new(path, sheet, columns, COLUMNS, &o, why);
	for (int i = 0; !e && i < r->n_rows; i++)
		e = add_row(o, r->rows[i].name, r->rows[i].job_no, &r->rows[i].f, why);
	if (!e)
		e = add_row(o, lang == LANG_ZH ? "合计" : "Total", "", &r->total, why);
	if (!e)
		e = add_formulas(o, r, lang, why);
	return e ? e : xlsx_out_finish(&o, why);
}
