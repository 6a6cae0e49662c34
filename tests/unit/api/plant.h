/* One row of every kind that a path can name, in a team, for tests that ask across teams. */
#ifndef TESTS_UNIT_API_PLANT_H
#define TESTS_UNIT_API_PLANT_H

#include "door.h"

enum { PLANT_SUBJECTS = 12 };

struct plant {
	int64_t customer, call, campaign, review, person, unit, import, phone;
	char recording[64]; /* path below data_dir/recordings */
};

/** Puts them into team `team` (0, 1), owned by `owner`; the call has a recording of one second. */
void plant_in(struct door *d, int team, enum who owner, struct plant *ret);

/** The id of a subject ("customer"); an id that nothing has for one not planted. */
int64_t plant_id(const struct plant *p, const char *subject);

#endif
