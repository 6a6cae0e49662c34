/* The watchdog: what must always be true, looked at every second. A break is our bug; it is logged,
 * counted and put right, so that no agent and no customer stays stuck for it. */
#include "base/log.h"
#include "floor/floor_int.h"

/* Time for events under way: a BYE, a commit, a recording being closed. */
enum { GRACE_MS = 10000 };

static void broken(struct floor *f, const char *what, int64_t person_id, int64_t call_id)
{
	f->repairs++;
	log_error("floor", "repaired", LOG_S("what", what), LOG_ID("person", person_id),
	          LOG_ID("call", call_id));
}

static void free_agent(struct floor *f, struct seat *s)
{
	s->agent.state = AGENT_IDLE;
	s->agent.state_since_ms = f->now_ms;
	s->agent.call_id = 0;
	s->agent.deadline_ms = 0;
	s->agent.is_wrapup_overdue = false;
	s->live = NULL;
	s->since_utc_ms = f->now_utc_ms;
	seat_changed(f, s);
}

static void check_seat(struct floor *f, struct seat *s)
{
	bool has_call = s->live && s->live->owner == s && s->live->id == s->agent.call_id;
	if (s->agent.state != AGENT_IDLE && !has_call) {
		broken(f, "agent_without_call", s->who.id, s->agent.call_id);
		free_agent(f, s);
	} else if (s->agent.state == AGENT_IDLE && s->live) {
		broken(f, "call_of_idle_agent", s->who.id, s->live->id);
		s->live->owner = NULL;
		s->live = NULL;
	} else if (has_call && s->live->call.state == CALL_ENDED &&
	           s->agent.state != AGENT_WRAPUP) {
		broken(f, "agent_in_ended_call", s->who.id, s->live->id);
		s->live->owner = NULL;
		free_agent(f, s);
	}
	if (s->helping && (s->helping->talker != s || s->helping->call.state == CALL_ENDED)) {
		broken(f, "helper_without_call", s->who.id, s->helping->id);
		s->helping = NULL;
		seat_changed(f, s);
	}
	bool is_offered = false;
	for (const struct live *l = f->lives; l; l = l->next)
		is_offered |= l->transfer.to == s;
	if (s->is_offered_transfer != is_offered) {
		broken(f, "transfer_to_nobody", s->who.id, 0);
		s->is_offered_transfer = is_offered;
		seat_changed(f, s);
	}
}

static bool is_young(const struct floor *f, const struct live *l)
{
	return f->now_ms - l->began_ms < GRACE_MS;
}

static void check_live(struct floor *f, struct live *l)
{
	if (l->call.state == CALL_ENDED || l->is_hang_up_wanted || is_young(f, l))
		return;
	bool is_waiting = l->is_incoming && !l->talker && l->is_routed;
	if (!l->is_committed) {
		broken(f, "commit_lost", 0, l->id);
		live_hang_up(f, l, CAUSE_CANCELLED, CALL_BY_SYSTEM);
	} else if (!l->leg) {
		broken(f, "call_without_leg", 0, l->id);
		live_end(f, l, CAUSE_OTHER, 0, 0, CALL_BY_SYSTEM);
	} else if (!l->owner && !l->talker && !is_waiting) {
		broken(f, "call_without_owner", 0, l->id);
		live_hang_up(f, l, CAUSE_NORMAL, CALL_BY_SYSTEM);
	}
}

void guard_check(struct floor *f)
{
	for (struct seat *s = f->seats; s; s = s->next)
		check_seat(f, s);
	for (struct live *l = f->lives; l; l = l->next)
		check_live(f, l);
}
