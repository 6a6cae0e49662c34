/* voice/jring.h -- samples placed by timestamp and read by the tick: jitter buffer of the mixer.
 * Pure. */
#ifndef VOICE_JRING_H
#define VOICE_JRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { JRING_SAMPLES = 4096, JRING_DELAY = 480 /* 60 ms */ };

struct jring {
	int16_t s[JRING_SAMPLES];
	uint32_t read;   /* position of the next sample to play */
	uint32_t offset; /* position = timestamp + offset */
	uint32_t ssrc;
	bool is_started;
};

void jring_reset(struct jring *r);
/** Late samples move the whole stream back by the delay; a jump re-centres it. */
void jring_put(struct jring *r, uint32_t ssrc, uint32_t ts, const int16_t *pcm, size_t n);
/** Takes the next `n`; what did not arrive is silence. */
void jring_get(struct jring *r, int16_t *pcm, size_t n);

#endif
