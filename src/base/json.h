/* base/json.h -- JSON: jansson for reading, a writer on struct str for making.
 *
 * Readers: typed getters that say which field is wrong. Writer: fields go straight to text, with
 * one check at the end (str_ok). 64-bit ids are strings. Thread: a value has one owner. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

/* ---- reading ---- */

/** Parses one JSON value (any type at the top); duplicate keys, invalid UTF-8, NUL in strings,
 *  trailing text and more than 64 levels are refused.
 *  @param ret  json_free() or CLEANUP(json_cleanup)
 *  @return ERR_INVALID E_JSON (line, what), ERR_NOMEM */
enum err json_read(const char *text, size_t bytes, json_t **ret, struct why *why) MUST_USE;

/** Parses a field of our own database: as json_read() for a terminated string. */
enum err json_read_text(const char *text, json_t **ret, struct why *why) MUST_USE;

void json_cleanup(json_t **j); /* for CLEANUP; NULL is fine */

/* A required member of object `o`: absent or null is E_FIELD_REQUIRED, another type or out of
 * range E_FIELD_INVALID, both ERR_INVALID naming `key`. Strings stay owned by `o`. */
enum err json_get_str(const json_t *o, const char *key, const char **ret, struct why *why) MUST_USE;
enum err json_get_int(const json_t *o, const char *key, int64_t min, int64_t max, int64_t *ret,
                      struct why *why) MUST_USE;
enum err json_get_bool(const json_t *o, const char *key, bool *ret, struct why *why) MUST_USE;
enum err json_get_id(const json_t *o, const char *key, int64_t *ret, struct why *why) MUST_USE;
enum err json_get_obj(const json_t *o, const char *key, const json_t **ret,
                      struct why *why) MUST_USE;
enum err json_get_arr(const json_t *o, const char *key, const json_t **ret,
                      struct why *why) MUST_USE;

/* The same, where absent or null gives the default and a wrong type is still an error. */
enum err json_opt_str(const json_t *o, const char *key, const char *def, const char **ret,
                      struct why *why) MUST_USE;
enum err json_opt_int(const json_t *o, const char *key, int64_t min, int64_t max, int64_t def,
                      int64_t *ret, struct why *why) MUST_USE;
enum err json_opt_bool(const json_t *o, const char *key, bool def, bool *ret,
                       struct why *why) MUST_USE;
enum err json_opt_id(const json_t *o, const char *key, int64_t *ret /* 0: none */,
                     struct why *why) MUST_USE;

/* Never fails: for bodies we wrote ourselves. Absent or another type gives the default. */
const char *json_str(const json_t *o, const char *key, const char *def);
int64_t json_int(const json_t *o, const char *key, int64_t def);
bool json_bool(const json_t *o, const char *key, bool def);
int64_t json_id(const json_t *o, const char *key); /* string or integer; 0: none */

/** Compact text of a value. @param ret free() */
enum err json_write(const json_t *j, char **ret, struct why *why) MUST_USE;

/* ---- making ---- */

enum { JW_DEPTH = 32 };

/** Writes JSON onto the end of a struct str. Zero-initialise with .out set. Commas, quotes and
 *  escapes are its business; nesting the caller's (asserted). `key` is NULL inside arrays and at
 *  the top. Invalid UTF-8 becomes U+FFFD. */
struct jw {
	struct str *out;
	int depth;
	bool has_item[JW_DEPTH];
};

void jw_obj(struct jw *w, const char *key); /* '{' */
void jw_arr(struct jw *w, const char *key); /* '[' */
void jw_end_obj(struct jw *w);
void jw_end_arr(struct jw *w);
void jw_str(struct jw *w, const char *key, const char *text); /* NULL is null */
void jw_strn(struct jw *w, const char *key, const char *text, size_t bytes);
void jw_int(struct jw *w, const char *key, int64_t n);
void jw_id(struct jw *w, const char *key, int64_t id); /* a string; 0 is null */
void jw_bool(struct jw *w, const char *key, bool b);
void jw_null(struct jw *w, const char *key);
void jw_raw(struct jw *w, const char *key,
            const char *json); /* JSON text we trust, such as a @json column */

#endif
