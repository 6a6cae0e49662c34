/* A running door for tests: a database with a company of two teams and a person in every role, the
 * writer, the server on a free port, and a client. Engines: test_db.h. */
#ifndef TESTS_UNIT_API_DOOR_H
#define TESTS_UNIT_API_DOOR_H

#include "test_db.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "api/api.h"
#include "api/sse.h"
#include "auth/perm.h"

enum who {
	AGENT,      /* 1001 of team 1 */
	SUPERVISOR, /* 2001 of team 1 */
	INSPECTOR,  /* 3001 of the company's quality team, looks after team 1 */
	MANAGER,    /* 4001 */
	ADMIN,      /* 5001 */
	STRANGER,   /* 1002, an agent of team 2 */
	WHO_COUNT
};
#define DOOR_PASSWORD "pepper-2026"

struct door {
	struct test_db t;
	struct vault *vault;
	struct api *api;
	int64_t company, team[2], quality;
	int64_t person[WHO_COUNT];
	char cookie[WHO_COUNT][128]; /* "hujiao=…" after door_login() */
	bool https;
	char ca[300]; /* https: the root to trust */
};

struct answer {
	int status; /* 0: no answer */
	char *body;
	size_t bytes;
	char *head;   /* all headers */
	json_t *json; /* NULL: not JSON */
};

struct ask {
	const char *method, *path;
	const char *cookie; /* NULL: none */
	const char *body;   /* NULL: none */
	size_t body_bytes;  /* 0: strlen */
	const char *type;   /* NULL: application/json when there is a body */
	const char *origin; /* NULL: our own; "": none */
	const char *range, *lang;
};

extern const char *const JOB_NO[WHO_COUNT];

/** Makes it all. @param more  what differs from the usual; NULL: nothing */
void door_open(struct door *d, const struct api_cfg *more);
void door_close(struct door *d);
void door_login(struct door *d, enum who who);
void door_login_all(struct door *d);

struct answer door_ask(struct door *d, const struct ask *a);
/** As one person: door_as(&d, AGENT, "GET", "/api/v1/me", NULL). */
struct answer door_as(struct door *d, enum who who, const char *method, const char *path,
                      const char *body);
void answer_free(struct answer *a);
/** The "code" of a problem document, "" when it is none. */
const char *answer_code(const struct answer *a);

#endif
