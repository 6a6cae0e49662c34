/* Calls: the list, one call in full, its recording, its curve and its words. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api.h"
#include "api/req.h"
#include "audio/peaks.h"
#include "base/zone.h"
#include "report/call_list.h"
#include "report/figures.h"
#include "store/writer.h"

enum { PATH_BYTES = 900, SAME_PLAY_MS = 10 * 60 * 1000 };

/* ---- fields ---- */

static const struct field CUSTOMER_REF[] = { F_ID("id"), F_TEXT("name"),
	                                     F_TEXT("grade", .null = true), F_END };
static const struct field PERSON_REF[] = { F_ID("id"), F_TEXT("job_no"), F_TEXT("name"), F_END };
static const struct field NAMED[] = { F_ID("id"), F_TEXT("name"), F_END };

#define ROW_FIELDS \
	F_ID("id"), F_INT("start_utc_ms"), F_TEXT("direction", .one_of = "in|out"), \
	    F_OBJ("customer", CUSTOMER_REF, .null = true), F_MASK("number"), F_TEXT("place"), \
	    F_OBJ("agent", PERSON_REF, .null = true), F_OBJ("campaign", NAMED, .null = true), \
	    F_TEXT("outcome", .doc = "empty while the call lives"), \
	    F_TEXT("result", .null = true), F_TEXT("grade", .null = true), F_INT("talk_ms"), \
	    F_INT("ring_ms"), F_BOOL("recording"), F_INT("score_centi", .null = true), \
	    F_TEXT("verdict", .null = true, .one_of = "pass|fail"), F_INT("flags")

static const struct field CALL_ROW[] = { ROW_FIELDS, F_END };

static const struct field EVENT[] = { F_INT("at_utc_ms"), F_TEXT("kind"),
	                              F_OBJ("by", PERSON_REF, .null = true), F_JSON("detail"),
	                              F_END };
static const struct field LEG[] = { F_TEXT("kind"),
	                            F_OBJ("person", PERSON_REF, .null = true),
	                            F_INT("start_utc_ms"),
	                            F_INT("answer_utc_ms", .null = true),
	                            F_INT("end_utc_ms", .null = true),
	                            F_INT("sip_code", .null = true),
	                            F_INT("lost_packets", .null = true),
	                            F_INT("jitter_us", .null = true),
	                            F_END };
static const struct field RESULT[] = { F_ID("id"),
	                               F_TEXT("code"),
	                               F_TEXT("grade", .null = true),
	                               F_INT("flags"),
	                               F_TEXT("wechat", .null = true),
	                               F_INT("deal_fen"),
	                               F_INT("next_utc_ms", .null = true),
	                               F_TEXT("promise", .null = true),
	                               F_TEXT("note", .null = true),
	                               F_INT("saved_utc_ms"),
	                               F_OBJ("by", PERSON_REF, .null = true),
	                               F_BOOL("by_system"),
	                               F_TEXT("correct_reason", .null = true),
	                               F_END };
static const struct field REVIEW[] = { F_ID("id"),
	                               F_TEXT("form_key"),
	                               F_TEXT("state", .one_of = "draft|submitted"),
	                               F_INT("score_centi"),
	                               F_INT("max_centi"),
	                               F_TEXT("verdict", .null = true),
	                               F_OBJ("inspector", PERSON_REF, .null = true),
	                               F_END };
static const struct field CHECK[] = { F_TEXT("code"),
	                              F_BOOL("ok"),
	                              F_TEXT("zh", .null = true),
	                              F_TEXT("en", .null = true),
	                              F_TEXT("detail", .null = true),
	                              F_END };
static const struct field ATTEMPT[] = { F_TEXT("verdict"), F_INT("policy_version"),
	                                F_ARR("checks", CHECK, .null = true), F_END };
