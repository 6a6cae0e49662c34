#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/http_text.h"
#include "api/req_int.h"
#include "base/log.h"

static const char CSP[] =
    "default-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'";

static void add(struct req *rq, const char *name, const char *value)
{
	if (MHD_add_response_header(rq->response, name, value) != MHD_YES)
		log_warn("http", "header_lost", LOG_S("name", name));
}

static void headers_common(struct req *rq)
{
	struct reply *rp = &rq->reply;
	add(rq, "X-Content-Type-Options", "nosniff");
	add(rq, "X-Frame-Options", "DENY");
	add(rq, "Content-Security-Policy", CSP);
	add(rq, "Referrer-Policy", "same-origin");
	add(rq, "Cross-Origin-Opener-Policy", "same-origin");
	add(rq, "Cross-Origin-Resource-Policy", "same-origin");
	add(rq, "Permissions-Policy", "microphone=(self), camera=(), geolocation=()");
	add(rq, "X-Request-Id", rq->request_id);
	if (rq->api->cfg.https)
		add(rq, "Strict-Transport-Security", "max-age=31536000");
	if (rp->is_immutable)
		add(rq, "Cache-Control", "public, max-age=31536000, immutable");
	else
		add(rq, "Cache-Control", rq->match.route ? "no-store" : "no-cache");
	for (size_t i = 0; i < rp->n_headers; i++)
		add(rq, rp->header[i].name, rp->header[i].value);
	if (rp->download_name[0]) {
		char text[700];
		disposition(rp->download_name, text, sizeof text);
		add(rq, "Content-Disposition", text);
	}
}

static void set_text(struct req *rq, struct str *text, const char *mime, int status)
{
	char *p = NULL;
	rq->response_bytes = (int64_t)text->len;
	if (str_take(text, &p, NULL) == ERR_OK)
		rq->response = MHD_create_response_from_buffer((size_t)rq->response_bytes, p,
		                                               MHD_RESPMEM_MUST_FREE);
	if (!rq->response) {
		free(p);
		return;
	}
	rq->response_status = status;
	headers_common(rq);
	add(rq, "Content-Type", mime);
}

void req_refuse(struct req *rq, const struct why *why)
{
	CLEANUP(str_free) struct str text = { 0 };
	const struct route *r = rq->match.route;
	int status = problem_status(why->code);
	rq->logged_code = why->code;
	if (status == 500)
		log_error("http", "request_failed", LOG_S("id", rq->request_id),
		          LOG_S("route", r ? r->path : "-"), LOG_WHY(why));
	rq->reply.is_immutable = false;
	rq->reply.download_name[0] = '\0';
	problem_write(&text, why, req_lang(rq), rq->request_id, &rq->errors, rq->reply.problem,
	              r ? r->problem : NULL, req_role(rq));
	set_text(rq, &text, "application/problem+json", status);
	if (!rq->response)
		return;
	if (status == 405)
		add(rq, "Allow", "GET, POST, PUT, PATCH, DELETE");
	if (status == 503)
		add(rq, "Retry-After", "1");
	if (why->code == E_LOGIN_WAIT || why->code == E_SHUT_OUT || why->code == E_RATE)
		add(rq, "Retry-After", why->arg[0]);
}

static int ok_status(const struct req *rq)
{
	const struct route *r = rq->match.route;
	if (rq->reply.status)
		return rq->reply.status;
	if (r && r->status)
		return r->status;
	return rq->reply.kind == REPLY_NONE ? 204 : 200;
}

static void refuse_reply(struct req *rq, const char *path)
{
	struct why why;
	fail(&why, E_REPLY, path);
	req_refuse(rq, &why);
}

static void make_json(struct req *rq)
{
	CLEANUP(str_free) struct str text = { 0 };
	const struct route *r = rq->match.route;
	struct reply *rp = &rq->reply;
	char bad[FIELD_PATH_BYTES] = "";
	bool ok;
	if (rp->kind == REPLY_LIST)
		ok = r->list && list_write(&text, rp->items, rp->total, rp->next, r->list, rp->obj,
		                           r->reply, req_role(rq), bad);
	else
		ok = r->reply && fields_write(&text, rp->obj, r->reply, req_role(rq), bad);
	if (!ok)
		refuse_reply(rq, *bad ? bad : "not declared");
	else
		set_text(rq, &text, "application/json", ok_status(rq));
}

static void make_bytes(struct req *rq)
{
	struct reply *rp = &rq->reply;
	rq->response =
	    MHD_create_response_from_buffer((size_t)rp->size, rp->bytes, MHD_RESPMEM_MUST_FREE);
	if (!rq->response)
		return;
	rp->bytes = NULL;
	rq->response_status = ok_status(rq);
	rq->response_bytes = rp->size;
	headers_common(rq);
	add(rq, "Content-Type", rp->mime);
}

static void make_file(struct req *rq)
{
	struct reply *rp = &rq->reply;
	int64_t from = 0, len = rp->size;
	char text[80];
	/* RFC 9110 14.2: a range is for GET alone. */
	enum range_kind k =
	    rq->is_head ? RANGE_NONE : range_parse(req_header(rq, "Range"), rp->size, &from, &len);
	if (k == RANGE_BAD) {
		struct why why;
		fail(&why, E_RANGE);
		req_refuse(rq, &why);
		snprintf(text, sizeof text, "bytes */%lld", (long long)rp->size);
		if (rq->response)
			add(rq, "Content-Range", text);
		return;
	}
	rq->response =
	    MHD_create_response_from_fd_at_offset64((uint64_t)len, rp->fd, (uint64_t)from);
	if (!rq->response)
		return;
	rp->fd = -1;
	rq->response_status = k == RANGE_PART ? 206 : ok_status(rq);
	rq->response_bytes = len;
	headers_common(rq);
	add(rq, "Content-Type", rp->mime);
	add(rq, "Accept-Ranges", "bytes");
	if (k == RANGE_PART) {
		snprintf(text, sizeof text, "bytes %lld-%lld/%lld", (long long)from,
		         (long long)(from + len - 1), (long long)rp->size);
		add(rq, "Content-Range", text);
	}
}

static void make_stream(struct req *rq)
{
	rq->response = sse_response(rq->reply.stream);
	if (!rq->response)
		return;
	rq->reply.stream = NULL;
	rq->response_status = 200;
	headers_common(rq);
	add(rq, "Content-Type", "text/event-stream");
	add(rq, "X-Accel-Buffering", "no");
}

void response_make(struct req *rq)
{
	switch (rq->reply.kind) {
	case REPLY_NONE:
		rq->response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
		if (rq->response) {
			rq->response_status = ok_status(rq);
			headers_common(rq);
		}
		break;
	case REPLY_JSON:
	case REPLY_LIST:
		make_json(rq);
		break;
	case REPLY_BYTES:
		make_bytes(rq);
		break;
	case REPLY_FILE:
		make_file(rq);
		break;
	case REPLY_STREAM:
		make_stream(rq);
		break;
	}
}
