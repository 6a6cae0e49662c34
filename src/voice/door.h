/* voice/door.h -- who may speak SIP to us at all, and what happens to those who may not.
 *
 * Requests of parties that are no line and no desk phone in a call are dropped unread and cost
 * their address tolerance; who uses it up is shut out for a while (base/ban.h), connections
 * included. Lines and desk phones are never shut out, so an attacker who writes a carrier's address
 * on his packets cannot cut it off; the setting that includes lines asks for it. Thread: signalling
 * loop only. */
#ifndef VOICE_DOOR_H
#define VOICE_DOOR_H

#include "base/ban.h"
#include "voice/voice.h"

/* DOOR_WHY(name, code, Chinese, English): for what an address is shut out. */
#define DOOR_WHY_LIST(X) \
	X(UNKNOWN, "unknown", "陌生来源的呼叫请求", "calls and requests of a stranger") \
	X(GUESS, "guess", "猜测账号密码", "guessing accounts or passwords") \
	X(SCAN, "scan", "扫描", "scanning") \
	X(MALFORMED, "malformed", "不是有效的 SIP 报文", "packets that are no SIP") \
	X(CONNECT, "connect", "频繁建立连接", "connecting again and again") \
	X(FLOOD, "flood", "请求过于频繁", "far too many requests")

enum door_why {
#define X(name, code, zh, en) DOOR_##name,
	DOOR_WHY_LIST(X)
#undef X
	    DOOR_WHY_COUNT
};

struct door_rule {
	int burst; /* offences tolerated at once [10] */
	int64_t first_ms, longest_ms;
	bool with_lines; /* lines' own addresses are shut out for floods as well */
};
void voice_door_rule(struct voice *v, const struct door_rule *rule);

/** Those shut out now. */
void voice_door_each(struct voice *v, ban_fn *fn, void *ctx);

/** @return whether the address was shut out */
bool voice_door_lift(struct voice *v, const struct ban_key *k);

const char *door_why_code(int why);
const char *door_why_zh(int why);
const char *door_why_en(int why);

/** What a packet of a stranger is worth: its reason, from its first line and headers. Pure. */
enum door_why door_judge(const uint8_t *p, size_t n);

#endif
