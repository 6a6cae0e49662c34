#include "doc/decimal.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double EXACT = 1e15; /* IEEE 754 doubles hold every decimal of 15 digits */

static void strip_zeros(char *s)
{
	if (!strchr(s, '.'))
		return;
	size_t n = strlen(s);
	while (s[n - 1] == '0')
		n--;
	if (s[n - 1] == '.')
		n--;
	s[n] = '\0';
	if (strcmp(s, "-0") == 0)
		memcpy(s, "0", 2);
}

bool decimal_value(double v, char *ret, bool *lossy)
{
	double a = fabs(v);
	*lossy = a >= EXACT;
	if (!isfinite(v))
		return false;
	if (a >= 1e21 || (a != 0 && a < 1e-15)) {
		snprintf(ret, DECIMAL_BYTES, "%.15g", v);
		return true;
	}
	int whole = a < 1 ? 1 : (int)floor(log10(a)) + 1;
	int decimals = whole >= 15 ? 0 : 15 - whole;
	snprintf(ret, DECIMAL_BYTES, "%.*f", decimals, v);
	strip_zeros(ret);
	return true;
}

/* Whole numbers keep every digit that the file has, also those beyond a double's 15. */
static bool is_whole(const char *text, size_t n)
{
	return n < 40 && text[0] != '0' && strspn(text, "0123456789") == n;
}

bool decimal_text(const char *text, char *ret, bool *lossy)
{
	size_t n = strlen(text);
	if (n > 0 && is_whole(text, n)) {
		memcpy(ret, text, n + 1);
		*lossy = n > 15;
		return true;
	}
	if (n == 0 || n > 64 || strspn(text, "0123456789+-.eE") != n)
		return false;
	char *end;
	double v = strtod(text, &end);
	return *end == '\0' && decimal_value(v, ret, lossy);
}

/* Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", civil_from_days. */
static void civil(int64_t days, int *y, int *m, int *d)
{
	days += 719468;
	int64_t era = days / 146097;
	int64_t doe = days - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t mp = (5 * doy + 2) / 153;
	*d = (int)(doy - (153 * mp + 2) / 5 + 1);
	*m = (int)(mp < 10 ? mp + 3 : mp - 9);
	*y = (int)(yoe + era * 400 + (*m <= 2));
}

bool decimal_date(double serial, bool is_1904, char *ret)
{
	const int64_t unix_epoch = 25569; /* 1970-01-01 counted from 1899-12-30 */
	if (!(serial >= 0) || serial >= 2958466)
		return false;
	int64_t day = (int64_t)floor(serial);
	int64_t sec = llround((serial - (double)day) * 86400);
	if (sec == 86400) {
		day++;
		sec = 0;
	}
	int h = (int)(sec / 3600), mi = (int)(sec / 60 % 60), s = (int)(sec % 60);
	if (day == 0) {
		snprintf(ret, DECIMAL_BYTES, "%02d:%02d:%02d", h, mi, s);
		return true;
	}
	if (is_1904)
		day += 1462;
	else if (day < 60)
		day++; /* spreadsheets believe in 1900-02-29 and number the days before it one lower
		        */
	int y, m, d;
	civil(day - unix_epoch, &y, &m, &d);
	if (sec)
		snprintf(ret, DECIMAL_BYTES, "%04d-%02d-%02d %02d:%02d:%02d", y, m, d, h, mi, s);
	else
		snprintf(ret, DECIMAL_BYTES, "%04d-%02d-%02d", y, m, d);
	return true;
}
