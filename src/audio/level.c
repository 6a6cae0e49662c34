#include "audio/level.h"

#include <math.h>

#include "audio/g711.h"

static int dbov(double sum, size_t n)
{
	if (n == 0 || sum < 1)
		return LEVEL_SILENCE_DBOV;
	double db = 10 * log10(sum / (double)n) - 20 * log10(32768);
	return db < LEVEL_SILENCE_DBOV ? LEVEL_SILENCE_DBOV : (int)floor(db);
}

int level_dbov(const int16_t *pcm, size_t n)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++)
		sum += (double)pcm[i] * pcm[i];
	return dbov(sum, n);
}

int level_alaw_dbov(const uint8_t *a, size_t n)
{
	double sum = 0;
	for (size_t i = 0; i < n; i++) {
		double s = alaw_decode(a[i]);
		sum += s * s;
	}
	return dbov(sum, n);
}
