#include "gate/number_kind.h"

#include <string.h>

struct kind {
	const char *text, *zh, *en;
};

static const struct kind KINDS[NUMBER_KIND_COUNT] = {
#define X(name, text, zh, en) { text, zh, en },
	NUMBER_KINDS(X)
#undef X
};

const char *number_kind_text(enum number_kind k)
{
	return KINDS[k].text;
}

const char *number_kind_zh(enum number_kind k)
{
	return KINDS[k].zh;
}

const char *number_kind_en(enum number_kind k)
{
	return KINDS[k].en;
}

enum number_kind number_kind_parse(const char *text)
{
	for (int k = 0; k < NUMBER_KIND_COUNT; k++) {
		if (text && strcmp(KINDS[k].text, text) == 0)
			return (enum number_kind)k;
	}
	return NUMBER_INVALID;
}
