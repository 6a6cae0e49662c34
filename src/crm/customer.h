/* crm/customer.h -- customers and their cards.
 *
 * Reads take the reader's scope first: what is outside is not found. Numbers leave masked. */
#ifndef CRM_CUSTOMER_H
#define CRM_CUSTOMER_H

#include "auth/scope.h"
#include "base/json.h"
#include "crm/phone.h"
#include "gate/dnc.h"
#include "gate/gate.h"

/* ---- lists ---- */

struct customer_query {
	const char *
	    q; /* a name (Chinese or pinyin), a whole number, or its last 4..10 digits; NULL: all */
	const char *grade, *status; /* NULL: any */
	int64_t owner_id, unit_id;  /* 0: any */
	const char *sort; /* "recent" (default), "name", "next", "new"; others are refused */
	int64_t size, offset;
};

/** Writes the customers as an array of {"id","name","call_as","gender","grade","status","company",
 *  "owner","unit","phones":[…],"attempts","answered","last_contact_utc_ms","last_result",
 *  "next_contact_utc_ms","next_promise","created_utc_ms"} onto `w`.
 *  @param v          for whole numbers and endings beyond four digits
 *  @param ret_total  all that match within the scope, counted up to 5,000
 *  @return ERR_INVALID E_FIELD_INVALID (q, sort) */
enum err customer_list(const struct scope *sc, struct db *db, const struct vault *v,
                       const struct customer_query *q, struct jw *w, int64_t *ret_total,
                       struct why *why) MUST_USE;

/** Whether the customer is inside. @return ERR_NOT_FOUND E_ROW_NONE */
enum err customer_in_scope(const struct scope *sc, struct db *db, int64_t customer_id,
                           struct why *why) MUST_USE;

/** The card, as one object: CONTRACT of GET /api/v1/customers/{id}. */
enum err customer_card(const struct scope *sc, struct db *db, const struct policy *p,
                       int64_t customer_id, int64_t now_utc_ms, struct jw *w,
                       struct why *why) MUST_USE;

/* ---- changes; inside jobs of the writer ---- */

struct customer_new {
	int64_t id; /* id_new() */
	const char *name, *call_as, *gender, *grade, *company, *source, *remark;
	const char *name_key; /* how the name sorts; customer_add() makes it when NULL */
	const char *fields;   /* a JSON object of the company's own; NULL: {} */
	int64_t owner_id, unit_id, batch_id, cell_id; /* owner, batch 0: none */
	const struct phone_new *phones;
	size_t n_phones; /* at least 1 */
	int64_t now_utc_ms;
};
/** @return ERR_CONFLICT E_PHONE_TAKEN (mask): the number is another customer's already */
enum err customer_add(struct tx *tx, const struct customer_new *c, struct why *why) MUST_USE;

/** Many at once, by the engine's fastest way. Every text must be there, name_key and fields too.
 *  @return ERR_CONFLICT E_DB_UNIQUE: somebody has one of the numbers; none is added */
enum err customer_add_many(struct tx *tx, const struct customer_new *c, size_t n,
                           struct why *why) MUST_USE;

/* NULL and CUSTOMER_KEEP leave a field as it is. */
enum { CUSTOMER_KEEP = -1 };
struct customer_change {
	int64_t id;
	const char *name, *call_as, *gender, *grade, *company, *remark, *next_promise;
	const char *need, *doubt, *feedback, *agreed; /* the card's key points */
	int64_t owner_id, next_contact_utc_ms;        /* 0: none */
	int64_t now_utc_ms;
};
enum err customer_set(struct tx *tx, const struct customer_change *c, struct why *why) MUST_USE;

/** Adds a number to a customer. @return ERR_CONFLICT E_PHONE_TAKEN */
enum err customer_add_phone(struct tx *tx, int64_t customer_id, const struct phone_new *p,
                            int64_t now_utc_ms, struct why *why) MUST_USE;

struct contact_new {
	int64_t id, customer_id;
	const char *name, *relation;
	int64_t now_utc_ms;
};
enum err contact_add(struct tx *tx, const struct contact_new *c, struct why *why) MUST_USE;

enum err contact_add_many(struct tx *tx, const struct contact_new *c, size_t n,
                          struct why *why) MUST_USE;

struct note_new {
	int64_t id, customer_id, call_id, by_id; /* call 0: none */
	const char *text;
	int64_t at_utc_ms;
};
enum err note_add(struct tx *tx, const struct note_new *n, struct why *why) MUST_USE;

/** A call ended: the customer's counters and last contact. By floor/, in the call's commit. */
struct customer_contact {
	int64_t customer_id, agent_id, at_utc_ms;
	bool is_answered;
	const char *result; /* code; NULL: none yet */
};
enum err customer_contacted(struct tx *tx, const struct customer_contact *c,
                            struct why *why) MUST_USE;

/** A call's result was saved or corrected. @param code  of the result set */
enum err customer_result(struct tx *tx, int64_t customer_id, const char *code, int64_t now_utc_ms,
                         struct why *why) MUST_USE;

/** All numbers of a customer go on the do-not-call list, consents are withdrawn, the status becomes
 *  "dnc". @param reason  @param by_id  0: the program */
enum err customer_refuse(struct tx *tx, int64_t customer_id, enum dnc_reason reason,
                         const char *source, int64_t call_id, int64_t by_id, int64_t now_utc_ms,
                         struct why *why) MUST_USE;
/** Takes them off again; consents stay withdrawn. */
enum err customer_unrefuse(struct tx *tx, int64_t customer_id, int64_t now_utc_ms,
                           struct why *why) MUST_USE;

/* ---- the gate's view of a customer ---- */

/** Fills everything of `f` the database knows about calling this phone; f->now_utc_ms, purpose,
 *  campaign, ring_timeout_s, is_requested are the caller's. 0 as phone: the main one.
 *  @param ret_phone  the phone judged */
enum err customer_gate_facts(struct db *db, int64_t customer_id, int64_t phone_id,
                             int64_t caller_number_id, struct gate_facts *f,
                             struct phone *ret_phone, struct why *why) MUST_USE;

/** 'Why is he not dialed?' of the customer's main phone, as the dialer would ask now.
 *  @param campaign_id  0: outside campaigns, no line chosen */
enum err customer_why(const struct scope *sc, struct db *db, const struct policy *p,
                      int64_t customer_id, int64_t campaign_id, int64_t now_utc_ms,
                      struct gate_verdict *ret, struct why *why) MUST_USE;

#endif
