/* The supervisor's board: who does what, listening in, helping out. */
#include <string.h>

#include "api/api.h"
#include "api/h_floor.h"
#include "api/sse.h"
#include "base/alarm.h"
#include "base/json.h"
#include "team/person.h"
#include "team/unit.h"

enum { BOARD_UNITS = 256 };

/* ---- fields ---- */

static const struct field TILE_CALL[] = {
	F_ID("id"),       F_TEXT("customer_name"), F_TEXT("place"),      F_TEXT("why_zh"),
	F_TEXT("why_en"), F_TEXT("campaign_name"), F_INT("nth_contact"), F_TEXT("direction"),
	F_TEXT("state"),  F_BOOL("held"),          F_BOOL("muted"),      F_END
};
static const struct field ALARM[] = { F_TEXT("kind", .one_of = "wrapup_overdue|break_overdue"),
	                              F_INT("since_utc_ms"), F_TEXT("text_zh"), F_TEXT("text_en"),
	                              F_END };
static const struct field TILE_TODAY[] = { F_INT("dialed"), F_INT("connected"), F_INT("interested"),
	                                   F_INT("talk_ms"), F_END };
static const struct field TILE[] = {
	F_ID("person_id"),
	F_TEXT("job_no"),
	F_TEXT("name"),
	F_ID("unit_id"),
	F_TEXT("role"),
	F_TEXT("status", .one_of = "offline|ready|paused"),
	F_TEXT("reason"),
	F_TEXT("state", .one_of = "idle|reserved|ringing|talking|holding|wrapup"),
	F_INT("since_utc_ms"),
	F_OBJ("call", TILE_CALL, .null = true),
	F_OBJ("alarm", ALARM, .null = true),
	F_OBJ("today", TILE_TODAY),
	F_BOOL("listened"),
	F_END,
};
static const struct field FIGURES[] = { F_INT("dialed"),     F_INT("connected"), F_INT("talk_ms"),
	                                F_INT("interested"), F_INT("wechat"),    F_INT("visits"),
	                                F_INT("deals"),      F_INT("deal_fen"),  F_END };
static const struct field SPARKS[] = {
	F_INTS("dialed", .max = 48),     F_INTS("connected", .max = 48),
	F_INTS("interested", .max = 48), F_INTS("talk_ms", .max = 48),
	F_INTS("deals", .max = 48),      F_END
};
static const struct field STRIP[] = {
	F_INT("dialed"),
	F_INT("connected"),
	F_INT("connect_rate_bp", .null = true),
	F_INT("talk_ms"),
	F_INT("interested"),
	F_INT("wechat"),
	F_INT("visits"),
	F_INT("deals"),
	F_INT("deal_fen"),
	F_INT("pace_bp", .null = true, .doc = "how much of today's calling hours lies behind"),
	F_OBJ("targets", FIGURES),
	F_OBJ("sparks", SPARKS),
	F_END,
};
static const struct field LINES[] = { F_INT("used"), F_INT("limit"), F_END };
static const struct field QUEUE[] = { F_INT("waiting"),
	                              F_INT("longest_ms"),
	                              F_INT("service_level_bp", .null = true),
	                              F_INT("abandon_bp", .null = true),
	                              F_INT("missed_open"),
	                              F_INT("missed_late", .doc = "of these past their due time"),
	                              F_INT("late_since_utc_ms", .null = true),
	                              F_END };
static const struct field LIST[] = { F_ID("campaign_id"), F_TEXT("name"),
	                             F_TEXT("mode"),      F_INT("left"),
	                             F_INT("total"),      F_INT("connect_rate_bp", .null = true),
	                             F_INT("interested"), F_END };
static const struct field HOUSE_ALARM[] = { F_TEXT("kind"), F_INT("since_utc_ms"),
	                                    F_TEXT("text_zh", .max = 500),
	                                    F_TEXT("text_en", .max = 500), F_END };
static const struct field UNIT[] = { F_ID("id"), F_TEXT("name"), F_END };
static const struct field BOARD[] = { F_OBJ("unit", UNIT, .null = true),
	                              F_ARR("agents", TILE),
	                              F_OBJ("strip", STRIP),
	                              F_OBJ("lines", LINES),
	                              F_OBJ("queue", QUEUE),
	                              F_ARR("lists", LIST),
	                              F_ARR("alarms", HOUSE_ALARM),
	                              F_INT("now_utc_ms"),
	                              F_END };
static const struct field STRIP_EVENT[] = { F_ID("unit_id"),       F_OBJ("strip", STRIP),
	                                    F_OBJ("lines", LINES), F_OBJ("queue", QUEUE),
	                                    F_ARR("lists", LIST),  F_END };
