/* doc/decode.h -- a text file as UTF-8, whatever it was written in.
 *
 * Order: byte order mark; NUL bytes at one parity (UTF-16 without mark); strictly valid UTF-8 over
 * the whole file; else GB18030, which contains GBK and GB2312. Never a guess from letter
 * statistics: a file that is none of these is refused with its line. */
#ifndef DOC_DECODE_H
#define DOC_DECODE_H

#include "base/err.h"

struct decoder;

/** Opens the file and decides on its encoding (reads it once). `file` is its name for messages.
 *  @return ERR_INVALID: binary (with the line), a web page; ERR_IO */
enum err decode_open(const char *path, const char *file, struct decoder **ret,
                     struct why *why) MUST_USE;
void decode_close(struct decoder **d);

const char *decode_encoding(const struct decoder *d); /* "UTF-8", ... */

/** Gives more text. A character may be cut in two between pieces.
 *  @param row    for messages: how far the caller has come
 *  @param ret    valid until the next call
 *  @return ERR_END; ERR_INVALID (text that is not in the encoding) */
enum err decode_more(struct decoder *d, int64_t row, const char **ret, size_t *ret_bytes,
                     struct why *why) MUST_USE;

/** Bytes of the file used so far. */
int64_t decode_read_bytes(const struct decoder *d);

#endif
