#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/http_door.h"
#include "api/http_int.h"
#include "api/monitor.h"
#include "api/req_int.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/log.h"
#include "base/thread.h"

/* A refused body is read and forgotten up to this much, so that the client sees the answer. */
enum {
	FORGET_BYTES = 8 * 1024 * 1024,
	IO_THREADS = 2,
	CONNECTIONS = 2000,
	OF_ONE_ADDRESS = 1500, /* one address cannot take them all; an office or a proxy is one */
	IDLE_S = 75
};

static void client_addr(struct MHD_Connection *conn, char *ret, size_t size)
{
	const union MHD_ConnectionInfo *ci =
	    MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *sa = ci ? ci->client_addr : NULL;
	ret[0] = '\0';
	if (!sa)
		return;
	socklen_t len =
	    sa->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);
	if (getnameinfo(sa, len, ret, (socklen_t)size, NULL, 0, NI_NUMERICHOST))
		ret[0] = '\0';
	if (strncmp(ret, "::ffff:", 7) == 0) /* IPv4 on a double-stack socket */
		memmove(ret, ret + 7, strlen(ret + 7) + 1);
}

static void req_free(struct req *rq)
{
	if (rq->response)
		MHD_destroy_response(rq->response);
	reply_done(&rq->reply);
	if (rq->has_session)
		session_done(&rq->session);
	json_decref(rq->values);
	json_decref(rq->nulls);
	upload_drop(rq);
	str_free(&rq->raw);
	free(rq->path);
	free(rq);
}

static struct req *req_new(struct api *api, struct MHD_Connection *conn, const char *path,
                           const char *method)
{
	struct req *rq = calloc(1, sizeof *rq);
	unsigned char random[8];
	if (!rq)
		return NULL;
	rq->api = api;
	rq->conn = conn;
	rq->upload_fd = rq->reply.fd = -1;
	rq->start_mono_ms = clock_mono_ms();
	rq->is_head = strcmp(method, "HEAD") == 0;
	rq->stage = STAGE_READ;
	rq->path = strdup(path);
	crypto_random(random, sizeof random);
	crypto_hex(random, sizeof random, rq->request_id);
	client_addr(conn, rq->addr, sizeof rq->addr);
	if (!rq->path) {
		req_free(rq);
		return NULL;
	}
	return rq;
}

static enum MHD_Result answer(struct req *rq)
{
	rq->stage = STAGE_ANSWER;
	if (!rq->response)
		return MHD_NO;
	conns_phase(rq->conn, CONN_ANSWER);
	return MHD_queue_response(rq->conn, (unsigned)rq->response_status, rq->response);
}

/* From the I/O thread: hand over, or answer 503 when the queue is full. */
static enum MHD_Result give(struct req *rq, enum stage stage)
{
	struct why why = { 0 };
	rq->stage = stage;
	MHD_suspend_connection(rq->conn);
	if (pool_give(rq->api->pool, rq, &why) == ERR_OK)
		return MHD_YES;
	/* Nobody else holds it: taking the suspension back at once is in order. */
	req_refuse(rq, &why);
	rq->stage = STAGE_ANSWER;
	MHD_resume_connection(rq->conn);
	return MHD_YES;
}

void http_resume(struct req *rq)
{
	rq->is_recalled = rq->stage == STAGE_CHECK && !rq->response;
	rq->stage = rq->is_recalled ? STAGE_READ : STAGE_ANSWER;
	MHD_resume_connection(rq->conn);
}

static int64_t body_limit(const struct req *rq)
{
	const struct route *r = rq->match.route;
	if (!r)
		return 0;
	return r->upload_max_bytes ? r->upload_max_bytes
	       : r->body_max_bytes ? r->body_max_bytes
	                           : BODY_MAX_BYTES;
}

static int64_t declared_bytes(const struct req *rq)
{
	const char *text = req_header(rq, "Content-Length");
	return text ? strtoll(text, NULL, 10) : 0;
}

static bool has_body(const struct req *rq)
{
	return declared_bytes(rq) > 0 || req_header(rq, "Transfer-Encoding");
}

