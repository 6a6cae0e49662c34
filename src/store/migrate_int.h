/* store/migrate_int.h -- the built-in list and what tests try it with. */
#ifndef STORE_MIGRATE_INT_H
#define STORE_MIGRATE_INT_H

#include "base/err.h"
#include "store/db.h"

struct migration {
	int number;
	const char *name, *sql;
};

/* Made from src/store/migrations/ by tools/embed_sql.py, ascending. */
extern const struct migration MIGRATIONS[];
extern const size_t N_MIGRATIONS;

/** The engine's own statements for a migration's text. @param ret free() */
enum err migrate_expand(const char *sql, enum db_engine engine, char **ret,
                        struct why *why) MUST_USE;

enum err migrate_list(const char *url, const struct migration *list, size_t n, int *ret_applied,
                      struct why *why) MUST_USE;

#endif
