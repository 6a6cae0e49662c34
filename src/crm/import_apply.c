/* The applying job: rows classified as new or updated become customers, a slice and a commit at a
 * time. What a row was forecast to be is decided again inside the commit, by what the database
 * holds then, so two imports of the same list at once make each customer once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/text.h"
#include "crm/customer.h"
#include "crm/import_int.h"
#include "event/outbox.h"

enum { SLICE_ROWS = 500, STEP_SLICES = 20, TAKEN_TRIES = 3 };

struct apply_row {
	int64_t row_no, customer_id; /* customer_id: his, or the one a new customer gets */
	struct import_person person;
	struct phone_new phone[NUMBERS_MAX];
	char *name_key, *fields;
	enum import_class forecast;
	/* what became of it */
	enum import_class cls;
	struct why why;
	int64_t owner_id;
};

/* A slice and the room its commit needs. */
struct apply_slice {
	struct job_ctx *jc;
	const struct import_batch *b;
	size_t n, n_numbers;
	int64_t now_utc_ms;
	struct apply_row rows[SLICE_ROWS];
	unsigned char hash[SLICE_ROWS * NUMBERS_MAX][VAULT_HASH_BYTES];
	struct import_known known[SLICE_ROWS * NUMBERS_MAX];
	struct customer_new customer[SLICE_ROWS];
	struct consent_new consent[SLICE_ROWS];
	struct contact_new contact[SLICE_ROWS];
	size_t n_customers, n_consents, n_contacts;
};

/* ---- one row, inside the commit ---- */

static void became(struct apply_row *a, enum import_class cls, enum err_code code,
                   int64_t customer_id)
{
	a->cls = cls;
	a->why = (struct why){ .code = code };
	a->owner_id = customer_id;
}

/* Whose the numbers are: 0 nobody's, -1 several customers'. *ret_refused: one is on the list. */
static int64_t owner_of(const struct import_known *k, size_t n, const char **ret_refused)
{
	int64_t id = 0;
	*ret_refused = NULL;
	for (size_t i = 0; i < n; i++) {
		if (k[i].is_refused && !*ret_refused)
			*ret_refused = k[i].refusal;
		if (k[i].customer_id)
			id = id == 0 || id == k[i].customer_id ? k[i].customer_id : -1;
	}
	return id;
}

/* The company's own facts about a person, beside the columns. */
static char *fields_json(const struct import_person *p)
{
	struct str out = { 0 };
	struct jw w = { .out = &out };
	const struct {
		const char *key, *text;
	} all[] = { { "wechat", p->wechat },
		    { "product", p->product },
		    { "province", p->province },
		    { "city", p->city },
		    { "supplier", p->supplier } };
	jw_obj(&w, NULL);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		if (*all[i].text)
			jw_str(&w, all[i].key, all[i].text);
	}
	jw_end_obj(&w);
	char *text = NULL;
	return str_take(&out, &text, NULL) ? NULL : text;
}

static struct consent_new consent_of(const struct apply_slice *s, const struct import_person *p,
                                     int64_t customer_id)
{
	return (struct consent_new){
		.customer_id = customer_id,
		.batch_id = s->b->id,
		.purpose = s->b->purpose,
		.basis = p->basis,
		.channel = "voice_human",
		.proof = s->b->proof,
		.given_utc_ms = p->given_utc_ms ? p->given_utc_ms : s->now_utc_ms,
	};
}

/* @param ret_added  false: there was a valid consent for the purpose already, or the batch has none
 */
static enum err add_consent(struct tx *tx, const struct apply_slice *s, const struct apply_row *a,
                            int64_t customer_id, bool *ret_added, struct why *why)
{
	static const char SQL[] =
	    "SELECT COUNT(*) FROM consent WHERE customer_id = ?1 AND (purpose = ?2 OR purpose = "
	    "'any') AND basis <> 'none' "
	    "AND withdrawn_utc_ms IS NULL AND (expires_utc_ms IS NULL OR expires_utc_ms > ?3)";
	const struct import_person *p = &a->person;
	int64_t have;
	*ret_added = false;
	enum err e = db_int(tx_db(tx), SQL,
	                    ARGS(V_INT(customer_id), V_TEXT(s->b->purpose), V_INT(s->now_utc_ms)),
	                    &have, why);
	if (e || have || p->basis == CONSENT_NONE)
		return e;
	*ret_added = true;
	struct consent_new k = consent_of(s, p, customer_id);
	return consent_add(tx, &k, why);
}

