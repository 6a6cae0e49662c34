/* base/text.h -- text of people and files: encodings, folding, Chinese sort keys. Wraps ICU.
 *
 * Strings are UTF-8; results are new strings to free(). Thread: any. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum text_enc { TEXT_AUTO, TEXT_UTF8, TEXT_UTF16LE, TEXT_UTF16BE, TEXT_GB18030, TEXT_BINARY };

/** The encoding of a text file by its first bytes: a byte order mark, zero bytes in every other
 *  place, valid UTF-8, valid GB18030, else TEXT_BINARY. A character cut at the end is forgiven.
 *  @param ret_bom_bytes  length of the mark to skip; may be NULL */
enum text_enc text_detect(const void *bytes, size_t len, size_t *ret_bom_bytes);

const char *text_enc_name(enum text_enc enc); /* "UTF-8"; static storage */

/** Converts to UTF-8 without mark.
 *  @param enc  TEXT_AUTO: text_detect()
 *  @param ret_len  may be NULL
 *  @return ERR_INVALID E_TEXT_BINARY, E_TEXT_ENCODING (encoding, byte offset of the first bad byte)
 */
enum err text_to_utf8(const void *bytes, size_t len, enum text_enc enc, char **ret, size_t *ret_len,
                      struct why *why) MUST_USE;

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

/** Whether it can be the key of a thing people configure: a-z 0-9 _ - . , 1..63 bytes. */
bool text_is_key(const char *s);

#endif
