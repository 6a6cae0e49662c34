/* The two tables that cells refer to by number: texts and styles. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "doc/xlsx_int.h"

/* Texts are held in memory as long as the file is read; what a person wrote fits. */
static const size_t STRINGS_BYTES = 256u << 20;
enum { STYLES = 65536 };

static int hex4(const char *p)
{
	int v = 0;
	for (int i = 0; i < 4; i++) {
		if (!isxdigit((unsigned char)p[i]))
			return -1;
		v = v * 16 + (isdigit((unsigned char)p[i]) ? p[i] - '0' : (p[i] | 0x20) - 'a' + 10);
	}
	return v;
}

size_t xlsx_unescape(char *s, size_t n)
{
	size_t o = 0;
	for (size_t i = 0; i < n; i++) {
		int v = i + 7 <= n && s[i] == '_' && s[i + 1] == 'x' && s[i + 6] == '_'
		            ? hex4(s + i + 2)
		            : -1;
		if (v >= 0 && v < 0x80) {
			if (v) /* only control characters and the underscore are ever written this
			          way */
				s[o++] = (char)v;
			i += 6;
		} else {
			s[o++] = s[i];
		}
	}
	return o;
}

/* ---- shared strings ---- */

struct strings_ctx {
	struct sheet *s;
	struct strings *t;
	bool in_text;
	int in_phonetic; /* rPh holds the reading of a name, not the name */
};

static enum err strings_room(struct strings_ctx *c, size_t more, struct why *why)
{
	struct strings *t = c->t;
	if (t->len + more > STRINGS_BYTES)
		return fail(why, E_DOC_BOMB, c->s->file, "sharedStrings.xml", 0);
	if (t->len + more <= t->cap)
		return ERR_OK;
	size_t cap = t->cap * 2 + more + 4096;
	char *p = realloc(t->text, cap);
	if (!p)
		return fail(why, E_NOMEM);
	t->text = p;
	t->cap = cap;
	return ERR_OK;
}

static enum err strings_open(struct strings_ctx *c, struct why *why)
{
	struct strings *t = c->t;
	if ((int64_t)t->n >= c->s->lim.strings)
		return fail(why, E_DOC_BOMB, c->s->file, "sharedStrings.xml", 0);
	if (t->n == t->at_cap) {
		size_t cap = t->at_cap * 2 + 1024;
		size_t *p = realloc(t->at, cap * sizeof *p);
		if (!p)
			return fail(why, E_NOMEM);
		t->at = p;
		t->at_cap = cap;
	}
	t->at[t->n++] = t->len;
	return ERR_OK;
}

static void strings_start(struct part *p, const char *name, const char **attrs)
{
	(void)attrs;
	struct strings_ctx *c = part_ctx(p);
	if (strcmp(name, "si") == 0) {
		enum err e = strings_open(c, part_why(p));
		if (e)
			part_fail(p, e);
	}
	c->in_phonetic += strcmp(name, "rPh") == 0;
	c->in_text = strcmp(name, "t") == 0 && c->in_phonetic == 0 && c->t->n > 0;
}

static void strings_end(struct part *p, const char *name)
{
	struct strings_ctx *c = part_ctx(p);
	struct strings *t = c->t;
	c->in_text = false;
	c->in_phonetic -= strcmp(name, "rPh") == 0;
	if (strcmp(name, "si") != 0)
		return;
	enum err e = strings_room(c, 1, part_why(p));
	if (e) {
		part_fail(p, e);
		return;
	}
	size_t at = t->at[t->n - 1];
	t->len = at + xlsx_unescape(t->text + at, t->len - at);
	t->text[t->len++] = '\0';
}

static void strings_text(struct part *p, const char *s, int n)
{
	struct strings_ctx *c = part_ctx(p);
	if (!c->in_text)
		return;
	enum err e = strings_room(c, (size_t)n + 1, part_why(p));
	if (e) {
		part_fail(p, e);
		return;
	}
	memcpy(c->t->text + c->t->len, s, (size_t)n);
	c->t->len += (size_t)n;
}

