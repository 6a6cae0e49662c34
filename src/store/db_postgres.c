/* PostgreSQL driver: statements prepared once a connection, arguments as text (bytes binary). */
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/str.h"
#include "store/db_int.h"
#include "store/pg_sql.h"
#include "store/snapshot_int.h"

enum { OID_BOOL = 16, OID_BYTEA = 17, OID_INT8 = 20, OID_INT2 = 21, OID_INT4 = 23, OID_TEXT = 25 };

/* The binary form of COPY: a head, rows of (column count, then length and bytes each), an end.
 * https://www.postgresql.org/docs/15/sql-copy.html */
enum { COPY_HEAD_BYTES = 19, COPY_PIECE_BYTES = 64 << 10 };

struct postgres {
	struct db db;
	PGconn *c;
	struct stmt_map stmts;
	unsigned n_stmts;
	bool is_cut;       /* it was silent for longer than anybody waits */
	char timeline[12]; /* of the server: another one after a promotion */
	char xact[48];     /* "timeline:number" of the transaction, to ask for its end after a lost
	                      connection */
};

struct stmt {
	char name[16];
	int n_params;
};

struct pg_rows {
	struct rows rows;
	PGresult *res;
	int row;
	/* Per column: the row whose bytes are decoded where they stand, and their length. */
	struct decoded {
		int row;
		size_t len;
	} * decoded;
};

static struct postgres *pg(struct db *db)
{
	return (struct postgres *)db;
}

/* The first line of libpq's message, without its end. */
static const char *message(const char *text, char *buf, size_t size)
{
	size_t n = strcspn(text, "\n");
	snprintf(buf, size, "%.*s", (int)n, text);
	return buf;
}

static enum err state_fail(const char *state, const char *text, const char *constraint,
                           const char *sql, struct why *why)
{
	if (strcmp(state, "23505") == 0)
		return fail(why, E_DB_UNIQUE, constraint ? constraint : text);
	if (strncmp(state, "23", 2) == 0)
		return fail(why, E_DB_RULE, constraint ? constraint : text);
	if (strcmp(state, "40001") == 0 || strcmp(state, "40P01") == 0 ||
	    strcmp(state, "55P03") == 0 || strcmp(state, "57014") == 0)
		return fail(why, E_DB_RETRY, text);
	if (strncmp(state, "08", 2) == 0 || strncmp(state, "57P", 3) == 0 ||
	    strncmp(state, "533", 3) == 0 || strcmp(state, "25006") == 0 ||
	    strcmp(state, "55000") == 0)
		return fail(why, E_DB_GONE,
		            text); /* 25006, 55000: a standby that is not promoted yet */
	if (strcmp(state, "53100") == 0)
		return fail(why, E_DB_FULL, text);
	if (strcmp(state, "53200") == 0)
		return fail(why, E_NOMEM);
	return fail(why, E_DB_SQL, text, sql);
}

static bool is_done(const PGresult *res)
{
	ExecStatusType s = PQresultStatus(res);
	return s == PGRES_COMMAND_OK || s == PGRES_TUPLES_OK;
}

/* Waits for bytes of the server. Silent for too long: the connection is cut, so that libpq sees it
 * closed. */
static void wait_for_bytes(struct postgres *p, int64_t until_ms)
{
	struct pollfd fd = { .fd = PQsocket(p->c), .events = POLLIN };
	int64_t left_ms = -1;
	if (until_ms && (left_ms = until_ms - clock_mono_ms()) < 0)
		left_ms = 0;
	if (poll(&fd, 1, (int)left_ms) == 0) {
		p->is_cut = true;
		shutdown(fd.fd, SHUT_RDWR);
	}
}

