/* The gate over the database: what counts, and that two attempts cannot both slip under a cap. */
#include "gate/gate.h"

#include <pthread.h>
#include <stdio.h>

#include "base/crypto.h"
#include "base/id.h"
#include "base/str.h"
#include "gate/consent.h"
#include "gate/dnc.h"
#include "test_db.h"

static struct test_db t;
static struct policy policy;
static unsigned char hash[VAULT_HASH_BYTES];
static const int64_t NOON = 1773196200000; /* 2026-03-11 10:30 in China */

static enum err install(struct tx *tx, const void *arg, struct why *why)
{
	(void)arg;
	return policy_install(tx, NOON, why);
}

static int setup(void **state)
{
	(void)state;
	struct why why = { 0 };
	test_db_open(&t);
	memset(hash, 7, sizeof hash);
	assert_ok(writer_do(t.w, LANE_NORMAL, install, NULL, &why), &why);
	assert_ok(policy_load(t.r, POLICY_DEFAULT_KEY, NOON, &policy, &why), &why);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	test_db_close(&t);
	return 0;
}

static void add_attempt(int64_t id, int64_t at, const char *verdict, bool is_invited,
                        const char *outcome, int64_t caller)
{
	static const char SQL[] =
	    "INSERT INTO attempt (id, customer_id, phone_id, number_hash, unit_id, mode, verdict, "
	    "verdict_detail, policy_version, "
	    "created_utc_ms, invite_utc_ms, end_utc_ms, outcome, day, cell_id, epoch, "
	    "caller_number_id) VALUES "
	    "(?1, 5, 6, ?2, 1, 'manual', ?3, '{}', 1, ?4, ?5, ?6, ?7, 20260311, 1, 1, ?8)";
	test_db_exec(&t, SQL,
	             ARGS(V_INT(id), V_BYTES(hash, sizeof hash), V_TEXT(verdict), V_INT(at),
	                  is_invited ? V_INT(at) : V_NULL, outcome ? V_INT(at + 1) : V_NULL,
	                  V_TEXT(outcome), V_ID(caller)));
}

static struct gate_facts facts(void)
{
	return (struct gate_facts){ .now_utc_ms = NOON,
		                    .kind = NUMBER_MOBILE,
		                    .purpose = "marketing",
		                    .ring_timeout_s = 30 };
}

static enum err add_consent(struct tx *tx, const void *arg, struct why *why)
{
	return consent_add(tx, arg, why);
}

static enum err withdraw(struct tx *tx, const void *arg, struct why *why)
{
	return consent_withdraw(tx, 5, *(const int64_t *)arg, why);
}

static void give_consent(const char *purpose, int64_t given)
{
	struct why why = { 0 };
	struct consent_new c = { .customer_id = 5,
		                 .purpose = purpose,
		                 .basis = CONSENT_FORM,
		                 .channel = "voice_human",
		                 .proof = "",
		                 .given_utc_ms = given };
	assert_ok(writer_do(t.w, LANE_NORMAL, add_consent, &c, &why), &why);
}

static struct gate_facts loaded(int64_t caller)
{
	struct why why = { 0 };
	struct gate_facts f = facts();
	f.caller.is_needed = caller != 0;
	assert_ok(gate_facts_load(t.r, &(struct gate_subject){ hash, 5, caller }, &f, &why), &why);
	return f;
}

static enum err_code verdict(const struct gate_facts *f)
{
	struct gate_verdict v;
	(void)gate(&policy, f, &v, NULL);
	return v.code;
}

static enum err_code loaded_verdict(void)
{
	struct gate_facts f = loaded(0);
	return verdict(&f);
}

static void the_shipped_policy_is_there_once_and_can_be_replaced(void **state)
{
	(void)state;
	struct why why = { 0 };
	assert_ok(writer_do(t.w, LANE_NORMAL, install, NULL, &why), &why);
	assert_int_equal(policy.version, 1);
	assert_int_equal(policy.last_known_day, 20261231);
	assert_int_equal(
	    test_db_int(&t, "SELECT COUNT(*) FROM version WHERE kind = 'policy'", NOARGS), 1);
}

