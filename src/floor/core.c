#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "base/log.h"
#include "base/zone.h"
#include "floor/floor_int.h"

enum {
	WORLD_EVERY_MS = 2000,
	FIGURES_EVERY_MS = 1000,
	WATCH_EVERY_MS = 1000,
	STRIP_EVERY_MS = 1000
};

enum err floor_new(const struct floor_cfg *cfg, struct floor **ret, struct why *why)
{
	struct floor *f = calloc(1, sizeof *f);
	if (!f)
		return fail(why, E_NOMEM);
	f->cfg = *cfg;
	f->recordings_dir = strdup(cfg->recordings_dir);
	if (!f->recordings_dir) {
		free(f);
		return fail(why, E_NOMEM);
	}
	*ret = f;
	return ERR_OK;
}

void floor_free(struct floor **pf)
{
	struct floor *f = *pf;
	if (!f)
		return;
	while (f->lives)
		live_free(f, f->lives);
	while (f->feeds) {
		struct feed *d = f->feeds;
		f->feeds = d->next;
		for (int i = 0; i < d->n; i++)
			target_free(&d->task[i]);
		free(d->task);
		free(d);
	}
	while (f->seats) {
		struct seat *s = f->seats;
		f->seats = s->next;
		target_free(&s->preview);
		free(s);
	}
	spans_drop(f);
	while (f->held) {
		struct floor_job *j = f->held;
		f->held = j->next;
		wrap_job_free(j);
	}
	world_unref(&f->world);
	free(f->recordings_dir);
	free(f);
	*pf = NULL;
}

void floor_enter(struct floor *f)
{
	f->now_ms = f->cfg.mono_ms(f->cfg.clock_ctx);
	f->now_utc_ms = f->cfg.utc_ms(f->cfg.clock_ctx);
}

static void push_changes(struct floor *f)
{
	for (struct seat *s = f->seats; s; s = s->next) {
		if (!s->is_changed)
			continue;
		s->is_changed = false;
		CLEANUP(json_cleanup) json_t *desk = desk_json(f, s);
		CLEANUP(json_cleanup) json_t *tile = tile_json(f, s);
		if (desk)
			f->cfg.sink.person(f->cfg.sink.ctx, s->who.id, "desk", desk);
		if (tile)
			f->cfg.sink.unit(f->cfg.sink.ctx, s->who.unit_id, "tile", tile);
	}
}

static void write_held(struct floor *f);

void floor_leave(struct floor *f)
{
	in_route(f);
	out_pace(f);
	save_flush(f);
	spans_flush(f);
	write_held(f);
	push_changes(f);
}

/* ---- the world ---- */

struct world_job {
	struct floor_job j;
	int64_t cell_id, now_utc_ms;
	const struct zone *zone;
	const char *disk_dir;
	struct world *world;
};

static enum err world_read(struct db *db, struct floor_job *j, struct why *why)
{
	struct world_job *w = (struct world_job *)j;
	return world_load(db, w->cell_id, w->zone, w->disk_dir, w->now_utc_ms, &w->world, why);
}

static void world_done(struct floor *f, struct floor_job *j)
{
	struct world_job *w = (struct world_job *)j;
	f->is_world_reading = false;
	if (j->e) {
		log_warn("floor", "world_unread", LOG_WHY(&j->why));
	} else {
		world_unref(&f->world);
		f->world = w->world;
		f->is_strip_new = true;
		seat_take_world(f);
	}
	free(w);
}

static bool is_world_due(const struct floor *f)
{
	if (!f->world || f->is_world_stale || f->now_ms >= f->world_at_ms)
		return true;
	return f->are_figures_stale &&
	       f->now_ms >= f->world_at_ms - WORLD_EVERY_MS + FIGURES_EVERY_MS;
}