/* The answer to what was sent: of several statements the first failure, else the last. */
static PGresult *answer(struct postgres *p, int is_sent)
{
	int64_t until_ms = p->db.patience_ms ? clock_mono_ms() + p->db.patience_ms : 0;
	PGresult *got = NULL, *res;
	if (!is_sent)
		return NULL;
	for (;;) {
		while (PQisBusy(p->c)) {
			wait_for_bytes(p, until_ms);
			if (!PQconsumeInput(p->c))
				break;
		}
		if (!(res = PQgetResult(p->c)))
			return got;
		if (got && !is_done(got)) {
			PQclear(res);
		} else {
			PQclear(got);
			got = res;
		}
	}
}

static PGresult *ask(struct postgres *p, const char *sql)
{
	return answer(p, PQsendQuery(p->c, sql));
}

static enum err result_fail(struct postgres *p, const PGresult *res, const char *sql,
                            struct why *why)
{
	char text[WHY_ARG_BYTES];
	const char *state = res ? PQresultErrorField(res, PG_DIAG_SQLSTATE) : NULL;
	if (p->is_cut)
		return fail(why, E_DB_GONE, "it does not answer");
	if (!state || PQstatus(p->c) == CONNECTION_BAD)
		return fail(why, E_DB_GONE, message(PQerrorMessage(p->c), text, sizeof text));
	const char *primary = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
	return state_fail(state, message(primary ? primary : "", text, sizeof text),
	                  PQresultErrorField(res, PG_DIAG_CONSTRAINT_NAME), sql, why);
}

static enum err pg_script(struct db *db, const char *sql, struct why *why)
{
	PGresult *res = ask(pg(db), sql);
	enum err e = is_done(res) ? ERR_OK : result_fail(pg(db), res, sql, why);
	PQclear(res);
	return e;
}

static void forget_statements(struct postgres *p)
{
	for (size_t i = 0; i < p->stmts.cap; i++)
		free(p->stmts.slots[i].stmt);
	stmt_map_free(&p->stmts);
}

/* A promoted replica gives the numbers of transactions that it never received once more. */
static enum err read_timeline(struct postgres *p, struct why *why)
{
	static const char SQL[] = "SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8)";
	PGresult *res = ask(p, SQL);
	enum err e =
	    PQresultStatus(res) == PGRES_TUPLES_OK ? ERR_OK : result_fail(p, res, SQL, why);
	if (!e)
		snprintf(p->timeline, sizeof p->timeline, "%s", PQgetvalue(res, 0, 0));
	PQclear(res);
	return e;
}

/* What a new connection is told first. */
static enum err begin_session(struct postgres *p, struct why *why)
{
	static const char WRITE[] =
	    "SET client_min_messages = error; SET bytea_output = hex;"
	    "SET default_transaction_isolation = 'serializable'; SET synchronous_commit = on;"
	    "SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '10s'";
	static const char READ[] =
	    "SET client_min_messages = error; SET bytea_output = hex;"
	    "SET default_transaction_read_only = on; SET statement_timeout = '60s'";
	enum err e = pg_script(&p->db, p->db.mode == DB_WRITE ? WRITE : READ, why);
	return e || p->db.mode == DB_READ ? e : read_timeline(p, why);
}

/* Connects again when the connection broke; not inside a transaction, whose work is lost anyway. */
static enum err revive(struct postgres *p, struct why *why)
{
	if (PQstatus(p->c) == CONNECTION_OK)
		return ERR_OK;
	char text[WHY_ARG_BYTES];
	if (!p->db.is_in_tx) {
		forget_statements(p);
		PQreset(p->c);
		p->is_cut = false;
		if (PQstatus(p->c) == CONNECTION_OK)
			return begin_session(p, why);
	}
	return fail(why, E_DB_GONE, message(PQerrorMessage(p->c), text, sizeof text));
}

/* Every integer column is 64 bits, so a parameter that PostgreSQL takes for a smaller one (?1 = 1)
 * is prepared again as what it is. Returns whether there is one. */
