#include "floor/world.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "base/zone.h"
#include "profile/version.h"

/* ---- growing arrays ---- */

static enum err grow(void **p, int n, size_t item, struct why *why)
{
	/* Doubling at powers of two: 0, 1, 2, 4, ... */
	if (n & (n - 1))
		return ERR_OK;
	void *q = realloc(*p, (size_t)(n ? n * 2 : 1) * item);
	if (!q)
		return fail(why, E_NOMEM);
	*p = q;
	return ERR_OK;
}
#define GROW(array, n, why) grow((void **)&(array), n, sizeof *(array), why)

typedef enum err row_fn(struct world *w, const struct rows *r, struct why *why);

static enum err each(struct db *db, const char *sql, const struct val *args, size_t n_args,
                     struct world *w, row_fn *fn, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_query(db, sql, args, n_args, &r, why);
	while (!e && !(e = rows_next(r, why)))
		e = fn(w, r, why);
	return e == ERR_END ? ERR_OK : e;
}

/* ---- versions ---- */

static enum err read_version(struct db *db, const char *kind, const char *key, int64_t now_utc_ms,
                             json_t **ret, struct why *why)
{
	CLEANUP(version_free) struct version *v = NULL;
	enum err e = version_at(db, kind, key, now_utc_ms, &v, why);
	return e ? e : json_read_text(v->body, ret, why);
}

static enum err load_pauses(struct db *db, int64_t now_utc_ms, struct pause_reasons *ret,
                            struct why *why)
{
	CLEANUP(json_cleanup) json_t *list = NULL;
	enum err e = read_version(db, "pause_reasons", "default", now_utc_ms, &list, why);
	if (e)
		return e;
	size_t i;
	json_t *row;
	json_array_foreach(json_object_get(list, "reasons"), i, row)
	{
		if (ret->n == PAUSE_REASONS_MAX)
			break;
		struct pause_reason *p = &ret->row[ret->n++];
		str_copy(p->code, sizeof p->code, json_str(row, "code", ""));
		str_copy(p->zh, sizeof p->zh, json_str(row, "zh", ""));
		str_copy(p->en, sizeof p->en, json_str(row, "en", ""));
		p->per_day = (int)json_int(row, "per_day", 0);
		p->minutes = (int)json_int(row, "minutes", 0);
	}
	return ERR_OK;
}

static enum err load_target(struct db *db, int64_t now_utc_ms, struct figures *ret, struct why *why)
{
	CLEANUP(json_cleanup) json_t *j = NULL;
	enum err e = read_version(db, "targets", "default", now_utc_ms, &j, why);
	if (e)
		return e == ERR_NOT_FOUND ? ERR_OK : e;
	const json_t *day = json_object_get(j, "agent_day");
#define X(name) ret->name = json_int(day, #name, 0);
	FIGURE_LIST(X)
#undef X
	return ERR_OK;
}

/* ---- rows ---- */

static enum err add_unit(struct world *w, const struct rows *r, struct why *why)
{
	enum err e = GROW(w->units, w->n_units, why);
	if (e)
		return e;
	struct unit *u = &w->units[w->n_units++];
	*u = (struct unit){ .id = rows_int(r, 0), .parent_id = rows_int(r, 1) };
	str_copy(u->name, sizeof u->name, rows_text(r, 2));
	return ERR_OK;
}

static enum err add_person(struct world *w, const struct rows *r, struct why *why)
{
	enum err e = GROW(w->people, w->n_people, why);
	if (e)
		return e;
	struct person *p = &w->people[w->n_people++];
	*p = (struct person){ .id = rows_int(r, 0), .unit_id = rows_int(r, 1) };
	str_copy(p->job_no, sizeof p->job_no, rows_text(r, 2));
	str_copy(p->name, sizeof p->name, rows_text(r, 3));
	str_copy(p->role, sizeof p->role, rows_text(r, 4));
	str_copy(p->station_kind, sizeof p->station_kind, rows_text(r, 5));
	str_copy(p->station_uri, sizeof p->station_uri, rows_text(r, 6));
	return ERR_OK;
}

