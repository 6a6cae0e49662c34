/* voice/media.h -- what the signalling loop tells the media thread, and what it hears back.
 *
 * A struct mleg belongs to the media thread from media_add() to media_remove(); signalling holds
 * the pointer only to name it. Commands are carried out in order. */
#ifndef VOICE_MEDIA_H
#define VOICE_MEDIA_H

#include <sys/socket.h>

#include "voice/leg.h"
#include "voice/trunk.h"

struct media;
struct mleg;
struct web; /* one browser connection: web.h */
struct clip;
struct mailbox;
struct recorder_result;
struct rtp_port; /* one for many calls: port.c */

struct media_stats {
	int64_t rtp_in, rtp_out, rtp_lost, tick_late_max_us, rec_now, rec_bytes, rec_gaps;
};

enum media_event_kind {
	MEV_AUDIO, /* first RTP since the leg began */
	MEV_FIRST, /* first RTP since the answer */
	MEV_DIGIT,
	MEV_UP, /* browser connected */
	MEV_LOST,
	MEV_BACK,
	MEV_PLAYED,
	MEV_VOICE_ON,
	MEV_VOICE_OFF,
	MEV_NO_MEDIA,
	MEV_UNHEARD, /* answered on a shared port, nothing comes, yet packets of unknown source do
	              */
	MEV_STATS,
	MEV_RECORDER, /* a file is closed or a prompt read: `result` */
};

struct media_event {
	enum media_event_kind kind;
	int64_t leg, at_ms;
	char digit;
	bool is_as_told; /* AUDIO: it comes from where the SDP says */
	int64_t play_id;
	struct recorder_result *result; /* whoever takes the event frees it */
	leg_stats_fn *stats_fn;
	void *stats_ctx;
	struct leg_stats stats;
};

struct media_cfg {
	struct sockaddr_storage web_addr; /* to bind; port 0 = any */
	struct clip *music;               /* taken over */
	struct mailbox *events;           /* of struct media_event */
};

/** Binds the browsers' port, starts media and recorder threads. */
enum err media_new(const struct media_cfg *cfg, struct media **ret, struct why *why) MUST_USE;
/** Ends both threads; recordings are closed first. */
void media_free(struct media **m);

int media_web_port(const struct media *m);
const unsigned char *
media_fingerprint(const struct media *m); /* 32 bytes: SHA-256 of our certificate */
void media_stats(struct media *m, struct media_stats *ret); /* any thread */

/* How full the mailboxes are; any thread. */
struct media_load {
	size_t commands, command_slots, pages, page_slots;
};
void media_load_now(const struct media *m, struct media_load *ret);
/** Sends again what found no room in the mailbox; call it now and then. */
void media_flush(struct media *m);

/** Where a leg's packets come in: a bound, non-blocking UDP socket of its own with one for RTCP, or
 * a port that it shares. A browser leg has neither (fds -1). */
struct media_socket {
	int fd, rtcp_fd; /* rtcp_fd -1: none was free */
	struct rtp_port *port;
};

/** Takes the sockets over.
 *  @return NULL: out of memory (then they stay the caller's) */
struct mleg *media_add(struct media *m, int64_t id, enum leg_kind kind,
                       const struct media_socket *s);
/** A port for many calls; lives as long as `m`. NULL: out of memory. */
struct rtp_port *media_port(struct media *m, int fd, int rtcp_fd);
/** The leg leaves its shared port for one of its own; takes the sockets over. */
void media_own_port(struct media *m, struct mleg *l, int fd, int rtcp_fd);
void media_remove(struct media *m, struct mleg *l);

struct media_peer {
	struct sockaddr_storage addr; /* ss_family 0: unknown yet */
	struct sockaddr_storage sig;  /* of the SIP peer; ss_family 0: unknown */
	enum codec codec;
	int pt_digits; /* -1 = the peer takes none */
	bool can_send; /* not held by the peer, media wanted */
};
void media_set_peer(struct media *m, struct mleg *l, const struct media_peer *p);
void media_set_web(struct media *m, struct mleg *l, struct web *w); /* takes `w` over */
void media_ringing(struct media *m, struct mleg *l, bool on); /* its partner hears our ringback */
void media_answered(struct media *m, struct mleg *l);
void media_bridge(struct media *m, struct mleg *customer, struct mleg *agent, enum bridge_how how);
void media_unbridge(struct media *m, struct mleg *l);
void media_play(struct media *m, struct mleg *l, enum play kind,
                struct clip *clip /* taken over; NULL = music */, bool is_looped, int64_t play_id);
void media_tone(struct media *m, struct mleg *l, enum tone tone, int duration_ms);
void media_stop(struct media *m, struct mleg *l);
void media_mute(struct media *m, struct mleg *l, bool on);
void media_hold(struct media *m, struct mleg *l, bool on);
void media_digits(struct media *m, struct mleg *l, const char *digits);
void media_record(struct media *m, struct mleg *l, const char *path);
void media_record_stop(struct media *m, struct mleg *l);
void media_listen(struct media *m, struct mleg *supervisor, struct mleg *target, enum listen how);
void media_watch(struct media *m, struct mleg *l, bool on);
void media_ask_stats(struct media *m, struct mleg *l, leg_stats_fn *fn, void *ctx);
uint32_t mleg_ssrc(const struct mleg *l); /* of what we send; fixed at birth, any thread */
bool media_load(struct media *m, const char *path, int64_t leg, int64_t play_id);

#endif
