#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/field_int.h"
#include "api/mask.h"
#include "base/id.h"
#include "base/json.h"

enum { JSON_LEVELS = 24 };

struct writing {
	struct jw w;
	enum role role;
	char *bad; /* FIELD_PATH_BYTES */
	bool is_bad;
};

static void bad(struct writing *x, const char *path)
{
	if (!x->is_bad)
		str_copy(x->bad, FIELD_PATH_BYTES, path);
	x->is_bad = true;
}

static void put_masked(struct writing *x, const char *key, const char *s, size_t n, bool is_number)
{
	char small[256];
	char *copy = n < sizeof small ? small : malloc(n + 1);
	if (!copy) {
		bad(x, "out of memory");
		return;
	}
	memcpy(copy, s, n);
	copy[n] = '\0';
	if (is_number)
		mask_whole(copy, n);
	else
		mask_numbers(copy, n);
	jw_strn(&x->w, key, copy, n);
	if (copy != small)
		free(copy);
}

static void put_any(struct writing *x, const char *key, const json_t *v, int levels)
{
	const char *k;
	json_t *m;
	size_t i;
	if (levels == 0) {
		bad(x, "nested too deeply");
		jw_null(&x->w, key);
		return;
	}
	switch (json_typeof(v)) {
	case JSON_OBJECT:
		jw_obj(&x->w, key);
		json_object_foreach((json_t *)(uintptr_t)v, k, m) put_any(x, k, m, levels - 1);
		jw_end_obj(&x->w);
		break;
	case JSON_ARRAY:
		jw_arr(&x->w, key);
		json_array_foreach(v, i, m) put_any(x, NULL, m, levels - 1);
		jw_end_arr(&x->w);
		break;
	case JSON_STRING:
		put_masked(x, key, json_string_value(v), json_string_length(v), false);
		break;
	case JSON_INTEGER:
		jw_int(&x->w, key, json_integer_value(v));
		break;
	case JSON_REAL: {
		char text[40];
		snprintf(text, sizeof text, "%.15g", json_real_value(v));
		jw_raw(&x->w, key, text);
		break;
	}
	case JSON_TRUE:
	case JSON_FALSE:
		jw_bool(&x->w, key, json_is_true(v));
		break;
	case JSON_NULL:
		jw_null(&x->w, key);
		break;
	}
}

static void put_members(struct writing *x, const json_t *obj, const struct field *fields,
                        const char *path);

static bool is_scalar_ok(const json_t *v, enum field_type t)
{
	int64_t id;
	switch (t) {
	case FT_ID:
		return json_is_string(v) && id_parse(json_string_value(v), &id);
	case FT_INT:
		return json_is_integer(v);
	case FT_REAL:
		return json_is_number(v);
	case FT_BOOL:
		return json_is_boolean(v);
	case FT_TEXT:
	case FT_MASK:
		return json_is_string(v);
	case FT_JSON:
		return true;
	case FT_END:
	case FT_OBJ:
	case FT_ARR:
	case FT_IDS:
	case FT_TEXTS:
	case FT_INTS:
	case FT_MAP:
		break;
	}
	return false;
}

static void put_scalar(struct writing *x, const char *key, const json_t *v, enum field_type t,
                       const char *path)
{
	if (!is_scalar_ok(v, t)) {
		bad(x, path);
		jw_null(&x->w, key);
	} else if (t == FT_ID) { /* 18 and more digits: never taken for a telephone number */
		jw_str(&x->w, key, json_string_value(v));
	} else if (t == FT_MASK) {
		put_masked(x, key, json_string_value(v), json_string_length(v), true);
	} else {
		put_any(x, key, v, JSON_LEVELS);
	}
}

