/* voice/leg.h -- one party: a trunk call, a desk phone kept open, or a browser kept open for the
 * shift.
 *
 * A leg is an id (0 = none), never reused. Verbs return at once; what comes of them arrives as
 * events. A verb on a leg that is gone returns ERR_NOT_FOUND (the ENDED event may still be on its
 * way to you). Thread: signalling loop only. */
#ifndef VOICE_LEG_H
#define VOICE_LEG_H

#include "voice/cause.h"
#include "voice/voice.h"

enum leg_kind { LEG_TRUNK, LEG_PHONE, LEG_WEB };

/* LEG_EVENT(name): what the fields of struct leg_event mean for it */
#define LEG_EVENT_LIST(EV) \
	EV(INCOMING) /* trunk_id, from, to. Answer, ring or reject within the handler or later */ \
	EV(RINGING)  /* 18x without media; sip_code */ \
	EV(EARLY_MEDIA) /* the network's audio flows: it can be heard and is recorded; sip_code */ \
	EV(ANSWERED)    /* 200 */ \
	EV(FIRST_AUDIO) /* first RTP after the answer */ \
	EV(DIGIT)       /* digit */ \
	EV(REMOTE_HOLD) \
	EV(REMOTE_RESUME) \
	EV(UP)       /* browser or phone leg carries media now */ \
	EV(LOST)     /* browser gone; it has 10 s to come back, its bridge partner hears music */ \
	EV(BACK)     /* it came back (perhaps from another PC): same leg, bridge running on */ \
	EV(PLAYED)   /* a leg_play() without loop reached its end; play_id */ \
	EV(VOICE_ON) /* this party speaks (only after leg_watch_voice()) */ \
	EV(VOICE_OFF) \
	EV(NO_MEDIA_30S) /* answered, not held, yet nothing heard for 30 s; repeated never */ \
	EV(RECORDED)     /* the file is closed: rec_* */ \
	EV(ENDED)        /* last event but RECORDED: cause, sip_code, q850, ended_by */

enum leg_event_kind {
#define EV(name) LEG_EV_##name,
	LEG_EVENT_LIST(EV)
#undef EV
	    LEG_EV_COUNT
};
const char *leg_event_name(enum leg_event_kind kind); /* "EARLY_MEDIA"; static */

enum ended_by { ENDED_BY_US, ENDED_BY_PEER, ENDED_BY_NETWORK /* failure, timeout, media gone */ };

struct leg_event {
	int64_t leg;
	enum leg_kind leg_kind;
	enum leg_event_kind kind;
	int64_t at_ms, at_utc_ms; /* monotonic and wall time */
	int64_t call_id;          /* as given to leg_dial(), phone_dial(); 0 for incoming */
	int64_t trunk_id;
	const char *from, *to; /* INCOMING: E.164 when it is a number. Never log them */
	int64_t peer_call_id;  /* incoming: the peer's X-Hujiao-Call header, 0 = none */
	const char *station;   /* WEB: station_key; PHONE: tag; else "" */
	int sip_code, q850;
	enum cause cause;
	enum ended_by ended_by;
	char digit; /* 0-9 * # A-D */
	int64_t play_id;
	const char *rec_path;      /* RECORDED */
	int64_t rec_ms, rec_bytes; /* RECORDED: length, file size */
	int64_t rec_start_utc_ms;  /* RECORDED: time of its first sample */
	int64_t
	    rec_answer_ms; /* RECORDED: offset of the answer (before it: early media); -1 = never */
	int rec_gaps;      /* RECORDED: blocks lost because the disk was too slow */
	int rec_errno;     /* RECORDED: 0, or why the file is short (ENOSPC...) */
};

struct dial {
	int64_t trunk_id;
	const char *to_e164;
	const char *caller_e164;
	int ring_timeout_ms; /* [30000] from the first provisional response */
	int64_t call_id;     /* comes back in every event; also logged */
};

/** Sends an INVITE. Whoever calls holds the gate's committed verdict.
 *  @return ERR_NOT_FOUND (trunk), ERR_CONFLICT (trunk down), ERR_LIMIT (max_calls, max_cps,
 * max_legs), ERR_INVALID (number) */
enum err leg_dial(struct voice *v, const struct dial *d, int64_t *ret_leg,
                  struct why *why) MUST_USE;

/** Calls a desk phone (a sip: URI on the LAN) and keeps the leg open until leg_hangup(): UP when it
 * is picked up. Connecting a customer to it is then a bridge without signalling. */
enum err phone_dial(struct voice *v, const char *uri, const char *tag, int64_t call_id,
                    int64_t *ret_leg, struct why *why) MUST_USE;

/** `sdp_answer` is NULL on failure, then `why` says it. Called once, on the loop. */
typedef void web_reply_fn(void *ctx, int64_t leg, const char *sdp_answer, const struct why *why);

/** Which call an incoming leg, or a station's for now, belongs to: for the log alone. Unknown leg:
 * nothing. */
void leg_call(struct voice *v, int64_t leg, int64_t call_id);

/** A browser's offer (WHIP style). If the station has a leg already, that leg moves to this
 * browser: same id, bridge and recording running on, BACK when media is ready. Else a new leg, UP
 * when ready.
 *  @param station_key  copied, 1..63 bytes: the agent, not the PC */
enum err web_offer(struct voice *v, const char *station_key, const char *sdp_offer,
                   web_reply_fn *reply, void *ctx, struct why *why) MUST_USE;