static enum err add_campaign(struct world *w, const struct rows *r, struct why *why)
{
	enum err e = GROW(w->campaigns, w->n_campaigns, why);
	if (e)
		return e;
	struct campaign c = { .id = rows_int(r, 0),
		              .unit_id = rows_int(r, 1),
		              .trunk_id = rows_int(r, 2),
		              .caller_number_id = rows_int(r, 3),
		              .is_running = strcmp(rows_text(r, 7), "running") == 0,
		              .ring_timeout_s = (int)rows_int(r, 10),
		              .wrapup_limit_s = (int)rows_int(r, 11),
		              .left = rows_int(r, 14),
		              .total = rows_int(r, 15) };
	str_copy(c.name, sizeof c.name, rows_text(r, 4));
	str_copy(c.script_key, sizeof c.script_key, rows_text(r, 5));
	str_copy(c.purpose, sizeof c.purpose, rows_text(r, 8));
	str_copy(c.caller, sizeof c.caller, rows_text(r, 9));
	if (!dial_mode_parse(rows_text(r, 6), &c.mode))
		return fail(why, E_FIELD_INVALID, "campaign.mode", rows_text(r, 6));
	if ((e = retry_read(rows_text(r, 13), (int)rows_int(r, 12), &c.retry, why)))
		return e;
	w->campaigns[w->n_campaigns++] = c;
	return ERR_OK;
}

static enum err add_seat(struct world *w, const struct rows *r, struct why *why)
{
	enum err e = GROW(w->seats, w->n_seats, why);
	if (!e)
		w->seats[w->n_seats++] = (struct campaign_seat){ rows_int(r, 0), rows_int(r, 1) };
	return e;
}

static enum err add_day(struct world *w, const struct rows *r, struct why *why)
{
	enum err e = GROW(w->days, w->n_days, why);
	if (e)
		return e;
	int64_t slot = rows_int(r, 3);
	struct person_day *d = &w->days[w->n_days++];
	*d = (struct person_day){ .person_id = rows_int(r, 0),
		                  .unit_id = rows_int(r, 1),
		                  .campaign_id = rows_int(r, 2),
		                  .slot = slot < 0        ? 0
		                          : slot >= SLOTS ? SLOTS - 1
		                                          : (int)slot };
	int col = 4;
#define X(name) d->f.name = rows_int(r, col++);
	FIGURE_LIST(X)
#undef X
	return ERR_OK;
}

static enum err add_used(struct world *w, const struct rows *r, struct why *why)
{
	enum err e = GROW(w->used, w->n_used, why);
	if (e)
		return e;
	struct person_pause *p = &w->used[w->n_used++];
	p->person_id = rows_int(r, 0);
	str_copy(p->reason, sizeof p->reason, rows_text(r, 1));
	p->used = (int)rows_int(r, 2);
	return ERR_OK;
}

static enum err add_trunk(struct world *w, const struct rows *r, struct why *why)
{
	(void)why;
	CLEANUP(json_cleanup) json_t *cfg = NULL;
	if (!json_read_text(rows_text(r, 0), &cfg, NULL))
		w->line_limit += json_int(cfg, "max_calls", 0);
	return ERR_OK;
}

static enum err add_incoming(struct world *w, const struct rows *r, struct why *why)
{
	(void)why;
	w->incoming = (struct incoming_day){ rows_int(r, 0), rows_int(r, 1), rows_int(r, 2),
		                             rows_int(r, 3), rows_int(r, 4), rows_int(r, 5) };
	return ERR_OK;
}

/* ---- all of it ---- */

static enum err load_people(struct db *db, int64_t cell_id, struct world *w, struct why *why)
{
	enum err e = each(
	    db, "SELECT id, parent_id, name FROM org_unit WHERE closed_utc_ms IS NULL ORDER BY id",
	    NOARGS, w, add_unit, why);
	if (!e)
		e = each(
		    db,
		    "SELECT id, unit_id, job_no, name, role, station_kind, station_uri FROM person "
		    "WHERE left_utc_ms IS NULL AND cell_id = ?1 AND role <> 'inspector' ORDER BY "
		    "id",
		    ARGS(V_INT(cell_id)), w, add_person, why);
	if (!e)
		e = each(db,
		         "SELECT person_id, reason, COUNT(*) FROM agent_span WHERE day = ?1 AND "
		         "state = 'paused' "
		         "GROUP BY person_id, reason",
		         ARGS(V_INT(w->day)), w, add_used, why);
	return e;
}

