/* audio/bank.h -- the phrase bank: rendered speech of practice dialogues, with its text.
 *
 * Made by tools/render_voices.py out of practice/dialogues/: a manifest bank.json and one file of
 * 8 kHz A-law per voice, which are mapped, not read. The speech is synthetic and the manifest says
 * so. A line is spoken from pieces, so that {称呼} {工号} {公司} can be filled with what the bank
 * holds; the text returned is exactly what the samples say.
 * Thread: a bank does not change after bank_open(); any thread may use it. */
#ifndef AUDIO_BANK_H
#define AUDIO_BANK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum bank_side { BANK_CUSTOMER, BANK_AGENT };
enum { BANK_RATE_HZ = 8000, BANK_LINES = 40 };

struct bank;

struct bank_dialogue {
	const char *key;    /* "annuity_visit" */
	const char *script; /* key of the script it follows; "any": fits every script */
	const char *mood;   /* "interested", "angry", "machine", … */
	const char *result; /* code of the result set an agent would save */
	const char *zh;     /* what happens, in a sentence */
	int lines;
};

/* What fills placeholders. NULL or what the bank cannot say is left out of sound and text. */
struct bank_names {
	const char *call_as; /* {称呼}: surname and 先生 or 女士 */
	const char *job_no;  /* {工号}: digits */
	const char *company; /* {公司} */
};

/** Opens the bank of a directory.
 *  @param ret  bank_free(); what the getters return lives as long
 *  @return ERR_IO E_FILE_OPEN (not rendered yet), ERR_INVALID E_BANK (why), ERR_NOMEM */
enum err bank_open(const char *dir, struct bank **ret, struct why *why) MUST_USE;
void bank_free(struct bank **b); /* for CLEANUP; NULL content is fine */

int bank_dialogues(const struct bank *b);
const struct bank_dialogue *bank_dialogue(const struct bank *b, int dialogue);

/** The index of a dialogue by its key, -1 when there is none. */
int bank_find(const struct bank *b, const char *key);

enum bank_side bank_side(const struct bank *b, int dialogue, int line);

/** Voices of a side, numbered from 0; every line of a side exists in each of its voices. */
int bank_voices(const struct bank *b, enum bank_side side);
bool bank_is_female(const struct bank *b, enum bank_side side, int voice);

/** How long a line is, in samples of BANK_RATE_HZ. */
size_t bank_samples(const struct bank *b, int dialogue, int line, int voice,
                    const struct bank_names *names);

/** Writes a line's speech.
 *  @param names  NULL: placeholders are left out
 *  @param out    bank_samples() bytes of A-law */
void bank_say(const struct bank *b, int dialogue, int line, int voice,
              const struct bank_names *names, uint8_t *out);

/** The text of what bank_say() speaks. @param ret free() */
enum err bank_text(const struct bank *b, int dialogue, int line, const struct bank_names *names,
                   char **ret, struct why *why) MUST_USE;

#endif
