#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/field_int.h"
#include "base/id.h"
#include "base/text.h"

enum { TEXT_MAX = 255, ITEMS_MAX = 500, NUMBER_MAX = 64, JSON_LEVELS = 20 };

void field_errors_add(struct field_errors *fe, const char *path, const struct why *why)
{
	if (fe->n < FIELD_ERRORS) {
		str_copy(fe->at[fe->n].path, FIELD_PATH_BYTES, path);
		fe->at[fe->n].why = *why;
	}
	fe->n++;
}

const struct field *field_find(const struct field *fields, const char *name)
{
	for (const struct field *f = fields; f && f->type != FT_END; f++) {
		if (strcmp(f->name, name) == 0)
			return f;
	}
	return NULL;
}

bool one_of_has(const char *list, const char *text)
{
	size_t len = strlen(text);
	for (const char *p = list;; p++) {
		size_t n = strcspn(p, "|");
		if (n == len && memcmp(p, text, n) == 0)
			return true;
		p += n;
		if (!*p)
			return false;
	}
}

static void wrong_type(const char *path, enum field_type t, struct field_errors *fe)
{
	static const enum err_code CODE[] = {
		[FT_END] = E_NONE,        [FT_ID] = E_TYPE_ID,      [FT_INT] = E_TYPE_INT,
		[FT_REAL] = E_TYPE_REAL,  [FT_BOOL] = E_TYPE_BOOL,  [FT_TEXT] = E_TYPE_TEXT,
		[FT_MASK] = E_TYPE_TEXT,  [FT_OBJ] = E_TYPE_OBJECT, [FT_ARR] = E_TYPE_LIST,
		[FT_IDS] = E_TYPE_LIST,   [FT_TEXTS] = E_TYPE_LIST, [FT_INTS] = E_TYPE_LIST,
		[FT_MAP] = E_TYPE_OBJECT, [FT_JSON] = E_JSON_DEEP,
	};
	struct why why;
	fail(&why, CODE[t], path);
	field_errors_add(fe, path, &why);
}

static bool chars_ok(const char *s, size_t n, bool lines)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];
		if (c == 0x7f || (c < 0x20 && !(lines && (c == '\n' || c == '\t' || c == '\r'))))
			return false;
	}
	return true;
}

static void check_text(const char *s, size_t n, const struct field *f, const char *path,
                       struct field_errors *fe)
{
	struct why why = { 0 };
	int64_t max = f->max ? f->max : TEXT_MAX;
	if (f->type == FT_MASK)
		max = NUMBER_MAX;
	int64_t chars = text_is_utf8(s, n) ? (int64_t)text_chars(s) : -1;
	if (chars < 0 || !chars_ok(s, n, f->lines))
		fail(&why, E_FIELD_CHARS, path);
	else if (chars < f->min || chars > max)
		fail(&why, E_FIELD_LENGTH, path, f->min, max);
	else if (f->one_of && !one_of_has(f->one_of, s))
		fail(&why, E_FIELD_ONE_OF, path, f->one_of);
	if (why.code)
		field_errors_add(fe, path, &why);
}

static void check_int(int64_t n, const struct field *f, const char *path, struct field_errors *fe)
{
	struct why why;
	if ((f->min || f->max) && (n < f->min || (f->max >= f->min && n > f->max))) {
		fail(&why, E_FIELD_RANGE, path, f->min, f->max);
		field_errors_add(fe, path, &why);
	}
}

static int json_levels(const json_t *j, int left)
{
	if (left == 0 || !(json_is_object(j) || json_is_array(j)))
		return 0;
	int deepest = 0;
	const char *key;
	json_t *v;
	size_t i;
	json_object_foreach((json_t *)(uintptr_t)j, key, v)
	{
		int d = json_levels(v, left - 1);
		deepest = d > deepest ? d : deepest;
	}
	json_array_foreach(j, i, v)
	{
		int d = json_levels(v, left - 1);
		deepest = d > deepest ? d : deepest;
	}
	return deepest + 1;
}

static void check_members(const json_t *obj, const struct field *fields, const char *prefix,
                          struct field_errors *fe);
static void check_value(const json_t *v, const struct field *f, const char *path,
                        struct field_errors *fe);

static void check_array(const json_t *v, const struct field *f, enum field_type item,
                        const char *path, struct field_errors *fe)
{
	int64_t max = f->max ? f->max : ITEMS_MAX;
	struct why why;
	if (!json_is_array(v)) {
		wrong_type(path, f->type, fe);
		return;
	}
	if ((int64_t)json_array_size(v) > max) {
		fail(&why, E_FIELD_ITEMS, path, max);
		field_errors_add(fe, path, &why);
		return;
	}
	/* An array's limits count items; its texts have the common limit. */
	struct field one = {
		.type = item, .name = f->name, .of = f->of, .one_of = f->one_of, .lines = f->lines
	};
	size_t i;
	json_t *x;
	json_array_foreach(v, i, x)
	{
		char at[FIELD_PATH_BYTES];
		snprintf(at, sizeof at, "%s.%zu", path, i);
		check_value(x, &one, at, fe);
	}
}

