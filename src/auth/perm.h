/* auth/perm.h -- what a role may do. The table is perm.def. Pure; any thread. */
#ifndef AUTH_PERM_H
#define AUTH_PERM_H

#include <stdbool.h>
#include <stdint.h>

enum role {
	ROLE_NONE,
	ROLE_AGENT,
	ROLE_SUPERVISOR,
	ROLE_INSPECTOR,
	ROLE_MANAGER,
	ROLE_ADMINISTRATOR,
	ROLE_COUNT
};

enum perm {
	PERM_NONE,
#define P(id, text, zh, en, roles) id,
#include "auth/perm.def"
#undef P
	PERM_COUNT
};

const char *role_text(enum role r);      /* "agent"; static storage */
enum role role_parse(const char *text);  /* ROLE_NONE: no such role; NULL is fine */
const char *perm_text(enum perm p);      /* "desk.use"; static storage */
enum perm perm_parse(const char *text);  /* PERM_NONE: no such permission */
bool role_can(enum role r, enum perm p); /* PERM_NONE: every role can */

#endif
