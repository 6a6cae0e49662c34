/* auth/password.h -- which passwords are taken: long enough, and none that is guessed first.
 *
 * No rules about kinds of characters: they make passwords worse (OWASP ASVS 2.1.9). The list of
 * common ones is a file, so that a company can add its own. Pure but for common_load(). */
#ifndef AUTH_PASSWORD_H
#define AUTH_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { PASSWORD_MIN = 12 };

struct common; /* a list of common passwords */

/** @param path  one a line; '#' begins a comment */
enum err common_load(const char *path, struct common **ret, struct why *why) MUST_USE;
void common_free(struct common **c); /* NULL content is fine */
size_t common_count(const struct common *c);

/** @param min     characters; 0: PASSWORD_MIN
 *  @param common  NULL: only the rules
 *  @return ERR_INVALID E_PASSWORD_SHORT, E_PASSWORD_WEAK, E_PASSWORD_COMMON */
enum err password_check(const char *password, const char *job_no, int64_t min,
                        const struct common *common, struct why *why) MUST_USE;

#endif
