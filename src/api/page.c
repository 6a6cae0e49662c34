/* The built page: files below web_dir. Hashed assets never change; any other path without a dot is
 * the page's own router's and gets index.html. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/req_int.h"

static const char *mime_of(const char *path)
{
	static const struct {
		const char *ending, *mime;
	} TYPES[] = {
		{ ".html", "text/html; charset=utf-8" },
		{ ".js", "text/javascript; charset=utf-8" },
		{ ".mjs", "text/javascript; charset=utf-8" },
		{ ".css", "text/css; charset=utf-8" },
		{ ".json", "application/json" },
		{ ".map", "application/json" },
		{ ".svg", "image/svg+xml" },
		{ ".png", "image/png" },
		{ ".jpg", "image/jpeg" },
		{ ".webp", "image/webp" },
		{ ".ico", "image/x-icon" },
		{ ".woff2", "font/woff2" },
		{ ".wasm", "application/wasm" },
		{ ".wav", "audio/wav" },
		{ ".webmanifest", "application/manifest+json" },
		{ ".txt", "text/plain; charset=utf-8" },
	};
	const char *dot = strrchr(path, '.');
	for (size_t i = 0; dot && i < sizeof TYPES / sizeof *TYPES; i++) {
		if (strcmp(dot, TYPES[i].ending) == 0)
			return TYPES[i].mime;
	}
	return "application/octet-stream";
}

/* Letters, digits and "-_./" only, no hidden or parent part: nothing outside web_dir can be named.
 */
static bool is_safe(const char *path)
{
	if (path[0] != '/' || strstr(path, "/.") || strstr(path, "//"))
		return false;
	return path[strspn(
		   path,
		   "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./@~+")] ==
	       '\0';
}

static enum err send_file(struct req *rq, const char *path, struct why *why)
{
	char file[1024];
	const char *accepts = req_header(rq, "Accept-Encoding");
	const char *dir = rq->api->cfg.web_dir;
	if (snprintf(file, sizeof file, "%s%s.gz", dir, path) >= (int)sizeof file)
		return fail(why, E_ROUTE_NONE);
	reply_header(&rq->reply, "Vary", "Accept-Encoding");
	if (accepts && strstr(accepts, "gzip") && !req_header(rq, "Range") &&
	    access(file, R_OK) == 0 &&
	    reply_file(&rq->reply, file, mime_of(path), NULL, why) == ERR_OK) {
		reply_header(&rq->reply, "Content-Encoding", "gzip");
		return ERR_OK;
	}
	file[strlen(file) - 3] = '\0';
	return reply_file(&rq->reply, file, mime_of(path), NULL, why);
}

enum err page_find(struct req *rq, struct why *why)
{
	const char *path = rq->path;
	if (!rq->api->cfg.web_dir || !is_safe(path))
		return fail(why, E_ROUTE_NONE);
	bool is_file = strchr(strrchr(path, '/'), '.') != NULL;
	enum err e = send_file(rq, is_file ? path : "/index.html", why);
	rq->reply.is_immutable = !e && strncmp(path, "/assets/", 8) == 0;
	return e;
}