static bool widen(const PGresult *desc, Oid *types)
{
	bool is_any = false;
	for (int i = 0; i < PQnparams(desc) && i < PG_PARAMS; i++) {
		Oid t = PQparamtype(desc, i);
		types[i] = t == OID_INT4 || t == OID_INT2 ? OID_INT8 : t;
		is_any |= types[i] != t;
	}
	return is_any;
}

static enum err prepare_as(struct postgres *p, struct stmt *st, const char *text, const Oid *types,
                           const char *sql, struct why *why)
{
	snprintf(st->name, sizeof st->name, "s%u", p->n_stmts++);
	PGresult *res = answer(p, PQsendPrepare(p->c, st->name, text, st->n_params, types));
	enum err e = is_done(res) ? ERR_OK : result_fail(p, res, sql, why);
	PQclear(res);
	return e;
}

static enum err prepare(struct postgres *p, struct stmt *st, const char *sql, struct why *why)
{
	CLEANUP(str_drop) char *text = NULL;
	struct pg_params params;
	Oid types[PG_PARAMS];
	enum err e = pg_sql(sql, &text, &params, why);
	st->n_params = params.n;
	for (int i = 0; i < params.n; i++)
		types[i] = params.is_used[i] ? 0 : OID_TEXT; /* 0: find out */
	if (e || (e = prepare_as(p, st, text, types, sql, why)))
		return e;
	PGresult *desc = answer(p, PQsendDescribePrepared(p->c, st->name));
	if (!is_done(desc))
		e = result_fail(p, desc, sql, why);
	else if (widen(desc, types))
		e = prepare_as(p, st, text, types, sql, why);
	PQclear(desc);
	return e;
}

static enum err statement(struct postgres *p, const char *sql, const struct stmt **ret,
                          struct why *why)
{
	struct stmt_slot *slot = stmt_map_slot(&p->stmts, sql);
	if (!slot)
		return fail(why, E_NOMEM);
	if (!slot->stmt) {
		struct stmt *st = calloc(1, sizeof *st);
		if (!st)
			return fail(why, E_NOMEM);
		enum err e = prepare(p, st, sql, why);
		if (e) {
			free(st);
			return e;
		}
		slot->stmt = st;
	}
	*ret = slot->stmt;
	return ERR_OK;
}

/* libpq's form of the arguments. Texts are copied only when their end is not marked. */
struct params {
	const char *value[PG_PARAMS];
	int length[PG_PARAMS], format[PG_PARAMS];
	char number[PG_PARAMS][24];
	char *copy[PG_PARAMS];
};

static enum err fill(struct params *ps, size_t i, const struct val *v, struct why *why)
{
	ps->copy[i] = NULL;
	ps->value[i] = NULL;
	ps->length[i] = (int)v->n;
	ps->format[i] = v->kind == VAL_BYTES;
	switch (v->kind) {
	case VAL_NULL:
		break;
	case VAL_INT:
		snprintf(ps->number[i], sizeof ps->number[i], "%lld", (long long)v->i);
		ps->value[i] = ps->number[i];
		break;
	case VAL_BYTES:
		ps->value[i] = v->n ? v->p : "";
		break;
	case VAL_TEXT:
		if (!(ps->copy[i] = malloc(v->n + 1)))
			return fail(why, E_NOMEM);
		if (v->n)
			memcpy(ps->copy[i], v->p, v->n);
		ps->copy[i][v->n] = '\0';
		ps->value[i] = ps->copy[i];
		break;
	}
	return ERR_OK;
}

static enum err run_params(struct postgres *p, const struct stmt *st, const char *sql,
                           const struct val *args, size_t n_args, struct params *ps, PGresult **ret,
                           struct why *why)
{
	enum err e = ERR_OK;
	size_t n = 0;
	while (n < n_args && !(e = fill(ps, n, &args[n], why)))
		n++;
	if (!e) {
		PGresult *res =
		    answer(p, PQsendQueryPrepared(p->c, st->name, (int)n_args, ps->value,
		                                  ps->length, ps->format, 0));
		if (is_done(res)) {
			*ret = res;
		} else {
			e = result_fail(p, res, sql, why);
			PQclear(res);
		}
	}
	for (size_t i = 0; i < n; i++)
		free(ps->copy[i]);
	return e;
}

