/* For those who watch the program: /metrics and /healthz. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/api.h"
#include "api/http_door.h"
#include "api/loop_box.h"
#include "api/monitor.h"
#include "api/req_int.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/id.h"
#include "base/metric.h"
#include "floor/floor.h"
#include "job/job.h"
#include "profile/settings.h"
#include "store/migrate.h"
#include "store/writer.h"
#include "voice/door.h"
#include "voice/trunk.h"
#include "voice/voice.h"

enum { LOOP_WAIT_MS = 1000, LOOP_HANGS_MS = 2000, TRUNKS_MAX = 256, WRITER_FULL_PCT = 80 };

/* ---- what the loop knows ---- */

struct trunk_figures {
	int64_t id;
	bool is_up, is_registered;
	int calls, cps;
};

struct loop_figures {
	const struct floor *floor;
	int n, bans;
	struct trunk_figures trunk[TRUNKS_MAX];
};

static void add_trunk(void *ctx, const struct trunk_cfg *cfg, const struct trunk_status *st,
                      int cps_now)
{
	struct loop_figures *f = ctx;
	if (f->n == TRUNKS_MAX)
		return;
	bool is_up = st->state == TRUNK_UP;
	f->trunk[f->n++] = (struct trunk_figures){ cfg->id, is_up, is_up && cfg->is_registered,
		                                   st->calls_now, cps_now };
}

static void count_sip(void *ctx, const struct ban_row *r)
{
	(void)r;
	((struct loop_figures *)ctx)->bans++;
}

static void count_http(void *ctx, const char *door, const struct ban_row *r, const char *code,
                       const char *zh, const char *en)
{
	(void)door;
	(void)r;
	(void)code;
	(void)zh;
	(void)en;
	(*(int *)ctx)++;
}

static void on_loop(struct voice *v, struct loop_box *box)
{
	struct loop_figures *f = box_data(box);
	trunk_tell_all(v, add_trunk, f);
	voice_door_each(v, count_sip, f);
	if (f->floor)
		floor_metrics(f->floor);
	box_finish(box, ERR_OK, NULL);
}

/* ---- writing ---- */

static void write_trunks(struct str *out, const struct loop_figures *f)
{
	static const struct {
		const char *name, *help;
	} FAMILIES[] = {
		{ "hujiao_trunk_up", "1: the line can be used" },
		{ "hujiao_trunk_registered", "1: the line's account is registered" },
		{ "hujiao_trunk_calls", "Calls on the line now" },
		{ "hujiao_trunk_cps", "Calls begun on the line in the last second" },
	};
	for (int k = 0; k < 4; k++) {
		metric_head(out, FAMILIES[k].name, "gauge", FAMILIES[k].help);
		for (int i = 0; i < f->n; i++) {
			const struct trunk_figures *t = &f->trunk[i];
			const int64_t value[] = { t->is_up, t->is_registered, t->calls, t->cps };
			char label[48], id[ID_TEXT_BYTES];
			snprintf(label, sizeof label, "trunk=\"%s\"", id_text(t->id, id));
			metric_line(out, FAMILIES[k].name, label, value[k]);
		}
	}
}

static void write_build(struct str *out, const struct req *rq)
{
	char labels[160];
	snprintf(labels, sizeof labels, "version=\"%s\",schema=\"%d\",engine=\"%s\"",
	         HUJIAO_VERSION, migrate_newest(),
	         db_engine(req_db(rq)) == DB_SQLITE ? "sqlite" : "postgresql");
	metric_head(out, "hujiao_build_info", "gauge", "The program, as labels");
	metric_line(out, "hujiao_build_info", labels, 1);
}

