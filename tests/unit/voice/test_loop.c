#include "test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "voice/leg.h"
#include "voice/trunk.h"

/* One telephone on its own thread. */
struct phone {
	pthread_t thread;
	_Atomic(struct voice *) v;
	atomic_int answered, ended, posted, incoming, told_shutdown;
	atomic_llong leg;
};

static void on_leg(void *ctx, const struct leg_event *ev)
{
	struct phone *p = ctx;
	struct voice *v = atomic_load(&p->v);
	if (ev->kind == LEG_EV_INCOMING) {
		atomic_fetch_add(&p->incoming, 1);
		assert_int_equal(leg_answer(v, ev->leg, NULL), ERR_OK);
	}
	if (ev->kind == LEG_EV_ANSWERED)
		atomic_fetch_add(&p->answered, 1);
	if (ev->kind == LEG_EV_ENDED) {
		atomic_fetch_add(&p->ended, 1);
		atomic_fetch_add(&p->told_shutdown, ev->cause == CAUSE_SHUTDOWN);
	}
}

static void *live(void *arg)
{
	struct phone *p = arg;
	struct voice_cfg cfg = { .post_slots = 256 };
	struct voice_handlers h = { .on_leg_event = on_leg };
	struct voice *v;
	struct why why;
	assert_ok(voice_new(&cfg, &h, p, &v, &why), &why);
	atomic_store(&p->v, v);
	voice_run(v);
	voice_free(v);
	return NULL;
}

static struct phone *start(void)
{
	struct phone *p = calloc(1, sizeof *p);
	pthread_create(&p->thread, NULL, live, p);
	while (!atomic_load(&p->v))
		usleep(1000);
	return p;
}

static void stop(struct phone *p)
{
	voice_stop(atomic_load(&p->v));
	pthread_join(p->thread, NULL);
	free(p);
}

static void wait_until(atomic_int *n, int at_least)
{
	int64_t until = clock_mono_ms() + 10000;
	while (atomic_load(n) < at_least && clock_mono_ms() < until)
		usleep(1000);
	assert_true(atomic_load(n) >= at_least);
}

static void count(struct voice *v, void *arg)
{
	(void)v;
	struct phone *p = arg;
	atomic_fetch_add(&p->posted, 1);
}

static void *post_many(void *arg)
{
	struct phone *p = arg;
	for (int i = 0; i < 5000;) {
		enum err e = voice_post(atomic_load(&p->v), count, p, NULL);
		assert_true(e == ERR_OK || e == ERR_BUSY);
		if (e)
			usleep(100);
		else
			i++;
	}
	return NULL;
}

static void posts_of_many_threads_all_arrive(void **state)
{
	(void)state;
	struct phone *p = start();
	pthread_t t[4];
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, post_many, p);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	wait_until(&p->posted, 20000);
	stop(p);
}

static void block(struct voice *v, void *arg)
{
	(void)v;
	while (!atomic_load((atomic_bool *)arg))
		usleep(1000);
}

static void a_full_mailbox_says_busy_and_loses_nothing_it_took(void **state)
{
	(void)state;
	struct phone *p = start();
	atomic_bool go = false;
	struct why why;
	int taken = 0;
	assert_ok(voice_post(p->v, block, &go, &why), &why);
	usleep(20000);
	while (voice_post(p->v, count, p, &why) == ERR_OK)
		taken++;
	assert_int_equal(why.code, E_VOICE_BUSY);
	assert_true(taken >= 255);
	atomic_store(&go, true);
	wait_until(&p->posted, taken);
	stop(p);
}

struct order {
	struct phone *caller;
	int port;
};

static void dial(struct voice *v, void *arg)
{
	struct order *o = arg;
	struct trunk_cfg t = { .id = 1,
		               .port = o->port,
		               .host = "127.0.0.1",
		               .options_s = -1,
		               .callee_fmt = NUMFMT_AS_GIVEN };
	struct dial d = { 1, "+8613800000000", NULL, 5000, 42 };
	int64_t leg;
	struct why why;
	assert_ok(trunk_set(v, &t, &why), &why);
	assert_ok(leg_dial(v, &d, &leg, &why), &why);
	assert_ok(leg_play(v, leg, PLAY_MUSIC, NULL, true, NULL, &why), &why);
	atomic_store(&o->caller->leg, leg);
}

static void accept_calls(struct voice *v, void *arg)
{
	(void)arg;
	struct trunk_cfg t = { .id = 1, .host = "127.0.0.1", .port = 9, .options_s = -1 };
	struct why why;
	assert_ok(trunk_set(v, &t, &why), &why);
}

