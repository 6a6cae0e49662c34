/* bench/import.c -- an import through the real jobs, and what the same rows cost the engine alone.
 *
 *     bench_import fill URL KEY CUSTOMERS CALLS
 *         customers, numbers, consents and calls into a database that has people, without the
 * writer bench_import run URL KEY FILE FILE as a person would import it: prints how long looking,
 * classifying and applying took bench_import copy FROM TO BATCH the rows that batch left in FROM,
 * by prepared INSERT (SQLite) or COPY (PostgreSQL) into the same tables of TO with all their
 * indexes, in one transaction
 *
 * Each prints one JSON line. bench/import.py and bench/api.py use it. */
#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "base/text.h"
#include "base/zone.h"
#include "crm/import.h"
#include "crm/phone.h"
#include "gate/policy.h"
#include "store/db_int.h"

static void must(enum err e, const struct why *why)
{
	if (!e)
		return;
	fprintf(stderr, "%s\n", why_en(why));
	exit(1);
}

static bool is_sqlite(const char *url)
{
	return strncmp(url, "sqlite:", 7) == 0;
}

/* What this process and its ended children took of the processors. */
static int64_t cpu_ms(void)
{
	int64_t ms = 0;
	static const int WHO[] = { RUSAGE_SELF, RUSAGE_CHILDREN };
	for (int i = 0; i < 2; i++) {
		struct rusage r;
		getrusage((__rusage_who_t)WHO[i], &r);
		ms += (r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1000 +
		      (r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1000;
	}
	return ms;
}

/* ---- a crowd of customers ---- */

enum { SLICE = 5000, AGENTS_MAX = 64, DAY_MS = 86400000 };

static const char *const SURNAME[] = { "王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴",
	                               "徐", "孙", "胡", "朱", "高", "林", "何", "郭", "马", "罗" };
static const char *const GIVEN[] = { "伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋",
	                             "勇", "艳", "杰", "娟", "涛", "明", "超", "秀", "霞", "平" };
static const char *const GRADE[] = { "A", "B", "C", "D", "" };

struct agent {
	int64_t id, unit_id;
};

struct crowd {
	struct db *db;
	struct vault *vault;
	struct agent agent[AGENTS_MAX];
	int n_agents;
	char key[400][24]; /* sort keys of the names */
	int64_t now_utc_ms;
	const struct zone *zone;
	int64_t customer[SLICE], phone[SLICE];
	unsigned char hash[SLICE][VAULT_HASH_BYTES];
	char mask[SLICE][NUMBER_MASK_BYTES];
};

static void load_agents(struct crowd *c)
{
	static const char SQL[] = "SELECT id, unit_id FROM person WHERE role = 'agent' ORDER BY id";
	struct why why;
	CLEANUP(rows_free) struct rows *r = NULL;
	must(db_query(c->db, SQL, NOARGS, &r, &why), &why);
	while (c->n_agents < AGENTS_MAX && !rows_next(r, &why))
		c->agent[c->n_agents++] = (struct agent){ rows_int(r, 0), rows_int(r, 1) };
	if (c->n_agents == 0) {
		fprintf(stderr, "nobody is an agent\n");
		exit(1);
	}
}

static void make_keys(struct crowd *c)
{
	for (int i = 0; i < 400; i++) {
		char name[16];
		struct why why;
		CLEANUP(str_drop) char *key = NULL;
		snprintf(name, sizeof name, "%s%s", SURNAME[i / 20], GIVEN[i % 20]);
		must(text_pinyin(name, &key, &why), &why);
		str_copy(c->key[i], sizeof c->key[i], key);
	}
}

/* Different for every i; bench/import.py makes its lists by the same rule from a million on. */
static void number_of(int64_t i, char ret[20])
{
	static const char *const HEAD[] = {
		"130", "135", "138", "139", "150", "158", "186", "189"
	};
	snprintf(ret, 20, "+86%s%08lld", HEAD[i % 8], (long long)((i / 8 * 7919 + 13) % 100000000));
}

static const char SQL_CUSTOMER[] =
    "INSERT INTO customer (id, name, name_key, call_as, gender, grade, status, owner_id, unit_id, "
    "source, company, remark, batch_id, created_utc_ms, updated_utc_ms, attempts, answered, "
    "last_contact_utc_ms, last_result, last_agent_id, next_contact_utc_ms, next_promise, fields, "
    "cell_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, "
    "?18, ?19, ?20, ?21, ?22, ?23, ?24)";
static const char SQL_PHONE[] =
    "INSERT INTO phone (id, customer_id, contact_id, enc, key_id, hash, tail4, mask, kind, "
    "province, "
    "city, dead_utc_ms, created_utc_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, "
    "?13)";
static const char SQL_CONSENT[] =
    "INSERT INTO consent (id, customer_id, batch_id, purpose, basis, channel, proof, given_utc_ms, "
    "expires_utc_ms, withdrawn_utc_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
static const char SQL_CALL[] =
    "INSERT INTO call (id, direction, mode, state, attempt_id, campaign_id, task_id, customer_id, "
    "phone_id, number_mask, agent_id, unit_id, trunk_id, start_utc_ms, ring_utc_ms, answer_utc_ms, "
    "bridge_utc_ms, end_utc_ms, talk_ms, agent_talk_ms, hold_ms, hold_count, outcome, audio, "
    "ended_by, sip_code, q850, script_key, script_version, result, grade, flags, wechat, deal_fen, "
    "wrapup_end_utc_ms, score_centi, score_verdict, day, cell_id) VALUES (?1, ?2, ?3, ?4, ?5, ?6, "
    "?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, "
    "?26, ?27, ?28, ?29, ?30, ?31, ?32, ?33, ?34, ?35, ?36, ?37, ?38, ?39)";

enum { CUSTOMER_COLUMNS = 24, PHONE_COLUMNS = 13, CONSENT_COLUMNS = 10, CALL_COLUMNS = 39 };

static const struct agent *agent_of(const struct crowd *c, int64_t i)
{
	return &c->agent[i % c->n_agents];
}

static void customer_row(const struct crowd *c, int64_t i, int64_t id, char *name, struct val *v)
{
	const struct agent *a = agent_of(c, i);
	int64_t made = c->now_utc_ms - (i * 9973 % (300LL * DAY_MS)), at = made + i * 7 % DAY_MS;
	int n = (int)(i / 3 * 31 % 400);
	snprintf(name, 16, "%s%s", SURNAME[n / 20], GIVEN[n % 20]);
	const struct val row[CUSTOMER_COLUMNS] = {
		V_INT(id),
		V_TEXT(name),
		V_TEXT(c->key[n]),
		V_TEXT(""),
		V_TEXT(i % 2 ? "m" : "f"),
		V_TEXT(GRADE[i / 11 % 5]),
		V_TEXT(i / 7 % 3 ? "new" : "active"),
		i / c->n_agents % 2 ? V_INT(a->id) : V_NULL,
		V_INT(a->unit_id),
		V_TEXT("门店登记"),
		V_TEXT(""),
		V_TEXT(""),
		V_NULL,
		V_INT(made),
		V_INT(at),
		V_INT(i % 3 ? 0 : 1),
		V_INT(0),
		V_NULL,
		V_NULL,
		V_NULL,
		i % 4 ? V_NULL : V_INT(at + 3LL * DAY_MS),
		V_NULL,
		V_TEXT("{}"),
		V_INT(1),
	};
	memcpy(v, row, sizeof row);
}

static void phone_row(const struct phone_new *p, int64_t customer_id, int64_t now, struct val *v)
{
	const struct val row[PHONE_COLUMNS] = {
		V_INT(p->id),
		V_INT(customer_id),
		V_NULL,
		V_BYTES(p->enc, p->enc_bytes),
		V_INT(p->key_id),
		V_BYTES(p->hash, sizeof p->hash),
		V_TEXT(p->number.tail4),
		V_TEXT(p->number.mask),
		V_TEXT("mobile"),
		V_TEXT(p->province),
		V_TEXT(p->city),
		V_NULL,
		V_INT(now),
	};
	memcpy(v, row, sizeof row);
}

static void call_row(const struct crowd *c, int64_t i, size_t k, int64_t day, struct val *v)
{
	const struct agent *a = agent_of(c, i);
	int64_t at = c->now_utc_ms - (i * 977 % (30LL * DAY_MS));
	const struct val row[CALL_COLUMNS] = {
		V_INT(id_new()),
		V_TEXT("out"),
		V_TEXT("manual"),
		V_TEXT("ended"),
		V_NULL,
		V_NULL,
		V_NULL,
		V_INT(c->customer[k]),
		V_INT(c->phone[k]),
		V_TEXT(c->mask[k]),
		V_INT(a->id),
		V_INT(a->unit_id),
		V_NULL,
		V_INT(at),
		V_INT(at + 3000),
		i % 2 ? V_INT(at + 9000) : V_NULL,
		V_NULL,
		V_INT(at + 60000),
		V_INT(i % 2 ? 51000 : 0),
		V_INT(i % 2 ? 51000 : 0),
		V_INT(0),
		V_INT(0),
		V_TEXT(i % 2 ? "answered" : "no_answer"),
		V_TEXT("human"),
		V_TEXT("customer"),
		V_NULL,
		V_NULL,
		V_NULL,
		V_NULL,
		V_TEXT(i % 2 ? "follow" : "no_answer"),
		V_TEXT(""),
		V_INT(0),
		V_TEXT(""),
		V_INT(0),
		V_INT(at + 70000),
		V_NULL,
		V_NULL,
		V_INT(day),
		V_INT(1),
	};
	memcpy(v, row, sizeof row);
}

/* One slice of customers with their numbers, consents and (of every fifth on average) calls. */
static void fill_slice(struct crowd *c, int64_t from, int64_t n, int64_t calls)
{
	static struct val v[SLICE * CUSTOMER_COLUMNS], ph[SLICE * PHONE_COLUMNS],
	    co[SLICE * CONSENT_COLUMNS], ca[SLICE * CALL_COLUMNS];
	static struct phone_new phone[SLICE];
	static char name[SLICE][16];
	struct why why;
	for (int64_t k = 0; k < n; k++) {
		struct number number;
		char e164[20];
		number_of(from + k, e164);
		must(number_parse_one(e164, &number, &why), &why);
		phone_seal(c->vault, &number, &phone[k]);
		c->customer[k] = id_new();
		c->phone[k] = phone[k].id;
		str_copy(c->mask[k], sizeof c->mask[k], number.mask);
		customer_row(c, from + k, c->customer[k], name[k], &v[k * CUSTOMER_COLUMNS]);
		phone_row(&phone[k], c->customer[k], c->now_utc_ms, &ph[k * PHONE_COLUMNS]);
		const struct val consent[CONSENT_COLUMNS] = {
			V_INT(id_new()), V_INT(c->customer[k]),
			V_NULL,          V_TEXT("marketing"),
			V_TEXT("form"),  V_TEXT("voice_human"),
			V_TEXT(""),      V_INT(c->now_utc_ms),
			V_NULL,          V_NULL,
		};
		memcpy(&co[k * CONSENT_COLUMNS], consent, sizeof consent);
	}
	int64_t day = zone_day(c->now_utc_ms - from / SLICE % 30 * DAY_MS, c->zone);
	for (int64_t k = 0; k < calls; k++)
		call_row(c, from + k, (size_t)k, day, &ca[k * CALL_COLUMNS]);
	must(db_begin(c->db, &why), &why);
	must(db_bulk(c->db, SQL_CUSTOMER, v, CUSTOMER_COLUMNS, (size_t)n, &why), &why);
	must(db_bulk(c->db, SQL_PHONE, ph, PHONE_COLUMNS, (size_t)n, &why), &why);
	must(db_bulk(c->db, SQL_CONSENT, co, CONSENT_COLUMNS, (size_t)n, &why), &why);
	must(db_bulk(c->db, SQL_CALL, ca, CALL_COLUMNS, (size_t)calls, &why), &why);
	must(db_commit(c->db, &why), &why);
}

static int fill(char **argv)
{
	static struct crowd c;
	struct why why;
	struct writer *w = NULL;
	struct db *r = NULL;
	int64_t n = atoll(argv[4]), calls = atoll(argv[5]), began = clock_mono_ms();
	c.now_utc_ms = clock_utc_ms();
	must(writer_new(&(struct writer_cfg){ .url = argv[2] }, &w, &why), &why);
	must(db_open(argv[2], DB_READ, &r, &why), &why);
	must(vault_open(argv[3], w, r, &c.vault, &why), &why);
	db_close(&r);
	writer_free(&w);
	must(db_open(argv[2], DB_WRITE, &c.db, &why), &why);
	if (is_sqlite(argv[2]))
		must(
		    db_script(c.db, "PRAGMA synchronous = OFF; PRAGMA cache_size = -1500000", &why),
		    &why);
	must(zone_get("Asia/Shanghai", &c.zone, &why), &why);
	load_agents(&c);
	make_keys(&c);
	for (int64_t i = 0; i < n; i += SLICE)
		fill_slice(&c, i, n - i < SLICE ? n - i : SLICE, calls * SLICE / n);
	if (!is_sqlite(argv[2])) /* as autovacuum does in time */
		must(db_script(c.db, "VACUUM ANALYZE", &why), &why);
	db_close(&c.db);
	vault_close(&c.vault);
	printf("{\"customers\":%lld,\"ms\":%lld}\n", (long long)n,
	       (long long)(clock_mono_ms() - began));
	return 0;
}

/* ---- an import ---- */

static enum err install(struct tx *tx, const void *arg, struct why *why)
{
	(void)arg;
	return policy_install(tx, clock_utc_ms(), why);
}

/* Waits until the batch leaves the state; returns the ms since `from`. */
static int64_t leave(struct db *db, int64_t id, const char *state, int64_t from)
{
	static const char SQL[] = "SELECT state, error FROM import_batch WHERE id = ?1";
	for (;;) {
		struct why why;
		CLEANUP(rows_free) struct rows *r = NULL;
		must(db_row(db, SQL, ARGS(V_INT(id)), &r, &why), &why);
		if (strcmp(rows_text(r, 0), "failed") == 0) {
			fprintf(stderr, "the import failed: %s\n", rows_text(r, 1));
			exit(1);
		}
		if (strcmp(rows_text(r, 0), state) != 0)
			return clock_mono_ms() - from;
		usleep(20000);
	}
}

static int run(char **argv)
{
	static const char MAP[] =
	    "{\"0\":\"name\",\"1\":\"phone\",\"2\":\"gender\",\"3\":\"company\","
	    "\"4\":\"remark\"}";
	const char *url = argv[2], *file = argv[4];
	struct why why;
	struct writer *w = NULL;
	struct db *r = NULL;
	struct vault *vault = NULL;
	struct job_runner *runner = NULL;
	struct job_kind kinds[IMPORT_JOB_KINDS];
	CLEANUP(json_cleanup) json_t *map = NULL;
	int64_t now = clock_utc_ms(), unit = 0;
	must(writer_new(&(struct writer_cfg){ .url = url }, &w, &why), &why);
	must(db_open(url, DB_READ, &r, &why), &why);
	must(vault_open(argv[3], w, r, &vault, &why), &why);
	must(writer_do(w, LANE_NORMAL, install, NULL, &why), &why);
	must(db_int(r, "SELECT MIN(id) FROM org_unit", NOARGS, &unit, &why), &why);
	must(json_read_text(MAP, &map, &why), &why);
	struct import_jobs jobs = { .vault = vault };
	import_job_kinds(&jobs, kinds);
	struct job_runner_cfg cfg = { .url = url,
		                      .writer = w,
		                      .node = 1,
		                      .cell_id = 1,
		                      .kinds = kinds,
		                      .n_kinds = IMPORT_JOB_KINDS };
	must(job_runner_new(&cfg, &runner, &why), &why);

	struct import_new n = { .id = id_new(),
		                .file_name = file,
		                .path = file,
		                .unit_id = unit,
		                .by_id = 1,
		                .cell_id = 1,
		                .now_utc_ms = now };
	struct import_facts facts = { .source = "展会",
		                      .supplier = "自有",
		                      .basis = "form",
		                      .purpose = "marketing",
		                      .responsible_id = 1 };
	int64_t t0 = clock_mono_ms(), cpu0 = cpu_ms();
	must(import_create(w, &n, &why), &why);
	int64_t t1 = clock_mono_ms();
	must(import_start(w, n.id, map, &facts, now, &why), &why);
	job_runner_wake(runner);
	int64_t classify = leave(r, n.id, "classifying", t1), t2 = clock_mono_ms();
	must(import_apply(w, n.id, 1, now, &why), &why);
	job_runner_wake(runner);
	int64_t apply = leave(r, n.id, "applying", t2);

	CLEANUP(rows_free) struct rows *c = NULL;
	must(db_row(r,
	            "SELECT rows_total, n_new, n_updated, n_duplicate, n_invalid, n_blocked FROM "
	            "import_batch WHERE id = ?1",
	            ARGS(V_INT(n.id)), &c, &why),
	     &why);
	printf("{\"batch\":\"%lld\",\"look_ms\":%lld,\"classify_ms\":%lld,\"apply_ms\":%lld,"
	       "\"cpu_ms\":%lld,\"rows\":%lld,\"new\":%lld,\"duplicate\":%lld,\"invalid\":%lld}\n",
	       (long long)n.id, (long long)(t1 - t0), (long long)classify, (long long)apply,
	       (long long)(cpu_ms() - cpu0), (long long)rows_int(c, 0), (long long)rows_int(c, 1),
	       (long long)rows_int(c, 3), (long long)rows_int(c, 4));
	rows_free(&c);
	job_runner_free(&runner);
	writer_free(&w);
	db_close(&r);
	vault_close(&vault);
	return 0;
}

/* ---- the yardstick: the same rows, by the engine alone ---- */

/* What an import writes, with the condition that picks a batch's rows. */
struct table {
	const char *name, *where;
};
static const struct table TABLES[] = {
	{ "import_row", "batch_id = %s" },
	{ "customer", "batch_id = %s" },
	{ "phone", "customer_id IN (SELECT id FROM customer WHERE batch_id = %s)" },
	{ "consent", "batch_id = %s" },
};
enum { TABLES_N = sizeof TABLES / sizeof *TABLES };

static void select_sql(const struct table *t, const char *batch, char *ret, size_t size)
{
	int n = snprintf(ret, size, "SELECT * FROM %s WHERE ", t->name);
	char where[200];
	const char *mark = strstr(t->where, "%s");
	snprintf(where, sizeof where, "%.*s%s%s", (int)(mark - t->where), t->where, batch,
	         mark + 2);
	snprintf(ret + n, size - (size_t)n, "%s", where);
}

static void sqlite_must(int rc, sqlite3 *h)
{
	if (rc == SQLITE_OK || rc == SQLITE_DONE || rc == SQLITE_ROW)
		return;
	fprintf(stderr, "%s\n", sqlite3_errmsg(h));
	exit(1);
}

static int64_t cpu_began_ms; /* when the yardstick's clock started */

struct column {
	int type, n;
	int64_t i;
	void *p;
};
struct kept {
	struct column *at;
	size_t rows;
	int columns;
};

static struct kept keep(sqlite3 *h, const char *sql)
{
	struct kept k = { 0 };
	size_t cap = 0;
	sqlite3_stmt *st;
	sqlite_must(sqlite3_prepare_v2(h, sql, -1, &st, NULL), h);
	k.columns = sqlite3_column_count(st);
	int rc;
	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		if (k.rows == cap) {
			cap = cap ? 2 * cap : 4096;
			k.at = realloc(k.at, cap * (size_t)k.columns * sizeof *k.at);
		}
		for (int i = 0; k.at && i < k.columns; i++) {
			struct column *c = &k.at[k.rows * (size_t)k.columns + (size_t)i];
			*c = (struct column){ .type = sqlite3_column_type(st, i) };
			c->i = sqlite3_column_int64(st, i);
			const void *p = c->type == SQLITE_TEXT
			                    ? (const void *)sqlite3_column_text(st, i)
			                    : sqlite3_column_blob(st, i);
			c->n = sqlite3_column_bytes(st, i);
			if (c->type == SQLITE_TEXT || c->type == SQLITE_BLOB)
				c->p = memcpy(malloc((size_t)c->n + 1), p ? p : "", (size_t)c->n);
		}
		k.rows++;
	}
	sqlite_must(rc, h);
	sqlite3_finalize(st);
	return k;
}

static void bind(sqlite3_stmt *st, int at, const struct column *c)
{
	if (c->type == SQLITE_INTEGER)
		sqlite3_bind_int64(st, at, c->i);
	else if (c->type == SQLITE_TEXT)
		sqlite3_bind_text(st, at, c->p, c->n, SQLITE_STATIC);
	else if (c->type == SQLITE_BLOB)
		sqlite3_bind_blob(st, at, c->p, c->n, SQLITE_STATIC);
	else
		sqlite3_bind_null(st, at);
}

static void insert_all(sqlite3 *h, const char *table, const struct kept *k)
{
	char sql[400];
	int n = snprintf(sql, sizeof sql, "INSERT INTO %s VALUES (?1", table);
	for (int i = 2; i <= k->columns; i++)
		n += snprintf(sql + n, sizeof sql - (size_t)n, ", ?%d", i);
	snprintf(sql + n, sizeof sql - (size_t)n, ")");
	sqlite3_stmt *st;
	sqlite_must(sqlite3_prepare_v2(h, sql, -1, &st, NULL), h);
	for (size_t r = 0; r < k->rows; r++) {
		for (int i = 0; i < k->columns; i++)
			bind(st, i + 1, &k->at[r * (size_t)k->columns + (size_t)i]);
		sqlite_must(sqlite3_step(st), h);
		sqlite3_reset(st);
	}
	sqlite3_finalize(st);
}

static int64_t copy_sqlite(const char *from, const char *to, const char *batch, int64_t *rows,
                           int64_t *ms_each)
{
	static const char SESSION[] =
	    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA "
	    "foreign_keys = ON; PRAGMA cache_size = -16000";
	struct kept k[TABLES_N];
	sqlite3 *h;
	sqlite_must(sqlite3_open(from + 7, &h), h);
	for (int i = 0; i < TABLES_N; i++) {
		char sql[300];
		select_sql(&TABLES[i], batch, sql, sizeof sql);
		k[i] = keep(h, sql);
	}
	sqlite3_close(h);
	sqlite_must(sqlite3_open(to + 7, &h), h);
	sqlite_must(sqlite3_exec(h, SESSION, NULL, NULL, NULL), h);
	int64_t began = clock_mono_us();
	cpu_began_ms = cpu_ms();
	sqlite_must(sqlite3_exec(h, "BEGIN IMMEDIATE", NULL, NULL, NULL), h);
	for (int i = 0; i < TABLES_N; i++) {
		int64_t t = clock_mono_us();
		insert_all(h, TABLES[i].name, &k[i]);
		rows[i] = (int64_t)k[i].rows;
		ms_each[i] = (clock_mono_us() - t) / 1000;
	}
	sqlite_must(sqlite3_exec(h, "COMMIT", NULL, NULL, NULL), h);
	int64_t us = clock_mono_us() - began;
	sqlite3_close(h);
	return us;
}

static void pg_must(bool is_good, PGconn *c)
{
	if (is_good)
		return;
	fprintf(stderr, "%s", PQerrorMessage(c));
	exit(1);
}

static struct str copy_out(PGconn *c, const char *select)
{
	char sql[400], *piece;
	struct str out = { 0 };
	snprintf(sql, sizeof sql, "COPY (%s) TO STDOUT (FORMAT binary)", select);
	PGresult *res = PQexec(c, sql);
	pg_must(PQresultStatus(res) == PGRES_COPY_OUT, c);
	PQclear(res);
	for (int n; (n = PQgetCopyData(c, &piece, 0)) > 0; PQfreemem(piece))
		str_addn(&out, piece, (size_t)n);
	while ((res = PQgetResult(c)))
		PQclear(res);
	return out;
}

static int64_t copy_in(PGconn *c, const char *table, const struct str *data)
{
	char sql[100];
	snprintf(sql, sizeof sql, "COPY %s FROM STDIN (FORMAT binary)", table);
	PGresult *res = PQexec(c, sql);
	pg_must(PQresultStatus(res) == PGRES_COPY_IN, c);
	PQclear(res);
	enum { PIECE = 1 << 20 };
	for (size_t at = 0; at < data->len; at += PIECE)
		pg_must(PQputCopyData(c, str_text(data) + at,
		                      (int)(data->len - at < PIECE ? data->len - at : PIECE)) == 1,
		        c);
	pg_must(PQputCopyEnd(c, NULL) == 1, c);
	int64_t rows = 0;
	while ((res = PQgetResult(c))) {
		pg_must(PQresultStatus(res) == PGRES_COMMAND_OK, c);
		rows = strtoll(PQcmdTuples(res), NULL, 10);
		PQclear(res);
	}
	return rows;
}

static int64_t copy_postgres(const char *from, const char *to, const char *batch, int64_t *rows,
                             int64_t *ms_each)
{
	struct str data[TABLES_N];
	PGconn *c = PQconnectdb(from);
	pg_must(PQstatus(c) == CONNECTION_OK, c);
	for (int i = 0; i < TABLES_N; i++) {
		char sql[300];
		select_sql(&TABLES[i], batch, sql, sizeof sql);
		data[i] = copy_out(c, sql);
	}
	PQfinish(c);
	c = PQconnectdb(to);
	pg_must(PQstatus(c) == CONNECTION_OK, c);
	int64_t began = clock_mono_us();
	cpu_began_ms = cpu_ms();
	PQclear(PQexec(c, "BEGIN"));
	for (int i = 0; i < TABLES_N; i++) {
		int64_t t = clock_mono_us();
		rows[i] = copy_in(c, TABLES[i].name, &data[i]);
		ms_each[i] = (clock_mono_us() - t) / 1000;
	}
	PQclear(PQexec(c, "COMMIT"));
	int64_t us = clock_mono_us() - began;
	PQfinish(c);
	return us;
}

static int copy(char **argv)
{
	int64_t rows[TABLES_N], ms[TABLES_N];
	int64_t us = is_sqlite(argv[2]) ? copy_sqlite(argv[2], argv[3], argv[4], rows, ms)
	                                : copy_postgres(argv[2], argv[3], argv[4], rows, ms);
	printf("{\"ms\":%lld,\"cpu_ms\":%lld", (long long)(us / 1000),
	       (long long)(cpu_ms() - cpu_began_ms));
	for (int i = 0; i < TABLES_N; i++)
		printf(",\"%s\":{\"rows\":%lld,\"ms\":%lld}", TABLES[i].name, (long long)rows[i],
		       (long long)ms[i]);
	puts("}");
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int args;
		int (*run)(char **argv);
	} ROLES[] = { { "fill", 6, fill }, { "run", 5, run }, { "copy", 5, copy } };
	if (argc > 2 && strcmp(argv[1], "worker") == 0) /* the child that reads the file */
		return crm_import_worker(argc - 1, argv + 1);
	struct why why;
	log_set_level(LOG_WARN);
	id_init(1);
	must(crypto_init(&why), &why);
	for (size_t i = 0; i < sizeof ROLES / sizeof *ROLES; i++) {
		if (argc == ROLES[i].args && strcmp(argv[1], ROLES[i].name) == 0)
			return ROLES[i].run(argv);
	}
	fprintf(stderr, "usage: see the head of bench/import.c\n");
	return 2;
}