static void set_own(const struct req *rq)
{
	int64_t waiting = 0, running = 0, free_bytes = 0;
	int bans = 0;
	struct api *a = rq->api;
	http_door_each(a, count_http, &bans);
	metric_set(M_BANS, 1, bans);
	process_metrics();
	metric_set(M_SSE_CLIENTS, 0, sse_count(req_hub(rq)));
	metric_set(M_MAILBOX_DEPTH, 4, pool_depth(a->pool));
	metric_set(M_MAILBOX_SLOTS, 4, a->cfg.queue_slots);
	metric_set(M_HTTP_CONNECTIONS, 0, http_connections(a));
	writer_metrics(req_writer(rq));
	if (job_counts(req_db(rq), &waiting, &running, NULL) == ERR_OK) {
		metric_set(M_JOBS, 0, waiting);
		metric_set(M_JOBS, 1, running);
	}
	if (file_free_bytes(a->cfg.env.data_dir, &free_bytes, NULL) == ERR_OK)
		metric_set(M_DISK_FREE, 0, free_bytes);
}

enum err monitor_write(const struct req *rq, struct str *out, struct why *why)
{
	const struct api_env *env = req_env(rq);
	CLEANUP(str_drop) struct loop_figures *f = calloc(1, sizeof *f);
	if (!f)
		return fail(why, E_NOMEM);
	f->floor = env->floor;
	set_own(rq);
	bool answers = false;
	if (env->voice) {
		voice_metrics(env->voice);
		answers = loop_ask(env->voice, on_loop, f, sizeof *f, LOOP_WAIT_MS, NULL) == ERR_OK;
	}
	metric_set(M_BANS, 0, f->bans);
	metric_write(out);
	metric_head(out, "hujiao_loop_answers", "gauge",
	            "1: the signalling loop answered within a second; else its figures are old");
	metric_line(out, "hujiao_loop_answers", "", answers);
	if (answers)
		write_trunks(out, f);
	write_build(out, rq);
	return str_ok(out) ? ERR_OK : fail(why, E_NOMEM);
}

/* ---- who may read ---- */

bool addr_is_loopback(const char *addr)
{
	return strncmp(addr, "127.", 4) == 0 || strcmp(addr, "::1") == 0;
}

/* Behind a proxy on this machine everybody comes from it: then only the token counts. */
static bool is_proxied(const struct req *rq)
{
	static const char *const MARKS[] = { "Forwarded", "X-Forwarded-For", "X-Real-IP", "Via" };
	for (size_t i = 0; i < sizeof MARKS / sizeof *MARKS; i++) {
		if (req_header(rq, MARKS[i]))
			return true;
	}
	return false;
}

static enum err may_read(const struct req *rq, const struct settings *s, struct why *why)
{
	static const char BEARER[] = "Bearer ";
	const char *auth = req_header(rq, "Authorization");
	if (addr_is_loopback(req_addr(rq)) && !is_proxied(rq))
		return ERR_OK;
	if (auth && strncasecmp(auth, BEARER, sizeof BEARER - 1) == 0 &&
	    settings_secret_fits(&s->metrics_token, auth + sizeof BEARER - 1))
		return ERR_OK;
	return fail(why, E_METRICS);
}

static enum err get_metrics(struct req *rq, struct reply *rp, struct why *why)
{
	CLEANUP(str_free) struct str out = { 0 };
	struct settings s;
	char *text = NULL;
	enum err e = settings_load(req_db(rq), req_now_utc_ms(rq), &s, why);
	if (e || (e = may_read(rq, &s, why)) || (e = monitor_write(rq, &out, why)))
		return e;
	size_t n = out.len;
	if ((e = str_take(&out, &text, why)))
		return e;
	reply_bytes(rp, text, n, "text/plain; version=0.0.4; charset=utf-8", NULL);
	return ERR_OK;
}

/* ---- health ---- */

/* Why it is not ready; HEALTH(id, code, zh, en). */
#define HEALTH_LIST(H) \
	H(DATABASE, "database", "数据库无法读取", "the database cannot be read") \
	H(WRITER, "writer", "数据库写入积压", "writes to the database are piling up") \
	H(LOOP, "loop", "电话服务没有响应", "the telephone does not answer") \
	H(DISK, "disk", "磁盘空间不足，不再发起新呼叫", \
	  "the disk is nearly full: no new calls begin") \
	H(DRAINING, "draining", "正在停止", "the server is stopping")