static const struct field CUSTOMER_THEN[] = {
	F_INT("calls", .doc = "conversations before this call"), F_TEXT("grade", .null = true),
	F_TEXT("status", .null = true, .doc = "the last result before this call"),
	F_TEXT("note", .null = true), F_END
};
static const struct field CALL[] = {
	ROW_FIELDS,
	F_TEXT("mode"),
	F_TEXT("state", .one_of = "live|ended"),
	F_INT("answer_utc_ms", .null = true),
	F_INT("bridge_utc_ms", .null = true),
	F_INT("end_utc_ms", .null = true),
	F_TEXT("ended_by", .null = true),
	F_TEXT("script_key", .null = true),
	F_INT("script_version", .null = true),
	F_INT("hold_ms"),
	F_INT("hold_count"),
	F_INT("sip_code", .null = true),
	F_TEXT("wechat", .null = true),
	F_INT("deal_fen"),
	F_INT("recording_started_utc_ms", .null = true),
	F_INT("recording_answer_ms", .null = true),
	F_INT("recording_ms", .null = true),
	F_TEXT("recording_state", .null = true),
	F_BOOL("has_transcript"),
	F_ARR("events", EVENT),
	F_ARR("legs", LEG),
	F_ARR("results", RESULT),
	F_ARR("reviews", REVIEW),
	F_OBJ("attempt", ATTEMPT, .null = true),
	F_OBJ("customer_then", CUSTOMER_THEN, .null = true),
	F_END,
};
static const struct field PEAKS[] = { F_INT("ms"), F_INT("step_ms"),
	                              F_INTS("customer", .doc = "0..255 a step"), F_INTS("agent"),
	                              F_END };
static const struct field LINE[] = { F_INT("at_ms"), F_INT("end_ms"),
	                             F_TEXT("side", .one_of = "agent|customer"), F_TEXT("text"),
	                             F_END };
static const struct field TRANSCRIPT[] = { F_TEXT("source", .one_of = "practice|asr"),
	                                   F_ARR("lines", LINE), F_END };

static const struct field LIST_QUERY[] = {
	F_INT("from", .doc = "UTC ms"),
	F_INT("to", .doc = "UTC ms"),
	F_ID("agent_id"),
	F_ID("unit_id"),
	F_ID("campaign_id"),
	F_ID("customer_id"),
	F_TEXT("direction", .one_of = "in|out"),
	F_TEXT("outcome", .max = 32),
	F_TEXT("result", .max = 32),
	F_INT("min_talk_ms", .min = 0, .max = 86400000),
	F_BOOL("scored"),
	F_BOOL("recorded"),
	F_TEXT("q", .max = 60, .doc = "a customer's name, last four digits, an agent's job number"),
	F_TEXT("sort", .one_of = "start|-start|talk_ms|-talk_ms"),
	F_TEXT("figure", .max = 40,
	       .doc = "exactly the calls this figure counts; with period and date as in /figures"),
	F_TEXT("period", .one_of = "day|week|month"),
	F_INT("date", .min = 20000101, .max = 29991231),
	F_TEXT("by", .one_of = "agent|team|list"),
	F_PAGE,
	F_END,
};

/* ---- the list ---- */

static enum call_sort sort_of(const char *text)
{
	static const char *const NAMES[CALL_SORT_COUNT] = { [CALL_SORT_NEWEST] = "-start",
		                                            [CALL_SORT_OLDEST] = "start",
		                                            [CALL_SORT_LONGEST] = "-talk_ms",
		                                            [CALL_SORT_SHORTEST] = "talk_ms" };
	for (int i = 0; i < CALL_SORT_COUNT; i++) {
		if (strcmp(text, NAMES[i]) == 0)
			return (enum call_sort)i;
	}
	return CALL_SORT_NEWEST;
}

static int64_t yes_no_any(const struct req *rq, const char *name)
{
	return req_has(rq, name) ? req_bool(rq, name, false) : CALL_ANY;
}

