#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/json.h"
#include "base/metric.h"
#include "base/str.h"

static const char *const LEVELS[] = {
	[LOG_DEBUG] = "debug", [LOG_INFO] = "info", [LOG_WARN] = "warn",
	[LOG_ERROR] = "error", [LOG_NONE] = "none",
};

static atomic_int least_level = LOG_INFO;
static atomic_int out_fd = 2;

enum {
	FIELD_BYTES = 1000,
	REPEAT_SLOTS = 512, /* more than there are kinds of lines that warn */
	REPEAT_MS = 10000,
	REPEAT_LINES = 50, /* of one kind in REPEAT_MS; the rest is counted */
};

/* How often a kind of line came lately. Without a lock: a few lines more or less do not matter. */
struct repeat {
	_Atomic(const char *) event; /* fixed words: their address names them */
	atomic_llong since_ms;
	atomic_int lines;
};
static struct repeat repeats[REPEAT_SLOTS];

void log_set_level(enum log_level level)
{
	atomic_store(&least_level, (int)level);
}

bool log_level_parse(const char *text, enum log_level *ret)
{
	for (size_t i = 0; i < sizeof LEVELS / sizeof *LEVELS; i++) {
		if (strcmp(text, LEVELS[i]) == 0) {
			*ret = (enum log_level)i;
			return true;
		}
	}
	return false;
}

void log_set_fd(int fd)
{
	atomic_store(&out_fd, fd);
}

static void write_time(struct jw *w)
{
	int64_t now = clock_utc_ms();
	time_t s = (time_t)(now / 1000);
	struct tm tm;
	gmtime_r(&s, &tm);
	char text[40];
	size_t n = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
	struct str t = { 0 };
	str_addf(&t, "%.*s.%03dZ", (int)n, text, (int)(now % 1000));
	jw_str(w, "t", str_text(&t));
	str_free(&t);
}

static void write_cut(struct jw *w, const char *key, const char *text)
{
	char cut[FIELD_BYTES + 1];
	if (text)
		str_copy(cut, sizeof cut, text);
	jw_str(w, key, text ? cut : NULL);
}

static void write_why(struct jw *w, const char *key, const struct why *why)
{
	if (why)
		jw_str(w, "code", err_code_name(why->code));
	write_cut(w, key, why ? why_en(why) : NULL);
}

static void write_fields(struct jw *w, va_list ap)
{
	int kind;
	while ((kind = va_arg(ap, int)) != 0) {
		const char *key = *va_arg(ap, const char **);
		switch (kind) {
		case 's':
			write_cut(w, key, *va_arg(ap, const char **));
			break;
		case 'i':
			jw_int(w, key, *va_arg(ap, int64_t *));
			break;
		case 'd':
			jw_id(w, key, *va_arg(ap, int64_t *));
			break;
		default:
			write_why(w, key, *va_arg(ap, const struct why **));
			break;
		}
	}
}

static void write_whole(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t done = write(fd, p, n);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return; /* nobody is left to tell */
		p += done;
		n -= (size_t)done;
	}
}

static struct repeat *repeat_of(const char *event)
{
	size_t at = (size_t)((uintptr_t)event >> 3) * 2654435761U;
	for (size_t i = 0; i < 16; i++) {
		struct repeat *r = &repeats[(at + i) % REPEAT_SLOTS];
		const char *is = atomic_load(&r->event);
		if (!is && atomic_compare_exchange_strong(&r->event, &is, event))
			return r;
		if (is == event)
			return r;
	}
	return NULL;
}

/* Whether a line of this kind is one too many. @param ret_left_out  how many were before this one,
 * which begins anew; 0: none */
static bool is_repeat(const char *event, int *ret_left_out)
{
	struct repeat *r = repeat_of(event);
	long long now_ms = clock_mono_ms(), since_ms = r ? atomic_load(&r->since_ms) : 0;
	*ret_left_out = 0;
	if (!r)
		return false;
	if (now_ms - since_ms >= REPEAT_MS || !since_ms) {
		if (!atomic_compare_exchange_strong(&r->since_ms, &since_ms, now_ms))
			return false;
		int lines = atomic_exchange(&r->lines, 1);
		*ret_left_out = lines > REPEAT_LINES ? lines - REPEAT_LINES : 0;
		return false;
	}
	return atomic_fetch_add(&r->lines, 1) >= REPEAT_LINES;
}

void log_write(enum log_level level, const char *area, const char *event, ...)
{
	int left_out = 0;
	if (level < LOG_NONE)
		metric_add(M_LOG_LINES, (int)level, 1);
	if ((int)level < atomic_load(&least_level))
		return;
	/* What is told once a call or a request is wanted in full; trouble repeats itself. */
	if (level >= LOG_WARN && is_repeat(event, &left_out)) {
		metric_add(M_LOG_REPEATS, 0, 1);
		return;
	}
	struct str line = { 0 };
	struct jw w = { .out = &line };
	jw_obj(&w, NULL);
	write_time(&w);
	jw_str(&w, "level", LEVELS[level]);
	jw_str(&w, "area", area);
	jw_str(&w, "event", event);
	va_list ap;
	va_start(ap, event);
	write_fields(&w, ap);
	va_end(ap);
	if (left_out)
		jw_int(&w, "left_out", left_out);
	jw_end_obj(&w);
	str_addc(&line, '\n');
	if (str_ok(&line))
		write_whole(atomic_load(&out_fd), line.p, line.len);
	str_free(&line);
}
