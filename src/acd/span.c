#include "acd/span.h"

enum err span_change(struct tx *tx, int64_t end_id, int64_t at_utc_ms, const struct span *next,
                     struct why *why)
{
	if (end_id) {
		enum err e = db_exec(
		    tx_db(tx),
		    "UPDATE agent_span SET to_utc_ms = ?2 WHERE id = ?1 AND to_utc_ms IS NULL",
		    ARGS(V_INT(end_id), V_INT(at_utc_ms)), NULL, why);
		if (e)
			return e;
	}
	if (!next)
		return ERR_OK;
	return db_exec(tx_db(tx),
	               "INSERT INTO agent_span (id, person_id, unit_id, state, reason, "
	               "campaign_id, call_id, from_utc_ms, day, "
	               "cell_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
	               ARGS(V_INT(next->id), V_INT(next->person_id), V_INT(next->unit_id),
	                    V_TEXT(next->state), V_TEXT(next->reason), V_ID(next->campaign_id),
	                    V_ID(next->call_id), V_INT(next->from_utc_ms), V_INT(next->day),
	                    V_INT(next->cell_id)),
	               NULL, why);
}
