/* call/outcome.h -- how a call came out, from what the line said.
 *
 * Pure; a table. Source: spec/domain.md 4.3 (carriers use one code for many things: where the
 * signal alone cannot tell, the milder outcome is taken, so that no number is given up for it). */
#ifndef CALL_OUTCOME_H
#define CALL_OUTCOME_H

#include <stdbool.h>

#include "base/err.h"
#include "voice/cause.h"

enum outcome {
#define OUTCOME(name, code, zh, en, result) OUTCOME_##name,
#include "call/outcome.def"
#undef OUTCOME
	OUTCOME_COUNT
};

struct outcome_in {
	bool is_incoming;
	bool is_answered; /* there was a 200 */
	enum cause cause; /* as voice/ judged it */
	int sip_code, q850;
};

/** The outcome of a call that is over; never NONE. */
enum outcome outcome_of(const struct outcome_in *in);

const char *outcome_code(enum outcome o); /* "no_answer"; static */
const char *outcome_text(enum outcome o, enum lang lang);
const char *outcome_result(enum outcome o);   /* code of the system's result, "" for none */
enum outcome outcome_parse(const char *code); /* not in the table: OUTCOME_UNKNOWN */

#endif
