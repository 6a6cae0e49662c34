/* `hujiao backup`, `hujiao restore` and `hujiao verify`. */
#include "backup/backup.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/commands.h"
#include "app/local.h"
#include "backup/sizes.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/str.h"
#include "base/zone.h"
#include "crm/reseal.h"
#include "gate/vault.h"
#include "store/db.h"
#include "store/migrate.h"
#include "store/snapshot.h"

enum { FOUND_DIFFERENCES = 3, YOUNG_MS = 120000 };

static int failed(enum err e, const struct why *why)
{
	char text[600];
	fprintf(stderr, "hujiao: %s\n        %s\n", why_text(why, LANG_ZH, text, sizeof text),
	        why_en(why));
	return e == ERR_INVALID ? 2 : 1;
}

/* Takes `name VALUE` or, when `ret` is a flag's, `name`. */
static bool take(int *i, int argc, char **argv, const char *name, const char **ret)
{
	if (strcmp(argv[*i], name) != 0 || *i + 1 >= argc)
		return false;
	*ret = argv[++*i];
	return true;
}

static enum err unknown(const char *option, struct why *why)
{
	return fail(why, E_SETUP_VALUE, option, "",
	            "there is no such option, or its value is missing");
}

/* ---- backup ---- */

static void in_data(const struct local *l, const char *name, char *ret, size_t size)
{
	snprintf(ret, size, "%.3000s/%s", l->paths.data, name);
}

/* Beside the data: what `verify` compares with and what the page of sizes tells. */
static enum err remember(const struct local *l, const struct backup_made *m, struct why *why)
{
	char from[BACKUP_PATH_BYTES + 16], to[BACKUP_PATH_BYTES], sum[SUM_TEXT_BYTES];
	CLEANUP(str_free) struct str text = { 0 };
	struct jw w = { .out = &text };
	snprintf(from, sizeof from, "%s/files.tsv", m->dir);
	in_data(l, BACKUP_LIST_NAME, to, sizeof to);
	enum err e = file_copy_summed(from, to, sum, NULL, why);
	if (e || (e = local_give(to, local_user(), NULL, why)))
		return e;
	jw_obj(&w, NULL);
	jw_int(&w, "made_utc_ms", m->manifest.made_utc_ms);
	jw_str(&w, "dir", m->dir);
	jw_int(&w, "bytes", m->manifest.database_bytes + m->copied_bytes);
	jw_bool(&w, "has_files", m->manifest.has_files);
	jw_end_obj(&w);
	in_data(l, BACKUP_LAST_NAME, to, sizeof to);
	e = str_ok(&text) ? file_write_atomic(to, str_text(&text), text.len, 0640, why)
	                  : fail(why, E_NOMEM);
	return e ? e : local_give(to, local_user(), NULL, why);
}

static void tell_backup(const struct backup_made *m)
{
	const struct manifest *f = &m->manifest;
	printf("备份已完成并校验 / Backed up and checked: %s\n", m->dir);
	printf("  数据库 / database    %" PRId64 " bytes\n", f->database_bytes);
	printf("  录音等文件 / files   %" PRId64 ", %" PRId64 " bytes", f->files, f->file_bytes);
	if (f->has_files)
		printf("（新复制 / newly copied %" PRId64 "）\n", m->copied);
	else
		puts("（只列清单，加 --recordings 一并复制 / listed only; --recordings copies "
		     "them)");
	if (f->missing)
		printf("  缺失 / missing       %" PRId64
		       "（用 hujiao verify 查看 / see hujiao verify)\n",
		       f->missing);
	puts("  未加密：姓名、备注等为明文；号码由主密钥密封，主密钥不在备份中，请用 hujiao key "
	     "backup 另存。\n"
	     "  Not encrypted: names and notes are in clear. Numbers are sealed by the master key, "
	     "which is "
	     "not in it:\n  without `hujiao key backup` they cannot be opened again.");
}

