/* call/trunk_row.h -- trunks as rows: configuration as JSON, the secret sealed beside it.
 *
 * One table of fields (trunk_fields.def) reads, writes and describes the configuration. */
#ifndef CALL_TRUNK_ROW_H
#define CALL_TRUNK_ROW_H

#include "base/json.h"
#include "store/writer.h"
#include "voice/trunk.h"

struct vault;

/** Fills a configuration from JSON; what is absent keeps the defaults of voice/trunk.h.
 *  @return ERR_INVALID naming the field: unknown, wrong type, out of range, no host */
enum err trunk_cfg_read(const json_t *cfg, struct trunk_cfg *ret, struct why *why) MUST_USE;

/** Writes every field but the secret, as members of the open object. */
void trunk_cfg_write(const struct trunk_cfg *cfg, struct jw *w);

struct trunk_row {
	int64_t id, cell_id;
	bool is_enabled;
	bool has_secret;
	struct trunk_cfg cfg; /* with id, name and opened secret */
};

typedef enum err trunk_row_fn(const struct trunk_row *row, void *ctx, struct why *why);

/** Every trunk by name; `v` NULL: secrets stay closed. An error of `fn` ends it. */
enum err trunk_each(struct db *db, const struct vault *v, trunk_row_fn *fn, void *ctx,
                    struct why *why) MUST_USE;
enum err trunk_get(struct db *db, const struct vault *v, int64_t id, struct trunk_row *ret,
                   struct why *why) MUST_USE;

struct trunk_save {
	int64_t id; /* of a new row: id_new() by the caller */
	int64_t cell_id;
	bool is_new, is_enabled;
	const struct trunk_cfg *cfg; /* name, and the secret when `is_secret_set` */
	bool is_secret_set;
	const struct vault *vault;
};

/** Adds or changes a row. Inside a job. @return ERR_NOT_FOUND */
enum err trunk_save(struct tx *tx, const struct trunk_save *s, struct why *why) MUST_USE;

/** The company's numbers of a trunk: {"id","number","purpose"} objects into the open array. */
enum err caller_numbers_write(struct db *db, int64_t trunk_id, struct jw *w,
                              struct why *why) MUST_USE;

/** Adds a number the carrier granted for the trunk; the same number again is fine. Inside a job.
 *  @return ERR_INVALID: not '+' and 3..15 digits */
enum err caller_number_add(struct tx *tx, int64_t id, int64_t trunk_id, const char *e164,
                           const char *purpose, int64_t from_utc_ms, struct why *why) MUST_USE;

/** Seals the lines' passwords again that lie under an older data key. Inside a job. */
enum err trunk_reseal(struct tx *tx, const struct vault *v, struct why *why) MUST_USE;

#endif
