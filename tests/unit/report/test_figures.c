/* Over four days of the demo's history: each figure against the calls it opens to, and the scope.
 */
#include "demo_db.h"

#include "auth/scope.h"
#include "base/id.h"
#include "report/figures.h"

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

static struct figure_query whole(void)
{
	struct figure_query q = { .period = { 20261115, 20261118 } };
	struct why why = { 0 };
	assert_ok(figure_query_settings(d.db, DEMO_NOW_UTC_MS, &q, &why), &why);
	return q;
}

static struct report *made(const struct scope *sc, const struct figure_query *q, enum figure_by by)
{
	struct report *r = NULL;
	struct why why = { 0 };
	assert_ok(report_make(d.db, sc, q, by, &r, &why), &why);
	return r;
}

static int64_t opened(const struct scope *sc, const struct figure_query *q, enum metric m)
{
	int64_t *ids = NULL, total = 0;
	int n = 0;
	struct why why = { 0 };
	assert_ok(figure_calls(d.db, sc, q, m, 100000, 0, &ids, &n, &total, &why), &why);
	assert_int_equal(n, total);
	free(ids);
	return total;
}

static bool counts_calls(enum metric m)
{
	enum metric_kind k = metric_row(m)->kind;
	return k == METRIC_IS_COUNT || k == METRIC_IS_NUMBERS;
}

static void every_figure_of_every_row_opens_exactly_its_calls(void **state)
{
	(void)state;
	for (int by = 0; by < FIGURE_BY_COUNT; by++) {
		struct figure_query q = whole();
		CLEANUP(report_free)
		struct report *r = made(scope_program(), &q, (enum figure_by)by);
		assert_true(r->n_rows >= 2);
		assert_true(r->total.v[METRIC_dialed] > 1000);
		for (int i = 0; i < r->n_rows; i++) {
			q.agent_id = by == FIGURE_BY_AGENT ? r->rows[i].key : 0;
			q.unit_id = by == FIGURE_BY_TEAM ? r->rows[i].key : 0;
			q.campaign_id = by == FIGURE_BY_LIST ? r->rows[i].key : 0;
			for (int m = 0; m < METRIC_COUNT; m++)
				if (counts_calls((enum metric)m))
					assert_int_equal(
					    opened(scope_program(), &q, (enum metric)m),
					    r->rows[i].f.v[m]);
		}
	}
}

static void the_total_opens_exactly_its_calls(void **state)
{
	(void)state;
	struct figure_query q = whole();
	CLEANUP(report_free) struct report *r = made(scope_program(), &q, FIGURE_BY_AGENT);
	for (int m = 0; m < METRIC_COUNT; m++)
		if (counts_calls((enum metric)m))
			assert_int_equal(opened(scope_program(), &q, (enum metric)m),
			                 r->total.v[m]);
	assert_int_equal(opened(scope_program(), &q, METRIC_connect_rate_call),
	                 r->total.v[METRIC_connected]);
	assert_int_equal(opened(scope_program(), &q, METRIC_talk_ms), r->total.v[METRIC_connected]);
}

static void calls_and_sums_add_up_over_rows_and_days(void **state)
{
	(void)state;
	struct figure_query q = whole();
	for (int by = 0; by < FIGURE_BY_COUNT; by++) {
		CLEANUP(report_free)
		struct report *r = made(scope_program(), &q, (enum figure_by)by);
		for (int m = 0; m < METRIC_COUNT; m++) {
			int64_t sum = 0;
			for (int i = 0; i < r->n_rows; i++)
				sum += r->rows[i].f.v[m];
			if (metric_row((enum metric)m)->kind != METRIC_IS_NUMBERS)
				assert_int_equal(sum, r->total.v[m]);
		}
		int64_t dialed = 0, connected = 0;
		for (int i = 0; i < r->n_days; i++) {
			dialed += r->days[i].dialed;
			connected += r->days[i].connected;
		}
		assert_int_equal(dialed, r->total.v[METRIC_dialed]);
		assert_int_equal(connected, r->total.v[METRIC_connected]);
	}
}

static void figures_are_what_the_tables_say(void **state)
{
	(void)state;
	struct figure_query q = whole();
	CLEANUP(report_free) struct report *r = made(scope_program(), &q, FIGURE_BY_TEAM);
	const int64_t *v = r->total.v;
	assert_int_equal(v[METRIC_dialed],
	                 demo_db_int(&d,
	                             "SELECT COUNT(*) FROM attempt WHERE invite_utc_ms IS NOT NULL",
	                             NOARGS));
	assert_int_equal(
	    v[METRIC_connected] + v[METRIC_machine],
	    demo_db_int(&d, "SELECT COUNT(*) FROM attempt WHERE outcome = 'answered'", NOARGS));
	assert_int_equal(v[METRIC_deal_fen],
	                 demo_db_int(&d, "SELECT COALESCE(SUM(amount_fen), 0) FROM deal", NOARGS));
	assert_int_equal(
	    v[METRIC_numbers],
	    demo_db_int(
		&d,
		"SELECT COUNT(DISTINCT number_hash) FROM attempt WHERE invite_utc_ms IS NOT NULL",
		NOARGS));
	assert_int_equal(
	    r->blocked,
	    demo_db_int(&d, "SELECT COUNT(*) FROM attempt WHERE invite_utc_ms IS NULL", NOARGS));
	assert_true(r->blocked > 0);
	assert_true(v[METRIC_machine] > 0);
}

