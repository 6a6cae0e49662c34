#include "voice/clip.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>

struct clip {
	atomic_int refs;
	int16_t *pcm;
	size_t samples;
};

struct clip *clip_new(int16_t *pcm, size_t samples)
{
	struct clip *c = malloc(sizeof *c);
	if (!c) {
		free(pcm);
		return NULL;
	}
	atomic_init(&c->refs, 1);
	c->pcm = pcm;
	c->samples = samples;
	return c;
}

struct clip *clip_ref(struct clip *c)
{
	if (c)
		atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
	return c;
}

struct clip *clip_unref(struct clip *c)
{
	if (c && atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) == 1) {
		free(c->pcm);
		free(c);
	}
	return NULL;
}

const int16_t *clip_pcm(const struct clip *c)
{
	return c->pcm;
}

size_t clip_samples(const struct clip *c)
{
	return c->samples;
}

/* A plucked string: fades over a second, octave overtone below it. */
static void pluck(int16_t *pcm, size_t samples, size_t at, double hz)
{
	for (size_t i = 0; i < 12000; i++) {
		double t = (double)i / 8000, fade = exp(-3 * t) * (i < 40 ? (double)i / 40 : 1);
		double s = sin(2 * M_PI * hz * t) + 0.3 * sin(4 * M_PI * hz * t);
		pcm[(at + i) % samples] += (int16_t)(1800 * fade * s);
	}
}

struct clip *clip_music(void)
{
	/* A pentatonic walk; belongs to nobody. */
	static const double HZ[] = { 392.0, 440.0, 523.3, 587.3, 659.3, 587.3, 523.3, 440.0,
		                     329.6, 392.0, 440.0, 523.3, 440.0, 392.0, 329.6, 293.7 };
	enum { NOTES = sizeof HZ / sizeof *HZ, NOTE = 4000 };
	int16_t *pcm = calloc((size_t)NOTES * NOTE, sizeof *pcm);
	for (size_t i = 0; pcm && i < NOTES; i++)
		pluck(pcm, (size_t)NOTES * NOTE, i * NOTE, HZ[i]);
	return pcm ? clip_new(pcm, (size_t)NOTES * NOTE) : NULL;
}
