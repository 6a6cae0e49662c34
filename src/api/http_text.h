/* api/http_text.h -- reading HTTP's small languages: cookies, origins, ranges, languages. Pure. */
#ifndef API_HTTP_TEXT_H
#define API_HTTP_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/** The value of cookie `name` in a Cookie header (NULL is fine).
 *  @return false when there is none or it does not fit */
bool cookie_get(const char *header, const char *name, char *ret, size_t size);

/** Whether an Origin header names the host the request was sent to. https: the scheme must be
 * https; else either (a proxy in front may speak https). NULL or "null" is not the same. RFC 6454.
 */
bool origin_is_own(const char *origin, const char *host, bool https);

enum range_kind { RANGE_NONE, RANGE_PART, RANGE_BAD };

/** One byte range of a file of `size` bytes (RFC 9110 14.2). Several ranges or another unit: the
 *  whole file. @param ret_from, ret_len  set for RANGE_PART */
enum range_kind range_parse(const char *header, int64_t size, int64_t *ret_from, int64_t *ret_len);

/** The first of zh and en an Accept-Language header names; Chinese when it names neither. */
enum lang lang_from_accept(const char *header);

/** Whether a Content-Type is application/json, with any parameters. */
bool type_is_json(const char *content_type);

/** A short name of a browser for people: "Chrome 126, Windows"; at most `size` bytes. */
void browser_name(const char *user_agent, char *ret, size_t size);

/** Appends `name` as Content-Disposition: attachment; RFC 6266 with the UTF-8 form of RFC 5987. */
void disposition(const char *name, char *ret, size_t size);

#endif
