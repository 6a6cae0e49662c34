/* demo_db.h -- a database with some days of the demo's history, on the engine under test. */
#ifndef TESTS_UNIT_DEMO_DB_H
#define TESTS_UNIT_DEMO_DB_H

#include "test_db.h"

#include <stdio.h>
#include <stdlib.h>

#include "demo/history.h"

enum { DEMO_NOW_DAY = 20261118, DEMO_DAYS = 4 };
#define DEMO_NOW_UTC_MS INT64_C(1794996000000) /* 2026-11-18 18:00 in Shanghai */

struct demo_db {
	struct test_db t;
	struct db *db;
	struct demo_result made;
};

static inline void demo_db_open_days(struct demo_db *d, int days, int recordings)
{
	char rec[256], key[256];
	struct why why = { 0 };
	test_db_empty(&d->t);
	snprintf(rec, sizeof(rec), "%s/recordings", d->t.dir);
	snprintf(key, sizeof(key), "%s/master.key", d->t.dir);
	struct demo_cfg c = { .db_url = d->t.url,
		              .recordings_dir = rec,
		              .master_key_path = key,
		              .profiles_dir = getenv("HJ_PROFILES"),
		              .bank_dir = getenv("HJ_BANK"),
		              .trunk_name = "练习线路",
		              .trunk_cfg = "{}",
		              .caller_number = "+8637100000000",
		              .password = "only-for-this-test",
		              .cell_id = 1,
		              .now_utc_ms = DEMO_NOW_UTC_MS,
		              .days = days,
		              .recordings = recordings };
	assert_ok(demo_history(&c, &d->made, &why), &why);
	assert_ok(db_open(d->t.url, DB_READ, &d->db, &why), &why);
}

static inline void demo_db_close(struct demo_db *d)
{
	db_close(&d->db);
	test_db_close(&d->t);
}

static inline int64_t demo_db_int(struct demo_db *d, const char *sql, const struct val *args,
                                  size_t n)
{
	int64_t v = 0;
	struct why why = { 0 };
	assert_ok(db_int(d->db, sql, args, n, &v, &why), &why);
	return v;
}

#endif
