/* app/upgrade.h -- bringing a database to this program's schema, with a way back.
 *
 * One process at a time, by a lock on a file of the data directory. What is there is copied first:
 * DATA/backup/schema-OLD-to-NEW-TIME.db (PostgreSQL: .dump). Schemas only go forward; the way back
 * is that copy with the older program, which names it when it refuses the newer schema. Thread:
 * starting. */
#ifndef APP_UPGRADE_H
#define APP_UPGRADE_H

#include "app/paths.h"

/** @return ERR_CONFLICT E_UPGRADE_BACK (made by a newer program; names the copy), E_SCHEMA_NEWER
 * (and no copy), E_SNAPSHOT…: nothing was changed */
enum err upgrade(const struct paths *p, int64_t now_utc_ms, struct why *why) MUST_USE;

#endif
