/* `hujiao cert`: a company CA and the server's certificate, for https in a network of one's own. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/cert.h"
#include "app/commands.h"
#include "app/paths.h"
#include "base/clock.h"

enum { ADDRS_MAX = 32 };

/* Root makes them for the service, whose folder it is; the authority's key stays root's. */
static enum err give_to_owner(const char *dir, struct why *why)
{
	static const char *const NAMES[] = { "server.key", "server.crt", "ca.crt" };
	char path[PATH_BYTES];
	struct stat st;
	if (geteuid() != 0)
		return ERR_OK;
	if (stat(dir, &st) != 0)
		return fail(why, E_FILE_OPEN, dir, strerror(errno));
	for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
		snprintf(path, sizeof path, "%.900s/%s", dir, NAMES[i]);
		if (chown(path, st.st_uid, st.st_gid) != 0)
			return fail(why, E_FILE_WRITE, (const char *)path, strerror(errno));
	}
	return ERR_OK;
}

int cmd_cert(int argc, char **argv)
{
	const char *addr[ADDRS_MAX];
	struct cert_cfg cc = { .company = "胡椒", .addr = addr, .now_utc_ms = clock_utc_ms() };
	struct why why = { 0 };
	for (int i = 1; i < argc; i++) {
		if (i + 1 < argc && strcmp(argv[i], "--dir") == 0)
			cc.dir = argv[++i];
		else if (i + 1 < argc && strcmp(argv[i], "--company") == 0)
			cc.company = argv[++i];
		else if (cc.n_addr < ADDRS_MAX)
			addr[cc.n_addr++] = argv[i];
	}
	enum err e = cc.dir ? cert_make(&cc, &why) : fail(&why, E_FIELD_REQUIRED, "--dir");
	if (!e)
		e = give_to_owner(cc.dir, &why);
	if (e) {
		fprintf(stderr, "hujiao: %s\n", why_en(&why));
		return e == ERR_INVALID ? 2 : 1;
	}
	printf(
	    "%s/server.crt 和 server.key 已生成；把 ca.crt "
	    "装进各台电脑的“受信任的根证书颁发机构”。\n"
	    "Made server.crt and server.key in %s; install ca.crt as a trusted root on each PC.\n",
	    cc.dir, cc.dir);
	return 0;
}
