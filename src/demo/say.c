#include "demo/say.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audio/g711.h"
#include "audio/wav.h"
#include "base/json.h"
#include "demo/rng.h"

enum {
	PER_MS = BANK_RATE_HZ / 1000,
	FIRST_MS = 450, /* from the answer to the first 喂 */
	INTO_MS = 500,  /* how early an interruption comes */
	BYE_MS = 700,   /* from the last word to the hang-up */
};

static int voice_for(const struct say *s, int line)
{
	return bank_side(s->bank, s->dialogue, line) == BANK_AGENT ? s->agent_voice
	                                                           : s->customer_voice;
}

static bool is_finished(const struct say *s, int line)
{
	static const char *const STOPS[] = { "。", "？", "！" };
	CLEANUP(str_drop) char *text = NULL;
	if (bank_text(s->bank, s->dialogue, line, &s->names, &text, NULL))
		return true;
	size_t n = strlen(text);
	for (size_t i = 0; i < sizeof(STOPS) / sizeof(STOPS[0]); i++)
		if (n >= 3 && !strcmp(text + n - 3, STOPS[i]))
			return true;
	return false;
}

void say_plan(const struct say *s, struct say_plan *ret)
{
	struct rng r = { s->seed };
	int64_t at_ms = FIRST_MS;
	ret->n = bank_dialogue(s->bank, s->dialogue)->lines;
	for (int i = 0; i < ret->n; i++) {
		size_t samples = bank_samples(s->bank, s->dialogue, i, voice_for(s, i), &s->names);
		int64_t end_ms = at_ms + (int64_t)samples / PER_MS + 1;
		ret->line[i] = (struct say_line){ at_ms, end_ms };
		int64_t pause_ms = rng_between(&r, 350, 950);
		at_ms = is_finished(s, i) ? end_ms + pause_ms : end_ms - INTO_MS;
	}
	ret->ms = ret->line[ret->n - 1].end_ms + BYE_MS;
}

/* Lays one line into its channel. */
static void lay(const struct say *s, int line, int64_t at_ms, uint8_t *frames, size_t n_frames,
                uint8_t *speech)
{
	size_t n = bank_samples(s->bank, s->dialogue, line, voice_for(s, line), &s->names);
	size_t from = (size_t)at_ms * PER_MS;
	int channel = bank_side(s->bank, s->dialogue, line) == BANK_AGENT ? 1 : 0;
	bank_say(s->bank, s->dialogue, line, voice_for(s, line), &s->names, speech);
	for (size_t i = 0; i < n && from + i < n_frames; i++)
		frames[2 * (from + i) + (size_t)channel] = speech[i];
}

static size_t longest_line(const struct say *s, int lines)
{
	size_t most = 1;
	for (int i = 0; i < lines; i++) {
		size_t n = bank_samples(s->bank, s->dialogue, i, voice_for(s, i), &s->names);
		most = n > most ? n : most;
	}
	return most;
}

static enum err write_file(const char *path, const uint8_t *bytes, size_t n, struct why *why)
{
	FILE *f = fopen(path, "wbe");
	if (!f)
		return fail(why, E_FILE_OPEN, path, strerror(errno));
	size_t done = fwrite(bytes, 1, n, f);
	if (fclose(f) || done != n)
		return fail(why, E_FILE_WRITE, path, strerror(errno));
	return ERR_OK;
}

enum err say_record(const struct say *s, int64_t answer_ms, const char *path, int64_t *ret_bytes,
                    struct why *why)
{
	struct say_plan p;
	say_plan(s, &p);
	size_t n_frames = (size_t)(answer_ms + p.ms) * PER_MS;
	size_t bytes = WAV_ALAW_HEADER_BYTES + 2 * n_frames;
	CLEANUP(str_drop) uint8_t *file = malloc(bytes);
	CLEANUP(str_drop) uint8_t *speech = malloc(longest_line(s, p.n));
	if (!file || !speech)
		return fail(why, E_NOMEM);

	wav_alaw_header(file, 2, 2 * n_frames);
	memset(file + WAV_ALAW_HEADER_BYTES, ALAW_SILENCE, 2 * n_frames);
	for (int i = 0; i < p.n; i++)
		lay(s, i, answer_ms + p.line[i].at_ms, file + WAV_ALAW_HEADER_BYTES, n_frames,
		    speech);
	enum err e = write_file(path, file, bytes, why);
	if (!e)
		*ret_bytes = (int64_t)bytes;
	return e;
}

enum err say_transcript(const struct say *s, int64_t answer_ms, struct str *to, struct why *why)
{
	struct say_plan p;
	struct jw w = { .out = to };
	say_plan(s, &p);
	jw_arr(&w, NULL);
	for (int i = 0; i < p.n; i++) {
		CLEANUP(str_drop) char *text = NULL;
		enum err e = bank_text(s->bank, s->dialogue, i, &s->names, &text, why);
		if (e)
			return e;
		jw_obj(&w, NULL);
		jw_int(&w, "at_ms", answer_ms + p.line[i].at_ms);
		jw_int(&w, "end_ms", answer_ms + p.line[i].end_ms);
		jw_str(&w, "side",
		       bank_side(s->bank, s->dialogue, i) == BANK_AGENT ? "agent" : "customer");
		jw_str(&w, "text", text);
		jw_end_obj(&w);
	}
	jw_end_arr(&w);
	return str_ok(to) ? ERR_OK : fail(why, E_NOMEM);
}
