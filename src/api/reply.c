#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/req_int.h"
#include "base/json.h"

static void content_drop(struct reply *rp)
{
	json_decref(rp->obj);
	json_decref(rp->items);
	rp->obj = rp->items = NULL;
	free(rp->next);
	free(rp->bytes);
	rp->next = NULL;
	rp->bytes = NULL;
	if (rp->fd >= 0)
		close(rp->fd);
	rp->fd = -1;
}

void reply_done(struct reply *rp)
{
	content_drop(rp);
	json_decref(rp->problem);
	rp->problem = NULL;
	for (size_t i = 0; i < rp->n_headers; i++)
		free(rp->header[i].value);
	rp->n_headers = 0;
	sse_stream_free(rp->stream);
	rp->stream = NULL;
}

void reply_json(struct reply *rp, json_t *obj)
{
	content_drop(rp);
	rp->kind = REPLY_JSON;
	rp->obj = obj;
}

void reply_list(struct reply *rp, json_t *items, int64_t total, const char *next, json_t *more)
{
	content_drop(rp);
	rp->kind = REPLY_LIST;
	rp->items = items;
	rp->total = total;
	rp->next = next ? strdup(next) : NULL;
	rp->obj = more;
}

enum err reply_text(struct reply *rp, const struct str *object, struct why *why)
{
	json_t *j = NULL;
	enum err e =
	    str_ok(object) ? json_read(str_text(object), object->len, &j, why) : fail(why, E_NOMEM);
	if (!e)
		reply_json(rp, j);
	return e;
}

enum err reply_list_text(struct reply *rp, const struct str *items, int64_t total, const char *next,
                         struct why *why)
{
	json_t *j = NULL;
	enum err e =
	    str_ok(items) ? json_read(str_text(items), items->len, &j, why) : fail(why, E_NOMEM);
	if (!e)
		reply_list(rp, j, total, next, NULL);
	return e;
}

void reply_status(struct reply *rp, int status)
{
	rp->status = status;
}

void reply_problem(struct reply *rp, json_t *members)
{
	json_decref(rp->problem);
	rp->problem = members;
}

enum err reply_file(struct reply *rp, const char *path, const char *mime, const char *download_name,
                    struct why *why)
{
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return fail(why, E_ROUTE_NONE);
	if (fd < 0)
		return fail(why, E_FILE_OPEN, path, strerror(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		close(fd);
		return fail(why, E_ROUTE_NONE);
	}
	content_drop(rp);
	rp->kind = REPLY_FILE;
	rp->fd = fd;
	rp->size = st.st_size;
	rp->mime = mime;
	str_copy(rp->download_name, sizeof rp->download_name, download_name ? download_name : "");
	return ERR_OK;
}

void reply_bytes(struct reply *rp, void *p, size_t n, const char *mime, const char *download_name)
{
	content_drop(rp);
	rp->kind = REPLY_BYTES;
	rp->bytes = p;
	rp->size = (int64_t)n;
	rp->mime = mime;
	str_copy(rp->download_name, sizeof rp->download_name, download_name ? download_name : "");
}

void reply_header(struct reply *rp, const char *name, const char *value)
{
	char *copy = rp->n_headers < REPLY_HEADERS ? strdup(value) : NULL;
	if (!copy)
		return;
	rp->header[rp->n_headers].name = name;
	rp->header[rp->n_headers++].value = copy;
}