static enum err figure_query_of(struct req *rq, struct figure_query *q, struct why *why)
{
	int today = zone_day(req_now_utc_ms(rq), req_env(rq)->zone);
	const char *period = req_has(rq, "period") ? req_text(rq, "period") : "day";
	*q = (struct figure_query){ .unit_id = req_id(rq, "unit_id"),
		                    .campaign_id = req_id(rq, "campaign_id"),
		                    .agent_id = req_id(rq, "agent_id") };
	enum err e = period_of(period, (int)req_int(rq, "date", today), &q->period, why);
	return e ? e : figure_query_settings(req_db(rq), req_now_utc_ms(rq), q, why);
}

static void ids_drop(int64_t **ids)
{
	free(*ids);
}

static enum err list_figure(struct req *rq, struct reply *rp, struct why *why)
{
	CLEANUP(ids_drop) int64_t *ids = NULL;
	struct figure_query q;
	struct page page = req_page(rq);
	json_t *items = NULL;
	int64_t total = 0;
	int n = 0;
	enum metric m = metric_find(req_text(rq, "figure"));
	if (m == METRIC_COUNT) {
		fail(why, E_FIELD_INVALID, "figure", req_text(rq, "figure"));
		return req_fail_field(rq, "figure", why);
	}
	enum err e = figure_query_of(rq, &q, why);
	if (!e)
		e = figure_calls(req_db(rq), req_scope(rq), &q, m, page.size, page.offset, &ids, &n,
		                 &total, why);
	if (!e)
		e = call_rows(req_db(rq), req_scope(rq), ids, (size_t)n, &items, why);
	if (!e)
		reply_list(rp, items, total, NULL, NULL);
	return e;
}

static enum err get_calls(struct req *rq, struct reply *rp, struct why *why)
{
	struct page page = req_page(rq);
	json_t *items = NULL;
	int64_t total = 0;
	if (req_has(rq, "figure"))
		return list_figure(rq, rp, why);
	struct call_filter f = {
		.from_utc_ms = req_int(rq, "from", 0),
		.to_utc_ms = req_int(rq, "to", 0),
		.agent_id = req_id(rq, "agent_id"),
		.unit_id = req_id(rq, "unit_id"),
		.campaign_id = req_id(rq, "campaign_id"),
		.customer_id = req_id(rq, "customer_id"),
		.direction = req_text(rq, "direction"),
		.outcome = req_text(rq, "outcome"),
		.result = req_text(rq, "result"),
		.min_talk_ms = req_int(rq, "min_talk_ms", 0),
		.is_scored = yes_no_any(rq, "scored"),
		.is_recorded = yes_no_any(rq, "recorded"),
		.find = req_text(rq, "q"),
		.sort = sort_of(req_text(rq, "sort")),
		.size = page.size,
		.offset = page.offset,
	};
	enum err e = call_list(req_db(rq), req_scope(rq), &f, &items, &total, why);
	if (!e)
		reply_list(rp, items, total, NULL, NULL);
	return e;
}

static enum err get_call(struct req *rq, struct reply *rp, struct why *why)
{
	json_t *call = NULL;
	enum err e = call_detail(req_db(rq), req_scope(rq), req_id(rq, "id"), &call, why);
	if (!e)
		reply_json(rp, call);
	return e;
}

/* ---- the recording ---- */

static enum err recording_path(const struct req *rq, const struct call_recording *rec,
                               char path[PATH_BYTES], struct why *why)
{
	/* Rows are ours, yet a path never leaves the directory. */
	if (strstr(rec->path, "..") || rec->path[0] == '/' ||
	    snprintf(path, PATH_BYTES, "%s/recordings/%s", req_env(rq)->data_dir, rec->path) >=
	        PATH_BYTES)
		return fail(why, E_RECORDING_FILE, "path");
	return ERR_OK;
}

