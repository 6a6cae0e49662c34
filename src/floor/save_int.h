/* floor/save_int.h -- the job that writes a call's facts, for save.c and save_kind.c. */
#ifndef FLOOR_SAVE_INT_H
#define FLOOR_SAVE_INT_H

#include "floor/floor_int.h"

struct save_job {
	struct floor_job j;
	struct call_save call;
	struct leg_row legs[LIVE_LEGS];
	struct call_event_row events[LIVE_EVENTS];
	bool has_rec_end, is_last; /* is_last: the end with all that follows from it */
	struct recording_end rec;
	struct retry_next next;
	int64_t task_id, task_agent_id, now_utc_ms, day, cell_id, result_id;
	bool is_missed;
	struct missed_new missed;
	char mask[MASK_BYTES];
};

/** The text of SAVE_KIND for a call that was never made although its rows may be there. */
struct never_made {
	int64_t call_id, attempt_id, recording_id, agent_id, customer_id, phone_id, unit_id;
	int64_t task_id, task_agent_id, now_utc_ms, day, cell_id;
};
enum err save_encode_never(const struct never_made *n, struct str *out, struct why *why);

enum err save_enter(struct tx *tx, const char *text, size_t bytes, struct why *why);

enum err save_write(struct tx *tx, struct floor_job *j, struct why *why);

#endif
