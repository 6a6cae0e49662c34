/* call/trunk_try.h -- the attempt behind a trunk's test call (试拨).
 *
 * A test call is an attempt like any other: it passes the gate in the commit that writes it, and
 * its row says how it came out. Functions of jobs. */
#ifndef CALL_TRUNK_TRY_H
#define CALL_TRUNK_TRY_H

#include "gate/gate.h"
#include "store/writer.h"
#include "voice/cause.h"

struct trunk_try {
	int64_t id; /* id_new(): the attempt's */
	int64_t trunk_id, caller_number_id;
	int64_t customer_id, phone_id; /* 0: the number is no customer's */
	int64_t person_id, unit_id;    /* who tries */
	unsigned char hash[VAULT_HASH_BYTES];
	enum number_kind kind;
	const char *province;
	int ring_timeout_s;
	int64_t now_utc_ms, day, cell_id;
	const struct policy *policy;
	struct gate_verdict
	    *ret_verdict; /* set on ERR_OK: ret_verdict->code says whether to dial */
};

/** @param arg  struct trunk_try * */
enum err trunk_try_begin(struct tx *tx, const void *arg, struct why *why) MUST_USE;

struct trunk_try_end {
	int64_t id, now_utc_ms;
	bool is_answered;
	enum cause cause;
};
/** @param arg  struct trunk_try_end * */
enum err trunk_try_over(struct tx *tx, const void *arg, struct why *why) MUST_USE;

/** The trunk's number to show: the first valid one.
 *  @return ERR_NOT_FOUND E_ROW_NONE: it has none */
enum err caller_number_first(struct db *db, int64_t trunk_id, int64_t now_utc_ms, int64_t *ret_id,
                             char *ret_number, size_t size, struct why *why) MUST_USE;

#endif
