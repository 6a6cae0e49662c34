/* What people do in a call: mute, hold, keypad, hang up, hand over. */
#include <stdio.h>
#include <string.h>

#include "floor/floor_int.h"

static enum err need_talk(const struct seat *s, const struct live *l, struct why *why)
{
	if (l->talker != s || (l->call.state != CALL_BRIDGED && l->call.state != CALL_HELD))
		return fail(why, E_CALL_EVENT, call_state_code(l->call.state), "TALK");
	return ERR_OK;
}

enum err talk_hangup(struct floor *f, struct seat *s, struct live *l, struct why *why)
{
	if (l->call.state == CALL_ENDED)
		return fail(why, E_CALL_OVER);
	if (l->is_incoming && !l->talker) {
		in_withdraw(f, l, true); /* refused by him: the next one rings */
		return ERR_OK;
	}
	if (l->talker && l->talker != s)
		return fail(why, E_CALL_NOT_YOURS);
	live_hang_up(f, l, call_is_answered(&l->call) ? CAUSE_NORMAL : CAUSE_CANCELLED,
	             CALL_BY_AGENT);
	return ERR_OK;
}

enum err talk_mute(struct floor *f, struct seat *s, struct live *l, bool on, struct why *why)
{
	enum err e = need_talk(s, l, why);
	if (e || on == l->is_muted ||
	    (e = f->cfg.phone.mute(f->cfg.phone.ctx, s->station_leg, on, why)))
		return e;
	l->is_muted = on;
	live_event(f, l, on ? "mute" : "unmute", s->who.id, "{}");
	seat_changed(f, s);
	return ERR_OK;
}

enum err talk_hold(struct floor *f, struct seat *s, struct live *l, bool on, struct why *why)
{
	enum err e = need_talk(s, l, why);
	if (e || on == (l->call.state == CALL_HELD))
		return e;
	if ((e = f->cfg.phone.hold(f->cfg.phone.ctx, l->leg, on, why)) ||
	    (e = call_on(&l->call, on ? CALL_EV_HOLD : CALL_EV_RESUME, live_utc_ms(f, l), why)))
		return e;
	live_event(f, l, on ? "hold" : "resume", s->who.id, "{}");
	if (l->owner == s)
		seat_event(f, s, on ? AGENT_EV_HOLD : AGENT_EV_RESUME, l, 0);
	seat_changed(f, s);
	return ERR_OK;
}

enum err talk_digits(struct floor *f, struct seat *s, struct live *l, const char *digits,
                     struct why *why)
{
	enum err e = need_talk(s, l, why);
	if (e || (e = f->cfg.phone.digits(f->cfg.phone.ctx, l->leg, digits, why)))
		return e;
	/* Which keys is nobody's business: they may be a card number. */
	char detail[32];
	snprintf(detail, sizeof detail, "{\"sent\":%zu}", strlen(digits));
	live_event(f, l, "digit", s->who.id, detail);
	return ERR_OK;
}

/* ---- handing over: the other rings while the agent goes on talking ---- */

static bool is_supervisor(const struct seat *s)
{
	return strcmp(s->who.role, "supervisor") == 0;
}

/* Whether a call may ring at his desk beside the dialer's: a supervisor need not be 'ready'. */
static bool can_help(const struct seat *s)
{
	return s->station == STATION_UP && s->agent.state == AGENT_IDLE && !s->helping &&
	       !s->live && !s->is_gone && !s->is_offered_transfer &&
	       (is_supervisor(s) || s->agent.status == AGENT_READY);
}

static struct seat *some_supervisor(struct floor *f, const struct seat *asker)
{
	struct seat *best = NULL;
	for (struct seat *s = f->seats; s; s = s->next) {
		if (s == asker || !is_supervisor(s) || !can_help(s) ||
		    !world_unit_within(f->world, asker->who.unit_id, s->who.unit_id))
			continue;
		/* The own team's first, then the one above. */
		if (!best || (s->who.unit_id == asker->who.unit_id &&
		              best->who.unit_id != asker->who.unit_id))
			best = s;
	}
	return best;
}

enum err talk_transfer(struct floor *f, struct seat *s, struct live *l, int64_t target_id,
                       struct why *why)
{
	enum err e = need_talk(s, l, why);
	if (e)
		return e;
	if (l->transfer.to)
		return fail(why, E_TRANSFER_RUNNING);
	struct seat *to = target_id ? seat_by_id(f, target_id) : some_supervisor(f, s);
	if (!to || to == s || !can_help(to))
		return fail(why, E_TRANSFER_NOBODY);
	l->transfer =
	    (struct transfer){ to, f->now_ms + f->world->settings.callback_owner_ring_s * 1000 };
	to->is_offered_transfer = true;
	(void)f->cfg.phone.tone(f->cfg.phone.ctx, to->station_leg, TONE_RINGBACK, 0, NULL);
	char detail[64];
	snprintf(detail, sizeof detail, "{\"to\":\"%lld\"}", (long long)to->who.id);
	live_event(f, l, "transfer", s->who.id, detail);
	seat_changed(f, s);
	seat_changed(f, to);
	return ERR_OK;
}

void talk_transfer_drop(struct floor *f, struct live *l, const char *reason)
{
	struct seat *to = l->transfer.to;
	l->transfer = (struct transfer){ 0 };
	if (!to)
		return;
	to->is_offered_transfer = false;
	if (to->station == STATION_UP)
		(void)f->cfg.phone.stop(f->cfg.phone.ctx, to->station_leg, NULL);
	char detail[64];
	snprintf(detail, sizeof detail, "{\"dropped\":\"%s\"}", reason);
	live_event(f, l, "transfer", to->who.id, detail);
	seat_changed(f, to);
	if (l->owner)
		seat_changed(f, l->owner);
}

enum err talk_transfer_cancel(struct floor *f, struct live *l, struct why *why)
{
	if (!l->transfer.to)
		return fail(why, E_TRANSFER_NOBODY);
	talk_transfer_drop(f, l, "cancelled");
	return ERR_OK;
}

enum err talk_transfer_accept(struct floor *f, struct seat *to, struct live *l, struct why *why)
{
	if (l->transfer.to != to || l->call.state == CALL_ENDED)
		return fail(why, E_CALL_OVER);
	struct seat *from = l->talker;
	l->transfer = (struct transfer){ 0 };
	to->is_offered_transfer = false;
	(void)f->cfg.phone.stop(f->cfg.phone.ctx, to->station_leg, NULL);
	if (l->call.state == CALL_HELD) {
		(void)f->cfg.phone.hold(f->cfg.phone.ctx, l->leg, false, NULL);
		live_on(f, l, CALL_EV_RESUME);
	}
	if (l->is_muted && from) {
		(void)f->cfg.phone.mute(f->cfg.phone.ctx, from->station_leg, false, NULL);
		l->is_muted = false;
	}
	to->helping = l;
	live_bridge(f, l, to, BRIDGE_PLAIN);
	/* The one who handed over fills the form now; the customer talks on. */
	if (from && from == l->owner && l->call.state != CALL_ENDED)
		wrap_begin(f, l);
	seat_changed(f, to);
	return ERR_OK;
}
