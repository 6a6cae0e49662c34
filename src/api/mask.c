#include "api/mask.h"

#include <stdbool.h>
#include <string.h>

enum { RUN_MAX = 16 };

/* Digits of a number typed with single blanks or dashes inside: "138 0013 8000". */
struct run {
	size_t at[RUN_MAX]; /* where each digit is */
	char digit[RUN_MAX];
	size_t n;
	size_t end; /* first byte behind the run */
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static struct run run_read(const char *s, size_t i, size_t n)
{
	struct run r = { .n = 0 };
	while (i < n) {
		if (is_digit(s[i])) {
			if (r.n < RUN_MAX) {
				r.at[r.n] = i;
				r.digit[r.n] = s[i];
			}
			r.n++;
			i++;
		} else if ((s[i] == '-' || s[i] == ' ') && i + 1 < n && is_digit(s[i + 1])) {
			i++;
		} else {
			break;
		}
	}
	r.end = i;
	return r;
}

/* A plain run: digits without separators. */
static size_t plain_end(const char *s, size_t i, size_t n)
{
	while (i < n && is_digit(s[i]))
		i++;
	return i;
}

static bool is_mobile(const char *d)
{
	return d[0] == '1' && d[1] >= '3' && d[1] <= '9';
}

/* How many leading digits are a country prefix in front of a mobile number; -1: not a number. */
static int number_skip(const char *d, size_t n)
{
	if (n == 11 && is_mobile(d))
		return 0;
	if (n == 12 && d[0] == '0' && is_mobile(d + 1))
		return 1;
	if (n == 13 && memcmp(d, "86", 2) == 0 && is_mobile(d + 2))
		return 2;
	if (n == 15 && memcmp(d, "0086", 4) == 0 && is_mobile(d + 4))
		return 4;
	/* +86 and an area code without its 0. */
	if (n == 12 && memcmp(d, "86", 2) == 0 && d[2] >= '1')
		return 2;
	/* Area code 10, 2x or three digits, and seven or eight of the line. */
	if ((n == 11 || n == 12) && d[0] == '0' && d[1] >= '1' && d[1] <= '9')
		return 0;
	return -1;
}

static void hide(char *s, const struct run *r, int skip)
{
	for (size_t k = (size_t)skip + 3; k + 4 < r->n; k++)
		s[r->at[k]] = '*';
}

/* "2026-11-22 10:30" is a run as well: separators count only in the shapes people write numbers in.
 */
static bool groups_look_typed(const struct run *r)
{
	size_t group[RUN_MAX], n = 1;
	group[0] = 1;
	for (size_t k = 1; k < r->n; k++) {
		if (r->at[k] == r->at[k - 1] + 1)
			group[n - 1]++;
		else
			group[n++] = 1;
	}
	return n == 1 || group[n - 1] >= 4;
}

void mask_whole(char *s, size_t n)
{
	size_t digits = 0, seen = 0;
	if (memchr(s, '*', n))
		return;
	for (size_t i = 0; i < n; i++)
		digits += is_digit(s[i]);
	/* Short service numbers (95588, 10086) are nobody's. */
	for (size_t i = 0; i < n && digits >= 7; i++) {
		if (!is_digit(s[i]))
			continue;
		seen++;
		if (seen > 3 && seen + 4 <= digits)
			s[i] = '*';
	}
}

int mask_numbers(char *s, size_t n)
{
	int found = 0;
	for (size_t i = 0; i < n;) {
		if (!is_digit(s[i])) {
			i++;
			continue;
		}
		struct run r = run_read(s, i, n);
		int skip = r.n <= RUN_MAX ? number_skip(r.digit, r.n) : -1;
		if (skip >= 0 && groups_look_typed(&r)) {
			hide(s, &r, skip);
			found++;
			i = r.end;
			continue;
		}
		/* Not as a whole: the plain run at its start may be one ("13800138000 2026"). */
		size_t e = plain_end(s, i, n);
		struct run p = run_read(s, i, e);
		skip = p.n <= RUN_MAX ? number_skip(p.digit, p.n) : -1;
		if (skip >= 0) {
			hide(s, &p, skip);
			found++;
		}
		i = e;
	}
	return found;
}
