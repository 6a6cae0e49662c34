/* crm/followup.h -- dated tasks with a customer.
 *
 * kind: promise (the customer named the time), rhythm (the grade's), missed (call back), manual. */
#ifndef CRM_FOLLOWUP_H
#define CRM_FOLLOWUP_H

#include "auth/scope.h"
#include "base/json.h"
#include "store/writer.h"

struct followup_new {
	int64_t id, customer_id, owner_id, unit_id, from_call_id; /* call 0: none */
	const char *kind, *what;
	int64_t due_utc_ms, now_utc_ms;
};

/** Adds it and moves the customer's next contact. An open one of kind promise or rhythm with the
 * same owner is replaced. Inside a job. @return ERR_INVALID E_FIELD_INVALID (kind, due_utc_ms) */
enum err followup_add(struct tx *tx, const struct followup_new *f, struct why *why) MUST_USE;

/** Ends one, or with 0 all open ones of the customer. Inside a job. */
enum err followup_done(struct tx *tx, int64_t id, int64_t customer_id, int64_t call_id,
                       int64_t now_utc_ms, struct why *why) MUST_USE;

struct followup_query {
	int64_t customer_id, owner_id; /* 0: any */
	int64_t due_before_utc_ms;     /* 0: no bound */
	bool is_done;                  /* the finished ones instead */
	int64_t size, offset;
};

/** Writes an array of {"id","customer_id","customer_name","kind","due_utc_ms","what","owner_id",
 *  "done_utc_ms"}, the earliest due first. */
enum err followup_list(const struct scope *sc, struct db *db, const struct followup_query *q,
                       struct jw *w, int64_t *ret_total, struct why *why) MUST_USE;

#endif
