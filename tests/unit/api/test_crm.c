/* Customers and imports through the door: real jobs, a real child that reads the file, both
 * engines. */
#include "door.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/json.h"
#include "base/str.h"
#include "base/zone.h"
#include "crm/import.h"
#include "dialer/campaign.h"
#include "gate/policy.h"

static struct door d;
static struct job_runner *runner;
static struct import_jobs jobs;
static struct job_kind kinds[IMPORT_JOB_KINDS];

static enum err install(struct tx *tx, const void *arg, struct why *why)
{
	(void)arg;
	return policy_install(tx, clock_utc_ms(), why);
}

/* The door once more, with keys and jobs behind it. */
static int setup(void **state)
{
	(void)state;
	struct why why = { 0 };
	door_open(&d, NULL);
	assert_ok(writer_do(d.t.w, LANE_NORMAL, install, NULL, &why), &why);
	jobs = (struct import_jobs){ .vault = d.vault, .add_to_campaign = campaign_add_batch };
	import_job_kinds(&jobs, kinds);
	assert_ok(job_runner_new(&(struct job_runner_cfg){ .url = d.t.url,
	                                                   .writer = d.t.w,
	                                                   .node = 1,
	                                                   .cell_id = 1,
	                                                   .kinds = kinds,
	                                                   .n_kinds = IMPORT_JOB_KINDS },
	                         &runner, &why),
	          &why);
	api_stop(&d.api);
	struct api_cfg cfg = { .addr = "127.0.0.1", .db_url = d.t.url };
	cfg.env = (struct api_env){ .writer = d.t.w,
		                    .vault = d.vault,
		                    .jobs = runner,
		                    .data_dir = d.t.dir,
		                    .company = "胡椒演示公司" };
	assert_ok(zone_get("Asia/Shanghai", &cfg.env.zone, &why), &why);
	assert_ok(api_start(&cfg, &d.api, &why), &why);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	job_runner_free(&runner);
	door_close(&d);
	return 0;
}

/* Asks, asserts the status, and that no number of the tests is in the answer. */
static struct answer ask(enum who who, const char *method, const char *path, const char *body,
                         int status)
{
	struct answer a = door_as(&d, who, method, path, body);
	if (a.status != status)
		test_fail("%s %s: %d %s", method, path, a.status, a.body ? a.body : "");
	if (a.body &&
	    (memmem(a.body, a.bytes, "13800138000", 11) || memmem(a.body, a.bytes, "1390013", 7)))
		test_fail("%s %s shows a number: %s", method, path, a.body);
	return a;
}

static void ask_drop(enum who who, const char *method, const char *path, const char *body,
                     int status)
{
	struct answer a = ask(who, method, path, body, status);
	answer_free(&a);
}

__attribute__((format(printf, 1, 2))) static const char *path_of(const char *format, ...)
{
	static char path[4][300];
	static int i;
	va_list args;
	i = (i + 1) % 4;
	va_start(args, format);
	vsnprintf(path[i], sizeof path[i], format, args);
	va_end(args);
	return path[i];
}

static void make_customer(enum who who, const char *body, char ret_id[24])
{
	struct answer a = ask(who, "POST", "/api/v1/customers", body, 201);
	str_copy(ret_id, 24, json_str(a.json, "id", ""));
	answer_free(&a);
}

static int found(enum who who, const char *query)
{
	struct answer a = ask(who, "GET", path_of("/api/v1/customers?%s", query), NULL, 200);
	int n = (int)json_int(a.json, "total", -1);
	assert_int_equal(json_array_size(json_object_get(a.json, "items")), n);
	answer_free(&a);
	return n;
}

#define ZHANG "{\"name\":\"张三\",\"phone\":\"138 0013 8000\",\"gender\":\"m\",\"basis\":\"form\"}"
#define LI "{\"name\":\"李四_100%\",\"phone\":\"13900139000\"}"

