/* The loaded history holds together, on both engines. */
#include "demo_db.h"

#include <sys/stat.h>

#include "audio/wav.h"
#include "base/json.h"
#include "crm/phone.h"
#include "gate/vault.h"

static struct demo_db d;

static int open_db(void **state)
{
	(void)state;
	demo_db_open_days(&d, DEMO_DAYS, 8);
	return 0;
}

static int close_db(void **state)
{
	(void)state;
	demo_db_close(&d);
	return 0;
}

#define NONE(sql) assert_int_equal(demo_db_int(&d, "SELECT COUNT(*) FROM " sql, NOARGS), 0)
#define SOME(sql) assert_true(demo_db_int(&d, "SELECT COUNT(*) FROM " sql, NOARGS) > 0)

static void the_company_is_there(void **state)
{
	(void)state;
	assert_int_equal(demo_db_int(&d, "SELECT COUNT(*) FROM org_unit", NOARGS), 3);
	assert_int_equal(
	    demo_db_int(&d, "SELECT COUNT(*) FROM person WHERE role = 'agent'", NOARGS), 11);
	int n;
	const struct demo_login *l = demo_logins(&n);
	assert_int_equal(demo_db_int(&d, "SELECT COUNT(*) FROM login", NOARGS), n);
	for (int i = 0; i < n; i++)
		assert_int_equal(
		    demo_db_int(&d, "SELECT COUNT(*) FROM person WHERE job_no = ?1 AND role = ?2",
		                ARGS(V_TEXT(l[i].job_no), V_TEXT(l[i].role))),
		    1);
	NONE("person p WHERE NOT EXISTS (SELECT 1 FROM v_scope_unit v WHERE v.person_id = p.id)");
}

static void every_call_has_its_attempt_customer_and_task(void **state)
{
	(void)state;
	SOME("call WHERE direction = 'out'");
	NONE("call c WHERE c.direction = 'out' AND NOT EXISTS (SELECT 1 FROM attempt a WHERE a.id "
	     "= c.attempt_id AND a.call_id = c.id"
	     " AND a.outcome = c.outcome)");
	NONE("attempt a WHERE a.verdict = 'ok' AND (a.call_id IS NULL OR a.invite_utc_ms IS NULL "
	     "OR a.end_utc_ms IS NULL)");
	NONE("attempt a WHERE a.verdict <> 'ok' AND (a.call_id IS NOT NULL OR a.invite_utc_ms IS "
	     "NOT NULL)");
	NONE("call c WHERE NOT EXISTS (SELECT 1 FROM customer u WHERE u.id = c.customer_id)");
	assert_int_equal(demo_db_int(&d, "SELECT CAST(SUM(attempts) AS BIGINT) FROM task", NOARGS),
	                 demo_db_int(&d,
	                             "SELECT COUNT(*) FROM attempt WHERE invite_utc_ms IS NOT NULL",
	                             NOARGS));
	NONE("task t JOIN (SELECT task_id, COUNT(*) AS n FROM attempt WHERE invite_utc_ms IS NOT "
	     "NULL GROUP BY task_id) a"
	     " ON a.task_id = t.id WHERE a.n <> t.attempts");
	NONE("call c WHERE c.state <> 'ended' OR c.outcome IS NULL");
}

static void what_the_gate_refused_had_no_consent(void **state)
{
	(void)state;
	SOME("attempt WHERE verdict = 'E_GATE_CONSENT_NONE'");
	NONE("attempt a WHERE a.verdict <> 'ok' AND EXISTS (SELECT 1 FROM consent s WHERE "
	     "s.customer_id = a.customer_id)");
	NONE("attempt a WHERE a.verdict = 'ok' AND NOT EXISTS (SELECT 1 FROM consent s WHERE "
	     "s.customer_id = a.customer_id)");
}

