/* base/id.h -- 63-bit ids made in the process: 41 bits of ms since 2026-01-01 UTC, 10 bits node,
 * 12 bits counter.
 *
 * Ascending within a process, also when the wall clock goes back; 0 is never made and means
 * "none". Ids are strings in JSON and URLs. Thread: any. */
#ifndef BASE_ID_H
#define BASE_ID_H

#include <stdbool.h>
#include <stdint.h>

enum {
	ID_NODES = 1024,
	ID_TEXT_BYTES = 20, /* 19 digits and the end */
};

/** Sets the node number of this process, 0..ID_NODES-1, once at start; 0 until then. */
void id_init(unsigned node);

/** A new id. */
int64_t id_new(void);

/** The ms of wall time (UTC) an id was made at. */
int64_t id_utc_ms(int64_t id);

/** The smallest id that can be made at `utc_ms`: bounds of a range over ids. */
int64_t id_floor(int64_t utc_ms);

/** Writes decimal digits into `buf` (ID_TEXT_BYTES) and returns it. */
char *id_text(int64_t id, char buf[ID_TEXT_BYTES]);

/** Reads what id_text() wrote: digits only, no sign, no leading zero, 1..2^63-1.
 *  @return false and *ret unchanged when it is anything else (NULL too) */
bool id_parse(const char *text, int64_t *ret);

#endif
