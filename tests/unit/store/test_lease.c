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
	test_db_open(&t);
	assert_ok(ask(&t, lease_take, &a, 1000, &why), &why);
	assert_ok(ask(&t, lease_take, &other, 1000, &why), &why);
	assert_int_equal(ask(&t, lease_take, &b, 1000 + LEASE_MS - 1, &why), ERR_CONFLICT);
	assert_int_equal(why.code, E_LEASE_HELD);
	assert_ok(ask(&t, lease_renew, &a, 10000, &why), &why);
	assert_true(a.expires_utc_ms == 10000 + LEASE_MS);
	assert_int_equal(ask(&t, lease_take, &b, 1000 + LEASE_MS, &why), ERR_CONFLICT);
	assert_ok(ask(&t, lease_take, &b, 10000 + LEASE_MS, &why), &why);
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
	assert_ok(ask(&t, lease_take, &a, 1000, &why), &why);
	assert_ok(ask(&t, check, &a, 0, &why), &why);
	assert_ok(ask(&t, lease_take, &b, 100000, &why), &why);
	assert_int_equal(ask(&t, check, &a, 0, &why), ERR_CONFLICT);
	assert_int_equal(why.code, E_LEASE_LOST);
	assert_int_equal(ask(&t, lease_renew, &a, 100000, &why), ERR_CONFLICT);
	assert_ok(ask(&t, give_back, &a, 0, &why), &why); /* not his to give */
	assert_ok(ask(&t, check, &b, 0, &why), &why);
	assert_int_equal(ask(&t, lease_take, &a, 100001, &why), ERR_CONFLICT);
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
	assert_ok(ask(&t, lease_take, &before, 1000, &why), &why);
	assert_ok(ask(&t, lease_take, &after, 1001, &why), &why);
	assert_int_equal(ask(&t, check, &before, 0, &why), ERR_CONFLICT);
	assert_ok(ask(&t, give_back, &after, 0, &why), &why);
	assert_ok(ask(&t, lease_take, &b, 1002, &why), &why);
	assert_int_equal(b.epoch, 3);
	test_db_close(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_cell_has_one_holder_until_the_end_of_its_lease),
		cmocka_unit_test(who_was_replaced_can_neither_renew_nor_write),
		cmocka_unit_test(a_node_that_came_back_takes_its_own_at_once),
	};
	return test_db_main("lease", tests);
}
