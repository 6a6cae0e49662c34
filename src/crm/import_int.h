/* crm/import_int.h -- what the files of the import share. */
#ifndef CRM_IMPORT_INT_H
#define CRM_IMPORT_INT_H

#include <semaphore.h>
#include <stdatomic.h>

#include "crm/import.h"
#include "crm/phone.h"
#include "doc/sheet.h"
#include "gate/consent.h"
#include "gate/gate.h"

const char *import_class_text(enum import_class c);
const char *import_class_label(enum import_class c, enum lang lang);
enum import_class import_class_parse(const char *text); /* IMPORT_CLASS_COUNT: unknown */

/* ---- the pipe from the child (import_pipe.c) ---- */

enum { IMPORT_COLUMNS = 256, IMPORT_CELL_BYTES = 32 * 1024, IMPORT_FRAME_BYTES = 9 << 20 };

struct import_pipe;

/** Starts the child on a file. @param after  rows up to this number are read and left out
 *  @param max  at most so many rows; 0: all */
enum err import_pipe_open(const char *self, const char *path, int64_t after, int64_t max,
                          struct import_pipe **ret, struct why *why) MUST_USE;
/** The next row, valid until the next call. @param ret_pct  how much of the file is read
 *  @return ERR_END; the child's error; ERR_IO E_IMPORT_CHILD when it died */
enum err import_pipe_next(struct import_pipe *p, struct sheet_row *ret, int *ret_pct,
                          struct why *why) MUST_USE;
/** Ends the child if it still runs. */
void import_pipe_close(struct import_pipe **p);

/** The child's side: gathers frames in `out` and writes them to `fd` when there are enough. */
enum err import_pipe_write_row(int fd, struct str *out, const struct sheet_row *r, int pct);
enum err import_pipe_write_end(int fd, struct str *out,
                               const struct why *why); /* E_NONE: all rows were given */
enum err import_pipe_flush(int fd, struct str *out);

/* ---- one row (import_row.c); pure ---- */

enum { IMPORT_TEXT_BYTES = 200, IMPORT_REMARK_BYTES = 2000 };

/* A row as it will be applied. */
struct import_person {
	char name[IMPORT_TEXT_BYTES], call_as[IMPORT_TEXT_BYTES], gender[4], grade[16],
	    company[IMPORT_TEXT_BYTES];
	char wechat[IMPORT_TEXT_BYTES], province[24], city[24], product[IMPORT_TEXT_BYTES];
	char source[IMPORT_TEXT_BYTES], supplier[IMPORT_TEXT_BYTES], owner[64],
	    contact[IMPORT_TEXT_BYTES];
	char remark[IMPORT_REMARK_BYTES];
	enum consent_basis basis;
	int64_t given_utc_ms, owner_id;
	struct number number[NUMBERS_MAX];
	size_t n_numbers;
};

/* What holds for the whole batch. */
struct import_batch {
	int64_t id, unit_id, campaign_id, by_id, cell_id, created_utc_ms;
	char path[512], file_name[256], state[24], source[IMPORT_TEXT_BYTES],
	    supplier[IMPORT_TEXT_BYTES];
	char purpose[24], proof[256];
	enum consent_basis basis;
	enum import_field map[IMPORT_COLUMNS]; /* by column */
	json_t *columns;                       /* as shown: header, guess, samples */
	int64_t rows_total, rows_done;
};

/** Reads the cells by the batch's mapping.
 *  @return ERR_OK; ERR_INVALID: the row is invalid; ERR_CONFLICT: it is blocked (a number nobody
 * may call); `why` says why */
enum err import_row_read(const struct import_batch *b, const struct sheet_row *r,
                         struct import_person *ret, struct why *why);

/* The job number looked up last, and whose it is: a list has few. */
struct import_owner {
	char job_no[64];
	int64_t id;
};
/** Sets owner_id of who has the row's job number now; 0: nobody. */
enum err import_owner_find(struct db *db, struct import_owner *last, struct import_person *p,
                           struct why *why) MUST_USE;

