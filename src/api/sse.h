/* api/sse.h -- the live stream GET /api/v1/events: facts and live state to the browsers.
 *
 * Topics: "person:<id>" one person's browsers; "unit:<id>" everyone with board.see whose scope has
 * the unit; "all" everybody. Each stream has a bounded buffer; what overflows it is dropped and
 * `reset` is sent, after which the page asks anew. A `beat` every 15 s finds dead peers on both
 * sides. Facts carry an id: a browser that comes back with Last-Event-ID gets those it missed, or
 * `reset` when they are not kept any more or the server has started anew. Thread: any; publishing
 * takes a short lock and never waits for the network. */
#ifndef API_SSE_H
#define API_SSE_H

#include <jansson.h>
#include <stdint.h>

#include "base/err.h"

struct sse_hub;
struct sse_stream;

enum { SSE_BUFFER_BYTES = 512 * 1024, SSE_BEAT_MS = 15000, SSE_FACTS_KEPT = 256 };

/** Sends an event to the streams of a topic. The event's field list (struct sse_event) decides what
 *  leaves; an unknown event or a wrong field is logged and dropped. `body` stays the caller's. */
void sse_publish(struct sse_hub *hub, const char *topic, const char *event, const json_t *body);

/** To one stream, while greeting it. */
void sse_send(struct sse_stream *st, const char *event, const json_t *body);

/** Ends the streams of a session after sending `kicked`. */
void sse_kick(struct sse_hub *hub, int64_t session_id, const json_t *kicked);

/** Open streams; and of one person. */
int sse_count(struct sse_hub *hub);
int sse_count_person(struct sse_hub *hub, int64_t person_id);

#endif
