/* The OpenAPI 3.1 document, written from the route tables: the page's types are generated from it.
 */
#include <stdio.h>
#include <string.h>

#include "api/req_int.h"
#include "base/json.h"

static void fields_schema(struct jw *w, const struct field *fields, bool is_reply);

static void type_only(struct jw *w, const char *type, bool null)
{
	if (!null) {
		jw_str(w, "type", type);
		return;
	}
	jw_arr(w, "type");
	jw_str(w, NULL, type);
	jw_str(w, NULL, "null");
	jw_end_arr(w);
}

static void one_of(struct jw *w, const struct field *f)
{
	jw_arr(w, "enum");
	for (const char *p = f->one_of;; p++) {
		size_t n = strcspn(p, "|");
		jw_strn(w, NULL, p, n);
		p += n;
		if (!*p)
			break;
	}
	if (f->null)
		jw_null(w, NULL);
	jw_end_arr(w);
}

static void text_schema(struct jw *w, const struct field *f, bool is_reply)
{
	type_only(w, "string", f->null);
	if (f->one_of)
		one_of(w, f);
	else if (!is_reply)
		jw_int(w, "maxLength", f->max ? f->max : 255);
	if (f->min && !is_reply)
		jw_int(w, "minLength", f->min);
}

static void array_schema(struct jw *w, const struct field *f, const char *item, bool is_reply)
{
	type_only(w, "array", f->null);
	jw_obj(w, "items");
	if (f->type == FT_ARR) {
		fields_schema(w, f->of, is_reply);
	} else {
		jw_str(w, "type", item);
		if (f->type == FT_IDS)
			jw_str(w, "format", "id");
		if (f->one_of)
			one_of(w, &(struct field){ .one_of = f->one_of });
	}
	jw_end_obj(w);
}

static void map_schema(struct jw *w, const struct field *f, bool is_reply)
{
	type_only(w, "object", f->null);
	jw_obj(w, "additionalProperties");
	if (f->of)
		fields_schema(w, f->of, is_reply);
	else
		type_only(w, "integer", true);
	jw_end_obj(w);
}

static void obj_schema(struct jw *w, const struct field *f, bool is_reply)
{
	if (!f->null) {
		fields_schema(w, f->of, is_reply);
		return;
	}
	jw_arr(w, "anyOf");
	jw_obj(w, NULL);
	fields_schema(w, f->of, is_reply);
	jw_end_obj(w);
	jw_obj(w, NULL);
	jw_str(w, "type", "null");
	jw_end_obj(w);
	jw_end_arr(w);
}

static void field_schema(struct jw *w, const struct field *f, bool is_reply)
{
	switch (f->type) {
	case FT_ID:
		type_only(w, "string", f->null);
		jw_str(w, "format", "id");
		break;
	case FT_INT:
		type_only(w, "integer", f->null);
		if (!is_reply && (f->min || f->max)) {
			jw_int(w, "minimum", f->min);
			if (f->max >= f->min)
				jw_int(w, "maximum", f->max);
		}
		break;
	case FT_REAL:
		type_only(w, "number", f->null);
		break;
	case FT_BOOL:
		type_only(w, "boolean", f->null);
		break;
	case FT_TEXT:
		text_schema(w, f, is_reply);
		break;
	case FT_MASK:
		type_only(w, "string", f->null);
		jw_str(w, "format", is_reply ? "masked-telephone" : "telephone");
		break;
	case FT_OBJ:
		obj_schema(w, f, is_reply);
		break;
	case FT_ARR:
		array_schema(w, f, NULL, is_reply);
		break;
	case FT_IDS:
	case FT_TEXTS:
		array_schema(w, f, "string", is_reply);
		break;
	case FT_INTS:
		array_schema(w, f, "integer", is_reply);
		break;
	case FT_MAP:
		map_schema(w, f, is_reply);
		break;
	case FT_JSON:
	case FT_END:
		break;
	}
	if (f->doc)
		jw_str(w, "description", f->doc);
	if (f->perm)
		jw_str(w, "x-permission", perm_text(f->perm));
}

static void members_schema(struct jw *w, const struct field *fields, bool is_reply)
{
	for (const struct field *f = fields; f && f->type != FT_END; f++) {
		jw_obj(w, f->name);
		field_schema(w, f, is_reply);
		jw_end_obj(w);
	}
}

/* In a reply every field is there; what a role may not see is left out. */
static bool is_required(const struct field *f, bool is_reply)
{
	return is_reply ? !f->perm : f->req;
}

static void required(struct jw *w, const struct field *fields, bool is_reply)
{
	for (const struct field *f = fields; f && f->type != FT_END; f++) {
		if (is_required(f, is_reply))
			jw_str(w, NULL, f->name);
	}
}

