#include "app/upgrade.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/str.h"
#include "store/migrate.h"
#include "store/snapshot.h"

enum { COPY_PATH_BYTES = PATH_BYTES + 300 };

static void unlock(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* Two that start at once wait for each other; the second finds nothing left to do. */
static enum err lock(const struct paths *p, int *ret_fd, struct why *why)
{
	char path[COPY_PATH_BYTES];
	snprintf(path, sizeof path, "%s/upgrade.lock", p->data);
	*ret_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (*ret_fd < 0 || flock(*ret_fd, LOCK_EX) != 0)
		return fail(why, E_FILE_OPEN, (const char *)path, strerror(errno));
	return ERR_OK;
}

/* The newest copy of a database at `schema`. */
static bool find_copy(const struct paths *p, int schema, char *ret, size_t size)
{
	char dir[COPY_PATH_BYTES], prefix[40], best[120] = "";
	snprintf(dir, sizeof dir, "%s/backup", p->data);
	snprintf(prefix, sizeof prefix, "schema-%d-to-", schema);
	DIR *d = opendir(dir);
	for (const struct dirent *f; d && (f = readdir(d));)
		if (strncmp(f->d_name, prefix, strlen(prefix)) == 0 && strcmp(f->d_name, best) > 0)
			str_copy(best, sizeof best, f->d_name);
	if (d)
		closedir(d);
	if (*best)
		snprintf(ret, size, "%.1100s/%.119s", dir, best);
	return *best != '\0';
}

/* A newer program was here: how to go back to this one. */
static enum err refuse(const struct paths *p, int schema, struct why *why)
{
	char copy[COPY_PATH_BYTES];
	if (!find_copy(p, migrate_steps(), copy, sizeof copy))
		return fail(why, E_SCHEMA_NEWER, schema, migrate_steps());
	return fail(why, E_UPGRADE_BACK, schema, migrate_steps(), copy);
}

static enum err copy_first(const struct paths *p, int schema, int64_t now_utc_ms, struct why *why)
{
	char dir[COPY_PATH_BYTES], path[2 * COPY_PATH_BYTES], stamp[24];
	enum db_engine engine;
	struct tm tm;
	time_t at = (time_t)(now_utc_ms / 1000);
	strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", gmtime_r(&at, &tm));
	snprintf(dir, sizeof dir, "%s/backup", p->data);
	enum err e = snapshot_engine(p->database, &engine, why);
	if (e || (e = file_mkdirs(dir, 0750, why)))
		return e;
	snprintf(path, sizeof path, "%s/schema-%d-to-%d-%s.%s", dir, schema, migrate_steps(), stamp,
	         engine == DB_SQLITE ? "db" : "dump");
	if ((e = snapshot_write(p->database, path, NULL, why)))
		return e;
	log_info("app", "database_copied_before_upgrade", LOG_I("from", schema),
	         LOG_I("to", migrate_steps()), LOG_S("file", path));
	return ERR_OK;
}

enum err upgrade(const struct paths *p, int64_t now_utc_ms, struct why *why)
{
	CLEANUP(unlock) int fd = -1;
	struct migrate_state s = { 0 };
	int applied = 0;
	enum err e = lock(p, &fd, why);
	if (e || (e = migrate_state(p->database, &s, why)))
		return e;
	if (s.unknown)
		return refuse(p, s.applied + s.unknown, why);
	if (s.applied && s.missing && (e = copy_first(p, s.applied, now_utc_ms, why)))
		return e;
	if ((e = migrate(p->database, &applied, why)))
		return e;
	if (s.applied && applied)
		log_info("app", "database_upgraded", LOG_I("from", s.applied),
		         LOG_I("to", migrate_steps()));
	return ERR_OK;
}
