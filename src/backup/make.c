/* Making a backup: the database's copy first, then the files it names, then the manifest. */
#include <dirent.h>
#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "backup/backup.h"
#include "base/file.h"
#include "base/str.h"
#include "call/recording_list.h"
#include "store/migrate.h"
#include "store/snapshot.h"

#define BACKUP_PREFIX "hujiao-"

struct making {
	const struct backup_cfg *cfg;
	struct backup_made *made;
	char dir[BACKUP_PATH_BYTES]; /* ".….part" until all is there */
	struct file_list files;
	struct file_list before; /* of the newest backup: its sums hold for what did not change */
};

/* ---- the newest earlier one ---- */

static bool is_complete(const char *to, const char *name)
{
	char path[BACKUP_PATH_BYTES + 64];
	if (strncmp(name, BACKUP_PREFIX, sizeof BACKUP_PREFIX - 1) != 0)
		return false;
	snprintf(path, sizeof path, "%s/%s/manifest.json", to, name);
	return access(path, R_OK) == 0;
}

/* Names are times: the greatest is the newest. */
static bool newest_name(const char *to, char *ret, size_t size)
{
	DIR *d = opendir(to);
	*ret = '\0';
	for (const struct dirent *f; d && (f = readdir(d));)
		if (strcmp(f->d_name, ret) > 0 && is_complete(to, f->d_name))
			str_copy(ret, size, f->d_name);
	if (d)
		closedir(d);
	return *ret != '\0';
}

static enum err read_before(struct making *m, struct why *why)
{
	char name[256], path[BACKUP_PATH_BYTES + 64];
	if (!newest_name(m->cfg->to, name, sizeof name))
		return ERR_OK;
	snprintf(path, sizeof path, "%s/%s/files.tsv", m->cfg->to, name);
	return file_list_read(path, &m->before, why);
}

/* ---- one file ---- */

static bool is_copied(const char *to, const struct file_mark *f)
{
	int64_t bytes = 0, mtime_ms = 0;
	return file_mark_stat(to, &bytes, &mtime_ms) && bytes == f->bytes &&
	       mtime_ms == f->mtime_ms;
}

static enum err add_file(struct making *m, const char *from, const char *name, bool does_copy,
                         struct why *why)
{
	char to[BACKUP_PATH_BYTES];
	struct file_mark f = { .path = (char *)(uintptr_t)name };
	if (!file_mark_stat(from, &f.bytes, &f.mtime_ms)) {
		m->made->manifest.missing++;
		return ERR_OK;
	}
	snprintf(to, sizeof to, "%s/files/%s", m->cfg->to, name);
	const struct file_mark *old = file_list_find(&m->before, name);
	bool is_known = old && old->bytes == f.bytes && old->mtime_ms == f.mtime_ms;
	bool is_there = does_copy && is_copied(to, &f);
	enum err e = ERR_OK;
	if (does_copy && !(is_there && is_known)) {
		e = file_copy_summed(from, to, f.sum, &f.bytes, why);
		m->made->copied++;
		m->made->copied_bytes += f.bytes;
	} else if (is_known) {
		memcpy(f.sum, old->sum, sizeof f.sum);
	} else {
		e = file_sum(from, f.sum, &f.bytes, why);
	}
	if (e)
		return e;
	m->made->manifest.files++;
	m->made->manifest.file_bytes += f.bytes;
	return file_list_add(&m->files, &f, why);
}

/* A recording that still grows is in the next backup. */
static enum err add_recording(const struct recording_row *r, void *ctx, struct why *why)
{
	struct making *m = ctx;
	char from[BACKUP_PATH_BYTES], name[BACKUP_PATH_BYTES];
	if (r->is_live || r->is_lost)
		return ERR_OK;
	snprintf(from, sizeof from, "%s/%s", m->cfg->recordings_dir, r->path);
	snprintf(name, sizeof name, "recordings/%s", r->path);
	return add_file(m, from, name, m->cfg->has_files, why);
}

static void close_tree(FTS **f)
{
	if (*f)
		fts_close(*f);
}

