/* doc/xlsx_part.h -- one XML part of an .xlsx, unpacked and parsed a piece at a time.
 *
 * The bounds are checked on what really comes out of the zip, not on what its directory says. A
 * document type is refused, so no entity can expand. Names lose their prefix: x:row is row. */
#ifndef DOC_XLSX_PART_H
#define DOC_XLSX_PART_H

#include <expat.h>
#include <zip.h>

#include "doc/sheet_int.h"

struct part;

/** Told about the elements of a part; `ctx` is part_ctx(). To fail: part_fail(p, fail(part_why(p),
 * ...)). */
struct part_handlers {
	void (*start)(struct part *p, const char *name, const char **attrs);
	void (*end)(struct part *p, const char *name);
	void (*text)(struct part *p, const char *s, int n);
};

/** Opens the part.
 *  @return ERR_NOT_FOUND (why untouched) when the package has no such part */
enum err part_open(struct sheet *s, zip_t *zip, const char *name, const struct part_handlers *h,
                   void *ctx, int64_t *unpacked_bytes, struct part **ret, struct why *why) MUST_USE;

/** Parses on until a handler pauses (ERR_OK) or the part ends (ERR_END). */
enum err part_run(struct part *p, struct why *why) MUST_USE;
void part_close(struct part **p);

void *part_ctx(struct part *p);
struct why *part_why(struct part *p);
void part_fail(struct part *p, enum err e);
void part_pause(struct part *p);

/** The value of an attribute, its prefix dropped; NULL: absent. */
const char *attr(const char **attrs, const char *name);

#endif
