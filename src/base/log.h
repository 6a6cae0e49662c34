/* base/log.h -- one JSON object a line on stderr.
 *
 *     log_info("voice", "leg_answered", LOG_ID("call", call_id), LOG_I("ring_ms", ring_ms));
 *
 * Area and event are fixed words; what varies goes into fields. Never a telephone number, a name
 * or a secret. Text is cut at 1000 bytes a field. A warning or error that repeats is left out after
 * 50 lines in ten seconds; the next one says "left_out":N. Thread: any; a line is written in one
 * write(). */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR, LOG_NONE };

/* Each passes a kind, the key and a one-element array, whose initialiser checks the type. */
#define LOG_S(key, text) \
	(int)'s', (const char *[]){ key }, (const char *[]) \
	{ \
		text \
	} /* NULL is null */
#define LOG_I(key, n) \
	(int)'i', (const char *[]){ key }, (int64_t[]) \
	{ \
		n \
	}
#define LOG_ID(key, id) \
	(int)'d', (const char *[]){ key }, (int64_t[]) \
	{ \
		id \
	} /* text, as in JSON */
#define LOG_WHY(w) \
	(int)'w', (const char *[]){ "why" }, (const struct why *[]) \
	{ \
		w \
	} /* and its code */

#define log_debug(...) log_write(LOG_DEBUG, __VA_ARGS__, 0)
#define log_info(...) log_write(LOG_INFO, __VA_ARGS__, 0)
#define log_warn(...) log_write(LOG_WARN, __VA_ARGS__, 0)
#define log_error(...) log_write(LOG_ERROR, __VA_ARGS__, 0)

/** Use the macros: the fields are LOG_x() and end with 0. */
void log_write(enum log_level level, const char *area, const char *event, ...);

/** Lines below `level` are not written; LOG_INFO at start. */
void log_set_level(enum log_level level);

/** "debug", "info", "warn", "error" or "none". */
bool log_level_parse(const char *text, enum log_level *ret);

/** Where lines go; 2 (stderr) at start. For tests and children. */
void log_set_fd(int fd);

#endif
