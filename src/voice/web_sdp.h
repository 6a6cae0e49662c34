/* voice/web_sdp.h -- a browser's offer and our answer: one audio track on one port (RFC 8829,
 * 8839).
 *
 * Pure; any thread with libre. The offer's candidates are never read: ICE-lite answers whoever
 * knows the password, so hidden (mDNS) addresses do not matter. */
#ifndef VOICE_WEB_SDP_H
#define VOICE_WEB_SDP_H

#include "voice/trunk.h"

enum {
	WEB_FINGERPRINT_BYTES = 32,
	WEB_UFRAG_BYTES = 12,
	WEB_PWD_BYTES = 40,
	WEB_OFFER_MAX_BYTES = 65536
};

struct web_local {
	char ufrag[WEB_UFRAG_BYTES], pwd[WEB_PWD_BYTES];
	const unsigned char *fingerprint; /* WEB_FINGERPRINT_BYTES */
	const char *candidates;           /* addresses, space separated, most wanted first */
	int port;
	uint32_t ssrc;
};

struct web_remote {
	unsigned char fingerprint[WEB_FINGERPRINT_BYTES];
	enum codec codec;
	int pt;
	int pt_digits; /* telephone-event at 8 kHz; -1: none offered */
};

/** Draws a user fragment and password (RFC 8839 5.4: at least 24 and 128 random bits). */
void web_local_draw(struct web_local *l);

/** @param ret_answer  free()
 *  @return ERR_INVALID E_WEB_OFFER (what is wrong with it), ERR_NOMEM */
enum err web_answer(const char *offer, const struct web_local *local, struct web_remote *ret_remote,
                    char **ret_answer, struct why *why) MUST_USE;

#endif
