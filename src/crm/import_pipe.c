/* Rows from a child that reads a foreign file. Frames: u32 length, then type, percent and content
 * in native byte order, since both ends are one program on one machine. Whatever the child sends is
 * checked: it may have been taken over by the file it reads. */
#include "crm/import_int.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"

enum {
	SILENT_MS = 60000, /* so long without a byte and it hangs */
	TYPE_ROW = 'R',
	TYPE_END = 'E',
	HEAD_BYTES = 4,
	GATHER_BYTES = 60 << 10,
	READ_BYTES = 64 << 10
};

struct cell_head {
	uint32_t len;
	uint8_t kind, is_lossy;
};

struct import_pipe {
	pid_t pid;
	int fd;
	char *frame;
	size_t cap;
	char in[READ_BYTES]; /* read ahead */
	size_t in_n, in_at;
	struct cell cells[IMPORT_COLUMNS];
	enum err ended;
};

/* ---- writing, in the child ---- */

static enum err write_all(int fd, const void *p, size_t n)
{
	for (const char *at = p; n > 0;) {
		ssize_t k = write(fd, at, n);
		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return ERR_IO;
		at += k;
		n -= (size_t)k;
	}
	return ERR_OK;
}

static void add_head(struct str *out, size_t body_bytes, char type, int pct)
{
	uint32_t n = (uint32_t)body_bytes + 2;
	str_addn(out, &n, HEAD_BYTES);
	str_addc(out, type);
	str_addc(out, (char)pct);
}

enum err import_pipe_flush(int fd, struct str *out)
{
	enum err e = str_ok(out) ? write_all(fd, str_text(out), out->len) : ERR_NOMEM;
	str_clear(out);
	return e;
}

enum err import_pipe_write_row(int fd, struct str *out, const struct sheet_row *r, int pct)
{
	size_t bytes = sizeof r->number;
	for (size_t i = 0; i < r->n; i++)
		bytes += sizeof(struct cell_head) + r->cells[i].len + 1;
	add_head(out, bytes, TYPE_ROW, pct);
	str_addn(out, &r->number, sizeof r->number);
	for (size_t i = 0; i < r->n; i++) {
		const struct cell *c = &r->cells[i];
		struct cell_head h = { (uint32_t)c->len, (uint8_t)c->kind, c->is_lossy };
		str_addn(out, &h, sizeof h);
		str_addn(out, c->text, c->len + 1);
	}
	return out->len < GATHER_BYTES && str_ok(out) ? ERR_OK : import_pipe_flush(fd, out);
}

enum err import_pipe_write_end(int fd, struct str *out, const struct why *why)
{
	add_head(out, sizeof *why, TYPE_END, 100);
	str_addn(out, why, sizeof *why);
	return import_pipe_flush(fd, out);
}

/* ---- reading ---- */

static enum err start(const char *self, char *const *argv, struct import_pipe *p, struct why *why)
{
	int fds[2];
	if (pipe2(fds, O_CLOEXEC) != 0)
		return fail(why, E_IMPORT_CHILD, strerror(errno));
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t at;
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&fa, fds[1], 1);
	posix_spawnattr_init(&at);
	/* The server's threads block signals; the child is to die by them. */
	sigset_t none;
	sigemptyset(&none);
	posix_spawnattr_setsigmask(&at, &none);
	posix_spawnattr_setflags(&at, POSIX_SPAWN_SETSIGMASK);
	char *env[] = { (char *)"LC_ALL=C.UTF-8", NULL };
	int code = posix_spawn(&p->pid, self, &fa, &at, argv, env);
	posix_spawnattr_destroy(&at);
	posix_spawn_file_actions_destroy(&fa);
	close(fds[1]);
	p->fd = fds[0];
	if (code == 0)
		return ERR_OK;
	p->pid = 0;
	return fail(why, E_IMPORT_CHILD, strerror(code));
}

enum err import_pipe_open(const char *self, const char *path, int64_t after, int64_t max,
                          struct import_pipe **ret, struct why *why)
{
	CLEANUP(import_pipe_close) struct import_pipe *p = calloc(1, sizeof *p);
	if (!p)
		return fail(why, E_NOMEM);
	p->fd = -1;
	char after_text[24], max_text[24];
	snprintf(after_text, sizeof after_text, "%lld", (long long)after);
	snprintf(max_text, sizeof max_text, "%lld", (long long)max);
	char *const argv[] = { (char *)"hujiao",
		               (char *)"worker",
		               (char *)"sheet",
		               (char *)path,
		               after_text,
		               max_text,
		               NULL };
	enum err e = start(self ? self : "/proc/self/exe", argv, p, why);
	if (e)
		return e;
	*ret = p;
	p = NULL;
	return ERR_OK;
}

/* A reader that hangs must not keep the other jobs waiting for ever. */
static bool is_readable(const struct import_pipe *p)
{
	struct pollfd fd = { .fd = p->fd, .events = POLLIN };
	int n;
	do
		n = poll(&fd, 1, SILENT_MS);
	while (n < 0 && errno == EINTR);
	return n > 0;
}

