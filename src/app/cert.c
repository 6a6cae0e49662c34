/* `hujiao cert`: a company CA and the server's certificate, for https in a network of one's own. */
#include <stdio.h>
#include <string.h>

#include "api/cert.h"
#include "app/commands.h"
#include "base/clock.h"

enum { ADDRS_MAX = 32 };

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
