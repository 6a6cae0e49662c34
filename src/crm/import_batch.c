/* The batch: its row, its life, its jobs. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/id.h"
#include "base/text.h"
#include "crm/import_int.h"

/* ---- reasons as data ---- */

char *import_why_json(const struct why *why)
{
	struct str out = { 0 };
	struct jw w = { .out = &out };
	int n = WHY_ARGS;
	while (n > 0 && !*why->arg[n - 1])
		n--;
	jw_arr(&w, NULL);
	for (int i = 0; i < n; i++)
		jw_str(&w, NULL, why->arg[i]);
	jw_end_arr(&w);
	char *text = NULL;
	return str_take(&out, &text, NULL) ? NULL : text;
}

void import_why_read(const char *code, const char *args_json, struct why *ret)
{
	*ret = (struct why){ 0 };
	for (int c = 1; c < E_COUNT; c++) {
		if (strcmp(err_code_name((enum err_code)c), code) == 0)
			ret->code = (enum err_code)c;
	}
	CLEANUP(json_cleanup) json_t *args = NULL;
	if (json_read_text(args_json, &args, NULL))
		return;
	for (size_t i = 0; i < json_array_size(args) && i < WHY_ARGS; i++) {
		const char *text = json_string_value(json_array_get(args, i));
		str_copy(ret->arg[i], WHY_ARG_BYTES, text ? text : "");
	}
}

void import_name_file(struct why *why, const char *path, const char *file_name)
{
	const char *slash = strrchr(path, '/');
	if (why && strcmp(why->arg[0], slash ? slash + 1 : path) == 0)
		str_copy(why->arg[0], WHY_ARG_BYTES, file_name);
}

enum err import_batch_fail(struct tx *tx, int64_t id, const struct why *reason, struct why *why)
{
	static const char SQL[] =
	    "UPDATE import_batch SET state = 'failed', error = ?2 WHERE id = ?1";
	struct str out = { 0 };
	struct jw w = { .out = &out };
	CLEANUP(str_drop) char *args = import_why_json(reason);
	jw_obj(&w, NULL);
	jw_str(&w, "code", err_code_name(reason->code));
	jw_raw(&w, "args", args ? args : "[]");
	jw_end_obj(&w);
	enum err e = db_exec(tx_db(tx), SQL, ARGS(V_INT(id), V_TEXT(str_text(&out))), NULL, why);
	str_free(&out);
	return e;
}

/* ---- sealed text ---- */

int64_t import_seal(const struct vault *v, const char *table, int64_t batch_id, int64_t row_no,
                    const char *text, size_t n, unsigned char **ret, size_t *ret_n)
{
	*ret = malloc(n + VAULT_SEAL_BYTES);
	if (!*ret)
		return 0;
	*ret_n = n + VAULT_SEAL_BYTES;
	return vault_seal(v, &(struct vault_place){ table, batch_id, row_no }, text, n, *ret);
}

enum err import_unseal(const struct vault *v, const char *table, int64_t batch_id, int64_t row_no,
                       int64_t key_id, const void *sealed, size_t n, char **ret, struct why *why)
{
	if (n < VAULT_SEAL_BYTES)
		return fail(why, E_CRYPTO_OPEN);
	char *text = malloc(n - VAULT_SEAL_BYTES + 1);
	if (!text)
		return fail(why, E_NOMEM);
	enum err e = vault_unseal(v, &(struct vault_place){ table, batch_id, row_no }, key_id,
	                          sealed, n, text, why);
	if (e) {
		free(text);
		return e;
	}
	text[n - VAULT_SEAL_BYTES] = '\0';
	*ret = text;
	return ERR_OK;
}

/* ---- loading ---- */

static const char SQL_LOAD[] =
    "SELECT path, file_name, state, source, supplier, basis, purpose, proof_file, mapping, "
    "unit_id, campaign_id, by_id, "
    "cell_id, created_utc_ms, rows_total, rows_done FROM import_batch WHERE id = ?1";

