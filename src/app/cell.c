#include "app/cell.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "app/trunks.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/id.h"
#include "base/log.h"
#include "base/str.h"
#include "floor/floor.h"

enum { INSTANCE_BYTES = 33 };

struct cell {
	const struct paths *paths;
	int64_t cell_id, node;
	char owner[INSTANCE_BYTES], addr[NODE_ADDR_BYTES];
	int lock_fd;
	struct writer *writer;
	const struct vault *vault;
	struct db *db; /* of the tenure's thread */
	struct tenure *tenure;
	struct voice *voice;
};

/* ---- the data folder ---- */

static enum err read_or_make(int fd, char owner[INSTANCE_BYTES])
{
	unsigned char random[16];
	ssize_t n = pread(fd, owner, INSTANCE_BYTES - 1, 0);
	if (n == INSTANCE_BYTES - 1)
		return ERR_OK;
	crypto_random(random, sizeof random);
	crypto_hex(random, sizeof random, owner);
	return pwrite(fd, owner, INSTANCE_BYTES - 1, 0) == INSTANCE_BYTES - 1 && !fsync(fd)
	           ? ERR_OK
	           : ERR_IO;
}

static enum err lock_folder(struct cell *c, struct why *why)
{
	char *path = file_join(c->paths->data, CELL_LOCK);
	if (!path)
		return fail(why, E_NOMEM);
	enum err e = ERR_OK;
	c->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
	if (c->lock_fd < 0)
		e = fail(why, E_FILE_OPEN, path, strerror(errno));
	else if (flock(c->lock_fd, LOCK_EX | LOCK_NB))
		e = fail(why, E_DATA_DIR_USED, c->paths->data);
	else if (read_or_make(c->lock_fd, c->owner))
		e = fail(why, E_FILE_WRITE, path, strerror(errno));
	free(path);
	return e;
}

/* Where a browser finds this node's page: a wildcard is no address to go to. */
static void own_addr(struct cell *c, const struct config *conf)
{
	char host[CONFIG_VALUE_BYTES];
	str_copy(host, sizeof host, conf->http_addr);
	if (strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0) {
		str_copy(host, sizeof host, conf->media_advertised);
		if (!*host && gethostname(host, sizeof host))
			host[0] = '\0';
		host[strcspn(host, ",")] = '\0';
	}
	bool is_v6 = strchr(host, ':') != NULL;
	snprintf(c->addr, sizeof c->addr, "%s://%s%.200s%s:%.5s",
	         config_on(conf->https) ? "https" : "http", is_v6 ? "[" : "", host,
	         is_v6 ? "]" : "", conf->http_port);
}

/* ---- the node's number ---- */

static enum err take_number(struct tx *tx, const void *arg, struct why *why)
{
	struct cell *c = (struct cell *)(uintptr_t)arg;
	return node_take(tx, c->owner, c->addr, clock_utc_ms(), &c->node, why);
}

enum err cell_open(const struct config *conf, const struct paths *p, struct cell **ret,
                   struct why *why)
{
	CLEANUP(cell_close) struct cell *c = calloc(1, sizeof *c);
	CLEANUP(writer_free) struct writer *w = NULL;
	if (!c)
		return fail(why, E_NOMEM);
	c->paths = p;
	c->cell_id = config_cell(conf->cell);
	c->lock_fd = -1;
	own_addr(c, conf);
	enum err e = crypto_init(why);
	/* A writer without a number for this one job: the next is made with it. */
	if (e || (e = lock_folder(c, why)) ||
	    (e = writer_new(&(struct writer_cfg){ .url = p->database }, &w, why)) ||
	    (e = writer_do(w, LANE_NORMAL, take_number, c, why)))
		return e;
	id_init((unsigned)c->node);
	*ret = c;
	c = NULL;
	return ERR_OK;
}

int64_t cell_node(const struct cell *c)
{
	return c->node;
}

/* ---- the cell ---- */

static enum err load_lines(struct cell *c, struct why *why)
{
	return c->voice ? trunks_load(c->voice, c->db, c->vault, c->cell_id, why) : ERR_OK;
}

static enum err taken(void *ctx, struct why *why)
{
	struct cell *c = ctx;
	int closed = 0;
	enum err e = floor_recover(c->writer, c->paths->database, c->cell_id, c->paths->recordings,
	                           clock_utc_ms(), &closed, why);
	if (!e && closed)
		log_warn("app", "calls_cut_off_by_a_crash_closed", LOG_I("calls", closed));
	return e ? e : load_lines(c, why);
}

static void lost(void *ctx)
{
	struct cell *c = ctx;
	if (c->voice)
		trunks_forget(c->voice);
}

enum err cell_enter(struct cell *c, struct writer *w, const struct vault *v, struct why *why)
{
	c->writer = w;
	c->vault = v;
	struct tenure_cfg tc = { .writer = w,
		                 .url = c->paths->database,
		                 .cell_id = c->cell_id,
		                 .node = c->node,
		                 .ctx = c,
		                 .taken = taken,
		                 .lost = lost };
	enum err e = db_open(c->paths->database, DB_READ, &c->db, why);
	return e ? e : tenure_new(&tc, &c->tenure, why);
}

const struct cell_state *cell_state(const struct cell *c)
{
	return tenure_state(c->tenure);
}

/* Standing by must be seen by who started it, not only in the log. */
static void tell_standby(const struct cell *c)
{
	char addr[NODE_ADDR_BYTES];
	if (cell_addr(c->db, c->cell_id, addr, NULL))
		return;
	printf("单元 %d 由 %s 运行；本机待命，名单与报表可用\n"
	       "cell %d is run by %s; standing by, lists and reports are here: %s\n",
	       (int)c->cell_id, addr, (int)c->cell_id, addr, c->addr);
	fflush(stdout);
}

enum err cell_connect(struct cell *c, struct voice *v, struct why *why)
{
	enum err e = ERR_OK;
	c->voice = v;
	if (cell_epoch(cell_state(c)))
		e = load_lines(c, why);
	else
		tell_standby(c);
	return e ? e : tenure_start(c->tenure, why);
}

void cell_leave(struct cell *c)
{
	if (c)
		tenure_free(&c->tenure);
}

void cell_close(struct cell **pc)
{
	struct cell *c = *pc;
	if (!c)
		return;
	tenure_free(&c->tenure);
	db_close(&c->db);
	if (c->lock_fd >= 0)
		close(c->lock_fd);
	free(c);
	*pc = NULL;
}