/* New customers are collected and written together. */
static void collect_new(struct apply_slice *s, struct apply_row *a)
{
	const struct import_person *p = &a->person;
	if (a->forecast != IMPORT_NEW || !a->customer_id) /* the id is not his, or none was made */
		a->customer_id = id_new();
	s->customer[s->n_customers++] = (struct customer_new){
		.id = a->customer_id,
		.name = p->name,
		.name_key = a->name_key,
		.call_as = p->call_as,
		.gender = p->gender,
		.grade = p->grade,
		.company = p->company,
		.source = p->source,
		.remark = p->remark,
		.fields = a->fields,
		.owner_id = p->owner_id,
		.unit_id = s->b->unit_id,
		.batch_id = s->b->id,
		.cell_id = s->b->cell_id,
		.phones = a->phone,
		.n_phones = p->n_numbers,
		.now_utc_ms = s->now_utc_ms,
	};
	if (*p->contact && strcmp(p->contact, p->name) != 0)
		s->contact[s->n_contacts++] =
		    (struct contact_new){ id_new(), a->customer_id, p->contact, "", s->now_utc_ms };
	if (p->basis != CONSENT_NONE)
		s->consent[s->n_consents++] = consent_of(s, p, a->customer_id);
	became(a, IMPORT_NEW, E_IMPORT_GOOD_NEW, a->customer_id);
}

static enum err write_new(struct tx *tx, const struct apply_slice *s, struct why *why)
{
	enum err e = customer_add_many(tx, s->customer, s->n_customers, why);
	if (e || (e = contact_add_many(tx, s->contact, s->n_contacts, why)))
		return e;
	return consent_add_many(tx, s->consent, s->n_consents, why);
}

/* Fills what is empty and overwrites nothing: what people know of a customer is better than a list.
 */
static const char SQL_FILL[] =
    "UPDATE customer SET name = CASE WHEN name = '' THEN ?2 ELSE name END, "
    "name_key = CASE WHEN name = '' THEN ?3 ELSE name_key END, "
    "call_as = CASE WHEN call_as = '' THEN ?4 ELSE call_as END, gender = CASE WHEN gender = '' "
    "THEN ?5 ELSE gender END, "
    "grade = CASE WHEN grade = '' THEN ?6 ELSE grade END, company = CASE WHEN company = '' THEN ?7 "
    "ELSE company END, "
    "remark = CASE WHEN remark = '' THEN ?8 ELSE remark END, updated_utc_ms = ?9 WHERE id = ?1 AND "
    "((name = '' AND ?2 <> '') OR (gender = '' AND ?5 <> '') OR (grade = '' AND ?6 <> '') OR "
    "(company = '' AND ?7 <> '') OR (remark = '' AND ?8 <> ''))";

static enum err complete_customer(struct tx *tx, const struct apply_slice *s, struct apply_row *a,
                                  int64_t id, struct why *why)
{
	const struct import_person *p = &a->person;
	int64_t filled;
	bool has_phone = false, has_consent = false;
	enum err e = db_exec(tx_db(tx), SQL_FILL,
	                     ARGS(V_INT(id), V_TEXT(p->name), V_TEXT(a->name_key),
	                          V_TEXT(p->call_as), V_TEXT(p->gender), V_TEXT(p->grade),
	                          V_TEXT(p->company), V_TEXT(p->remark), V_INT(s->now_utc_ms)),
	                     &filled, why);
	if (e)
		return e;
	for (size_t i = 0; i < p->n_numbers; i++) {
		static const char SQL[] = "SELECT COUNT(*) FROM phone WHERE hash = ?1";
		int64_t have, owner;
		if ((e = db_int(tx_db(tx), SQL, ARGS(V_BYTES(a->phone[i].hash, VAULT_HASH_BYTES)),
		                &have, why)) ||
		    (e = phone_add(tx, &a->phone[i], id, 0, s->now_utc_ms, &owner, why)))
			return e;
		has_phone |= !have;
	}
	if ((e = add_consent(tx, s, a, id, &has_consent, why)))
		return e;
	if (filled || has_phone || has_consent)
		became(a, IMPORT_UPDATED, E_IMPORT_GOOD_UPDATED, id);
	else
		became(a, IMPORT_DUPLICATE, E_IMPORT_KNOWN, id);
	return ERR_OK;
}

