/* quality/score.h -- what a review comes to: pure arithmetic in hundredths of a point.
 *
 * Rules: domain.md 2.1-2.3; ledger A-QA-12 (deductions, floor 0), A-QA-13 (A2: 9 passes, 8.9
 * fails), A-QA-33 (a red line fails whatever the points say). */
#ifndef QUALITY_SCORE_H
#define QUALITY_SCORE_H

#include "quality/form.h"

/* What an inspector marked on one item; zero-initialised is full marks. */
struct score_mark {
	int64_t deduct_centi;
	bool is_na; /* not applicable */
};

struct score {
	int64_t score_centi;    /* 0 when a red line was crossed */
	int64_t raw_centi;      /* what the points alone say; kept beside the 0 */
	int64_t short_by_centi; /* to the pass mark; 0 when passed */
	bool is_pass;
	int64_t section_centi[FORM_SECTIONS]; /* for display: each rounded for itself */
};

/** Computes a score.
 *  Deducting form: maximum less all deductions, not below 0. Weighted form: each section is worth
 *  its weight times points got over points applicable; the weight of a section without any
 *  applicable item goes to the others in proportion; the sum is exact and rounded once, half up.
 *  @param marks     form->n_items of them, in the form's order
 *  @param is_fatal  whether a red line was crossed
 *  @return ERR_INVALID E_REVIEW_DEDUCT, E_REVIEW_NA, E_REVIEW_ALL_NA */
enum err score_compute(const struct form *f, const struct score_mark *marks, bool is_fatal,
                       struct score *ret, struct why *why) MUST_USE;

#endif
