/* Two functions that take the place of those libre would find: this one for its clock, the last one
 * for its complaints.
 *
 * libre's timers ask gettimeofday(): when the wall clock is set back, all of them freeze, and calls
 * with them. A definition in the executable takes the place of libc's: wall time at the start plus
 * the monotonic clock. */
#include <stdarg.h>
#include <stdio.h>
#include <sys/time.h>
#include <time.h>

#include "voice/voice_int.h"

static struct timespec wall, mono;

__attribute__((constructor)) static void remember(void)
{
	clock_gettime(CLOCK_REALTIME, &wall);
	clock_gettime(CLOCK_MONOTONIC, &mono);
}

void voice_guard_start(void)
{
	/* Nothing to do: being referred to is what keeps this file in the executable. */
}

int gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
	struct timespec now;
	(void)tz;
	clock_gettime(CLOCK_MONOTONIC, &now);
	int64_t ns = wall.tv_nsec + (now.tv_nsec - mono.tv_nsec);
	int64_t s = wall.tv_sec + (now.tv_sec - mono.tv_sec);
	while (ns < 0) {
		ns += 1000000000;
		s--;
	}
	tv->tv_sec = (time_t)(s + ns / 1000000000);
	tv->tv_usec = (suseconds_t)(ns % 1000000000 / 1000);
	return 0;
}

/* libre prints some of its complaints to stderr by itself, among them one for each packet that is
 * no SIP: those go to the log like the others. */
int re_fprintf(FILE *stream, const char *fmt, ...)
{
	char text[256];
	va_list ap;
	va_start(ap, fmt);
	int n = stream == stderr ? re_vsnprintf(text, sizeof text, fmt, ap)
	                         : re_vfprintf(stream, fmt, ap);
	va_end(ap);
	if (stream == stderr && n > 0)
		voice_libre_says(text);
	return n;
}