static enum err run_once(struct postgres *p, const char *sql, const struct val *args, size_t n_args,
                         PGresult **ret, struct why *why)
{
	const struct stmt *st = NULL;
	enum err e = revive(p, why);
	if (e || (e = statement(p, sql, &st, why)))
		return e;
	if ((size_t)st->n_params != n_args)
		return fail(why, E_DB_SQL, "wrong number of arguments", sql);
	struct params *ps = malloc(sizeof *ps);
	if (!ps)
		return fail(why, E_NOMEM);
	e = run_params(p, st, sql, args, n_args, ps, ret, why);
	free(ps);
	return e;
}

static enum err run(struct postgres *p, const char *sql, const struct val *args, size_t n_args,
                    PGresult **ret, struct why *why)
{
	struct why local = { 0 };
	enum err e = run_once(p, sql, args, n_args, ret, &local);
	/* A read that met a broken connection loses nothing by a second try on a new one. */
	if (e && local.code == E_DB_GONE && p->db.mode == DB_READ && !p->db.is_in_tx)
		e = run_once(p, sql, args, n_args, ret, &local);
	if (e && why)
		*why = local;
	return e;
}

static enum err pg_exec(struct db *db, const char *sql, const struct val *args, size_t n_args,
                        int64_t *ret_changed, struct why *why)
{
	PGresult *res = NULL;
	enum err e = run(pg(db), sql, args, n_args, &res, why);
	if (e)
		return e;
	if (ret_changed)
		*ret_changed = strtoll(PQcmdTuples(res), NULL, 10);
	PQclear(res);
	return ERR_OK;
}

/* ---- many rows ---- */

static void add_be(struct str *out, uint64_t x, int bytes)
{
	unsigned char be[8];
	for (int i = 0; i < bytes; i++)
		be[i] = (unsigned char)(x >> (8 * (bytes - 1 - i)));
	str_addn(out, be, (size_t)bytes);
}

/* All our columns are 64-bit integers, text, bytes or JSON, which COPY takes as it is. */
static void add_copied(struct str *out, const struct val *v)
{
	if (v->kind == VAL_NULL) {
		add_be(out, UINT32_MAX, 4);
	} else if (v->kind == VAL_INT) {
		add_be(out, 8, 4);
		add_be(out, (uint64_t)v->i, 8);
	} else {
		add_be(out, v->n, 4);
		str_addn(out, v->p, v->n);
	}
}

/* "INSERT INTO t (a, b) VALUES (?1, ?2)" becomes "COPY t (a, b) FROM STDIN (FORMAT binary)". */
static enum err copy_sql(const char *insert_sql, char **ret, struct why *why)
{
	static const char BEGINS[] = "INSERT INTO ";
	const char *end = strstr(insert_sql, " VALUES ");
	if (strncmp(insert_sql, BEGINS, sizeof BEGINS - 1) != 0 || !end)
		return fail(why, E_DB_SQL, "not a plain INSERT", insert_sql);
	const char *target = insert_sql + sizeof BEGINS - 1;
	struct str sql = { 0 };
	str_addf(&sql, "COPY %.*s FROM STDIN (FORMAT binary)", (int)(end - target), target);
	return str_take(&sql, ret, why);
}

static enum err send_piece(struct postgres *p, struct str *out, struct why *why)
{
	char text[WHY_ARG_BYTES];
	if (!str_ok(out))
		return fail(why, E_NOMEM);
	if (PQputCopyData(p->c, str_text(out), (int)out->len) != 1)
		return fail(why, E_DB_GONE, message(PQerrorMessage(p->c), text, sizeof text));
	str_clear(out);
	return ERR_OK;
}

