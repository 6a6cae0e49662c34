#include "floor/pack.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/json.h"

static json_t *bytes_json(const unsigned char *p, size_t n)
{
	char *hex = malloc(2 * n + 1);
	json_t *j = hex ? json_string(crypto_hex(p, n, hex)) : NULL;
	free(hex);
	return j;
}

static json_t *value_of(const struct pack_field *f, const char *at)
{
	switch (f->type) {
	case PACK_INT:
		return json_integer(*(const int64_t *)(const void *)at);
	case PACK_SMALL:
		return json_integer(*(const int *)(const void *)at);
	case PACK_BOOL:
		return json_boolean(*(const bool *)(const void *)at);
	case PACK_CHARS:
		return json_string(at);
	case PACK_TEXT: {
		const char *text = *(const char *const *)(const void *)at;
		return text ? json_string(text) : json_null();
	}
	case PACK_BYTES:
		return bytes_json((const unsigned char *)at, f->size);
	}
	return NULL;
}

json_t *pack_write(const struct pack_field *fields, const void *from)
{
	json_t *j = json_object();
	for (const struct pack_field *f = fields; j && f->name; f++) {
		if (json_object_set_new(j, f->name, value_of(f, (const char *)from + f->offset))) {
			json_decref(j);
			j = NULL;
		}
	}
	return j;
}

static void read_bytes(const char *hex, unsigned char *to, size_t n)
{
	for (size_t i = 0; i < n && hex[2 * i] && hex[2 * i + 1]; i++) {
		char digits[3] = { hex[2 * i], hex[2 * i + 1], '\0' };
		to[i] = (unsigned char)strtoul(digits, NULL, 16);
	}
}

static void value_to(const struct pack_field *f, const json_t *v, char *at)
{
	const char *text = json_string_value(v);
	memset(at, 0, f->size);
	switch (f->type) {
	case PACK_INT:
		*(int64_t *)(void *)at = json_integer_value(v);
		break;
	case PACK_SMALL:
		*(int *)(void *)at = (int)json_integer_value(v);
		break;
	case PACK_BOOL:
		*(bool *)(void *)at = json_is_true(v);
		break;
	case PACK_CHARS:
		str_copy(at, f->size, text ? text : "");
		break;
	case PACK_TEXT:
		*(const char **)(void *)at = text;
		break;
	case PACK_BYTES:
		read_bytes(text ? text : "", (unsigned char *)at, f->size);
		break;
	}
}

void pack_read(const struct pack_field *fields, const json_t *j, void *to)
{
	for (const struct pack_field *f = fields; f->name; f++)
		value_to(f, json_object_get(j, f->name), (char *)to + f->offset);
}

enum err pack_text(json_t *j, struct str *out, struct why *why)
{
	char *text = NULL;
	enum err e = j ? json_write(j, &text, why) : fail(why, E_NOMEM);
	json_decref(j);
	if (!e)
		str_add(out, text);
	free(text);
	return e;
}
