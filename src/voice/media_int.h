/* voice/media_int.h -- the media thread's own state. Nothing here is touched by another thread,
 * except what says atomic and the mailboxes. */
#ifndef VOICE_MEDIA_INT_H
#define VOICE_MEDIA_INT_H

#include <netinet/in.h>
#include <stdatomic.h>
#include <sys/uio.h>

#include "voice/clip.h"
#include "voice/digits.h"
#include "voice/jring.h"
#include "voice/media.h"
#include "voice/outq.h"
#include "voice/rtp.h"
#include "voice/source.h"

struct tap;
struct recorder;
struct thread;
struct web_port;
struct rtp_port;

enum {
	FRAME_SAMPLES = 160,
	TICK_US = 20000,
	BATCH = 64, /* packets a system call */
	/* An Ethernet frame and the tail SRTP needs. An odd number of cache lines, so that the
	 * heads of a batch do not all fall into the same few sets. */
	PACKET_ROOM = 27 * 64,
	MADE_ROOM = 384,
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

/* What each packet touches stands first. */
struct mleg {
	struct media *m;
	struct mleg *partner;
	struct tap *tap;
	struct first_words *first;
	enum leg_kind kind;
	enum tx_mode mode;
	enum codec codec;
	int pt_digits;
	int fd, rtcp_fd; /* -1 on a shared port and for browsers */
	struct rtp_port *port;
	int64_t last_rx_us;
	bool can_send, is_muted, is_ring_on, is_watched;
	bool is_ringing, is_answered, is_audio_told, is_first_told, is_no_media_told;
	struct source source;
	struct mleg *addr_next; /* in its port's table */
	struct rtp_rx rx;
	struct rtp_tx tx;

	int64_t id;
	struct mleg *prev, *next;
	bool is_added;
	int seconds;
	bool is_unheard_told;
	int rtt_ms, tx_lost_pct;    /* by RTCP; -1 = unknown */
	struct web *web, *web_next; /* the browser's connection, and the one that will replace it */
	bool is_lost, was_up;
	int64_t answered_us;
	struct digits_rx drx;
	struct digits_tx dtx;

	bool is_agent_side; /* joined with BRIDGE_TONE and not through with it */
	int connect_tone_at;
	bool is_held;
	struct player play;
	size_t music_at;
	int64_t ringback_at;

	struct jring *ring;
	int16_t frame[FRAME_SAMPLES];
	struct mleg *listen_target;
	enum listen listen;

	uint8_t last_payload[FRAME_SAMPLES]; /* A-law, for the level; of a packet now and then */
	bool is_speaking;
	int64_t last_loud_us;
};

/* Room for packets that came in. One packet's bytes stay put until the room is used again, and
 * what of it is to be sent is flushed before that. */
struct batch {
	uint8_t room[BATCH][PACKET_ROOM];
	struct sockaddr_storage from[BATCH];
	struct iovec io[BATCH];
	struct mmsghdr msg[BATCH];
	unsigned at; /* for single packets */
};

/* Packets that wait for their system call. At most BATCH, first in first out, so a ring of BATCH
 * rooms is enough for those that the tick makes. */
struct sendq {
	int fd;
	unsigned n, at;
	struct iovec io[BATCH];
	struct mmsghdr msg[BATCH];
	uint8_t room[BATCH][MADE_ROOM];
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
	struct rtp_port *ports;
	struct batch *batch;
	struct sendq *sendq;
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
/** Sends `len` bytes: header (to be filled in by the caller) and payload, soon: they must stay
 * where they are until then (batch_room(), sendq_room()). Room for 160 bytes must follow. */
void mleg_send(struct mleg *l, uint8_t *packet, size_t len);
bool mleg_can_send(const struct mleg *l);

/* sendq.c: what leaves. `to` and `packet` stay put until the flush. */
void sendq_put(struct media *m, int fd, const struct sockaddr_storage *to, socklen_t to_len,
               uint8_t *packet, size_t len);
void sendq_flush(struct media *m);
uint8_t *sendq_room(struct media *m); /* MADE_ROOM bytes for a packet of our own */

/* port.c: sockets of trunk and phone legs */
struct batch *batch_new(void);
int batch_receive(struct media *m, int fd); /* how many; <= 0: none */
uint8_t *batch_room(struct media *m);       /* for one packet */
void port_event(struct media *m, uint64_t tag, int64_t now_us);
void port_told(struct mleg *l, const struct media_peer *peer, int64_t now_us);
/** Whether packets of unknown source came to the leg's shared port since then. */
bool port_has_strays_since(const struct mleg *l, int64_t since_us);
void port_report(struct mleg *l, int64_t now_us); /* once a second: RTCP when it is due */
void port_add_leg(struct mleg *l);
void port_drop_leg(struct mleg *l);
void port_own(struct mleg *l, int fd, int rtcp_fd);
struct rtp_port *port_new(struct media *m, int fd, int rtcp_fd);
void port_add(struct media *m, struct rtp_port *p);
void ports_free(struct media *m);
int port_fd(const struct rtp_port *p);

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