static enum err send_rows(struct postgres *p, const struct val *values, size_t n_columns,
                          size_t n_rows, struct str *out, struct why *why)
{
	static const char HEAD[COPY_HEAD_BYTES + 1] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0";
	enum err e = ERR_OK;
	str_addn(out, HEAD, COPY_HEAD_BYTES);
	for (size_t i = 0; !e && i < n_rows; i++) {
		add_be(out, n_columns, 2);
		for (size_t k = 0; k < n_columns; k++)
			add_copied(out, &values[i * n_columns + k]);
		if (out->len >= COPY_PIECE_BYTES)
			e = send_piece(p, out, why);
	}
	add_be(out, UINT16_MAX, 2);
	return e ? e : send_piece(p, out, why);
}

static enum err pg_bulk(struct db *db, const char *insert_sql, const struct val *values,
                        size_t n_columns, size_t n_rows, struct why *why)
{
	struct postgres *p = pg(db);
	CLEANUP(str_drop) char *sql = NULL;
	enum err e = revive(p, why);
	if (e || (e = copy_sql(insert_sql, &sql, why)))
		return e;
	PGresult *res = PQexec(p->c, sql);
	if (PQresultStatus(res) != PGRES_COPY_IN)
		e = result_fail(p, res, insert_sql, why);
	PQclear(res);
	if (e)
		return e;
	struct str out = { 0 };
	e = send_rows(p, values, n_columns, n_rows, &out, why);
	str_free(&out);
	if (PQputCopyEnd(p->c, e ? "given up" : NULL) != 1 && !e)
		e = result_fail(p, NULL, insert_sql, why);
	while ((res = PQgetResult(p->c))) {
		if (!is_done(res) && !e)
			e = result_fail(p, res, insert_sql, why);
		PQclear(res);
	}
	return e;
}

static enum err pg_query(struct db *db, const char *sql, const struct val *args, size_t n_args,
                         struct rows **ret, struct why *why)
{
	struct pg_rows *r = calloc(1, sizeof *r);
	if (!r)
		return fail(why, E_NOMEM);
	enum err e = run(pg(db), sql, args, n_args, &r->res, why);
	if (e) {
		free(r);
		return e;
	}
	r->decoded = calloc((size_t)PQnfields(r->res) + 1, sizeof *r->decoded);
	if (!r->decoded) {
		PQclear(r->res);
		free(r);
		return fail(why, E_NOMEM);
	}
	for (int i = 0; i < PQnfields(r->res); i++)
		r->decoded[i].row = -1;
	r->rows.db = db;
	r->row = -1;
	*ret = &r->rows;
	return ERR_OK;
}

static enum err pg_next(struct rows *rows, struct why *why)
{
	(void)why;
	struct pg_rows *r = (struct pg_rows *)rows;
	if (r->row + 1 >= PQntuples(r->res))
		return ERR_END;
	r->row++;
	return ERR_OK;
}

static void pg_rows_free(struct rows *rows)
{
	struct pg_rows *r = (struct pg_rows *)rows;
	free(r->decoded);
	PQclear(r->res);
	free(r);
}

static bool pg_is_null(const struct rows *rows, int col)
{
	const struct pg_rows *r = (const struct pg_rows *)rows;
	return PQgetisnull(r->res, r->row, col);
}

static const char *pg_get_text(const struct rows *rows, int col)
{
	const struct pg_rows *r = (const struct pg_rows *)rows;
	return PQgetvalue(r->res, r->row, col);
}

static int64_t pg_get_int(const struct rows *rows, int col)
{
	const struct pg_rows *r = (const struct pg_rows *)rows;
	const char *text = PQgetvalue(r->res, r->row, col);
	return PQftype(r->res, col) == OID_BOOL ? *text == 't' : strtoll(text, NULL, 10);
}

