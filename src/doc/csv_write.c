#include "doc/csv_write.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { OUT_COLUMNS = 256 };

struct csv_out {
	FILE *f;
	char *path;
	enum out_kind *kinds;
	size_t n;
};

static void put_text(FILE *f, const char *s)
{
	if (!s || !*s)
		return;
	const char *guard = strchr("=+-@\t\r", *s) ? "'" : "";
	if (!strpbrk(s, ",\"\r\n\t;")) {
		fprintf(f, "%s%s", guard, s);
		return;
	}
	fprintf(f, "\"%s", guard);
	for (; *s; s++) {
		if (*s == '"')
			putc('"', f);
		putc(*s, f);
	}
	putc('"', f);
}

static void put_value(FILE *f, enum out_kind kind, const struct out_cell *v)
{
	if (kind == OUT_TEXT) {
		put_text(f, v->text);
		return;
	}
	if (v->is_empty)
		return;
	const char *minus = v->i < 0 ? "-" : "";
	int64_t a = v->i < 0 ? -v->i : v->i;
	switch (kind) {
	case OUT_NUMBER:
		fprintf(f, "%" PRId64, v->i);
		break;
	case OUT_DURATION:
		fprintf(f, "%s%" PRId64 ":%02d:%02d", minus, a / 3600, (int)(a / 60 % 60),
		        (int)(a % 60));
		break;
	case OUT_FEN:
		fprintf(f, "%s%" PRId64 ".%02d", minus, a / 100, (int)(a % 100));
		break;
	case OUT_PERCENT:
		fprintf(f, "%.1f%%", v->d * 100);
		break;
	case OUT_DECIMAL:
	case OUT_TEXT:
		fprintf(f, "%.2f", v->d);
		break;
	}
}

static enum err end_row(struct csv_out *o, struct why *why)
{
	fputs("\r\n", o->f);
	if (!ferror(o->f))
		return ERR_OK;
	const char *slash = strrchr(o->path, '/');
	return fail(why, E_DOC_WRITE, slash ? slash + 1 : o->path, strerror(errno));
}

enum err csv_out_new(const char *path, const struct out_column *columns, size_t n,
                     struct csv_out **ret, struct why *why)
{
	if (n < 1 || n > OUT_COLUMNS)
		return fail(why, E_DOC_FIELDS, OUT_COLUMNS);
	CLEANUP(csv_out_free) struct csv_out *o = calloc(1, sizeof *o);
	if (!o || !(o->path = strdup(path)) || !(o->kinds = calloc(n, sizeof *o->kinds)))
		return fail(why, E_NOMEM);
	o->f = fopen(path, "wbe");
	if (!o->f)
		return fail(why, E_FILE_WRITE, path, strerror(errno));
	fputs("\xEF\xBB\xBF", o->f);
	for (; o->n < n; o->n++) {
		o->kinds[o->n] = columns[o->n].kind;
		if (o->n)
			putc(',', o->f);
		put_text(o->f, columns[o->n].title);
	}
	enum err e = end_row(o, why);
	if (e)
		return e;
	*ret = o;
	o = NULL;
	return ERR_OK;
}

enum err csv_out_row(struct csv_out *o, const struct out_cell *cells, struct why *why)
{
	for (size_t c = 0; c < o->n; c++) {
		if (c)
			putc(',', o->f);
		put_value(o->f, o->kinds[c], &cells[c]);
	}
	return end_row(o, why);
}

static void release(struct csv_out *o)
{
	free(o->kinds);
	free(o->path);
	free(o);
}

enum err csv_out_finish(struct csv_out **op, struct why *why)
{
	struct csv_out *o = *op;
	*op = NULL;
	enum err e = ERR_OK;
	if (fclose(o->f) != 0)
		e = fail(why, E_DOC_WRITE, o->path, strerror(errno));
	release(o);
	return e;
}

void csv_out_free(struct csv_out **op)
{
	struct csv_out *o = *op;
	if (!o)
		return;
	*op = NULL;
	if (o->f) {
		fclose(o->f);
		unlink(o->path);
	}
	release(o);
}
