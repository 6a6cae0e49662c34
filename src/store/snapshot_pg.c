/* pg_dump and pg_restore as programs. The connection's words go to them by environment, as a
 * command line is everybody's to read and may hold a password. */
#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"
#include "store/snapshot_int.h"

enum { ENV_MAX = 512, NAME_BYTES = 128 };

extern char **environ;

struct env {
	char *v[ENV_MAX];
	int n, n_own;
};

static void env_free(struct env *e)
{
	for (int i = 0; i < e->n_own; i++)
		free(e->v[i]);
}

/* What libpq would read from the address, as its variables; the first of a name wins. */
static enum err env_of(const char *url, struct env *ret, struct why *why)
{
	char *text = NULL;
	PQconninfoOption *all = PQconninfoParse(url, &text);
	if (!all) {
		enum err e = fail(why, E_DB_OPEN, text ? text : "the address cannot be read");
		PQfreemem(text);
		return e;
	}
	for (const PQconninfoOption *o = all; o->keyword && ret->n < ENV_MAX - 1; o++) {
		if (!o->val || !o->envvar)
			continue;
		struct str s = { 0 };
		str_addf(&s, "%s=%s", o->envvar, o->val);
		if (str_take(&s, &ret->v[ret->n], NULL) == ERR_OK)
			ret->n_own = ++ret->n;
	}
	PQconninfoFree(all);
	for (char **p = environ; *p && ret->n < ENV_MAX - 1; p++)
		if (strncmp(*p, "PG", 2) != 0)
			ret->v[ret->n++] = *p;
	return ERR_OK;
}

/* Everything a program wrote to stderr, at most `size`. */
static void read_words(int fd, char *ret, size_t size)
{
	size_t n = 0;
	char spill[512];
	for (;;) {
		bool is_full = n + 1 >= size;
		ssize_t got =
		    is_full ? read(fd, spill, sizeof spill) : read(fd, ret + n, size - 1 - n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		n += is_full ? 0 : (size_t)got;
	}
	ret[n] = '\0';
	ret[strcspn(ret, "\n")] = '\0';
}

static enum err spawn(const char *const *argv, char *const *env, int err_fd, pid_t *ret,
                      struct why *why)
{
	posix_spawn_file_actions_t fa;
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, err_fd, STDERR_FILENO);
	posix_spawn_file_actions_addopen(&fa, STDOUT_FILENO, "/dev/null", 1, 0);
	int rc = posix_spawnp(ret, argv[0], &fa, NULL, (char *const *)(uintptr_t)argv, env);
	posix_spawn_file_actions_destroy(&fa);
	if (rc == ENOENT)
		return fail(why, E_SNAPSHOT_TOOL, argv[0]);
	return rc ? fail(why, E_SNAPSHOT, argv[0], strerror(rc)) : ERR_OK;
}

static enum err run(const char *url, const char *const *argv, struct why *why)
{
	CLEANUP(env_free) struct env env = { 0 };
	int fd[2], status = 0;
	pid_t pid = 0;
	char words[WHY_ARG_BYTES];
	enum err e = env_of(url, &env, why);
	if (e)
		return e;
	if (pipe2(fd, O_CLOEXEC) != 0)
		return fail(why, E_SNAPSHOT, argv[0], strerror(errno));
	e = spawn(argv, env.v, fd[1], &pid, why);
	close(fd[1]);
	if (!e) {
		read_words(fd[0], words, sizeof words);
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			e = fail(why, E_SNAPSHOT, argv[0], (const char *)words);
	}
	close(fd[0]);
	return e;
}

static const char *name_of(const char *url, char *ret, size_t size)
{
	char *text = NULL;
	PQconninfoOption *all = PQconninfoParse(url, &text);
	str_copy(ret, size, "postgres");
	for (const PQconninfoOption *o = all; o && o->keyword; o++)
		if (o->val && strcmp(o->keyword, "dbname") == 0)
			str_copy(ret, size, o->val);
	PQconninfoFree(all);
	PQfreemem(text);
	return ret;
}

enum err snapshot_pg_write(const char *url, const char *path, struct db **ret_at, struct why *why)
{
	CLEANUP(db_close) struct db *db = NULL;
	char at[NAME_BYTES];
	enum err e;
	if ((e = db_open(url, DB_READ, &db, why)) || (e = db_snapshot(db, why)) ||
	    (e = postgres_export(db, at, sizeof at, why)))
		return e;
	const char *const DUMP[] = {
		"pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--snapshot",
		at,        "--file",          path,         "--no-password",   NULL
	};
	const char *const LOOK[] = { "pg_restore", "--list", path, NULL };
	if ((e = run(url, DUMP, why)) || (e = run(url, LOOK, why)))
		return e;
	if (ret_at) {
		*ret_at = db;
		db = NULL;
	}
	return ERR_OK;
}

enum err snapshot_pg_restore(const char *path, const char *url, struct why *why)
{
	char name[NAME_BYTES];
	const char *const RESTORE[] = { "pg_restore",
		                        "--no-owner",
		                        "--no-privileges",
		                        "--single-transaction",
		                        "--exit-on-error",
		                        "--no-password",
		                        "--dbname",
		                        name_of(url, name, sizeof name),
		                        path,
		                        NULL };
	return run(url, RESTORE, why);
}
