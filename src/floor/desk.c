/* The desk state: all an agent's page needs to draw itself. */
#include <string.h>

#include "base/id.h"
#include "base/json.h"
#include "floor/floor_int.h"

static json_t *j_id_or_null(int64_t id)
{
	char text[ID_TEXT_BYTES];
	return id ? json_string(id_text(id, text)) : json_null();
}

static json_t *j_time(int64_t utc_ms)
{
	return utc_ms ? json_integer(utc_ms) : json_null();
}

static json_t *station_json(const struct seat *s)
{
	static const char *const STATE[] = { "none", "connecting", "up", "lost" };
	bool is_elsewhere = s->station_leg && strcmp(s->who.station_kind, "web") == 0 &&
	                    s->station_session_id != s->session_id;
	return json_pack("{s:s,s:s,s:b}", "kind", s->who.station_kind, "state", STATE[s->station],
	                 "elsewhere", is_elsewhere);
}

static json_t *campaign_json(const struct floor *f, const struct seat *s)
{
	const struct campaign *c = f->world ? world_campaign(f->world, s->campaign_id) : NULL;
	if (!c)
		return json_null();
	return json_pack("{s:o,s:s,s:s,s:b}", "id", j_id_or_null(c->id), "name", c->name, "mode",
	                 dial_mode_code(c->mode), "running", c->is_running);
}

json_t *figures_json(const struct figures *g)
{
	json_t *j = json_object();
#define X(name) json_object_set_new(j, #name, json_integer(g->name));
	FIGURE_LIST(X)
#undef X
	return j;
}

static json_t *today_json(const struct floor *f, const struct seat *s)
{
	struct figures g =
	    f->world ? world_person_today(f->world, s->who.id) : (struct figures){ 0 };
	json_t *j = figures_json(&g);
	json_object_set_new(j, "targets",
	                    figures_json(f->world ? &f->world->target : &(struct figures){ 0 }));
	return j;
}

static json_t *pauses_json(const struct floor *f, const struct seat *s)
{
	json_t *j = json_object();
	for (int i = 0; f->world && i < f->world->pauses.n; i++) {
		const struct pause_reason *r = &f->world->pauses.row[i];
		json_object_set_new(j, r->code,
		                    json_pack("{s:i,s:i,s:i,s:s,s:s}", "used",
		                              s->agent.pauses_used[i], "limit", r->per_day,
		                              "minutes", r->minutes, "zh", r->zh, "en", r->en));
	}
	return j;
}

static json_t *transfer_json(const struct live *l)
{
	if (!l->transfer.to)
		return json_null();
	return json_pack("{s:o,s:s,s:s}", "to", j_id_or_null(l->transfer.to->who.id), "name",
	                 l->transfer.to->who.name, "state", "ringing");
}

json_t *live_json(const struct floor *f, const struct seat *s, const struct live *l)
{
	const struct call_facts *c = &l->call.facts;
	const struct target *t = l->target;
	bool is_handed_over = l->owner == s && l->talker && l->talker != s;
	const char *state = is_handed_over ? "ended" : call_state_code(l->call.state);
	json_t *j = json_pack(
	    "{s:o,s:s,s:s,s:b,s:b,s:b,s:I,s:o,s:o,s:o}", "id", j_id_or_null(l->id), "direction",
	    l->is_incoming ? "in" : "out", "state", state, "muted", l->is_muted, "held",
	    l->call.state == CALL_HELD, "recording", l->is_recording, "started_utc_ms",
	    (json_int_t)c->start_utc_ms, "answered_utc_ms", j_time(c->answer_utc_ms),
	    "bridged_utc_ms", j_time(c->bridge_utc_ms), "ended_utc_ms", j_time(c->end_utc_ms));
	if (!j)
		return json_null();
	json_object_set_new(j, "outcome",
	                    c->outcome ? json_string(outcome_code(c->outcome)) : json_null());
	json_object_set_new(j, "result_saved", json_boolean(l->is_result_saved));
	json_object_set_new(j, "wrapup_limit_utc_ms",
	                    j_time(s->agent.state == AGENT_WRAPUP
	                               ? s->since_utc_ms + l->wrapup_limit_s * (int64_t)1000
	                               : 0));
	json_object_set_new(j, "customer_id", j_id_or_null(l->customer_id));
	json_object_set_new(j, "customer_name", json_string(t ? t->name : ""));
	json_object_set_new(j, "call_as", json_string(t ? t->call_as : ""));
	json_object_set_new(j, "number", json_string(l->mask));
	json_object_set_new(j, "place", json_string(l->place));
	json_object_set_new(j, "task_id", j_id_or_null(l->task_id));
	json_object_set_new(j, "campaign_id", j_id_or_null(l->campaign_id));
	json_object_set_new(j, "flags", json_integer(l->flags));
	json_object_set_new(j, "transfer", transfer_json(l));
	json_object_set_new(j, "listened", json_boolean(monitor_is_listened(f, s)));
	json_t *draft = NULL;
	if (l->draft && l->owner == s && json_read_text(l->draft, &draft, NULL))
		draft = NULL;
	json_object_set_new(j, "draft", draft ? draft : json_null());
	return j;
}

/* His own call, the one he helps in, or the one that is being handed to him. */
static const struct live *shown_call(const struct floor *f, const struct seat *s)
{
	if (s->live || s->helping)
		return s->live ? s->live : s->helping;
	for (const struct live *l = f->lives; s->is_offered_transfer && l; l = l->next)
		if (l->transfer.to == s)
			return l;
	return NULL;
}

json_t *desk_json(struct floor *f, const struct seat *s)
{
	const struct live *l = shown_call(f, s);
	const char *state = s->is_offered_transfer && !s->live ? "ringing"
	                    : s->helping                       ? "talking"
	                                                       : agent_state_code(s->agent.state);
	json_t *j =
	    json_pack("{s:s,s:s,s:s,s:I,s:I,s:o,s:o,s:o,s:o,s:o}", "status",
	              agent_status_code(s->agent.status), "reason", s->agent.reason, "state", state,
	              "since_utc_ms", (json_int_t)s->since_utc_ms, "now_utc_ms",
	              (json_int_t)f->now_utc_ms, "station", station_json(s), "campaign",
	              campaign_json(f, s), "call", l ? live_json(f, s, l) : json_null(), "today",
	              today_json(f, s), "pause_left", pauses_json(f, s));
	if (j) {
		json_object_set_new(j, "wrapup_overdue", json_boolean(s->agent.is_wrapup_overdue));
		json_object_set_new(j, "listening_to", j_id_or_null(s->listening_to));
	}
	return j;
}
