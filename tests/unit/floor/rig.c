#include "rig.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/crypto.h"
#include "base/id.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "base/zone.h"
#include "crm/customer.h"
#include "floor/result.h"
#include "gate/consent.h"
#include "gate/policy.h"
#include "profile/shipped.h"

/* Monday 2026-11-23 10:00 in Shanghai. */
static const int64_t START_UTC_MS = INT64_C(1795399200000);

/* ---- the telephone ---- */

static void note(struct rig *r, const char *verb)
{
	size_t n = strlen(r->log);
	if (n + strlen(verb) + 2 >= sizeof r->log) {
		memmove(r->log, r->log + sizeof r->log / 2, sizeof r->log / 2);
		n = strlen(r->log);
	}
	snprintf(r->log + n, sizeof r->log - n, "%s ", verb);
}

static struct rig_leg *leg_by_id(struct rig *r, int64_t id)
{
	for (int i = 0; i < r->n_legs; i++)
		if (r->leg[i].id == id && r->leg[i].is_up)
			return &r->leg[i];
	return NULL;
}

static struct rig_leg *leg_new(struct rig *r, enum leg_kind kind)
{
	assert_true(r->n_legs < RIG_LEGS);
	struct rig_leg *l = &r->leg[r->n_legs++];
	*l = (struct rig_leg){ .id = 1000 + r->n_legs, .kind = kind, .is_up = true };
	return l;
}

static void post_event(struct rig *r, struct rig_leg *l, enum leg_event_kind kind, int64_t in_ms,
                       struct leg_event with)
{
	assert_true(r->n_events < RIG_EVENTS);
	with.leg = l->id;
	with.leg_kind = l->kind;
	with.kind = kind;
	with.call_id = l->call_id;
	with.station = l->station;
	with.from = with.to = "";
	r->event[r->n_events++] = (struct rig_event){ r->mono_ms + in_ms, with };
}

static void end_leg(struct rig *r, struct rig_leg *l, enum cause cause, int sip_code,
                    enum ended_by by, int64_t in_ms)
{
	post_event(r, l, LEG_EV_ENDED, in_ms,
	           (struct leg_event){ .cause = cause, .sip_code = sip_code, .ended_by = by });
	if (!*l->rec_path || l->is_recorded)
		return;
	l->is_recorded = true;
	post_event(r, l, LEG_EV_RECORDED, in_ms + 10,
	           (struct leg_event){ .rec_path = l->rec_path,
	                               .rec_ms = l->is_answered ? 5000 : 0,
	                               .rec_bytes = l->is_answered ? 80044 : 0,
	                               .rec_start_utc_ms = r->utc_ms,
	                               .rec_answer_ms = l->is_answered ? 100 : -1 });
}

static enum err p_can_dial(void *ctx, int64_t trunk_id, struct why *why)
{
	struct rig *r = ctx;
	return r->is_line_busy ? fail(why, E_NO_NEW_CALLS, "lines")
	       : trunk_id      ? ERR_OK
	                       : fail(why, E_CAMPAIGN_NO_TRUNK);
}

static enum err p_dial(void *ctx, const struct dial *d, int64_t *ret_leg, struct why *why)
{
	struct rig *r = ctx;
	(void)why;
	assert_true(d->to_e164[0] == '+' && d->caller_e164[0] == '+');
	/* Commit, then act: the attempt is there before anything leaves the house. */
	assert_int_equal(
	    test_db_int(
		&r->db,
		"SELECT COUNT(*) FROM attempt a JOIN call c ON c.attempt_id = a.id WHERE c.id = ?1",
		ARGS(V_INT(d->call_id))),
	    1);
	struct rig_leg *l = leg_new(r, LEG_TRUNK);
	l->call_id = d->call_id;
	*ret_leg = l->id;
	r->dials++;
	note(r, "dial");
	return ERR_OK;
}

static enum err p_desk_dial(void *ctx, const char *uri, const char *tag, int64_t *ret_leg,
                            struct why *why)
{
	struct rig *r = ctx;
	(void)uri;
	(void)why;
	struct rig_leg *l = leg_new(r, LEG_PHONE);
	str_copy(l->station, sizeof l->station, tag);
	*ret_leg = l->id;
	post_event(r, l, LEG_EV_UP, 500, (struct leg_event){ 0 });
	return ERR_OK;
}

