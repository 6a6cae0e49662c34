/* voice/trunk.h -- lines to carriers: how to reach one, how numbers look there, how much it bears.
 *
 * Thread: signalling loop only. Numbers are E.164 with '+' inside the program; a trunk's formats
 * turn them into what the carrier wants and back. */
#ifndef VOICE_TRUNK_H
#define VOICE_TRUNK_H

#include "voice/cause.h"
#include "voice/voice.h"

/* How a number is written on the wire. NUMFMT(name, code) */
#define NUMFMT_LIST(NUMFMT) \
	NUMFMT(E164, "e164")           /* +8613800000000, +862131110000 */ \
	NUMFMT(PLAIN, "plain")         /* 8613800000000 */ \
	NUMFMT(NATIONAL, "national")   /* 13800000000, 02131110000 */ \
	NUMFMT(NO_ZERO, "no_zero")     /* 13800000000, 2131110000 */ \
	NUMFMT(ZERO_AWAY, "zero_away") /* 013800000000 unless a local mobile; see local_area */ \
	NUMFMT(AS_GIVEN, "as_given")

enum numfmt {
#define NUMFMT(name, code) NUMFMT_##name,
	NUMFMT_LIST(NUMFMT)
#undef NUMFMT
	    NUMFMT_COUNT
};

enum trunk_transport { TRUNK_UDP, TRUNK_TCP, TRUNK_TLS };
enum trunk_identity { IDENTITY_FROM, IDENTITY_PAI, IDENTITY_PPI }; /* PAI, PPI: besides From */
enum codec { CODEC_PCMA, CODEC_PCMU, CODEC_COUNT };

enum { TRUNK_NAME_BYTES = 64, TRUNK_SOURCES = 16 };

struct trunk_cfg {
	int64_t id;                  /* not 0 */
	char name[TRUNK_NAME_BYTES]; /* for logs and the test's ladder */
	enum trunk_transport transport;
	char host[128];                           /* proxy: address or name (SRV, A) */
	int port;                                 /* 0 = 5060, TLS 5061, or SRV */
	char domain[128];                         /* of request URI, From and To [host] */
	bool is_registered;                       /* REGISTER at `host` with the user below */
	char user[64], auth_user[64], secret[64]; /* auth_user [user] */
	int register_s;                           /* [300] */
	char local_addr[VOICE_HOST_BYTES]; /* the carrier's network card [voice_cfg.sip_addr] */
	int local_port; /* [shares the listener of voice_cfg when local_addr does; else any] */
	char advertise[VOICE_HOST_BYTES]; /* address told to the carrier [local_addr] */
	enum numfmt callee_fmt, caller_fmt;
	char callee_prefix[16], caller_prefix[16]; /* put before the formatted number */
	char country[4];                           /* calling code without '+' ["86"] */
	char local_area[6]; /* this line's area code without 0, e.g. "21"; stripped from
	                     * fixed numbers when is_local_stripped */
	bool is_local_stripped;
	enum trunk_identity identity;
	char identity_number[32]; /* in PAI or PPI instead of the caller [the caller] */
	bool is_from_user;        /* From carries `user`, the caller goes only to PAI or PPI */
	int max_calls;            /* both directions; 0 = no bound */
	int max_cps;              /* outbound calls a second; 0 = no bound */
	char sources[TRUNK_SOURCES]
		    [VOICE_HOST_BYTES]; /* "10.1.2.3" or "10.1.2.0/24" [host's addresses] */
	enum codec codecs[CODEC_COUNT]; /* most wanted first [PCMA, PCMU]; see codec_count */
	int codec_count;
	int options_s;                 /* OPTIONS every so often [30]; -1 = never */
	int refresh_s;                 /* our re-INVITE with unchanged SDP [0 = never] */
	int no_answer_ms;              /* no provisional response: give up [4000] */
	bool is_redirect_allowed;      /* follow 3xx; its target has not passed the gate */
	bool is_tls_unverified;        /* TLS: do not check the carrier's certificate */
	char tls_ca[VOICE_PATH_BYTES]; /* PEM of the carrier's CA [the system's] */
	char tls_name[128];            /* name in its certificate [host] */
	bool is_call_id_sent; /* outbound INVITEs carry X-Hujiao-Call: dial.call_id (a simulated
	                         peer) */
};

