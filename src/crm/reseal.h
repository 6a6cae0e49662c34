/* crm/reseal.h -- sealing again what lies under an older data key: customers' numbers and the rows
 * of imports. In slices: each is one write, safe to run again. */
#ifndef CRM_RESEAL_H
#define CRM_RESEAL_H

#include "gate/vault.h"
#include "store/writer.h"

enum { RESEAL_ROWS = 200 };

/* Where a pass stands. */
struct reseal_at {
	int64_t id,
	    row_no;   /* the last one looked at: phone.id; or import_row's batch_id and row_no */
	int64_t done; /* looked at so far */
};

/** The next RESEAL_ROWS of phone, inside a job. @return ERR_END: there were no more; E_CRYPTO_OPEN
 */
enum err reseal_phones(struct tx *tx, const struct vault *v, struct reseal_at *at,
                       struct why *why) MUST_USE;
enum err reseal_import_rows(struct tx *tx, const struct vault *v, struct reseal_at *at,
                            struct why *why) MUST_USE;

/** Rows of both that are not under the newest key. */
enum err reseal_left(struct db *db, const struct vault *v, int64_t *ret, struct why *why) MUST_USE;
enum err reseal_total(struct db *db, int64_t *ret, struct why *why) MUST_USE;

struct numbers_found {
	int64_t opened, failed;
};
/** Opens every customer's number once and forgets it: do key and database belong together? */
enum err numbers_check(struct db *db, const struct vault *v, struct numbers_found *ret,
                       struct why *why) MUST_USE;

#endif
