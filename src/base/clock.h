/* base/clock.h -- the two clocks.
 *
 * Only drivers and main loops read them; rules and state machines take `now_ms` as an argument.
 * Thread: any. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/** Wall time, ms since 1970-01-01 UTC: for what is stored and shown. May jump. */
int64_t clock_utc_ms(void);

/** Monotonic ms since an arbitrary start: for what is waited for. Never goes back. */
int64_t clock_mono_ms(void);

/** As clock_mono_ms() in microseconds, for measuring. */
int64_t clock_mono_us(void);

#endif
