/* team/unit.h -- the organisation: company, centres, teams.
 *
 * A tree. unit_below keeps every pair (unit, unit below it) so that scopes are one plain join; it
 * is made anew in the commit that adds or moves a unit. Writes run inside jobs; reads on any
 * connection. */
#ifndef TEAM_UNIT_H
#define TEAM_UNIT_H

#include <stdint.h>

#include "base/err.h"

struct db;
struct tx;

struct unit_new {
	int64_t id;        /* id_new() by the caller */
	int64_t parent_id; /* 0: the top */
	const char *kind;  /* "company", "centre", "team" */
	const char *name;
	int64_t cell_id;
	int64_t now_utc_ms;
};

/** @return ERR_NOT_FOUND (parent), ERR_CONFLICT E_UNIT_CLOSED (parent) */
enum err unit_add(struct tx *tx, const struct unit_new *u, struct why *why) MUST_USE;

enum err unit_rename(struct tx *tx, int64_t id, const char *name, struct why *why) MUST_USE;

/** @return ERR_CONFLICT E_UNIT_LOOP, E_UNIT_CLOSED */
enum err unit_move(struct tx *tx, int64_t id, int64_t parent_id, struct why *why) MUST_USE;

/** @return ERR_CONFLICT E_UNIT_BUSY: it still has people or open units below */
enum err unit_close(struct tx *tx, int64_t id, int64_t now_utc_ms, struct why *why) MUST_USE;

struct unit {
	int64_t id, parent_id, created_utc_ms, closed_utc_ms /* 0: open */, people;
	const char *kind, *name; /* live until the next row */
};
/** Every unit, parents before children, then by name. An error of `fn` ends it. */
typedef enum err unit_fn(const struct unit *u, void *ctx, struct why *why);
enum err unit_each(struct db *db, unit_fn *fn, void *ctx, struct why *why) MUST_USE;

#endif