/* Proofs of consent are small and always go along. */
static enum err add_proofs(struct making *m, struct why *why)
{
	char dir[BACKUP_PATH_BYTES];
	snprintf(dir, sizeof dir, "%s/proofs", m->cfg->data_dir);
	if (access(dir, F_OK) != 0)
		return ERR_OK;
	CLEANUP(close_tree) FTS *tree = fts_open((char *const[]){ dir, NULL }, FTS_PHYSICAL, NULL);
	if (!tree)
		return fail(why, E_FILE_OPEN, (const char *)dir, strerror(errno));
	enum err e = ERR_OK;
	for (const FTSENT *f; !e && (f = fts_read(tree));)
		if (f->fts_info == FTS_F)
			e = add_file(m, f->fts_path, f->fts_path + strlen(m->cfg->data_dir) + 1,
			             true, why);
	return e;
}

/* ---- all of it ---- */

static enum err copy_database(struct making *m, struct why *why)
{
	char path[BACKUP_PATH_BYTES + 64];
	struct manifest *f = &m->made->manifest;
	struct db *at = NULL;
	enum db_engine engine;
	enum err e = snapshot_engine(m->cfg->url, &engine, why);
	if (e)
		return e;
	str_copy(f->engine, sizeof f->engine, engine == DB_SQLITE ? "sqlite" : "postgresql");
	str_copy(f->database, sizeof f->database,
	         engine == DB_SQLITE ? "database.db" : "database.dump");
	snprintf(path, sizeof path, "%s/%s", m->dir, f->database);
	e = snapshot_write(m->cfg->url, path, &at, why);
	if (!e)
		e = recording_each(at, add_recording, m, why);
	db_close(&at);
	return e ? e : file_sum(path, f->database_sum, &f->database_bytes, why);
}

static enum err write_list(struct making *m, struct why *why)
{
	char path[BACKUP_PATH_BYTES + 64];
	file_list_sort(&m->files);
	snprintf(path, sizeof path, "%s/files.tsv", m->dir);
	enum err e = file_list_write(&m->files, path, why);
	return e ? e : file_sum(path, m->made->manifest.list_sum, NULL, why);
}

static enum err make(struct making *m, struct why *why)
{
	const struct backup_cfg *c = m->cfg;
	struct manifest *f = &m->made->manifest;
	enum err e;
	*f = (struct manifest){ .made_utc_ms = c->now_utc_ms,
		                .schema = migrate_steps(),
		                .has_files = c->has_files };
	str_copy(f->version, sizeof f->version, c->version);
	str_copy(f->company, sizeof f->company, c->company);
	if ((e = file_mkdirs(m->dir, 0750, why)) || (e = read_before(m, why)) ||
	    (e = copy_database(m, why)) || (e = add_proofs(m, why)) || (e = write_list(m, why)) ||
	    (e = manifest_write(m->dir, f, why)))
		return e;
	return rename(m->dir, m->made->dir) == 0
	           ? ERR_OK
	           : fail(why, E_FILE_WRITE, (const char *)m->made->dir, strerror(errno));
}

/* Named by its second, or by the next that is free: two copies made within one come in order. */
static enum err name_dirs(struct making *m, struct why *why)
{
	enum { SECONDS = 60 };
	time_t at = (time_t)(m->cfg->now_utc_ms / 1000);
	for (time_t end = at + SECONDS; at < end; at++) {
		struct tm tm;
		char stamp[32];
		strftime(stamp, sizeof stamp, BACKUP_PREFIX "%Y%m%d-%H%M%S", gmtime_r(&at, &tm));
		if (strlen(m->cfg->to) + sizeof stamp + 8 > sizeof m->made->dir)
			return fail(why, E_FILE_WRITE, m->cfg->to, strerror(ENAMETOOLONG));
		snprintf(m->made->dir, sizeof m->made->dir, "%s/%s", m->cfg->to, stamp);
		snprintf(m->dir, sizeof m->dir, "%s/.%s.part", m->cfg->to, stamp);
		if (access(m->made->dir, F_OK) != 0)
			return ERR_OK;
	}
	return fail(why, E_SNAPSHOT_TAKEN, (const char *)m->made->dir);
}

enum err backup_make(const struct backup_cfg *cfg, struct backup_made *ret, struct why *why)
{
	struct making m = { .cfg = cfg, .made = ret };
	*ret = (struct backup_made){ 0 };
	enum err named = name_dirs(&m, why);
	if (named)
		return named;
	enum err e = make(&m, why);
	if (e)
		(void)!file_remove_tree(m.dir, NULL);
	file_list_free(&m.files);
	file_list_free(&m.before);
	return e;
}
