/* floor/result.h -- what came of a call: one commit for everything that follows from it.
 *
 * The form is checked against the result set (version kind result_set) on a worker; result_store()
 * runs inside a job: the result row, the call's columns, deal, follow-up, customer, task, refusal.
 */
#ifndef FLOOR_RESULT_H
#define FLOOR_RESULT_H

#include "base/json.h"
#include "store/writer.h"

enum { FLAG_DNC = 1, FLAG_NOT_PERSON = 2, FLAG_COMPLAINT = 4, FLAG_ALL = 7 };
enum {
	RESULT_CODE_BYTES = 24,
	RESULT_GRADE_BYTES = 8,
	RESULT_WECHAT_BYTES = 64,
	RESULT_TEXT_BYTES = 2000
};

/* What an agent fills in; texts are the caller's. */
struct result_form {
	const char *code, *grade, *wechat, *promise, *note; /* "" : left empty */
	int flags;
	int64_t deal_fen, next_utc_ms;
};

struct result_set_row {
	char code[RESULT_CODE_BYTES];
	bool is_system, is_final, needs_grade, needs_next, needs_deal;
};

/** Finds a row of the result set in effect.
 *  @param ret_days  days of the form's grade until the next contact; 0: none
 *  @return ERR_INVALID E_RESULT_CODE, E_RESULT_NEEDS (field) */
enum err result_check(struct db *db, const struct result_form *form, bool may_be_system,
                      int64_t now_utc_ms, struct result_set_row *ret, int64_t *ret_version,
                      int *ret_days, struct why *why) MUST_USE;

struct result_in {
	int64_t id; /* id_new() by the caller */
	int64_t call_id;
	int64_t by_id; /* 0: the system */
	struct result_form form;
	int64_t set_version;
	int rhythm_days; /* of the grade; 0: none */
	bool is_final;
	bool is_correction; /* needs a reason; the call's day must still be open */
	const char *reason;
	int64_t now_utc_ms, day;
};

/** Stores it.
 *  @return ERR_NOT_FOUND (no such call), ERR_CONFLICT E_RESULT_DAY (correction after its day),
 *          E_RESULT_SAVED (a second first result) */
enum err result_store(struct tx *tx, const struct result_in *in, struct why *why) MUST_USE;

/** Sets or clears a flag during or after a call: at once for the whole company. Inside a job. */
enum err result_flag(struct tx *tx, int64_t call_id, int flag, bool on, int64_t by_id,
                     int64_t now_utc_ms, struct why *why) MUST_USE;

#endif