static enum err run_backup(int argc, char **argv, struct why *why)
{
	static struct local l;
	static struct backup_made made;
	struct backup_cfg c = { .now_utc_ms = clock_utc_ms(), .version = HUJIAO_VERSION };
	enum err e = local_read(&l, &argc, argv, why);
	for (int i = 1; !e && i < argc; i++) {
		if (strcmp(argv[i], "--recordings") == 0)
			c.has_files = true;
		else if (!take(&i, argc, argv, "--to", &c.to))
			e = unknown(argv[i], why);
	}
	if (e)
		return e;
	if (!c.to)
		return fail(why, E_FIELD_REQUIRED, "--to");
	c.url = l.paths.database;
	c.data_dir = l.paths.data;
	c.recordings_dir = l.paths.recordings;
	c.company = l.config.company;
	if ((e = migrate_check(c.url, why)) || (e = backup_make(&c, &made, why)) ||
	    (e = remember(&l, &made, why)))
		return e;
	tell_backup(&made);
	return ERR_OK;
}

int cmd_backup(int argc, char **argv)
{
	struct why why = { 0 };
	enum err e = run_backup(argc, argv, &why);
	return e ? failed(e, &why) : 0;
}

/* ---- restore ---- */

/* Whether the numbers of what is restored can be opened here. */
static void tell_keys(struct local *l)
{
	struct why why = { 0 };
	struct numbers_found n = { 0 };
	if (access(l->paths.master_key, F_OK) != 0) {
		printf(
		    "主密钥 %s 不存在：放回后号码才能打开。\n"
		    "The master key is not there: put it back (hujiao key restore), until then no "
		    "number opens and the server does not start.\n",
		    l->paths.master_key);
		return;
	}
	enum err e = local_open_vault(l, &why);
	if (!e)
		e = numbers_check(l->db, l->vault, &n, &why);
	if (e)
		printf("主密钥 / master key: %s\n", why_en(&why));
	else
		printf("号码可打开 / numbers that open: %" PRId64 " / %" PRId64 "\n", n.opened,
		       n.opened + n.failed);
}

static void tell_restore(const struct restore_made *m)
{
	printf("已恢复 / Restored: %s, %s, schema %" PRId64 "\n"
	       "  文件 / files         %" PRId64 " / %" PRId64 "\n",
	       m->manifest.company, m->manifest.version, m->manifest.schema, m->files,
	       m->manifest.files);
	if (m->missing)
		printf("  备份中没有这些文件，请另行复制到 recordings / not in the backup, copy "
		       "them to "
		       "recordings yourself: %" PRId64 "\n",
		       m->missing);
}

static enum err run_restore(int argc, char **argv, struct why *why)
{
	static struct local l;
	static struct restore_made made;
	char from[BACKUP_PATH_BYTES];
	struct restore_cfg c = { 0 };
	enum err e = local_read(&l, &argc, argv, why);
	for (int i = 1; !e && i < argc; i++)
		if (!take(&i, argc, argv, "--from", &c.from))
			e = unknown(argv[i], why);
	if (e)
		return e;
	if (!c.from)
		return fail(why, E_FIELD_REQUIRED, "--from");
	if (!realpath(c.from, from))
		return fail(why, E_FILE_OPEN, c.from, "there is no such folder");
	c.from = from;
	c.url = l.paths.database;
	c.data_dir = l.paths.data;
	c.recordings_dir = l.paths.recordings;
	if ((e = backup_restore(&c, &made, why)))
		return e;
	tell_restore(&made);
	if ((e = local_open(&l, true, why)))
		return e;
	tell_keys(&l);
	local_close(&l);
	return local_give(l.paths.data, local_user(), "ca.key", why);
}

int cmd_restore(int argc, char **argv)
{
	struct why why = { 0 };
	enum err e = run_restore(argc, argv, &why);
	return e ? failed(e, &why) : 0;
}

/* ---- verify ---- */

static void tell_difference(enum verify_kind kind, const char *path, const char *detail, void *ctx)
{
	static const char *const NAMES[VERIFY_KIND_COUNT] = { [VERIFY_MISSING] = "缺失 missing",
		                                              [VERIFY_CHANGED] = "改动 changed",
		                                              [VERIFY_EXTRA] = "多余 extra" };
	(void)ctx;
	printf("%s\t%s%s%s\n", NAMES[kind], path, *detail ? "\t" : "", detail);
}