static void customers_are_found_by_name_pinyin_number_and_ending(void **state)
{
	(void)state;
	char id[24], other[24];
	make_customer(AGENT, ZHANG, id);
	make_customer(AGENT, LI, other);
	assert_int_equal(found(AGENT, ""), 2);
	static const char *const HITS[] = { "q=%E5%BC%A0",   "q=%E5%BC%A0%E4%B8%89",
		                            "q=zhangsan",    "q=zhang%20san",
		                            "q=zs",          "q=ZS",
		                            "q=13800138000", "q=%2B86%20138-0013-8000",
		                            "q=8000",        "q=138000",
		                            "q=0138000",     "grade=&q=zhang",
		                            "sort=name&q=zs" };
	for (size_t i = 0; i < sizeof HITS / sizeof *HITS; i++) {
		if (found(AGENT, HITS[i]) != 1)
			test_fail("%s finds %d", HITS[i], found(AGENT, HITS[i]));
	}
	assert_int_equal(found(AGENT, "q=100%25"), 1); /* a percent sign is itself */
	assert_int_equal(found(AGENT, "q=%25"), 1);
	assert_int_equal(found(AGENT, "q=9138000"), 0);
	assert_int_equal(found(AGENT, "q=13700137000"), 0);
	assert_int_equal(found(AGENT, "status=dnc"), 0);
	ask_drop(AGENT, "GET", "/api/v1/customers?sort=shoe", NULL, 400);
}

static void a_customer_of_another_team_is_not_there(void **state)
{
	(void)state;
	char id[24];
	make_customer(AGENT, ZHANG, id);
	assert_int_equal(found(STRANGER, ""), 0);
	assert_int_equal(found(STRANGER, "q=13800138000"), 0);
	assert_int_equal(found(STRANGER, "q=8000"), 0);
	assert_int_equal(found(SUPERVISOR, "q=8000"), 1);
	ask_drop(STRANGER, "GET", path_of("/api/v1/customers/%s", id), NULL, 404);
	ask_drop(STRANGER, "PATCH", path_of("/api/v1/customers/%s", id), "{\"name\":\"x\"}", 404);
	ask_drop(STRANGER, "POST", path_of("/api/v1/customers/%s/notes", id), "{\"text\":\"x\"}",
	         404);
	ask_drop(STRANGER, "POST", path_of("/api/v1/customers/%s/dnc", id),
	         "{\"reason\":\"complaint\"}", 404);
	ask_drop(STRANGER, "GET", path_of("/api/v1/customers/%s/why", id), NULL, 404);
}

static void a_number_belongs_to_one_customer(void **state)
{
	(void)state;
	char id[24];
	make_customer(AGENT, ZHANG, id);
	struct answer a = ask(STRANGER, "POST", "/api/v1/customers",
	                      "{\"name\":\"王五\",\"phone\":\"+8613800138000\"}", 409);
	assert_string_equal(answer_code(&a), "phone_taken");
	assert_non_null(strstr(a.body, "138****8000"));
	answer_free(&a);
	a = ask(AGENT, "POST", "/api/v1/customers", "{\"name\":\"王五\",\"phone\":\"110\"}", 409);
	answer_free(&a);
	a = ask(AGENT, "POST", "/api/v1/customers", "{\"name\":\"王五\",\"phone\":\"12345\"}", 409);
	answer_free(&a);
	a = ask(AGENT, "POST", "/api/v1/customers", "{\"name\":\"王五\",\"phone\":\"62345678\"}",
	        400);
	assert_string_equal(answer_code(&a), "num_area");
	answer_free(&a);
	assert_int_equal(found(MANAGER, ""), 1);
}

