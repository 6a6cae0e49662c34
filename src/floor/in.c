/* Calls in: who is it, the commit before the answer, who rings, and what becomes of a missed one.
 */
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/log.h"
#include "base/str.h"
#include "crm/number.h"
#include "floor/save_int.h"

enum { ROUTE_AGENTS_MAX = 512 };

struct in_job {
	struct floor_job j;
	const struct vault *vault;
	int64_t call_id, recording_id, trunk_id, unit_id, now_utc_ms, day, cell_id;
	char from[NUMBER_E164_BYTES], rec_path[REC_PATH_BYTES], mask[NUMBER_MASK_BYTES];
	unsigned char hash[VAULT_HASH_BYTES];
	struct target *target; /* whose number it is; NULL: nobody's */
};

static void in_free(struct in_job *j)
{
	target_free(&j->target);
	free(j);
}

static enum err in_read(struct db *db, struct floor_job *j, struct why *why)
{
	struct in_job *in = (struct in_job *)j;
	struct phone p;
	vault_hash(in->vault, in->from, in->hash);
	number_mask(in->from, in->mask);
	enum err e = phone_find(db, in->hash, &p, why);
	if (e == ERR_NOT_FOUND)
		return ERR_OK;
	if (e)
		return e;
	if (!in->target && !(in->target = target_new()))
		return fail(why, E_NOMEM);
	return target_load(db, in->vault, p.customer_id, p.id, 0, in->now_utc_ms, in->target, why);
}

static enum err in_write(struct tx *tx, struct floor_job *j, struct why *why)
{
	const struct in_job *in = (const struct in_job *)j;
	const struct target *t = in->target;
	return call_add(tx,
	                &(struct call_new){ .id = in->call_id,
	                                    .is_incoming = true,
	                                    .mode = "incoming",
	                                    .customer_id = t ? t->customer_id : 0,
	                                    .phone_id = t ? t->phone_id : 0,
	                                    .unit_id = in->unit_id,
	                                    .trunk_id = in->trunk_id,
	                                    .number_mask = in->mask,
	                                    .start_utc_ms = in->now_utc_ms,
	                                    .day = in->day,
	                                    .cell_id = in->cell_id,
	                                    .recording_id = in->recording_id,
	                                    .recording_path = in->rec_path },
	                why);
}

static enum err in_encode(const void *kept, struct str *out, struct why *why)
{
	const struct in_job *in = kept;
	return save_encode_never(&(struct never_made){ .call_id = in->call_id,
	                                               .recording_id = in->recording_id,
	                                               .unit_id = in->unit_id,
	                                               .now_utc_ms = in->now_utc_ms,
	                                               .day = in->day,
	                                               .cell_id = in->cell_id },
	                         out, why);
}

const struct writer_kind OFFERED_KIND = {
	.name = "offered", .encode = in_encode, .enter = save_enter, .is_undone = true
};

static void in_written(struct floor *f, struct floor_job *j)
{
	struct in_job *in = (struct in_job *)j;
	struct live *l = live_by_id(f, in->call_id);
	if (j->e) {
		log_error("floor", "incoming_unwritten", LOG_ID("call", in->call_id),
		          LOG_WHY(&j->why));
		if (l && l->leg)
			(void)f->cfg.phone.reject(f->cfg.phone.ctx, l->leg, CAUSE_TRUNK_FAIL, NULL);
		if (l)
			live_free(f, l);
	} else if (l) {
		l->is_committed = true;
		l->is_dirty = true;
		if (l->call.state != CALL_ENDED) {
			l->is_routed = true;
			l->route.began_ms = f->now_ms;
		}
		if (l->is_hang_up_wanted && l->call.state != CALL_ENDED)
			live_end(f, l, l->wanted_cause, 0, 0, l->wanted_by);
	}
	in_free(in);
}

/* The team of whom he knows; else the one he belongs to, which may be a whole department. */
static int64_t unit_of_caller(const struct floor *f, const struct target *t)
{
	const struct seat *s = seat_by_id(f, t->owner_id);
	if (!s || s->is_gone)
		s = seat_by_id(f, t->last_agent_id);
	return s && !s->is_gone ? s->who.unit_id : t->unit_id;
}

