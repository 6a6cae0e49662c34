#include "floor/draft.h"

enum err draft_store(struct tx *tx, int64_t call_id, int64_t person_id, const char *form,
                     int64_t now_utc_ms, struct why *why)
{
	int64_t is_open = 0;
	enum err e = db_int(tx_db(tx), "SELECT COUNT(*) FROM call WHERE id = ?1 AND result IS NULL",
	                    ARGS(V_INT(call_id)), &is_open, why);
	if (e || !is_open)
		return e;
	return db_exec(tx_db(tx),
	               "INSERT INTO call_draft (call_id, person_id, form, saved_utc_ms) VALUES "
	               "(?1, ?2, ?3, ?4) "
	               "ON CONFLICT (call_id) DO UPDATE SET person_id = excluded.person_id, "
	               "form = excluded.form, saved_utc_ms = excluded.saved_utc_ms",
	               ARGS(V_INT(call_id), V_INT(person_id), V_TEXT(form), V_INT(now_utc_ms)),
	               NULL, why);
}

enum err draft_drop(struct tx *tx, int64_t call_id, struct why *why)
{
	return db_exec(tx_db(tx), "DELETE FROM call_draft WHERE call_id = ?1", ARGS(V_INT(call_id)),
	               NULL, why);
}

struct result_form draft_unsaved(const json_t *form)
{
	return (struct result_form){ .code = "unsaved",
		                     .grade = "",
		                     .wechat = json_str(form, "wechat", ""),
		                     .promise = json_str(form, "promise", ""),
		                     .note = json_str(form, "note", "") };
}
