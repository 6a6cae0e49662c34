/* The classifying job: reads the file through the child, says of every row what will become of it,
 * and seals it into import_row, a slice and a commit at a time. */
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "crm/import_int.h"
#include "gate/dnc.h"

enum { SLICE_ROWS = 500, DELETE_ROWS = 500, SLICE_BYTES = 2 << 20, ROW_COLUMNS = 9 };

/* ---- a row's class ---- */

struct verdict_row {
	int64_t row_no;
	bool is_open;      /* its class depends on what the database knows of its numbers */
	int64_t first_row; /* the first row of the file that has one of its numbers */
	enum import_class cls;
	struct why why;
	const char *dial_code; /* "ok" or an error's name; static */
	int64_t customer_id;   /* whose the numbers are, or will be; 0: nobody's */
	char *args;            /* of `why`, as JSON */
	unsigned char *original;
	size_t original_n;
	int64_t key_id;
	struct import_person person;
	unsigned char hash[NUMBERS_MAX][VAULT_HASH_BYTES];
};

/* The verdict on new customers differs by these facts only; most rows of a list agree in them. */
struct new_verdict {
	bool is_valid;
	enum number_kind kind;
	bool has_consent;
	int64_t given_utc_ms;
	const char *dial_code;
};

struct slice {
	struct classifier *c;
	struct job_ctx *jc;
	size_t n, bytes;
	int64_t done; /* rows before this slice */
	int pct;
	struct verdict_row rows[SLICE_ROWS];
	struct val values[SLICE_ROWS * ROW_COLUMNS];
};

struct classifier {
	struct import_batch b;
	const struct vault *vault;
	struct db *db;
	struct policy policy;
	int64_t now_utc_ms;
	struct import_seen seen;
	struct import_owner owner;
	struct new_verdict last;
	unsigned char hash[SLICE_ROWS * NUMBERS_MAX][VAULT_HASH_BYTES];
	struct import_known known[SLICE_ROWS * NUMBERS_MAX];
	struct slice slice[IMPORT_SLICES], *s; /* one is filled while the others are committed */
	struct import_slices slices;
	int64_t done;
	int pct;
};

static void classify_as(struct verdict_row *v, enum import_class cls, enum err_code code)
{
	v->cls = cls;
	v->why = (struct why){ .code = code };
}

static enum err find_owner(struct classifier *c, struct verdict_row *v, struct why *why)
{
	enum err e = import_owner_find(c->db, &c->owner, &v->person, why);
	if (!e && *v->person.owner && !v->person.owner_id) {
		v->cls = IMPORT_INVALID;
		(void)fail(&v->why, E_IMPORT_OWNER, v->person.owner);
	}
	return e;
}

/* The customer who has one of the row's numbers; 0: nobody, -1: several customers.
 * @param ret_known  how many of the numbers are his already */
static int64_t customer_of(const struct import_known *k, size_t n, size_t *ret_known)
{
	int64_t id = 0;
	*ret_known = 0;
	for (size_t i = 0; i < n; i++) {
		if (!k[i].customer_id)
			continue;
		(*ret_known)++;
		id = id == 0 || id == k[i].customer_id ? k[i].customer_id : -1;
	}
	return id;
}

static enum err has_gaps(struct classifier *c, const struct import_person *p, int64_t customer_id,
                         bool *ret, struct why *why)
{
	static const char SQL[] =
	    "SELECT name, gender, grade, company, remark FROM customer WHERE id = ?1";
	const char *mine[] = { p->name, p->gender, p->grade, p->company, p->remark };
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_row(c->db, SQL, ARGS(V_INT(customer_id)), &r, why);
	*ret = false;
	for (int i = 0; !e && i < 5; i++)
		*ret |= *mine[i] && !*rows_text(r, i);
	return e;
}

/* Judges whether the row's first number may be called, hours and lines aside, since those pass.
 * With `is_batch_consent` the batch's ground counts as if it were written already. */
static void count_batch_consent(const struct classifier *c, const struct import_person *p,
                                struct gate_facts *f)
{
	if (p->basis == CONSENT_NONE)
		return;
	f->consent = (struct gate_consent){ .is_known = true,
		                            .given_utc_ms =
		                                p->given_utc_ms ? p->given_utc_ms : c->now_utc_ms };
	str_copy(f->consent.purpose, sizeof f->consent.purpose, c->b.purpose);
}

