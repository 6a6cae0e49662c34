/* demo/load.h -- inside the history: the parts that write it. */
#ifndef DEMO_LOAD_H
#define DEMO_LOAD_H

#include "demo/history.h"
#include "demo/say.h"
#include "demo/sim.h"
#include "gate/vault.h"
#include "store/db.h"

/* Ids as they would have been made at the time: ascending per table. */
struct ids {
	int64_t last;
};
int64_t id_at(struct ids *ids, int64_t utc_ms);

/* One row of a customer's number, needed by his calls. */
struct load_phone {
	int64_t id;
	unsigned char hash[VAULT_HASH_BYTES];
	char mask[40];
};

struct load {
	const struct demo_cfg *cfg;
	struct db *db;
	const struct vault *vault;
	const struct bank *bank;
	const struct zone *zone;
	const struct sim *s;
	int64_t unit_id[CAST_UNITS], person_id[CAST_PEOPLE], agent_id[CAST_AGENTS],
	    campaign_id[CAST_CAMPAIGNS];
	int64_t trunk_id, caller_number_id[CAST_CAMPAIGNS];
	int64_t *customer_id, *task_id; /* by customer */
	struct load_phone *phone;       /* by customer */
	int64_t *call_id, *attempt_id;  /* by call; 0: none */
	int n_recordings, n_reviews;
};

/** When the company and its first people were entered. */
int64_t load_founded_utc_ms(const struct sim *s);

/** The company before its history: people, log-ins, line, campaigns. */
enum err load_company(struct load *l, struct why *why) MUST_USE;
/** Customers as they are at the end, numbers, consents, tasks, do-not-call entries. */
enum err load_customers(struct load *l, struct why *why) MUST_USE;
/** Attempts, calls, legs, results, notes, deals, missed calls, spans, follow-ups. */
enum err load_calls(struct load *l, struct why *why) MUST_USE;
/** Recordings on the disk with their rows and transcripts. */
enum err load_recordings(struct load *l, struct why *why) MUST_USE;
/** Submitted reviews of recordings; the newest recordings wait for one. */
enum err load_reviews(struct load *l, struct why *why) MUST_USE;

/** The conversation of a recorded call. @param call_as  filled, lives as long as *ret is used */
void load_say(const struct load *l, const struct sim_call *c, char call_as[32], struct say *ret);

/** Role of an agent's person: the one at the free seat leads his team, so that a visitor sees every
 *  page by one log-in. */
const char *demo_agent_role(int agent);

#endif
