#include "call/call.h"

static const char *const STATE_CODE[] = { [CALL_NONE] = "none",
#define X(name, code) [CALL_##name] = code,
	                                  CALL_STATE_LIST(X)
#undef X
};

static const char *const EVENT_NAME[] = {
#define X(name) [CALL_EV_##name] = #name,
	CALL_EV_LIST(X)
#undef X
};

static const char *const BY_CODE[] = {
#define X(name, code) [CALL_BY_##name] = code,
	ENDED_BY_LIST(X)
#undef X
};

/* What each event does in each state; an absent cell is refused. A carrier may answer without
 * ringing, ring after early media, and send 180 twice. */
static const enum call_state NEXT[CALL_STATE_COUNT][CALL_EV_COUNT] = {
	[CALL_NEW] = { [CALL_EV_INVITE] = CALL_DIALING, [CALL_EV_END] = CALL_ENDED },
	[CALL_DIALING] = { [CALL_EV_RING] = CALL_RINGING,
	                   [CALL_EV_EARLY] = CALL_EARLY,
	                   [CALL_EV_ANSWER] = CALL_ANSWERED,
	                   [CALL_EV_END] = CALL_ENDED },
	[CALL_RINGING] = { [CALL_EV_RING] = CALL_RINGING,
	                   [CALL_EV_EARLY] = CALL_EARLY,
	                   [CALL_EV_ANSWER] = CALL_ANSWERED,
	                   [CALL_EV_END] = CALL_ENDED },
	[CALL_EARLY] = { [CALL_EV_RING] = CALL_EARLY,
	                 [CALL_EV_EARLY] = CALL_EARLY,
	                 [CALL_EV_ANSWER] = CALL_ANSWERED,
	                 [CALL_EV_END] = CALL_ENDED },
	[CALL_ANSWERED] = { [CALL_EV_BRIDGE] = CALL_BRIDGED, [CALL_EV_END] = CALL_ENDED },
	[CALL_BRIDGED] = { [CALL_EV_BRIDGE] = CALL_BRIDGED,
	                   [CALL_EV_HOLD] = CALL_HELD,
	                   [CALL_EV_UNBRIDGE] = CALL_ANSWERED,
	                   [CALL_EV_END] = CALL_ENDED },
	[CALL_HELD] = { [CALL_EV_RESUME] = CALL_BRIDGED,
	                [CALL_EV_UNBRIDGE] = CALL_ANSWERED,
	                [CALL_EV_END] = CALL_ENDED },
};

void call_init(struct call *c, bool is_incoming, int64_t start_utc_ms)
{
	*c = (struct call){ .state = CALL_NEW, .is_incoming = is_incoming };
	c->facts.start_utc_ms = start_utc_ms;
}

static void set_once(int64_t *at, int64_t utc_ms)
{
	if (!*at)
		*at = utc_ms;
}

/* A clock set back must not make a duration negative. */
static int64_t since(int64_t from_utc_ms, int64_t utc_ms)
{
	return from_utc_ms && utc_ms > from_utc_ms ? utc_ms - from_utc_ms : 0;
}

static void close_part(struct call *c, int64_t utc_ms)
{
	if (c->state == CALL_BRIDGED)
		c->facts.agent_talk_ms += since(c->part_utc_ms, utc_ms);
	if (c->state == CALL_HELD)
		c->facts.hold_ms += since(c->part_utc_ms, utc_ms);
	c->part_utc_ms = utc_ms;
}

enum err call_on(struct call *c, enum call_event ev, int64_t utc_ms, struct why *why)
{
	enum call_state next = NEXT[c->state][ev];
	if (next == CALL_NONE || ev == CALL_EV_END)
		return fail(why, E_CALL_EVENT, call_state_code(c->state), EVENT_NAME[ev]);
	struct call_facts *f = &c->facts;
	if (ev == CALL_EV_INVITE)
		set_once(&f->invite_utc_ms, utc_ms);
	if (ev == CALL_EV_RING || ev == CALL_EV_EARLY)
		set_once(&f->ring_utc_ms, utc_ms);
	if (ev == CALL_EV_ANSWER)
		set_once(&f->answer_utc_ms, utc_ms);
	if (ev == CALL_EV_BRIDGE)
		set_once(&f->bridge_utc_ms, utc_ms);
	if (next != c->state)
		close_part(c, utc_ms);
	if (ev == CALL_EV_HOLD)
		f->hold_count++;
	c->state = next;
	return ERR_OK;
}

bool call_over(struct call *c, const struct call_end *end, int64_t utc_ms)
{
	if (c->state == CALL_ENDED)
		return false;
	struct call_facts *f = &c->facts;
	close_part(c, utc_ms);
	f->end_utc_ms = utc_ms;
	f->talk_ms = since(f->answer_utc_ms, utc_ms);
	f->sip_code = end->sip_code;
	f->q850 = end->q850;
	f->ended_by = end->by;
	f->outcome = outcome_of(&(struct outcome_in){ .is_incoming = c->is_incoming,
	                                              .is_answered = f->answer_utc_ms != 0,
	                                              .cause = end->cause,
	                                              .sip_code = end->sip_code,
	                                              .q850 = end->q850 });
	c->state = CALL_ENDED;
	return true;
}

bool call_is_answered(const struct call *c)
{
	return c->facts.answer_utc_ms != 0;
}

const char *call_state_code(enum call_state s)
{
	return STATE_CODE[s];
}

const char *call_ender_code(enum call_ender by)
{
	return BY_CODE[by];
}
