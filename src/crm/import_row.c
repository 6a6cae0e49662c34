/* One row of a list as a person with numbers. Pure but for the owner. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "crm/import_int.h"
#include "crm/place.h"

/* ---- cells ---- */

/* Copies without the blanks around it, cut at a character's border. */
static void take(char *dst, size_t size, const struct cell *c)
{
	const char *s = c->text, *end = s + c->len;
	for (; s < end; s++) {
		if (!isspace((unsigned char)*s) && strncmp(s, "　", 3) != 0)
			break;
		s += strncmp(s, "　", 3) == 0 ? 2 : 0;
	}
	while (end > s && isspace((unsigned char)end[-1]))
		end--;
	char buf[IMPORT_REMARK_BYTES];
	size_t n = (size_t)(end - s);
	n = n < sizeof buf - 1 ? n : sizeof buf - 1;
	memcpy(buf, s, n);
	buf[n] = '\0';
	str_copy(dst, size, buf);
}

static void append(char *dst, size_t size, const char *more)
{
	size_t n = strlen(dst);
	memcpy(dst + n, "; ", 3);
	str_copy(dst + n + 2, size - n - 2, more);
}

/* Several columns may feed one field: remarks are put one after the other, else the first wins. */
static void take_more(char *dst, size_t size, const struct cell *c)
{
	char more[IMPORT_REMARK_BYTES];
	take(more, sizeof more, c);
	size_t n = strlen(dst);
	if (n == 0)
		str_copy(dst, size, more);
	else if (*more && n + 4 < size)
		append(dst, size, more);
}

static void take_gender(char *dst, const struct cell *c)
{
	static const char *const MALE[] = { "男", "先生", "m", "male", "男士" };
	static const char *const FEMALE[] = { "女", "女士", "f", "female", "小姐" };
	char text[40];
	take(text, sizeof text, c);
	for (size_t i = 0; i < sizeof MALE / sizeof *MALE; i++) {
		if (strcasecmp(text, MALE[i]) == 0)
			strcpy(dst, "m");
		if (strcasecmp(text, FEMALE[i]) == 0)
			strcpy(dst, "f");
	}
}

/* A grade is one letter: "A级", "b" and "A 3天内" say A and B. */
static void take_grade(char *dst, const struct cell *c)
{
	char text[40];
	take(text, sizeof text, c);
	char g = (char)toupper((unsigned char)text[0]);
	if (g >= 'A' && g <= 'Z' && !isalpha((unsigned char)text[1])) {
		dst[0] = g;
		dst[1] = '\0';
	}
}

/* ---- dates ---- */

