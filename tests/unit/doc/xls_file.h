/* xls_file.h -- the smallest .xls that readers accept: MS-CFB with one stream "Workbook" of BIFF8.
 */
#ifndef TESTS_UNIT_DOC_XLS_FILE_H
#define TESTS_UNIT_DOC_XLS_FILE_H

#include <stdint.h>
#include <string.h>

enum { XLS_SECTOR = 512, XLS_STREAM = 8192 };

struct xls_file {
	unsigned char
	    file[XLS_SECTOR * 4 + XLS_STREAM]; /* header, FAT, directory, stream, one spare */
	size_t at;                             /* in the stream */
	size_t bound;                          /* where BOUNDSHEET keeps the sheet's offset */
};

static inline unsigned char *xls_stream(struct xls_file *x)
{
	return x->file + XLS_SECTOR * 3;
}

static inline void xls_put(unsigned char *p, uint64_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		p[i] = (unsigned char)(v >> (8 * i));
}

static inline void xls_record(struct xls_file *x, unsigned id, const void *data, size_t n)
{
	unsigned char *p = xls_stream(x) + x->at;
	xls_put(p, id, 2);
	xls_put(p + 2, n, 2);
	memcpy(p + 4, data, n);
	x->at += 4 + n;
}

static inline void xls_bof(struct xls_file *x, unsigned type)
{
	unsigned char b[16] = { 0 };
	xls_put(b, 0x0600, 2);
	xls_put(b + 2, type, 2);
	xls_record(x, 0x0809, b, sizeof b);
}

static inline void xls_begin(struct xls_file *x, bool has_password)
{
	xls_bof(x, 5);
	if (has_password)
		xls_record(x, 0x002F, "\0\0\1\2\3\4", 6);
	x->bound = x->at + 4;
	xls_record(x, 0x0085, "\0\0\0\0\0\0\1\0A", 9);
	xls_record(x, 0x000A, "", 0);
	xls_put(xls_stream(x) + x->bound, x->at, 4);
	xls_bof(x, 0x10);
	unsigned char dim[14] = { 0 };
	xls_put(dim + 4, 10, 4);
	xls_put(dim + 10, 5, 2);
	xls_record(x, 0x0200, dim, sizeof dim);
}

static inline void xls_cell(unsigned char *b, unsigned row, unsigned column)
{
	xls_put(b, row, 2);
	xls_put(b + 2, column, 2);
	xls_put(b + 4, 0, 2);
}

static inline void xls_number(struct xls_file *x, unsigned row, unsigned column, double v)
{
	unsigned char b[14];
	xls_cell(b, row, column);
	memcpy(b + 6, &v, 8);
	xls_record(x, 0x0203, b, sizeof b);
}

/* `utf16be` has `chars` characters. */
static inline void xls_label(struct xls_file *x, unsigned row, unsigned column, const char *utf16be,
                             unsigned chars)
{
	unsigned char b[64];
	xls_cell(b, row, column);
	xls_put(b + 6, chars, 2);
	b[8] = 1;
	for (unsigned i = 0; i < chars; i++) {
		b[9 + 2 * i] = (unsigned char)utf16be[2 * i + 1];
		b[10 + 2 * i] = (unsigned char)utf16be[2 * i];
	}
	xls_record(x, 0x0204, b, 9 + 2 * chars);
}

/* Finishes the container and returns its length. */
static inline size_t xls_end(struct xls_file *x)
{
	xls_record(x, 0x000A, "", 0);
	unsigned char *h = x->file, *fat = h + XLS_SECTOR, *dir = fat + XLS_SECTOR;
	memcpy(h, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8);
	xls_put(h + 24, 0x3E, 2);
	xls_put(h + 26, 3, 2);
	xls_put(h + 28, 0xFFFE, 2);
	xls_put(h + 30, 9, 2);
	xls_put(h + 32, 6, 2);
	xls_put(h + 44, 1, 4); /* FAT sectors */
	xls_put(h + 48, 1, 4); /* directory */
	xls_put(h + 56, 4096, 4);
	xls_put(h + 60, 0xFFFFFFFE, 4);
	xls_put(h + 68, 0xFFFFFFFE, 4);
	memset(h + 76, 0xFF, XLS_SECTOR - 76);
	xls_put(h + 76, 0, 4);
	memset(fat, 0xFF, XLS_SECTOR);
	xls_put(fat, 0xFFFFFFFD, 4);
	xls_put(fat + 4, 0xFFFFFFFE, 4);
	for (unsigned i = 0; i < XLS_STREAM / XLS_SECTOR; i++)
		xls_put(fat + 8 + 4 * i, i + 1 == XLS_STREAM / XLS_SECTOR ? 0xFFFFFFFE : i + 3, 4);
	const char *name[2] = { "Root Entry", "Workbook" };
	for (int d = 0; d < 2; d++) {
		unsigned char *e = dir + 128 * d;
		size_t n = strlen(name[d]);
		for (size_t i = 0; i < n; i++)
			e[2 * i] = (unsigned char)name[d][i];
		xls_put(e + 64, 2 * (n + 1), 2);
		e[66] = d ? 2 : 5;
		e[67] = 1;
		memset(e + 68, 0xFF, 12);
		xls_put(e + 116, d ? 2 : 0xFFFFFFFE, 4);
		xls_put(e + 120, d ? XLS_STREAM : 0, 8);
	}
	xls_put(dir + 76, 1, 4); /* the root's child */
	return XLS_SECTOR * 3 + XLS_STREAM;
}

#endif
