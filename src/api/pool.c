#include <pthread.h>
#include <stdlib.h>

#include "api/req_int.h"
#include "base/log.h"
#include "base/thread.h"
#include "store/db.h"

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct req **slot; /* a ring */
	size_t slots, head, n;
	bool is_ending;
	struct thread **thread;
	struct worker *worker;
	size_t workers;
};

struct start {
	struct pool *p;
	struct worker *w;
};

static struct req *take(struct pool *p)
{
	struct req *rq = NULL;
	pthread_mutex_lock(&p->lock);
	while (!p->n && !p->is_ending)
		pthread_cond_wait(&p->wake, &p->lock);
	if (p->n) {
		rq = p->slot[p->head];
		p->head = (p->head + 1) % p->slots;
		p->n--;
	}
	pthread_mutex_unlock(&p->lock);
	return rq;
}

static void work_all(void *arg)
{
	struct start s = *(struct start *)arg;
	struct req *rq;
	free(arg);
	while ((rq = take(s.p))) {
		rq->worker = s.w;
		if (rq->stage == STAGE_CHECK)
			req_check(rq);
		else
			req_work(rq);
		rq->worker = NULL;
		http_resume(rq);
	}
}

enum err pool_give(struct pool *p, struct req *rq, struct why *why)
{
	pthread_mutex_lock(&p->lock);
	bool is_full = p->n == p->slots || p->is_ending;
	if (!is_full) {
		p->slot[(p->head + p->n++) % p->slots] = rq;
		pthread_cond_signal(&p->wake);
	}
	pthread_mutex_unlock(&p->lock);
	return is_full ? fail(why, p->is_ending ? E_STOPPING : E_QUEUE_FULL) : ERR_OK;
}

int pool_depth(struct pool *p)
{
	pthread_mutex_lock(&p->lock);
	int n = (int)p->n;
	pthread_mutex_unlock(&p->lock);
	return n;
}

static enum err start_one(struct pool *p, struct api *api, struct why *why)
{
	struct worker *w = &p->worker[p->workers];
	struct start *s = malloc(sizeof *s);
	if (!s)
		return fail(why, E_NOMEM);
	*s = (struct start){ p, w };
	w->api = api;
	enum err e = db_open(api->cfg.db_url, DB_READ, &w->db, why);
	if (!e)
		e = thread_start("http-worker", work_all, s, &p->thread[p->workers], why);
	if (e) {
		db_close(&w->db);
		free(s);
		return e;
	}
	p->workers++;
	return ERR_OK;
}

enum err pool_new(struct api *api, int workers, int slots, struct pool **ret, struct why *why)
{
	CLEANUP(pool_free) struct pool *p = calloc(1, sizeof *p);
	if (!p)
		return fail(why, E_NOMEM);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->wake, NULL);
	p->slots = (size_t)slots;
	p->slot = calloc(p->slots, sizeof *p->slot);
	p->thread = calloc((size_t)workers, sizeof *p->thread);
	p->worker = calloc((size_t)workers, sizeof *p->worker);
	if (!p->slot || !p->thread || !p->worker)
		return fail(why, E_NOMEM);
	for (int i = 0; i < workers; i++) {
		enum err e = start_one(p, api, why);
		if (e)
			return e;
	}
	*ret = p;
	p = NULL;
	return ERR_OK;
}

void pool_end(struct pool *p)
{
	pthread_mutex_lock(&p->lock);
	p->is_ending = true;
	pthread_cond_broadcast(&p->wake);
	pthread_mutex_unlock(&p->lock);
	for (size_t i = 0; i < p->workers; i++) {
		thread_join(&p->thread[i]);
		db_close(&p->worker[i].db);
	}
}

void pool_free(struct pool **pp)
{
	struct pool *p = *pp;
	if (!p)
		return;
	pool_end(p);
	free(p->slot);
	free(p->thread);
	free(p->worker);
	pthread_mutex_destroy(&p->lock);
	pthread_cond_destroy(&p->wake);
	free(p);
	*pp = NULL;
}
