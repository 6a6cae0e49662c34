/* Trunks through the door, with two real telephones: ours and the carrier's. */
#include "door.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/id.h"
#include "base/str.h"
#include "call/trunk_row.h"
#include "gate/policy.h"
#include "profile/version.h"
#include "voice/leg.h"
#include "voice/trunk.h"

/* A telephone on its own thread. */
struct phone_box {
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t ready;
	struct voice *v;
	bool is_ready, answers;
	int calls_port; /* 0: no trunk; else accept calls from 127.0.0.1 and call that port */
};

static void on_leg(void *ctx, const struct leg_event *ev)
{
	struct phone_box *b = ctx;
	struct why why;
	if (ev->kind == LEG_EV_INCOMING && b->answers)
		assert_ok(leg_answer(b->v, ev->leg, &why), &why);
	else if (ev->kind == LEG_EV_INCOMING)
		assert_ok(leg_reject(b->v, ev->leg, CAUSE_BUSY, &why), &why);
}

static void on_trunk(void *ctx, const struct trunk_event *ev)
{
	(void)ctx, (void)ev;
}

static void *run(void *arg)
{
	static const struct voice_handlers HANDLERS = { on_leg, on_trunk };
	struct phone_box *b = arg;
	struct why why = { 0 };
	struct voice_cfg vc = { .sip_port = 0 };
	str_copy(vc.sip_addr, sizeof vc.sip_addr, "127.0.0.1");
	struct voice *v = NULL;
	assert_ok(voice_new(&vc, &HANDLERS, b, &v, &why), &why);
	b->v = v;
	if (b->calls_port) {
		struct trunk_cfg t = { .id = 1, .port = b->calls_port, .options_s = -1 };
		str_copy(t.name, sizeof t.name, "our program");
		str_copy(t.host, sizeof t.host, "127.0.0.1");
		str_copy(t.sources[0], sizeof t.sources[0], "127.0.0.1");
		assert_ok(trunk_set(v, &t, &why), &why);
	}
	pthread_mutex_lock(&b->lock);
	b->is_ready = true;
	pthread_cond_signal(&b->ready);
	pthread_mutex_unlock(&b->lock);
	voice_run(v);
	voice_free(v);
	return NULL;
}

static void box_start(struct phone_box *b)
{
	pthread_mutex_init(&b->lock, NULL);
	pthread_cond_init(&b->ready, NULL);
	assert_int_equal(pthread_create(&b->thread, NULL, run, b), 0);
	pthread_mutex_lock(&b->lock);
	while (!b->is_ready)
		pthread_cond_wait(&b->ready, &b->lock);
	pthread_mutex_unlock(&b->lock);
}

static void box_stop(struct phone_box *b)
{
	voice_stop(b->v);
	pthread_join(b->thread, NULL);
}

static enum err open_hours(struct tx *tx, const void *arg, struct why *why)
{
	/* So that the test passes at night too. */
	static const char BODY[] =
	    "{\"name\":{\"zh\":\"试\",\"en\":\"test\"},\"zone\":\"Asia/Shanghai\","
	    "\"hours\":{\"workday\":[[\"00:00\",\"24:00\"]],\"weekend\":[[\"00:00\",\"24:00\"]],"
	    "\"holiday\":[[\"00:00\",\"24:00\"]]},\"outer\":[\"00:00\",\"24:00\"],\"shift\":[],"
	    "\"callee\":[{\"n\":1,\"per_s\":60}],\"caller\":{\"mobile\":{},\"other\":{}},"
	    "\"consent\":{\"required\":true,\"max_age_days\":365},\"kinds\":[\"mobile\","
	    "\"landline\"]}";
	int64_t n;
	(void)arg;
	enum err e = policy_install(tx, 1000, why);
	return e ? e
	         : version_add(tx,
	                       &(struct version_new){ .kind = "policy",
	                                              .key = POLICY_DEFAULT_KEY,
	                                              .body = BODY,
	                                              .valid_from_utc_ms = 2000,
	                                              .reason = "test",
	                                              .now_utc_ms = 2000 },
	                       &n, why);
}

struct lines {
	struct phone_box ours, carrier;
	struct door d;
	int64_t trunk;
};

static void lines_open(struct lines *l, bool answers)
{
	struct why why = { 0 };
	char body[300];
	*l = (struct lines){ 0 };
	box_start(&l->ours);
	l->carrier.answers = answers;
	l->carrier.calls_port = voice_sip_port(l->ours.v);
	box_start(&l->carrier);
	door_open(&l->d, &(struct api_cfg){ .env = { .voice = l->ours.v } });
	assert_ok(writer_do(l->d.t.w, LANE_NORMAL, open_hours, NULL, &why), &why);
	snprintf(body, sizeof body,
	         "{\"name\":\"电信\",\"host\":\"127.0.0.1\",\"port\":%d,\"secret\":\"s3cret-word\","
	         "\"options_s\":-1,"
	         "\"registered\":false,\"callee_format\":\"national\",\"sources\":[\"127.0.0.1\"],"
	         "\"codecs\":[\"PCMA\"]}",
	         voice_sip_port(l->carrier.v));
	struct answer a = door_as(&l->d, ADMIN, "POST", "/api/v1/trunks", body);
	if (a.status != 201)
		test_fail("%d %s", a.status, a.body);
	assert_null(strstr(a.body, "s3cret"));
	assert_true(json_is_true(json_object_get(a.json, "has_secret")));
	assert_string_equal(json_string_value(json_object_get(a.json, "callee_format")),
	                    "national");
	id_parse(json_string_value(json_object_get(a.json, "id")), &l->trunk);
	answer_free(&a);
}

static void lines_close(struct lines *l)
{
	door_close(&l->d);
	box_stop(&l->ours);
	box_stop(&l->carrier);
}

