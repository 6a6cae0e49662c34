/* store/snapshot.h -- a copy of the whole database as of one moment, taken while others write.
 *
 * SQLite: a compact file made inside one read transaction, checked page by page. PostgreSQL: what
 * pg_dump writes of an exported snapshot (custom format), its table of contents read back. Neither
 * stops writers. Thread: any; waits for the disk. */
#ifndef STORE_SNAPSHOT_H
#define STORE_SNAPSHOT_H

#include "store/db.h"

/** Which engine an address names, without opening it. @return ERR_INVALID E_DB_URL */
enum err snapshot_engine(const char *url, enum db_engine *ret, struct why *why) MUST_USE;

/** Writes `path`, which must not exist, and checks it.
 *  @param ret_at  a read connection that sees the same moment, to read beside the copy; db_close()
 * it before the file is summed. NULL: not wanted
 *  @return E_SNAPSHOT (what went wrong), E_SNAPSHOT_TOOL (no pg_dump) */
enum err snapshot_write(const char *url, const char *path, struct db **ret_at,
                        struct why *why) MUST_USE;

/** Makes a database out of a copy. There must be none: no file, or no table.
 *  @return ERR_CONFLICT E_SNAPSHOT_TAKEN, and as above */
enum err snapshot_restore(const char *path, const char *url, struct why *why) MUST_USE;

/** Whether there is nothing where `url` points to. */
enum err snapshot_is_empty(const char *url, bool *ret, struct why *why) MUST_USE;

/** Looks into a database for damage: every page and index (SQLite; PostgreSQL sees to its own). */
enum err snapshot_check(const char *url, struct why *why) MUST_USE;

/** Bytes of the whole database on its disk. */
enum err snapshot_bytes(struct db *db, const char *url, int64_t *ret, struct why *why) MUST_USE;

#endif
