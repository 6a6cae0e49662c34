#include "app/paths.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"

#define INSTALLED "/usr/share/hujiao"

static bool join(char *ret, const char *dir, const char *name)
{
	size_t d = strlen(dir), n = strlen(name);
	if (d + 1 + n >= PATH_BYTES)
		return false;
	memcpy(ret, dir, d);
	ret[d] = '/';
	memcpy(ret + d + 1, name, n + 1);
	return true;
}

/* `ret` becomes the first of beside/name and INSTALLED/name that is there, or "". */
static void find(char *ret, const char *beside, const char *built, const char *installed)
{
	char at[PATH_BYTES];
	ret[0] = '\0';
	if (join(at, beside, built) && realpath(at, ret))
		return;
	if (!join(at, INSTALLED, installed) || !realpath(at, ret))
		ret[0] = '\0';
}

static enum err find_self(struct paths *p, char *dir, struct why *why)
{
	ssize_t n = readlink("/proc/self/exe", p->self, sizeof p->self - 1);
	if (n <= 0)
		return fail(why, E_FILE_OPEN, "/proc/self/exe", strerror(errno));
	p->self[n] = '\0';
	str_copy(dir, PATH_BYTES, p->self);
	*strrchr(dir, '/') = '\0';
	return ERR_OK;
}

/* A path of the configuration, or `name` in the data directory. */
static void or_in_data(char *ret, const char *configured, const struct paths *p, const char *name)
{
	if (*configured)
		str_copy(ret, PATH_BYTES, configured);
	else
		(void)join(ret, p->data, name);
}

/* systemd gives a service the files that only root may read in a folder of its own. */
static bool find_credential(char *ret, const char *name)
{
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	return dir && join(ret, dir, name) && access(ret, R_OK) == 0;
}

static enum err make_data(const struct config *c, struct paths *p, struct why *why)
{
	enum err e = file_mkdirs(c->data_dir, 0750, why);
	if (e)
		return e;
	if (!realpath(c->data_dir, p->data))
		return fail(why, E_FILE_OPEN, c->data_dir, strerror(errno));
	if (!join(p->recordings, p->data, "recordings") || !join(p->spool, p->data, "spool"))
		return fail(why, E_CONF_VALUE, "data_dir", c->data_dir, "the path is too long");
	return file_mkdirs(p->recordings, 0750, why);
}

enum err paths_find(const struct config *c, struct paths *ret, struct why *why)
{
	char dir[PATH_BYTES];
	struct paths *p = ret;
	*p = (struct paths){ 0 };
	enum err e = find_self(p, dir, why);
	if (e || (e = make_data(c, p, why)))
		return e;
	find(p->web, dir, "../../../web/dist", "web");
	find(p->voices, dir, "../../voices", "voices");
	find(p->practice, dir, "../../../practice", "practice");
	find(p->profiles, dir, "../../../profiles", "profiles");
	find(p->passwords, dir, "../../../profiles/passwords.txt", "profiles/passwords.txt");
	if (!find_credential(p->master_key, "master.key"))
		or_in_data(p->master_key, c->master_key_file, p, "master.key");
	if (*c->database)
		str_copy(p->database, sizeof p->database, c->database);
	else
		snprintf(p->database, sizeof p->database, "sqlite:%.1000s/hujiao.db", p->data);
	if (config_on(c->https)) {
		or_in_data(p->tls_cert, c->tls_cert, p, "tls/server.crt");
		or_in_data(p->tls_key, c->tls_key, p, "tls/server.key");
		or_in_data(p->ca_cert, "", p, "tls/ca.crt");
		if (access(p->ca_cert, R_OK) != 0)
			p->ca_cert[0] = '\0';
	}
	return ERR_OK;
}
