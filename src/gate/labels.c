/* The words of the gate's tables: reasons of refusal, ways of consent. */
#include <string.h>

#include "gate/consent.h"
#include "gate/dnc.h"

struct label {
	const char *text, *zh, *en;
};

static const struct label REASONS[DNC_REASON_COUNT] = {
#define X(name, text, zh, en) { text, zh, en },
	DNC_REASONS(X)
#undef X
};

static const struct label BASES[CONSENT_BASIS_COUNT] = {
#define X(name, text, zh, en) { text, zh, en },
	CONSENT_BASES(X)
#undef X
};

static const char *label(const struct label *l, int n, const char *text, enum lang lang)
{
	for (int i = 0; i < n; i++) {
		if (strcmp(l[i].text, text) == 0)
			return lang == LANG_ZH ? l[i].zh : l[i].en;
	}
	return text;
}

const char *dnc_reason_text(enum dnc_reason r)
{
	return REASONS[r].text;
}

const char *dnc_reason_label(const char *text, enum lang lang)
{
	return label(REASONS, DNC_REASON_COUNT, text, lang);
}

enum dnc_reason dnc_reason_parse(const char *text)
{
	int r = 0;
	while (r < DNC_REASON_COUNT && strcmp(REASONS[r].text, text) != 0)
		r++;
	return (enum dnc_reason)r;
}

const char *consent_basis_text(enum consent_basis b)
{
	return BASES[b].text;
}

const char *consent_basis_label(const char *text, enum lang lang)
{
	return label(BASES, CONSENT_BASIS_COUNT, text, lang);
}

enum consent_basis consent_basis_parse(const char *text)
{
	for (int b = 0; b < CONSENT_BASIS_COUNT; b++) {
		if (strcmp(BASES[b].text, text) == 0 || strcmp(BASES[b].zh, text) == 0 ||
		    strcmp(BASES[b].en, text) == 0)
			return (enum consent_basis)b;
	}
	return CONSENT_BASIS_COUNT;
}

enum err_code dnc_error(const char *reason_text)
{
	static const enum err_code CODES[DNC_REASON_COUNT + 1] = {
#define X(name, text, zh, en) [DNC_##name] = E_GATE_DNC_##name,
		DNC_REASONS(X)
#undef X
		    [DNC_REASON_COUNT] = E_GATE_DNC_LIST,
	};
	return CODES[dnc_reason_parse(reason_text)];
}
