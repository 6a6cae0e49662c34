#include "crm/place.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "crm/geocode.h"
#include "doc/sheet.h"

/* ---- the company's own table ---- */

enum { PREFIX_DIGITS = 11, TABLE_ROWS = 2000000 };

struct entry {
	char prefix[PREFIX_DIGITS + 1]; /* digits after +86 */
	struct place place;
};

static struct entry *table;
static size_t table_n;

static int by_prefix(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->prefix, ((const struct entry *)b)->prefix);
}

static const struct entry *look_up(const char *digits)
{
	struct entry key;
	for (size_t n = PREFIX_DIGITS; table_n > 0 && n >= 2; n--) {
		if (strlen(digits) < n)
			continue;
		memcpy(key.prefix, digits, n);
		key.prefix[n] = '\0';
		const struct entry *hit = bsearch(&key, table, table_n, sizeof key, by_prefix);
		if (hit)
			return hit;
	}
	return NULL;
}

static bool take_row(const struct sheet_row *r, struct entry *ret)
{
	if (r->n < 2)
		return false;
	const char *prefix = r->cells[0].text;
	size_t n = strspn(prefix, "0123456789");
	if (n < 2 || n > PREFIX_DIGITS || prefix[n])
		return false;
	memset(ret, 0, sizeof *ret);
	memcpy(ret->prefix, prefix, n);
	str_copy(ret->place.province, sizeof ret->place.province, r->cells[1].text);
	str_copy(ret->place.city, sizeof ret->place.city, r->n > 2 ? r->cells[2].text : "");
	return true;
}

static enum err read_table(const char *path, struct entry **ret, size_t *ret_n, struct why *why)
{
	CLEANUP(sheet_close) struct sheet *s = NULL;
	enum err e = sheet_open(path, &s, why);
	if (e)
		return e;
	CLEANUP(str_drop) struct entry *rows = NULL;
	size_t n = 0, cap = 0;
	struct sheet_row r;
	while (!(e = sheet_next(s, &r, why))) {
		if (n == cap) {
			cap = cap * 2 + 1024;
			struct entry *more =
			    cap > TABLE_ROWS ? NULL : realloc(rows, cap * sizeof *rows);
			if (!more)
				return fail(why, E_NOMEM);
			rows = more;
		}
		if (take_row(&r, &rows[n]))
			n++;
		else if (r.number > 1) /* the first may be a header */
			return fail(why, E_PLACE_TABLE, path, r.number);
	}
	if (e != ERR_END)
		return e;
	if (n)
		qsort(rows, n, sizeof *rows, by_prefix);
	*ret = rows;
	*ret_n = n;
	rows = NULL;
	return ERR_OK;
}

enum err place_load(const char *path, struct why *why)
{
	struct entry *rows = NULL;
	size_t n = 0;
	enum err e = read_table(path, &rows, &n, why);
	if (e)
		return e;
	free(table);
	table = rows;
	table_n = n;
	return ERR_OK;
}

/* ---- the geocoder's names, shortened as people say them ---- */

static bool cut_end(char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);
	if (n <= m || strcmp(s + n - m, end) != 0)
		return false;
	s[n - m] = '\0';
	return true;
}

/* "黔东南苗族侗族自治州" -> "黔东南", "广州市" -> "广州" */
static void shorten(char *s)
{
	static const char *const PEOPLES[] = { "朝鲜族", "藏族",     "羌族",   "彝族", "白族",
		                               "傣族",   "景颇族",   "傈僳族", "壮族", "苗族",
		                               "哈尼族", "回族",     "土家族", "侗族", "布依族",
		                               "蒙古族", "柯尔克孜", "哈萨克", "蒙古" };
	if (!cut_end(s, "自治州")) {
		(void)(cut_end(s, "市") || cut_end(s, "地区"));
		return;
	}
	for (size_t i = 0; i < sizeof PEOPLES / sizeof *PEOPLES; i++) {
		if (cut_end(s, PEOPLES[i]))
			i = (size_t)-1;
	}
}

static void from_description(char *text, struct place *ret)
{
	static const char *const REGIONS[] = { "内蒙古", "广西", "宁夏", "新疆", "西藏" };
	char *city = text, *mark = strstr(text, "省");
	size_t n = 0;
	for (size_t i = 0; i < sizeof REGIONS / sizeof *REGIONS; i++) {
		if (strncmp(text, REGIONS[i], strlen(REGIONS[i])) == 0)
			n = strlen(REGIONS[i]);
	}
	if (n == 0 && mark) {
		n = (size_t)(mark - text);
		city = mark + strlen("省");
	} else {
		city = text + n;
	}
	shorten(city);
	str_copy(ret->city, sizeof ret->city, city);
	if (n == 0) /* a municipality is its own province */
		str_copy(ret->province, sizeof ret->province, city);
	else
		snprintf(ret->province, sizeof ret->province, "%.*s", (int)n, text);
}

static void place_abroad(const char *e164, struct place *ret)
{
	static const struct {
		const char *head, *name;
	} AREAS[] = { { "+852", "香港" }, { "+853", "澳门" }, { "+886", "台湾" } };
	for (size_t i = 0; i < sizeof AREAS / sizeof *AREAS; i++) {
		if (strncmp(e164, AREAS[i].head, 4) == 0) {
			str_copy(ret->province, sizeof ret->province, AREAS[i].name);
			str_copy(ret->city, sizeof ret->city, AREAS[i].name);
		}
	}
}

void place_of(const char *e164, struct place *ret)
{
	*ret = (struct place){ 0 };
	if (strncmp(e164, "+86", 3) != 0) {
		place_abroad(e164, ret);
		return;
	}
	const struct entry *own = look_up(e164 + 3);
	if (own) {
		*ret = own->place;
		return;
	}
	char text[120];
	geocode_zh(86, strtoull(e164 + 3, NULL, 10), text, sizeof text);
	if (*text && strcmp(text, "中国") != 0)
		from_description(text, ret);
}