static void read_mapping(const char *text, struct import_batch *ret)
{
	for (int i = 0; i < IMPORT_COLUMNS; i++)
		ret->map[i] = IMPORT_FIELD_NONE;
	CLEANUP(json_cleanup) json_t *j = NULL;
	if (json_read_text(text, &j, NULL))
		return;
	const char *column;
	json_t *field;
	json_object_foreach(json_object_get(j, "map"), column, field)
	{
		long i = strtol(column, NULL, 10);
		if (i >= 0 && i < IMPORT_COLUMNS)
			ret->map[i] = import_field_parse(json_string_value(field));
	}
	ret->columns = json_incref(json_object_get(j, "columns"));
}

enum err import_batch_load(struct db *db, int64_t id, struct import_batch *ret, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	memset(ret, 0, sizeof *ret);
	enum err e = db_row(db, SQL_LOAD, ARGS(V_INT(id)), &r, why);
	if (e)
		return e;
	ret->id = id;
	str_copy(ret->path, sizeof ret->path, rows_text(r, 0));
	str_copy(ret->file_name, sizeof ret->file_name, rows_text(r, 1));
	str_copy(ret->state, sizeof ret->state, rows_text(r, 2));
	str_copy(ret->source, sizeof ret->source, rows_text(r, 3));
	str_copy(ret->supplier, sizeof ret->supplier, rows_text(r, 4));
	ret->basis = consent_basis_parse(rows_text(r, 5));
	str_copy(ret->purpose, sizeof ret->purpose, rows_text(r, 6));
	str_copy(ret->proof, sizeof ret->proof, rows_text(r, 7));
	read_mapping(rows_text(r, 8), ret);
	ret->unit_id = rows_int(r, 9);
	ret->campaign_id = rows_int(r, 10);
	ret->by_id = rows_int(r, 11);
	ret->cell_id = rows_int(r, 12);
	ret->created_utc_ms = rows_int(r, 13);
	ret->rows_total = rows_int(r, 14);
	ret->rows_done = rows_int(r, 15);
	return ERR_OK;
}

void import_batch_done(struct import_batch *b)
{
	json_cleanup(&b->columns);
}

/* ---- making ---- */

enum { LOOK_ROWS = 6, SAMPLE_BYTES = 60 };

struct look {
	char *columns; /* JSON */
	int64_t rows;
};

/* The first rows say what the columns hold: the header, and samples with every number masked. */
static void write_columns(struct str *out, json_t *const *head, size_t n_head, json_t *samples)
{
	struct jw w = { .out = out };
	jw_arr(&w, NULL);
	for (size_t c = 0; c < n_head; c++) {
		const char *header = json_string_value(head[c]);
		enum import_field guess = import_guess(header);
		jw_obj(&w, NULL);
		jw_int(&w, "index", (int64_t)c);
		jw_str(&w, "header", header);
		jw_str(&w, "guess", guess == IMPORT_FIELD_NONE ? NULL : import_field_key(guess));
		jw_arr(&w, "samples");
		for (size_t i = 0; i < json_array_size(json_array_get(samples, c)); i++)
			jw_str(&w, NULL,
			       json_string_value(json_array_get(json_array_get(samples, c), i)));
		jw_end_arr(&w);
		jw_end_obj(&w);
	}
	jw_end_arr(&w);
}

static json_t *masked(const char *text)
{
	struct str out = { 0 };
	number_mask_text(text, &out);
	char cut[SAMPLE_BYTES];
	str_copy(cut, sizeof cut, str_text(&out));
	str_free(&out);
	return json_string(cut);
}

/* A table without header: its first row holds a number. Then the columns are called A, B, C… and
 * the first row counts as a sample too. */
static bool is_header(const struct sheet_row *r)
{
	struct numbers list;
	for (size_t i = 0; i < r->n; i++) {
		if (r->cells[i].kind != CELL_EMPTY && !numbers_parse(r->cells[i].text, &list, NULL))
			return false;
	}
	return true;
}

