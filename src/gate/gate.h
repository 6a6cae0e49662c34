/* gate/gate.h -- may this number be called, now, from here?
 *
 * gate() is a pure function of a policy and facts: no clock, no database. It evaluates every rule
 * in the order of its table, the first refusal is the verdict, and the rest is kept for 'why is he
 * not dialed?'. Every attempt on every path passes it twice: over memory before an agent is
 * reserved, and by gate_commit() in the transaction that writes the attempt, with fresh facts. */
#ifndef GATE_GATE_H
#define GATE_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "gate/policy.h"
#include "gate/vault.h"

/* The rules in the order they are asked. X(name, key, Chinese title, English title) */
/* clang-format off */
#define GATE_RULES(X)                                              \
	X(NUMBER, "number", "号码类型", "Kind of number")          \
	X(CAMPAIGN, "campaign", "名单与总开关", "Campaign and main switch") \
	X(DNC, "dnc", "勿扰名单", "Do-not-call list")              \
	X(CONSENT, "consent", "授权依据", "Consent")               \
	X(HOURS, "hours", "拨打时段", "Calling hours")             \
	X(CALLEE, "callee", "号码拨打频次", "Calls to this number") \
	X(CALLER, "caller", "主叫号码", "Caller number")
/* clang-format on */

enum gate_rule {
#define X(name, key, zh, en) GATE_RULE_##name,
	GATE_RULES(X)
#undef X
	    GATE_RULE_COUNT
};

enum gate_campaign {
	GATE_CAMPAIGN_NONE,
	GATE_CAMPAIGN_RUNNING,
	GATE_CAMPAIGN_PAUSED,
	GATE_CAMPAIGN_ENDED
};

enum { GATE_ATTEMPTS = 48 };

/* A call that was made to the number, or is being made. */
struct gate_attempt {
	int64_t utc_ms;
	bool is_answered;
};

struct gate_consent {
	bool is_known;
	char purpose[24]; /* "marketing", "service", ...; "any" fits all */
	int64_t given_utc_ms, expires_utc_ms, withdrawn_utc_ms; /* 0: none */
};

struct gate_caller {
	bool is_needed;     /* false while no line is chosen yet: the rule is then left out */
	bool is_registered; /* a row of caller_number that belongs to this trunk */
	bool is_mobile;
	int64_t valid_from_utc_ms, valid_to_utc_ms;    /* 0: no bound */
	int last_minute, last_hour, last_day, at_once; /* its calls, this one not counted */
};

struct gate_facts {
	int64_t now_utc_ms;
	enum number_kind kind;
	char province[24];   /* Chinese, "" unknown */
	const char *purpose; /* of the call: "marketing" or "service" */
	bool is_requested;   /* the customer asked for this call: appointment, missed call */
	int ring_timeout_s;  /* the call must still ring inside the hours */
	enum gate_campaign campaign; /* NONE: a call outside campaigns */
	bool is_dnc;
	char dnc_reason[32];
	int64_t dnc_at_utc_ms, dnc_expires_utc_ms;
	struct gate_consent consent;                 /* the best one there is */
	struct gate_attempt attempts[GATE_ATTEMPTS]; /* newest first */
	size_t n_attempts;
	struct gate_caller caller;
};

struct gate_check {
	enum gate_rule rule;
	bool is_skipped;      /* nothing to judge yet */
	struct why why;       /* E_NONE: passed */
	int64_t again_utc_ms; /* when it can pass; 0: unknown or never by waiting */
};

struct gate_verdict {
	enum err_code code; /* E_NONE: may be called */
	struct gate_check check[GATE_RULE_COUNT];
	int64_t again_utc_ms; /* when the call becomes possible by waiting alone; 0: never so */
	int64_t policy_version;
};

/** Judges. Pure; any thread. @return ERR_OK, or the kind of ret->code with `why` filled */
enum err gate(const struct policy *p, const struct gate_facts *f, struct gate_verdict *ret,
              struct why *why);

/* ---- facts from the database ---- */

/** What the caller knows of the number and its customer. */
struct gate_subject {
	const unsigned char *hash; /* VAULT_HASH_BYTES of the number: vault_hash() */
	int64_t customer_id;       /* 0: unknown caller; there is no consent then */
	int64_t caller_number_id;  /* 0: no line chosen yet */
};

/** Fills what the database knows: do-not-call, consent, attempts, the caller number. The rest of
 *  `f` (now, kind, province, purpose, campaign, ring timeout, is_requested) is the caller's and is
 *  left as it is, now_utc_ms must be set. */
enum err gate_facts_load(struct db *db, const struct gate_subject *s, struct gate_facts *f,
                         struct why *why) MUST_USE;

/** The commit-time gate: loads the facts again in the transaction that writes the attempt and
 *  judges. Under SQLite's one writer and PostgreSQL's SERIALIZABLE two attempts cannot both pass a
 *  cap. `f` must be filled as for gate_facts_load().
 *  @return ERR_OK also when refused: see ret->code; else the database's error */
enum err gate_commit(struct tx *tx, const struct policy *p, const struct gate_subject *s,
                     struct gate_facts *f, struct gate_verdict *ret, struct why *why) MUST_USE;

/* ---- telling ---- */

/** "ok" or the code's name: attempt.verdict. Static storage. */
const char *gate_verdict_text(const struct gate_verdict *v);

/** Writes
 * {"dialable","code","detail_zh","detail_en","next_possible_utc_ms","policy_version","checks":
 *  [{"code": the rule's key,"ok","skipped","zh","en": its title,"detail_zh","detail_en"}]}: the
 * answer to 'why is he not dialed?' and attempt.verdict_detail. */
void gate_explain(const struct gate_verdict *v, struct jw *w, const char *key);

#endif
