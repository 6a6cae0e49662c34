/* store/spool.h -- a file of what the database could not take, in order, until it can.
 *
 * Append-only; every record has a number and a checksum; what spool_sync() returned for survives a
 * crash. A half-written end is cut off when it is opened: nobody was told of it. Thread: one at a
 * time, but spool_count(). */
#ifndef STORE_SPOOL_H
#define STORE_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { SPOOL_KIND_BYTES = 24, SPOOL_MAYBE_BYTES = 48 };

struct spool;

struct spool_record {
	int64_t seq; /* from 1 */
	char kind[SPOOL_KIND_BYTES];
	char maybe[SPOOL_MAYBE_BYTES]; /* the transaction that may have committed it; "": none */
	const char *body;              /* until the next call */
	size_t bytes;
};

/** Opens or makes `dir`/records. @param ret  spool_close() */
enum err spool_open(const char *dir, struct spool **ret, struct why *why) MUST_USE;
void spool_close(struct spool **s); /* NULL content is fine; the file stays */

/** Drawn anew whenever the spool is emptied. */
int64_t spool_id(const struct spool *s);

/** Records that were not taken yet. Any thread. */
int64_t spool_count(const struct spool *s);

/** Appends one; on the disk after spool_sync(). @param kind, maybe  without blanks */
enum err spool_add(struct spool *s, const char *kind, const char *maybe, const char *body,
                   size_t bytes, struct why *why) MUST_USE;
enum err spool_sync(struct spool *s, struct why *why) MUST_USE;

/** The oldest record that was not taken. @return ERR_END: none */
enum err spool_peek(struct spool *s, struct spool_record *ret, struct why *why) MUST_USE;

/** The peeked one is in the database, or not wanted. */
void spool_taken(struct spool *s);

/** Puts the peeked one into the file `refused`, for a person to look at, and takes it. */
enum err spool_refuse(struct spool *s, const struct why *because, struct why *why) MUST_USE;

/** Empties it when all was taken. */
enum err spool_clear(struct spool *s, struct why *why) MUST_USE;

#endif
