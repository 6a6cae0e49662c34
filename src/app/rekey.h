/* app/rekey.h -- the job that seals everything under the newest data key, slice by slice, while
 * calls go on. */
#ifndef APP_REKEY_H
#define APP_REKEY_H

#include "job/job.h"

struct vault;

#define REKEY_KIND "keys.reseal"

/** The kind for the server's runner. @param v  outlives the runner */
struct job_kind rekey_kind(const struct vault *v);

/** A write_fn: makes a data key and the job, both or neither. arg: struct rekey_new. An unfinished
 * rotation is taken up instead of a second one. */
struct rekey_new {
	const struct vault *vault;
	int64_t key_id, now_utc_ms; /* id_new() */
	int64_t *ret_job;
};
enum err rekey_start(struct tx *tx, const void *arg, struct why *why) MUST_USE;

#endif
