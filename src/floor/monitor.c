/* Supervisors listen, whisper, join. Who may is checked before; here it is only done and kept. */
#include <string.h>

#include "floor/floor_int.h"

static const struct {
	const char *code;
	enum listen listen;
} MODE[] = {
	{ "off", LISTEN_OFF },
	{ "listen", LISTEN_ONLY },
	{ "whisper", LISTEN_WHISPER },
	{ "barge", LISTEN_BARGE },
};

static bool mode_of(const char *code, enum listen *ret)
{
	for (size_t i = 0; i < sizeof MODE / sizeof *MODE; i++) {
		if (strcmp(MODE[i].code, code) == 0) {
			*ret = MODE[i].listen;
			return true;
		}
	}
	return false;
}

static void stop(struct floor *f, struct seat *s)
{
	struct seat *target = seat_by_id(f, s->listening_to);
	s->listening_to = 0;
	s->listen = LISTEN_OFF;
	seat_changed(f, s);
	if (target)
		seat_changed(f, target);
}

enum err monitor_set(struct floor *f, struct seat *s, struct seat *target, const char *mode,
                     struct why *why)
{
	enum listen how;
	if (!mode_of(mode, &how))
		return fail(why, E_FIELD_INVALID, "mode", mode);
	if (how == LISTEN_OFF) {
		if (s->listening_to && s->station == STATION_UP)
			(void)f->cfg.phone.listen(f->cfg.phone.ctx, s->station_leg, 0, LISTEN_OFF,
			                          NULL);
		stop(f, s);
		return ERR_OK;
	}
	enum err e = seat_need_station(f, s, why);
	if (e)
		return e;
	if (s->station != STATION_UP)
		return fail(why, E_STATION_NONE);
	if (s == target || s->agent.state != AGENT_IDLE || s->helping)
		return fail(why, E_AGENT_EVENT, agent_state_code(s->agent.state), "LISTEN");
	if (target->station != STATION_UP)
		return fail(why, E_MONITOR_NOBODY);
	if ((e = f->cfg.phone.listen(f->cfg.phone.ctx, s->station_leg, target->station_leg, how,
	                             why)))
		return e;
	if (s->listening_to && s->listening_to != target->who.id)
		stop(f, s);
	s->listening_to = target->who.id;
	s->listen = how;
	if (target->live && target->live->call.state != CALL_ENDED)
		live_event(f, target->live, mode, s->who.id, "{}");
	seat_changed(f, s);
	seat_changed(f, target);
	return ERR_OK;
}

void monitor_station_lost(struct floor *f, struct seat *gone)
{
	if (gone->listening_to)
		stop(f, gone);
	for (struct seat *s = f->seats; s; s = s->next)
		if (s->listening_to == gone->who.id)
			stop(f, s);
}

/* Silent listening stays silent; who speaks into a call is seen. */
bool monitor_is_listened(const struct floor *f, const struct seat *target)
{
	for (const struct seat *s = f->seats; s; s = s->next)
		if (s->listening_to == target->who.id && s->listen != LISTEN_ONLY)
			return true;
	return false;
}