enum health {
#define H(id, code, zh, en) HEALTH_##id,
	HEALTH_LIST(H)
#undef H
	    HEALTH_COUNT
};
static const struct {
	const char *code, *zh, *en;
} HEALTH_TEXT[HEALTH_COUNT] = {
#define H(id, code, zh, en) { code, zh, en },
	HEALTH_LIST(H)
#undef H
};

static const struct field HEALTH_REASON[] = { F_TEXT("code"), F_TEXT("zh"), F_TEXT("en"), F_END };
static const struct field HEALTH[] = {
	F_BOOL("ok", .doc = "the same as ready"),
	F_BOOL("live", .doc = "false: only a restart helps"),
	F_BOOL("ready", .doc = "false: send no work here; reasons says why"),
	F_ARR("reasons", HEALTH_REASON),
	F_END,
};

static void judge(const struct req *rq, bool bad[HEALTH_COUNT])
{
	struct settings s;
	int64_t free_bytes = INT64_MAX;
	const struct api_env *env = req_env(rq);
	/* A real read: a door without its database is not well. */
	bad[HEALTH_DATABASE] = settings_load(req_db(rq), req_now_utc_ms(rq), &s, NULL) != ERR_OK;
	bad[HEALTH_WRITER] = writer_load_pct(env->writer, LANE_LIVE) >= WRITER_FULL_PCT ||
	                     writer_load_pct(env->writer, LANE_NORMAL) >= WRITER_FULL_PCT;
	bad[HEALTH_LOOP] =
	    env->voice && clock_mono_ms() - voice_beat_ms(env->voice) > LOOP_HANGS_MS;
	bad[HEALTH_DISK] = !bad[HEALTH_DATABASE] &&
	                   file_free_bytes(env->data_dir, &free_bytes, NULL) == ERR_OK &&
	                   free_bytes < s.disk_min_mb * 1024 * 1024;
	bad[HEALTH_DRAINING] = atomic_load(&rq->api->is_draining);
}

static enum err get_health(struct req *rq, struct reply *rp, struct why *why)
{
	bool bad[HEALTH_COUNT] = { false }, is_ready = true;
	json_t *reasons = json_array();
	(void)why;
	judge(rq, bad);
	for (int i = 0; i < HEALTH_COUNT; i++) {
		if (!bad[i])
			continue;
		is_ready = false;
		json_array_append_new(reasons,
		                      json_pack("{s:s, s:s, s:s}", "code", HEALTH_TEXT[i].code,
		                                "zh", HEALTH_TEXT[i].zh, "en", HEALTH_TEXT[i].en));
	}
	bool is_live = !bad[HEALTH_LOOP];
	reply_json(rp, json_pack("{s:b, s:b, s:b, s:o}", "ok", is_ready, "live", is_live, "ready",
	                         is_ready, "reasons", reasons));
	reply_status(rp, (req_bool(rq, "live", false) ? is_live : is_ready) ? 200 : 503);
	return ERR_OK;
}

static const struct field HEALTH_QUERY[] = {
	F_BOOL("live",
	       .doc = "true: the status tells liveness alone, for who restarts the program"),
	F_END
};

static const struct route ROUTES[] = {
	{ HTTP_GET, "/healthz", get_health, .open = true, .query = HEALTH_QUERY, .reply = HEALTH,
	  .zh = "健康检查：200 就绪，503 未就绪及原因",
	  .en = "Whether it works (200), or why not (503)" },
	{ HTTP_GET, "/metrics", get_metrics, .open = true, .mime = "text/plain",
	  .zh = "监控指标（Prometheus 文本），仅限本机或持令牌者",
	  .en = "Figures for Prometheus; from this machine, or with the token" },
	ROUTE_END,
};

const struct api_area API_MONITOR = { .tag = "monitor", .routes = ROUTES };
