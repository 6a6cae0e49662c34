#include "test.h"

#include <pthread.h>
#include <stdio.h>

#include "base/metric.h"
#include "base/thread.h"

enum { THREADS = 8, TIMES = 20000 };

static void count_many(void *arg)
{
	(void)arg;
	for (int i = 0; i < TIMES; i++) {
		metric_add(M_LOGINS, i % 4, 1);
		metric_see(M_WRITER_LATENCY, 1, i);
	}
}

static void run_threads(int n)
{
	struct thread *t[THREADS] = { NULL };
	struct why why = { 0 };
	for (int i = 0; i < n; i++)
		assert_ok(thread_start("count", count_many, NULL, &t[i], &why), &why);
	for (int i = 0; i < n; i++)
		thread_join(&t[i]);
}

static void counts_of_many_threads_add_up_also_after_they_ended(void **state)
{
	(void)state;
	int64_t before = metric_value(M_LOGINS, 2), seen = metric_value(M_WRITER_LATENCY, 1);
	run_threads(THREADS);
	assert_int_equal(metric_value(M_LOGINS, 2) - before, THREADS * TIMES / 4);
	run_threads(THREADS); /* these take the blocks of the first over */
	assert_int_equal(metric_value(M_LOGINS, 2) - before, 2 * THREADS * TIMES / 4);
	assert_int_equal(metric_value(M_WRITER_LATENCY, 1) - seen, 2 * THREADS * TIMES);
	assert_int_equal(metric_value(M_WRITER_LATENCY, 0), 0);
}

static void two_keys_make_a_series_for_each_pair(void **state)
{
	(void)state;
	CLEANUP(str_free) struct str out = { 0 };
	metric_add(M_HTTP_REQUESTS, 2 * 6 + 3, 7);
	metric_write(&out);
	assert_non_null(strstr(str_text(&out),
	                       "\nhujiao_http_requests_total{class=\"read\",status=\"4xx\"} 7\n"));
}

static void a_histogram_counts_up_to_each_bound_and_sums_in_seconds(void **state)
{
	(void)state;
	CLEANUP(str_free) struct str out = { 0 };
	metric_see(M_RECORDER_LATE, 0, 100); /* on the first bound: belongs to it */
	metric_see(M_RECORDER_LATE, 0, 101);
	metric_see(M_RECORDER_LATE, 0, 2500000);
	metric_see(M_RECORDER_LATE, 0, 90000000); /* beyond the last */
	metric_see(M_RECORDER_LATE, 0, -5);
	metric_write(&out);
	const char *t = str_text(&out);
	assert_non_null(strstr(t, "\nhujiao_recorder_late_seconds_bucket{le=\"0.0001\"} 2\n"));
	assert_non_null(strstr(t, "\nhujiao_recorder_late_seconds_bucket{le=\"0.00025\"} 3\n"));
	assert_non_null(strstr(t, "\nhujiao_recorder_late_seconds_bucket{le=\"1\"} 3\n"));
	assert_non_null(strstr(t, "\nhujiao_recorder_late_seconds_bucket{le=\"5\"} 4\n"));
	assert_non_null(strstr(t, "\nhujiao_recorder_late_seconds_bucket{le=\"+Inf\"} 5\n"));
	assert_non_null(strstr(t, "\nhujiao_recorder_late_seconds_sum 92.500201\n"));
	assert_non_null(strstr(t, "\nhujiao_recorder_late_seconds_count 5\n"));
}

static void a_level_is_what_was_set_last(void **state)
{
	(void)state;
	metric_set(M_AGENTS, 1, 12);
	metric_set(M_AGENTS, 1, 3);
	assert_int_equal(metric_value(M_AGENTS, 1), 3);
}

static int words(const char *values)
{
	int n = 1;
	for (; *values; values++)
		n += *values == '|';
	return n;
}

/* The counts in the table are written by hand; here they are counted. */
static void every_row_has_as_many_words_as_it_says_and_a_proper_name(void **state)
{
	(void)state;
#define M(id, kind, div, name, help, k1, v1, n1, k2, v2, n2) \
	assert_int_equal(words(v1), n1); \
	assert_int_equal(words(v2), n2); \
	assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_"), strlen(name)); \
	if (METRIC_##kind == METRIC_COUNT || METRIC_##kind == METRIC_TOTAL) \
		assert_string_equal((name) + strlen(name) - 6, "_total"); \
	if (METRIC_##kind == METRIC_TIME) \
		assert_string_equal((name) + strlen(name) - 8, "_seconds"); \
	assert_true(strlen(help) > 0 && !strchr(help, '\n') && !strchr(help, '\\'));
#include "base/metric.def"
#undef M
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts_of_many_threads_add_up_also_after_they_ended),
		cmocka_unit_test(two_keys_make_a_series_for_each_pair),
		cmocka_unit_test(a_histogram_counts_up_to_each_bound_and_sums_in_seconds),
		cmocka_unit_test(a_level_is_what_was_set_last),
		cmocka_unit_test(every_row_has_as_many_words_as_it_says_and_a_proper_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
