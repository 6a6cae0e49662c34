/* call/record.h -- the rows of attempts, calls, legs, recordings and what happened in a call.
 *
 * Functions of jobs: inside a transaction of the writer. Time stamps of 0 are stored as NULL. */
#ifndef CALL_RECORD_H
#define CALL_RECORD_H

#include "call/call.h"
#include "store/writer.h"

enum { NUMBER_HASH_BYTES = 32, MASK_BYTES = 40, REC_PATH_BYTES = 96 };

/* A try to call out, made or refused. */
struct attempt_new {
	int64_t id, call_id /* 0: refused */, campaign_id, task_id, customer_id, phone_id, agent_id,
	    unit_id;
	unsigned char number_hash[NUMBER_HASH_BYTES];
	const char *mode;
	int64_t trunk_id, caller_number_id;
	const char *verdict, *verdict_detail /* JSON */;
	int64_t policy_version, created_utc_ms, day, cell_id, epoch;
};
/** A refused one is stored ended, outcome 'blocked'. */
enum err attempt_add(struct tx *tx, const struct attempt_new *a, bool is_refused,
                     struct why *why) MUST_USE;

/** Whether a call to this number is in progress, begun after `since_utc_ms`. */
enum err attempt_is_open(struct tx *tx, const unsigned char hash[NUMBER_HASH_BYTES],
                         int64_t since_utc_ms, bool *ret, struct why *why) MUST_USE;

struct call_new {
	int64_t id, attempt_id, campaign_id, task_id, customer_id, phone_id, agent_id, unit_id,
	    trunk_id;
	bool is_incoming;
	const char *mode; /* "incoming" for those */
	const char *number_mask;
	const char *script_key; /* NULL: none */
	int64_t script_version;
	int64_t start_utc_ms, day, cell_id;
	int64_t recording_id;
	const char *recording_path; /* relative to the recordings' directory */
};
/** The call and its recording, both live, in one commit before any media. */
enum err call_add(struct tx *tx, const struct call_new *c, struct why *why) MUST_USE;

struct leg_row {
	int64_t id;
	const char *kind; /* "trunk", "web", "phone"; static */
	int64_t person_id, start_utc_ms, answer_utc_ms, end_utc_ms;
	int sip_code, q850;
};

enum { CALL_EVENT_KIND_BYTES = 16, CALL_EVENT_DETAIL_BYTES = 96 };
struct call_event_row {
	int64_t id, at_utc_ms, by_id;
	char kind[CALL_EVENT_KIND_BYTES];
	char detail[CALL_EVENT_DETAIL_BYTES]; /* JSON object */
};

/* What changed in a call; written as often as wanted, the last one counts. */
struct call_save {
	int64_t id, attempt_id, agent_id, customer_id, phone_id, unit_id;
	enum call_state state;
	struct call_facts facts;
	const struct leg_row *legs;
	int n_legs;
	const struct call_event_row *events; /* each is given once */
	int n_events;
};
enum err call_save(struct tx *tx, const struct call_save *c, struct why *why) MUST_USE;

/* Whose a call is: for scopes, and what its page needs. */
struct call_ref {
	int64_t id, agent_id, unit_id, customer_id, campaign_id, script_version, day;
	char script_key[64];
	bool has_result;
};
/** @return ERR_NOT_FOUND E_ROW_NONE */
enum err call_ref_load(struct db *db, int64_t call_id, struct call_ref *ret,
                       struct why *why) MUST_USE;

/** When wrap-up ended. */
enum err call_wrapped(struct tx *tx, int64_t call_id, int64_t utc_ms, struct why *why) MUST_USE;

/** Sets flag bits (1 do not call, 2 not the person, 4 likely complaint). */
enum err call_set_flags(struct tx *tx, int64_t call_id, int set, int clear,
                        struct why *why) MUST_USE;

struct recording_end {
	int64_t id;
	const char *state; /* "closed", "cut", "lost" */
	int64_t started_utc_ms, answer_ms, duration_ms, bytes, gap_ms;
};
enum err recording_close(struct tx *tx, const struct recording_end *r, struct why *why) MUST_USE;
/** Nothing was ever heard, so there is no file. */
enum err recording_drop(struct tx *tx, int64_t id, struct why *why) MUST_USE;

struct missed_new {
	int64_t id, call_id, customer_id, unit_id, agent_id, at_utc_ms, due_utc_ms, cell_id;
	unsigned char number_hash[NUMBER_HASH_BYTES];
	const char *mask;
};
enum err missed_add(struct tx *tx, const struct missed_new *m, struct why *why) MUST_USE;
/** Whatever of this customer waits to be called back was called back by this call. */
enum err missed_done(struct tx *tx, int64_t customer_id, int64_t call_id, int64_t utc_ms,
                     struct why *why) MUST_USE;

#endif
