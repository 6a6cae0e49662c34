/* api/loop_box.h -- a worker asks the signalling loop and waits, but not for ever.
 *
 * The question and its answer lie in a box that both hold; whoever lets go last frees it, so a
 * worker that gives up leaves nothing behind that the loop could write into. */
#ifndef API_LOOP_BOX_H
#define API_LOOP_BOX_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct voice;
struct loop_box;

/** Runs on the loop. Calls box_finish() once, now or from a later callback. */
typedef void loop_box_fn(struct voice *v, struct loop_box *box);

void *box_data(struct loop_box *box);
void box_finish(struct loop_box *box, enum err e, const struct why *why);

/** Copies `data` in, asks, waits, and copies it out when the answer came (also with an error).
 *  @return the loop's error; ERR_BUSY E_LOOP_SILENT after `timeout_ms`, E_POST_FULL */
enum err loop_ask(struct voice *v, loop_box_fn *fn, void *data, size_t bytes, int64_t timeout_ms,
                  struct why *why) MUST_USE;

#endif
