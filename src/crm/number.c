#include "crm/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- the cell's text as a row of simple signs ----
 * digits, + ; '-' groups digits (dashes, dots, brackets); ' ' groups or separates; ';' separates;
 * 'x' begins an extension; 'a' is a letter, which no number has; 'e' may be an exponent's. */

enum { SIGNS = 160, MANTISSA = 40, EXPANDED = MANTISSA + 16 /* the largest exponent */ };

static const char *decode(const char *s, unsigned *ret)
{
	const unsigned char *p = (const unsigned char *)s;
	int more = *p < 0x80             ? 0
	           : (*p & 0xE0) == 0xC0 ? 1
	           : (*p & 0xF0) == 0xE0 ? 2
	           : (*p & 0xF8) == 0xF0 ? 3
	                                 : 0;
	unsigned c = more == 0 ? *p : *p & (0x3Fu >> more);
	p++;
	for (; more > 0 && (*p & 0xC0) == 0x80; more--)
		c = c << 6 | (*p++ & 0x3F);
	*ret = c;
	return (const char *)p;
}

/* Characters that people's keyboards and other programs put where ASCII is meant. */
static unsigned narrow(unsigned c)
{
	if (c >= 0xFF01 && c <= 0xFF5E)
		return c - 0xFEE0;
	switch (c) {
	case 0x3000:
	case 0x00A0:
	case 0x2002:
	case 0x2003:
	case 0x2009:
		return ' ';
	case 0x2010:
	case 0x2011:
	case 0x2012:
	case 0x2013:
	case 0x2014:
	case 0x2015:
	case 0x2212:
	case 0x30FC:
	case 0x00B7:
		return '-';
	default:
		return c;
	}
}

/* Marks of writing direction and joiners, copied along from chat programs. */
static bool is_invisible(unsigned c)
{
	return (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) || c == 0x2060 ||
	       c == 0xFEFF || (c >= 0x2066 && c <= 0x2069);
}

static char sign_of(unsigned c)
{
	if ((c >= '0' && c <= '9') || c == '+')
		return (char)c;
	if (c == '.')
		return '.';
	if (c == '-' || c == '(' || c == ')' || c == '_')
		return '-';
	if (c == ' ')
		return ' ';
	if (c == '#' || c == 0x8F6C /* 转 */ || c == 0x8F49 /* 轉 */)
		return 'x';
	if (c == 'e' || c == 'E')
		return 'e';
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
		return 'a';
	return ';'; /* punctuation and words of any language stand between numbers */
}

/* Longer than any cell of numbers: cut, and the last piece is judged as it stands. */
static void to_signs(const char *text, char ret[SIGNS])
{
	size_t n = 0;
	while (*text && n < SIGNS - 1) {
		unsigned c;
		text = decode(text, &c);
		c = narrow(c);
		if (is_invisible(c) || c == '\'')
			continue;
		if (c == 0x5206 && strncmp(text, "机", 3) == 0) { /* 分机 */
			text += 3;
			ret[n++] = 'x';
		} else if ((c == 'e' || c == 'E') && strncasecmp(text, "xt", 2) == 0) {
			text += 2 + (text[2] == '.');
			ret[n++] = 'x';
		} else {
			ret[n++] = sign_of(c);
		}
	}
	ret[n] = '\0';
}

/* ---- one number ---- */

static bool all_digits(const char *s)
{
	return *s && s[strspn(s, "0123456789")] == '\0';
}

