#include "test.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/thread.h"

enum { PER_THREAD = 20000, THREADS = 4 };

struct made {
	int64_t id[PER_THREAD];
	int n_descending;
};

static void make(void *arg)
{
	struct made *m = arg;
	for (int i = 0; i < PER_THREAD; i++) {
		m->id[i] = id_new();
		m->n_descending += i > 0 && m->id[i] <= m->id[i - 1];
	}
}

static int by_value(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return x < y ? -1 : x > y;
}

static void ids_of_several_threads_ascend_and_never_repeat(void **state)
{
	(void)state;
	static struct made m[THREADS];
	static int64_t all[PER_THREAD * THREADS];
	struct thread *t[THREADS] = { 0 };
	struct why why = { 0 };
	for (int i = 0; i < THREADS; i++)
		assert_ok(thread_start("ids", make, &m[i], &t[i], &why), &why);
	for (int i = 0; i < THREADS; i++) {
		thread_join(&t[i]);
		assert_int_equal(m[i].n_descending, 0);
		memcpy(all + i * PER_THREAD, m[i].id, sizeof m[i].id);
	}
	qsort(all, PER_THREAD * THREADS, sizeof *all, by_value);
	for (int i = 1; i < PER_THREAD * THREADS; i++)
		assert_true(all[i] != all[i - 1]);
	assert_true(all[0] > 0);
}

static void an_id_tells_its_node_and_time(void **state)
{
	(void)state;
	id_init(1023);
	int64_t before = clock_utc_ms(), id = id_new(), after = clock_utc_ms();
	id_init(0);
	assert_int_equal(id >> 12 & 1023, 1023);
	/* The test above may have run the counter ahead of the clock. */
	assert_true(id_utc_ms(id) >= before);
	assert_true(id_utc_ms(id) <= after + 1000);
	assert_true(id_floor(id_utc_ms(id)) <= id);
	assert_true(id_floor(id_utc_ms(id) + 1) > id);
}

static void text_is_read_back_and_nothing_else_is(void **state)
{
	(void)state;
	char buf[ID_TEXT_BYTES];
	int64_t id = 7;
	assert_true(id_parse(id_text(INT64_MAX, buf), &id));
	assert_true(id == INT64_MAX);
	const char *const bad[] = { "",
		                    "0",
		                    "01",
		                    "-1",
		                    "+1",
		                    " 1",
		                    "1 ",
		                    "1.0",
		                    "0x1",
		                    "9223372036854775808",
		                    "1e3",
		                    "１",
		                    "99999999999999999999999999",
		                    NULL };
	for (int i = 0; bad[i]; i++) {
		id = 7;
		if (id_parse(bad[i], &id) || id != 7)
			test_fail("'%s' was taken for an id", bad[i]);
	}
	assert_false(id_parse(NULL, &id));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_of_several_threads_ascend_and_never_repeat),
		cmocka_unit_test(an_id_tells_its_node_and_time),
		cmocka_unit_test(text_is_read_back_and_nothing_else_is),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
