/* The database goes away: a server that ends connections, one that answers nobody, a full disk. */
#include "test_db.h"

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "base/thread.h"
#include "store/db_int.h"
#include "store/migrate_int.h"

static const struct migration TABLE = {
	1, "0001_t", "CREATE TABLE t (id @id PRIMARY KEY, s @text NOT NULL) @strict;"
};

struct row {
	int64_t id;
	const char *s;
};

/* Not safe by itself to run twice: a second run of a committed job would be E_DB_UNIQUE. */
static enum err insert(struct tx *tx, const void *arg, struct why *why)
{
	const struct row *r = arg;
	return db_exec(tx_db(tx), "INSERT INTO t (id, s) VALUES (?1, ?2)",
	               ARGS(V_INT(r->id), V_TEXT(r->s)), NULL, why);
}

static void open_table(struct test_db *t, int64_t retry_ms)
{
	struct why why = { 0 };
	test_db_empty(t);
	assert_ok(migrate_list(t->url, &TABLE, 1, NULL, &why), &why);
	assert_ok(
	    writer_new(&(struct writer_cfg){ .url = t->url, .retry_ms = retry_ms }, &t->w, &why),
	    &why);
	assert_ok(db_open(t->url, DB_READ, &t->r, &why), &why);
}

/* The database's name in its URL. */
static void name_of(const struct test_db *t, char *out, size_t size)
{
	const char *from = strstr(t->url, "@/") + 2;
	snprintf(out, size, "%.*s", (int)strcspn(from, "?"), from);
}

struct killer {
	struct db *admin;
	char sql[300];
	atomic_bool is_stopping;
	atomic_int rounds;
};

static void open_killer(struct killer *k, const struct test_db *t)
{
	struct why why = { 0 };
	char name[100];
	*k = (struct killer){ 0 };
	name_of(t, name, sizeof name);
	snprintf(k->sql, sizeof k->sql,
	         "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '%s'",
	         name);
	assert_ok(db_open(getenv("HJ_TEST_PG"), DB_WRITE, &k->admin, &why), &why);
}

static void kill_and_kill(void *arg)
{
	struct killer *k = arg;
	while (!atomic_load(&k->is_stopping)) {
		usleep(20000 + (useconds_t)(clock_mono_us() % 20000));
		if (!db_script(k->admin, k->sql, NULL))
			atomic_fetch_add(&k->rounds, 1);
	}
}

static void a_server_that_ends_connections_costs_no_answer_its_truth(void **state)
{
	(void)state;
	if (test_db_engine() == DB_SQLITE)
		skip();
	enum { ROWS = 300, ROUNDS = 8, MAX_ROWS = 20000 };
	static enum err said[MAX_ROWS];
	struct test_db t;
	struct killer k;
	struct thread *th = NULL;
	struct why why = { 0 };
	int rows = 0;
	open_table(&t, 5000);
	open_killer(&k, &t);
	assert_ok(thread_start("killer", kill_and_kill, &k, &th, &why), &why);
	for (; rows < MAX_ROWS && (rows < ROWS || atomic_load(&k.rounds) < ROUNDS); rows++) {
		struct row r = { rows + 1, "x" };
		said[rows] = writer_do(t.w, rows % 2 ? LANE_LIVE : LANE_NORMAL, insert, &r, NULL);
	}
	atomic_store(&k.is_stopping, true);
	thread_join(&th);
	db_close(&k.admin);
	for (int i = 0; i < rows; i++) {
		int64_t n =
		    test_db_int(&t, "SELECT COUNT(*) FROM t WHERE id = ?1", ARGS(V_INT(i + 1)));
		if (n != !said[i])
			test_fail("row %d was answered %s and is there %d times", i + 1,
			          err_kind_name(said[i]), (int)n);
	}
	assert_true(atomic_load(&k.rounds) >= ROUNDS);
	assert_int_equal(test_db_int(&t, "SELECT COUNT(*) FROM t", NOARGS), rows);
	test_db_close(&t);
}

