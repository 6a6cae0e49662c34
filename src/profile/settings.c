#include "profile/settings.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "base/log.h"
#include "base/str.h"
#include "base/text.h"
#include "base/zone.h"
#include "profile/version.h"

static const struct setting_row ROWS[] = {
#define INT(name, def, min, max, unit, en, zh) \
	{ #name, SETTING_INT, def, min, max, NULL, unit, en, zh },
#define BOOL(name, def, en, zh) { #name, SETTING_BOOL, def, 0, 1, NULL, "", en, zh },
#define TEXT(name, def, en, zh) \
	{ #name, SETTING_TEXT, 0, 0, SETTING_TEXT_BYTES - 1, def, "", en, zh },
#define SECRET(name, en, zh) \
	{ #name, SETTING_SECRET, 0, SETTING_SECRET_MIN, SETTING_SECRET_MAX, "", "", en, zh },
#include "profile/settings.def"
#undef INT
#undef BOOL
#undef TEXT
#undef SECRET
};

static const size_t OFFSETS[] = {
#define INT(name, def, min, max, unit, en, zh) offsetof(struct settings, name),
#define BOOL(name, def, en, zh) offsetof(struct settings, name),
#define TEXT(name, def, en, zh) offsetof(struct settings, name),
#define SECRET(name, en, zh) offsetof(struct settings, name),
#include "profile/settings.def"
#undef INT
#undef BOOL
#undef TEXT
#undef SECRET
};

enum { N_ROWS = sizeof ROWS / sizeof *ROWS };

static const char KIND[] = "setting";

const struct setting_row *settings_rows(size_t *ret_n)
{
	*ret_n = N_ROWS;
	return ROWS;
}

static const struct setting_row *row_of(const char *name)
{
	for (size_t i = 0; i < N_ROWS; i++) {
		if (strcmp(ROWS[i].name, name) == 0)
			return &ROWS[i];
	}
	return NULL;
}

static void *field(struct settings *s, const struct setting_row *row)
{
	return (char *)s + OFFSETS[row - ROWS];
}

static const void *const_field(const struct settings *s, const struct setting_row *row)
{
	return (const char *)s + OFFSETS[row - ROWS];
}

void settings_defaults(struct settings *ret)
{
	memset(ret, 0, sizeof *ret);
	for (size_t i = 0; i < N_ROWS; i++) {
		void *f = field(ret, &ROWS[i]);
		switch (ROWS[i].type) {
		case SETTING_INT:
			*(int64_t *)f = ROWS[i].def;
			break;
		case SETTING_BOOL:
			*(bool *)f = ROWS[i].def != 0;
			break;
		case SETTING_TEXT:
		case SETTING_SECRET:
			str_copy(((struct setting_text *)f)->s, SETTING_TEXT_BYTES,
			         ROWS[i].def_text);
			break;
		}
	}
}

static enum err refuse(const struct setting_row *row, const char *what, struct why *why)
{
	return fail(why, E_SETTING_VALUE, row->name, what);
}

static enum err put_int(const struct setting_row *row, const json_t *v, int64_t *f, struct why *why)
{
	char range[64];
	snprintf(range, sizeof range, "%" PRId64 "…%" PRId64, row->min, row->max);
	if (!json_is_integer(v) || json_integer_value(v) < row->min ||
	    json_integer_value(v) > row->max)
		return refuse(row, range, why);
	*f = json_integer_value(v);
	return ERR_OK;
}

static enum err put_text(const struct setting_row *row, const json_t *v, struct setting_text *f,
                         struct why *why)
{
	const struct zone *z;
	if (!json_is_string(v) || json_string_length(v) >= SETTING_TEXT_BYTES)
		return refuse(row, "\"…\" (≤ 199 bytes)", why);
	enum log_level level;
	if (strcmp(row->name, "log_level") == 0 && json_string_length(v) &&
	    !log_level_parse(json_string_value(v), &level))
		return refuse(row, "debug, info, warn, error", why);
	if (strcmp(row->name, "zone") == 0) {
		enum err e = zone_get(json_string_value(v), &z, why);
		if (e)
			return e;
	}
	str_copy(f->s, sizeof f->s, json_string_value(v));
	return ERR_OK;
}

/* Puts a JSON value into its field; the field is unchanged on an error. */
static enum err put(struct settings *s, const struct setting_row *row, const json_t *v,
                    struct why *why)
{
	void *f = field(s, row);
	switch (row->type) {
	case SETTING_INT:
		return put_int(row, v, f, why);
	case SETTING_BOOL:
		if (!json_is_boolean(v))
			return refuse(row, "true / false", why);
		*(bool *)f = json_is_true(v);
		return ERR_OK;
	case SETTING_TEXT:
	case SETTING_SECRET:
		return put_text(row, v, f, why);
	}
	return refuse(row, "?", why);
}

static enum err load_one(const struct version *v, void *ctx, struct why *why)
{
	(void)why;
	const struct setting_row *row = row_of(v->key);
	CLEANUP(json_cleanup) json_t *value = NULL;
	struct why bad = { 0 };
	if (row && (json_read_text(v->body, &value, &bad) || put(ctx, row, value, &bad)))
		log_warn("profile", "setting_ignored", LOG_S("name", v->key), LOG_WHY(&bad));
	return ERR_OK;
}

enum err settings_load(struct db *db, int64_t utc_ms, struct settings *ret, struct why *why)
{
	struct settings s;
	settings_defaults(&s);
	enum err e = version_each(db, KIND, utc_ms, load_one, &s, why);
	if (!e)
		*ret = s;
	return e;
}

void settings_write(const struct settings *s, const struct setting_row *row, struct jw *w)
{
	const void *f = const_field(s, row);
	switch (row->type) {
	case SETTING_INT:
		jw_int(w, row->name, *(const int64_t *)f);
		break;
	case SETTING_BOOL:
		jw_bool(w, row->name, *(const bool *)f);
		break;
	case SETTING_TEXT:
		jw_str(w, row->name, ((const struct setting_text *)f)->s);
		break;
	case SETTING_SECRET: /* whether there is one, never what it is */
		jw_str(w, row->name, ((const struct setting_text *)f)->s[0] ? "set" : "");
		break;
	}
}

bool settings_is_secret(const char *name)
{
	const struct setting_row *row = row_of(name);
	return row && row->type == SETTING_SECRET;
}

static void secret_hash(const char *text, char ret[2 * CRYPTO_HASH_BYTES + 1])
{
	unsigned char hash[CRYPTO_HASH_BYTES];
	crypto_digest(NULL, text, strlen(text), hash);
	crypto_hex(hash, sizeof hash, ret);
}

bool settings_secret_fits(const struct setting_text *stored, const char *text)
{
	char hex[2 * CRYPTO_HASH_BYTES + 1];
	secret_hash(text, hex);
	return strlen(stored->s) == strlen(hex) && crypto_equal(stored->s, hex, strlen(hex));
}

/* A secret as it is stored: "" takes it away. Long random text needs no slow hash. */
static enum err secret_body(const struct setting_row *row, const json_t *value, char **ret,
                            struct why *why)
{
	char hex[2 * CRYPTO_HASH_BYTES + 1] = "";
	size_t n = json_is_string(value) ? json_string_length(value) : 1;
	if (n && (n < SETTING_SECRET_MIN || n > SETTING_SECRET_MAX))
		return refuse(row, "\"…\" (16…128)", why);
	if (n)
		secret_hash(json_string_value(value), hex);
	CLEANUP(json_cleanup) json_t *stored = json_string(hex);
	return json_write(stored, ret, why);
}

enum err settings_set(struct tx *tx, const char *name, const json_t *value, int64_t by_id,
                      const char *reason, int64_t now_utc_ms, struct why *why)
{
	struct settings scratch;
	CLEANUP(str_drop) char *body = NULL;
	const struct setting_row *row = row_of(name);
	if (!row)
		return fail(why, E_SETTING_UNKNOWN, name);
	settings_defaults(&scratch);
	enum err e = ERR_OK;
	if (row->type == SETTING_SECRET)
		e = secret_body(row, value, &body, why);
	else if (!(e = put(&scratch, row, value, why)))
		e = json_write(value, &body, why);
	if (e)
		return e;
	return version_add(tx,
	                   &(struct version_new){
			       .kind = KIND,
			       .key = name,
			       .body = body,
			       .valid_from_utc_ms = now_utc_ms,
			       .by_id = by_id,
			       .reason = reason,
			       .now_utc_ms = now_utc_ms,
			   },
	                   NULL, why);
}
