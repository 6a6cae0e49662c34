#include "doc/decode.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unicode/ucnv.h>

enum { IN_BYTES = 64 * 1024, OUT_BYTES = 4 * IN_BYTES, PIVOT = 4096 };

enum encoding { UTF8, UTF16LE, UTF16BE, GB18030 };
static const char *const NAMES[] = { "UTF-8", "UTF-16LE", "UTF-16BE", "GB18030" };

struct decoder {
	FILE *f;
	char *file;
	enum encoding enc;
	int64_t read_bytes;
	UConverter *from, *to; /* NULL: UTF-8 already */
	char in[IN_BYTES], out[OUT_BYTES];
	const char *src, *src_end;
	UChar pivot[PIVOT];
	UChar *pivot_src, *pivot_dst;
	bool is_started, is_eof, is_flushed;
};

/* What one pass over the bytes finds. */
struct survey {
	bool is_utf8;
	int64_t lines, odd_line; /* odd_line: the first with a byte that no text has; 0: none */
	int64_t nuls[2];         /* by parity of their place */
	int64_t at;
	int need;                /* continuation bytes still due */
	unsigned char low, high; /* bounds of the next one */
};

/* RFC 3629, section 4. */
static void utf8_step(struct survey *v, unsigned char c)
{
	if (v->need) {
		if (c < v->low || c > v->high)
			v->is_utf8 = false;
		v->need--;
		v->low = 0x80;
		v->high = 0xBF;
		return;
	}
	if (c < 0x80)
		return;
	v->low = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
	v->high = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
	if (c >= 0xC2 && c <= 0xDF)
		v->need = 1;
	else if ((c & 0xF0) == 0xE0)
		v->need = 2;
	else if (c >= 0xF0 && c <= 0xF4)
		v->need = 3;
	else
		v->is_utf8 = false;
}

static bool is_control(unsigned char c)
{
	/* 0x1A ends old DOS files, 0x0C breaks pages. */
	return (c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1A) ||
	       c == 0x7F;
}

static void survey_bytes(struct survey *v, const unsigned char *p, size_t n)
{
	for (size_t i = 0; i < n; i++, v->at++) {
		unsigned char c = p[i];
		if (v->is_utf8)
			utf8_step(v, c);
		if (c == '\n')
			v->lines++;
		if (c == 0)
			v->nuls[v->at & 1]++;
		else if (is_control(c) && !v->odd_line)
			v->odd_line = v->lines + 1;
	}
}

/* True when a file that should be a table is a page: some systems export HTML named .xls. */
static bool is_markup(const char *p, size_t n)
{
	static const char *const STARTS[] = { "<html",  "<!doctype", "<?xml",
		                              "<table", "<meta",     "<head" };
	size_t i = n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
	while (i < n && strchr(" \t\r\n", p[i]) && p[i])
		i++;
	for (size_t k = 0; k < sizeof STARTS / sizeof *STARTS; k++) {
		size_t m = strlen(STARTS[k]);
		if (n - i >= m && strncasecmp(p + i, STARTS[k], m) == 0)
			return true;
	}
	return false;
}

static enum err survey_file(struct decoder *d, struct survey *v, unsigned char mark[3],
                            struct why *why)
{
	size_t n, first = 0;
	*v = (struct survey){ .is_utf8 = true, .low = 0x80, .high = 0xBF };
	while ((n = fread(d->in, 1, IN_BYTES, d->f)) > 0) {
		if (!first) {
			first = n;
			memcpy(mark, d->in, n < 3 ? n : 3);
			if (is_markup(d->in, n))
				return fail(why, E_DOC_HTML, d->file);
		}
		survey_bytes(v, (const unsigned char *)d->in, n);
	}
	if (ferror(d->f))
		return fail(why, E_FILE_READ, d->file, strerror(errno));
	if (v->need)
		v->is_utf8 = false;
	rewind(d->f);
	return ERR_OK;
}

