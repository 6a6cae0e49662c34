/* voice/voice_int.h -- what the files of the signalling loop share. Thread: signalling loop only,
 * except where it says otherwise. */
#ifndef VOICE_VOICE_INT_H
#define VOICE_VOICE_INT_H

#include <re.h>
#include <stdatomic.h>

#include "voice/leg.h"
#include "voice/media.h"
#include "voice/trunk.h"
#include "voice/web_sdp.h"

enum { LEG_BUCKETS = 1024, CPS_WINDOW = 256, RTP_PORT_TRIES = 64 };

/* One SIP stack on one local address; trunks with the same address share it. A TLS trunk has its
 * own, because libre picks the first transport of a kind and the certificate rules are per trunk.
 */
struct endpoint {
	struct endpoint *next;
	struct voice *v;
	struct sip *sip;
	struct sipsess_sock *sock;
	struct sip_lsnr *first, *stray; /* ours before and behind libre's */
	struct udp_helper *helper;      /* ours before the parser; NULL until the first packet */
	char addr[VOICE_HOST_BYTES];
	int port;
	int64_t tls_trunk; /* 0 = shared */
};

struct trunk {
	struct trunk *next;
	struct voice *v;
	struct trunk_cfg cfg;
	struct trunk_status status;
	struct endpoint *ep;
	bool is_removed; /* lives on while calls do */
	/* Its audio was seen to come from where its SDP says: its calls may share a port. */
	bool is_symmetric;
	struct sipreg *reg;
	struct sip_dialog *options_dlg;
	struct sip_request *options_req;
	struct tmr options_tmr, options_wait;
	int options_missed;
	struct dns_query *dns_req; /* beside OPTIONS, for a host given by name */
	const char *dns_fault;     /* NULL: none that is known */
	struct sa learned[4];      /* addresses that answered us: a proxy given by name */
	int learned_n;
	int64_t dialed_ms[CPS_WINDOW]; /* ring of the last starts */
	unsigned dialed_n;
};

enum leg_state {
	LS_DIALING,  /* INVITE sent */
	LS_OFFERED,  /* INVITE came, handler runs: nothing answered yet */
	LS_ACCEPTED, /* 180 sent */
	LS_UP,
	LS_ENDING, /* leg_finish() is due */
};

/* One audio port for many calls, on one local address. */
struct shared_port {
	struct shared_port *next;
	char addr[VOICE_HOST_BYTES];
	int number;
	struct rtp_port *media;
};

struct ladder; /* a running test call */

struct leg {
	struct leg *next; /* in its bucket */
	struct voice *v;
	int64_t id, call_id, peer_call_id;
	int64_t known_as; /* the call in logs when call_id is 0: leg_call() */
	enum leg_kind kind;
	enum leg_state state;
	struct mleg *media;
	struct leg *partner;
	char station[64];

	/* SIP */
	struct trunk *trunk; /* NULL: desk phone */
	struct endpoint *ep;
	struct sipsess *sess;
	struct sdp_session *sdp;
	struct sdp_media *sdp_media;
	struct shared_port *port;     /* NULL: one of its own */
	bool is_moved;                /* to a port of its own, and the peer does not know yet */
	const struct sip_msg *invite; /* LS_OFFERED only */
	char contact[VOICE_URI_BYTES], call_ref[128] /* Call-ID */;
	bool is_outbound, has_offer, is_answered, is_remote_held, is_early_told, is_ringing_told;
	bool is_ring_timeout, is_ours;
	struct sa sig_peer; /* a desk phone's address, learned from its answer */
	int ring_timeout_ms;
	struct tmr answer_tmr, refresh_tmr, end_tmr, lost_tmr;
	int64_t started_ms, ringing_ms;
	int last_code, q850;
	enum cause cause;
	enum ended_by ended_by;

	int64_t play_wanted; /* id of a prompt being read */
	enum play play_kind;
	bool play_loop;
	int recordings; /* RECORDED still to come */
	struct ladder *ladder;
};

/* A leg that is over while its file is still being closed. */
struct epitaph {
	struct epitaph *next;
	int64_t leg, call_id, trunk_id;
	enum leg_kind kind;
	int recordings;
	int64_t known_as;
};

struct voice {
	struct voice_cfg cfg;
	struct voice_handlers handlers;
	void *ctx;
	struct mailbox *posts, *events;
	struct media *media;
	struct dnsc *dnsc;
	struct endpoint *endpoints; /* the first is voice_cfg's */
	struct trunk *trunks;
	struct shared_port *ports;
	struct leg *legs[LEG_BUCKETS];
	struct epitaph *epitaphs;
	struct vtimer *timers;
	int64_t last_leg, last_play, last_timer;
	int leg_count;
	struct tmr flush_tmr, stop_tmr;
	atomic_bool is_stopping;
	bool is_running;
	int stop_ms;
	int tests_running;
	char candidates[256];
	atomic_llong calls_out, calls_in, refused, legs_now;
	struct bans *bans, *line_floods; /* door.c */
	int64_t flush_due_us;
	atomic_llong beat_ms; /* when the loop last ran its timer */
};