static void the_card_shows_what_was_done(void **state)
{
	(void)state;
	char id[24], due[60];
	make_customer(AGENT, ZHANG, id);
	ask_drop(AGENT, "POST", path_of("/api/v1/customers/%s/notes", id),
	         "{\"text\":\"客户在开会\\n下午再打\"}", 201);
	snprintf(due, sizeof due, "{\"due_utc_ms\":%lld,\"what\":\"下午三点\"}",
	         (long long)clock_utc_ms() + 3600000);
	ask_drop(AGENT, "POST", path_of("/api/v1/customers/%s/followups", id), due, 201);
	ask_drop(AGENT, "PATCH", path_of("/api/v1/customers/%s", id),
	         "{\"grade\":\"A\",\"key_points\":{\"need\":\"两居\"},\"doubt\":\"价格\",\"phone\":"
	         "\"010-62345678\",\"contact\":\"王女士\",\"relation\":\"配偶\"}",
	         200);
	struct answer a = ask(AGENT, "GET", path_of("/api/v1/customers/%s", id), NULL, 200);
	const json_t *phones = json_object_get(a.json, "phones"),
		     *points = json_object_get(a.json, "key_points");
	assert_string_equal(json_str(a.json, "grade", ""), "A");
	assert_string_equal(json_str(points, "need", ""), "两居");
	assert_string_equal(json_str(points, "doubt", ""), "价格");
	assert_int_equal(json_array_size(phones), 2);
	assert_string_equal(json_str(json_array_get(phones, 0), "number", ""), "138****8000");
	assert_string_equal(json_str(json_array_get(phones, 0), "place", ""), "北京");
	assert_string_equal(json_str(json_array_get(phones, 1), "kind", ""), "landline");
	assert_string_equal(
	    json_str(json_array_get(json_object_get(a.json, "notes"), 0), "text", ""),
	    "客户在开会\n下午再打");
	assert_string_equal(
	    json_str(json_array_get(json_object_get(a.json, "followups"), 0), "state", ""), "open");
	assert_string_equal(json_str(json_object_get(a.json, "next"), "promise", ""), "下午三点");
	assert_string_equal(
	    json_str(json_array_get(json_object_get(a.json, "contacts"), 0), "relation", ""),
	    "配偶");
	assert_string_equal(json_str(json_object_get(a.json, "consent"), "basis_zh", ""),
	                    "书面同意书");
	assert_int_equal(json_int(json_object_get(a.json, "dial"), "limit", 0), 3);
	assert_string_equal(json_str(json_object_get(a.json, "owner"), "job_no", ""), "1001");
	answer_free(&a);
	/* Who looks after him is not the agent's to change. */
	char body[80];
	snprintf(body, sizeof body, "{\"owner_id\":\"%lld\"}", (long long)d.person[SUPERVISOR]);
	ask_drop(AGENT, "PATCH", path_of("/api/v1/customers/%s", id), body, 400);
	ask_drop(SUPERVISOR, "PATCH", path_of("/api/v1/customers/%s", id), body, 200);
	ask_drop(AGENT, "GET", path_of("/api/v1/customers/%s", id), NULL, 404);
}

static const json_t *check(const struct answer *a, const char *code)
{
	size_t i;
	json_t *c;
	json_array_foreach(json_object_get(a->json, "checks"), i, c)
	{
		if (strcmp(json_str(c, "code", ""), code) == 0)
			return c;
	}
	return NULL;
}

static void why_he_is_not_dialed_is_answered_in_words(void **state)
{
	(void)state;
	char id[24], li[24];
	make_customer(AGENT, ZHANG, id);
	make_customer(AGENT, LI, li);
	struct answer a = ask(AGENT, "GET", path_of("/api/v1/customers/%s/why", li), NULL, 200);
	assert_false(json_bool(a.json, "dialable", true));
	assert_string_equal(json_str(a.json, "detail", ""), "没有客户的拨打授权");
	assert_true(json_is_null(json_object_get(a.json, "next_possible_utc_ms")));
	answer_free(&a);
	a = ask(AGENT, "GET", path_of("/api/v1/customers/%s/why", id), NULL, 200);
	assert_true(json_bool(check(&a, "consent"), "ok", false) &&
	            json_bool(check(&a, "dnc"), "ok", false));
	answer_free(&a);
	ask_drop(AGENT, "POST", path_of("/api/v1/customers/%s/dnc", id),
	         "{\"reason\":\"complaint\"}", 204);
	a = ask(AGENT, "GET", path_of("/api/v1/customers/%s/why", id), NULL, 200);
	assert_string_equal(json_str(a.json, "code", ""), "E_GATE_DNC_COMPLAINT");
	assert_false(json_bool(check(&a, "consent"), "ok", true));
	answer_free(&a);
	assert_int_equal(found(AGENT, "status=dnc"), 1);
	ask_drop(AGENT, "DELETE", path_of("/api/v1/customers/%s/dnc", id), NULL,
	         403); /* lists are taken back by supervisors */
	ask_drop(SUPERVISOR, "DELETE", path_of("/api/v1/customers/%s/dnc", id), NULL, 204);
	a = ask(AGENT, "GET", path_of("/api/v1/customers/%s/why", id), NULL, 200);
	assert_string_equal(json_str(a.json, "code", ""), "E_GATE_CONSENT_WITHDRAWN");
	answer_free(&a);
	ask_drop(AGENT, "GET", path_of("/api/v1/customers/%s/why?campaign_id=12345", id), NULL,
	         404);
}

/* ---- imports ---- */

