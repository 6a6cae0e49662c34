#include "test_db.h"

#include <semaphore.h>
#include <stdatomic.h>

#include "base/thread.h"
#include "store/db_int.h"
#include "store/migrate_int.h"

static const struct migration TABLE = {
	1, "0001_t", "CREATE TABLE t (id @id PRIMARY KEY, n @int NOT NULL) @strict;"
};

static void open_table(struct test_db *t, struct writer_cfg cfg)
{
	struct why why = { 0 };
	test_db_empty(t);
	assert_ok(migrate_list(t->url, &TABLE, 1, NULL, &why), &why);
	cfg.url = t->url;
	assert_ok(writer_new(&cfg, &t->w, &why), &why);
	assert_ok(db_open(t->url, DB_READ, &t->r, &why), &why);
}

/* ---- jobs of these tests ---- */

static enum err insert(struct tx *tx, const void *arg, struct why *why)
{
	const int64_t *id = arg;
	return db_exec(tx_db(tx), "INSERT INTO t (id, n) VALUES (?1, 0)", ARGS(V_INT(*id)), NULL,
	               why);
}

struct gate {
	sem_t entered, go;
	bool is_open; /* a group that fails runs its jobs again */
};

/* Holds the writer's thread, so that what is given meanwhile stands in the queue. */
static enum err hold(struct tx *tx, const void *arg, struct why *why)
{
	(void)tx, (void)why;
	struct gate *g = *(struct gate *const *)arg;
	if (g->is_open)
		return ERR_OK;
	sem_post(&g->entered);
	while (sem_wait(&g->go))
		;
	g->is_open = true;
	return ERR_OK;
}

static void hold_lane(struct test_db *t, enum lane lane, struct gate *g)
{
	struct why why = { 0 };
	g->is_open = false;
	sem_init(&g->entered, 0, 0);
	sem_init(&g->go, 0, 0);
	assert_ok(writer_submit(t->w, lane, hold, &g, sizeof g, NULL, NULL, &why), &why);
	while (sem_wait(&g->entered))
		;
}

/* What came back, in the order it came. */
struct log {
	sem_t settled;
	_Atomic int n;
	struct {
		int64_t id;
		enum err e;
		enum err_code code;
	} row[1000];
};

struct ticket {
	struct log *log;
	int64_t id;
};

static void note(enum err e, const struct why *why, void *ctx)
{
	struct ticket *k = ctx;
	int i = atomic_fetch_add(&k->log->n, 1);
	k->log->row[i].id = k->id;
	k->log->row[i].e = e;
	k->log->row[i].code = e ? why->code : E_NONE;
	sem_post(&k->log->settled);
}

static void submit(struct test_db *t, enum lane lane, write_fn *fn, struct ticket *k,
                   struct log *log, int64_t id)
{
	struct why why = { 0 };
	*k = (struct ticket){ log, id };
	assert_ok(writer_submit(t->w, lane, fn, &id, sizeof id, note, k, &why), &why);
}

static void wait_for(struct log *log, int n)
{
	while (n-- > 0) {
		while (sem_wait(&log->settled))
			;
	}
}

/* ---- tests ---- */

static void jobs_given_while_it_works_share_one_commit(void **state)
{
	(void)state;
	struct test_db t;
	struct gate g;
	static struct log log;
	struct ticket k[200];
	open_table(&t, (struct writer_cfg){ 0 });
	memset(&log, 0, sizeof log);
	sem_init(&log.settled, 0, 0);
	hold_lane(&t, LANE_NORMAL, &g);
	for (int i = 0; i < 200; i++)
		submit(&t, LANE_NORMAL, insert, &k[i], &log, i + 1);
	sem_post(&g.go);
	wait_for(&log, 200);
	struct writer_stats s;
	writer_stats(t.w, &s);
	assert_true(s.commits < 50);
	assert_int_equal(test_db_int(&t, "SELECT COUNT(*) FROM t", NOARGS), 200);
	for (int i = 0; i < 200; i++) {
		assert_int_equal(log.row[i].e, ERR_OK);
		assert_int_equal(log.row[i].id, i + 1);
	}
	test_db_close(&t);
}

static enum err insert_then_refuse(struct tx *tx, const void *arg, struct why *why)
{
	enum err e = insert(tx, arg, why);
	return e ? e : fail(why, E_FIELD_REQUIRED, "x");
}

