#include "test_db.h"

#include "store/lease.h"

struct ask {
	enum err (*fn)(struct tx *, struct lease *, int64_t, struct why *);
	struct lease *l;
	int64_t now_utc_ms;
};

static enum err ask_job(struct tx *tx, const void *arg, struct why *why)
{
	const struct ask *a = arg;
	return a->fn(tx, a->l, a->now_utc_ms, why);
}

static enum err take(struct tx *tx, struct lease *l, int64_t now_utc_ms, struct why *why)
{
	return lease_take(tx, l, NULL, now_utc_ms, why);
}

/* Takes what it saw standing still for a lease's time. */
static const struct lease *watched;
static enum err take_over(struct tx *tx, struct lease *l, int64_t now_utc_ms, struct why *why)
{
	return lease_take(tx, l, watched, now_utc_ms, why);
}

static enum err check(struct tx *tx, struct lease *l, int64_t now_utc_ms, struct why *why)
{
	(void)now_utc_ms;
	return lease_check(tx, l->cell_id, l->epoch, why);
}

static enum err give_back(struct tx *tx, struct lease *l, int64_t now_utc_ms, struct why *why)
{
	(void)now_utc_ms;
	return lease_give_back(tx, l, why);
}

static enum err ask(struct test_db *t,
                    enum err (*fn)(struct tx *, struct lease *, int64_t, struct why *),
                    struct lease *l, int64_t now_utc_ms, struct why *why)
{
	return writer_do(t->w, LANE_LIVE, ask_job, &(struct ask){ fn, l, now_utc_ms }, why);
}

static void a_cell_has_one_holder_until_the_end_of_its_lease(void **state)
{
	(void)state;
	struct test_db t;
	struct why why = { 0 };
	struct lease a = { .cell_id = 1, .node = 1 }, b = { .cell_id = 1, .node = 2 },
		     other = { .cell_id = 2, .node = 2 };
	struct lease seen;
	test_db_open(&t);
	assert_ok(ask(&t, take, &a, 1000, &why), &why);
	assert_ok(ask(&t, take, &other, 1000, &why), &why);
	/* A clock that runs ahead by a day is no reason to take what another renews. */
	assert_int_equal(ask(&t, take, &b, 86400000, &why), ERR_CONFLICT);
	assert_int_equal(why.code, E_LEASE_HELD);
	assert_ok(lease_look(t.r, 1, &seen, &why), &why);
	watched = &seen;
	assert_ok(ask(&t, lease_renew, &a, 10000, &why), &why);
	assert_true(a.expires_utc_ms == 10000 + LEASE_MS);
	assert_int_equal(ask(&t, take_over, &b, 10001, &why), ERR_CONFLICT);
	assert_ok(lease_look(t.r, 1, &seen, &why), &why);
	assert_ok(ask(&t, take_over, &b, 10002, &why), &why);
	assert_true(b.epoch > a.epoch);
	test_db_close(&t);
}

static void who_was_replaced_can_neither_renew_nor_write(void **state)
{
	(void)state;
	struct test_db t;
	struct why why = { 0 };
	struct lease a = { .cell_id = 1, .node = 1 }, b = { .cell_id = 1, .node = 2 };
	test_db_open(&t);
	assert_ok(ask(&t, take, &a, 1000, &why), &why);
	assert_ok(ask(&t, check, &a, 0, &why), &why);
	watched = &a;
	assert_ok(ask(&t, take_over, &b, 100000, &why), &why);
	assert_int_equal(ask(&t, check, &a, 0, &why), ERR_CONFLICT);
	assert_int_equal(why.code, E_LEASE_LOST);
	assert_int_equal(ask(&t, lease_renew, &a, 100000, &why), ERR_CONFLICT);
	assert_ok(ask(&t, give_back, &a, 0, &why), &why); /* not his to give */
	assert_ok(ask(&t, check, &b, 0, &why), &why);
	assert_int_equal(ask(&t, take, &a, 100001, &why), ERR_CONFLICT);
	test_db_close(&t);
}

static void a_node_that_came_back_takes_its_own_at_once(void **state)
{
	(void)state;
	struct test_db t;
	struct why why = { 0 };
	struct lease before = { .cell_id = 1, .node = 1 }, after = { .cell_id = 1, .node = 1 },
		     b = { .cell_id = 1, .node = 2 };
	test_db_open(&t);
	assert_ok(ask(&t, take, &before, 1000, &why), &why);
	assert_ok(ask(&t, take, &after, 1001, &why), &why);
	assert_int_equal(ask(&t, check, &before, 0, &why), ERR_CONFLICT);
	assert_ok(ask(&t, give_back, &after, 0, &why), &why);
	assert_ok(ask(&t, take, &b, 1002, &why), &why);
	assert_int_equal(b.epoch, 3);
	test_db_close(&t);
}

static enum err name_node(struct tx *tx, const void *arg, struct why *why)
{
	int64_t node = 0, want = 0;
	const char *owner = arg;
	want = owner[0] - 'a' + 1;
	enum err e = node_take(tx, owner, "http://here", 1000, &node, why);
	if (!e && node != want)
		test_fail("%s was given %d", owner, (int)node);
	return e;
}

static void a_node_keeps_its_number_and_shares_it_with_none(void **state)
{
	(void)state;
	struct test_db t;
	struct why why = { 0 };
	char addr[NODE_ADDR_BYTES];
	struct lease a = { .cell_id = 7, .node = 2 };
	test_db_open(&t);
	static const char *const OWNERS[] = { "a", "b", "a", "c", "b" };
	for (size_t i = 0; i < sizeof OWNERS / sizeof *OWNERS; i++)
		assert_ok(writer_do(t.w, LANE_NORMAL, name_node, OWNERS[i], &why), &why);
	assert_ok(cell_addr(t.r, 7, addr, &why), &why);
	assert_string_equal(addr, "");
	assert_ok(ask(&t, take, &a, 1000, &why), &why);
	assert_ok(cell_addr(t.r, 7, addr, &why), &why);
	assert_string_equal(addr, "http://here");
	test_db_exec(
	    &t, "INSERT INTO node (id, owner, epoch, expires_utc_ms) VALUES (1023, 'z', 1, 5000)",
	    NOARGS);
	/* All numbers were given once: that of who has been gone longest comes again. */
	test_db_exec(&t, "UPDATE node SET expires_utc_ms = 500 WHERE id = 3", NOARGS);
	assert_ok(writer_do(t.w, LANE_NORMAL, name_node, "c2", &why), &why);
	assert_int_equal(writer_do(t.w, LANE_NORMAL, name_node, "x", &why), ERR_LIMIT);
	assert_int_equal(why.code, E_NODES_ALL);
	test_db_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cell_has_one_holder_until_the_end_of_its_lease),
		cmocka_unit_test(who_was_replaced_can_neither_renew_nor_write),
		cmocka_unit_test(a_node_that_came_back_takes_its_own_at_once),
		cmocka_unit_test(a_node_keeps_its_number_and_shares_it_with_none),
	};
	return test_db_main("lease", tests);
}
