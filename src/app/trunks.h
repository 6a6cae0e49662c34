/* app/trunks.h -- the trunks of the database on the telephone. */
#ifndef APP_TRUNKS_H
#define APP_TRUNKS_H

#include "base/err.h"

struct db;
struct trunk_event;
struct vault;
struct voice;

/** Sets every enabled trunk. A trunk that cannot be set is logged and left out: one wrong line must
 *  not stop the others. On the loop's thread, at start. */
enum err trunks_load(struct voice *v, struct db *db, const struct vault *vault,
                     struct why *why) MUST_USE;

/** Logs that a trunk came or went; voice_handlers.on_trunk_event. */
void trunks_on_event(void *ctx, const struct trunk_event *ev);

#endif