static const struct field SNAPSHOT[] = { F_ARR("agents", TILE), F_END };
static const struct field BOARD_QUERY[] = { F_ID("unit_id"), F_END };
static const struct field MONITOR[] = {
	F_ID("person_id", .req = true),
	F_TEXT("mode", .req = true, .one_of = "listen|whisper|barge|off"), F_END
};
static const struct field OFFLINE[] = { F_TEXT("status", .req = true, .one_of = "offline"), F_END };
static const struct field CONFIRM[] = { F_TEXT("confirm", .req = true, .min = 1, .max = 40,
	                                       .doc = "typed out by the supervisor: 结束, end"),
	                                F_END };

/* ---- which units ---- */

struct units {
	const struct scope *scope;
	int64_t top; /* asked for; 0: the whole scope */
	int64_t ids[BOARD_UNITS];
	size_t n;
	char name[128];
	int64_t first;
};

static bool has_id(const struct units *u, int64_t id)
{
	for (size_t i = 0; i < u->n; i++)
		if (u->ids[i] == id)
			return true;
	return false;
}

/* Parents come before children: a unit is inside when it is the one asked for or below one inside.
 */
static enum err look_at_unit(const struct unit *unit, void *ctx, struct why *why)
{
	struct units *u = ctx;
	(void)why;
	if (unit->closed_utc_ms || !scope_has_unit(u->scope, unit->id) || u->n == BOARD_UNITS)
		return ERR_OK;
	if (u->top && unit->id != u->top && !has_id(u, unit->parent_id))
		return ERR_OK;
	if (!u->n) {
		u->first = unit->id;
		snprintf(u->name, sizeof u->name, "%s", unit->name);
	}
	u->ids[u->n++] = unit->id;
	return ERR_OK;
}

static enum err units_of(const struct req *rq, int64_t top, struct units *ret, struct why *why)
{
	*ret = (struct units){ .scope = req_scope(rq), .top = top };
	enum err e = unit_each(req_db(rq), look_at_unit, ret, why);
	return e || ret->n ? e : fail(why, E_ROW_NONE);
}

static enum err load_board(const struct req *rq, int64_t top, json_t **ret, struct why *why)
{
	struct units u;
	enum err e = units_of(rq, top, &u, why);
	if (!e)
		e = floor_req(
		    rq, (struct floor_cmd){ .kind = CMD_BOARD, .unit_ids = u.ids, .n_units = u.n },
		    ret, why);
	if (e)
		return e;
	json_object_set_new(*ret, "unit",
	                    json_pack("{s:o,s:o}", "id", j_id(u.first), "name", j_text(u.name)));
	json_object_set_new(*ret, "now_utc_ms", json_integer(req_now_utc_ms(rq)));
	return ERR_OK;
}

/* What is wrong with the house, not with one agent. */
static json_t *house_alarms(void)
{
	struct alarm_row row[ALARMS_MAX];
	char zh[500], en[500];
	json_t *list = json_array();
	int n = alarm_list(row);
	for (int i = 0; i < n; i++)
		json_array_append_new(
		    list, json_pack("{s:s,s:I,s:s,s:s}", "kind", row[i].key, "since_utc_ms",
		                    (json_int_t)row[i].since_utc_ms, "text_zh",
		                    why_text(&row[i].why, LANG_ZH, zh, sizeof zh), "text_en",
		                    why_text(&row[i].why, LANG_EN, en, sizeof en)));
	return list;
}

static enum err get_board(struct req *rq, struct reply *rp, struct why *why)
{
	json_t *board = NULL;
	enum err e = load_board(rq, req_id(rq, "unit_id"), &board, why);
	if (!e && board)
		json_object_set_new(board, "alarms", house_alarms());
	if (!e)
		reply_json(rp, board);
	else
		json_decref(board);
	return e;
}

/* ---- on a person or a call of the own teams ---- */

static enum err in_reach(const struct person *p, void *ctx, struct why *why)
{
	return scope_has(ctx, 0, p->unit_id) ? ERR_OK : fail(why, E_ROW_NONE);
}

static enum err reach(const struct req *rq, int64_t person_id, struct why *why)
{
	return person_get(req_db(rq), person_id, in_reach, (void *)(uintptr_t)req_scope(rq), why);
}

static enum err audit_job(struct tx *tx, const void *arg, struct why *why)
{
	return audit_add(tx, arg, why);
}

/* What a supervisor does to somebody's call is on record before it happens. */
static enum err put_on_record(const struct req *rq, const char *action, const char *kind,
                              int64_t id, struct why *why)
{
	struct audit a = req_audit(rq, action, kind, id);
	return writer_do(req_writer(rq), LANE_NORMAL, audit_job, &a, why);
}

