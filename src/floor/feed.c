/* Tasks at hand: fetched by the feeder before they are needed, given to agents from memory. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "floor/floor_int.h"

/* Nothing was due: how long until the database is asked again. */
enum { FEED_EMPTY_MS = 1000, SKIP_MAX = 1024 };

struct feed_job {
	struct floor_job j;
	const struct vault *vault;
	int64_t campaign_id, now_utc_ms;
	int64_t skip[SKIP_MAX];
	int n_skip, want, n;
	struct target *targets;
};

struct target *target_new(void)
{
	return calloc(1, sizeof(struct target));
}

void target_free(struct target **t)
{
	if (!*t)
		return;
	target_wipe(*t);
	free(*t);
	*t = NULL;
}

struct feed *feed_of(struct floor *f, int64_t campaign_id, bool make)
{
	struct feed *d = f->feeds;
	while (d && d->campaign_id != campaign_id)
		d = d->next;
	if (d || !make || !(d = calloc(1, sizeof *d)))
		return d;
	d->campaign_id = campaign_id;
	d->next = f->feeds;
	f->feeds = d;
	return d;
}

void feed_drop_all(struct floor *f, int64_t campaign_id)
{
	struct feed *d = feed_of(f, campaign_id, false);
	for (int i = 0; d && i < d->n; i++)
		target_free(&d->task[i]);
	if (d)
		d->n = 0;
}

struct target *feed_take(struct floor *f, int64_t campaign_id, int64_t person_id)
{
	struct feed *d = feed_of(f, campaign_id, false);
	for (int i = 0; d && i < d->n; i++) {
		struct target *t = d->task[i];
		if (t->task_agent_id && t->task_agent_id != person_id)
			continue;
		memmove(&d->task[i], &d->task[i + 1], (size_t)(d->n - i - 1) * sizeof *d->task);
		d->n--;
		return t;
	}
	return NULL;
}

void feed_forget(struct floor *f, int64_t customer_id)
{
	for (struct feed *d = f->feeds; d; d = d->next) {
		int kept = 0;
		for (int i = 0; i < d->n; i++) {
			if (d->task[i]->customer_id == customer_id)
				target_free(&d->task[i]);
			else
				d->task[kept++] = d->task[i];
		}
		d->n = kept;
	}
}

static bool feed_add(struct feed *d, const struct target *t)
{
	if (d->n == d->cap) {
		int cap = d->cap ? d->cap * 2 : 32;
		struct target **p = realloc(d->task, (size_t)cap * sizeof *p);
		if (!p)
			return false;
		d->task = p;
		d->cap = cap;
	}
	struct target *copy = target_new();
	if (!copy)
		return false;
	*copy = *t;
	d->task[d->n++] = copy;
	return true;
}

static bool is_held(const struct floor *f, int64_t task_id)
{
	for (const struct live *l = f->lives; l; l = l->next)
		if (l->task_id == task_id && !l->is_final_saved)
			return true;
	for (const struct seat *s = f->seats; s; s = s->next)
		if (s->preview && s->preview->task_id == task_id)
			return true;
	return false;
}

static enum err feed_read(struct db *db, struct floor_job *j, struct why *why)
{
	struct feed_job *fj = (struct feed_job *)j;
	fj->n = 0;
	fj->targets = calloc((size_t)fj->want, sizeof *fj->targets);
	if (!fj->targets)
		return fail(why, E_NOMEM);
	return target_feed(db, fj->vault, fj->campaign_id, fj->skip, fj->n_skip, fj->now_utc_ms,
	                   fj->targets, fj->want, &fj->n, why);
}

static void feed_done(struct floor *f, struct floor_job *j)
{
	struct feed_job *fj = (struct feed_job *)j;
	struct feed *d = feed_of(f, fj->campaign_id, false);
	const struct campaign *c = f->world ? world_campaign(f->world, fj->campaign_id) : NULL;
	if (j->e)
		log_warn("floor", "feed_unread", LOG_ID("campaign", fj->campaign_id),
		         LOG_WHY(&j->why));
	/* Taken meanwhile by hand, or the campaign was stopped: leave it where it is. */
	for (int i = 0; d && c && c->is_running && i < fj->n; i++)
		if (!is_held(f, fj->targets[i].task_id))
			(void)feed_add(d, &fj->targets[i]);
	if (d) {
		d->is_reading = false;
		d->again_ms = fj->n < fj->want ? f->now_ms + FEED_EMPTY_MS : 0;
	}
	for (int i = 0; i < fj->n; i++)
		target_wipe(&fj->targets[i]);
	free(fj->targets);
	free(fj);
}

static void add_skip(struct feed_job *fj, int64_t task_id)
{
	if (task_id && fj->n_skip < SKIP_MAX)
		fj->skip[fj->n_skip++] = task_id;
}

void feed_fill(struct floor *f, struct feed *d, int want)
{
	if (want <= 0 || d->is_reading || f->now_ms < d->again_ms)
		return;
	struct feed_job *fj = calloc(1, sizeof *fj);
	if (!fj)
		return;
	fj->j = (struct floor_job){ .read = feed_read, .done = feed_done };
	fj->vault = f->cfg.vault;
	fj->campaign_id = d->campaign_id;
	fj->now_utc_ms = f->now_utc_ms;
	fj->want = want < FEED_MAX ? want : FEED_MAX;
	for (int i = 0; i < d->n; i++)
		add_skip(fj, d->task[i]->task_id);
	for (const struct live *l = f->lives; l; l = l->next)
		add_skip(fj, l->task_id);
	for (const struct seat *s = f->seats; s; s = s->next)
		if (s->preview)
			add_skip(fj, s->preview->task_id);
	d->is_reading = !floor_read(f, &fj->j, NULL);
	if (!d->is_reading)
		free(fj);
}
