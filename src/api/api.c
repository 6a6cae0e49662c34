#include "api/api.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "api/http_door.h"
#include "api/http_int.h"
#include "api/req_int.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/thread.h"
#include "profile/settings.h"
#include "store/db.h"

enum { TICK_MS = 500, TLS_TICKS = 4, SETTINGS_TICKS = 10, WORKERS = 4, QUEUE_SLOTS = 256 };

/* Another node, or another connection, may have changed them. */
static void look_at_settings(struct api *a)
{
	struct settings s;
	struct why why = { 0 };
	if (!a->keeper_db && db_open(a->cfg.db_url, DB_READ, &a->keeper_db, &why)) {
		log_debug("http", "settings_unread", LOG_WHY(&why));
		return;
	}
	if (settings_load(a->keeper_db, clock_utc_ms(), &s, &why)) {
		log_debug("http", "settings_unread", LOG_WHY(&why));
		db_close(&a->keeper_db);
		return;
	}
	http_door_apply(a, &s);
}

static void keep_house(void *arg)
{
	struct api *a = arg;
	for (unsigned n = 0; !atomic_load(&a->is_stopping); n++) {
		nanosleep(&(struct timespec){ .tv_nsec = TICK_MS * 1000000L }, NULL);
		sse_tick(a->hub, clock_mono_ms());
		conns_tick(a->conns, clock_mono_ms());
		if (n % SETTINGS_TICKS == 0)
			look_at_settings(a);
		if (a->tls && n % TLS_TICKS == 0)
			tls_tick(a->tls, clock_utc_ms());
	}
}

static bool cfg_copy(struct api_cfg *to, const struct api_cfg *from)
{
	*to = *from;
	const char **text[] = { &to->addr,         &to->tls_cert,    &to->tls_key,
		                &to->ca_cert,      &to->db_url,      &to->web_dir,
		                &to->env.data_dir, &to->env.company, &to->passwords_file,
		                &to->log_level };
	bool ok = true;
	for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
		if (*text[i] && !(*text[i] = strdup(*text[i])))
			ok = false;
	}
	return ok;
}

static void cfg_free(struct api_cfg *c)
{
	const char *text[] = { c->addr,           c->tls_cert, c->tls_key,      c->ca_cert,
		               c->db_url,         c->web_dir,  c->env.data_dir, c->env.company,
		               c->passwords_file, c->log_level };
	for (size_t i = 0; i < sizeof text / sizeof *text; i++)
		free((void *)(uintptr_t)text[i]);
}

static enum err prepare(struct api *a, struct why *why)
{
	enum err e;
	a->areas = api_areas(&a->n_areas);
	if (!(a->upload_dir = file_join(a->cfg.env.data_dir, "upload")))
		return fail(why, E_NOMEM);
	if ((e = file_mkdirs(a->upload_dir, 0700, why)))
		return e;
	if (a->cfg.https && !(a->cfg.tls_cert && a->cfg.tls_key))
		return fail(why, E_TLS_NEEDED);
	if (a->cfg.https && (e = tls_new(a->cfg.tls_cert, a->cfg.tls_key, &a->tls, why)))
		return e;
	if ((e = conns_new(&a->conns, why)) ||
	    (e = http_door_new(a->cfg.passwords_file, &a->door, why)))
		return e;
	if ((e = sse_hub_new(a->areas, a->n_areas, &a->hub, why)))
		return e;
	return pool_new(a, a->cfg.workers ? a->cfg.workers : WORKERS, a->cfg.queue_slots, &a->pool,
	                why);
}

enum err api_start(const struct api_cfg *cfg, struct api **ret, struct why *why)
{
	CLEANUP(api_stop) struct api *a = calloc(1, sizeof *a);
	if (!a || !cfg_copy(&a->cfg, cfg))
		return fail(why, E_NOMEM);
	if (!a->cfg.queue_slots)
		a->cfg.queue_slots = QUEUE_SLOTS;
	enum err e = prepare(a, why);
	if (!e)
		e = http_start(a, why);
	if (!e)
		e = thread_start("http-keeper", keep_house, a, &a->keeper, why);
	if (e)
		return e;
	log_info("http", "listening", LOG_S("addr", a->cfg.addr), LOG_I("port", a->port),
	         LOG_I("https", a->cfg.https));
	*ret = a;
	a = NULL;
	return ERR_OK;
}

void api_stop(struct api **ap)
{
	struct api *a = *ap;
	if (!a)
		return;
	atomic_store(&a->is_stopping, true);
	thread_join(&a->keeper);
	db_close(&a->keeper_db);
	int listening = a->daemon ? MHD_quiesce_daemon(a->daemon) : -1;
	if (a->hub)
		sse_hub_close(a->hub);
	if (a->pool)
		pool_end(a->pool); /* every suspended request is answered and resumed */
	if (a->daemon)
		MHD_stop_daemon(a->daemon);
	if (listening >= 0)
		close(listening);
	pool_free(&a->pool);
	sse_hub_free(&a->hub);
	tls_free(&a->tls);
	conns_free(&a->conns);
	http_door_free(&a->door);
	free(a->upload_dir);
	cfg_free(&a->cfg);
	free(a);
	*ap = NULL;
}

void api_drain(struct api *a)
{
	atomic_store(&a->is_draining, true);
}

uint16_t api_port(const struct api *a)
{
	return a->port;
}

struct sse_hub *api_hub(struct api *a)
{
	return a->hub;
}
