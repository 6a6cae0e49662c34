/* `hujiao support`: what a support engineer asks for, in one file, without a number, a password, a
 * key or a name in it. Works beside a running server, a hanging one, and none. */
#include <curl/curl.h>
#include <dirent.h>
#include <fcntl.h>
#include <fts.h>
#include <inttypes.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/mask.h"
#include "app/bundle.h"
#include "app/cell.h"
#include "app/commands.h"
#include "app/local.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "profile/settings.h"
#include "store/db.h"
#include "store/migrate.h"

enum {
	LINES = 5000,
	ERRORS = 500,
	TEXT_MAX = 1 << 20,
	LOG_MAX = 32 << 20,
	ASK_S = 10,
	NAMES_MAX = 20000,
	NAME_MIN_BYTES = 2, /* one letter would blot out half of the text */
};

struct support {
	struct local local;
	struct db *db; /* NULL: it cannot be opened */
	struct bundle *out;
	char **name; /* of people, units, lines, campaigns and the company: blotted out of texts */
	size_t names;
};

/* ---- blotting out ---- */

static void name_add(struct support *s, const char *text)
{
	if (strlen(text) < NAME_MIN_BYTES || s->names == NAMES_MAX)
		return;
	char **more = realloc(s->name, (s->names + 1) * sizeof *more);
	if (!more)
		return;
	s->name = more;
	if ((s->name[s->names] = strdup(text)))
		s->names++;
}

static void names_read(struct support *s)
{
	static const char *const SQL[] = {
		"SELECT name FROM person ORDER BY id",
		"SELECT name FROM org_unit ORDER BY id",
		"SELECT name FROM trunk ORDER BY id",
		"SELECT name FROM campaign ORDER BY id",
	};
	name_add(s, s->local.config.company);
	for (size_t i = 0; s->db && i < sizeof SQL / sizeof *SQL; i++) {
		CLEANUP(rows_free) struct rows *r = NULL;
		if (db_query(s->db, SQL[i], NOARGS, &r, NULL))
			continue;
		while (rows_next(r, NULL) == ERR_OK)
			name_add(s, rows_text(r, 0));
	}
}

/* Numbers become masks, names stars of the same length. */
static void blot(const struct support *s, struct str *text)
{
	if (!str_ok(text) || !text->len)
		return;
	mask_numbers(text->p, text->len);
	for (size_t i = 0; i < s->names; i++) {
		size_t n = strlen(s->name[i]);
		for (char *p = text->p; (p = strstr(p, s->name[i])); p += n)
			memset(p, '*', n);
	}
}

static void add(struct support *s, const char *name, struct str *text)
{
	blot(s, text);
	bundle_add(s->out, name, text);
	str_clear(text);
}

/* ---- pieces ---- */

static void add_file(struct str *out, const char *path)
{
	char part[4096];
	FILE *f = fopen(path, "re");
	str_addf(out, "== %s\n", path);
	if (!f) {
		str_add(out, "(cannot be read)\n");
		return;
	}
	for (size_t n; out->len < TEXT_MAX && (n = fread(part, 1, sizeof part, f));)
		str_addn(out, part, n);
	fclose(f);
	str_addc(out, '\n');
}

static void write_about(struct support *s)
{
	CLEANUP(str_free) struct str out = { 0 };
	struct utsname u;
	uname(&u);
	str_addf(&out, "version %s\nnow_utc_ms %" PRId64 "\nschema_newest %d\n", HUJIAO_VERSION,
	         clock_utc_ms(), migrate_newest());
	if (s->db)
		str_addf(&out, "engine %s\n",
		         db_engine(s->db) == DB_SQLITE ? "sqlite" : "postgresql");
	str_addf(&out, "kernel %s %s %s\n", u.sysname, u.release, u.machine);
	static const char *const FILES[] = { "/etc/os-release",
		                             "/proc/loadavg",
		                             "/proc/meminfo",
		                             "/proc/sys/net/core/rmem_max",
		                             "/proc/sys/net/core/wmem_max",
		                             "/proc/sys/fs/file-nr",
		                             "/proc/net/snmp",
		                             "/proc/pressure/cpu",
		                             "/proc/pressure/io",
		                             "/proc/pressure/memory" };
	str_addf(&out, "processors %ld\n", sysconf(_SC_NPROCESSORS_ONLN));
	for (size_t i = 0; i < sizeof FILES / sizeof *FILES; i++)
		add_file(&out, FILES[i]);
	add(s, "about.txt", &out);
}