static void put_array(struct writing *x, const json_t *v, const struct field *f, const char *path)
{
	if (!json_is_array(v)) {
		bad(x, path);
		jw_null(&x->w, f->name);
		return;
	}
	jw_arr(&x->w, f->name);
	size_t i;
	json_t *m;
	json_array_foreach(v, i, m)
	{
		if (f->type == FT_ARR && json_is_object(m)) {
			jw_obj(&x->w, NULL);
			put_members(x, m, f->of, path);
			jw_end_obj(&x->w);
		} else if (f->type == FT_ARR) {
			bad(x, path);
		} else {
			enum field_type t = f->type == FT_IDS     ? FT_ID
			                    : f->type == FT_TEXTS ? FT_TEXT
			                    : json_is_null(m)     ? FT_JSON
			                                          : /* a gap in a series */
			                        FT_INT;
			put_scalar(x, NULL, m, t, path);
		}
	}
	jw_end_arr(&x->w);
}

static void put_map(struct writing *x, const json_t *v, const struct field *f, const char *path)
{
	const char *key;
	json_t *m;
	if (!json_is_object(v)) {
		bad(x, path);
		jw_null(&x->w, f->name);
		return;
	}
	jw_obj(&x->w, f->name);
	json_object_foreach((json_t *)(uintptr_t)v, key, m)
	{
		if (json_is_null(m)) {
			jw_null(&x->w, key);
		} else if (f->of && json_is_object(m)) {
			jw_obj(&x->w, key);
			put_members(x, m, f->of, path);
			jw_end_obj(&x->w);
		} else if (f->of) {
			bad(x, path);
		} else {
			put_scalar(x, key, m, FT_INT, path);
		}
	}
	jw_end_obj(&x->w);
}

static void put_field(struct writing *x, const json_t *obj, const struct field *f, const char *path)
{
	const json_t *v = json_object_get(obj, f->name);
	if (!v || json_is_null(v)) {
		if (!f->null)
			bad(x, path);
		jw_null(&x->w, f->name);
		return;
	}
	if (f->type == FT_OBJ && json_is_object(v)) {
		jw_obj(&x->w, f->name);
		put_members(x, v, f->of, path);
		jw_end_obj(&x->w);
	} else if (f->type == FT_ARR || f->type == FT_IDS || f->type == FT_TEXTS ||
	           f->type == FT_INTS) {
		put_array(x, v, f, path);
	} else if (f->type == FT_MAP) {
		put_map(x, v, f, path);
	} else {
		put_scalar(x, f->name, v, f->type, path);
	}
}

static void put_members(struct writing *x, const json_t *obj, const struct field *fields,
                        const char *prefix)
{
	for (const struct field *f = fields; f && f->type != FT_END; f++) {
		char path[FIELD_PATH_BYTES];
		if (!role_can(x->role, f->perm))
			continue;
		snprintf(path, sizeof path, "%s%s%s", prefix, *prefix ? "." : "", f->name);
		put_field(x, obj, f, path);
	}
}

bool fields_write(struct str *out, const json_t *obj, const struct field *fields, enum role role,
                  char bad_path[FIELD_PATH_BYTES])
{
	struct writing x = { .w = { .out = out }, .role = role, .bad = bad_path };
	if (!json_is_object(obj)) {
		bad(&x, "the whole reply");
		return false;
	}
	jw_obj(&x.w, NULL);
	put_members(&x, obj, fields, "");
	jw_end_obj(&x.w);
	return !x.is_bad && str_ok(out);
}

bool members_write(struct jw *w, const json_t *obj, const struct field *fields, enum role role,
                   char bad_path[FIELD_PATH_BYTES])
{
	struct writing x = { .w = *w, .role = role, .bad = bad_path };
	put_members(&x, obj, fields, "");
	*w = x.w;
	return !x.is_bad;
}

bool list_write(struct str *out, const json_t *items, int64_t total, const char *next,
                const struct field *item_fields, const json_t *more,
                const struct field *more_fields, enum role role, char bad_path[FIELD_PATH_BYTES])
{
	struct writing x = { .w = { .out = out }, .role = role, .bad = bad_path };
	const struct field list = { .type = FT_ARR, .name = "items", .of = item_fields };
	jw_obj(&x.w, NULL);
	put_array(&x, items, &list, "items");
	if (total < 0)
		jw_null(&x.w, "total");
	else
		jw_int(&x.w, "total", total);
	jw_str(&x.w, "next", next);
	if (more_fields)
		put_members(&x, more, more_fields, "");
	jw_end_obj(&x.w);
	return !x.is_bad && str_ok(out);
}
