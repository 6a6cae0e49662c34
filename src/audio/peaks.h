/* audio/peaks.h -- the loudness curve of a two-channel recording, for a player to draw.
 *
 * Reads the file in blocks; a file that still grows or was cut off gives what is there. Blocks on
 * the disk: workers only. */
#ifndef AUDIO_PEAKS_H
#define AUDIO_PEAKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { PEAKS_STEP_MS = 50, PEAKS_MAX = 12000 }; /* longer steps when there would be more points */

struct peaks {
	int64_t ms, step_ms;
	size_t n;
	uint8_t *left,
	    *right; /* n each: the largest amplitude of the step, 0..255; one allocation */
};

/** @param ret  peaks_done()
 *  @return ERR_IO E_FILE_OPEN, E_FILE_READ; ERR_INVALID E_PEAKS (not 8 kHz two-channel A-law or
 * PCM16) */
enum err peaks_read(const char *path, struct peaks *ret, struct why *why) MUST_USE;
void peaks_done(struct peaks *p);

/** As peaks_read(), kept beside the file as "<path>.peaks" once `is_closed`. */
enum err peaks_cached(const char *path, bool is_closed, struct peaks *ret,
                      struct why *why) MUST_USE;

#endif
