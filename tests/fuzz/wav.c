/* Sound files: prompts somebody uploads, recordings a crash cut off. */
#include "fuzz.h"

#include <string.h>

#include "audio/peaks.h"
#include "audio/wav.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wav w = { 0 };
	struct peaks p = { 0 };
	struct why why = { 0 };
	int16_t *mono = NULL;
	size_t n = 0;
	if (!wav_parse("fuzz.wav", data, size, &w, &why)) {
		FUZZ_HOLDS((w.channels == 1 || w.channels == 2) && w.rate_hz >= 8000);
		FUZZ_HOLDS(w.frames * (size_t)w.channels <= size);
		if (!wav_to_8k_mono(&w, &mono, &n, &why))
			FUZZ_HOLDS(n <= w.frames + 1);
		free(mono);
		free(wav_channel(&w, w.channels - 1));
	} else {
		FUZZ_HOLDS(why.code);
	}
	wav_done(&w);
	if (!peaks_read(fuzz_file(data, size), &p, &why))
		FUZZ_HOLDS(p.n <= PEAKS_MAX);
	peaks_done(&p);
	return 0;
}