static void check_map(const json_t *v, const struct field *f, const char *path,
                      struct field_errors *fe)
{
	if (!json_is_object(v)) {
		wrong_type(path, f->type, fe);
		return;
	}
	const char *key;
	json_t *x;
	json_object_foreach((json_t *)(uintptr_t)v, key, x)
	{
		char at[FIELD_PATH_BYTES];
		snprintf(at, sizeof at, "%s.%s", path, key);
		if (f->of && json_is_object(x))
			check_members(x, f->of, at, fe);
		else if (f->of || !(json_is_integer(x) || json_is_null(x)))
			wrong_type(at, f->of ? FT_OBJ : FT_INT, fe);
	}
}

static void check_value(const json_t *v, const struct field *f, const char *path,
                        struct field_errors *fe)
{
	int64_t id;
	bool type_ok = true;
	switch (f->type) {
	case FT_ID:
		type_ok = json_is_string(v) && id_parse(json_string_value(v), &id);
		break;
	case FT_INT:
		type_ok = json_is_integer(v);
		if (type_ok)
			check_int(json_integer_value(v), f, path, fe);
		break;
	case FT_REAL:
		type_ok = json_is_number(v);
		break;
	case FT_BOOL:
		type_ok = json_is_boolean(v);
		break;
	case FT_TEXT:
	case FT_MASK:
		type_ok = json_is_string(v);
		if (type_ok)
			check_text(json_string_value(v), json_string_length(v), f, path, fe);
		break;
	case FT_OBJ:
		type_ok = json_is_object(v);
		if (type_ok)
			check_members(v, f->of, path, fe);
		break;
	case FT_ARR:
		check_array(v, f, FT_OBJ, path, fe);
		break;
	case FT_IDS:
		check_array(v, f, FT_ID, path, fe);
		break;
	case FT_TEXTS:
		check_array(v, f, FT_TEXT, path, fe);
		break;
	case FT_INTS:
		check_array(v, f, FT_INT, path, fe);
		break;
	case FT_MAP:
		check_map(v, f, path, fe);
		break;
	case FT_JSON:
		if (json_levels(v, JSON_LEVELS + 1) > JSON_LEVELS) {
			struct why why;
			fail(&why, E_JSON_DEEP, path);
			field_errors_add(fe, path, &why);
		}
		break;
	case FT_END:
		break;
	}
	if (!type_ok)
		wrong_type(path, f->type, fe);
}

static void check_members(const json_t *obj, const struct field *fields, const char *prefix,
                          struct field_errors *fe)
{
	struct why why;
	char path[FIELD_PATH_BYTES];
	const char *dot = *prefix ? "." : "";
	const char *key;
	json_t *v;
	json_object_foreach((json_t *)(uintptr_t)obj, key, v)
	{
		const struct field *f = field_find(fields, key);
		snprintf(path, sizeof path, "%s%s%s", prefix, dot, key);
		if (!f) {
			fail(&why, E_FIELD_UNKNOWN, path);
			field_errors_add(fe, path, &why);
		} else if (json_is_null(v) && !f->req) {
			/* Null says "none" for every optional field; handlers that care ask
			 * req_is_null(). */
		} else {
			check_value(v, f, path, fe);
		}
	}
	for (const struct field *f = fields; f && f->type != FT_END; f++) {
		if (f->req && !json_object_get(obj, f->name)) {
			snprintf(path, sizeof path, "%s%s%s", prefix, dot, f->name);
			fail(&why, E_FIELD_REQUIRED, path);
			field_errors_add(fe, path, &why);
		}
	}
}

void fields_check(const json_t *obj, const struct field *fields, struct field_errors *fe)
{
	check_members(obj, fields, "", fe);
}

static json_t *ids_from_text(const char *text)
{
	json_t *ids = json_array();
	for (const char *p = text; *p;) {
		size_t n = strcspn(p, ",");
		json_array_append_new(ids, json_stringn(p, n));
		p += n + (p[n] == ',');
	}
	return ids;
}

/* A whole number and nothing else; blanks and a plus sign are not. */
static json_t *int_from_text(const char *text)
{
	char *end;
	if (!(*text == '-' || (*text >= '0' && *text <= '9')) || strlen(text) > 18)
		return NULL;
	long long n = strtoll(text, &end, 10);
	return *end || end == text ? NULL : json_integer(n);
}

static json_t *value_from_text(const struct field *f, const char *text)
{
	if (f->type == FT_INT)
		return int_from_text(text);
	if (f->type == FT_BOOL) {
		bool on = !strcmp(text, "1") || !strcmp(text, "true");
		return on || !strcmp(text, "0") || !strcmp(text, "false") ? json_boolean(on) : NULL;
	}
	if (f->type == FT_IDS || f->type == FT_TEXTS)
		return ids_from_text(text);
	return json_string(text); /* NULL when it is not UTF-8 */
}

void field_from_text(const struct field *fields, const char *name, const char *text, json_t *values,
                     struct field_errors *fe)
{
	struct why why = { 0 };
	const struct field *f = field_find(fields, name);
	if (!f)
		fail(&why, E_FIELD_UNKNOWN, name);
	else if (json_object_get(values, name))
		fail(&why, E_FIELD_TWICE, name);
	if (why.code) {
		field_errors_add(fe, name, &why);
		return;
	}
	if (!*text)
		return;
	json_t *v = value_from_text(f, text);
	if (!v) {
		wrong_type(name, f->type, fe);
		return;
	}
	check_value(v, f, name, fe);
	json_object_set_new(values, name, v);
}
