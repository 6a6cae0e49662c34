/* The import end to end: a real child reads real files, real jobs classify and apply, on both
 * engines. */
#include "crm/import.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/id.h"
#include "crm/customer.h"
#include "doc/sheet.h"
#include "gate/dnc.h"
#include "gate/policy.h"
#include "test_db.h"

static struct test_db t;
static struct vault *vault;
static struct import_jobs jobs;
static struct job_kind kinds[IMPORT_JOB_KINDS];

static enum err install(struct tx *tx, const void *arg, struct why *why)
{
	(void)arg;
	return policy_install(tx, clock_utc_ms(), why);
}

static int setup(void **state)
{
	(void)state;
	struct why why = { 0 };
	char key[300];
	test_db_open(&t);
	snprintf(key, sizeof key, "%s/master.key", t.dir);
	assert_ok(vault_open(key, t.w, t.r, &vault, &why), &why);
	assert_ok(writer_do(t.w, LANE_NORMAL, install, NULL, &why), &why);
	test_db_exec(&t,
	             "INSERT INTO person (id, job_no, name, name_key, role, unit_id, lang, "
	             "station_kind, created_utc_ms, cell_id) "
	             "VALUES (77, '1024', '李明', 'li ming', 'agent', 10, 'zh', 'web', 1, 1)",
	             NOARGS);
	jobs = (struct import_jobs){ .vault = vault };
	import_job_kinds(&jobs, kinds);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	vault_close(&vault);
	test_db_close(&t);
	return 0;
}

static const char *file_named(const char *name, const char *text)
{
	static char path[300];
	struct why why = { 0 };
	snprintf(path, sizeof path, "%s/%s", t.dir, name);
	assert_ok(file_write_atomic(path, text, strlen(text), 0600, &why), &why);
	return path;
}

static struct job_runner *runner(struct writer *w)
{
	struct why why = { 0 };
	struct job_runner *r = NULL;
	struct job_runner_cfg cfg = { .url = t.url,
		                      .writer = w,
		                      .node = 1,
		                      .cell_id = 1,
		                      .kinds = kinds,
		                      .n_kinds = IMPORT_JOB_KINDS };
	assert_ok(job_runner_new(&cfg, &r, &why), &why);
	return r;
}

static const char *batch_state(int64_t id)
{
	static char text[40];
	struct why why = { 0 };
	CLEANUP(rows_free) struct rows *r = NULL;
	assert_ok(
	    db_row(t.r, "SELECT state FROM import_batch WHERE id = ?1", ARGS(V_INT(id)), &r, &why),
	    &why);
	snprintf(text, sizeof text, "%s", rows_text(r, 0));
	return text;
}

static void wait_for(int64_t id, const char *busy)
{
	for (int i = 0; i < 600 && strcmp(batch_state(id), busy) == 0; i++)
		usleep(50000);
	assert_string_not_equal(batch_state(id), busy);
}

static int64_t upload(const char *path)
{
	struct why why = { 0 };
	struct import_new n = { .id = id_new(),
		                .file_name = "名单.csv",
		                .path = path,
		                .unit_id = 10,
		                .by_id = 77,
		                .cell_id = 1,
		                .now_utc_ms = clock_utc_ms() };
	assert_ok(import_create(t.w, &n, &why), &why);
	return n.id;
}

static const struct import_facts FACTS = { .source = "展会",
	                                   .supplier = "",
	                                   .basis = "form",
	                                   .purpose = "marketing",
	                                   .responsible_id = 77 };

static void start(int64_t id, const char *mapping, const struct import_facts *f)
{
	struct why why = { 0 };
	CLEANUP(json_cleanup) json_t *m = NULL;
	assert_ok(json_read_text(mapping, &m, &why), &why);
	assert_ok(import_start(t.w, id, m, f, clock_utc_ms(), &why), &why);
}

static int64_t import(const char *path, const char *mapping, const struct import_facts *f)
{
	struct why why = { 0 };
	int64_t id = upload(path);
	struct job_runner *r = runner(t.w);
	start(id, mapping, f);
	job_runner_wake(r);
	wait_for(id, "classifying");
	assert_string_equal(batch_state(id), "classified");
	assert_ok(import_apply(t.w, id, 77, clock_utc_ms(), &why), &why);
	job_runner_wake(r);
	wait_for(id, "applying");
	job_runner_free(&r);
	assert_string_equal(batch_state(id), "done");
	return id;
}

