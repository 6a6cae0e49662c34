#include "rig_int.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "base/id.h"
#include "base/json.h"
#include "base/log.h"
#include "base/zone.h"
#include "floor/result.h"

/* ---- the database: jobs run at once, their end comes back when virtual time says so ---- */

static void finished(struct rig *r, struct floor_job *j)
{
	j->next = NULL;
	if (r->done)
		r->done_last->next = j;
	else
		r->done = j;
	r->done_last = j;
}

static enum err run_write(struct tx *tx, const void *arg, struct why *why)
{
	struct floor_job *j = *(struct floor_job *const *)arg;
	return j->write(tx, j, why);
}

static enum err d_write(void *ctx, enum lane lane, struct floor_job *j, struct why *why)
{
	struct rig *r = ctx;
	if (r->is_writer_full)
		return fail(why, E_FLOOR_BUSY);
	j->why = (struct why){ 0 };
	if (++r->writes == r->fail_write)
		j->e = fail(&j->why, E_INTERNAL, "test");
	else
		j->e = writer_do(r->db.w, lane, run_write, &j, &j->why);
	finished(r, j);
	return ERR_OK;
}

static enum err d_read(void *ctx, struct floor_job *j, struct why *why)
{
	struct rig *r = ctx;
	(void)why;
	j->e = j->read(r->db.r, j, &j->why);
	finished(r, j);
	return ERR_OK;
}

static int d_load(void *ctx)
{
	return ((struct rig *)ctx)->is_writer_full ? 100 : 0;
}

static enum err d_post(void *ctx, floor_post_fn *fn, void *arg, struct why *why)
{
	(void)why;
	fn(((struct rig *)ctx)->floor, arg);
	return ERR_OK;
}

/* ---- the sink: nothing pushed may hold a number ---- */

static void look_for_numbers(const json_t *body)
{
	char *text = json_dumps(body, JSON_COMPACT);
	assert_non_null(text);
	assert_null(strstr(text, "1380000"));
	free(text);
}

static void push_person(void *ctx, int64_t id, const char *event, const json_t *body)
{
	struct rig *r = ctx;
	(void)id;
	r->desk_pushes += strcmp(event, "desk") == 0;
	look_for_numbers(body);
}

static void push_unit(void *ctx, int64_t id, const char *event, const json_t *body)
{
	struct rig *r = ctx;
	(void)id;
	r->tile_pushes += strcmp(event, "tile") == 0;
	r->strip_pushes += strcmp(event, "strip") == 0;
	look_for_numbers(body);
}

static int64_t clock_mono(void *ctx)
{
	return ((struct rig *)ctx)->mono_ms;
}

static int64_t clock_utc(void *ctx)
{
	return ((struct rig *)ctx)->utc_ms;
}

static void start_floor(struct rig *r)
{
	struct why why = { 0 };
	const struct zone *zone = NULL;
	assert_ok(zone_get("Asia/Shanghai", &zone, &why), &why);
	struct floor_cfg cfg = {
		.phone = rig_phone(r),
		.io = { r, d_write, d_read, d_load, d_post },
		.sink = { r, push_person, push_unit },
		.mono_ms = clock_mono,
		.utc_ms = clock_utc,
		.clock_ctx = r,
		.vault = r->vault,
		.zone = zone,
		.recordings_dir = r->db.dir,
		.cell = &r->cell,
	};
	r->cell.cell_id = 1;
	r->cell.epoch = 1;
	r->cell.sure_until_ms = INT64_MAX;
	assert_ok(floor_new(&cfg, &r->floor, &why), &why);
	rig_run(r, 300);
}

void rig_open(struct rig *r, const char *mode, int customers)
{
	struct why why = { 0 };
	char key[300];
	memset(r, 0, sizeof *r);
	log_set_level(LOG_WARN);
	assert_ok(crypto_init(&why), &why);
	test_db_open(&r->db);
	snprintf(key, sizeof key, "%s/master.key", r->db.dir);
	assert_ok(vault_open(key, r->db.w, r->db.r, &r->vault, &why), &why);
	r->mono_ms = 1000000;
	r->utc_ms = RIG_START_UTC_MS;
	r->commit_ms = 5;
	rig_house(r, mode, customers);
	start_floor(r);
}

/* Jobs whose end nobody heard: their memory belongs to a process that is gone. */
static struct floor_job *gone;

/* What is finished is thrown away, as a kill does. */
static void drop_floor(struct rig *r)
{
	floor_free(&r->floor);
	r->n_events = 0;
	while (r->done) {
		struct floor_job *j = r->done;
		r->done = j->next;
		j->next = gone;
		gone = j;
	}
	for (int i = 0; i < r->n_legs; i++)
		r->leg[i].is_up = false;
}

void rig_close(struct rig *r)
{
	/* Let what is under way end, so that nothing is left allocated. */
	rig_run(r, 100);
	while (r->done)
		rig_run(r, 100);
	floor_free(&r->floor);
	json_decref(r->answer);
	vault_close(&r->vault);
	test_db_close(&r->db);
}

void rig_restart(struct rig *r)
{
	struct why why = { 0 };
	drop_floor(r);
	assert_ok(floor_recover(r->db.w, r->db.url, 1, r->db.dir, r->utc_ms, NULL, &why), &why);
	start_floor(r);
}

/* ---- time ---- */

