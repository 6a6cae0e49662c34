/* dialer/campaign.h -- campaigns and their lists, for people at screens.
 *
 * Reads take the reader's scope first. Changes run inside jobs of the writer; the floor takes them
 * up at its next read of the world. */
#ifndef DIALER_CAMPAIGN_H
#define DIALER_CAMPAIGN_H

#include "auth/scope.h"
#include "store/writer.h"

#define CAMPAIGN_STATE_LIST(X) \
	X(DRAFT, "draft") X(RUNNING, "running") X(PAUSED, "paused") X(ENDED, "ended")
enum campaign_state {
#define X(name, code) CAMPAIGN_##name,
	CAMPAIGN_STATE_LIST(X)
#undef X
	    CAMPAIGN_STATE_COUNT
};

enum { CAMPAIGN_AGENTS_MAX = 500 };

/* For making and changing; in a change NULL and 0 leave a field as it is, agents NULL too. */
struct campaign_form {
	int64_t id;
	const char *name, *mode, *script_key;
	int64_t unit_id, trunk_id, caller_number_id, ring_timeout_s, wrapup_limit_s, max_attempts;
	const int64_t *agents;
	size_t n_agents;
	int64_t by_id, now_utc_ms;
};

/** Makes a draft in the cell of its unit. Without a line it takes the first enabled one there and
 * its first number; the retry rules are those of version (retry, default) in effect. */
enum err campaign_add(struct tx *tx, const struct campaign_form *f, struct why *why) MUST_USE;
/** @return ERR_NOT_FOUND, ERR_CONFLICT E_CAMPAIGN_ENDED */
enum err campaign_edit(struct tx *tx, const struct campaign_form *f, struct why *why) MUST_USE;

/** Start, pause, end. Ending is for ever.
 *  @return ERR_CONFLICT E_CAMPAIGN_ENDED, E_CAMPAIGN_NO_TRUNK (start without a line) */
enum err campaign_set_state(struct tx *tx, int64_t id, enum campaign_state s,
                            struct why *why) MUST_USE;

/** Puts customers with a usable number on the list; who is on it already stays as he is.
 *  @param customer_id  @param ret_added  0 or 1 */
enum err campaign_add_customer(struct tx *tx, int64_t id, int64_t customer_id, int64_t now_utc_ms,
                               int64_t *ret_added, struct why *why) MUST_USE;
/** The same for all customers of an import, at most 500 a call, after `after_id`.
 *  @param ret_last  the last one looked at; 0: no more */
enum err campaign_add_batch(struct tx *tx, int64_t id, int64_t batch_id, int64_t after_id,
                            int64_t now_utc_ms, int64_t *ret_added, int64_t *ret_last,
                            struct why *why) MUST_USE;

struct campaign_row {
	int64_t id, unit_id, trunk_id, caller_number_id, created_utc_ms, ring_timeout_s,
	    wrapup_limit_s, max_attempts;
	const char *name, *mode, *state, *script_key, *purpose, *unit_name; /* until the next row */
	int64_t n_new, n_retry, n_live, n_done, n_blocked;
};
typedef enum err campaign_fn(const struct campaign_row *c, void *ctx, struct why *why);

/** Newest first. */
enum err campaign_each(const struct scope *sc, struct db *db, campaign_fn *fn, void *ctx,
                       struct why *why) MUST_USE;
/** @return ERR_NOT_FOUND E_ROW_NONE when it is not in scope */
enum err campaign_get(const struct scope *sc, struct db *db, int64_t id, campaign_fn *fn, void *ctx,
                      struct why *why) MUST_USE;
/** Running ones the person works on. */
enum err campaign_of_agent(struct db *db, int64_t person_id, campaign_fn *fn, void *ctx,
                           struct why *why) MUST_USE;
enum err campaign_agents(struct db *db, int64_t id, int64_t *ids, size_t max, size_t *ret_n,
                         struct why *why) MUST_USE;

struct task_row {
	int64_t id, customer_id, attempts, due_utc_ms;
	const char *state, *reason, *customer_name, *grade, *number, *province, *city;
};
typedef enum err task_fn(const struct task_row *t, void *ctx, struct why *why);
/** @param state  "": all */
enum err campaign_tasks(struct db *db, int64_t id, const char *state, int64_t size, int64_t offset,
                        task_fn *fn, void *ctx, int64_t *ret_total, struct why *why) MUST_USE;

/** The script a campaign uses now; "" for none. @return ERR_NOT_FOUND E_ROW_NONE */
enum err campaign_script_key(struct db *db, int64_t id, char *key, size_t size,
                             struct why *why) MUST_USE;

#endif
