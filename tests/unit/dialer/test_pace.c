/* The pacing in a small centre made of dice: calls that ring and are answered or not, agents who
 * talk and write. */
#include "test.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dialer/pace.h"

enum { TICK_MS = 100, HOLD_MS = 2000, MIN_RING_MS = 15000, AGENTS_MAX = 40, CALLS_MAX = 4000 };

enum where { GONE, DIALING, RINGING, WAITING };

struct one_call {
	enum where where;
	int64_t id, next_ms, since_ms;
	bool will_answer;
};

struct centre {
	struct pace *pace;
	int agents;
	double answer_rate;
	int64_t now_ms, next_id;
	uint64_t dice;
	struct one_call calls[CALLS_MAX];
	int n_calls;
	enum pace_agent_state state[AGENTS_MAX];
	int64_t until_ms[AGENTS_MAX];
	int64_t launched, live, abandoned, taken_back, busy_ms, on_duty_ms;
	int most_ahead; /* calls on the way beyond the idle agents, at most */
};

static double roll(struct centre *c)
{
	c->dice = c->dice * 6364136223846793005U + 1442695040888963407U;
	return (double)(c->dice >> 11) / 9007199254740992.0;
}

static void tell_call(struct centre *c, int64_t id, enum pace_call_event e)
{
	struct why why = { 0 };
	assert_ok(pace_call(c->pace, c->now_ms, id, e, &why), &why);
}

static void set_agent(struct centre *c, int i, enum pace_agent_state s, double mean_s)
{
	c->state[i] = s;
	c->until_ms[i] = c->now_ms + (int64_t)(-log(1 - roll(c)) * mean_s * 1000) + 500;
	pace_agent(c->pace, c->now_ms, i, s);
}

static struct centre *open_centre(const struct pace_cfg *cfg, int agents, double answer_rate)
{
	struct centre *c = calloc(1, sizeof *c);
	struct why why = { 0 };
	assert_non_null(c);
	c->agents = agents;
	c->answer_rate = answer_rate;
	c->dice = 20261122;
	assert_ok(pace_new(cfg, &c->pace, &why), &why);
	for (int i = 0; i < agents; i++)
		set_agent(c, i, PACE_IDLE, 0);
	return c;
}

static void close_centre(struct centre *c)
{
	c->pace = pace_free(c->pace);
	free(c);
}

static void launch(struct centre *c)
{
	assert_true(c->n_calls < CALLS_MAX);
	struct one_call *x = &c->calls[c->n_calls++];
	*x = (struct one_call){ .where = DIALING,
		                .id = c->next_id++,
		                .next_ms = c->now_ms + 1000 + (int64_t)(roll(c) * 3000),
		                .will_answer = roll(c) < c->answer_rate };
	c->launched++;
	tell_call(c, x->id, PACE_DIAL);
}

static int idle_agent(const struct centre *c)
{
	for (int i = 0; i < c->agents; i++)
		if (c->state[i] == PACE_IDLE)
			return i;
	return -1;
}

static void connect(struct centre *c, struct one_call *x)
{
	int i = idle_agent(c);
	if (i < 0)
		return;
	tell_call(c, x->id, PACE_CONNECT);
	x->where = GONE;
	set_agent(c, i, PACE_TALK, 60);
}

static void move_call(struct centre *c, struct one_call *x)
{
	if (x->where == WAITING)
		connect(c, x);
	if (x->where == GONE || c->now_ms < x->next_ms)
		return;
	if (x->where == DIALING) {
		x->where = RINGING;
		x->since_ms = c->now_ms;
		x->next_ms =
		    c->now_ms + (x->will_answer ? 2000 + (int64_t)(roll(c) * 18000) : 25000);
		tell_call(c, x->id, PACE_RING);
	} else if (x->where == RINGING && x->will_answer) {
		tell_call(c, x->id, PACE_ANSWER);
		tell_call(c, x->id, PACE_LIVE);
		c->live++;
		x->where = WAITING;
		x->next_ms = c->now_ms + HOLD_MS;
		connect(c, x);
	} else {
		tell_call(c, x->id, x->where == RINGING ? PACE_NO_ANSWER : PACE_ABANDON);
		c->abandoned += x->where == WAITING;
		x->where = GONE;
	}
}

static void take_back(struct centre *c, int64_t id)
{
	for (int i = 0; i < c->n_calls; i++) {
		struct one_call *x = &c->calls[i];
		if (x->id != id || x->where == GONE)
			continue;
		assert_int_equal(x->where, RINGING);
		assert_true(c->now_ms - x->since_ms >= MIN_RING_MS);
		x->where = GONE;
		c->taken_back++;
		tell_call(c, id, PACE_CANCELLED);
		return;
	}
	test_fail("a call that is not ringing was taken back");
}

static int on_the_way(const struct centre *c)
{
	int n = 0;
	for (int i = 0; i < c->n_calls; i++)
		n += c->calls[i].where == DIALING || c->calls[i].where == RINGING;
	return n;
}

