/* report/figures.h -- the figures of a period, and the calls behind each of them.
 *
 * Every figure is computed from the calls themselves, by the conditions of report/metric.h, within
 * the reader's scope; rates keep numerator and denominator. Runs on a worker with a read
 * connection. */
#ifndef REPORT_FIGURES_H
#define REPORT_FIGURES_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/scope.h"
#include "base/err.h"
#include "report/metric.h"
#include "report/period.h"
#include "store/db.h"

#define METRIC_ID(name, ...) METRIC_##name,
enum metric { METRICS(METRIC_ID, METRIC_ID, METRIC_ID, METRIC_ID) METRIC_COUNT };

enum metric_kind { METRIC_IS_COUNT, METRIC_IS_SUM, METRIC_IS_NUMBERS, METRIC_IS_RATE };

struct metric_row {
	const char *name;
	enum metric_kind kind;
	const char *zh, *en, *formula_zh, *formula_en;
	int version;
	enum metric numerator, denominator; /* RATE */
};
const struct metric_row *metric_row(enum metric m);

/** @return METRIC_COUNT: no such figure */
enum metric metric_find(const char *name);

/* The values of one row; a RATE's place stays 0: rate_bp(). */
struct figures {
	int64_t v[METRIC_COUNT];
};

/** A rate in basis points (1/100 %), half up; -1 when the denominator is 0 (shown as –). */
int64_t rate_bp(int64_t numerator, int64_t denominator);
int64_t figures_rate_bp(const struct figures *f, enum metric rate);

enum figure_by { FIGURE_BY_AGENT, FIGURE_BY_TEAM, FIGURE_BY_LIST, FIGURE_BY_COUNT };

struct figure_query {
	struct period period;
	int64_t unit_id;               /* with what is below it; 0: all */
	int64_t campaign_id, agent_id; /* 0: all; FIGURE_NONE: calls without one */
	int64_t valid_talk_ms;
	char intent[FIGURE_INTENT_CODES][32]; /* result codes; "" fills up */
	char visit[FIGURE_VISIT_CODES][32];
};

/** Fills what the company configures: the valid talk time and the kinds of results in effect. */
enum err figure_query_settings(struct db *db, int64_t utc_ms, struct figure_query *q,
                               struct why *why) MUST_USE;

struct figure_row {
	int64_t key;  /* person, unit or campaign; 0: calls without one */
	char *name;   /* "" when key is 0 */
	char *job_no; /* by agent; else "" */
	struct figures f;
};

struct figure_day {
	int day;
	int64_t dialed, connected;
};

struct report {
	struct figure_row *rows; /* by dialed, most first */
	int n_rows;
	struct figures total;
	struct figure_day *days; /* only days with calls, ascending */
	int n_days;
	int64_t blocked; /* attempts the gate refused: nothing left the house */
};
void report_free(struct report **r); /* for CLEANUP; NULL content is fine */

/** @param ret  report_free() */
enum err report_make(struct db *db, const struct scope *sc, const struct figure_query *q,
                     enum figure_by by, struct report **ret, struct why *why) MUST_USE;

/** The ids of the calls a figure counts, newest first.
 *  @param ret_ids    free(); at most `limit`
 *  @param ret_total  how many there are: the figure itself (for SUM: how many calls it sums) */
enum err figure_calls(struct db *db, const struct scope *sc, const struct figure_query *q,
                      enum metric m, int64_t limit, int64_t offset, int64_t **ret_ids, int *ret_n,
                      int64_t *ret_total, struct why *why) MUST_USE;

#endif
