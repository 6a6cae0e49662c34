#include "test_db.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "job/job.h"
#include "store/migrate.h"

/* The work of these tests: adds rows 1..total to a table, one a slice. */
enum { NODE = 1, TOTAL = 40 };

struct work {
	int64_t fail_at;    /* this row fails … */
	enum err_code code; /* … with this */
	int64_t stop_after; /* rows; then the step waits in the middle of a slice for its killer */
	atomic_int slices;
};

struct slice {
	struct job_ctx *jc;
	int64_t n;
};

static enum err write_slice(struct tx *tx, const void *arg, struct why *why)
{
	const struct slice *s = arg;
	char cursor[24];
	snprintf(cursor, sizeof cursor, "%d", (int)s->n);
	enum err e =
	    db_exec(tx_db(tx), "INSERT INTO slice (n) VALUES (?1)", ARGS(V_INT(s->n)), NULL, why);
	return e ? e : job_save(s->jc, tx, cursor, s->n, TOTAL, why);
}

static enum err step(struct job_ctx *jc, struct why *why)
{
	struct work *w = job_user(jc);
	struct slice s = { jc, atoi(job_cursor(jc)) + 1 };
	if (s.n > TOTAL)
		return ERR_END;
	if (s.n == w->fail_at)
		return fail(why, w->code, "test");
	enum err e = writer_do(job_writer(jc), LANE_NORMAL, write_slice, &s, why);
	atomic_fetch_add(&w->slices, 1);
	while (w->stop_after && s.n >= w->stop_after)
		pause();
	return e;
}

static void open_work(struct test_db *t)
{
	test_db_open(t);
	test_db_exec(t, "CREATE TABLE slice (n BIGINT NOT NULL)", NOARGS);
}

struct enqueue {
	struct job_new j;
	int64_t id;
};

static enum err enqueue_job(struct tx *tx, const void *arg, struct why *why)
{
	struct enqueue *q = (struct enqueue *)(uintptr_t)arg;
	return job_enqueue(tx, &q->j, &q->id, why);
}

static int64_t enqueue(struct test_db *t, const char *kind, const char *key)
{
	struct enqueue q = { { .kind = kind, .key = key, .now_utc_ms = clock_utc_ms() }, 0 };
	struct why why = { 0 };
	assert_ok(writer_do(t->w, LANE_NORMAL, enqueue_job, &q, &why), &why);
	return q.id;
}

static struct job_runner *start(struct test_db *t, const struct job_kind *kind)
{
	struct job_runner *r = NULL;
	struct why why = { 0 };
	struct job_runner_cfg cfg = {
		.url = t->url, .writer = t->w, .node = NODE, .kinds = kind, .n_kinds = 1
	};
	assert_ok(job_runner_new(&cfg, &r, &why), &why);
	return r;
}

static struct job_info info(struct test_db *t, int64_t id)
{
	struct job_info i;
	struct why why = { 0 };
	assert_ok(job_get(t->r, id, &i, &why), &why);
	return i;
}

static void wait_for(struct test_db *t, int64_t id, enum job_state want)
{
	int64_t until_ms = clock_mono_ms() + 20000;
	while (info(t, id).state != want) {
		if (clock_mono_ms() > until_ms)
			test_fail("the job is %s, not %s", job_state_name(info(t, id).state),
			          job_state_name(want));
		usleep(2000);
	}
}

static void every_slice_is_there_once(struct test_db *t)
{
	assert_int_equal(test_db_int(t, "SELECT COUNT(*) FROM slice", NOARGS), TOTAL);
	assert_int_equal(test_db_int(t, "SELECT COUNT(DISTINCT n) FROM slice", NOARGS), TOTAL);
}

static void a_job_runs_slice_by_slice_to_its_end(void **state)
{
	(void)state;
	struct test_db t;
	struct work w = { 0 };
	struct job_kind kind = { .name = "test.work", .step = step, .ctx = &w };
	open_work(&t);
	int64_t id = enqueue(&t, "test.work", NULL);
	struct job_runner *r = start(&t, &kind);
	wait_for(&t, id, JOB_DONE);
	job_runner_free(&r);
	every_slice_is_there_once(&t);
	assert_int_equal(info(&t, id).done, TOTAL);
	assert_int_equal(info(&t, id).total, TOTAL);
	test_db_close(&t);
}