static void read_world(struct floor *f)
{
	if (f->is_world_reading || !is_world_due(f))
		return;
	struct world_job *w = calloc(1, sizeof *w);
	if (!w)
		return;
	*w = (struct world_job){ .j = { .read = world_read, .done = world_done },
		                 .cell_id = f->cfg.cell->cell_id,
		                 .now_utc_ms = f->now_utc_ms,
		                 .zone = f->cfg.zone,
		                 .disk_dir = f->recordings_dir };
	f->world_at_ms = f->now_ms + WORLD_EVERY_MS;
	if (floor_read(f, &w->j, NULL)) {
		free(w);
		return;
	}
	f->is_world_reading = true;
	f->is_world_stale = f->are_figures_stale = false;
}

/* ---- ways in ---- */

static void call_deadlines(struct floor *f)
{
	for (struct live *l = f->lives; l; l = l->next) {
		if (l->transfer.to && f->now_ms >= l->transfer.deadline_ms)
			talk_transfer_drop(f, l, "no_answer");
		/* A telephone that never says ENDED must not keep a customer and an agent. */
		if (l->hang_up_at_ms && f->now_ms >= l->hang_up_at_ms &&
		    l->call.state != CALL_ENDED)
			live_end(f, l, l->wanted_cause, 0, 0, l->wanted_by);
	}
}

/* Who has no call goes home, so that no span stays open; his open form is found again by the next
 * process that runs the cell. */
static void send_home(struct floor *f)
{
	for (struct seat *s = f->seats; s; s = s->next) {
		if (s->agent.state == AGENT_WRAPUP && s->live)
			wrap_leave(f, s);
		if (s->agent.status != AGENT_OFFLINE && s->agent.state == AGENT_IDLE)
			seat_go_home(f, s);
	}
}

/* Another process has taken the cell, counted our calls as ended and freed their agents: what goes
 * on here is nobody's any more. */
static void give_way(struct floor *f)
{
	log_error("floor", "cell_lost", LOG_ID("cell", f->cfg.cell->cell_id));
	for (struct live *l = f->lives; l; l = l->next)
		if (l->call.state != CALL_ENDED)
			live_hang_up(f, l, CAUSE_SHUTDOWN, CALL_BY_SYSTEM);
	spans_drop(f);
}

static void look_at_lease(struct floor *f)
{
	int64_t epoch = cell_epoch(f->cfg.cell);
	if (epoch != f->epoch) {
		if (f->epoch && !f->is_draining) /* a stopping process gives it back */
			give_way(f);
		f->is_world_stale = true;
		f->epoch = epoch;
		f->forms = FORMS_UNREAD;
	}
	if (!epoch)
		send_home(f);
}

void floor_tick(struct floor *f)
{
	floor_enter(f);
	look_at_lease(f);
	read_world(f);
	forms_restore(f);
	call_deadlines(f);
	for (struct seat *s = f->seats; s; s = s->next)
		wrap_tick(f, s);
	if (f->now_ms >= f->watch_at_ms) {
		f->watch_at_ms = f->now_ms + WATCH_EVERY_MS;
		guard_check(f);
	}
	if (f->now_ms >= f->strip_at_ms) {
		f->strip_at_ms = f->now_ms + STRIP_EVERY_MS;
		board_strips(f);
	}
	floor_leave(f);
}

void floor_on_done(struct floor *f, struct floor_job *j)
{
	floor_enter(f);
	f->n_jobs--;
	j->done(f, j);
	floor_leave(f);
}

int floor_drain(struct floor *f)
{
	floor_enter(f);
	f->is_draining = true;
	int n = 0;
	for (struct live *l = f->lives; l; l = l->next)
		n += l->call.state != CALL_ENDED;
	if (n == 0)
		send_home(f);
	floor_leave(f);
	return n;
}

void floor_end_all(struct floor *f)
{
	floor_enter(f);
	for (struct live *l = f->lives; l; l = l->next)
		live_hang_up(f, l, CAUSE_SHUTDOWN, CALL_BY_SYSTEM);
	floor_leave(f);
}

