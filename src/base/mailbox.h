/* base/mailbox.h -- a bounded queue of fixed-size messages from many threads to one.
 *
 * Never waits and takes no lock. Full means ERR_BUSY: who posts decides what that means. The
 * reader polls mailbox_fd() or waits on it. */
#ifndef BASE_MAILBOX_H
#define BASE_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct mailbox;

/** @param slots  rounded up to a power of two, at least 2
 *  @param ret    mailbox_free() after the last poster is gone */
enum err mailbox_new(size_t msg_bytes, size_t slots, struct mailbox **ret,
                     struct why *why) MUST_USE;
void mailbox_free(struct mailbox **m); /* NULL content is fine; messages inside are forgotten */

/** Copies the message in. Any thread. @return ERR_BUSY E_MAILBOX_FULL */
enum err mailbox_post(struct mailbox *m, const void *msg, struct why *why) MUST_USE;

/** Copies the oldest message out. The reader's thread only. @return false when empty */
bool mailbox_take(struct mailbox *m, void *msg);

/** Readable when there may be messages: call mailbox_drained() first, then take until empty. */
int mailbox_fd(const struct mailbox *m);
void mailbox_drained(struct mailbox *m); /* resets the descriptor */

/** Blocks the reader until there is a message or `timeout_ms` passed (-1: for ever).
 *  @return false on time-out */
bool mailbox_wait(struct mailbox *m, int timeout_ms);

/** How many messages wait, about, and room for how many. */
size_t mailbox_depth(const struct mailbox *m);
size_t mailbox_slots(const struct mailbox *m);

#endif
