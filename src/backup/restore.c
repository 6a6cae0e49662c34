/* Restoring: the backup is checked first; nothing that exists is overwritten. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "backup/backup.h"
#include "base/file.h"
#include "base/str.h"
#include "store/migrate.h"
#include "store/snapshot.h"

static enum err damaged(const char *path, const char *what, struct why *why)
{
	return fail(why, E_BACKUP_DAMAGED, path, what);
}

static enum err check_sum(const char *path, const char *want, struct why *why)
{
	char sum[SUM_TEXT_BYTES];
	enum err e = file_sum(path, sum, NULL, why);
	if (e)
		return e;
	return strcmp(sum, want) == 0 ? ERR_OK : damaged(path, "its SHA-256 is another", why);
}

static enum err check_backup(const struct restore_cfg *c, const struct manifest *m, struct why *why)
{
	char path[BACKUP_PATH_BYTES];
	enum db_engine engine;
	enum err e = snapshot_engine(c->url, &engine, why);
	if (e)
		return e;
	if (strcmp(m->engine, engine == DB_SQLITE ? "sqlite" : "postgresql") != 0)
		return fail(why, E_BACKUP_ENGINE, m->engine);
	if (m->schema > migrate_steps())
		return fail(why, E_SCHEMA_NEWER, m->schema, migrate_steps());
	snprintf(path, sizeof path, "%s/%s", c->from, m->database);
	if ((e = check_sum(path, m->database_sum, why)))
		return e;
	snprintf(path, sizeof path, "%s/files.tsv", c->from);
	return check_sum(path, m->list_sum, why);
}

/* No entry but . and .. */
static bool is_empty_dir(const char *path)
{
	DIR *d = opendir(path);
	bool is_empty = true;
	for (const struct dirent *f; d && (f = readdir(d));)
		is_empty =
		    is_empty && (strcmp(f->d_name, ".") == 0 || strcmp(f->d_name, "..") == 0);
	if (d)
		closedir(d);
	return is_empty;
}

static enum err check_place(const struct restore_cfg *c, struct why *why)
{
	bool is_empty = false;
	enum err e = snapshot_is_empty(c->url, &is_empty, why);
	if (e)
		return e;
	if (!is_empty)
		return fail(why, E_SNAPSHOT_TAKEN, "database");
	return is_empty_dir(c->recordings_dir) ? ERR_OK
	                                       : fail(why, E_SNAPSHOT_TAKEN, c->recordings_dir);
}

/* "recordings/x" lies where the recordings are now, all else below the data directory. */
static void place_of(const struct restore_cfg *c, const char *name, char *ret, size_t size)
{
	static const char RECORDINGS[] = "recordings/";
	if (strncmp(name, RECORDINGS, sizeof RECORDINGS - 1) == 0)
		snprintf(ret, size, "%s/%s", c->recordings_dir, name + sizeof RECORDINGS - 1);
	else
		snprintf(ret, size, "%s/%s", c->data_dir, name);
}

static enum err restore_file(const struct restore_cfg *c, const struct file_mark *f,
                             struct restore_made *ret, struct why *why)
{
	char from[BACKUP_PATH_BYTES], to[BACKUP_PATH_BYTES], sum[SUM_TEXT_BYTES];
	int64_t bytes = 0, mtime_ms = 0;
	snprintf(from, sizeof from, "%s/../files/%s", c->from, f->path);
	if (!file_mark_stat(from, &bytes, &mtime_ms)) {
		ret->missing++;
		return ERR_OK;
	}
	place_of(c, f->path, to, sizeof to);
	enum err e = file_copy_summed(from, to, sum, NULL, why);
	if (e)
		return e;
	if (strcmp(sum, f->sum) != 0)
		return damaged(from, "its SHA-256 is another", why);
	ret->files++;
	return ERR_OK;
}

enum err backup_restore(const struct restore_cfg *cfg, struct restore_made *ret, struct why *why)
{
	CLEANUP(file_list_free) struct file_list list = { 0 };
	char path[BACKUP_PATH_BYTES];
	*ret = (struct restore_made){ 0 };
	enum err e = manifest_read(cfg->from, &ret->manifest, why);
	if (e || (e = check_place(cfg, why)) || (e = check_backup(cfg, &ret->manifest, why)))
		return e;
	snprintf(path, sizeof path, "%s/files.tsv", cfg->from);
	if ((e = file_list_read(path, &list, why)))
		return e;
	for (size_t i = 0; !e && i < list.n; i++)
		e = restore_file(cfg, &list.v[i], ret, why);
	snprintf(path, sizeof path, "%s/%s", cfg->from, ret->manifest.database);
	return e ? e
	         : snapshot_restore(
		       path, cfg->url,
		       why); /* last: until it is there, a second try is clean but for recordings */
}