static const void *pg_get_bytes(const struct rows *rows, int col, size_t *ret_len)
{
	const struct pg_rows *r = (const struct pg_rows *)rows;
	char *text = PQgetvalue(r->res, r->row, col);
	struct decoded *d = &r->decoded[col];
	if (d->row != r->row) {
		d->row = r->row;
		d->len = (size_t)PQgetlength(r->res, r->row, col);
		if (PQftype(r->res, col) == OID_BYTEA)
			d->len = pg_unhex(text, d->len);
	}
	*ret_len = d->len;
	return text;
}

static void pg_rollback(struct db *db)
{
	if (PQstatus(pg(db)->c) == CONNECTION_OK)
		PQclear(ask(pg(db), "ROLLBACK"));
}

static enum err begin_once(struct postgres *p, struct why *why)
{
	enum err e = revive(p, why);
	if (e)
		return e;
	PGresult *res = ask(p, "BEGIN; SELECT pg_current_xact_id()");
	if (PQresultStatus(res) == PGRES_TUPLES_OK)
		snprintf(p->xact, sizeof p->xact, "%s:%.30s", p->timeline, PQgetvalue(res, 0, 0));
	else
		e = result_fail(p, res, "BEGIN", why);
	PQclear(res);
	if (e)
		pg_rollback(&p->db);
	return e;
}

static enum err pg_begin(struct db *db, struct why *why)
{
	struct why local = { 0 };
	enum err e = begin_once(pg(db), &local);
	if (e && local.code == E_DB_GONE) /* it broke while nobody looked: a new one may do */
		e = begin_once(pg(db), &local);
	if (e && why)
		*why = local;
	return e;
}

static enum err pg_commit(struct db *db, struct why *why)
{
	struct postgres *p = pg(db);
	PGresult *res = ask(p, "COMMIT");
	enum err e = ERR_OK;
	if (!is_done(res))
		e = result_fail(p, res, "COMMIT", why);
	else if (strcmp(PQcmdStatus(res), "COMMIT") !=
	         0) /* "ROLLBACK" is the polite refusal of an aborted transaction */
		e = fail(why, E_DB_SQL, "rolled back", "COMMIT");
	PQclear(res);
	if (e)
		pg_rollback(db);
	return e;
}

static const char *pg_xact(const struct db *db)
{
	return ((const struct postgres *)db)->xact;
}

static enum err pg_resolve_xact(struct db *db, const char *xact, bool *ret_committed,
                                struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e;
	struct why local = { 0 };
	size_t n = strcspn(xact, ":");
	struct val x = V_TEXT(xact + n + (xact[n] == ':'));
	*ret_committed = false;
	if (db->mode == DB_WRITE && (e = revive(pg(db), why)))
		return e;
	if (n != strlen(pg(db)->timeline) || strncmp(xact, pg(db)->timeline, n) != 0)
		return ERR_OK; /* of a server that is no more: what it kept alone is lost */
	e = db_row(db, "SELECT pg_xact_status(CAST(?1 AS XID8))", &x, 1, &r, &local);
	if (e && local.code == E_DB_SQL) { /* "is in the future": a server without it */
		*ret_committed = false;
		return ERR_OK;
	}
	if (e) {
		if (why)
			*why = local;
		return e;
	}
	if (strcmp(rows_text(r, 0), "in progress") == 0)
		return fail(why, E_DB_GONE, "the last commit is not settled yet");
	*ret_committed = strcmp(rows_text(r, 0), "committed") == 0;
	return ERR_OK;
}

static enum err pg_resolve(struct db *db, bool *ret_committed, struct why *why)
{
	return pg_resolve_xact(db, pg(db)->xact, ret_committed, why);
}

