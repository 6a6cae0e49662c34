/* voice/tap.h -- lays two parties' audio on one time line and hands it to the recorder page by
 * page.
 *
 * Time comes in as an argument; the only outside call is to the recorder. Thread: media. */
#ifndef VOICE_TAP_H
#define VOICE_TAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tap;
struct recorder;

enum tap_channel { TAP_CUSTOMER, TAP_AGENT };

/** The time line begins with tap_start(); before it audio is dropped. NULL: out of memory, queue
 * full. */
struct tap *tap_new(struct recorder *r, const char *path, int64_t leg);

/** First audio or answer, whichever comes first; later calls do nothing. */
void tap_start(struct tap *t, int64_t now_us, int64_t now_utc_ms);
void tap_answered(struct tap *t, int64_t now_us);

/** A-law from RTP: placed by its timestamp, so that jitter does not wobble and gaps stay gaps. */
void tap_rtp(struct tap *t, enum tap_channel ch, uint32_t ssrc, uint32_t ts, const uint8_t *alaw,
             size_t n, int64_t now_us);

/** A-law that is made now, by the tick. */
void tap_now(struct tap *t, enum tap_channel ch, const uint8_t *alaw, size_t n, int64_t now_us);

/** Hands over what is complete. Call it every tick. */
void tap_tick(struct tap *t, int64_t now_us);

/** Hands over the rest and closes; frees `t`. */
void tap_close(struct tap *t, int64_t now_us);

#endif
