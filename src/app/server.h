/* app/server.h -- everything running together: database, writer, jobs, telephone, floor, page.
 *
 * Starting goes upward (what others need first), stopping downward: no new calls, calls in progress
 * get their time, then BYE, the last facts are committed, the database closes. */
#ifndef APP_SERVER_H
#define APP_SERVER_H

#include "app/paths.h"

struct server;
struct voice;
struct writer;

struct server_cfg {
	const struct config *config;
	const struct paths *paths;
	bool is_demo;
	int drain_ms; /* how long calls in progress may go on when stopping */
};

/** Migrates the database and starts all parts; the first start prints the administrator's one-time
 *  link. @param ret  server_stop() */
enum err server_start(const struct server_cfg *cfg, struct server **ret, struct why *why) MUST_USE;

/** Drains and stops. NULL content is fine. */
void server_stop(struct server **s);

struct writer *server_writer(struct server *s);
int server_http_port(const struct server *s);

/** Runs until SIGTERM or SIGINT, which must be blocked in every thread: server_block_signals(). */
void server_wait(struct server *s);
void server_block_signals(void);

#endif