static enum err apply_row(struct tx *tx, struct apply_slice *s, struct apply_row *a,
                          const struct import_known *k, struct why *why)
{
	const char *refused;
	int64_t owner = owner_of(k, a->person.n_numbers, &refused);
	if (refused)
		became(a, IMPORT_BLOCKED, dnc_error(refused), 0);
	else if (owner < 0)
		became(a, IMPORT_DUPLICATE, E_IMPORT_OTHERS, 0);
	else if (owner)
		return complete_customer(tx, s, a, owner, why);
	else
		collect_new(s, a);
	return ERR_OK;
}

/* ---- a slice ---- */

static enum err write_outcome(struct tx *tx, const struct apply_slice *s, const struct apply_row *a,
                              struct why *why)
{
	static const char SQL[] =
	    "UPDATE import_row SET class = ?3, reason = ?4, reason_args = '[]', customer_id = ?5, "
	    "dial_code = CASE WHEN ?3 = 'new' OR ?3 = 'updated' THEN dial_code ELSE ?4 END "
	    "WHERE batch_id = ?1 AND row_no = ?2";
	if (a->cls == a->forecast && a->owner_id == a->customer_id)
		return ERR_OK; /* the row says so already */
	return db_exec(tx_db(tx), SQL,
	               ARGS(V_INT(s->b->id), V_INT(a->row_no), V_TEXT(import_class_text(a->cls)),
	                    V_TEXT(err_code_name(a->why.code)), V_ID(a->owner_id)),
	               NULL, why);
}

/* Counts what turned out otherwise than forecast. The rows lie between the header and the last; how
 * far down the slice reaches is how far we are. */
static enum err write_progress(struct tx *tx, const struct apply_slice *s, int64_t row_no,
                               struct why *why)
{
	static const char SQL[] = "UPDATE import_batch SET rows_done = ?2, n_new = n_new + ?3, "
				  "n_updated = n_updated + ?4, "
				  "n_duplicate = n_duplicate + ?5, n_blocked = n_blocked + ?6 "
				  "WHERE id = ?1 AND state = 'applying'";
	int64_t n[IMPORT_CLASS_COUNT] = { 0 };
	for (size_t i = 0; i < s->n; i++) {
		n[s->rows[i].forecast]--;
		n[s->rows[i].cls]++;
	}
	char cursor[ID_TEXT_BYTES];
	int64_t done = row_no < s->b->rows_total ? row_no : s->b->rows_total;
	enum err e = db_exec(tx_db(tx), SQL,
	                     ARGS(V_INT(s->b->id), V_INT(done), V_INT(n[IMPORT_NEW]),
	                          V_INT(n[IMPORT_UPDATED]), V_INT(n[IMPORT_DUPLICATE]),
	                          V_INT(n[IMPORT_BLOCKED])),
	                     NULL, why);
	return e ? e : job_save(s->jc, tx, id_text(row_no, cursor), done, s->b->rows_total, why);
}

/* Runs again when the commit is repeated: everything it decides it decides anew. */
static enum err write_slice(struct tx *tx, const void *arg, struct why *why)
{
	struct apply_slice *s = (struct apply_slice *)arg;
	size_t at = 0;
	s->n_customers = s->n_consents = s->n_contacts = 0;
	enum err e = import_known_load(tx_db(tx), (const unsigned char(*)[VAULT_HASH_BYTES])s->hash,
	                               s->n_numbers, s->now_utc_ms, false, s->known, why);
	for (size_t i = 0; !e && i < s->n; at += s->rows[i++].person.n_numbers)
		e = apply_row(tx, s, &s->rows[i], &s->known[at], why);
	if (!e)
		e = write_new(tx, s, why);
	for (size_t i = 0; !e && i < s->n; i++)
		e = write_outcome(tx, s, &s->rows[i], why);
	return e ? e : write_progress(tx, s, s->rows[s->n - 1].row_no, why);
}

static const char SQL_SLICE[] =
    "SELECT row_no, original, key_id, class, customer_id FROM import_row WHERE batch_id = ?1 "
    "AND row_no > ?2 AND (class = 'new' OR class = 'updated') ORDER BY row_no LIMIT 500";