static enum err pg_snapshot(struct db *db, struct why *why)
{
	enum err e = revive(pg(db), why);
	return e ? e
	         : pg_script(db, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1", why);
}

/* The only value of a statement that is this engine's own. */
static enum err one_text(struct db *db, const char *sql, char *ret, size_t size, struct why *why)
{
	struct postgres *p = pg(db);
	PGresult *res = PQexec(p->c, sql);
	enum err e = ERR_OK;
	if (PQresultStatus(res) != PGRES_TUPLES_OK || PQntuples(res) != 1)
		e = result_fail(p, res, sql, why);
	else
		str_copy(ret, size, PQgetvalue(res, 0, 0));
	PQclear(res);
	return e;
}

enum err postgres_export(struct db *db, char *ret, size_t size, struct why *why)
{
	return one_text(db, "SELECT pg_export_snapshot()", ret, size, why);
}

enum err postgres_bytes(struct db *db, int64_t *ret, struct why *why)
{
	char text[32];
	enum err e =
	    one_text(db, "SELECT pg_database_size(current_database())", text, sizeof text, why);
	if (!e)
		*ret = strtoll(text, NULL, 10);
	return e;
}

enum err postgres_has_tables(struct db *db, bool *ret, struct why *why)
{
	char text[32];
	enum err e =
	    one_text(db,
	             "SELECT COUNT(*) FROM pg_class c JOIN pg_namespace n ON n.oid = "
	             "c.relnamespace WHERE n.nspname = current_schema() AND c.relkind = 'r'",
	             text, sizeof text, why);
	if (!e)
		*ret = strtoll(text, NULL, 10) != 0;
	return e;
}

static void pg_close(struct db *db)
{
	forget_statements(pg(db));
	PQfinish(pg(db)->c);
	free(db);
}

static enum err pg_prepare(struct db *db, const char *sql, struct why *why)
{
	const struct stmt *st;
	return statement(pg(db), sql, &st, why);
}

static const struct db_ops OPS = {
	.close = pg_close,
	.exec = pg_exec,
	.bulk = pg_bulk,
	.query = pg_query,
	.prepare = pg_prepare,
	.script = pg_script,
	.begin = pg_begin,
	.commit = pg_commit,
	.rollback = pg_rollback,
	.resolve = pg_resolve,
	.snapshot = pg_snapshot,
	.xact = pg_xact,
	.resolve_xact = pg_resolve_xact,
	.next = pg_next,
	.rows_free = pg_rows_free,
	.is_null = pg_is_null,
	.get_int = pg_get_int,
	.get_text = pg_get_text,
	.get_bytes = pg_get_bytes,
};

/* libpq would print the server's remarks to stderr, where only our own lines belong. */
static void ignore_notice(void *ctx, const char *text)
{
	(void)ctx, (void)text;
}

enum err postgres_open(const char *url, enum db_mode mode, struct db **ret, struct why *why)
{
	/* Keepalives notice a vanished server within half a minute; a URL may say otherwise. */
	static const char *const KEYS[] = { "connect_timeout",
		                            "client_encoding",
		                            "fallback_application_name",
		                            "keepalives_idle",
		                            "keepalives_interval",
		                            "keepalives_count",
		                            "tcp_user_timeout",
		                            "dbname",
		                            NULL };
	const char *const values[] = { "3", "UTF8", "hujiao", "10", "5", "3", "20000", url, NULL };
	struct postgres *p = calloc(1, sizeof *p);
	if (!p)
		return fail(why, E_NOMEM);
	p->db = (struct db){ .ops = &OPS, .engine = DB_POSTGRES, .mode = mode };
	p->c = PQconnectdbParams(KEYS, values, 1);
	enum err e = ERR_OK;
	char text[WHY_ARG_BYTES];
	if (!p->c)
		e = fail(why, E_NOMEM);
	else if (PQstatus(p->c) != CONNECTION_OK)
		e = fail(why, E_DB_OPEN, message(PQerrorMessage(p->c), text, sizeof text));
	else
		e = begin_session(p, why);
	if (p->c)
		PQsetNoticeProcessor(p->c, ignore_notice, NULL);
	if (e) {
		pg_close(&p->db);
		return e;
	}
	*ret = &p->db;
	return ERR_OK;
}
