/* `hujiao serve`: the server by its configuration file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/commands.h"
#include "app/server.h"
#include "base/log.h"
#include "crm/import.h"

enum { DRAIN_MS = 60000 };

static enum err set_pair(struct config *c, const char *pair, struct why *why)
{
	char key[CONFIG_VALUE_BYTES];
	const char *eq = strchr(pair, '=');
	if (!eq || (size_t)(eq - pair) >= sizeof key)
		return fail(why, E_CONF_VALUE, "--set", pair, "it is not KEY=VALUE");
	snprintf(key, sizeof key, "%.*s", (int)(eq - pair), pair);
	return config_set(c, key, eq + 1, why);
}

/* --config comes first whatever the order, so that --set overrides it. */
static enum err read_options(int argc, char **argv, struct config *c, int *ret_drain_ms,
                             struct why *why)
{
	enum err e = ERR_OK;
	for (int i = 1; !e && i + 1 < argc; i += 2)
		if (strcmp(argv[i], "--config") == 0)
			e = config_read(c, argv[i + 1], why);
	for (int i = 1; !e && i < argc; i += 2) {
		if (i + 1 >= argc)
			return fail(why, E_CONF_VALUE, argv[i], "", "a value must follow");
		if (strcmp(argv[i], "--set") == 0)
			e = set_pair(c, argv[i + 1], why);
		else if (strcmp(argv[i], "--drain") == 0)
			*ret_drain_ms = atoi(argv[i + 1]) * 1000;
		else if (strcmp(argv[i], "--config") != 0)
			return fail(why, E_CONF_VALUE, argv[i], argv[i + 1],
			            "there is no such option");
	}
	return e ? e : config_check(c, why);
}

int cmd_serve(int argc, char **argv)
{
	static struct config config;
	static struct paths paths;
	struct server *server = NULL;
	struct why why = { 0 };
	struct server_cfg sc = { .config = &config, .paths = &paths, .drain_ms = DRAIN_MS };
	enum log_level level;

	server_block_signals();
	config_defaults(&config);
	enum err e = read_options(argc, argv, &config, &sc.drain_ms, &why);
	if (!e && log_level_parse(config.log_level, &level))
		log_set_level(level);
	if (!e && !(e = paths_find(&config, &paths, &why)) &&
	    !(e = server_start(&sc, &server, &why)))
		server_wait(server);
	server_stop(&server);
	if (e) {
		log_error("app", "cannot_start", LOG_WHY(&why));
		fprintf(stderr, "hujiao: %s\n", why_en(&why));
	}
	return e ? 1 : 0;
}

int cmd_worker(int argc, char **argv)
{
	return crm_import_worker(argc, argv);
}
