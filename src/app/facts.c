#include "app/facts.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "base/thread.h"
#include "crm/import.h"
#include "event/outbox.h"
#include "floor/cmd.h"

enum {
	LOOK_MS = 500,
	ROUND = 200,          /* facts of one look */
	NEWS_MS = 10 * 60000, /* older facts are history: nobody is told after a restart */
	PRUNE_MS = 10 * 60000,
};

struct facts {
	struct facts_cfg cfg;
	char *url, consumer[32]; /* each node tells those it serves */
	struct thread *thread;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool is_stopping; /* under lock */
	struct db *db;
	int64_t pruned_ms;
};

static enum err tell_imported(struct facts *f, const struct event *ev, struct why *why)
{
	struct import_summary s;
	char zh[400], en[400], link[60], topic[48], id[ID_TEXT_BYTES];
	enum err e = import_summary(f->db, ev->subject_id, &s, why);
	if (e)
		return e == ERR_NOT_FOUND ? ERR_OK : e;
	snprintf(zh, sizeof zh, "名单“%s”已导入：新增 %" PRId64 "，更新 %" PRId64, s.file_name,
	         s.n_new, s.n_updated);
	snprintf(en, sizeof en, "The list '%s' is imported: %" PRId64 " new, %" PRId64 " updated",
	         s.file_name, s.n_new, s.n_updated);
	snprintf(link, sizeof link, "/lists/imports/%s", id_text(s.id, id));
	snprintf(topic, sizeof topic, "person:%s", id_text(s.by_id, id));
	CLEANUP(json_cleanup)
	json_t *n = json_pack("{s:s,s:s,s:s,s:I,s:s}", "kind", "import", "text_zh", zh, "text_en",
	                      en, "at_utc_ms", (json_int_t)ev->at_utc_ms, "link", link);
	if (n)
		sse_publish(f->cfg.hub, topic, "notice", n);
	return ERR_OK;
}

/* The gate refuses him at every commit; this keeps him from being taken at all. */
static enum err forget_refused(struct facts *f, const struct event *ev, struct why *why)
{
	CLEANUP(json_cleanup) json_t *answer = NULL;
	struct floor_cmd cmd = { .kind = CMD_REFUSED, .customer_id = ev->subject_id };
	return floor_cmd(f->cfg.floor, &cmd, &answer, why);
}

static enum err on_fact(const struct event *ev, void *ctx, struct why *why)
{
	static const struct {
		const char *kind;
		enum err (*act)(struct facts *f, const struct event *ev, struct why *why);
	} ACTS[] = { { "import.done", tell_imported }, { "customer.refused", forget_refused } };
	if (ev->at_utc_ms < clock_utc_ms() - NEWS_MS)
		return ERR_OK;
	for (size_t i = 0; i < sizeof ACTS / sizeof *ACTS; i++) {
		if (strcmp(ACTS[i].kind, ev->kind) == 0)
			return ACTS[i].act(ctx, ev, why);
	}
	return ERR_OK;
}

static enum err prune(struct tx *tx, const void *arg, struct why *why)
{
	int64_t deleted;
	(void)arg;
	return outbox_prune(tx, clock_utc_ms() - OUTBOX_KEEP_DAYS * INT64_C(86400000), &deleted,
	                    why);
}

static void look(struct facts *f)
{
	struct why why = { 0 };
	int seen = 0;
	enum err e = f->db ? ERR_OK : db_open(f->url, DB_READ, &f->db, &why);
	if (!e)
		e = outbox_read(f->db, f->cfg.writer, f->consumer, ROUND, on_fact, f, &seen, &why);
	if (!e && clock_mono_ms() - f->pruned_ms > PRUNE_MS) {
		f->pruned_ms = clock_mono_ms();
		e = writer_do(f->cfg.writer, LANE_NORMAL, prune, NULL, &why);
	}
	if (e)
		log_warn("app", "facts", LOG_WHY(&why));
}

/* @return false: we are to end */
static bool rest(struct facts *f)
{
	struct timespec until;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += LOOK_MS * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&f->lock);
	if (!f->is_stopping)
		pthread_cond_timedwait(&f->changed, &f->lock, &until);
	bool goes_on = !f->is_stopping;
	pthread_mutex_unlock(&f->lock);
	return goes_on;
}

static void run(void *arg)
{
	struct facts *f = arg;
	while (rest(f))
		look(f);
	db_close(&f->db);
}

enum err facts_start(const struct facts_cfg *cfg, struct facts **ret, struct why *why)
{
	struct facts *f = calloc(1, sizeof *f);
	if (!f)
		return fail(why, E_NOMEM);
	f->cfg = *cfg;
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->changed, NULL);
	snprintf(f->consumer, sizeof f->consumer, "told:%" PRId64, cfg->node);
	f->url = strdup(cfg->url);
	enum err e = f->url ? thread_start("facts", run, f, &f->thread, why) : fail(why, E_NOMEM);
	if (e)
		facts_stop(&f);
	else
		*ret = f;
	return e;
}

void facts_stop(struct facts **pf)
{
	struct facts *f = *pf;
	if (!f)
		return;
	pthread_mutex_lock(&f->lock);
	f->is_stopping = true;
	pthread_cond_signal(&f->changed);
	pthread_mutex_unlock(&f->lock);
	thread_join(&f->thread);
	pthread_cond_destroy(&f->changed);
	pthread_mutex_destroy(&f->lock);
	free(f->url);
	free(f);
	*pf = NULL;
}