/* Judges whether the row's first number may be called, hours and lines aside, since those pass.
 * @param customer_id  0: a new one, whose number was called before
 * @param is_batch_consent  the batch's ground counts as if it were written already */
static enum err judge(struct classifier *c, const struct verdict_row *v, int64_t customer_id,
                      bool is_batch_consent, struct gate_verdict *ret, struct why *why)
{
	struct gate_facts f = { .now_utc_ms = c->now_utc_ms,
		                .kind = v->person.number[0].kind,
		                .purpose = c->b.purpose };
	struct gate_subject s = { .hash = v->hash[0], .customer_id = customer_id };
	enum err e = gate_facts_load(c->db, &s, &f, why);
	if (e)
		return e;
	if (is_batch_consent)
		count_batch_consent(c, &v->person, &f);
	(void)gate(&c->policy, &f, ret, NULL);
	return ERR_OK;
}

static const char *dial_code(const struct gate_verdict *v)
{
	static const enum gate_rule STANDING[] = { GATE_RULE_NUMBER, GATE_RULE_DNC,
		                                   GATE_RULE_CONSENT, GATE_RULE_CALLEE };
	for (size_t i = 0; i < sizeof STANDING / sizeof *STANDING; i++) {
		enum err_code code = v->check[STANDING[i]].why.code;
		if (code)
			return err_code_name(code);
	}
	return "ok";
}

static enum err classify_known(struct classifier *c, struct verdict_row *v, int64_t customer_id,
                               size_t known, struct why *why)
{
	struct gate_verdict now, then;
	bool gaps;
	enum err e = has_gaps(c, &v->person, customer_id, &gaps, why);
	if (e || (e = judge(c, v, customer_id, false, &now, why)) ||
	    (e = judge(c, v, customer_id, true, &then, why)))
		return e;
	bool has_consent = !now.check[GATE_RULE_CONSENT].why.code;
	bool brings_consent = !has_consent && v->person.basis != CONSENT_NONE;
	bool is_new = gaps || known < v->person.n_numbers || brings_consent;
	v->customer_id = customer_id;
	classify_as(v, is_new ? IMPORT_UPDATED : IMPORT_DUPLICATE,
	            is_new ? E_IMPORT_GOOD_UPDATED : E_IMPORT_KNOWN);
	v->dial_code = dial_code(has_consent ? &now : &then);
	return ERR_OK;
}

/* A number nobody ever called and nobody refused: all that is left is the policy's. */
static const char *fresh_code(struct classifier *c, const struct import_person *p)
{
	struct new_verdict is = { true, p->number[0].kind, p->basis != CONSENT_NONE,
		                  p->given_utc_ms, NULL };
	const struct new_verdict *was = &c->last;
	if (was->is_valid && was->kind == is.kind && was->has_consent == is.has_consent &&
	    was->given_utc_ms == is.given_utc_ms)
		return was->dial_code;
	struct gate_facts f = { .now_utc_ms = c->now_utc_ms,
		                .kind = is.kind,
		                .purpose = c->b.purpose };
	struct gate_verdict g;
	count_batch_consent(c, p, &f);
	(void)gate(&c->policy, &f, &g, NULL);
	is.dial_code = dial_code(&g);
	c->last = is;
	return is.dial_code;
}

/* His id is made here, so that applying need not touch the row again. */
static enum err classify_new(struct classifier *c, struct verdict_row *v, bool has_attempts,
                             struct why *why)
{
	struct gate_verdict g;
	enum err e = has_attempts ? judge(c, v, 0, true, &g, why) : ERR_OK;
	if (e)
		return e;
	classify_as(v, IMPORT_NEW, E_IMPORT_GOOD_NEW);
	v->customer_id = id_new();
	v->dial_code = has_attempts ? dial_code(&g) : fresh_code(c, &v->person);
	return ERR_OK;
}

