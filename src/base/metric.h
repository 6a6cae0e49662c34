/* base/metric.h -- figures for those who watch the program: the table is metric.def.
 *
 * Counts and histograms are kept per thread and summed when asked for, so that a loop pays one
 * relaxed addition and takes no lock. Levels are single atomics, set by who knows them. Figures are
 * of the process and only ever grow (but levels). Thread: any. */
#ifndef BASE_METRIC_H
#define BASE_METRIC_H

#include <stdint.h>

#include "base/str.h"

enum { METRIC_BUCKETS = 16 /* of a histogram, the last without bound */ };

enum metric_kind { METRIC_COUNT, METRIC_TOTAL, METRIC_LEVEL, METRIC_TIME, METRIC_SIZE };

/* A figure and where its values lie: series i of M_X is at M_X + i * (values of one series). */
#define METRIC_WIDTH(kind) ((METRIC_##kind) >= METRIC_TIME ? METRIC_BUCKETS + 1 /* the sum */ : 1)
enum metric {
#define M(id, kind, div, name, help, k1, v1, n1, k2, v2, n2) \
	id, id##_END = id + (n1) * (n2)*METRIC_WIDTH(kind) - 1,
#include "base/metric.def"
#undef M
	METRIC_SLOTS
};

/** Adds to series `i` of a COUNT. With two keys i = first * n2 + second. */
void metric_add(enum metric m, int i, int64_t n);

/** Sets series `i` of a LEVEL or TOTAL. */
void metric_set(enum metric m, int i, int64_t value);

/** One observation of series `i` of a TIME (µs) or SIZE. Negative counts as 0. */
void metric_see(enum metric m, int i, int64_t value);

/** The sum over all threads: of a COUNT its value, of a histogram how many were seen. For tests and
 *  for what shows a figure elsewhere. */
int64_t metric_value(enum metric m, int i);

/** Writes everything as Prometheus text, version 0.0.4. */
void metric_write(struct str *out);

/** One more family, made by the caller: head, then its lines. `labels` is `trunk="12"` or "". */
void metric_head(struct str *out, const char *name, const char *type, const char *help);
void metric_line(struct str *out, const char *name, const char *labels, int64_t value);

#endif
