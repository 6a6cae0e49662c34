/* store/tenure.h -- keeps a cell for this process, or waits for it.
 *
 * A thread of its own renews the lease through the writer's live lane and, while another process
 * runs the cell, watches its row and takes over when it stood still for LEASE_MS or was given
 * back. What the other threads may know is struct cell_state: one writes it, all read it. */
#ifndef STORE_TENURE_H
#define STORE_TENURE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "store/lease.h"

/* No call is begun in the last part of a lease that was not renewed: an INVITE and its commit must
 * be over before another process may take the cell. */
enum { LEASE_SURE_MS = LEASE_MS - 4000 };

struct cell_state {
	int64_t cell_id;
	_Atomic int64_t epoch;         /* 0: another process runs the cell */
	_Atomic int64_t sure_until_ms; /* monotonic: begin no call after */
};

static inline int64_t cell_epoch(const struct cell_state *c)
{
	return atomic_load(&c->epoch);
}

/** Ours, and renewed so lately that nobody else can have taken it. */
static inline bool cell_is_sure(const struct cell_state *c, int64_t now_ms)
{
	return atomic_load(&c->epoch) != 0 && now_ms < atomic_load(&c->sure_until_ms);
}

struct tenure_cfg {
	struct writer *writer;
	const char *url; /* a read connection for watching is opened */
	int64_t cell_id, node;
	void *ctx;
	/** The cell was taken: put right what the earlier owner left. On the tenure's thread (at
	 *  the first time: on that of tenure_new()). An error gives the cell back. */
	enum err (*taken)(void *ctx, struct why *why);
	/** Another took it, or nobody else may know that we still had it. On the tenure's thread.
	 */
	void (*lost)(void *ctx);
};

struct tenure;

/** Tries to take the cell once, `taken` included. The other threads may then read tenure_state().
 *  @param ret  tenure_free(); also when another process has the cell: cell_epoch() is 0 */
enum err tenure_new(const struct tenure_cfg *cfg, struct tenure **ret, struct why *why) MUST_USE;

/** From now on renews or waits. */
enum err tenure_start(struct tenure *t, struct why *why) MUST_USE;

const struct cell_state *tenure_state(const struct tenure *t);

/** Gives the cell back and ends the thread: after the last write for the cell. NULL content is
 *  fine. */
void tenure_free(struct tenure **t);

#endif
