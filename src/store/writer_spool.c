/* What the live lane cannot commit is kept in the spool and entered when the database is back.
 *
 * Each record is entered in a transaction of its own that also moves the spool's mark, so that a
 * crash, a lost answer or a second start enters it once (docs/adr/0010). */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "store/db_int.h"
#include "store/spool.h"
#include "store/writer_int.h"

enum { LOOK_AGAIN_MS = 1000 };

bool keep_is_on(const struct line *l)
{
	return l->spool && spool_count(l->spool) > 0;
}

/* ---- keeping ---- */

static enum err keep_one(struct line *l, const struct work *j, const char *maybe, struct why *why)
{
	CLEANUP(str_free) struct str text = { 0 };
	enum err e = j->kind->encode(j->kept, &text, why);
	if (!e && !str_ok(&text))
		e = fail(why, E_NOMEM);
	if (!e)
		e = spool_add(l->spool, j->kind->name, maybe, str_text(&text),
		              strlen(str_text(&text)), why);
	return e;
}

void keep_jobs(struct line *l, struct work **jobs, int n, const char *maybe, const struct why *why)
{
	enum err kept[GROUP_JOBS];
	struct why no[1] = { { 0 } };
	int n_kept = 0;
	bool was_on = keep_is_on(l);
	for (int i = 0; i < n; i++) {
		const struct writer_kind *k = jobs[i]->kind;
		bool is_wanted = k && (!k->is_undone || *maybe);
		kept[i] = is_wanted ? keep_one(l, jobs[i], maybe, no) : ERR_BUSY;
		n_kept += !kept[i];
	}
	enum err synced = n_kept ? spool_sync(l->spool, no) : ERR_OK;
	if (n_kept && !was_on)
		log_error("store", "spool_begun", LOG_WHY(why));
	if (no->code)
		log_error("store", "spool_unwritten", LOG_WHY(no));
	for (int i = 0; i < n; i++) {
		bool is_kept = !kept[i] && !synced && !jobs[i]->kind->is_undone;
		writer_settle(l, jobs[i], is_kept ? ERR_OK : ERR_BUSY, why);
	}
}

/* ---- entering ---- */

static const struct writer_kind *kind_of(const struct line *l, const char *name)
{
	for (size_t i = 0; i < l->w->n_kinds; i++)
		if (strcmp(l->w->kinds[i]->name, name) == 0)
			return l->w->kinds[i];
	return NULL;
}

static enum err is_entered(struct line *l, const struct spool_record *r, bool *ret, struct why *why)
{
	int64_t n = 0;
	enum err e =
	    db_int(l->db, "SELECT COUNT(*) FROM spool_entered WHERE spool_id = ?1 AND seq >= ?2",
	           ARGS(V_INT(spool_id(l->spool)), V_INT(r->seq)), &n, why);
	*ret = n > 0;
	return e;
}

static enum err move_mark(struct line *l, const struct spool_record *r, struct why *why)
{
	return db_exec(l->db,
	               "INSERT INTO spool_entered (spool_id, seq, at_utc_ms) VALUES (?1, ?2, ?3) "
	               "ON CONFLICT (spool_id) DO UPDATE SET seq = excluded.seq, "
	               "at_utc_ms = excluded.at_utc_ms",
	               ARGS(V_INT(spool_id(l->spool)), V_INT(r->seq), V_INT(clock_utc_ms())), NULL,
	               why);
}

static enum err enter_in_tx(struct line *l, const struct spool_record *r, struct why *why)
{
	struct tx tx = { .line = l };
	bool is_there = false;
	const struct writer_kind *k = kind_of(l, r->kind);
	enum err e = is_entered(l, r, &is_there, why);
	if (e || is_there)
		return e;
	e = k ? k->enter(&tx, r->body, r->bytes, why) : fail(why, E_SPOOL_KIND, r->kind);
	return e ? e : move_mark(l, r, why);
}

/* @return ERR_OK: it is in the database */
static enum err enter_record(struct line *l, const struct spool_record *r, struct why *why)
{
	const struct writer_kind *k = kind_of(l, r->kind);
	bool is_committed = false;
	enum err e = *r->maybe ? db_resolve_xact(l->db, r->maybe, &is_committed, why) : ERR_OK;
	if (e || (*r->maybe && k && is_committed != k->is_undone))
		return e;
	if ((e = db_begin(l->db, why)))
		return e;
	if ((e = enter_in_tx(l, r, why))) {
		db_rollback(l->db);
		return e;
	}
	return db_commit(l->db, why); /* lost in doubt: the mark tells at the next try */
}

void keep_enter(struct line *l)
{
	struct spool_record r;
	struct why why = { 0 };
	int64_t n = 0;
	enum err e;
	if (clock_mono_ms() < l->again_ms)
		return;
	while (!(e = spool_peek(l->spool, &r, &why))) {
		e = enter_record(l, &r, &why);
		if (e && db_is_transient(&why))
			break;
		if (e) {
			log_error("store", "spool_record_refused", LOG_I("seq", r.seq),
			          LOG_S("kind", r.kind), LOG_WHY(&why));
			if (spool_refuse(l->spool, &why, &why))
				break;
		} else {
			spool_taken(l->spool);
		}
		n++;
	}
	if (e == ERR_END && !spool_clear(l->spool, &why))
		log_info("store", "spool_entered", LOG_I("records", n));
	else
		l->again_ms = clock_mono_ms() + LOOK_AGAIN_MS;
}
