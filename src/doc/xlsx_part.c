#include "doc/xlsx_part.h"

#include <stdlib.h>
#include <string.h>

enum {
	CHUNK_BYTES = 64 * 1024,
	DEPTH = 64,                 /* a worksheet needs about eight */
	SILENT_BYTES = 16 << 20,    /* one tag or attribute as long as this is an attack */
	RATIO_FROM_BYTES = 4 << 20, /* small parts may pack well without being a bomb */
};

struct part {
	struct sheet *s;
	zip_file_t *file;
	XML_Parser xml;
	struct part_handlers h;
	void *ctx;
	const char *name;
	int64_t packed, stated, unpacked, heard_at, *total;
	int depth;
	bool is_paused, is_over;
	enum err failed;
	struct why *why;
};

void *part_ctx(struct part *p)
{
	return p->ctx;
}

struct why *part_why(struct part *p)
{
	return p->why;
}

void part_fail(struct part *p, enum err e)
{
	if (p->failed)
		return;
	p->failed = e;
	XML_StopParser(p->xml, XML_FALSE);
}

void part_pause(struct part *p)
{
	p->is_paused = true;
	XML_StopParser(p->xml, XML_TRUE);
}

static const char *local(const char *name)
{
	const char *colon = strrchr(name, ':');
	return colon ? colon + 1 : name;
}

const char *attr(const char **attrs, const char *name)
{
	for (; attrs[0]; attrs += 2) {
		if (strcmp(local(attrs[0]), name) == 0)
			return attrs[1];
	}
	return NULL;
}

static enum err bomb(struct part *p)
{
	return fail(p->why, E_DOC_BOMB, p->s->file, p->name, p->s->row_number);
}

static void XMLCALL on_start(void *ctx, const char *name, const char **attrs)
{
	struct part *p = ctx;
	if (p->failed)
		return;
	p->heard_at = p->unpacked;
	if (++p->depth > DEPTH)
		part_fail(p, bomb(p));
	else
		p->h.start(p, local(name), attrs);
}

static void XMLCALL on_end(void *ctx, const char *name)
{
	struct part *p = ctx;
	if (p->failed)
		return;
	p->heard_at = p->unpacked;
	p->depth--;
	p->h.end(p, local(name));
}

static void XMLCALL on_text(void *ctx, const char *s, int n)
{
	struct part *p = ctx;
	if (p->failed)
		return;
	p->heard_at = p->unpacked;
	if (p->h.text)
		p->h.text(p, s, n);
}

static void XMLCALL on_doctype(void *ctx, const char *name, const char *sysid, const char *pubid,
                               int has_internal_subset)
{
	(void)name, (void)sysid, (void)pubid, (void)has_internal_subset;
	struct part *p = ctx;
	part_fail(p, sheet_damaged(p->s, p->s->row_number, "it declares a document type", p->why));
}

enum err part_open(struct sheet *s, zip_t *zip, const char *name, const struct part_handlers *h,
                   void *ctx, int64_t *unpacked_bytes, struct part **ret, struct why *why)
{
	zip_stat_t st;
	if (zip_stat(zip, name, 0, &st) != 0)
		return ERR_NOT_FOUND;
	CLEANUP(part_close) struct part *p = calloc(1, sizeof *p);
	if (!p || !(p->xml = XML_ParserCreate(NULL)))
		return fail(why, E_NOMEM);
	if ((st.valid & ZIP_STAT_ENCRYPTION_METHOD) && st.encryption_method != ZIP_EM_NONE)
		return fail(why, E_DOC_ENCRYPTED, s->file);
	p->file = zip_fopen_index(zip, st.index, 0);
	if (!p->file)
		return sheet_damaged(s, s->row_number, zip_strerror(zip), why);
	p->s = s;
	p->h = *h;
	p->ctx = ctx;
	p->name = st.name;
	p->packed = (st.valid & ZIP_STAT_COMP_SIZE) ? (int64_t)st.comp_size : s->size_bytes;
	if (p->packed > s->size_bytes)
		p->packed = s->size_bytes;
	p->stated = (st.valid & ZIP_STAT_SIZE) ? (int64_t)st.size : 0;
	p->total = unpacked_bytes;
	XML_SetUserData(p->xml, p);
	XML_SetElementHandler(p->xml, on_start, on_end);
	XML_SetCharacterDataHandler(p->xml, on_text);
	XML_SetStartDoctypeDeclHandler(p->xml, on_doctype);
	*ret = p;
	p = NULL;
	return ERR_OK;
}

static enum err over_bounds(struct part *p)
{
	const struct sheet_limits *lim = &p->s->lim;
	bool is_dense =
	    p->unpacked > RATIO_FROM_BYTES && p->unpacked / (p->packed + 1) > lim->ratio;
	bool is_silent = p->unpacked - p->heard_at > SILENT_BYTES;
	if (is_dense || is_silent || *p->total > lim->unpacked_bytes)
		return bomb(p);
	return ERR_OK;
}

/* What a parse call that did not finish means. */
static enum err verdict(struct part *p, enum XML_Status st)
{
	if (p->failed)
		return p->failed;
	if (st == XML_STATUS_ERROR)
		return p->failed = sheet_damaged(p->s, p->s->row_number,
		                                 XML_ErrorString(XML_GetErrorCode(p->xml)), p->why);
	return ERR_OK;
}

static enum err feed(struct part *p)
{
	char *buf = XML_GetBuffer(p->xml, CHUNK_BYTES);
	if (!buf)
		return p->failed = fail(p->why, E_NOMEM);
	zip_int64_t n = zip_fread(p->file, buf, CHUNK_BYTES);
	if (n < 0)
		return p->failed =
		           sheet_damaged(p->s, p->s->row_number,
		                         zip_error_strerror(zip_file_get_error(p->file)), p->why);
	p->unpacked += n;
	*p->total += n;
	if (p->stated > 0)
		p->s->read_bytes =
		    (int64_t)((double)p->unpacked / (double)p->stated * (double)p->s->size_bytes);
	enum err e = over_bounds(p);
	if (e)
		return p->failed = e;
	p->is_over = n == 0;
	return verdict(p, XML_ParseBuffer(p->xml, (int)n, p->is_over));
}

enum err part_run(struct part *p, struct why *why)
{
	p->why = why;
	if (p->failed)
		return p->failed;
	if (p->is_paused) {
		p->is_paused = false;
		enum err e = verdict(p, XML_ResumeParser(p->xml));
		if (e || p->is_paused)
			return e;
	}
	while (!p->is_over) {
		enum err e = feed(p);
		if (e || p->is_paused)
			return e;
	}
	return ERR_END;
}

void part_close(struct part **pp)
{
	struct part *p = *pp;
	if (!p)
		return;
	if (p->xml)
		XML_ParserFree(p->xml);
	if (p->file)
		zip_fclose(p->file);
	free(p);
	*pp = NULL;
}
