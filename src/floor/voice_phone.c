#include "floor/phone.h"
#include "voice/trunk.h"

static enum err can_dial(void *ctx, int64_t trunk_id, int waiting, struct why *why)
{
	return trunk_can_dial(ctx, trunk_id, waiting, why);
}

static enum err dial(void *ctx, const struct dial *d, int64_t *ret_leg, struct why *why)
{
	return leg_dial(ctx, d, ret_leg, why);
}

static enum err desk_dial(void *ctx, const char *uri, const char *tag, int64_t *ret_leg,
                          struct why *why)
{
	return phone_dial(ctx, uri, tag, 0, ret_leg, why);
}

static enum err offer(void *ctx, const char *station_key, const char *sdp, web_reply_fn *reply,
                      void *reply_ctx, struct why *why)
{
	return web_offer(ctx, station_key, sdp, reply, reply_ctx, why);
}

static enum err ring(void *ctx, int64_t leg, struct why *why)
{
	return leg_ring(ctx, leg, why);
}

static enum err answer(void *ctx, int64_t leg, struct why *why)
{
	return leg_answer(ctx, leg, why);
}

static enum err reject(void *ctx, int64_t leg, enum cause cause, struct why *why)
{
	return leg_reject(ctx, leg, cause, why);
}

static enum err hangup(void *ctx, int64_t leg, enum cause cause, struct why *why)
{
	return leg_hangup(ctx, leg, cause, why);
}

static enum err bridge(void *ctx, int64_t customer, int64_t agent, enum bridge_how how,
                       struct why *why)
{
	return leg_bridge(ctx, customer, agent, how, why);
}

static enum err unbridge(void *ctx, int64_t leg, struct why *why)
{
	return leg_unbridge(ctx, leg, why);
}

static enum err music(void *ctx, int64_t leg, bool on, struct why *why)
{
	return on ? leg_play(ctx, leg, PLAY_MUSIC, NULL, true, NULL, why) : leg_stop(ctx, leg, why);
}

static enum err tone(void *ctx, int64_t leg, enum tone t, int duration_ms, struct why *why)
{
	return leg_tone(ctx, leg, t, duration_ms, why);
}

static enum err stop(void *ctx, int64_t leg, struct why *why)
{
	return leg_stop(ctx, leg, why);
}

static enum err mute(void *ctx, int64_t leg, bool on, struct why *why)
{
	return leg_mute(ctx, leg, on, why);
}

static enum err hold(void *ctx, int64_t leg, bool on, struct why *why)
{
	return leg_hold(ctx, leg, on, why);
}

static enum err digits(void *ctx, int64_t leg, const char *text, struct why *why)
{
	return leg_digits(ctx, leg, text, why);
}

static enum err record(void *ctx, int64_t leg, const char *path, struct why *why)
{
	return leg_record(ctx, leg, path, why);
}

static enum err listen_in(void *ctx, int64_t supervisor, int64_t target, enum listen how,
                          struct why *why)
{
	return leg_listen(ctx, supervisor, target, how, why);
}

static void name_call(void *ctx, int64_t leg, int64_t call_id)
{
	leg_call(ctx, leg, call_id);
}

struct floor_phone voice_phone(struct voice *v)
{
	return (struct floor_phone){ .name_call = name_call,
		                     .ctx = v,
		                     .can_dial = can_dial,
		                     .dial = dial,
		                     .desk_dial = desk_dial,
		                     .web_offer = offer,
		                     .ring = ring,
		                     .answer = answer,
		                     .reject = reject,
		                     .hangup = hangup,
		                     .bridge = bridge,
		                     .unbridge = unbridge,
		                     .music = music,
		                     .tone = tone,
		                     .stop = stop,
		                     .mute = mute,
		                     .hold = hold,
		                     .digits = digits,
		                     .record = record,
		                     .listen = listen_in };
}