static void in_known(struct floor *f, struct floor_job *j)
{
	struct in_job *in = (struct in_job *)j;
	struct live *l = live_by_id(f, in->call_id);
	if (j->e)
		log_warn("floor", "caller_unread", LOG_ID("call", in->call_id), LOG_WHY(&j->why));
	if (!l) {
		in_free(in);
		return;
	}
	if (in->target && !j->e) {
		struct target *t = in->target;
		in->unit_id = l->unit_id = unit_of_caller(f, t);
		l->route.owner_id = t->owner_id;
		l->route.last_agent_id = t->last_agent_id;
		l->route.unit_id = l->unit_id;
		l->customer_id = t->customer_id;
		l->phone_id = t->phone_id;
		l->target = target_new();
		if (l->target)
			*l->target = *t;
		str_copy(l->place, sizeof l->place, t->place);
	} else {
		target_free(&in->target);
	}
	str_copy(l->mask, sizeof l->mask, in->mask);
	memcpy(l->hash, in->hash, sizeof l->hash);
	*j = (struct floor_job){ .write = in_write, .done = in_written, .kind = &OFFERED_KIND };
	struct why why;
	if (floor_write(f, LANE_LIVE, j, &why)) {
		j->e = ERR_BUSY;
		j->why = why;
		in_written(f, j);
	}
}

/* A stranger belongs to the team whose campaign uses the line, else to the house. */
static int64_t unit_of_trunk(const struct world *w, int64_t trunk_id)
{
	for (int i = 0; i < w->n_campaigns; i++)
		if (w->campaigns[i].trunk_id == trunk_id)
			return w->campaigns[i].unit_id;
	return w->n_units ? w->units[0].id : 0;
}

void in_offer(struct floor *f, const struct leg_event *ev)
{
	struct live *l = f->world && !f->is_draining && f->epoch ? live_new(f, true) : NULL;
	struct in_job *in = l ? calloc(1, sizeof *in) : NULL;
	if (!in) {
		if (l)
			live_free(f, l);
		(void)f->cfg.phone.reject(f->cfg.phone.ctx, ev->leg, CAUSE_TRUNK_LIMIT, NULL);
		return;
	}
	char id[ID_TEXT_BYTES];
	l->leg = ev->leg;
	if (f->cfg.phone.name_call)
		f->cfg.phone.name_call(f->cfg.phone.ctx, l->leg, l->id);
	log_info("floor", "call_in", LOG_ID("call", l->id), LOG_ID("leg", l->leg),
	         LOG_ID("trunk", ev->trunk_id));
	l->trunk_id = ev->trunk_id;
	l->unit_id = unit_of_trunk(f->world, ev->trunk_id);
	l->recording_id = id_new();
	l->wrapup_limit_s = (int)f->world->settings.wrapup_limit_s;
	snprintf(l->rec_path, sizeof l->rec_path, "%d/%s.wav", floor_day(f), id_text(l->id, id));
	live_on(f, l, CALL_EV_INVITE);
	live_on(f, l, CALL_EV_RING);
	live_leg_row(f, l, "trunk", 0);
	live_event(f, l, "ring", 0, "{}");
	(void)f->cfg.phone.ring(f->cfg.phone.ctx, ev->leg, NULL);
	*in = (struct in_job){ .j = { .read = in_read, .done = in_known },
		               .vault = f->cfg.vault,
		               .call_id = l->id,
		               .recording_id = l->recording_id,
		               .trunk_id = l->trunk_id,
		               .unit_id = l->unit_id,
		               .now_utc_ms = f->now_utc_ms,
		               .day = floor_day(f),
		               .cell_id = f->cfg.cell->cell_id };
	str_copy(in->from, sizeof in->from, ev->from ? ev->from : "");
	str_copy(in->rec_path, sizeof in->rec_path, l->rec_path);
	if (floor_read(f, &in->j, NULL)) {
		in_free(in);
		(void)f->cfg.phone.reject(f->cfg.phone.ctx, ev->leg, CAUSE_TRUNK_LIMIT, NULL);
		live_free(f, l);
	}
}

