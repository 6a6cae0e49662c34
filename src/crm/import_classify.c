/* The classifying job: reads the file through the child, says of every row what will become of it,
 * and seals it into import_row, a slice and a commit at a time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "crm/import_int.h"
#include "gate/dnc.h"

enum { SLICE_ROWS = 250, DELETE_ROWS = 500, SLICE_BYTES = 2 << 20 };

/* ---- numbers met in this file ---- */

struct seen {
	uint64_t *key;
	int64_t *row;
	size_t cap, n; /* cap: a power of two */
};

static void seen_done(struct seen *s)
{
	free(s->key);
	free(s->row);
}

static size_t seen_slot(const struct seen *s, uint64_t key)
{
	size_t i = (size_t)key & (s->cap - 1);
	while (s->key[i] && s->key[i] != key)
		i = (i + 1) & (s->cap - 1);
	return i;
}

static bool seen_grow(struct seen *s)
{
	struct seen big = { .cap = s->cap ? s->cap * 2 : 4096, .n = s->n };
	big.key = calloc(big.cap, sizeof *big.key);
	big.row = calloc(big.cap, sizeof *big.row);
	if (!big.key || !big.row) {
		seen_done(&big);
		return false;
	}
	for (size_t i = 0; i < s->cap; i++) {
		if (!s->key[i])
			continue;
		size_t at = seen_slot(&big, s->key[i]);
		big.key[at] = s->key[i];
		big.row[at] = s->row[i];
	}
	seen_done(s);
	*s = big;
	return true;
}

/* The row that had the number first, which is `row` itself when it is new; -1: out of memory. The
 * key is a part of the keyed hash, so nobody can choose numbers that meet. */
static int64_t seen_add(struct seen *s, const unsigned char *hash, int64_t row)
{
	uint64_t key;
	memcpy(&key, hash, sizeof key);
	key += key == 0;
	if (s->n * 4 >= s->cap * 3 && !seen_grow(s))
		return -1;
	size_t i = seen_slot(s, key);
	if (s->key[i])
		return s->row[i];
	s->key[i] = key;
	s->row[i] = row;
	s->n++;
	return row;
}

/* ---- a row's class ---- */

struct verdict_row {
	int64_t row_no;
	enum import_class cls;
	struct why why;
	const char *dial_code; /* "ok" or an error's name; static */
	int64_t customer_id;   /* whose the numbers are already; 0: nobody's */
	unsigned char *original, *parsed;
	size_t original_n, parsed_n;
	int64_t key_id;
};

struct classifier {
	struct import_batch b;
	const struct vault *vault;
	struct db *db;
	struct policy policy;
	int64_t now_utc_ms;
	struct seen seen;
	char owner_no[64]; /* the job number looked up last, and whose it is */
	int64_t owner_id;
	struct import_person person;
	unsigned char hash[NUMBERS_MAX][VAULT_HASH_BYTES];
	struct verdict_row rows[SLICE_ROWS];
	size_t n, bytes;
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
	static const char SQL[] = "SELECT id FROM person WHERE job_no = ?1 AND left_utc_ms IS NULL";
	struct import_person *p = &c->person;
	if (!*p->owner)
		return ERR_OK;
	if (strcmp(c->owner_no, p->owner) != 0) {
		struct why none;
		enum err e = db_int(c->db, SQL, ARGS(V_TEXT(p->owner)), &c->owner_id, &none);
		if (e && e != ERR_NOT_FOUND) {
			if (why)
				*why = none;
			return e;
		}
		if (e)
			c->owner_id = 0;
		str_copy(c->owner_no, sizeof c->owner_no, p->owner);
	}
	p->owner_id = c->owner_id;
	if (!p->owner_id) {
		v->cls = IMPORT_INVALID;
		(void)fail(&v->why, E_IMPORT_OWNER, p->owner);
	}
	return ERR_OK;
}

/* The customer who has one of the row's numbers; *ret 0: nobody, -1: several customers.
 * @param ret_known  how many of the numbers are his already */
static enum err find_customer(struct classifier *c, int64_t *ret, size_t *ret_known,
                              struct why *why)
{
	*ret = 0;
	*ret_known = 0;
	for (size_t i = 0; i < c->person.n_numbers; i++) {
		struct phone phone;
		struct why none;
		enum err e = phone_find(c->db, c->hash[i], &phone, &none);
		if (e == ERR_NOT_FOUND)
			continue;
		if (e) {
			if (why)
				*why = none;
			return e;
		}
		(*ret_known)++;
		*ret = *ret == 0 || *ret == phone.customer_id ? phone.customer_id : -1;
	}
	return ERR_OK;
}

