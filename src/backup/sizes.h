/* backup/sizes.h -- what the data takes on the disk, a day at a time, and how long the rest lasts.
 */
#ifndef BACKUP_SIZES_H
#define BACKUP_SIZES_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct db;
struct zone;

/* Beside the data: what the newest backup was. Written by `hujiao backup`. */
#define BACKUP_LIST_NAME "backup-files.tsv"
#define BACKUP_LAST_NAME "backup-last.json"

enum { SIZES_DAYS = 14 };

struct sizes_day {
	int day; /* local yyyymmdd */
	int64_t recordings, bytes, talk_ms;
};

struct sizes {
	int64_t database_bytes;
	int64_t recordings, recording_bytes; /* all that are kept */
	int64_t today_bytes, today_recordings;
	int64_t
	    day_bytes; /* an ordinary day: mean of the days with calls before today; 0: none yet */
	int64_t minute_bytes; /* a minute of recorded talk, from the same days; 0: none yet */
	int64_t free_bytes;
	int64_t days_left;     /* free / an ordinary day (or today); -1: nothing to go by */
	int64_t backup_utc_ms; /* the newest backup; 0: none was made here */
	bool backup_has_files;
	struct sizes_day day[SIZES_DAYS]; /* those with recordings, oldest first, today's last */
	int n_days;
};

/** Reads database and disk. Thread: workers. */
enum err sizes_measure(struct db *db, const char *url, const char *data_dir,
                       const struct zone *zone, int64_t now_utc_ms, struct sizes *ret,
                       struct why *why) MUST_USE;

/** The arithmetic of `days` over what was measured: fills day_bytes, minute_bytes, days_left. Pure.
 */
void sizes_forecast(struct sizes *s, int today);

#endif
