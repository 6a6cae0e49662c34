/* voice/voice.h -- the telephone: one signalling loop that owns trunks (trunk.h) and legs (leg.h).
 *
 * A process may hold several `struct voice`; each has its own signalling thread (the caller of
 * voice_run), media thread and recorder thread, and no global port or address.
 *
 * Thread: all functions of trunk.h and leg.h, and all handlers, run on the signalling loop. Any
 * other thread reaches it with voice_post(). Nothing here may wait: no disk, no database, no slow
 * lock. The executable must be linked with -rdynamic (see voice/guard.c: timers follow
 * CLOCK_MONOTONIC). */
#ifndef VOICE_VOICE_H
#define VOICE_VOICE_H

#include "base/err.h"

struct voice;
struct leg_event;
struct trunk_event;

enum { VOICE_HOST_BYTES = 64, VOICE_PATH_BYTES = 256, VOICE_URI_BYTES = 256 };

/* Everything is copied by voice_new(). Empty text or 0 = the default in brackets. */
struct voice_cfg {
	char sip_addr[VOICE_HOST_BYTES]; /* listening address [127.0.0.1]; numeric, v4 or v6 */
	int sip_port;                    /* UDP and TCP; 0 = any free one, see voice_sip_port() */
	int sip_tls_port;                /* 0 = no TLS listener */
	char
	    sip_tls_cert[VOICE_PATH_BYTES]; /* PEM with certificate and key, for the TLS listener */
	char advertise[VOICE_HOST_BYTES]; /* address put into Contact and SDP [the listening one] */
	int rtp_port_min, rtp_port_max;   /* [20000, 59998]; one even port a trunk or phone leg */
	char web_addr[VOICE_HOST_BYTES];  /* UDP address for browsers [sip_addr] */
	int web_port;                     /* 0 = any free one */
	/* Addresses given to browsers as ICE candidates, space separated [web_addr; if that is
	 * 0.0.0.0, every address of this machine]. */
	char web_candidates[256];
	char music_path[VOICE_PATH_BYTES]; /* hold music, 8 kHz mono WAV [a soft built-in figure] */
	char user_agent[64];               /* [hujiao] */
	char
	    dns_server[VOICE_HOST_BYTES]; /* numeric, for trunks given by name [/etc/resolv.conf] */
	int max_legs;                     /* [4096] legs of all kinds */
	int post_slots;                   /* [4096] messages waiting in voice_post() */
};

struct voice_handlers {
	/** What happened to a leg. `ev` and its texts are valid during the call only. */
	void (*on_leg_event)(void *ctx, const struct leg_event *ev);
	/** A trunk became usable or unusable. */
	void (*on_trunk_event)(void *ctx, const struct trunk_event *ev);
};

/** Opens sockets and makes the media and recorder threads; nothing is received before voice_run().
 *  Call it on the thread that will call voice_run().
 *  @param ret  set on ERR_OK only; voice_free()
 *  @return ERR_INVALID (cfg), ERR_IO (port in use), ERR_NOMEM */
enum err voice_new(const struct voice_cfg *cfg, const struct voice_handlers *handlers, void *ctx,
                   struct voice **ret, struct why *why) MUST_USE;

/** The signalling loop: returns after voice_stop(). */
void voice_run(struct voice *v);

/** Makes voice_run() return: hangs up what is up (BYE, CANCEL), closes recordings. Any thread. */
void voice_stop(struct voice *v);

/** After voice_run() returned, same thread. Returns NULL. */
struct voice *voice_free(struct voice *v);

typedef void voice_fn(struct voice *v, void *arg);

/** Runs fn(v, arg) on the signalling loop soon. Any thread. `arg` stays the caller's until fn runs.
 *  @return ERR_BUSY when post_slots messages wait: the caller says no (503), never waits */
enum err voice_post(struct voice *v, voice_fn *fn, void *arg, struct why *why) MUST_USE;

/** Runs fn(v, arg) on the loop in `delay_ms`; a returned id cancels it (0 after voice_stop()). */
int64_t voice_timer(struct voice *v, int64_t delay_ms, voice_fn *fn, void *arg);
void voice_timer_cancel(struct voice *v, int64_t timer_id);

/** Ports in use, for tests and for printing. Valid after voice_new(). */
int voice_sip_port(const struct voice *v);
int voice_web_port(const struct voice *v);

/** Figures since start; any thread (each is read atomically). */
struct voice_stats {
	int64_t legs_now, calls_out, calls_in, refused_unknown_source;
	int64_t rtp_in, rtp_out, rtp_lost_in; /* packets; lost by sequence number */
	int64_t rec_now, rec_bytes,
	    rec_gaps;             /* gaps: blocks dropped because the disk was too slow */
	int64_t tick_late_max_us; /* worst lateness of the 20 ms tick since last read */
};
void voice_stats(struct voice *v, struct voice_stats *ret);

/** When the loop last ran its 10 ms timer, by clock_mono_ms(): long ago means it hangs. Any thread.
 */
int64_t voice_beat_ms(struct voice *v);

/** Sets the telephone's figures of base/metric.h. Any thread. */
void voice_metrics(struct voice *v);

#endif