enum err xlsx_strings_load(struct sheet *s, struct xlsx *x, const char *part, struct why *why)
{
	static const struct part_handlers H = { strings_start, strings_end, strings_text };
	struct strings_ctx c = { .s = s, .t = &x->strings };
	enum err e = xlsx_read_part(s, x, part, &H, &c, why);
	return e == ERR_NOT_FOUND ? ERR_OK : e; /* cells that need it will say so */
}

void xlsx_strings_done(struct strings *t)
{
	free(t->text);
	free(t->at);
}

/* ---- styles ---- */

struct custom_format {
	long id;
	bool is_date;
};

struct styles_ctx {
	struct styles *t;
	struct custom_format *custom;
	size_t customs;
	bool in_cell_xfs;
};

/* A format code shows a date when y, m, d, h or s stand outside quotes, brackets and escapes.
 * "General" has none of them; [Red] and [$-804] are brackets; [h] is a length of time. */
static bool code_is_date(const char *code)
{
	for (const char *p = code; *p; p++) {
		if (*p == '"')
			for (p++; *p && *p != '"'; p++)
				;
		else if (*p == '[')
			for (p++; *p && *p != ']'; p++)
				;
		else if ((*p == '\\' || *p == '_' || *p == '*') && p[1])
			p++;
		else if (strchr("ymdhsYMDHS", *p))
			return true;
		if (!*p)
			break;
	}
	return false;
}

/* ECMA-376 part 1, 18.8.30: the built-in formats; 27..36 and 50..58 are the East Asian dates. */
static bool builtin_is_date(long id)
{
	return (id >= 14 && id <= 22) || (id >= 27 && id <= 36) || (id >= 45 && id <= 47) ||
	       (id >= 50 && id <= 58);
}

static bool format_is_date(const struct styles_ctx *c, long id)
{
	for (size_t i = 0; i < c->customs; i++) {
		if (c->custom[i].id == id)
			return c->custom[i].is_date;
	}
	return builtin_is_date(id);
}

static enum err add_custom(struct styles_ctx *c, long id, const char *code, struct why *why)
{
	if (c->customs >= STYLES)
		return ERR_OK;
	if ((c->customs & (c->customs - 1)) == 0) {
		struct custom_format *p = realloc(c->custom, (c->customs * 2 + 1) * sizeof *p);
		if (!p)
			return fail(why, E_NOMEM);
		c->custom = p;
	}
	c->custom[c->customs++] = (struct custom_format){ id, code_is_date(code) };
	return ERR_OK;
}

static enum err add_style(struct styles_ctx *c, long format, struct why *why)
{
	struct styles *t = c->t;
	if (t->n >= STYLES)
		return ERR_OK;
	if ((t->n & (t->n - 1)) == 0) {
		bool *p = realloc(t->is_date, (t->n * 2 + 1) * sizeof *p);
		if (!p)
			return fail(why, E_NOMEM);
		t->is_date = p;
	}
	t->is_date[t->n++] = format_is_date(c, format);
	return ERR_OK;
}

static void styles_start(struct part *p, const char *name, const char **attrs)
{
	struct styles_ctx *c = part_ctx(p);
	const char *id = attr(attrs, "numFmtId"), *code = attr(attrs, "formatCode");
	enum err e = ERR_OK;
	if (strcmp(name, "cellXfs") == 0)
		c->in_cell_xfs = true;
	else if (strcmp(name, "numFmt") == 0 && id && code)
		e = add_custom(c, strtol(id, NULL, 10), code, part_why(p));
	else if (strcmp(name, "xf") == 0 && c->in_cell_xfs)
		e = add_style(c, id ? strtol(id, NULL, 10) : 0, part_why(p));
	if (e)
		part_fail(p, e);
}

static void styles_end(struct part *p, const char *name)
{
	struct styles_ctx *c = part_ctx(p);
	if (strcmp(name, "cellXfs") == 0)
		c->in_cell_xfs = false;
}

enum err xlsx_styles_load(struct sheet *s, struct xlsx *x, const char *part, struct why *why)
{
	static const struct part_handlers H = { styles_start, styles_end, NULL };
	struct styles_ctx c = { .t = &x->styles };
	enum err e = xlsx_read_part(s, x, part, &H, &c, why);
	free(c.custom);
	return e == ERR_NOT_FOUND ? ERR_OK : e;
}

void xlsx_styles_done(struct styles *t)
{
	free(t->is_date);
}