static void fields_schema(struct jw *w, const struct field *fields, bool is_reply)
{
	jw_str(w, "type", "object");
	jw_obj(w, "properties");
	members_schema(w, fields, is_reply);
	jw_end_obj(w);
	jw_arr(w, "required");
	required(w, fields, is_reply);
	jw_end_arr(w);
	jw_bool(w, "additionalProperties", false);
}

static void list_schema(struct jw *w, const struct route *r)
{
	const struct field items = { .type = FT_ARR, .name = "items", .of = r->list };
	jw_str(w, "type", "object");
	jw_obj(w, "properties");
	jw_obj(w, "items");
	field_schema(w, &items, true);
	jw_end_obj(w);
	jw_obj(w, "total");
	type_only(w, "integer", true);
	jw_end_obj(w);
	jw_obj(w, "next");
	type_only(w, "string", true);
	jw_end_obj(w);
	members_schema(w, r->reply, true);
	jw_end_obj(w);
	jw_arr(w, "required");
	jw_str(w, NULL, "items");
	jw_str(w, NULL, "total");
	jw_str(w, NULL, "next");
	required(w, r->reply, true);
	jw_end_arr(w);
	jw_bool(w, "additionalProperties", false);
}

/* ---- routes ---- */

static void parameter(struct jw *w, const char *name, const char *in, const struct field *f)
{
	jw_obj(w, NULL);
	jw_str(w, "name", name);
	jw_str(w, "in", in);
	jw_bool(w, "required", f->req || in[0] == 'p');
	jw_obj(w, "schema");
	field_schema(w, f, false);
	jw_end_obj(w);
	if (f->type == FT_IDS || f->type == FT_TEXTS) {
		jw_str(w, "style", "form");
		jw_bool(w, "explode", false);
	}
	jw_end_obj(w);
}

static void parameters(struct jw *w, const struct route *r)
{
	jw_arr(w, "parameters");
	for (const char *p = strchr(r->path, '{'); p; p = strchr(p + 1, '{')) {
		char name[24];
		snprintf(name, sizeof name, "%.*s", (int)strcspn(p + 1, "}"), p + 1);
		struct field f = { .type = path_param_is_key(name) ? FT_TEXT : FT_ID,
			           .max = 63,
			           .doc = r->subject };
		parameter(w, name, "path", &f);
	}
	for (const struct field *f = r->query; f && f->type != FT_END; f++)
		parameter(w, f->name, "query", f);
	jw_end_arr(w);
}

static void request_body(struct jw *w, const struct route *r)
{
	if (!r->body && !r->upload_max_bytes)
		return;
	jw_obj(w, "requestBody");
	jw_bool(w, "required", true);
	jw_obj(w, "content");
	jw_obj(w, r->upload_max_bytes ? "application/octet-stream" : "application/json");
	jw_obj(w, "schema");
	if (r->body)
		fields_schema(w, r->body, false);
	jw_end_obj(w);
	jw_end_obj(w);
	jw_end_obj(w);
	jw_end_obj(w);
}

static void problem_response(struct jw *w)
{
	jw_obj(w, "default");
	jw_str(w, "description", "A problem document (RFC 9457)");
	jw_obj(w, "content");
	jw_obj(w, "application/problem+json");
	jw_obj(w, "schema");
	jw_str(w, "$ref", "#/components/schemas/Problem");
	jw_end_obj(w);
	jw_end_obj(w);
	jw_end_obj(w);
	jw_end_obj(w);
}

static void responses(struct jw *w, const struct route *r)
{
	bool has_body = r->reply || r->list || r->mime;
	char status[8];
	snprintf(status, sizeof status, "%d", r->status ? r->status : has_body ? 200 : 204);
	jw_obj(w, "responses");
	jw_obj(w, status);
	jw_str(w, "description", has_body ? "Done" : "Done, no content");
	if (has_body) {
		jw_obj(w, "content");
		jw_obj(w, r->mime ? r->mime : "application/json");
		jw_obj(w, "schema");
		if (r->list)
			list_schema(w, r);
		else if (r->reply)
			fields_schema(w, r->reply, true);
		jw_end_obj(w);
		jw_end_obj(w);
		jw_end_obj(w);
	}
	jw_end_obj(w);
	problem_response(w);
	jw_end_obj(w);
}

/* "get_customers_id_notes": unique, because method and path are. */
static void operation_id(const struct route *r, char *ret, size_t size)
{
	static const char *const VERB[] = { [HTTP_GET] = "get",
		                            [HTTP_POST] = "post",
		                            [HTTP_PUT] = "put",
		                            [HTTP_PATCH] = "patch",
		                            [HTTP_DELETE] = "delete" };
	const char *p = strncmp(r->path, "/api/v1/", 8) == 0 ? r->path + 8 : r->path + 1;
	size_t n = (size_t)snprintf(ret, size, "%s_", VERB[r->method]);
	for (; *p && n + 1 < size; p++) {
		if (*p != '{' && *p != '}')
			ret[n++] = *p == '/' || *p == '-' || *p == '.' ? '_' : *p;
	}
	ret[n] = '\0';
}