static void who_refused_for_good_is_on_the_list_and_not_called_again(void **state)
{
	(void)state;
	SOME("dnc");
	NONE("call c WHERE c.flags IN (1, 5) AND NOT EXISTS (SELECT 1 FROM dnc n WHERE "
	     "n.customer_id = c.customer_id)");
	NONE("dnc n JOIN attempt a ON a.customer_id = n.customer_id AND a.created_utc_ms > "
	     "n.at_utc_ms");
	NONE("dnc n JOIN task t ON t.customer_id = n.customer_id AND t.state <> 'done'");
}

static void spans_add_up_to_the_time_between_log_in_and_log_out(void **state)
{
	(void)state;
	/* No gap longer than the breaks people are logged out for, no overlap: 4 days of 11 agents.
	 */
	NONE("(SELECT from_utc_ms - LAG(to_utc_ms) OVER (PARTITION BY person_id ORDER BY "
	     "from_utc_ms) AS gap FROM agent_span) g WHERE g.gap < 0");
	NONE("agent_span WHERE to_utc_ms IS NULL OR to_utc_ms <= from_utc_ms");
	int64_t talk = demo_db_int(&d,
	                           "SELECT CAST(SUM(to_utc_ms - from_utc_ms) AS BIGINT) FROM "
	                           "agent_span WHERE state = 'talking'",
	                           NOARGS);
	assert_int_equal(
	    talk, demo_db_int(&d, "SELECT CAST(SUM(agent_talk_ms) AS BIGINT) FROM call", NOARGS));
}

static void recordings_play_and_have_their_words(void **state)
{
	(void)state;
	CLEANUP(rows_free) struct rows *r = NULL;
	struct why why = { 0 };
	int n = 0;
	assert_ok(db_query(d.db,
	                   "SELECT r.path, r.duration_ms, r.bytes, c.talk_ms, t.lines FROM "
	                   "recording r JOIN call c ON c.id = r.call_id"
	                   " JOIN transcript t ON t.call_id = c.id ORDER BY r.id",
	                   NOARGS, &r, &why),
	          &why);
	for (; !rows_next(r, &why); n++) {
		char path[600];
		struct stat st;
		struct wav w;
		CLEANUP(json_cleanup) json_t *lines = NULL;
		snprintf(path, sizeof(path), "%s/recordings/%s", d.t.dir, rows_text(r, 0));
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_size, rows_int(r, 2));
		assert_ok(wav_read(path, &w, &why), &why);
		assert_int_equal(w.channels, 2);
		assert_int_equal(w.frames / 8, rows_int(r, 1));
		wav_done(&w);
		assert_int_equal(rows_int(r, 1), rows_int(r, 3));
		assert_ok(json_read_text(rows_text(r, 4), &lines, &why), &why);
		assert_true(json_array_size(lines) >= 3);
	}
	assert_int_equal(n, d.made.recordings);
	assert_int_equal(n, 8);
}

static void a_transcript_says_who_speaks_where_in_the_file(void **state)
{
	(void)state;
	CLEANUP(rows_free) struct rows *r = NULL;
	CLEANUP(json_cleanup) json_t *lines = NULL;
	struct why why = { 0 };
	char path[600];
	struct wav w;
	assert_ok(db_row(d.db,
	                 "SELECT r.path, t.lines FROM recording r JOIN transcript t ON t.call_id = "
	                 "r.call_id ORDER BY r.duration_ms DESC,"
	                 " r.id LIMIT 1",
	                 NOARGS, &r, &why),
	          &why);
	snprintf(path, sizeof(path), "%s/recordings/%s", d.t.dir, rows_text(r, 0));
	assert_ok(json_read_text(rows_text(r, 1), &lines, &why), &why);
	assert_ok(wav_read(path, &w, &why), &why);
	size_t i;
	json_t *line;
	json_array_foreach(lines, i, line)
	{
		int channel = strcmp(json_str(line, "side", ""), "agent") ? 0 : 1;
		double loud = 0;
		int64_t from = json_int(line, "at_ms", 0) * 8,
			to = json_int(line, "end_ms", 0) * 8 - 8;
		for (int64_t k = from; k < to; k++)
			loud += abs(w.pcm[2 * k + channel]);
		assert_true(loud / (double)(to - from) > 300);
	}
	wav_done(&w);
}

