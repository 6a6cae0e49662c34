/* voice/source.h -- from whom a call's audio is taken, and to whom it is sent (symmetric RTP, RFC
 * 4961).
 *
 * A peer behind NAT sends from an address that its SDP does not name, so the first source is
 * followed. A stranger who can send a packet must not take the call over nor silence it: a source
 * is ranked by how much speaks for it, a higher rank takes over at once, a lower one never, and an
 * equal one only from a stream that has gone silent. Pure. */
#ifndef VOICE_SOURCE_H
#define VOICE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

enum source_rank {
	SOURCE_NOBODY,
	SOURCE_STRANGER, /* neither SDP nor signalling names its host */
	SOURCE_HOST,     /* the host of the SDP or of the signalling, another port */
	SOURCE_TOLD,     /* exactly what the SDP says */
};

enum source_verdict {
	SOURCE_DROP,
	SOURCE_HEAR,   /* taken, but we go on sending where we did */
	SOURCE_FOLLOW, /* taken, and from now on answered there */
};

enum { SOURCE_SILENT_US = 2000000 };

struct source {
	struct sockaddr_storage told, sig; /* by the SDP; of the SIP peer (family 0: unknown) */
	struct sockaddr_storage peer;      /* where it is sent to */
	socklen_t peer_len;
	enum source_rank rank; /* of `peer`; NOBODY: `told`, nothing has come yet */
};

/** A new address by SDP. The same one again changes nothing: what was followed holds.
 *  @return whether it is a new one */
bool source_told(struct source *s, const struct sockaddr_storage *told,
                 const struct sockaddr_storage *sig);

/** @param silent_us  since the last packet that was taken */
enum source_verdict source_judge(const struct source *s, const struct sockaddr_storage *from,
                                 int64_t silent_us);

void source_follow(struct source *s, const struct sockaddr_storage *from);

bool addr_same(const struct sockaddr_storage *a, const struct sockaddr_storage *b);
bool addr_same_host(const struct sockaddr_storage *a, const struct sockaddr_storage *b);
socklen_t addr_len(const struct sockaddr_storage *a);
int addr_port(const struct sockaddr_storage *a);
void addr_set_port(struct sockaddr_storage *a, int port);
unsigned addr_hash(const struct sockaddr_storage *a);

#endif
