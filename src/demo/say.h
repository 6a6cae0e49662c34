/* demo/say.h -- a practice dialogue laid out in time, and written as a two-channel recording. */
#ifndef DEMO_SAY_H
#define DEMO_SAY_H

#include <stdint.h>

#include "audio/bank.h"
#include "base/str.h"

/* Everything a conversation follows from. */
struct say {
	const struct bank *bank;
	int dialogue;
	int customer_voice, agent_voice;
	struct bank_names names;
	uint64_t seed; /* of the pauses between lines */
};

struct say_line {
	int64_t at_ms, end_ms;
};

struct say_plan {
	int n;
	struct say_line line[BANK_LINES];
	int64_t ms; /* to the end of the call */
};

/** When which line is said. Pure. A line without a full stop is cut into by the next one. */
void say_plan(const struct say *s, struct say_plan *ret);

/** Writes the recording: A-law, customer left, agent right.
 *  @param answer_ms  silence before the conversation
 *  @param ret_bytes  size of the file */
enum err say_record(const struct say *s, int64_t answer_ms, const char *path, int64_t *ret_bytes,
                    struct why *why) MUST_USE;

/** Adds the transcript's lines as a JSON array: [{"at_ms","end_ms","side","text"}]. */
enum err say_transcript(const struct say *s, int64_t answer_ms, struct str *to,
                        struct why *why) MUST_USE;

#endif
