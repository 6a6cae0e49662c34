/* api/req.h -- what a handler asks about its request and says in reply.
 *
 * Handlers run on a worker thread, one request at a time, and may block (database, writer). All
 * pointers live until the handler returns. Field names must be in the route's table: another name
 * is our own bug and makes the answer a 500. */
#ifndef API_REQ_H
#define API_REQ_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/route.h"
#include "auth/audit.h"
#include "auth/scope.h"
#include "base/err.h"

struct api_env;
struct db;
struct tx;
struct writer;
struct sse_hub;
struct str;

/* ---- what was asked: path, query and body share one name space; the body wins ---- */
bool req_has(const struct req *rq, const char *name);     /* given and not null */
bool req_is_null(const struct req *rq, const char *name); /* given as null */
int64_t req_id(const struct req *rq, const char *name);   /* FT_ID or a path id; 0: not given */
int64_t req_int(const struct req *rq, const char *name, int64_t def);
bool req_bool(const struct req *rq, const char *name, bool def);
const char *req_text(const struct req *rq, const char *name); /* "" when not given; never NULL */
const json_t *
req_json(const struct req *rq,
         const char *name); /* FT_OBJ, FT_ARR, FT_MAP, FT_JSON, FT_IDS…; NULL: not given */
size_t req_ids(const struct req *rq, const char *name, int64_t *ids,
               size_t max); /* FT_IDS; count */
/** 1-based `page` and `size` (1..100, default 20) of a list; declare both with F_PAGE in the query.
 */
#define F_PAGE F_INT("page", .min = 1, .max = 1000000), F_INT("size", .min = 1, .max = 100)
struct page {
	int64_t size, offset;
};
struct page req_page(const struct req *rq);

/** The uploaded file of a route with .upload_max_bytes: private, removed after the handler unless
 * it was renamed or req_keep_upload() was called. */
const char *req_upload(const struct req *rq, int64_t *ret_bytes);
void req_keep_upload(struct req *rq);

/* ---- who asks ---- */
int64_t req_person(const struct req *rq);  /* 0 on open routes without a session */
int64_t req_session(const struct req *rq); /* likewise */
enum role req_role(const struct req *rq);
bool req_can(const struct req *rq, enum perm p);
const struct scope *req_scope(const struct req *rq); /* NULL on open routes without a session */
enum lang req_lang(const struct req *rq);
const char *req_addr(const struct req *rq);                     /* "192.168.1.5" */
const char *req_header(const struct req *rq, const char *name); /* NULL: none */
int64_t req_now_utc_ms(const struct req *rq);                   /* when the handler started */

/* ---- what it may reach ---- */
struct db *req_db(const struct req *rq); /* this worker's read connection */
struct writer *req_writer(const struct req *rq);
int64_t req_cell(const struct req *rq); /* that this process runs or stands by for */
/** What a job of a call in progress takes along: lease_check() refuses it when another process has
 *  taken the cell meanwhile. */
struct stamp {
	int64_t cell_id, epoch;
};
struct stamp req_stamp(const struct req *rq);
enum err stamp_check(struct tx *tx, const struct stamp *s, struct why *why) MUST_USE;
const struct api_env *req_env(const struct req *rq); /* floor, voice, keys…: api/api.h */
struct sse_hub *req_hub(const struct req *rq);

/** An audit row filled with person, unit, address, time and a new id; add it in the handler's job.
 */
struct audit req_audit(const struct req *rq, const char *action, const char *subject_kind,
                       int64_t subject_id);

/** Names the field that `why` is about; may be called several times, then return the error. The
 *  document lists them under "fields". Returns the kind, like fail(). */
enum err req_fail_field(struct req *rq, const char *field, const struct why *why);

/** People, units, trunks or campaigns were changed: the live floor reads them again. After the
 * commit. */
void req_tell_floor(const struct req *rq);

/* ---- what is answered: one of these, or nothing for 204. A returned error wins ---- */
void reply_json(struct reply *rp, json_t *obj); /* takes the reference; NULL becomes a 500 */
/** Takes `items`. @param total  -1: null  @param next  NULL: null; copied. More fields of a list
 *  (route .reply) go into `more`, taken; NULL: none */
void reply_list(struct reply *rp, json_t *items, int64_t total, const char *next, json_t *more);
/** The same from text that struct jw wrote: one object; an array of items. Frees nothing. */
enum err reply_text(struct reply *rp, const struct str *object, struct why *why) MUST_USE;
enum err reply_list_text(struct reply *rp, const struct str *items, int64_t total, const char *next,
                         struct why *why) MUST_USE;
void reply_status(struct reply *rp, int status);
/** Members for the problem document (the route's .problem); takes the reference. */
void reply_problem(struct reply *rp, json_t *members);
/** Sends a file with Range support, opened now.
 *  @param download_name  NULL: shown inline
 *  @return ERR_NOT_FOUND E_NOT_FOUND when it is not there */
enum err reply_file(struct reply *rp, const char *path, const char *mime, const char *download_name,
                    struct why *why) MUST_USE;
/** Sends bytes; takes malloc'd `p`. */
void reply_bytes(struct reply *rp, void *p, size_t n, const char *mime, const char *download_name);
/** A response header; at most 4; name static, value copied. */
void reply_header(struct reply *rp, const char *name, const char *value);

/* ---- building json_t without noise; all take or give owned references ---- */
json_t *j_id(int64_t id);      /* "123"; 0 is null */
json_t *j_text(const char *s); /* NULL is null; invalid UTF-8 is replaced */
json_t *j_int_or_null(int64_t n, bool is_null);

#endif
