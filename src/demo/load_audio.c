#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/str.h"
#include "base/thread.h"
#include "demo/load.h"
#include "demo/rng.h"

void load_say(const struct load *l, const struct sim_call *c, char call_as[32], struct say *ret)
{
	const char *script = CAST_CAMPAIGN[c->campaign].script;
	*ret = (struct say){ .bank = l->bank,
		             .dialogue = c->dialogue,
		             .customer_voice = c->customer_voice,
		             .agent_voice = c->agent_voice,
		             .names = { sim_call_as(&l->s->customers[c->customer], call_as),
		                        CAST_AGENT[c->agent].job_no, cast_company(script) },
		             .seed = c->seed };
}

/* ---- the files: two threads, each every other recording ---- */

enum { MAKERS = 2, PATH_BYTES = 512 };

struct maker {
	const struct load *l;
	int64_t *bytes; /* by call */
	int nth;
	enum err e;
	struct why why;
};

static void path_of(const struct load *l, int i, char rel[64], char path[PATH_BYTES])
{
	snprintf(rel, 64, "%d/%lld.wav", zone_day(l->s->calls[i].start_utc_ms, l->zone),
	         (long long)l->call_id[i]);
	snprintf(path, PATH_BYTES, "%s/%s", l->cfg->recordings_dir, rel);
}

static enum err make_one(struct maker *m, int i)
{
	char rel[64], path[PATH_BYTES], call_as[32];
	struct say s;
	path_of(m->l, i, rel, path);
	load_say(m->l, &m->l->s->calls[i], call_as, &s);
	return say_record(&s, 0, path, &m->bytes[i], &m->why);
}

static void make_files(void *ctx)
{
	struct maker *m = ctx;
	int nth = 0;
	for (int i = 0; !m->e && i < m->l->s->n_calls; i++)
		if (m->l->s->calls[i].dialogue >= 0 && nth++ % MAKERS == m->nth)
			m->e = make_one(m, i);
}

static enum err make_dirs(const struct load *l, struct why *why)
{
	enum err e = ERR_OK;
	for (int i = 0, last = 0; !e && i < l->s->n_calls; i++) {
		int day = zone_day(l->s->calls[i].start_utc_ms, l->zone);
		if (l->s->calls[i].dialogue < 0 || day == last)
			continue;
		char dir[PATH_BYTES];
		snprintf(dir, sizeof(dir), "%s/%d", l->cfg->recordings_dir, last = day);
		e = file_mkdirs(dir, 0750, why);
	}
	return e;
}

static enum err make_all(const struct load *l, int64_t *bytes, struct why *why)
{
	struct maker m[MAKERS];
	struct thread *t[MAKERS] = { NULL };
	enum err e = make_dirs(l, why);
	for (int k = 0; !e && k < MAKERS; k++) {
		m[k] = (struct maker){ .l = l, .bytes = bytes, .nth = k };
		e = thread_start("demo-audio", make_files, &m[k], &t[k], why);
	}
	for (int k = 0; k < MAKERS; k++) {
		bool ran = t[k] != NULL;
		thread_join(&t[k]);
		if (ran && !e && (e = m[k].e) && why)
			*why = m[k].why;
	}
	return e;
}

/* ---- the rows ---- */

static enum err insert_event(struct load *l, int i, struct ids *ids, int64_t at_utc_ms,
                             const char *kind, struct why *why)
{
	if (!at_utc_ms)
		return ERR_OK;
	return db_exec(l->db,
	               "INSERT INTO call_event (id, call_id, at_utc_ms, kind, detail) VALUES (?1, "
	               "?2, ?3, ?4, '{}')",
	               ARGS(V_INT(id_at(ids, at_utc_ms)), V_INT(l->call_id[i]), V_INT(at_utc_ms),
	                    V_TEXT(kind)),
	               NULL, why);
}

static enum err insert_events(struct load *l, int i, struct ids *ids, struct why *why)
{
	const struct sim_call *c = &l->s->calls[i];
	enum err e;
	if ((e = insert_event(l, i, ids, c->ring_utc_ms, "ring", why)) ||
	    (e = insert_event(l, i, ids, c->answer_utc_ms, "answer", why)) ||
	    (e = insert_event(l, i, ids, c->bridge_utc_ms, "bridge", why)))
		return e;
	return insert_event(l, i, ids, c->end_utc_ms, "end", why);
}

