/* floor/target.h -- whom to call: made on a worker or the feeder, used by the loop.
 *
 * The number in clear lives only here and in the telephone; target_wipe() when done. */
#ifndef FLOOR_TARGET_H
#define FLOOR_TARGET_H

#include "crm/phone.h"
#include "gate/gate.h"

enum { TARGET_NAME_BYTES = 96, TARGET_PLACE_BYTES = 56, TARGET_WHY_BYTES = 120 };

struct target {
	int64_t customer_id, phone_id, task_id, followup_id, campaign_id, owner_id, last_agent_id,
	    unit_id;
	int64_t task_agent_id; /* whose task it is, 0: anybody's */
	int task_attempts;     /* made so far */
	int nth_contact;       /* this call would be the customer's n-th */
	char e164[NUMBER_E164_BYTES];
	unsigned char hash[VAULT_HASH_BYTES];
	char mask[NUMBER_MASK_BYTES], place[TARGET_PLACE_BYTES];
	char name[TARGET_NAME_BYTES], call_as[TARGET_NAME_BYTES], grade[8];
	char why_zh[TARGET_WHY_BYTES], why_en[TARGET_WHY_BYTES]; /* why now */
	int64_t due_utc_ms;
	bool is_requested;       /* the customer asked for this call */
	struct gate_facts facts; /* as of the read, for the filter in memory */
};

void target_wipe(struct target *t);

/** Everything about calling one customer.
 *  @param phone_id  0: the main one; @param task_id  0: none
 *  @return ERR_NOT_FOUND E_ROW_NONE, E_CUSTOMER_NO_PHONE */
enum err target_load(struct db *db, const struct vault *v, int64_t customer_id, int64_t phone_id,
                     int64_t task_id, int64_t now_utc_ms, struct target *ret,
                     struct why *why) MUST_USE;

enum { FEED_MAX = 200 };

/** Due tasks of a campaign, best first, that are not in `skip`.
 *  @param ret_n  how many of `max` were filled */
enum err target_feed(struct db *db, const struct vault *v, int64_t campaign_id, const int64_t *skip,
                     int n_skip, int64_t now_utc_ms, struct target *ret, int max, int *ret_n,
                     struct why *why) MUST_USE;

#endif
