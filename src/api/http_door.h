/* api/http_door.h -- who may use the HTTP door, how often, and how slowly.
 *
 * An address that asks for what is not there, guesses links or passwords, or posts from foreign
 * pages uses up its tolerance and is shut out for a while: without a session's cookie it is refused
 * before anything is read. Who is logged in goes on, so one bad machine in an office stops nobody's
 * work; 127.0.0.1 and ::1 are never shut out (a proxy on this machine is everybody). Each session
 * may ask so many times a second. A request that does not come in time loses its connection.
 *
 * Thread: any; short locks. */
#ifndef API_HTTP_DOOR_H
#define API_HTTP_DOOR_H

#include <microhttpd.h>

#include "api/req_int.h"
#include "auth/login.h"
#include "base/ban.h"
#include "profile/settings.h"

/* HTTP_WHY(name, code, Chinese, English) */
#define HTTP_WHY_LIST(X) \
	X(PROBE, "probe", "探测不存在的地址", "asking for what is not there") \
	X(FOREIGN, "foreign", "来自其他网站页面的请求", "requests from foreign pages") \
	X(LINK, "link", "猜测一次性链接或令牌", "guessing one-time links or tokens") \
	X(PASSWORD, "password", "猜测密码", "guessing passwords")

enum http_why {
#define X(name, code, zh, en) HTTP_WHY_##name,
	HTTP_WHY_LIST(X)
#undef X
	    HTTP_WHY_COUNT
};
const char *http_why_code(int why);
const char *http_why_zh(int why);
const char *http_why_en(int why);

enum err http_door_new(const char *passwords_file, struct http_door **ret,
                       struct why *why) MUST_USE;
void http_door_free(struct http_door **d); /* NULL content is fine */

/** Takes new settings over: rules, log level, the telephone's door. */
void http_door_apply(struct api *a, const struct settings *s);

/** Whether the request's address is shut out. I/O threads: before anything is read. */
bool http_door_is_shut(struct req *rq);
/** Counts a finished request when it was an offence. */
void http_door_judge(const struct req *rq);
/** One more request of a session. @return ERR_LIMIT E_RATE */
enum err http_door_pace(struct req *rq, struct why *why) MUST_USE;

/** Who is at the other end, for auth/login.h. */
void http_door_client(const struct req *rq, struct client *ret);
void http_door_session_life(const struct api *a, struct session_life *ret);

typedef void http_door_fn(void *ctx, const char *door, const struct ban_row *r, const char *code,
                          const char *zh, const char *en);
/** Addresses the HTTP door has shut out, those that wait for their guesses included. */
void http_door_each(struct api *a, http_door_fn *fn, void *ctx);
bool http_door_lift(struct api *a, const struct ban_key *k);

/* ---- conn.c: requests that do not come in time ---- */

struct conns;
enum err conns_new(struct conns **ret, struct why *why) MUST_USE;
void conns_free(struct conns **c);
/** MHD_OPTION_NOTIFY_CONNECTION; ctx is the struct conns. */
void conns_notify(void *ctx, struct MHD_Connection *conn, void **socket_ctx,
                  enum MHD_ConnectionNotificationCode toe);
enum conn_phase { CONN_HEAD /* waiting for a request's head */, CONN_BODY, CONN_ANSWER };
void conns_phase(struct MHD_Connection *conn, enum conn_phase phase);
void conns_bytes(struct MHD_Connection *conn, size_t n); /* of a body that came in */
/** Cuts those that are too slow. Called twice a second. */
void conns_tick(struct conns *c, int64_t now_ms);

/** How long a phase may last when `bytes` of its body have come; 0: no bound. Pure. */
int64_t conn_limit_ms(enum conn_phase phase, int64_t bytes);

#endif
