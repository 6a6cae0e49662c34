/* bench/writer.c -- what waiting for the commit adds before a call may be dialed.
 *
 *     bench_writer URL FOLDER RATE SECONDS
 *
 * RATE attempts a second, each as the floor commits it: the gate judged again in the transaction,
 * the attempt, the call and its recording; a second later what became of it, in the same lane.
 * Prints one JSON line of the times from giving an attempt to its commit's return, and of writing 4
 * KiB and fdatasync() in FOLDER, taken before and after. bench/writer.py runs it. */
#include <fcntl.h>
#include <inttypes.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "base/str.h"
#include "call/record.h"
#include "gate/gate.h"
#include "store/db_int.h"

enum { CUSTOMERS = 20000, SYNCS = 150 };

struct subject {
	int64_t customer_id, phone_id;
	unsigned char hash[VAULT_HASH_BYTES];
};

struct begin {
	struct subject who;
	int64_t call_id, attempt_id, now_utc_ms, given_us, took_us;
	enum err e;
};

static struct policy policy;
static struct subject *subjects;
static size_t n_subjects;
static sem_t settled;

static void must(enum err e, const struct why *why)
{
	if (!e)
		return;
	fprintf(stderr, "%s\n", why_en(why));
	exit(1);
}

static void load_subjects(const char *url)
{
	static const char SQL[] = "SELECT customer_id, id, hash FROM phone ORDER BY id LIMIT 20000";
	struct why why;
	struct db *db = NULL;
	CLEANUP(rows_free) struct rows *r = NULL;
	must(db_open(url, DB_READ, &db, &why), &why);
	must(policy_load(db, POLICY_DEFAULT_KEY, clock_utc_ms(), &policy, &why), &why);
	must(db_query(db, SQL, NOARGS, &r, &why), &why);
	subjects = calloc(CUSTOMERS, sizeof *subjects);
	while (subjects && n_subjects < CUSTOMERS && !rows_next(r, &why)) {
		size_t n;
		struct subject *s = &subjects[n_subjects++];
		s->customer_id = rows_int(r, 0);
		s->phone_id = rows_int(r, 1);
		memcpy(s->hash, rows_bytes(r, 2, &n), VAULT_HASH_BYTES);
	}
	rows_free(&r);
	db_close(&db);
	if (n_subjects == 0) {
		fprintf(stderr, "there are no customers\n");
		exit(1);
	}
}

/* ---- the two jobs of a call ---- */

static enum err begin_write(struct tx *tx, const void *arg, struct why *why)
{
	const struct begin *b = *(struct begin *const *)arg;
	struct gate_subject s = { .hash = b->who.hash, .customer_id = b->who.customer_id };
	struct gate_facts f = { .now_utc_ms = b->now_utc_ms,
		                .kind = NUMBER_MOBILE,
		                .purpose = "marketing",
		                .is_requested = true };
	struct gate_verdict v;
	bool is_open;
	enum err e = gate_commit(tx, &policy, &s, &f, &v, why);
	if (e || (e = attempt_is_open(tx, b->who.hash, b->now_utc_ms - 3600000, &is_open, why)))
		return e;
	struct attempt_new a = { .id = b->attempt_id,
		                 .call_id = b->call_id,
		                 .customer_id = b->who.customer_id,
		                 .phone_id = b->who.phone_id,
		                 .agent_id = 1,
		                 .unit_id = 1,
		                 .mode = "progressive",
		                 .verdict = "ok",
		                 .verdict_detail = "[]",
		                 .policy_version = 1,
		                 .created_utc_ms = b->now_utc_ms,
		                 .day = 20261122,
		                 .cell_id = 1,
		                 .epoch = 1 };
	memcpy(a.number_hash, b->who.hash, sizeof a.number_hash);
	struct call_new c = { .id = b->call_id,
		              .attempt_id = b->attempt_id,
		              .customer_id = b->who.customer_id,
		              .phone_id = b->who.phone_id,
		              .agent_id = 1,
		              .unit_id = 1,
		              .mode = "progressive",
		              .number_mask = "138****0000",
		              .start_utc_ms = b->now_utc_ms,
		              .day = 20261122,
		              .cell_id = 1,
		              .recording_id = b->call_id + 1,
		              .recording_path = "2026/11/22/bench.wav" };
	e = attempt_add(tx, &a, false, why);
	return e ? e : call_add(tx, &c, why);
}

