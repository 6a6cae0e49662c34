/* base/file.h -- files read whole and written whole.
 *
 * Blocks on the disk: never on a loop's thread. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/** Reads a whole file and ends it with a zero byte that is not counted.
 *  @param max_bytes  a larger file is E_FILE_TOO_BIG
 *  @param ret        free()
 *  @param ret_bytes  may be NULL */
enum err file_read(const char *path, size_t max_bytes, char **ret, size_t *ret_bytes,
                   struct why *why) MUST_USE;

/** Writes beside `path`, syncs and renames: a reader or a crash sees the old or the new content. */
enum err file_write_atomic(const char *path, const void *data, size_t bytes, mode_t mode,
                           struct why *why) MUST_USE;

/** Makes a directory and its parents; existing ones are fine. */
enum err file_mkdirs(const char *path, mode_t mode, struct why *why) MUST_USE;

/** Makes a new private directory below $TMPDIR or /tmp.
 *  @param ret  its path; free() */
enum err file_temp_dir(const char *prefix, char **ret, struct why *why) MUST_USE;

/** Removes a file or a directory with all below it; symbolic links are not followed; nothing there
 * is fine. */
enum err file_remove_tree(const char *path, struct why *why) MUST_USE;

/** Bytes an unprivileged writer can still use on the file system of `path`. */
enum err file_free_bytes(const char *path, int64_t *ret, struct why *why) MUST_USE;

/** "dir/name" in a new string (free()); NULL when out of memory. */
char *file_join(const char *dir, const char *name);

#endif
