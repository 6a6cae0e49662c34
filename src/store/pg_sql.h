/* store/pg_sql.h -- the two translations PostgreSQL needs.
 *
 * Pure. Thread: any. */
#ifndef STORE_PG_SQL_H
#define STORE_PG_SQL_H

#include <stddef.h>

#include "base/err.h"

enum { PG_PARAMS = 128 };

struct pg_params {
	int n;                   /* the highest number met */
	bool is_used[PG_PARAMS]; /* by number - 1; PostgreSQL wants to be told a type for the others
	                          */
};

/** "… ?1 … '?2' …" becomes "… $1 … '?2' …": literals and quoted names are left alone.
 *  @param ret  free()
 *  @return ERR_IO E_DB_SQL: more than PG_PARAMS */
enum err pg_sql(const char *sql, char **ret, struct pg_params *ret_params,
                struct why *why) MUST_USE;

/** Decodes the hex output form of bytea ("\x00ff") in place.
 *  @return the number of bytes; text that is not in that form is left as it is */
size_t pg_unhex(char *text, size_t len);

#endif
