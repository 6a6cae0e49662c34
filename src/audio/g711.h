/* audio/g711.h -- A-law and mu-law (ITU-T G.711), byte by byte.
 *
 * Pure. The scale is 16 bit: A-law uses the upper 13, mu-law the upper 14. */
#ifndef AUDIO_G711_H
#define AUDIO_G711_H

#include <stddef.h>
#include <stdint.h>

enum { ALAW_SILENCE = 0xd5, ULAW_SILENCE = 0xff };

int16_t alaw_decode(uint8_t a);
int16_t ulaw_decode(uint8_t u);

/** The nearest code; -32768 is as good as -32767. */
uint8_t alaw_encode(int16_t pcm);
uint8_t ulaw_encode(int16_t pcm);

/** Translates in place or across buffers (`from` may be `to`). */
void ulaw_to_alaw(uint8_t *to, const uint8_t *from, size_t n);
void alaw_to_ulaw(uint8_t *to, const uint8_t *from, size_t n);

#endif
