/* team/person.h -- people: job number, role, unit, and which teams they look after beside it.
 *
 * Nobody is deleted: who leaves keeps the rows that name him. Roles are auth/perm.h's words. Writes
 * run inside jobs; reads on any connection. */
#ifndef TEAM_PERSON_H
#define TEAM_PERSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct db;
struct tx;

struct person_new {
	int64_t id; /* id_new() by the caller */
	const char *job_no, *name, *role;
	int64_t unit_id;
	const char *lang;         /* "zh", "en" */
	const char *station_kind; /* "web", "phone", "none" */
	const char *station_uri;  /* phone: sip:…; NULL: none */
	int64_t now_utc_ms;
};

/** Of the cell his unit belongs to.
 *  @return ERR_CONFLICT E_JOB_NO_TAKEN, E_UNIT_CLOSED; ERR_NOT_FOUND (unit) */
enum err person_add(struct tx *tx, const struct person_new *p, struct why *why) MUST_USE;

/* What changes; NULL and 0 stay as they are. */
struct person_change {
	int64_t id;
	const char *name, *role, *lang, *station_kind, *station_uri;
	int64_t unit_id;
};
/** @return ERR_NOT_FOUND, ERR_CONFLICT E_PERSON_LAST_ADMIN, E_UNIT_CLOSED, E_PERSON_LEFT */
enum err person_edit(struct tx *tx, const struct person_change *c, struct why *why) MUST_USE;

/** Leaves: sessions end, the posts end. @return as person_edit() */
enum err person_leave(struct tx *tx, int64_t id, int64_t now_utc_ms, struct why *why) MUST_USE;
/** Comes back under the same job number. */
enum err person_return(struct tx *tx, int64_t id, struct why *why) MUST_USE;

/** Sets the teams a person looks after beside the own unit: what is missing ends now, what is new
 *  begins now. @return ERR_NOT_FOUND (a unit) */
enum err person_looks_after(struct tx *tx, int64_t id, const int64_t *unit_ids, size_t n,
                            int64_t now_utc_ms, struct why *why) MUST_USE;

struct person {
	int64_t id, unit_id, cell_id, created_utc_ms, left_utc_ms /* 0: here */,
	    seen_utc_ms /* 0: never */;
	const char *job_no, *name, *role, *unit_name, *lang, *station_kind, *station_uri;
	int64_t has_password;
};
typedef enum err person_fn(const struct person *p, void *ctx, struct why *why);

struct person_filter {
	int64_t unit_id;  /* 0: all; with the units below */
	const char *role; /* "": all */
	const char *find; /* part of job number, name or pinyin; "": all */
	bool with_left;
	int64_t seen_by_id; /* 0: no limit; else units of v_scope_unit of this person */
	int64_t only_id;    /* 0: no limit */
	int64_t size, offset;
};
/** By unit, then job number. @param ret_total  how many fit the filter */
enum err person_each(struct db *db, const struct person_filter *f, person_fn *fn, void *ctx,
                     int64_t *ret_total, struct why *why) MUST_USE;
enum err person_get(struct db *db, int64_t id, person_fn *fn, void *ctx, struct why *why) MUST_USE;

/** The teams looked after beside the own, at most `max`. */
enum err person_units(struct db *db, int64_t id, int64_t *ids, size_t max, size_t *ret_n,
                      struct why *why) MUST_USE;

#endif
