#include "acd/agent.h"

#include <string.h>

#include "base/str.h"

static const char *const STATUS_CODE[] = {
#define X(name, code, zh, en) [AGENT_##name] = code,
	AGENT_STATUS_LIST(X)
#undef X
};

static const char *const STATE_CODE[] = { [AGENT_NONE] = "none",
#define X(name, code, zh, en) [AGENT_##name] = code,
	                                  AGENT_STATE_LIST(X)
#undef X
};

static const char *const EVENT_NAME[] = {
#define X(name) [AGENT_EV_##name] = #name,
	AGENT_EV_LIST(X)
#undef X
};

/* What each event does in each state; an absent cell (AGENT_NONE) is refused. */
static const enum agent_state NEXT[AGENT_STATE_COUNT][AGENT_EV_COUNT] = {
	[AGENT_IDLE] = { [AGENT_EV_RESERVE] = AGENT_RESERVED, [AGENT_EV_RING] = AGENT_RINGING },
	[AGENT_RESERVED] = { [AGENT_EV_RING] = AGENT_RINGING,
	                     [AGENT_EV_TALK] = AGENT_TALKING,
	                     [AGENT_EV_RELEASE] = AGENT_IDLE,
	                     [AGENT_EV_END] = AGENT_WRAPUP },
	[AGENT_RINGING] = { [AGENT_EV_RING] = AGENT_RINGING,
	                    [AGENT_EV_TALK] = AGENT_TALKING,
	                    [AGENT_EV_RELEASE] = AGENT_IDLE,
	                    [AGENT_EV_END] = AGENT_WRAPUP },
	[AGENT_TALKING] = { [AGENT_EV_HOLD] = AGENT_HOLDING,
	                    [AGENT_EV_END] = AGENT_WRAPUP,
	                    [AGENT_EV_RELEASE] = AGENT_IDLE },
	[AGENT_HOLDING] = { [AGENT_EV_RESUME] = AGENT_TALKING,
	                    [AGENT_EV_END] = AGENT_WRAPUP,
	                    [AGENT_EV_RELEASE] = AGENT_IDLE },
	/* No RESERVE and no RING: a call never lands on a half-filled form. */
	[AGENT_WRAPUP] = { [AGENT_EV_FINISH] = AGENT_IDLE },
};

void agent_init(struct agent *a, int64_t now_ms)
{
	*a = (struct agent){ .status = AGENT_OFFLINE,
		             .state = AGENT_IDLE,
		             .status_since_ms = now_ms,
		             .state_since_ms = now_ms };
}

int pause_index(const struct pause_reasons *reasons, const char *code)
{
	for (int i = 0; i < reasons->n; i++)
		if (strcmp(reasons->row[i].code, code) == 0)
			return i;
	return -1;
}

static bool is_in_call(const struct agent *a)
{
	return a->state != AGENT_IDLE && a->state != AGENT_WRAPUP;
}

enum err agent_choose(struct agent *a, enum agent_status status, const char *reason,
                      const struct pause_reasons *reasons, int64_t now_ms, struct why *why)
{
	if (!reason || status != AGENT_PAUSED)
		reason = "";
	if (a->status == status && strcmp(a->reason, reason) == 0)
		return ERR_OK;
	if (status == AGENT_OFFLINE && is_in_call(a))
		return fail(why, E_AGENT_IN_CALL, agent_state_code(a->state));
	if (status == AGENT_PAUSED) {
		int i = pause_index(reasons, reason);
		if (i < 0)
			return fail(why, E_PAUSE_REASON, reason);
		if (reasons->row[i].per_day && a->pauses_used[i] >= reasons->row[i].per_day)
			return fail(why, E_PAUSE_USED_UP, reasons->row[i].zh,
			            reasons->row[i].per_day);
		a->pauses_used[i]++;
	}
	a->status = status;
	a->status_since_ms = now_ms;
	str_copy(a->reason, sizeof a->reason, reason);
	return ERR_OK;
}

void agent_set_aside(struct agent *a, const char *reason, int64_t now_ms)
{
	a->status = AGENT_PAUSED;
	a->status_since_ms = now_ms;
	str_copy(a->reason, sizeof a->reason, reason);
}

static bool keeps_deadline(enum agent_event ev)
{
	return ev == AGENT_EV_RESERVE || ev == AGENT_EV_RING || ev == AGENT_EV_END;
}

enum err agent_on(struct agent *a, enum agent_event ev, int64_t call_id, int64_t deadline_ms,
                  int64_t now_ms, struct why *why)
{
	enum agent_state next = NEXT[a->state][ev];
	if (next == AGENT_NONE || !call_id || (a->call_id && a->call_id != call_id))
		return fail(why, E_AGENT_EVENT, agent_state_code(a->state), EVENT_NAME[ev]);
	if (next != a->state)
		a->state_since_ms = now_ms;
	a->state = next;
	a->deadline_ms = keeps_deadline(ev) ? deadline_ms : 0;
	a->call_id = next == AGENT_IDLE ? 0 : call_id;
	a->is_wrapup_overdue = false;
	return ERR_OK;
}

void agent_resume_wrapup(struct agent *a, int64_t call_id, int64_t deadline_ms, int64_t now_ms)
{
	a->state = AGENT_WRAPUP;
	a->state_since_ms = now_ms;
	a->call_id = call_id;
	a->deadline_ms = deadline_ms;
	a->is_wrapup_overdue = false;
}

bool agent_can_take(const struct agent *a)
{
	return a->status == AGENT_READY && a->state == AGENT_IDLE;
}

bool agent_is_due(struct agent *a, int64_t now_ms)
{
	if (!a->deadline_ms || now_ms < a->deadline_ms)
		return false;
	if (a->state == AGENT_WRAPUP) {
		a->is_wrapup_overdue = true;
		a->deadline_ms = 0;
	}
	return true;
}

bool agent_is_pause_overdue(const struct agent *a, const struct pause_reasons *reasons,
                            int64_t now_ms)
{
	if (a->status != AGENT_PAUSED || a->state != AGENT_IDLE)
		return false;
	int i = pause_index(reasons, a->reason);
	return i >= 0 && reasons->row[i].minutes &&
	       now_ms - a->status_since_ms > reasons->row[i].minutes * (int64_t)60000;
}

const char *agent_status_code(enum agent_status s)
{
	return STATUS_CODE[s];
}

const char *agent_state_code(enum agent_state s)
{
	return STATE_CODE[s];
}

bool agent_status_parse(const char *code, enum agent_status *ret)
{
	for (int i = 0; i < AGENT_STATUS_COUNT; i++) {
		if (strcmp(STATUS_CODE[i], code) == 0) {
			*ret = (enum agent_status)i;
			return true;
		}
	}
	return false;
}