static enum err has_gaps(struct classifier *c, int64_t customer_id, bool *ret, struct why *why)
{
	static const char SQL[] =
	    "SELECT name, gender, grade, company, remark FROM customer WHERE id = ?1";
	const struct import_person *p = &c->person;
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
static enum err judge(struct classifier *c, int64_t customer_id, bool is_batch_consent,
                      struct gate_verdict *ret, struct why *why)
{
	const struct import_person *p = &c->person;
	struct gate_facts f = { .now_utc_ms = c->now_utc_ms,
		                .kind = p->number[0].kind,
		                .purpose = c->b.purpose };
	struct gate_subject s = { .hash = c->hash[0], .customer_id = customer_id };
	enum err e = gate_facts_load(c->db, &s, &f, why);
	if (e)
		return e;
	if (is_batch_consent && p->basis != CONSENT_NONE) {
		f.consent =
		    (struct gate_consent){ .is_known = true,
			                   .given_utc_ms =
			                       p->given_utc_ms ? p->given_utc_ms : c->now_utc_ms };
		str_copy(f.consent.purpose, sizeof f.consent.purpose, c->b.purpose);
	}
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
	enum err e = has_gaps(c, customer_id, &gaps, why);
	if (e || (e = judge(c, customer_id, false, &now, why)) ||
	    (e = judge(c, customer_id, true, &then, why)))
		return e;
	bool has_consent = !now.check[GATE_RULE_CONSENT].why.code;
	bool brings_consent = !has_consent && c->person.basis != CONSENT_NONE;
	bool is_new = gaps || known < c->person.n_numbers || brings_consent;
	v->customer_id = customer_id;
	classify_as(v, is_new ? IMPORT_UPDATED : IMPORT_DUPLICATE,
	            is_new ? E_IMPORT_GOOD_UPDATED : E_IMPORT_KNOWN);
	v->dial_code = dial_code(has_consent ? &now : &then);
	return ERR_OK;
}

static enum err classify_new(struct classifier *c, struct verdict_row *v, struct why *why)
{
	struct gate_verdict g;
	enum err e = judge(c, 0, true, &g, why);
	if (e)
		return e;
	classify_as(v, IMPORT_NEW, E_IMPORT_GOOD_NEW);
	v->dial_code = dial_code(&g);
	return ERR_OK;
}

/* Refusals first: who must not be called is not stored, whatever else the row says. */
static enum err find_refusal(struct classifier *c, struct verdict_row *v, struct why *why)
{
	for (size_t i = 0; i < c->person.n_numbers; i++) {
		struct dnc_entry d;
		enum err e = dnc_find(c->db, c->hash[i], c->now_utc_ms, &d, why);
		if (e)
			return e;
		if (d.is_listed) {
			classify_as(v, IMPORT_BLOCKED, dnc_error(d.reason));
			return ERR_OK;
		}
	}
	return ERR_OK;
}

static enum err classify_numbers(struct classifier *c, struct verdict_row *v, struct why *why)
{
	int64_t first = v->row_no, customer_id;
	size_t known;
	for (size_t i = 0; i < c->person.n_numbers; i++) {
		int64_t row = seen_add(&c->seen, c->hash[i], v->row_no);
		if (row < 0)
			return fail(why, E_NOMEM);
		first = row < first ? row : first;
	}
	enum err e = find_refusal(c, v, why);
	if (e || v->why.code)
		return e;
	if (first != v->row_no) {
		v->cls = IMPORT_DUPLICATE;
		(void)fail(&v->why, E_IMPORT_TWICE, first);
		return ERR_OK;
	}
	if ((e = find_owner(c, v, why)) || v->why.code ||
	    (e = find_customer(c, &customer_id, &known, why)))
		return e;
	if (customer_id < 0) {
		classify_as(v, IMPORT_DUPLICATE, E_IMPORT_OTHERS);
		return ERR_OK;
	}
	return customer_id ? classify_known(c, v, customer_id, known, why)
	                   : classify_new(c, v, why);
}

/* ---- slices ---- */

/* The row's cells as they came, an array of texts. */
static enum err seal_row(struct classifier *c, const struct sheet_row *r, struct verdict_row *v,
                         struct why *why)
{
	struct str cells = { 0 };
	struct jw w = { .out = &cells };
	jw_arr(&w, NULL);
	for (size_t i = 0; i < r->n; i++)
		jw_str(&w, NULL, r->cells[i].text);
	jw_end_arr(&w);
	CLEANUP(str_drop) char *person = NULL;
	enum err e =
	    str_ok(&cells) ? import_person_write(&c->person, &person, why) : fail(why, E_NOMEM);
	if (!e) {
		v->key_id = import_seal(c->vault, "import_row.original", c->b.id, r->number,
		                        str_text(&cells), cells.len, &v->original, &v->original_n);
		import_seal(c->vault, "import_row.parsed", c->b.id, r->number, person,
		            strlen(person), &v->parsed, &v->parsed_n);
		if (!v->original || !v->parsed)
			e = fail(why, E_NOMEM);
	}
	c->bytes += cells.len;
	str_free(&cells);
	return e;
}

static void drop_slice(struct classifier *c)
{
	for (size_t i = 0; i < c->n; i++) {
		free(c->rows[i].original);
		free(c->rows[i].parsed);
	}
	c->n = c->bytes = 0;
}

static enum err classify_row(struct classifier *c, const struct sheet_row *r, bool is_known,
                             struct why *why)
{
	struct verdict_row *v = &c->rows[c->n];
	*v = (struct verdict_row){ .row_no = r->number, .dial_code = NULL };
	enum err e = import_row_read(&c->b, r, &c->person, &v->why);
	for (size_t i = 0; i < c->person.n_numbers; i++)
		vault_hash(c->vault, c->person.number[i].e164, c->hash[i]);
	if (is_known) { /* written before a restart: only its numbers are wanted */
		for (size_t i = 0; !e && i < c->person.n_numbers; i++)
			(void)seen_add(&c->seen, c->hash[i], r->number);
		return ERR_OK;
	}
	c->n++;
	if (e)
		v->cls = e == ERR_CONFLICT ? IMPORT_BLOCKED : IMPORT_INVALID;
	else if ((e = classify_numbers(c, v, why)))
		return e;
	if (!v->dial_code)
		v->dial_code = err_code_name(v->why.code);
	return seal_row(c, r, v, why);
}

struct slice {
	struct classifier *c;
	struct job_ctx *jc;
};

static const char SQL_ROW[] = "INSERT INTO import_row (batch_id, row_no, class, reason, "
			      "reason_args, original, key_id, parsed, customer_id, applied, "
			      "dial_code) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, ?10)";
static const char SQL_COUNT[] =
    "UPDATE import_batch SET rows_done = rows_done + ?2, rows_total = ?3, n_new = n_new + ?4, "
    "n_updated = n_updated + ?5, "
    "n_duplicate = n_duplicate + ?6, n_invalid = n_invalid + ?7, n_blocked = n_blocked + ?8 "
    "WHERE id = ?1 AND state = 'classifying'";

static enum err write_row(struct tx *tx, const struct classifier *c, const struct verdict_row *v,
                          struct why *why)
{
	CLEANUP(str_drop) char *args = import_why_json(&v->why);
	if (!args)
		return fail(why, E_NOMEM);
	return db_exec(tx_db(tx), SQL_ROW,
	               ARGS(V_INT(c->b.id), V_INT(v->row_no), V_TEXT(import_class_text(v->cls)),
	                    V_TEXT(err_code_name(v->why.code)), V_TEXT(args),
	                    V_BYTES(v->original, v->original_n), V_INT(v->key_id),
	                    V_BYTES(v->parsed, v->parsed_n), V_ID(v->customer_id),
	                    V_TEXT(v->dial_code)),
	               NULL, why);
}

static enum err write_slice(struct tx *tx, const void *arg, struct why *why)
{
	const struct slice *s = arg;
	const struct classifier *c = s->c;
	int64_t n[IMPORT_CLASS_COUNT] = { 0 }, changed;
	enum err e = ERR_OK;
	for (size_t i = 0; !e && i < c->n; i++) {
		n[c->rows[i].cls]++;
		e = write_row(tx, c, &c->rows[i], why);
	}
	int64_t done = c->done + (int64_t)c->n, total = c->pct > 0 ? done * 100 / c->pct : done;
	if (e || (e = db_exec(tx_db(tx), SQL_COUNT,
	                      ARGS(V_INT(c->b.id), V_INT((int64_t)c->n), V_INT(total),
	                           V_INT(n[IMPORT_NEW]), V_INT(n[IMPORT_UPDATED]),
	                           V_INT(n[IMPORT_DUPLICATE]), V_INT(n[IMPORT_INVALID]),
	                           V_INT(n[IMPORT_BLOCKED])),
	                      &changed, why)))
		return e;
	if (!changed)
		return fail(why, E_JOB_LOST);
	char cursor[32];
	snprintf(cursor, sizeof cursor, "r:%lld", (long long)c->rows[c->n - 1].row_no);
	return job_save(s->jc, tx, cursor, done, total, why);
}

static enum err hand_over(struct classifier *c, struct job_ctx *jc, struct why *why)
{
	if (c->n == 0)
		return ERR_OK;
	if (job_is_cancelled(jc))
		return fail(why, E_JOB_LOST);
	enum err e =
	    writer_do(job_writer(jc), LANE_NORMAL, write_slice, &(struct slice){ c, jc }, why);
	c->done += (int64_t)c->n;
	drop_slice(c);
	return e;
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
		if ((e = classify_row(c, &r, r.number <= after, why)))
			break;
		if (c->n == SLICE_ROWS || c->bytes > SLICE_BYTES)
			e = hand_over(c, jc, why);
	}
	return e == ERR_END ? hand_over(c, jc, why) : e;
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
		return e == ERR_CONFLICT ? ERR_END
		                         : e; /* cancelled meanwhile: nothing more to do */
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
	drop_slice(c);
	seen_done(&c->seen);
	import_batch_done(&c->b);
	free(c);
	return e;
}
