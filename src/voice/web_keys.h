/* voice/web_keys.h -- SRTP of one browser: libre's for sending (0.4 us a packet), libsrtp2's for
 * receiving (libre 1.1 takes a forged packet's sequence number for true). Thread: media. */
#ifndef VOICE_WEB_KEYS_H
#define VOICE_WEB_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct web_keys;

enum { WEB_KEY_BYTES = 30, WEB_KEYS_TAIL = 160 /* room a packet needs behind it */ };

/** @param profile  "SRTP_AEAD_AES_128_GCM" (28 bytes of key and salt) or "SRTP_AES128_CM_SHA1_80"
 * (30)
 *  @return NULL: unknown profile, out of memory */
struct web_keys *web_keys_new(const char *profile, const uint8_t *theirs, const uint8_t *ours);
void web_keys_free(struct web_keys *k); /* NULL is fine */

/** In place. @return the new length, 0 = refused (forged, replayed) */
size_t web_keys_open(struct web_keys *k, bool is_rtcp, uint8_t *packet, size_t len);
size_t web_keys_seal(struct web_keys *k, bool is_rtcp, uint8_t *packet, size_t len);

#endif
