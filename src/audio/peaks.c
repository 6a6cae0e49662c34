#include "audio/peaks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"

enum {
	RATE_HZ = 8000,
	HEAD_BYTES = 16,
	BLOCK_BYTES = 64 * 1024,
	CACHE_MAX_BYTES = 64 * 1024,
	FMT_PCM = 1,
	FMT_ALAW = 6
};

struct layout {
	int format, channels, sample_bytes;
	int64_t data_at, frames;
};

static void file_drop(FILE **f)
{
	if (*f)
		fclose(*f);
}

static unsigned le16(const uint8_t *p)
{
	return (unsigned)p[0] | (unsigned)p[1] << 8;
}

static uint32_t le32(const uint8_t *p)
{
	return (uint32_t)le16(p) | (uint32_t)le16(p + 2) << 16;
}

/* Magnitude of an A-law byte, 0..255 of full scale (ITU-T G.711 table 1). */
static uint8_t alaw_level(uint8_t a)
{
	a ^= 0x55;
	int seg = (a >> 4) & 7, m = ((a & 15) << 4) + 8;
	if (seg)
		m = (m + 256) << (seg - 1);
	return (uint8_t)(m >> 7);
}

static uint8_t pcm_level(const uint8_t *p)
{
	int v = (int16_t)le16(p);
	v = v < 0 ? -v : v;
	return (uint8_t)(v >= 32768 ? 255 : v >> 7);
}

/* Walks the chunks to the data; a data chunk longer than the file ends with it. */
static enum err layout_read(FILE *f, const char *path, struct layout *l, struct why *why)
{
	uint8_t h[24];
	*l = (struct layout){ 0 };
	if (fread(h, 1, 12, f) != 12 || memcmp(h, "RIFF", 4) != 0 || memcmp(h + 8, "WAVE", 4) != 0)
		return fail(why, E_PEAKS, path, "no WAV header");
	while (fread(h, 1, 8, f) == 8) {
		uint32_t len = le32(h + 4);
		if (memcmp(h, "data", 4) == 0) {
			l->data_at = ftell(f);
			return l->format ? ERR_OK
			                 : fail(why, E_PEAKS, path, "no format before the data");
		}
		if (memcmp(h, "fmt ", 4) == 0) {
			if (len < 16 || fread(h, 1, 16, f) != 16)
				return fail(why, E_PEAKS, path, "format cut off");
			l->format = (int)le16(h);
			l->channels = (int)le16(h + 2);
			l->sample_bytes = (int)le16(h + 14) / 8;
			if (le32(h + 4) != RATE_HZ || l->channels != 2 ||
			    !((l->format == FMT_ALAW && l->sample_bytes == 1) ||
			      (l->format == FMT_PCM && l->sample_bytes == 2)))
				return fail(why, E_PEAKS, path,
				            "not 8 kHz A-law or PCM16 with two channels");
			len -= 16;
		}
		if (fseek(f, (long)(len + (len & 1)), SEEK_CUR))
			break;
	}
	return fail(why, E_PEAKS, path, "no data");
}

static enum err peaks_alloc(struct peaks *p, int64_t frames, struct why *why)
{
	int64_t ms = frames * 1000 / RATE_HZ, step = PEAKS_STEP_MS;
	while (ms / step >= PEAKS_MAX)
		step *= 2;
	p->ms = ms;
	p->step_ms = step;
	p->n = (size_t)((ms + step - 1) / step);
	p->left = calloc(p->n ? p->n : 1, 2);
	p->right = p->left + p->n;
	return p->left ? ERR_OK : fail(why, E_NOMEM);
}

static void take(struct peaks *p, const struct layout *l, int64_t frame, const uint8_t *at)
{
	size_t i = (size_t)(frame * 1000 / RATE_HZ / p->step_ms);
	if (i >= p->n)
		return;
	uint8_t a = l->format == FMT_ALAW ? alaw_level(at[0]) : pcm_level(at);
	uint8_t b = l->format == FMT_ALAW ? alaw_level(at[1]) : pcm_level(at + 2);
	if (a > p->left[i])
		p->left[i] = a;
	if (b > p->right[i])
		p->right[i] = b;
}

enum err peaks_read(const char *path, struct peaks *ret, struct why *why)
{
	CLEANUP(file_drop) FILE *f = fopen(path, "rbe");
	CLEANUP(str_drop) char *block = malloc(BLOCK_BYTES);
	struct layout l;
	struct peaks p = { 0 };
	if (!f)
		return fail(why, E_FILE_OPEN, path, strerror(errno));
	if (!block)
		return fail(why, E_NOMEM);
	enum err e = layout_read(f, path, &l, why);
	if (e)
		return e;
	if (fseek(f, 0, SEEK_END))
		return fail(why, E_FILE_READ, path, strerror(errno));
	size_t frame_bytes = (size_t)(l.channels * l.sample_bytes);
	l.frames = (ftell(f) - l.data_at) / (int64_t)frame_bytes;
	if (fseek(f, (long)l.data_at, SEEK_SET))
		return fail(why, E_FILE_READ, path, strerror(errno));
	if ((e = peaks_alloc(&p, l.frames, why)))
		return e;
	size_t n;
	int64_t frame = 0;
	while ((n = fread(block, frame_bytes, BLOCK_BYTES / frame_bytes, f)) > 0) {
		for (size_t i = 0; i < n; i++)
			take(&p, &l, frame++, (const uint8_t *)block + i * frame_bytes);
	}
	*ret = p;
	return ERR_OK;
}

void peaks_done(struct peaks *p)
{
	free(p->left);
	*p = (struct peaks){ 0 };
}

/* ---- beside the recording: "HJP1", ms, step, points, left, right ---- */

static bool cache_load(const char *path, struct peaks *ret)
{
	CLEANUP(str_drop) char *text = NULL;
	size_t n = 0;
	if (file_read(path, CACHE_MAX_BYTES, &text, &n, NULL) || n < HEAD_BYTES ||
	    memcmp(text, "HJP1", 4) != 0)
		return false;
	const uint8_t *h = (const uint8_t *)text;
	struct peaks p = { .ms = le32(h + 4), .step_ms = le32(h + 8), .n = le32(h + 12) };
	if (p.n > PEAKS_MAX || p.step_ms < 1 || n != HEAD_BYTES + 2 * p.n)
		return false;
	p.left = malloc(2 * p.n + 1);
	if (!p.left)
		return false;
	p.right = p.left + p.n;
	memcpy(p.left, text + HEAD_BYTES, 2 * p.n);
	*ret = p;
	return true;
}

static void put32(uint8_t *p, int64_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

/* A cache that cannot be written is made again next time. */
static void cache_save(const char *path, const struct peaks *p)
{
	size_t n = HEAD_BYTES + 2 * p->n;
	uint8_t *h = malloc(n);
	if (!h)
		return;
	memcpy(h, "HJP1", 4);
	put32(h + 4, p->ms);
	put32(h + 8, p->step_ms);
	put32(h + 12, (int64_t)p->n);
	memcpy(h + HEAD_BYTES, p->left, 2 * p->n);
	(void)!file_write_atomic(path, h, n, 0640, NULL);
	free(h);
}

enum err peaks_cached(const char *path, bool is_closed, struct peaks *ret, struct why *why)
{
	char cache[1024];
	if (snprintf(cache, sizeof cache, "%s.peaks", path) >= (int)sizeof cache || !is_closed)
		return peaks_read(path, ret, why);
	if (cache_load(cache, ret))
		return ERR_OK;
	enum err e = peaks_read(path, ret, why);
	if (!e)
		cache_save(cache, ret);
	return e;
}
