/* auth/scope.h -- how far a person sees: the own rows, the rows of the own teams, all.
 *
 * Only auth/ makes one (scope_load), from the session's person; every read of a scoped table takes
 * it first and picks one of three prepared variants:
 *
 *     static const struct scoped_sql CALLS = SCOPED("SELECT … FROM call c WHERE ", "c.agent_id",
 * "c.unit_id", " AND c.day >= ?2 ORDER BY c.id"); db_query(db, scoped(sc, &CALLS),
 * ARGS(V_INT(scope_person(sc)), V_INT(day)), &rows, why)
 *
 * ?1 is always scope_person(). Teams: the view v_scope_unit(person_id, unit_id), which team/ keeps:
 * the own unit with all below it, and what person_scope adds.
 *
 * agent: own; supervisor, inspector: teams; manager, administrator: all. Immutable: any thread. */
#ifndef AUTH_SCOPE_H
#define AUTH_SCOPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/perm.h"
#include "base/err.h"

struct db;
struct scope;

enum scope_kind { SCOPE_OWN, SCOPE_TEAMS, SCOPE_ALL, SCOPE_KIND_COUNT };

struct scoped_sql {
	const char *sql[SCOPE_KIND_COUNT];
};

/** Three variants of one statement around its scope condition. `own` and `unit` are columns. All
 *  four arguments are string literals; what comes before ends in "WHERE " or "AND ". */
/* clang-format off */
#define SCOPED(before, own, unit, after) { { \
	[SCOPE_OWN] = before own " = ?1" after, \
	[SCOPE_TEAMS] = before unit " IN (SELECT su.unit_id FROM v_scope_unit su WHERE su.person_id = ?1)" after, \
	[SCOPE_ALL] = before "CAST(?1 AS BIGINT) >= 0" after } }
/* clang-format on */

/** Reads the person's role and units.
 *  @param ret  scope_free()
 *  @return ERR_NOT_FOUND E_ROW_NONE: no such person, or has left */
enum err scope_load(struct db *db, int64_t person_id, struct scope **ret, struct why *why) MUST_USE;
struct scope *scope_copy(const struct scope *s); /* NULL: out of memory */
void scope_free(struct scope **s);

/** All rows, person 0: for the program's own jobs (reports at night, the demo). Static storage. */
const struct scope *scope_program(void);

enum scope_kind scope_kind(const struct scope *s);
int64_t scope_person(const struct scope *s);                          /* what ?1 is bound to */
int64_t scope_unit(const struct scope *s);                            /* the person's own unit */
const int64_t *scope_units(const struct scope *s, size_t *ret_count); /* TEAMS only; else none */
const char *scoped(const struct scope *s, const struct scoped_sql *sql);

/** Whether a row that belongs to `owner_id` (0: nobody) in `unit_id` is inside. */
bool scope_has(const struct scope *s, int64_t owner_id, int64_t unit_id);
/** Whether the person may look at the whole unit (board, filters): never for OWN. */
bool scope_has_unit(const struct scope *s, int64_t unit_id);

#endif
