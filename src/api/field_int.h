/* api/field_int.h -- checking what comes in and filtering what goes out, by field tables. Pure. */
#ifndef API_FIELD_INT_H
#define API_FIELD_INT_H

#include <jansson.h>

#include "api/route.h"
#include "base/json.h"
#include "base/str.h"

enum { FIELD_ERRORS = 16, FIELD_PATH_BYTES = 96 };

/* What is wrong with which field: the "fields" of a problem document. */
struct field_errors {
	size_t n; /* found, may exceed what is kept */
	struct {
		char path[FIELD_PATH_BYTES];
		struct why why;
	} at[FIELD_ERRORS];
};
void field_errors_add(struct field_errors *fe, const char *path, const struct why *why);

/** Checks a body: every member known, of its type and within limits; required ones there. */
void fields_check(const json_t *obj, const struct field *fields, struct field_errors *fe);

/** Turns one query parameter into a checked JSON value onto `values`; empty text is "not given". */
void field_from_text(const struct field *fields, const char *name, const char *text, json_t *values,
                     struct field_errors *fe);

const struct field *field_find(const struct field *fields, const char *name);

/** Writes `obj` as the field list allows it.
 *  @param bad_path  set to the first field that contradicts its declaration
 *  @return false when there is one */
bool fields_write(struct str *out, const json_t *obj, const struct field *fields, enum role role,
                  char bad_path[FIELD_PATH_BYTES]);

/** The same into an object that is open on `w`. */
bool members_write(struct jw *w, const json_t *obj, const struct field *fields, enum role role,
                   char bad_path[FIELD_PATH_BYTES]);

/** {"items":[…],"total":…,"next":…} and the members of `more` by `more_fields`. */
bool list_write(struct str *out, const json_t *items, int64_t total, const char *next,
                const struct field *item_fields, const json_t *more,
                const struct field *more_fields, enum role role, char bad_path[FIELD_PATH_BYTES]);

/** Whether `text` is one of the '|'-separated words of `list`. */
bool one_of_has(const char *list, const char *text);

#endif
