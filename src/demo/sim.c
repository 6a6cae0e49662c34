#include "demo/sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demo/say.h"
#include "demo/sim_int.h"

void sim_free(struct sim **s)
{
	if (!*s)
		return;
	free((*s)->customers);
	free((*s)->calls);
	free((*s)->spans);
	free((*s)->followups);
	free(*s);
	*s = NULL;
}

const char *sim_name(const struct sim_customer *c, char buf[32])
{
	snprintf(buf, 32, "%s%s%s", CAST_SURNAME[c->surname], CAST_GIVEN_CHAR[c->given[0]],
	         c->given[1] < 0 ? "" : CAST_GIVEN_CHAR[c->given[1]]);
	return buf;
}

const char *sim_call_as(const struct sim_customer *c, char buf[32])
{
	snprintf(buf, 32, "%s%s", CAST_SURNAME[c->surname], c->is_male ? "先生" : "女士");
	return buf;
}

/* ---- growing arrays ---- */

static bool grow(struct floor_sim *f, void **array, size_t size, int n, int *room)
{
	if (n < *room)
		return true;
	int want = *room ? *room * 2 : 1024;
	void *p = realloc(*array, size * (size_t)want);
	if (!p) {
		f->is_full = true;
		return false;
	}
	*array = p;
	*room = want;
	return true;
}

int add_call(struct floor_sim *f, const struct sim_call *c)
{
	struct sim *s = f->s;
	if (!grow(f, (void **)&s->calls, sizeof(*s->calls), s->n_calls, &f->room_calls))
		return -1;
	s->calls[s->n_calls] = *c;
	return s->n_calls++;
}

void add_span(struct floor_sim *f, const struct sim_span *sp)
{
	struct sim *s = f->s;
	if (sp->from_utc_ms < sp->to_utc_ms &&
	    grow(f, (void **)&s->spans, sizeof(*s->spans), s->n_spans, &f->room_spans))
		s->spans[s->n_spans++] = *sp;
}

int add_followup(struct floor_sim *f, const struct sim_followup *fu)
{
	struct sim *s = f->s;
	if (!grow(f, (void **)&s->followups, sizeof(*s->followups), s->n_followups,
	          &f->room_followups))
		return -1;
	s->followups[s->n_followups] = *fu;
	return s->n_followups++;
}

/* ---- heaps ---- */

void heap_push(struct floor_sim *f, struct heap *h, int64_t utc_ms, int customer)
{
	if (!grow(f, (void **)&h->at, sizeof(*h->at), h->n, &h->room))
		return;
	int i = h->n++;
	for (; i && h->at[(i - 1) / 2].utc_ms > utc_ms; i = (i - 1) / 2)
		h->at[i] = h->at[(i - 1) / 2];
	h->at[i] = (struct due){ utc_ms, customer };
}

int heap_pop(struct heap *h, int64_t by_utc_ms)
{
	if (!h->n || h->at[0].utc_ms > by_utc_ms)
		return -1;
	int customer = h->at[0].customer;
	struct due last = h->at[--h->n];
	int i = 0;
	for (;;) {
		int kid = 2 * i + 1;
		if (kid >= h->n)
			break;
		kid += kid + 1 < h->n && h->at[kid + 1].utc_ms < h->at[kid].utc_ms;
		if (last.utc_ms <= h->at[kid].utc_ms)
			break;
		h->at[i] = h->at[kid];
		i = kid;
	}
	h->at[i] = last;
	return customer;
}

/* ---- people on the lists ---- */

static int line_of(struct rng *r)
{
	double x = rng_unit(r);
	return x < 0.035 ? SIM_EMPTY : x < 0.055 ? SIM_SUSPENDED : 0;
}

