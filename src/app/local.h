/* app/local.h -- an installation as a command beside the server sees it: its configuration, its
 * database and keys, opened without the server's threads.
 *
 * A command and a running server share the database: both go through a writer, and the command's
 * ids carry a node number of their own. Thread: main. */
#ifndef APP_LOCAL_H
#define APP_LOCAL_H

#include "app/paths.h"

struct db;
struct vault;
struct writer;

enum { LOCAL_NODE = 0 }; /* of commands: servers have 1 and more */
#define LOCAL_CONFIG "/etc/hujiao/hujiao.conf"

struct local {
	const char *config_path; /* NULL: only --set */
	struct config config;
	struct paths paths;
	struct writer *writer; /* NULL until local_open() */
	struct db *db;
	struct vault *vault; /* NULL until local_open_vault() */
};

/** Takes `--config FILE` and `--set KEY=VALUE` out of the arguments and fills config and paths.
 * Without either, LOCAL_CONFIG is read.
 *  @param argv  what is left stands from argv[1] on; *argc tells how many */
enum err local_read(struct local *l, int *argc, char **argv, struct why *why) MUST_USE;

/** Opens the database; brings it to this program's schema when `does_migrate`, else refuses
 * another. */
enum err local_open(struct local *l, bool does_migrate, struct why *why) MUST_USE;

/** Opens the keys; makes them in a database that has none. */
enum err local_open_vault(struct local *l, struct why *why) MUST_USE;

void local_close(struct local *l);

/** Gives a tree to the service's user; `except` (a file's name) stays as it is. NULL user: nothing.
 *  @return ERR_NOT_FOUND E_SETUP_USER, ERR_IO */
enum err local_give(const char *path, const char *user, const char *except,
                    struct why *why) MUST_USE;

/** The service's user when root runs a command and that user exists, else NULL. */
const char *local_user(void);

/** A database address without its password, for people to read. */
void local_hide_password(const char *url, char *ret, size_t size);

#endif