/* leg.c */
struct leg *leg_find(struct voice *v, int64_t id);
int64_t leg_logged(const struct leg *l); /* the call's id for the log; 0: unknown yet */
enum err leg_get(struct voice *v, int64_t id, struct leg **ret, struct why *why);
enum err leg_make(struct voice *v, enum leg_kind kind, const struct media_socket *s,
                  struct leg **ret, struct why *why);
void leg_emit(struct leg *l, enum leg_event_kind kind);
void leg_emit_event(struct leg *l, struct leg_event *ev);
/** Begins the end: BYE or CANCEL leaves and ENDED is told from a timer, never inside libre's
 * callbacks. */
void leg_end(struct leg *l, enum cause cause, enum ended_by by);
/** Frees a leg nobody was told of. */
void leg_discard(struct leg *l);
void leg_media_event(struct voice *v, struct media_event *ev);
void leg_end_all(struct voice *v);
void legs_free(struct voice *v); /* at once, telling ENDED */
void epitaphs_free(struct voice *v);

/* sip_leg.c */
enum err sip_dial(struct voice *v, struct trunk *t, const struct dial *d, struct leg **ret,
                  struct why *why);
void sip_incoming(const struct sip_msg *msg, void *endpoint);
void sip_update(struct endpoint *ep, const struct sip_msg *msg);
void sip_drop(struct leg *l); /* the session's end as its state needs */
enum err sip_answer(struct leg *l, struct why *why);
enum err sip_ring(struct leg *l, struct why *why);
void sip_probe(struct leg *l); /* re-INVITE with unchanged SDP */
int sip_q850(const struct sip_msg *msg);

/* sip_media.c */
/** A leg with its sockets: those of the port all such legs share, or its own.
 *  @param ret_port  what the SDP says */
enum err leg_open(struct voice *v, enum leg_kind kind, const char *addr, bool is_shared,
                  struct leg **ret, int *ret_port, struct why *why);
void leg_own_port(struct leg *l);
void leg_unheard(struct leg *l);
void shared_ports_free(struct voice *v);
enum err leg_sdp_make(struct leg *l, const char *addr, int port, const enum codec *codecs, int n,
                      struct why *why);
bool leg_sdp_take(struct leg *l, struct mbuf *mb, bool is_offer); /* false: nothing in common */
void leg_sdp_push(struct leg *l);

/* endpoint.c */
enum err endpoint_new(struct voice *v, const char *addr, int port, const struct trunk_cfg *tls,
                      struct endpoint **ret, struct why *why);
void endpoint_free(struct endpoint *ep);

struct leg *leg_of_dialog(struct endpoint *ep, const struct sip_msg *msg);

/* trunk.c */
struct trunk *trunk_find(struct voice *v, int64_t id);
struct trunk *trunk_by_source(struct endpoint *ep, const struct sip_msg *msg);
void trunk_learn(struct trunk *t, const struct sa *src);
void trunk_state(struct trunk *t, enum trunk_state state, int sip_code, const char *text);
enum err trunk_take(struct trunk *t,
                    struct why *why); /* as trunk_can_dial(), and counts the start */
void trunk_call_over(struct trunk *t);
void trunk_uri(const struct trunk *t, const char *user, char *buf, size_t size);
const char *trunk_route(const struct trunk *t, char *buf, size_t size); /* NULL: none */
const char *trunk_advertised(const struct trunk *t);
void trunk_contact(const struct trunk *t, const char *user, char *buf, size_t size);
void trunks_free(struct voice *v);

/* trunk_alive.c: REGISTER and OPTIONS */
enum err trunk_alive_start(struct trunk *t, struct why *why);
void trunk_alive_stop(struct trunk *t);
int trunk_auth(char **user, char **pass, const char *realm, void *trunk);

/* trunk_test.c */
void ladder_packet(struct leg *l, bool is_sent, const uint8_t *p, size_t n);
void ladder_event(struct leg *l, const struct leg_event *ev);

/* web_leg.c */
void web_leg_event(struct leg *l, const struct media_event *ev);
void web_find_candidates(struct voice *v);

bool trunk_knows(struct endpoint *ep, const struct sa *src); /* a line on this stack */

/* door.c */
enum err door_new(struct voice *v, struct why *why);
void door_free(struct voice *v);
void door_stand(struct voice *v); /* on the loop's thread: connections are judged from now on */
/** Makes the stack show its socket, so that packets are judged from the first on. */
void door_knock(struct endpoint *ep);
/** Judges packets of the message's socket from now on. */
void door_watch(struct endpoint *ep, const struct sip_msg *msg);
/** Whether a request may go on; else it was counted. */
bool door_admits(struct endpoint *ep, const struct sip_msg *msg);
bool phone_knows(const struct voice *v, const struct sa *src); /* a desk phone in a call */

/* guard.c */
void voice_guard_start(void);

/* timers.c */
void voice_timers_done(void); /* frees the thread's, after its loop */

/* voice.c */
void voice_libre_says(const char *text);

#endif
