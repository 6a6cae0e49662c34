#include "app/rekey.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "call/trunk_row.h"
#include "crm/reseal.h"
#include "gate/vault.h"

/* Attempts count from the last progress; a node whose master key is stale keeps trying until it is
 * restarted. */
enum { ATTEMPTS = 50 };

/* What is sealed again, in this order; the cursor is "STAGE ID ROW". */
enum stage { STAGE_PHONES, STAGE_IMPORTS, STAGE_TRUNKS, STAGE_RETIRE, STAGE_DONE };

struct slice {
	struct job_ctx *jc;
	const struct vault *vault;
	enum stage stage;
	struct reseal_at at;
	int64_t total;
	bool *ret_done;
};

static enum err retire(struct tx *tx, const struct slice *s, struct why *why)
{
	struct vault_new_key k = { s->vault, vault_newest(s->vault), clock_utc_ms() };
	int64_t left = 0;
	enum err e = reseal_left(tx_db(tx), s->vault, &left, why);
	/* Another node sealed with the older key until it learned of the new one: the next rotation
	 * takes it. */
	return e || left ? e : vault_retire_keys(tx, &k, why);
}

static enum err do_stage(struct tx *tx, struct slice *s, struct why *why)
{
	switch (s->stage) {
	case STAGE_PHONES:
		return reseal_phones(tx, s->vault, &s->at, why);
	case STAGE_IMPORTS:
		return reseal_import_rows(tx, s->vault, &s->at, why);
	case STAGE_TRUNKS: {
		enum err e = trunk_reseal(tx, s->vault, why);
		return e ? e : ERR_END;
	}
	case STAGE_RETIRE: {
		enum err e = retire(tx, s, why);
		return e ? e : ERR_END;
	}
	case STAGE_DONE:
		break;
	}
	return ERR_END;
}

/* The slice and where the next one begins, in one commit. The writer may run it twice: it works on
 * a copy. */
static enum err write_slice(struct tx *tx, const void *arg, struct why *why)
{
	struct slice s = *(const struct slice *)arg;
	char cursor[64];
	enum err e = do_stage(tx, &s, why);
	if (e && e != ERR_END)
		return e;
	if (e == ERR_END) {
		s.stage++;
		s.at.id = s.at.row_no = 0;
	}
	*s.ret_done = s.stage == STAGE_DONE;
	snprintf(cursor, sizeof cursor, "%d %" PRId64 " %" PRId64, (int)s.stage, s.at.id,
	         s.at.row_no);
	return job_save(s.jc, tx, cursor, s.at.done, s.total, why);
}

static enum err step(struct job_ctx *jc, struct why *why)
{
	struct job_info info;
	bool is_done = false;
	int stage = 0;
	struct slice s = { .jc = jc, .vault = job_user(jc), .ret_done = &is_done };
	enum err e = job_get(job_db(jc), job_id(jc), &info, why);
	if (e || (e = reseal_total(job_db(jc), &s.total, why)))
		return e;
	if (sscanf(job_cursor(jc), "%d %" SCNd64 " %" SCNd64, &stage, &s.at.id, &s.at.row_no) != 3)
		stage = 0;
	s.stage = stage < STAGE_DONE ? (enum stage)stage : STAGE_DONE;
	s.at.done = info.done;
	/* The key was made by a command: this process learns of it here. */
	if ((e = vault_refresh(s.vault, job_db(jc), why)))
		return e;
	e = writer_do(job_writer(jc), LANE_NORMAL, write_slice, &s, why);
	return e ? e : is_done ? ERR_END : ERR_OK;
}

struct job_kind rekey_kind(const struct vault *v)
{
	return (struct job_kind){ .name = REKEY_KIND,
		                  .step = step,
		                  .max_attempts = ATTEMPTS,
		                  .ctx = (void *)(uintptr_t)v };
}

/* An unfinished rotation goes on; another key then would only make it begin again. */
static enum err find_running(struct db *db, int64_t *ret, struct why *why)
{
	static const char SQL[] =
	    "SELECT COALESCE(MAX(id), 0) FROM job WHERE kind = ?1 AND state IN "
	    "('waiting', 'running')";
	return db_int(db, SQL, ARGS(V_TEXT(REKEY_KIND)), ret, why);
}

enum err rekey_start(struct tx *tx, const void *arg, struct why *why)
{
	const struct rekey_new *a = arg;
	struct vault_new_key k = { a->vault, a->key_id, a->now_utc_ms };
	struct job_new j = {
		.kind = REKEY_KIND, .key = "rotate", .cell_id = 1, .now_utc_ms = a->now_utc_ms
	};
	enum err e = find_running(tx_db(tx), a->ret_job, why);
	if (e || *a->ret_job)
		return e;
	if ((e = vault_add_key(tx, &k, why)))
		return e;
	return job_enqueue(tx, &j, a->ret_job, why);
}
