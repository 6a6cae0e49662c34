/* base/str.h -- a growing string.
 *
 * Running out of memory is remembered: later additions do nothing and str_ok() is false, so a
 * builder checks once at its end. Always terminated; may hold zero bytes. Zero-initialised is
 * empty. Thread: one owner. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct str {
	char *p; /* NULL until something is added: read with str_text() */
	size_t len, cap;
	bool is_failed;
};

void str_add(struct str *s, const char *text);
void str_addn(struct str *s, const void *p, size_t n);
void str_addc(struct str *s, char c);
void str_addf(struct str *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/** Empties without giving memory back; forgets a failure. */
void str_clear(struct str *s);

/** Frees the memory; usable again. */
void str_free(struct str *s);

bool str_ok(const struct str *s);

/** The text, "" when empty; valid until the next addition. */
const char *str_text(const struct str *s);

/** Hands the text over (free() it) and leaves `s` empty.
 *  @return ERR_NOMEM, also when an earlier addition failed */
enum err str_take(struct str *s, char **ret, struct why *why) MUST_USE;

/** Copies at most size-1 bytes, always terminated, never inside a UTF-8 character.
 *  @return false when something was cut */
bool str_copy(char *dst, size_t size, const char *src);

/** free() for locals: CLEANUP(str_drop) char *text = NULL. `pp` points at the pointer. */
void str_drop(void *pp);

#endif
