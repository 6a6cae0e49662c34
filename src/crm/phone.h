/* crm/phone.h -- the numbers of customers: sealed, found by hash or ending, shown masked.
 *
 * A number belongs to one customer: phone.hash is UNIQUE, so parallel imports cannot both take it.
 */
#ifndef CRM_PHONE_H
#define CRM_PHONE_H

#include "base/json.h"
#include "crm/number.h"
#include "gate/vault.h"
#include "store/writer.h"

struct phone {
	int64_t id, customer_id, contact_id;
	enum number_kind kind;
	unsigned char hash[VAULT_HASH_BYTES];
	char mask[NUMBER_MASK_BYTES];
	char province[24], city[24];
	int64_t dead_utc_ms; /* 0: not known to be out of service */
	bool is_dnc;
};

/** A number sealed and placed, ready to be written: made on a worker, outside the transaction. */
struct phone_new {
	int64_t id; /* id_new() */
	struct number number;
	char province[24], city[24];
	unsigned char hash[VAULT_HASH_BYTES];
	unsigned char enc[NUMBER_E164_BYTES + NUMBER_EXT_BYTES + VAULT_SEAL_BYTES];
	size_t enc_bytes;
	int64_t key_id;
};
void phone_seal(const struct vault *v, const struct number *n, struct phone_new *ret);

/** Gives the number to the customer unless somebody has it. Inside a job.
 *  @param ret_owner  whose it is now: `customer_id`, or the one who had it already */
enum err phone_add(struct tx *tx, const struct phone_new *p, int64_t customer_id,
                   int64_t contact_id, int64_t now_utc_ms, int64_t *ret_owner,
                   struct why *why) MUST_USE;

/** The customer of a number. @return ERR_NOT_FOUND E_ROW_NONE */
enum err phone_find(struct db *db, const unsigned char hash[VAULT_HASH_BYTES], struct phone *ret,
                    struct why *why) MUST_USE;
enum err phone_get(struct db *db, int64_t phone_id, struct phone *ret, struct why *why) MUST_USE;

/** The phone to call when none was chosen: mobile first, then the oldest; dead ones last.
 *  @return ERR_NOT_FOUND E_CUSTOMER_NO_PHONE */
enum err phone_main(struct db *db, int64_t customer_id, struct phone *ret,
                    struct why *why) MUST_USE;

/** Decrypts, for the trunk alone: never log it, never send it to a browser, wipe it after use. */
enum err phone_number(struct db *db, const struct vault *v, int64_t phone_id,
                      char ret_e164[NUMBER_E164_BYTES], struct why *why) MUST_USE;

/** Writes a customer's numbers as the array "phones" of {"id","number"
 * masked,"place","kind","dead", "dnc"}. */
enum err phone_list(struct db *db, int64_t customer_id, struct jw *w, struct why *why) MUST_USE;

/** "广东 广州", "北京", "" of a phone's columns. */
void phone_place(const char *province, const char *city, char *ret, size_t size);

/** Marks a number as out of service (空号), or clears that with 0. Inside a job. */
enum err phone_mark_dead(struct tx *tx, int64_t phone_id, int64_t at_utc_ms,
                         struct why *why) MUST_USE;

#endif
