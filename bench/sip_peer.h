/* bench/sip_peer.h -- as much SIP as a load needs: calls out, calls in, BYE both ways, over UDP on
 * loopback. One thread. */
#ifndef BENCH_SIP_PEER_H
#define BENCH_SIP_PEER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

enum { MSG_BYTES = 3072, NAME_BYTES = 160 };

enum call_state { CALL_FREE, CALL_ASKED, CALL_RINGING, CALL_UP, CALL_ENDING, CALL_OVER };

struct sip_call {
	enum call_state state;
	bool is_caller, is_failed;
	int door; /* which of the sockets below it came in by or leaves by */
	struct sockaddr_in peer;
	char call_id[NAME_BYTES], target[NAME_BYTES], us[3 * NAME_BYTES], them[3 * NAME_BYTES];
	char last[MSG_BYTES]; /* what would have to be sent again */
	int last_len, cseq;
	int64_t sent_ns, ring_until_ns, answered_ns, end_ns; /* CLOCK_REALTIME; 0 = not set */
	int repeats;
	struct sockaddr_in media;
};

/* Something to listen on. Calls that come in ring `ring_ms` and end themselves after `talk_ms`
 * (0: never). */
struct door {
	int fd, ring_ms, talk_ms;
	struct sockaddr_in at;
};

/** What the owner of the calls must provide. */
struct sip_calls {
	/** A call for a Call-ID that is new (NULL: no room), or the one that has it. */
	struct sip_call *(*find)(const char *call_id, bool is_new);
	/** The address for this call's SDP; opens its socket. */
	struct sockaddr_in (*media_port)(struct sip_call *c);
	/** 200 is sent or has come: talk. */
	void (*is_up)(struct sip_call *c);
	/** Stop talking. */
	void (*is_over)(struct sip_call *c);
};

int64_t wall_ns(void);
struct door door_open(const char *addr, int port, int ring_ms, int talk_ms);
void sip_invite(const struct sip_calls *o, const struct door *d, struct sip_call *c,
                const char *user, const struct sockaddr_in *server);
/** Takes all that waits on a door. */
void sip_receive(const struct sip_calls *o, const struct door *d, int door);
void sip_bye(const struct sip_calls *o, const struct door *d, struct sip_call *c);
/** Answers what has rung long enough, ends what has talked long enough, repeats what got no
 * answer. */
void sip_tick(const struct sip_calls *o, const struct door *d, struct sip_call *c, int64_t now_ns);

#endif
