/* store/snapshot_int.h -- the PostgreSQL half, which calls that engine's own programs. */
#ifndef STORE_SNAPSHOT_INT_H
#define STORE_SNAPSHOT_INT_H

#include "store/snapshot.h"

enum err snapshot_pg_write(const char *url, const char *path, struct db **ret_at,
                           struct why *why) MUST_USE;
enum err snapshot_pg_restore(const char *path, const char *url, struct why *why) MUST_USE;

/** The name of the moment `db` reads at (after db_snapshot()), for another connection. */
enum err postgres_export(struct db *db, char *ret, size_t size, struct why *why) MUST_USE;
enum err postgres_bytes(struct db *db, int64_t *ret, struct why *why) MUST_USE;
enum err postgres_has_tables(struct db *db, bool *ret, struct why *why) MUST_USE;

#endif
