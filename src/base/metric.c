#include "base/metric.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of one thread, who alone adds to it. When the thread ends another takes the block over: its sums
 * stay. */
struct block {
	struct block *next;
	atomic_bool is_taken;
	atomic_llong v[METRIC_SLOTS];
};

struct row {
	enum metric m;
	enum metric_kind kind;
	int64_t div;
	const char *name, *help, *key[2], *values[2];
	int n[2];
};

static const struct row ROWS[] = {
#define M(id, kind, div, name, help, k1, v1, n1, k2, v2, n2) \
	{ id, METRIC_##kind, div, name, help, { k1, k2 }, { v1, v2 }, { n1, n2 } },
#include "base/metric.def"
#undef M
};
enum { N_ROWS = sizeof ROWS / sizeof *ROWS };

/* Upper bounds; the last bucket takes the rest. */
static const int64_t TIME_US[METRIC_BUCKETS - 1] = { 100,    250,    500,     1000,    2500,
	                                             5000,   10000,  20000,   50000,   100000,
	                                             250000, 500000, 1000000, 5000000, 30000000 };
static const int64_t SIZES[METRIC_BUCKETS - 1] = { 1,  2,  3,   4,   6,   8,    12,  16,
	                                           32, 64, 128, 256, 512, 1024, 4096 };

static struct block shared; /* for a thread that found no memory */
static _Atomic(struct block *) blocks;
static _Thread_local struct block *own;
static pthread_key_t ending;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void let_go(void *p)
{
	struct block *b = p;
	atomic_store_explicit(&b->is_taken, false, memory_order_release);
}

static void make_key(void)
{
	pthread_key_create(&ending, let_go);
}

static struct block *find_free(void)
{
	for (struct block *b = atomic_load(&blocks); b; b = b->next) {
		bool free_now = false;
		if (atomic_compare_exchange_strong(&b->is_taken, &free_now, true))
			return b;
	}
	return NULL;
}

static struct block *new_block(void)
{
	struct block *b = calloc(1, sizeof *b);
	if (!b)
		return NULL;
	atomic_store(&b->is_taken, true);
	b->next = atomic_load(&blocks);
	while (!atomic_compare_exchange_weak(&blocks, &b->next, b))
		;
	return b;
}

static struct block *block(void)
{
	if (own)
		return own;
	pthread_once(&once, make_key);
	struct block *b = find_free();
	if (!b)
		b = new_block();
	if (!b)
		return &shared;
	pthread_setspecific(ending, b);
	own = b;
	return b;
}

static void add(int slot, int64_t n)
{
	struct block *b = block();
	if (b == &shared) {
		atomic_fetch_add_explicit(&b->v[slot], n, memory_order_relaxed);
		return;
	}
	/* The only one who writes here: no locked instruction is needed. */
	int64_t now = atomic_load_explicit(&b->v[slot], memory_order_relaxed);
	atomic_store_explicit(&b->v[slot], now + n, memory_order_relaxed);
}

static int64_t sum(int slot)
{
	int64_t n = atomic_load_explicit(&shared.v[slot], memory_order_relaxed);
	for (struct block *b = atomic_load(&blocks); b; b = b->next)
		n += atomic_load_explicit(&b->v[slot], memory_order_relaxed);
	return n;
}

static const struct row *row_of(enum metric m)
{
	const struct row *r = ROWS;
	while (r->m != m)
		r++;
	return r;
}

void metric_add(enum metric m, int i, int64_t n)
{
	add((int)m + i, n);
}

void metric_set(enum metric m, int i, int64_t value)
{
	atomic_store_explicit(&shared.v[(int)m + i], value, memory_order_relaxed);
}

void metric_see(enum metric m, int i, int64_t value)
{
	const int64_t *bound = row_of(m)->kind == METRIC_TIME ? TIME_US : SIZES;
	int base = (int)m + i * (METRIC_BUCKETS + 1), k = 0;
	if (value < 0)
		value = 0;
	while (k < METRIC_BUCKETS - 1 && value > bound[k])
		k++;
	add(base + k, 1);
	add(base + METRIC_BUCKETS, value);
}

int64_t metric_value(enum metric m, int i)
{
	const struct row *r = row_of(m);
	if (r->kind < METRIC_TIME)
		return sum((int)m + i);
	int64_t n = 0;
	for (int k = 0; k < METRIC_BUCKETS; k++)
		n += sum((int)m + i * (METRIC_BUCKETS + 1) + k);
	return n;
}

/* ---- text ---- */

void metric_head(struct str *out, const char *name, const char *type, const char *help)
{
	str_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void metric_line(struct str *out, const char *name, const char *labels, int64_t value)
{
	str_addf(out, *labels ? "%s{%s} %" PRId64 "\n" : "%s%s %" PRId64 "\n", name, labels, value);
}

/* The i-th word of "a|b|c". */
static void word(const char *values, int i, char *ret, size_t size)
{
	while (i-- > 0)
		values += strcspn(values, "|") + 1;
	snprintf(ret, size, "%.*s", (int)strcspn(values, "|"), values);
}

static void labels_of(const struct row *r, int series, char *ret, size_t size)
{
	char a[32], b[32];
	ret[0] = '\0';
	if (!*r->key[0])
		return;
	word(r->values[0], series / r->n[1], a, sizeof a);
	word(r->values[1], series % r->n[1], b, sizeof b);
	if (*r->key[1])
		snprintf(ret, size, "%s=\"%s\",%s=\"%s\"", r->key[0], a, r->key[1], b);
	else
		snprintf(ret, size, "%s=\"%s\"", r->key[0], a);
}

/* A divided value without rounding errors: "0.0025", "12". */
static void write_value(struct str *out, int64_t v, int64_t div)
{
	int digits = 0;
	for (int64_t d = div; d > 1; d /= 10)
		digits++;
	str_addf(out, "%" PRId64, v / div);
	if (!digits || v % div == 0)
		return;
	str_addf(out, ".%0*" PRId64, digits, v % div);
	if (!str_ok(out))
		return;
	while (out->p[out->len - 1] == '0')
		out->p[--out->len] = '\0';
}

static void write_histogram(struct str *out, const struct row *r, int series, const char *labels)
{
	const int64_t *bound = r->kind == METRIC_TIME ? TIME_US : SIZES;
	int base = (int)r->m + series * (METRIC_BUCKETS + 1);
	const char *comma = *labels ? "," : "";
	int64_t n = 0;
	for (int k = 0; k < METRIC_BUCKETS; k++) {
		n += sum(base + k);
		str_addf(out, "%s_bucket{%s%sle=\"", r->name, labels, comma);
		if (k == METRIC_BUCKETS - 1)
			str_add(out, "+Inf");
		else
			write_value(out, bound[k], r->div);
		str_addf(out, "\"} %" PRId64 "\n", n);
	}
	str_addf(out, *labels ? "%s_sum{%s} " : "%s_sum%s ", r->name, labels);
	write_value(out, sum(base + METRIC_BUCKETS), r->div);
	str_addf(out, *labels ? "\n%s_count{%s} %" PRId64 "\n" : "\n%s_count%s %" PRId64 "\n",
	         r->name, labels, n);
}

static void write_row(struct str *out, const struct row *r)
{
	static const char *const TYPES[] = { [METRIC_COUNT] = "counter",
		                             [METRIC_TOTAL] = "counter",
		                             [METRIC_LEVEL] = "gauge",
		                             [METRIC_TIME] = "histogram",
		                             [METRIC_SIZE] = "histogram" };
	char labels[128];
	metric_head(out, r->name, TYPES[r->kind], r->help);
	for (int i = 0; i < r->n[0] * r->n[1]; i++) {
		labels_of(r, i, labels, sizeof labels);
		if (r->kind >= METRIC_TIME) {
			write_histogram(out, r, i, labels);
			continue;
		}
		str_addf(out, *labels ? "%s{%s} " : "%s%s ", r->name, labels);
		write_value(out, sum((int)r->m + i), r->div);
		str_addc(out, '\n');
	}
}

void metric_write(struct str *out)
{
	for (size_t i = 0; i < N_ROWS; i++)
		write_row(out, &ROWS[i]);
}