static enum err insert_recording(struct load *l, int i, int64_t bytes, struct ids *ids,
                                 struct why *why)
{
	const struct sim_call *c = &l->s->calls[i];
	char rel[64], path[PATH_BYTES], call_as[32];
	struct say s;
	struct say_plan p;
	path_of(l, i, rel, path);
	load_say(l, c, call_as, &s);
	say_plan(&s, &p);
	enum err e = db_exec(l->db,
	                     "INSERT INTO recording (id, call_id, path, state, started_utc_ms, "
	                     "answer_ms, duration_ms, bytes, gap_ms, cell_id)"
	                     " VALUES (?1, ?2, ?3, 'closed', ?4, 0, ?5, ?6, 0, ?7)",
	                     ARGS(V_INT(id_at(ids, c->start_utc_ms)), V_INT(l->call_id[i]),
	                          V_TEXT(rel), V_INT(c->answer_utc_ms), V_INT(p.ms), V_INT(bytes),
	                          V_INT(l->cfg->cell_id)),
	                     NULL, why);
	struct str lines = { 0 };
	if (!e)
		e = say_transcript(&s, 0, &lines, why);
	if (!e)
		e = db_exec(
		    l->db,
		    "INSERT INTO transcript (call_id, source, lines, made_utc_ms) VALUES (?1, "
		    "'practice', ?2, ?3)",
		    ARGS(V_INT(l->call_id[i]), V_TEXT(str_text(&lines)), V_INT(c->end_utc_ms)),
		    NULL, why);
	str_free(&lines);
	return e;
}

enum err load_recordings(struct load *l, struct why *why)
{
	struct ids recordings = { 0 }, events = { 0 };
	CLEANUP(str_drop) int64_t *bytes = calloc((size_t)l->s->n_calls + 1, sizeof(*bytes));
	enum err e = bytes ? make_all(l, bytes, why) : fail(why, E_NOMEM);
	for (int i = 0; !e && i < l->s->n_calls; i++) {
		if (l->s->calls[i].dialogue < 0)
			continue;
		if (!(e = insert_recording(l, i, bytes[i], &recordings, why)))
			e = insert_events(l, i, &events, why);
		l->n_recordings++;
	}
	return e;
}

/* ---- reviews ---- */

/* A mistake an inspector may find; the worst first. */
static const struct {
	const char *item;
	int64_t centi;
	double chance;
	const char *remark;
} FAULTS[] = {
	{ "facts", 100, 0.05, "表述不准确，先讲清合同约定" },
	{ "invite", 100, 0.10, "邀约没有说具体时间地点" },
	{ "needs", 50, 0.22, "需求只问了一句" },
	{ "listen", 50, 0.08, "客户没说完就接话" },
	{ "objection", 50, 0.14, "异议没有先认同" },
	{ "notice", 100, 0.04, "没有告知录音" },
	{ "closing", 50, 0.12, "没有致谢" },
	{ "record", 50, 0.10, "备注不完整" },
	{ "identity", 50, 0.09, "核实本人不完整" },
};
enum {
	N_FAULTS = sizeof(FAULTS) / sizeof(FAULTS[0]),
	WAITING = 36,
	FULL_CENTI = 1000,
	PASS_CENTI = 900
};

struct marks {
	int n;
	struct {
		const char *item, *remark;
		int64_t centi, from_ms, to_ms; /* -1: the whole call */
	} mark[N_FAULTS];
	int64_t score_centi;
};

static void mark(struct marks *m, const char *item, int64_t centi, const char *remark,
                 int64_t from_ms, int64_t to_ms)
{
	m->mark[m->n].item = item;
	m->mark[m->n].remark = remark;
	m->mark[m->n].centi = centi;
	m->mark[m->n].from_ms = from_ms;
	m->mark[m->n++].to_ms = to_ms;
	m->score_centi -= centi;
}

/* In this dialogue the agent interrupts and says 保本: both can be heard, so both are marked where
 * they are. */
static bool mark_known(const struct load *l, const struct sim_call *c, struct marks *m)
{
	if (strcmp(bank_dialogue(l->bank, c->dialogue)->key, "annuity_fault"))
		return false;
	char call_as[32];
	struct say s;
	struct say_plan p;
	load_say(l, c, call_as, &s);
	say_plan(&s, &p);
	mark(m, "facts", 100, "不得用“保本”“不会亏”", p.line[9].at_ms, p.line[9].end_ms);
	mark(m, "listen", 50, "客户没说完就抢话，客户要求“让我说完”", p.line[6].at_ms,
	     p.line[8].end_ms);
	return true;
}

