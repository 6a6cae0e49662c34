/* audio/wav.h -- WAV files: the header of a growing recording, and reading whole prompts.
 *
 * Blocks on the disk: never on a loop's thread. */
#ifndef AUDIO_WAV_H
#define AUDIO_WAV_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { WAV_ALAW_HEADER_BYTES = 58, WAV_READ_MAX_BYTES = 64 << 20 };

/** The header of an A-law file of `data_bytes` so far (capped at 4 GB): format 6, 8 kHz. */
void wav_alaw_header(uint8_t h[WAV_ALAW_HEADER_BYTES], int channels, uint64_t data_bytes);

struct wav {
	int16_t *pcm; /* interleaved; frames * channels samples */
	size_t frames;
	int channels; /* 1 or 2 */
	int rate_hz;
};

/** Reads PCM16, A-law or mu-law, 1 or 2 channels, 8000..48000 Hz; a data chunk that is longer than
 * the file (cut off by a crash) is read as far as it goes.
 *  @param ret  wav_done()
 *  @return ERR_IO (open, read), ERR_INVALID E_WAV_BAD */
enum err wav_read(const char *path, struct wav *ret, struct why *why) MUST_USE;

/** The same from memory; `name` is for the error. Fuzzed. */
enum err wav_parse(const char *name, const uint8_t *file, size_t bytes, struct wav *ret,
                   struct why *why) MUST_USE;

/** Mixes to one channel and converts to 8 kHz by averaging: fit for speech at telephone quality.
 *  @param ret  malloc'ed; the caller frees */
enum err wav_to_8k_mono(const struct wav *w, int16_t **ret, size_t *ret_samples,
                        struct why *why) MUST_USE;

/** One channel (0 = left) as its own malloc'ed array of w->frames samples; NULL when out of memory.
 */
int16_t *wav_channel(const struct wav *w, int channel);

void wav_done(struct wav *w);

#endif
