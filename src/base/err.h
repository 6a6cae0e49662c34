/* base/err.h -- how a call fails.
 *
 * A fallible function returns enum err, the kind (for code). The sentence for a person is a row of
 * errors.def plus arguments, kept in struct why and rendered in the reader's language by
 * why_text(). Code below api/ and app/ returns errors; whoever handles one logs it, once. */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_USE __attribute__((warn_unused_result))
#define CLEANUP(fn) __attribute__((cleanup(fn)))

enum err {
	ERR_OK = 0,
	ERR_INVALID,   /* the input breaks a rule             400 */
	ERR_DENIED,    /* known caller, not allowed           403 */
	ERR_NOT_FOUND, /*                                     404 */
	ERR_CONFLICT,  /* a fine request at the wrong moment  409 */
	ERR_LIMIT,     /* a configured bound is reached       429 */
	ERR_NOMEM,     /*                                     500 */
	ERR_IO,        /* disk, network or database said no   500 */
	ERR_AUTH,      /* who are you?                        401 */
	ERR_BUSY,      /* overloaded, try again               503 */
	ERR_END,       /* a reader has nothing more; never leaves the area that reads */
};

enum err_code {
	E_NONE,
#define E(code, kind, en, zh, args) code,
#include "base/errors.def"
#undef E
	E_COUNT
};

enum { WHY_ARGS = 4, WHY_ARG_BYTES = 120 };

/* Why a call failed. Zero-initialised means "nothing said". */
struct why {
	enum err_code code;
	char arg[WHY_ARGS][WHY_ARG_BYTES]; /* in the order of the row's argument names */
};

enum lang { LANG_EN, LANG_ZH };

struct err_arg {
	const char *s; /* NULL: the integer counts */
	int64_t i;
};

static inline struct err_arg err_arg_s(const char *s)
{
	return (struct err_arg){ s ? s : "", 0 };
}
static inline struct err_arg err_arg_i(int64_t i)
{
	return (struct err_arg){ NULL, i };
}
#define ERR_ARG(x) \
	_Generic((x), char * : err_arg_s, const char * : err_arg_s, default : err_arg_i)(x)

enum err fail_note(struct why *why, enum err_code code, const struct err_arg *a, size_t n);

static inline enum err fail_args(struct why *why, enum err_code code, const struct err_arg *a,
                                 size_t n)
{
	enum err e = fail_note(why, code, a, n);
	if (e == ERR_OK)
		__builtin_unreachable(); /* so that compilers and analysers know that failing fails
		                          */
	return e;
}

/** fail(why, code, args...) writes the reason into `why` (NULL: not wanted) and returns the code's
 *  kind, so failing stays one line. At most WHY_ARGS arguments, strings or integers, in the order
 *  of the row's names: fail(why, E_IMPORT_CELL, path, row). */
#define FAIL_1(w, c) fail_args((w), (c), NULL, 0)
#define FAIL_2(w, c, a) fail_args((w), (c), (const struct err_arg[]){ ERR_ARG(a) }, 1)
#define FAIL_3(w, c, a, b) \
	fail_args((w), (c), (const struct err_arg[]){ ERR_ARG(a), ERR_ARG(b) }, 2)
#define FAIL_4(w, c, a, b, d) \
	fail_args((w), (c), (const struct err_arg[]){ ERR_ARG(a), ERR_ARG(b), ERR_ARG(d) }, 3)
#define FAIL_5(w, c, a, b, d, e) \
	fail_args((w), (c), \
	          (const struct err_arg[]){ ERR_ARG(a), ERR_ARG(b), ERR_ARG(d), ERR_ARG(e) }, 4)
#define FAIL_PICK(p1, p2, p3, p4, p5, n, ...) n
#define fail(why, ...) \
	FAIL_PICK(__VA_ARGS__, FAIL_5, FAIL_4, FAIL_3, FAIL_2, FAIL_1, 0)(why, __VA_ARGS__)

enum err err_kind(enum err_code code);
const char *err_code_name(enum err_code code); /* "E_IMPORT_CELL"; static storage */
const char *err_code_args(enum err_code code); /* "path,row": the argument names; static storage */
const char *err_kind_name(enum err e);         /* "INVALID"; static storage */

/** Renders the sentence into `buf` (always terminated) and returns `buf`. */
const char *why_text(const struct why *why, enum lang lang, char *buf, size_t size);

/** The sentence in English for logs and tests; valid until the thread's next call. */
const char *why_en(const struct why *why);

#endif
