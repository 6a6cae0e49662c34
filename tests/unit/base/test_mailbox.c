#include "test.h"

#include <poll.h>
#include <sched.h>

#include "base/mailbox.h"
#include "base/thread.h"

enum { POSTERS = 4, EACH = 20000 };

struct msg {
	int from, n;
};

static struct mailbox *box;

static void post_all(void *arg)
{
	struct msg m = { *(int *)arg, 0 };
	while (m.n < EACH) {
		if (mailbox_post(box, &m, NULL) == ERR_OK)
			m.n++;
		else
			sched_yield();
	}
}

static void nothing_is_lost_or_reordered_between_threads(void **state)
{
	(void)state;
	struct why why = { 0 };
	struct thread *t[POSTERS] = { 0 };
	int from[POSTERS], next[POSTERS] = { 0 };
	assert_ok(mailbox_new(sizeof(struct msg), 64, &box, &why), &why);
	for (int i = 0; i < POSTERS; i++) {
		from[i] = i;
		assert_ok(thread_start("poster", post_all, &from[i], &t[i], &why), &why);
	}
	for (int got = 0; got < POSTERS * EACH;) {
		struct msg m;
		assert_true(mailbox_wait(box, 10000));
		while (mailbox_take(box, &m)) {
			assert_int_equal(m.n, next[m.from]++);
			got++;
		}
	}
	for (int i = 0; i < POSTERS; i++)
		thread_join(&t[i]);
	assert_false(mailbox_wait(box, 0));
	mailbox_free(&box);
}

static void a_full_box_refuses_until_one_is_taken(void **state)
{
	(void)state;
	struct why why = { 0 };
	struct mailbox *m = NULL;
	char c = 'a';
	assert_ok(mailbox_new(1, 4, &m, &why), &why);
	for (int i = 0; i < 4; i++, c++)
		assert_ok(mailbox_post(m, &c, &why), &why);
	assert_int_equal(mailbox_depth(m), 4);
	assert_int_equal(mailbox_slots(m), 4);
	assert_int_equal(mailbox_post(m, &c, &why), ERR_BUSY);
	assert_true(mailbox_take(m, &c));
	assert_int_equal(c, 'a');
	assert_ok(mailbox_post(m, &c, &why), &why);
	mailbox_free(&m);
	mailbox_free(&m);
}

static void its_descriptor_tells_of_messages(void **state)
{
	(void)state;
	struct why why = { 0 };
	struct mailbox *m = NULL;
	int n = 7;
	assert_ok(mailbox_new(sizeof n, 2, &m, &why), &why);
	struct pollfd p = { .fd = mailbox_fd(m), .events = POLLIN };
	assert_int_equal(poll(&p, 1, 0), 0);
	assert_ok(mailbox_post(m, &n, &why), &why);
	assert_int_equal(poll(&p, 1, 0), 1);
	mailbox_drained(m);
	assert_int_equal(poll(&p, 1, 0), 0);
	assert_true(mailbox_wait(m, 0));
	mailbox_free(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_lost_or_reordered_between_threads),
		cmocka_unit_test(a_full_box_refuses_until_one_is_taken),
		cmocka_unit_test(its_descriptor_tells_of_messages),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