static enum err load_campaigns(struct db *db, int64_t cell_id, struct world *w, struct why *why)
{
	enum err e = each(
	    db,
	    "SELECT c.id, c.unit_id, c.trunk_id, c.caller_number_id, c.name, c.script_key, c.mode, "
	    "c.state, "
	    "c.purpose, n.number, c.ring_timeout_s, c.wrapup_limit_s, c.max_attempts, c.retry, "
	    "(SELECT COUNT(*) FROM task t WHERE t.campaign_id = c.id AND t.state IN ('new', "
	    "'retry')), (SELECT COUNT(*) FROM task t WHERE t.campaign_id = c.id) "
	    "FROM campaign c LEFT JOIN caller_number n ON n.id = c.caller_number_id "
	    "WHERE c.cell_id = ?1 AND c.state IN ('running', 'paused') ORDER BY c.id",
	    ARGS(V_INT(cell_id)), w, add_campaign, why);
	if (!e)
		e = each(db,
		         "SELECT campaign_id, person_id FROM campaign_agent ORDER BY campaign_id, "
		         "person_id",
		         NOARGS, w, add_seat, why);
	if (!e)
		e = each(db, "SELECT cfg FROM trunk WHERE enabled = 1 AND cell_id = ?1 ORDER BY id",
		         ARGS(V_INT(cell_id)), w, add_trunk, why);
	return e;
}

/* Today as report/conditions.h counts it: the board and the figures page must say the same. */
static enum err load_figures(struct db *db, int64_t now_utc_ms, struct world *w, struct why *why)
{
	enum err e = each(
	    db,
	    "SELECT agent_id, unit_id, campaign_id, (start_utc_ms - ?2) / 1800000, COUNT(*), "
	    "CAST(SUM(CASE WHEN answer_utc_ms IS NOT NULL AND audio <> 'machine' THEN 1 ELSE 0 "
	    "END) AS BIGINT), "
	    "CAST(SUM(CASE WHEN audio <> 'machine' THEN agent_talk_ms ELSE 0 END) AS BIGINT), "
	    "CAST(SUM(CASE WHEN result IN ('interested', 'invite', 'wechat', 'deal') THEN 1 ELSE 0 "
	    "END) AS BIGINT), "
	    "CAST(SUM(CASE WHEN result = 'wechat' OR wechat <> '' THEN 1 ELSE 0 END) AS BIGINT), "
	    "CAST(SUM(CASE WHEN result = 'invite' THEN 1 ELSE 0 END) AS BIGINT), "
	    "CAST(SUM(CASE WHEN result = 'deal' THEN 1 ELSE 0 END) AS BIGINT), CAST(SUM(deal_fen) "
	    "AS BIGINT) "
	    "FROM call WHERE day = ?1 AND direction = 'out' AND agent_id IS NOT NULL "
	    "GROUP BY agent_id, unit_id, campaign_id, (start_utc_ms - ?2) / 1800000",
	    ARGS(V_INT(w->day), V_INT(w->day_start_utc_ms)), w, add_day, why);
	if (!e)
		e = each(db,
		         "SELECT COUNT(*), "
		         "CAST(COALESCE(SUM(CASE WHEN answer_utc_ms - start_utc_ms <= ?2 THEN 1 "
		         "ELSE 0 END), 0) AS BIGINT), "
		         "CAST(COALESCE(SUM(CASE WHEN outcome = 'missed' THEN 1 ELSE 0 END), 0) AS "
		         "BIGINT), "
		         "(SELECT COUNT(*) FROM missed_call WHERE done_utc_ms IS NULL), "
		         "(SELECT COUNT(*) FROM missed_call WHERE done_utc_ms IS NULL AND "
		         "due_utc_ms < ?3), "
		         "(SELECT MIN(due_utc_ms) FROM missed_call WHERE done_utc_ms IS NULL) "
		         "FROM call WHERE day = ?1 AND direction = 'in'",
		         ARGS(V_INT(w->day), V_INT(w->settings.callback_owner_ring_s * 1000),
		              V_INT(now_utc_ms)),
		         w, add_incoming, why);
	return e;
}

