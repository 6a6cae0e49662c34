/* audio/level.h -- how loud a stretch of samples is. Pure. */
#ifndef AUDIO_LEVEL_H
#define AUDIO_LEVEL_H

#include <stddef.h>
#include <stdint.h>

enum { LEVEL_SILENCE_DBOV = -127 };

/** RMS relative to a full-scale square wave, dB, rounded down: -127 (digital silence) .. 0. */
int level_dbov(const int16_t *pcm, size_t n);

/** The same of A-law bytes. */
int level_alaw_dbov(const uint8_t *a, size_t n);

#endif