static void deliver_events(struct rig *r)
{
	for (int i = 0; i < r->n_events;) {
		if (r->event[i].at_ms > r->mono_ms) {
			i++;
			continue;
		}
		struct leg_event ev = r->event[i].ev;
		memmove(&r->event[i], &r->event[i + 1],
		        (size_t)(--r->n_events - i) * sizeof *r->event);
		struct rig_leg *l = NULL;
		for (int k = 0; k < r->n_legs; k++)
			if (r->leg[k].id == ev.leg)
				l = &r->leg[k];
		if (ev.kind != LEG_EV_RECORDED && !l->is_up)
			continue; /* told once that it is over */
		if (ev.kind == LEG_EV_ENDED)
			l->is_up = false;
		if (ev.kind == LEG_EV_ANSWERED)
			l->is_answered = true;
		ev.at_ms = r->mono_ms;
		ev.at_utc_ms = r->utc_ms;
		floor_on_leg(r->floor, &ev);
		i = 0;
	}
}

static void deliver_done(struct rig *r)
{
	struct floor_job *j = r->done;
	r->done = NULL;
	while (j) {
		struct floor_job *next = j->next;
		floor_on_done(r->floor, j);
		j = next;
	}
}

void rig_run(struct rig *r, int64_t ms)
{
	for (int64_t end = r->mono_ms + ms; r->mono_ms < end;) {
		int64_t step = r->commit_ms < end - r->mono_ms ? r->commit_ms : end - r->mono_ms;
		r->mono_ms += step;
		r->utc_ms += step;
		deliver_done(r);
		deliver_events(r);
		if (r->mono_ms / FLOOR_TICK_MS != (r->mono_ms - step) / FLOOR_TICK_MS)
			floor_tick(r->floor);
	}
}

/* ---- asking ---- */

static void answered(void *ctx, enum err e, const struct why *why, json_t *answer)
{
	struct rig *r = ctx;
	r->is_answered = true;
	r->e = e;
	r->why = why ? *why : (struct why){ 0 };
	json_decref(r->answer);
	r->answer = answer;
}

enum err rig_ask(struct rig *r, struct floor_cmd cmd)
{
	r->is_answered = false;
	cmd.text = cmd.text ? cmd.text : "";
	cmd.reason = cmd.reason ? cmd.reason : "";
	floor_ask(r->floor, &cmd, answered, r);
	for (int i = 0; i < 1000 && !r->is_answered; i++)
		rig_run(r, 10);
	assert_true(r->is_answered);
	return r->e;
}

void rig_station_up(struct rig *r, int64_t person_id)
{
	assert_int_equal(rig_ask(r, (struct floor_cmd){ .kind = CMD_OFFER,
	                                                .person_id = person_id,
	                                                .text = "v=0 offer" }),
	                 ERR_OK);
	rig_run(r, 100);
}

void rig_log_on(struct rig *r, int i)
{
	rig_station_up(r, r->agent[i]);
	assert_int_equal(rig_ask(r, (struct floor_cmd){ .kind = CMD_CAMPAIGN,
	                                                .person_id = r->agent[i],
	                                                .campaign_id = r->campaign }),
	                 ERR_OK);
	assert_int_equal(rig_ask(r, (struct floor_cmd){ .kind = CMD_STATUS,
	                                                .person_id = r->agent[i],
	                                                .text = "ready" }),
	                 ERR_OK);
}

/* ---- reading ---- */

static const json_t *at_path(const json_t *j, const char *path)
{
	char key[64];
	while (j && *path) {
		size_t n = strcspn(path, ".");
		snprintf(key, sizeof key, "%.*s", (int)n, path);
		j = json_object_get(j, key);
		path += n + (path[n] == '.');
	}
	return j;
}

const char *rig_text(const struct rig *r, const char *path)
{
	const json_t *j = at_path(r->answer, path);
	return json_is_string(j)  ? json_string_value(j)
	       : json_is_true(j)  ? "true"
	       : json_is_false(j) ? "false"
	                          : "";
}

int64_t rig_num(const struct rig *r, const char *path)
{
	return json_integer_value(at_path(r->answer, path));
}

const char *rig_desk(struct rig *r, int64_t person_id, const char *path)
{
	assert_int_equal(rig_ask(r, (struct floor_cmd){ .kind = CMD_DESK, .person_id = person_id }),
	                 ERR_OK);
	return rig_text(r, path);
}

int64_t rig_int(struct rig *r, const char *sql)
{
	return test_db_int(&r->db, sql, NULL, 0);
}

static enum err save(struct tx *tx, const void *arg, struct why *why)
{
	return result_store(tx, arg, why);
}

enum err rig_save(struct rig *r, int64_t call_id, int64_t person_id, const char *code,
                  const char *then)
{
	struct result_in in = { .id = id_new(),
		                .call_id = call_id,
		                .by_id = person_id,
		                .form = { .code = code,
		                          .grade = "",
		                          .wechat = "",
		                          .promise = "",
		                          .note = "记一笔" },
		                .set_version = 1,
		                .now_utc_ms = r->utc_ms,
		                .day = 20261123 };
	enum err e = writer_do(r->db.w, LANE_NORMAL, save, &in, &r->why);
	if (e)
		return e;
	return rig_ask(
	    r, (struct floor_cmd){
		   .kind = CMD_SAVED, .person_id = person_id, .call_id = call_id, .text = then });
}
