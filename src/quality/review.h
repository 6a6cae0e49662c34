/* quality/review.h -- an inspector's judgement of one recording: draft, saved as he goes,
 * submitted.
 *
 * One review per call, form and inspector; it keeps the version of the form it was opened with. A
 * submitted review cannot be changed; the call repeats the score and verdict of the latest one.
 * What writes runs inside a job of the writer; what reads takes the reader's scope. */
#ifndef QUALITY_REVIEW_H
#define QUALITY_REVIEW_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/scope.h"
#include "base/err.h"
#include "quality/form.h"
#include "quality/score.h"
#include "store/writer.h"

enum { REVIEW_REMARK_BYTES = 500 };

/* What is wrong with one item; items at full marks are not listed. */
struct review_mark {
	char item_key[FORM_KEY_BYTES];
	int64_t deduct_centi;
	bool is_na;
	int64_t from_ms, to_ms; /* stretch of the recording; -1: the whole call */
	char remark[REVIEW_REMARK_BYTES];
};

struct review {
	int64_t id, call_id, form_version, inspector_id, agent_id, unit_id;
	char form_key[64];
	bool is_submitted;
	char remark[REVIEW_REMARK_BYTES];
	int64_t created_utc_ms, saved_utc_ms, submitted_utc_ms; /* 0: not yet */
	struct form *form;
	int n_marks, n_fatals;
	struct review_mark marks[FORM_ITEMS];
	char fatals[FORM_FATALS][FORM_KEY_BYTES];
	struct score score;
};
void review_free(struct review **r); /* for CLEANUP; NULL content is fine */

struct review_open {
	int64_t id; /* id_new() by the caller; used when there is none yet */
	int64_t call_id, inspector_id;
	const char *form_key;
	int64_t now_utc_ms;
};

/** Makes the inspector's review of a call at full marks, or finds the one he has.
 *  @return ERR_NOT_FOUND E_ROW_NONE (call), E_VERSION_NONE (form);
 *          ERR_CONFLICT E_REVIEW_LIVE, E_REVIEW_NO_RECORDING */
enum err review_open(struct tx *tx, const struct review_open *o, int64_t *ret_id,
                     struct why *why) MUST_USE;

struct review_save {
	int64_t id, inspector_id, now_utc_ms;
	const struct review_mark *marks; /* all of them: replaces what was saved */
	int n_marks;
	const char *const *fatals; /* keys of red lines crossed */
	int n_fatals;
	const char *remark;
};

/** Saves a draft and tells what it comes to.
 *  @return ERR_INVALID E_REVIEW_ITEM, E_REVIEW_FATAL, E_REVIEW_STRETCH and those of
 *          score_compute(); ERR_DENIED E_REVIEW_NOT_YOURS; ERR_CONFLICT E_REVIEW_SUBMITTED */
enum err review_save(struct tx *tx, const struct review_save *s, struct score *ret,
                     struct why *why) MUST_USE;

/** Closes a draft as it is saved and writes score and verdict to the call.
 *  @param day  local yyyymmdd of now
 *  @return ERR_DENIED E_REVIEW_NOT_YOURS; ERR_CONFLICT E_REVIEW_SUBMITTED */
enum err review_submit(struct tx *tx, int64_t id, int64_t inspector_id, int64_t now_utc_ms, int day,
                       struct score *ret, struct why *why) MUST_USE;

/** Reads one review with its form and score. Who sees only his own calls sees no drafts.
 *  @param ret  review_free()
 *  @return ERR_NOT_FOUND E_ROW_NONE, also when it is outside the scope */
enum err review_load(struct db *db, const struct scope *sc, int64_t id, struct review **ret,
                     struct why *why) MUST_USE;

/** Job number and name of who judged: columns 0 and 1. @return ERR_NOT_FOUND E_ROW_NONE */
enum err review_inspector(struct db *db, int64_t inspector_id, struct rows **ret,
                          struct why *why) MUST_USE;

/** How many reviews an inspector submitted from a local day (yyyymmdd) on. */
enum err review_count(struct db *db, int64_t inspector_id, int from_day, int64_t *ret,
                      struct why *why) MUST_USE;

/* A call that waits for its review. */
struct review_waiting {
	int64_t call_id, start_utc_ms, talk_ms, agent_id, customer_id;
	const char *job_no, *agent_name, *customer_name, *grade, *number_mask, *result;
};
typedef enum err review_waiting_fn(const struct review_waiting *w, void *ctx, struct why *why);

/** Calls with a closed recording and no score, newest first.
 *  @param ret_total  how many there are in all */
enum err review_queue(struct db *db, const struct scope *sc, int64_t limit, int64_t offset,
                      review_waiting_fn *fn, void *ctx, int64_t *ret_total,
                      struct why *why) MUST_USE;

#endif
