/* What an earlier process of this cell left open: put right before anybody calls again. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/id.h"
#include "base/log.h"
#include "base/str.h"
#include "call/record.h"
#include "crm/customer.h"
#include "dialer/task.h"
#include "event/outbox.h"
#include "floor/draft.h"
#include "floor/floor_int.h"

struct cut {
	int64_t call_id, attempt_id, task_id, customer_id, agent_id, recording_id, start_utc_ms,
	    answer_utc_ms, end_utc_ms;
	int64_t now_utc_ms, cell_id, day, result_id;
	struct retry_next next;
	struct recording_end rec;
	bool has_file;
	bool is_form_only; /* the call ended, only its form was open and is closed now */
	json_t *draft;     /* of is_form_only: what stood in it */
};

/* ---- how long is a file whose header was never finished ---- */

static uint32_t le32(const unsigned char *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* Duration by size: everything after the 'data' header is sound. */
static bool wav_size(const char *path, int64_t *ret_bytes, int64_t *ret_ms)
{
	unsigned char h[512];
	struct stat st;
	FILE *in = fopen(path, "rb");
	if (!in)
		return false;
	size_t n = fread(h, 1, sizeof h, in);
	bool ok = fstat(fileno(in), &st) == 0;
	fclose(in);
	uint32_t bytes_per_s = 0;
	for (size_t at = 12; ok && at + 8 <= n;
	     at += 8 + le32(h + at + 4) + (le32(h + at + 4) & 1)) {
		if (memcmp(h + at, "fmt ", 4) == 0 && at + 20 <= n)
			bytes_per_s = le32(h + at + 16);
		if (memcmp(h + at, "data", 4) != 0)
			continue;
		int64_t sound = st.st_size - (int64_t)at - 8;
		if (!bytes_per_s || sound < 0)
			return false;
		*ret_bytes = st.st_size;
		*ret_ms = sound * 1000 / bytes_per_s;
		return true;
	}
	return false;
}

/* ---- one call ---- */

static enum err close_recording(struct tx *tx, const struct cut *c, struct why *why)
{
	if (!c->recording_id)
		return ERR_OK;
	if (!c->has_file && !c->answer_utc_ms)
		return recording_drop(tx, c->recording_id, why);
	return recording_close(tx, &c->rec, why);
}

static enum err close_call(struct tx *tx, const struct cut *c, struct why *why)
{
	const char *outcome = outcome_code(c->answer_utc_ms ? OUTCOME_ANSWERED : OUTCOME_UNKNOWN);
	int64_t talk_ms = c->answer_utc_ms && c->end_utc_ms > c->answer_utc_ms
	                      ? c->end_utc_ms - c->answer_utc_ms
	                      : 0;
	enum err e =
	    db_exec(tx_db(tx),
	            "UPDATE call SET state = 'ended', end_utc_ms = ?2, outcome = ?3, ended_by = "
	            "'system', talk_ms = ?4 "
	            "WHERE id = ?1",
	            ARGS(V_INT(c->call_id), V_INT(c->end_utc_ms), V_TEXT(outcome), V_INT(talk_ms)),
	            NULL, why);
	if (!e)
		e = db_exec(
		    tx_db(tx),
		    "UPDATE leg SET end_utc_ms = ?2 WHERE call_id = ?1 AND end_utc_ms IS NULL",
		    ARGS(V_INT(c->call_id), V_INT(c->end_utc_ms)), NULL, why);
	if (!e && c->attempt_id)
		e = db_exec(
		    tx_db(tx), "UPDATE attempt SET end_utc_ms = ?2, outcome = ?3 WHERE id = ?1",
		    ARGS(V_INT(c->attempt_id), V_INT(c->end_utc_ms), V_TEXT(outcome)), NULL, why);
	if (!e && c->customer_id)
		e = customer_contacted(
		    tx,
		    &(struct customer_contact){ .customer_id = c->customer_id,
		                                .agent_id = c->agent_id,
		                                .at_utc_ms = c->end_utc_ms,
		                                .is_answered = c->answer_utc_ms != 0,
		                                .result = c->answer_utc_ms ? NULL : outcome },
		    why);
	return e ? e
	         : outbox_add(tx, "call.ended", c->call_id, c->cell_id, c->now_utc_ms, NULL, why);
}

static enum err store_result(struct tx *tx, const struct cut *c, struct why *why)
{
	bool is_answered = c->answer_utc_ms != 0;
	struct result_in in = { .id = c->result_id,
		                .call_id = c->call_id,
		                .form = draft_unsaved(c->draft),
		                .now_utc_ms = c->now_utc_ms,
		                .day = c->day };
	if (!is_answered)
		in.form.code = outcome_result(OUTCOME_UNKNOWN);
	enum err e = result_store(tx, &in, why);
	if (e && why->code == E_RESULT_SAVED)
		e = ERR_OK;
	if (!e && c->task_id && !is_answered)
		e = task_settle(tx,
		                &(struct task_settle){ .task_id = c->task_id,
		                                       .state = c->next.state,
		                                       .due_utc_ms = c->next.due_utc_ms,
		                                       .reason = c->next.reason },
		                why);
	return e ? e : call_wrapped(tx, c->call_id, c->now_utc_ms, why);
}

static enum err cut_write(struct tx *tx, const void *arg, struct why *why)
{
	const struct cut *c = arg;
	enum err e = ERR_OK;
	if (!c->is_form_only && ((e = close_call(tx, c, why)) || (e = close_recording(tx, c, why))))
		return e;
	/* Whoever spoke with the customer still knows what came of it: his form waits for him. */
	return c->answer_utc_ms && !c->is_form_only ? ERR_OK : store_result(tx, c, why);
}

static void measure(struct cut *c, const char *dir, const char *path)
{
	int64_t bytes = 0, ms = 0;
	char *full = file_join(dir, path);
	c->has_file = full && wav_size(full, &bytes, &ms);
	free(full);
	c->rec.state = c->has_file ? "cut" : "lost";
	c->rec.bytes = bytes;
	c->rec.duration_ms = ms;
	if (c->has_file && c->answer_utc_ms > c->rec.started_utc_ms)
		c->rec.answer_ms = c->answer_utc_ms - c->rec.started_utc_ms;
	/* The last sound is the latest sign of life. */
	int64_t heard_utc_ms = c->rec.started_utc_ms + ms;
	if (c->has_file && heard_utc_ms > c->end_utc_ms && heard_utc_ms <= c->now_utc_ms)
		c->end_utc_ms = heard_utc_ms;
}

static int64_t latest(const struct rows *r, int from, int to)
{
	int64_t t = 0;
	for (int i = from; i <= to; i++)
		t = rows_int(r, i) > t ? rows_int(r, i) : t;
	return t;
}

static const char OPEN_CALLS[] =
    "SELECT c.id, c.attempt_id, c.task_id, c.customer_id, c.agent_id, c.day, c.start_utc_ms, "
    "c.ring_utc_ms, c.answer_utc_ms, "
    "c.bridge_utc_ms, (SELECT MAX(e.at_utc_ms) FROM call_event e WHERE e.call_id = c.id), r.id, "
    "r.path, r.started_utc_ms, "
    "k.retry, k.max_attempts, t.attempts "
    "FROM call c LEFT JOIN recording r ON r.call_id = c.id LEFT JOIN task t ON t.id = c.task_id "
    "LEFT JOIN campaign k ON k.id = c.campaign_id WHERE c.state = 'live' AND c.cell_id = ?1 ORDER "
    "BY c.id";

static void fill_cut(struct cut *c, const struct rows *r, const char *dir)
{
	c->call_id = rows_int(r, 0);
	c->attempt_id = rows_int(r, 1);
	c->task_id = rows_int(r, 2);
	c->customer_id = rows_int(r, 3);
	c->agent_id = rows_int(r, 4);
	c->day = rows_int(r, 5);
	c->start_utc_ms = rows_int(r, 6);
	c->answer_utc_ms = rows_int(r, 8);
	c->end_utc_ms = latest(r, 6, 10);
	c->recording_id = c->rec.id = rows_int(r, 11);
	c->rec.started_utc_ms = rows_int(r, 13);
	c->result_id = id_new();
	if (c->recording_id)
		measure(c, dir, rows_text(r, 12));
	struct retry_rules rules = { 0 };
	if (c->task_id && retry_read(rows_text(r, 14), (int)rows_int(r, 15), &rules, NULL))
		log_warn("floor", "retry_rules_unread", LOG_ID("call", c->call_id));
	c->next = retry_next(&rules, OUTCOME_UNKNOWN, (int)rows_int(r, 16), c->now_utc_ms);
}

static enum err close_calls(struct db *db, struct writer *w, int64_t cell_id, const char *dir,
                            int64_t now_utc_ms, int *ret_n, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_query(db, OPEN_CALLS, ARGS(V_INT(cell_id)), &r, why);
	while (!e && !(e = rows_next(r, why))) {
		struct cut c = { .now_utc_ms = now_utc_ms, .cell_id = cell_id };
		fill_cut(&c, r, dir);
		e = writer_do(w, LANE_LIVE, cut_write, &c, why);
		(*ret_n)++;
	}
	return e == ERR_END ? ERR_OK : e;
}

/* Forms that nobody will fill any more: too old, not their agent's latest, or without an agent. The
 * rest is given back by form.c. */
static enum err close_forms(struct db *db, struct writer *w, int64_t cell_id, int64_t now_utc_ms,
                            struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e =
	    db_query(db,
	             "SELECT c.id, c.task_id, c.customer_id, c.agent_id, c.answer_utc_ms, c.day, "
	             "d.form FROM call c LEFT JOIN call_draft d ON d.call_id = c.id "
	             "WHERE c.id >= ?2 AND c.cell_id = ?1 AND c.state = 'ended' AND "
	             "c.answer_utc_ms IS NOT NULL AND c.result IS NULL AND (c.start_utc_ms < ?3 OR "
	             "c.agent_id IS NULL OR EXISTS (SELECT 1 FROM call n WHERE n.agent_id = "
	             "c.agent_id AND n.id > c.id AND n.state = 'ended' AND n.answer_utc_ms IS NOT "
	             "NULL AND n.result IS NULL)) "
	             "ORDER BY c.id",
	             ARGS(V_INT(cell_id), V_INT(id_floor(now_utc_ms - FORMS_BACK_MS)),
	                  V_INT(now_utc_ms - FORM_KEPT_MS)),
	             &r, why);
	while (!e && !(e = rows_next(r, why))) {
		struct cut c = { .call_id = rows_int(r, 0),
			         .task_id = rows_int(r, 1),
			         .customer_id = rows_int(r, 2),
			         .agent_id = rows_int(r, 3),
			         .answer_utc_ms = rows_int(r, 4),
			         .day = rows_int(r, 5),
			         .now_utc_ms = now_utc_ms,
			         .cell_id = cell_id,
			         .result_id = id_new(),
			         .is_form_only = true };
		if (!rows_null(r, 6) && json_read_text(rows_text(r, 6), &c.draft, NULL))
			c.draft = NULL;
		e = writer_do(w, LANE_LIVE, cut_write, &c, why);
		json_decref(c.draft);
	}
	return e == ERR_END ? ERR_OK : e;
}

/* ---- calls that had ended, whose file was still being closed ---- */

static enum err recording_write(struct tx *tx, const void *arg, struct why *why)
{
	return close_recording(tx, arg, why);
}

static enum err close_recordings(struct db *db, struct writer *w, int64_t cell_id, const char *dir,
                                 int64_t now_utc_ms, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_query(db,
	                      "SELECT r.id, r.path, r.started_utc_ms, c.answer_utc_ms, "
	                      "c.end_utc_ms FROM recording r JOIN call c ON c.id = r.call_id "
	                      "WHERE r.state = 'live' AND c.state = 'ended' AND r.cell_id = ?1 "
	                      "ORDER BY r.id",
	                      ARGS(V_INT(cell_id)), &r, why);
	while (!e && !(e = rows_next(r, why))) {
		struct cut c = { .recording_id = rows_int(r, 0),
			         .answer_utc_ms = rows_int(r, 3),
			         .end_utc_ms = rows_int(r, 4),
			         .now_utc_ms = now_utc_ms };
		c.rec.id = c.recording_id;
		c.rec.started_utc_ms = rows_int(r, 2);
		measure(&c, dir, rows_text(r, 1));
		e = writer_do(w, LANE_LIVE, recording_write, &c, why);
	}
	return e == ERR_END ? ERR_OK : e;
}

/* ---- what hangs on no call ---- */

struct rest {
	int64_t cell_id, now_utc_ms, last_sign_utc_ms;
};

static enum err rest_write(struct tx *tx, const void *arg, struct why *why)
{
	const struct rest *s = arg;
	enum err e = db_exec(tx_db(tx),
	                     "UPDATE attempt SET end_utc_ms = created_utc_ms, outcome = 'unknown' "
	                     "WHERE cell_id = ?1 AND end_utc_ms IS NULL",
	                     ARGS(V_INT(s->cell_id)), NULL, why);
	if (!e)
		e = db_exec(tx_db(tx),
		            "UPDATE task SET state = 'retry', agent_id = NULL, reason = 'unknown' "
		            "WHERE state = 'live' "
		            "AND campaign_id IN (SELECT id FROM campaign WHERE cell_id = ?1) "
		            "AND NOT EXISTS (SELECT 1 FROM call c WHERE c.customer_id = "
		            "task.customer_id AND c.task_id = task.id AND c.state = 'ended' AND "
		            "c.answer_utc_ms IS NOT NULL AND c.result IS NULL)",
		            ARGS(V_INT(s->cell_id)), NULL, why);
	if (!e)
		e = db_exec(
		    tx_db(tx),
		    "UPDATE recording SET state = 'lost' WHERE state = 'live' AND cell_id = ?1",
		    ARGS(V_INT(s->cell_id)), NULL, why);
	if (!e)
		e = db_exec(tx_db(tx),
		            "UPDATE agent_span SET to_utc_ms = CASE WHEN from_utc_ms > ?2 THEN "
		            "from_utc_ms ELSE ?2 END "
		            "WHERE cell_id = ?1 AND to_utc_ms IS NULL",
		            ARGS(V_INT(s->cell_id), V_INT(s->last_sign_utc_ms)), NULL, why);
	return e;
}

/* When the process was last alive, as far as its rows tell. */
static enum err last_sign(struct db *db, int64_t cell_id, int64_t *ret, struct why *why)
{
	static const char *const SQL[] = {
		"SELECT MAX(created_utc_ms) FROM attempt WHERE cell_id = ?1 AND id >= ?2",
		"SELECT MAX(end_utc_ms) FROM call WHERE cell_id = ?1 AND id >= ?2",
		"SELECT MAX(from_utc_ms) FROM agent_span WHERE cell_id = ?1 AND id >= ?2",
	};
	int64_t open_from = 0;
	enum err e = db_int(
	    db, "SELECT MIN(from_utc_ms) FROM agent_span WHERE cell_id = ?1 AND to_utc_ms IS NULL",
	    ARGS(V_INT(cell_id)), &open_from, why);
	*ret = open_from;
	for (size_t i = 0; !e && i < sizeof SQL / sizeof *SQL; i++) {
		int64_t t = 0;
		e = db_int(db, SQL[i],
		           ARGS(V_INT(cell_id), V_INT(open_from ? id_floor(open_from) : INT64_MAX)),
		           &t, why);
		*ret = t > *ret ? t : *ret;
	}
	return e;
}

enum err floor_recover(struct writer *w, const char *url, int64_t cell_id,
                       const char *recordings_dir, int64_t now_utc_ms, int *ret_closed,
                       struct why *why)
{
	CLEANUP(db_close) struct db *db = NULL;
	struct why own;
	int closed = 0;
	struct rest rest = { .cell_id = cell_id, .now_utc_ms = now_utc_ms };
	why = why ? why : &own;
	enum err e = db_open(url, DB_READ, &db, why);
	if (e || (e = close_calls(db, w, cell_id, recordings_dir, now_utc_ms, &closed, why)) ||
	    (e = close_recordings(db, w, cell_id, recordings_dir, now_utc_ms, why)) ||
	    (e = close_forms(db, w, cell_id, now_utc_ms, why)) ||
	    (e = last_sign(db, cell_id, &rest.last_sign_utc_ms, why)) ||
	    (e = writer_do(w, LANE_LIVE, rest_write, &rest, why)))
		return e;
	if (closed)
		log_info("floor", "recovered", LOG_I("calls", closed));
	if (ret_closed)
		*ret_closed = closed;
	return ERR_OK;
}