static int64_t days_from_civil(int y, int m, int d) /* Howard Hinnant's algorithm */
{
	y -= m <= 2;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t yoe = y - era * 400;
	int64_t doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

/* Lists state the clock of China, which has no summer time. */
bool import_date(const char *text, int64_t *ret_utc_ms)
{
	int v[6] = { 0 }, n = 0;
	for (const char *p = text; *p && n < 6;) {
		if (!isdigit((unsigned char)*p)) {
			p++;
			continue;
		}
		char *end;
		v[n++] = (int)strtol(p, &end, 10);
		p = end;
	}
	if (n == 1 && v[0] > 19000000 && v[0] < 99999999) { /* 20260301 */
		v[2] = v[0] % 100;
		v[1] = v[0] / 100 % 100;
		v[0] /= 10000;
		n = 3;
	}
	if (n < 3 || v[0] < 1990 || v[0] > 2200 || v[1] < 1 || v[1] > 12 || v[2] < 1 || v[2] > 31 ||
	    v[3] > 23 || v[4] > 59 || v[5] > 59)
		return false;
	*ret_utc_ms = (days_from_civil(v[0], v[1], v[2]) * 86400 + v[3] * 3600 + v[4] * 60 + v[5] -
	               8 * 3600) *
	              1000;
	return true;
}

/* ---- numbers ---- */

static bool may_be_called(enum number_kind k)
{
	return k == NUMBER_MOBILE || k == NUMBER_LANDLINE;
}

static enum err_code refusal(enum number_kind k)
{
	switch (k) {
	case NUMBER_SPECIAL:
		return E_GATE_SPECIAL;
	case NUMBER_SERVICE:
		return E_GATE_SERVICE;
	case NUMBER_MACHINE:
		return E_GATE_MACHINE;
	case NUMBER_ABROAD:
		return E_GATE_ABROAD;
	case NUMBER_INVALID:
	case NUMBER_MOBILE:
	case NUMBER_LANDLINE:
	case NUMBER_KIND_COUNT:
		break;
	}
	return E_GATE_INVALID;
}

struct found {
	struct why bad;           /* of the first cell without a number */
	enum number_kind blocked; /* the first that nobody may call */
	bool has_blocked;
};

static void add_number(struct import_person *p, const struct number *n)
{
	for (size_t i = 0; i < p->n_numbers; i++) {
		if (strcmp(p->number[i].e164, n->e164) == 0)
			return;
	}
	if (p->n_numbers < NUMBERS_MAX)
		p->number[p->n_numbers++] = *n;
}

static void take_numbers(struct import_person *p, const struct cell *c, int column, struct found *f)
{
	struct numbers list;
	struct why why = { 0 };
	if (c->is_lossy)
		(void)fail(&why, E_IMPORT_LOSSY, column);
	else if (!numbers_parse(c->text, &list, &why))
		why = list.why;
	else
		list.count = 0;
	if (why.code && !f->bad.code)
		f->bad = why;
	for (size_t i = 0; !c->is_lossy && i < list.count; i++) {
		if (may_be_called(list.n[i].kind)) {
			add_number(p, &list.n[i]);
		} else if (!f->has_blocked) {
			f->has_blocked = true;
			f->blocked = list.n[i].kind;
		}
	}
}

/* ---- the row ---- */

static enum err take_cell(struct import_person *p, enum import_field field, const struct cell *c,
                          int column, struct found *f, struct why *why)
{
	char text[64];
	switch (field) {
	case IMPORT_FIELD_NAME:
		take_more(p->name, sizeof p->name, c);
		break;
	case IMPORT_FIELD_PHONE:
	case IMPORT_FIELD_PHONE2:
		take_numbers(p, c, column, f);
		break;
	case IMPORT_FIELD_CALL_AS:
		take(p->call_as, sizeof p->call_as, c);
		break;
	case IMPORT_FIELD_GENDER:
		take_gender(p->gender, c);
		break;
	case IMPORT_FIELD_GRADE:
		take_grade(p->grade, c);
		break;
	case IMPORT_FIELD_COMPANY:
		take(p->company, sizeof p->company, c);
		break;
	case IMPORT_FIELD_WECHAT:
		take(p->wechat, sizeof p->wechat, c);
		break;
	case IMPORT_FIELD_PROVINCE:
		take(p->province, sizeof p->province, c);
		break;
	case IMPORT_FIELD_CITY:
		take(p->city, sizeof p->city, c);
		break;
	case IMPORT_FIELD_PRODUCT:
		take(p->product, sizeof p->product, c);
		break;
	case IMPORT_FIELD_SOURCE:
		take(p->source, sizeof p->source, c);
		break;
	case IMPORT_FIELD_SUPPLIER:
		take(p->supplier, sizeof p->supplier, c);
		break;
	case IMPORT_FIELD_BASIS:
		take(text, sizeof text, c);
		p->basis = consent_basis_parse(text);
		return p->basis == CONSENT_BASIS_COUNT ? fail(why, E_IMPORT_BASIS, text) : ERR_OK;
	case IMPORT_FIELD_GIVEN:
		take(text, sizeof text, c);
		return import_date(text, &p->given_utc_ms) ? ERR_OK
		                                           : fail(why, E_IMPORT_DATE, text);
	case IMPORT_FIELD_OWNER:
		take(p->owner, sizeof p->owner, c);
		break;
	case IMPORT_FIELD_CONTACT:
		take(p->contact, sizeof p->contact, c);
		break;
	case IMPORT_FIELD_REMARK:
		take_more(p->remark, sizeof p->remark, c);
		break;
	case IMPORT_FIELD_NONE:
	case IMPORT_FIELD_COUNT:
		break;
	}
	return ERR_OK;
}

enum err import_row_read(const struct import_batch *b, const struct sheet_row *r,
                         struct import_person *ret, struct why *why)
{
	struct found f = { 0 };
	memset(ret, 0, sizeof *ret);
	ret->basis = b->basis;
	str_copy(ret->source, sizeof ret->source, b->source);
	str_copy(ret->supplier, sizeof ret->supplier, b->supplier);
	for (size_t i = 0; i < r->n && i < IMPORT_COLUMNS; i++) {
		if (r->cells[i].kind == CELL_EMPTY || b->map[i] == IMPORT_FIELD_NONE)
			continue;
		enum err e = take_cell(ret, b->map[i], &r->cells[i], (int)i + 1, &f, why);
		if (e)
			return e;
	}
	if (!*ret->call_as)
		import_call_as(ret->name, ret->gender, ret->call_as, sizeof ret->call_as);
	if (ret->n_numbers > 0)
		return ERR_OK;
	if (f.has_blocked)
		return fail(why, refusal(f.blocked));
	if (!f.bad.code)
		return fail(why, E_NUM_NONE);
	if (why)
		*why = f.bad;
	return err_kind(f.bad.code);
}

void import_call_as(const char *name, const char *gender, char *ret, size_t size)
{
	static const char *const DOUBLE[] = { "欧阳", "司马", "上官", "诸葛", "皇甫", "尉迟",
		                              "公孙", "慕容", "令狐", "司徒", "东方", "夏侯",
		                              "端木", "南宫", "独孤", "长孙", "宇文", "司空" };
	bool is_chinese =
	    strlen(name) >= 6 && (unsigned char)name[0] >= 0xE4 && (unsigned char)name[0] <= 0xE9;
	if (!*gender || !is_chinese) {
		str_copy(ret, size, name);
		return;
	}
	size_t n = 3;
	for (size_t i = 0; i < sizeof DOUBLE / sizeof *DOUBLE; i++) {
		if (strncmp(name, DOUBLE[i], 6) == 0)
			n = 6;
	}
	snprintf(ret, size, "%.*s%s", (int)n, name, *gender == 'm' ? "先生" : "女士");
}

/* ---- the owner ---- */

enum err import_owner_find(struct db *db, struct import_owner *last, struct import_person *p,
                           struct why *why)
{
	static const char SQL[] = "SELECT id FROM person WHERE job_no = ?1 AND left_utc_ms IS NULL";
	p->owner_id = 0;
	if (!*p->owner)
		return ERR_OK;
	if (strcmp(last->job_no, p->owner) != 0) {
		struct why local = { 0 };
		last->id = 0;
		enum err e = db_int(db, SQL, ARGS(V_TEXT(p->owner)), &last->id, &local);
		if (e && e != ERR_NOT_FOUND) {
			if (why)
				*why = local;
			return e;
		}
		str_copy(last->job_no, sizeof last->job_no, p->owner);
	}
	p->owner_id = last->id;
	return ERR_OK;
}