/* Today's directory of recordings, and tomorrow's so that midnight waits for nobody. */
static enum err look_at_disk(const char *dir, struct world *w, struct why *why)
{
	for (int i = 0; i < 2; i++) {
		struct str path = { 0 };
		str_addf(&path, "%s/%d", dir, day_add(w->day, i));
		enum err e =
		    str_ok(&path) ? file_mkdirs(str_text(&path), 0750, why) : fail(why, E_NOMEM);
		str_free(&path);
		if (e)
			return e;
	}
	int64_t free_bytes = 0;
	enum err e = file_free_bytes(dir, &free_bytes, why);
	w->is_disk_low = !e && free_bytes < w->settings.disk_min_mb * 1024 * 1024;
	return e;
}

static enum err load(struct db *db, int64_t cell_id, const char *disk_dir, int64_t now_utc_ms,
                     struct world *w, struct why *why)
{
	enum err e = settings_load(db, now_utc_ms, &w->settings, why);
	if (e || (e = load_pauses(db, now_utc_ms, &w->pauses, why)) ||
	    (e = load_target(db, now_utc_ms, &w->target, why)) ||
	    (e = policy_load(db, POLICY_DEFAULT_KEY, now_utc_ms, &w->policy, why)) ||
	    (e = load_people(db, cell_id, w, why)) || (e = load_campaigns(db, cell_id, w, why)) ||
	    (e = load_figures(db, now_utc_ms, w, why)))
		return e;
	policy_watch_calendar(&w->policy, now_utc_ms);
	return look_at_disk(disk_dir, w, why);
}

static void world_free(struct world *w)
{
	free(w->campaigns);
	free(w->seats);
	free(w->people);
	free(w->units);
	free(w->days);
	free(w->used);
	free(w);
}

enum err world_load(struct db *db, int64_t cell_id, const struct zone *z, const char *disk_dir,
                    int64_t now_utc_ms, struct world **ret, struct why *why)
{
	struct world *w = calloc(1, sizeof *w);
	if (!w)
		return fail(why, E_NOMEM);
	w->refs = 1;
	w->day = zone_day(now_utc_ms, z);
	w->day_start_utc_ms = zone_day_start(w->day, z);
	enum err e = load(db, cell_id, disk_dir, now_utc_ms, w, why);
	if (e)
		world_free(w);
	else
		*ret = w;
	return e;
}

struct world *world_ref(struct world *w)
{
	w->refs++;
	return w;
}

void world_unref(struct world **pw)
{
	struct world *w = *pw;
	*pw = NULL;
	if (w && --w->refs == 0)
		world_free(w);
}

/* ---- finding ---- */

const struct campaign *world_campaign(const struct world *w, int64_t id)
{
	for (int i = 0; id && i < w->n_campaigns; i++)
		if (w->campaigns[i].id == id)
			return &w->campaigns[i];
	return NULL;
}

const struct person *world_person(const struct world *w, int64_t id)
{
	for (int i = 0; i < w->n_people; i++)
		if (w->people[i].id == id)
			return &w->people[i];
	return NULL;
}

bool world_is_on(const struct world *w, int64_t campaign_id, int64_t person_id)
{
	for (int i = 0; i < w->n_seats; i++)
		if (w->seats[i].campaign_id == campaign_id && w->seats[i].person_id == person_id)
			return true;
	return false;
}

bool world_unit_within(const struct world *w, int64_t unit_id, int64_t top_id)
{
	/* Bounded, should the rows ever form a ring. */
	for (int depth = 0; unit_id && depth < 32; depth++) {
		if (unit_id == top_id)
			return true;
		int i = 0;
		while (i < w->n_units && w->units[i].id != unit_id)
			i++;
		unit_id = i < w->n_units ? w->units[i].parent_id : 0;
	}
	return false;
}

void figures_add(struct figures *to, const struct figures *f)
{
#define X(name) to->name += f->name;
	FIGURE_LIST(X)
#undef X
}

struct figures world_person_today(const struct world *w, int64_t person_id)
{
	struct figures sum = { 0 };
	for (int i = 0; i < w->n_days; i++)
		if (w->days[i].person_id == person_id)
			figures_add(&sum, &w->days[i].f);
	return sum;
}