static void hang_up(struct voice *v, void *arg)
{
	struct phone *p = arg;
	struct why why;
	assert_ok(leg_hangup(v, atomic_load(&p->leg), CAUSE_NORMAL, &why), &why);
	assert_int_equal(leg_hangup(v, atomic_load(&p->leg), CAUSE_NORMAL, &why), ERR_NOT_FOUND);
}

static void two_telephones_in_one_process_call_each_other(void **state)
{
	(void)state;
	struct phone *a = start(), *b = start();
	struct why why;
	struct order o = { a, voice_sip_port(b->v) };
	assert_ok(voice_post(b->v, accept_calls, NULL, &why), &why);
	assert_ok(voice_post(a->v, dial, &o, &why), &why);
	wait_until(&a->answered, 1);
	usleep(200000);
	struct voice_stats s;
	voice_stats(b->v, &s);
	assert_true(s.rtp_in > 3);
	assert_int_equal(s.legs_now, 1);
	assert_ok(voice_post(a->v, hang_up, a, &why), &why);
	wait_until(&a->ended, 1);
	wait_until(&b->ended, 1);
	stop(a);
	stop(b);
}

static void stopping_hangs_up_what_is_up(void **state)
{
	(void)state;
	struct phone *a = start(), *b = start();
	struct why why;
	struct order o = { a, voice_sip_port(b->v) };
	assert_ok(voice_post(b->v, accept_calls, NULL, &why), &why);
	assert_ok(voice_post(a->v, dial, &o, &why), &why);
	wait_until(&a->answered, 1);
	stop(a);
	wait_until(&b->ended, 1); /* by a BYE */
	stop(b);
}

static void settings_that_cannot_be_are_refused_with_a_reason(void **state)
{
	(void)state;
	struct voice_handlers h = { 0 };
	struct voice *v;
	struct why why;
	struct voice_cfg c = { .sip_addr = "nowhere" };
	assert_int_equal(voice_new(&c, &h, NULL, &v, &why), ERR_INVALID);
	c = (struct voice_cfg){ .sip_addr = "0.0.0.0" };
	assert_int_equal(voice_new(&c, &h, NULL, &v, &why), ERR_INVALID);
	assert_string_equal(why.arg[0], "advertise");
	c = (struct voice_cfg){ .sip_addr = "192.0.2.1" };
	assert_int_equal(voice_new(&c, &h, NULL, &v, &why), ERR_IO);
	c = (struct voice_cfg){ .music_path = "/nonexistent.wav" };
	assert_int_equal(voice_new(&c, &h, NULL, &v, &why), ERR_IO);
}

static void refuse_bad_trunks(struct voice *v, void *arg)
{
	struct why why;
	struct trunk_cfg t = { .id = 1, .name = "t" };
	assert_int_equal(trunk_set(v, &t, &why), ERR_INVALID);
	assert_string_equal(why.arg[1], "host");
	t = (struct trunk_cfg){ .id = 1, .host = "a\r\nEvil: 1" };
	assert_int_equal(trunk_set(v, &t, &why), ERR_INVALID);
	t = (struct trunk_cfg){ .id = 1, .host = "h", .sources = { "10.0.0.0/33" } };
	assert_int_equal(trunk_set(v, &t, &why), ERR_INVALID);
	t = (struct trunk_cfg){ .id = 1, .host = "h", .is_registered = true };
	assert_int_equal(trunk_set(v, &t, &why), ERR_INVALID);
	int64_t leg;
	assert_int_equal(phone_dial(v, "tel:110", "x", 0, &leg, &why), ERR_INVALID);
	assert_int_equal(leg_digits(v, 99, "1", &why), ERR_NOT_FOUND);
	assert_int_equal(web_offer(v, "ann", "v=0", NULL, NULL, &why), ERR_INVALID);
	assert_int_equal(web_offer(v, "", "v=0", NULL, NULL, &why), ERR_INVALID);
	count(v, arg);
}

static void bad_input_is_refused_on_the_loop(void **state)
{
	(void)state;
	struct phone *p = start();
	struct why why;
	assert_ok(voice_post(p->v, refuse_bad_trunks, p, &why), &why);
	wait_until(&p->posted, 1);
	struct voice_stats s;
	voice_stats(p->v, &s);
	assert_int_equal(s.legs_now, 0);
	stop(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(posts_of_many_threads_all_arrive),
		cmocka_unit_test(a_full_mailbox_says_busy_and_loses_nothing_it_took),
		cmocka_unit_test(two_telephones_in_one_process_call_each_other),
		cmocka_unit_test(stopping_hangs_up_what_is_up),
		cmocka_unit_test(settings_that_cannot_be_are_refused_with_a_reason),
		cmocka_unit_test(bad_input_is_refused_on_the_loop),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
