#include "app/bundle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

enum { BLOCK = 512, NAME_BYTES = 64, PATH_MAX_BYTES = 1024 };

/* POSIX ustar, the fields in use. */
struct header {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], sum[8], type, link[100],
	    magic[6], version[2], user[32], group[32], major[8], minor[8], prefix[155], pad[12];
};
_Static_assert(sizeof(struct header) == BLOCK, "a tar header is one block");

struct bundle {
	gzFile out;
	char path[PATH_MAX_BYTES], folder[NAME_BYTES];
	bool is_failed;
};

enum err bundle_new(const char *path, const char *folder, struct bundle **ret, struct why *why)
{
	struct bundle *b = calloc(1, sizeof *b);
	if (!b)
		return fail(why, E_NOMEM);
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	b->out = fd < 0 ? NULL : gzdopen(fd, "wb");
	if (!b->out) {
		enum err e = fail(why, E_FILE_WRITE, path, strerror(errno));
		if (fd >= 0)
			close(fd);
		free(b);
		return e;
	}
	str_copy(b->path, sizeof b->path, path);
	str_copy(b->folder, sizeof b->folder, folder);
	*ret = b;
	return ERR_OK;
}

static void put(struct bundle *b, const void *p, size_t n)
{
	if (n && gzwrite(b->out, p, (unsigned)n) != (int)n)
		b->is_failed = true;
}

static void seal(struct header *h)
{
	unsigned sum = 0;
	memset(h->sum, ' ', sizeof h->sum);
	for (size_t i = 0; i < sizeof *h; i++)
		sum += ((const unsigned char *)h)[i];
	snprintf(h->sum, sizeof h->sum, "%06o", sum & 0777777U);
	h->sum[7] = ' ';
}

void bundle_add(struct bundle *b, const char *name, const struct str *text)
{
	static const char ZEROS[BLOCK];
	struct header h = { .type = '0', .magic = "ustar" };
	memcpy(h.version, "00", 2);
	snprintf(h.name, sizeof h.name, "%s/%s", b->folder, name);
	snprintf(h.mode, sizeof h.mode, "%07o", 0600U);
	snprintf(h.uid, sizeof h.uid, "%07o", 0U);
	snprintf(h.gid, sizeof h.gid, "%07o", 0U);
	snprintf(h.size, sizeof h.size, "%011llo", (unsigned long long)text->len);
	snprintf(h.mtime, sizeof h.mtime, "%011llo", (unsigned long long)time(NULL));
	seal(&h);
	put(b, &h, sizeof h);
	put(b, str_text(text), text->len);
	put(b, ZEROS, (BLOCK - text->len % BLOCK) % BLOCK);
}

enum err bundle_end(struct bundle **bp, struct why *why)
{
	static const char END[2 * BLOCK];
	struct bundle *b = *bp;
	put(b, END, sizeof END);
	bool ok = gzclose(b->out) == Z_OK && !b->is_failed;
	enum err e = ok ? ERR_OK : fail(why, E_FILE_WRITE, b->path, strerror(errno));
	free(b);
	*bp = NULL;
	return e;
}