static struct sim_customer person(struct floor_sim *f, int campaign)
{
	struct rng *r = &f->r;
	const struct cast_campaign_row *row = &CAST_CAMPAIGN[campaign];
	bool is_male = rng_is(r, 0.54);
	int half = CAST_GIVEN / 2;
	int first = (int)rng_between(r, 0, half - 1) + (is_male ? half : 0);
	int second = rng_is(r, 0.6) ? (int)rng_between(r, 0, half - 1) + (is_male ? half : 0) : -1;
	int64_t start = zone_day_start(day_add(f->s->first_day, row->first_day), f->s->cfg.zone);
	return (struct sim_customer){
		.campaign = campaign,
		.unit = row->unit,
		.owner = -1,
		.surname = (int)(rng_unit(r) * rng_unit(r) * CAST_SURNAMES),
		.given = { first, second },
		.is_male = is_male,
		.has_consent = !rng_is(r, 0.045),
		.created_utc_ms = start - rng_between(r, HOUR_MS, 30 * HOUR_MS),
		.answers = 0.6 + 0.9 * rng_unit(r),
		.line = line_of(r),
		.task_state = "new",
		.task_reason = "",
		.due_utc_ms = start,
		.grade = "",
		.status = "new",
		.last_agent = -1,
		.open_followup = -1,
	};
}

static void make_people(struct floor_sim *f)
{
	int at = 0;
	for (int c = 0; c < CAST_CAMPAIGNS; c++) {
		f->new_from[c] = at;
		for (int i = 0; i < CAST_CAMPAIGN[c].customers; i++)
			f->s->customers[at++] = person(f, c);
		f->new_to[c] = at;
	}
}

/* ---- an agent's next step ---- */

static int next_customer(struct floor_sim *f, int agent, int64_t utc_ms)
{
	int campaign = f->seat[agent].campaign;
	int found = heap_pop(&f->own[agent], utc_ms);
	if (found < 0)
		found = heap_pop(&f->retries[campaign], utc_ms);
	if (found < 0 && f->new_from[campaign] < f->new_to[campaign])
		found = f->new_from[campaign]++;
	return found;
}

static void state(struct floor_sim *f, int agent, const char *name, int call, int64_t from,
                  int64_t to)
{
	add_span(f, &(struct sim_span){ agent, f->seat[agent].campaign, call, name, "", from, to });
}

/* The spans of a call: dialing, ringing, talking with its hold in the middle, after-call work. */
static void state_of_call(struct floor_sim *f, int agent, int index, const struct sim_call *c)
{
	int64_t rings = c->ring_utc_ms ? c->ring_utc_ms : c->end_utc_ms;
	state(f, agent, "reserved", index, c->start_utc_ms, rings);
	if (!c->bridge_utc_ms) {
		state(f, agent, "ringing", index, rings, c->end_utc_ms);
		return;
	}
	state(f, agent, "ringing", index, rings, c->bridge_utc_ms);
	int64_t hold = c->bridge_utc_ms + (c->end_utc_ms - c->bridge_utc_ms - c->hold_ms) / 2;
	state(f, agent, "talking", index, c->bridge_utc_ms, c->hold_ms ? hold : c->end_utc_ms);
	if (c->hold_ms) {
		state(f, agent, "holding", index, hold, hold + c->hold_ms);
		state(f, agent, "talking", index, hold + c->hold_ms, c->end_utc_ms);
	}
	state(f, agent, "wrapup", index, c->end_utc_ms, c->wrapup_end_utc_ms);
}

/* A recorded conversation is as long as what is said in it. */
static void fit_length(struct floor_sim *f, struct sim_call *c)
{
	if (c->dialogue < 0)
		return;
	char call_as[32];
	struct say_plan p;
	const struct sim_customer *who = &f->s->customers[c->customer];
	struct say s = { f->s->cfg.bank,
		         c->dialogue,
		         c->customer_voice,
		         c->agent_voice,
		         { sim_call_as(who, call_as), CAST_AGENT[c->agent].job_no,
		           cast_company(CAST_CAMPAIGN[c->campaign].script) },
		         c->seed };
	say_plan(&s, &p);
	int64_t end = c->answer_utc_ms + p.ms;
	c->wrapup_end_utc_ms += end - c->end_utc_ms;
	c->end_utc_ms = end;
}

