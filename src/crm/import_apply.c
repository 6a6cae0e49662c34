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

enum { SLICE_ROWS = 100 };

struct apply_row {
	int64_t row_no, customer_id; /* customer_id: for one who is new */
	struct import_person person;
	struct phone_new phone[NUMBERS_MAX];
	enum import_class forecast;
	/* what became of it */
	enum import_class cls;
	struct why why;
	int64_t owner_id;
};

struct apply_slice {
	struct job_ctx *jc;
	const struct import_batch *b;
	struct apply_row *rows;
	size_t n;
	int64_t now_utc_ms;
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
static enum err look_up(struct db *db, const struct apply_row *a, int64_t now_utc_ms, int64_t *ret,
                        const char **ret_refused, struct why *why)
{
	static const char SQL[] = "SELECT customer_id FROM phone WHERE hash = ?1";
	static _Thread_local struct dnc_entry dnc;
	*ret = 0;
	*ret_refused = NULL;
	for (size_t i = 0; i < a->person.n_numbers; i++) {
		CLEANUP(rows_free) struct rows *r = NULL;
		enum err e = dnc_find(db, a->phone[i].hash, now_utc_ms, &dnc, why);
		if (e)
			return e;
		if (dnc.is_listed) {
			*ret_refused = dnc.reason;
			return ERR_OK;
		}
		if ((e = db_query(db, SQL, ARGS(V_BYTES(a->phone[i].hash, VAULT_HASH_BYTES)), &r,
		                  why)))
			return e;
		if (!(e = rows_next(r, why)))
			*ret = *ret == 0 || *ret == rows_int(r, 0) ? rows_int(r, 0) : -1;
		else if (e != ERR_END)
			return e;
	}
	return ERR_OK;
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

static enum err add_contact(struct tx *tx, const struct apply_row *a, int64_t customer_id,
                            int64_t now_utc_ms, struct why *why)
{
	const struct import_person *p = &a->person;
	if (!*p->contact || strcmp(p->contact, p->name) == 0)
		return ERR_OK;
	return contact_add(
	    tx, &(struct contact_new){ id_new(), customer_id, p->contact, "", now_utc_ms }, why);
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
	struct consent_new k = { .customer_id = customer_id,
		                 .batch_id = s->b->id,
		                 .purpose = s->b->purpose,
		                 .basis = p->basis,
		                 .channel = "voice_human",
		                 .proof = s->b->proof,
		                 .given_utc_ms =
		                     p->given_utc_ms ? p->given_utc_ms : s->now_utc_ms };
	return consent_add(tx, &k, why);
}

static enum err make_customer(struct tx *tx, const struct apply_slice *s, struct apply_row *a,
                              struct why *why)
{
	const struct import_person *p = &a->person;
	CLEANUP(str_drop) char *fields = fields_json(p);
	bool unused;
	struct customer_new c = {
		.id = a->customer_id,
		.name = p->name,
		.call_as = p->call_as,
		.gender = p->gender,
		.grade = p->grade,
		.company = p->company,
		.source = p->source,
		.remark = p->remark,
		.fields = fields,
		.owner_id = p->owner_id,
		.unit_id = s->b->unit_id,
		.batch_id = s->b->id,
		.cell_id = s->b->cell_id,
		.phones = a->phone,
		.n_phones = p->n_numbers,
		.now_utc_ms = s->now_utc_ms,
	};
	enum err e = fields ? customer_add(tx, &c, why) : fail(why, E_NOMEM);
	if (e || (e = add_contact(tx, a, c.id, s->now_utc_ms, why)))
		return e;
	became(a, IMPORT_NEW, E_IMPORT_GOOD_NEW, c.id);
	return add_consent(tx, s, a, c.id, &unused, why);
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
	CLEANUP(str_drop) char *key = NULL;
	int64_t filled;
	bool has_phone = false, has_consent = false;
	enum err e = text_pinyin(p->name, &key, why);
	if (e || (e = db_exec(tx_db(tx), SQL_FILL,
	                      ARGS(V_INT(id), V_TEXT(p->name), V_TEXT(key), V_TEXT(p->call_as),
	                           V_TEXT(p->gender), V_TEXT(p->grade), V_TEXT(p->company),
	                           V_TEXT(p->remark), V_INT(s->now_utc_ms)),
	                      &filled, why)))
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

static enum err apply_row(struct tx *tx, const struct apply_slice *s, struct apply_row *a,
                          struct why *why)
{
	int64_t customer_id;
	const char *refused;
	enum err e = look_up(tx_db(tx), a, s->now_utc_ms, &customer_id, &refused, why);
	if (e)
		return e;
	if (refused)
		became(a, IMPORT_BLOCKED, dnc_error(refused), 0);
	else if (customer_id < 0)
		became(a, IMPORT_DUPLICATE, E_IMPORT_OTHERS, 0);
	else
		e = customer_id ? complete_customer(tx, s, a, customer_id, why)
		                : make_customer(tx, s, a, why);
	return e;
}

/* ---- a slice ---- */

static enum err write_outcome(struct tx *tx, const struct apply_slice *s, const struct apply_row *a,
                              struct why *why)
{
	static const char SQL[] =
	    "UPDATE import_row SET class = ?3, reason = ?4, reason_args = '[]', customer_id = ?5, "
	    "applied = 1, "
	    "dial_code = CASE WHEN ?3 = 'new' OR ?3 = 'updated' THEN dial_code ELSE ?4 END "
	    "WHERE batch_id = ?1 AND row_no = ?2 AND applied = 0";
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

static enum err write_slice(struct tx *tx, const void *arg, struct why *why)
{
	const struct apply_slice *s = arg;
	enum err e = ERR_OK;
	for (size_t i = 0; !e && i < s->n; i++) {
		e = apply_row(tx, s, &s->rows[i], why);
		if (!e)
			e = write_outcome(tx, s, &s->rows[i], why);
	}
	return e ? e : write_progress(tx, s, s->rows[s->n - 1].row_no, why);
}

static const char SQL_SLICE[] =
    "SELECT row_no, parsed, key_id, class FROM import_row WHERE batch_id = ?1 "
    "AND row_no > ?2 AND applied = 0 AND "
    "(class = 'new' OR class = 'updated') ORDER BY row_no LIMIT 100";

/* Opens and seals outside the commit, which is to be short. */
static enum err read_slice(struct db *db, const struct vault *v, int64_t after,
                           struct apply_slice *s, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_query(db, SQL_SLICE, ARGS(V_INT(s->b->id), V_INT(after)), &r, why);
	while (!e && s->n < SLICE_ROWS && !(e = rows_next(r, why))) {
		struct apply_row *a = &s->rows[s->n];
		CLEANUP(str_drop) char *json = NULL;
		size_t n;
		const void *sealed = rows_bytes(r, 1, &n);
		memset(a, 0, sizeof *a);
		a->row_no = rows_int(r, 0);
		a->forecast = import_class_parse(rows_text(r, 3));
		if ((e = import_unseal(v, "import_row.parsed", s->b->id, a->row_no, rows_int(r, 2),
		                       sealed, n, &json, why)) ||
		    (e = import_person_read(json, &a->person, why)))
			return e;
		a->customer_id = id_new();
		for (size_t i = 0; i < a->person.n_numbers; i++)
			phone_seal(v, &a->person.number[i], &a->phone[i]);
		s->n++;
	}
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

enum err import_apply_step(struct job_ctx *jc, struct why *why)
{
	const struct import_jobs *ctx = job_user(jc);
	struct db *db = job_db(jc);
	CLEANUP(import_batch_done) struct import_batch b;
	enum err e = import_batch_load(db, json_id(job_args(jc), "batch_id"), &b, why);
	if (e)
		return e;
	if (strcmp(b.state, "applying") != 0)
		return ERR_END;
	CLEANUP(str_drop) struct apply_row *rows = calloc(SLICE_ROWS, sizeof *rows);
	struct apply_slice s = { .jc = jc, .b = &b, .rows = rows, .now_utc_ms = clock_utc_ms() };
	if (!rows)
		return fail(why, E_NOMEM);
	if (strncmp(job_cursor(jc), "c:", 2) == 0)
		return end_job(&s, jc, why);
	if ((e = read_slice(db, ctx->vault, strtoll(job_cursor(jc), NULL, 10), &s, why)))
		return e;
	return s.n > 0 ? writer_do(job_writer(jc), LANE_NORMAL, write_slice, &s, why)
	               : end_job(&s, jc, why);
}
