#include "dialer/pace.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dialer/pace_agents.h"
#include "dialer/pace_budget.h"
#include "dialer/pace_law.h"

enum {
	REFRESH_MS = 2000,
	EXPOSE_MS = 500,
	LOOK_MS = 300,   /* decide anew without news */
	EXACT_TERMS = 80 /* more are nearly normal */
};

/* From an answer until a machine has been told from a person, about. */
static const double NEAR_S = 2.5;
/* Of what a customer may wait, kept for the connecting. */
static const double HOLD_MARGIN_S = 0.2;

enum stage { DIALING, RINGING, SCREENING };

struct call {
	int64_t id, since_ms, ring_ms, answer_ms; /* ring 0: never rang */
	enum stage stage;
	bool has_rung;
	struct pace_age age;
};

struct agent {
	enum pace_agent_state state;
	int64_t since_ms;
	bool leaves;
};

struct pace {
	struct pace_cfg cfg;
	struct agent *agents;
	int n_in[PACE_AWAY + 1];
	struct call *calls; /* on the way; unordered */
	int n_calls, cap_calls;
	int waiting;
	struct pace_calls on_calls;
	struct pace_agents on_agents;
	struct pace_budget budget;
	int64_t refreshed_ms, exposed_ms, looked_ms;
	bool has_news;
	double price, risk, pending;
};

static bool is_cfg_fine(const struct pace_cfg *c)
{
	return c->agents_max > 0 && c->lines > 0 && c->calls_per_s > 0 && c->hold_ms >= 0 &&
	       c->min_ring_ms >= 0 && c->tick_ms > 0 && c->abandon_limit >= 0 &&
	       c->abandon_limit <= 1;
}

enum err pace_new(const struct pace_cfg *cfg, struct pace **ret, struct why *why)
{
	if (!is_cfg_fine(cfg))
		return fail(why, E_PACE_CFG);
	struct pace *p = calloc(1, sizeof *p);
	if (p)
		p->agents = calloc((size_t)cfg->agents_max, sizeof *p->agents);
	if (!p || !p->agents) {
		free(p);
		return fail(why, E_NOMEM);
	}
	p->cfg = *cfg;
	p->n_in[PACE_OFF] = cfg->agents_max;
	p->refreshed_ms = p->exposed_ms = p->looked_ms = INT64_MIN / 2;
	pace_calls_init(&p->on_calls, &cfg->prior, cfg->min_ring_ms);
	pace_agents_init(&p->on_agents, &cfg->prior);
	pace_budget_init(&p->budget, cfg->abandon_limit);
	*ret = p;
	return ERR_OK;
}

struct pace *pace_free(struct pace *p)
{
	if (p) {
		free(p->agents);
		free(p->calls);
		free(p);
	}
	return NULL;
}

/* ---- what happens ---- */

void pace_agent(struct pace *p, int64_t t_ms, int agent, enum pace_agent_state s)
{
	struct agent *a = &p->agents[agent];
	int64_t passed = t_ms - a->since_ms;
	if (a->state == PACE_TALK && s == PACE_WRAP)
		pace_agents_talked(&p->on_agents, passed);
	if (a->state == PACE_WRAP)
		pace_agents_wrapped(&p->on_agents, passed, s == PACE_IDLE);
	p->n_in[a->state]--;
	p->n_in[s]++;
	a->state = s;
	a->since_ms = t_ms;
	p->has_news = true;
}

void pace_agent_leaves(struct pace *p, int agent, bool leaves)
{
	p->agents[agent].leaves = leaves;
	p->has_news = true;
}

static struct call *find_call(struct pace *p, int64_t id)
{
	/* The newest are asked for most. */
	for (int i = p->n_calls; i-- > 0;)
		if (p->calls[i].id == id)
			return &p->calls[i];
	return NULL;
}

static enum err add_call(struct pace *p, int64_t t_ms, int64_t id, struct why *why)
{
	if (p->n_calls == p->cap_calls) {
		int cap = p->cap_calls ? p->cap_calls * 2 : 64;
		struct call *more = realloc(p->calls, (size_t)cap * sizeof *more);
		if (!more)
			return fail(why, E_NOMEM);
		p->calls = more;
		p->cap_calls = cap;
	}
	p->calls[p->n_calls++] = (struct call){ .id = id, .since_ms = t_ms, .age = { -1, -1 } };
	pace_calls_launched(&p->on_calls);
	return ERR_OK;
}