static enum err upload_open(struct req *rq, struct why *why)
{
	if (asprintf(&rq->upload_path, "%s/up-%s", rq->api->upload_dir, rq->request_id) < 0) {
		rq->upload_path = NULL;
		return fail(why, E_NOMEM);
	}
	rq->upload_fd = open(rq->upload_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return rq->upload_fd < 0 ? fail(why, E_FILE_WRITE, rq->upload_path, strerror(errno))
	                         : ERR_OK;
}

/* Who may be logged in is looked at closer, by a worker. */
static bool has_our_cookie(const struct req *rq)
{
	const char *cookies = req_header(rq, "Cookie");
	return cookies && strstr(cookies, "hujiao");
}

/* Headers are here, the body is not. */
static enum MHD_Result begin(struct req *rq, const char *method)
{
	struct why why = { 0 };
	if (http_door_is_shut(rq) && !has_our_cookie(rq)) {
		fail(&why, E_SHUT_OUT, (rq->shut_ms + 999) / 1000);
		req_refuse(rq, &why);
		return answer(rq);
	}
	enum http_method m = http_method_parse(method);
	enum err e = route_match(rq->api->areas, rq->api->n_areas, m, rq->path, &rq->match, &why);
	if (e && m == HTTP_GET && why.code == E_ROUTE_NONE && strncmp(rq->path, "/api/", 5) != 0)
		e = ERR_OK; /* a file of the page, or of its router */
	if (!e && declared_bytes(rq) > body_limit(rq) + FORGET_BYTES)
		e = body_too_big(body_limit(rq), &why);
	if (e) {
		req_refuse(rq, &why);
		return answer(rq);
	}
	if (rq->match.route && rq->match.route->upload_max_bytes)
		return give(rq, STAGE_CHECK);
	return MHD_YES;
}

static bool upload_write(struct req *rq, const char *data, size_t n)
{
	struct why why = { 0 };
	if (rq->upload_fd < 0 && upload_open(rq, &why))
		return false;
	while (n) {
		ssize_t w = write(rq->upload_fd, data, n);
		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return false;
		data += w;
		n -= (size_t)w;
	}
	return true;
}

static enum MHD_Result more_body(struct req *rq, const char *data, size_t *n)
{
	size_t len = *n;
	*n = 0;
	conns_bytes(rq->conn, len);
	rq->body_bytes += (int64_t)len;
	if (rq->body_bytes > body_limit(rq)) {
		rq->body_too_big = true;
		upload_drop(rq);
		return rq->body_bytes > body_limit(rq) + FORGET_BYTES ? MHD_NO : MHD_YES;
	}
	if (rq->match.route && rq->match.route->upload_max_bytes)
		return upload_write(rq, data, len) ? MHD_YES : MHD_NO;
	str_addn(&rq->raw, data, len);
	return str_ok(&rq->raw) ? MHD_YES : MHD_NO;
}

static enum MHD_Result handle(void *cls, struct MHD_Connection *conn, const char *url,
                              const char *method, const char *version, const char *data,
                              size_t *data_bytes, void **req_cls)
{
	struct api *api = cls;
	struct req *rq = *req_cls;
	(void)version;
	if (!rq) {
		rq = *req_cls = req_new(api, conn, url, method);
		if (!rq)
			return MHD_NO;
		conns_phase(conn, has_body(rq) ? CONN_BODY : CONN_ANSWER);
		return begin(rq, method);
	}
	switch (rq->stage) {
	case STAGE_ANSWER:
		return answer(rq);
	case STAGE_READ:
		if (*data_bytes)
			return more_body(rq, data, data_bytes);
		if (rq->is_recalled && has_body(rq)) {
			rq->is_recalled = false;
			return MHD_YES;
		}
		conns_phase(conn, CONN_ANSWER);
		return give(rq, STAGE_WORK);
	case STAGE_CHECK: /* woken before the body: called again with what there is of it */
	case STAGE_WORK:
		break;
	}
	return MHD_YES;
}

static void completed(void *cls, struct MHD_Connection *conn, void **req_cls,
                      enum MHD_RequestTerminationCode toe)
{
	struct req *rq = *req_cls;
	(void)cls;
	if (!rq)
		return;
	conns_phase(conn, CONN_HEAD);
	http_door_judge(rq);
	const struct route *r = rq->match.route;
	request_seen(rq, toe != MHD_REQUEST_TERMINATED_COMPLETED_OK);
	log_info("http", "request", LOG_S("id", rq->request_id),
	         LOG_S("method", r ? http_method_text(r->method) : "GET"),
	         LOG_S("route", r ? r->path : "page"),
	         LOG_S("call", r && r->subject && strcmp(r->subject, "call") == 0 && rq->match.n
	                           ? rq->match.param[0].text
	                           : NULL),
	         LOG_I("status", rq->response_status),
	         LOG_I("ms", clock_mono_ms() - rq->start_mono_ms),
	         LOG_I("bytes", rq->response_bytes), LOG_ID("person", req_person(rq)),
	         LOG_S("addr", rq->addr),
	         LOG_S("code", rq->logged_code ? err_code_name(rq->logged_code) : NULL),
	         LOG_I("cut", toe != MHD_REQUEST_TERMINATED_COMPLETED_OK));
	req_free(rq);
	*req_cls = NULL;
}

static void mhd_log(void *cls, const char *fmt, va_list ap)
{
	char text[300];
	(void)cls;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	vsnprintf(text, sizeof text, fmt, ap);
#pragma GCC diagnostic pop
	text[strcspn(text, "\n")] = '\0';
	log_debug("http", "library", LOG_S("text", text));
}

static enum err listen_on(const struct api_cfg *cfg, int *ret, struct why *why)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM,
		                  .ai_flags = AI_NUMERICHOST | AI_PASSIVE },
			*ai = NULL;
	char port[8], where[ADDR_BYTES + 8];
	int on = 1;
	snprintf(port, sizeof port, "%u", cfg->port);
	snprintf(where, sizeof where, "%s:%u", cfg->addr, cfg->port);
	int g = getaddrinfo(cfg->addr, port, &hints, &ai);
	if (g)
		return fail(why, E_HTTP_START, where, gai_strerror(g));
	int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	bool ok = fd >= 0 && !bind(fd, ai->ai_addr, ai->ai_addrlen) && !listen(fd, 512);
	int saved = errno;
	freeaddrinfo(ai);
	if (!ok) {
		if (fd >= 0)
			close(fd);
		return fail(why, E_HTTP_START, where, strerror(saved));
	}
	*ret = fd;
	return ERR_OK;
}

