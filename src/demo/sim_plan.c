#include "demo/sim_int.h"

/* Minutes of the day; reason NULL is work. Early and late shift. */
struct part_min {
	int from, to;
	const char *reason;
};

#define H(h, m) ((h)*60 + (m))
static const struct part_min EARLY[] = {
	{ H(8, 50), H(9, 0), "meeting" },    { H(9, 0), H(10, 30), 0 },
	{ H(10, 30), H(10, 42), "break" },   { H(10, 42), H(12, 0), 0 },
	{ H(13, 40), H(14, 0), "training" }, { H(14, 0), H(16, 0), 0 },
	{ H(16, 0), H(16, 13), "break" },    { H(16, 13), H(18, 30), 0 },
};
static const struct part_min LATE[] = {
	{ H(9, 50), H(10, 0), "meeting" },   { H(10, 0), H(12, 0), 0 },
	{ H(13, 40), H(14, 0), "training" }, { H(14, 0), H(15, 50), 0 },
	{ H(15, 50), H(16, 4), "break" },    { H(16, 4), H(17, 45), 0 },
	{ H(17, 45), H(18, 20), "meal" },    { H(18, 20), H(20, 28), 0 },
};

static void add_part(struct seat *a, int64_t from, int64_t to, const char *reason, int64_t now)
{
	if (to > now)
		to = now;
	if (from < to && a->n_parts < PLAN_PARTS)
		a->part[a->n_parts++] = (struct part){ from, to, reason };
}

/* Too early for the shift: practice customers may be called at any hour, so that today is never
 * empty. */
static bool plan_before_work(struct floor_sim *f, struct seat *a)
{
	int64_t now = f->s->cfg.now_utc_ms;
	int64_t day_start = zone_day_start(f->day, f->s->cfg.zone);
	bool is_today = now - day_start < DAY_MS && now >= day_start;
	if (!is_today || zone_minute(now, f->s->cfg.zone) >= H(10, 15))
		return false;
	int64_t from = now - 3 * HOUR_MS > day_start ? now - 3 * HOUR_MS : day_start;
	add_part(a, from, now, 0, now);
	return true;
}

void plan_day(struct floor_sim *f, int agent)
{
	struct seat *a = &f->seat[agent];
	a->n_parts = a->now_part = 0;
	a->ready_utc_ms = a->t_utc_ms = 0;
	bool is_today = f->day_index == f->s->cfg.days - 1;
	bool is_off = (f->day_index + agent * 5) % 7 == 3 && !is_today;
	if (f->day_index < CAST_AGENT[agent].first_day || is_off ||
	    (is_today && agent == CAST_VISITOR))
		return;

	if (!plan_before_work(f, a)) {
		const struct part_min *p = (f->day_index + agent) % 3 == 0 ? LATE : EARLY;
		int n = p == LATE ? (int)(sizeof(LATE) / sizeof(LATE[0]))
		                  : (int)(sizeof(EARLY) / sizeof(EARLY[0]));
		int64_t late_ms =
		    rng_between(&f->r, 0, 4) * MINUTE_MS + rng_between(&f->r, 0, 59000);
		for (int i = 0; i < n; i++)
			add_part(a, zone_at(f->day, p[i].from, f->s->cfg.zone) + (i ? 0 : late_ms),
			         zone_at(f->day, p[i].to, f->s->cfg.zone), p[i].reason,
			         f->s->cfg.now_utc_ms);
	}
	a->t_utc_ms = a->n_parts ? a->part[0].from_utc_ms : 0;
	/* Of the campaigns of his team that run today, the first two of a team take the last one.
	 */
	a->campaign = -1;
	for (int c = 0; c < CAST_CAMPAIGNS; c++)
		if (CAST_CAMPAIGN[c].unit == CAST_AGENT[agent].unit &&
		    CAST_CAMPAIGN[c].first_day <= f->day_index &&
		    f->day_index <= CAST_CAMPAIGN[c].last_day &&
		    (a->campaign < 0 || agent % 6 == 3 || agent % 6 == 4))
			a->campaign = c;
}