static void only_calls_that_left_the_house_count(void **state)
{
	(void)state;
	add_attempt(1, NOON - 3600000, "ok", true, "no_answer", 0);
	add_attempt(2, NOON - 3500000, "E_GATE_HOURS", false, "blocked", 0);
	add_attempt(3, NOON - 3400000, "ok", false, "cancelled",
	            0); /* the agent left before the INVITE */
	add_attempt(4, NOON - 3300000, "ok", false, NULL,
	            0); /* committed, its INVITE is on the way */
	add_attempt(5, NOON - 40 * 86400000LL, "ok", true, "answered", 0);
	struct gate_facts f = loaded(0);
	assert_int_equal(f.n_attempts, 2);
	assert_int_equal(f.attempts[0].utc_ms, NOON - 3300000);
	add_attempt(6, NOON - 7200000, "ok", true, "answered", 0);
	f = loaded(0);
	assert_int_equal(f.n_attempts, 3);
	assert_true(f.attempts[2].is_answered);
}

static void the_consent_that_carries_furthest_counts(void **state)
{
	(void)state;
	assert_int_equal(loaded_verdict(), E_GATE_CONSENT_NONE);
	give_consent("service", NOON - 1000);
	assert_int_equal(loaded_verdict(), E_GATE_CONSENT_PURPOSE);
	give_consent("marketing", NOON - 86400000);
	assert_int_equal(loaded_verdict(), E_NONE);
	struct why why = { 0 };
	int64_t at = NOON - 10;
	assert_ok(writer_do(t.w, LANE_NORMAL, withdraw, &at, &why), &why);
	assert_int_equal(loaded_verdict(), E_GATE_CONSENT_PURPOSE); /* service is still given */
	give_consent("marketing", NOON - 5);
	assert_int_equal(loaded_verdict(), E_NONE); /* given anew */
}

static enum err add_dnc(struct tx *tx, const void *arg, struct why *why)
{
	return dnc_add(tx, arg, why);
}
static enum err remove_dnc(struct tx *tx, const void *arg, struct why *why)
{
	return dnc_remove(tx, arg, why);
}

static void a_number_is_listed_once_and_the_longer_term_wins(void **state)
{
	(void)state;
	struct why why = { 0 };
	struct dnc_new d = { .mask = "138****8000",
		             .reason = DNC_REQUEST,
		             .source = "desk",
		             .at_utc_ms = NOON,
		             .expires_utc_ms = NOON + 1000 };
	memcpy(d.hash, hash, sizeof hash);
	assert_ok(writer_do(t.w, LANE_NORMAL, add_dnc, &d, &why), &why);
	struct dnc_entry e;
	assert_ok(dnc_find(t.r, hash, NOON, &e, &why), &why);
	assert_true(e.is_listed);
	assert_string_equal(e.reason, "customer_request");
	d.expires_utc_ms = NOON + 500;
	assert_ok(writer_do(t.w, LANE_NORMAL, add_dnc, &d, &why), &why);
	assert_ok(dnc_find(t.r, hash, NOON, &e, &why), &why);
	assert_int_equal(e.expires_utc_ms, NOON + 1000);
	d.expires_utc_ms = 0;
	assert_ok(writer_do(t.w, LANE_NORMAL, add_dnc, &d, &why), &why);
	assert_ok(dnc_find(t.r, hash, NOON + 5000, &e, &why), &why);
	assert_true(e.is_listed);
	assert_ok(writer_do(t.w, LANE_NORMAL, remove_dnc, hash, &why), &why);
	assert_int_equal(writer_do(t.w, LANE_NORMAL, remove_dnc, hash, &why), ERR_NOT_FOUND);
	assert_ok(dnc_find(t.r, hash, NOON, &e, &why), &why);
	assert_false(e.is_listed);
}

