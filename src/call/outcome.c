#include "call/outcome.h"

#include <string.h>

static const struct {
	const char *code, *zh, *en, *result;
} ROW[] = {
#define OUTCOME(name, code, zh, en, result) [OUTCOME_##name] = { code, zh, en, result },
#include "call/outcome.def"
#undef OUTCOME
};

/* First row that fits; 0 fits any code, CAUSE_COUNT any cause. */
static const struct {
	int sip_code, q850;
	enum cause cause;
	enum outcome outcome;
} TABLE[] = {
	{ 0, 20, CAUSE_COUNT, OUTCOME_OFF }, /* subscriber absent */
	{ 403, 0, CAUSE_UNREACHABLE, OUTCOME_SUSPENDED },
	{ 0, 29, CAUSE_COUNT,
	  OUTCOME_SUSPENDED }, /* facility rejected: incoming calls are stopped */
	{ 403, 21, CAUSE_BLOCKED,
	  OUTCOME_SUSPENDED }, /* 停机 as carriers signal it, spec/domain.md 4.3 */
	{ 0, 0, CAUSE_BUSY, OUTCOME_BUSY },
	{ 0, 0, CAUSE_REJECTED, OUTCOME_REJECTED },
	{ 0, 0, CAUSE_BLOCKED, OUTCOME_REJECTED },
	{ 0, 0, CAUSE_NO_ANSWER, OUTCOME_NO_ANSWER },
	{ 0, 0, CAUSE_CANCELLED, OUTCOME_CANCELLED },
	{ 0, 0, CAUSE_SHUTDOWN, OUTCOME_CANCELLED },
	{ 0, 0, CAUSE_WEB_LOST, OUTCOME_CANCELLED },
	{ 0, 0, CAUSE_UNALLOCATED, OUTCOME_EMPTY },
	{ 0, 0, CAUSE_CHANGED, OUTCOME_EMPTY },
	{ 0, 0, CAUSE_UNREACHABLE, OUTCOME_OFF },
	{ 0, 0, CAUSE_BAD_NUMBER, OUTCOME_FAILED },
	{ 0, 0, CAUSE_TRUNK_AUTH, OUTCOME_FAILED },
	{ 0, 0, CAUSE_TRUNK_FAIL, OUTCOME_FAILED },
	{ 0, 0, CAUSE_TRUNK_SILENT, OUTCOME_FAILED },
	{ 0, 0, CAUSE_TRUNK_LIMIT, OUTCOME_FAILED },
	{ 0, 0, CAUSE_CODEC, OUTCOME_FAILED },
	{ 0, 0, CAUSE_REDIRECTED, OUTCOME_FAILED },
	{ 0, 0, CAUSE_EXTENSION, OUTCOME_FAILED },
	{ 0, 0, CAUSE_MEDIA_LOST, OUTCOME_FAILED },
};

enum outcome outcome_of(const struct outcome_in *in)
{
	if (in->is_answered)
		return OUTCOME_ANSWERED;
	if (in->is_incoming)
		return OUTCOME_MISSED;
	for (size_t i = 0; i < sizeof TABLE / sizeof *TABLE; i++) {
		if ((!TABLE[i].sip_code || TABLE[i].sip_code == in->sip_code) &&
		    (!TABLE[i].q850 || TABLE[i].q850 == in->q850) &&
		    (TABLE[i].cause == CAUSE_COUNT || TABLE[i].cause == in->cause))
			return TABLE[i].outcome;
	}
	return OUTCOME_UNKNOWN;
}

const char *outcome_code(enum outcome o)
{
	return ROW[o].code;
}

const char *outcome_text(enum outcome o, enum lang lang)
{
	return lang == LANG_ZH ? ROW[o].zh : ROW[o].en;
}

const char *outcome_result(enum outcome o)
{
	return ROW[o].result;
}

enum outcome outcome_parse(const char *code)
{
	for (int i = 0; i < OUTCOME_COUNT; i++)
		if (strcmp(ROW[i].code, code) == 0)
			return (enum outcome)i;
	return OUTCOME_UNKNOWN;
}