static void write_config(struct support *s)
{
	CLEANUP(str_free) struct str out = { 0 };
	char url[CONFIG_VALUE_BYTES];
	const struct config *c = &s->local.config;
	const struct {
		const char *key, *value;
	} LIST[] = {
#define X(key, def, en, zh) { #key, c->key },
		CONFIG_KEYS(X)
#undef X
	};
	local_hide_password(c->database, url, sizeof url);
	for (size_t i = 0; i < sizeof LIST / sizeof *LIST; i++) {
		const char *shown = LIST[i].value == c->company    ? "(hidden)"
		                    : LIST[i].value == c->database ? url
		                                                   : LIST[i].value;
		str_addf(&out, "%s = %s\n", LIST[i].key, shown);
	}
	add(s, "config.txt", &out);
}

/* Texts are the company's own words: only whether they are set is told. */
static void write_settings(struct support *s)
{
	CLEANUP(str_free) struct str out = { 0 };
	struct settings st;
	size_t n;
	const struct setting_row *rows = settings_rows(&n);
	if (!s->db || settings_load(s->db, clock_utc_ms(), &st, NULL)) {
		str_add(&out, "(cannot be read)\n");
		add(s, "settings.json", &out);
		return;
	}
	struct jw w = { .out = &out };
	jw_obj(&w, NULL);
	for (size_t i = 0; i < n; i++) {
		bool is_plain = rows[i].type != SETTING_TEXT || strcmp(rows[i].name, "zone") == 0 ||
		                strcmp(rows[i].name, "log_level") == 0;
		if (is_plain)
			settings_write(&st, &rows[i], &w);
		else
			jw_str(&w, rows[i].name, "(hidden)");
	}
	jw_end_obj(&w);
	str_addc(&out, '\n');
	add(s, "settings.json", &out);
}

