/* app/facts.h -- what this process does about facts from the outbox: who imported a list is told
 * that it is in, and the floor forgets a customer who refused, whoever wrote it down and on which
 * node. Also deletes facts older than OUTBOX_KEEP_DAYS. A thread of its own. */
#ifndef APP_FACTS_H
#define APP_FACTS_H

#include "api/sse.h"
#include "floor/floor.h"
#include "store/writer.h"

struct facts;

struct facts_cfg {
	const char *url; /* copied */
	struct writer *writer;
	int64_t node;
	struct floor *floor;
	struct sse_hub *hub;
};
enum err facts_start(const struct facts_cfg *cfg, struct facts **ret, struct why *why) MUST_USE;

/** Before the hub and the floor end. NULL content is fine. */
void facts_stop(struct facts **f);

#endif
