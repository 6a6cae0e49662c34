/* dialer/worklist.h -- what an agent has to do now, in the order of the rules: promises that are
 * due, missed calls, contacts due by grade, then the list. */
#ifndef DIALER_WORKLIST_H
#define DIALER_WORKLIST_H

#include "store/db.h"

enum { WORKLIST_MAX = 100, WORK_TEXT_BYTES = 120 };

struct work_item {
	int64_t task_id, followup_id, customer_id, due_utc_ms;
	const char *kind; /* "promise", "missed", "due", "new", "list"; static */
	char name[WORK_TEXT_BYTES], grade[8], number[32], place[64], why_zh[WORK_TEXT_BYTES],
	    why_en[WORK_TEXT_BYTES];
	int rank; /* of the rule */
};

/** The rule in words. */
#define WORKLIST_RULE_ZH "约定回电 → 未接来电 → 按等级到期 → 名单"
#define WORKLIST_RULE_EN "Promised calls, missed calls, due by grade, then the list"

/** @param campaign_id  0: no list
 *  @param until_utc_ms  follow-ups due later than that are left out (the end of today) */
enum err worklist_load(struct db *db, int64_t person_id, int64_t unit_id, int64_t campaign_id,
                       int64_t now_utc_ms, int64_t until_utc_ms, struct work_item *ret, int max,
                       int *ret_n, struct why *why) MUST_USE;

/** How many of the lists this person works on hold the customer. */
enum err worklist_has(struct db *db, int64_t person_id, int64_t customer_id, int64_t *ret,
                      struct why *why) MUST_USE;

#endif
