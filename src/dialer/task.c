#include "dialer/task.h"

enum err task_claim(struct tx *tx, int64_t task_id, int64_t agent_id, bool is_paced,
                    int64_t now_utc_ms, struct why *why)
{
	int64_t changed = 0;
	enum err e = db_exec(
	    tx_db(tx),
	    "UPDATE task SET state = 'live', agent_id = ?2, attempts = attempts + 1 "
	    "WHERE id = ?1 AND state IN ('new', 'retry') AND due_utc_ms <= ?3 AND (?4 = 0 OR "
	    "EXISTS (SELECT 1 FROM campaign c WHERE c.id = task.campaign_id AND c.state = "
	    "'running'))",
	    ARGS(V_INT(task_id), V_INT(agent_id), V_INT(is_paced ? now_utc_ms : INT64_MAX),
	         V_INT(is_paced)),
	    &changed, why);
	if (!e && changed == 0)
		e = fail(why, E_TASK_TAKEN);
	return e;
}

enum err task_settle(struct tx *tx, const struct task_settle *s, struct why *why)
{
	return db_exec(tx_db(tx),
	               "UPDATE task SET state = ?2, agent_id = ?3, reason = ?4, "
	               "due_utc_ms = CASE WHEN ?5 > 0 THEN ?5 ELSE due_utc_ms END WHERE id = ?1",
	               ARGS(V_INT(s->task_id), V_TEXT(task_state_code(s->state)), V_ID(s->agent_id),
	                    V_TEXT(s->reason), V_INT(s->due_utc_ms)),
	               NULL, why);
}

enum err task_talked(struct tx *tx, int64_t task_id, int64_t call_id, struct why *why)
{
	return db_exec(
	    tx_db(tx),
	    "UPDATE task SET state = 'done', reason = (SELECT c.result FROM call c WHERE c.id = "
	    "?2) "
	    "WHERE id = ?1 AND state = 'live' AND EXISTS (SELECT 1 FROM call c WHERE c.id = ?2 "
	    "AND c.result IS NOT NULL)",
	    ARGS(V_INT(task_id), V_INT(call_id)), NULL, why);
}
