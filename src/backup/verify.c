/* What the database names against what the disk holds. */
#include <errno.h>
#include <fts.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "backup/backup.h"
#include "base/str.h"
#include "call/recording_list.h"

struct checking {
	const struct verify_cfg *cfg;
	struct verify_found *found;
	struct file_list rows; /* of the database; `sum` unused, bytes as it says */
	struct file_list list; /* of a backup */
};

static void tell(struct checking *c, enum verify_kind kind, const char *path, const char *detail)
{
	c->found->n[kind]++;
	if (c->cfg->tell)
		c->cfg->tell(kind, path, detail, c->cfg->ctx);
}

/* Whether the file is what a backup once summed. */
static enum err check_sum(struct checking *c, const char *file, const char *path, int64_t bytes,
                          int64_t mtime_ms, bool *ret_same, struct why *why)
{
	char name[BACKUP_PATH_BYTES], sum[SUM_TEXT_BYTES];
	snprintf(name, sizeof name, "recordings/%s", path);
	const struct file_mark *m = file_list_find(&c->list, name);
	*ret_same = true;
	if (!m || (c->cfg->is_quick && m->bytes == bytes && m->mtime_ms == mtime_ms))
		return ERR_OK;
	enum err e = file_sum(file, sum, NULL, why);
	*ret_same = !e && strcmp(sum, m->sum) == 0;
	return e;
}

static enum err check_closed(struct checking *c, const struct recording_row *r, struct why *why)
{
	char file[BACKUP_PATH_BYTES], detail[96];
	int64_t bytes = 0, mtime_ms = 0;
	bool is_same = false;
	snprintf(file, sizeof file, "%s/%s", c->cfg->recordings_dir, r->path);
	if (!file_mark_stat(file, &bytes, &mtime_ms)) {
		if (!r->is_lost)
			tell(c, VERIFY_MISSING, r->path, "");
		return ERR_OK;
	}
	if (bytes != r->bytes) {
		snprintf(detail, sizeof detail, "%" PRId64 " → %" PRId64 " bytes", r->bytes, bytes);
		tell(c, VERIFY_CHANGED, r->path, detail);
		return ERR_OK;
	}
	enum err e = check_sum(c, file, r->path, bytes, mtime_ms, &is_same, why);
	if (e)
		return e;
	if (is_same)
		c->found->good++;
	else
		tell(c, VERIFY_CHANGED, r->path, "SHA-256");
	return ERR_OK;
}

static enum err check_row(const struct recording_row *r, void *ctx, struct why *why)
{
	struct checking *c = ctx;
	struct file_mark m = { .path = (char *)(uintptr_t)r->path, .bytes = r->bytes };
	enum err e = file_list_add(&c->rows, &m, why);
	if (e)
		return e;
	if (r->is_live) {
		c->found->live++;
		return ERR_OK;
	}
	return check_closed(c, r, why);
}

static void close_tree(FTS **f)
{
	if (*f)
		fts_close(*f);
}

static enum err look_for_extra(struct checking *c, struct why *why)
{
	char dir[BACKUP_PATH_BYTES];
	str_copy(dir, sizeof dir, c->cfg->recordings_dir);
	size_t skip = strlen(dir) + 1;
	CLEANUP(close_tree) FTS *tree = fts_open((char *const[]){ dir, NULL }, FTS_PHYSICAL, NULL);
	if (!tree)
		return fail(why, E_FILE_OPEN, (const char *)dir, strerror(errno));
	for (const FTSENT *f; (f = fts_read(tree));) {
		if (f->fts_info != FTS_F || file_list_find(&c->rows, f->fts_path + skip))
			continue;
		if ((int64_t)f->fts_statp->st_mtim.tv_sec * 1000 < c->cfg->before_utc_ms)
			tell(c, VERIFY_EXTRA, f->fts_path + skip, "");
	}
	return ERR_OK;
}

enum err backup_verify(struct db *db, const struct verify_cfg *cfg, struct verify_found *ret,
                       struct why *why)
{
	struct checking c = { .cfg = cfg, .found = ret };
	*ret = (struct verify_found){ 0 };
	enum err e = cfg->list ? file_list_read(cfg->list, &c.list, why) : ERR_OK;
	if (!e && !(e = recording_each(db, check_row, &c, why))) {
		file_list_sort(&c.rows);
		e = look_for_extra(&c, why);
	}
	file_list_free(&c.rows);
	file_list_free(&c.list);
	return e;
}
