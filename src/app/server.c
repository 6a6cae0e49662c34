#include "app/server.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "api/api.h"
#include "api/sse.h"
#include "app/cell.h"
#include "app/facts.h"
#include "app/rekey.h"
#include "app/trunks.h"
#include "app/upgrade.h"
#include "auth/login.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "base/str.h"
#include "base/thread.h"
#include "base/zone.h"
#include "crm/import.h"
#include "dialer/campaign.h"
#include "floor/cmd.h"
#include "floor/floor.h"
#include "gate/policy.h"
#include "gate/vault.h"
#include "job/job.h"
#include "profile/shipped.h"
#include "store/writer.h"
#include "voice/leg.h"

enum { DRAIN_LOOK_MS = 100, QUIET_MS = 10000 };

struct server {
	struct server_cfg cfg;
	const struct zone *zone;
	struct cell *cell;
	struct writer *writer;
	struct db *db; /* of the starting thread */
	struct vault *vault;
	struct import_jobs import_jobs;
	struct facts *facts;
	struct job_kind kinds[IMPORT_JOB_KINDS + 1];
	struct job_runner *jobs;
	struct api *api;

	/* The loop's thread makes and frees these; `is_ready` tells the others they are there. */
	struct thread *loop;
	struct voice *voice;
	struct io_real *io;
	struct floor *floor;
	struct sse_hub *hub; /* the loop's: NULL while there is no door */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool is_ready, has_failed;
	struct why loop_why;
	enum err loop_err;
	int calls_left; /* as the loop last counted while draining */
	bool is_quiet;
};

/* ---- the loop's thread ---- */

static void on_leg_event(void *ctx, const struct leg_event *ev)
{
	struct server *s = ctx;
	floor_on_leg(s->floor, ev);
}

static void push(struct server *s, const char *kind, int64_t id, const char *event,
                 const json_t *body)
{
	char topic[48], text[24];
	if (!s->hub)
		return;
	snprintf(topic, sizeof topic, "%s:%s", kind, id_text(id, text));
	sse_publish(s->hub, topic, event, body);
}

static void push_person(void *ctx, int64_t person_id, const char *event, const json_t *body)
{
	push(ctx, "person", person_id, event, body);
}

static void push_unit(void *ctx, int64_t unit_id, const char *event, const json_t *body)
{
	push(ctx, "unit", unit_id, event, body);
}

static int64_t mono_ms(void *ctx)
{
	(void)ctx;
	return clock_mono_ms();
}

static int64_t utc_ms(void *ctx)
{
	(void)ctx;
	return clock_utc_ms();
}

static void on_tick(struct voice *v, void *arg)
{
	struct server *s = arg;
	io_real_tick(s->io);
	floor_tick(s->floor);
	(void)voice_timer(v, FLOOR_TICK_MS, on_tick, s);
}

static enum err make_voice(struct server *s, struct why *why)
{
	static const struct voice_handlers HANDLERS = { on_leg_event, trunks_on_event };
	const struct config *c = s->cfg.config;
	struct voice_cfg vc = { .sip_port = config_port(c->sip_port) };
	str_copy(vc.sip_addr, sizeof vc.sip_addr, c->sip_addr);
	str_copy(vc.advertise, sizeof vc.advertise, c->media_advertised);
	if (!config_addr_port(c->media_addr, vc.web_addr, sizeof vc.web_addr, &vc.web_port))
		return fail(why, E_CONF_VALUE, "media_addr", c->media_addr, "it is too long");
	str_copy(vc.web_candidates, sizeof vc.web_candidates, c->media_advertised);
	return voice_new(&vc, &HANDLERS, s, &s->voice, why);
}

static enum err make_floor(struct server *s, struct why *why)
{
	struct floor_cfg fc = { .phone = voice_phone(s->voice),
		                .sink = { s, push_person, push_unit },
		                .mono_ms = mono_ms,
		                .utc_ms = utc_ms,
		                .vault = s->vault,
		                .zone = s->zone,
		                .recordings_dir = s->cfg.paths->recordings,
		                .cell = cell_state(s->cell) };
	enum err e = io_real_new(s->cfg.paths->database, s->writer, s->voice, &s->io, why);
	if (e)
		return e;
	fc.io = io_real_verbs(s->io);
	if ((e = floor_new(&fc, &s->floor, why)))
		return e;
	io_real_bind(s->io, s->floor);
	return ERR_OK;
}

struct hub_change {
	struct server *s;
	struct sse_hub *hub;
	bool is_done;
};

static void change_hub(struct voice *v, void *arg)
{
	struct hub_change *c = arg;
	(void)v;
	pthread_mutex_lock(&c->s->lock);
	c->s->hub = c->hub;
	c->is_done = true;
	pthread_cond_broadcast(&c->s->changed);
	pthread_mutex_unlock(&c->s->lock);
}

