/* voice/clip.h -- samples to play, shared by legs and threads; counted atomically, never changed.
 */
#ifndef VOICE_CLIP_H
#define VOICE_CLIP_H

#include <stddef.h>
#include <stdint.h>

struct clip;

/** Takes `pcm` over (malloc'ed, 8 kHz mono); NULL when out of memory, `pcm` is then freed. */
struct clip *clip_new(int16_t *pcm, size_t samples);
struct clip *clip_ref(struct clip *c);   /* NULL is fine */
struct clip *clip_unref(struct clip *c); /* NULL is fine; returns NULL */
const int16_t *clip_pcm(const struct clip *c);
size_t clip_samples(const struct clip *c);

/** The built-in hold music: a quiet figure of eight seconds, rendered once. */
struct clip *clip_music(void);

#endif
