/* store/lease.h -- who runs a cell: one process at a time, by a row with an end.
 *
 * A process takes a cell at its start, renews it well before the end, and stops dialing when it
 * cannot. Each taking raises the epoch; what is written for a cell carries it, and lease_check()
 * refuses the writes of a process that was replaced without noticing. Inside jobs of the writer. */
#ifndef STORE_LEASE_H
#define STORE_LEASE_H

#include <stdint.h>

#include "base/err.h"
#include "store/writer.h"

enum { LEASE_MS = 15000, LEASE_RENEW_MS = 5000 };

struct lease {
	int64_t cell_id, node;
	int64_t epoch;          /* given by lease_take() */
	int64_t expires_utc_ms; /* stop dialing before: the renewal that would move it has not come
	                           back */
};

/** Takes `l->cell_id` for `l->node` from now for LEASE_MS. A node takes its own at once (it died
 *  and came back), another's after the end.
 *  @param l  epoch and expires_utc_ms are set on ERR_OK
 *  @return ERR_CONFLICT E_LEASE_HELD */
enum err lease_take(struct tx *tx, struct lease *l, int64_t now_utc_ms, struct why *why) MUST_USE;

/** Moves the end. @return ERR_CONFLICT E_LEASE_LOST: another has taken it; stop */
enum err lease_renew(struct tx *tx, struct lease *l, int64_t now_utc_ms, struct why *why) MUST_USE;

/** Ends it, so that the next need not wait. Not ours any more: nothing happens. */
enum err lease_give_back(struct tx *tx, const struct lease *l, struct why *why) MUST_USE;

/** In a transaction that writes for the cell. @return ERR_CONFLICT E_LEASE_LOST */
enum err lease_check(struct tx *tx, int64_t cell_id, int64_t epoch, struct why *why) MUST_USE;

#endif