static struct answer upload(enum who who, const char *path, const char *bytes, size_t n)
{
	if (!*d.cookie[who])
		door_login(&d, who);
	return door_ask(&d, &(struct ask){ .method = "POST",
	                                   .path = path,
	                                   .cookie = d.cookie[who],
	                                   .body = bytes,
	                                   .body_bytes = n,
	                                   .type = "application/octet-stream" });
}

static struct answer wait_while(const char *id, const char *busy)
{
	struct answer a = ask(SUPERVISOR, "GET", path_of("/api/v1/imports/%s", id), NULL, 200);
	for (int i = 0; i < 200 && strcmp(json_str(a.json, "state", ""), busy) == 0; i++) {
		answer_free(&a);
		usleep(50000);
		a = ask(SUPERVISOR, "GET", path_of("/api/v1/imports/%s", id), NULL, 200);
	}
	return a;
}

static int stored_files(void)
{
	char path[300];
	int n = 0;
	snprintf(path, sizeof path, "%s/imports", d.t.dir);
	DIR *dir = opendir(path);
	for (struct dirent *e; dir && (e = readdir(dir));)
		n += e->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return n;
}

static const char LIST[] =
    "姓名,手机\n张三,13800138000\n李四,13900139000\n王五,110\n赵六,1.38E+10\n李四,13900139000\n";
#define PUT \
	"{\"mapping\":{\"0\":\"name\",\"1\":\"phone\"},\"facts\":{\"source\":\"展会\",\"basis\":" \
	"\"form\"}}"

static void a_list_becomes_customers_and_every_row_says_what_became_of_it(void **state)
{
	(void)state;
	char id[24];
	struct answer a = upload(SUPERVISOR, "/api/v1/imports?file_name=%E5%90%8D%E5%8D%95.csv",
	                         LIST, sizeof LIST - 1);
	if (a.status != 201)
		test_fail("%s", a.body);
	str_copy(id, sizeof id, json_str(a.json, "id", ""));
	answer_free(&a);
	a = ask(SUPERVISOR, "GET", path_of("/api/v1/imports/%s", id), NULL, 200);
	assert_string_equal(json_str(a.json, "file_name", ""), "名单.csv");
	const json_t *column = json_array_get(json_object_get(a.json, "columns"), 1);
	assert_string_equal(json_str(column, "guess", ""), "phone");
	assert_string_equal(
	    json_string_value(json_array_get(json_object_get(column, "samples"), 0)),
	    "138****8000");
	answer_free(&a);
	ask_drop(SUPERVISOR, "PUT", path_of("/api/v1/imports/%s", id), PUT, 200);
	a = wait_while(id, "classifying");
	assert_string_equal(json_str(a.json, "state", ""), "classified");
	assert_int_equal(json_int(a.json, "dialable", 0), 2);
	assert_int_equal(json_array_size(json_object_get(a.json, "not_dialable")), 3);
	answer_free(&a);
	assert_int_equal(found(MANAGER, ""), 0);
	ask_drop(SUPERVISOR, "POST", path_of("/api/v1/imports/%s/apply", id), NULL, 200);
	a = wait_while(id, "applying");
	const json_t *counts = json_object_get(a.json, "counts");
	assert_string_equal(json_str(a.json, "state", ""), "done");
	assert_int_equal(json_int(counts, "new", 0), 2);
	assert_int_equal(json_int(counts, "blocked", 0), 1);
	assert_int_equal(json_int(counts, "invalid", 0), 1);
	assert_int_equal(json_int(counts, "duplicate", 0), 1);
	answer_free(&a);
	a = ask(SUPERVISOR, "GET", path_of("/api/v1/imports/%s/rows?class=new", id), NULL, 200);
	assert_int_equal(json_int(a.json, "total", 0), 2);
	answer_free(&a);
	assert_int_equal(found(SUPERVISOR, "q=8000"), 1);
	a = ask(SUPERVISOR, "GET", path_of("/api/v1/imports/%s/report.xlsx", id), NULL, 200);
	assert_true(a.bytes > 1000 && memcmp(a.body, "PK", 2) == 0);
	answer_free(&a);
	ask_drop(SUPERVISOR, "POST", path_of("/api/v1/imports/%s/apply", id), NULL, 409);
	/* Another team's import is not there; an agent may not ask at all. */
	ask_drop(AGENT, "GET", path_of("/api/v1/imports/%s", id), NULL, 403);
	a = ask(SUPERVISOR, "GET", "/api/v1/imports", NULL, 200);
	assert_int_equal(json_int(a.json, "total", 0), 1);
	answer_free(&a);
	assert_int_equal(
	    test_db_int(&d.t, "SELECT COUNT(*) FROM audit WHERE action LIKE 'import.%'", NOARGS),
	    3);
}

