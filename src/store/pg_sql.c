#include "store/pg_sql.h"

#include <string.h>

#include "base/str.h"

/* Copies a quoted part including both quotes; a doubled quote inside begins another part. */
static const char *copy_quoted(struct str *out, const char *p)
{
	const char *end = strchr(p + 1, *p);
	size_t n = end ? (size_t)(end - p) + 1 : strlen(p);
	str_addn(out, p, n);
	return p + n;
}

/* Reads the number after a '?' and notes it; 0 when there are more than we take. */
static int param(const char **p, struct pg_params *params)
{
	int n = 0;
	for (; **p >= '0' && **p <= '9' && n <= PG_PARAMS; (*p)++)
		n = n * 10 + (**p - '0');
	if (n > PG_PARAMS)
		return 0;
	params->is_used[n - 1] = true;
	params->n = n > params->n ? n : params->n;
	return n;
}

enum err pg_sql(const char *sql, char **ret, struct pg_params *ret_params, struct why *why)
{
	struct str out = { 0 };
	*ret_params = (struct pg_params){ 0 };
	for (const char *p = sql; *p;) {
		if (*p == '\'' || *p == '"') {
			p = copy_quoted(&out, p);
		} else if (*p == '?' && p[1] >= '1' && p[1] <= '9') {
			p++;
			int n = param(&p, ret_params);
			if (!n) {
				str_free(&out);
				return fail(why, E_DB_SQL, "too many arguments", sql);
			}
			str_addf(&out, "$%d", n);
		} else {
			str_addc(&out, *p++);
		}
	}
	return str_take(&out, ret, why);
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t pg_unhex(char *text, size_t len)
{
	if (len < 2 || text[0] != '\\' || text[1] != 'x' || len % 2)
		return len;
	for (size_t i = 2; i < len; i++) {
		if (nibble(text[i]) < 0)
			return len;
	}
	for (size_t i = 2; i < len; i += 2)
		text[i / 2 - 1] = (char)(nibble(text[i]) << 4 | nibble(text[i + 1]));
	return len / 2 - 1;
}
