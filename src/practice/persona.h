/* practice/persona.h -- what a simulated customer does with a call.
 *
 * Pure: everything follows from the mix (data), a seed, the number called and how often it was
 * called before, so a run can be repeated and two tries of one number differ. */
#ifndef PRACTICE_PERSONA_H
#define PRACTICE_PERSONA_H

#include <stdint.h>

#include "base/err.h"

/* X(name, SIP answer). ANSWER talks; MACHINE is a voicemail; the others end the try. */
#define PERSONA_ACTS(X) \
	X(ANSWER, 200) \
	X(MACHINE, 200) \
	X(NO_ANSWER, 480) X(BUSY, 486) X(REJECTED, 603) X(OFF, 480) X(SUSPENDED, 403) X(EMPTY, 404)

#define X(n, sip) PERSONA_##n,
enum persona_act { PERSONA_ACTS(X) PERSONA_ACT_COUNT };
#undef X

struct persona_mix {
	uint64_t seed;
	int32_t weight[PERSONA_ACT_COUNT];
	int32_t ring_min_ms, ring_max_ms;   /* before an answer, a rejection or a busy tone */
	int32_t pause_min_ms, pause_max_ms; /* before answering the other's sentence */
};

struct persona {
	enum persona_act act;
	int32_t ring_ms;
	int32_t pause_ms;
	uint32_t pick; /* for choosing mood and dialogue: modulo whatever there is */
};

/** Reads the mix: {"seed":7,"ring_ms":[900,9000],"pause_ms":[500,1100],"weights":{"answer":38,…}}.
 *  @return ERR_INVALID */
enum err persona_mix_read(const char *json, struct persona_mix *ret, struct why *why) MUST_USE;

/** @param number  as dialed; only hashed
 *  @param nth     0 for the first call to it */
struct persona persona_of(const struct persona_mix *mix, const char *number, uint32_t nth);

int persona_sip_code(enum persona_act act);
const char *persona_act_name(enum persona_act act); /* "no_answer"; static storage */

#endif
