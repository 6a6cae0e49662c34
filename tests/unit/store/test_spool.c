/* What the database cannot take: in a file, in order, through crashes; entered once. */
#include "test_db.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "store/db_int.h"
#include "store/migrate.h"
#include "store/spool.h"

static char dir[] = "/tmp/hujiao-spool-XXXXXX";

static void fresh_dir(void)
{
	snprintf(dir, sizeof dir, "/tmp/hujiao-spool-XXXXXX");
	assert_non_null(mkdtemp(dir));
}

static void drop_dir(void)
{
	char cmd[100];
	snprintf(cmd, sizeof cmd, "%s/records", dir);
	unlink(cmd);
	snprintf(cmd, sizeof cmd, "%s/refused", dir);
	unlink(cmd);
	rmdir(dir);
}

static void expect_next(struct spool *s, int64_t seq, const char *body)
{
	struct spool_record r;
	struct why why = { 0 };
	assert_ok(spool_peek(s, &r, &why), &why);
	assert_int_equal(r.seq, seq);
	assert_string_equal(r.body, body);
	spool_taken(s);
}

static void records_come_back_in_order_after_a_crash(void **state)
{
	(void)state;
	struct spool *s = NULL;
	struct why why = { 0 };
	fresh_dir();
	assert_ok(spool_open(dir, &s, &why), &why);
	assert_int_equal(spool_count(s), 0);
	assert_ok(spool_add(s, "call", "", "{\"a\":1}", 7, &why), &why);
	assert_ok(spool_add(s, "call", "00000001:77", "two\nlines", 9, &why), &why);
	assert_ok(spool_sync(s, &why), &why);
	int64_t id = spool_id(s);
	spool_close(&s); /* as a crash would: nothing is written at the end */
	assert_ok(spool_open(dir, &s, &why), &why);
	assert_true(spool_id(s) == id);
	assert_int_equal(spool_count(s), 2);
	expect_next(s, 1, "{\"a\":1}");
	struct spool_record r;
	assert_ok(spool_peek(s, &r, &why), &why);
	assert_string_equal(r.maybe, "00000001:77");
	expect_next(s, 2, "two\nlines");
	assert_int_equal(spool_peek(s, &r, &why), ERR_END);
	assert_ok(spool_clear(s, &why), &why);
	assert_true(spool_id(s) != id);
	spool_close(&s);
	drop_dir();
}

static void a_half_written_or_changed_end_is_cut_off(void **state)
{
	(void)state;
	struct spool *s = NULL;
	struct why why = { 0 };
	char path[100];
	struct stat st;
	fresh_dir();
	log_set_level(LOG_ERROR);
	snprintf(path, sizeof path, "%s/records", dir);
	assert_ok(spool_open(dir, &s, &why), &why);
	assert_ok(spool_add(s, "call", "", "first", 5, &why), &why);
	assert_ok(spool_add(s, "call", "", "second", 6, &why), &why);
	spool_close(&s);
	assert_int_equal(stat(path, &st), 0);
	for (off_t cut = 1; cut < 30; cut += 7) {
		assert_int_equal(truncate(path, st.st_size - cut), 0);
		assert_ok(spool_open(dir, &s, &why), &why);
		assert_int_equal(spool_count(s), 1);
		/* Its number is given again: nobody was told of the one that was cut off. */
		assert_ok(spool_add(s, "call", "", "second", 6, &why), &why);
		spool_close(&s);
	}
	FILE *f = fopen(path, "r+");
	assert_non_null(f);
	fseek(f, -3, SEEK_END);
	fputc('X', f);
	fclose(f);
	assert_ok(spool_open(dir, &s, &why), &why);
	assert_int_equal(spool_count(s), 1);
	expect_next(s, 1, "first");
	spool_close(&s);
	drop_dir();
}

/* ---- through the writer ---- */

struct fact {
	int64_t id;
};

static enum err insert(struct tx *tx, int64_t id, struct why *why)
{
	return db_exec(tx_db(tx), "INSERT INTO note_of_test (id) VALUES (?1)", ARGS(V_INT(id)),
	               NULL, why);
}

static enum err fact_write(struct tx *tx, const void *arg, struct why *why)
{
	return insert(tx, ((const struct fact *)arg)->id, why);
}

static enum err fact_encode(const void *kept, struct str *out, struct why *why)
{
	(void)why;
	str_addf(out, "%lld", (long long)((const struct fact *)kept)->id);
	return ERR_OK;
}

