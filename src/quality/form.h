/* quality/form.h -- a scorecard: sections of items, red lines, remarks by number key.
 *
 * A form is one immutable version of (kind "scorecard", key). Points are hundredths, so that sums
 * are exact. Thread: a form has one owner and does not change. */
#ifndef QUALITY_FORM_H
#define QUALITY_FORM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"

/* COPC's classes of error, reported apart and never averaged (domain.md 2.1). */
#define FORM_CLASSES(X) \
	X(NC) \
	X(BC) \
	X(CC) \
	X(COC)

enum form_class {
#define X(name) FORM_##name,
	FORM_CLASSES(X)
#undef X
	    FORM_CLASS_COUNT
};

enum form_mode {
	FORM_DEDUCT,   /* opens at full marks; every fault takes its points */
	FORM_WEIGHTED, /* sections with weights; what does not apply leaves the denominator */
};

enum { FORM_ITEMS = 64, FORM_SECTIONS = 16, FORM_FATALS = 32, FORM_KEY_BYTES = 32 };

struct form_item {
	char key[FORM_KEY_BYTES];
	int section;
	int64_t points_centi; /* the most this item may take */
	int64_t step_centi;   /* one hit */
	enum form_class class;
	bool is_fatal; /* may be marked as a red line by its own key */
};

struct form {
	char key[64];
	int64_t version;
	enum form_mode mode;
	int64_t max_centi, pass_centi;
	int n_items, n_sections, n_fatals;
	struct form_item items[FORM_ITEMS];
	int64_t weight_centi[FORM_SECTIONS]; /* of a section: the sum of its items' points */
	char fatals[FORM_FATALS][FORM_KEY_BYTES];
	json_t *body; /* as stored, names included */
};

/** Reads a stored form.
 *  @param ret  form_free()
 *  @return ERR_INVALID E_FORM_INVALID (key, why), ERR_NOMEM */
enum err form_parse(const char *key, int64_t version, const char *body, struct form **ret,
                    struct why *why) MUST_USE;

void form_free(struct form **f); /* for CLEANUP; NULL content is fine */

/** The index of an item, -1 when there is none. */
int form_item_index(const struct form *f, const char *key);

/** Whether `key` is a red line: one of the list, or an item that may be one. */
bool form_has_fatal(const struct form *f, const char *key);

#endif