/* "2 new, 0 updated, …" of the batch, and that the rows say the same. */
static const char *counts(int64_t id)
{
	static char text[100];
	struct why why = { 0 };
	CLEANUP(rows_free) struct rows *r = NULL;
	assert_ok(db_row(t.r,
	                 "SELECT n_new, n_updated, n_duplicate, n_invalid, n_blocked, rows_total "
	                 "FROM import_batch WHERE id = ?1",
	                 ARGS(V_INT(id)), &r, &why),
	          &why);
	snprintf(text, sizeof text, "%d new %d updated %d duplicate %d invalid %d blocked",
	         (int)rows_int(r, 0), (int)rows_int(r, 1), (int)rows_int(r, 2), (int)rows_int(r, 3),
	         (int)rows_int(r, 4));
	int64_t sum =
	    rows_int(r, 0) + rows_int(r, 1) + rows_int(r, 2) + rows_int(r, 3) + rows_int(r, 4);
	assert_int_equal(sum, rows_int(r, 5));
	assert_int_equal(sum, test_db_int(&t, "SELECT COUNT(*) FROM import_row WHERE batch_id = ?1",
	                                  ARGS(V_INT(id))));
	return text;
}

static json_t *shown(enum err (*fn)(struct jw *, void *, struct why *), void *ctx)
{
	struct str out = { 0 };
	struct jw w = { .out = &out };
	struct why why = { 0 };
	json_t *j = NULL;
	assert_ok(fn(&w, ctx, &why), &why);
	assert_ok(json_read_text(str_text(&out), &j, &why), &why);
	assert_null(strstr(str_text(&out), "13800138000"));
	str_free(&out);
	return j;
}

static enum err show_batch(struct jw *w, void *ctx, struct why *why)
{
	return import_get(scope_program(), t.r, *(int64_t *)ctx, w, why);
}

static enum err show_rows(struct jw *w, void *ctx, struct why *why)
{
	int64_t total;
	return import_rows(scope_program(), t.r, vault, *(int64_t *)ctx, IMPORT_CLASS_COUNT, 100, 0,
	                   w, &total, why);
}

static const char LIST[] = "客户姓名,手机号码,性别,备注,负责人工号\n"
			   "张三,13800138000,男,老客户,1024\n"
			   "李四,+86 139-0013-9000/010-62345678,女,,\n"
			   "王五,1.38E+10,,,\n"
			   "赵六,138 0013 8000,,,\n"
			   "孙七,110,,,\n"
			   "周八,无,,,\n"
			   "吴九,13700137000,,,9999\n"
			   "郑十,13600136000,,,\n";
static const char MAP[] =
    "{\"0\":\"name\",\"1\":\"phone\",\"2\":\"gender\",\"3\":\"remark\",\"4\":\"owner\"}";

static void every_row_ends_in_one_class_with_its_reason(void **state)
{
	(void)state;
	struct why why = { 0 };
	struct number n;
	struct dnc_new d = {
		.mask = "136****6000", .reason = DNC_COMPLAINT, .source = "page", .at_utc_ms = 1
	};
	assert_ok(number_parse_one("13600136000", &n, &why), &why);
	vault_hash(vault, n.e164, d.hash);
	test_db_exec(&t,
	             "INSERT INTO dnc (id, hash, mask, reason, source, at_utc_ms) VALUES (1, ?1, "
	             "?2, 'complaint', 'page', 1)",
	             ARGS(V_BYTES(d.hash, sizeof d.hash), V_TEXT(d.mask)));
	int64_t id = import(file_named("list.csv", LIST), MAP, &FACTS);
	assert_string_equal(counts(id), "2 new 0 updated 1 duplicate 3 invalid 2 blocked");
	CLEANUP(json_cleanup) json_t *rows = shown(show_rows, &id);
	static const char *const WANT[] = { "E_IMPORT_GOOD_NEW", "E_IMPORT_GOOD_NEW",
		                            "E_NUM_LOST",        "E_IMPORT_TWICE",
		                            "E_GATE_SPECIAL",    "E_NUM_NONE",
		                            "E_IMPORT_OWNER",    "E_GATE_DNC_COMPLAINT" };
	for (size_t i = 0; i < 8; i++) {
		const json_t *row = json_array_get(rows, i);
		assert_int_equal(json_int(row, "row", 0), (int)i + 2);
		assert_string_equal(json_str(row, "reason", ""), WANT[i]);
	}
	assert_string_equal(json_str(json_array_get(rows, 3), "reason_zh", ""),
	                    "与第 2 行号码相同");
	const json_t *cells = json_object_get(json_array_get(rows, 1), "cells");
	assert_string_equal(json_string_value(json_array_get(cells, 1)), "139****9000/010****5678");
	CLEANUP(json_cleanup) json_t *batch = shown(show_batch, &id);
	assert_int_equal(json_int(batch, "dialable", 0), 2);
	assert_int_equal(json_array_size(json_object_get(batch, "not_dialable")), 6);
	assert_string_equal(
	    json_str(json_array_get(json_object_get(batch, "columns"), 1), "guess", ""), "phone");
	assert_string_equal(
	    json_string_value(json_array_get(
		json_object_get(json_array_get(json_object_get(batch, "columns"), 1), "samples"),
		0)),
	    "138****8000");
}