static enum err post_monitor(struct req *rq, struct reply *rp, struct why *why)
{
	static const struct {
		const char *mode, *action;
	} ACTION[] = { { "listen", "call.listen" },
		       { "whisper", "call.whisper" },
		       { "barge", "call.barge" },
		       { "off", "call.listen_end" } };
	(void)rp;
	int64_t person_id = req_id(rq, "person_id");
	const char *mode = req_text(rq, "mode");
	size_t i = 0;
	while (i < 3 && strcmp(ACTION[i].mode, mode) != 0)
		i++;
	enum err e = reach(rq, person_id, why);
	if (!e)
		e = put_on_record(rq, ACTION[i].action, "person", person_id, why);
	return e ? e
	         : floor_req(rq,
	                     (struct floor_cmd){
				 .kind = CMD_MONITOR, .target_id = person_id, .text = mode },
	                     NULL, why);
}

static enum err to_person(struct req *rq, enum floor_cmd_kind kind, const char *action,
                          struct why *why)
{
	int64_t id = req_id(rq, "id");
	enum err e = reach(rq, id, why);
	if (!e)
		e = put_on_record(rq, action, "person", id, why);
	return e ? e
	         : floor_req(rq, (struct floor_cmd){ .kind = kind, .target_id = id }, NULL, why);
}

static enum err post_remind(struct req *rq, struct reply *rp, struct why *why)
{
	(void)rp;
	return to_person(rq, CMD_REMIND, "agent.remind", why);
}

static enum err post_finish(struct req *rq, struct reply *rp, struct why *why)
{
	(void)rp;
	return to_person(rq, CMD_FINISH, "agent.finish", why);
}

static enum err post_offline(struct req *rq, struct reply *rp, struct why *why)
{
	(void)rp;
	return to_person(rq, CMD_FORCE_OFFLINE, "agent.offline", why);
}

static enum err post_end(struct req *rq, struct reply *rp, struct why *why)
{
	(void)rp;
	struct call_ref call;
	const char *typed = req_text(rq, "confirm");
	if (strcmp(typed, "结束") != 0 && strcmp(typed, "end") != 0 && strcmp(typed, "END") != 0)
		return fail(why, E_FIELD_INVALID, "confirm", "结束 / end");
	enum err e = floor_req_call(rq, &call, why);
	if (!e)
		e = put_on_record(rq, "call.end", "call", call.id, why);
	return e ? e
	         : floor_req(rq, (struct floor_cmd){ .kind = CMD_END_CALL, .call_id = call.id },
	                     NULL, why);
}

/* ---- live ---- */

static enum err greet(struct req *rq, struct sse_stream *st, struct why *why)
{
	if (!req_can(rq, PERM_BOARD_SEE))
		return ERR_OK;
	CLEANUP(json_cleanup) json_t *board = NULL;
	enum err e = load_board(rq, 0, &board, why);
	if (e)
		return e;
	CLEANUP(json_cleanup)
	json_t *snapshot = json_pack("{s:O}", "agents", json_object_get(board, "agents"));
	if (snapshot)
		sse_send(st, "board", snapshot);
	return ERR_OK;
}

/* clang-format off */
static const struct route ROUTES[] = {
	{ HTTP_GET, "/api/v1/board", get_board, .perm = PERM_BOARD_SEE, .query = BOARD_QUERY, .reply = BOARD, .zh = "实时看板", .en = "The live board" },
	{ HTTP_POST, "/api/v1/monitor", post_monitor, .perm = PERM_CALL_MONITOR, .body = MONITOR, .zh = "监听、耳语、强插", .en = "Listen, whisper, barge, stop" },
	{ HTTP_POST, "/api/v1/agents/{id}/remind", post_remind, .perm = PERM_BOARD_SEE, .subject = "person", .zh = "提醒坐席", .en = "Remind an agent" },
	{ HTTP_POST, "/api/v1/agents/{id}/finish", post_finish, .perm = PERM_CALL_END, .subject = "person", .zh = "代结束话后", .en = "End his wrap-up for him" },
	{ HTTP_POST, "/api/v1/agents/{id}/status", post_offline, .perm = PERM_CALL_END, .subject = "person", .body = OFFLINE, .zh = "强制签出", .en = "Sign an agent off" },
	{ HTTP_POST, "/api/v1/calls/{id}/end", post_end, .perm = PERM_CALL_END, .subject = "call", .body = CONFIRM, .zh = "结束他人通话", .en = "End another's call" },
	ROUTE_END
};
static const struct sse_event EVENTS[] = {
	{ "board", SNAPSHOT, "看板快照", "All tiles" },
	{ "tile", TILE, "一位坐席的变化", "One tile" },
	{ "strip", STRIP_EVENT, "今日数字", "Today's figures of a unit with all below it" },
	SSE_EVENT_END
};
/* clang-format on */

const struct api_area API_BOARD = {
	.tag = "board", .routes = ROUTES, .events = EVENTS, .greet = greet
};
