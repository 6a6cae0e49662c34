/* floor/pack.h -- structs of jobs as JSON and back, by a table of their fields: for the spool.
 *
 * A field that is missing reads as zero: a newer program enters what an older one kept. Pure. */
#ifndef FLOOR_PACK_H
#define FLOOR_PACK_H

#include <jansson.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

enum pack_type {
	PACK_INT,   /* int64_t */
	PACK_SMALL, /* int or an enum */
	PACK_BOOL,
	PACK_CHARS, /* char[size] */
	PACK_TEXT,  /* const char *; read, it points into the JSON */
	PACK_BYTES, /* unsigned char[size], as hex digits */
};

struct pack_field {
	const char *name;
	enum pack_type type;
	size_t offset, size;
};

#define PACK(type, st, member) \
	{ \
#member, type, offsetof(st, member), sizeof(((st *)0)->member) \
	}
#define PACK_END \
	{ \
		NULL, PACK_INT, 0, 0 \
	}

/** @return a new object; NULL: out of memory */
json_t *pack_write(const struct pack_field *fields, const void *from);
/** `to` is zeroed in its listed fields first. `j` must outlive the texts. NULL reads as empty. */
void pack_read(const struct pack_field *fields, const json_t *j, void *to);

/** Writes and frees `j` (NULL: out of memory). */
enum err pack_text(json_t *j, struct str *out, struct why *why) MUST_USE;

#endif
