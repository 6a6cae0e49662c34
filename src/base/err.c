#include "base/err.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct row {
	enum err kind;
	const char *name, *en, *zh, *args;
};

static const struct row ROWS[E_COUNT] = {
	[E_NONE] = { ERR_OK, "E_NONE", "", "", "" },
#define E(code, kind, en, zh, args) [code] = { ERR_##kind, #code, en, zh, args },
#include "base/errors.def"
#undef E
};

enum err err_kind(enum err_code code)
{
	return ROWS[code].kind;
}

const char *err_code_name(enum err_code code)
{
	return ROWS[code].name;
}

const char *err_code_args(enum err_code code)
{
	return ROWS[code].args;
}

const char *err_kind_name(enum err e)
{
	static const char *const NAMES[] = {
		[ERR_OK] = "OK",
		[ERR_INVALID] = "INVALID",
		[ERR_DENIED] = "DENIED",
		[ERR_NOT_FOUND] = "NOT_FOUND",
		[ERR_CONFLICT] = "CONFLICT",
		[ERR_LIMIT] = "LIMIT",
		[ERR_NOMEM] = "NOMEM",
		[ERR_IO] = "IO",
		[ERR_AUTH] = "AUTH",
		[ERR_BUSY] = "BUSY",
		[ERR_END] = "END",
	};
	return NAMES[e];
}

enum err fail_note(struct why *why, enum err_code code, const struct err_arg *a, size_t n)
{
	assert(code > E_NONE && code < E_COUNT);
	if (why) {
		why->code = code;
		for (size_t i = 0; i < WHY_ARGS; i++) {
			why->arg[i][0] = '\0';
			if (i < n && a[i].s)
				snprintf(why->arg[i], WHY_ARG_BYTES, "%s", a[i].s);
			else if (i < n)
				snprintf(why->arg[i], WHY_ARG_BYTES, "%" PRId64, a[i].i);
		}
	}
	return ROWS[code].kind;
}

/* Which argument `name` (not terminated) is in "a,b,c"; -1: none. */
static int arg_index(const char *args, const char *name, size_t len)
{
	for (int i = 0; *args; i++) {
		size_t n = strcspn(args, ",");
		if (n == len && memcmp(args, name, n) == 0)
			return i;
		args += n + (args[n] == ',');
	}
	return -1;
}

const char *why_text(const struct why *why, enum lang lang, char *buf, size_t size)
{
	const struct row *r = &ROWS[why->code];
	const char *p = lang == LANG_ZH ? r->zh : r->en;
	size_t n = 0;
	while (*p && n + 1 < size) {
		const char *end = *p == '{' ? strchr(p, '}') : NULL;
		int i = end ? arg_index(r->args, p + 1, (size_t)(end - p - 1)) : -1;
		if (i < 0) {
			buf[n++] = *p++;
			continue;
		}
		size_t len = strnlen(why->arg[i], size - 1 - n);
		memcpy(buf + n, why->arg[i], len);
		n += len;
		p = end + 1;
	}
	buf[n] = '\0';
	return buf;
}

const char *why_en(const struct why *why)
{
	static _Thread_local char text[512];
	return why_text(why, LANG_EN, text, sizeof text);
}