/* Shuts the door of one database, as a stopped server would; others of the server go on. */
static void let_in(const struct test_db *t, struct killer *k, bool is_open)
{
	struct why why = { 0 };
	char name[100], sql[200];
	name_of(t, name, sizeof name);
	snprintf(sql, sizeof sql, "ALTER DATABASE %s ALLOW_CONNECTIONS %s", name,
	         is_open ? "true" : "false");
	assert_ok(db_script(k->admin, sql, &why), &why);
	if (!is_open)
		assert_ok(db_script(k->admin, k->sql, &why), &why);
}

static void a_server_that_is_away_is_said_so_and_found_again(void **state)
{
	(void)state;
	if (test_db_engine() == DB_SQLITE)
		skip();
	struct test_db t;
	struct killer k;
	struct why why = { 0 };
	struct row a = { 1, "x" }, b = { 2, "x" };
	int64_t n;
	open_table(&t, 300);
	open_killer(&k, &t);
	let_in(&t, &k, false);
	int64_t began_ms = clock_mono_ms();
	assert_int_equal(writer_do(t.w, LANE_LIVE, insert, &a, &why), ERR_BUSY);
	assert_int_equal(why.code, E_DB_GONE);
	assert_true(clock_mono_ms() - began_ms < 3000);
	assert_int_equal(db_int(t.r, "SELECT COUNT(*) FROM t", NOARGS, &n, &why), ERR_BUSY);
	assert_int_equal(why.code, E_DB_GONE);
	let_in(&t, &k, true);
	assert_ok(writer_do(t.w, LANE_LIVE, insert, &b, &why), &why);
	assert_int_equal(test_db_int(&t, "SELECT COUNT(*) FROM t WHERE id = 1", NOARGS), 0);
	assert_int_equal(test_db_int(&t, "SELECT COUNT(*) FROM t WHERE id = 2", NOARGS), 1);
	db_close(&k.admin);
	test_db_close(&t);
}

/* ---- a full disk: a file system of 2 MB in a mount namespace of this process ---- */

static bool mount_small(const char *dir)
{
	if (geteuid() != 0)
		return false;
	return unshare(CLONE_NEWNS) == 0 &&
	       mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("small", dir, "tmpfs", 0, "size=2m") == 0;
}

static void a_full_disk_is_said_so_and_loses_nothing(void **state)
{
	(void)state;
	if (test_db_engine() != DB_SQLITE)
		skip();
	struct test_db t;
	struct why why = { 0 };
	static char big[100001];
	memset(big, 'x', sizeof big - 1);
	test_db_empty(&t);
	if (!mount_small(t.dir)) {
		print_message("no file system can be mounted here (%s)\n", strerror(errno));
		test_db_close(&t);
		skip();
	}
	assert_ok(migrate_list(t.url, &TABLE, 1, NULL, &why), &why);
	assert_ok(writer_new(&(struct writer_cfg){ .url = t.url }, &t.w, &why), &why);
	assert_ok(db_open(t.url, DB_READ, &t.r, &why), &why);
	int64_t n = 0;
	enum err e;
	struct row r = { 0, big };
	do {
		r.id = ++n;
		e = writer_do(t.w, LANE_NORMAL, insert, &r, &why);
	} while (!e && n < 100);
	assert_int_equal(e, ERR_IO);
	assert_int_equal(why.code, E_DB_FULL);
	assert_int_equal(test_db_int(&t, "SELECT COUNT(*) FROM t", NOARGS), n - 1);
	/* Room again: it goes on without a restart. */
	assert_int_equal(mount("small", t.dir, "tmpfs", MS_REMOUNT, "size=16m"), 0);
	assert_ok(writer_do(t.w, LANE_NORMAL, insert, &r, &why), &why);
	assert_int_equal(test_db_int(&t, "SELECT COUNT(*) FROM t", NOARGS), n);
	writer_free(&t.w);
	db_close(&t.r);
	assert_int_equal(umount(t.dir), 0);
	test_db_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_server_that_ends_connections_costs_no_answer_its_truth),
		cmocka_unit_test(a_server_that_is_away_is_said_so_and_found_again),
		cmocka_unit_test(a_full_disk_is_said_so_and_loses_nothing),
	};
	log_set_level(LOG_NONE);
	return test_db_main("lost", tests);
}