static enum err decide(struct decoder *d, struct why *why)
{
	struct survey v;
	unsigned char mark[3] = { 0 };
	enum err e = survey_file(d, &v, mark, why);
	if (e)
		return e;
	long skip = 0;
	if (memcmp(mark, "\xEF\xBB\xBF", 3) == 0) {
		d->enc = UTF8;
		skip = 3;
	} else if (memcmp(mark, "\xFF\xFE", 2) == 0 || memcmp(mark, "\xFE\xFF", 2) == 0) {
		d->enc = mark[0] == 0xFF ? UTF16LE : UTF16BE;
		skip = 2;
	} else if (v.nuls[0] + v.nuls[1] > 0) {
		if (v.nuls[0] > 0 && v.nuls[1] > 0)
			return fail(why, E_DOC_BINARY, d->file, v.odd_line ? v.odd_line : 1);
		d->enc = v.nuls[1] > 0 ? UTF16LE : UTF16BE;
	} else {
		d->enc = v.is_utf8 ? UTF8 : GB18030;
	}
	bool is_bytes = d->enc == UTF8 || d->enc == GB18030;
	if (is_bytes && (v.odd_line || v.nuls[0] + v.nuls[1] > 0))
		return fail(why, E_DOC_BINARY, d->file, v.odd_line ? v.odd_line : 1);
	if (d->enc == UTF8 && !v.is_utf8)
		return fail(why, E_DOC_ENCODING, d->file, 1, NAMES[UTF8]);
	fseek(d->f, skip, SEEK_SET);
	d->read_bytes = skip;
	return ERR_OK;
}

static enum err open_converters(struct decoder *d, struct why *why)
{
	if (d->enc == UTF8)
		return ERR_OK;
	UErrorCode u = U_ZERO_ERROR;
	d->from = ucnv_open(NAMES[d->enc], &u);
	d->to = ucnv_open("UTF-8", &u);
	if (U_SUCCESS(u))
		ucnv_setToUCallBack(d->from, UCNV_TO_U_CALLBACK_STOP, NULL, NULL, NULL, &u);
	if (U_FAILURE(u))
		return fail(why, E_INTERNAL, u_errorName(u));
	d->pivot_src = d->pivot_dst = d->pivot;
	return ERR_OK;
}

enum err decode_open(const char *path, const char *file, struct decoder **ret, struct why *why)
{
	CLEANUP(decode_close) struct decoder *d = calloc(1, sizeof *d);
	if (!d || !(d->file = strdup(file)))
		return fail(why, E_NOMEM);
	d->f = fopen(path, "rbe");
	if (!d->f)
		return fail(why, E_FILE_OPEN, file, strerror(errno));
	enum err e = decide(d, why);
	if (e || (e = open_converters(d, why)))
		return e;
	*ret = d;
	d = NULL;
	return ERR_OK;
}

void decode_close(struct decoder **dp)
{
	struct decoder *d = *dp;
	if (!d)
		return;
	if (d->from)
		ucnv_close(d->from);
	if (d->to)
		ucnv_close(d->to);
	if (d->f)
		fclose(d->f);
	free(d->file);
	free(d);
	*dp = NULL;
}

const char *decode_encoding(const struct decoder *d)
{
	return NAMES[d->enc];
}

int64_t decode_read_bytes(const struct decoder *d)
{
	return d->read_bytes;
}

static enum err read_in(struct decoder *d, struct why *why)
{
	size_t n = fread(d->in, 1, IN_BYTES, d->f);
	if (n == 0 && ferror(d->f))
		return fail(why, E_FILE_READ, d->file, strerror(errno));
	d->read_bytes += (int64_t)n;
	d->src = d->in;
	d->src_end = d->in + n;
	d->is_eof = n == 0;
	return ERR_OK;
}

/* Converts what `in` holds; leaves the rest when `out` is full. */
static enum err convert(struct decoder *d, int64_t row, size_t *ret_bytes, struct why *why)
{
	char *dst = d->out;
	UErrorCode u = U_ZERO_ERROR;
	ucnv_convertEx(d->to, d->from, &dst, d->out + OUT_BYTES, &d->src, d->src_end, d->pivot,
	               &d->pivot_src, &d->pivot_dst, d->pivot + PIVOT, !d->is_started, d->is_eof,
	               &u);
	d->is_started = true;
	*ret_bytes = (size_t)(dst - d->out);
	if (u == U_BUFFER_OVERFLOW_ERROR)
		return ERR_OK;
	if (U_FAILURE(u))
		return fail(why, E_DOC_ENCODING, d->file, row ? row : 1, NAMES[d->enc]);
	d->is_flushed = d->is_eof;
	return ERR_OK;
}

enum err decode_more(struct decoder *d, int64_t row, const char **ret, size_t *ret_bytes,
                     struct why *why)
{
	for (;;) {
		if (d->is_flushed)
			return ERR_END;
		enum err e;
		if (d->src == d->src_end && !d->is_eof && (e = read_in(d, why)))
			return e;
		if (!d->from) {
			*ret = d->src;
			*ret_bytes = (size_t)(d->src_end - d->src);
			d->src = d->src_end;
			d->is_flushed = d->is_eof;
		} else {
			if ((e = convert(d, row, ret_bytes, why)))
				return e;
			*ret = d->out;
		}
		if (*ret_bytes > 0)
			return ERR_OK;
	}
}