static void the_talk_time_of_a_valid_conversation_is_a_setting(void **state)
{
	(void)state;
	struct figure_query q = whole();
	assert_int_equal(q.valid_talk_ms, 30000);
	int64_t at_30_s = opened(scope_program(), &q, METRIC_effective);
	q.valid_talk_ms = 0;
	assert_int_equal(opened(scope_program(), &q, METRIC_effective),
	                 opened(scope_program(), &q, METRIC_connected));
	assert_true(at_30_s < opened(scope_program(), &q, METRIC_connected));
}

/* ---- the scope ---- */

static struct scope *scope_of(const char *job_no)
{
	struct scope *sc = NULL;
	struct why why = { 0 };
	int64_t id =
	    demo_db_int(&d, "SELECT id FROM person WHERE job_no = ?1", ARGS(V_TEXT(job_no)));
	assert_ok(scope_load(d.db, id, &sc, &why), &why);
	return sc;
}

static void an_agent_sees_only_his_own(void **state)
{
	(void)state;
	struct figure_query q = whole();
	CLEANUP(report_free) struct report *all = made(scope_program(), &q, FIGURE_BY_AGENT);
	CLEANUP(scope_free) struct scope *sc = scope_of("1023");
	CLEANUP(report_free) struct report *r = made(sc, &q, FIGURE_BY_AGENT);
	assert_int_equal(r->n_rows, 1);
	assert_string_equal(r->rows[0].job_no, "1023");
	assert_int_equal(r->total.v[METRIC_dialed], r->rows[0].f.v[METRIC_dialed]);
	for (int i = 0; i < all->n_rows; i++)
		if (all->rows[i].key == r->rows[0].key)
			assert_memory_equal(&all->rows[i].f, &r->rows[0].f, sizeof(struct figures));
	/* Asking for another agent gives nothing, not the other's. */
	q.agent_id = demo_db_int(&d, "SELECT id FROM person WHERE job_no = '1016'", NOARGS);
	assert_int_equal(opened(sc, &q, METRIC_dialed), 0);
}

static void a_supervisor_sees_his_team_and_an_inspector_both(void **state)
{
	(void)state;
	struct figure_query q = whole();
	CLEANUP(scope_free) struct scope *supervisor = scope_of("1000");
	CLEANUP(scope_free) struct scope *inspector = scope_of("2004");
	CLEANUP(report_free) struct report *all = made(scope_program(), &q, FIGURE_BY_TEAM);
	CLEANUP(report_free) struct report *team = made(supervisor, &q, FIGURE_BY_TEAM);
	CLEANUP(report_free) struct report *both = made(inspector, &q, FIGURE_BY_TEAM);
	assert_int_equal(team->n_rows, 1);
	assert_string_equal(team->rows[0].name, "电销一部");
	assert_true(team->total.v[METRIC_dialed] < all->total.v[METRIC_dialed]);
	assert_memory_equal(&both->total, &all->total, sizeof(struct figures));
	assert_int_equal(opened(supervisor, &q, METRIC_numbers), team->total.v[METRIC_numbers]);
}

static void a_centre_stands_for_the_teams_below_it(void **state)
{
	(void)state;
	struct figure_query q = whole();
	CLEANUP(report_free) struct report *all = made(scope_program(), &q, FIGURE_BY_TEAM);
	q.unit_id = demo_db_int(&d, "SELECT id FROM org_unit WHERE kind = 'centre'", NOARGS);
	CLEANUP(report_free) struct report *r = made(scope_program(), &q, FIGURE_BY_TEAM);
	assert_int_equal(r->total.v[METRIC_dialed], all->total.v[METRIC_dialed]);
}

/* ---- rates ---- */

static void a_rate_is_numerator_over_denominator_or_nothing(void **state)
{
	(void)state;
	assert_int_equal(rate_bp(62, 100), 6200);
	assert_int_equal(rate_bp(420, 1000), 4200);
	assert_int_equal(rate_bp(10983, 29750), 3692);
	assert_int_equal(rate_bp(1, 3), 3333);
	assert_int_equal(rate_bp(2, 3), 6667);
	assert_int_equal(rate_bp(0, 0), -1);
}

static void every_metric_has_labels_and_formulas_in_both_languages(void **state)
{
	(void)state;
	for (int m = 0; m < METRIC_COUNT; m++) {
		const struct metric_row *row = metric_row((enum metric)m);
		assert_int_equal(metric_find(row->name), m);
		assert_true(*row->zh && *row->en && *row->formula_zh && *row->formula_en &&
		            row->version >= 1);
	}
	assert_int_equal(metric_find("nothing"), METRIC_COUNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_figure_of_every_row_opens_exactly_its_calls,
		                                open_db, NULL),
		cmocka_unit_test(the_total_opens_exactly_its_calls),
		cmocka_unit_test(calls_and_sums_add_up_over_rows_and_days),
		cmocka_unit_test(figures_are_what_the_tables_say),
		cmocka_unit_test(the_talk_time_of_a_valid_conversation_is_a_setting),
		cmocka_unit_test(an_agent_sees_only_his_own),
		cmocka_unit_test(a_supervisor_sees_his_team_and_an_inspector_both),
		cmocka_unit_test(a_centre_stands_for_the_teams_below_it),
		cmocka_unit_test(a_rate_is_numerator_over_denominator_or_nothing),
		cmocka_unit_test_setup_teardown(
		    every_metric_has_labels_and_formulas_in_both_languages, NULL, close_db),
	};
	return test_db_main("figures", tests);
}
