#include "auth/perm.h"

#include <stddef.h>
#include <string.h>

enum {
	R_A = 1 << ROLE_AGENT,
	R_S = 1 << ROLE_SUPERVISOR,
	R_I = 1 << ROLE_INSPECTOR,
	R_M = 1 << ROLE_MANAGER,
	R_D = 1 << ROLE_ADMINISTRATOR
};

static const struct {
	const char *text;
	unsigned roles;
} PERMS[PERM_COUNT] = {
	[PERM_NONE] = { "", ~0U },
#define P(id, text, zh, en, roles) [id] = { text, roles },
#include "auth/perm.def"
#undef P
};

static const char *const ROLES[ROLE_COUNT] = {
	[ROLE_NONE] = "",
	[ROLE_AGENT] = "agent",
	[ROLE_SUPERVISOR] = "supervisor",
	[ROLE_INSPECTOR] = "inspector",
	[ROLE_MANAGER] = "manager",
	[ROLE_ADMINISTRATOR] = "administrator",
};

const char *role_text(enum role r)
{
	return ROLES[r];
}

enum role role_parse(const char *text)
{
	for (int r = ROLE_AGENT; text && r < ROLE_COUNT; r++) {
		if (strcmp(text, ROLES[r]) == 0)
			return (enum role)r;
	}
	return ROLE_NONE;
}

const char *perm_text(enum perm p)
{
	return PERMS[p].text;
}

enum perm perm_parse(const char *text)
{
	for (int p = PERM_NONE + 1; text && p < PERM_COUNT; p++) {
		if (strcmp(text, PERMS[p].text) == 0)
			return (enum perm)p;
	}
	return PERM_NONE;
}

bool role_can(enum role r, enum perm p)
{
	return (PERMS[p].roles >> r) & 1U;
}
