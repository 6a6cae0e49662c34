/* Slices on their way to the commit, so that the next ones are made meanwhile. */
#include <string.h>

#include "crm/import_int.h"

void import_slices_init(struct import_slices *s, struct writer *w)
{
	memset(s, 0, sizeof *s);
	s->w = w;
	sem_init(&s->settled, 0, 0);
}

void import_slices_done(struct import_slices *s)
{
	(void)import_slices_wait(s, NULL);
	sem_destroy(&s->settled);
}

struct slice_ref {
	struct import_slices *s;
	write_fn *fn;
	const void *arg;
};

/* A slice behind one that failed is not written: its cursor would pass over rows that are missing.
 * The writer settles a failed job before it runs those behind it for good. */
static enum err run(struct tx *tx, const void *arg, struct why *why)
{
	const struct slice_ref *ref = arg;
	if (!atomic_load(&ref->s->is_broken))
		return ref->fn(tx, ref->arg, why);
	*why = ref->s->why;
	return ref->s->e;
}

/* On the writer's thread. */
static void settle(enum err e, const struct why *why, void *ctx)
{
	struct import_slices *s = ctx;
	if (e && !atomic_load(&s->is_broken)) {
		s->e = e;
		s->why = *why;
		atomic_store(&s->is_broken, true);
	}
	sem_post(&s->settled);
}

static void wait_until(struct import_slices *s, int64_t done)
{
	while (s->done < done) {
		while (sem_wait(&s->settled))
			;
		s->done++;
	}
}

int import_slices_place(struct import_slices *s)
{
	wait_until(s, s->given + 1 - IMPORT_SLICES);
	return (int)(s->given % IMPORT_SLICES);
}

static enum err first_error(struct import_slices *s, struct why *why)
{
	if (!atomic_load(&s->is_broken))
		return ERR_OK;
	if (why)
		*why = s->why;
	return s->e;
}

enum err import_slices_give(struct import_slices *s, write_fn *fn, const void *arg, struct why *why)
{
	struct slice_ref ref = { s, fn, arg };
	enum err e = first_error(s, why);
	if (e || (e = writer_submit(s->w, LANE_BULK, run, &ref, sizeof ref, settle, s, why)))
		return e;
	s->given++;
	return ERR_OK;
}

enum err import_slices_wait(struct import_slices *s, struct why *why)
{
	wait_until(s, s->given);
	return first_error(s, why);
}
