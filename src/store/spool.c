#include "store/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"

enum { HEAD_BYTES = 33, LINE_BYTES = 160, SUM_BYTES = 8, BODY_MOST = 1 << 20 };

struct spool {
	char *dir, *path;
	int fd;
	int64_t id, next_seq;
	int64_t read_at, write_at; /* offsets */
	int64_t after;             /* of the peeked record's end */
	char *body;
	_Atomic int64_t count;
};

static enum err io_fail(const struct spool *s, struct why *why)
{
	return fail(why, E_FILE_WRITE, s->path, strerror(errno));
}

/* ---- records: "LEN SUM SEQ KIND MAYBE\n", the body, "\n" ---- */

static void sum_of(int64_t seq, const char *kind, const char *maybe, const char *body, size_t bytes,
                   char out[2 * SUM_BYTES + 1])
{
	struct str all = { 0 };
	unsigned char hash[CRYPTO_HASH_BYTES];
	str_addf(&all, "%" PRId64 " %s %s\n", seq, kind, maybe);
	str_addn(&all, body, bytes);
	crypto_digest(NULL, str_text(&all), strlen(str_text(&all)), hash);
	crypto_hex(hash, SUM_BYTES, out);
	str_free(&all);
}

/* @return false: no sound record stands there */
static bool read_at(struct spool *s, int64_t at, struct spool_record *ret, int64_t *ret_after)
{
	char line[LINE_BYTES + 1], sum[20], want[2 * SUM_BYTES + 1];
	size_t bytes = 0;
	ssize_t n = pread(s->fd, line, LINE_BYTES, at);
	if (n <= 0)
		return false;
	line[n] = '\0';
	const char *end = strchr(line, '\n');
	if (!end ||
	    sscanf(line, "%zx %16s %" SCNd64 " %23s %47s", &bytes, sum, &ret->seq, ret->kind,
	           ret->maybe) != 5 ||
	    bytes > BODY_MOST)
		return false;
	char *body = realloc(s->body, bytes + 2);
	if (!body)
		return false;
	s->body = body;
	int64_t from = at + (end - line) + 1;
	if (pread(s->fd, body, bytes + 1, from) != (ssize_t)bytes + 1 || body[bytes] != '\n')
		return false;
	body[bytes] = '\0';
	sum_of(ret->seq, ret->kind, ret->maybe, body, bytes, want);
	if (strcmp(sum, want) != 0)
		return false;
	if (strcmp(ret->maybe, "-") == 0)
		ret->maybe[0] = '\0';
	ret->body = body;
	ret->bytes = bytes;
	*ret_after = from + (int64_t)bytes + 1;
	return true;
}