/* Refusals first: who must not be called is not stored, whatever else the row says. */
static enum err classify_open(struct classifier *c, struct verdict_row *v,
                              const struct import_known *k, struct why *why)
{
	size_t known;
	for (size_t i = 0; i < v->person.n_numbers; i++) {
		if (k[i].is_refused) {
			classify_as(v, IMPORT_BLOCKED, dnc_error(k[i].refusal));
			return ERR_OK;
		}
	}
	if (v->first_row != v->row_no) {
		v->cls = IMPORT_DUPLICATE;
		(void)fail(&v->why, E_IMPORT_TWICE, v->first_row);
		return ERR_OK;
	}
	enum err e = find_owner(c, v, why);
	if (e || v->why.code)
		return e;
	int64_t customer_id = customer_of(k, v->person.n_numbers, &known);
	if (customer_id < 0) {
		classify_as(v, IMPORT_DUPLICATE, E_IMPORT_OTHERS);
		return ERR_OK;
	}
	return customer_id ? classify_known(c, v, customer_id, known, why)
	                   : classify_new(c, v, k[0].has_attempts, why);
}

/* ---- a slice ---- */

/* The row's cells as they came, an array of texts. */
static enum err seal_cells(struct slice *s, const struct sheet_row *r, struct verdict_row *v,
                           struct why *why)
{
	struct str cells = { 0 };
	struct jw w = { .out = &cells };
	jw_arr(&w, NULL);
	for (size_t i = 0; i < r->n; i++)
		jw_str(&w, NULL, r->cells[i].text);
	jw_end_arr(&w);
	if (str_ok(&cells))
		v->key_id = import_seal(s->c->vault, "import_row.original", s->c->b.id, r->number,
		                        str_text(&cells), cells.len, &v->original, &v->original_n);
	s->bytes += cells.len;
	str_free(&cells);
	return v->original ? ERR_OK : fail(why, E_NOMEM);
}

static void drop_slice(struct slice *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->rows[i].original);
		free(s->rows[i].args);
	}
	s->n = s->bytes = 0;
}

static enum err see_numbers(struct classifier *c, struct verdict_row *v, struct why *why)
{
	v->first_row = v->row_no;
	for (size_t i = 0; i < v->person.n_numbers; i++) {
		vault_hash(c->vault, v->person.number[i].e164, v->hash[i]);
		int64_t row = import_seen_add(&c->seen, v->hash[i], v->row_no);
		if (row < 0)
			return fail(why, E_NOMEM);
		v->first_row = row < v->first_row ? row : v->first_row;
	}
	return ERR_OK;
}

/* @param is_known  written before a restart: only its numbers are wanted */
static enum err take_row(struct classifier *c, const struct sheet_row *r, bool is_known,
                         struct why *why)
{
	struct slice *s = c->s;
	struct verdict_row *v = &s->rows[s->n];
	memset(v, 0, offsetof(struct verdict_row, person));
	v->row_no = r->number;
	enum err bad = import_row_read(&c->b, r, &v->person, &v->why), e = ERR_OK;
	if (!bad && (e = see_numbers(c, v, why)))
		return e;
	if (is_known)
		return ERR_OK;
	s->n++;
	v->is_open = !bad;
	if (bad)
		v->cls = bad == ERR_CONFLICT ? IMPORT_BLOCKED : IMPORT_INVALID;
	return seal_cells(s, r, v, why);
}

static enum err classify_slice(struct classifier *c, struct slice *s, struct why *why)
{
	size_t n = 0;
	for (size_t i = 0; i < s->n; i++) {
		const struct verdict_row *v = &s->rows[i];
		size_t numbers = v->is_open ? v->person.n_numbers : 0;
		memcpy(c->hash[n], v->hash, numbers * VAULT_HASH_BYTES);
		n += numbers;
	}
	enum err e = import_known_load(c->db, (const unsigned char(*)[VAULT_HASH_BYTES])c->hash, n,
	                               c->now_utc_ms, true, c->known, why);
	n = 0;
	for (size_t i = 0; !e && i < s->n; i++) {
		struct verdict_row *v = &s->rows[i];
		if (v->is_open) {
			e = classify_open(c, v, &c->known[n], why);
			n += v->person.n_numbers;
		}
		if (!v->dial_code)
			v->dial_code = err_code_name(v->why.code);
		if (!e && !(v->args = import_why_json(&v->why)))
			e = fail(why, E_NOMEM);
	}
	return e;
}

