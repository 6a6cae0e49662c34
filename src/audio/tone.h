/* audio/tone.h -- a sine with a cadence, as telephone networks play them (8 kHz).
 *
 * Pure: the caller keeps the position. */
#ifndef AUDIO_TONE_H
#define AUDIO_TONE_H

#include <stddef.h>
#include <stdint.h>

struct tone_spec {
	int hz;
	int level_dbov;    /* of the sine while it is on */
	int on_ms, off_ms; /* off_ms 0 = continuous */
};

/** Writes `n` samples from sample number `pos` of the tone on. Edges are ramped over 2 ms: no
 * clicks. */
void tone_fill(const struct tone_spec *t, int64_t pos, int16_t *pcm, size_t n);

#endif
