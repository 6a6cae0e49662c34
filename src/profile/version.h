/* profile/version.h -- what people configure, kept in versions.
 *
 * A thing is (kind, key): ("script", "loan"), ("result_set", "default"). Each edit is a new version
 * n with the time it takes effect; it cannot be changed any more, so a result that stores n can
 * always be explained. In effect at a moment is the version with the latest start before it; of
 * equal starts the later version. */
#ifndef PROFILE_VERSION_H
#define PROFILE_VERSION_H

#include <stdint.h>

#include "base/err.h"
#include "store/writer.h"

struct version {
	char *kind, *key, *body, *reason; /* body: JSON text */
	int64_t n, valid_from_utc_ms, made_utc_ms, by_id;
};
void version_free(struct version **v); /* for CLEANUP; NULL content is fine */

struct version_new {
	const char *kind, *key;
	const char *body;          /* JSON text */
	int64_t valid_from_utc_ms; /* in the past: a correction, seen by who recalculates */
	int64_t by_id;             /* 0: the program itself, e.g. a shipped profile */
	const char *reason;        /* NULL: "" */
	int64_t now_utc_ms;
};

/** Adds the next version. Inside a job.
 *  @return ERR_INVALID E_FIELD_INVALID (kind, key, body) */
enum err version_add(struct tx *tx, const struct version_new *v, int64_t *ret_n,
                     struct why *why) MUST_USE;

/** Takes back a version that is not in effect yet. @return ERR_CONFLICT E_VERSION_IN_EFFECT,
 * ERR_NOT_FOUND */
enum err version_withdraw(struct tx *tx, const char *kind, const char *key, int64_t n,
                          int64_t now_utc_ms, struct why *why) MUST_USE;

/** @return ERR_NOT_FOUND E_VERSION_NONE when nothing is in effect then */
enum err version_at(struct db *db, const char *kind, const char *key, int64_t utc_ms,
                    struct version **ret, struct why *why) MUST_USE;
enum err version_get(struct db *db, const char *kind, const char *key, int64_t n,
                     struct version **ret, struct why *why) MUST_USE;

/** The version in effect of every key of a kind, by key. An error of `fn` ends it. */
typedef enum err version_fn(const struct version *v, void *ctx, struct why *why);
enum err version_each(struct db *db, const char *kind, int64_t utc_ms, version_fn *fn, void *ctx,
                      struct why *why) MUST_USE;

/** Every version of one key, newest first. */
enum err version_history(struct db *db, const char *kind, const char *key, version_fn *fn,
                         void *ctx, struct why *why) MUST_USE;

#endif
