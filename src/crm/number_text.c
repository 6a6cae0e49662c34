/* Masks the numbers inside any text. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "crm/number.h"

enum { RUN_BYTES = 96, RAW_BYTES = 4 * RUN_BYTES };

/* A digit of either width. @return its value and the bytes it takes; -1: none */
static int digit_at(const char *s, size_t *ret_bytes)
{
	const unsigned char *p = (const unsigned char *)s;
	*ret_bytes = 1;
	if (isdigit(p[0]))
		return p[0] - '0';
	*ret_bytes = 3;
	if (p[0] == 0xEF && p[1] == 0xBC && p[2] >= 0x90 && p[2] <= 0x99)
		return p[2] - 0x90;
	return -1;
}

static bool is_joint(char c)
{
	return c == '-' || c == ' ' || c == '.' || c == '(' || c == ')';
}

/* "2026-11-22": eight digits that are no number. @return its length, 0: no date */
static size_t date_at(const char *s)
{
	int y, m, d, n = 0;
	char a[2], b[2];
	if (!isdigit((unsigned char)s[0]) ||
	    sscanf(s, "%4d%1[-./]%2d%1[-./]%2d%n", &y, a, &m, b, &d, &n) != 5 || n < 8)
		return 0;
	bool is_date = y >= 1900 && y <= 2200 && m >= 1 && m <= 12 && d >= 1 && d <= 31;
	return is_date && !isdigit((unsigned char)s[n]) ? (size_t)n : 0;
}

/* Collects digits from `s`, over at most one joint between two. @return the bytes taken */
static size_t run_at(const char *s, char digits[RUN_BYTES], size_t *ret_n)
{
	size_t at = 0, taken = 0;
	*ret_n = 0;
	while (s[at] && *ret_n < RUN_BYTES - 1) {
		size_t bytes;
		int v = digit_at(s + at, &bytes);
		if (v >= 0) {
			digits[(*ret_n)++] = (char)('0' + v);
			taken = at += bytes;
		} else if (is_joint(s[at]) && at == taken) {
			at++;
		} else {
			break;
		}
	}
	digits[*ret_n] = '\0';
	return taken;
}

static bool has_exponent(const char *s)
{
	return (*s == 'e' || *s == 'E') &&
	       (isdigit((unsigned char)s[1]) || (s[1] == '+' && isdigit((unsigned char)s[2])));
}

/* A number by its own mask; what only looks like one (a card, a short line) by its first and last.
 */
static void add_masked(struct str *out, const char *run, size_t run_bytes, const char *digits,
                       size_t n)
{
	struct numbers list;
	char raw[RAW_BYTES];
	snprintf(raw, sizeof raw, "%.*s", (int)run_bytes, run);
	if (!numbers_parse(raw, &list, NULL)) {
		for (size_t i = 0; i < list.count; i++) {
			str_add(out, i ? "/" : "");
			str_add(out, list.n[i].mask);
		}
		return;
	}
	str_addn(out, digits, 3);
	str_add(out, "****");
	str_addn(out, digits + n - 4, 4);
}

static bool is_number(const char *digits, size_t n)
{
	struct numbers list;
	return n >= 11 || n == 7 || n == 8 || (n > 8 && !numbers_parse(digits, &list, NULL));
}

void number_mask_text(const char *text, struct str *out)
{
	while (*text) {
		size_t bytes, n, date = date_at(text);
		if (*text == '+' && digit_at(text + 1, &bytes) >= 0)
			text++;
		char digits[RUN_BYTES];
		if (date || digit_at(text, &bytes) < 0) {
			str_addn(out, text, date ? date : 1);
			text += date ? date : 1;
			continue;
		}
		size_t taken = run_at(text, digits, &n);
		if (is_number(digits, n) || (n >= 6 && has_exponent(text + taken))) {
			add_masked(out, text, taken, digits, n);
		} else {
			str_addn(out, text, taken);
		}
		text += taken;
	}
}
