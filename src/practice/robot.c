#include "practice/robot.h"

void robot_init(struct robot *r, const struct robot_manner *m, uint64_t seed)
{
	*r = (struct robot){ .manner = *m, .random = seed * 0x9e3779b97f4a7c15U + 1 };
}

uint32_t robot_random(struct robot *r, uint32_t n)
{
	/* xorshift64 (Marsaglia 2003) */
	r->random ^= r->random << 13;
	r->random ^= r->random >> 7;
	r->random ^= r->random << 17;
	return (uint32_t)((r->random >> 32) % n);
}

static void begin_wrapup(struct robot *r, int64_t call_id, int64_t now_ms)
{
	uint32_t spread = (uint32_t)(r->manner.wrapup_max_ms - r->manner.wrapup_min_ms + 1);
	r->wrapping_id = call_id;
	r->calls++;
	r->save_at_ms = now_ms + r->manner.wrapup_min_ms + robot_random(r, spread);
	if (r->manner.does_dawdle && !r->has_dawdled) {
		r->has_dawdled = true;
		r->save_at_ms = INT64_MAX;
	}
}

static enum robot_do wrap_up(struct robot *r, const struct robot_desk *d, int64_t now_ms)
{
	if (d->call_id != r->wrapping_id)
		begin_wrapup(r, d->call_id, now_ms);
	if (d->is_saved || now_ms < r->save_at_ms)
		return ROBOT_WAIT;
	r->save_at_ms = now_ms + 5000; /* again later, should the server say no */
	int32_t every = r->manner.calls_between_breaks;
	if (every == 0 || r->calls % every != 0)
		return ROBOT_SAVE;
	r->break_ends_ms = now_ms + r->manner.break_ms;
	return ROBOT_SAVE_BREAK;
}

enum robot_do robot_next(struct robot *r, const struct robot_desk *d, int64_t now_ms)
{
	if (!d->is_logged_in)
		return ROBOT_LOG_IN;
	if (!d->has_campaign)
		return ROBOT_CHOOSE_CAMPAIGN;
	if (r->talking_id && (!d->is_bridged || d->call_id != r->talking_id)) {
		r->talking_id = 0;
		return ROBOT_STOP_TALK;
	}
	if (d->is_bridged && d->call_id != r->talking_id) {
		r->talking_id = d->call_id;
		return ROBOT_TALK;
	}
	if (d->is_wrapping_up)
		return wrap_up(r, d, now_ms);
	if (d->is_ready || d->call_id)
		return ROBOT_WAIT;
	return !d->is_paused || now_ms >= r->break_ends_ms ? ROBOT_GO_READY : ROBOT_WAIT;
}