/* Counts the ages a call has come through since it was last looked at. */
static void grow_older(struct pace *p, struct call *c, int64_t t_ms)
{
	if (c->stage == DIALING)
		pace_calls_dialing(&p->on_calls, &c->age, t_ms - c->since_ms);
	else if (c->stage == RINGING)
		pace_calls_ringing(&p->on_calls, &c->age, t_ms - c->ring_ms);
}

static void start_ringing(struct pace *p, struct call *c, int64_t t_ms)
{
	if (c->has_rung)
		return;
	pace_calls_rang(&p->on_calls, t_ms - c->since_ms);
	c->stage = RINGING;
	c->ring_ms = t_ms;
	c->has_rung = true;
}

static void remove_call(struct pace *p, struct call *c)
{
	*c = p->calls[--p->n_calls];
}

static void on_call(struct pace *p, struct call *c, int64_t t_ms, enum pace_call_event e)
{
	if (c->stage != SCREENING)
		grow_older(p, c, t_ms);
	switch (e) {
	case PACE_RING:
		start_ringing(p, c, t_ms);
		return;
	case PACE_ANSWER:
		start_ringing(p, c, t_ms); /* some networks do not say so */
		c->stage = SCREENING;
		c->answer_ms = t_ms;
		return;
	case PACE_LIVE:
		pace_calls_live(&p->on_calls, c->answer_ms - c->ring_ms, t_ms - c->answer_ms);
		p->budget.live++;
		p->waiting++;
		break;
	case PACE_MACHINE:
		p->budget.is_screened = true;
		pace_calls_machine(&p->on_calls, c->answer_ms - c->ring_ms);
		break;
	case PACE_NO_ANSWER:
		pace_calls_ended(&p->on_calls, t_ms - c->since_ms,
		                 c->has_rung ? t_ms - c->ring_ms : -1);
		break;
	case PACE_CANCELLED: /* nobody knows what it would have become */
	case PACE_DIAL:
	case PACE_CONNECT:
	case PACE_ABANDON:
		break;
	}
	remove_call(p, c);
}

enum err pace_call(struct pace *p, int64_t t_ms, int64_t call, enum pace_call_event e,
                   struct why *why)
{
	p->has_news = true;
	if (e == PACE_DIAL)
		return add_call(p, t_ms, call, why);
	if (e == PACE_CONNECT || e == PACE_ABANDON) {
		p->waiting -= p->waiting > 0;
		p->budget.abandoned += e == PACE_ABANDON;
		return ERR_OK;
	}
	struct call *c = find_call(p, call);
	if (!c)
		return fail(why, E_PACE_CALL);
	on_call(p, c, t_ms, e);
	return ERR_OK;
}

void pace_account(struct pace *p, int64_t live, int64_t abandoned)
{
	p->budget.live = p->budget.counted = live;
	p->budget.abandoned = abandoned;
}

/* ---- what to do ---- */

/* Everybody by state and age, so that the laws are made of few terms. */
struct crowd {
	int dialing[PACE_CALL_BINS], ringing[PACE_CALL_BINS];
	int talking[PACE_AGENT_BINS], wrapping[PACE_AGENT_BINS];
	int screening[PACE_CALL_BINS]; /* by ring age at the answer */
	int busy, free;                /* agents; free: idle and not spoken for by one who waits */
};

static void expose(struct pace *p, int64_t t_ms)
{
	int64_t passed = t_ms - p->exposed_ms;
	if (passed < EXPOSE_MS)
		return;
	p->exposed_ms = t_ms;
	if (passed > 10 * EXPOSE_MS) /* the first time, or after a stop */
		return;
	for (int i = 0; i < p->cfg.agents_max; i++) {
		const struct agent *a = &p->agents[i];
		if (a->state == PACE_TALK)
			pace_agents_talking(&p->on_agents, t_ms - a->since_ms, passed);
		else if (a->state == PACE_WRAP)
			pace_agents_wrapping(&p->on_agents, t_ms - a->since_ms, passed);
	}
}

static double hold_s(const struct pace *p)
{
	return fmax(0, p->cfg.hold_ms / 1000.0 - HOLD_MARGIN_S);
}

