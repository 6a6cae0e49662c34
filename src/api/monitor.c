#include "api/monitor.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "api/req_int.h"
#include "base/clock.h"
#include "base/metric.h"

/* ---- the process ---- */

static int64_t entries(const char *dir)
{
	int64_t n = 0;
	DIR *d = opendir(dir);
	if (!d)
		return 0;
	for (struct dirent *e; (e = readdir(d));)
		n += e->d_name[0] != '.';
	closedir(d);
	return n;
}

static int64_t rss_bytes(void)
{
	long long pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");
	if (f && fscanf(f, "%*s %lld", &pages) != 1)
		pages = 0;
	if (f)
		fclose(f);
	return pages * sysconf(_SC_PAGESIZE);
}

/* When the process began: the clock of /proc counts from the machine's start. */
static int64_t start_utc_ms(void)
{
	static int64_t known;
	char text[1024];
	unsigned long long ticks = 0;
	if (known)
		return known;
	FILE *f = fopen("/proc/self/stat", "re");
	if (!f)
		return 0;
	size_t n = fread(text, 1, sizeof text - 1, f);
	fclose(f);
	text[n] = '\0';
	const char *p = strrchr(text, ')'); /* the name may hold anything */
	if (!p || sscanf(p + 1,
	                 " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s "
	                 "%*s %*s %llu",
	                 &ticks) != 1)
		return 0;
	struct timespec up;
	clock_gettime(CLOCK_BOOTTIME, &up);
	int64_t age_ms = up.tv_sec * INT64_C(1000) + up.tv_nsec / 1000000 -
	                 (int64_t)(ticks * 1000 / (unsigned long long)sysconf(_SC_CLK_TCK));
	known = clock_utc_ms() - age_ms;
	return known;
}

void process_metrics(void)
{
	struct timespec cpu;
	struct rlimit files;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
	metric_set(M_CPU, 0, cpu.tv_sec * INT64_C(1000000) + cpu.tv_nsec / 1000);
	metric_set(M_RSS, 0, rss_bytes());
	metric_set(M_FDS, 0, entries("/proc/self/fd"));
	metric_set(M_THREADS, 0, entries("/proc/self/task"));
	metric_set(M_START, 0, start_utc_ms());
	if (getrlimit(RLIMIT_NOFILE, &files) == 0)
		metric_set(M_FDS_MAX, 0,
		           files.rlim_cur == RLIM_INFINITY ? -1 : (int64_t)files.rlim_cur);
}

/* ---- requests ---- */

int http_connections(const struct api *a)
{
	const union MHD_DaemonInfo *i =
	    MHD_get_daemon_info(a->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
	return i ? (int)i->num_connections : 0;
}

/* In the order of the table's words. */
enum class {
	CLASS_PAGE,
	CLASS_LOGIN,
	CLASS_READ,
	CLASS_WRITE,
	CLASS_UPLOAD,
	CLASS_STREAM,
	CLASS_MONITOR,
	CLASS_OTHER
};
enum { STATUSES = 6, STATUS_CUT = 5 };

static enum class class_of(const struct req *rq) {
	const struct route *r = rq->match.route;
	if (!r) return rq->response_status == 200 || rq->response_status == 206 ? CLASS_PAGE
										: CLASS_OTHER;
	if (r->upload_max_bytes) return CLASS_UPLOAD;
	if (r->mime && strcmp(r->mime, "text/event-stream") == 0) return CLASS_STREAM;
	if (strcmp(r->path, "/healthz") == 0 ||
	    strcmp(r->path, "/metrics") == 0) return CLASS_MONITOR;
	if (r->open && r->method == HTTP_POST) return CLASS_LOGIN;
	return r->method == HTTP_GET ? CLASS_READ : CLASS_WRITE;
}

void request_seen(const struct req *rq, bool is_cut)
{
	enum class c = class_of(rq);
	int status = rq->response_status / 100;
	if (is_cut || status < 1 || status > 5)
		status = STATUS_CUT + 1;
	metric_add(M_HTTP_REQUESTS, (int)c * STATUSES + status - 1, 1);
	if (c != CLASS_STREAM)
		metric_see(M_HTTP_LATENCY, (int)c, (clock_mono_ms() - rq->start_mono_ms) * 1000);
}