bool floor_is_quiet(const struct floor *f)
{
	return f->n_jobs == 0 && !f->lives && !f->spans && !f->held;
}

const struct writer_kind *const *floor_kinds(size_t *ret_n)
{
	static const struct writer_kind *const KINDS[] = { &SAVE_KIND, &SPANS_KIND, &WRAP_KIND,
		                                           &BEGIN_KIND, &OFFERED_KIND };
	*ret_n = sizeof KINDS / sizeof *KINDS;
	return KINDS;
}

int64_t floor_repairs(const struct floor *f)
{
	return f->repairs;
}

/* ---- jobs ---- */

bool floor_is_refused(const struct floor_job *j)
{
	return j->e && j->why.code == E_LEASE_LOST;
}

enum err floor_write(struct floor *f, enum lane lane, struct floor_job *j, struct why *why)
{
	j->cell_id = f->cfg.cell->cell_id;
	j->epoch = f->epoch;
	enum err e = f->cfg.io.write(f->cfg.io.ctx, lane, j, why);
	f->n_jobs += !e;
	return e;
}

void floor_write_surely(struct floor *f, struct floor_job *j)
{
	struct floor_job **at = &f->held;
	while (*at)
		at = &(*at)->next;
	j->next = NULL;
	*at = j;
}

static void write_held(struct floor *f)
{
	while (f->held) {
		struct floor_job *j = f->held;
		f->held = j->next;
		if (floor_write(f, LANE_LIVE, j, NULL)) {
			j->next = f->held;
			f->held = j;
			return;
		}
	}
}

enum err floor_read(struct floor *f, struct floor_job *j, struct why *why)
{
	enum err e = f->cfg.io.read(f->cfg.io.ctx, j, why);
	f->n_jobs += !e;
	return e;
}

enum err floor_post(struct floor *f, floor_post_fn *fn, void *arg, struct why *why)
{
	return f->cfg.io.post(f->cfg.io.ctx, fn, arg, why);
}

/* ---- finding ---- */

int floor_day(const struct floor *f)
{
	return zone_day(f->now_utc_ms, f->cfg.zone);
}

struct seat *seat_by_id(const struct floor *f, int64_t person_id)
{
	struct seat *s = f->seats;
	while (s && s->who.id != person_id)
		s = s->next;
	return person_id ? s : NULL;
}

struct seat *seat_by_station(const struct floor *f, int64_t leg)
{
	struct seat *s = f->seats;
	while (s && s->station_leg != leg)
		s = s->next;
	return leg ? s : NULL;
}

struct live *live_by_id(const struct floor *f, int64_t call_id)
{
	struct live *l = f->lives;
	while (l && l->id != call_id)
		l = l->next;
	return call_id ? l : NULL;
}

struct live *live_by_leg(const struct floor *f, int64_t leg)
{
	struct live *l = f->lives;
	while (l && l->leg != leg)
		l = l->next;
	return leg ? l : NULL;
}

struct live *live_new(struct floor *f, bool is_incoming)
{
	struct live *l = calloc(1, sizeof *l);
	if (!l)
		return NULL;
	l->id = id_new();
	l->is_incoming = is_incoming;
	l->began_ms = f->now_ms;
	call_init(&l->call, is_incoming, f->now_utc_ms);
	live_link(f, l);
	return l;
}

int64_t live_utc_ms(const struct floor *f, const struct live *l)
{
	/* A call taken over from before a restart began on another monotonic clock. */
	return l->began_ms ? l->call.facts.start_utc_ms + f->now_ms - l->began_ms : f->now_utc_ms;
}

void live_link(struct floor *f, struct live *l)
{
	l->next = f->lives;
	f->lives = l;
}

void live_free(struct floor *f, struct live *l)
{
	struct live **at = &f->lives;
	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	target_free(&l->target);
	free(l->draft);
	free(l);
}