/** "张三", "m" -> "张先生"; without a gender the name itself. */
void import_call_as(const char *name, const char *gender, char *ret, size_t size);

/** "2026-03-01", "2026/3/1 9:30", "2026年3月1日" as UTC ms of China's clock. @return false: no date
 */
bool import_date(const char *text, int64_t *ret_utc_ms);

/* ---- the batch's rows in the database (import_batch.c) ---- */

enum err import_batch_load(struct db *db, int64_t id, struct import_batch *ret,
                           struct why *why) MUST_USE;
void import_batch_done(struct import_batch *b);

/** {"code":"E_NUM_SHORT","args":["5"]}: a reason as it is stored, and back. */
char *import_why_json(const struct why *why); /* the arguments alone: ["5"]; free() */
void import_why_read(const char *code, const char *args_json, struct why *ret);

/** A reader knows the stored copy only: its name in a reason becomes the one the person knows. */
void import_name_file(struct why *why, const char *path, const char *file_name);

/** Puts the batch into state "failed" with its reason. Inside a job. */
enum err import_batch_fail(struct tx *tx, int64_t id, const struct why *reason,
                           struct why *why) MUST_USE;

/** Seals text to a batch's row. @param table  "import_row.original"
 *  @param ret  malloc'd; NULL: out of memory */
int64_t import_seal(const struct vault *v, const char *table, int64_t batch_id, int64_t row_no,
                    const char *text, size_t n, unsigned char **ret, size_t *ret_n);
enum err import_unseal(const struct vault *v, const char *table, int64_t batch_id, int64_t row_no,
                       int64_t key_id, const void *sealed, size_t n, char **ret,
                       struct why *why) MUST_USE;

/* ---- what the database knows of numbers (import_known.c) ---- */

struct import_known {
	int64_t customer_id; /* whose it is; 0: nobody's */
	bool is_refused, has_attempts;
	char refusal[32]; /* the reason it is on the do-not-call list */
};
enum err import_known_load(struct db *db, const unsigned char (*hash)[VAULT_HASH_BYTES], size_t n,
                           int64_t now_utc_ms, bool with_attempts, struct import_known *ret,
                           struct why *why) MUST_USE;

/* ---- slices on their way to the commit (import_slices.c) ---- */

/* Several are under way while the next is made, so that the writer can commit them together. They
 * are numbered from 0 and settle in order; after one that failed none is written any more. */
enum { IMPORT_SLICES = 5 };
struct import_slices {
	struct writer *w;
	sem_t settled;
	int64_t given, done; /* done: known to have settled */
	atomic_bool is_broken;
	enum err e; /* of the first that failed; the writer's thread writes it */
	struct why why;
};
void import_slices_init(struct import_slices *s, struct writer *w);
void import_slices_done(struct import_slices *s); /* waits */

/** Where the next slice may be made: 0..IMPORT_SLICES - 1, waits until that place is free. */
int import_slices_place(struct import_slices *s);

/** Gives the slice made at that place. @param arg  stays there until it has settled
 *  @return the error of a slice before, too */
enum err import_slices_give(struct import_slices *s, write_fn *fn, const void *arg,
                            struct why *why) MUST_USE;

/** Waits for all of them. @return the first error */
enum err import_slices_wait(struct import_slices *s, struct why *why);

/* ---- numbers met in a file (import_seen.c) ---- */

struct import_seen {
	uint64_t *key;
	int64_t *row;
	size_t cap, n; /* cap: a power of two */
};
void import_seen_done(struct import_seen *s);
/** The row that had the number first, which is `row` itself when it is new; -1: out of memory. */
int64_t import_seen_add(struct import_seen *s, const unsigned char *hash, int64_t row);

job_step_fn import_classify_step, import_apply_step;

#endif