static bool starts(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

static bool is_mobile(const char *s, size_t n)
{
	return n == 11 && s[0] == '1' && s[1] >= '3' && s[1] <= '9';
}

/* Landline without the leading 0: two-digit areas (10, 2x) have 8 digits, the others 7 or 8. */
static bool is_landline(const char *s, size_t n)
{
	if (s[0] == '1' && s[1] == '0')
		return n == 10 && s[2] >= '2';
	if (s[0] == '2' && s[1] != '6')
		return n == 10 && s[2] >= '2';
	return s[0] >= '3' && s[0] <= '9' && (n == 10 || n == 11) && s[3] >= '2' &&
	       !starts(s, "400") && !starts(s, "800");
}

static bool is_special(const char *s, size_t n)
{
	static const char *const SHORT[] = { "110", "119", "120", "122", "114", "999", "95110" };
	for (size_t i = 0; i < sizeof SHORT / sizeof *SHORT; i++) {
		if (strcmp(s, SHORT[i]) == 0)
			return true;
	}
	return (n == 5 && starts(s, "12")) || ((n == 5 || n == 6) && starts(s, "100"));
}

static bool is_service(const char *s, size_t n)
{
	if (n >= 5 && n <= 8 && s[0] == '9' && (s[1] == '5' || s[1] == '6'))
		return true;
	return (n == 10 && (starts(s, "400") || starts(s, "800"))) || (n == 8 && starts(s, "1010"));
}

static bool is_machine(const char *s, size_t n)
{
	static const char *const HEAD[] = { "140", "144", "146", "148", "1064", "1065", "1410" };
	for (size_t i = 0; n == 13 && i < sizeof HEAD / sizeof *HEAD; i++) {
		if (starts(s, HEAD[i]))
			return true;
	}
	return false;
}

static void fill(struct number *ret, enum number_kind kind, const char *e164_head, const char *rest,
                 const char *national_head)
{
	memset(ret, 0, sizeof *ret);
	ret->kind = kind;
	snprintf(ret->e164, sizeof ret->e164, "%s%s", e164_head, rest);
	snprintf(ret->national, sizeof ret->national, "%s%s", national_head, rest);
	size_t n = strlen(ret->national);
	memcpy(ret->tail4, n > 4 ? ret->national + n - 4 : ret->national, n > 4 ? 4 : n);
	number_mask(ret->national, ret->mask);
}

/* A number of the mainland; `has_country`: +86 stood before it, so an area code has no 0. */
static bool classify_home(const char *s, bool has_country, struct number *ret)
{
	size_t n = strlen(s);
	if (s[0] == '0') {
		if (is_mobile(s + 1, n - 1)) /* dialled with the trunk prefix */
			return fill(ret, NUMBER_MOBILE, "+86", s + 1, ""), true;
		if (n > 1 && is_landline(s + 1, n - 1))
			return fill(ret, NUMBER_LANDLINE, "+86", s + 1, "0"), true;
		return false;
	}
	if (is_mobile(s, n))
		return fill(ret, NUMBER_MOBILE, "+86", s, ""), true;
	if (is_machine(s, n))
		return fill(ret, NUMBER_MACHINE, "+86", s, ""), true;
	if (!has_country && is_special(s, n))
		return fill(ret, NUMBER_SPECIAL, "", s, ""), true;
	if (is_service(s, n))
		return fill(ret, NUMBER_SERVICE, "", s, ""), true;
	/* After +86, or the 0 that a spreadsheet drops from numbers: the length leaves no doubt. */
	if (is_landline(s, n))
		return fill(ret, NUMBER_LANDLINE, "+86", s, "0"), true;
	return false;
}

static bool classify_abroad(const char *s, struct number *ret)
{
	size_t n = strlen(s);
	if (n < 8 || n > 15 || s[0] == '0')
		return false;
	fill(ret, NUMBER_ABROAD, "+", s, "+");
	return true;
}

/* `s`: digits, perhaps after a +. */
static bool classify(const char *s, struct number *ret)
{
	/* Access codes of IP calling, still in old address books. */
	static const char *const ACCESS[] = {
		"17951", "12593", "17909", "17911", "10193", "17900"
	};
	bool is_international = s[0] == '+' || starts(s, "00");
	if (is_international)
		s += s[0] == '+' ? 1 : 2;
	if (!all_digits(s))
		return false;
	if (is_international)
		return starts(s, "86") ? classify_home(s + 2, true, ret) : classify_abroad(s, ret);
	for (size_t i = 0; i < sizeof ACCESS / sizeof *ACCESS; i++) {
		if (starts(s, ACCESS[i]) && strlen(s) >= 15)
			return classify_home(s + 5, false, ret);
	}
	if (classify_home(s, false, ret))
		return true;
	return starts(s, "86") && strlen(s) >= 12 && classify_home(s + 2, true, ret);
}

/* ---- a piece between separators ---- */

/* Writes the digits (and a leading +) of signs [from, to) into `ret`; false: anything else inside.
 */
static bool digits_of(const char *from, const char *to, char *ret, size_t size)
{
	size_t n = 0;
	for (; from < to; from++) {
		if (*from == '-' || *from == ' ' || *from == '.')
			continue;
		bool is_plus = *from == '+' && n == 0;
		if ((!is_plus && (*from < '0' || *from > '9')) || n + 1 >= size)
			return false;
		ret[n++] = *from;
	}
	ret[n] = '\0';
	return n > 0;
}

/* "010-12345678-8001": the last group is an extension when the rest is a landline. */
static bool classify_with_ext(const char *from, const char *to, struct number *ret)
{
	char digits[32], ext[32];
	const char *mark = memchr(from, 'x', (size_t)(to - from));
	const char *rest = mark ? mark + 1 : NULL;
	if (!mark) {
		for (mark = to - 1; mark > from && *mark != '-'; mark--)
			;
		rest = mark + 1;
	}
	if (mark <= from || !digits_of(rest, to, ext, sizeof ext) || !all_digits(ext) ||
	    strlen(ext) >= NUMBER_EXT_BYTES - 1 || !digits_of(from, mark, digits, sizeof digits) ||
	    !classify(digits, ret))
		return false;
	bool may_have =
	    ret->kind == NUMBER_LANDLINE || (*mark == 'x' && ret->kind == NUMBER_SERVICE);
	if (may_have)
		memcpy(ret->ext, ext, strlen(ext) + 1);
	return may_have;
}

static bool classify_piece(const char *from, const char *to, struct number *ret)
{
	char digits[32];
	if (digits_of(from, to, digits, sizeof digits) && classify(digits, ret))
		return true;
	return classify_with_ext(from, to, ret);
}

static void add(struct numbers *list, const struct number *n)
{
	for (size_t i = 0; i < list->count; i++) {
		if (strcmp(list->n[i].e164, n->e164) == 0)
			return;
	}
	if (list->count < NUMBERS_MAX)
		list->n[list->count++] = *n;
}

/* Blanks and dashes may part numbers as well as group digits: the whole is tried first, then the
 * longest head that is a number and leaves numbers. */
static bool split(const char *from, const char *to, struct numbers *list, int depth)
{
	struct number n;
	while (from < to && (*from == ' ' || *from == '-'))
		from++;
	while (to > from && (to[-1] == ' ' || to[-1] == '-' || to[-1] == '.'))
		to--;
	if (from == to)
		return true;
	if (classify_piece(from, to, &n)) {
		add(list, &n);
		return true;
	}
	for (const char *p = to - 1; depth < NUMBERS_MAX && p > from; p--) {
		if ((*p != ' ' && *p != '-') || !classify_piece(from, p, &n))
			continue;
		struct numbers rest = { 0 };
		if (!split(p + 1, to, &rest, depth + 1) || rest.count == 0)
			continue;
		add(list, &n);
		for (size_t i = 0; i < rest.count; i++)
			add(list, &rest.n[i]);
		return true;
	}
	return false;
}

/* "1.3800138e+10" -> "13800138000". Spreadsheets show six digits by default; what is shorter than
 * seven has been cut. @param ret  longer than `s`: never written in its place
 * @return 0 no exponent, 1 expanded, -1 digits are lost */
static int expand(const char *s, char ret[EXPANDED], int *ret_digits)
{
	char digits[MANTISSA];
	size_t n = 0;
	int point = -1;
	const char *p = s;
	while (*p == ' ')
		p++;
	for (; (*p >= '0' && *p <= '9') || *p == '.'; p++) {
		if (*p == '.' && point >= 0)
			return 0;
		if (*p == '.')
			point = (int)n;
		else if (n < sizeof digits - 1)
			digits[n++] = *p;
	}
	if (*p != 'e' || n == 0)
		return 0;
	char *end;
	long exp = strtol(p + 1, &end, 10);
	while (*end == ' ')
		end++;
	if (end == p + 1 || *end || exp < 5 || exp > 15)
		return 0;
	while (n > 1 && digits[n - 1] == '0' && point >= 0)
		n--;
	*ret_digits = (int)n;
	long places = exp + (point < 0 ? (long)n : point);
	if (n < 7 || places < (long)n)
		return -1;
	memcpy(ret, digits, n);
	for (; (long)n < places; n++)
		ret[n] = '0';
	ret[n] = '\0';
	return 1;
}

/* ".0" and ".00" behind a whole number are a spreadsheet's, not digits. */
static void drop_decimals(char *s)
{
	char *dot = strchr(s, '.');
	if (dot && dot > s && strspn(s, "0123456789") == (size_t)(dot - s) && dot[1] &&
	    strspn(dot + 1, "0 ") == strlen(dot + 1))
		*dot = '\0';
}

static enum err reject(const char *piece, struct why *why)
{
	int digits = 0;
	bool has_letter = false;
	for (const char *p = piece; *p; p++) {
		digits += *p >= '0' && *p <= '9';
		has_letter |= *p == 'a' || *p == 'e';
	}
	if (digits == 0)
		return fail(why, E_NUM_NONE);
	if (has_letter)
		return fail(why, E_NUM_LETTER);
	if ((digits == 7 || digits == 8) && piece[strspn(piece, " -")] >= '2')
		return fail(why, E_NUM_AREA);
	if (digits < 10)
		return fail(why, E_NUM_SHORT, digits);
	return digits > 12 ? fail(why, E_NUM_LONG, digits) : fail(why, E_NUM_FORM, digits);
}

static void take_piece(char *piece, struct numbers *ret)
{
	struct why why = { 0 };
	char expanded[EXPANDED];
	int digits = 0;
	drop_decimals(piece);
	int exponent = expand(piece, expanded, &digits);
	if (exponent > 0)
		piece = expanded;
	if (piece[strcspn(piece, "0123456789")] == '\0')
		return; /* words */
	if (exponent < 0)
		(void)fail(&why, E_NUM_LOST, digits);
	else if (!split(piece, piece + strlen(piece), ret, 0))
		(void)reject(piece, &why);
	if (!why.code)
		return;
	if (ret->rejected++ == 0)
		ret->why = why;
}

enum err numbers_parse(const char *text, struct numbers *ret, struct why *why)
{
	char signs[SIGNS];
	memset(ret, 0, sizeof *ret);
	to_signs(text, signs);
	char *save = NULL;
	for (char *piece = strtok_r(signs, ";", &save); piece; piece = strtok_r(NULL, ";", &save))
		take_piece(piece, ret);
	if (ret->count > 0)
		return ERR_OK;
	if (ret->rejected == 0)
		return fail(why, E_NUM_NONE);
	if (why)
		*why = ret->why;
	return err_kind(ret->why.code);
}

enum err number_parse_one(const char *text, struct number *ret, struct why *why)
{
	struct numbers list;
	enum err e = numbers_parse(text, &list, why);
	if (e)
		return e;
	if (list.count > 1)
		return fail(why, E_NUM_TWO);
	*ret = list.n[0];
	return ERR_OK;
}

void number_mask(const char *national, char ret[NUMBER_MASK_BYTES])
{
	size_t n = strlen(national), skip = n > 3 && starts(national, "+86") ? 3 : 0;
	const char *s = national + skip;
	n -= skip;
	size_t head = s[0] == '+' ? 4 : 3;
	if (!skip && s[0] == '0' && n >= 11)
		head = s[1] == '1' || s[1] == '2' ? 3 : 4; /* the area code */
	if (n < 9)                                         /* service numbers: nobody's own */
		snprintf(ret, NUMBER_MASK_BYTES, "%.2s***", s);
	else
		snprintf(ret, NUMBER_MASK_BYTES, "%.*s****%s", (int)head, s, s + n - 4);
}
