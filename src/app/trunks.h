/* app/trunks.h -- the trunks of the database on the telephone. */
#ifndef APP_TRUNKS_H
#define APP_TRUNKS_H

#include <stdint.h>

#include "base/err.h"

struct db;
struct trunk_event;
struct vault;
struct voice;

/** Reads every enabled trunk of the cell and has the loop set them, soon. A trunk that cannot be
 *  set is logged and left out: one wrong line must not stop the others. Any thread that may wait
 *  for the database. */
enum err trunks_load(struct voice *v, struct db *db, const struct vault *vault, int64_t cell_id,
                     struct why *why) MUST_USE;

/** Has the loop forget them all, soon: another process runs the cell. */
void trunks_forget(struct voice *v);

/** Logs that a trunk came or went; voice_handlers.on_trunk_event. */
void trunks_on_event(void *ctx, const struct trunk_event *ev);

#endif