static enum err check_numbers(struct local *l, int64_t *ret_bad, struct why *why)
{
	struct numbers_found n = { 0 };
	enum err e = local_open_vault(l, why);
	if (!e)
		e = numbers_check(l->db, l->vault, &n, why);
	if (!e)
		printf("号码 / numbers       %" PRId64 " 可打开 / open, %" PRId64
		       " 打不开 / do not\n",
		       n.opened, n.failed);
	*ret_bad = n.failed;
	return e;
}

static double gb(int64_t bytes)
{
	return (double)bytes / 1e9;
}

static enum err tell_sizes(struct local *l, struct why *why)
{
	struct sizes s;
	const struct zone *zone = NULL;
	enum err e = zone_get("Asia/Shanghai", &zone, why);
	if (!e)
		e = sizes_measure(l->db, l->paths.database, l->paths.data, zone, clock_utc_ms(), &s,
		                  why);
	if (e)
		return e;
	printf("占用 / sizes         数据库 / database %.2f GB, 录音 / recordings %.2f GB, 今日 / "
	       "today "
	       "%.2f GB, 空闲 / free %.1f GB",
	       gb(s.database_bytes), gb(s.recording_bytes), gb(s.today_bytes), gb(s.free_bytes));
	if (s.days_left >= 0)
		printf(", 可用 / lasts %" PRId64 " 天 / days", s.days_left);
	putchar('\n');
	return ERR_OK;
}

static enum err check_all(struct local *l, struct verify_cfg *c, bool *ret_same, struct why *why)
{
	struct verify_found f = { 0 };
	int64_t bad_numbers = 0;
	enum err e = local_open(l, false, why);
	if (e || (e = snapshot_check(l->paths.database, why)))
		return e;
	puts("数据库 / database    完好 / sound");
	if ((e = check_numbers(l, &bad_numbers, why)) || (e = backup_verify(l->db, c, &f, why)))
		return e;
	printf("录音 / recordings    %" PRId64 " 一致 / good, %" PRId64 " 缺失 / missing, %" PRId64
	       " 改动 / changed, %" PRId64 " 多余 / extra, %" PRId64 " 通话中 / live\n",
	       f.good, f.n[VERIFY_MISSING], f.n[VERIFY_CHANGED], f.n[VERIFY_EXTRA], f.live);
	*ret_same =
	    !bad_numbers && !f.n[VERIFY_MISSING] && !f.n[VERIFY_CHANGED] && !f.n[VERIFY_EXTRA];
	return tell_sizes(l, why);
}

static enum err run_verify(int argc, char **argv, bool *ret_same, struct why *why)
{
	static struct local l;
	static char list[BACKUP_PATH_BYTES];
	const char *against = NULL;
	struct verify_cfg c = { .tell = tell_difference };
	enum err e = local_read(&l, &argc, argv, why);
	for (int i = 1; !e && i < argc; i++) {
		if (strcmp(argv[i], "--quick") == 0)
			c.is_quick = true;
		else if (!take(&i, argc, argv, "--against", &against))
			e = unknown(argv[i], why);
	}
	if (e)
		return e;
	if (against)
		snprintf(list, sizeof list, "%.3000s/files.tsv", against);
	else
		in_data(&l, BACKUP_LIST_NAME, list, sizeof list);
	if (against || access(list, F_OK) == 0)
		c.list = list;
	else
		puts("还没有备份清单，只比较大小 / no backup was made here yet: sizes are compared "
		     "alone");
	c.data_dir = l.paths.data;
	c.recordings_dir = l.paths.recordings;
	c.before_utc_ms = clock_utc_ms() - YOUNG_MS;
	e = check_all(&l, &c, ret_same, why);
	local_close(&l);
	return e;
}

int cmd_verify(int argc, char **argv)
{
	struct why why = { 0 };
	bool is_same = false;
	enum err e = run_verify(argc, argv, &is_same, &why);
	if (e)
		return failed(e, &why);
	return is_same ? 0 : FOUND_DIFFERENCES;
}
