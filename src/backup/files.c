#include "backup/files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/str.h"

enum { CHUNK_BYTES = 256 * 1024, LINE_BYTES = BACKUP_PATH_BYTES + 128 };

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static void close_file(FILE **f)
{
	if (*f)
		fclose(*f);
}

/* ---- lists ---- */

enum err file_list_add(struct file_list *l, const struct file_mark *m, struct why *why)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? l->cap * 2 : 256;
		struct file_mark *v = realloc(l->v, cap * sizeof *v);
		if (!v)
			return fail(why, E_NOMEM);
		l->v = v;
		l->cap = cap;
	}
	char *path = strdup(m->path);
	if (!path)
		return fail(why, E_NOMEM);
	l->v[l->n] = *m;
	l->v[l->n++].path = path;
	return ERR_OK;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct file_mark *)a)->path, ((const struct file_mark *)b)->path);
}

void file_list_sort(struct file_list *l)
{
	if (l->n)
		qsort(l->v, l->n, sizeof *l->v, by_path);
}

struct file_mark *file_list_find(const struct file_list *l, const char *path)
{
	struct file_mark key = { .path = (char *)(uintptr_t)path };
	return l->n ? bsearch(&key, l->v, l->n, sizeof *l->v, by_path) : NULL;
}

void file_list_free(struct file_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i].path);
	free(l->v);
	*l = (struct file_list){ 0 };
}

/* A path out of a list is joined to directories: it must stay below them. */
static bool is_inside(const char *path)
{
	if (*path == '/' || !*path)
		return false;
	for (const char *p = path; p; p = strchr(p, '/') ? strchr(p, '/') + 1 : NULL)
		if (strncmp(p, "..", 2) == 0 && (p[2] == '/' || !p[2]))
			return false;
	return true;
}

static bool read_mark(char *line, struct file_mark *ret)
{
	char *field[4] = { line }, *end;
	line[strcspn(line, "\n")] = '\0';
	for (int i = 1; i < 4; i++) {
		char *tab = strchr(field[i - 1], '\t');
		if (!tab)
			return false;
		*tab = '\0';
		field[i] = tab + 1;
	}
	if (strlen(field[0]) != SUM_TEXT_BYTES - 1 || !is_inside(field[3]))
		return false;
	*ret = (struct file_mark){ .path = field[3] };
	memcpy(ret->sum, field[0], SUM_TEXT_BYTES);
	ret->bytes = strtoll(field[1], &end, 10);
	if (*end || end == field[1])
		return false;
	ret->mtime_ms = strtoll(field[2], &end, 10);
	return !*end && end != field[2];
}

enum err file_list_read(const char *path, struct file_list *ret, struct why *why)
{
	CLEANUP(close_file) FILE *in = fopen(path, "re");
	char line[LINE_BYTES];
	if (!in)
		return fail(why, E_FILE_OPEN, path, strerror(errno));
	for (int64_t n = 1; fgets(line, sizeof line, in); n++) {
		struct file_mark m;
		if (!read_mark(line, &m))
			return fail(why, E_BACKUP_LIST, path, n);
		enum err e = file_list_add(ret, &m, why);
		if (e)
			return e;
	}
	if (ferror(in))
		return fail(why, E_FILE_READ, path, strerror(errno));
	file_list_sort(ret);
	return ERR_OK;
}

enum err file_list_write(const struct file_list *l, const char *path, struct why *why)
{
	struct str s = { 0 };
	for (size_t i = 0; i < l->n; i++)
		str_addf(&s, "%s\t%" PRId64 "\t%" PRId64 "\t%s\n", l->v[i].sum, l->v[i].bytes,
		         l->v[i].mtime_ms, l->v[i].path);
	enum err e = str_ok(&s) ? file_write_atomic(path, str_text(&s), s.len, 0640, why)
	                        : fail(why, E_NOMEM);
	str_free(&s);
	return e;
}

/* ---- files ---- */

bool file_mark_stat(const char *path, int64_t *ret_bytes, int64_t *ret_mtime_ms)
{
	struct stat st;
	if (stat(path, &st) || !S_ISREG(st.st_mode))
		return false;
	*ret_bytes = st.st_size;
	*ret_mtime_ms = (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000;
	return true;
}

static bool write_whole(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t done = write(fd, p, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return false;
		p += done;
		n -= (size_t)done;
	}
	return true;
}

/* Reads `in` to its end, sums it and, when `out` is a file, writes it there. */
static enum err pump(int in, int out, const char *from, const char *to, char ret[SUM_TEXT_BYTES],
                     int64_t *ret_bytes, struct why *why)
{
	struct crypto_sum sum;
	unsigned char hash[CRYPTO_HASH_BYTES];
	CLEANUP(str_drop) char *buf = malloc(CHUNK_BYTES);
	int64_t bytes = 0;
	ssize_t n;
	if (!buf)
		return fail(why, E_NOMEM);
	crypto_sum_start(&sum);
	while ((n = read(in, buf, CHUNK_BYTES)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(why, E_FILE_READ, from, strerror(errno));
		crypto_sum_add(&sum, buf, (size_t)n);
		bytes += n;
		if (out >= 0 && !write_whole(out, buf, (size_t)n))
			return fail(why, E_FILE_WRITE, to, strerror(errno));
	}
	crypto_sum_end(&sum, hash);
	crypto_hex(hash, sizeof hash, ret);
	if (ret_bytes)
		*ret_bytes = bytes;
	return ERR_OK;
}

enum err file_sum(const char *path, char ret[SUM_TEXT_BYTES], int64_t *ret_bytes, struct why *why)
{
	CLEANUP(close_fd) int in = open(path, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return fail(why, E_FILE_OPEN, path, strerror(errno));
	return pump(in, -1, path, "", ret, ret_bytes, why);
}

static enum err make_parent(const char *path, struct why *why)
{
	char dir[BACKUP_PATH_BYTES];
	str_copy(dir, sizeof dir, path);
	char *slash = strrchr(dir, '/');
	if (!slash || slash == dir)
		return ERR_OK;
	*slash = '\0';
	return file_mkdirs(dir, 0750, why);
}

enum err file_copy_summed(const char *from, const char *to, char ret[SUM_TEXT_BYTES],
                          int64_t *ret_bytes, struct why *why)
{
	char part[BACKUP_PATH_BYTES + 8];
	struct stat st;
	CLEANUP(close_fd) int in = open(from, O_RDONLY | O_CLOEXEC);
	if (in < 0 || fstat(in, &st))
		return fail(why, E_FILE_OPEN, from, strerror(errno));
	enum err e = make_parent(to, why);
	if (e)
		return e;
	snprintf(part, sizeof part, "%s.part", to);
	CLEANUP(close_fd) int out = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	if (out < 0)
		return fail(why, E_FILE_WRITE, part, strerror(errno));
	const struct timespec times[2] = { st.st_atim, st.st_mtim };
	if ((e = pump(in, out, from, part, ret, ret_bytes, why)) == ERR_OK &&
	    (futimens(out, times) || fsync(out) || rename(part, to)))
		e = fail(why, E_FILE_WRITE, to, strerror(errno));
	if (e)
		(void)unlink(part);
	return e;
}
