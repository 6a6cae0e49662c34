/* store/lease.h -- who runs a cell: one process at a time, by a row with an end.
 *
 * A process takes a cell at its start, renews it well before the end, and stops dialing when it
 * cannot. Each taking raises the epoch; what is written for a cell carries it, and lease_check()
 * refuses the writes of a process that was replaced without noticing. The end is written for
 * people: whoever waits takes over only after it watched the row stand still for LEASE_MS by its
 * own monotonic clock, so that no clock of another machine is trusted. Inside jobs of the writer.
 */
#ifndef STORE_LEASE_H
#define STORE_LEASE_H

#include <stdint.h>

#include "base/err.h"
#include "store/writer.h"

enum { LEASE_MS = 15000, LEASE_RENEW_MS = 5000 };

struct lease {
	int64_t cell_id, node;
	int64_t epoch; /* given by lease_take() */
	int64_t expires_utc_ms;
};

/** Takes `l->cell_id` for `l->node` from now for LEASE_MS: at once when it was given back, when
 *  nobody ever had it, or when it is the node's own (it died and came back).
 *  @param l     epoch and expires_utc_ms are set on ERR_OK
 *  @param seen  what another's row has looked like for LEASE_MS without a change: it is taken over
 *               if it still does; NULL: not watched
 *  @return ERR_CONFLICT E_LEASE_HELD */
enum err lease_take(struct tx *tx, struct lease *l, const struct lease *seen, int64_t now_utc_ms,
                    struct why *why) MUST_USE;

/** What stands in the cell's row; all 0 but the cell when nobody ever had it. */
enum err lease_look(struct db *db, int64_t cell_id, struct lease *ret, struct why *why) MUST_USE;

/** Moves the end. @return ERR_CONFLICT E_LEASE_LOST: another has taken it; stop */
enum err lease_renew(struct tx *tx, struct lease *l, int64_t now_utc_ms, struct why *why) MUST_USE;

/** Ends it, so that the next need not wait. Not ours any more: nothing happens. */
enum err lease_give_back(struct tx *tx, const struct lease *l, struct why *why) MUST_USE;

/** In a transaction that writes for the cell. @return ERR_CONFLICT E_LEASE_LOST */
enum err lease_check(struct tx *tx, int64_t cell_id, int64_t epoch, struct why *why) MUST_USE;

/* A node's number is the 10 bits in its ids. */
enum { NODE_LEAST = 1, NODE_MOST = 1023 };

/** Takes a number for the process of data folder `owner`: the one it had, else one never given,
 *  else that whose lease ended longest ago.
 *  @param addr  of its page, as people's browsers reach it
 *  @return ERR_LIMIT E_NODES_ALL: 1023 nodes live */
enum err node_take(struct tx *tx, const char *owner, const char *addr, int64_t now_utc_ms,
                   int64_t *ret_node, struct why *why) MUST_USE;
enum err node_renew(struct tx *tx, int64_t node, int64_t now_utc_ms, struct why *why) MUST_USE;

enum { NODE_ADDR_BYTES = 300 };

/** The page's address of who runs the cell; "" when nobody does. */
enum err cell_addr(struct db *db, int64_t cell_id, char ret[NODE_ADDR_BYTES],
                   struct why *why) MUST_USE;

#endif
