#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool reserve(struct str *s, size_t more)
{
	if (s->is_failed)
		return false;
	if (more < s->cap - s->len) /* one byte stays for the end */
		return true;
	size_t cap = s->cap ? s->cap : 64;
	while (cap - s->len <= more && cap < SIZE_MAX / 2)
		cap *= 2;
	char *p = cap - s->len > more ? realloc(s->p, cap) : NULL;
	if (!p) {
		s->is_failed = true;
		return false;
	}
	s->p = p;
	s->cap = cap;
	return true;
}

void str_addn(struct str *s, const void *p, size_t n)
{
	if (!reserve(s, n))
		return;
	if (n)
		memcpy(s->p + s->len, p, n);
	s->len += n;
	s->p[s->len] = '\0';
}

void str_add(struct str *s, const char *text)
{
	str_addn(s, text, strlen(text));
}

void str_addc(struct str *s, char c)
{
	str_addn(s, &c, 1);
}

void str_addf(struct str *s, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || !reserve(s, (size_t)n)) {
		s->is_failed = true;
		return;
	}
	va_start(ap, fmt);
	vsnprintf(s->p + s->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	s->len += (size_t)n;
}

void str_clear(struct str *s)
{
	s->len = 0;
	s->is_failed = false;
	if (s->p)
		s->p[0] = '\0';
}

void str_free(struct str *s)
{
	free(s->p);
	*s = (struct str){ 0 };
}

bool str_ok(const struct str *s)
{
	return !s->is_failed;
}

const char *str_text(const struct str *s)
{
	return s->p ? s->p : "";
}

enum err str_take(struct str *s, char **ret, struct why *why)
{
	if (!reserve(s, 0)) {
		str_free(s);
		return fail(why, E_NOMEM);
	}
	s->p[s->len] = '\0';
	*ret = s->p;
	*s = (struct str){ 0 };
	return ERR_OK;
}

bool str_copy(char *dst, size_t size, const char *src)
{
	size_t n = strlen(src);
	bool fits = n < size;
	if (!fits) {
		n = size - 1;
		while (n > 0 && ((unsigned char)src[n] & 0xc0) == 0x80)
			n--;
	}
	memcpy(dst, src, n);
	dst[n] = '\0';
	return fits;
}

void str_drop(void *pp)
{
	char **p = pp;
	free(*p);
	*p = NULL;
}