static void drop_slice(struct apply_slice *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->rows[i].name_key);
		free(s->rows[i].fields);
	}
	s->n = s->n_numbers = 0;
}

/* One slice is read and sealed while the others are committed. */
struct applying {
	const struct vault *vault;
	struct import_owner owner;
	struct import_slices slices;
	struct apply_slice slice[IMPORT_SLICES];
};

/* Reads the row's cells again as the classifying did: the mapping does not change any more. */
static enum err read_person(const struct applying *ap, int64_t row_no, const json_t *texts,
                            struct import_person *ret, struct why *why)
{
	struct cell cells[IMPORT_COLUMNS];
	struct sheet_row row = { .number = row_no, .cells = cells };
	for (; row.n < json_array_size(texts) && row.n < IMPORT_COLUMNS; row.n++) {
		const json_t *text = json_array_get(texts, row.n);
		size_t len = json_string_length(text);
		cells[row.n] = (struct cell){ len ? json_string_value(text) : "", len,
			                      len ? CELL_TEXT : CELL_EMPTY, false };
	}
	return import_row_read(ap->slice[0].b, &row, ret, why);
}

static enum err read_row(struct applying *ap, const struct rows *r, struct apply_slice *s,
                         struct why *why)
{
	struct apply_row *a = &s->rows[s->n];
	CLEANUP(str_drop) char *text = NULL;
	CLEANUP(json_cleanup) json_t *texts = NULL;
	size_t bytes;
	const void *sealed = rows_bytes(r, 1, &bytes);
	a->row_no = rows_int(r, 0);
	a->customer_id = rows_int(r, 4);
	a->name_key = a->fields = NULL;
	s->n++;
	a->forecast = import_class_parse(rows_text(r, 3));
	enum err e = import_unseal(ap->vault, "import_row.original", s->b->id, a->row_no,
	                           rows_int(r, 2), sealed, bytes, &text, why);
	if (e || (e = json_read_text(text, &texts, why)) ||
	    (e = read_person(ap, a->row_no, texts, &a->person, why)) ||
	    (e = import_owner_find(job_db(s->jc), &ap->owner, &a->person, why)) ||
	    (e = text_pinyin(a->person.name, &a->name_key, why)))
		return e;
	if (!(a->fields = fields_json(&a->person)))
		return fail(why, E_NOMEM);
	for (size_t i = 0; i < a->person.n_numbers; i++) {
		phone_seal(ap->vault, &a->person.number[i], &a->phone[i]);
		memcpy(s->hash[s->n_numbers++], a->phone[i].hash, VAULT_HASH_BYTES);
	}
	return ERR_OK;
}

/* Opens and seals outside the commit, which is to be short. */
static enum err read_slice(struct applying *ap, int64_t after, struct apply_slice *s,
                           struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	drop_slice(s);
	enum err e =
	    db_query(job_db(s->jc), SQL_SLICE, ARGS(V_INT(s->b->id), V_INT(after)), &r, why);
	while (!e && s->n < SLICE_ROWS && !(e = rows_next(r, why)))
		e = read_row(ap, r, s, why);
	return e == ERR_END ? ERR_OK : e;
}

/* ---- the end ---- */

static const char SQL_DONE[] =
    "UPDATE import_batch SET state = 'done', applied_utc_ms = ?2, rows_done = rows_total "
    "WHERE id = ?1 AND state = 'applying'";

static enum err write_done(struct tx *tx, const void *arg, struct why *why)
{
	const struct apply_slice *s = arg;
	int64_t n;
	enum err e =
	    db_exec(tx_db(tx), SQL_DONE, ARGS(V_INT(s->b->id), V_INT(s->now_utc_ms)), &n, why);
	if (e || n == 0)
		return e;
	struct str body = { 0 };
	struct jw w = { .out = &body };
	jw_obj(&w, NULL);
	jw_id(&w, "campaign_id", s->b->campaign_id);
	jw_end_obj(&w);
	e = outbox_add(tx, "import.done", s->b->id, s->b->cell_id, s->now_utc_ms, str_text(&body),
	               why);
	str_free(&body);
	return e;
}

/* Lists the batch's customers on its campaign, a slice a commit; the cursor says "c:" and how far.
 */
struct listing {
	struct apply_slice *s;
	int64_t after;
};