static void judge_call(const struct load *l, const struct sim_call *c, struct marks *m)
{
	struct rng r = { c->seed ^ 0x51ull };
	*m = (struct marks){ .score_centi = FULL_CENTI };
	if (mark_known(l, c, m))
		return;
	double weight = 190.0 / CAST_AGENT[c->agent].skill_pct - 0.9;
	for (int i = 0; i < N_FAULTS; i++)
		if (rng_is(&r, FAULTS[i].chance * weight))
			mark(m, FAULTS[i].item, FAULTS[i].centi, FAULTS[i].remark, -1, -1);
}

static enum err insert_marks(struct load *l, int64_t review_id, const struct marks *m,
                             struct why *why)
{
	enum err e = ERR_OK;
	for (int i = 0; !e && i < m->n; i++) {
		bool is_whole = m->mark[i].from_ms < 0;
		e = db_exec(l->db,
		            "INSERT INTO review_item (review_id, item_key, deduct_centi, na, "
		            "from_ms, to_ms, remark, source)"
		            " VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6, 'inspector')",
		            ARGS(V_INT(review_id), V_TEXT(m->mark[i].item), V_INT(m->mark[i].centi),
		                 is_whole ? V_NULL : V_INT(m->mark[i].from_ms),
		                 is_whole ? V_NULL : V_INT(m->mark[i].to_ms),
		                 V_TEXT(m->mark[i].remark)),
		            NULL, why);
	}
	return e;
}

static enum err insert_review(struct load *l, int i, struct ids *ids, struct why *why)
{
	const struct sim_call *c = &l->s->calls[i];
	struct marks m;
	judge_call(l, c, &m);
	/* Judged the next morning, or just now. */
	int64_t at =
	    zone_at(day_add(zone_day(c->start_utc_ms, l->zone), 1), 560 + i % 400, l->zone);
	at = at < l->cfg->now_utc_ms ? at : l->cfg->now_utc_ms - 60000 * (1 + i % 50);
	if (at < c->wrapup_end_utc_ms)
		at = c->wrapup_end_utc_ms;
	int64_t id = id_at(ids, at);
	const char *verdict = m.score_centi >= PASS_CENTI ? "pass" : "fail";
	enum err e =
	    db_exec(l->db,
	            "INSERT INTO review (id, call_id, form_key, form_version, inspector_id, "
	            "agent_id, unit_id, state, score_centi,"
	            " raw_centi, max_centi, verdict, fatal, remark, created_utc_ms, saved_utc_ms, "
	            "submitted_utc_ms, day)"
	            " VALUES (?1, ?2, 'a2', 1, ?3, ?4, ?5, 'submitted', ?6, ?6, ?7, ?8, '', ?9, "
	            "?10, ?11, ?11, ?12)",
	            ARGS(V_INT(id), V_INT(l->call_id[i]), V_INT(l->person_id[CAST_INSPECTOR]),
	                 V_INT(l->agent_id[c->agent]), V_INT(l->unit_id[CAST_AGENT[c->agent].unit]),
	                 V_INT(m.score_centi), V_INT(FULL_CENTI), V_TEXT(verdict),
	                 V_TEXT(m.n ? m.mark[0].remark : "很好，保持"), V_INT(at - 240000),
	                 V_INT(at), V_INT(zone_day(at, l->zone))),
	            NULL, why);
	if (!e)
		e = insert_marks(l, id, &m, why);
	if (!e)
		e = db_exec(
		    l->db, "UPDATE call SET score_centi = ?2, score_verdict = ?3 WHERE id = ?1",
		    ARGS(V_INT(l->call_id[i]), V_INT(m.score_centi), V_TEXT(verdict)), NULL, why);
	return e;
}

enum err load_reviews(struct load *l, struct why *why)
{
	struct ids ids = { 0 };
	enum err e = ERR_OK;
	int left = l->n_recordings - WAITING;
	for (int i = 0; !e && i < l->s->n_calls; i++)
		if (l->s->calls[i].dialogue >= 0 && left-- > 0) {
			e = insert_review(l, i, &ids, why);
			l->n_reviews++;
		}
	return e;
}