static void call_somebody(struct floor_sim *f, int agent, int64_t utc_ms)
{
	struct seat *a = &f->seat[agent];
	int customer = next_customer(f, agent, utc_ms);
	if (customer < 0) {
		a->t_utc_ms = utc_ms + 2 * MINUTE_MS;
		return;
	}
	struct sim_call c;
	bool rings_back = f->s->customers[customer].attempts > 0 &&
	                  !f->s->customers[customer].line && rng_is(&f->r, 0.0035);
	if (rings_back)
		sim_incoming(f, customer, agent, utc_ms, &c);
	else
		sim_try(f, customer, agent, utc_ms, &c);
	fit_length(f, &c);
	int index = add_call(f, &c);
	a->t_utc_ms = c.wrapup_end_utc_ms;
	if (c.is_blocked)
		return;
	state(f, agent, "ready", -1, a->ready_utc_ms, utc_ms);
	state_of_call(f, agent, index, &c);
	a->ready_utc_ms = a->t_utc_ms;
	if (c.outcome == SIM_MISSED) /* his task is still open */
		heap_push(f, &f->retries[c.campaign], c.end_utc_ms + 8 * MINUTE_MS, customer);
}

/* Ends the part he is in: what is left of it is waiting. */
static void leave_part(struct floor_sim *f, int agent)
{
	struct seat *a = &f->seat[agent];
	const struct part *p = &a->part[a->now_part++];
	if (p->reason) {
		if (a->t_utc_ms < p->to_utc_ms)
			add_span(f, &(struct sim_span){
					agent, -1, -1, "paused", p->reason,
					a->t_utc_ms > p->from_utc_ms ? a->t_utc_ms : p->from_utc_ms,
					p->to_utc_ms });
	} else if (a->ready_utc_ms) {
		state(f, agent, "ready", -1, a->ready_utc_ms, p->to_utc_ms);
	}
	a->ready_utc_ms = 0;
	if (a->t_utc_ms < p->to_utc_ms)
		a->t_utc_ms = p->to_utc_ms;
	if (a->now_part < a->n_parts && a->t_utc_ms < a->part[a->now_part].from_utc_ms)
		a->t_utc_ms = a->part[a->now_part].from_utc_ms;
}

enum { LAST_CALL_MS = 150000, WAITS_MS = 114000 };

static void step(struct floor_sim *f, int agent)
{
	struct seat *a = &f->seat[agent];
	const struct part *p = &a->part[a->now_part];
	int64_t gap =
	    (int64_t)((0.25 + 1.5 * rng_unit(&f->r)) * WAITS_MS * 100 / CAST_AGENT[agent].pace_pct);
	bool is_last =
	    a->t_utc_ms + gap +
		(p->to_utc_ms == f->s->cfg.now_utc_ms ? LAST_CALL_MS * 2 : LAST_CALL_MS) >
	    p->to_utc_ms;
	if (p->reason || a->campaign < 0 || is_last) {
		if (!p->reason && !a->ready_utc_ms)
			a->ready_utc_ms = a->t_utc_ms;
		leave_part(f, agent);
		return;
	}
	if (!a->ready_utc_ms)
		a->ready_utc_ms = a->t_utc_ms;
	call_somebody(f, agent, a->t_utc_ms + gap);
}

/* Always the agent who is earliest, so that the queues are used in the order of time. */
static int earliest(const struct floor_sim *f)
{
	int best = -1;
	for (int i = 0; i < CAST_AGENTS; i++)
		if (f->seat[i].now_part < f->seat[i].n_parts &&
		    (best < 0 || f->seat[i].t_utc_ms < f->seat[best].t_utc_ms))
			best = i;
	return best;
}

/* Recordings are kept of some days ago now and then, and of many a conversation of the last day. */
static double recorded_share(const struct sim_cfg *c, int day_index)
{
	/* A few too many; keep_recordings() cuts. */
	double wanted = c->recordings / 300.0 * 1.2 + 0.1;
	return wanted * (day_index >= c->days - 2 ? 0.26 : 0.0145);
}

static void run_days(struct floor_sim *f)
{
	for (f->day_index = 0; f->day_index < f->s->cfg.days && !f->is_full; f->day_index++) {
		f->day = day_add(f->s->first_day, f->day_index);
		f->recorded = recorded_share(&f->s->cfg, f->day_index);
		for (int i = 0; i < CAST_AGENTS; i++)
			plan_day(f, i);
		for (int agent; (agent = earliest(f)) >= 0 && !f->is_full;)
			step(f, agent);
	}
}

