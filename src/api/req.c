#include "api/req.h"

#include <stdlib.h>
#include <string.h>

#include "api/http_text.h"
#include "api/req_int.h"
#include "base/id.h"
#include "store/tenure.h"

/* Handlers may only ask for what their route declares. Another name is our own bug: the answer
 * becomes a 500 that names it, and calls in progress go on. */
static bool is_declared(const struct req *rq, const char *name)
{
	const struct route *r = rq->match.route;
	for (size_t i = 0; i < rq->match.n; i++) {
		if (strcmp(rq->match.param[i].name, name) == 0)
			return true;
	}
	return field_find(r->query, name) || field_find(r->body, name);
}

static bool check_declared(const struct req *rq, const char *name)
{
	if (is_declared(rq, name))
		return true;
	((struct req *)(uintptr_t)rq)->undeclared = name;
	return false;
}

static const json_t *value(const struct req *rq, const char *name)
{
	return check_declared(rq, name) ? json_object_get(rq->values, name) : NULL;
}

bool req_has(const struct req *rq, const char *name)
{
	return value(rq, name) != NULL;
}

bool req_is_null(const struct req *rq, const char *name)
{
	return check_declared(rq, name) && json_object_get(rq->nulls, name) != NULL;
}

int64_t req_id(const struct req *rq, const char *name)
{
	int64_t id = 0;
	id_parse(json_string_value(value(rq, name)), &id);
	return id;
}

int64_t req_int(const struct req *rq, const char *name, int64_t def)
{
	const json_t *v = value(rq, name);
	return json_is_integer(v) ? json_integer_value(v) : def;
}

bool req_bool(const struct req *rq, const char *name, bool def)
{
	const json_t *v = value(rq, name);
	return json_is_boolean(v) ? json_is_true(v) : def;
}

const char *req_text(const struct req *rq, const char *name)
{
	const char *s = json_string_value(value(rq, name));
	return s ? s : "";
}

const json_t *req_json(const struct req *rq, const char *name)
{
	return value(rq, name);
}

size_t req_ids(const struct req *rq, const char *name, int64_t *ids, size_t max)
{
	const json_t *v = value(rq, name);
	size_t n = 0;
	for (size_t i = 0; i < json_array_size(v) && n < max; i++) {
		if (id_parse(json_string_value(json_array_get(v, i)), &ids[n]))
			n++;
	}
	return n;
}

struct page req_page(const struct req *rq)
{
	int64_t size = req_int(rq, "size", 20);
	return (struct page){ .size = size, .offset = (req_int(rq, "page", 1) - 1) * size };
}

const char *req_upload(const struct req *rq, int64_t *ret_bytes)
{
	*ret_bytes = rq->body_bytes;
	return rq->upload_path;
}

void req_keep_upload(struct req *rq)
{
	rq->upload_kept = true;
}

int64_t req_person(const struct req *rq)
{
	return rq->has_session ? rq->session.person_id : 0;
}

int64_t req_session(const struct req *rq)
{
	return rq->has_session ? rq->session.id : 0;
}

enum role req_role(const struct req *rq)
{
	return rq->has_session ? rq->session.role : ROLE_NONE;
}

bool req_can(const struct req *rq, enum perm p)
{
	return rq->has_session && role_can(rq->session.role, p);
}

const struct scope *req_scope(const struct req *rq)
{
	return rq->has_session ? rq->session.scope : NULL;
}

enum lang req_lang(const struct req *rq)
{
	return rq->has_session ? rq->session.lang
	                       : lang_from_accept(req_header(rq, "Accept-Language"));
}

const char *req_addr(const struct req *rq)
{
	return rq->addr;
}

const char *req_header(const struct req *rq, const char *name)
{
	return rq->conn ? MHD_lookup_connection_value(rq->conn, MHD_HEADER_KIND, name) : NULL;
}

int64_t req_now_utc_ms(const struct req *rq)
{
	return rq->now_utc_ms;
}

struct db *req_db(const struct req *rq)
{
	return rq->worker->db;
}

struct writer *req_writer(const struct req *rq)
{
	return rq->api->cfg.env.writer;
}

const struct api_env *req_env(const struct req *rq)
{
	return &rq->api->cfg.env;
}

int64_t req_cell(const struct req *rq)
{
	const struct cell_state *c = req_env(rq)->cell;
	return c ? c->cell_id : 1;
}

struct stamp req_stamp(const struct req *rq)
{
	const struct cell_state *c = req_env(rq)->cell;
	return c ? (struct stamp){ c->cell_id, cell_epoch(c) } : (struct stamp){ 0 };
}

enum err stamp_check(struct tx *tx, const struct stamp *s, struct why *why)
{
	return s->cell_id ? lease_check(tx, s->cell_id, s->epoch, why) : ERR_OK;
}

struct sse_hub *req_hub(const struct req *rq)
{
	return rq->api->hub;
}

struct audit req_audit(const struct req *rq, const char *action, const char *subject_kind,
                       int64_t subject_id)
{
	return (struct audit){
		.id = id_new(),
		.at_utc_ms = rq->now_utc_ms,
		.person_id = req_person(rq),
		.unit_id = rq->has_session ? rq->session.unit_id : 0,
		.action = action,
		.subject_kind = subject_kind,
		.subject_id = subject_id,
		.addr = rq->addr,
	};
}

enum err req_fail_field(struct req *rq, const char *field, const struct why *why)
{
	field_errors_add(&rq->errors, field, why);
	return err_kind(why->code);
}

json_t *j_id(int64_t id)
{
	char text[ID_TEXT_BYTES];
	return id ? json_string(id_text(id, text)) : json_null();
}

json_t *j_text(const char *s)
{
	if (!s)
		return json_null();
	json_t *j = json_string(s);
	return j ? j : json_string_nocheck(s); /* the encoder replaces what is not UTF-8 */
}

json_t *j_int_or_null(int64_t n, bool is_null)
{
	return is_null ? json_null() : json_integer(n);
}
