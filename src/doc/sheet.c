#include "doc/sheet.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "doc/sheet_int.h"

/* A list of a million rows and thirty columns passes; what is larger was not made by a person. */
const struct sheet_limits SHEET_LIMITS = {
	.columns = 512,
	.rows = 1048576,
	.cell_bytes = 128 * 1024, /* a spreadsheet's own limit is 32,767 characters */
	.file_bytes = 256LL << 20,
	.unpacked_bytes = 1536LL << 20,
	.ratio = 200, /* tables pack 10 to 40 times, a bomb about 1000 times */
	.strings = 8000000,
};

static enum err sniff(const struct sheet *s, const struct sheet_driver **ret, struct why *why)
{
	unsigned char head[8] = { 0 };
	int fd = open(s->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fail(why, E_FILE_OPEN, s->file, strerror(errno));
	ssize_t n = read(fd, head, sizeof head);
	close(fd);
	if (n < 0)
		return fail(why, E_FILE_READ, s->file, strerror(errno));
	if (memcmp(head, "PK\003\004", 4) == 0 || memcmp(head, "PK\005\006", 4) == 0)
		*ret = &SHEET_DRIVER_XLSX;
	else if (memcmp(head, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8) == 0)
		*ret = &SHEET_DRIVER_XLS;
	else
		*ret = &SHEET_DRIVER_CSV;
	return ERR_OK;
}

enum err sheet_damaged(const struct sheet *s, int64_t row, const char *what, struct why *why)
{
	return row > 0 ? fail(why, E_DOC_DAMAGED, s->file, row, what)
	               : fail(why, E_DOC_BROKEN, s->file, what);
}

static enum err measure(struct sheet *s, struct why *why)
{
	struct stat st;
	if (stat(s->path, &st) != 0)
		return fail(why, E_FILE_OPEN, s->file, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return fail(why, E_DOC_NOT_TABLE, s->file);
	s->size_bytes = st.st_size;
	if (s->size_bytes == 0)
		return fail(why, E_DOC_EMPTY, s->file);
	if (s->size_bytes > s->lim.file_bytes)
		return fail(why, E_DOC_BIG, s->file, s->size_bytes >> 20, s->lim.file_bytes >> 20);
	return ERR_OK;
}

enum err sheet_open_limits(const char *path, const struct sheet_limits *lim, struct sheet **ret,
                           struct why *why)
{
	CLEANUP(sheet_close) struct sheet *s = calloc(1, sizeof *s);
	if (!s || !(s->path = strdup(path)))
		return fail(why, E_NOMEM);
	s->lim = *lim;
	const char *slash = strrchr(s->path, '/');
	s->file = slash ? slash + 1 : s->path;

	const struct sheet_driver *driver = NULL;
	enum err e = rowbuf_init(&s->row, lim, why);
	if (e || (e = measure(s, why)) || (e = sniff(s, &driver, why)))
		return e;
	s->driver = driver;
	if ((e = driver->open(s, why)))
		return e;
	*ret = s;
	s = NULL;
	return ERR_OK;
}

enum err sheet_open(const char *path, struct sheet **ret, struct why *why)
{
	return sheet_open_limits(path, &SHEET_LIMITS, ret, why);
}

enum err sheet_next(struct sheet *s, struct sheet_row *ret, struct why *why)
{
	while (!s->ended) {
		rowbuf_clear(&s->row);
		s->ended = s->driver->next(s, why);
		if (s->ended || s->row.n == 0)
			continue;
		if (++s->rows > s->lim.rows) {
			s->ended = fail(why, E_DOC_ROWS, s->lim.rows);
			continue;
		}
		*ret = (struct sheet_row){ rowbuf_cells(&s->row), s->row.n, s->row_number };
		return ERR_OK;
	}
	return s->ended;
}

const struct sheet_info *sheet_info(const struct sheet *s)
{
	return &s->info;
}

int sheet_pct(const struct sheet *s)
{
	if (s->ended)
		return 100;
	int64_t pct = s->size_bytes > 0 ? s->read_bytes * 100 / s->size_bytes : 0;
	return pct > 99 ? 99 : (int)pct;
}

void sheet_close(struct sheet **sp)
{
	struct sheet *s = *sp;
	if (!s)
		return;
	if (s->driver)
		s->driver->close(s->state);
	rowbuf_done(&s->row);
	free(s->path);
	free(s);
	*sp = NULL;
}