static void tick(struct centre *c)
{
	c->now_ms += TICK_MS;
	for (int i = 0; i < c->agents; i++) {
		if (c->state[i] == PACE_TALK && c->now_ms >= c->until_ms[i])
			set_agent(c, i, PACE_WRAP, 15);
		else if (c->state[i] == PACE_WRAP && c->now_ms >= c->until_ms[i])
			set_agent(c, i, PACE_IDLE, 0);
		c->busy_ms += c->state[i] == PACE_TALK || c->state[i] == PACE_WRAP ? TICK_MS : 0;
		c->on_duty_ms += c->state[i] == PACE_OFF ? 0 : TICK_MS;
	}
	int kept = 0;
	for (int i = 0; i < c->n_calls; i++) {
		move_call(c, &c->calls[i]);
		if (c->calls[i].where != GONE)
			c->calls[kept++] = c->calls[i];
	}
	c->n_calls = kept;
	struct pace_order o;
	pace_ask(c->pace, c->now_ms, &o);
	for (int i = 0; i < o.n_back; i++)
		take_back(c, o.back[i]);
	for (int i = 0; i < o.launch; i++)
		launch(c);
	int idle = 0;
	for (int i = 0; i < c->agents; i++)
		idle += c->state[i] == PACE_IDLE;
	int ahead = on_the_way(c) - idle;
	c->most_ahead = ahead > c->most_ahead ? ahead : c->most_ahead;
}

static void run(struct centre *c, double hours)
{
	for (int64_t n = (int64_t)(hours * 3600 * 1000 / TICK_MS); n > 0; n--)
		tick(c);
}

static struct pace_cfg cfg(double limit)
{
	return (struct pace_cfg){ .agents_max = AGENTS_MAX,
		                  .lines = 300,
		                  .calls_per_s = 20,
		                  .hold_ms = HOLD_MS,
		                  .min_ring_ms = MIN_RING_MS,
		                  .tick_ms = TICK_MS,
		                  .abandon_limit = limit };
}

static double busy_share(const struct centre *c)
{
	return (double)c->busy_ms / (double)c->on_duty_ms;
}

static void it_dials_ahead_and_keeps_the_limit(void **state)
{
	(void)state;
	struct pace_cfg g = cfg(0.03), none = cfg(0);
	struct centre *ahead = open_centre(&g, 20, 0.25), *one = open_centre(&none, 20, 0.25);
	run(ahead, 2);
	run(one, 2);
	assert_true((double)ahead->abandoned <= 0.03 * (double)ahead->live + 1);
	assert_true(ahead->live > 500);
	assert_true(busy_share(ahead) > busy_share(one) + 0.2);
	assert_int_equal(one->abandoned, 0);
	close_centre(ahead);
	close_centre(one);
}

static void a_limit_of_nothing_never_dials_ahead(void **state)
{
	(void)state;
	struct pace_cfg g = cfg(0);
	struct centre *c = open_centre(&g, 8, 0.6);
	run(c, 1);
	assert_true(c->live > 100);
	assert_true(c->most_ahead <= 0);
	close_centre(c);
}

static void a_small_team_falls_back_to_one_for_one(void **state)
{
	(void)state;
	struct pace_cfg g = cfg(0.03);
	g.small_team = 6;
	struct centre *c = open_centre(&g, 5, 0.3);
	run(c, 1);
	assert_true(c->most_ahead <= 0);
	assert_int_equal(c->abandoned, 0);
	close_centre(c);
}

static void a_cold_start_does_not_flood(void **state)
{
	(void)state;
	struct pace_cfg g = cfg(0.03);
	struct centre *c = open_centre(&g, 30, 0.7);
	for (int i = 0; i < 60; i++) /* nobody has answered yet */
		tick(c);
	assert_true(c->launched <= 30);
	close_centre(c);
}

static void an_agent_who_leaves_after_this_call_is_not_counted_on(void **state)
{
	(void)state;
	struct pace_cfg g = cfg(0.03);
	struct centre *c = open_centre(&g, 20, 0.3);
	run(c, 0.5);
	for (int i = 0; i < 20; i++)
		pace_agent_leaves(c->pace, i, true);
	int64_t before = c->launched;
	for (int i = 0; i < 20; i++)
		tick(c);
	assert_int_equal(c->launched, before);
	close_centre(c);
}

static void when_answers_treble_the_limit_holds_all_the_same(void **state)
{
	(void)state;
	struct pace_cfg g = cfg(0.03);
	struct centre *c = open_centre(&g, 30, 0.12);
	run(c, 1);
	c->answer_rate = 0.36;
	run(c, 1.5);
	assert_true((double)c->abandoned <= 0.03 * (double)c->live + 1);
	close_centre(c);
}

static void calls_never_pass_the_lines(void **state)
{
	(void)state;
	struct pace_cfg g = cfg(0.03);
	g.lines = 25;
	struct centre *c = open_centre(&g, 20, 0.1);
	for (int i = 0; i < 36000; i++) {
		tick(c);
		int lines = c->n_calls;
		for (int a = 0; a < c->agents; a++)
			lines += c->state[a] == PACE_TALK;
		assert_true(lines <= 25);
	}
	close_centre(c);
}

static void nonsense_is_refused(void **state)
{
	(void)state;
	struct pace *p = NULL;
	struct why why = { 0 };
	struct pace_cfg g = cfg(1.5);
	assert_int_equal(pace_new(&g, &p, &why), ERR_INVALID);
	g = cfg(0.03);
	g.agents_max = 0;
	assert_int_equal(pace_new(&g, &p, &why), ERR_INVALID);
	g = cfg(0.03);
	assert_ok(pace_new(&g, &p, &why), &why);
	assert_int_equal(pace_call(p, 0, 7, PACE_RING, &why), ERR_NOT_FOUND);
	p = pace_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_dials_ahead_and_keeps_the_limit),
		cmocka_unit_test(a_limit_of_nothing_never_dials_ahead),
		cmocka_unit_test(a_small_team_falls_back_to_one_for_one),
		cmocka_unit_test(a_cold_start_does_not_flood),
		cmocka_unit_test(an_agent_who_leaves_after_this_call_is_not_counted_on),
		cmocka_unit_test(when_answers_treble_the_limit_holds_all_the_same),
		cmocka_unit_test(calls_never_pass_the_lines),
		cmocka_unit_test(nonsense_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
