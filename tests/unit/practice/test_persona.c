#include "test.h"

#include <stdio.h>

#include "practice/persona.h"

static const char MIX[] = "{\"seed\":7,\"ring_ms\":[900,9000],\"pause_ms\":[500,1100],"
			  "\"weights\":{\"answer\":40,\"no_answer\":40,\"busy\":20}}";
static struct persona_mix mix;
static struct why why;

static void the_same_call_always_goes_the_same_way(void **state)
{
	(void)state;
	assert_ok(persona_mix_read(MIX, &mix, &why), &why);
	struct persona a = persona_of(&mix, "13900001234", 0);
	struct persona b = persona_of(&mix, "13900001234", 0);
	assert_int_equal(a.act, b.act);
	assert_int_equal(a.ring_ms, b.ring_ms);
	assert_int_equal(a.pick, b.pick);
}

/* 10,000 numbers: within three standard deviations of the weights (sqrt(n p q) is 49 at p = 0.4).
 */
static void the_acts_come_in_the_proportion_of_the_weights(void **state)
{
	(void)state;
	int n[PERSONA_ACT_COUNT] = { 0 };
	assert_ok(persona_mix_read(MIX, &mix, &why), &why);
	for (int i = 0; i < 10000; i++) {
		char number[16];
		snprintf(number, sizeof number, "139%08d", i);
		struct persona p = persona_of(&mix, number, 0);
		n[p.act]++;
		assert_in_range(p.ring_ms, 900, 9000);
		assert_in_range(p.pause_ms, 500, 1100);
	}
	assert_in_range(n[PERSONA_ANSWER], 4000 - 147, 4000 + 147);
	assert_in_range(n[PERSONA_NO_ANSWER], 4000 - 147, 4000 + 147);
	assert_in_range(n[PERSONA_BUSY], 2000 - 120, 2000 + 120);
	assert_int_equal(n[PERSONA_EMPTY], 0);
}

static void a_mix_that_chooses_nothing_is_refused(void **state)
{
	(void)state;
	assert_int_equal(
	    persona_mix_read("{\"seed\":1,\"ring_ms\":[1,2],\"pause_ms\":[1,2],\"weights\":{}}",
	                     &mix, &why),
	    ERR_INVALID);
	assert_int_equal(
	    persona_mix_read(
		"{\"seed\":1,\"ring_ms\":[2,1],\"pause_ms\":[1,2],\"weights\":{\"busy\":1}}", &mix,
		&why),
	    ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_call_always_goes_the_same_way),
		cmocka_unit_test(the_acts_come_in_the_proportion_of_the_weights),
		cmocka_unit_test(a_mix_that_chooses_nothing_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