static void a_job_of_another_kind_is_left_alone(void **state)
{
	(void)state;
	struct test_db t;
	struct work w = { 0 };
	struct job_kind kind = { .name = "test.work", .step = step, .ctx = &w };
	open_work(&t);
	int64_t other = enqueue(&t, "test.unknown", NULL), id = enqueue(&t, "test.work", NULL);
	struct job_runner *r = start(&t, &kind);
	wait_for(&t, id, JOB_DONE);
	job_runner_free(&r);
	assert_int_equal(info(&t, other).state, JOB_WAITING);
	test_db_close(&t);
}

static void one_unfinished_job_has_a_key(void **state)
{
	(void)state;
	struct test_db t;
	struct work w = { 0 };
	struct job_kind kind = { .name = "test.work", .step = step, .ctx = &w };
	open_work(&t);
	int64_t a = enqueue(&t, "test.work", "nightly"), b = enqueue(&t, "test.work", "nightly");
	int64_t c = enqueue(&t, "test.work", NULL), d = enqueue(&t, "test.work", NULL);
	assert_true(a == b && c != d && a != c);
	struct job_runner *r = start(&t, &kind);
	wait_for(&t, a, JOB_DONE);
	job_runner_free(&r);
	assert_true(enqueue(&t, "test.work", "nightly") != a);
	test_db_close(&t);
}

static void a_stopped_runner_leaves_the_rest_to_the_next(void **state)
{
	(void)state;
	struct test_db t;
	struct work w = { 0 };
	struct job_kind kind = { .name = "test.work", .step = step, .ctx = &w };
	open_work(&t);
	int64_t id = enqueue(&t, "test.work", NULL);
	struct job_runner *r = start(&t, &kind);
	while (atomic_load(&w.slices) < 3)
		usleep(500);
	job_runner_free(&r);
	assert_int_equal(info(&t, id).state, JOB_WAITING);
	r = start(&t, &kind);
	wait_for(&t, id, JOB_DONE);
	job_runner_free(&r);
	every_slice_is_there_once(&t);
	test_db_close(&t);
}

static void a_failing_step_is_tried_again_later_and_says_why(void **state)
{
	(void)state;
	struct test_db t;
	struct work w = { .fail_at = 5, .code = E_DB_GONE };
	struct job_kind kind = { .name = "test.work", .step = step, .ctx = &w };
	open_work(&t);
	log_set_level(LOG_NONE);
	int64_t id = enqueue(&t, "test.work", NULL);
	struct job_runner *r = start(&t, &kind);
	while (!info(&t, id).error.code)
		usleep(2000);
	job_runner_free(&r);
	struct job_info i = info(&t, id);
	assert_int_equal(i.state, JOB_WAITING);
	assert_int_equal(i.done, 4);
	assert_int_equal(i.error.code, E_DB_GONE);
	assert_string_equal(i.error.arg[0], "test");
	assert_true(test_db_int(&t, "SELECT run_after_utc_ms FROM job", NOARGS) >
	            clock_utc_ms() + 30000);
	log_set_level(LOG_INFO);
	test_db_close(&t);
}

static void bad_input_fails_for_good(void **state)
{
	(void)state;
	struct test_db t;
	struct work w = { .fail_at = 2, .code = E_FIELD_REQUIRED };
	struct job_kind kind = { .name = "test.work", .step = step, .ctx = &w };
	open_work(&t);
	log_set_level(LOG_NONE);
	int64_t id = enqueue(&t, "test.work", NULL);
	struct job_runner *r = start(&t, &kind);
	wait_for(&t, id, JOB_FAILED);
	job_runner_free(&r);
	log_set_level(LOG_INFO);
	test_db_close(&t);
}

static enum err cancel_job(struct tx *tx, const void *arg, struct why *why)
{
	return job_cancel(tx, *(const int64_t *)arg, clock_utc_ms(), why);
}

