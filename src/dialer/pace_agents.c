#include "dialer/pace_agents.h"

#include <math.h>
#include <string.h>

enum { BINS = PACE_AGENT_BINS, STEPS = 200 };

static const double STEP_S = 0.5, MEMORY_TALKS = 600, ANCHOR = 12, LONG_TALKS = 250,
		    SHORT_TALKS = 18, WIDER = 0.065, EVEN_TO_S = 20;

/* Where bin i begins, in seconds. */
static double edge(int i)
{
	if (i <= EVEN_TO_S)
		return i;
	double first = EVEN_TO_S * WIDER;
	return EVEN_TO_S + first * (pow(1 + WIDER, i - EVEN_TO_S) - 1) / WIDER;
}

static int bin_of(double s)
{
	if (s < EVEN_TO_S)
		return s < 0 ? 0 : (int)s;
	double i = EVEN_TO_S + log1p((s - EVEN_TO_S) / EVEN_TO_S) / log1p(WIDER);
	return i >= BINS - 1 ? BINS - 1 : (int)i;
}

int pace_agents_bin(int64_t ms)
{
	return bin_of((double)ms / 1000);
}

static void stage_init(struct pace_stage *g, double mean_s)
{
	for (int i = 0; i < BINS; i++) {
		g->seconds[i] = edge(i + 1) - edge(i);
		g->ends[i] = g->seconds[i] / mean_s;
		g->rate[i] = 1 / mean_s;
	}
}

void pace_agents_init(struct pace_agents *a, const struct pace_prior *prior)
{
	*a = (struct pace_agents){ .left = 0.2, .came = 20 };
	stage_init(&a->talk, prior->talk_s > 0 ? prior->talk_s : 100);
	stage_init(&a->wrap, prior->wrap_s > 0 ? prior->wrap_s : 20);
}

static void ended(struct pace_stage *g, int64_t ms)
{
	for (int i = 0; i < BINS; i++) {
		g->ends[i] *= 1 - 1 / MEMORY_TALKS;
		g->seconds[i] *= 1 - 1 / MEMORY_TALKS;
	}
	g->ends[pace_agents_bin(ms)] += 1;
}

void pace_agents_talked(struct pace_agents *a, int64_t ms)
{
	ended(&a->talk, ms);
	a->seen += 1;
	a->seen_short += 1;
}

void pace_agents_wrapped(struct pace_agents *a, int64_t ms, bool is_idle)
{
	ended(&a->wrap, ms);
	a->left = a->left * 0.99 + !is_idle;
	a->came = a->came * 0.99 + 1;
}

void pace_agents_talking(struct pace_agents *a, int64_t age_ms, int64_t passed_ms)
{
	int b = pace_agents_bin(age_ms);
	double s = (double)passed_ms / 1000, e = a->talk.rate[b] * s;
	a->talk.seconds[b] += s;
	a->expected = (a->expected + e) * (1 - e / LONG_TALKS);
	a->seen *= 1 - e / LONG_TALKS;
	a->expected_short = (a->expected_short + e) * (1 - e / SHORT_TALKS);
	a->seen_short *= 1 - e / SHORT_TALKS;
}

void pace_agents_wrapping(struct pace_agents *a, int64_t age_ms, int64_t passed_ms)
{
	a->wrap.seconds[pace_agents_bin(age_ms)] += (double)passed_ms / 1000;
}

/* A bin with few events borrows from its neighbours, and those from the whole. */
static void smooth(struct pace_stage *g)
{
	double ends = 0.01, seconds = 0.01;
	for (int i = 0; i < BINS; i++) {
		ends += g->ends[i];
		seconds += g->seconds[i];
	}
	for (int i = 0; i < BINS; i++) {
		double e = 2, s = 2 * seconds / ends;
		for (int j = i < 3 ? 0 : i - 3; j <= i + 3 && j < BINS; j++) {
			double w = 1.0 / (1 + (i > j ? i - j : j - i));
			e += w * g->ends[j];
			s += w * g->seconds[j];
		}
		g->rate[i] = (g->ends[i] + 3) / (g->seconds[i] + 3 * s / e);
	}
}

static double talk_factor(struct pace_agents *a)
{
	double f = (ANCHOR + a->seen) / (ANCHOR + a->expected);
	double z = (a->seen_short - f * a->expected_short) / sqrt(f * a->expected_short + 1.5);
	if (z > 3.0 || z < -3.2) {
		a->seen = a->seen_short;
		a->expected = a->expected_short;
		f = (ANCHOR / 3 + a->seen) / (ANCHOR / 3 + a->expected);
	}
	return fmin(4, fmax(0.2, f));
}

/* P(ends within a step) at each half second of age. */
static void step_chances(const struct pace_stage *g, double factor, double from_s, int n,
                         double *ret)
{
	for (int i = 0; i < n; i++)
		ret[i] = 1 - exp(-g->rate[bin_of(from_s + (i + 0.5) * STEP_S)] * factor * STEP_S);
}

/* P(talk and then wrap-up end within n steps), for each of the wanted n. */
static void after_talk(const double *talk, const double *wrapped, const int *n, int k, double *ret)
{
	for (int q = 0; q < k; q++) {
		double stays = 1, sum = 0;
		for (int i = 0; i < n[q]; i++) {
			sum += stays * talk[i] * wrapped[n[q] - i];
			stays *= 1 - talk[i];
		}
		ret[q] = sum;
	}
}

void pace_agents_refresh(struct pace_agents *a, const double point_s[PACE_POINTS], double soon_s,
                         double hold_s)
{
	double factor = talk_factor(a), stays = 1 - a->left / a->came;
	smooth(&a->talk);
	smooth(&a->wrap);
	int n[PACE_POINTS + 1], most = 0;
	for (int q = 0; q <= PACE_POINTS; q++) {
		double s = (q < PACE_POINTS ? point_s[q] : soon_s) + hold_s;
		n[q] = s / STEP_S < STEPS - 1 ? (int)(s / STEP_S) : STEPS - 1;
		most = n[q] > most ? n[q] : most;
	}
	double wrapped[STEPS + 1], chance[STEPS], by[PACE_POINTS + 1];
	step_chances(&a->wrap, 1, 0, most, chance);
	wrapped[0] = 0;
	for (int i = 0; i < most; i++)
		wrapped[i + 1] = wrapped[i] + (1 - wrapped[i]) * chance[i];
	for (int b = 0; b < BINS; b++) {
		double age_s = (edge(b) + edge(b + 1)) / 2;
		step_chances(&a->talk, factor, age_s, most, chance);
		after_talk(chance, wrapped, n, PACE_POINTS + 1, by);
		for (int q = 0; q < PACE_POINTS; q++)
			a->of_talking[b][q] = stays * by[q];
		a->soon_talking[b] = stays * by[PACE_POINTS];
		step_chances(&a->wrap, 1, age_s, most, chance);
		double still = 1;
		for (int i = 0, q = 0; i <= most; i++) {
			for (q = 0; q <= PACE_POINTS; q++)
				if (n[q] == i)
					by[q] = stays * (1 - still);
			if (i < most)
				still *= 1 - chance[i];
		}
		memcpy(a->of_wrapping[b], by, sizeof a->of_wrapping[b]);
		a->soon_wrapping[b] = by[PACE_POINTS];
	}
}