static enum err write_listing(struct tx *tx, const void *arg, struct why *why)
{
	const struct listing *l = arg;
	const struct import_jobs *ctx = job_user(l->s->jc);
	const struct import_batch *b = l->s->b;
	int64_t added, last;
	enum err e = ctx->add_to_campaign(tx, b->campaign_id, b->id, l->after, l->s->now_utc_ms,
	                                  &added, &last, why);
	char cursor[40], id[ID_TEXT_BYTES];
	snprintf(cursor, sizeof cursor, "c:%s", last ? id_text(last, id) : "end");
	return e ? e : job_save(l->s->jc, tx, cursor, b->rows_total, b->rows_total, why);
}

static enum err end_job(struct apply_slice *s, struct job_ctx *jc, struct why *why)
{
	const struct import_jobs *ctx = job_user(jc);
	const char *cursor = job_cursor(jc);
	bool is_listed =
	    !s->b->campaign_id || !ctx->add_to_campaign || strcmp(cursor, "c:end") == 0;
	if (!is_listed) {
		struct listing l = { s, strncmp(cursor, "c:", 2) == 0
			                    ? strtoll(cursor + 2, NULL, 10)
			                    : 0 };
		return writer_do(job_writer(jc), LANE_NORMAL, write_listing, &l, why);
	}
	enum err e = writer_do(job_writer(jc), LANE_NORMAL, write_done, s, why);
	return e ? e : ERR_END;
}

/* @param ret_more  whether rows are left */
static enum err apply_slices(struct applying *ap, struct job_ctx *jc, bool *ret_more,
                             struct why *why)
{
	int64_t after = strtoll(job_cursor(jc), NULL, 10);
	enum err e = ERR_OK;
	*ret_more = true;
	for (int i = 0; !e && i < STEP_SLICES; i++) {
		struct apply_slice *s = &ap->slice[import_slices_place(&ap->slices)];
		if ((e = read_slice(ap, after, s, why)))
			break;
		*ret_more = s->n > 0;
		if (s->n == 0)
			break;
		after = s->rows[s->n - 1].row_no;
		e = import_slices_give(&ap->slices, write_slice, s, why);
	}
	enum err last = import_slices_wait(&ap->slices, e ? NULL : why);
	return e ? e : last;
}

/* Another import may take a number between the look and the write (two writers on PostgreSQL); the
 * next try sees whose it is. */
static enum err apply_step(struct applying *ap, struct job_ctx *jc, struct why *why)
{
	struct why local = { 0 };
	bool has_more = true;
	enum err e = ERR_OK;
	for (int i = 0; i < TAKEN_TRIES; i++) {
		local = (struct why){ 0 };
		e = apply_slices(ap, jc, &has_more, &local);
		if (local.code != E_DB_UNIQUE)
			break;
		import_slices_done(&ap->slices);
		import_slices_init(&ap->slices, job_writer(jc));
	}
	if (e && why)
		*why = local;
	return e || has_more ? e : end_job(&ap->slice[0], jc, why);
}

static void applying_drop(struct applying **ap)
{
	if (!*ap)
		return;
	import_slices_done(&(*ap)->slices);
	for (int i = 0; i < IMPORT_SLICES; i++)
		drop_slice(&(*ap)->slice[i]);
	free(*ap);
	*ap = NULL;
}

enum err import_apply_step(struct job_ctx *jc, struct why *why)
{
	CLEANUP(import_batch_done) struct import_batch b;
	enum err e = import_batch_load(job_db(jc), json_id(job_args(jc), "batch_id"), &b, why);
	if (e)
		return e;
	if (strcmp(b.state, "applying") != 0)
		return ERR_END;
	CLEANUP(applying_drop) struct applying *ap = calloc(1, sizeof *ap);
	if (!ap)
		return fail(why, E_NOMEM);
	ap->vault = ((const struct import_jobs *)job_user(jc))->vault;
	import_slices_init(&ap->slices, job_writer(jc));
	for (int i = 0; i < IMPORT_SLICES; i++) {
		ap->slice[i].jc = jc;
		ap->slice[i].b = &b;
		ap->slice[i].now_utc_ms = clock_utc_ms();
	}
	return strncmp(job_cursor(jc), "c:", 2) == 0 ? end_job(&ap->slice[0], jc, why)
	                                             : apply_step(ap, jc, why);
}