static void cancelling_ends_a_waiting_job_at_once_and_a_running_one_between_slices(void **state)
{
	(void)state;
	struct test_db t;
	struct why why = { 0 };
	struct work w = { 0 };
	struct job_kind kind = { .name = "test.work", .step = step, .ctx = &w };
	int64_t nobody = 1;
	open_work(&t);
	int64_t waiting = enqueue(&t, "test.other", "key");
	assert_ok(writer_do(t.w, LANE_NORMAL, cancel_job, &waiting, &why), &why);
	assert_int_equal(info(&t, waiting).state, JOB_CANCELLED);
	assert_true(enqueue(&t, "test.other", "key") != waiting);
	assert_int_equal(writer_do(t.w, LANE_NORMAL, cancel_job, &nobody, &why), ERR_NOT_FOUND);

	int64_t id = enqueue(&t, "test.work", NULL);
	struct job_runner *r = start(&t, &kind);
	while (atomic_load(&w.slices) < 2)
		usleep(500);
	assert_ok(writer_do(t.w, LANE_NORMAL, cancel_job, &id, &why), &why);
	wait_for(&t, id, JOB_CANCELLED);
	job_runner_free(&r);
	assert_true(test_db_int(&t, "SELECT COUNT(*) FROM slice", NOARGS) < TOTAL);
	test_db_close(&t);
}

static void a_paused_runner_does_nothing(void **state)
{
	(void)state;
	struct test_db t;
	struct work w = { 0 };
	struct job_kind kind = { .name = "test.work", .step = step, .ctx = &w };
	open_work(&t);
	struct job_runner *r = start(&t, &kind);
	job_runner_pause(r, true);
	int64_t id = enqueue(&t, "test.work", NULL);
	job_runner_wake(r);
	usleep(100000);
	assert_int_equal(atomic_load(&w.slices), 0);
	job_runner_pause(r, false);
	wait_for(&t, id, JOB_DONE);
	job_runner_free(&r);
	test_db_close(&t);
}

/* The child's life: it runs the job until it is killed in the middle of a slice. */
static _Noreturn void run_until_killed(struct test_db *t, int64_t stop_after)
{
	struct work w = { .stop_after = stop_after };
	struct job_kind kind = { .name = "test.work", .step = step, .ctx = &w };
	struct job_runner *r = NULL;
	struct job_runner_cfg cfg = { .url = t->url, .node = NODE, .kinds = &kind, .n_kinds = 1 };
	if (writer_new(&(struct writer_cfg){ .url = t->url, .node = NODE }, &cfg.writer, NULL) ||
	    job_runner_new(&cfg, &r, NULL))
		_exit(1);
	for (;;)
		pause();
}

static void a_killed_process_loses_and_repeats_no_slice(void **state)
{
	(void)state;
	struct test_db t;
	struct why why = { 0 };
	open_work(&t);
	int64_t id = enqueue(&t, "test.work", NULL);
	writer_free(&t.w); /* no thread of ours may live when the child is made */
	for (int64_t stop = 7; stop < TOTAL; stop += 13) {
		pid_t child = fork();
		assert_true(child >= 0);
		if (child == 0)
			run_until_killed(&t, stop);
		int64_t until_ms = clock_mono_ms() + 20000;
		while (test_db_int(&t, "SELECT COUNT(*) FROM slice", NOARGS) < stop) {
			assert_true(clock_mono_ms() < until_ms);
			usleep(2000);
		}
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	assert_int_equal(info(&t, id).state, JOB_RUNNING);
	assert_ok(writer_new(&(struct writer_cfg){ .url = t.url, .node = NODE }, &t.w, &why), &why);
	struct work w = { 0 };
	struct job_kind kind = { .name = "test.work", .step = step, .ctx = &w };
	struct job_runner *r = start(&t, &kind);
	wait_for(&t, id, JOB_DONE);
	job_runner_free(&r);
	every_slice_is_there_once(&t);
	test_db_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_job_runs_slice_by_slice_to_its_end),
		cmocka_unit_test(a_job_of_another_kind_is_left_alone),
		cmocka_unit_test(one_unfinished_job_has_a_key),
		cmocka_unit_test(a_stopped_runner_leaves_the_rest_to_the_next),
		cmocka_unit_test(a_failing_step_is_tried_again_later_and_says_why),
		cmocka_unit_test(bad_input_fails_for_good),
		cmocka_unit_test(
		    cancelling_ends_a_waiting_job_at_once_and_a_running_one_between_slices),
		cmocka_unit_test(a_paused_runner_does_nothing),
		cmocka_unit_test(a_killed_process_loses_and_repeats_no_slice),
	};
	return test_db_main("job", tests);
}