static enum err write_all(struct spool *s, const char *data, size_t bytes, int64_t at,
                          struct why *why)
{
	size_t done = 0;
	while (done < bytes) {
		ssize_t n = pwrite(s->fd, data + done, bytes - done, at + (int64_t)done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return io_fail(s, why);
		done += (size_t)n;
	}
	return ERR_OK;
}

enum err spool_add(struct spool *s, const char *kind, const char *maybe, const char *body,
                   size_t bytes, struct why *why)
{
	CLEANUP(str_free) struct str out = { 0 };
	char sum[2 * SUM_BYTES + 1];
	maybe = *maybe ? maybe : "-";
	sum_of(s->next_seq, kind, maybe, body, bytes, sum);
	str_addf(&out, "%zx %s %" PRId64 " %s %s\n", bytes, sum, s->next_seq, kind, maybe);
	str_addn(&out, body, bytes);
	str_addc(&out, '\n');
	if (!str_ok(&out))
		return fail(why, E_NOMEM);
	size_t n = strlen(str_text(&out));
	enum err e = write_all(s, str_text(&out), n, s->write_at, why);
	if (e)
		return e; /* the next one is written over it */
	s->write_at += (int64_t)n;
	s->next_seq++;
	atomic_fetch_add(&s->count, 1);
	return ERR_OK;
}

enum err spool_sync(struct spool *s, struct why *why)
{
	return fdatasync(s->fd) ? io_fail(s, why) : ERR_OK;
}

enum err spool_peek(struct spool *s, struct spool_record *ret, struct why *why)
{
	if (s->read_at >= s->write_at)
		return ERR_END;
	if (!read_at(s, s->read_at, ret, &s->after))
		return fail(why, E_FILE_READ, s->path, "a record is damaged");
	return ERR_OK;
}

void spool_taken(struct spool *s)
{
	s->read_at = s->after;
	atomic_fetch_sub(&s->count, 1);
}

enum err spool_refuse(struct spool *s, const struct why *because, struct why *why)
{
	struct spool_record r;
	enum err e = spool_peek(s, &r, why);
	char *path = e ? NULL : file_join(s->dir, "refused");
	FILE *out = path ? fopen(path, "ae") : NULL;
	free(path);
	if (!out)
		return e ? e : io_fail(s, why);
	fprintf(out, "%" PRId64 " %s %s\n%s\n", r.seq, r.kind, why_en(because), r.body);
	if (fclose(out))
		return io_fail(s, why);
	spool_taken(s);
	return ERR_OK;
}

/* ---- the file ---- */

enum err spool_clear(struct spool *s, struct why *why)
{
	char head[HEAD_BYTES + 1];
	int64_t id = 0;
	crypto_random(&id, sizeof id);
	s->id = id & INT64_MAX;
	snprintf(head, sizeof head, "hujiao-spool %019" PRId64 "\n", s->id);
	if (ftruncate(s->fd, 0))
		return io_fail(s, why);
	s->read_at = s->write_at = HEAD_BYTES;
	s->next_seq = 1;
	atomic_store(&s->count, 0);
	enum err e = write_all(s, head, HEAD_BYTES, 0, why);
	return e ? e : spool_sync(s, why);
}

/* Finds the end of what is sound and forgets what a crash left after it. */
static enum err find_end(struct spool *s, struct why *why)
{
	struct stat st;
	struct spool_record r;
	int64_t at = HEAD_BYTES, after;
	s->next_seq = 1;
	while (read_at(s, at, &r, &after)) {
		at = after;
		s->next_seq = r.seq + 1;
		atomic_fetch_add(&s->count, 1);
	}
	s->read_at = HEAD_BYTES;
	s->write_at = at;
	if (fstat(s->fd, &st))
		return io_fail(s, why);
	if (st.st_size > at) {
		log_warn("store", "spool_end_cut", LOG_I("bytes", st.st_size - at));
		if (ftruncate(s->fd, at))
			return io_fail(s, why);
	}
	return ERR_OK;
}

enum err spool_open(const char *dir, struct spool **ret, struct why *why)
{
	CLEANUP(spool_close) struct spool *s = calloc(1, sizeof *s);
	char head[HEAD_BYTES + 1] = "";
	if (!s)
		return fail(why, E_NOMEM);
	s->fd = -1;
	enum err e = file_mkdirs(dir, 0700, why);
	if (e)
		return e;
	s->dir = strdup(dir);
	s->path = file_join(dir, "records");
	if (!s->dir || !s->path)
		return fail(why, E_NOMEM);
	s->fd = open(s->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->fd < 0)
		return fail(why, E_FILE_OPEN, s->path, strerror(errno));
	bool is_ours = pread(s->fd, head, HEAD_BYTES, 0) == HEAD_BYTES &&
	               sscanf(head, "hujiao-spool %" SCNd64, &s->id) == 1;
	if ((e = is_ours ? find_end(s, why) : spool_clear(s, why)))
		return e;
	*ret = s;
	s = NULL;
	return ERR_OK;
}

void spool_close(struct spool **ps)
{
	struct spool *s = *ps;
	if (!s)
		return;
	if (s->fd >= 0)
		close(s->fd);
	free(s->body);
	free(s->dir);
	free(s->path);
	free(s);
	*ps = NULL;
}

int64_t spool_id(const struct spool *s)
{
	return s->id;
}

int64_t spool_count(const struct spool *s)
{
	return atomic_load(&s->count);
}