static void begun(enum err e, const struct why *why, void *ctx)
{
	struct begin *b = ctx;
	b->took_us = clock_mono_us() - b->given_us;
	b->e = e;
	if (e)
		fprintf(stderr, "%s\n", why_en(why));
	sem_post(&settled);
}

static enum err end_write(struct tx *tx, const void *arg, struct why *why)
{
	const struct begin *b = *(struct begin *const *)arg;
	struct call_save c = { .id = b->call_id,
		               .attempt_id = b->attempt_id,
		               .agent_id = 1,
		               .customer_id = b->who.customer_id,
		               .phone_id = b->who.phone_id,
		               .unit_id = 1,
		               .state = CALL_ENDED,
		               .facts = { .start_utc_ms = b->now_utc_ms,
		                          .invite_utc_ms = b->now_utc_ms + 5,
		                          .end_utc_ms = b->now_utc_ms + 1000 } };
	return call_save(tx, &c, why);
}

/* ---- */

static int by_size(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x > y) - (x < y);
}

static double pctl_ms(int64_t *us, size_t n, size_t pct)
{
	qsort(us, n, sizeof *us, by_size);
	return n ? (double)us[(n * pct + 99) / 100 - 1] / 1000 : 0;
}

static size_t sync_some(const char *folder, int64_t *us)
{
	char path[4096];
	static char page[4096];
	snprintf(path, sizeof path, "%s/sync.tmp", folder);
	int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0600);
	if (fd < 0) {
		perror(path);
		exit(1);
	}
	for (int i = 0; i < SYNCS; i++) {
		int64_t began = clock_mono_us();
		if (pwrite(fd, page, sizeof page, (off_t)i * 4096) != sizeof page ||
		    fdatasync(fd)) {
			perror(path);
			exit(1);
		}
		us[i] = clock_mono_us() - began;
	}
	close(fd);
	unlink(path);
	return SYNCS;
}

static void sleep_until(int64_t mono_us)
{
	int64_t us = mono_us - clock_mono_us();
	struct timespec t = { .tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000 };
	if (us > 0)
		nanosleep(&t, NULL);
}

int main(int argc, char **argv)
{
	struct why why;
	struct writer *w = NULL;
	if (argc != 5) {
		fprintf(stderr, "usage: bench_writer URL FOLDER RATE SECONDS\n");
		return 2;
	}
	log_set_level(LOG_WARN);
	id_init(1);
	int rate = atoi(argv[3]), n = rate * atoi(argv[4]);
	static int64_t sync_us[2 * SYNCS];
	struct begin *all = calloc((size_t)n, sizeof *all);
	int64_t *us = calloc((size_t)n, sizeof *us);
	if (!all || !us)
		return 1;
	load_subjects(argv[1]);
	must(writer_new(&(struct writer_cfg){ .url = argv[1] }, &w, &why), &why);
	sem_init(&settled, 0, 0);
	size_t synced = sync_some(argv[2], sync_us);
	int64_t start_us = clock_mono_us();
	for (int i = 0; i < n; i++) {
		struct begin *b = &all[i];
		sleep_until(start_us + (int64_t)i * 1000000 / rate);
		*b = (struct begin){ .who = subjects[(size_t)i % n_subjects],
			             .call_id = id_new(),
			             .attempt_id = id_new(),
			             .now_utc_ms = clock_utc_ms() };
		(void)id_new(); /* the recording's is one above the call's */
		b->call_id = id_new();
		(void)id_new();
		b->given_us = clock_mono_us();
		must(writer_submit(w, LANE_LIVE, begin_write, &b, sizeof(b), begun, b, &why), &why);
		if (i >= rate) {
			b = &all[i - rate];
			must(
			    writer_submit(w, LANE_LIVE, end_write, &b, sizeof(b), NULL, NULL, &why),
			    &why);
		}
	}
	for (int i = 0; i < n; i++)
		sem_wait(&settled);
	for (int i = 0; i < n; i++)
		us[i] = all[i].took_us;
	writer_free(&w);
	synced += sync_some(argv[2], sync_us + synced);
	printf("{\"n\":%d,\"p50_ms\":%.2f,\"p99_ms\":%.2f,\"max_ms\":%.2f,", n,
	       pctl_ms(us, (size_t)n, 50), pctl_ms(us, (size_t)n, 99), pctl_ms(us, (size_t)n, 100));
	printf("\"sync_p50_ms\":%.2f,\"sync_p99_ms\":%.2f}\n", pctl_ms(sync_us, synced, 50),
	       pctl_ms(sync_us, synced, 99));
	free(all);
	free(us);
	free(subjects);
	return 0;
}