static void operation(struct jw *w, const struct api_area *a, const struct route *r)
{
	char id[120], method[8];
	operation_id(r, id, sizeof id);
	snprintf(method, sizeof method, "%.*s", (int)strcspn(id, "_"), id);
	jw_obj(w, method);
	jw_str(w, "operationId", id);
	jw_arr(w, "tags");
	jw_str(w, NULL, a->tag);
	jw_end_arr(w);
	jw_str(w, "summary", r->en);
	jw_str(w, "x-summary-zh", r->zh);
	if (r->perm)
		jw_str(w, "x-permission", perm_text(r->perm));
	if (r->or_perm)
		jw_str(w, "x-or-permission", perm_text(r->or_perm));
	if (r->open) {
		jw_arr(w, "security");
		jw_end_arr(w);
	}
	parameters(w, r);
	request_body(w, r);
	responses(w, r);
	jw_end_obj(w);
}

/* Paths are the keys of an object: all methods of one path stand together, at its first route. */
struct place {
	const struct api_area *const *areas;
	size_t n;
};

static bool is_first(const struct place *all, const struct route *r)
{
	for (size_t i = 0; i < all->n; i++) {
		for (const struct route *o = all->areas[i]->routes; o->path; o++) {
			if (strcmp(o->path, r->path) == 0)
				return o == r;
		}
	}
	return false;
}

static void path_item(struct jw *w, const struct place *all, const char *path)
{
	jw_obj(w, path);
	for (size_t i = 0; i < all->n; i++) {
		for (const struct route *r = all->areas[i]->routes; r->path; r++) {
			if (strcmp(r->path, path) == 0)
				operation(w, all->areas[i], r);
		}
	}
	jw_end_obj(w);
}

static const struct field PROBLEM_FIELD[] = { F_TEXT("field"), F_TEXT("code"), F_TEXT("detail"),
	                                      F_END };

static void components(struct jw *w, const struct place *all)
{
	static const struct field PROBLEM[] = { F_TEXT("type"),       F_TEXT("title"),
		                                F_INT("status"),      F_TEXT("detail"),
		                                F_TEXT("code"),       F_JSON("args"),
		                                F_TEXT("request_id"), F_END };
	static const struct field FIELDS = { .type = FT_ARR,
		                             .name = "fields",
		                             .of = PROBLEM_FIELD };
	jw_obj(w, "components");
	jw_obj(w, "securitySchemes");
	jw_obj(w, "session");
	jw_str(w, "type", "apiKey");
	jw_str(w, "in", "cookie");
	jw_str(w, "name", "hujiao");
	jw_end_obj(w);
	jw_end_obj(w);
	jw_obj(w, "schemas");
	jw_obj(w, "Problem");
	jw_str(w, "type", "object");
	jw_obj(w, "properties");
	members_schema(w, PROBLEM, true);
	jw_obj(w, "fields");
	field_schema(w, &FIELDS, true);
	jw_end_obj(w);
	jw_end_obj(w);
	jw_arr(w, "required");
	required(w, PROBLEM, true);
	jw_end_arr(w);
	jw_end_obj(w);
	for (size_t i = 0; i < all->n; i++) {
		for (const struct sse_event *ev = all->areas[i]->events; ev && ev->name; ev++) {
			char name[64];
			snprintf(name, sizeof name, "Event_%s", ev->name);
			jw_obj(w, name);
			jw_str(w, "description", ev->en);
			jw_str(w, "x-summary-zh", ev->zh);
			fields_schema(w, ev->fields, true);
			jw_end_obj(w);
		}
	}
	jw_end_obj(w);
	jw_end_obj(w);
}

bool openapi_write(struct str *out, const struct api_area *const *areas, size_t n)
{
	struct jw w = { .out = out };
	struct place all = { areas, n };
	jw_obj(&w, NULL);
	jw_str(&w, "openapi", "3.1.0");
	jw_obj(&w, "info");
	jw_str(&w, "title", "Hujiao");
	jw_str(&w, "version", HUJIAO_VERSION);
	jw_end_obj(&w);
	jw_arr(&w, "security");
	jw_obj(&w, NULL);
	jw_arr(&w, "session");
	jw_end_arr(&w);
	jw_end_obj(&w);
	jw_end_arr(&w);
	jw_obj(&w, "paths");
	for (size_t i = 0; i < n; i++) {
		for (const struct route *r = areas[i]->routes; r->path; r++) {
			if (is_first(&all, r))
				path_item(&w, &all, r->path);
		}
	}
	jw_end_obj(&w);
	components(&w, &all);
	jw_end_obj(&w);
	return str_ok(out);
}