static struct answer ask(struct lines *l, const char *method, const char *rest, const char *body)
{
	char path[100];
	snprintf(path, sizeof path, "/api/v1/trunks/%lld%s", (long long)l->trunk, rest);
	return door_as(&l->d, ADMIN, method, path, body);
}

static void add_number(struct lines *l)
{
	struct answer a = ask(l, "POST", "/numbers", "{\"number\":\"021-31110000\"}");
	if (a.status != 200)
		test_fail("%d %s", a.status, a.body);
	json_t *n = json_array_get(json_object_get(a.json, "numbers"), 0);
	assert_non_null(strchr(json_string_value(json_object_get(n, "number")), '*'));
	answer_free(&a);
}

static int64_t count(struct lines *l, const char *sql)
{
	return test_db_int(&l->d.t, sql, NOARGS);
}

static void a_test_call_draws_its_ladder_and_is_an_attempt(void **state)
{
	struct lines l;
	(void)state;
	lines_open(&l, true);
	struct answer a = ask(&l, "POST", "/test", "{\"number\":\"13800138000\"}");
	assert_int_equal(a.status, 409);
	assert_string_equal(answer_code(&a), "trunk_no_number");
	answer_free(&a);
	add_number(&l);
	a = ask(&l, "POST", "/test", "{\"number\":\"13800138000\"}");
	if (a.status != 200)
		test_fail("%d %s", a.status, a.body);
	assert_string_equal(json_string_value(json_object_get(a.json, "verdict")), "ok");
	assert_true(json_array_size(json_object_get(a.json, "ladder")) >= 3);
	assert_null(strstr(a.body, "13800138000"));
	assert_non_null(strstr(a.body, "INVITE"));
	answer_free(&a);
	assert_int_equal(
	    count(&l, "SELECT COUNT(*) FROM attempt WHERE mode = 'test' AND outcome = 'answered'"
	              " AND invite_utc_ms IS NOT NULL AND end_utc_ms IS NOT NULL"),
	    1);
	/* Again at once: the gate counts test calls like all others. */
	a = ask(&l, "POST", "/test", "{\"number\":\"13800138000\"}");
	assert_int_equal(a.status, 409);
	if (strncmp(answer_code(&a), "gate_", 5) != 0)
		test_fail("%s", a.body);
	answer_free(&a);
	assert_int_equal(count(&l, "SELECT COUNT(*) FROM attempt WHERE mode = 'test' AND outcome = "
	                           "'blocked' AND invite_utc_ms IS NULL"),
	                 1);
	lines_close(&l);
}

static void a_busy_phone_is_told_as_such(void **state)
{
	struct lines l;
	(void)state;
	lines_open(&l, false);
	add_number(&l);
	struct answer a = ask(&l, "POST", "/test", "{\"number\":\"13800138000\"}");
	assert_int_equal(a.status, 200);
	/* The line is good: it carried the call and the answer. */
	assert_string_equal(json_string_value(json_object_get(a.json, "verdict")), "ok");
	assert_non_null(strstr(a.body, "486"));
	answer_free(&a);
	assert_int_equal(
	    count(&l, "SELECT COUNT(*) FROM attempt WHERE mode = 'test' AND outcome = 'busy'"), 1);
	lines_close(&l);
}

static void an_edit_keeps_what_it_does_not_name(void **state)
{
	struct lines l;
	struct trunk_row row;
	struct why why = { 0 };
	(void)state;
	lines_open(&l, true);
	struct answer a = ask(&l, "PATCH", "", "{\"name\":\"联通\",\"max_cps\":9}");
	if (a.status != 200)
		test_fail("%d %s", a.status, a.body);
	answer_free(&a);
	assert_ok(trunk_get(l.d.t.r, l.d.vault, l.trunk, &row, &why), &why);
	assert_string_equal(row.cfg.name, "联通");
	assert_string_equal(row.cfg.secret, "s3cret-word");
	assert_string_equal(row.cfg.host, "127.0.0.1");
	assert_int_equal(row.cfg.max_cps, 9);
	a = ask(&l, "PATCH", "", "{\"transport\":\"carrier pigeon\"}");
	assert_int_equal(a.status, 400);
	assert_non_null(strstr(a.body, "\"field\":\"transport\""));
	answer_free(&a);
	a = ask(&l, "PATCH", "", "{\"enabled\":false}");
	assert_int_equal(a.status, 200);
	assert_true(json_is_null(json_object_get(a.json, "status")));
	answer_free(&a);
	a = ask(&l, "POST", "/test", "{}");
	assert_int_equal(a.status, 409);
	answer_free(&a);
	lines_close(&l);
}

static void who_plans_campaigns_sees_names_and_nothing_else(void **state)
{
	struct lines l;
	(void)state;
	lines_open(&l, true);
	struct answer a = door_as(&l.d, SUPERVISOR, "GET", "/api/v1/trunks", NULL);
	assert_int_equal(a.status, 200);
	json_t *t = json_array_get(json_object_get(a.json, "items"), 0);
	assert_non_null(json_object_get(t, "name"));
	assert_null(json_object_get(t, "host"));
	assert_null(json_object_get(t, "has_secret"));
	answer_free(&a);
	a = door_as(&l.d, AGENT, "GET", "/api/v1/trunks", NULL);
	assert_int_equal(a.status, 403);
	answer_free(&a);
	lines_close(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_test_call_draws_its_ladder_and_is_an_attempt),
		cmocka_unit_test(a_busy_phone_is_told_as_such),
		cmocka_unit_test(an_edit_keeps_what_it_does_not_name),
		cmocka_unit_test(who_plans_campaigns_sees_names_and_nothing_else),
	};
	return test_db_main("trunks", tests);
}
