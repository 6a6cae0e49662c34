#include <stdlib.h>
#include <string.h>

#include "crm/import_int.h"

void import_seen_done(struct import_seen *s)
{
	free(s->key);
	free(s->row);
}

static size_t seen_slot(const struct import_seen *s, uint64_t key)
{
	size_t i = (size_t)key & (s->cap - 1);
	while (s->key[i] && s->key[i] != key)
		i = (i + 1) & (s->cap - 1);
	return i;
}

static bool seen_grow(struct import_seen *s)
{
	struct import_seen big = { .cap = s->cap ? s->cap * 2 : 4096, .n = s->n };
	big.key = calloc(big.cap, sizeof *big.key);
	big.row = calloc(big.cap, sizeof *big.row);
	if (!big.key || !big.row) {
		import_seen_done(&big);
		return false;
	}
	for (size_t i = 0; i < s->cap; i++) {
		if (!s->key[i])
			continue;
		size_t at = seen_slot(&big, s->key[i]);
		big.key[at] = s->key[i];
		big.row[at] = s->row[i];
	}
	import_seen_done(s);
	*s = big;
	return true;
}

/* The key is a part of the keyed hash, so nobody can choose numbers that meet. */
int64_t import_seen_add(struct import_seen *s, const unsigned char *hash, int64_t row)
{
	uint64_t key;
	memcpy(&key, hash, sizeof key);
	key += key == 0;
	if (s->n * 4 >= s->cap * 3 && !seen_grow(s))
		return -1;
	size_t i = seen_slot(s, key);
	if (s->key[i])
		return s->row[i];
	s->key[i] = key;
	s->row[i] = row;
	s->n++;
	return row;
}
