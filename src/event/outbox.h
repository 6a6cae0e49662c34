/* event/outbox.h -- facts for those who react to them, in commit order.
 *
 * A fact is added in the commit that makes it true. Each writer thread has its own stream
 * (node, stream), numbered 1, 2, 3, … without a gap, in commit order; kept 7 days. A consumer has
 * one cursor a stream and may see an event twice (after a crash): it is idempotent by (node,
 * stream, seq). */
#ifndef EVENT_OUTBOX_H
#define EVENT_OUTBOX_H

#include <stdint.h>

#include "base/err.h"
#include "store/writer.h"

struct event {
	int64_t node, stream, seq;
	const char *kind;   /* "call.ended", "import.done": area.fact */
	int64_t subject_id; /* what it is about */
	int64_t cell_id;
	int64_t at_utc_ms;
	const char *body; /* a JSON object; never a telephone number */
};

/** Adds an event to the transaction's stream. Inside a job of the writer.
 *  @param body  JSON object text; NULL: {} */
enum err outbox_add(struct tx *tx, const char *kind, int64_t subject_id, int64_t cell_id,
                    int64_t at_utc_ms, const char *body, struct why *why) MUST_USE;

/** A consumer's work with one event; an error stops the round, the event comes again. */
typedef enum err outbox_fn(const struct event *ev, void *ctx, struct why *why);

/** Gives `fn` every event of all streams after the consumer's cursors, at most `max`, and moves the
 *  cursors behind what succeeded. On a worker.
 *  @param db  a read connection
 *  @param ret_seen  how many were handled; also set on an error */
enum err outbox_read(struct db *db, struct writer *w, const char *consumer, int max, outbox_fn *fn,
                     void *ctx, int *ret_seen, struct why *why) MUST_USE;

/** Deletes events older than `before_utc_ms`, at most 500 (a job's size). Inside a job. */
enum err outbox_prune(struct tx *tx, int64_t before_utc_ms, int64_t *ret_deleted,
                      struct why *why) MUST_USE;

enum { OUTBOX_KEEP_DAYS = 7 };

#endif
