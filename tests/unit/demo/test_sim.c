/* The simulated floor keeps the rules the program keeps; checked on what it made, whatever the
 * seed. */
#include "test.h"

#include <stdlib.h>

#include "demo/say.h"
#include "demo/sim.h"

static struct bank *bank;
static const struct zone *zone;

static int open_bank(void **state)
{
	(void)state;
	struct why why = { 0 };
	assert_ok(bank_open(getenv("HJ_BANK"), &bank, &why), &why);
	assert_ok(zone_get("Asia/Shanghai", &zone, &why), &why);
	return 0;
}

static int close_bank(void **state)
{
	(void)state;
	bank_free(&bank);
	return 0;
}

static int64_t at(int day, int minute)
{
	return zone_at(day, minute, zone);
}

static struct sim *ran(int64_t now_utc_ms, uint64_t seed)
{
	struct sim *s = NULL;
	struct why why = { 0 };
	struct sim_cfg c = { .now_utc_ms = now_utc_ms,
		             .days = 30,
		             .seed = seed,
		             .zone = zone,
		             .bank = bank,
		             .recordings = 300 };
	assert_ok(sim_run(&c, &s, &why), &why);
	return s;
}

static void it_is_about_45000_attempts_with_300_recordings(void **state)
{
	(void)state;
	for (int hour = 0; hour < 24; hour += 3) {
		CLEANUP(sim_free) struct sim *s = ran(at(20261122, hour * 60 + 7), 7);
		int made = 0, recorded = 0;
		for (int i = 0; i < s->n_calls; i++) {
			made += !s->calls[i].is_blocked && !s->calls[i].is_incoming;
			recorded += s->calls[i].dialogue >= 0;
		}
		assert_in_range(made, 43000, 48000);
		assert_int_equal(recorded, 300);
	}
}

static void the_same_seed_makes_the_same_history(void **state)
{
	(void)state;
	CLEANUP(sim_free) struct sim *a = ran(at(20261122, 900), 3);
	CLEANUP(sim_free) struct sim *b = ran(at(20261122, 900), 3);
	CLEANUP(sim_free) struct sim *c = ran(at(20261122, 900), 4);
	assert_int_equal(a->n_calls, b->n_calls);
	for (int i = 0; i < a->n_calls; i++)
		assert_true(a->calls[i].start_utc_ms == b->calls[i].start_utc_ms &&
		            a->calls[i].customer == b->calls[i].customer);
	assert_int_not_equal(a->n_calls, c->n_calls);
}

static void nothing_lies_in_the_future_and_calls_are_in_order(void **state)
{
	(void)state;
	for (int hour = 0; hour < 24; hour += 5) {
		int64_t now = at(20261122, hour * 60 + 31);
		CLEANUP(sim_free) struct sim *s = ran(now, 11);
		for (int i = 0; i < s->n_calls; i++) {
			assert_true(s->calls[i].wrapup_end_utc_ms <= now);
			assert_true(s->calls[i].end_utc_ms >= s->calls[i].start_utc_ms);
			assert_true(!i || s->calls[i].start_utc_ms >= s->calls[i - 1].start_utc_ms);
		}
		for (int i = 0; i < s->n_spans; i++)
			assert_true(s->spans[i].to_utc_ms <= now);
	}
}

static void spans_of_an_agent_never_overlap(void **state)
{
	(void)state;
	CLEANUP(sim_free) struct sim *s = ran(at(20261122, 1100), 5);
	int64_t last[CAST_AGENTS] = { 0 };
	for (int i = 0; i < s->n_spans; i++) {
		struct sim_span *p = &s->spans[i];
		assert_true(p->from_utc_ms >= last[p->agent] && p->to_utc_ms > p->from_utc_ms);
		last[p->agent] = p->to_utc_ms;
	}
}

static int by_customer(const void *a, const void *b)
{
	const struct sim_call *x = a, *y = b;
	if (x->customer != y->customer)
		return x->customer - y->customer;
	return (x->start_utc_ms > y->start_utc_ms) - (x->start_utc_ms < y->start_utc_ms);
}

static void nobody_is_called_more_than_three_times_in_a_day_or_after_a_refusal(void **state)
{
	(void)state;
	CLEANUP(sim_free) struct sim *s = ran(at(20261122, 1200), 7);
	qsort(s->calls, (size_t)s->n_calls, sizeof(*s->calls), by_customer);
	for (int i = 0; i < s->n_calls; i++) {
		const struct sim_call *c = &s->calls[i];
		int within = 0;
		for (int k = i; k >= 0 && s->calls[k].customer == c->customer &&
		                s->calls[k].start_utc_ms > c->start_utc_ms - 86400000;
		     k--)
			within += !s->calls[k].is_incoming && !s->calls[k].is_blocked;
		assert_in_range(within, 0, 3);
		if (i && s->calls[i - 1].customer == c->customer)
			assert_true(s->calls[i - 1].result != SIM_RES_REFUSED);
	}
}

static void the_visitor_has_the_day_to_himself(void **state)
{
	(void)state;
	int64_t now = at(20261122, 1000);
	CLEANUP(sim_free) struct sim *s = ran(now, 7);
	int before = 0;
	for (int i = 0; i < s->n_calls; i++)
		if (s->calls[i].agent == CAST_VISITOR) {
			assert_true(s->calls[i].start_utc_ms < at(20261122, 0));
			before++;
		}
	assert_true(before > 100);
}

static void a_recorded_call_is_as_long_as_its_dialogue(void **state)
{
	(void)state;
	CLEANUP(sim_free) struct sim *s = ran(at(20261122, 1000), 7);
	for (int i = 0; i < s->n_calls; i++) {
		const struct sim_call *c = &s->calls[i];
		if (c->dialogue < 0)
			continue;
		char call_as[32];
		struct say_plan p;
		struct say say = { bank,
			           c->dialogue,
			           c->customer_voice,
			           c->agent_voice,
			           { sim_call_as(&s->customers[c->customer], call_as),
			             CAST_AGENT[c->agent].job_no,
			             cast_company(CAST_CAMPAIGN[c->campaign].script) },
			           c->seed };
		say_plan(&say, &p);
		assert_int_equal(c->end_utc_ms - c->answer_utc_ms, p.ms);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_is_about_45000_attempts_with_300_recordings),
		cmocka_unit_test(the_same_seed_makes_the_same_history),
		cmocka_unit_test(nothing_lies_in_the_future_and_calls_are_in_order),
		cmocka_unit_test(spans_of_an_agent_never_overlap),
		cmocka_unit_test(
		    nobody_is_called_more_than_three_times_in_a_day_or_after_a_refusal),
		cmocka_unit_test(the_visitor_has_the_day_to_himself),
		cmocka_unit_test(a_recorded_call_is_as_long_as_its_dialogue),
	};
	return cmocka_run_group_tests(tests, open_bank, close_bank);
}