/* The loop publishes to `hub` from now on; NULL before the door closes. Waits until it does. */
static void set_hub(struct server *s, struct sse_hub *hub)
{
	struct hub_change c = { .s = s, .hub = hub };
	while (voice_post(s->voice, change_hub, &c, NULL))
		usleep(1000);
	pthread_mutex_lock(&s->lock);
	while (!c.is_done)
		pthread_cond_wait(&s->changed, &s->lock);
	pthread_mutex_unlock(&s->lock);
}

static void tell_ready(struct server *s, enum err e)
{
	pthread_mutex_lock(&s->lock);
	s->is_ready = true;
	s->loop_err = e;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

static void loop(void *arg)
{
	struct server *s = arg;
	enum err e = make_voice(s, &s->loop_why);
	if (!e)
		e = make_floor(s, &s->loop_why);
	if (!e)
		(void)voice_timer(s->voice, FLOOR_TICK_MS, on_tick, s);
	tell_ready(s, e);
	if (!e)
		voice_run(s->voice);
	io_real_free(s->io);
	floor_free(&s->floor);
	s->voice = voice_free(s->voice);
}

static enum err start_loop(struct server *s, struct why *why)
{
	enum err e = thread_start("loop", loop, s, &s->loop, why);
	if (e)
		return e;
	pthread_mutex_lock(&s->lock);
	while (!s->is_ready)
		pthread_cond_wait(&s->changed, &s->lock);
	pthread_mutex_unlock(&s->lock);
	if (s->loop_err && why)
		*why = s->loop_why;
	return s->loop_err;
}

/* ---- the rest ---- */

static enum err install(struct tx *tx, const void *arg, struct why *why)
{
	const struct server *s = arg;
	int64_t now_utc_ms = clock_utc_ms();
	enum err e = policy_install(tx, now_utc_ms, why);
	return e ? e : shipped_install(tx, s->cfg.paths->profiles, now_utc_ms, why);
}

static enum err open_store(struct server *s, struct why *why)
{
	const struct paths *p = s->cfg.paths;
	struct writer_cfg wc = { .url = p->database };
	enum err e;
	if ((e = upgrade(p, clock_utc_ms(), why)) ||
	    (e = cell_open(s->cfg.config, p, &s->cell, why)))
		return e;
	wc.node = cell_node(s->cell);
	wc.spool_dir = p->spool;
	wc.kinds = floor_kinds(&wc.n_kinds);
	if ((e = writer_new(&wc, &s->writer, why)) ||
	    (e = db_open(p->database, DB_READ, &s->db, why)) ||
	    (e = vault_open(p->master_key, s->writer, s->db, &s->vault, why)) ||
	    (e = vault_watch(s->vault, p->database, why)) ||
	    (e = writer_do(s->writer, LANE_NORMAL, install, s, why)))
		return e;
	return zone_get("Asia/Shanghai", &s->zone, why);
}

static enum err start_jobs(struct server *s, struct why *why)
{
	s->import_jobs =
	    (struct import_jobs){ .vault = s->vault, .add_to_campaign = campaign_add_batch };
	import_job_kinds(&s->import_jobs, s->kinds);
	s->kinds[IMPORT_JOB_KINDS] = rekey_kind(s->vault);
	struct job_runner_cfg jc = { .url = s->cfg.paths->database,
		                     .writer = s->writer,
		                     .node = cell_node(s->cell),
		                     .cell_id = cell_state(s->cell)->cell_id,
		                     .kinds = s->kinds,
		                     .n_kinds = IMPORT_JOB_KINDS + 1 };
	return job_runner_new(&jc, &s->jobs, why);
}

static enum err start_api(struct server *s, struct why *why)
{
	const struct config *c = s->cfg.config;
	const struct paths *p = s->cfg.paths;
	struct api_cfg ac = { .addr = c->http_addr,
		              .port = config_port(c->http_port),
		              .https = config_on(c->https),
		              .tls_cert = p->tls_cert,
		              .tls_key = p->tls_key,
		              .ca_cert = *p->ca_cert ? p->ca_cert : NULL,
		              .db_url = p->database,
		              .web_dir = *p->web ? p->web : NULL,
		              .passwords_file = *p->passwords ? p->passwords : NULL,
		              .log_level = c->log_level,
		              .env = { .writer = s->writer,
		                       .floor = s->floor,
		                       .voice = s->voice,
		                       .vault = s->vault,
		                       .jobs = s->jobs,
		                       .cell = cell_state(s->cell),
		                       .zone = s->zone,
		                       .data_dir = p->data,
		                       .company = c->company,
		                       .is_demo = s->cfg.is_demo } };
	enum err e = api_start(&ac, &s->api, why);
	if (e)
		return e;
	set_hub(s, api_hub(s->api));
	struct facts_cfg fc = { .url = p->database,
		                .writer = s->writer,
		                .node = cell_node(s->cell),
		                .floor = s->floor,
		                .hub = api_hub(s->api) };
	return facts_start(&fc, &s->facts, why);
}

/* Nobody is in the database yet: the administrator chooses his password by a link used once. */
static enum err greet_first(struct server *s, struct why *why)
{
	char token[LINK_TOKEN_BYTES];
	bool is_made = false;
	const struct config *c = s->cfg.config;
	enum err e =
	    first_start(s->db, s->writer, c->company, clock_utc_ms(), token, &is_made, why);
	if (!e && is_made) {
		printf("管理员 admin 首次登录 / first log-in of the administrator:\n  "
		       "%s://%s:%d/link?token=%s\n",
		       config_on(c->https) ? "https" : "http", c->http_addr, api_port(s->api),
		       token);
		fflush(stdout);
	}
	return e;
}

enum err server_start(const struct server_cfg *cfg, struct server **ret, struct why *why)
{
	CLEANUP(server_stop) struct server *s = calloc(1, sizeof *s);
	if (!s)
		return fail(why, E_NOMEM);
	s->cfg = *cfg;
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->changed, NULL);
	enum err e;
	if ((e = open_store(s, why)) || (e = cell_enter(s->cell, s->writer, s->vault, why)) ||
	    (e = start_jobs(s, why)) || (e = start_loop(s, why)) || (e = start_api(s, why)) ||
	    (e = cell_connect(s->cell, s->voice, why)) || (e = greet_first(s, why)))
		return e;
	log_info("app", "started", LOG_I("http_port", api_port(s->api)),
	         LOG_I("sip_port", voice_sip_port(s->voice)));
	*ret = s;
	s = NULL;
	return ERR_OK;
}

