#include "backup/sizes.h"

#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/zone.h"
#include "call/recording_list.h"
#include "store/db.h"
#include "store/snapshot.h"

enum { LAST_MAX = 65536, MINUTE_MS = 60000, PATH_BYTES = 4096 };

void sizes_forecast(struct sizes *s, int today)
{
	int64_t bytes = 0, talk_ms = 0, n = 0;
	for (int i = 0; i < s->n_days; i++) {
		if (s->day[i].day == today) {
			s->today_bytes = s->day[i].bytes;
			s->today_recordings = s->day[i].recordings;
			continue;
		}
		bytes += s->day[i].bytes;
		talk_ms += s->day[i].talk_ms;
		n++;
	}
	s->day_bytes = n ? bytes / n : 0;
	s->minute_bytes = talk_ms ? bytes * MINUTE_MS / talk_ms : 0;
	int64_t per_day = s->day_bytes > s->today_bytes ? s->day_bytes : s->today_bytes;
	s->days_left = per_day ? s->free_bytes / per_day : -1;
}

static enum err read_days(struct db *db, int from_day, struct sizes *s, struct why *why)
{
	static const char SQL[] = "SELECT c.day, COUNT(*), CAST(SUM(r.bytes) AS BIGINT), "
				  "CAST(SUM(r.duration_ms) AS BIGINT) "
				  "FROM call c JOIN recording r ON r.call_id = c.id WHERE c.day >= "
				  "?1 AND r.state <> 'live' "
				  "GROUP BY c.day ORDER BY c.day DESC LIMIT ?2";
	CLEANUP(rows_free) struct rows *r = NULL;
	struct sizes_day found[SIZES_DAYS];
	int n = 0;
	enum err e = db_query(db, SQL, ARGS(V_INT(from_day), V_INT(SIZES_DAYS)), &r, why);
	while (!e && n < SIZES_DAYS && !(e = rows_next(r, why)))
		found[n++] = (struct sizes_day){ .day = (int)rows_int(r, 0),
			                         .recordings = rows_int(r, 1),
			                         .bytes = rows_int(r, 2),
			                         .talk_ms = rows_int(r, 3) };
	for (int i = 0; i < n; i++)
		s->day[i] = found[n - 1 - i];
	s->n_days = n;
	return e == ERR_END ? ERR_OK : e;
}

/* None made here yet is no error. */
static void read_last_backup(const char *data_dir, struct sizes *s)
{
	char path[PATH_BYTES];
	CLEANUP(str_drop) char *text = NULL;
	CLEANUP(json_cleanup) json_t *j = NULL;
	size_t n = 0;
	snprintf(path, sizeof path, "%s/%s", data_dir, BACKUP_LAST_NAME);
	if (file_read(path, LAST_MAX, &text, &n, NULL) || json_read(text, n, &j, NULL))
		return;
	s->backup_utc_ms = json_int(j, "made_utc_ms", 0);
	s->backup_has_files = json_bool(j, "has_files", false);
}

enum err sizes_measure(struct db *db, const char *url, const char *data_dir,
                       const struct zone *zone, int64_t now_utc_ms, struct sizes *ret,
                       struct why *why)
{
	struct recording_sizes all;
	enum err e;
	*ret = (struct sizes){ 0 };
	int today = zone_day(now_utc_ms, zone);
	int from = zone_day(now_utc_ms - (int64_t)(2 * SIZES_DAYS) * 86400000, zone);
	if ((e = snapshot_bytes(db, url, &ret->database_bytes, why)) ||
	    (e = recording_sizes(db, &all, why)) || (e = read_days(db, from, ret, why)) ||
	    (e = file_free_bytes(data_dir, &ret->free_bytes, why)))
		return e;
	ret->recordings = all.count;
	ret->recording_bytes = all.bytes;
	read_last_backup(data_dir, ret);
	sizes_forecast(ret, today);
	return ERR_OK;
}
