/* Figures of a day, week or month by agent, team or list, and as a workbook. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/api.h"
#include "api/req.h"
#include "base/file.h"
#include "base/json.h"
#include "base/zone.h"
#include "profile/version.h"
#include "report/export.h"
#include "report/figures.h"

/* ---- fields ---- */

#define COUNT_FIELD(name, ...) F_INT(#name),
#define RATE_FIELD(name, ...) \
	F_INT(#name "_bp", .null = true, .doc = "1/100 %; null: nothing to divide by"),

static const struct field ROW[] = {
	F_TEXT("key", .doc = "id of the agent, team or list; none: calls without one"),
	F_TEXT("name"), F_TEXT("job_no", .null = true),
	METRICS(COUNT_FIELD, COUNT_FIELD, COUNT_FIELD, RATE_FIELD) F_END
};
static const struct field STEP[] = { F_TEXT("code"),
	                             F_TEXT("zh"),
	                             F_TEXT("en"),
	                             F_INT("count"),
	                             F_INT("rate_bp", .null = true, .doc = "of the step before"),
	                             F_END };
static const struct field DAY[] = { F_INT("day"), F_INT("dialed"), F_INT("connected"),
	                            F_INT("connect_rate_bp", .null = true), F_END };
static const struct field FORMULA[] = { F_TEXT("name_zh"),        F_TEXT("name_en"),
	                                F_TEXT("zh", .max = 400), F_TEXT("en", .max = 400),
	                                F_INT("version"),         F_END };
static const struct field EXCLUDED[] = { F_INT("machine"), F_INT("blocked"), F_END };
static const struct field TARGETS[] = { F_INT("connect_rate_bp", .null = true), F_END };
static const struct field FIGURES[] = { F_INT("from"),
	                                F_INT("to"),
	                                F_ARR("rows", ROW),
	                                F_OBJ("total", ROW),
	                                F_ARR("funnel", STEP),
	                                F_ARR("daily", DAY),
	                                F_MAP("formulas", FORMULA),
	                                F_OBJ("excluded", EXCLUDED),
	                                F_OBJ("targets", TARGETS),
	                                F_END };
static const struct field QUERY[] = { F_TEXT("period", .one_of = "day|week|month"),
	                              F_INT("date", .min = 20000101, .max = 29991231),
	                              F_TEXT("by", .one_of = "agent|team|list"),
	                              F_ID("unit_id"),
	                              F_ID("campaign_id"),
	                              F_ID("agent_id"),
	                              F_END };

/* ---- the report ---- */

static enum figure_by by_of(const struct req *rq)
{
	const char *by = req_text(rq, "by");
	return !strcmp(by, "team")   ? FIGURE_BY_TEAM
	       : !strcmp(by, "list") ? FIGURE_BY_LIST
	                             : FIGURE_BY_AGENT;
}

static enum err query_of(struct req *rq, struct figure_query *q, struct why *why)
{
	int today = zone_day(req_now_utc_ms(rq), req_env(rq)->zone);
	const char *period = req_has(rq, "period") ? req_text(rq, "period") : "day";
	*q = (struct figure_query){ .unit_id = req_id(rq, "unit_id"),
		                    .campaign_id = req_id(rq, "campaign_id"),
		                    .agent_id = req_id(rq, "agent_id") };
	enum err e = period_of(period, (int)req_int(rq, "date", today), &q->period, why);
	return e ? e : figure_query_settings(req_db(rq), req_now_utc_ms(rq), q, why);
}

static enum err report_of(struct req *rq, struct figure_query *q, struct report **ret,
                          struct why *why)
{
	enum err e = query_of(rq, q, why);
	return e ? e : report_make(req_db(rq), req_scope(rq), q, by_of(rq), ret, why);
}

/* ---- as JSON ---- */

static json_t *rate(int64_t bp)
{
	return j_int_or_null(bp, bp < 0);
}

static void put_figures(json_t *o, const struct figures *f)
{
	for (int m = 0; m < METRIC_COUNT; m++) {
		const struct metric_row *row = metric_row((enum metric)m);
		char name[64];
		snprintf(name, sizeof(name), "%s_bp", row->name);
		if (row->kind == METRIC_IS_RATE)
			json_object_set_new(o, name, rate(figures_rate_bp(f, (enum metric)m)));
		else
			json_object_set_new(o, row->name, json_integer(f->v[m]));
	}
}

static json_t *row_of(int64_t key, const char *name, const char *job_no, const struct figures *f)
{
	json_t *o = json_object();
	json_object_set_new(o, "key", key ? j_id(key) : json_string("none"));
	json_object_set_new(o, "name", j_text(name));
	json_object_set_new(o, "job_no", j_text(job_no && *job_no ? job_no : NULL));
	put_figures(o, f);
	return o;
}

static json_t *rows_of(const struct report *r)
{
	json_t *a = json_array();
	for (int i = 0; i < r->n_rows; i++)
		json_array_append_new(
		    a, row_of(r->rows[i].key, r->rows[i].name, r->rows[i].job_no, &r->rows[i].f));
	return a;
}

/* Different numbers at each step; a step opens by the figure numbers_<code>, the first by numbers.
 */
static json_t *funnel_of(const struct figures *f)
{
	static const struct {
		const char *code, *zh, *en;
		enum metric m;
	} STEPS[] = {
		{ "dialed", "名单", "Dialed", METRIC_numbers },
		{ "connected", "接通", "Connected", METRIC_numbers_connected },
		{ "interested", "意向", "Interested", METRIC_numbers_interested },
		{ "wechat", "加微", "WeChat added", METRIC_numbers_wechat },
		{ "visits", "到访", "Visits", METRIC_numbers_visits },
		{ "deals", "成交", "Deals", METRIC_numbers_deals },
	};
	json_t *a = json_array();
	for (size_t i = 0; i < sizeof(STEPS) / sizeof(STEPS[0]); i++) {
		json_t *o = json_object();
		json_object_set_new(o, "code", json_string(STEPS[i].code));
		json_object_set_new(o, "zh", json_string(STEPS[i].zh));
		json_object_set_new(o, "en", json_string(STEPS[i].en));
		json_object_set_new(o, "count", json_integer(f->v[STEPS[i].m]));
		json_object_set_new(o, "rate_bp",
		                    i ? rate(rate_bp(f->v[STEPS[i].m], f->v[STEPS[i - 1].m]))
		                      : json_null());
		json_array_append_new(a, o);
	}
	return a;
}

static json_t *daily_of(const struct report *r)
{
	json_t *a = json_array();
	for (int i = 0; i < r->n_days; i++) {
		const struct figure_day *d = &r->days[i];
		json_array_append_new(a, json_pack("{s:i, s:I, s:I, s:o}", "day", d->day, "dialed",
		                                   (json_int_t)d->dialed, "connected",
		                                   (json_int_t)d->connected, "connect_rate_bp",
		                                   rate(rate_bp(d->connected, d->dialed))));
	}
	return a;
}

static json_t *formulas(void)
{
	json_t *o = json_object();
	for (int m = 0; m < METRIC_COUNT; m++) {
		const struct metric_row *row = metric_row((enum metric)m);
		json_object_set_new(o, row->name,
		                    json_pack("{s:s, s:s, s:s, s:s, s:i}", "name_zh", row->zh,
		                              "name_en", row->en, "zh", row->formula_zh, "en",
		                              row->formula_en, "version", row->version));
	}
	return o;
}

static enum err targets_of(struct req *rq, json_t **ret, struct why *why)
{
	CLEANUP(version_free) struct version *v = NULL;
	CLEANUP(json_cleanup) json_t *body = NULL;
	enum err e = version_at(req_db(rq), "targets", "default", req_now_utc_ms(rq), &v, why);
	if (!e)
		e = json_read_text(v->body, &body, why);
	if (e && e != ERR_NOT_FOUND)
		return e;
	*ret = json_pack("{s:o}", "connect_rate_bp", rate(json_int(body, "connect_rate_bp", -1)));
	return ERR_OK;
}

static enum err get_figures(struct req *rq, struct reply *rp, struct why *why)
{
	CLEANUP(report_free) struct report *r = NULL;
	struct figure_query q;
	json_t *targets = NULL;
	enum err e = report_of(rq, &q, &r, why);
	if (!e)
		e = targets_of(rq, &targets, why);
	if (e)
		return e;
	json_t *o = json_pack("{s:i, s:i, s:o, s:o, s:o, s:o, s:o, s:o}", "from", q.period.from,
	                      "to", q.period.to, "rows", rows_of(r), "total",
	                      row_of(0, "", NULL, &r->total), "funnel", funnel_of(&r->total),
	                      "daily", daily_of(r), "formulas", formulas(), "targets", targets);
	json_object_set_new(o, "excluded",
	                    json_pack("{s:I, s:I}", "machine",
	                              (json_int_t)r->total.v[METRIC_machine], "blocked",
	                              (json_int_t)r->blocked));
	reply_json(rp, o);
	return ERR_OK;
}

/* ---- as a workbook ---- */

static enum err send_xlsx(struct req *rq, struct reply *rp, const struct report *r,
                          const struct figure_query *q, const char *dir, struct why *why)
{
	char path[512], name[64];
	snprintf(path, sizeof(path), "%s/figures.xlsx", dir);
	snprintf(name, sizeof(name), "figures-%d-%d.xlsx", q->period.from, q->period.to);
	enum err e = report_xlsx(r, &q->period, by_of(rq), req_lang(rq), path, why);
	return e ? e
	         : reply_file(rp, path,
	                      "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	                      name, why);
}

static enum err get_xlsx(struct req *rq, struct reply *rp, struct why *why)
{
	CLEANUP(report_free) struct report *r = NULL;
	CLEANUP(str_drop) char *dir = NULL;
	struct figure_query q;
	enum err e = report_of(rq, &q, &r, why);
	if (!e)
		e = file_temp_dir("hujiao-figures", &dir, why);
	if (!e)
		e = send_xlsx(rq, rp, r, &q, dir, why);
	/* The reply holds the file open. */
	if (dir && file_remove_tree(dir, NULL) && !e)
		return fail(why, E_INTERNAL, "a temporary file stays behind");
	return e;
}

static const struct route ROUTES[] = {
	{ HTTP_GET, "/api/v1/figures", get_figures, .perm = PERM_FIGURES_SEE, .query = QUERY,
	  .reply = FIGURES, .zh = "报表",
	  .en = "Figures of a day, week or month by agent, team or list" },
	{ HTTP_GET, "/api/v1/figures.xlsx", get_xlsx, .perm = PERM_FIGURES_SEE, .query = QUERY,
	  .mime = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	  .zh = "导出报表", .en = "The same as a workbook" },
	ROUTE_END,
};

const struct api_area API_FIGURES = { .tag = "figures", .routes = ROUTES };
