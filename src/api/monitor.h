/* api/monitor.h -- the figures of the whole process, as the door collects them. */
#ifndef API_MONITOR_H
#define API_MONITOR_H

#include <stdbool.h>

#include "base/err.h"

struct api;
struct req;
struct str;

/** Everything of /metrics. On a worker; asks the loop and waits at most a second for it. */
enum err monitor_write(const struct req *rq, struct str *out, struct why *why) MUST_USE;

/** Sets the process_* figures: processor, memory, descriptors. */
void process_metrics(void);

/** 127.0.0.0/8 or ::1. */
bool addr_is_loopback(const char *addr);

/** Connections of the door now. */
int http_connections(const struct api *a);

/** Counts one finished request: M_HTTP_REQUESTS and M_HTTP_LATENCY. */
void request_seen(const struct req *rq, bool is_cut);

#endif
