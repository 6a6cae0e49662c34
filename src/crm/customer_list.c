/* Lists of customers within a reader's scope: by name, by number, by the last digits. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "crm/customer.h"
#include "crm/reach.h"

enum { ENDING_MIN = 4, ENDING_MAX = 10, CANDIDATES = 500, FOUND_MAX = 100 };

/* ---- writing one customer ---- */

#define LIST_COLUMNS \
	"SELECT c.id, c.name, c.call_as, c.gender, c.grade, c.status, c.company, c.owner_id, " \
	"o.job_no, o.name, c.unit_id, " \
	"u.name, c.attempts, c.answered, c.last_contact_utc_ms, c.last_result, " \
	"c.next_contact_utc_ms, c.next_promise, " \
	"c.created_utc_ms, c.source FROM customer c LEFT JOIN person o ON o.id = c.owner_id LEFT " \
	"JOIN org_unit u ON " \
	"u.id = c.unit_id WHERE "

static void write_time(struct jw *w, const char *key, const struct rows *r, int col)
{
	if (rows_null(r, col))
		jw_null(w, key);
	else
		jw_int(w, key, rows_int(r, col));
}

static void write_owner(const struct rows *r, struct jw *w)
{
	if (rows_null(r, 7)) {
		jw_null(w, "owner");
	} else {
		jw_obj(w, "owner");
		jw_id(w, "id", rows_int(r, 7));
		jw_str(w, "job_no", rows_text(r, 8));
		jw_str(w, "name", rows_text(r, 9));
		jw_end_obj(w);
	}
	jw_obj(w, "unit");
	jw_id(w, "id", rows_int(r, 10));
	jw_str(w, "name", rows_text(r, 11));
	jw_end_obj(w);
}

static enum err write_customer(struct db *db, const struct rows *r, struct jw *w, struct why *why)
{
	jw_obj(w, NULL);
	jw_id(w, "id", rows_int(r, 0));
	jw_str(w, "name", rows_text(r, 1));
	jw_str(w, "call_as", rows_text(r, 2));
	jw_str(w, "gender", rows_text(r, 3));
	jw_str(w, "grade", rows_text(r, 4));
	jw_str(w, "status", rows_text(r, 5));
	jw_str(w, "company", rows_text(r, 6));
	write_owner(r, w);
	jw_int(w, "attempts", rows_int(r, 12));
	jw_int(w, "answered", rows_int(r, 13));
	write_time(w, "last_contact_utc_ms", r, 14);
	jw_str(w, "last_result", rows_text(r, 15));
	write_time(w, "next_contact_utc_ms", r, 16);
	jw_str(w, "next_promise", rows_text(r, 17));
	jw_int(w, "created_utc_ms", rows_int(r, 18));
	jw_str(w, "source", rows_text(r, 19));
	enum err e = phone_list(db, rows_int(r, 0), w, why);
	jw_end_obj(w);
	return e;
}

/* ---- by name ---- */

/* ?2 name part, ?3 pinyin without blanks, ?4 initials; all "" for no search. */
#define FILTER \
	" AND (CAST(?2 AS TEXT) = '' OR c.name LIKE ?2 ESCAPE '!' OR REPLACE(c.name_key, ' ', " \
	"'') LIKE ?3 ESCAPE '!' OR " \
	"c.name_key LIKE ?4 ESCAPE '!') AND (CAST(?5 AS TEXT) = '' OR c.grade = ?5) AND (CAST(?6 " \
	"AS TEXT) = '' OR " \
	"c.status = ?6) AND (CAST(?7 AS BIGINT) = 0 OR c.owner_id = ?7) AND (CAST(?8 AS BIGINT) " \
	"= 0 OR c.unit_id = ?8)"
#define PAGE " LIMIT ?9 OFFSET ?10"
#define LIST(order) \
	SCOPED(LIST_COLUMNS, "c.owner_id", "c.unit_id", \
	       FILTER " ORDER BY " order ", c.id DESC" PAGE)