static void refresh(struct pace *p, int64_t t_ms)
{
	if (t_ms - p->refreshed_ms < REFRESH_MS)
		return;
	p->refreshed_ms = t_ms;
	pace_calls_refresh(&p->on_calls,
	                   p->n_in[PACE_IDLE] + p->n_in[PACE_TALK] + p->n_in[PACE_WRAP]);
	pace_agents_refresh(&p->on_agents, p->on_calls.point_s, NEAR_S, hold_s(p));
}

static void count_crowd(struct pace *p, int64_t t_ms, struct crowd *k)
{
	*k = (struct crowd){ 0 };
	for (int i = 0; i < p->cfg.agents_max; i++) {
		const struct agent *a = &p->agents[i];
		int64_t age = t_ms - a->since_ms;
		k->busy += a->state == PACE_TALK || a->state == PACE_WRAP;
		k->free += a->state == PACE_IDLE && !a->leaves;
		if (a->state == PACE_TALK && !a->leaves)
			k->talking[pace_agents_bin(age)]++;
		else if (a->state == PACE_WRAP && !a->leaves)
			k->wrapping[pace_agents_bin(age)]++;
	}
	k->free -= p->waiting;
	for (int i = 0; i < p->n_calls; i++) {
		const struct call *c = &p->calls[i];
		if (c->stage == DIALING)
			k->dialing[pace_calls_bin(t_ms - c->since_ms)]++;
		else if (c->stage == RINGING)
			k->ringing[pace_calls_bin(t_ms - c->ring_ms)]++;
		else
			k->screening[pace_calls_bin(c->answer_ms - c->ring_ms)]++;
	}
}

/* The law of customers to be connected less agents free by the k-th moment. */
static void make_law(const struct pace *p, const struct crowd *c, int k, struct pace_law *l)
{
	const struct pace_calls *m = &p->on_calls;
	double unsure = 0;
	pace_law_start(l, c->busy + p->n_calls < EXACT_TERMS ? 0 : PACE_LAW_TERMS + 1);
	for (int b = 0; b < PACE_AGENT_BINS; b++) {
		pace_law_free(l, p->on_agents.of_talking[b][k], c->talking[b]);
		pace_law_free(l, p->on_agents.of_wrapping[b][k], c->wrapping[b]);
	}
	for (int b = 0; b < PACE_CALL_BINS; b++) {
		pace_law_come(l, m->of_dialing[b][k], c->dialing[b]);
		pace_law_come(l, m->of_ringing[b][k], c->ringing[b]);
		pace_law_come(l, m->of_screened[b], c->screening[b]);
		unsure += c->dialing[b] * m->of_dialing[b][k] + c->ringing[b] * m->of_ringing[b][k];
	}
	double doubt = unsure * pace_calls_doubt(m);
	if (!l->is_exact)
		pace_law_doubt(l, doubt * doubt * 0.5);
}

static double mean_risk(const struct pace_law *laws, int n_free)
{
	double sum = 0;
	for (int k = 0; k < PACE_POINTS; k++)
		sum += pace_law_reach(&laws[k], n_free);
	return sum / PACE_POINTS;
}

static int room(const struct pace *p)
{
	int per_tick = (int)(p->cfg.calls_per_s * p->cfg.tick_ms / 1000) + 2;
	int lines = p->cfg.lines - p->n_calls - p->waiting - p->n_in[PACE_TALK];
	return lines < per_tick ? lines : per_tick;
}

/* One call for one ready agent: nobody is dialed ahead. */
static int one_for_one(const struct pace *p, const struct crowd *c, int most)
{
	int n = c->free - p->n_calls;
	n = n < most ? n : most;
	return n > 0 ? n : 0;
}

static int launch_while_cheap(struct pace *p, const struct crowd *c, struct pace_law *laws,
                              int most)
{
	int n = 0;
	for (;;) {
		p->risk = mean_risk(laws, c->free);
		if (n >= most || p->risk > p->price)
			return n;
		n++;
		for (int k = 0; k < PACE_POINTS; k++)
			pace_law_come(&laws[k], p->on_calls.of_new[k], 1);
	}
}

