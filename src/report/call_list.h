/* report/call_list.h -- calls as people look at them: lists with filters, and one call in full.
 *
 * Reads take the scope first; what is outside is not found. Runs on a worker with a read
 * connection. JSON members are those of the call list and call detail replies of api/h_calls.c;
 * numbers are masked. */
#ifndef REPORT_CALL_LIST_H
#define REPORT_CALL_LIST_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "auth/scope.h"
#include "base/err.h"
#include "store/db.h"

enum call_sort {
	CALL_SORT_NEWEST,
	CALL_SORT_OLDEST,
	CALL_SORT_LONGEST,
	CALL_SORT_SHORTEST,
	CALL_SORT_COUNT
};
enum { CALL_ANY = 2, CALL_PAGE_MAX = 100 }; /* CALL_ANY: of a yes-or-no filter, both */

struct call_filter {
	int64_t from_utc_ms, to_utc_ms; /* to: 0 is now and later */
	int64_t agent_id, unit_id, campaign_id,
	    customer_id;                          /* 0: all; a unit with those below it */
	const char *outcome, *result, *direction; /* "": all */
	int64_t min_talk_ms;
	int64_t is_scored, is_recorded; /* 0, 1, CALL_ANY */
	const char
	    *find; /* a customer's name, last four digits or an agent's job number; "": all */
	enum call_sort sort;
	int64_t size, offset; /* size: at most CALL_PAGE_MAX */
};

/** @param ret_items  an array of rows; json_decref() */
enum err call_list(struct db *db, const struct scope *sc, const struct call_filter *f,
                   json_t **ret_items, int64_t *ret_total, struct why *why) MUST_USE;

/** Rows of given calls in their order (a figure's calls); those outside are left out. */
enum err call_rows(struct db *db, const struct scope *sc, const int64_t *ids, size_t n,
                   json_t **ret_items, struct why *why) MUST_USE;

/** One call in full. @return ERR_NOT_FOUND E_ROW_NONE */
enum err call_detail(struct db *db, const struct scope *sc, int64_t id, json_t **ret,
                     struct why *why) MUST_USE;

struct call_recording {
	int64_t call_id, agent_id, unit_id, duration_ms;
	char path[200]; /* below the recordings' directory */
	bool is_closed; /* the file does not grow any more */
};
/** @return ERR_NOT_FOUND E_ROW_NONE (call), E_RECORDING_NONE */
enum err call_recording_get(struct db *db, const struct scope *sc, int64_t call_id,
                            struct call_recording *ret, struct why *why) MUST_USE;

/** @param ret  {"source","lines":[…]} @return ERR_NOT_FOUND E_ROW_NONE (call), E_TRANSCRIPT_NONE */
enum err call_transcript(struct db *db, const struct scope *sc, int64_t call_id, json_t **ret,
                         struct why *why) MUST_USE;

#endif
