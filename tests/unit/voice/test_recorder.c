#include "test.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audio/g711.h"
#include "audio/wav.h"
#include "base/file.h"
#include "voice/clip.h"
#include "voice/recorder.h"
#include "voice/tap.h"

static struct recorder_result *_Atomic last;

static void keep(void *ctx, struct recorder_result *r)
{
	(void)ctx;
	atomic_store(&last, r);
}

static struct recorder_result *wait_result(void)
{
	struct recorder_result *r;
	while (!(r = atomic_exchange(&last, NULL)))
		usleep(1000);
	return r;
}

struct desk {
	struct recorder *r;
	char *dir, path[300];
};

static int set_up(void **state)
{
	struct desk *d = calloc(1, sizeof *d);
	struct why why;
	assert_ok(file_temp_dir("rec", &d->dir, &why), &why);
	assert_ok(recorder_new(keep, NULL, &d->r, &why), &why);
	snprintf(d->path, sizeof d->path, "%s/a.wav", d->dir);
	*state = d;
	return 0;
}

static int tear_down(void **state)
{
	struct desk *d = *state;
	recorder_free(&d->r);
	assert_ok(file_remove_tree(d->dir, NULL), &(struct why){ 0 });
	free(d->dir);
	free(d);
	return 0;
}

static const int64_t MS = 1000;

enum { GRACE_FRAMES = 960 }; /* a page waits 120 ms for what is late */

/* A second of packets of one value, 20 ms each, `late_ms` after their time. */
static void speak(struct tap *t, enum tap_channel ch, uint32_t ts, int64_t from_ms, int late_ms,
                  uint8_t value)
{
	uint8_t frame[160];
	memset(frame, value, sizeof frame);
	for (int i = 0; i < 50; i++)
		tap_rtp(t, ch, 1, ts + 160u * (uint32_t)i, frame, 160,
		        (from_ms + 20 * i + (i ? late_ms : 0)) * MS);
}

static struct recorder_result *close_at(struct tap *t, int64_t ms)
{
	tap_close(t, ms * MS);
	return wait_result();
}

static void two_parties_lie_side_by_side(void **state)
{
	struct desk *d = *state;
	struct tap *t = tap_new(d->r, d->path, 7);
	tap_start(t, 0, 1700000000000);
	speak(t, TAP_CUSTOMER, 1000, 0, 0, 0x11);
	tap_answered(t, 500 * MS);
	tap_tick(t, 1000 * MS);
	speak(t, TAP_AGENT, 99, 1000, 0, 0x22);
	struct recorder_result *r = close_at(t, 2000);
	assert_int_equal(r->leg, 7);
	assert_int_equal(r->frames, 16000);
	assert_int_equal(r->answer_ms, 500);
	assert_int_equal(r->start_utc_ms, 1700000000000);
	assert_int_equal(r->gaps, 0);
	free(r);

	struct wav w;
	struct why why;
	assert_ok(wav_read(d->path, &w, &why), &why);
	assert_int_equal(w.frames, 16000);
	int16_t a = alaw_decode(0x11), b = alaw_decode(0x22), none = alaw_decode(ALAW_SILENCE);
	assert_int_equal(w.pcm[2 * 100], a);
	assert_int_equal(w.pcm[2 * 100 + 1], none);
	assert_int_equal(w.pcm[2 * 12000], none);
	assert_int_equal(w.pcm[2 * 12000 + 1], b);
	wav_done(&w);
}

static void jitter_does_not_move_what_was_said(void **state)
{
	struct desk *d = *state;
	struct tap *t = tap_new(d->r, d->path, 7);
	tap_start(t, 0, 0);
	speak(t, TAP_CUSTOMER, 5, 0, 70, 0x11); /* all but the first come 70 ms late */
	free(close_at(t, 1100));
	struct wav w;
	struct why why;
	assert_ok(wav_read(d->path, &w, &why), &why);
	for (int i = 0; i < 8000; i++)
		assert_int_equal(w.pcm[2 * i], alaw_decode(0x11));
	wav_done(&w);
}

