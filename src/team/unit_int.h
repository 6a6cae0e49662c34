/* team/unit_int.h -- what person.c needs of unit.c. */
#ifndef TEAM_UNIT_INT_H
#define TEAM_UNIT_INT_H

#include <stdint.h>

#include "base/err.h"

struct db;

/** @return ERR_NOT_FOUND E_ROW_NONE, ERR_CONFLICT E_UNIT_CLOSED */
enum err unit_open(struct db *db, int64_t id, struct why *why) MUST_USE;

#endif
