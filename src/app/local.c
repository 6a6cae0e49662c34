#include "app/local.h"

#include <errno.h>
#include <fts.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/upgrade.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/str.h"
#include "gate/vault.h"
#include "store/migrate.h"
#include "store/writer.h"

#define SERVICE_USER "hujiao"

static enum err set_pair(struct config *c, const char *pair, struct why *why)
{
	char key[CONFIG_VALUE_BYTES];
	const char *eq = strchr(pair, '=');
	if (!eq || (size_t)(eq - pair) >= sizeof key)
		return fail(why, E_CONF_VALUE, "--set", pair, "it is not KEY=VALUE");
	snprintf(key, sizeof key, "%.*s", (int)(eq - pair), pair);
	return config_set(c, key, eq + 1, why);
}

/* Moves the pair at `at` out of the arguments. */
static void drop_two(int *argc, char **argv, int at)
{
	for (int i = at; i + 2 < *argc; i++)
		argv[i] = argv[i + 2];
	*argc -= 2;
}

static enum err read_sets(struct local *l, int *argc, char **argv, struct why *why)
{
	enum err e = ERR_OK;
	for (int i = 1; !e && i + 1 < *argc;) {
		if (strcmp(argv[i], "--set") != 0) {
			i++;
			continue;
		}
		e = set_pair(&l->config, argv[i + 1], why);
		drop_two(argc, argv, i);
	}
	return e;
}

static bool has_option(int argc, char **argv, const char *name)
{
	for (int i = 1; i < argc; i++)
		if (strcmp(argv[i], name) == 0)
			return true;
	return false;
}

enum err local_read(struct local *l, int *argc, char **argv, struct why *why)
{
	enum err e = ERR_OK;
	config_defaults(&l->config);
	l->config_path = has_option(*argc, argv, "--set") ? NULL : LOCAL_CONFIG;
	for (int i = 1; i + 1 < *argc;) {
		if (strcmp(argv[i], "--config") != 0) {
			i++;
			continue;
		}
		l->config_path = argv[i + 1];
		drop_two(argc, argv, i);
	}
	if (l->config_path)
		e = config_read(&l->config, l->config_path, why);
	if (e || (e = read_sets(l, argc, argv, why)) || (e = config_check(&l->config, why)))
		return e;
	return paths_find(&l->config, &l->paths, why);
}

enum err local_open(struct local *l, bool does_migrate, struct why *why)
{
	struct writer_cfg wc = { .url = l->paths.database, .node = LOCAL_NODE };
	id_init(LOCAL_NODE);
	enum err e = does_migrate ? upgrade(&l->paths, clock_utc_ms(), why)
	                          : migrate_check(l->paths.database, why);
	if (e || (e = writer_new(&wc, &l->writer, why)))
		return e;
	return db_open(l->paths.database, DB_READ, &l->db, why);
}

enum err local_open_vault(struct local *l, struct why *why)
{
	return vault_open(l->paths.master_key, l->writer, l->db, &l->vault, why);
}

void local_close(struct local *l)
{
	vault_close(&l->vault);
	db_close(&l->db);
	writer_free(&l->writer);
}

static void close_tree(FTS **f)
{
	if (*f)
		fts_close(*f);
}

enum err local_give(const char *path, const char *user, const char *except, struct why *why)
{
	if (!user)
		return ERR_OK;
	const struct passwd *p = getpwnam(user);
	if (!p)
		return fail(why, E_SETUP_USER, user);
	char copy[PATH_BYTES];
	str_copy(copy, sizeof copy, path);
	CLEANUP(close_tree) FTS *tree = fts_open((char *const[]){ copy, NULL }, FTS_PHYSICAL, NULL);
	if (!tree)
		return fail(why, E_FILE_OPEN, path, strerror(errno));
	for (const FTSENT *f; (f = fts_read(tree));) {
		if (f->fts_info == FTS_DP || (except && strcmp(f->fts_name, except) == 0))
			continue;
		if (lchown(f->fts_path, p->pw_uid, p->pw_gid) != 0)
			return fail(why, E_FILE_WRITE, f->fts_path, strerror(errno));
	}
	return ERR_OK;
}

const char *local_user(void)
{
	return geteuid() == 0 && getpwnam(SERVICE_USER) ? SERVICE_USER : NULL;
}

void local_hide_password(const char *url, char *ret, size_t size)
{
	const char *query = strstr(url, "password=");
	if (query) {
		snprintf(ret, size, "%.*s***", (int)(query + strlen("password=") - url), url);
		return;
	}
	const char *start = strstr(url, "://");
	const char *at = start ? strrchr(start, '@') : NULL;
	const char *colon = at ? memchr(start + 3, ':', (size_t)(at - start - 3)) : NULL;
	if (colon)
		snprintf(ret, size, "%.*s:***%s", (int)(colon - url), url, at);
	else
		str_copy(ret, size, url);
}
