/* app/bundle.h -- a .tar.gz that is written member by member. Thread: one owner. */
#ifndef APP_BUNDLE_H
#define APP_BUNDLE_H

#include "base/str.h"

struct bundle;

/** @param path  made with mode 0600; must not be there yet */
enum err bundle_new(const char *path, const char *folder, struct bundle **ret,
                    struct why *why) MUST_USE;

/** Adds folder/name with this text. */
void bundle_add(struct bundle *b, const char *name, const struct str *text);

/** Ends the file. @return ERR_IO E_FILE_WRITE when anything could not be written */
enum err bundle_end(struct bundle **b, struct why *why) MUST_USE;

#endif
