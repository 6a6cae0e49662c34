/* The child that reads foreign tables: no keys, no database, little memory, a bound on its time. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "crm/import_int.h"

static const struct sheet_limits LIMITS = {
	.columns = IMPORT_COLUMNS,
	.rows = 1048576,
	.cell_bytes = IMPORT_CELL_BYTES - 1,
	.file_bytes = 64LL << 20,
	.unpacked_bytes = 1536LL << 20,
	.ratio = 200,
	.strings = 4000000,
};

static void limit(int what, rlim_t most)
{
	struct rlimit l = { most, most };
	(void)setrlimit((__rlimit_resource_t)what, &l); /* a lower one is in force already */
}

/* What is left to a reader that a file has taken over: its own memory and the pipe. */
static void confine(void)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	limit(RLIMIT_CPU, 600);
	limit(RLIMIT_FSIZE, 0);
	limit(RLIMIT_NOFILE, 24);
	limit(RLIMIT_CORE, 0);
	limit(RLIMIT_NPROC, 0);
#if !defined(__SANITIZE_ADDRESS__) /* whose shadow memory is larger than any bound */
	limit(RLIMIT_AS, 1536UL << 20);
#endif
	(void)!nice(10);
}

static enum err send_rows(const char *path, int64_t after, int64_t max, struct str *out,
                          struct why *why)
{
	CLEANUP(sheet_close) struct sheet *s = NULL;
	enum err e = sheet_open_limits(path, &LIMITS, &s, why);
	struct sheet_row r;
	int64_t sent = 0;
	while (!e && !(e = sheet_next(s, &r, why))) {
		if (r.number > after)
			e = import_pipe_write_row(STDOUT_FILENO, out, &r, sheet_pct(s));
		if (!e && r.number > after && ++sent == max)
			return ERR_END;
	}
	return e;
}

int crm_import_worker(int argc, char **argv)
{
	if (argc < 3 || strcmp(argv[1], "sheet") != 0)
		return 2;
	confine();
	signal(SIGPIPE, SIG_DFL);
	struct why why = { 0 };
	struct str out = { 0 };
	int64_t after = argc > 3 ? strtoll(argv[3], NULL, 10) : 0;
	int64_t max = argc > 4 ? strtoll(argv[4], NULL, 10) : 0;
	enum err e = send_rows(argv[2], after, max, &out, &why);
	if (e == ERR_END)
		why = (struct why){ 0 };
	int code = import_pipe_write_end(STDOUT_FILENO, &out, &why) ? 1 : 0;
	str_free(&out);
	return code;
}
