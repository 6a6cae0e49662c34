#include "test.h"

#include <stdlib.h>

#include "audio/g711.h"
#include "audio/wav.h"

static size_t alaw_file(uint8_t *file, int channels, uint32_t promised, uint32_t there)
{
	wav_alaw_header(file, channels, promised);
	memset(file + WAV_ALAW_HEADER_BYTES, ALAW_SILENCE, there);
	return WAV_ALAW_HEADER_BYTES + there;
}

static void the_header_we_write_is_read_back(void **state)
{
	(void)state;
	uint8_t file[WAV_ALAW_HEADER_BYTES + 16000];
	struct wav w;
	struct why why = { 0 };
	size_t n = alaw_file(file, 2, 16000, 16000);
	assert_int_equal(file[20], 6); /* WAVE_FORMAT_ALAW */
	assert_ok(wav_parse("x", file, n, &w, &why), &why);
	assert_int_equal(w.channels, 2);
	assert_int_equal(w.rate_hz, 8000);
	assert_int_equal(w.frames, 8000);
	wav_done(&w);
}

static void a_file_cut_off_by_a_crash_is_read_as_far_as_it_goes(void **state)
{
	(void)state;
	uint8_t file[WAV_ALAW_HEADER_BYTES + 101];
	struct wav w;
	struct why why = { 0 };
	size_t n = alaw_file(file, 2, 16000, 101);
	assert_ok(wav_parse("x", file, n, &w, &why), &why);
	assert_int_equal(w.frames, 50);
	wav_done(&w);
}

static void a_longer_file_than_4_gb_is_said_to_be_4_gb(void **state)
{
	(void)state;
	uint8_t h[WAV_ALAW_HEADER_BYTES];
	wav_alaw_header(h, 2, 1ULL << 40);
	assert_int_equal(h[57], 0xff);
	assert_int_equal(h[7], 0xff);
}

static void what_is_no_usable_wav_says_why(void **state)
{
	(void)state;
	uint8_t file[WAV_ALAW_HEADER_BYTES + 8];
	struct wav w;
	struct why why = { 0 };
	size_t n = alaw_file(file, 2, 8, 8);
	assert_int_equal(wav_parse("a.wav", (const uint8_t *)"hello", 5, &w, &why), ERR_INVALID);
	assert_string_equal(why_en(&why), "cannot use 'a.wav': it is no WAV file");
	file[20] = 0x31; /* GSM */
	assert_int_equal(wav_parse("a.wav", file, n, &w, &why), ERR_INVALID);
	file[20] = 6;
	file[22] = 6; /* channels */
	assert_int_equal(wav_parse("a.wav", file, n, &w, &why), ERR_INVALID);
	file[22] = 2;
	memcpy(file + 50, "JUNK", 4);
	assert_int_equal(wav_parse("a.wav", file, n, &w, &why), ERR_INVALID);
}

static void no_byte_of_a_file_can_break_the_reader(void **state)
{
	(void)state;
	uint8_t good[WAV_ALAW_HEADER_BYTES + 64], file[sizeof good];
	struct wav w;
	alaw_file(good, 2, 64, 64);
	for (size_t i = 0; i < WAV_ALAW_HEADER_BYTES; i++) {
		for (int v = 0; v < 256; v += 5) {
			memcpy(file, good, sizeof good);
			file[i] = (uint8_t)v;
			if (wav_parse("x", file, sizeof file, &w, NULL) == ERR_OK)
				wav_done(&w);
		}
		if (wav_parse("x", good, i, &w, NULL) == ERR_OK)
			wav_done(&w);
	}
}

static void stereo_at_48_khz_becomes_mono_at_8_khz(void **state)
{
	(void)state;
	int16_t pcm[96], *out;
	size_t n;
	struct why why = { 0 };
	for (int i = 0; i < 96; i++)
		pcm[i] = i % 2 ? 1000 : 3000;
	struct wav w = { pcm, 48, 2, 48000 };
	assert_ok(wav_to_8k_mono(&w, &out, &n, &why), &why);
	assert_int_equal(n, 8);
	for (size_t i = 0; i < n; i++)
		assert_int_equal(out[i], 2000);
	free(out);
	out = wav_channel(&w, 1);
	assert_int_equal(out[47], 1000);
	free(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_header_we_write_is_read_back),
		cmocka_unit_test(a_file_cut_off_by_a_crash_is_read_as_far_as_it_goes),
		cmocka_unit_test(a_longer_file_than_4_gb_is_said_to_be_4_gb),
		cmocka_unit_test(what_is_no_usable_wav_says_why),
		cmocka_unit_test(no_byte_of_a_file_can_break_the_reader),
		cmocka_unit_test(stereo_at_48_khz_becomes_mono_at_8_khz),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
