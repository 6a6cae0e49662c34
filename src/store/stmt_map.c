#include <stdint.h>
#include <stdlib.h>

#include "store/db_int.h"

static struct stmt_slot *find(struct stmt_slot *slots, size_t cap, const char *sql)
{
	size_t i = (size_t)(((uintptr_t)sql >> 3) * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (cap - 1);
	while (slots[i].sql && slots[i].sql != sql)
		i = (i + 1) & (cap - 1);
	return &slots[i];
}

static bool grow(struct stmt_map *m)
{
	size_t cap = m->cap ? m->cap * 2 : 64;
	struct stmt_slot *slots = calloc(cap, sizeof *slots);
	if (!slots)
		return false;
	for (size_t i = 0; i < m->cap; i++) {
		if (m->slots[i].sql)
			*find(slots, cap, m->slots[i].sql) = m->slots[i];
	}
	free(m->slots);
	m->slots = slots;
	m->cap = cap;
	return true;
}

struct stmt_slot *stmt_map_slot(struct stmt_map *m, const char *sql)
{
	if (m->n * 2 >= m->cap && !grow(m))
		return NULL;
	struct stmt_slot *s = find(m->slots, m->cap, sql);
	if (!s->sql) {
		s->sql = sql;
		m->n++;
	}
	return s;
}

void stmt_map_free(struct stmt_map *m)
{
	free(m->slots);
	*m = (struct stmt_map){ 0 };
}
