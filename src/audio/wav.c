#include "audio/wav.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "audio/g711.h"
#include "base/file.h"

enum { FORMAT_PCM = 1, FORMAT_ALAW = 6, FORMAT_ULAW = 7, FORMAT_EXTENSIBLE = 0xfffe };

static void put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

static void put32(uint8_t *p, uint32_t v)
{
	put16(p, v & 0xffff);
	put16(p + 2, v >> 16);
}

static unsigned get16(const uint8_t *p)
{
	return p[0] | (unsigned)p[1] << 8;
}

static uint32_t get32(const uint8_t *p)
{
	return get16(p) | (uint32_t)get16(p + 2) << 16;
}

void wav_alaw_header(uint8_t h[WAV_ALAW_HEADER_BYTES], int channels, uint64_t data_bytes)
{
	const uint32_t room = UINT32_MAX - WAV_ALAW_HEADER_BYTES;
	uint32_t n = data_bytes > room ? room : (uint32_t)data_bytes;
	memcpy(h, "RIFF", 4);
	put32(h + 4, n + WAV_ALAW_HEADER_BYTES - 8);
	memcpy(h + 8, "WAVEfmt ", 8);
	put32(h + 16, 18);
	put16(h + 20, FORMAT_ALAW);
	put16(h + 22, (unsigned)channels);
	put32(h + 24, 8000);
	put32(h + 28, 8000u * (unsigned)channels);
	put16(h + 32, (unsigned)channels);
	put16(h + 34, 8);
	put16(h + 36, 0);
	memcpy(h + 38, "fact", 4);
	put32(h + 42, 4);
	put32(h + 46, n / (unsigned)channels);
	memcpy(h + 50, "data", 4);
	put32(h + 54, n);
}

struct fmt {
	unsigned format, channels, bits;
	uint32_t rate;
};

static const char *read_fmt(const uint8_t *p, size_t n, struct fmt *f)
{
	if (n < 16)
		return "its fmt chunk is too short";
	f->format = get16(p);
	f->channels = get16(p + 2);
	f->rate = get32(p + 4);
	f->bits = get16(p + 14);
	if (f->format == FORMAT_EXTENSIBLE && n >= 26)
		f->format = get16(p + 24);
	if (f->channels < 1 || f->channels > 2)
		return "it has neither 1 nor 2 channels";
	if (f->rate < 8000 || f->rate > 48000)
		return "its sampling rate is not 8 to 48 kHz";
	bool is_pcm = f->format == FORMAT_PCM && f->bits == 16;
	bool is_g711 = (f->format == FORMAT_ALAW || f->format == FORMAT_ULAW) && f->bits == 8;
	return is_pcm || is_g711 ? NULL : "it is neither 16-bit PCM nor A-law nor mu-law";
}

static void decode(const struct fmt *f, const uint8_t *p, int16_t *pcm, size_t samples)
{
	for (size_t i = 0; i < samples; i++) {
		if (f->format == FORMAT_PCM)
			pcm[i] = (int16_t)get16(p + 2 * i);
		else
			pcm[i] = f->format == FORMAT_ALAW ? alaw_decode(p[i]) : ulaw_decode(p[i]);
	}
}

static enum err take_data(const struct fmt *f, const uint8_t *p, size_t n, struct wav *ret,
                          struct why *why)
{
	size_t frame = f->channels * (f->bits / 8), frames = n / frame;
	int16_t *pcm = malloc((frames ? frames : 1) * f->channels * sizeof *pcm);
	if (!pcm)
		return fail(why, E_NOMEM);
	decode(f, p, pcm, frames * f->channels);
	*ret = (struct wav){ pcm, frames, (int)f->channels, (int)f->rate };
	return ERR_OK;
}

enum err wav_parse(const char *name, const uint8_t *file, size_t bytes, struct wav *ret,
                   struct why *why)
{
	if (bytes < 12 || memcmp(file, "RIFF", 4) != 0 || memcmp(file + 8, "WAVE", 4) != 0)
		return fail(why, E_WAV_BAD, name, "it is no WAV file");
	struct fmt f = { 0 };
	for (size_t at = 12; at + 8 <= bytes;) {
		const uint8_t *body = file + at + 8;
		size_t said = get32(file + at + 4), left = bytes - at - 8;
		size_t n = said < left ? said : left;
		if (memcmp(file + at, "fmt ", 4) == 0) {
			const char *bad = read_fmt(body, n, &f);
			if (bad)
				return fail(why, E_WAV_BAD, name, bad);
		} else if (memcmp(file + at, "data", 4) == 0) {
			if (!f.rate)
				return fail(why, E_WAV_BAD, name, "its fmt chunk is missing");
			return take_data(&f, body, n, ret, why);
		}
		at += 8 + n + (n & 1);
	}
	return fail(why, E_WAV_BAD, name, "it has no data chunk");
}

enum err wav_read(const char *path, struct wav *ret, struct why *why)
{
	char *file;
	size_t bytes;
	enum err e = file_read(path, WAV_READ_MAX_BYTES, &file, &bytes, why);
	if (e)
		return e;
	e = wav_parse(path, (const uint8_t *)file, bytes, ret, why);
	free(file);
	return e;
}

static int mono_at(const struct wav *w, size_t frame)
{
	const int16_t *p = w->pcm + frame * (size_t)w->channels;
	return w->channels == 1 ? p[0] : (p[0] + p[1]) / 2;
}

enum err wav_to_8k_mono(const struct wav *w, int16_t **ret, size_t *ret_samples, struct why *why)
{
	size_t n = (size_t)((uint64_t)w->frames * 8000 / (unsigned)w->rate_hz);
	int16_t *pcm = malloc((n ? n : 1) * sizeof *pcm);
	if (!pcm)
		return fail(why, E_NOMEM);
	for (size_t i = 0; i < n; i++) {
		/* The average over one output period is the low pass that keeps aliases down. */
		size_t from = (size_t)((uint64_t)i * (unsigned)w->rate_hz / 8000);
		size_t to = (size_t)((uint64_t)(i + 1) * (unsigned)w->rate_hz / 8000);
		int64_t sum = 0;
		assert(to > from); /* a rate of at least 8 kHz was asked for when it was opened */
		for (size_t k = from; k < to; k++)
			sum += mono_at(w, k);
		pcm[i] = (int16_t)(sum / (int64_t)(to - from));
	}
	*ret = pcm;
	*ret_samples = n;
	return ERR_OK;
}

int16_t *wav_channel(const struct wav *w, int channel)
{
	int16_t *pcm = malloc((w->frames ? w->frames : 1) * sizeof *pcm);
	for (size_t i = 0; pcm && i < w->frames; i++)
		pcm[i] =
		    w->pcm[i * (size_t)w->channels + (size_t)(channel < w->channels ? channel : 0)];
	return pcm;
}

void wav_done(struct wav *w)
{
	free(w->pcm);
	*w = (struct wav){ 0 };
}
