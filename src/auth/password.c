#include "auth/password.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"

enum { FILE_MAX_BYTES = 8 * 1024 * 1024, LOWER_BYTES = 132 };

struct common {
	char *text;
	const char **word; /* into text, sorted */
	size_t n;
};

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static enum err split(struct common *c, struct why *why)
{
	size_t lines = 1;
	for (const char *p = c->text; *p; p++)
		lines += *p == '\n';
	c->word = calloc(lines, sizeof *c->word);
	if (!c->word)
		return fail(why, E_NOMEM);
	char *rest = c->text;
	for (char *line; (line = strsep(&rest, "\r\n"));) {
		if (*line && *line != '#')
			c->word[c->n++] = line;
	}
	qsort(c->word, c->n, sizeof *c->word, compare);
	return ERR_OK;
}

enum err common_load(const char *path, struct common **ret, struct why *why)
{
	CLEANUP(common_free) struct common *c = calloc(1, sizeof *c);
	if (!c)
		return fail(why, E_NOMEM);
	enum err e = file_read(path, FILE_MAX_BYTES, &c->text, NULL, why);
	if (e || (e = split(c, why)))
		return e;
	*ret = c;
	c = NULL;
	return ERR_OK;
}

void common_free(struct common **c)
{
	if (!*c)
		return;
	free((*c)->word);
	free((*c)->text);
	free(*c);
	*c = NULL;
}

size_t common_count(const struct common *c)
{
	return c->n;
}

/* "aaaaaaaaaaaa", "123123123123": a short piece again and again. */
static bool is_repeated(const char *s)
{
	size_t n = strlen(s);
	for (size_t piece = 1; piece <= 4 && piece * 2 <= n; piece++) {
		size_t i = piece;
		while (i < n && s[i] == s[i - piece])
			i++;
		if (i == n)
			return true;
	}
	return false;
}

/* "123456789012", "abcdefghijkl", "987654321098": each character the next or the one before. */
static bool is_sequence(const char *s)
{
	int step = s[0] && s[1] ? s[1] - s[0] : 0;
	if (step != 1 && step != -1)
		return false;
	for (size_t i = 1; s[i]; i++) {
		bool wraps = isdigit((unsigned char)s[i]) && (s[i - 1] - s[i] == 9 * step);
		if (s[i] - s[i - 1] != step && !wraps)
			return false;
	}
	return true;
}

static void lower(const char *text, char ret[LOWER_BYTES])
{
	size_t n = 0;
	for (; text[n] && n < LOWER_BYTES - 1; n++)
		ret[n] = (char)tolower((unsigned char)text[n]);
	ret[n] = '\0';
}

enum err password_check(const char *password, const char *job_no, int64_t min,
                        const struct common *common, struct why *why)
{
	char low[LOWER_BYTES];
	const char *key = low;
	min = min ? min : PASSWORD_MIN;
	lower(password, low);
	if (text_chars(password) < (size_t)min)
		return fail(why, E_PASSWORD_SHORT, min);
	if (is_repeated(low))
		return fail(why, E_PASSWORD_WEAK, "aaaa…");
	if (is_sequence(low))
		return fail(why, E_PASSWORD_WEAK, "1234…");
	if (*job_no && strstr(password, job_no) && strlen(password) < strlen(job_no) + 6)
		return fail(why, E_PASSWORD_WEAK, job_no);
	if (common && bsearch(&key, common->word, common->n, sizeof *common->word, compare))
		return fail(why, E_PASSWORD_COMMON);
	return ERR_OK;
}
