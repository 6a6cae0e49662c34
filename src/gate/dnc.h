/* gate/dnc.h -- numbers that must not be called, kept as keyed hashes only.
 *
 * A refusal holds for the whole company and all campaigns from its commit on. */
#ifndef GATE_DNC_H
#define GATE_DNC_H

#include <stdint.h>

#include "base/err.h"
#include "gate/vault.h"
#include "store/writer.h"

/* X(name, text, Chinese, English): why a number is on the list. */
/* clang-format off */
#define DNC_REASONS(X)                                                        \
	X(REQUEST, "customer_request", "客户要求不再拨打", "the customer asked") \
	X(COMPLAINT, "complaint", "投诉", "complaint")                        \
	X(REGULATOR, "regulator", "监管要求", "regulator")                    \
	X(CARRIER, "carrier_signal", "运营商拦截", "carrier")                 \
	X(WRONG, "wrong_number", "非本人", "not the person")                  \
	X(MINOR, "minor", "未成年人", "minor")                                \
	X(DECEASED, "deceased", "已故", "deceased")                           \
	X(LITIGATION, "litigation", "诉讼", "litigation")                     \
	X(COMPETITOR, "competitor", "同业", "competitor")                     \
	X(EMPLOYEE, "employee", "员工", "employee")                           \
	X(LIST, "list", "导入的勿扰名单", "imported list")
/* clang-format on */

enum dnc_reason {
#define X(name, text, zh, en) DNC_##name,
	DNC_REASONS(X)
#undef X
	    DNC_REASON_COUNT
};
const char *dnc_reason_text(enum dnc_reason r);
const char *dnc_reason_label(const char *text, enum lang lang); /* the text itself when unknown */
/** @return DNC_REASON_COUNT: no such reason */
enum dnc_reason dnc_reason_parse(const char *text);

/** The refusal that a reason stands for: E_GATE_DNC_REQUEST, … */
enum err_code dnc_error(const char *reason_text);

struct dnc_new {
	unsigned char hash[VAULT_HASH_BYTES];
	char mask[32];
	enum dnc_reason reason;
	const char *source;                  /* "desk", "page", "import" */
	int64_t customer_id, call_id, by_id; /* 0: none */
	int64_t at_utc_ms, expires_utc_ms;   /* 0: for ever */
};

/** Adds it; a number already listed keeps its older entry, the longer term wins. Inside a job. */
enum err dnc_add(struct tx *tx, const struct dnc_new *d, struct why *why) MUST_USE;

/** Takes a number off. @return ERR_NOT_FOUND E_ROW_NONE: it was not listed. Inside a job. */
enum err dnc_remove(struct tx *tx, const unsigned char hash[VAULT_HASH_BYTES],
                    struct why *why) MUST_USE;

struct dnc_entry {
	bool is_listed;
	char reason[32];
	int64_t at_utc_ms, expires_utc_ms;
};
enum err dnc_find(struct db *db, const unsigned char hash[VAULT_HASH_BYTES], int64_t now_utc_ms,
                  struct dnc_entry *ret, struct why *why) MUST_USE;

#endif
