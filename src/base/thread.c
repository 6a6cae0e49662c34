#include "base/thread.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct thread {
	pthread_t id;
	void (*fn)(void *);
	void *arg;
	char name[16];
};

static void *run(void *p)
{
	struct thread *t = p;
	thread_name(t->name);
	t->fn(t->arg);
	return NULL;
}

enum err thread_start(const char *name, void (*fn)(void *), void *arg, struct thread **ret,
                      struct why *why)
{
	struct thread *t = calloc(1, sizeof *t);
	if (!t)
		return fail(why, E_NOMEM);
	t->fn = fn;
	t->arg = arg;
	snprintf(t->name, sizeof t->name, "%s", name);

	/* Signals are main()'s: a thread inherits the mask it is started with. */
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int e = pthread_create(&t->id, NULL, run, t);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (e) {
		free(t);
		return fail(why, E_THREAD, strerror(e));
	}
	*ret = t;
	return ERR_OK;
}

void thread_join(struct thread **t)
{
	if (!*t)
		return;
	pthread_join((*t)->id, NULL);
	free(*t);
	*t = NULL;
}

void thread_name(const char *name)
{
	char cut[16];
	snprintf(cut, sizeof cut, "%s", name);
	pthread_setname_np(pthread_self(), cut);
}
