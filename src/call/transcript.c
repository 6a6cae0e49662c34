#include "call/transcript.h"

#include <stdlib.h>
#include <string.h>

static void free_text(char **p)
{
	free(*p);
}

static int64_t moved(const json_t *line, const char *key, int64_t by_ms)
{
	int64_t ms = json_int(line, key, 0) + by_ms;
	return ms > 0 ? ms : 0;
}

static json_t *move_lines(const json_t *lines, int64_t by_ms)
{
	json_t *out = json_array();
	for (size_t i = 0; i < json_array_size(lines); i++) {
		const json_t *l = json_array_get(lines, i);
		json_t *line =
		    json_pack("{s:I, s:I, s:s, s:s}", "at_ms", (json_int_t)moved(l, "at_ms", by_ms),
		              "end_ms", (json_int_t)moved(l, "end_ms", by_ms), "side",
		              json_str(l, "side", "customer"), "text", json_str(l, "text", ""));
		if (!out || !line || json_array_append_new(out, line)) {
			json_decref(out);
			return NULL;
		}
	}
	return out;
}

enum err transcript_save(struct tx *tx, const struct transcript *t, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_row(
	    tx_db(tx),
	    "SELECT state, answer_ms FROM recording WHERE call_id = ?1 ORDER BY id DESC LIMIT 1",
	    ARGS(V_INT(t->call_id)), &r, why);
	if (e)
		return e;
	if (strcmp(rows_text(r, 0), "live") == 0)
		return fail(why, E_TRANSCRIPT_EARLY);
	CLEANUP(json_cleanup) json_t *lines = move_lines(t->lines, rows_int(r, 1));
	CLEANUP(free_text) char *text = NULL;
	rows_free(&r);
	if (!lines)
		return fail(why, E_NOMEM);
	if ((e = json_write(lines, &text, why)))
		return e;
	return db_exec(
	    tx_db(tx),
	    "INSERT INTO transcript (call_id, source, lines, made_utc_ms) VALUES (?1, ?2, ?3, ?4) "
	    "ON CONFLICT (call_id) DO UPDATE SET lines = excluded.lines, source = excluded.source",
	    ARGS(V_INT(t->call_id), V_TEXT(t->source), V_TEXT(text), V_INT(t->now_utc_ms)), NULL,
	    why);
}