static void a_caller_number_must_be_registered_and_its_calls_are_counted(void **state)
{
	(void)state;
	struct gate_facts f = loaded(9);
	assert_false(f.caller.is_registered);
	test_db_exec(&t,
	             "INSERT INTO caller_number (id, trunk_id, number, purpose, valid_from_utc_ms) "
	             "VALUES (9, 1, '13900139000', 'marketing', 0)",
	             NOARGS);
	add_attempt(1, NOON - 30000, "ok", true, NULL, 9);
	add_attempt(2, NOON - 1800000, "ok", true, "answered", 9);
	add_attempt(3, NOON - 7200000, "ok", true, "answered", 9);
	f = loaded(9);
	assert_true(f.caller.is_registered && f.caller.is_mobile);
	assert_int_equal(f.caller.last_minute, 1);
	assert_int_equal(f.caller.last_hour, 2);
	assert_int_equal(f.caller.last_day, 3);
	assert_int_equal(f.caller.at_once, 1);
}

/* ---- two dialers at once ---- */

struct
try {
	struct writer *w;
	int passed;
};

static enum err attempt_job(struct tx *tx, const void *arg, struct why *why)
{
	static const char SQL[] = "INSERT INTO attempt (id, customer_id, phone_id, number_hash, "
				  "unit_id, mode, verdict, verdict_detail, policy_version, "
				  "created_utc_ms, day, cell_id, epoch) VALUES (?1, 5, 6, ?2, 1, "
				  "'progressive', ?3, '{}', 1, ?4, 20260311, 1, 1)";
	struct gate_verdict v;
	struct gate_facts f = facts();
	enum err e = gate_commit(tx, &policy, &(struct gate_subject){ hash, 5, 0 }, &f, &v, why);
	if (e)
		return e;
	*(bool *)arg = !v.code;
	return db_exec(tx_db(tx), SQL,
	               ARGS(V_INT(id_new()), V_BYTES(hash, sizeof hash),
	                    V_TEXT(gate_verdict_text(&v)), V_INT(NOON - 100)),
	               NULL, why);
}

static void *dial(void *arg)
{
	struct try *r = arg;
	for (int i = 0; i < 20; i++) {
		struct why why = { 0 };
		bool passed = false;
		assert_ok(writer_do(r->w, LANE_LIVE, attempt_job, &passed, &why), &why);
		r->passed += passed;
	}
	return NULL;
}

static void two_dialers_cannot_both_pass_a_cap(void **state)
{
	(void)state;
	struct why why = { 0 };
	struct writer *second = NULL;
	assert_ok(writer_new(&(struct writer_cfg){ .url = t.url, .node = 2 }, &second, &why), &why);
	give_consent("marketing", NOON - 86400000);
	struct try r[2] = { { t.w, 0 }, { second, 0 } };
	pthread_t thread[2];
	for (int i = 0; i < 2; i++)
		pthread_create(&thread[i], NULL, dial, &r[i]);
	for (int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	writer_free(&second);
	assert_int_equal(r[0].passed + r[1].passed, 1); /* one a minute */
	assert_int_equal(
	    test_db_int(&t, "SELECT COUNT(*) FROM attempt WHERE verdict = 'ok'", NOARGS), 1);
	assert_int_equal(test_db_int(&t, "SELECT COUNT(*) FROM attempt", NOARGS), 40);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    the_shipped_policy_is_there_once_and_can_be_replaced, setup, teardown),
		cmocka_unit_test_setup_teardown(only_calls_that_left_the_house_count, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(the_consent_that_carries_furthest_counts, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(a_number_is_listed_once_and_the_longer_term_wins,
		                                setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_caller_number_must_be_registered_and_its_calls_are_counted, setup, teardown),
		cmocka_unit_test_setup_teardown(two_dialers_cannot_both_pass_a_cap, setup,
		                                teardown),
	};
	return test_db_main("gate", tests);
}
