#include "app/practice_child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/alarm.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/str.h"
#include "base/thread.h"
#include "call/transcript.h"

enum {
	TRIES = 20,
	TRY_AGAIN_MS = 250,
	LOOK_MS = 500,
	STEADY_MS = 60000, /* so long without an end and the board forgets the last one */
	FIRST_WAIT_MS = 1000,
	LONGEST_WAIT_MS = 60000,
	LINE_MAX_BYTES = 1 << 20,
};

static const char ALARM[] = "practice";

/* The child that runs now, and the thread that reads it, buries it and starts the next. */
struct practice_child {
	char *program, *orders;
	struct writer *writer;
	struct thread *keeper;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	bool is_stopping; /* under lock, like `to` */
	int to;           /* its standard input: closing it ends the child */
	int from;
	pid_t pid;
	struct str line;
	int deaths;
	int64_t started_ms;
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

/* What came, line by line; a line without end is thrown away. */
static void take_bytes(struct practice_child *c, const char *p, size_t n)
{
	for (const char *end; (end = memchr(p, '\n', n)); p = end + 1) {
		str_addn(&c->line, p, (size_t)(end - p));
		if (str_ok(&c->line))
			store_line(c, str_text(&c->line));
		str_clear(&c->line);
		n -= (size_t)(end - p) + 1;
	}
	str_addn(&c->line, p, n);
	if (c->line.len > LINE_MAX_BYTES)
		str_clear(&c->line);
}

/* Until the child's output ends. */
static void read_all(struct practice_child *c)
{
	char buf[16384];
	for (;;) {
		struct pollfd fd = { .fd = c->from, .events = POLLIN };
		int ready = poll(&fd, 1, LOOK_MS);
		if (c->deaths && clock_mono_ms() - c->started_ms >= STEADY_MS) {
			c->deaths = 0;
			alarm_clear(ALARM);
		}
		if (ready == 0 || (ready < 0 && errno == EINTR))
			continue;
		ssize_t n = read(c->from, buf, sizeof buf);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		take_bytes(c, buf, (size_t)n);
	}
	str_clear(&c->line);
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

/* One child with its pipes and orders. */
static enum err start_one(struct practice_child *c, struct why *why)
{
	int down[2] = { -1, -1 }, up[2] = { -1, -1 };
	if (pipe2(down, O_CLOEXEC) || pipe2(up, O_CLOEXEC)) {
		close_fd(&down[0]);
		close_fd(&down[1]);
		return fail(why, E_CHILD, "practice", strerror(errno));
	}
	pid_t pid = 0;
	int err = spawn(c->program, down[0], up[1], &pid);
	close_fd(&down[0]);
	close_fd(&up[1]);
	if (err) {
		close_fd(&down[1]);
		close_fd(&up[0]);
		return fail(why, E_CHILD, "practice", strerror(err));
	}
	pthread_mutex_lock(&c->lock);
	c->to = down[1];
	c->from = up[0];
	c->pid = pid;
	bool is_told = write_all(c->to, c->orders, strlen(c->orders)) && write_all(c->to, "\n", 1);
	if (c->is_stopping || !is_told)
		close_fd(&c->to);
	pthread_mutex_unlock(&c->lock);
	c->started_ms = clock_mono_ms();
	return ERR_OK; /* one that does not read its orders ends by itself, and is buried like any
	                */
}

/* Waits for its end and says how it came: "signal 9", "code 1". */
static void bury(struct practice_child *c, char *ret, size_t size)
{
	int status = 0;
	pthread_mutex_lock(&c->lock);
	close_fd(&c->to); /* one that closed its output alone ends now */
	pthread_mutex_unlock(&c->lock);
	while (waitpid(c->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFSIGNALED(status))
		snprintf(ret, size, "signal %d", WTERMSIG(status));
	else
		snprintf(ret, size, "code %d", WEXITSTATUS(status));
	pthread_mutex_lock(&c->lock);
	c->pid = 0;
	close_fd(&c->from);
	pthread_mutex_unlock(&c->lock);
}

/* @return false: we are to end */
static bool rest(struct practice_child *c, int64_t ms)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	pthread_mutex_lock(&c->lock);
	int err = 0;
	while (!c->is_stopping && !err)
		err = pthread_cond_timedwait(&c->changed, &c->lock, &until);
	bool goes_on = !c->is_stopping;
	pthread_mutex_unlock(&c->lock);
	return goes_on;
}

static bool is_stopping(struct practice_child *c)
{
	pthread_mutex_lock(&c->lock);
	bool yes = c->is_stopping;
	pthread_mutex_unlock(&c->lock);
	return yes;
}

/* 1, 2, 4 … seconds, at most a minute: a child that dies at once must not keep a core busy. */
static int64_t wait_of(int deaths)
{
	int64_t ms = (int64_t)FIRST_WAIT_MS << (deaths < 7 ? deaths - 1 : 6);
	return ms < LONGEST_WAIT_MS ? ms : LONGEST_WAIT_MS;
}

static void tell(const struct why *why)
{
	alarm_raise(ALARM, why, clock_utc_ms());
	log_error("practice", "child", LOG_WHY(why));
}

static void keep(void *arg)
{
	struct practice_child *c = arg;
	char how[32];
	struct why why;
	for (;;) {
		read_all(c);
		bury(c, how, sizeof how);
		if (is_stopping(c))
			return;
		do {
			int64_t ms = wait_of(++c->deaths);
			(void)!fail(&why, E_PRACTICE_DIED, how, ms / 1000);
			tell(&why);
			if (!rest(c, ms))
				return;
		} while (start_one(c, &why));
		(void)!fail(&why, E_PRACTICE_BACK, how, c->deaths);
		alarm_raise(ALARM, &why, clock_utc_ms());
	}
}

enum err practice_child_start(const char *program, const char *orders, struct writer *w,
                              struct practice_child **ret, struct why *why)
{
	CLEANUP(practice_child_stop) struct practice_child *c = calloc(1, sizeof *c);
	pthread_condattr_t monotonic;
	if (!c)
		return fail(why, E_NOMEM);
	c->to = c->from = -1;
	c->writer = w;
	pthread_mutex_init(&c->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&c->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	c->program = strdup(program);
	c->orders = strdup(orders);
	if (!c->program || !c->orders)
		return fail(why, E_NOMEM);
	enum err e = start_one(c, why);
	if (!e)
		e = thread_start("practice", keep, c, &c->keeper, why);
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
	pthread_mutex_lock(&c->lock);
	c->is_stopping = true;
	close_fd(&c->to);
	pthread_cond_broadcast(&c->changed);
	pthread_mutex_unlock(&c->lock);
	thread_join(&c->keeper); /* ends with the child's output */
	if (c->pid > 0) {        /* the thread never began */
		char how[32];
		bury(c, how, sizeof how);
	}
	alarm_clear(ALARM);
	pthread_cond_destroy(&c->changed);
	pthread_mutex_destroy(&c->lock);
	str_free(&c->line);
	free(c->program);
	free(c->orders);
	free(c);
	*cp = NULL;
}
