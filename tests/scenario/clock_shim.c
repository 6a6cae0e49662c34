/* clock_shim -- preloaded into the program: its wall clock is off by as many ms as the file named
 * by CLOCK_SHIM holds (8 bytes), and follows when the file changes. The monotonic clock is true. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static volatile const int64_t *offset_ms;

__attribute__((constructor)) static void open_offset(void)
{
	const char *path = getenv("CLOCK_SHIM");
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	void *at =
	    fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *offset_ms, PROT_READ, MAP_SHARED, fd, 0);
	offset_ms = at == MAP_FAILED ? NULL : at;
}

int clock_gettime(clockid_t clock, struct timespec *t)
{
	int err = (int)syscall(SYS_clock_gettime, clock, t);
	if (!err && clock == CLOCK_REALTIME && offset_ms) {
		int64_t ns = t->tv_nsec + *offset_ms % 1000 * 1000000;
		t->tv_sec += *offset_ms / 1000 + (ns >= 1000000000) - (ns < 0);
		t->tv_nsec = (ns + 1000000000) % 1000000000;
	}
	return err;
}

time_t time(time_t *ret)
{
	struct timespec t;
	clock_gettime(CLOCK_REALTIME, &t);
	if (ret)
		*ret = t.tv_sec;
	return t.tv_sec;
}
