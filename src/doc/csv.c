/* CSV after RFC 4180, read as leniently as spreadsheet programs read it: quotes with embedded
 * newlines, CR, LF or CRLF, and the ="0138" by which exports keep leading zeros. */
#include <stdlib.h>
#include <string.h>

#include "doc/decode.h"
#include "doc/sheet_int.h"

enum { SAMPLE_RECORDS = 20 };
static const char DELIMITERS[] = ",\t;|";

struct csv {
	struct decoder *in;
	const char *p, *end;
	char delimiter;
	int64_t records;
	bool is_over, skip_lf;
};

/* A piece of text or ERR_END; `c->p` < `c->end` on ERR_OK. */
static enum err refill(struct sheet *s, struct csv *c, struct why *why)
{
	if (c->is_over)
		return ERR_END;
	size_t n = 0;
	enum err e = decode_more(c->in, c->records, &c->p, &n, why);
	c->end = e ? c->p : c->p + n;
	c->is_over = e == ERR_END;
	s->read_bytes = decode_read_bytes(c->in);
	return e;
}

/* ---- which delimiter ---- */

/* Counts the fields of the first records of `p` as if `d` were the delimiter. */
static int count_fields(const char *p, const char *end, char d, int *fields)
{
	int records = 0, n = 1;
	bool in_quotes = false, is_blank = true;
	for (; p < end && records < SAMPLE_RECORDS; p++) {
		if (*p == '"')
			in_quotes = !in_quotes;
		if (in_quotes || (*p != '\n' && *p != '\r')) {
			n += !in_quotes && *p == d;
			is_blank = false;
		} else if (!is_blank) {
			fields[records++] = n;
			n = 1;
			is_blank = true;
		}
	}
	if (!is_blank && records < SAMPLE_RECORDS)
		fields[records++] = n;
	return records;
}

/* The delimiter that splits most records like the first; among equals, into more fields. */
static char choose_delimiter(const char *p, const char *end)
{
	char best = ',';
	int best_score = 0;
	for (const char *d = DELIMITERS; *d; d++) {
		int fields[SAMPLE_RECORDS], same = 0;
		int n = count_fields(p, end, *d, fields);
		for (int i = 0; i < n; i++)
			same += fields[i] == fields[0];
		if (n == 0 || fields[0] < 2)
			continue;
		int score = same * 1000 / n * 10 + (fields[0] < 10 ? fields[0] : 9);
		if (score > best_score) {
			best_score = score;
			best = *d;
		}
	}
	return best;
}

/* "sep=;" on the first line is an instruction to spreadsheet programs, not a row. */
static bool take_sep_line(struct csv *c)
{
	size_t n = (size_t)(c->end - c->p);
	if (n < 6 || memcmp(c->p, "sep=", 4) != 0 || !strchr(DELIMITERS, c->p[4]) ||
	    (c->p[5] != '\r' && c->p[5] != '\n'))
		return false;
	c->delimiter = c->p[4];
	c->skip_lf = c->p[5] == '\r';
	c->p += 6;
	c->records++;
	return true;
}

static enum err csv_open(struct sheet *s, struct why *why)
{
	struct csv *c = s->state = calloc(1, sizeof *c);
	if (!c)
		return fail(why, E_NOMEM);
	enum err e = decode_open(s->path, s->file, &c->in, why);
	if (e)
		return e;
	s->info.format = SHEET_CSV;
	strncpy(s->info.encoding, decode_encoding(c->in), sizeof s->info.encoding - 1);
	e = refill(s, c, why);
	if (e == ERR_END)
		return fail(why, E_DOC_EMPTY, s->file);
	if (e)
		return e;
	if (!take_sep_line(c))
		c->delimiter = choose_delimiter(c->p, c->end);
	s->info.delimiter = c->delimiter;
	return ERR_OK;
}

/* ---- records ---- */

enum csv_state { AT_START, IN_PLAIN, IN_QUOTES, AFTER_QUOTE };

struct field {
	enum csv_state state;
	size_t column;
};

