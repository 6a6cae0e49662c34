/* app/practice_child.h -- the simulated customers and agents as a child of the server.
 *
 * Its true transcripts come back over a pipe and are stored with their calls. A child that ends by
 * itself is started again after 1, 2, 4 … 60 seconds, and the board says so (base/alarm.h).
 * Thread: any one. */
#ifndef APP_PRACTICE_CHILD_H
#define APP_PRACTICE_CHILD_H

#include "base/err.h"

struct practice_child;
struct writer;

/** Starts `program practice` with its orders (one line of JSON, app/practice.c).
 *  @param ret  practice_child_stop()
 *  @return ERR_IO E_CHILD */
enum err practice_child_start(const char *program, const char *orders, struct writer *w,
                              struct practice_child **ret, struct why *why) MUST_USE;

/** Ends it, stores what it still says. NULL content is fine. */
void practice_child_stop(struct practice_child **c);

#endif