static void customers_come_with_numbers_consent_and_owner(void **state)
{
	(void)state;
	struct why why = { 0 };
	import(file_named("list.csv", LIST), MAP, &FACTS);
	CLEANUP(rows_free) struct rows *r = NULL;
	assert_ok(db_row(t.r,
	                 "SELECT name, call_as, owner_id, source, remark, name_key, id FROM "
	                 "customer WHERE name = '张三'",
	                 NOARGS, &r, &why),
	          &why);
	assert_string_equal(rows_text(r, 1), "张先生");
	assert_int_equal(rows_int(r, 2), 77);
	assert_string_equal(rows_text(r, 3), "展会");
	assert_string_equal(rows_text(r, 4), "老客户");
	assert_string_equal(rows_text(r, 5), "zhang san");
	struct phone p;
	char number[NUMBER_E164_BYTES];
	assert_ok(phone_main(t.r, rows_int(r, 6), &p, &why), &why);
	assert_string_equal(p.mask, "138****8000");
	assert_string_equal(p.city, "北京");
	assert_ok(phone_number(t.r, vault, p.id, number, &why), &why);
	assert_string_equal(number, "+8613800138000");
	assert_int_equal(
	    test_db_int(&t,
	                "SELECT COUNT(*) FROM consent WHERE customer_id = ?1 AND basis = 'form'",
	                ARGS(V_INT(rows_int(r, 6)))),
	    1);
	assert_int_equal(test_db_int(&t, "SELECT COUNT(*) FROM phone", NOARGS), 4);
	struct gate_facts f = { .now_utc_ms = clock_utc_ms(), .purpose = "marketing" };
	assert_ok(customer_gate_facts(t.r, rows_int(r, 6), 0, 0, &f, &p, &why), &why);
	assert_true(f.consent.is_known);
	assert_int_equal(f.kind, NUMBER_MOBILE);
}

static void the_same_file_again_changes_nothing(void **state)
{
	(void)state;
	import(file_named("list.csv", LIST), MAP, &FACTS);
	int64_t before = test_db_int(&t, "SELECT COUNT(*) FROM customer", NOARGS);
	int64_t id = import(file_named("again.csv", LIST), MAP, &FACTS);
	assert_string_equal(counts(id), "0 new 0 updated 4 duplicate 3 invalid 1 blocked");
	assert_int_equal(test_db_int(&t, "SELECT COUNT(*) FROM customer", NOARGS), before);
	assert_int_equal(test_db_int(&t, "SELECT COUNT(*) FROM consent", NOARGS), before);
}

