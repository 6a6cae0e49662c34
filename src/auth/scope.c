#include "auth/scope.h"

#include <stdlib.h>
#include <string.h>

#include "store/db.h"

struct scope {
	enum scope_kind kind;
	int64_t person_id, unit_id;
	int64_t *units;
	size_t n;
};

static const struct scope PROGRAM = { .kind = SCOPE_ALL };

const struct scope *scope_program(void)
{
	return &PROGRAM;
}

static enum scope_kind kind_of(enum role r)
{
	switch (r) {
	case ROLE_MANAGER:
	case ROLE_ADMINISTRATOR:
		return SCOPE_ALL;
	case ROLE_SUPERVISOR:
	case ROLE_INSPECTOR:
		return SCOPE_TEAMS;
	case ROLE_AGENT:
	case ROLE_NONE:
	case ROLE_COUNT:
		break;
	}
	return SCOPE_OWN;
}

static enum err units_load(struct db *db, struct scope *s, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	size_t room = 0;
	enum err e =
	    db_query(db, "SELECT unit_id FROM v_scope_unit WHERE person_id = ?1 ORDER BY unit_id",
	             ARGS(V_INT(s->person_id)), &r, why);
	if (e)
		return e;
	while (!(e = rows_next(r, why))) {
		if (s->n == room) {
			room = room ? 2 * room : 16;
			int64_t *more = realloc(s->units, room * sizeof *more);
			if (!more)
				return fail(why, E_NOMEM);
			s->units = more;
		}
		s->units[s->n++] = rows_int(r, 0);
	}
	return e == ERR_END ? ERR_OK : e;
}

enum err scope_load(struct db *db, int64_t person_id, struct scope **ret, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e =
	    db_row(db, "SELECT role, unit_id FROM person WHERE id = ?1 AND left_utc_ms IS NULL",
	           ARGS(V_INT(person_id)), &r, why);
	if (e)
		return e;
	CLEANUP(scope_free) struct scope *s = calloc(1, sizeof *s);
	if (!s)
		return fail(why, E_NOMEM);
	s->kind = kind_of(role_parse(rows_text(r, 0)));
	s->person_id = person_id;
	s->unit_id = rows_int(r, 1);
	if (s->kind == SCOPE_TEAMS && (e = units_load(db, s, why)))
		return e;
	*ret = s;
	s = NULL;
	return ERR_OK;
}

struct scope *scope_copy(const struct scope *from)
{
	struct scope *s = malloc(sizeof *s);
	if (!s)
		return NULL;
	*s = *from;
	s->units = NULL;
	if (s->n) {
		s->units = malloc(s->n * sizeof *s->units);
		if (!s->units) {
			free(s);
			return NULL;
		}
		memcpy(s->units, from->units, s->n * sizeof *s->units);
	}
	return s;
}

void scope_free(struct scope **s)
{
	if (*s)
		free((*s)->units);
	free(*s);
	*s = NULL;
}

enum scope_kind scope_kind(const struct scope *s)
{
	return s->kind;
}

int64_t scope_person(const struct scope *s)
{
	return s->person_id;
}

int64_t scope_unit(const struct scope *s)
{
	return s->unit_id;
}

const int64_t *scope_units(const struct scope *s, size_t *ret_count)
{
	*ret_count = s->n;
	return s->units;
}

const char *scoped(const struct scope *s, const struct scoped_sql *sql)
{
	return sql->sql[s->kind];
}

bool scope_has_unit(const struct scope *s, int64_t unit_id)
{
	if (s->kind == SCOPE_ALL)
		return true;
	for (size_t i = 0; i < s->n; i++) {
		if (s->units[i] == unit_id)
			return true;
	}
	return false;
}

bool scope_has(const struct scope *s, int64_t owner_id, int64_t unit_id)
{
	if (s->kind == SCOPE_OWN)
		return owner_id && owner_id == s->person_id;
	return scope_has_unit(s, unit_id);
}