static void a_list_for_a_campaign_is_on_it_when_it_is_done(void **state)
{
	(void)state;
	char id[24], body[300];
	test_db_exec(&d.t,
	             "INSERT INTO campaign (id, name, mode, state, unit_id, script_key, purpose, "
	             "ring_timeout_s, wrapup_limit_s, "
	             "max_attempts, retry, created_utc_ms, by_id, cell_id) VALUES (55, '春季', "
	             "'progressive', 'draft', ?1, '', "
	             "'marketing', 30, 60, 3, '{}', 1, 1, 1)",
	             ARGS(V_INT(d.team[0])));
	make_customer(AGENT, ZHANG, id); /* known already, and on the list as well */
	struct answer a =
	    upload(SUPERVISOR, "/api/v1/imports?file_name=a.csv", LIST, sizeof LIST - 1);
	str_copy(id, sizeof id, json_str(a.json, "id", ""));
	answer_free(&a);
	snprintf(body, sizeof body, "{\"campaign_id\":\"55\",%s", PUT + 1);
	ask_drop(SUPERVISOR, "PUT", path_of("/api/v1/imports/%s", id), body, 200);
	a = wait_while(id, "classifying");
	answer_free(&a);
	ask_drop(SUPERVISOR, "POST", path_of("/api/v1/imports/%s/apply", id), NULL, 200);
	a = wait_while(id, "applying");
	assert_string_equal(json_str(a.json, "state", ""), "done");
	assert_int_equal(json_int(a.json, "rows_done", 0), 5);
	assert_int_equal(json_int(json_object_get(a.json, "counts"), "new", 0), 1);
	assert_int_equal(json_int(json_object_get(a.json, "counts"), "duplicate", 0), 2);
	answer_free(&a);
	assert_int_equal(
	    test_db_int(&d.t, "SELECT COUNT(*) FROM task WHERE campaign_id = 55", NOARGS), 2);
}

static void a_file_that_is_no_table_is_a_problem_with_its_name_and_row(void **state)
{
	(void)state;
	static const char PICTURE[] = "name,phone\n1,2\n\x89PNG\x01\x02";
	struct answer a =
	    upload(SUPERVISOR, "/api/v1/imports?file_name=photo.csv", PICTURE, sizeof PICTURE - 1);
	assert_int_equal(a.status, 400);
	assert_string_equal(answer_code(&a), "doc_binary");
	assert_string_equal(json_str(a.json, "detail", ""),
	                    "“photo.csv”不是表格：第 3 行含有非文本内容");
	answer_free(&a);
	static const char CUT[] = "PK\003\004 this is no package";
	a = upload(SUPERVISOR, "/api/v1/imports?file_name=a.xlsx", CUT, sizeof CUT - 1);
	assert_string_equal(answer_code(&a), "doc_broken");
	answer_free(&a);
	a = upload(SUPERVISOR, "/api/v1/imports?file_name=empty.csv", "x", 0);
	assert_true(a.status == 400);
	answer_free(&a);
	assert_int_equal(stored_files(), 0);
	assert_int_equal(test_db_int(&d.t, "SELECT COUNT(*) FROM import_batch", NOARGS), 0);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "worker") == 0)
		return crm_import_worker(argc - 1, argv + 1);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    customers_are_found_by_name_pinyin_number_and_ending, setup, teardown),
		cmocka_unit_test_setup_teardown(a_customer_of_another_team_is_not_there, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(a_number_belongs_to_one_customer, setup, teardown),
		cmocka_unit_test_setup_teardown(the_card_shows_what_was_done, setup, teardown),
		cmocka_unit_test_setup_teardown(why_he_is_not_dialed_is_answered_in_words, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(
		    a_list_becomes_customers_and_every_row_says_what_became_of_it, setup, teardown),
		cmocka_unit_test_setup_teardown(a_list_for_a_campaign_is_on_it_when_it_is_done,
		                                setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_file_that_is_no_table_is_a_problem_with_its_name_and_row, setup, teardown),
	};
	return test_db_main("customers", tests);
}
