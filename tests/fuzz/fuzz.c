#include "fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

char *fuzz_text(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	if (!text)
		abort();
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	return text;
}

const char *fuzz_file(const void *data, size_t size)
{
	static int fd = -1;
	static char path[40];
	if (fd < 0) {
		fd = memfd_create("fuzz", MFD_CLOEXEC);
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	}
	if (fd < 0 || ftruncate(fd, 0) || pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
	return path;
}

bool fuzz_piece(const uint8_t **data, size_t *size, const char *mark, const uint8_t **ret,
                size_t *ret_size)
{
	if (!*data)
		return false;
	size_t n = strlen(mark);
	const uint8_t *end = *size ? memmem(*data, *size, mark, n) : NULL;
	*ret = *data;
	*ret_size = end ? (size_t)(end - *data) : *size;
	*size = end ? *size - *ret_size - n : 0;
	*data = end ? end + n : NULL;
	return true;
}
