/* acd/span.h -- what an agent did from when to when: rows without gap or overlap per person.
 *
 * Functions of jobs: inside a transaction of the writer. */
#ifndef ACD_SPAN_H
#define ACD_SPAN_H

#include "store/writer.h"

enum { SPAN_STATE_BYTES = 12, SPAN_REASON_BYTES = 24 };

struct span {
	int64_t id, person_id, unit_id, campaign_id, call_id;
	char state[SPAN_STATE_BYTES]; /* "ready", "paused", or the call state "reserved" .. "wrapup"
	                               */
	char reason[SPAN_REASON_BYTES]; /* of a pause */
	int64_t from_utc_ms;
	int64_t day, cell_id;
};

/** Ends the person's open span (id `end_id`, 0: none) and opens the next (`next` NULL: he left). */
enum err span_change(struct tx *tx, int64_t end_id, int64_t at_utc_ms, const struct span *next,
                     struct why *why) MUST_USE;

#endif
