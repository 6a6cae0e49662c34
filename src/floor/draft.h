/* floor/draft.h -- the half-filled result form of a call: it outlives the page, the PC and the
 * process, and goes when the result is saved. */
#ifndef FLOOR_DRAFT_H
#define FLOOR_DRAFT_H

#include "floor/result.h"

/** Keeps what stands in the form; nothing once the call has its result. Inside a job.
 *  @param form  JSON of the form */
enum err draft_store(struct tx *tx, int64_t call_id, int64_t person_id, const char *form,
                     int64_t now_utc_ms, struct why *why) MUST_USE;

/** Inside the job that stores the result. */
enum err draft_drop(struct tx *tx, int64_t call_id, struct why *why) MUST_USE;

/** What is kept of a form that nobody saved, with the system's result 'unsaved'. The texts belong
 * to `form`, which may be NULL. */
struct result_form draft_unsaved(const json_t *form);

#endif
