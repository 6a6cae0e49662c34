/* A process that is killed in the middle of its writes loses nothing it was told is saved. */
#include "test_db.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/migrate_int.h"

static const struct migration TABLE = {
	1, "0001_t", "CREATE TABLE t (id @id PRIMARY KEY, half @int NOT NULL) @strict;"
};

/* Two rows a job: one without the other would be half a job. */
static enum err insert_pair(struct tx *tx, const void *arg, struct why *why)
{
	const int64_t *id = arg;
	enum err e = db_exec(tx_db(tx), "INSERT INTO t (id, half) VALUES (?1, 1)",
	                     ARGS(V_INT(*id * 2)), NULL, why);
	return e ? e
	         : db_exec(tx_db(tx), "INSERT INTO t (id, half) VALUES (?1, 2)",
	                   ARGS(V_INT(*id * 2 + 1)), NULL, why);
}

static int tell_fd;

static void tell(enum err e, const struct why *why, void *ctx)
{
	(void)why;
	int64_t id = (int64_t)(intptr_t)ctx;
	if (!e)
		(void)!write(tell_fd, &id, sizeof id);
}

/* Writes as fast as it can, on both lanes, and tells of every commit through the pipe. */
static _Noreturn void write_until_killed(const char *url, int64_t from, int fd)
{
	struct writer *w = NULL;
	tell_fd = fd;
	if (writer_new(&(struct writer_cfg){ .url = url }, &w, NULL))
		_exit(1);
	for (int64_t id = from;; id++) {
		while (writer_submit(w, id % 2 ? LANE_LIVE : LANE_NORMAL, insert_pair, &id,
		                     sizeof id, tell, (void *)(intptr_t)id, NULL))
			usleep(1000);
	}
}

static int64_t round_of_writing(struct test_db *t, int64_t from, int64_t *told, int64_t n_told,
                                int wait_ms)
{
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0)
		write_until_killed(t->url, from, ends[1]);
	close(ends[1]);
	struct pollfd p = { .fd = ends[0], .events = POLLIN };
	assert_int_equal(poll(&p, 1, 20000), 1); /* the first commit */
	usleep((useconds_t)wait_ms * 1000);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	while (n_told < 200000 &&
	       read(ends[0], &told[n_told], sizeof *told) == (ssize_t)sizeof *told)
		n_told++;
	close(ends[0]);
	return n_told;
}

static void nothing_acknowledged_is_lost_by_a_kill(void **state)
{
	(void)state;
	static int64_t told[200000];
	struct test_db t;
	struct why why = { 0 };
	int64_t n = 0;
	test_db_empty(&t);
	assert_ok(migrate_list(t.url, &TABLE, 1, NULL, &why), &why);
	for (int round = 0; round < 6; round++) {
		int64_t before = n;
		n = round_of_writing(&t, 1 + INT64_C(1000000) * round, told, n, 20 + round * 37);
		assert_true(n > before);
	}
	assert_ok(db_open(t.url, DB_READ, &t.r, &why), &why);
	for (int64_t i = 0; i < n; i++) {
		if (test_db_int(&t, "SELECT COUNT(*) FROM t WHERE id IN (?1 * 2, ?1 * 2 + 1)",
		                ARGS(V_INT(told[i]))) != 2)
			test_fail("row %d was acknowledged and is not there", (int)told[i]);
	}
	assert_int_equal(test_db_int(&t, "SELECT COUNT(*) FROM t WHERE half = 1", NOARGS),
	                 test_db_int(&t, "SELECT COUNT(*) FROM t WHERE half = 2", NOARGS));
	test_db_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(
	    nothing_acknowledged_is_lost_by_a_kill) };
	return test_db_main("crash", tests);
}