/* Incoming calls. leg_ring: 180 (sent by itself if the handler decides nothing). */
enum err leg_ring(struct voice *v, int64_t leg, struct why *why) MUST_USE;
enum err leg_answer(struct voice *v, int64_t leg, struct why *why) MUST_USE;
enum err leg_reject(struct voice *v, int64_t leg, enum cause cause, struct why *why) MUST_USE;

/** BYE, CANCEL or refusal, as the state needs; a browser leg is closed. ENDED follows. `cause` is
 * what ENDED will carry: CAUSE_NORMAL, CAUSE_CANCELLED, CAUSE_NO_ANSWER... */
enum err leg_hangup(struct voice *v, int64_t leg, enum cause cause, struct why *why) MUST_USE;

enum bridge_how {
	BRIDGE_PLAIN,
	/* `agent` hears a 200 ms tone first. What the customer said since the answer (at most 1 s)
	 * and during the tone follows it, silence is skipped until live: no first 喂 is lost. */
	BRIDGE_TONE,
};

/** Joins two legs. Works from the dial on: the agent hears our ringback once the network rings, and
 * its announcements and ringback instead as soon as they come (EARLY_MEDIA). Each leg leaves its
 * earlier bridge. */
enum err leg_bridge(struct voice *v, int64_t customer, int64_t agent, enum bridge_how how,
                    struct why *why) MUST_USE;
/** Takes `leg` and its partner apart; both stay up, hearing silence until told otherwise. */
enum err leg_unbridge(struct voice *v, int64_t leg, struct why *why) MUST_USE;
int64_t leg_partner(struct voice *v, int64_t leg); /* 0 = none */

enum play {
	PLAY_PROMPT,
	PLAY_MUSIC
}; /* a prompt to the customer is in the recording, music is not */

/** Plays a WAV file (8 kHz; mono or stereo; PCM16, A-law or mu-law; at most 10 min) or, path NULL,
 * the hold music. It replaces what was playing, and the partner's voice while it plays.
 *  @param ret_play_id  comes back in PLAYED; NULL = not wanted */
enum err leg_play(struct voice *v, int64_t leg, enum play kind, const char *wav_path,
                  bool is_looped, int64_t *ret_play_id, struct why *why) MUST_USE;
/** The same from memory: 8 kHz mono samples, copied. */
enum err leg_play_pcm(struct voice *v, int64_t leg, enum play kind, const int16_t *pcm,
                      size_t samples, bool is_looped, int64_t *ret_play_id,
                      struct why *why) MUST_USE;
/** Stops play or tone; the partner's voice is back. */
enum err leg_stop(struct voice *v, int64_t leg, struct why *why) MUST_USE;

/* Chinese call-progress tones (spec/domain.md 4.1) and the connect tone. TONE(name, code) */
#define TONE_LIST(TONE) \
	TONE(RINGBACK, "ringback") \
	TONE(BUSY, "busy") \
	TONE(CONGESTION, "congestion") \
	TONE(DIAL, "dial") TONE(CONNECT, "connect") TONE(TEST, "test")
enum tone {
#define TONE(name, code) TONE_##name,
	TONE_LIST(TONE)
#undef TONE
	    TONE_COUNT
};
/** @param duration_ms  0 = until leg_stop() */
enum err leg_tone(struct voice *v, int64_t leg, enum tone tone, int duration_ms,
                  struct why *why) MUST_USE;

/** Others hear silence instead of `leg`. */
enum err leg_mute(struct voice *v, int64_t leg, bool on, struct why *why) MUST_USE;
/** `leg` (the customer) hears music, its partner silence; no SIP hold is sent. */
enum err leg_hold(struct voice *v, int64_t leg, bool on, struct why *why) MUST_USE;

/** Sends RFC 4733 digits, 100 ms each, 60 ms apart. @param digits  0-9 * # A-D, at most 32 */
enum err leg_digits(struct voice *v, int64_t leg, const char *digits, struct why *why) MUST_USE;

/** Records `customer` left and whoever is bridged to it right, A-law, from the first audio (early
 * media) on, until record_stop() or the end of the leg; RECORDED follows. The directory must exist;
 * an existing file is replaced. Holds and mutes are recorded as heard by the customer; whispering
 * is not recorded. */
enum err leg_record(struct voice *v, int64_t customer, const char *path, struct why *why) MUST_USE;
enum err record_stop(struct voice *v, int64_t customer, struct why *why) MUST_USE;

enum listen {
	LISTEN_OFF,
	LISTEN_ONLY,
	LISTEN_WHISPER /* target hears you */,
	LISTEN_BARGE /* both do */
};

/** A supervisor's leg hears `target` (an agent's leg) and its partner, also through later bridges.
 */
enum err leg_listen(struct voice *v, int64_t supervisor, int64_t target, enum listen how,
                    struct why *why) MUST_USE;

/** VOICE_ON and VOICE_OFF events of this party (level above -40 dBov, 200 ms hang-over). */
enum err leg_watch_voice(struct voice *v, int64_t leg, bool on, struct why *why) MUST_USE;

struct leg_stats {
	int64_t rx_packets, rx_lost, rx_late, tx_packets;
	int jitter_us;     /* RFC 3550, as received */
	int rtt_ms;        /* from RTCP; -1 = unknown */
	int tx_lost_pct;   /* what the peer reports; -1 = unknown */
	int rx_level_dbov; /* last 20 ms; -127 = silence */
};
typedef void leg_stats_fn(void *ctx, int64_t leg, const struct leg_stats *s);
/** `fn` runs on the loop a moment later (the media thread is asked). */
enum err leg_stats(struct voice *v, int64_t leg, leg_stats_fn *fn, void *ctx,
                   struct why *why) MUST_USE;

#endif