/* Youngest first. */
static int by_age(const void *a, const void *b)
{
	const struct call *const *x = a, *const *y = b;
	return ((*x)->ring_ms < (*y)->ring_ms) - ((*x)->ring_ms > (*y)->ring_ms);
}

/* The law of the moment at which an answer given now has been heard to be a person's. */
static void make_near_law(const struct pace *p, const struct crowd *c, struct pace_law *l)
{
	const struct pace_calls *m = &p->on_calls;
	pace_law_start(l, c->busy + p->n_calls < EXACT_TERMS ? 0 : PACE_LAW_TERMS + 1);
	for (int b = 0; b < PACE_AGENT_BINS; b++) {
		pace_law_free(l, p->on_agents.soon_talking[b], c->talking[b]);
		pace_law_free(l, p->on_agents.soon_wrapping[b], c->wrapping[b]);
	}
	for (int b = 0; b < PACE_CALL_BINS; b++) {
		pace_law_come(l, m->of_screened[b], c->screening[b]);
		if (b < m->recall_bin)
			pace_law_come(l, m->late[b], c->ringing[b]);
	}
}

/* Calls that have rung long enough to be taken back are kept while an answer would find an agent,
 * the youngest first: they can be taken back at the next look as well, so only the next moments
 * count. */
static void take_back(struct pace *p, const struct crowd *c, int64_t t_ms, struct pace_order *ret)
{
	const struct call *late[PACE_BACK_MAX];
	int n = 0;
	for (int i = 0; i < p->n_calls && n < PACE_BACK_MAX; i++)
		if (p->calls[i].stage == RINGING &&
		    t_ms - p->calls[i].ring_ms >= p->cfg.min_ring_ms)
			late[n++] = &p->calls[i];
	if (n == 0)
		return;
	qsort(late, (size_t)n, sizeof *late, by_age);
	struct pace_law near;
	make_near_law(p, c, &near);
	for (int i = 0; i < n; i++) {
		if (pace_law_reach(&near, c->free) > p->price)
			ret->back[ret->n_back++] = late[i]->id;
		else
			pace_law_come(&near,
			              p->on_calls.late[pace_calls_bin(t_ms - late[i]->ring_ms)], 1);
	}
}

static void decide(struct pace *p, int64_t t_ms, struct pace_order *ret)
{
	struct crowd c;
	struct pace_law laws[PACE_POINTS];
	count_crowd(p, t_ms, &c);
	int on_duty = c.busy + p->n_in[PACE_IDLE], most = room(p);
	for (int k = 0; k < PACE_POINTS; k++)
		make_law(p, &c, k, &laws[k]);
	p->pending = pace_law_excess(&laws[PACE_POINTS - 1], c.free);
	p->price = pace_budget_price(&p->budget, on_duty, p->pending);
	if (on_duty == 0)
		return;
	if (on_duty < p->cfg.small_team || p->cfg.abandon_limit <= 0) {
		ret->launch = one_for_one(p, &c, most);
		return;
	}
	if (!pace_calls_known(&p->on_calls))
		most = one_for_one(p, &c, most);
	ret->launch = launch_while_cheap(p, &c, laws, most);
	if (ret->launch == 0)
		take_back(p, &c, t_ms, ret);
}

void pace_ask(struct pace *p, int64_t t_ms, struct pace_order *ret)
{
	*ret = (struct pace_order){ 0 };
	refresh(p, t_ms);
	expose(p, t_ms);
	for (int i = 0; i < p->n_calls; i++)
		grow_older(p, &p->calls[i], t_ms);
	if (!p->has_news && t_ms - p->looked_ms < LOOK_MS)
		return;
	p->has_news = false;
	p->looked_ms = t_ms;
	decide(p, t_ms, ret);
}

void pace_look(const struct pace *p, struct pace_view *ret)
{
	*ret = (struct pace_view){
		.agents_max = p->cfg.agents_max,
		.agents = p->n_in[PACE_IDLE] + p->n_in[PACE_TALK] + p->n_in[PACE_WRAP],
		.idle = p->n_in[PACE_IDLE],
		.on_the_way = p->n_calls,
		.waiting = p->waiting,
		.answer_rate = p->on_calls.answer_rate,
		.price = p->price,
		.risk = p->risk,
		.pending = p->pending,
		.live = p->budget.live,
		.abandoned = p->budget.abandoned,
	};
}
