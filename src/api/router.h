/* api/router.h -- which route a method and a path mean. Pure; made once, then only read. */
#ifndef API_ROUTER_H
#define API_ROUTER_H

#include <stddef.h>

#include "api/route.h"

enum { PATH_PARAMS = 4, PATH_TEXT_BYTES = 64 };

struct path_param {
	char name[24];
	char text[PATH_TEXT_BYTES]; /* a checked id or key */
};

struct match {
	const struct route *route;
	const struct api_area *area;
	struct path_param param[PATH_PARAMS];
	size_t n;
};

/** The areas of areas.def. @param ret_n  their number */
const struct api_area *const *api_areas(size_t *ret_n);

/** Finds the route. A literal segment wins over a parameter.
 *  @return ERR_NOT_FOUND E_ROUTE_NONE (also for a path id that is none), ERR_INVALID E_ROUTE_METHOD
 *          (the path exists for another method) */
enum err route_match(const struct api_area *const *areas, size_t n_areas, enum http_method method,
                     const char *path, struct match *ret, struct why *why) MUST_USE;

enum http_method http_method_parse(const char *text); /* HEAD is HTTP_GET; 0: not one of ours */
const char *http_method_text(enum http_method m);

/** Whether a path parameter of this name is a key (text), not an id. */
bool path_param_is_key(const char *name);

#endif