static void a_failing_job_is_undone_alone_and_its_neighbours_stay(void **state)
{
	(void)state;
	struct test_db t;
	struct gate g;
	static struct log log;
	struct ticket k[12];
	open_table(&t, (struct writer_cfg){ 0 });
	memset(&log, 0, sizeof log);
	sem_init(&log.settled, 0, 0);
	hold_lane(&t, LANE_NORMAL, &g);
	for (int i = 0; i < 10; i++)
		submit(&t, LANE_NORMAL, i == 3 || i == 7 ? insert_then_refuse : insert, &k[i], &log,
		       i + 1);
	submit(&t, LANE_NORMAL, insert, &k[10], &log, 2); /* there already */
	submit(&t, LANE_NORMAL, insert, &k[11], &log, 12);
	sem_post(&g.go);
	wait_for(&log, 12);
	assert_int_equal(test_db_int(&t, "SELECT COUNT(*) FROM t", NOARGS), 9);
	assert_int_equal(test_db_int(&t, "SELECT COUNT(*) FROM t WHERE id IN (4, 8)", NOARGS), 0);
	for (int i = 0; i < 12; i++) {
		enum err want = i == 3 || i == 7 ? ERR_INVALID : i == 10 ? ERR_CONFLICT : ERR_OK;
		assert_int_equal(log.row[i].e, want);
	}
	test_db_close(&t);
}

static enum err swallow(struct tx *tx, const void *arg, struct why *why)
{
	const int64_t *id = arg;
	struct why ignored;
	enum err e = db_exec(tx_db(tx), "INSERT INTO t (id, n) VALUES (?1, 0)",
	                     ARGS(V_INT(*id + 100)), NULL, why);
	if (e)
		return e;
	(void)insert(tx, id, &ignored);
	return ERR_OK;
}

static void a_swallowed_error_is_an_error_on_both_engines(void **state)
{
	(void)state;
	struct test_db t;
	struct why why = { 0 };
	int64_t one = 1;
	open_table(&t, (struct writer_cfg){ 0 });
	assert_ok(writer_do(t.w, LANE_NORMAL, insert, &one, &why), &why);
	assert_int_equal(writer_do(t.w, LANE_NORMAL, swallow, &one, &why), ERR_CONFLICT);
	assert_int_equal(why.code, E_DB_UNIQUE);
	assert_int_equal(test_db_int(&t, "SELECT COUNT(*) FROM t", NOARGS), 1);
	test_db_close(&t);
}

static void the_live_lane_goes_before_what_waits_in_the_other(void **state)
{
	(void)state;
	struct test_db t;
	struct gate g;
	static struct log log;
	struct ticket k[20];
	open_table(&t, (struct writer_cfg){ 0 });
	memset(&log, 0, sizeof log);
	sem_init(&log.settled, 0, 0);
	hold_lane(&t, LANE_NORMAL, &g);
	for (int i = 0; i < 19; i++)
		submit(&t, LANE_NORMAL, insert, &k[i], &log, i + 1);
	submit(&t, LANE_LIVE, insert, &k[19], &log, 1000);
	if (test_db_engine() == DB_POSTGRES) /* a connection of its own: it waits for nobody */
		wait_for(&log, 1);
	sem_post(&g.go);
	wait_for(&log, test_db_engine() == DB_POSTGRES ? 19 : 20);
	assert_int_equal(log.row[0].id, 1000);
	test_db_close(&t);
}

static void a_full_lane_refuses_and_takes_nothing(void **state)
{
	(void)state;
	struct test_db t;
	struct gate g;
	struct why why = { 0 };
	static struct log log;
	struct ticket k[10];
	open_table(&t, (struct writer_cfg){ .depth = 10 });
	memset(&log, 0, sizeof log);
	sem_init(&log.settled, 0, 0);
	hold_lane(&t, LANE_NORMAL, &g);
	for (int i = 0; i < 10; i++)
		submit(&t, LANE_NORMAL, insert, &k[i], &log, i + 1);
	assert_int_equal(writer_load_pct(t.w, LANE_NORMAL), 100);
	assert_int_equal(writer_load_pct(t.w, LANE_LIVE), 0);
	int64_t id = 11;
	assert_int_equal(writer_submit(t.w, LANE_NORMAL, insert, &id, sizeof id, note, NULL, &why),
	                 ERR_BUSY);
	assert_int_equal(why.code, E_WRITER_FULL);
	assert_int_equal(writer_do(t.w, LANE_NORMAL, insert, &id, &why), ERR_BUSY);
	sem_post(&g.go);
	wait_for(&log, 10);
	assert_int_equal(test_db_int(&t, "SELECT COUNT(*) FROM t", NOARGS), 10);
	test_db_close(&t);
}

