/* gate/consent.h -- on what ground a customer may be called. Rows are added and withdrawn, never
 * rewritten. */
#ifndef GATE_CONSENT_H
#define GATE_CONSENT_H

#include <stdint.h>

#include "base/err.h"
#include "store/writer.h"

/* X(name, text, Chinese, English): the way of authorisation. NONE never opens the gate. */
/* clang-format off */
#define CONSENT_BASES(X)                                            \
	X(NONE, "none", "无授权", "none")                           \
	X(FORM, "form", "书面同意书", "signed form")                \
	X(WEB, "web", "网页或小程序授权", "web form")               \
	X(APP, "app", "App 内授权", "in the app")                   \
	X(VOICE, "voice", "电话录音同意", "recorded call")          \
	X(EVENT, "event", "线下活动登记", "event registration")     \
	X(INBOUND, "inbound", "客户主动来电", "the customer called") \
	X(PARTNER, "partner", "合作方转授权", "through a partner")  \
	X(EXISTING, "existing", "存量客户服务关系", "existing customer")
/* clang-format on */

enum consent_basis {
#define X(name, text, zh, en) CONSENT_##name,
	CONSENT_BASES(X)
#undef X
	    CONSENT_BASIS_COUNT
};
const char *consent_basis_text(enum consent_basis b);
const char *consent_basis_label(const char *text,
                                enum lang lang); /* the text itself when unknown */
/** Takes the code or either label. @return CONSENT_BASIS_COUNT: no such way */
enum consent_basis consent_basis_parse(const char *text);

struct consent_new {
	int64_t customer_id, batch_id; /* batch 0: none */
	const char *purpose;           /* "marketing", "service" */
	enum consent_basis basis;
	const char *channel;                  /* "voice_human" */
	const char *proof;                    /* a file's or recording's reference; "" none */
	int64_t given_utc_ms, expires_utc_ms; /* 0: no end of its own */
};
enum err consent_add(struct tx *tx, const struct consent_new *c, struct why *why) MUST_USE;

/** Many at once, for imports. */
enum err consent_add_many(struct tx *tx, const struct consent_new *c, size_t n,
                          struct why *why) MUST_USE;

/** Withdraws all of a customer's consents for marketing. Inside a job. */
enum err consent_withdraw(struct tx *tx, int64_t customer_id, int64_t at_utc_ms,
                          struct why *why) MUST_USE;

#endif