static const char SQL_ROW[] = "INSERT INTO import_row (batch_id, row_no, class, reason, "
			      "reason_args, original, key_id, customer_id, dial_code) "
			      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
static const char SQL_COUNT[] =
    "UPDATE import_batch SET rows_done = rows_done + ?2, rows_total = ?3, n_new = n_new + ?4, "
    "n_updated = n_updated + ?5, "
    "n_duplicate = n_duplicate + ?6, n_invalid = n_invalid + ?7, n_blocked = n_blocked + ?8 "
    "WHERE id = ?1 AND state = 'classifying'";

static void fill_values(struct slice *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct verdict_row *v = &s->rows[i];
		const struct val row[ROW_COLUMNS] = {
			V_INT(s->c->b.id),
			V_INT(v->row_no),
			V_TEXT(import_class_text(v->cls)),
			V_TEXT(err_code_name(v->why.code)),
			V_TEXT(v->args),
			V_BYTES(v->original, v->original_n),
			V_INT(v->key_id),
			V_ID(v->customer_id),
			V_TEXT(v->dial_code),
		};
		memcpy(&s->values[i * ROW_COLUMNS], row, sizeof row);
	}
}

static enum err write_slice(struct tx *tx, const void *arg, struct why *why)
{
	const struct slice *s = arg;
	int64_t n[IMPORT_CLASS_COUNT] = { 0 }, changed;
	for (size_t i = 0; i < s->n; i++)
		n[s->rows[i].cls]++;
	int64_t done = s->done + (int64_t)s->n, total = s->pct > 0 ? done * 100 / s->pct : done;
	enum err e = db_bulk(tx_db(tx), SQL_ROW, s->values, ROW_COLUMNS, s->n, why);
	if (e || (e = db_exec(tx_db(tx), SQL_COUNT,
	                      ARGS(V_INT(s->c->b.id), V_INT((int64_t)s->n), V_INT(total),
	                           V_INT(n[IMPORT_NEW]), V_INT(n[IMPORT_UPDATED]),
	                           V_INT(n[IMPORT_DUPLICATE]), V_INT(n[IMPORT_INVALID]),
	                           V_INT(n[IMPORT_BLOCKED])),
	                      &changed, why)))
		return e;
	if (!changed)
		return fail(why, E_JOB_LOST);
	char cursor[32];
	snprintf(cursor, sizeof cursor, "r:%lld", (long long)s->rows[s->n - 1].row_no);
	return job_save(s->jc, tx, cursor, done, total, why);
}

/* Classifies the rows taken and gives them to be committed; the other slice is free then. */
static enum err hand_over(struct classifier *c, struct job_ctx *jc, struct why *why)
{
	struct slice *s = c->s;
	if (s->n == 0)
		return ERR_OK;
	if (job_is_cancelled(jc))
		return fail(why, E_JOB_LOST);
	enum err e = classify_slice(c, s, why);
	if (e)
		return e;
	s->jc = jc;
	s->done = c->done;
	s->pct = c->pct;
	c->done += (int64_t)s->n;
	fill_values(s);
	if ((e = import_slices_give(&c->slices, write_slice, s, why)))
		return e;
	c->s = &c->slice[import_slices_place(&c->slices)];
	drop_slice(c->s);
	return ERR_OK;
}

/* ---- the job ---- */

static bool is_header(const struct sheet_row *r, const struct import_batch *b)
{
	const char *header = json_str(json_array_get(b->columns, 0), "header", "");
	return r->number > 0 && r->n > 0 && !(header[0] >= 'A' && header[0] <= 'Z' && !header[1]);
}

static enum err read_file(struct classifier *c, struct job_ctx *jc, int64_t after, struct why *why)
{
	const struct import_jobs *ctx = job_user(jc);
	CLEANUP(import_pipe_close) struct import_pipe *p = NULL;
	struct sheet_row r;
	bool is_first = true;
	enum err e = import_pipe_open(ctx->self, c->b.path, 0, 0, &p, why);
	while (!e && !(e = import_pipe_next(p, &r, &c->pct, why))) {
		bool is_skipped = is_first && is_header(&r, &c->b);
		is_first = false;
		if (is_skipped)
			continue;
		if ((e = take_row(c, &r, r.number <= after, why)))
			break;
		if (c->s->n == SLICE_ROWS || c->s->bytes > SLICE_BYTES)
			e = hand_over(c, jc, why);
	}
	if (e == ERR_END)
		e = hand_over(c, jc, why);
	enum err last = import_slices_wait(&c->slices, e ? NULL : why);
	return e ? e : last;
}

