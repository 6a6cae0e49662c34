#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/http_door.h"
#include "api/http_text.h"
#include "api/req_int.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"

static bool is_unsafe(const struct req *rq)
{
	return rq->match.route->method != HTTP_GET;
}

static enum err check_session(struct req *rq, struct why *why)
{
	char token[SESSION_TOKEN_BYTES];
	if (rq->has_session)
		return ERR_OK;
	if (!cookie_get(req_header(rq, "Cookie"), session_cookie_name(rq), token, sizeof token))
		return fail(why, E_SESSION_NONE);
	enum err e = session_find(rq->worker->db, token, rq->now_utc_ms, &rq->session, why);
	if (e)
		return e;
	struct session_life life;
	rq->has_session = true;
	http_door_session_life(rq->api, &life);
	if (session_is_over(&rq->session, &life, rq->now_utc_ms))
		return fail(why, E_SESSION_EXPIRED);
	session_touch(rq->api->cfg.env.writer, &rq->session, &life, rq->now_utc_ms);
	return http_door_pace(rq, why);
}

/* Who, from where, and may he? The order matters: a foreign page learns nothing about sessions. */
static enum err check_door(struct req *rq, struct why *why)
{
	const struct route *r = rq->match.route;
	enum err e;
	if (is_unsafe(rq) &&
	    !origin_is_own(req_header(rq, "Origin"), req_header(rq, "Host"), rq->api->cfg.https))
		return fail(why, E_ORIGIN);
	if (r->open)
		return ERR_OK;
	if ((e = check_session(rq, why)))
		return e;
	if (!role_can(rq->session.role, r->perm) &&
	    !(r->or_perm && role_can(rq->session.role, r->or_perm)))
		return fail(why, E_PERM, perm_text(r->perm));
	if (r->fresh && !session_is_fresh(&rq->session, rq->now_utc_ms))
		return fail(why, E_CONFIRM);
	return ERR_OK;
}

static enum MHD_Result take_query(void *cls, enum MHD_ValueKind kind, const char *key,
                                  const char *value)
{
	struct req *rq = cls;
	(void)kind;
	field_from_text(rq->match.route->query, key, value ? value : "", rq->values, &rq->errors);
	return MHD_YES;
}

static enum err take_body(struct req *rq, struct why *why)
{
	const struct route *r = rq->match.route;
	CLEANUP(json_cleanup) json_t *body = NULL;
	const char *key;
	json_t *v;
	enum err e;
	if (r->upload_max_bytes || (!rq->raw.len && !r->body))
		return ERR_OK;
	if (rq->raw.len) {
		if (!type_is_json(req_header(rq, "Content-Type")))
			return fail(why, E_BODY_TYPE, "application/json");
		if ((e = json_read(rq->raw.p, rq->raw.len, &body, why)))
			return e;
		if (!json_is_object(body))
			return fail(why, E_BODY_OBJECT);
		if (!r->body && json_object_size(body))
			return fail(why, E_BODY_UNWANTED);
	} else if (!(body = json_object())) {
		return fail(why, E_NOMEM);
	}
	fields_check(body, r->body, &rq->errors);
	json_object_foreach(body, key, v)
	    json_object_set(json_is_null(v) ? rq->nulls : rq->values, key, v);
	return ERR_OK;
}

static enum err take_fields(struct req *rq, struct why *why)
{
	const struct route *r = rq->match.route;
	enum err e;
	rq->values = json_object();
	rq->nulls = json_object();
	if (!rq->values || !rq->nulls)
		return fail(why, E_NOMEM);
	MHD_get_connection_values(rq->conn, MHD_GET_ARGUMENT_KIND, take_query, rq);
	for (const struct field *f = r->query; f && f->type != FT_END; f++) {
		if (f->req && !json_object_get(rq->values, f->name)) {
			struct why missing;
			fail(&missing, E_FIELD_REQUIRED, f->name);
			field_errors_add(&rq->errors, f->name, &missing);
		}
	}
	for (size_t i = 0; i < rq->match.n; i++)
		json_object_set_new(rq->values, rq->match.param[i].name,
		                    json_string(rq->match.param[i].text));
	if ((e = take_body(rq, why)))
		return e;
	if (!rq->errors.n)
		return ERR_OK;
	/* With one field wrong its own sentence says it best. */
	if (rq->errors.n == 1) {
		*why = rq->errors.at[0].why;
		return err_kind(why->code);
	}
	return fail(why, E_FIELDS, (int64_t)rq->errors.n, rq->errors.at[0].path);
}

static enum err too_big(struct req *rq, struct why *why)
{
	const struct route *r = rq->match.route;
	int64_t max = r->upload_max_bytes ? r->upload_max_bytes
	              : r->body_max_bytes ? r->body_max_bytes
	                                  : BODY_MAX_BYTES;
	return body_too_big(max, why);
}

static enum err work(struct req *rq, struct why *why)
{
	enum err e;
	if (!rq->match.route)
		return page_find(rq, why);
	if ((e = check_door(rq, why)))
		return e;
	if (rq->body_too_big)
		return too_big(rq, why);
	if ((e = take_fields(rq, why)))
		return e;
	return rq->match.route->fn(rq, &rq->reply, why);
}

void req_check(struct req *rq)
{
	struct why why = { 0 };
	rq->now_utc_ms = clock_utc_ms();
	if (check_door(rq, &why))
		req_refuse(rq, &why);
}

void upload_drop(struct req *rq)
{
	if (rq->upload_fd >= 0)
		close(rq->upload_fd);
	if (rq->upload_path && !rq->upload_kept)
		unlink(rq->upload_path);
	free(rq->upload_path);
	rq->upload_path = NULL;
	rq->upload_fd = -1;
}

void req_work(struct req *rq)
{
	struct why why = { 0 };
	rq->now_utc_ms = clock_utc_ms();
	enum err e = work(rq, &why);
	if (rq->undeclared) {
		fail(&why, E_REPLY, rq->undeclared);
		e = err_kind(why.code);
	}
	if (e && !why.code)
		fail(&why, E_INTERNAL, err_kind_name(e));
	if (e)
		req_refuse(rq, &why);
	else
		response_make(rq);
	upload_drop(rq); /* before the answer: who has it finds nothing left behind */
	/* Only memory can be missing here; the connection is then closed without an answer. */
	if (!rq->response)
		log_error("http", "no_response", LOG_S("id", rq->request_id));
}