/* What the recorder's thread has been given by now is in the file. */
static void wait_written(const struct recorder *r, int pages)
{
	int64_t open, bytes, gaps;
	do {
		usleep(1000);
		recorder_counts(r, &open, &bytes, &gaps);
	} while (bytes < (int64_t)pages * PAGE_FRAMES * PAGE_CHANNELS);
}

static void the_file_is_whole_and_at_most_a_second_behind_at_any_time(void **state)
{
	struct desk *d = *state;
	struct tap *t = tap_new(d->r, d->path, 7);
	tap_start(t, 0, 0);
	for (int s = 0; s < 5; s++) {
		speak(t, TAP_CUSTOMER, 8000u * (uint32_t)s, 1000 * s, 0, 0x11);
		for (int ms = 0; ms < 1000; ms += 20)
			tap_tick(t, (1000 * s + ms) * MS);
		wait_written(d->r, ((1000 * s + 980) * 8 - GRACE_FRAMES) / PAGE_FRAMES);
		struct wav w;
		struct why why;
		struct stat st;
		assert_ok(wav_read(d->path, &w, &why), &why);
		stat(d->path, &st);
		assert_int_equal(st.st_size, WAV_ALAW_HEADER_BYTES + 2 * (long)w.frames);
		assert_true((int64_t)w.frames * 1000 / 8000 > 1000 * (s + 1) - 1000);
		wav_done(&w);
	}
	free(close_at(t, 5000));
}

static void a_dropped_page_is_silence_and_counted(void **state)
{
	struct desk *d = *state;
	struct recording *rec = recorder_open(d->r, d->path, 7);
	assert_true(recorder_write(d->r, page_new(rec, 2 * PAGE_FRAMES)));
	recorder_close(d->r, rec, 0, -1);
	struct recorder_result *r = wait_result();
	assert_int_equal(r->gaps, 1);
	assert_int_equal(r->frames, 3 * PAGE_FRAMES);
	free(r);
	struct wav w;
	struct why why;
	assert_ok(wav_read(d->path, &w, &why), &why);
	for (size_t i = 0; i < 2 * w.frames; i++)
		assert_int_equal(w.pcm[i], alaw_decode(ALAW_SILENCE));
	wav_done(&w);
}

static void a_folder_that_is_not_there_is_an_error_not_a_crash(void **state)
{
	struct desk *d = *state;
	struct tap *t = tap_new(d->r, "/nonexistent/a.wav", 7);
	tap_start(t, 0, 0);
	speak(t, TAP_CUSTOMER, 0, 0, 0, 0x11);
	struct recorder_result *r = close_at(t, 1000);
	assert_int_equal(r->sys_errno, ENOENT);
	assert_int_equal(r->frames, 0);
	free(r);
}

static void nothing_said_is_an_empty_file_that_plays(void **state)
{
	struct desk *d = *state;
	free(close_at(tap_new(d->r, d->path, 7), 1000));
	struct wav w;
	struct why why;
	assert_ok(wav_read(d->path, &w, &why), &why);
	assert_int_equal(w.frames, 0);
	wav_done(&w);
}

static void a_prompt_is_read_or_says_why_not(void **state)
{
	struct desk *d = *state;
	free(close_at(tap_new(d->r, d->path, 7), 1000));
	assert_true(recorder_load(d->r, d->path, 3, 9));
	struct recorder_result *r = wait_result();
	assert_non_null(r->clip);
	assert_int_equal(r->play_id, 9);
	clip_unref(r->clip);
	free(r);
	assert_true(recorder_load(d->r, "/nonexistent.wav", 3, 10));
	r = wait_result();
	assert_null(r->clip);
	assert_int_equal(r->why.code, E_FILE_OPEN);
	free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(two_parties_lie_side_by_side, set_up, tear_down),
		cmocka_unit_test_setup_teardown(jitter_does_not_move_what_was_said, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(
		    the_file_is_whole_and_at_most_a_second_behind_at_any_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_dropped_page_is_silence_and_counted, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(a_folder_that_is_not_there_is_an_error_not_a_crash,
		                                set_up, tear_down),
		cmocka_unit_test_setup_teardown(nothing_said_is_an_empty_file_that_plays, set_up,
		                                tear_down),
		cmocka_unit_test_setup_teardown(a_prompt_is_read_or_says_why_not, set_up,
		                                tear_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