void in_withdraw(struct floor *f, struct live *l, bool is_aside)
{
	struct seat *s = l->owner;
	route_lost_agent(&l->route);
	if (!s)
		return;
	l->owner = NULL;
	l->agent_id = 0;
	s->live = NULL;
	if (s->station == STATION_UP)
		(void)f->cfg.phone.stop(f->cfg.phone.ctx, s->station_leg, NULL);
	seat_event(f, s, AGENT_EV_RELEASE, l, 0);
	/* He is not at his place: else the same caller rings an empty chair again. */
	if (is_aside)
		seat_aside(f, s, "missed");
}

static void offer_to(struct floor *f, struct live *l, struct seat *s)
{
	l->owner = s;
	l->agent_id = s->who.id;
	s->live = l;
	(void)f->cfg.phone.tone(f->cfg.phone.ctx, s->station_leg, TONE_RINGBACK, 0, NULL);
	char detail[64];
	snprintf(detail, sizeof detail, "{\"offered_to\":\"%lld\"}", (long long)s->who.id);
	live_event(f, l, "ring", s->who.id, detail);
	seat_event(f, s, AGENT_EV_RING, l, l->route.offer_until_ms);
}

/* Who is of a team below the wanted unit counts as of that unit. */
static int route_agents(const struct floor *f, int64_t unit_id, struct route_agent *ret)
{
	int n = 0;
	for (const struct seat *s = f->seats; s && n < ROUTE_AGENTS_MAX; s = s->next) {
		if (s->agent.status == AGENT_OFFLINE)
			continue;
		bool is_within = world_unit_within(f->world, s->who.unit_id, unit_id);
		ret[n++] = (struct route_agent){ s->who.id, is_within ? unit_id : s->who.unit_id,
			                         seat_can_take(s), s->agent.state_since_ms };
	}
	return n;
}

static void route_one(struct floor *f, struct live *l)
{
	const struct settings *set = &f->world->settings;
	struct route_policy p = { .owner_ring_ms = set->callback_owner_ring_s * 1000,
		                  .team_ring_ms = set->callback_team_ring_s * 1000,
		                  .wait_max_ms = set->callback_wait_s * 1000 };
	/* An offer may be withdrawn and the next one made at the same moment. */
	for (int i = 0; i < 2; i++) {
		struct route_agent agents[ROUTE_AGENTS_MAX];
		struct route_step step = route_next(
		    &l->route, &p, agents, route_agents(f, l->route.unit_id, agents), f->now_ms);
		struct seat *s = seat_by_id(f, step.person_id);
		if (step.kind == ROUTE_OFFER && s)
			offer_to(f, l, s);
		else if (step.kind == ROUTE_WITHDRAW)
			in_withdraw(f, l, true);
		else if (step.kind == ROUTE_MISSED)
			live_hang_up(f, l, CAUSE_NO_ANSWER, CALL_BY_SYSTEM);
		if (step.kind != ROUTE_WITHDRAW)
			return;
	}
}

void in_route(struct floor *f)
{
	for (struct live *l = f->lives; l && f->world; l = l->next)
		if (l->is_routed && !l->talker && l->call.state == CALL_RINGING &&
		    !l->is_hang_up_wanted)
			route_one(f, l);
}

enum err in_answer(struct floor *f, struct seat *s, struct live *l, struct why *why)
{
	if (l->owner != s || l->call.state != CALL_RINGING || !l->leg)
		return fail(why, E_CALL_OVER);
	enum err e = f->cfg.phone.answer(f->cfg.phone.ctx, l->leg, why);
	if (e)
		return e;
	l->is_routed = false;
	l->route.offered_to = 0;
	(void)f->cfg.phone.stop(f->cfg.phone.ctx, s->station_leg, NULL);
	char path[WORLD_URI_BYTES + REC_PATH_BYTES];
	snprintf(path, sizeof path, "%s/%s", f->recordings_dir, l->rec_path);
	struct why no;
	if (f->cfg.phone.record(f->cfg.phone.ctx, l->leg, path, &no))
		log_error("floor", "not_recorded", LOG_ID("call", l->id), LOG_WHY(&no));
	else
		l->is_recording = true;
	live_answered(f, l);
	return ERR_OK;
}