static enum err p_offer(void *ctx, const char *key, const char *sdp, web_reply_fn *reply,
                        void *reply_ctx, struct why *why)
{
	struct rig *r = ctx;
	(void)sdp;
	(void)why;
	struct rig_leg *l = NULL;
	for (int i = 0; i < r->n_legs; i++)
		if (r->leg[i].kind == LEG_WEB && r->leg[i].is_up &&
		    strcmp(r->leg[i].station, key) == 0)
			l = &r->leg[i];
	bool is_move = l != NULL;
	if (!l) {
		l = leg_new(r, LEG_WEB);
		str_copy(l->station, sizeof l->station, key);
	}
	reply(reply_ctx, l->id, "v=0 answer", NULL);
	post_event(r, l, is_move ? LEG_EV_BACK : LEG_EV_UP, 50, (struct leg_event){ 0 });
	return ERR_OK;
}

static enum err with_leg(struct rig *r, int64_t leg, const char *verb, struct why *why)
{
	note(r, verb);
	return leg_by_id(r, leg) ? ERR_OK : fail(why, E_ROW_NONE);
}

static enum err p_ring(void *ctx, int64_t leg, struct why *why)
{
	return with_leg(ctx, leg, "ring", why);
}

static enum err p_answer(void *ctx, int64_t leg, struct why *why)
{
	struct rig_leg *l = leg_by_id(ctx, leg);
	if (l)
		l->is_answered = true;
	return with_leg(ctx, leg, "answer", why);
}

static enum err p_hangup(void *ctx, int64_t leg, enum cause cause, struct why *why)
{
	struct rig *r = ctx;
	struct rig_leg *l = leg_by_id(r, leg);
	if (l && !(r->is_hangup_deaf && l->kind == LEG_TRUNK))
		end_leg(r, l, cause, 0, ENDED_BY_US, 20);
	return with_leg(r, leg, "hangup", why);
}

static enum err p_reject(void *ctx, int64_t leg, enum cause cause, struct why *why)
{
	return p_hangup(ctx, leg, cause, why);
}

static enum err p_bridge(void *ctx, int64_t customer, int64_t agent, enum bridge_how how,
                         struct why *why)
{
	struct rig *r = ctx;
	struct rig_leg *c = leg_by_id(r, customer), *a = leg_by_id(r, agent);
	if (!c || !a)
		return fail(why, E_ROW_NONE);
	c->partner = a->id;
	a->partner = c->id;
	note(r, how == BRIDGE_TONE ? "bridge-tone" : "bridge");
	return ERR_OK;
}

static enum err p_unbridge(void *ctx, int64_t leg, struct why *why)
{
	return with_leg(ctx, leg, "unbridge", why);
}

static enum err p_music(void *ctx, int64_t leg, bool on, struct why *why)
{
	return with_leg(ctx, leg, on ? "music" : "music-off", why);
}

static enum err p_tone(void *ctx, int64_t leg, enum tone tone, int duration_ms, struct why *why)
{
	(void)tone;
	(void)duration_ms;
	return with_leg(ctx, leg, "tone", why);
}

static enum err p_stop(void *ctx, int64_t leg, struct why *why)
{
	return with_leg(ctx, leg, "stop", why);
}

static enum err p_mute(void *ctx, int64_t leg, bool on, struct why *why)
{
	return with_leg(ctx, leg, on ? "mute" : "unmute", why);
}

static enum err p_hold(void *ctx, int64_t leg, bool on, struct why *why)
{
	return with_leg(ctx, leg, on ? "hold" : "resume", why);
}

static enum err p_digits(void *ctx, int64_t leg, const char *digits, struct why *why)
{
	(void)digits;
	return with_leg(ctx, leg, "digits", why);
}

static enum err p_record(void *ctx, int64_t leg, const char *path, struct why *why)
{
	struct rig_leg *l = leg_by_id(ctx, leg);
	if (l)
		str_copy(l->rec_path, sizeof l->rec_path, path);
	return with_leg(ctx, leg, "record", why);
}

static enum err p_listen(void *ctx, int64_t supervisor, int64_t target, enum listen how,
                         struct why *why)
{
	(void)target;
	return with_leg(ctx, supervisor, how == LISTEN_OFF ? "listen-off" : "listen", why);
}

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

/* ---- the house ---- */

const char *rig_number(int n)
{
	static char number[24];
	snprintf(number, sizeof number, "+861380000%04d", n);
	return number;
}

struct seed {
	struct rig *r;
	const char *mode;
	int from, to;
};

