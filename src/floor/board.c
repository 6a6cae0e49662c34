/* The live board: a tile for each person, today's strip of each unit. */
#include <string.h>

#include "base/id.h"
#include "base/zone.h"
#include "floor/floor_int.h"

enum { UNITS_BELOW_MAX = 256 };

static json_t *j_id_or_null(int64_t id)
{
	char text[ID_TEXT_BYTES];
	return id ? json_string(id_text(id, text)) : json_null();
}

/* Null where there is nothing to divide by: no calls are no level, not a bad one. */
static json_t *rate_bp(int64_t part, int64_t whole)
{
	return whole ? json_integer((part * 10000 + whole / 2) / whole) : json_null();
}

static json_t *tile_call(const struct floor *f, const struct seat *s)
{
	const struct live *l = s->live ? s->live : s->helping;
	if (!l)
		return json_null();
	const struct target *t = l->target;
	const struct campaign *c = f->world ? world_campaign(f->world, l->campaign_id) : NULL;
	return json_pack("{s:o,s:s,s:s,s:s,s:s,s:s,s:i,s:s,s:s,s:b,s:b}", "id", j_id_or_null(l->id),
	                 "customer_name", t ? t->name : "", "place", l->place, "why_zh",
	                 t ? t->why_zh : "", "why_en", t ? t->why_en : "", "campaign_name",
	                 c ? c->name : "", "nth_contact", t ? t->nth_contact : 1, "direction",
	                 l->is_incoming ? "in" : "out", "state", call_state_code(l->call.state),
	                 "held", l->call.state == CALL_HELD, "muted", l->is_muted);
}

static json_t *alarm_json(const struct seat *s)
{
	if (s->agent.is_wrapup_overdue)
		return json_pack(
		    "{s:s,s:I,s:s,s:s}", "kind", "wrapup_overdue", "since_utc_ms",
		    (json_int_t)(s->since_utc_ms + (s->live ? s->live->wrapup_limit_s * 1000 : 0)),
		    "text_zh", "超时整理", "text_en", "Form not saved in time");
	if (s->was_paused_overdue)
		return json_pack("{s:s,s:I,s:s,s:s}", "kind", "break_overdue", "since_utc_ms",
		                 (json_int_t)s->since_utc_ms, "text_zh", "休息超时", "text_en",
		                 "Break too long");
	return json_null();
}

json_t *tile_json(struct floor *f, const struct seat *s)
{
	struct figures g =
	    f->world ? world_person_today(f->world, s->who.id) : (struct figures){ 0 };
	return json_pack(
	    "{s:o,s:s,s:s,s:o,s:s,s:s,s:s,s:I,s:s,s:o,s:o,s:{s:I,s:I,s:I,s:I},s:b}", "person_id",
	    j_id_or_null(s->who.id), "job_no", s->who.job_no, "name", s->who.name, "unit_id",
	    j_id_or_null(s->who.unit_id), "status", agent_status_code(s->agent.status), "reason",
	    s->agent.reason, "state", s->helping ? "talking" : agent_state_code(s->agent.state),
	    "since_utc_ms", (json_int_t)s->since_utc_ms, "role", s->who.role, "call",
	    tile_call(f, s), "alarm", alarm_json(s), "today", "dialed", (json_int_t)g.dialed,
	    "connected", (json_int_t)g.connected, "interested", (json_int_t)g.interested, "talk_ms",
	    (json_int_t)g.talk_ms, "listened", monitor_is_listened(f, s));
}

static bool is_in_units(const int64_t *units, size_t n, int64_t unit_id)
{
	for (size_t i = 0; i < n; i++)
		if (units[i] == unit_id)
			return true;
	return false;
}

/* ---- the strip ---- */

static json_t *spark(const int64_t *slot)
{
	json_t *a = json_array();
	for (int i = 0; i < SLOTS; i++)
		json_array_append_new(a, json_integer(slot[i]));
	return a;
}

static int on_duty(const struct floor *f, const int64_t *units, size_t n)
{
	int k = 0;
	for (const struct seat *s = f->seats; s; s = s->next)
		k += !s->is_gone && strcmp(s->who.role, "agent") == 0 &&
		     is_in_units(units, n, s->who.unit_id);
	return k;
}