/* ---- stopping ---- */

static void look_at_drain(struct voice *v, void *arg)
{
	struct server *s = arg;
	(void)v;
	int left = floor_drain(s->floor);
	bool is_quiet = floor_is_quiet(s->floor);
	pthread_mutex_lock(&s->lock);
	s->calls_left = left;
	s->is_quiet = is_quiet;
	pthread_cond_broadcast(&s->changed);
	pthread_mutex_unlock(&s->lock);
}

/* Asks the loop again and again until `is_done` or time is up. */
static void drain(struct server *s, int64_t limit_ms, bool (*is_done)(const struct server *))
{
	int64_t end_ms = clock_mono_ms() + limit_ms;
	for (;;) {
		if (voice_post(s->voice, look_at_drain, s, NULL))
			return;
		usleep(DRAIN_LOOK_MS * 1000);
		pthread_mutex_lock(&s->lock);
		bool done = is_done(s);
		pthread_mutex_unlock(&s->lock);
		if (done || clock_mono_ms() >= end_ms)
			return;
	}
}

static bool has_no_calls(const struct server *s)
{
	return s->calls_left == 0;
}

static bool is_quiet(const struct server *s)
{
	return s->is_quiet;
}

static void end_calls(struct voice *v, void *arg)
{
	(void)v;
	floor_end_all(((struct server *)arg)->floor);
}

static void stop_loop(struct server *s)
{
	if (s->loop && !s->loop_err) {
		s->calls_left = 1;
		if (s->api)
			api_drain(s->api);
		drain(s, s->cfg.drain_ms, has_no_calls);
		if (voice_post(s->voice, end_calls, s, NULL))
			log_warn("app", "calls_not_ended");
		drain(s, QUIET_MS, is_quiet);
		set_hub(s, NULL);
	}
	facts_stop(&s->facts);
	api_stop(&s->api);   /* its workers ask the loop: they end first */
	cell_leave(s->cell); /* all is committed; what it posts to the loop is not waited for */
	if (s->loop && !s->loop_err)
		voice_stop(s->voice);
	thread_join(&s->loop);
}

void server_stop(struct server **sp)
{
	struct server *s = *sp;
	if (!s)
		return;
	stop_loop(s);
	job_runner_free(&s->jobs);
	vault_close(&s->vault);
	db_close(&s->db);
	writer_free(&s->writer);
	cell_close(&s->cell);
	pthread_cond_destroy(&s->changed);
	pthread_mutex_destroy(&s->lock);
	free(s);
	*sp = NULL;
}

struct writer *server_writer(struct server *s)
{
	return s->writer;
}

int server_http_port(const struct server *s)
{
	return api_port(s->api);
}

static sigset_t ending(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	return set;
}

void server_block_signals(void)
{
	sigset_t set = ending();
	sigaddset(&set, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

void server_wait(struct server *s)
{
	sigset_t set = ending();
	int sig = 0;
	(void)s;
	while (sigwait(&set, &sig) != 0)
		;
	log_info("app", "stopping", LOG_I("signal", sig));
}
