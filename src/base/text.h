/* base/text.h -- text that people write: folding, widths, Chinese sort keys. Wraps ICU.
 *
 * Strings are UTF-8; results are new strings to free(). Thread: any. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/** Whether `len` bytes are valid UTF-8 without NUL. */
bool text_is_utf8(const char *s, size_t len);

/** Code points of valid UTF-8. */
size_t text_chars(const char *s);

/** NFKC, case folded, full width to half width, blanks trimmed and collapsed: for comparing and
 *  finding names and column headers. */
enum err text_fold(const char *s, char **ret, struct why *why) MUST_USE;

/** Full-width ASCII to ASCII, ideographic space to space; all else as it is. */
enum err text_narrow(const char *s, char **ret, struct why *why) MUST_USE;

/** Sort key: "张三 A" is "zhang san a"; what has no pinyin is folded. Compare with strcmp(). */
enum err text_pinyin(const char *s, char **ret, struct why *why) MUST_USE;

/** Initials of each Chinese character and Latin word: "没有需要" is "myxy", "微信 App" "wxa". */
enum err text_initials(const char *s, char **ret, struct why *why) MUST_USE;

/** Whether it can be the key of a thing people configure: a-z A-Z 0-9 _ - . , 1..63 bytes. */
bool text_is_key(const char *s);

#endif