struct ending {
	int64_t id;
	const struct why *reason; /* NULL: all is well */
};

static enum err write_ending(struct tx *tx, const void *arg, struct why *why)
{
	static const char SQL[] = "UPDATE import_batch SET state = 'classified', rows_total = "
				  "rows_done WHERE id = ?1 AND state = 'classifying'";
	const struct ending *end = arg;
	if (end->reason)
		return import_batch_fail(tx, end->id, end->reason, why);
	return db_exec(tx_db(tx), SQL, ARGS(V_INT(end->id)), NULL, why);
}

/* A file that cannot be read fails the batch for good; trouble of our own is tried again. */
static enum err finish(struct classifier *c, struct job_ctx *jc, enum err e, struct why *reason,
                       struct why *why)
{
	bool is_file = e == ERR_INVALID || (reason->code == E_IMPORT_CHILD);
	if (e && !is_file) {
		if (why)
			*why = *reason;
		/* Cancelled meanwhile: nothing more to do. */
		return reason->code == E_JOB_LOST ? ERR_END : e;
	}
	import_name_file(reason, c->b.path, c->b.file_name);
	struct ending end = { c->b.id, e ? reason : NULL };
	enum err w = writer_do(job_writer(jc), LANE_NORMAL, write_ending, &end, why);
	return w ? w : ERR_END;
}

struct clearing {
	struct job_ctx *jc;
	int64_t id;
	bool is_clear;
};

static enum err clear_slice(struct tx *tx, const void *arg, struct why *why)
{
	static const char SQL[] =
	    "DELETE FROM import_row WHERE batch_id = ?1 AND row_no IN "
	    "(SELECT row_no FROM import_row WHERE batch_id = ?1 ORDER BY row_no LIMIT 500)";
	struct clearing *k = (struct clearing *)arg;
	int64_t n;
	enum err e = db_exec(tx_db(tx), SQL, ARGS(V_INT(k->id)), &n, why);
	k->is_clear = !e && n < DELETE_ROWS;
	return e ? e : job_save(k->jc, tx, k->is_clear ? "r:0" : "", 0, 0, why);
}

enum err import_classify_step(struct job_ctx *jc, struct why *why)
{
	const struct import_jobs *ctx = job_user(jc);
	int64_t id = json_id(job_args(jc), "batch_id");
	const char *cursor = job_cursor(jc);
	if (strncmp(cursor, "r:", 2) != 0)
		return writer_do(job_writer(jc), LANE_NORMAL, clear_slice,
		                 &(struct clearing){ jc, id, false }, why);
	struct classifier *c = calloc(1, sizeof *c);
	if (!c)
		return fail(why, E_NOMEM);
	c->vault = ctx->vault;
	c->db = job_db(jc);
	c->now_utc_ms = clock_utc_ms();
	import_slices_init(&c->slices, job_writer(jc));
	c->s = &c->slice[0];
	for (int i = 0; i < IMPORT_SLICES; i++)
		c->slice[i].c = c;
	struct why reason = { 0 };
	enum err e = import_batch_load(c->db, id, &c->b, &reason);
	c->done = c->b.rows_done;
	if (!e && strcmp(c->b.state, "classifying") != 0)
		e = ERR_END;
	else if (!e &&
	         !(e = policy_load(c->db, POLICY_DEFAULT_KEY, c->now_utc_ms, &c->policy, &reason)))
		e = finish(c, jc, read_file(c, jc, strtoll(cursor + 2, NULL, 10), &reason), &reason,
		           why);
	else if (why)
		*why = reason;
	import_slices_done(&c->slices);
	for (int i = 0; i < IMPORT_SLICES; i++)
		drop_slice(&c->slice[i]);
	import_seen_done(&c->seen);
	import_batch_done(&c->b);
	free(c);
	return e;
}
