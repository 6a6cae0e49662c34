/* voice/web_port.h -- one UDP port for all browsers: ICE-lite, DTLS, SRTP.
 *
 * Browsers check our candidate with STUN (RFC 8445 2.5, lite: we only answer), shake hands as DTLS
 * clients (RFC 5764), and send RTP and RTCP on the same flow (RFC 8843, 5761). Receiving uses
 * libsrtp2: libre's decryption moves its roll-over counter before it authenticates, so that one
 * forged packet silences a call.
 * Thread: one libre loop, the one web_port_new() was called on; handlers run there. */
#ifndef VOICE_WEB_PORT_H
#define VOICE_WEB_PORT_H

#include <stdint.h>

#include "voice/web_cert.h"

struct web_port;
struct web_sess;

/** @param addr  numeric; "0.0.0.0" and "::" are fine
 *  @param port  0: any free one, see web_port_number()
 *  @param cert  copied
 *  @return ERR_IO E_WEB_PORT */
enum err web_port_new(const char *addr, int port, const struct web_cert *cert,
                      struct web_port **ret, struct why *why) MUST_USE;
/** After its sessions. NULL content is fine. */
void web_port_free(struct web_port **p);
int web_port_number(const struct web_port *p);

struct web_sess_cfg {
	const char *ufrag, *pwd;          /* ours, of the answer */
	const unsigned char *fingerprint; /* the browser's, WEB_FINGERPRINT_BYTES */
};

struct web_sess_handlers {
	void (*on_up)(void *ctx); /* keys agreed: media may flow. Once */
	/** A whole decrypted packet; valid during the call. */
	void (*on_rtp)(void *ctx, const uint8_t *pkt, size_t bytes);
	void (*on_rtcp)(void *ctx, const uint8_t *pkt, size_t bytes);
	/** Closed by the browser, or no consent for WEB_CONSENT_MS (RFC 7675). Once; then nothing
	 * more. */
	void (*on_gone)(void *ctx);
};

enum { WEB_CONSENT_MS = 15000, WEB_SRTP_TRAILER_BYTES = 32 };

/** @param ret  web_sess_free() */
enum err web_sess_new(struct web_port *p, const struct web_sess_cfg *cfg,
                      const struct web_sess_handlers *h, void *ctx, struct web_sess **ret,
                      struct why *why) MUST_USE;
void web_sess_free(
    struct web_sess **s); /* also inside a handler of its own; NULL content is fine */

/** Encrypts in place and sends. Before on_up and after on_gone it does nothing.
 *  @param cap  room of `pkt`: at least bytes + WEB_SRTP_TRAILER_BYTES */
void web_sess_send_rtp(struct web_sess *s, uint8_t *pkt, size_t bytes, size_t cap);
void web_sess_send_rtcp(struct web_sess *s, uint8_t *pkt, size_t bytes, size_t cap);

#endif