static uint16_t port_of(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof ss;
	if (getsockname(fd, (struct sockaddr *)&ss, &len))
		return 0;
	return ntohs(ss.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&ss)->sin6_port
	                                      : ((struct sockaddr_in *)&ss)->sin_port);
}

enum err http_start(struct api *a, struct why *why)
{
	int fd = -1;
	enum err e = listen_on(&a->cfg, &fd, why);
	if (e)
		return e;
	a->port = port_of(fd);
	unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL |
	                 MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG | MHD_USE_ITC |
	                 (a->tls ? MHD_USE_TLS : 0);
	void *retrieve; /* the array wants a function as an object pointer; POSIX allows it */
	int (*fn)(gnutls_session_t, const gnutls_datum_t *, int, const gnutls_pk_algorithm_t *, int,
	          gnutls_pcert_st **, unsigned *, gnutls_privkey_t *) = tls_retrieve;
	memcpy(&retrieve, &fn, sizeof retrieve);
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_CERT_CALLBACK, 0, retrieve },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0,
		  (void *)(uintptr_t) "SECURE128:-VERS-TLS1.0:-VERS-TLS1.1" },
		{ MHD_OPTION_END, 0, NULL },
	};
	struct MHD_OptionItem none[] = { { MHD_OPTION_END, 0, NULL } };
	a->daemon = MHD_start_daemon(
	    flags, 0, NULL, NULL, handle, a, MHD_OPTION_EXTERNAL_LOGGER, mhd_log, NULL,
	    MHD_OPTION_LISTEN_SOCKET, fd, MHD_OPTION_THREAD_POOL_SIZE, IO_THREADS,
	    MHD_OPTION_NOTIFY_COMPLETED, completed, a, MHD_OPTION_NOTIFY_CONNECTION, conns_notify,
	    a->conns, MHD_OPTION_CONNECTION_LIMIT, CONNECTIONS, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
	    OF_ONE_ADDRESS, MHD_OPTION_CONNECTION_TIMEOUT, IDLE_S,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)(64 * 1024), MHD_OPTION_ARRAY,
	    a->tls ? tls : none, MHD_OPTION_END);
	if (a->daemon)
		return ERR_OK;
	close(fd);
	return fail(why, E_HTTP_START, a->cfg.addr, strerror(errno));
}
