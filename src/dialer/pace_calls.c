#include "dialer/pace_calls.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { BINS = PACE_CALL_BINS };

/* Found by trial on simulated centres; docs/adr/0011-pacing.md says what each is worth. */
static const double MEMORY_CALLS = 2500, LONG_ANSWERS = 80, ANSWERS_AGENT = 2, SHORT_ANSWERS = 15,
		    ANCHOR = 12;
static const double STEP_UP = 3.0, STEP_DOWN = -3.2, CAUTION = 1.5, CAUTION_FROM = 0.09;
static const double KNOWN_ANSWERS = 8, RECALL = 0.8;

int pace_calls_bin(int64_t ms)
{
	int64_t b = ms / PACE_BIN_MS;
	return b < 0 ? 0 : b >= BINS ? BINS - 1 : (int)b;
}

void pace_calls_init(struct pace_calls *c, const struct pace_prior *prior, int min_ring_ms)
{
	*c = (struct pace_calls){ .factor = 1,
		                  .recall_bin = pace_calls_bin(min_ring_ms + PACE_BIN_MS) };
	double weight = prior->weight > 0 ? prior->weight : 6;
	double rate = prior->answer_rate > 0 ? prior->answer_rate : 0.5;
	/* Ringing starts within 6 s; answers come evenly over the first 20 s, the rest rings out.
	 */
	for (int i = 0; i < BINS; i++) {
		double s = (i + 0.5) * PACE_BIN_MS / 1000.0;
		c->dial_at[i] = weight * fmax(0.02, 1 - s / 6);
		c->dial_ring[i] = s < 6 ? weight * PACE_BIN_MS / 6000.0 * 0.9 : c->dial_at[i] * 0.5;
		c->dial_end[i] = s < 6 ? weight * PACE_BIN_MS / 6000.0 * 0.1 : c->dial_at[i] * 0.1;
		c->ring_at[i] = weight * (s < 20 ? 1 - rate * s / 20 : 1 - rate);
		c->ring_live[i] = s < 20 ? weight * rate * PACE_BIN_MS / 20000.0 : 0;
		c->ring_end[i] = weight * (s > 24 ? 0.1 : 0.003);
		c->ring_machine[i] = weight * 0.005;
	}
	c->screened = 0.01;
	pace_calls_refresh(c, 0);
}

void pace_calls_launched(struct pace_calls *c)
{
	double *all[] = { c->dial_at,   c->dial_ring,    c->dial_end, c->ring_at,
		          c->ring_live, c->ring_machine, c->ring_end };
	for (size_t k = 0; k < sizeof all / sizeof *all; k++)
		for (int i = 0; i < BINS; i++)
			all[k][i] *= 1 - 1 / MEMORY_CALLS;
}

void pace_calls_dialing(struct pace_calls *c, struct pace_age *age, int64_t in_stage_ms)
{
	for (int b = pace_calls_bin(in_stage_ms); age->dial < b;)
		c->dial_at[++age->dial] += 1;
}

static void expect(struct pace_calls *c, double answers)
{
	c->expected += answers;
	c->expected_short += answers;
	double keep = 1 - answers / c->window, keep_short = 1 - answers / SHORT_ANSWERS;
	c->seen *= keep;
	c->expected *= keep;
	c->seen_short *= keep_short;
	c->expected_short *= keep_short;
}

void pace_calls_ringing(struct pace_calls *c, struct pace_age *age, int64_t in_stage_ms)
{
	for (int b = pace_calls_bin(in_stage_ms); age->ring < b;) {
		c->ring_at[++age->ring] += 1;
		expect(c, c->per_hazard[age->ring]);
	}
}

void pace_calls_rang(struct pace_calls *c, int64_t dialed_ms)
{
	c->dial_ring[pace_calls_bin(dialed_ms)] += 1;
}

void pace_calls_live(struct pace_calls *c, int64_t rung_ms, int64_t screen_ms)
{
	c->ring_live[pace_calls_bin(rung_ms)] += 1;
	c->seen += 1;
	c->seen_short += 1;
	c->screen_ms = c->screen_ms * 0.98 + (double)screen_ms;
	c->screened = c->screened * 0.98 + 1;
}

void pace_calls_machine(struct pace_calls *c, int64_t rung_ms)
{
	c->ring_machine[pace_calls_bin(rung_ms)] += 1;
}

void pace_calls_ended(struct pace_calls *c, int64_t dialed_ms, int64_t rung_ms)
{
	if (rung_ms < 0)
		c->dial_end[pace_calls_bin(dialed_ms)] += 1;
	else
		c->ring_end[pace_calls_bin(rung_ms)] += 1;
}

int pace_calls_known(const struct pace_calls *c)
{
	return c->seen + c->expected >= KNOWN_ANSWERS;
}

double pace_calls_doubt(const struct pace_calls *c)
{
	return 1 / sqrt(c->expected * c->factor + ANCHOR + 1);
}