enum trunk_state { TRUNK_STARTING, TRUNK_UP, TRUNK_DOWN };

struct trunk_status {
	enum trunk_state state;
	int calls_now;
	int64_t since_utc_ms;
	int last_sip_code; /* of the last REGISTER or OPTIONS, 0 = no answer */
	char text[96];     /* what is wrong, English; "" when up */
};

struct trunk_event {
	int64_t trunk_id;
	struct trunk_status status;
};

/** Makes the trunk, or changes it: calls in progress keep what they were set up with.
 *  @return ERR_INVALID, ERR_IO (cannot listen there) */
enum err trunk_set(struct voice *v, const struct trunk_cfg *cfg, struct why *why) MUST_USE;

/** No new calls; those in progress go on. Unknown id: nothing. */
void trunk_remove(struct voice *v, int64_t trunk_id);
void trunk_remove_all(struct voice *v);

enum err trunk_status(struct voice *v, int64_t trunk_id, struct trunk_status *ret,
                      struct why *why) MUST_USE;

typedef void trunk_tell_fn(void *ctx, const struct trunk_cfg *cfg, const struct trunk_status *st,
                           int cps_now /* calls begun in the last second */);
/** Tells every trunk that is in use. */
void trunk_tell_all(struct voice *v, trunk_tell_fn *fn, void *ctx);

/** Whether a call may leave now: known, not down, below max_calls and max_cps. Takes nothing.
 *  @param waiting  calls already promised to it that have not left yet: they count as if they had
 */
enum err trunk_can_dial(struct voice *v, int64_t trunk_id, int waiting, struct why *why) MUST_USE;

/* One arrow of the ladder that a test call draws. Numbers are masked. */
struct ladder_row {
	int64_t at_ms; /* since the INVITE */
	bool is_sent;
	char text[120]; /* "INVITE sip:138****5678@10.0.0.1", "183 Session Progress (SDP PCMA)",
	                   "RTP: 42 packets" */
};
enum { LADDER_ROWS = 64 };

struct trunk_test {
	int64_t trunk_id;
	bool is_good;
	enum cause cause;
	char verdict_zh[160], verdict_en[160]; /* one sentence: what happened and what to do */
	int rows;
	struct ladder_row row[LADDER_ROWS];
};
typedef void trunk_test_fn(void *ctx, const struct trunk_test *result);

/** 试拨: calls `to_e164` (a colleague's phone), plays two seconds of a tone when answered, hangs
 * up. `done` runs once on the loop, within ring_timeout_ms + 10 s. The call must have passed the
 * gate. */
enum err trunk_test(struct voice *v, int64_t trunk_id, const char *to_e164, const char *caller_e164,
                    int ring_timeout_ms, trunk_test_fn *done, void *ctx, struct why *why) MUST_USE;

const char *numfmt_code(enum numfmt f);
enum numfmt numfmt_parse(const char *code); /* unknown: NUMFMT_COUNT */

/** Writes `e164` as the trunk wants it. Pure.
 *  @return ERR_INVALID: not '+' and 3..15 digits (AS_GIVEN: not 1..32 of 0-9 * # +) */
enum err number_format(const struct trunk_cfg *t, bool is_callee, const char *e164, char *buf,
                       size_t size, struct why *why) MUST_USE;

/** The other way: what the carrier sent as E.164; texts that are no number are copied as they are.
 * Pure. */
void number_parse(const struct trunk_cfg *t, const char *wire, char *buf, size_t size);

#endif
