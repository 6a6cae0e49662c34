/* api/req_int.h -- one request while it is inside; shared by the door's own files. */
#ifndef API_REQ_INT_H
#define API_REQ_INT_H

#include <microhttpd.h>
#include <stdatomic.h>

#include "api/api.h"
#include "api/field_int.h"
#include "api/req.h"
#include "api/router.h"
#include "api/sse.h"
#include "auth/session.h"
#include "base/str.h"

struct conns;
struct http_door;
struct pool;
struct tls;
struct worker;

enum { BODY_MAX_BYTES = 256 * 1024, ADDR_BYTES = 64, REPLY_HEADERS = 6 };

enum reply_kind { REPLY_NONE, REPLY_JSON, REPLY_LIST, REPLY_BYTES, REPLY_FILE, REPLY_STREAM };

struct reply {
	enum reply_kind kind;
	int status; /* 0: the route's */
	json_t *obj, *items, *problem;
	int64_t total;
	char *next;
	void *bytes;
	int64_t size; /* of bytes or file */
	int fd;       /* -1: none */
	const char *mime;
	char download_name[200];
	struct {
		const char *name;
		char *value;
	} header[REPLY_HEADERS];
	size_t n_headers;
	struct sse_stream *stream;
	bool is_immutable; /* a hashed file of the page */
};

/* Where a request is: the I/O thread reads the body, workers do the rest. */
enum stage {
	STAGE_CHECK,  /* a worker looks at session and permission before an upload is read */
	STAGE_READ,   /* the body is coming in */
	STAGE_WORK,   /* a worker runs it */
	STAGE_ANSWER, /* response is set */
};

struct req {
	struct api *api;
	struct MHD_Connection *conn;
	enum stage stage;
	struct match match; /* .route NULL: a file of the page */
	char *path;
	const char *method;
	bool is_head;
	char request_id[20];
	char addr[ADDR_BYTES];
	int64_t start_mono_ms, now_utc_ms;
	int64_t shut_ms; /* how long its address is still shut out; 0: it is not */

	struct str raw; /* JSON body as it came */
	int64_t body_bytes;
	bool body_too_big;
	bool is_recalled; /* the library repeats its first call after STAGE_CHECK, without any body
	                   */
	int upload_fd;    /* -1: none */
	char *upload_path;
	bool upload_kept;

	struct worker *worker;
	bool has_session;
	struct session session;
	json_t *values; /* path, query and body by name, checked */
	json_t *nulls;  /* names given as null */
	struct field_errors errors;
	const char *undeclared; /* a field a handler asked for that its route does not take */
	struct reply reply;

	struct MHD_Response *response;
	int response_status;
	int64_t response_bytes;
	enum err_code logged_code;
};

struct api {
	struct api_cfg cfg; /* strings owned */
	struct MHD_Daemon *daemon;
	struct pool *pool;
	struct http_door *door;
	struct conns *conns;
	struct sse_hub *hub;
	struct tls *tls;
	struct thread *keeper;
	struct db *keeper_db; /* of its thread */
	_Atomic bool is_stopping, is_draining;
	uint16_t port;
	char *upload_dir;
	const struct api_area *const *areas;
	size_t n_areas;
};

/* run.c: everything a worker does with a request, up to a finished response. */
void req_check(struct req *rq); /* STAGE_CHECK: leaves a response when the request is refused */
void req_work(struct req *rq);
/** Removes the uploaded file unless a handler keeps it. */
void upload_drop(struct req *rq);
/** Answers with a problem document from any stage. */
void req_refuse(struct req *rq, const struct why *why);

/* response.c */
void response_make(struct req *rq);
void reply_done(struct reply *rp);

/* problem.c */
int problem_status(enum err_code code);
/** E_BODY_TOO_BIG with the limit as people read it. */
enum err body_too_big(int64_t max_bytes, struct why *why);
/** The document as JSON text. @param members  by `fields`; NULL: none. @return false: out of memory
 */
bool problem_write(struct str *out, const struct why *why, enum lang lang, const char *request_id,
                   const struct field_errors *fe, const json_t *members, const struct field *fields,
                   enum role role);

/* page.c: a file of the built page into rq->reply. */
enum err page_find(struct req *rq, struct why *why);

/** The session's cookie; over https only this host can set it. */
const char *session_cookie_name(const struct req *rq);

/* sse.c */
enum err sse_hub_new(const struct api_area *const *areas, size_t n, struct sse_hub **ret,
                     struct why *why);
void sse_hub_close(struct sse_hub *hub); /* ends all streams */
void sse_hub_free(struct sse_hub **hub);
void sse_tick(struct sse_hub *hub, int64_t now_mono_ms); /* comments */
enum err sse_open(struct sse_hub *hub, struct req *rq, struct sse_stream **ret, struct why *why);
struct MHD_Response *sse_response(struct sse_stream *st); /* owns the stream from here on */
void sse_stream_free(struct sse_stream *st);

/* pool.c */
struct worker {
	struct api *api;
	struct db *db;
};
enum err pool_new(struct api *api, int workers, int slots, struct pool **ret, struct why *why);
enum err pool_give(struct pool *p, struct req *rq, struct why *why); /* ERR_BUSY E_QUEUE_FULL */
void pool_end(struct pool *p);   /* runs what is queued, joins; gives are E_STOPPING from now on */
void pool_free(struct pool **p); /* after the last giver is gone */
int pool_depth(struct pool *p);

/* http.c: a worker is done with it. */
void http_resume(struct req *rq);

/* openapi.c */
bool openapi_write(struct str *out, const struct api_area *const *areas, size_t n);

#endif