static enum err look_at(const char *path, struct look *ret, struct why *why)
{
	CLEANUP(import_pipe_close) struct import_pipe *p = NULL;
	CLEANUP(json_cleanup) json_t *samples = json_array();
	json_t *head[IMPORT_COLUMNS] = { 0 };
	size_t n_head = 0;
	struct sheet_row r;
	int pct;
	enum err e = import_pipe_open(NULL, path, 0, LOOK_ROWS, &p, why);
	while (!e && !(e = import_pipe_next(p, &r, &pct, why))) {
		bool is_first = ret->rows++ == 0;
		for (size_t i = n_head; i < r.n; i++, n_head++) {
			head[i] = is_first && is_header(&r)
			              ? masked(r.cells[i].text)
			              : json_sprintf("%c", (int)('A' + i % 26));
			json_array_append_new(samples, json_array());
		}
		if (is_first && is_header(&r))
			continue;
		for (size_t i = 0; i < r.n; i++)
			json_array_append_new(json_array_get(samples, i), masked(r.cells[i].text));
	}
	struct str out = { 0 };
	if (e == ERR_END) {
		write_columns(&out, head, n_head, samples);
		e = str_take(&out, &ret->columns, why);
	}
	for (size_t i = 0; i < n_head; i++)
		json_decref(head[i]);
	return e;
}

struct make {
	const struct import_new *n;
	const char *format, *mapping;
};

static enum err insert_batch(struct tx *tx, const void *arg, struct why *why)
{
	static const char SQL[] =
	    "INSERT INTO import_batch (id, file_name, path, format, state, error, mapping, source, "
	    "supplier, basis, purpose, "
	    "proof_file, responsible_id, unit_id, campaign_id, by_id, created_utc_ms, "
	    "applied_utc_ms, rows_total, rows_done, "
	    "n_new, n_updated, n_duplicate, n_invalid, n_blocked, cell_id) VALUES (?1, ?2, ?3, ?4, "
	    "'uploaded', NULL, ?5, '', '', "
	    "'none', 'marketing', '', NULL, ?6, NULL, ?7, ?8, NULL, 0, 0, 0, 0, 0, 0, 0, ?9)";
	const struct make *m = arg;
	return db_exec(tx_db(tx), SQL,
	               ARGS(V_INT(m->n->id), V_TEXT(m->n->file_name), V_TEXT(m->n->path),
	                    V_TEXT(m->format), V_TEXT(m->mapping), V_INT(m->n->unit_id),
	                    V_INT(m->n->by_id), V_INT(m->n->now_utc_ms), V_INT(m->n->cell_id)),
	               NULL, why);
}

/* The ending as the person sees it; what the file really is, its reader finds out. */
static const char *format_of(const char *file_name)
{
	const char *dot = strrchr(file_name, '.');
	return dot && strlen(dot) <= 6 ? dot + 1 : "";
}

enum err import_create(struct writer *w, const struct import_new *n, struct why *why)
{
	struct look look = { 0 };
	enum err e = look_at(n->path, &look, why);
	CLEANUP(str_drop) char *columns = look.columns;
	if (e) {
		import_name_file(why, n->path, n->file_name);
		return e;
	}
	if (look.rows < 2)
		return fail(why, E_IMPORT_NO_ROWS, n->file_name);
	struct str mapping = { 0 };
	str_addf(&mapping, "{\"columns\":%s,\"map\":{}}", columns);
	struct make m = { n, format_of(n->file_name), str_text(&mapping) };
	e = str_ok(&mapping) ? writer_do(w, LANE_NORMAL, insert_batch, &m, why)
	                     : fail(why, E_NOMEM);
	str_free(&mapping);
	return e;
}

/* ---- starting, applying, dropping ---- */

struct act {
	int64_t id, by_id, now_utc_ms;
	const json_t *mapping;
	const struct import_facts *f;
};

