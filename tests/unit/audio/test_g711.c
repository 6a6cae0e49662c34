#include "test.h"

#include <stdlib.h>

#include "audio/g711.h"
#include "audio/level.h"
#include "audio/tone.h"

static void every_code_survives_a_round_trip(void **state)
{
	(void)state;
	for (int i = 0; i < 256; i++) {
		assert_int_equal(alaw_decode(alaw_encode(alaw_decode((uint8_t)i))),
		                 alaw_decode((uint8_t)i));
		assert_int_equal(ulaw_decode(ulaw_encode(ulaw_decode((uint8_t)i))),
		                 ulaw_decode((uint8_t)i));
	}
}

static void known_points_of_the_curves(void **state)
{
	(void)state;
	assert_int_equal(alaw_encode(0), ALAW_SILENCE);
	assert_int_equal(ulaw_encode(0), ULAW_SILENCE);
	assert_int_equal(alaw_decode(0xaa), 32256); /* the loudest, ITU-T G.711 table 1a */
	assert_int_equal(alaw_decode(0x2a), -32256);
	assert_int_equal(ulaw_decode(0x80), 32124);
	assert_int_equal(ulaw_decode(0x00), -32124);
}

static void the_most_negative_sample_is_loud_not_silent_nor_out_of_bounds(void **state)
{
	(void)state;
	assert_int_equal(alaw_decode(alaw_encode(-32768)), -32256);
	assert_int_equal(ulaw_decode(ulaw_encode(-32768)), -32124);
}

static void error_stays_below_the_step_of_the_segment(void **state)
{
	(void)state;
	for (int s = -32768; s <= 32767; s += 7) {
		int a = alaw_decode(alaw_encode((int16_t)s)),
		    u = ulaw_decode(ulaw_encode((int16_t)s));
		int bound = abs(s) / 16 + 16;
		assert_true(abs(a - s) <= bound + (s < -32256 || s > 32256 ? 512 : 0));
		assert_true(abs(u - s) <= bound + (s < -32124 || s > 32124 ? 644 : 0));
	}
}

static void translation_works_in_place(void **state)
{
	(void)state;
	uint8_t b[2] = { ULAW_SILENCE, 0x80 };
	ulaw_to_alaw(b, b, 2);
	assert_int_equal(abs(alaw_decode(b[0])) <= 8, 1);
	assert_true(alaw_decode(b[1]) > 31000);
	alaw_to_ulaw(b, b, 2);
	assert_true(ulaw_decode(b[1]) > 31000);
}

static void a_tone_has_the_level_it_was_asked_for_and_is_silent_in_its_pause(void **state)
{
	(void)state;
	struct tone_spec t = { 450, -20, 1000, 4000 };
	int16_t pcm[800];
	tone_fill(&t, 4000, pcm, 800);
	assert_in_range(-level_dbov(pcm, 800), 19, 21);
	tone_fill(&t, 8000, pcm, 800);
	assert_int_equal(level_dbov(pcm, 800), LEVEL_SILENCE_DBOV);
	tone_fill(&t, 40000 + 4000, pcm, 800); /* the next period */
	assert_in_range(-level_dbov(pcm, 800), 19, 21);
	assert_int_equal(level_dbov(NULL, 0), LEVEL_SILENCE_DBOV);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_survives_a_round_trip),
		cmocka_unit_test(known_points_of_the_curves),
		cmocka_unit_test(the_most_negative_sample_is_loud_not_silent_nor_out_of_bounds),
		cmocka_unit_test(error_stays_below_the_step_of_the_segment),
		cmocka_unit_test(translation_works_in_place),
		cmocka_unit_test(a_tone_has_the_level_it_was_asked_for_and_is_silent_in_its_pause),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
