#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "base/id.h"
#include "base/json.h"

/* Length of the valid UTF-8 character at `p`, 0 when there is none (RFC 3629, table 3-7 of
 * Unicode). */
static size_t utf8_len(const unsigned char *p, size_t left)
{
	if (p[0] < 0x80)
		return 1;
	size_t n = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	if (p[0] < 0xc2 || p[0] > 0xf4 || left < n)
		return 0;
	unsigned char low = p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : 0x80;
	unsigned char high = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : 0xbf;
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	return n;
}

static void add_escape(struct str *out, unsigned char c)
{
	static const char SHORT[] = {
		['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'
	};
	if (c == '"' || c == '\\')
		str_addf(out, "\\%c", c);
	else if (c < sizeof SHORT && SHORT[c])
		str_addf(out, "\\%c", SHORT[c]);
	else
		str_addf(out, "\\u%04x", c);
}

static void add_quoted(struct str *out, const char *text, size_t bytes)
{
	const unsigned char *p = (const unsigned char *)text;
	size_t from = 0, i = 0;
	str_addc(out, '"');
	while (i < bytes) {
		size_t n = utf8_len(p + i, bytes - i);
		bool is_plain = n > 1 || (n == 1 && p[i] >= 0x20 && p[i] != '"' && p[i] != '\\' &&
		                          p[i] != 0x7f);
		if (is_plain) {
			i += n;
			continue;
		}
		str_addn(out, p + from, i - from);
		if (n)
			add_escape(out, p[i]);
		else
			str_add(out, "\xef\xbf\xbd");
		from = ++i;
	}
	str_addn(out, p + from, bytes - from);
	str_addc(out, '"');
}

/* What stands before every value: a comma from the second on, and the key inside an object. */
static void begin(struct jw *w, const char *key)
{
	if (w->has_item[w->depth])
		str_addc(w->out, ',');
	w->has_item[w->depth] = true;
	if (key) {
		add_quoted(w->out, key, strlen(key));
		str_addc(w->out, ':');
	}
}

static void open_level(struct jw *w, const char *key, char c)
{
	begin(w, key);
	str_addc(w->out, c);
	assert(w->depth + 1 < JW_DEPTH);
	w->has_item[++w->depth] = false;
}

static void close_level(struct jw *w, char c)
{
	assert(w->depth > 0);
	w->depth--;
	str_addc(w->out, c);
}

void jw_obj(struct jw *w, const char *key)
{
	open_level(w, key, '{');
}

void jw_arr(struct jw *w, const char *key)
{
	open_level(w, key, '[');
}

void jw_end_obj(struct jw *w)
{
	close_level(w, '}');
}

void jw_end_arr(struct jw *w)
{
	close_level(w, ']');
}

void jw_strn(struct jw *w, const char *key, const char *text, size_t bytes)
{
	begin(w, key);
	add_quoted(w->out, text, bytes);
}

void jw_str(struct jw *w, const char *key, const char *text)
{
	if (text)
		jw_strn(w, key, text, strlen(text));
	else
		jw_null(w, key);
}

void jw_int(struct jw *w, const char *key, int64_t n)
{
	begin(w, key);
	str_addf(w->out, "%" PRId64, n);
}

void jw_id(struct jw *w, const char *key, int64_t id)
{
	char buf[ID_TEXT_BYTES];
	jw_str(w, key, id ? id_text(id, buf) : NULL);
}

void jw_bool(struct jw *w, const char *key, bool b)
{
	jw_raw(w, key, b ? "true" : "false");
}

void jw_null(struct jw *w, const char *key)
{
	jw_raw(w, key, "null");
}

void jw_raw(struct jw *w, const char *key, const char *json)
{
	begin(w, key);
	str_add(w->out, json);
}