static void a_known_customer_is_completed_and_never_overwritten(void **state)
{
	(void)state;
	struct why why = { 0 };
	struct import_facts none = FACTS;
	none.basis = "none";
	import(file_named("a.csv", "姓名,电话\n张三,13800138000\n,13900139000\n"),
	       "{\"0\":\"name\",\"1\":\"phone\"}", &none);
	int64_t id = import(
	    file_named("b.csv",
	               "姓名,电话,公司\n李某,13800138000、13700137000,甲公司\n王芳,13900139000,\n"),
	    "{\"0\":\"name\",\"1\":\"phone\",\"2\":\"company\"}", &FACTS);
	assert_string_equal(counts(id), "0 new 2 updated 0 duplicate 0 invalid 0 blocked");
	CLEANUP(rows_free) struct rows *r = NULL;
	assert_ok(db_query(t.r,
	                   "SELECT name, company, (SELECT COUNT(*) FROM phone p WHERE "
	                   "p.customer_id = c.id), (SELECT COUNT(*) FROM "
	                   "consent k WHERE k.customer_id = c.id AND k.basis = 'form') FROM "
	                   "customer c ORDER BY c.name",
	                   NOARGS, &r, &why),
	          &why);
	assert_ok(rows_next(r, &why), &why);
	assert_string_equal(rows_text(r, 0), "张三");
	assert_string_equal(rows_text(r, 1), "甲公司");
	assert_int_equal(rows_int(r, 2), 2);
	assert_int_equal(rows_int(r, 3), 1);
	assert_ok(rows_next(r, &why), &why);
	assert_string_equal(rows_text(r, 0), "王芳");
}

static void a_number_nobody_consented_to_is_imported_but_not_dialable(void **state)
{
	(void)state;
	struct import_facts f = FACTS;
	f.basis = "none";
	int64_t id =
	    import(file_named("n.csv", "电话,授权方式\n13800138000,\n13900139000,书面同意书\n"),
	           "{\"0\":\"phone\",\"1\":\"basis\"}", &f);
	assert_string_equal(counts(id), "2 new 0 updated 0 duplicate 0 invalid 0 blocked");
	CLEANUP(json_cleanup) json_t *batch = shown(show_batch, &id);
	assert_int_equal(json_int(batch, "dialable", 0), 1);
	assert_string_equal(
	    json_str(json_array_get(json_object_get(batch, "not_dialable"), 0), "code", ""),
	    "E_GATE_CONSENT_NONE");
}

/* ---- trouble ---- */

static void a_bad_file_is_refused_with_its_sentence_and_leaves_nothing(void **state)
{
	(void)state;
	struct why why = { 0 };
	struct import_new n = { .id = id_new(),
		                .file_name = "x.csv",
		                .path = file_named("x.csv", "a,b\n1,\x01\x02\n"),
		                .unit_id = 10,
		                .by_id = 77,
		                .cell_id = 1,
		                .now_utc_ms = 1 };
	assert_int_equal(import_create(t.w, &n, &why), ERR_INVALID);
	assert_int_equal(why.code, E_DOC_BINARY);
	n.path = file_named("y.csv", "姓名,手机\n");
	assert_int_equal(import_create(t.w, &n, &why), ERR_INVALID);
	assert_int_equal(why.code, E_IMPORT_NO_ROWS);
	assert_int_equal(test_db_int(&t, "SELECT COUNT(*) FROM import_batch", NOARGS), 0);
}

/* The first rows are fine; far down a quotation mark is never closed. */
static void a_file_that_breaks_far_down_fails_as_a_whole(void **state)
{
	(void)state;
	struct str text = { 0 };
	str_add(&text, "姓名,手机\n");
	for (int i = 0; i < 2000; i++)
		str_addf(&text, "客户%d,138%08d\n", i, i);
	str_add(&text, "\"张,13800138000\n");
	struct why why = { 0 };
	int64_t id = upload(file_named("far.csv", str_text(&text)));
	str_free(&text);
	struct job_runner *r = runner(t.w);
	start(id, "{\"0\":\"name\",\"1\":\"phone\"}", &FACTS);
	job_runner_wake(r);
	wait_for(id, "classifying");
	job_runner_free(&r);
	assert_string_equal(batch_state(id), "failed");
	CLEANUP(json_cleanup) json_t *batch = shown(show_batch, &id);
	const json_t *error = json_object_get(batch, "error");
	assert_string_equal(json_str(error, "code", ""), "E_DOC_QUOTE");
	assert_string_equal(json_str(error, "zh", ""), "第 2002 行：引号没有闭合");
	assert_int_equal(import_apply(t.w, id, 77, 1, &why), ERR_CONFLICT);
	assert_int_equal(test_db_int(&t, "SELECT COUNT(*) FROM customer", NOARGS), 0);
}

