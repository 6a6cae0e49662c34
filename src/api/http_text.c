#include "api/http_text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

bool cookie_get(const char *header, const char *name, char *ret, size_t size)
{
	size_t name_len = strlen(name);
	for (const char *p = header ? header : ""; *p;) {
		p += strspn(p, " ;\t");
		size_t n = strcspn(p, ";");
		if (n > name_len && p[name_len] == '=' && memcmp(p, name, name_len) == 0) {
			size_t len = n - name_len - 1;
			if (len == 0 || len >= size)
				return false;
			memcpy(ret, p + name_len + 1, len);
			ret[len] = '\0';
			return true;
		}
		p += n;
	}
	return false;
}

bool origin_is_own(const char *origin, const char *host, bool https)
{
	if (!origin || !host || !*host)
		return false;
	if (strncmp(origin, "https://", 8) == 0)
		origin += 8;
	else if (!https && strncmp(origin, "http://", 7) == 0)
		origin += 7;
	else
		return false;
	return strcasecmp(origin, host) == 0;
}

/* Decimal digits to a length that cannot overflow. */
static bool digits(const char **p, int64_t *ret)
{
	int64_t n = 0;
	int count = 0;
	for (; isdigit((unsigned char)**p); (*p)++) {
		if (++count > 18)
			return false;
		n = n * 10 + (**p - '0');
	}
	*ret = n;
	return count > 0;
}

enum range_kind range_parse(const char *header, int64_t size, int64_t *ret_from, int64_t *ret_len)
{
	int64_t from, to = size - 1;
	if (!header || strncmp(header, "bytes=", 6) != 0 || strchr(header, ','))
		return RANGE_NONE;
	const char *p = header + 6;
	if (*p == '-') {
		p++;
		if (!digits(&p, &from) || *p)
			return RANGE_NONE;
		if (from == 0 || size == 0)
			return RANGE_BAD;
		from = from > size ? 0 : size - from;
	} else {
		if (!digits(&p, &from) || *p++ != '-')
			return RANGE_NONE;
		if (*p && (!digits(&p, &to) || *p || to < from))
			return RANGE_NONE;
		if (from >= size)
			return RANGE_BAD;
		if (to >= size)
			to = size - 1;
	}
	*ret_from = from;
	*ret_len = to - from + 1;
	return RANGE_PART;
}

enum lang lang_from_accept(const char *header)
{
	for (const char *p = header ? header : ""; *p;) {
		p += strspn(p, " ,\t");
		if (strncasecmp(p, "zh", 2) == 0)
			return LANG_ZH;
		if (strncasecmp(p, "en", 2) == 0)
			return LANG_EN;
		p += strcspn(p, ",");
	}
	return LANG_ZH;
}

bool type_is_json(const char *content_type)
{
	static const char JSON[] = "application/json";
	if (!content_type || strncasecmp(content_type, JSON, sizeof JSON - 1) != 0)
		return false;
	char after = content_type[sizeof JSON - 1];
	return after == '\0' || after == ';' || after == ' ';
}

struct known {
	const char *mark, *name;
};

static const struct known *find_mark(const struct known *list, const char *text)
{
	for (; list->mark; list++) {
		if (strstr(text, list->mark))
			return list;
	}
	return NULL;
}

void browser_name(const char *user_agent, char *ret, size_t size)
{
	/* Order matters: Edge says Chrome, Chrome says Safari. */
	static const struct known BROWSERS[] = {
		{ "Edg/", "Edge" },      { "QQBrowser/", "QQ" },   { "Firefox/", "Firefox" },
		{ "Chrome/", "Chrome" }, { "Version/", "Safari" }, { NULL, NULL },
	};
	static const struct known SYSTEMS[] = {
		{ "Windows", "Windows" }, { "Android", "Android" }, { "iPhone", "iPhone" },
		{ "iPad", "iPad" },       { "Mac OS", "macOS" },    { "Linux", "Linux" },
		{ NULL, NULL },
	};
	const char *ua = user_agent ? user_agent : "";
	const struct known *b = find_mark(BROWSERS, ua), *s = find_mark(SYSTEMS, ua);
	int version = b ? atoi(strstr(ua, b->mark) + strlen(b->mark)) : 0;
	if (b)
		snprintf(ret, size, "%s %d%s%s", b->name, version, s ? ", " : "", s ? s->name : "");
	else
		snprintf(ret, size, "%s", s ? s->name : "?");
}

void disposition(const char *name, char *ret, size_t size)
{
	static const char HEX[] = "0123456789ABCDEF";
	size_t n = (size_t)snprintf(ret, size, "attachment; filename*=UTF-8''");
	for (const unsigned char *p = (const unsigned char *)name; *p && n + 4 < size; p++) {
		if (isalnum(*p) || strchr("-._~", *p)) {
			ret[n++] = (char)*p;
		} else {
			ret[n++] = '%';
			ret[n++] = HEX[*p >> 4];
			ret[n++] = HEX[*p & 15];
		}
	}
	ret[n] = '\0';
}