static json_t *strip_json(const struct floor *f, const int64_t *units, size_t n)
{
	struct figures sum = { 0 }, goal = { 0 };
	int64_t dialed[SLOTS] = { 0 }, connected[SLOTS] = { 0 }, interested[SLOTS] = { 0 };
	int64_t talk_ms[SLOTS] = { 0 }, deals[SLOTS] = { 0 };
	const struct world *w = f->world;
	for (int i = 0; i < w->n_days; i++) {
		const struct person_day *d = &w->days[i];
		if (!is_in_units(units, n, d->unit_id))
			continue;
		figures_add(&sum, &d->f);
		dialed[d->slot] += d->f.dialed;
		connected[d->slot] += d->f.connected;
		interested[d->slot] += d->f.interested;
		talk_ms[d->slot] += d->f.talk_ms;
		deals[d->slot] += d->f.deals;
	}
	for (int i = on_duty(f, units, n); i > 0; i--)
		figures_add(&goal, &w->target);
	json_t *j = figures_json(&sum);
	json_object_set_new(j, "connect_rate_bp", rate_bp(sum.connected, sum.dialed));
	int pace_bp =
	    policy_elapsed_bp(&w->policy, w->day, zone_minute(f->now_utc_ms, f->cfg.zone));
	json_object_set_new(j, "pace_bp", pace_bp < 0 ? json_null() : json_integer(pace_bp));
	json_object_set_new(j, "targets", figures_json(&goal));
	json_object_set_new(j, "sparks",
	                    json_pack("{s:o,s:o,s:o,s:o,s:o}", "dialed", spark(dialed), "connected",
	                              spark(connected), "interested", spark(interested), "talk_ms",
	                              spark(talk_ms), "deals", spark(deals)));
	return j;
}

static json_t *lists_json(const struct floor *f, const int64_t *units, size_t n)
{
	json_t *a = json_array();
	const struct world *w = f->world;
	for (int i = 0; i < w->n_campaigns; i++) {
		const struct campaign *c = &w->campaigns[i];
		struct figures g = { 0 };
		if (!c->is_running || !is_in_units(units, n, c->unit_id))
			continue;
		for (int d = 0; d < w->n_days; d++)
			if (w->days[d].campaign_id == c->id)
				figures_add(&g, &w->days[d].f);
		json_array_append_new(
		    a, json_pack(
			   "{s:o,s:s,s:s,s:I,s:I,s:o,s:I}", "campaign_id", j_id_or_null(c->id),
			   "name", c->name, "mode", dial_mode_code(c->mode), "left",
			   (json_int_t)c->left, "total", (json_int_t)c->total, "connect_rate_bp",
			   rate_bp(g.connected, g.dialed), "interested", (json_int_t)g.interested));
	}
	return a;
}

static json_t *queue_json(const struct floor *f)
{
	int waiting = 0;
	int64_t longest_ms = 0;
	for (const struct live *l = f->lives; l; l = l->next) {
		if (!l->is_incoming || l->talker || l->call.state != CALL_RINGING)
			continue;
		waiting++;
		int64_t ms = f->now_utc_ms - l->call.facts.start_utc_ms;
		longest_ms = ms > longest_ms ? ms : longest_ms;
	}
	const struct incoming_day *d = &f->world->incoming;
	return json_pack("{s:i,s:I,s:o,s:o,s:I,s:I,s:o}", "waiting", waiting, "longest_ms",
	                 (json_int_t)longest_ms, "service_level_bp", rate_bp(d->in_time, d->calls),
	                 "abandon_bp", rate_bp(d->missed, d->calls), "missed_open",
	                 (json_int_t)d->missed_open, "missed_late", (json_int_t)d->missed_late,
	                 "late_since_utc_ms",
	                 d->missed_late ? json_integer(d->late_since_utc_ms) : json_null());
}

static json_t *lines_json(const struct floor *f)
{
	int used = 0;
	for (const struct live *l = f->lives; l; l = l->next)
		used += l->leg != 0;
	return json_pack("{s:i,s:I}", "used", used, "limit", (json_int_t)f->world->line_limit);
}

/* Agents always; who only helps or looks on, while he is there. */
static bool is_shown(const struct seat *s)
{
	return !s->is_gone &&
	       (strcmp(s->who.role, "agent") == 0 || s->agent.status != AGENT_OFFLINE);
}

json_t *board_json(struct floor *f, const int64_t *units, size_t n)
{
	if (!f->world)
		return NULL;
	json_t *agents = json_array();
	for (const struct seat *s = f->seats; s; s = s->next)
		if (is_shown(s) && is_in_units(units, n, s->who.unit_id))
			json_array_append_new(agents, tile_json(f, s));
	return json_pack("{s:o,s:o,s:o,s:o,s:o}", "agents", agents, "strip",
	                 strip_json(f, units, n), "lines", lines_json(f), "queue", queue_json(f),
	                 "lists", lists_json(f, units, n));
}

/* Each unit's figures, with all below it, when they changed; looked at once a second. */
void board_strips(struct floor *f)
{
	const struct world *w = f->world;
	if (!w || !f->is_strip_new)
		return;
	f->is_strip_new = false;
	for (int i = 0; i < w->n_units; i++) {
		int64_t below[UNITS_BELOW_MAX];
		size_t n = 0;
		for (int k = 0; k < w->n_units && n < UNITS_BELOW_MAX; k++)
			if (world_unit_within(w, w->units[k].id, w->units[i].id))
				below[n++] = w->units[k].id;
		json_t *j =
		    json_pack("{s:o,s:o,s:o,s:o,s:o}", "unit_id", j_id_or_null(w->units[i].id),
		              "strip", strip_json(f, below, n), "lines", lines_json(f), "queue",
		              queue_json(f), "lists", lists_json(f, below, n));
		if (!j)
			continue;
		f->cfg.sink.unit(f->cfg.sink.ctx, w->units[i].id, "strip", j);
		json_decref(j);
	}
}
