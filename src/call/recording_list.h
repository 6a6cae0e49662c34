/* call/recording_list.h -- every recording the database knows: for backups, checks and sizes. */
#ifndef CALL_RECORDING_LIST_H
#define CALL_RECORDING_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "store/db.h"

struct recording_row {
	const char *path; /* relative to the recordings' directory; until the callback returns */
	int64_t id, bytes, started_utc_ms;
	bool is_live; /* the call goes on: its file grows */
	bool is_lost; /* known to have no file */
};
typedef enum err recording_each_fn(const struct recording_row *r, void *ctx, struct why *why);

/** Calls `fn` for each in the order of their ids; an error of `fn` ends it and comes back. */
enum err recording_each(struct db *db, recording_each_fn *fn, void *ctx, struct why *why) MUST_USE;

struct recording_sizes {
	int64_t count, bytes; /* of all that are closed */
};
/** Adds up what the database says. */
enum err recording_sizes(struct db *db, struct recording_sizes *ret, struct why *why) MUST_USE;

#endif
