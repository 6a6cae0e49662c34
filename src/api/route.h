/* api/route.h -- the table behind the door: what can be asked, by whom, with which fields, and what
 * may leave. OpenAPI, validation, masking and encoding come from it.
 *
 * One handler file is one struct api_area (routes, events, greeting), listed in api/areas.def:
 *
 *     static const struct field PHONE[] = { F_ID("id"), F_MASK("number"), F_TEXT("place"), F_END };
 *     static const struct field CARD[] = { F_ID("id"), F_TEXT("name"), F_ARR("phones", PHONE),
 *                                          F_INT("next_utc_ms", .null = true), F_END };
 *     static const struct field NOTE_BODY[] = { F_TEXT("text", .req = true, .max = 2000, .lines =
 * true), F_END }; static const struct route ROUTES[] = { { HTTP_GET, "/api/v1/customers/{id}",
 * get_customer, .perm = PERM_CUSTOMER_SEE, .subject = "customer", .reply = CARD, .zh = "客户卡片",
 * .en = "A customer's card" }, { HTTP_POST, "/api/v1/customers/{id}/notes", post_note, .perm =
 * PERM_CUSTOMER_EDIT, .subject = "customer", .body = NOTE_BODY, .status = 201, .zh = "加备注", .en
 * = "Add a note" }, ROUTE_END
 *     };
 *     const struct api_area API_CUSTOMERS = { .tag = "customers", .routes = ROUTES };
 *
 * Before the handler runs the session, the permission, the Origin, every path, query and body field
 * (known, right type, within limits) have been checked. After it the reply goes through its field
 * list: what is not listed does not leave. */
#ifndef API_ROUTE_H
#define API_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/perm.h"
#include "base/err.h"

struct req;
struct reply;
struct sse_stream;

enum http_method { HTTP_GET = 1, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE };

enum field_type {
	FT_END,
	FT_ID,   /* a string of digits in JSON; int64_t here */
	FT_INT,  /* request: min..max (both 0: any; a max below min: no upper bound) */
	FT_REAL, /* replies only */
	FT_BOOL,
	FT_TEXT, /* min..max code points (max 0: 255); control characters refused unless .lines;
	            .one_of */
	FT_MASK, /* reply: a masked telephone number; request: a number as typed (at most 64 bytes),
	            never logged */
	FT_OBJ,  /* .of */
	FT_ARR,  /* of objects .of; request: at most .max items (0: 500) */
	FT_IDS,  /* arrays of one type; .max as for FT_ARR */
	FT_TEXTS,
	FT_INTS,
	FT_MAP,  /* an object with any keys, each value an object .of; .of NULL: each value an
	            integer or null */
	FT_JSON, /* any JSON: bodies of versions; telephone numbers inside are masked on the way out
	          */
};

/* One field of a query, a body or a reply. Zero is the default everywhere. */
struct field {
	enum field_type type;
	const char *name;
	const struct field *of;
	int64_t min, max;
	const char *one_of; /* "manual|preview|progressive"; "" inside is written "|": none */
	bool req;   /* request: must be there. Query and body fields are optional without it */
	bool null;  /* reply: may be null or absent (leaves as null). Request: null is accepted */
	bool lines; /* request text: line breaks and tabs are fine */
	enum perm perm;  /* reply: left out for those who lack it */
	const char *doc; /* English, for the OpenAPI document */
};

/* Each takes the name and then any members: F_TEXT("name", .req = true, .max = 63). */
/* clang-format off */
#define F_ID(...) { .type = FT_ID, .name = __VA_ARGS__ }
#define F_INT(...) { .type = FT_INT, .name = __VA_ARGS__ }
#define F_REAL(...) { .type = FT_REAL, .name = __VA_ARGS__ }
#define F_BOOL(...) { .type = FT_BOOL, .name = __VA_ARGS__ }
#define F_TEXT(...) { .type = FT_TEXT, .name = __VA_ARGS__ }
#define F_MASK(...) { .type = FT_MASK, .name = __VA_ARGS__ }
#define F_IDS(...) { .type = FT_IDS, .name = __VA_ARGS__ }
#define F_TEXTS(...) { .type = FT_TEXTS, .name = __VA_ARGS__ }
#define F_INTS(...) { .type = FT_INTS, .name = __VA_ARGS__ }
#define F_JSON(...) { .type = FT_JSON, .name = __VA_ARGS__ }
/* F_OBJ("owner", PERSON_REF), F_OBJ("owner", PERSON_REF, .null = true) */
#define F_OBJ(n, ...) { .type = FT_OBJ, .name = n, .of = __VA_ARGS__ }
#define F_ARR(n, ...) { .type = FT_ARR, .name = n, .of = __VA_ARGS__ }
#define F_MAP(n, ...) { .type = FT_MAP, .name = n, .of = __VA_ARGS__ }
#define F_END { .type = FT_END }
/* clang-format on */

typedef enum err route_fn(struct req *rq, struct reply *rp, struct why *why);

struct route {
	enum http_method method;
	const char *path; /* "/api/v1/calls/{id}/notes": {names} are ids, except {key} and {name}:
	                     keys (text_is_key) */
	route_fn *fn;
	bool open;         /* no session needed */
	enum perm perm;    /* PERM_NONE: anyone with a session */
	enum perm or_perm; /* this one is enough as well */
	bool fresh;        /* dangerous: the password must have been said lately (POST /confirm) */
	const char
	    *subject; /* what {id} names ("customer", "call", "person"…); another team's is 404 */
	const struct field *query;
	const struct field *body;
	int64_t body_max_bytes;   /* JSON body; 0: 256 KB */
	int64_t upload_max_bytes; /* > 0: the body is a file of up to so many bytes, req_upload() */
	const struct field *reply; /* one object */
	const struct field
	    *list; /* {"items":[these],"total":N|null,"next":text|null} plus .reply's fields */
	const struct field
	    *problem;     /* members a problem document of this route may carry besides the usual */
	const char *mime; /* not JSON: reply_file(), reply_bytes() */
	int status;       /* 0: 200, or 204 without any reply */
	const char *zh, *en; /* one line */
};
/* clang-format off */
#define ROUTE_END { .path = NULL }
/* clang-format on */

/* An event of the stream and what it may carry. */
struct sse_event {
	const char *name;
	const struct field *fields;
	const char *zh, *en;
};
/* clang-format off */
#define SSE_EVENT_END { .name = NULL }
/* clang-format on */

struct api_area {
	const char *tag;
	const struct route *routes;
	const struct sse_event *events; /* NULL: none */
	const char *facts; /* names of events that are facts, "a|b": kept for a while and sent again
	                      to a browser that comes back; the others are state. NULL: none */
	/* Called on a worker when a browser opens its stream: send snapshots by sse_send(). NULL:
	 * none. */
	enum err (*greet)(struct req *rq, struct sse_stream *st, struct why *why);
};

#endif