static enum err add_customer(struct tx *tx, struct rig *r, int n, struct why *why)
{
	struct number num;
	struct phone_new phone;
	char name[32];
	int64_t id = rig_customer(r, n);
	snprintf(name, sizeof name, "客户%d", n);
	enum err e = number_parse_one(rig_number(n), &num, why);
	if (e)
		return e;
	phone_seal(r->vault, &num, &phone);
	e = customer_add(tx,
	                 &(struct customer_new){ .id = id,
	                                         .name = name,
	                                         .call_as = "先生",
	                                         .gender = "m",
	                                         .grade = "",
	                                         .company = "",
	                                         .source = "test",
	                                         .remark = "",
	                                         .unit_id = r->unit,
	                                         .cell_id = 1,
	                                         .phones = &phone,
	                                         .n_phones = 1,
	                                         .now_utc_ms = START_UTC_MS },
	                 why);
	if (!e)
		e = consent_add(tx,
		                &(struct consent_new){ .customer_id = id,
		                                       .purpose = "marketing",
		                                       .basis = CONSENT_FORM,
		                                       .channel = "voice_human",
		                                       .proof = "",
		                                       .given_utc_ms = START_UTC_MS - 86400000 },
		                why);
	if (!e)
		e = db_exec(
		    tx_db(tx),
		    "INSERT INTO task (id, campaign_id, customer_id, phone_id, state, due_utc_ms, "
		    "priority, attempts, "
		    "reason, created_utc_ms) VALUES (?1, ?2, ?3, ?4, 'new', ?5, 100, 0, '', ?5)",
		    ARGS(V_INT(id + 2), V_INT(r->campaign), V_INT(id), V_INT(phone.id),
		         V_INT(START_UTC_MS - 1000)),
		    NULL, why);
	return e;
}

static enum err seed_customers(struct tx *tx, const void *arg, struct why *why)
{
	const struct seed *s = arg;
	enum err e = ERR_OK;
	for (int i = s->from; !e && i < s->to; i++)
		e = add_customer(tx, s->r, i, why);
	return e;
}

static enum err seed_person(struct tx *tx, struct rig *r, int64_t id, const char *job_no,
                            const char *role, struct why *why)
{
	return db_exec(
	    tx_db(tx),
	    "INSERT INTO person (id, job_no, name, name_key, role, unit_id, lang, station_kind, "
	    "created_utc_ms, cell_id) "
	    "VALUES (?1, ?2, ?2, ?2, ?3, ?4, 'zh', 'web', ?5, 1)",
	    ARGS(V_INT(id), V_TEXT(job_no), V_TEXT(role), V_INT(r->unit), V_INT(START_UTC_MS)),
	    NULL, why);
}

static enum err seed_house(struct tx *tx, const void *arg, struct why *why)
{
	const struct seed *s = arg;
	struct rig *r = s->r;
	char job_no[8];
	enum err e = shipped_install(tx, PROFILES_DIR, START_UTC_MS, why);
	if (!e)
		e = policy_install(tx, START_UTC_MS, why);
	if (!e)
		e = db_exec(
		    tx_db(tx),
		    "INSERT INTO org_unit (id, kind, name, name_key, cell_id, created_utc_ms) "
		    "VALUES (?1, 'team', '一组', 'yizu', 1, ?2)",
		    ARGS(V_INT(r->unit), V_INT(START_UTC_MS)), NULL, why);
	for (int i = 0; !e && i < RIG_AGENTS; i++) {
		snprintf(job_no, sizeof job_no, "80%d", i);
		e = seed_person(tx, r, r->agent[i], job_no, "agent", why);
	}
	if (!e)
		e = seed_person(tx, r, r->supervisor, "900", "supervisor", why);
	if (!e)
		e = db_exec(tx_db(tx),
		            "INSERT INTO trunk (id, name, cfg, enabled, cell_id) VALUES (?1, "
		            "'线路', '{\"max_calls\":30}', 1, 1)",
		            ARGS(V_INT(r->trunk)), NULL, why);
	if (!e)
		e = db_exec(
		    tx_db(tx),
		    "INSERT INTO caller_number (id, trunk_id, number, purpose, valid_from_utc_ms) "
		    "VALUES (?1, ?2, '+862131110000', 'marketing', ?3)",
		    ARGS(V_INT(r->caller_number), V_INT(r->trunk), V_INT(START_UTC_MS - 1000)),
		    NULL, why);
	if (!e)
		e = db_exec(tx_db(tx),
		            "INSERT INTO campaign (id, name, mode, state, unit_id, script_key, "
		            "trunk_id, caller_number_id, purpose, "
		            "ring_timeout_s, wrapup_limit_s, max_attempts, retry, created_utc_ms, "
		            "by_id, cell_id) VALUES (?1, '名单', "
		            "?2, 'running', ?3, '', ?4, ?5, 'marketing', 30, 60, 5, "
		            "'{\"no_answer\":{\"after_s\":7200,\"times\":3},\"unknown\":{\"after_"
		            "s\":7200,\"times\":3}}', ?6, ?7, 1)",
		            ARGS(V_INT(r->campaign), V_TEXT(s->mode), V_INT(r->unit),
		                 V_INT(r->trunk), V_INT(r->caller_number), V_INT(START_UTC_MS),
		                 V_INT(r->supervisor)),
		            NULL, why);
	for (int i = 0; !e && i < RIG_AGENTS; i++)
		e = db_exec(tx_db(tx),
		            "INSERT INTO campaign_agent (campaign_id, person_id) VALUES (?1, ?2)",
		            ARGS(V_INT(r->campaign), V_INT(r->agent[i])), NULL, why);
	return e;
}

