#include "app/trunks.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "call/trunk_row.h"
#include "voice/voice.h"

/* On its way to the loop. */
struct lines {
	int64_t cell_id;
	struct trunk_cfg *cfg;
	size_t n, cap;
};

static void lines_free(struct lines **l)
{
	if (*l)
		free((*l)->cfg);
	free(*l);
	*l = NULL;
}

static enum err add_one(const struct trunk_row *row, void *ctx, struct why *why)
{
	struct lines *l = ctx;
	if (!row->is_enabled || row->cell_id != l->cell_id)
		return ERR_OK;
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 8;
		struct trunk_cfg *more = realloc(l->cfg, cap * sizeof *more);
		if (!more)
			return fail(why, E_NOMEM);
		l->cfg = more;
		l->cap = cap;
	}
	l->cfg[l->n++] = row->cfg;
	return ERR_OK;
}

static void set_all(struct voice *v, void *arg)
{
	struct lines *l = arg;
	for (size_t i = 0; i < l->n; i++) {
		struct why refused = { 0 };
		if (trunk_set(v, &l->cfg[i], &refused))
			log_error("app", "trunk_refused", LOG_ID("trunk", l->cfg[i].id),
			          LOG_WHY(&refused));
	}
	lines_free(&l);
}

enum err trunks_load(struct voice *v, struct db *db, const struct vault *vault, int64_t cell_id,
                     struct why *why)
{
	CLEANUP(lines_free) struct lines *l = calloc(1, sizeof *l);
	if (!l)
		return fail(why, E_NOMEM);
	l->cell_id = cell_id;
	enum err e = trunk_each(db, vault, add_one, l, why);
	if (!e && !(e = voice_post(v, set_all, l, why)))
		l = NULL; /* the loop's now */
	return e;
}

static void forget_all(struct voice *v, void *arg)
{
	(void)arg;
	trunk_remove_all(v);
}

void trunks_forget(struct voice *v)
{
	while (voice_post(v, forget_all, NULL, NULL))
		usleep(1000);
}

void trunks_on_event(void *ctx, const struct trunk_event *ev)
{
	(void)ctx;
	log_info("app", "trunk", LOG_ID("trunk", ev->trunk_id), LOG_I("state", ev->status.state),
	         LOG_I("sip_code", ev->status.last_sip_code), LOG_S("text", ev->status.text));
}