static void mapping_and_facts_are_checked_before_anything_starts(void **state)
{
	(void)state;
	struct why why = { 0 };
	int64_t id = upload(file_named("list.csv", LIST));
	CLEANUP(json_cleanup) json_t *no_phone = json_pack("{s:s}", "0", "name");
	CLEANUP(json_cleanup) json_t *odd = json_pack("{s:s, s:s}", "1", "phone", "2", "shoe_size");
	CLEANUP(json_cleanup) json_t *good = json_pack("{s:s}", "1", "phone");
	assert_int_equal(import_start(t.w, id, no_phone, &FACTS, 1, &why), ERR_INVALID);
	assert_int_equal(why.code, E_IMPORT_NO_PHONE);
	assert_int_equal(import_start(t.w, id, odd, &FACTS, 1, &why), ERR_INVALID);
	struct import_facts f = FACTS;
	f.source = "";
	assert_int_equal(import_start(t.w, id, good, &f, 1, &why), ERR_INVALID);
	assert_int_equal(why.code, E_FIELD_REQUIRED);
	assert_ok(import_cancel(t.w, id, 1, &why), &why);
	assert_int_equal(import_start(t.w, id, good, &FACTS, 1, &why), ERR_CONFLICT);
}

/* 3,000 rows; the runner is stopped in the middle again and again, as a restart does. */
static void stopping_in_the_middle_loses_and_doubles_nothing(void **state)
{
	(void)state;
	struct str text = { 0 };
	str_add(&text, "姓名,手机\n");
	for (int i = 0; i < 3000; i++)
		str_addf(&text, "客户%d,139%08d\n", i, i % 2900);
	struct why why = { 0 };
	int64_t id = upload(file_named("long.csv", str_text(&text)));
	str_free(&text);
	start(id, "{\"0\":\"name\",\"1\":\"phone\"}", &FACTS);
	for (int i = 0; i < 400 && strcmp(batch_state(id), "classifying") == 0; i++) {
		struct job_runner *r = runner(t.w);
		usleep(i < 6 ? 30000 : 500000);
		job_runner_free(&r);
	}
	assert_string_equal(batch_state(id), "classified");
	assert_string_equal(counts(id), "2900 new 0 updated 100 duplicate 0 invalid 0 blocked");
	assert_ok(import_apply(t.w, id, 77, 1, &why), &why);
	for (int i = 0; i < 400 && strcmp(batch_state(id), "applying") == 0; i++) {
		struct job_runner *r = runner(t.w);
		usleep(i < 6 ? 30000 : 500000);
		job_runner_free(&r);
	}
	assert_string_equal(counts(id), "2900 new 0 updated 100 duplicate 0 invalid 0 blocked");
	assert_int_equal(test_db_int(&t, "SELECT COUNT(*) FROM customer", NOARGS), 2900);
	assert_int_equal(test_db_int(&t, "SELECT COUNT(*) FROM consent", NOARGS), 2900);
}

/* ---- two at once ---- */

struct racer {
	struct writer *w;
	struct job_runner *r;
};

static void two_imports_at_once_make_each_customer_once(void **state)
{
	(void)state;
	struct why why = { 0 };
	struct str text = { 0 };
	str_add(&text, "姓名,手机\n");
	for (int i = 0; i < 600; i++)
		str_addf(&text, "客户%d,137%08d\n", i, i);
	int64_t id[2];
	id[0] = upload(file_named("one.csv", str_text(&text)));
	id[1] = upload(file_named("two.csv", str_text(&text)));
	str_free(&text);
	struct racer racer[2] = { { t.w, NULL }, { NULL, NULL } };
	assert_ok(writer_new(&(struct writer_cfg){ .url = t.url, .node = 2 }, &racer[1].w, &why),
	          &why);
	for (int i = 0; i < 2; i++)
		start(id[i], "{\"0\":\"name\",\"1\":\"phone\"}", &FACTS);
	for (int i = 0; i < 2; i++)
		racer[i].r = runner(racer[i].w);
	for (int i = 0; i < 2; i++)
		wait_for(id[i], "classifying");
	for (int i = 0; i < 2; i++)
		assert_ok(import_apply(t.w, id[i], 77, 1, &why), &why);
	for (int i = 0; i < 2; i++)
		job_runner_wake(racer[i].r);
	for (int i = 0; i < 2; i++)
		wait_for(id[i], "applying");
	for (int i = 0; i < 2; i++)
		job_runner_free(&racer[i].r);
	writer_free(&racer[1].w);
	assert_int_equal(test_db_int(&t, "SELECT COUNT(*) FROM customer", NOARGS), 600);
	assert_int_equal(test_db_int(&t, "SELECT COUNT(*) FROM phone", NOARGS), 600);
	assert_int_equal(test_db_int(&t, "SELECT COUNT(*) FROM consent", NOARGS), 600);
	assert_int_equal(
	    test_db_int(&t, "SELECT CAST(SUM(n_new) AS BIGINT) FROM import_batch", NOARGS), 600);
	assert_int_equal(
	    test_db_int(&t, "SELECT CAST(SUM(n_duplicate) AS BIGINT) FROM import_batch", NOARGS),
	    600);
}

