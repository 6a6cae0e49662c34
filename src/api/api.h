/* api/api.h -- starting and stopping the door.
 *
 * Threads: 2 for I/O (libmicrohttpd), `workers` for requests, 1 for house-keeping (stream comments,
 * certificate reload, sessions). */
#ifndef API_API_H
#define API_API_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct api;
struct call_store;
struct cell_state;
struct floor;
struct sse_hub;
struct job_runner;
struct vault;
struct voice;
struct writer;
struct zone;

/* What handlers reach besides the database; pointers outlive the door. NULL: that part is not
 * running, and its routes answer 503. */
struct api_env {
	struct writer *writer;
	struct floor *floor;
	struct voice *voice;
	const struct vault *vault; /* numbers and secrets */
	struct job_runner *jobs;
	const struct cell_state *cell; /* which cell this process runs, or stands by for */
	const struct zone *zone;       /* the company's */
	const char *data_dir;          /* recordings, uploads */
	const char *company;
	bool is_demo;
};

struct api_cfg {
	const char *addr; /* "127.0.0.1", "0.0.0.0", "::" */
	uint16_t port;    /* 0: a free one, api_port() */
	bool https;
	const char *tls_cert;       /* PEM chain; read again when the file changes */
	const char *tls_key;        /* PEM */
	const char *ca_cert;        /* PEM for GET /ca.crt; NULL: none */
	const char *db_url;         /* each worker opens its own read connection */
	const char *web_dir;        /* the built page; NULL: none */
	const char *passwords_file; /* those that are not taken; NULL: none */
	const char *log_level;      /* when the setting says nothing; NULL: as it is */
	int workers;                /* 0: 4 */
	int queue_slots;            /* 0: 256; a full queue answers 503 */
	struct api_env env;
};

/** Starts listening. The configuration's strings are copied.
 *  @param ret  api_stop()
 *  @return ERR_IO E_HTTP_START (address, why), E_TLS_FILE */
enum err api_start(const struct api_cfg *cfg, struct api **ret, struct why *why) MUST_USE;

/** No new requests; ends streams, lets running requests finish, joins all threads. NULL content is
 * fine. */
void api_stop(struct api **a);

/** Draining has begun: not ready for new work, though requests are still answered. Any thread. */
void api_drain(struct api *a);

uint16_t api_port(const struct api *a);
struct sse_hub *api_hub(struct api *a);

#endif
