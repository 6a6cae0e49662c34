#include "quality/score.h"

/* Sums of fractions of section points stay exact in 128 bits: numbers below 10^6 in at most 16
 * sections, reduced after each addition. */
__extension__ typedef __int128 wide;

struct fraction {
	wide num, den;
};

static wide gcd(wide a, wide b)
{
	while (b) {
		wide t = a % b;
		a = b;
		b = t;
	}
	return a;
}

static struct fraction reduced(struct fraction x)
{
	wide g = gcd(x.num, x.den);
	return g ? (struct fraction){ x.num / g, x.den / g } : x;
}

static struct fraction added(struct fraction x, struct fraction y)
{
	wide g = gcd(x.den, y.den);
	return reduced(
	    (struct fraction){ x.num * (y.den / g) + y.num * (x.den / g), x.den / g * y.den });
}

static int64_t half_up(struct fraction x)
{
	return (int64_t)((2 * x.num + x.den) / (2 * x.den));
}

static enum err check_marks(const struct form *f, const struct score_mark *marks, struct why *why)
{
	bool applies = false;
	for (int i = 0; i < f->n_items; i++) {
		const struct form_item *it = &f->items[i];
		int64_t d = marks[i].deduct_centi;
		if (d < 0 || d > it->points_centi || d % it->step_centi)
			return fail(why, E_REVIEW_DEDUCT, it->key, it->points_centi,
			            it->step_centi);
		if (marks[i].is_na && d)
			return fail(why, E_REVIEW_NA, it->key);
		applies = applies || !marks[i].is_na;
	}
	return applies ? ERR_OK : fail(why, E_REVIEW_ALL_NA);
}

/* What the sections hold: points that apply, and points kept of those. */
struct tally {
	int64_t apply[FORM_SECTIONS], kept[FORM_SECTIONS], deducted;
};

static struct tally tally_of(const struct form *f, const struct score_mark *marks)
{
	struct tally t = { 0 };
	for (int i = 0; i < f->n_items; i++) {
		const struct form_item *it = &f->items[i];
		if (marks[i].is_na)
			continue;
		t.apply[it->section] += it->points_centi;
		t.kept[it->section] += it->points_centi - marks[i].deduct_centi;
		t.deducted += marks[i].deduct_centi;
	}
	return t;
}

static int64_t deducted(const struct form *f, const struct tally *t, struct score *s)
{
	for (int i = 0; i < f->n_sections; i++)
		s->section_centi[i] = t->kept[i];
	return t->deducted < f->max_centi ? f->max_centi - t->deducted : 0;
}

static int64_t weighted(const struct form *f, const struct tally *t, struct score *s)
{
	int64_t weight_sum = 0;
	for (int i = 0; i < f->n_sections; i++)
		if (t->apply[i])
			weight_sum += f->weight_centi[i];

	struct fraction total = { 0, 1 };
	for (int i = 0; i < f->n_sections; i++) {
		if (!t->apply[i])
			continue;
		struct fraction worth = { (wide)f->weight_centi[i] * f->max_centi * t->kept[i],
			                  (wide)weight_sum * t->apply[i] };
		worth = reduced(worth);
		s->section_centi[i] = half_up(worth);
		total = added(total, worth);
	}
	return half_up(total);
}

enum err score_compute(const struct form *f, const struct score_mark *marks, bool is_fatal,
                       struct score *ret, struct why *why)
{
	enum err e = check_marks(f, marks, why);
	if (e)
		return e;

	struct tally t = tally_of(f, marks);
	struct score s = { 0 };
	s.raw_centi = f->mode == FORM_DEDUCT ? deducted(f, &t, &s) : weighted(f, &t, &s);
	s.score_centi = is_fatal ? 0 : s.raw_centi;
	s.is_pass = !is_fatal && s.score_centi >= f->pass_centi;
	s.short_by_centi = s.is_pass ? 0 : f->pass_centi - s.score_centi;
	*ret = s;
	return ERR_OK;
}
