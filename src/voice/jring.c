#include "voice/jring.h"

#include <string.h>

enum { TOO_LATE = 4000 };

void jring_reset(struct jring *r)
{
	memset(r, 0, sizeof *r);
}

void jring_put(struct jring *r, uint32_t ssrc, uint32_t ts, const int16_t *pcm, size_t n)
{
	int32_t ahead = (int32_t)(ts + r->offset - r->read);
	bool is_jump = ahead < -TOO_LATE || ahead > (int32_t)(JRING_SAMPLES - n);
	if (!r->is_started || r->ssrc != ssrc || is_jump || ahead < 0) {
		r->is_started = true;
		r->ssrc = ssrc;
		r->offset = r->read + JRING_DELAY - ts;
	}
	uint32_t at = ts + r->offset;
	for (size_t i = 0; i < n; i++)
		r->s[(at + i) % JRING_SAMPLES] = pcm[i];
}

void jring_get(struct jring *r, int16_t *pcm, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int16_t *s = &r->s[r->read++ % JRING_SAMPLES];
		pcm[i] = *s;
		*s = 0;
	}
}