struct sort {
	const char *name;
	struct scoped_sql sql;
};
static const struct sort SORTS[] = {
	{ "recent", LIST("c.updated_utc_ms DESC") },
	{ "name", LIST("c.name_key") },
	{ "next", LIST("c.next_contact_utc_ms NULLS LAST") },
	{ "new", LIST("c.created_utc_ms DESC") },
};
static const struct scoped_sql COUNT =
    SCOPED("SELECT COUNT(*) FROM customer c WHERE ", "c.owner_id", "c.unit_id", FILTER);

struct pattern {
	char name[300], pinyin[300], initials[40];
};

/* A search is text, not a pattern: its % and _ are themselves. */
static size_t escaped(const char *s, char *ret, size_t size)
{
	size_t n = 0;
	for (; *s && n + 3 < size; s++) {
		if (*s == '%' || *s == '_' || *s == '!')
			ret[n++] = '!';
		ret[n++] = *s;
	}
	ret[n] = '\0';
	return n;
}

/* "zs" finds 张三: each letter begins a syllable. */
static void initials_pattern(const char *folded, struct pattern *p)
{
	size_t n = strlen(folded), o = 0;
	if (n < 2 || n > 5)
		return;
	for (size_t i = 0; i < n; i++) {
		if (!isalpha((unsigned char)folded[i]))
			return;
	}
	for (size_t i = 0; i < n; i++) {
		if (i)
			p->initials[o++] = ' ';
		p->initials[o++] = folded[i];
		p->initials[o++] = '%';
	}
	p->initials[o] = '\0';
}

static enum err make_pattern(const char *q, struct pattern *p, struct why *why)
{
	memset(p, 0, sizeof *p);
	if (!q || !*q)
		return ERR_OK;
	CLEANUP(str_drop) char *folded = NULL;
	enum err e = text_fold(q, &folded, why);
	if (e)
		return e;
	if (strlen(folded) > 60)
		return fail(why, E_FIELD_INVALID, "q", "60");
	p->name[0] = '%';
	size_t n = escaped(q, p->name + 1, sizeof p->name - 2) + 1;
	memcpy(p->name + n, "%", 2);
	char packed[64];
	size_t k = 0;
	for (const char *s = folded; *s && k + 1 < sizeof packed; s++) {
		if (*s != ' ')
			packed[k++] = *s;
	}
	packed[k] = '\0';
	n = escaped(packed, p->pinyin, sizeof p->pinyin - 2);
	memcpy(p->pinyin + n, "%", 2);
	initials_pattern(packed, p);
	return ERR_OK;
}

static const struct scoped_sql *sort_of(const char *name)
{
	for (size_t i = 0; i < sizeof SORTS / sizeof *SORTS; i++) {
		if (!name || !*name || strcmp(SORTS[i].name, name) == 0)
			return &SORTS[i].sql;
	}
	return NULL;
}

static const char *or_empty(const char *s)
{
	return s ? s : "";
}

static enum err list_by_name(const struct scope *sc, struct db *db, const struct customer_query *q,
                             struct jw *w, int64_t *ret_total, struct why *why)
{
	struct pattern p;
	const struct scoped_sql *sql = sort_of(q->sort);
	if (!sql)
		return fail(why, E_FIELD_INVALID, "sort", "recent, name, next, new");
	enum err e = make_pattern(q->q, &p, why);
	struct val args[] = { V_INT(scope_person(sc)),
		              V_TEXT(p.name),
		              V_TEXT(p.pinyin),
		              V_TEXT(p.initials),
		              V_TEXT(or_empty(q->grade)),
		              V_TEXT(or_empty(q->status)),
		              V_INT(q->owner_id),
		              V_INT(q->unit_id),
		              V_INT(q->size),
		              V_INT(q->offset) };
	CLEANUP(rows_free) struct rows *r = NULL;
	if (e || (e = db_int(db, scoped(sc, &COUNT), args, 8, ret_total, why)) ||
	    (e = db_query(db, scoped(sc, sql), args, 10, &r, why)))
		return e;
	while (!(e = rows_next(r, why)) && !(e = write_customer(db, r, w, why)))
		;
	return e == ERR_END ? ERR_OK : e;
}

/* ---- by number ---- */

static const struct scoped_sql ONE =
    SCOPED(LIST_COLUMNS, "c.owner_id", "c.unit_id", " AND c.id = ?2");

