/* floor/phone.h -- the verbs of the telephone that live call control needs.
 *
 * voice_phone.c gives them on voice/; tests give a scripted telephone, so that the whole floor runs
 * in virtual time. What comes of a verb arrives as floor_on_leg(). Meanings are those of
 * voice/leg.h. Thread: signalling loop only. */
#ifndef FLOOR_PHONE_H
#define FLOOR_PHONE_H

#include "voice/leg.h"

struct floor_phone {
	void *ctx;
	enum err (*can_dial)(void *ctx, int64_t trunk_id, int waiting, struct why *why);
	enum err (*dial)(void *ctx, const struct dial *d, int64_t *ret_leg, struct why *why);
	enum err (*desk_dial)(void *ctx, const char *uri, const char *tag, int64_t *ret_leg,
	                      struct why *why);
	enum err (*web_offer)(void *ctx, const char *station_key, const char *sdp,
	                      web_reply_fn *reply, void *reply_ctx, struct why *why);
	enum err (*ring)(void *ctx, int64_t leg, struct why *why);
	enum err (*answer)(void *ctx, int64_t leg, struct why *why);
	enum err (*reject)(void *ctx, int64_t leg, enum cause cause, struct why *why);
	enum err (*hangup)(void *ctx, int64_t leg, enum cause cause, struct why *why);
	enum err (*bridge)(void *ctx, int64_t customer, int64_t agent, enum bridge_how how,
	                   struct why *why);
	enum err (*unbridge)(void *ctx, int64_t leg, struct why *why);
	enum err (*music)(void *ctx, int64_t leg, bool on, struct why *why);
	enum err (*tone)(void *ctx, int64_t leg, enum tone tone, int duration_ms, struct why *why);
	enum err (*stop)(void *ctx, int64_t leg, struct why *why);
	enum err (*mute)(void *ctx, int64_t leg, bool on, struct why *why);
	enum err (*hold)(void *ctx, int64_t leg, bool on, struct why *why);
	enum err (*digits)(void *ctx, int64_t leg, const char *digits, struct why *why);
	enum err (*record)(void *ctx, int64_t leg, const char *path, struct why *why);
	enum err (*listen)(void *ctx, int64_t supervisor, int64_t target, enum listen how,
	                   struct why *why);
	/** The log's lines about the leg carry this call's id. NULL: not wanted. */
	void (*name_call)(void *ctx, int64_t leg, int64_t call_id);
};

struct voice;

/** The verbs on a real telephone. */
struct floor_phone voice_phone(struct voice *v);

#endif
