/* auth/audit.h -- who did what to what, from where. Rows are never changed. */
#ifndef AUTH_AUDIT_H
#define AUTH_AUDIT_H

#include <stdint.h>

#include "base/err.h"

struct db;
struct tx;
struct scope;

struct audit {
	int64_t id; /* id_new() by the caller, so that a repeated job writes one row */
	int64_t at_utc_ms;
	int64_t person_id; /* 0: the program */
	int64_t unit_id;   /* 0: none */
	const char
	    *action; /* "recording.play", "call.listen", "dnc.add": area.verb, a fixed word */
	const char *subject_kind; /* "call", "customer", "person"; "" for none */
	int64_t subject_id;       /* 0: none */
	const char *addr;         /* the client's address; "" for the program */
	const char *detail;       /* a JSON object; NULL: {} ; never a telephone number */
};

/** Adds the row in the job's own commit. */
enum err audit_add(struct tx *tx, const struct audit *a, struct why *why) MUST_USE;

/** Adds it unless the same person did the same to the same thing within `within_ms`: a player that
 *  asks for a recording in pieces plays it once. */
enum err audit_add_once(struct tx *tx, const struct audit *a, int64_t within_ms,
                        struct why *why) MUST_USE;

struct audit_row {
	int64_t id, at_utc_ms, person_id, unit_id, subject_id; /* 0: none */
	const char *job_no, *name, *action, *subject_kind, *addr, *detail;
};
typedef enum err audit_fn(const struct audit_row *r, void *ctx, struct why *why);

struct audit_filter {
	int64_t from_utc_ms, to_utc_ms; /* to: 0 is now and later */
	int64_t person_id;              /* 0: all */
	const char *action;             /* "": all; "recording" finds "recording.play" as well */
	int64_t subject_id;             /* 0: all */
	int64_t size, offset;
};
/** Newest first, as far as the scope reaches. */
enum err audit_each(struct db *db, const struct scope *sc, const struct audit_filter *f,
                    audit_fn *fn, void *ctx, int64_t *ret_total, struct why *why) MUST_USE;

#endif
