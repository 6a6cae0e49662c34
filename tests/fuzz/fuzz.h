/* What fuzz targets share. A target is one file with LLVMFuzzerTestOneInput(): libFuzzer drives it
 * in a build of clang (tools/fuzz.py), replay.c in the ordinary one, over the files of corpus/. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A promise of the code under test; breaking it is a finding like a crash. */
#define FUZZ_HOLDS(cond) \
	do { \
		if (!(cond)) { \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #cond); \
			abort(); \
		} \
	} while (0)

/** The bytes as a terminated text without NUL inside (cut at the first). free() */
char *fuzz_text(const uint8_t *data, size_t size);

/** The bytes as a file in memory. Valid until the next call. */
const char *fuzz_file(const void *data, size_t size);

/** Takes the next piece of `data` up to the line `mark` ("\n--\n"); the last one ends with the
 * data. @return false: nothing is left */
bool fuzz_piece(const uint8_t **data, size_t *size, const char *mark, const uint8_t **ret,
                size_t *ret_size);

#endif
