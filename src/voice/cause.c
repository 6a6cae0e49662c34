#include "voice/cause.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *code, *zh, *en;
} NAMES[] = {
#define CAUSE(name, code, zh, en) { code, zh, en },
	CAUSE_LIST(CAUSE)
#undef CAUSE
};

/* A refusal so soon after ringing started is a finger on the red button, not a busy line. */
enum { REJECT_WITHIN_MS = 8000, BLOCK_WITHIN_MS = 1000 };

/* Q.850 says more than SIP when it is there at all (RFC 3398 7.2.4.1, domain.md 4.3). */
static const struct {
	int q850;
	enum cause cause;
} BY_Q850[] = {
	{ 1, CAUSE_UNALLOCATED },  { 2, CAUSE_UNALLOCATED },  { 3, CAUSE_UNREACHABLE },
	{ 17, CAUSE_BUSY },        { 18, CAUSE_NO_ANSWER },   { 19, CAUSE_NO_ANSWER },
	{ 20, CAUSE_UNREACHABLE }, { 21, CAUSE_REJECTED },    { 22, CAUSE_CHANGED },
	{ 26, CAUSE_BLOCKED },     { 27, CAUSE_UNREACHABLE }, { 28, CAUSE_BAD_NUMBER },
	{ 34, CAUSE_TRUNK_FAIL },  { 38, CAUSE_TRUNK_FAIL },  { 41, CAUSE_TRUNK_FAIL },
	{ 42, CAUSE_TRUNK_FAIL },  { 44, CAUSE_TRUNK_FAIL },  { 47, CAUSE_TRUNK_FAIL },
	{ 55, CAUSE_BLOCKED },     { 57, CAUSE_BLOCKED },     { 58, CAUSE_TRUNK_FAIL },
	{ 63, CAUSE_BLOCKED },     { 65, CAUSE_CODEC },       { 87, CAUSE_BLOCKED },
	{ 88, CAUSE_CODEC },
};

static const struct {
	int sip;
	enum cause cause;
} BY_SIP[] = {
	{ 401, CAUSE_TRUNK_AUTH },  { 403, CAUSE_BLOCKED },    { 404, CAUSE_UNALLOCATED },
	{ 407, CAUSE_TRUNK_AUTH },  { 408, CAUSE_NO_ANSWER },  { 410, CAUSE_CHANGED },
	{ 415, CAUSE_CODEC },       { 420, CAUSE_EXTENSION },  { 421, CAUSE_EXTENSION },
	{ 480, CAUSE_UNREACHABLE }, { 484, CAUSE_BAD_NUMBER }, { 486, CAUSE_BUSY },
	{ 487, CAUSE_CANCELLED },   { 488, CAUSE_CODEC },      { 500, CAUSE_TRUNK_FAIL },
	{ 502, CAUSE_TRUNK_FAIL },  { 503, CAUSE_TRUNK_FAIL }, { 504, CAUSE_TRUNK_FAIL },
	{ 600, CAUSE_BUSY },        { 603, CAUSE_REJECTED },   { 604, CAUSE_UNALLOCATED },
	{ 606, CAUSE_CODEC },
};

static enum cause by_codes(const struct cause_in *in)
{
	for (size_t i = 0; i < sizeof BY_Q850 / sizeof *BY_Q850; i++)
		if (in->q850 == BY_Q850[i].q850)
			return BY_Q850[i].cause;
	for (size_t i = 0; i < sizeof BY_SIP / sizeof *BY_SIP; i++)
		if (in->sip_code == BY_SIP[i].sip)
			return BY_SIP[i].cause;
	if (in->sip_code >= 300 && in->sip_code < 400)
		return CAUSE_REDIRECTED;
	if (in->sip_code >= 500 && in->sip_code < 600)
		return CAUSE_TRUNK_FAIL;
	return CAUSE_OTHER;
}

enum cause cause_of(const struct cause_in *in)
{
	if (in->is_answered)
		return CAUSE_NORMAL;
	if (in->is_ring_timeout)
		return CAUSE_NO_ANSWER;
	if (in->is_ours)
		return CAUSE_CANCELLED;
	if (in->sip_code == 0 && in->q850 == 0)
		return in->ring_ms >= 0 ? CAUSE_NO_ANSWER : CAUSE_TRUNK_SILENT;

	enum cause c = by_codes(in);
	bool is_quick = in->ring_ms < 0 && in->setup_ms < BLOCK_WITHIN_MS;
	bool is_pressed = in->ring_ms >= 0 && in->ring_ms <= REJECT_WITHIN_MS;
	if (in->q850 == 0 && in->sip_code == 486 && is_pressed)
		return CAUSE_REJECTED;
	if (in->q850 == 0 && in->sip_code == 603 && is_quick)
		return CAUSE_BLOCKED;
	if (in->q850 == 0 && in->sip_code == 480 && in->ring_ms >= 20000)
		return CAUSE_NO_ANSWER;
	if (in->sip_code == 408 && in->ring_ms < 0)
		return CAUSE_TRUNK_SILENT;
	return c;
}

const char *cause_code(enum cause c)
{
	return NAMES[c].code;
}

const char *cause_text(enum cause c, bool is_chinese)
{
	return is_chinese ? NAMES[c].zh : NAMES[c].en;
}

enum cause cause_parse(const char *code)
{
	for (int i = 0; i < CAUSE_COUNT; i++)
		if (strcmp(NAMES[i].code, code) == 0)
			return (enum cause)i;
	return CAUSE_OTHER;
}

int cause_sip(enum cause c)
{
	static const short SIP[CAUSE_COUNT] = {
		[CAUSE_BUSY] = 486,        [CAUSE_REJECTED] = 603, [CAUSE_NO_ANSWER] = 480,
		[CAUSE_UNALLOCATED] = 404, [CAUSE_CHANGED] = 410,  [CAUSE_BAD_NUMBER] = 484,
		[CAUSE_UNREACHABLE] = 480, [CAUSE_BLOCKED] = 403,  [CAUSE_TRUNK_FAIL] = 503,
		[CAUSE_TRUNK_LIMIT] = 503, [CAUSE_CODEC] = 488,    [CAUSE_EXTENSION] = 420,
		[CAUSE_SHUTDOWN] = 503,
	};
	return SIP[c] ? SIP[c] : 480;
}
