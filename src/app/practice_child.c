#include "app/practice_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/thread.h"
#include "call/transcript.h"

enum { TRIES = 20, TRY_AGAIN_MS = 250 };

struct practice_child {
	pid_t pid;
	int to; /* its standard input: closing it ends the child */
	FILE *from;
	struct writer *writer;
	struct thread *reader;
};

static enum err save(struct tx *tx, const void *arg, struct why *why)
{
	return transcript_save(tx, arg, why);
}

/* A conversation is told when the customer hangs up; its recording closes a moment later. */
static void store_line(struct practice_child *c, const char *line)
{
	CLEANUP(json_cleanup) json_t *o = NULL;
	struct why why = { 0 };
	enum err e = json_read_text(line, &o, &why);
	struct transcript t = { .call_id = json_id(o, "call_id"),
		                .source = "practice",
		                .lines = json_object_get(o, "lines"),
		                .now_utc_ms = clock_utc_ms() };
	bool is_read = !e;
	for (int i = 0; is_read && i < TRIES; i++) {
		e = writer_do(c->writer, LANE_NORMAL, save, &t, &why);
		if (e != ERR_CONFLICT)
			break;
		usleep(TRY_AGAIN_MS * 1000);
	}
	if (e && e != ERR_NOT_FOUND)
		log_warn("practice", "transcript_lost", LOG_ID("call", t.call_id), LOG_WHY(&why));
}

static void read_all(void *arg)
{
	struct practice_child *c = arg;
	char *line = NULL;
	size_t cap = 0;
	while (getline(&line, &cap, c->from) > 0)
		store_line(c, line);
	free(line);
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int spawn(const char *program, int in, int out, pid_t *ret)
{
	posix_spawn_file_actions_t act;
	posix_spawnattr_t attr;
	sigset_t none, all;
	char *argv[] = { (char *)(uintptr_t) "hujiao", (char *)(uintptr_t) "practice", NULL };
	extern char **environ;
	sigemptyset(&none);
	sigemptyset(&all);
	sigaddset(&all, SIGPIPE);
	posix_spawn_file_actions_init(&act);
	posix_spawnattr_init(&attr);
	posix_spawn_file_actions_adddup2(&act, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&act, out, STDOUT_FILENO);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	/* Ctrl-C at the terminal is for the server; it ends the child itself. */
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
	                                    POSIX_SPAWN_SETPGROUP);
	int err = posix_spawn(ret, program, &act, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&act);
	posix_spawnattr_destroy(&attr);
	return err;
}

static bool write_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t k = write(fd, p, n);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return false;
		p += k;
		n -= (size_t)k;
	}
	return true;
}

enum err practice_child_start(const char *program, const char *orders, struct writer *w,
                              struct practice_child **ret, struct why *why)
{
	CLEANUP(practice_child_stop) struct practice_child *c = calloc(1, sizeof *c);
	int down[2] = { -1, -1 }, up[2] = { -1, -1 };
	if (!c)
		return fail(why, E_NOMEM);
	c->to = -1;
	c->writer = w;
	if (pipe2(down, O_CLOEXEC) || pipe2(up, O_CLOEXEC)) {
		close_fd(&down[0]);
		close_fd(&down[1]);
		return fail(why, E_CHILD, "practice", strerror(errno));
	}
	int err = spawn(program, down[0], up[1], &c->pid);
	close_fd(&down[0]);
	close_fd(&up[1]);
	c->to = down[1];
	c->from = fdopen(up[0], "r");
	if (!c->from)
		close_fd(&up[0]);
	if (err || !c->from)
		return fail(why, E_CHILD, "practice", strerror(err ? err : errno));
	if (!write_all(c->to, orders, strlen(orders)) || !write_all(c->to, "\n", 1))
		return fail(why, E_CHILD, "practice", "it does not read its orders");
	enum err e = thread_start("practice", read_all, c, &c->reader, why);
	if (e)
		return e;
	*ret = c;
	c = NULL;
	return ERR_OK;
}

void practice_child_stop(struct practice_child **cp)
{
	struct practice_child *c = *cp;
	if (!c)
		return;
	close_fd(&c->to);
	thread_join(&c->reader); /* ends with the child's output */
	if (c->from)
		fclose(c->from);
	if (c->pid > 0)
		while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
			;
	free(c);
	*cp = NULL;
}
