/* How a number looks on the wire: spec/domain.md 4.6, per-trunk dial rules as data. */
#include <stdio.h>
#include <string.h>

#include "voice/trunk.h"

static const char *const CODES[] = {
#define NUMFMT(name, code) code,
	NUMFMT_LIST(NUMFMT)
#undef NUMFMT
};

const char *numfmt_code(enum numfmt f)
{
	return CODES[f];
}

enum numfmt numfmt_parse(const char *code)
{
	int i = 0;
	while (i < NUMFMT_COUNT && strcmp(CODES[i], code) != 0)
		i++;
	return (enum numfmt)i;
}

static bool is_digits(const char *s, size_t min, size_t max)
{
	size_t n = strspn(s, "0123456789");
	return s[n] == '\0' && n >= min && n <= max;
}

static bool is_mobile(const struct trunk_cfg *t, const char *national)
{
	return strcmp(t->country, "86") == 0 && strlen(national) == 11 && national[0] == '1' &&
	       national[1] >= '3';
}

static bool is_local_fixed(const struct trunk_cfg *t, const char *national)
{
	size_t n = strlen(t->local_area);
	return n && !is_mobile(t, national) && strncmp(national, t->local_area, n) == 0;
}

/* `e164` without '+'. Numbers of other countries leave in the international form whatever the
 * format. */
static void write_number(const struct trunk_cfg *t, enum numfmt f, const char *e164, char *buf,
                         size_t size)
{
	size_t cc = strlen(t->country);
	bool is_home = cc && strncmp(e164, t->country, cc) == 0 && strlen(e164) > cc + 2;
	const char *national = e164 + cc;
	if (f == NUMFMT_E164 || f == NUMFMT_AS_GIVEN)
		snprintf(buf, size, "+%s", e164);
	else if (f == NUMFMT_PLAIN)
		snprintf(buf, size, "%s", e164);
	else if (!is_home)
		snprintf(buf, size, "00%s", e164);
	else if (t->is_local_stripped && is_local_fixed(t, national))
		snprintf(buf, size, "%s", national + strlen(t->local_area));
	else if (f == NUMFMT_NO_ZERO || (f == NUMFMT_NATIONAL && is_mobile(t, national)))
		snprintf(buf, size, "%s", national);
	else
		snprintf(buf, size, "0%s", national);
}

enum err number_format(const struct trunk_cfg *t, bool is_callee, const char *e164, char *buf,
                       size_t size, struct why *why)
{
	enum numfmt f = is_callee ? t->callee_fmt : t->caller_fmt;
	const char *prefix = is_callee ? t->callee_prefix : t->caller_prefix;
	char number[48];
	size_t n = strspn(e164, "0123456789*#+");
	if (e164[0] == '+' && is_digits(e164 + 1, 3, 15))
		write_number(t, f, e164 + 1, number, sizeof number);
	else if (f == NUMFMT_AS_GIVEN && n >= 1 && n <= 32 && e164[n] == '\0')
		snprintf(number, sizeof number, "%s", e164);
	else
		return fail(why, E_VOICE_NUMBER);
	snprintf(buf, size, "%s%s", prefix, number);
	return ERR_OK;
}

void number_parse(const struct trunk_cfg *t, const char *wire, char *buf, size_t size)
{
	const char *cc = t->country;
	size_t cc_len = strlen(cc);
	if (wire[0] == '+' && is_digits(wire + 1, 3, 15))
		snprintf(buf, size, "%s", wire);
	else if (!is_digits(wire, 5, 20) || cc_len == 0)
		snprintf(buf, size, "%s", wire);
	else if (strncmp(wire, "00", 2) == 0)
		snprintf(buf, size, "+%s", wire + 2);
	else if (wire[0] == '0' && strlen(wire) >= 10)
		snprintf(buf, size, "+%s%s", cc, wire + 1);
	else if (is_mobile(t, wire))
		snprintf(buf, size, "+%s%s", cc, wire);
	else if (strncmp(wire, cc, cc_len) == 0 && strlen(wire) >= cc_len + 9)
		snprintf(buf, size, "+%s", wire);
	else if (t->local_area[0] && (strlen(wire) == 7 || strlen(wire) == 8) && wire[0] >= '2' &&
	         wire[0] <= '8')
		snprintf(buf, size, "+%s%s%s", cc, t->local_area, wire);
	else
		snprintf(buf, size, "%s", wire); /* 95xxx, 400..., 12345: no E.164 form */
}
