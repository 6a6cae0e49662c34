#include "profile/shipped.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "profile/version.h"

enum { FILE_MAX_BYTES = 1 << 20, NAME_BYTES = 128, PATH_BYTES = 1024 };

static void close_dir(DIR **d)
{
	if (*d)
		closedir(*d);
}
static void free_text(char **p)
{
	free(*p);
}

static enum err has_version(struct tx *tx, const char *kind, const char *key, bool *ret,
                            struct why *why)
{
	int64_t n = 0;
	enum err e = db_int(tx_db(tx), "SELECT COUNT(*) FROM version WHERE kind = ?1 AND key = ?2",
	                    ARGS(V_TEXT(kind), V_TEXT(key)), &n, why);
	*ret = n > 0;
	return e;
}

static enum err install_file(struct tx *tx, const char *path, const char *kind, const char *key,
                             int64_t now_utc_ms, struct why *why)
{
	CLEANUP(free_text) char *body = NULL;
	bool is_there = false;
	enum err e = has_version(tx, kind, key, &is_there, why);
	if (e || is_there)
		return e;
	if ((e = file_read(path, FILE_MAX_BYTES, &body, NULL, why)))
		return e;
	struct version_new v = { .kind = kind,
		                 .key = key,
		                 .body = body,
		                 .reason = "shipped",
		                 .now_utc_ms = now_utc_ms };
	return version_add(tx, &v, NULL, why);
}

static enum err install_kind(struct tx *tx, const char *dir, const char *kind, int64_t now_utc_ms,
                             struct why *why)
{
	char at[PATH_BYTES], path[2 * PATH_BYTES], key[NAME_BYTES];
	snprintf(at, sizeof at, "%.800s/%.120s", dir, kind);
	CLEANUP(close_dir) DIR *d = opendir(at);
	if (!d)
		return errno == ENOTDIR ? ERR_OK : fail(why, E_FILE_OPEN, at, strerror(errno));
	for (const struct dirent *f; (f = readdir(d));) {
		size_t n = strlen(f->d_name);
		if (n < 6 || n >= sizeof key || strcmp(f->d_name + n - 5, ".json") != 0)
			continue;
		snprintf(key, sizeof key, "%.*s", (int)n - 5, f->d_name);
		snprintf(path, sizeof path, "%s/%s", at, f->d_name);
		enum err e = install_file(tx, path, kind, key, now_utc_ms, why);
		if (e)
			return e;
	}
	return ERR_OK;
}

enum err shipped_install(struct tx *tx, const char *dir, int64_t now_utc_ms, struct why *why)
{
	CLEANUP(close_dir) DIR *d = opendir(dir);
	if (!d)
		return fail(why, E_FILE_OPEN, dir, strerror(errno));
	for (const struct dirent *k; (k = readdir(d));) {
		if (k->d_name[0] == '.')
			continue;
		enum err e = install_kind(tx, dir, k->d_name, now_utc_ms, why);
		if (e)
			return e;
	}
	return ERR_OK;
}
