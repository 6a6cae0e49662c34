/* profile/shipped.h -- the versions that come with the program: profiles/<kind>/<key>.json.
 *
 * A company's own edits survive an update: a (kind, key) that has a version is left alone. */
#ifndef PROFILE_SHIPPED_H
#define PROFILE_SHIPPED_H

#include "base/err.h"

struct tx;

/** Adds a first version for every file whose (kind, key) has none yet. Inside a job at start.
 *  @param dir  profiles/ of the program
 *  @return ERR_IO, ERR_INVALID (a file is not JSON) */
enum err shipped_install(struct tx *tx, const char *dir, int64_t now_utc_ms,
                         struct why *why) MUST_USE;

#endif
