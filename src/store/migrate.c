#include "store/migrate.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/str.h"
#include "store/db_int.h"
#include "store/migrate_int.h"

struct token {
	const char *name, *to[2]; /* by enum db_engine */
};

static const struct token TOKENS[] = {
	{ "@id", { "INTEGER", "BIGINT" } },
	{ "@int", { "INTEGER", "BIGINT" } },
	{ "@text", { "TEXT", "TEXT COLLATE \"C\"" } },
	{ "@bytes", { "BLOB", "BYTEA" } },
	{ "@json", { "TEXT", "JSON" } },
	{ "@strict", { "STRICT", "" } },
};

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static const struct token *token_at(const char *p, size_t *ret_len)
{
	for (size_t i = 0; i < sizeof TOKENS / sizeof *TOKENS; i++) {
		size_t n = strlen(TOKENS[i].name);
		if (strncmp(p, TOKENS[i].name, n) == 0 && !is_word(p[n])) {
			*ret_len = n;
			return &TOKENS[i];
		}
	}
	return NULL;
}

/* Leaves comments out, joins blanks and puts the engine's words for tokens. */
enum err migrate_expand(const char *sql, enum db_engine engine, char **ret, struct why *why)
{
	struct str out = { 0 };
	bool is_blank = true, is_quoted = false;
	while (*sql) {
		size_t n = 1;
		const struct token *t = *sql == '@' && !is_quoted ? token_at(sql, &n) : NULL;
		if (!is_quoted && strncmp(sql, "--", 2) == 0) {
			sql += strcspn(sql, "\n");
			continue;
		}
		if (!is_quoted && strchr(" \t\r\n", *sql)) {
			if (!is_blank)
				str_addc(&out, ' ');
			is_blank = true;
		} else {
			if (t)
				str_add(&out, t->to[engine]);
			else
				str_addc(&out, *sql);
			is_quoted ^= *sql == '\'';
			is_blank = false;
		}
		sql += n;
	}
	return str_take(&out, ret, why);
}

/* Of the statements, not of comments and blanks: 16 hex digits are enough to see a change. */
static enum err fingerprint(const struct migration *m, char out[17], struct why *why)
{
	CLEANUP(str_drop) char *text = NULL;
	enum err e = migrate_expand(m->sql, DB_SQLITE, &text, why);
	if (e)
		return e;
	unsigned char hash[CRYPTO_HASH_BYTES];
	crypto_digest(NULL, text, strlen(text), hash);
	crypto_hex(hash, 8, out);
	return ERR_OK;
}

/* One process at a time. SQLite's write lock is taken by each BEGIN; PostgreSQL's lock is held by
 * the connection, as a transaction sees what was there when it began, not when it got a lock. */
static enum err lock(struct db *db, struct why *why)
{
	return db_engine(db) == DB_POSTGRES
	           ? db_script(db, "SET lock_timeout = 0; SELECT pg_advisory_lock(4801206)", why)
	           : ERR_OK;
}

enum { LOCK_WAIT_MS = 60000 };

/* Another that migrates or writes has the file's lock: on a slow disk for longer than SQLite waits.
 */
static enum err begin_patiently(struct db *db, struct why *why)
{
	int64_t until_ms = clock_mono_ms() + LOCK_WAIT_MS;
	struct why local = { 0 };
	enum err e;
	while ((e = db_begin(db, &local)) && local.code == E_DB_RETRY && clock_mono_ms() < until_ms)
		;
	if (e && why)
		*why = local;
	return e;
}

static enum err begin(struct db *db, struct why *why)
{
	enum err e = begin_patiently(db, why);
	if (!e)
		e = db_script(db,
		              "CREATE TABLE IF NOT EXISTS schema_version (number BIGINT PRIMARY "
		              "KEY, name TEXT NOT NULL,"
		              " hash TEXT NOT NULL, applied_utc_ms BIGINT NOT NULL)",
		              why);
	return e;
}

/* What the database says about one migration. */
static enum err is_applied(struct db *db, const struct migration *m, bool *ret, struct why *why)
{
	char want[17];
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_query(db, "SELECT hash FROM schema_version WHERE number = ?1",
	                      ARGS(V_INT(m->number)), &r, why);
	if (e || (e = fingerprint(m, want, why)))
		return e;
	e = rows_next(r, why);
	*ret = e == ERR_OK;
	if (e == ERR_OK && strcmp(rows_text(r, 0), want) != 0)
		return fail(why, E_SCHEMA_CHANGED, m->name);
	return e == ERR_END ? ERR_OK : e;
}

