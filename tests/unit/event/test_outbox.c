#include "test_db.h"

#include "event/outbox.h"

struct add {
	const char *kind;
	int64_t subject, at_utc_ms;
	enum err then;
};

static enum err add_job(struct tx *tx, const void *arg, struct why *why)
{
	const struct add *a = arg;
	enum err e = outbox_add(tx, a->kind, a->subject, 1, a->at_utc_ms, NULL, why);
	if (e)
		return e;
	return a->then ? fail(why, E_FIELD_REQUIRED, "x") : ERR_OK;
}

static void add(struct test_db *t, enum lane lane, int64_t subject)
{
	struct why why = { 0 };
	struct add a = { "t.happened", subject, subject, ERR_OK };
	assert_ok(writer_do(t->w, lane, add_job, &a, &why), &why);
}

struct seen {
	int n, fail_at;
	int64_t subject[100], seq[100], stream[100];
};

static enum err see(const struct event *ev, void *ctx, struct why *why)
{
	struct seen *s = ctx;
	if (s->n == s->fail_at)
		return fail(why, E_INTERNAL, "test");
	assert_string_equal(ev->kind, "t.happened");
	assert_string_equal(ev->body, "{}");
	assert_int_equal(ev->node, 1);
	s->subject[s->n] = ev->subject_id;
	s->seq[s->n] = ev->seq;
	s->stream[s->n] = ev->stream;
	s->n++;
	return ERR_OK;
}

static int read_some(struct test_db *t, const char *consumer, int max, struct seen *s)
{
	struct why why = { 0 };
	int n = -1;
	enum err e = outbox_read(t->r, t->w, consumer, max, see, s, &n, &why);
	assert_int_equal(e, s->n == s->fail_at ? ERR_IO : ERR_OK);
	return n;
}

static void a_consumer_gets_every_event_once_in_order(void **state)
{
	(void)state;
	struct test_db t;
	struct seen s = { .fail_at = -1 };
	test_db_open(&t);
	for (int i = 1; i <= 5; i++)
		add(&t, LANE_NORMAL, i);
	assert_int_equal(read_some(&t, "a", 3, &s), 3);
	assert_int_equal(read_some(&t, "a", 10, &s), 2);
	assert_int_equal(read_some(&t, "a", 10, &s), 0);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(s.subject[i], i + 1);
		assert_int_equal(s.seq[i], i + 1);
	}
	struct seen other = { .fail_at = -1 };
	assert_int_equal(read_some(&t, "b", 10, &other), 5);
	test_db_close(&t);
}

static void what_is_rolled_back_leaves_no_event_and_no_gap(void **state)
{
	(void)state;
	struct test_db t;
	struct seen s = { .fail_at = -1 };
	struct add bad = { "t.happened", 2, 2, ERR_INVALID };
	test_db_open(&t);
	add(&t, LANE_NORMAL, 1);
	assert_int_equal(writer_do(t.w, LANE_NORMAL, add_job, &bad, NULL), ERR_INVALID);
	add(&t, LANE_NORMAL, 3);
	assert_int_equal(read_some(&t, "a", 10, &s), 2);
	assert_int_equal(s.seq[1], 2);
	assert_int_equal(s.subject[1], 3);
	test_db_close(&t);
}

static void an_event_that_fails_comes_again_and_those_before_do_not(void **state)
{
	(void)state;
	struct test_db t;
	struct seen s = { .fail_at = 2 };
	test_db_open(&t);
	for (int i = 1; i <= 4; i++)
		add(&t, LANE_NORMAL, i);
	assert_int_equal(read_some(&t, "a", 10, &s), 2);
	s.fail_at = -1;
	assert_int_equal(read_some(&t, "a", 10, &s), 2);
	for (int i = 0; i < 4; i++)
		assert_int_equal(s.subject[i], i + 1);
	test_db_close(&t);
}

static void each_committing_thread_has_its_own_stream(void **state)
{
	(void)state;
	struct test_db t;
	struct seen s = { .fail_at = -1 };
	test_db_open(&t);
	for (int i = 1; i <= 6; i++)
		add(&t, i % 2 ? LANE_LIVE : LANE_NORMAL, i);
	assert_int_equal(read_some(&t, "a", 10, &s), 6);
	int64_t last[2] = { 0, 0 };
	for (int i = 0; i < 6; i++) {
		int64_t stream = test_db_engine() == DB_SQLITE ? 0 : (s.subject[i] % 2 ? 0 : 1);
		assert_int_equal(s.stream[i], stream);
		assert_int_equal(s.seq[i], ++last[stream]);
	}
	test_db_close(&t);
}

static enum err prune_job(struct tx *tx, const void *arg, struct why *why)
{
	int64_t *io = (int64_t *)(uintptr_t)arg;
	return outbox_prune(tx, io[0], &io[1], why);
}

static void pruning_takes_the_old_and_numbers_go_on(void **state)
{
	(void)state;
	struct test_db t;
	struct why why = { 0 };
	struct seen s = { .fail_at = -1 };
	int64_t io[2] = { 100, -1 };
	test_db_open(&t);
	for (int i = 1; i <= 3; i++)
		add(&t, LANE_NORMAL, i);
	assert_ok(writer_do(t.w, LANE_NORMAL, prune_job, io, &why), &why);
	assert_int_equal(io[1], 3);
	add(&t, LANE_NORMAL, 200);
	assert_int_equal(read_some(&t, "a", 10, &s), 1);
	assert_int_equal(s.seq[0], 4);
	test_db_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_consumer_gets_every_event_once_in_order),
		cmocka_unit_test(what_is_rolled_back_leaves_no_event_and_no_gap),
		cmocka_unit_test(an_event_that_fails_comes_again_and_those_before_do_not),
		cmocka_unit_test(each_committing_thread_has_its_own_stream),
		cmocka_unit_test(pruning_takes_the_old_and_numbers_go_on),
	};
	return test_db_main("outbox", tests);
}