static enum err write_one(const struct scope *sc, struct db *db, int64_t id, struct jw *w,
                          int64_t *total, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e =
	    db_query(db, scoped(sc, &ONE), ARGS(V_INT(scope_person(sc)), V_INT(id)), &r, why);
	if (e || (e = rows_next(r, why)))
		return e == ERR_END ? ERR_OK : e;
	++*total;
	return write_customer(db, r, w, why);
}

static enum err list_by_number(const struct scope *sc, struct db *db, const struct vault *v,
                               const char *e164, struct jw *w, int64_t *total, struct why *why)
{
	unsigned char hash[VAULT_HASH_BYTES];
	struct phone phone;
	struct why none;
	vault_hash(v, e164, hash);
	enum err e = phone_find(db, hash, &phone, &none);
	if (e == ERR_NOT_FOUND)
		return ERR_OK;
	if (e) {
		if (why)
			*why = none;
		return e;
	}
	return write_one(sc, db, phone.customer_id, w, total, why);
}

/* Those whose number ends so: the last four find candidates within the scope, more digits are
 * compared with the number itself. */
static enum err find_endings(const struct scope *sc, struct db *db, const struct vault *v,
                             const char *ending, int64_t *ids, size_t *n, struct why *why)
{
	static const struct scoped_sql SQL = SCOPED(
	    "SELECT p.id, c.id FROM customer c JOIN phone p ON p.customer_id = c.id WHERE ",
	    "c.owner_id", "c.unit_id", " AND p.tail4 = ?2 ORDER BY c.id DESC, p.id LIMIT ?3");
	size_t len = strlen(ending);
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_query(
	    db, scoped(sc, &SQL),
	    ARGS(V_INT(scope_person(sc)), V_TEXT(ending + len - 4), V_INT(CANDIDATES)), &r, why);
	*n = 0;
	while (!e && *n < FOUND_MAX && !(e = rows_next(r, why))) {
		char number[NUMBER_E164_BYTES];
		if (*n > 0 && ids[*n - 1] == rows_int(r, 1))
			continue;
		if (len > 4) {
			if ((e = phone_number(db, v, rows_int(r, 0), number, why)))
				break;
			size_t m = strlen(number);
			bool is_match = m >= len && strcmp(number + m - len, ending) == 0;
			crypto_wipe(number, sizeof number);
			if (!is_match)
				continue;
		}
		ids[(*n)++] = rows_int(r, 1);
	}
	return e == ERR_END ? ERR_OK : e;
}

static enum err list_by_ending(const struct scope *sc, struct db *db, const struct vault *v,
                               const char *ending, struct jw *w, int64_t *total, struct why *why)
{
	int64_t ids[FOUND_MAX];
	size_t n;
	enum err e = find_endings(sc, db, v, ending, ids, &n, why);
	for (size_t i = 0; !e && i < n; i++)
		e = write_one(sc, db, ids[i], w, total, why);
	return e;
}

enum err customer_list(const struct scope *sc, struct db *db, const struct vault *v,
                       const struct customer_query *q, struct jw *w, int64_t *ret_total,
                       struct why *why)
{
	struct number number;
	*ret_total = 0;
	jw_arr(w, NULL);
	enum err e;
	const char *text = or_empty(q->q);
	size_t digits = strspn(text, "0123456789");
	bool is_ending = *text && !text[digits] && digits >= ENDING_MIN && digits <= ENDING_MAX;
	if (*text && !number_parse_one(text, &number, NULL) &&
	    (number.kind == NUMBER_MOBILE || number.kind == NUMBER_LANDLINE))
		e = list_by_number(sc, db, v, number.e164, w, ret_total, why);
	else if (is_ending)
		e = list_by_ending(sc, db, v, text, w, ret_total, why);
	else
		e = list_by_name(sc, db, q, w, ret_total, why);
	jw_end_arr(w);
	return e;
}

enum err customer_in_scope(const struct scope *sc, struct db *db, int64_t customer_id,
                           struct why *why)
{
	static const struct scoped_sql SQL = SCOPED("SELECT c.id FROM customer c WHERE ",
	                                            CUSTOMER_REACH, "c.unit_id", " AND c.id = ?2");
	int64_t id;
	return db_int(db, scoped(sc, &SQL), ARGS(V_INT(scope_person(sc)), V_INT(customer_id)), &id,
	              why);
}