static void start_floor(struct rig *r)
{
	struct why why = { 0 };
	const struct zone *zone = NULL;
	assert_ok(zone_get("Asia/Shanghai", &zone, &why), &why);
	struct floor_cfg cfg = {
		.phone = { r, p_can_dial, p_dial, p_desk_dial, p_offer, p_ring, p_answer, p_reject,
		           p_hangup, p_bridge, p_unbridge, p_music, p_tone, p_stop, p_mute, p_hold,
		           p_digits, p_record, p_listen },
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

int64_t rig_customer(struct rig *r, int n)
{
	return r->campaign + 1000 + n * 10;
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
	r->utc_ms = START_UTC_MS;
	r->commit_ms = 5;
	int64_t id = id_new();
	r->unit = id++;
	for (int i = 0; i < RIG_AGENTS; i++)
		r->agent[i] = id++;
	r->supervisor = id++;
	r->trunk = id++;
	r->caller_number = id++;
	r->campaign = id++;
	struct seed s = { r, mode, 0, 0 };
	assert_ok(writer_do(r->db.w, LANE_NORMAL, seed_house, &s, &why), &why);
	for (s.from = 0; s.from < customers; s.from = s.to) {
		s.to = s.from + 100 < customers ? s.from + 100 : customers;
		assert_ok(writer_do(r->db.w, LANE_NORMAL, seed_customers, &s, &why), &why);
	}
	start_floor(r);
}

/* What is finished is thrown away, as a kill does. */
static void drop_floor(struct rig *r)
{
	floor_free(&r->floor);
	r->n_events = 0;
	r->done = NULL; /* their memory belongs to a process that is gone */
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

/* ---- what the telephone tells ---- */

struct rig_leg *rig_last(struct rig *r)
{
	for (int i = r->n_legs - 1; i >= 0; i--)
		if (r->leg[i].kind == LEG_TRUNK && r->leg[i].is_up)
			return &r->leg[i];
	return NULL;
}

struct rig_leg *rig_leg_of_call(struct rig *r, int64_t call_id)
{
	for (int i = 0; i < r->n_legs; i++)
		if (r->leg[i].kind == LEG_TRUNK && r->leg[i].is_up && r->leg[i].call_id == call_id)
			return &r->leg[i];
	return NULL;
}

struct rig_leg *rig_station(struct rig *r, int64_t person_id)
{
	char key[ID_TEXT_BYTES];
	id_text(person_id, key);
	for (int i = 0; i < r->n_legs; i++)
		if (r->leg[i].kind != LEG_TRUNK && r->leg[i].is_up &&
		    strcmp(r->leg[i].station, key) == 0)
			return &r->leg[i];
	return NULL;
}

void rig_tell(struct rig *r, struct rig_leg *l, enum leg_event_kind kind)
{
	assert_non_null(l);
	post_event(r, l, kind, 0, (struct leg_event){ 0 });
	rig_run(r, 10);
}

void rig_end(struct rig *r, struct rig_leg *l, enum cause cause, int sip_code)
{
	assert_non_null(l);
	end_leg(r, l, cause, sip_code, ENDED_BY_PEER, 0);
	rig_run(r, 40);
}

void rig_incoming(struct rig *r, const char *from)
{
	struct rig_leg *l = leg_new(r, LEG_TRUNK);
	struct leg_event ev = { .leg = l->id,
		                .leg_kind = LEG_TRUNK,
		                .kind = LEG_EV_INCOMING,
		                .at_ms = r->mono_ms,
		                .at_utc_ms = r->utc_ms,
		                .trunk_id = r->trunk,
		                .from = from,
		                .to = "+862131110000",
		                .station = "" };
	floor_on_leg(r->floor, &ev);
	rig_run(r, 50);
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