/* ---- the tables ---- */

/* Rates of leaving a stage at each age: by what is wanted, and by anything else. */
struct rates {
	double live[BINS], other[BINS];
};

static double near3(const double *a, int i)
{
	double sum = a[i];
	for (int d = 1; d <= 2; d++) {
		if (i >= d)
			sum += 0.5 * a[i - d];
		if (i + d < BINS)
			sum += 0.5 * a[i + d];
	}
	return sum;
}

/* The answers of the last minutes against what the long memory expected of the same calls. A short
 * window that disagrees strongly is a new list: the long one then begins again from it. */
static void weigh_answers(struct pace_calls *c)
{
	c->factor = (ANCHOR + c->seen) / (ANCHOR + c->expected);
	double z = (c->seen_short - c->factor * c->expected_short) /
	           sqrt(c->factor * c->expected_short + 1.5);
	if (z > STEP_UP || z < STEP_DOWN) {
		c->seen = c->seen_short;
		c->expected = c->expected_short;
		c->factor = (ANCHOR / 3 + c->seen) / (ANCHOR / 3 + c->expected);
	}
}

/* Little evidence: expect more answers than seen, so that a cold start does not flood. */
static double careful_factor(const struct pace_calls *c)
{
	double thin = 1 / sqrt(c->expected + c->seen + 4) - CAUTION_FROM;
	double f = c->factor * (thin > 0 ? 1 + CAUTION * thin : 1);
	return fmin(6, fmax(0.1, f));
}

static void ring_rates(struct pace_calls *c, struct rates *r)
{
	double f = careful_factor(c);
	for (int i = 0; i < BINS; i++) {
		c->per_hazard[i] = near3(c->ring_live, i) / (near3(c->ring_at, i) + 0.3);
		r->live[i] = fmin(0.9, f * c->per_hazard[i]);
		r->other[i] = fmin(1 - r->live[i],
		                   (c->ring_end[i] + c->ring_machine[i]) / (c->ring_at[i] + 0.3));
		double person = near3(c->ring_live, i), machine = near3(c->ring_machine, i);
		c->of_screened[i] = (person + 0.2) / (person + machine + 0.3);
	}
}

static void dial_rates(const struct pace_calls *c, struct rates *r)
{
	for (int i = 0; i < BINS; i++) {
		r->live[i] = fmin(0.95, c->dial_ring[i] / (c->dial_at[i] + 0.3));
		r->other[i] = fmin(1 - r->live[i], c->dial_end[i] / (c->dial_at[i] + 0.3));
	}
}

/* P(answered by a person within n bins | ringing at age `from`), before age `end`. */
static double answered(const struct rates *ring, int from, int n, int end)
{
	double stays = 1, sum = 0;
	for (int i = from; i < from + n && i < BINS; i++) {
		sum += stays * ring->live[i] * (i < end ? 1 : 1 - RECALL);
		stays *= 1 - ring->live[i] - ring->other[i];
	}
	return sum;
}

/* The same | dialing at age `from`; `from_ring` holds answered(0, n) for every n. */
static double dialed_answered(const struct rates *dial, const double *from_ring, int from, int n)
{
	double stays = 1, sum = 0;
	for (int i = from; i < from + n && i < BINS; i++) {
		sum += stays * dial->live[i] * from_ring[from + n - i];
		stays *= 1 - dial->live[i] - dial->other[i];
	}
	return sum;
}

void pace_calls_refresh(struct pace_calls *c, int agents)
{
	struct rates ring, dial;
	double from_ring[BINS + 1], by[BINS];
	c->window = fmax(LONG_ANSWERS, ANSWERS_AGENT * agents);
	weigh_answers(c);
	ring_rates(c, &ring);
	dial_rates(c, &dial);
	for (int n = 0; n <= BINS; n++)
		from_ring[n] = answered(&ring, 0, n, c->recall_bin);
	for (int n = 0; n < BINS; n++)
		by[n] = dialed_answered(&dial, from_ring, 0, n + 1);
	c->answer_rate = fmax(1e-4, by[BINS - 1]);
	double screen_s = c->screened > 0.5 ? c->screen_ms / c->screened / 1000 : 0;
	for (int k = 0; k < PACE_POINTS; k++) {
		double part = (k + 0.5) / PACE_POINTS * c->answer_rate;
		int n = 0;
		while (n < BINS - 1 && by[n] < part)
			n++;
		c->point_s[k] = (n + 0.5) * PACE_BIN_MS / 1000.0 + screen_s;
		c->of_new[k] = n > 0 ? by[n - 1] : 0;
		for (int a = 0; a < BINS; a++) {
			c->of_dialing[a][k] = dialed_answered(&dial, from_ring, a, n);
			c->of_ringing[a][k] = answered(&ring, a, n, c->recall_bin);
		}
	}
	for (int a = 0; a < BINS; a++)
		c->late[a] = answered(&ring, a, 4, BINS);
}
