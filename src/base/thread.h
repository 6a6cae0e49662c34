/* base/thread.h -- named threads that leave signals to main(). */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include "base/err.h"

struct thread;

/** Starts a thread with all signals blocked.
 *  @param name  at most 15 bytes are shown
 *  @param ret   thread_join() frees it
 *  @return ERR_LIMIT E_THREAD */
enum err thread_start(const char *name, void (*fn)(void *), void *arg, struct thread **ret,
                      struct why *why) MUST_USE;

/** Waits until it has returned and sets *t to NULL; NULL is fine. */
void thread_join(struct thread **t);

/** Names the calling thread. */
void thread_name(const char *name);

#endif