static enum err fact_enter(struct tx *tx, const char *text, size_t bytes, struct why *why)
{
	(void)bytes;
	return insert(tx, strtoll(text, NULL, 10), why);
}

static const struct writer_kind FACT = { .name = "fact",
	                                 .encode = fact_encode,
	                                 .enter = fact_enter };
static const struct writer_kind *const KINDS[] = { &FACT };

static atomic_int answered, refused;

static void told(enum err e, const struct why *why, void *ctx)
{
	(void)why, (void)ctx;
	atomic_fetch_add(e ? &refused : &answered, 1);
}

static void wait_for(const atomic_int *n, int want)
{
	for (int i = 0; i < 6000 && atomic_load(n) < want; i++)
		usleep(10000);
	assert_int_equal(atomic_load(n), want);
}

/* Shuts the door of one database, as a stopped server would. */
static void let_in(const struct test_db *t, struct db *admin, bool is_open)
{
	struct why why = { 0 };
	char name[100], sql[300];
	const char *from = strstr(t->url, "@/") + 2;
	snprintf(name, sizeof name, "%.*s", (int)strcspn(from, "?"), from);
	snprintf(sql, sizeof sql, "ALTER DATABASE %s ALLOW_CONNECTIONS %s", name,
	         is_open ? "true" : "false");
	assert_ok(db_script(admin, sql, &why), &why);
	snprintf(sql, sizeof sql,
	         "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '%s'",
	         name);
	if (!is_open)
		assert_ok(db_script(admin, sql, &why), &why);
}

static void start_writer(struct test_db *t)
{
	struct why why = { 0 };
	assert_ok(writer_new(&(struct writer_cfg){ .url = t->url,
	                                           .retry_ms = 300,
	                                           .spool_dir = dir,
	                                           .kinds = KINDS,
	                                           .n_kinds = 1 },
	                     &t->w, &why),
	          &why);
}

static void give(struct test_db *t, int64_t id)
{
	static struct fact f[100];
	struct why why = { 0 };
	f[id].id = id;
	assert_ok(writer_submit_kept(t->w, &FACT, &f[id], fact_write, &f[id], sizeof f[id], told,
	                             NULL, &why),
	          &why);
}

static void what_is_kept_is_entered_once_also_by_the_next_process(void **state)
{
	(void)state;
	if (test_db_engine() == DB_SQLITE)
		skip();
	struct test_db t;
	struct db *admin = NULL;
	struct why why = { 0 };
	log_set_level(LOG_NONE);
	atomic_store(&answered, 0);
	atomic_store(&refused, 0);
	fresh_dir();
	test_db_empty(&t);
	assert_ok(migrate(t.url, NULL, &why), &why);
	start_writer(&t);
	test_db_exec(&t, "CREATE TABLE note_of_test (id BIGINT PRIMARY KEY)", NOARGS);
	assert_ok(db_open(getenv("HJ_TEST_PG"), DB_WRITE, &admin, &why), &why);
	give(&t, 1);
	wait_for(&answered, 1);
	let_in(&t, admin, false);
	for (int i = 2; i <= 20; i++)
		give(&t, i);
	wait_for(&answered, 20);
	assert_int_equal(writer_spooled(t.w), 19);
	/* What has no kind is told no, at once. */
	struct fact f = { 50 };
	assert_int_equal(writer_do(t.w, LANE_LIVE, fact_write, &f, &why), ERR_BUSY);
	writer_free(&t.w); /* with the database still away: the file stays */
	let_in(&t, admin, true);
	start_writer(&t);
	give(&t, 21);
	wait_for(&answered, 21);
	for (int i = 0; i < 3000 && writer_spooled(t.w); i++)
		usleep(10000);
	assert_int_equal(writer_spooled(t.w), 0);
	assert_ok(db_open(t.url, DB_READ, &t.r, &why), &why);
	assert_int_equal(test_db_int(&t, "SELECT COUNT(*) FROM note_of_test", NOARGS), 21);
	assert_int_equal(atomic_load(&refused), 0);
	db_close(&admin);
	test_db_close(&t);
	drop_dir();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_back_in_order_after_a_crash),
		cmocka_unit_test(a_half_written_or_changed_end_is_cut_off),
		cmocka_unit_test(what_is_kept_is_entered_once_also_by_the_next_process),
	};
	return test_db_main("spool", tests);
}