static enum err play_write(struct tx *tx, const void *arg, struct why *why)
{
	return audit_add_once(tx, arg, SAME_PLAY_MS, why);
}

/* Nobody hears a customer unseen: the row is committed before the first byte leaves. */
static enum err audit_play(struct req *rq, const struct call_recording *rec, struct why *why)
{
	struct audit a = req_audit(rq, "recording.play", "call", rec->call_id);
	a.unit_id = rec->unit_id;
	return writer_do(req_writer(rq), LANE_NORMAL, play_write, &a, why);
}

static enum err get_recording(struct req *rq, struct reply *rp, struct why *why)
{
	struct call_recording rec;
	char path[PATH_BYTES];
	enum err e = call_recording_get(req_db(rq), req_scope(rq), req_id(rq, "id"), &rec, why);
	if (!e)
		e = recording_path(rq, &rec, path, why);
	if (!e)
		e = reply_file(rp, path, "audio/wav", NULL, why);
	if (e && why->code == E_ROUTE_NONE)
		return fail(why, E_RECORDING_NONE);
	return e ? e : audit_play(rq, &rec, why);
}

static json_t *levels(const uint8_t *level, size_t n)
{
	json_t *a = json_array();
	for (size_t i = 0; i < n; i++)
		json_array_append_new(a, json_integer(level[i]));
	return a;
}

static enum err get_peaks(struct req *rq, struct reply *rp, struct why *why)
{
	CLEANUP(peaks_done) struct peaks p = { 0 };
	struct call_recording rec;
	char path[PATH_BYTES];
	enum err e = call_recording_get(req_db(rq), req_scope(rq), req_id(rq, "id"), &rec, why);
	if (!e)
		e = recording_path(rq, &rec, path, why);
	if (!e)
		e = peaks_cached(path, rec.is_closed, &p, why);
	if (e)
		return why->code == E_FILE_OPEN ? fail(why, E_RECORDING_NONE) : e;
	reply_json(rp, json_pack("{s:I, s:I, s:o, s:o}", "ms", (json_int_t)p.ms, "step_ms",
	                         (json_int_t)p.step_ms, "customer", levels(p.left, p.n), "agent",
	                         levels(p.right, p.n)));
	return ERR_OK;
}

static enum err get_transcript(struct req *rq, struct reply *rp, struct why *why)
{
	json_t *t = NULL;
	enum err e = call_transcript(req_db(rq), req_scope(rq), req_id(rq, "id"), &t, why);
	if (!e)
		reply_json(rp, t);
	return e;
}

static const struct route ROUTES[] = {
	{ HTTP_GET, "/api/v1/calls", get_calls, .perm = PERM_CALL_SEE, .query = LIST_QUERY,
	  .list = CALL_ROW, .zh = "通话列表",
	  .en = "Calls, newest first, or exactly those a figure counts" },
	{ HTTP_GET, "/api/v1/calls/{id}", get_call, .perm = PERM_CALL_SEE, .subject = "call",
	  .reply = CALL, .zh = "一通电话", .en = "One call in full" },
	{ HTTP_GET, "/api/v1/calls/{id}/recording.wav", get_recording, .perm = PERM_RECORDING_PLAY,
	  .subject = "call", .mime = "audio/wav", .zh = "录音",
	  .en = "The recording, customer left, agent right; Range; every play is audited" },
	{ HTTP_GET, "/api/v1/calls/{id}/peaks", get_peaks, .perm = PERM_RECORDING_PLAY,
	  .subject = "call", .reply = PEAKS, .zh = "录音波形",
	  .en = "The loudness curve of both channels" },
	{ HTTP_GET, "/api/v1/calls/{id}/transcript", get_transcript, .perm = PERM_RECORDING_PLAY,
	  .subject = "call", .reply = TRANSCRIPT, .zh = "录音文字", .en = "What was said" },
	ROUTE_END,
};

const struct api_area API_CALLS = { .tag = "calls", .routes = ROUTES };
