/* Slices on their way to the commit, so that the next one is made meanwhile. */
#include <string.h>

#include "crm/import_int.h"

void import_slices_init(struct import_slices *s, struct writer *w)
{
	*s = (struct import_slices){ .w = w };
	sem_init(&s->settled, 0, 0);
}

void import_slices_done(struct import_slices *s)
{
	(void)import_slices_wait(s, NULL);
	sem_destroy(&s->settled);
}

struct slice_ref {
	write_fn *fn;
	const void *arg;
};

static enum err run(struct tx *tx, const void *arg, struct why *why)
{
	const struct slice_ref *ref = arg;
	return ref->fn(tx, ref->arg, why);
}

/* On the writer's thread. */
static void settle(enum err e, const struct why *why, void *ctx)
{
	struct import_slices *s = ctx;
	s->e = e;
	if (e)
		s->why = *why;
	sem_post(&s->settled);
}

enum err import_slices_give(struct import_slices *s, write_fn *fn, const void *arg, struct why *why)
{
	enum err e = import_slices_wait(s, why);
	struct slice_ref ref = { fn, arg };
	if (e || (e = writer_submit(s->w, LANE_NORMAL, run, &ref, sizeof ref, settle, s, why)))
		return e;
	s->is_out = true;
	return ERR_OK;
}

enum err import_slices_wait(struct import_slices *s, struct why *why)
{
	if (s->is_out) {
		while (sem_wait(&s->settled))
			;
		s->is_out = false;
	}
	if (s->e && why)
		*why = s->why;
	return s->e;
}
