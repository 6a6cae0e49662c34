/* backup/files.h -- files with their sizes and sums, as a list beside a backup.
 *
 * A line is SHA-256, bytes, modification time in UTC ms, path below the data directory, between
 * tabs; `cut -f1,4 files.tsv | sed 's/\t/  /' | sha256sum -c` checks them without this program. */
#ifndef BACKUP_FILES_H
#define BACKUP_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum { SUM_TEXT_BYTES = 65, BACKUP_PATH_BYTES = 4096 };

struct file_mark {
	char *path; /* "recordings/2026/…wav" */
	int64_t bytes, mtime_ms;
	char sum[SUM_TEXT_BYTES]; /* hex; "": not summed */
	bool is_seen;             /* the user's own */
};

struct file_list {
	struct file_mark *v;
	size_t n, cap;
};

/** Adds a copy. */
enum err file_list_add(struct file_list *l, const struct file_mark *m, struct why *why) MUST_USE;
void file_list_sort(struct file_list *l); /* by path: before file_list_find() */
struct file_mark *file_list_find(const struct file_list *l, const char *path);
void file_list_free(struct file_list *l);

/** @return ERR_INVALID E_BACKUP_LIST (line) */
enum err file_list_read(const char *path, struct file_list *ret, struct why *why) MUST_USE;
enum err file_list_write(const struct file_list *l, const char *path, struct why *why) MUST_USE;

/** Size and modification time. @return ERR_NOT_FOUND E_FILE_OPEN when there is none */
bool file_mark_stat(const char *path, int64_t *ret_bytes, int64_t *ret_mtime_ms);

/** Reads the whole file. @param ret_bytes  NULL: not wanted */
enum err file_sum(const char *path, char ret[SUM_TEXT_BYTES], int64_t *ret_bytes,
                  struct why *why) MUST_USE;

/** Copies to a new file beside `to` and renames; keeps the modification time; sums on the way.
 * Makes the directories. */
enum err file_copy_summed(const char *from, const char *to, char ret[SUM_TEXT_BYTES],
                          int64_t *ret_bytes, struct why *why) MUST_USE;

#endif