static void the_report_has_every_row_with_its_reason(void **state)
{
	(void)state;
	struct why why = { 0 };
	char path[300];
	int64_t id = import(file_named("list.csv", LIST), MAP, &FACTS);
	snprintf(path, sizeof path, "%s/report.xlsx", t.dir);
	for (int with_numbers = 0; with_numbers < 2; with_numbers++) {
		assert_ok(import_report(scope_program(), t.r, vault, id, LANG_ZH, with_numbers,
		                        path, &why),
		          &why);
		CLEANUP(sheet_close) struct sheet *s = NULL;
		struct sheet_row r;
		assert_ok(sheet_open(path, &s, &why), &why);
		assert_ok(sheet_next(s, &r, &why), &why);
		assert_string_equal(r.cells[2].text, "原因");
		assert_string_equal(r.cells[4].text, "手机号码");
		assert_ok(sheet_next(s, &r, &why), &why);
		assert_string_equal(r.cells[0].text, "2");
		assert_string_equal(r.cells[1].text, "新增");
		assert_string_equal(r.cells[4].text, with_numbers ? "13800138000" : "138****8000");
		int rows = 2;
		while (!sheet_next(s, &r, &why))
			rows++;
		assert_int_equal(rows, 9);
	}
}

static void the_database_holds_no_number_in_clear(void **state)
{
	(void)state;
	if (test_db_engine() != DB_SQLITE)
		skip();
	struct why why = { 0 };
	import(file_named("list.csv", LIST), MAP, &FACTS);
	static const char *const FILES[] = { "test.db", "test.db-wal" };
	for (int i = 0; i < 2; i++) {
		char path[300];
		CLEANUP(str_drop) char *bytes = NULL;
		size_t n;
		snprintf(path, sizeof path, "%s/%s", t.dir, FILES[i]);
		assert_ok(file_read(path, 64 << 20, &bytes, &n, &why), &why);
		assert_non_null(i ? bytes : memmem(bytes, n, "CREATE TABLE phone", 18));
		assert_null(memmem(bytes, n, "13800138000", 11));
		assert_null(memmem(bytes, n, "139-0013", 8));
	}
}

int main(int argc, char **argv)
{
	struct why why = { 0 };
	if (crypto_init(&why))
		return 1;
	if (argc > 1 && strcmp(argv[1], "worker") == 0)
		return crm_import_worker(argc - 1, argv + 1);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_row_ends_in_one_class_with_its_reason, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(customers_come_with_numbers_consent_and_owner,
		                                setup, teardown),
		cmocka_unit_test_setup_teardown(the_same_file_again_changes_nothing, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(a_known_customer_is_completed_and_never_overwritten,
		                                setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_number_nobody_consented_to_is_imported_but_not_dialable, setup, teardown),
		cmocka_unit_test_setup_teardown(
		    a_bad_file_is_refused_with_its_sentence_and_leaves_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(a_file_that_breaks_far_down_fails_as_a_whole, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(
		    mapping_and_facts_are_checked_before_anything_starts, setup, teardown),
		cmocka_unit_test_setup_teardown(stopping_in_the_middle_loses_and_doubles_nothing,
		                                setup, teardown),
		cmocka_unit_test_setup_teardown(two_imports_at_once_make_each_customer_once, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(the_report_has_every_row_with_its_reason, setup,
		                                teardown),
		cmocka_unit_test_setup_teardown(the_database_holds_no_number_in_clear, setup,
		                                teardown),
	};
	return test_db_main("import", tests);
}
