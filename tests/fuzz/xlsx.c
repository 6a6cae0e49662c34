/* The XML inside an .xlsx: the input is the parts as text, packed here without compression, so that
 * a change reaches the parser and not a checksum.
 *
 *     xl/workbook.xml
 *     <workbook ...>
 *     --part--
 *     xl/worksheets/sheet1.xml
 *     <worksheet ...> */
#include "fuzz.h"

#include <string.h>

#include "doc/sheet.h"

enum { PARTS = 12, NAME_BYTES = 64, LOCAL_BYTES = 30, CENTRAL_BYTES = 46, END_BYTES = 22 };

static const struct sheet_limits LIMITS = { .columns = 64,
	                                    .rows = 5000,
	                                    .cell_bytes = 4096,
	                                    .file_bytes = 4 << 20,
	                                    .unpacked_bytes = 1 << 20,
	                                    .ratio = 100,
	                                    .strings = 500 };

struct part {
	char name[NAME_BYTES];
	const uint8_t *body;
	size_t size, at;
	uint32_t crc;
};

static uint32_t crc32_of(const uint8_t *p, size_t n)
{
	uint32_t c = 0xFFFFFFFFu;
	for (size_t i = 0; i < n; i++) {
		c ^= p[i];
		for (int k = 0; k < 8; k++)
			c = c >> 1 ^ (0xEDB88320u & (0u - (c & 1)));
	}
	return ~c;
}

static uint8_t *put(uint8_t *p, uint32_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		*p++ = (uint8_t)(v >> (8 * i));
	return p;
}

/* Version needed to name length: the same fields in both headers. */
static uint8_t *put_common(uint8_t *p, const struct part *f)
{
	p = put(p, 20, 2);
	p = put(p, 0, 4);    /* flags, stored */
	p = put(p, 0x21, 4); /* time, date */
	p = put(p, f->crc, 4);
	p = put(p, (uint32_t)f->size, 4);
	p = put(p, (uint32_t)f->size, 4);
	p = put(p, (uint32_t)strlen(f->name), 2);
	return put(p, 0, 2);
}

static uint8_t *put_local(uint8_t *p, const struct part *f)
{
	p = put_common(put(p, 0x04034b50, 4), f);
	p = memcpy(p, f->name, strlen(f->name));
	p += strlen(f->name);
	if (f->size)
		memcpy(p, f->body, f->size);
	return p + f->size;
}

static uint8_t *put_central(uint8_t *p, const struct part *f)
{
	p = put_common(put(put(p, 0x02014b50, 4), 20, 2), f);
	p = put(p, 0, 2);
	p = put(p, 0, 4);
	p = put(p, 0, 4);
	p = put(p, (uint32_t)f->at, 4);
	memcpy(p, f->name, strlen(f->name));
	return p + strlen(f->name);
}

static bool take_part(const uint8_t **data, size_t *size, struct part *ret)
{
	const uint8_t *p;
	size_t n;
	if (!fuzz_piece(data, size, "\n--part--\n", &p, &n))
		return false;
	const uint8_t *nl = n ? memchr(p, '\n', n) : NULL;
	size_t name = nl ? (size_t)(nl - p) : n;
	if (name >= NAME_BYTES)
		name = NAME_BYTES - 1;
	memset(ret, 0, sizeof *ret);
	if (name)
		memcpy(ret->name, p, name);
	ret->body = nl ? nl + 1 : p + n;
	ret->size = (size_t)(p + n - ret->body);
	ret->crc = crc32_of(ret->body, ret->size);
	return true;
}

static void read_all(const uint8_t *zip, size_t bytes)
{
	struct sheet *s = NULL;
	struct sheet_row row;
	struct why why = { 0 };
	enum err e = sheet_open_limits(fuzz_file(zip, bytes), &LIMITS, &s, &why);
	int64_t at = 0;
	while (!e && !(e = sheet_next(s, &row, &why))) {
		FUZZ_HOLDS(row.n >= 1 && row.n <= LIMITS.columns && row.number > at);
		for (size_t i = 0; i < row.n; i++)
			FUZZ_HOLDS(strlen(row.cells[i].text) == row.cells[i].len);
		at = row.number;
	}
	FUZZ_HOLDS(e == ERR_END || why.code);
	sheet_close(&s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct part part[PARTS];
	size_t n = 0, room = END_BYTES + size;
	while (n < PARTS && take_part(&data, &size, &part[n])) {
		room += LOCAL_BYTES + CENTRAL_BYTES + 2 * NAME_BYTES;
		n++;
	}
	uint8_t *zip = malloc(room), *p = zip;
	if (!zip)
		abort();
	for (size_t i = 0; i < n; i++) {
		part[i].at = (size_t)(p - zip);
		p = put_local(p, &part[i]);
	}
	uint32_t central = (uint32_t)(p - zip);
	for (size_t i = 0; i < n; i++)
		p = put_central(p, &part[i]);
	uint32_t length = (uint32_t)(p - zip) - central;
	p = put(put(p, 0x06054b50, 4), 0, 4);
	p = put(put(p, (uint32_t)n, 2), (uint32_t)n, 2);
	p = put(put(put(p, length, 4), central, 4), 0, 2);
	read_all(zip, (size_t)(p - zip));
	free(zip);
	return 0;
}
