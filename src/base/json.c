#include "base/json.h"

#include <string.h>

#include "base/id.h"

enum { MAX_DEPTH = 64 };

void json_cleanup(json_t **j)
{
	json_decref(*j);
	*j = NULL;
}

/* jansson's own limit is 2048 levels; a walk of ours should not meet that many. */
static bool is_too_deep(const char *text, size_t bytes)
{
	int depth = 0;
	bool in_string = false;
	for (size_t i = 0; i < bytes; i++) {
		char c = text[i];
		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
		} else if (c == '"') {
			in_string = true;
		} else if (c == '{' || c == '[') {
			if (++depth > MAX_DEPTH)
				return true;
		} else if (c == '}' || c == ']') {
			depth--;
		}
	}
	return false;
}

enum err json_read(const char *text, size_t bytes, json_t **ret, struct why *why)
{
	if (is_too_deep(text, bytes))
		return fail(why, E_JSON, 1, "nested too deeply");
	json_error_t e;
	json_t *j = json_loadb(text, bytes, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);
	if (!j && json_error_code(&e) == json_error_out_of_memory)
		return fail(why, E_NOMEM);
	if (!j)
		return fail(why, E_JSON, e.line > 0 ? e.line : 1, e.text);
	*ret = j;
	return ERR_OK;
}

enum err json_read_text(const char *text, json_t **ret, struct why *why)
{
	return json_read(text, strlen(text), ret, why);
}

/* The member, or NULL with the error in *e: ERR_OK when it is simply not there. */
static const json_t *member(const json_t *o, const char *key, json_type type, const char *wanted,
                            enum err *e, struct why *why)
{
	const json_t *v = json_object_get(o, key);
	*e = ERR_OK;
	if (!v || json_is_null(v))
		return NULL;
	if (json_typeof(v) == type || (type == JSON_TRUE && json_is_boolean(v)))
		return v;
	*e = fail(why, E_FIELD_INVALID, key, wanted);
	return NULL;
}

static enum err missing(enum err e, const char *key, struct why *why)
{
	return e ? e : fail(why, E_FIELD_REQUIRED, key);
}

static enum err in_range(const json_t *v, const char *key, int64_t min, int64_t max, int64_t *ret,
                         struct why *why)
{
	int64_t n = json_integer_value(v);
	if (n < min || n > max) {
		struct str s = { 0 };
		str_addf(&s, "%lld to %lld", (long long)min, (long long)max);
		enum err e = fail(why, E_FIELD_INVALID, key, str_text(&s));
		str_free(&s);
		return e;
	}
	*ret = n;
	return ERR_OK;
}

static enum err id_of(const json_t *v, const char *key, int64_t *ret, struct why *why)
{
	if (!id_parse(json_string_value(v), ret))
		return fail(why, E_FIELD_INVALID, key, "an id in quotes");
	return ERR_OK;
}

enum err json_get_str(const json_t *o, const char *key, const char **ret, struct why *why)
{
	enum err e;
	const json_t *v = member(o, key, JSON_STRING, "a text", &e, why);
	if (!v)
		return missing(e, key, why);
	*ret = json_string_value(v);
	return ERR_OK;
}

enum err json_get_int(const json_t *o, const char *key, int64_t min, int64_t max, int64_t *ret,
                      struct why *why)
{
	enum err e;
	const json_t *v = member(o, key, JSON_INTEGER, "an integer", &e, why);
	return v ? in_range(v, key, min, max, ret, why) : missing(e, key, why);
}

enum err json_get_bool(const json_t *o, const char *key, bool *ret, struct why *why)
{
	enum err e;
	const json_t *v = member(o, key, JSON_TRUE, "true or false", &e, why);
	if (!v)
		return missing(e, key, why);
	*ret = json_is_true(v);
	return ERR_OK;
}

enum err json_get_id(const json_t *o, const char *key, int64_t *ret, struct why *why)
{
	enum err e;
	const json_t *v = member(o, key, JSON_STRING, "an id in quotes", &e, why);
	return v ? id_of(v, key, ret, why) : missing(e, key, why);
}

static enum err get_container(const json_t *o, const char *key, json_type type, const char *wanted,
                              const json_t **ret, struct why *why)
{
	enum err e;
	const json_t *v = member(o, key, type, wanted, &e, why);
	if (!v)
		return missing(e, key, why);
	*ret = v;
	return ERR_OK;
}

enum err json_get_obj(const json_t *o, const char *key, const json_t **ret, struct why *why)
{
	return get_container(o, key, JSON_OBJECT, "an object", ret, why);
}

enum err json_get_arr(const json_t *o, const char *key, const json_t **ret, struct why *why)
{
	return get_container(o, key, JSON_ARRAY, "a list", ret, why);
}

enum err json_opt_str(const json_t *o, const char *key, const char *def, const char **ret,
                      struct why *why)
{
	enum err e;
	const json_t *v = member(o, key, JSON_STRING, "a text", &e, why);
	if (e)
		return e;
	*ret = v ? json_string_value(v) : def;
	return ERR_OK;
}

enum err json_opt_int(const json_t *o, const char *key, int64_t min, int64_t max, int64_t def,
                      int64_t *ret, struct why *why)
{
	enum err e;
	const json_t *v = member(o, key, JSON_INTEGER, "an integer", &e, why);
	if (e)
		return e;
	if (v)
		return in_range(v, key, min, max, ret, why);
	*ret = def;
	return ERR_OK;
}

enum err json_opt_bool(const json_t *o, const char *key, bool def, bool *ret, struct why *why)
{
	enum err e;
	const json_t *v = member(o, key, JSON_TRUE, "true or false", &e, why);
	if (e)
		return e;
	*ret = v ? json_is_true(v) : def;
	return ERR_OK;
}

enum err json_opt_id(const json_t *o, const char *key, int64_t *ret, struct why *why)
{
	enum err e;
	const json_t *v = member(o, key, JSON_STRING, "an id in quotes", &e, why);
	if (e)
		return e;
	if (v)
		return id_of(v, key, ret, why);
	*ret = 0;
	return ERR_OK;
}

const char *json_str(const json_t *o, const char *key, const char *def)
{
	const json_t *v = json_object_get(o, key);
	return json_is_string(v) ? json_string_value(v) : def;
}

int64_t json_int(const json_t *o, const char *key, int64_t def)
{
	const json_t *v = json_object_get(o, key);
	return json_is_integer(v) ? json_integer_value(v) : def;
}

bool json_bool(const json_t *o, const char *key, bool def)
{
	const json_t *v = json_object_get(o, key);
	return json_is_boolean(v) ? json_is_true(v) : def;
}

int64_t json_id(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);
	int64_t id = 0;
	if (json_is_integer(v))
		return json_integer_value(v);
	(void)id_parse(json_string_value(v), &id);
	return id;
}

static int add_to_str(const char *p, size_t n, void *s)
{
	str_addn(s, p, n);
	return 0;
}

enum err json_write(const json_t *j, char **ret, struct why *why)
{
	struct str s = { 0 };
	if (json_dump_callback(j, add_to_str, &s, JSON_COMPACT | JSON_ENCODE_ANY)) {
		str_free(&s);
		return fail(why, E_NOMEM);
	}
	return str_take(&s, ret, why);
}
