/* call/transcript.h -- what was said in a call, line by line, on the clock of its recording. */
#ifndef CALL_TRANSCRIPT_H
#define CALL_TRANSCRIPT_H

#include "base/json.h"
#include "store/writer.h"

struct transcript {
	int64_t call_id;
	const char *source;  /* "practice": true by construction; "asr" */
	const json_t *lines; /* [{"at_ms","end_ms","side","text"}], ms from the customer's answer */
	int64_t now_utc_ms;
};

/** Stores it, moved to the start of the call's recording. Inside a job.
 *  @return ERR_CONFLICT E_TRANSCRIPT_EARLY while the recording is still open: again later;
 *          ERR_NOT_FOUND E_ROW_NONE: the call has no recording */
enum err transcript_save(struct tx *tx, const struct transcript *t, struct why *why) MUST_USE;

#endif
