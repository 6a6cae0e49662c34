#include "test.h"

#include <re.h>
#include <stdlib.h>
#include <unistd.h>

enum { MANY = 3000 };

static struct one {
	struct tmr t;
	int delay_ms;
	bool is_cancelled;
	int fired;
} timer[MANY];
static uint64_t last_jfs;
static int last_turn, fired, is_ordered;

static void due(void *arg)
{
	struct one *o = arg;
	is_ordered &= o->t.jfs > last_jfs || (o->t.jfs == last_jfs && (int)(o - timer) > last_turn);
	last_jfs = o->t.jfs;
	last_turn = (int)(o - timer);
	o->fired++;
	fired++;
}

static void all_fire_once_in_order_and_no_cancelled_one(void **state)
{
	(void)state;
	int wanted = 0;
	srandom(5);
	is_ordered = 1;
	for (int i = 0; i < MANY; i++) {
		timer[i].delay_ms = (int)(random() % 50);
		tmr_start(&timer[i].t, (uint64_t)timer[i].delay_ms, due, &timer[i]);
	}
	for (int i = 0; i < MANY; i += 3) {
		timer[i].is_cancelled = i % 2;
		if (timer[i].is_cancelled)
			tmr_cancel(&timer[i].t);
		else if (i % 4 ==
		         0) /* set anew: the new time counts, and it goes behind its equals */
			tmr_start(&timer[i].t, 60, due, &timer[i]);
	}
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(tmr_isrunning(&timer[i].t), !timer[i].is_cancelled);
		wanted += !timer[i].is_cancelled;
	}
	assert_true(tmr_next_timeout(NULL) >= 1);
	while (fired < wanted) {
		tmr_poll(NULL);
		usleep(500);
	}
	assert_true(is_ordered);
	assert_int_equal(tmr_next_timeout(NULL), 0);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(timer[i].fired, !timer[i].is_cancelled);
}

static void again(void *arg)
{
	struct one *o = arg;
	if (++o->fired < 3)
		tmr_start(&o->t, 0, again, o);
}

static void a_timer_may_set_itself_while_it_fires(void **state)
{
	(void)state;
	struct one o = { .fired = 0 };
	tmr_start(&o.t, 0, again, &o);
	for (int i = 0; i < 1000 && o.fired < 3; i++) {
		tmr_poll(NULL);
		usleep(500);
	}
	assert_int_equal(o.fired, 3);
	assert_false(tmr_isrunning(&o.t));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_fire_once_in_order_and_no_cancelled_one),
		cmocka_unit_test(a_timer_may_set_itself_while_it_fires),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
