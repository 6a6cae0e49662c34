/* store/migrate.h -- brings a database to this program's schema.
 *
 * Migrations are src/store/migrations/NNNN_area.sql, built into the program, run in the order of
 * their numbers, each in one transaction, forward only. Tokens: @id (64-bit key column), @int,
 * @text, @bytes, @json, @strict (ends a CREATE TABLE). Thread: any, before the writer starts. */
#ifndef STORE_MIGRATE_H
#define STORE_MIGRATE_H

#include "base/err.h"

/** Applies what is missing; processes that start together wait for each other.
 *  @param ret_applied  how many ran; NULL: not wanted
 *  @return ERR_CONFLICT E_SCHEMA_NEWER (this program is too old), E_SCHEMA_CHANGED (an applied
 *          migration reads differently now), and the errors of store/db.h */
enum err migrate(const char *url, int *ret_applied, struct why *why) MUST_USE;

/* Which of the migrations a database has. Numbers follow areas, not time: a newer program may add a
 * low one. */
struct migrate_state {
	int applied; /* known ones; 0: nothing in it */
	int missing; /* known ones that are still to come */
	int unknown; /* of a newer program */
};
enum err migrate_state(const char *url, struct migrate_state *ret, struct why *why) MUST_USE;

/** How many migrations are built in: this program's schema as one number. */
int migrate_steps(void);

/** Refuses a database of another schema than this program's and changes nothing: for commands
 * beside the server. @return ERR_CONFLICT E_SCHEMA_NEWER, E_SCHEMA_OLDER */
enum err migrate_check(const char *url, struct why *why) MUST_USE;

/** The highest number built in. */
int migrate_newest(void);

#endif
