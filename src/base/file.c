#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/str.h"

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

char *file_join(const char *dir, const char *name)
{
	struct str s = { 0 };
	char *ret = NULL;
	size_t n = strlen(dir);
	str_add(&s, dir);
	if (n && dir[n - 1] != '/')
		str_addc(&s, '/');
	str_add(&s, name);
	return str_take(&s, &ret, NULL) ? NULL : ret;
}

/* Reads until the end; the size is not trusted, the file may grow meanwhile. */
static enum err read_all(int fd, const char *path, size_t max_bytes, struct str *s, struct why *why)
{
	char buf[16384];
	for (;;) {
		ssize_t n = read(fd, buf, sizeof buf);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(why, E_FILE_READ, path, strerror(errno));
		if (n == 0)
			return ERR_OK;
		if ((size_t)n > max_bytes - s->len)
			return fail(why, E_FILE_TOO_BIG, path, (int64_t)max_bytes);
		str_addn(s, buf, (size_t)n);
		if (!str_ok(s))
			return fail(why, E_NOMEM);
	}
}

enum err file_read(const char *path, size_t max_bytes, char **ret, size_t *ret_bytes,
                   struct why *why)
{
	CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(why, E_FILE_OPEN, path, strerror(errno));
	struct str s = { 0 };
	enum err e = read_all(fd, path, max_bytes, &s, why);
	size_t bytes = s.len;
	if (e || (e = str_take(&s, ret, why))) {
		str_free(&s);
		return e;
	}
	if (ret_bytes)
		*ret_bytes = bytes;
	return ERR_OK;
}

static int write_whole(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t done = write(fd, p, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return errno;
		p += done;
		n -= (size_t)done;
	}
	return fsync(fd) ? errno : 0;
}

/* Without this a rename may be forgotten by a power cut. */
static void sync_parent(const char *path)
{
	char *dir = strdup(path);
	char *slash = dir ? strrchr(dir, '/') : NULL;
	if (slash)
		slash[slash == dir] = '\0';
	CLEANUP(close_fd) int fd = open(slash ? dir : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		(void)fsync(fd);
	free(dir);
}

enum err file_write_atomic(const char *path, const void *data, size_t bytes, mode_t mode,
                           struct why *why)
{
	struct str tmp = { 0 };
	str_addf(&tmp, "%s.XXXXXX", path);
	if (!str_ok(&tmp))
		return fail(why, E_NOMEM);
	int fd = mkostemp(tmp.p, O_CLOEXEC);
	int e = fd < 0 ? errno : write_whole(fd, data, bytes);
	if (!e && fchmod(fd, mode))
		e = errno;
	if (fd >= 0 && close(fd) && !e)
		e = errno;
	if (!e && rename(tmp.p, path))
		e = errno;
	if (e && fd >= 0)
		(void)unlink(tmp.p);
	str_free(&tmp);
	if (e)
		return fail(why, E_FILE_WRITE, path, strerror(e));
	sync_parent(path);
	return ERR_OK;
}

enum err file_mkdirs(const char *path, mode_t mode, struct why *why)
{
	CLEANUP(str_drop) char *p = strdup(path);
	if (!p)
		return fail(why, E_NOMEM);
	for (char *s = p + 1; *p; s++) {
		char c = *s;
		if (c != '/' && c != '\0')
			continue;
		*s = '\0';
		if (mkdir(p, mode) && errno != EEXIST)
			return fail(why, E_FILE_WRITE, p, strerror(errno));
		*s = c;
		if (c == '\0')
			break;
	}
	struct stat st;
	if (stat(path, &st) || !S_ISDIR(st.st_mode))
		return fail(why, E_FILE_WRITE, path, strerror(ENOTDIR));
	return ERR_OK;
}

enum err file_temp_dir(const char *prefix, char **ret, struct why *why)
{
	const char *base = getenv("TMPDIR");
	struct str s = { 0 };
	str_addf(&s, "%s/%s.XXXXXX", base && *base ? base : "/tmp", prefix);
	if (str_ok(&s) && !mkdtemp(s.p)) {
		enum err e = fail(why, E_FILE_WRITE, s.p, strerror(errno));
		str_free(&s);
		return e;
	}
	return str_take(&s, ret, why);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st, (void)type, (void)at;
	return remove(path) && errno != ENOENT ? -1 : 0;
}

enum err file_remove_tree(const char *path, struct why *why)
{
	if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) && errno != ENOENT)
		return fail(why, E_FILE_REMOVE, path, strerror(errno));
	return ERR_OK;
}

enum err file_free_bytes(const char *path, int64_t *ret, struct why *why)
{
	struct statvfs v;
	if (statvfs(path, &v))
		return fail(why, E_FILE_READ, path, strerror(errno));
	*ret = (int64_t)v.f_bavail * (int64_t)v.f_frsize;
	return ERR_OK;
}
