#include "audio/tone.h"

#include <math.h>

enum { RATE = 8000, RAMP = RATE / 500 };

/* 0..1: how much of the tone sounds at `at` samples into a burst of `on` samples. */
static double gain_at(int64_t at, int64_t on)
{
	if (at >= on)
		return 0;
	int64_t edge = at < on - 1 - at ? at : on - 1 - at;
	return edge >= RAMP ? 1 : (double)(edge + 1) / (RAMP + 1);
}

void tone_fill(const struct tone_spec *t, int64_t pos, int16_t *pcm, size_t n)
{
	double amp = 32767 * sqrt(2) * pow(10, t->level_dbov / 20.0);
	if (amp > 32767)
		amp = 32767;
	int64_t on = (int64_t)t->on_ms * RATE / 1000,
		period = on + (int64_t)t->off_ms * RATE / 1000;
	for (size_t i = 0; i < n; i++, pos++) {
		double g = t->off_ms == 0 ? 1 : gain_at(pos % period, on);
		pcm[i] =
		    g > 0 ? (int16_t)(g * amp * sin(2 * M_PI * t->hz * (double)(pos % RATE) / RATE))
			  : 0;
	}
}
