/* voice/web_dtls.h -- the DTLS handshake that gives SRTP its keys; we are always the server.
 *
 * On OpenSSL, datagram by datagram; no socket of its own. Thread: media (contexts: any one). */
#ifndef VOICE_WEB_DTLS_H
#define VOICE_WEB_DTLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct dtls_server; /* our certificate, made at start, and the settings */
struct dtls_link;   /* one browser */

typedef void dtls_send_fn(void *ctx, const uint8_t *datagram, size_t len);

enum dtls_state { DTLS_SHAKING, DTLS_UP, DTLS_CLOSED };

enum err dtls_server_new(struct dtls_server **ret, struct why *why) MUST_USE;
void dtls_server_free(struct dtls_server **s);
const unsigned char *dtls_server_fingerprint(const struct dtls_server *s); /* SHA-256, 32 bytes */

struct dtls_link *dtls_link_new(struct dtls_server *s, dtls_send_fn *send,
                                void *ctx); /* NULL: no memory */
void dtls_link_free(struct dtls_link *l);   /* says good-bye first; NULL is fine */

/** @param peer_fingerprint  SHA-256 from the offer; another certificate closes the link */
enum dtls_state dtls_link_receive(struct dtls_link *l, const uint8_t *datagram, size_t len,
                                  const uint8_t peer_fingerprint[32]);
/** Repeats a lost flight when it is time; call it every tick while shaking. */
void dtls_link_tick(struct dtls_link *l);

/** Valid when up. Keys and salts as web_keys_new() wants them, 30 bytes each. @return the SRTP
 * profile */
const char *dtls_link_keys(struct dtls_link *l, uint8_t client[30], uint8_t server[30]);

#endif