static enum err enqueue(struct tx *tx, const char *kind, const struct act *a,
                        const struct import_batch *b, struct why *why)
{
	char key[40], args[80], id[ID_TEXT_BYTES];
	snprintf(key, sizeof key, "import:%s", id_text(a->id, id));
	snprintf(args, sizeof args, "{\"batch_id\":\"%s\"}", id_text(a->id, id));
	struct job_new j = { .kind = kind,
		             .args = args,
		             .key = key,
		             .by_id = a->by_id ? a->by_id : b->by_id,
		             .cell_id = b->cell_id,
		             .now_utc_ms = a->now_utc_ms };
	int64_t job;
	return job_enqueue(tx, &j, &job, why);
}

static bool is_in(const char *state, const char *const *states)
{
	for (; *states; states++) {
		if (strcmp(*states, state) == 0)
			return true;
	}
	return false;
}

/* Replaces "map" in the stored mapping and checks it. */
static enum err new_mapping(const struct import_batch *b, const json_t *mapping, char **ret,
                            struct why *why)
{
	bool has_phone = false;
	const char *column;
	json_t *field;
	json_object_foreach((json_t *)mapping, column, field)
	{
		char *end;
		long i = strtol(column, &end, 10);
		enum import_field f = import_field_parse(json_string_value(field));
		if (*end || i < 0 || i >= IMPORT_COLUMNS ||
		    (json_string_value(field) && f == IMPORT_FIELD_NONE))
			return fail(why, E_FIELD_INVALID, "mapping", column);
		has_phone |= f == IMPORT_FIELD_PHONE || f == IMPORT_FIELD_PHONE2;
	}
	if (!has_phone)
		return fail(why, E_IMPORT_NO_PHONE);
	CLEANUP(json_cleanup) json_t *all = json_object();
	json_object_set(all, "columns", b->columns);
	json_object_set(all, "map", (json_t *)mapping);
	return json_write(all, ret, why);
}

static enum err check_facts(const struct import_facts *f, struct why *why)
{
	if (!f->source || !*f->source)
		return fail(why, E_FIELD_REQUIRED, "source");
	if (!f->basis || consent_basis_parse(f->basis) == CONSENT_BASIS_COUNT)
		return fail(why, E_FIELD_INVALID, "basis", f->basis ? f->basis : "");
	if (!f->purpose || !text_is_key(f->purpose))
		return fail(why, E_FIELD_INVALID, "purpose", f->purpose ? f->purpose : "");
	return ERR_OK;
}

static const char SQL_START[] = "UPDATE import_batch SET state = 'classifying', error = NULL, "
				"mapping = ?2, source = ?3, supplier = ?4, basis = ?5, "
				"purpose = ?6, proof_file = CASE WHEN ?7 = '' THEN proof_file ELSE "
				"?7 END, responsible_id = ?8, campaign_id = ?9, "
				"rows_total = 0, rows_done = 0, n_new = 0, n_updated = 0, "
				"n_duplicate = 0, n_invalid = 0, n_blocked = 0 WHERE id = ?1";

static const char *or_empty(const char *s)
{
	return s ? s : "";
}

static enum err start_job(struct tx *tx, const void *arg, struct why *why)
{
	static const char *const STATES[] = { "uploaded", "classified", "failed", NULL };
	const struct act *a = arg;
	const struct import_facts *f = a->f;
	CLEANUP(import_batch_done) struct import_batch b;
	CLEANUP(str_drop) char *mapping = NULL;
	enum err e = import_batch_load(tx_db(tx), a->id, &b, why);
	if (e)
		return e;
	if (!is_in(b.state, STATES))
		return fail(why, E_IMPORT_STATE, b.state);
	if ((e = new_mapping(&b, a->mapping, &mapping, why)) ||
	    (e = db_exec(tx_db(tx), SQL_START,
	                 ARGS(V_INT(a->id), V_TEXT(mapping), V_TEXT(f->source),
	                      V_TEXT(or_empty(f->supplier)),
	                      V_TEXT(consent_basis_text(consent_basis_parse(f->basis))),
	                      V_TEXT(f->purpose), V_TEXT(or_empty(f->proof_file)),
	                      V_ID(f->responsible_id), V_ID(f->campaign_id)),
	                 NULL, why)))
		return e;
	return enqueue(tx, "crm.import_classify", a, &b, why);
}