/* ="0138" -> 0138 */
static void strip_formula_quotes(struct rowbuf *r)
{
	char *t = r->text + r->open_at;
	size_t n = r->text_len - r->open_at;
	if (n < 3 || t[0] != '=' || t[1] != '"' || t[n - 1] != '"' || memchr(t + 2, '"', n - 3))
		return;
	memmove(t, t + 2, n - 3);
	r->text_len = r->open_at + n - 3;
}

static enum err field_end(struct sheet *s, struct field *f, struct why *why)
{
	strip_formula_quotes(&s->row);
	enum err e = rowbuf_end(&s->row, CELL_TEXT, false, s->row_number, why);
	f->state = AT_START;
	f->column++;
	rowbuf_begin(&s->row, f->column);
	return e;
}

static bool is_plain(char ch, char delimiter)
{
	return ch != delimiter && ch != '"' && ch != '\n' && ch != '\r' &&
	       (unsigned char)ch >= 0x20;
}

/* Adds the run of ordinary characters at c->p. */
static enum err take_run(struct sheet *s, struct csv *c, struct field *f, struct why *why)
{
	const char *from = c->p;
	while (c->p < c->end && is_plain(*c->p, c->delimiter))
		c->p++;
	if (f->state != IN_QUOTES)
		f->state = IN_PLAIN;
	return rowbuf_add(&s->row, from, (size_t)(c->p - from), s->row_number, why);
}

static enum err take_quote(struct sheet *s, struct field *f, struct why *why)
{
	switch (f->state) {
	case AT_START:
		f->state = IN_QUOTES;
		return ERR_OK;
	case IN_QUOTES:
		f->state = AFTER_QUOTE;
		return ERR_OK;
	case AFTER_QUOTE: /* the second of two: a quotation mark is meant */
		f->state = IN_QUOTES;
		break;
	case IN_PLAIN:
		break;
	}
	return rowbuf_add(&s->row, "\"", 1, s->row_number, why);
}

/* One character that is not ordinary. ERR_END: the record is complete. */
static enum err take_special(struct sheet *s, struct csv *c, struct field *f, struct why *why)
{
	char ch = *c->p++;
	if (ch == '"')
		return take_quote(s, f, why);
	if ((unsigned char)ch < 0x20 && ch != '\t' && ch != '\n' && ch != '\r') {
		if (ch == '\f' || ch == 0x1A)
			return ERR_OK;
		return fail(why, E_DOC_BINARY, s->file, s->row_number);
	}
	if (f->state == IN_QUOTES)
		return rowbuf_add(&s->row, &ch, 1, s->row_number, why);
	if (ch == c->delimiter)
		return field_end(s, f, why);
	if (ch == '\n' || ch == '\r') {
		c->skip_lf = ch == '\r';
		enum err e = field_end(s, f, why);
		return e ? e : ERR_END;
	}
	return rowbuf_add(&s->row, &ch, 1, s->row_number, why);
}

static enum err csv_next(struct sheet *s, struct why *why)
{
	struct csv *c = s->state;
	struct field f = { AT_START, 0 };
	s->row_number = ++c->records;
	rowbuf_begin(&s->row, 0);
	bool has_bytes = false;
	for (;;) {
		enum err e;
		if (c->p == c->end && (e = refill(s, c, why))) {
			if (e != ERR_END)
				return e;
			if (f.state == IN_QUOTES)
				return fail(why, E_DOC_QUOTE, s->row_number);
			return has_bytes ? field_end(s, &f, why) : ERR_END;
		}
		if (c->skip_lf) {
			c->skip_lf = false;
			if (*c->p == '\n') {
				c->p++;
				continue;
			}
		}
		has_bytes = true;
		e = is_plain(*c->p, c->delimiter) ? take_run(s, c, &f, why)
		                                  : take_special(s, c, &f, why);
		if (e)
			return e == ERR_END ? ERR_OK : e;
	}
}

static void csv_close(void *state)
{
	struct csv *c = state;
	if (!c)
		return;
	decode_close(&c->in);
	free(c);
}

const struct sheet_driver SHEET_DRIVER_CSV = { csv_open, csv_next, csv_close };