/* Counts tell where time and space go; no row leaves. */
static void write_sizes(struct support *s)
{
	static const struct {
		const char *name, *sql;
	} TABLES[] = {
		{ "person", "SELECT COUNT(*) FROM person" },
		{ "customer", "SELECT COUNT(*) FROM customer" },
		{ "phone", "SELECT COUNT(*) FROM phone" },
		{ "campaign", "SELECT COUNT(*) FROM campaign" },
		{ "attempt", "SELECT COUNT(*) FROM attempt" },
		{ "call", "SELECT COUNT(*) FROM call" },
		{ "recording", "SELECT COUNT(*) FROM recording" },
		{ "trunk", "SELECT COUNT(*) FROM trunk" },
		{ "audit", "SELECT COUNT(*) FROM audit" },
		{ "outbox", "SELECT COUNT(*) FROM outbox" },
		{ "job", "SELECT COUNT(*) FROM job" },
	};
	CLEANUP(str_free) struct str out = { 0 };
	char *const top[] = { s->local.paths.data, NULL };
	int64_t n = 0, files = 0, bytes = 0, free_bytes = 0;
	for (size_t i = 0; s->db && i < sizeof TABLES / sizeof *TABLES; i++) {
		if (db_int(s->db, TABLES[i].sql, NOARGS, &n, NULL) == ERR_OK)
			str_addf(&out, "rows %s %" PRId64 "\n", TABLES[i].name, n);
	}
	FTS *tree = fts_open(top, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	for (const FTSENT *f; tree && (f = fts_read(tree));) {
		if (f->fts_info != FTS_F)
			continue;
		files++;
		bytes += f->fts_statp->st_size;
		if (f->fts_level == 1 && strncmp(f->fts_name, "hujiao.db", 9) == 0)
			str_addf(&out, "file %s %" PRId64 "\n", f->fts_name,
			         (int64_t)f->fts_statp->st_size);
	}
	if (tree)
		fts_close(tree);
	str_addf(&out, "data_dir files %" PRId64 " bytes %" PRId64 "\n", files, bytes);
	if (file_free_bytes(s->local.paths.data, &free_bytes, NULL) == ERR_OK)
		str_addf(&out, "free bytes %" PRId64 "\n", free_bytes);
	add(s, "sizes.txt", &out);
}

/* ---- the running server ---- */

static size_t take(char *p, size_t size, size_t n, void *ctx)
{
	struct str *out = ctx;
	if (out->len < TEXT_MAX)
		str_addn(out, p, size * n);
	return size * n;
}

/* From this machine, so no token is needed; the certificate is its own. */
static void ask(const struct support *s, const char *path, struct str *out)
{
	char url[300], error[CURL_ERROR_SIZE] = "";
	const struct config *c = &s->local.config;
	bool is_any = strcmp(c->http_addr, "0.0.0.0") == 0 || strcmp(c->http_addr, "::") == 0;
	bool is_v6 = !is_any && strchr(c->http_addr, ':');
	snprintf(url, sizeof url, is_v6 ? "%s://[%.60s]:%s%s" : "%s://%.60s:%s%s",
	         config_on(c->https) ? "https" : "http", is_any ? "127.0.0.1" : c->http_addr,
	         c->http_port, path);
	CURL *h = curl_easy_init();
	if (!h)
		return;
	curl_easy_setopt(h, CURLOPT_URL, url);
	curl_easy_setopt(h, CURLOPT_TIMEOUT, (long)ASK_S);
	curl_easy_setopt(h, CURLOPT_PROXY, "");
	curl_easy_setopt(h, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(h, CURLOPT_SSL_VERIFYHOST, 0L);
	curl_easy_setopt(h, CURLOPT_ERRORBUFFER, error);
	curl_easy_setopt(h, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(h, CURLOPT_WRITEDATA, out);
	if (curl_easy_perform(h))
		str_addf(out, "# the server does not answer: %s\n", error);
	curl_easy_cleanup(h);
}

static void write_server(struct support *s)
{
	CLEANUP(str_free) struct str out = { 0 };
	ask(s, "/healthz", &out);
	add(s, "health.json", &out);
	ask(s, "/metrics", &out); /* labels are fixed words: nothing to blot out, and counts stay */
	bundle_add(s->out, "metrics.txt", &out);
}

/* What each thread of a server does now: its name, state, and where in the kernel it waits. */
static void write_threads(struct str *out, long pid)
{
	static const char *const OF_PROCESS[] = { "limits", "status", "io" };
	static const char *const OF_THREAD[] = { "comm", "wchan", "syscall", "stack", "schedstat" };
	char path[300];
	for (size_t i = 0; i < sizeof OF_PROCESS / sizeof *OF_PROCESS; i++) {
		snprintf(path, sizeof path, "/proc/%ld/%s", pid, OF_PROCESS[i]);
		add_file(out, path);
	}
	snprintf(path, sizeof path, "/proc/%ld/task", pid);
	DIR *d = opendir(path);
	for (const struct dirent *t; d && (t = readdir(d));) {
		for (size_t i = 0; t->d_name[0] != '.' && i < sizeof OF_THREAD / sizeof *OF_THREAD;
		     i++) {
			snprintf(path, sizeof path, "/proc/%ld/task/%.20s/%s", pid, t->d_name,
			         OF_THREAD[i]);
			add_file(out, path);
		}
	}
	if (d)
		closedir(d);
}

/* Whether a process holds a file open. */
static bool has_open(const char *pid, const char *file)
{
	char path[300], target[PATH_BYTES];
	snprintf(path, sizeof path, "/proc/%.20s/fd", pid);
	bool is_open = false;
	DIR *d = opendir(path);
	for (const struct dirent *f; d && !is_open && (f = readdir(d));) {
		snprintf(path, sizeof path, "/proc/%.20s/fd/%.20s", pid, f->d_name);
		ssize_t n = readlink(path, target, sizeof target - 1);
		target[n > 0 ? n : 0] = '\0';
		is_open = strcmp(target, file) == 0;
	}
	if (d)
		closedir(d);
	return is_open;
}

/* The server of this data folder is the process that holds its lock. */
static void write_processes(struct support *s)
{
	CLEANUP(str_free) struct str out = { 0 };
	char data[PATH_MAX], lock[PATH_MAX + sizeof CELL_LOCK + 1] = "";
	if (realpath(s->local.paths.data, data))
		snprintf(lock, sizeof lock, "%s/%s", data, CELL_LOCK);
	DIR *d = *lock ? opendir("/proc") : NULL;
	for (const struct dirent *p; d && (p = readdir(d));) {
		if (p->d_name[0] >= '1' && p->d_name[0] <= '9' && has_open(p->d_name, lock))
			write_threads(&out, strtol(p->d_name, NULL, 10));
	}
	if (d)
		closedir(d);
	if (!out.len)
		str_add(&out, "no server runs on this data folder\n");
	bundle_add(s->out, "processes.txt", &out);
}

/* ---- the log ---- */

static const char *tail_of(const struct str *text, int lines)
{
	const char *p = str_text(text) + text->len;
	for (int n = 0; p > str_text(text); p--) {
		if (p[-1] == '\n' && ++n > lines)
			return p;
	}
	return str_text(text);
}

/* The service's journal, as a stream; NULL: there is no such program. */
static FILE *journal(pid_t *ret_pid)
{
	char *const args[] = { "journalctl", "-u",  "hujiao",     "-n", "5000",
		               "-o",         "cat", "--no-pager", NULL };
	posix_spawn_file_actions_t fa;
	int ends[2];
	if (pipe2(ends, O_CLOEXEC))
		return NULL;
	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_adddup2(&fa, ends[1], STDOUT_FILENO);
	posix_spawn_file_actions_addopen(&fa, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
	int e = posix_spawnp(ret_pid, args[0], &fa, NULL, args, environ);
	posix_spawn_file_actions_destroy(&fa);
	close(ends[1]);
	FILE *f = e ? NULL : fdopen(ends[0], "re");
	if (!f)
		close(ends[0]);
	return f;
}

static void read_log(const char *path, struct str *out)
{
	char part[65536];
	pid_t pid = 0;
	FILE *f = path ? fopen(path, "re") : journal(&pid);
	if (f) {
		if (path && fseek(f, -(long)LOG_MAX, SEEK_END))
			rewind(f);
		for (size_t n; (n = fread(part, 1, sizeof part, f));)
			str_addn(out, part, n);
		fclose(f);
	}
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static bool is_trouble(const char *line, size_t n)
{
	return memmem(line, n, "\"level\":\"error\"", 15) ||
	       memmem(line, n, "\"level\":\"warn\"", 14);
}

static void write_log(struct support *s, const char *path)
{
	CLEANUP(str_free) struct str all = { 0 };
	CLEANUP(str_free) struct str part = { 0 };
	read_log(path, &all);
	str_add(&part, tail_of(&all, LINES));
	add(s, "log.jsonl", &part);
	CLEANUP(str_free) struct str bad = { 0 };
	for (const char *p = str_text(&all); *p;) {
		size_t n = strcspn(p, "\n");
		if (is_trouble(p, n)) {
			str_addn(&bad, p, n);
			str_addc(&bad, '\n');
		}
		p += n + (p[n] == '\n');
	}
	str_add(&part, tail_of(&bad, ERRORS));
	add(s, "errors.jsonl", &part);
}

/* ---- lines to carriers ---- */

/* How each is set up, without its name, account, numbers and secret. */
static void write_trunks(struct support *s)
{
	CLEANUP(str_free) struct str out = { 0 };
	CLEANUP(rows_free) struct rows *r = NULL;
	static const char *const HIDDEN[] = {
		"name",          "user",          "auth_user",       "domain",
		"callee_prefix", "caller_prefix", "identity_number", "secret"
	};
	if (s->db && db_query(s->db, "SELECT id, enabled, cfg FROM trunk ORDER BY id", NOARGS, &r,
	                      NULL) == ERR_OK) {
		while (rows_next(r, NULL) == ERR_OK) {
			CLEANUP(json_cleanup) json_t *cfg = NULL;
			CLEANUP(str_drop) char *text = NULL;
			if (json_read_text(rows_text(r, 2), &cfg, NULL))
				continue;
			for (size_t i = 0; i < sizeof HIDDEN / sizeof *HIDDEN; i++)
				json_object_del(cfg, HIDDEN[i]);
			if (json_write(cfg, &text, NULL) == ERR_OK)
				str_addf(&out,
				         "{\"id\":\"%" PRId64 "\",\"enabled\":%s,\"config\":%s}\n",
				         rows_int(r, 0), rows_int(r, 1) ? "true" : "false", text);
		}
	}
	add(s, "trunks.jsonl", &out);
}

/* ---- all of it ---- */

static enum err gather(struct support *s, const char *to, const char *log, struct why *why)
{
	enum err e = bundle_new(to, "hujiao-support", &s->out, why);
	if (e)
		return e;
	struct why no_db = { 0 };
	if (db_open(s->local.paths.database, DB_READ, &s->db, &no_db)) {
		CLEANUP(str_free) struct str text = { 0 };
		str_addf(&text, "the database cannot be opened: %s\n", why_en(&no_db));
		add(s, "database.txt", &text);
	}
	names_read(s);
	write_about(s);
	write_config(s);
	write_settings(s);
	write_trunks(s);
	write_sizes(s);
	write_server(s);
	write_processes(s);
	write_log(s, log);
	return bundle_end(&s->out, why);
}

int cmd_support(int argc, char **argv)
{
	static struct support s;
	struct why why = { 0 };
	const char *to = NULL, *log = NULL;
	enum err e = local_read(&s.local, &argc, argv, &why);
	for (int i = 1; !e && i < argc; i += 2) {
		if (i + 1 < argc && strcmp(argv[i], "--to") == 0)
			to = argv[i + 1];
		else if (i + 1 < argc && strcmp(argv[i], "--log") == 0)
			log = argv[i + 1];
		else
			e = fail(&why, E_CONF_VALUE, argv[i], "", "there is no such option");
	}
	if (!e && !to)
		e = fail(&why, E_CONF_VALUE, "--to", "", "it names the file to write");
	if (!e)
		e = gather(&s, to, log, &why);
	db_close(&s.db);
	for (size_t i = 0; i < s.names; i++)
		free(s.name[i]);
	free(s.name);
	if (e) {
		fprintf(stderr, "hujiao: %s\n", why_en(&why));
		return 1;
	}
	printf("%s\n", to);
	return 0;
}