enum err import_start(struct writer *w, int64_t batch_id, const json_t *mapping,
                      const struct import_facts *f, int64_t now_utc_ms, struct why *why)
{
	enum err e = check_facts(f, why);
	struct act a = { .id = batch_id, .now_utc_ms = now_utc_ms, .mapping = mapping, .f = f };
	return e ? e : writer_do(w, LANE_NORMAL, start_job, &a, why);
}

static enum err set_state(struct tx *tx, int64_t id, const char *state, struct why *why)
{
	static const char SQL[] = "UPDATE import_batch SET state = ?2 WHERE id = ?1";
	return db_exec(tx_db(tx), SQL, ARGS(V_INT(id), V_TEXT(state)), NULL, why);
}

static enum err apply_job(struct tx *tx, const void *arg, struct why *why)
{
	const struct act *a = arg;
	CLEANUP(import_batch_done) struct import_batch b;
	enum err e = import_batch_load(tx_db(tx), a->id, &b, why);
	if (e)
		return e;
	if (strcmp(b.state, "classified") != 0)
		return fail(why, E_IMPORT_STATE, b.state);
	e = set_state(tx, a->id, "applying", why);
	return e ? e : enqueue(tx, "crm.import_apply", a, &b, why);
}

enum err import_apply(struct writer *w, int64_t batch_id, int64_t by_id, int64_t now_utc_ms,
                      struct why *why)
{
	struct act a = { .id = batch_id, .by_id = by_id, .now_utc_ms = now_utc_ms };
	return writer_do(w, LANE_NORMAL, apply_job, &a, why);
}

/* A classifying job that is under way finds the state changed at its next slice and ends. */
static enum err cancel_job(struct tx *tx, const void *arg, struct why *why)
{
	static const char *const STATES[] = { "uploaded", "classifying", "classified", "failed",
		                              NULL };
	const struct act *a = arg;
	CLEANUP(import_batch_done) struct import_batch b;
	enum err e = import_batch_load(tx_db(tx), a->id, &b, why);
	if (e)
		return e;
	return is_in(b.state, STATES) ? set_state(tx, a->id, "cancelled", why)
	                              : fail(why, E_IMPORT_STATE, b.state);
}

enum err import_cancel(struct writer *w, int64_t batch_id, int64_t now_utc_ms, struct why *why)
{
	struct act a = { .id = batch_id, .now_utc_ms = now_utc_ms };
	return writer_do(w, LANE_NORMAL, cancel_job, &a, why);
}

struct proof {
	int64_t id;
	const char *file;
};

static enum err proof_job(struct tx *tx, const void *arg, struct why *why)
{
	static const char SQL[] = "UPDATE import_batch SET proof_file = ?2 WHERE id = ?1";
	const struct proof *p = arg;
	int64_t n;
	enum err e = db_exec(tx_db(tx), SQL, ARGS(V_INT(p->id), V_TEXT(p->file)), &n, why);
	if (e)
		return e;
	return n ? ERR_OK : fail(why, E_ROW_NONE);
}

enum err import_set_proof(struct writer *w, int64_t batch_id, const char *file, struct why *why)
{
	return writer_do(w, LANE_NORMAL, proof_job, &(struct proof){ batch_id, file }, why);
}

void import_job_kinds(struct import_jobs *ctx, struct job_kind ret[IMPORT_JOB_KINDS])
{
	ret[0] = (struct job_kind){ .name = "crm.import_classify",
		                    .step = import_classify_step,
		                    .ctx = ctx };
	ret[1] =
	    (struct job_kind){ .name = "crm.import_apply", .step = import_apply_step, .ctx = ctx };
}