static enum err check_not_newer(struct db *db, struct why *why)
{
	int64_t newest;
	enum err e =
	    db_int(db, "SELECT COALESCE(MAX(number), 0) FROM schema_version", NOARGS, &newest, why);
	if (!e && newest > migrate_newest())
		return fail(why, E_SCHEMA_NEWER, newest, migrate_newest());
	return e;
}

static enum err apply(struct db *db, const struct migration *m, struct why *why)
{
	CLEANUP(str_drop) char *sql = NULL;
	char hash[17];
	enum err e = migrate_expand(m->sql, db_engine(db), &sql, why);
	if (e || (e = db_script(db, sql, why)) || (e = fingerprint(m, hash, why)))
		return e;
	return db_exec(db,
	               "INSERT INTO schema_version (number, name, hash, applied_utc_ms) VALUES "
	               "(?1, ?2, ?3, ?4)",
	               ARGS(V_INT(m->number), V_TEXT(m->name), V_TEXT(hash), V_INT(clock_utc_ms())),
	               NULL, why);
}

/* One step in one transaction: the first migration that is missing. */
static enum err step(struct db *db, const struct migration *m, int *applied, struct why *why)
{
	bool is_there = false;
	enum err e = begin(db, why);
	if (!e && !(e = check_not_newer(db, why)) && !(e = is_applied(db, m, &is_there, why)) &&
	    !is_there)
		e = apply(db, m, why);
	if (e) {
		db_rollback(db);
		return e;
	}
	e = db_commit(db, why);
	if (!e && !is_there)
		(*applied)++;
	return e;
}

enum err migrate_list(const char *url, const struct migration *list, size_t n, int *ret_applied,
                      struct why *why)
{
	CLEANUP(db_close) struct db *db = NULL;
	int applied = 0;
	enum err e = db_open(url, DB_WRITE, &db, why);
	if (!e)
		e = lock(db, why);
	for (size_t i = 0; !e && i < n; i++)
		e = step(db, &list[i], &applied, why);
	if (!e && ret_applied)
		*ret_applied = applied;
	return e;
}

enum err migrate(const char *url, int *ret_applied, struct why *why)
{
	return migrate_list(url, MIGRATIONS, N_MIGRATIONS, ret_applied, why);
}

static bool is_built_in(int64_t number)
{
	for (size_t i = 0; i < N_MIGRATIONS; i++)
		if (MIGRATIONS[i].number == number)
			return true;
	return false;
}

static enum err read_state(struct db *db, struct migrate_state *ret, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_query(db, "SELECT number FROM schema_version", NOARGS, &r, why);
	while (!e && !(e = rows_next(r, why))) {
		if (is_built_in(rows_int(r, 0)))
			ret->applied++;
		else
			ret->unknown++;
	}
	ret->missing = (int)N_MIGRATIONS - ret->applied;
	return e == ERR_END ? ERR_OK : e;
}

enum err migrate_state(const char *url, struct migrate_state *ret, struct why *why)
{
	CLEANUP(db_close) struct db *db = NULL;
	*ret = (struct migrate_state){ 0 };
	enum err e = db_open(url, DB_WRITE, &db, why);
	if (e || (e = begin(db, why)))
		return e;
	e = read_state(db, ret, why);
	db_rollback(db); /* a table that was not there is not there again */
	return e;
}

enum err migrate_check(const char *url, struct why *why)
{
	struct migrate_state s;
	enum err e = migrate_state(url, &s, why);
	if (!e && s.unknown)
		e = fail(why, E_SCHEMA_NEWER, s.applied + s.unknown, migrate_steps());
	else if (!e && s.missing)
		e = fail(why, E_SCHEMA_OLDER, s.applied, migrate_steps());
	return e;
}

int migrate_steps(void)
{
	return (int)N_MIGRATIONS;
}

int migrate_newest(void)
{
	return N_MIGRATIONS ? MIGRATIONS[N_MIGRATIONS - 1].number : 0;
}
