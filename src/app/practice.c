/* `hujiao practice`: simulated customers and agents in a process of their own. Its orders come as
 * one JSON object on standard input (passwords do not belong on a command line); transcripts go to
 * standard output, one JSON object a line. It ends when its standard input ends, so it never
 * outlives who started it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/commands.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "base/thread.h"
#include "practice/farend.h"
#include "practice/robots.h"

enum { ORDERS_MAX_BYTES = 1 << 20, SEATS_MAX = 512, TOPICS_MAX = 64, MIX_MAX_BYTES = 1 << 16 };

struct practice {
	char addr[64], server_sip[64], server_url[128], voices[512], mix_path[512];
	int64_t port, seed;
	struct robot_seat *seats;
	size_t n_seats;
	struct bank *bank;
	struct farend_topic topics[TOPICS_MAX];
	size_t n_topics;
	struct farend *farend;
	struct robots *robots;
};

static void free_text(char **p)
{
	free(*p);
}

static enum err read_topics(struct practice *p, const json_t *list, struct why *why)
{
	size_t n = json_array_size(list);
	if (n > TOPICS_MAX)
		return fail(why, E_FIELD_INVALID, "topics", "more than 64");
	for (; p->n_topics < n; p->n_topics++) {
		const json_t *o = json_array_get(list, p->n_topics);
		struct farend_topic *t = &p->topics[p->n_topics];
		const char *caller, *script, *company;
		enum err e = json_get_str(o, "caller", &caller, why);
		if (e || (e = json_get_str(o, "script", &script, why)) ||
		    (e = json_opt_str(o, "company", "", &company, why)))
			return e;
		str_copy(t->company, sizeof t->company, company);
		str_copy(t->caller, sizeof t->caller, caller);
		str_copy(t->script, sizeof t->script, script);
	}
	return ERR_OK;
}

static enum err read_seat(const json_t *o, struct robot_seat *s, struct why *why)
{
	const char *job_no, *password;
	int64_t min_ms, max_ms, calls, break_ms;
	enum err e;
	if ((e = json_get_str(o, "job_no", &job_no, why)) ||
	    (e = json_get_str(o, "password", &password, why)) ||
	    (e = json_opt_int(o, "wrapup_min_ms", 0, 3600000, 3000, &min_ms, why)) ||
	    (e = json_opt_int(o, "wrapup_max_ms", min_ms, 3600000, min_ms + 12000, &max_ms, why)) ||
	    (e = json_opt_int(o, "calls_between_breaks", 0, 1000, 0, &calls, why)) ||
	    (e = json_opt_int(o, "break_ms", 0, 86400000, 120000, &break_ms, why)) ||
	    (e = json_opt_bool(o, "does_dawdle", false, &s->manner.does_dawdle, why)))
		return e;
	str_copy(s->job_no, sizeof s->job_no, job_no);
	str_copy(s->password, sizeof s->password, password);
	s->manner.wrapup_min_ms = (int32_t)min_ms;
	s->manner.wrapup_max_ms = (int32_t)max_ms;
	s->manner.calls_between_breaks = (int32_t)calls;
	s->manner.break_ms = (int32_t)break_ms;
	return ERR_OK;
}

static enum err read_seats(struct practice *p, const json_t *list, struct why *why)
{
	size_t n = json_array_size(list);
	if (n > SEATS_MAX)
		return fail(why, E_FIELD_INVALID, "agents", "more than 512");
	p->seats = calloc(n ? n : 1, sizeof *p->seats);
	if (!p->seats)
		return fail(why, E_NOMEM);
	for (; p->n_seats < n; p->n_seats++) {
		enum err e =
		    read_seat(json_array_get(list, p->n_seats), &p->seats[p->n_seats], why);
		if (e)
			return e;
	}
	return ERR_OK;
}

static enum err read_orders(struct practice *p, const char *text, struct why *why)
{
	CLEANUP(json_cleanup) json_t *o = NULL;
	const char *addr, *sip, *url, *voices, *mix;
	enum err e = json_read_text(text, &o, why);
	if (e || (e = json_opt_str(o, "addr", "127.0.0.1", &addr, why)) ||
	    (e = json_get_int(o, "port", 1, 65535, &p->port, why)) ||
	    (e = json_opt_str(o, "server_sip", "127.0.0.1", &sip, why)) ||
	    (e = json_get_str(o, "server_url", &url, why)) ||
	    (e = json_get_str(o, "voices", &voices, why)) ||
	    (e = json_get_str(o, "mix", &mix, why)) ||
	    (e = json_opt_int(o, "seed", 0, INT64_MAX, 1, &p->seed, why)))
		return e;
	str_copy(p->addr, sizeof p->addr, addr);
	str_copy(p->server_sip, sizeof p->server_sip, sip);
	str_copy(p->server_url, sizeof p->server_url, url);
	str_copy(p->voices, sizeof p->voices, voices);
	str_copy(p->mix_path, sizeof p->mix_path, mix);
	if ((e = read_topics(p, json_object_get(o, "topics"), why)))
		return e;
	return read_seats(p, json_object_get(o, "agents"), why);
}

static void on_transcript(void *ctx, const char *json)
{
	(void)ctx;
	printf("%s\n", json);
	fflush(stdout);
}

static void on_result(void *ctx, const char *job_no, const struct robot_result *res)
{
	struct practice *p = ctx;
	if (p->robots)
		robots_set_result(p->robots, job_no, res);
}

static void on_talk(void *ctx, const char *job_no, int64_t call_id)
{
	struct practice *p = ctx;
	farend_talk(p->farend, job_no, call_id);
}

static void on_stop_talk(void *ctx, const char *job_no)
{
	struct practice *p = ctx;
	farend_stop_talk(p->farend, job_no);
}

static enum err start(struct practice *p, struct why *why)
{
	CLEANUP(free_text) char *mix = NULL;
	struct farend_cfg cfg = { .addr = p->addr,
		                  .port = (int)p->port,
		                  .server = p->server_sip,
		                  .seats = p->seats,
		                  .n_seats = p->n_seats,
		                  .on_transcript = on_transcript,
		                  .on_result = on_result,
		                  .ctx = p };
	enum err e = file_read(p->mix_path, MIX_MAX_BYTES, &mix, NULL, why);
	if (e || (e = persona_mix_read(mix, &cfg.mix, why)) ||
	    (e = bank_open(p->voices, &p->bank, why)))
		return e;
	cfg.bank = p->bank;
	cfg.topics = p->topics;
	cfg.n_topics = p->n_topics;
	if ((e = farend_new(&cfg, &p->farend, why)))
		return e;
	if (!p->n_seats)
		return ERR_OK;
	struct robots_hooks hooks = { on_talk, on_stop_talk, p };
	return robots_start(p->server_url, p->seats, p->n_seats, (uint64_t)p->seed, &hooks,
	                    &p->robots, why);
}

/* Whoever started us is gone when our standard input ends. */
static void wait_for_end(void *arg)
{
	struct practice *p = arg;
	char c;
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	farend_stop(p->farend);
}

/* The orders are the first line. @return false when there is none */
static bool read_first_line(char *buf, size_t size)
{
	size_t n = 0;
	while (n + 1 < size && read(STDIN_FILENO, buf + n, 1) == 1 && buf[n] != '\n')
		n++;
	buf[n] = '\0';
	return n > 0;
}

int cmd_practice(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	static char orders[ORDERS_MAX_BYTES];
	struct practice p = { 0 };
	struct thread *watch = NULL;
	struct why why = { 0 };
	enum err e = ERR_INVALID;
	if (!read_first_line(orders, sizeof orders))
		e = fail(&why, E_FIELD_REQUIRED, "orders on standard input");
	else if (!(e = read_orders(&p, orders, &why)) && !(e = start(&p, &why)) &&
	         !(e = thread_start("stdin", wait_for_end, &p, &watch, &why)))
		farend_run(p.farend);
	if (e)
		log_error("practice", "cannot_start", LOG_WHY(&why));
	thread_join(&watch);
	robots_stop(&p.robots);
	farend_free(&p.farend);
	bank_free(&p.bank);
	free(p.seats);
	return e ? 1 : 0;
}
