#include "store/tenure.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"

enum { LOOK_MS = 1000, AGAIN_MS = 1000 };

struct tenure {
	struct tenure_cfg cfg;
	struct cell_state state;
	struct lease lease;
	struct db *db;
	struct thread *thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool is_stopping;
	/* Of another's row: what it was when it last changed, and since when it stands still. */
	struct lease seen;
	int64_t still_since_ms;
	bool is_wait_told;
};

/* ---- jobs ---- */

struct ask {
	struct tenure *t;
	struct lease lease;
	const struct lease *seen;
};

static enum err take_write(struct tx *tx, const void *arg, struct why *why)
{
	struct ask *a = (struct ask *)(uintptr_t)arg;
	return lease_take(tx, &a->lease, a->seen, clock_utc_ms(), why);
}

static enum err renew_write(struct tx *tx, const void *arg, struct why *why)
{
	struct ask *a = (struct ask *)(uintptr_t)arg;
	int64_t now_utc_ms = clock_utc_ms();
	enum err e = lease_renew(tx, &a->lease, now_utc_ms, why);
	return e ? e : node_renew(tx, a->lease.node, now_utc_ms, why);
}

static enum err give_back_write(struct tx *tx, const void *arg, struct why *why)
{
	return lease_give_back(tx, arg, why);
}

/* ---- having it ---- */

static void give_back(struct tenure *t)
{
	struct why why = { 0 };
	if (writer_do(t->cfg.writer, LANE_LIVE, give_back_write, &t->lease, &why))
		log_warn("store", "cell_not_given_back", LOG_ID("cell", t->lease.cell_id),
		         LOG_WHY(&why));
}

/* Reading the answer too late must not make the lease look longer: it counts from the question. */
static void sure_from(struct tenure *t, int64_t asked_ms)
{
	atomic_store(&t->state.sure_until_ms, asked_ms + LEASE_SURE_MS);
}

static enum err take(struct tenure *t, const struct lease *seen, struct why *why)
{
	struct ask a = { .t = t, .lease = t->lease, .seen = seen };
	int64_t asked_ms = clock_mono_ms();
	enum err e = writer_do(t->cfg.writer, LANE_LIVE, take_write, &a, why);
	if (e)
		return e;
	t->lease = a.lease;
	if ((e = t->cfg.taken(t->cfg.ctx, why))) {
		give_back(t);
		return e;
	}
	sure_from(t, asked_ms);
	atomic_store(&t->state.epoch, t->lease.epoch);
	log_info("store", "cell_taken", LOG_ID("cell", t->lease.cell_id),
	         LOG_I("epoch", t->lease.epoch));
	return ERR_OK;
}

static void lose(struct tenure *t)
{
	atomic_store(&t->state.epoch, 0);
	log_error("store", "cell_lost", LOG_ID("cell", t->lease.cell_id),
	          LOG_I("epoch", t->lease.epoch));
	t->seen = (struct lease){ 0 };
	t->is_wait_told = false;
	t->cfg.lost(t->cfg.ctx);
}

/* @return when to look again, in ms */
static int64_t renew(struct tenure *t)
{
	struct why why = { 0 };
	struct ask a = { .t = t, .lease = t->lease };
	int64_t asked_ms = clock_mono_ms();
	enum err e = writer_do(t->cfg.writer, LANE_LIVE, renew_write, &a, &why);
	if (!e) {
		t->lease = a.lease;
		sure_from(t, asked_ms);
		return LEASE_RENEW_MS;
	}
	if (why.code == E_LEASE_LOST) {
		lose(t);
		return LOOK_MS;
	}
	log_warn("store", "cell_not_renewed", LOG_ID("cell", t->lease.cell_id), LOG_WHY(&why));
	return AGAIN_MS;
}

/* ---- waiting for it ---- */

static void tell_wait(struct tenure *t)
{
	char addr[NODE_ADDR_BYTES];
	if (t->is_wait_told || cell_addr(t->db, t->cfg.cell_id, addr, NULL))
		return;
	t->is_wait_told = true;
	log_warn("store", "standing_by", LOG_ID("cell", t->cfg.cell_id), LOG_S("run_at", addr));
}

static bool is_same(const struct lease *a, const struct lease *b)
{
	return a->epoch == b->epoch && a->expires_utc_ms == b->expires_utc_ms && a->node == b->node;
}

static int64_t watch(struct tenure *t)
{
	struct why why = { 0 };
	struct lease now;
	int64_t now_ms = clock_mono_ms();
	if (lease_look(t->db, t->cfg.cell_id, &now, &why)) {
		/* Not seen is not standing still. */
		t->seen = (struct lease){ 0 };
		return LOOK_MS;
	}
	if (!is_same(&now, &t->seen)) {
		t->seen = now;
		t->still_since_ms = now_ms;
	}
	tell_wait(t);
	if (now.expires_utc_ms && now_ms - t->still_since_ms < LEASE_MS)
		return LOOK_MS;
	enum err e = take(t, &t->seen, &why);
	if (e && why.code != E_LEASE_HELD)
		log_warn("store", "cell_not_taken", LOG_ID("cell", t->cfg.cell_id), LOG_WHY(&why));
	return LOOK_MS;
}

static void run(void *arg)
{
	struct tenure *t = arg;
	pthread_mutex_lock(&t->lock);
	while (!t->is_stopping) {
		pthread_mutex_unlock(&t->lock);
		int64_t wait_ms = cell_epoch(&t->state) ? renew(t) : watch(t);
		struct timespec until;
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec += wait_ms / 1000;
		pthread_mutex_lock(&t->lock);
		if (!t->is_stopping)
			pthread_cond_timedwait(&t->wake, &t->lock, &until);
	}
	pthread_mutex_unlock(&t->lock);
}

/* ---- from outside ---- */

enum err tenure_new(const struct tenure_cfg *cfg, struct tenure **ret, struct why *why)
{
	struct why local = { 0 };
	struct tenure *t = calloc(1, sizeof *t);
	if (!t)
		return fail(why, E_NOMEM);
	t->cfg = *cfg;
	t->state.cell_id = cfg->cell_id;
	t->lease = (struct lease){ .cell_id = cfg->cell_id, .node = cfg->node };
	pthread_condattr_t attr;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_mutex_init(&t->lock, NULL);
	pthread_cond_init(&t->wake, &attr);
	pthread_condattr_destroy(&attr);
	enum err e = db_open(cfg->url, DB_READ, &t->db, &local);
	if (!e && (e = take(t, NULL, &local)) && local.code == E_LEASE_HELD) {
		tell_wait(t);
		e = ERR_OK;
	}
	if (e) {
		tenure_free(&t);
		if (why)
			*why = local;
		return e;
	}
	*ret = t;
	return ERR_OK;
}

enum err tenure_start(struct tenure *t, struct why *why)
{
	return thread_start("tenure", run, t, &t->thread, why);
}

const struct cell_state *tenure_state(const struct tenure *t)
{
	return &t->state;
}

void tenure_free(struct tenure **pt)
{
	struct tenure *t = *pt;
	if (!t)
		return;
	pthread_mutex_lock(&t->lock);
	t->is_stopping = true;
	pthread_cond_signal(&t->wake);
	pthread_mutex_unlock(&t->lock);
	thread_join(&t->thread);
	if (cell_epoch(&t->state)) {
		atomic_store(&t->state.epoch, 0);
		give_back(t);
	}
	db_close(&t->db);
	pthread_cond_destroy(&t->wake);
	pthread_mutex_destroy(&t->lock);
	free(t);
	*pt = NULL;
}
