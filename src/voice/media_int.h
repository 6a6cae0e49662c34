/* voice/media_int.h -- the media thread's own state. Nothing here is touched by another thread,
 * except what says atomic and the mailboxes. */
#ifndef VOICE_MEDIA_INT_H
#define VOICE_MEDIA_INT_H

#include <netinet/in.h>
#include <stdatomic.h>

#include "voice/clip.h"
#include "voice/digits.h"
#include "voice/jring.h"
#include "voice/media.h"
#include "voice/outq.h"
#include "voice/rtp.h"

struct tap;
struct recorder;
struct thread;
struct web_port;

enum {
	FRAME_SAMPLES = 160,
	TICK_US = 20000,
	PACKET_ROOM = 2048,
	FIRST_FRAMES = 128, /* 2.5 s of early words at most */
	FIRST_KEEP = 50,    /* 1 s of them from before the bridge */
};

/* Who makes what a leg is sent. */
enum tx_mode {
	TX_NONE,
	TX_RELAY, /* the partner's packets as they come */
	TX_DIGITS,
	TX_PLAY,  /* prompt or tone */
	TX_MUSIC, /* hold */
	TX_RINGBACK,
	TX_CONNECT, /* connect tone, then the partner's first words, then TX_RELAY */
	TX_MIX,
	TX_SILENCE,
};

struct player {
	bool is_on, is_looped, is_tone;
	enum play kind;
	struct clip *clip;
	size_t at;
	enum tone tone;
	int64_t tone_left; /* samples; INT64_MAX = until stopped */
	int64_t play_id;
};

/* The partner's words since the answer, in frames of A-law, oldest first. */
struct first_words {
	int head, count;
	uint8_t frame[FIRST_FRAMES][FRAME_SAMPLES];
};

struct mleg {
	int64_t id;
	enum leg_kind kind;
	struct media *m;
	struct mleg *prev, *next;
	bool is_added;

	int fd;
	struct sockaddr_storage peer, told; /* where it is sent to; what SDP said last */
	socklen_t peer_len;
	bool has_peer, is_latched, can_send;
	enum codec codec;
	int pt_digits;
	struct web *web, *web_next; /* the browser's connection, and the one that will replace it */
	bool is_lost, was_up;

	struct rtp_rx rx;
	struct rtp_tx tx;
	int64_t last_rx_us, answered_us;
	bool is_ringing, is_answered, is_audio_told, is_first_told, is_no_media_told;
	struct digits_rx drx;
	struct digits_tx dtx;

	struct mleg *partner;
	bool is_agent_side; /* joined with BRIDGE_TONE and not through with it */
	int connect_tone_at;
	struct first_words *first;
	bool is_muted, is_held;
	struct player play;
	size_t music_at;
	int64_t ringback_at;
	enum tx_mode mode;

	struct jring *ring;
	bool is_ring_on;
	int16_t frame[FRAME_SAMPLES];
	struct mleg *listen_target;
	enum listen listen;

	struct tap *tap;
	uint8_t last_payload[FRAME_SAMPLES]; /* A-law, for the level */
	bool is_watched, is_speaking;
	int64_t last_loud_us;
};

struct media {
	struct mailbox *commands;
	struct outq to_media;  /* signalling side */
	struct outq to_signal; /* media side */
	struct outq from_recorder;
	struct thread *thread;
	struct recorder *recorder;
	struct web_port *web;
	struct clip *music;
	int epoll_fd, tick_fd;
	bool is_quitting;

	struct mleg *legs;
	size_t leg_count;
	struct mleg **ticking; /* legs whose mode is made by the tick */
	struct mleg **ringing; /* legs whose frame is wanted by a mix */
	struct mleg **taps;
	size_t ticking_n, ringing_n, taps_n, room;
	bool is_stale; /* the three lists and the modes need mix_arrange() */
	int64_t next_tick_us;
	uint64_t ticks;

	atomic_llong rtp_in, rtp_out, rtp_lost, tick_late_max_us;
};

/* media.c */
void media_tell(struct media *m, const struct media_event *ev);
void media_tell_kind(struct mleg *l, enum media_event_kind kind);
/** Sends `len` bytes: header (to be filled in by the caller) and payload. Room for 160 bytes must
 * follow. */
void mleg_send(struct mleg *l, uint8_t *packet, size_t len);
bool mleg_can_send(const struct mleg *l);

/* relay.c: what arrives */
void relay_receive(struct mleg *l, uint8_t *packet, size_t bytes, int64_t now_us);
void relay_second(struct mleg *l, int64_t now_us); /* once a second: silence on the line, RTCP */

/* mixer.c: what the tick makes */
void mix_arrange(struct media *m);
void mix_tick(struct media *m, int64_t now_us);

/* web.c: browsers on one port */
enum err web_port_new(struct media *m, const struct sockaddr_storage *addr, struct web_port **ret,
                      struct why *why) MUST_USE;
void web_port_free(struct web_port **p);
int web_port_fd(const struct web_port *p);
int web_port_number(const struct web_port *p);
const unsigned char *web_port_fingerprint(const struct web_port *p);
void web_readable(struct web_port *p, int64_t now_us);
void web_attach(struct web_port *p, struct mleg *l, struct web *w, int64_t now_us);
void web_detach(struct web_port *p, struct mleg *l); /* closes both connections of the leg */
void web_tick(struct web_port *p,
              int64_t now_us); /* every tick: DTLS timers; each second: consent, RTCP */
bool web_is_up(const struct web *w);
void web_send_rtp(struct web_port *p, struct mleg *l, uint8_t *packet, size_t len);
void web_quality(const struct web *w, int *ret_rtt_ms, int *ret_lost_pct);

#endif
