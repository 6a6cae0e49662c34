#include "dialer/pace_law.h"

#include <math.h>
#include <string.h>

/* An event less likely than this changes no decision. */
static const double NEVER = 5e-4;

void pace_law_start(struct pace_law *l, int terms)
{
	l->is_exact = terms <= PACE_LAW_TERMS;
	l->n = l->low = 0;
	l->p[0] = 1;
	l->mean = l->variance = l->third = 0;
}

static void moments(struct pace_law *l, double p, int times, int sign)
{
	l->mean += sign * times * p;
	l->variance += times * p * (1 - p);
	l->third += sign * times * p * (1 - p) * (1 - 2 * p);
}

static void one_more(struct pace_law *l, double p)
{
	if (l->n == PACE_LAW_TERMS)
		return;
	l->p[l->n + 1] = 0;
	for (int i = ++l->n; i > 0; i--)
		l->p[i] = l->p[i] * (1 - p) + l->p[i - 1] * p;
	l->p[0] *= 1 - p;
}

void pace_law_come(struct pace_law *l, double p, int times)
{
	if (p < NEVER || times <= 0)
		return;
	moments(l, p, times, 1);
	for (int i = 0; l->is_exact && i < times; i++)
		one_more(l, p);
}

void pace_law_free(struct pace_law *l, double p, int times)
{
	if (p < NEVER || times <= 0)
		return;
	moments(l, p, times, -1);
	/* One less for a free agent is one more for a busy one, counted from one lower. */
	for (int i = 0; l->is_exact && i < times; i++) {
		one_more(l, 1 - p);
		l->low--;
	}
}

void pace_law_doubt(struct pace_law *l, double variance)
{
	l->variance += variance;
}

static double tail(double z)
{
	return 0.5 * erfc(z * M_SQRT1_2);
}

static double density(double z)
{
	return 0.39894228040143268 * exp(-z * z / 2);
}

double pace_law_reach(const struct pace_law *l, int n)
{
	if (l->is_exact) {
		double sum = 0;
		for (int i = n > l->low ? n - l->low : 0; i <= l->n; i++)
			sum += l->p[i];
		return sum;
	}
	double sd = sqrt(l->variance + 1e-9), z = (n - 0.5 - l->mean) / sd;
	double skew = l->third / (sd * sd * sd);
	double r = tail(z) + density(z) * skew / 6 * (z * z - 1);
	return fmin(1, fmax(0, r));
}

double pace_law_excess(const struct pace_law *l, int n)
{
	if (l->is_exact) {
		double sum = 0;
		for (int i = n > l->low ? n - l->low : 0; i <= l->n; i++)
			sum += (i + l->low - n) * l->p[i];
		return sum;
	}
	double sd = sqrt(l->variance + 1e-9), z = (l->mean - n) / sd;
	return sd * (density(z) + z * (1 - tail(z)));
}