static void numbers_are_sealed_and_come_back(void **state)
{
	(void)state;
	char key[256], e164[NUMBER_E164_BYTES];
	CLEANUP(vault_close) struct vault *v = NULL;
	struct why why = { 0 };
	struct writer *w = NULL;
	snprintf(key, sizeof(key), "%s/master.key", d.t.dir);
	assert_ok(writer_new(&(struct writer_cfg){ .url = d.t.url }, &w, &why), &why);
	assert_ok(vault_open(key, w, d.db, &v, &why), &why);
	int64_t id = demo_db_int(&d, "SELECT MIN(id) FROM phone", NOARGS);
	assert_ok(phone_number(d.db, v, id, e164, &why), &why);
	assert_memory_equal(e164, "+861", 4);
	assert_memory_equal(e164 + 6, "0000", 4);
	assert_int_equal(strlen(e164), 14);
	writer_free(&w);
	assert_int_equal(demo_db_int(&d, "SELECT COUNT(DISTINCT hash) FROM phone", NOARGS),
	                 demo_db_int(&d, "SELECT COUNT(*) FROM customer", NOARGS));
}

static void scores_stand_with_their_calls_and_some_wait(void **state)
{
	(void)state;
	NONE("review v JOIN call c ON c.id = v.call_id WHERE v.score_centi <> c.score_centi OR "
	     "v.verdict <> c.score_verdict");
	NONE("review v WHERE v.score_centi <> v.max_centi - (SELECT COALESCE(SUM(i.deduct_centi), "
	     "0) FROM review_item i WHERE i.review_id = v.id)");
	NONE("review v WHERE (v.verdict = 'pass') <> (v.score_centi >= 900)");
}

static void a_database_with_people_is_left_alone(void **state)
{
	(void)state;
	struct why why = { 0 };
	struct demo_result r;
	char key[256];
	int64_t people = demo_db_int(&d, "SELECT COUNT(*) FROM person", NOARGS);
	snprintf(key, sizeof(key), "%s/master.key", d.t.dir);
	struct demo_cfg c = { .db_url = d.t.url,
		              .recordings_dir = d.t.dir,
		              .master_key_path = key,
		              .profiles_dir = getenv("HJ_PROFILES"),
		              .bank_dir = getenv("HJ_BANK"),
		              .trunk_name = "x",
		              .trunk_cfg = "{}",
		              .caller_number = "+863710000000",
		              .password = "x",
		              .now_utc_ms = DEMO_NOW_UTC_MS,
		              .days = 2,
		              .recordings = 1 };
	assert_int_equal(demo_history(&c, &r, &why), ERR_CONFLICT);
	assert_int_equal(why.code, E_DEMO_NOT_EMPTY);
	assert_int_equal(demo_db_int(&d, "SELECT COUNT(*) FROM person", NOARGS), people);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_company_is_there, open_db, NULL),
		cmocka_unit_test(every_call_has_its_attempt_customer_and_task),
		cmocka_unit_test(what_the_gate_refused_had_no_consent),
		cmocka_unit_test(who_refused_for_good_is_on_the_list_and_not_called_again),
		cmocka_unit_test(spans_add_up_to_the_time_between_log_in_and_log_out),
		cmocka_unit_test(recordings_play_and_have_their_words),
		cmocka_unit_test(a_transcript_says_who_speaks_where_in_the_file),
		cmocka_unit_test(numbers_are_sealed_and_come_back),
		cmocka_unit_test(scores_stand_with_their_calls_and_some_wait),
		cmocka_unit_test_setup_teardown(a_database_with_people_is_left_alone, NULL,
		                                close_db),
	};
	return test_db_main("history", tests);
}
