/* practice/repertoire.h -- the dialogues simulated people can hold, with their sound.
 *
 * Read once at start; immutable after that: any thread. */
#ifndef PRACTICE_REPERTOIRE_H
#define PRACTICE_REPERTOIRE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum side { SIDE_CUSTOMER, SIDE_AGENT, SIDE_COUNT };
enum dialogue_kind { DIALOGUE_TALK, DIALOGUE_MACHINE };

struct spoken_line {
	const char *text;
	const int16_t *pcm; /* 8 kHz mono */
	size_t samples;
};

struct dialogue {
	char key[48];
	enum dialogue_kind kind;
	const char *result, *grade; /* what an agent would enter; "" for none */
	int32_t flags;
	int64_t deal_fen, next_in_ms;
	struct {
		struct spoken_line *line;
		int32_t n;
	} of[SIDE_COUNT];
};

struct repertoire;

/** @param dir  rendered voices (tools/render_voices.py)
 *  @param ret  repertoire_free()
 *  @return ERR_IO, ERR_INVALID with the file */
enum err repertoire_open(const char *dir, struct repertoire **ret, struct why *why) MUST_USE;
void repertoire_free(struct repertoire **r);

/** One of the dialogues of a kind, by number modulo how many there are; NULL when there is none. */
const struct dialogue *repertoire_pick(const struct repertoire *r, enum dialogue_kind kind,
                                       uint32_t pick);

#endif
