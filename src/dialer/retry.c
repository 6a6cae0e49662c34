#include "dialer/retry.h"

#include <string.h>

#include "base/json.h"
#include "gate/gate.h"

static const char *const STATE_CODE[] = {
#define X(name, code) [TASK_##name] = code,
	TASK_STATE_LIST(X)
#undef X
};

enum { RETRY_MAX_S = 366 * 86400, RETRY_MAX_TIMES = 100, LOOK_AGAIN_MS = 60000 };

struct retry_next retry_next(const struct retry_rules *r, enum outcome o, int attempts,
                             int64_t now_utc_ms)
{
	const struct retry_rule *rule = &r->of[o];
	struct retry_next n = { .state = TASK_DONE, .reason = outcome_code(o) };
	/* A person decides after a conversation; the task rests until the result is saved. */
	if (o == OUTCOME_ANSWERED)
		return n;
	if (r->max_attempts && attempts >= r->max_attempts) {
		n.reason = "max_attempts";
		return n;
	}
	if (attempts < rule->times) {
		n.state = TASK_RETRY;
		n.due_utc_ms = now_utc_ms + rule->after_s * 1000;
	}
	return n;
}

static enum gate_rule refusing_rule(const struct gate_verdict *v)
{
	int i = 0;
	while (i < GATE_RULE_COUNT - 1 && v->check[i].why.code == E_NONE)
		i++;
	return (enum gate_rule)i;
}

struct retry_next retry_refused(const struct gate_verdict *v, int64_t now_utc_ms)
{
	enum gate_rule rule = refusing_rule(v);
	bool is_ours = rule == GATE_RULE_CAMPAIGN || rule == GATE_RULE_CALLER;
	struct retry_next n = { .state = TASK_BLOCKED, .reason = gate_verdict_text(v) };
	if (v->again_utc_ms || is_ours) {
		n.state = TASK_RETRY;
		n.due_utc_ms = v->again_utc_ms ? v->again_utc_ms : now_utc_ms + LOOK_AGAIN_MS;
	}
	return n;
}

enum err retry_read(const char *text, int max_attempts, struct retry_rules *ret, struct why *why)
{
	CLEANUP(json_cleanup) json_t *j = NULL;
	enum err e = json_read_text(text, &j, why);
	if (e)
		return e;
	if (!json_is_object(j))
		return fail(why, E_RETRY_RULES, "{}", "object expected");
	struct retry_rules r = { .max_attempts = max_attempts };
	const char *key;
	json_t *row;
	json_object_foreach(j, key, row)
	{
		enum outcome o = outcome_parse(key);
		int64_t after_s, times;
		if (strcmp(outcome_code(o), key) != 0 || o == OUTCOME_NONE)
			return fail(why, E_RETRY_RULES, key, "no such outcome");
		if ((e = json_get_int(row, "after_s", 0, RETRY_MAX_S, &after_s, why)) ||
		    (e = json_get_int(row, "times", 0, RETRY_MAX_TIMES, &times, why)))
			return e;
		r.of[o] = (struct retry_rule){ after_s, (int)times };
	}
	*ret = r;
	return ERR_OK;
}

const char *task_state_code(enum task_state s)
{
	return STATE_CODE[s];
}
