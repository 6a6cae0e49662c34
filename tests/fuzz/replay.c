/* Runs a target over its corpus, file by file: what a fuzzer found once stays mended, without a
 * fuzzer. A file that breaks ends the program, with its name as the last line. */
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

enum { NAME_BYTES = 1024, FILE_MAX_BYTES = 16 << 20 };

static void run_file(const char *path)
{
	struct stat st;
	FILE *in = fopen(path, "rb");
	if (!in || fstat(fileno(in), &st) || st.st_size > FILE_MAX_BYTES)
		abort();
	/* Exactly as large as the file: a sanitizer sees the first byte read behind it. */
	size_t size = (size_t)st.st_size;
	uint8_t *data = malloc(size ? size : 1);
	if (!data || fread(data, 1, size, in) != size)
		abort();
	fclose(in);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct dirent **names;
		int n = scandir(argv[i], &names, NULL, alphasort), done = 0;
		for (int k = 0; k < n; k++) {
			char path[NAME_BYTES];
			snprintf(path, sizeof path, "%s/%s", argv[i], names[k]->d_name);
			if (names[k]->d_name[0] != '.') {
				fprintf(stderr, "%s\n", path);
				run_file(path);
				done++;
			}
			free(names[k]);
		}
		free(n < 0 ? NULL : names);
		printf("%sok %s: %d inputs\n", done ? "" : "not ", argv[i], done);
	}
	return 0;
}
