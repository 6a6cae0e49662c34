/* Lists of customers within a reader's scope: by name, by number, by the last digits. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "crm/customer.h"
#include "crm/reach.h"

#define ASCII_TEXT "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ -.'0123456789"

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

/* ---- by name and filters ---- */

/* What a list is asked by: nothing but filters, one owner's, names that begin so, names with this
 * inside. Each has a form of its own, since an OR keeps both engines from their indexes. ?2 grade,
 * ?3 status, ?4 owner, ?5 unit: '' and 0 for any; ?6 and ?7 page; ?8 to ?10 names. */
#define FILTER \
	" AND (CAST(?2 AS TEXT) = '' OR c.grade = ?2) AND (CAST(?3 AS TEXT) = '' OR c.status = " \
	"?3) AND (CAST(?5 AS BIGINT) = 0 OR c.unit_id = ?5)"
#define ANY_OWNER " AND (CAST(?4 AS BIGINT) = 0 OR c.owner_id = ?4)"
#define BY_ALL FILTER ANY_OWNER
#define BY_OWNER FILTER " AND c.owner_id = ?4"
#define BY_BEGIN \
	FILTER ANY_OWNER \
	    " AND c.name_key >= ?8 AND c.name_key < ?9 AND (CAST(?10 AS TEXT) = '' OR " \
	    "c.name LIKE ?10 ESCAPE '!')"
#define BY_PART \
	FILTER ANY_OWNER \
	    " AND (c.name LIKE ?8 ESCAPE '!' OR REPLACE(c.name_key, ' ', '') LIKE ?9 " \
	    "ESCAPE '!' OR c.name_key LIKE ?10 ESCAPE '!')"

/* The page's ids first, by narrow rows or an index, then what is shown of them. Where the order has
 * an index it decides the way: the plus keeps the unit's index from being preferred, after which
 * everything would have to be sorted. Where a name does, the plus stands before all others. */
#define PAGE(by, order, own, unit) \
	SCOPED(LIST_COLUMNS \
	       "c.id IN (SELECT page.id FROM (SELECT c.id AS id FROM customer c WHERE ", \
	       own, unit, by " ORDER BY " order " LIMIT ?6 OFFSET ?7) page) ORDER BY " order)
#define LISTS(by, plus, own) \
	{ \
		PAGE(by, plus "c.updated_utc_ms DESC, " plus "c.id DESC", own, "+c.unit_id"), \
		    PAGE(by, "c.name_key, c.id DESC", own, "+c.unit_id"), \
		    PAGE(by, "COALESCE(c.next_contact_utc_ms, 9223372036854775807), c.id DESC", \
		         own, "+c.unit_id"), \
		    PAGE(by, plus "c.id DESC", own, "+c.unit_id"), \
	}
/* Nobody leafs through more than ?6; all of a million are not counted for that. */
#define COUNT(by, own, unit) \
	SCOPED("SELECT COUNT(*) FROM (SELECT c.id FROM customer c WHERE ", own, unit, \
	       by " LIMIT ?6 OFFSET ?7) found")

enum by { ALL, OWNER, BEGIN, PART, BY_COUNT };
static const char *const SORTS[] = { "recent", "name", "next", "new" };
enum { SORT_COUNT = sizeof SORTS / sizeof *SORTS };
static const struct scoped_sql LIST_SQL[BY_COUNT][SORT_COUNT] = {
	[ALL] = LISTS(BY_ALL, "", "c.owner_id"),
	[OWNER] = LISTS(BY_OWNER, "", "c.owner_id"),
	[BEGIN] = LISTS(BY_BEGIN, "+", "+c.owner_id"),
	[PART] = LISTS(BY_PART, "", "c.owner_id"),
};
static const struct scoped_sql COUNT_SQL[BY_COUNT] = {
	[ALL] = COUNT(BY_ALL, "c.owner_id", "c.unit_id"),
	[OWNER] = COUNT(BY_OWNER, "c.owner_id", "c.unit_id"),
	[BEGIN] = COUNT(BY_BEGIN, "+c.owner_id", "+c.unit_id"),
	[PART] = COUNT(BY_PART, "c.owner_id", "c.unit_id"),
};

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

static const char *or_empty(const char *s)
{
	return s ? s : "";
}

/* The order asked for; SORT_COUNT: there is none such. */
static size_t sort_of(const char *name)
{
	size_t i = 0;
	while (*name && i < SORT_COUNT && strcmp(SORTS[i], name) != 0)
		i++;
	return i;
}

enum { ARGS_ALL = 7, ARGS_NAME = 10, TOTAL_MAX = 5000 };

static enum err list_by(const struct scope *sc, struct db *db, const struct customer_query *q,
                        enum by by, const char *const *names, struct jw *w, int64_t *ret_total,
                        struct why *why)
{
	size_t sort = sort_of(or_empty(q->sort));
	size_t n = by >= BEGIN ? ARGS_NAME : ARGS_ALL;
	if (sort == SORT_COUNT)
		return fail(why, E_FIELD_INVALID, "sort", "recent, name, next, new");
	struct val args[ARGS_NAME] = { V_INT(scope_person(sc)),
		                       V_TEXT(or_empty(q->grade)),
		                       V_TEXT(or_empty(q->status)),
		                       V_INT(q->owner_id),
		                       V_INT(q->unit_id),
		                       V_INT(TOTAL_MAX),
		                       V_INT(0) };
	for (size_t i = ARGS_ALL; i < n; i++)
		args[i] = V_TEXT(names[i - ARGS_ALL]);
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_int(db, scoped(sc, &COUNT_SQL[by]), args, n, ret_total, why);
	args[5] = V_INT(q->size);
	args[6] = V_INT(q->offset);
	if (e || *ret_total == 0 ||
	    (e = db_query(db, scoped(sc, &LIST_SQL[by][sort]), args, n, &r, why)))
		return e;
	while (!(e = rows_next(r, why)) && !(e = write_customer(db, r, w, why)))
		;
	return e == ERR_END ? ERR_OK : e;
}

/* Names that begin so are found by their index; only when there are none is every name looked into.
 */
static enum err list_by_name(const struct scope *sc, struct db *db, const struct customer_query *q,
                             struct jw *w, int64_t *ret_total, struct why *why)
{
	static const char LAST[] = "\xf4\x8f\xbf\xbf"; /* behind every character */
	struct pattern p;
	CLEANUP(str_drop) char *key = NULL;
	char end[300];
	enum err e = make_pattern(q->q, &p, why);
	if (e || (e = text_pinyin(q->q, &key, why)))
		return e;
	snprintf(end, sizeof end, "%s%s", key, LAST);
	bool is_ascii = q->q[strspn(q->q, ASCII_TEXT)] == '\0';
	const char *begin[] = { key, end, is_ascii ? "" : p.name + 1 };
	const char *part[] = { p.name, p.pinyin, p.initials };
	if ((e = list_by(sc, db, q, BEGIN, begin, w, ret_total, why)) || *ret_total > 0)
		return e;
	return list_by(sc, db, q, PART, part, w, ret_total, why);
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
	else if (*text)
		e = list_by_name(sc, db, q, w, ret_total, why);
	else
		e = list_by(sc, db, q, q->owner_id ? OWNER : ALL, NULL, w, ret_total, why);
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
