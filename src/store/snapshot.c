#include "store/snapshot.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/snapshot_int.h"

static const char SQLITE[] = "sqlite:";
enum { PREFIX_BYTES = sizeof SQLITE - 1, BUSY_MS = 60000, PATH_BYTES = 4096, COPY_BYTES = 1 << 30 };

enum err snapshot_engine(const char *url, enum db_engine *ret, struct why *why)
{
	if (strncmp(url, SQLITE, PREFIX_BYTES) == 0)
		*ret = DB_SQLITE;
	else if (strncmp(url, "postgres", 8) == 0)
		*ret = DB_POSTGRES;
	else
		return fail(why, E_DB_URL, url);
	return ERR_OK;
}

static const char *file_of(const char *url)
{
	return url + PREFIX_BYTES;
}

static void close_sqlite(sqlite3 **h)
{
	sqlite3_close_v2(*h);
}

static enum err refused(sqlite3 *h, int rc, const char *path, struct why *why)
{
	return fail(why, E_SNAPSHOT, path, h ? sqlite3_errmsg(h) : sqlite3_errstr(rc));
}

static enum err open_plain(const char *path, int flags, sqlite3 **ret, struct why *why)
{
	int rc = sqlite3_open_v2(path, ret, flags, NULL);
	if (rc)
		return refused(*ret, rc, path, why);
	sqlite3_busy_timeout(*ret, BUSY_MS);
	return ERR_OK;
}

/* "ok", or the first thing that is wrong. */
static enum err check_pages(const char *path, int flags, struct why *why)
{
	CLEANUP(close_sqlite) sqlite3 *h = NULL;
	sqlite3_stmt *st = NULL;
	enum err e = open_plain(path, flags, &h, why);
	if (e)
		return e;
	int rc = sqlite3_prepare_v2(h, "PRAGMA integrity_check(1)", -1, &st, NULL);
	if (rc || (rc = sqlite3_step(st)) != SQLITE_ROW)
		e = refused(h, rc, path, why);
	else if (strcmp((const char *)sqlite3_column_text(st, 0), "ok") != 0)
		e = fail(why, E_SNAPSHOT, path, (const char *)sqlite3_column_text(st, 0));
	sqlite3_finalize(st);
	return e;
}

static enum err sync_file(const char *path, struct why *why)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	bool is_synced = fd >= 0 && fsync(fd) == 0;
	if (fd >= 0)
		close(fd);
	return is_synced ? ERR_OK : fail(why, E_FILE_WRITE, path, strerror(errno));
}

/* Byte for byte: the copy may lie on a medium that nothing can be written to. */
static enum err copy_file(const char *from, const char *to, struct why *why)
{
	int in = open(from, O_RDONLY | O_CLOEXEC), code = 0;
	if (in < 0)
		return fail(why, E_FILE_OPEN, from, strerror(errno));
	int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	ssize_t n = out < 0 ? -1 : 1;
	while (n > 0)
		n = copy_file_range(in, NULL, out, NULL, COPY_BYTES, 0);
	if (n < 0 || fsync(out))
		code = errno;
	close(in);
	if (out >= 0)
		close(out);
	return code ? fail(why, E_FILE_WRITE, to, strerror(code)) : ERR_OK;
}

/* The writer goes on meanwhile: VACUUM INTO reads one moment of the write-ahead log. */
static enum err sqlite_write(const char *from, const char *path, struct why *why)
{
	CLEANUP(close_sqlite) sqlite3 *h = NULL;
	sqlite3_stmt *st = NULL;
	enum err e = open_plain(from, SQLITE_OPEN_READWRITE, &h, why);
	if (e)
		return e;
	int rc = sqlite3_prepare_v2(h, "VACUUM INTO ?1", -1, &st, NULL);
	if (!rc && !(rc = sqlite3_bind_text(st, 1, path, -1, SQLITE_STATIC)))
		rc = sqlite3_step(st) == SQLITE_DONE ? SQLITE_OK : sqlite3_errcode(h);
	if (rc)
		e = refused(h, rc, path, why);
	sqlite3_finalize(st);
	return e ? e : sync_file(path, why);
}

enum err snapshot_write(const char *url, const char *path, struct db **ret_at, struct why *why)
{
	char copy[PATH_BYTES];
	enum db_engine engine;
	struct stat st;
	enum err e = snapshot_engine(url, &engine, why);
	if (e)
		return e;
	if (stat(path, &st) == 0)
		return fail(why, E_SNAPSHOT_TAKEN, path);
	if (engine == DB_POSTGRES)
		return snapshot_pg_write(url, path, ret_at, why);
	if ((e = sqlite_write(file_of(url), path, why)) ||
	    (e = check_pages(path, SQLITE_OPEN_READONLY, why)) || !ret_at)
		return e;
	snprintf(copy, sizeof copy, "%s%s", SQLITE, path);
	return db_open(copy, DB_READ, ret_at, why);
}

enum err snapshot_is_empty(const char *url, bool *ret, struct why *why)
{
	CLEANUP(db_close) struct db *db = NULL;
	enum db_engine engine;
	bool has_tables = false;
	struct stat st;
	enum err e = snapshot_engine(url, &engine, why);
	if (e)
		return e;
	if (engine == DB_SQLITE) {
		*ret = stat(file_of(url), &st) != 0;
		return ERR_OK;
	}
	if ((e = db_open(url, DB_READ, &db, why)) ||
	    (e = postgres_has_tables(db, &has_tables, why)))
		return e;
	*ret = !has_tables;
	return ERR_OK;
}

enum err snapshot_restore(const char *path, const char *url, struct why *why)
{
	enum db_engine engine;
	bool is_empty = false;
	enum err e = snapshot_engine(url, &engine, why);
	if (e || (e = snapshot_is_empty(url, &is_empty, why)))
		return e;
	if (!is_empty)
		return fail(why, E_SNAPSHOT_TAKEN,
		            engine == DB_SQLITE ? file_of(url) : "PostgreSQL");
	if (engine == DB_POSTGRES)
		return snapshot_pg_restore(path, url, why);
	e = copy_file(path, file_of(url), why);
	return e ? e : check_pages(file_of(url), SQLITE_OPEN_READWRITE, why);
}

enum err snapshot_check(const char *url, struct why *why)
{
	enum db_engine engine;
	enum err e = snapshot_engine(url, &engine, why);
	if (e || engine == DB_POSTGRES)
		return e;
	return check_pages(file_of(url), SQLITE_OPEN_READWRITE, why);
}

enum err snapshot_bytes(struct db *db, const char *url, int64_t *ret, struct why *why)
{
	struct stat st;
	char wal[PATH_BYTES];
	if (db_engine(db) == DB_POSTGRES)
		return postgres_bytes(db, ret, why);
	if (stat(file_of(url), &st))
		return fail(why, E_FILE_OPEN, file_of(url), strerror(errno));
	*ret = st.st_size;
	snprintf(wal, sizeof wal, "%s-wal", file_of(url));
	if (stat(wal, &st) == 0)
		*ret += st.st_size;
	return ERR_OK;
}