static bool read_more(struct import_pipe *p)
{
	ssize_t k;
	if (!is_readable(p))
		return false;
	do
		k = read(p->fd, p->in, sizeof p->in);
	while (k < 0 && errno == EINTR);
	p->in_at = 0;
	p->in_n = k > 0 ? (size_t)k : 0;
	return k > 0;
}

/* @return false at the end of the pipe, also in the middle of a frame */
static bool read_all(struct import_pipe *p, void *ret, size_t n)
{
	for (char *at = ret; n > 0;) {
		size_t k = p->in_n - p->in_at;
		if (k == 0 && !read_more(p))
			return false;
		k = p->in_n - p->in_at < n ? p->in_n - p->in_at : n;
		memcpy(at, p->in + p->in_at, k);
		p->in_at += k;
		at += k;
		n -= k;
	}
	return true;
}

/* Takes the child's exit for the sentence; a child that still runs is ended first. */
static void reap(struct import_pipe *p, char *ret_how, size_t size)
{
	int status = 0;
	if (ret_how)
		snprintf(ret_how, size, "no answer");
	if (p->pid <= 0)
		return;
	kill(p->pid, SIGKILL);
	while (waitpid(p->pid, &status, 0) < 0 && errno == EINTR)
		;
	p->pid = 0;
	if (ret_how && WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
		snprintf(ret_how, size, "signal %d", WTERMSIG(status));
	else if (ret_how && WIFEXITED(status))
		snprintf(ret_how, size, "exit %d", WEXITSTATUS(status));
}

static enum err died(struct import_pipe *p, struct why *why)
{
	/* A moment for a crash to become visible as such, then the end. */
	char how[40];
	for (int i = 0; i < 50 && p->pid > 0; i++) {
		siginfo_t info = { 0 };
		if (waitid(P_PID, (id_t)p->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 ||
		    info.si_pid != 0)
			break;
		usleep(10000);
	}
	reap(p, how, sizeof how);
	return p->ended = fail(why, E_IMPORT_CHILD, how);
}

static bool take_cells(struct import_pipe *p, const char *at, const char *end, size_t *ret_n)
{
	for (*ret_n = 0; at < end; (*ret_n)++) {
		struct cell_head h;
		if (*ret_n == IMPORT_COLUMNS || (size_t)(end - at) < sizeof h)
			return false;
		memcpy(&h, at, sizeof h);
		at += sizeof h;
		if (h.len > IMPORT_CELL_BYTES || (size_t)(end - at) < (size_t)h.len + 1 ||
		    at[h.len] != '\0' || h.kind > CELL_NUMBER || !text_is_utf8(at, h.len))
			return false;
		p->cells[*ret_n] =
		    (struct cell){ at, h.len, (enum cell_kind)h.kind, h.is_lossy != 0 };
		at += h.len + 1;
	}
	return *ret_n > 0;
}

static enum err take_end(struct import_pipe *p, const char *body, size_t n, struct why *why)
{
	struct why said;
	if (n != sizeof said)
		return died(p, why);
	memcpy(&said, body, sizeof said);
	reap(p, NULL, 0);
	if (said.code == E_NONE)
		return p->ended = ERR_END;
	if ((int)said.code < 0 || said.code >= E_COUNT)
		return died(p, why);
	for (int i = 0; i < WHY_ARGS; i++)
		said.arg[i][WHY_ARG_BYTES - 1] = '\0';
	if (why)
		*why = said;
	return p->ended = err_kind(said.code);
}

enum err import_pipe_next(struct import_pipe *p, struct sheet_row *ret, int *ret_pct,
                          struct why *why)
{
	if (p->ended)
		return p->ended;
	uint32_t n;
	if (!read_all(p, &n, sizeof n) || n < 2 || n > IMPORT_FRAME_BYTES)
		return died(p, why);
	if (n > p->cap) {
		char *more = realloc(p->frame, n);
		if (!more)
			return fail(why, E_NOMEM);
		p->frame = more;
		p->cap = n;
	}
	if (!read_all(p, p->frame, n))
		return died(p, why);
	const char *body = p->frame + 2, *end = p->frame + n;
	if (p->frame[0] == TYPE_END)
		return take_end(p, body, (size_t)(end - body), why);
	if (p->frame[0] != TYPE_ROW || (size_t)(end - body) < sizeof ret->number ||
	    !take_cells(p, body + sizeof ret->number, end, &ret->n))
		return died(p, why);
	memcpy(&ret->number, body, sizeof ret->number);
	ret->cells = p->cells;
	*ret_pct = (unsigned char)p->frame[1];
	return ERR_OK;
}

void import_pipe_close(struct import_pipe **pp)
{
	struct import_pipe *p = *pp;
	if (!p)
		return;
	reap(p, NULL, 0);
	if (p->fd >= 0)
		close(p->fd);
	free(p->frame);
	free(p);
	*pp = NULL;
}
