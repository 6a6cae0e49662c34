#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "api/mask.h"
#include "api/req_int.h"
#include "base/json.h"

/* Where a code says more than its kind. */
static const struct {
	enum err_code code;
	int status;
} SPECIAL[] = {
	{ E_ROUTE_METHOD, 405 }, { E_BODY_TOO_BIG, 413 }, { E_FILE_TOO_BIG, 413 },
	{ E_BODY_TYPE, 415 },    { E_RANGE, 416 },
};

enum err body_too_big(int64_t max_bytes, struct why *why)
{
	char size[32];
	if (max_bytes >= 1 << 20)
		snprintf(size, sizeof size, "%lld MB", (long long)(max_bytes >> 20));
	else
		snprintf(size, sizeof size, "%lld KB", (long long)(max_bytes >> 10));
	return fail(why, E_BODY_TOO_BIG, max_bytes, size);
}

int problem_status(enum err_code code)
{
	static const int STATUS[] = {
		[ERR_OK] = 500,        [ERR_INVALID] = 400,  [ERR_DENIED] = 403,
		[ERR_NOT_FOUND] = 404, [ERR_CONFLICT] = 409, [ERR_LIMIT] = 429,
		[ERR_NOMEM] = 500,     [ERR_IO] = 500,       [ERR_AUTH] = 401,
		[ERR_BUSY] = 503,      [ERR_END] = 500,
	};
	for (size_t i = 0; i < sizeof SPECIAL / sizeof *SPECIAL; i++) {
		if (SPECIAL[i].code == code)
			return SPECIAL[i].status;
	}
	return STATUS[err_kind(code)];
}

static const char *title(int status, enum lang lang)
{
	static const struct {
		int status;
		const char *en, *zh;
	} TITLES[] = {
		{ 400, "Not understood", "请求有误" },
		{ 401, "Log in", "需要登录" },
		{ 403, "Not allowed", "没有权限" },
		{ 404, "Not found", "未找到" },
		{ 405, "Not possible", "不支持的操作" },
		{ 409, "Not now", "当前不能执行" },
		{ 413, "Too big", "内容过大" },
		{ 415, "Wrong type", "类型不符" },
		{ 429, "Too many", "超出限制" },
		{ 503, "Busy", "系统繁忙" },
		{ 500, "Error", "系统错误" },
	};
	size_t n = sizeof TITLES / sizeof *TITLES, i = 0;
	while (i < n - 1 && TITLES[i].status != status)
		i++;
	return lang == LANG_ZH ? TITLES[i].zh : TITLES[i].en;
}

/* "session_replaced" for E_SESSION_REPLACED. */
static void code_text(enum err_code code, char *ret, size_t size)
{
	const char *s = err_code_name(code) + 2;
	size_t n = 0;
	while (s[n] && n + 1 < size) {
		ret[n] = (char)tolower((unsigned char)s[n]);
		n++;
	}
	ret[n] = '\0';
}

static void text_masked(struct jw *w, const char *key, const struct why *why, enum lang lang)
{
	char text[512];
	why_text(why, lang, text, sizeof text);
	mask_numbers(text, strlen(text));
	jw_str(w, key, text);
}

static void args_write(struct jw *w, const struct why *why)
{
	int i = 0;
	jw_obj(w, "args");
	for (const char *p = err_code_args(why->code); *p; i++) {
		char name[32], value[WHY_ARG_BYTES];
		size_t n = strcspn(p, ",");
		snprintf(name, sizeof name, "%.*s", (int)n, p);
		str_copy(value, sizeof value, why->arg[i]);
		mask_numbers(value, strlen(value));
		jw_str(w, name, value);
		p += n + (p[n] == ',');
	}
	jw_end_obj(w);
}

static void fields_list(struct jw *w, const struct field_errors *fe, enum lang lang)
{
	char code[48];
	jw_arr(w, "fields");
	for (size_t i = 0; i < fe->n && i < FIELD_ERRORS; i++) {
		code_text(fe->at[i].why.code, code, sizeof code);
		jw_obj(w, NULL);
		jw_str(w, "field", fe->at[i].path);
		jw_str(w, "code", code);
		text_masked(w, "detail", &fe->at[i].why, lang);
		jw_end_obj(w);
	}
	jw_end_arr(w);
}

bool problem_write(struct str *out, const struct why *why, enum lang lang, const char *request_id,
                   const struct field_errors *fe, const json_t *members, const struct field *fields,
                   enum role role)
{
	char code[48], bad[FIELD_PATH_BYTES];
	int status = problem_status(why->code);
	/* What broke inside is for the log: a file name or a statement is nobody's business
	 * outside. */
	struct why shown = *why;
	if (status == 500)
		fail(&shown, E_INTERNAL, request_id);
	code_text(shown.code, code, sizeof code);

	struct jw w = { .out = out };
	jw_obj(&w, NULL);
	jw_str(&w, "type", "about:blank");
	jw_str(&w, "title", title(status, lang));
	jw_int(&w, "status", status);
	text_masked(&w, "detail", &shown, lang);
	jw_str(&w, "code", code);
	args_write(&w, &shown);
	jw_str(&w, "request_id", request_id);
	if (fe && fe->n)
		fields_list(&w, fe, lang);
	if (members && fields)
		members_write(&w, members, fields, role, bad);
	jw_end_obj(&w);
	return str_ok(out);
}