/* ---- putting in order ---- */

struct order {
	int64_t utc_ms;
	int index;
};

static int by_time(const void *a, const void *b)
{
	const struct order *x = a, *y = b;
	if (x->utc_ms != y->utc_ms)
		return x->utc_ms < y->utc_ms ? -1 : 1;
	return x->index - y->index;
}

static int span_by_time(const void *a, const void *b)
{
	const struct sim_span *x = a, *y = b;
	if (x->from_utc_ms != y->from_utc_ms)
		return x->from_utc_ms < y->from_utc_ms ? -1 : 1;
	return x->agent - y->agent;
}

static void renumber(struct sim *s, const int *to)
{
	for (int i = 0; i < s->n_spans; i++)
		if (s->spans[i].call >= 0)
			s->spans[i].call = to[s->spans[i].call];
	for (int i = 0; i < s->n_followups; i++) {
		s->followups[i].from_call = to[s->followups[i].from_call];
		if (s->followups[i].done_call >= 0)
			s->followups[i].done_call = to[s->followups[i].done_call];
	}
	qsort(s->spans, (size_t)s->n_spans, sizeof(*s->spans), span_by_time);
}

static enum err sort_calls(struct sim *s, struct why *why)
{
	size_t n = (size_t)s->n_calls;
	struct order *o = calloc(n + 1, sizeof(*o));
	int *to = calloc(n + 1, sizeof(*to));
	struct sim_call *sorted = calloc(n + 1, sizeof(*sorted));
	if (o && to && sorted) {
		for (int i = 0; i < s->n_calls; i++)
			o[i] = (struct order){ s->calls[i].start_utc_ms, i };
		qsort(o, n, sizeof(*o), by_time);
		for (int i = 0; i < s->n_calls; i++) {
			sorted[i] = s->calls[o[i].index];
			to[o[i].index] = i;
		}
		renumber(s, to);
		memcpy(s->calls, sorted, n * sizeof(*sorted));
	}
	bool ok = o && to && sorted;
	free(o);
	free(to);
	free(sorted);
	return ok ? ERR_OK : fail(why, E_NOMEM);
}

/* More conversations were acted out than recordings are wanted: the newest are kept, and all that
 * judge the agent's mistakes. */
static void keep_recordings(struct sim *s)
{
	int left = s->cfg.recordings;
	for (int i = s->n_calls - 1; i >= 0; i--)
		if (s->calls[i].dialogue >= 0 && left-- <= 0)
			s->calls[i].dialogue = -1;
}

enum err sim_run(const struct sim_cfg *cfg, struct sim **ret, struct why *why)
{
	CLEANUP(sim_free) struct sim *s = calloc(1, sizeof(*s));
	struct floor_sim *f = calloc(1, sizeof(*f));
	if (!s || !f) {
		free(f);
		return fail(why, E_NOMEM);
	}
	s->cfg = *cfg;
	s->first_day = day_add(zone_day(cfg->now_utc_ms, cfg->zone), -(cfg->days - 1));
	for (int c = 0; c < CAST_CAMPAIGNS; c++)
		s->n_customers += CAST_CAMPAIGN[c].customers;
	s->customers = calloc((size_t)s->n_customers, sizeof(*s->customers));
	f->s = s;
	f->r.s = cfg->seed;
	f->is_full = !s->customers;
	if (!f->is_full) {
		make_people(f);
		run_days(f);
	}
	for (int i = 0; i < CAST_CAMPAIGNS; i++)
		free(f->retries[i].at);
	for (int i = 0; i < CAST_AGENTS; i++)
		free(f->own[i].at);
	bool is_full = f->is_full;
	free(f);
	enum err e = is_full ? fail(why, E_NOMEM) : sort_calls(s, why);
	if (e)
		return e;
	keep_recordings(s);
	*ret = s;
	s = NULL;
	return ERR_OK;
}
