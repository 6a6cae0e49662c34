#include "api/router.h"

#include <stdio.h>
#include <string.h>

#include "base/id.h"
#include "base/str.h"
#include "base/text.h"

#define A(area) extern const struct api_area area;
#include "api/areas.def"
#undef A

const struct api_area *const *api_areas(size_t *ret_n)
{
	static const struct api_area *const AREAS[] = {
#define A(area) &area,
#include "api/areas.def"
#undef A
	};
	*ret_n = sizeof AREAS / sizeof *AREAS;
	return AREAS;
}

static const char *const METHODS[] = {
	[HTTP_GET] = "GET",     [HTTP_POST] = "POST",     [HTTP_PUT] = "PUT",
	[HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE",
};

enum http_method http_method_parse(const char *text)
{
	if (strcmp(text, "HEAD") == 0)
		return HTTP_GET;
	for (int m = HTTP_GET; m <= HTTP_DELETE; m++) {
		if (strcmp(text, METHODS[m]) == 0)
			return (enum http_method)m;
	}
	return 0;
}

const char *http_method_text(enum http_method m)
{
	return METHODS[m];
}

bool path_param_is_key(const char *name)
{
	return strcmp(name, "key") == 0 || strcmp(name, "name") == 0;
}

static bool param_take(const char *name, size_t name_len, const char *seg, size_t seg_len,
                       struct match *m)
{
	struct path_param *p = &m->param[m->n];
	int64_t id;
	if (m->n == PATH_PARAMS || seg_len >= PATH_TEXT_BYTES || name_len >= sizeof p->name)
		return false;
	snprintf(p->name, sizeof p->name, "%.*s", (int)name_len, name);
	snprintf(p->text, sizeof p->text, "%.*s", (int)seg_len, seg);
	m->n++;
	return path_param_is_key(p->name) ? text_is_key(p->text) : id_parse(p->text, &id);
}

/* How well `path` fits: 0 not at all, else 1 + the number of literal segments. */
static int fit(const char *pattern, const char *path, struct match *m)
{
	int literals = 0;
	m->n = 0;
	while (*pattern == '/' && *path == '/') {
		pattern++;
		path++;
		size_t a = strcspn(pattern, "/"), b = strcspn(path, "/");
		const char *brace = memchr(pattern, '{', a);
		if (!brace) {
			if (a != b || memcmp(pattern, path, a) != 0)
				return 0;
			literals++;
		} else if (!param_take(pattern + 1, a - 2, path, b, m)) {
			return 0;
		}
		pattern += a;
		path += b;
	}
	return *pattern || *path ? 0 : literals + 1;
}

enum err route_match(const struct api_area *const *areas, size_t n_areas, enum http_method method,
                     const char *path, struct match *ret, struct why *why)
{
	int best = 0;
	bool other_method = false;
	for (size_t i = 0; i < n_areas; i++) {
		for (const struct route *r = areas[i]->routes; r->path; r++) {
			struct match m = { .route = r, .area = areas[i] };
			int f = fit(r->path, path, &m);
			if (f && r->method != method) {
				other_method = true;
			} else if (f > best) {
				best = f;
				*ret = m;
			}
		}
	}
	if (best)
		return ERR_OK;
	return other_method ? fail(why, E_ROUTE_METHOD, method ? METHODS[method] : "?")
	                    : fail(why, E_ROUTE_NONE);
}