static void closing_commits_what_was_given(void **state)
{
	(void)state;
	struct test_db t;
	struct gate g;
	struct why why = { 0 };
	open_table(&t, (struct writer_cfg){ 0 });
	hold_lane(&t, LANE_NORMAL, &g);
	for (int64_t i = 1; i <= 50; i++)
		assert_ok(writer_submit(t.w, LANE_NORMAL, insert, &i, sizeof i, NULL, NULL, &why),
		          &why);
	sem_post(&g.go);
	writer_free(&t.w);
	assert_int_equal(test_db_int(&t, "SELECT COUNT(*) FROM t", NOARGS), 50);
	test_db_close(&t);
}

/* Reads, then writes what it read: two at once collide and one of them must run again. */
static enum err increment(struct tx *tx, const void *arg, struct why *why)
{
	(void)arg;
	int64_t n = 0;
	enum err e = db_int(tx_db(tx), "SELECT n FROM t WHERE id = 1", NOARGS, &n, why);
	return e ? e
	         : db_exec(tx_db(tx), "UPDATE t SET n = ?1 WHERE id = 1", ARGS(V_INT(n + 1)), NULL,
	                   why);
}

struct counter {
	struct test_db *t;
	enum lane lane;
	int failed;
};

static void count_up(void *arg)
{
	struct counter *c = arg;
	for (int i = 0; i < 100; i++)
		c->failed += writer_do(c->t->w, c->lane, increment, NULL, NULL) != ERR_OK;
}

static void colliding_transactions_are_repeated_and_none_is_lost(void **state)
{
	(void)state;
	struct test_db t;
	struct why why = { 0 };
	struct thread *th[4] = { 0 };
	struct counter c[4];
	int64_t one = 1;
	open_table(&t, (struct writer_cfg){ 0 });
	assert_ok(writer_do(t.w, LANE_NORMAL, insert, &one, &why), &why);
	for (int i = 0; i < 4; i++) {
		c[i] = (struct counter){ &t, i % 2 ? LANE_LIVE : LANE_NORMAL, 0 };
		assert_ok(thread_start("counter", count_up, &c[i], &th[i], &why), &why);
	}
	for (int i = 0; i < 4; i++) {
		thread_join(&th[i]);
		assert_int_equal(c[i].failed, 0);
	}
	assert_int_equal(test_db_int(&t, "SELECT n FROM t WHERE id = 1", NOARGS), 400);
	struct writer_stats s;
	writer_stats(t.w, &s);
	assert_true(s.commits > 0);
	if (test_db_engine() == DB_POSTGRES)
		assert_true(s.retries > 0);
	test_db_close(&t);
}

static enum err insert_and_tell(struct tx *tx, const void *arg, struct why *why)
{
	int64_t *out = (int64_t *)(uintptr_t)arg;
	out[1] = 42;
	return insert(tx, &out[0], why);
}

static void a_waiting_caller_gets_outputs_and_errors(void **state)
{
	(void)state;
	struct test_db t;
	struct why why = { 0 };
	int64_t io[2] = { 1, 0 };
	open_table(&t, (struct writer_cfg){ 0 });
	assert_ok(writer_do(t.w, LANE_LIVE, insert_and_tell, io, &why), &why);
	assert_int_equal(io[1], 42);
	assert_int_equal(test_db_int(&t, "SELECT COUNT(*) FROM t", NOARGS), 1);
	assert_int_equal(writer_do(t.w, LANE_LIVE, insert_and_tell, io, &why), ERR_CONFLICT);
	test_db_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(jobs_given_while_it_works_share_one_commit),
		cmocka_unit_test(a_failing_job_is_undone_alone_and_its_neighbours_stay),
		cmocka_unit_test(a_swallowed_error_is_an_error_on_both_engines),
		cmocka_unit_test(the_live_lane_goes_before_what_waits_in_the_other),
		cmocka_unit_test(a_full_lane_refuses_and_takes_nothing),
		cmocka_unit_test(closing_commits_what_was_given),
		cmocka_unit_test(colliding_transactions_are_repeated_and_none_is_lost),
		cmocka_unit_test(a_waiting_caller_gets_outputs_and_errors),
	};
	return test_db_main("writer", tests);
}
