#include "dialer/script.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/text.h"

/* ---- placeholders ---- */

static json_t *fill_text(const char *text, const struct script_names *n)
{
	const struct {
		const char *mark, *value;
	} MARK[] = { { "{客户称呼}", n->call_as },
		     { "{工号}", n->job_no },
		     { "{公司}", n->company } };
	struct str s = { 0 };
	while (*text) {
		size_t i = 0;
		while (i < 3 && strncmp(text, MARK[i].mark, strlen(MARK[i].mark)) != 0)
			i++;
		if (i < 3 && *MARK[i].value) {
			str_add(&s, MARK[i].value);
			text += strlen(MARK[i].mark);
		} else {
			str_addc(&s, *text++);
		}
	}
	json_t *j = str_ok(&s) ? json_string(str_text(&s)) : NULL;
	str_free(&s);
	return j;
}

static json_t *fill_required(const json_t *list, const struct script_names *n)
{
	json_t *out = json_array();
	size_t i;
	json_t *row;
	json_array_foreach(list, i, row)
	{
		json_array_append_new(out,
		                      json_pack("{s:s,s:o?}", "key", json_str(row, "key", ""),
		                                "text", fill_text(json_str(row, "text", ""), n)));
	}
	return out;
}

static json_t *fill_steps(const json_t *list, const struct script_names *n)
{
	json_t *out = json_array();
	size_t i;
	json_t *row;
	json_array_foreach(list, i, row)
	{
		json_array_append_new(
		    out, json_pack("{s:s,s:s,s:o?,s:o}", "key", json_str(row, "key", ""), "zh",
		                   json_str(row, "zh", ""), "text",
		                   fill_text(json_str(row, "text", ""), n), "required",
		                   fill_required(json_object_get(row, "required"), n)));
	}
	return out;
}

enum err script_fill(const char *key, int64_t version, const char *text,
                     const struct script_names *names, json_t **ret, struct why *why)
{
	CLEANUP(json_cleanup) json_t *body = NULL;
	json_t *objections = NULL;
	enum err e = json_read_text(text, &body, why);
	if (e || (e = script_search(text, "", &objections, why)))
		return e;
	*ret =
	    json_pack("{s:s,s:I,s:s,s:o,s:o}", "key", key, "version", (json_int_t)version, "name",
	              json_str(body, "name", key), "steps",
	              fill_steps(json_object_get(body, "steps"), names), "objections", objections);
	return *ret ? ERR_OK : fail(why, E_NOMEM);
}

/* ---- objections ---- */

struct hit {
	int rank; /* 0 best */
	size_t at;
	json_t *row;
};

static int by_rank(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;
	if (x->rank != y->rank)
		return x->rank - y->rank;
	return x->at < y->at ? -1 : x->at > y->at;
}

static int rank_in(const char *text, const char *find, int at_start, int inside)
{
	const char *p = strstr(text, find);
	return !p ? -1 : p == text ? at_start : inside;
}

/* -1: no hit. */
static enum err rank_row(const char *q, const char *a, const char *find, const char *initials,
                         int *ret, struct why *why)
{
	CLEANUP(str_drop) char *fq = NULL;
	CLEANUP(str_drop) char *fa = NULL;
	enum err e = text_fold(q, &fq, why);
	if (e || (e = text_fold(a, &fa, why)))
		return e;
	*ret = rank_in(fq, find, 0, 2);
	if (*ret < 0)
		*ret = rank_in(initials, find, 1, 3);
	if (*ret < 0)
		*ret = rank_in(fa, find, 4, 4);
	return ERR_OK;
}

static enum err look_at(json_t *row, const char *find, struct hit *hits, size_t *n, struct why *why)
{
	CLEANUP(str_drop) char *initials = NULL;
	const char *q = json_str(row, "q", ""), *a = json_str(row, "a", "");
	int rank = 0;
	enum err e = text_initials(q, &initials, why);
	if (!e && *find)
		e = rank_row(q, a, find, initials, &rank, why);
	if (e || rank < 0)
		return e;
	json_t *copy = json_pack("{s:s,s:s,s:s}", "q", q, "a", a, "initials", initials);
	if (!copy)
		return fail(why, E_NOMEM);
	hits[*n] = (struct hit){ rank, *n, copy };
	(*n)++;
	return ERR_OK;
}

enum err script_search(const char *text, const char *q, json_t **ret, struct why *why)
{
	CLEANUP(json_cleanup) json_t *body = NULL;
	CLEANUP(str_drop) char *find = NULL;
	enum err e = json_read_text(text, &body, why);
	if (e || (e = text_fold(q, &find, why)))
		return e;
	const json_t *list = json_object_get(body, "objections");
	struct hit *hits = calloc(json_array_size(list) + 1, sizeof *hits);
	json_t *out = json_array();
	size_t n = 0, i;
	json_t *row;
	json_array_foreach(list, i, row)
	{
		if (hits && !e)
			e = look_at(row, find, hits, &n, why);
	}
	if (hits)
		qsort(hits, n, sizeof *hits, by_rank);
	for (i = 0; i < n; i++)
		json_array_append_new(out, hits[i].row);
	if (!hits)
		e = fail(why, E_NOMEM);
	free(hits);
	if (e)
		json_decref(out);
	else
		*ret = out;
	return e;
}

/* ---- what somebody saves ---- */

static enum err check_rows(const json_t *list, const char *what, const char *k1, const char *k2,
                           struct why *why)
{
	size_t i;
	json_t *row;
	json_array_foreach(list, i, row)
	{
		const char *a, *b;
		if (!json_is_object(row) || json_get_str(row, k1, &a, NULL) ||
		    json_get_str(row, k2, &b, NULL) || !*a || !*b)
			return fail(why, E_FIELD_INVALID, what, k1);
	}
	return ERR_OK;
}

enum err script_check(const json_t *body, struct why *why)
{
	const char *name;
	const json_t *steps, *objections = json_object_get(body, "objections");
	enum err e = json_get_str(body, "name", &name, why);
	if (e || (e = json_get_arr(body, "steps", &steps, why)) ||
	    (e = check_rows(steps, "steps", "key", "text", why)))
		return e;
	size_t i;
	json_t *row;
	json_array_foreach(steps, i, row)
	{
		if ((e = check_rows(json_object_get(row, "required"), "required", "key", "text",
		                    why)))
			return e;
	}
	if (objections && !json_is_array(objections))
		return fail(why, E_FIELD_INVALID, "objections", "array");
	return check_rows(objections, "objections", "q", "a", why);
}

enum err script_call_as(struct db *db, int64_t customer_id, char *buf, size_t size, struct why *why)
{
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_row(db, "SELECT call_as, name FROM customer WHERE id = ?1",
	                    ARGS(V_INT(customer_id)), &r, why);
	if (!e)
		str_copy(buf, size, *rows_text(r, 0) ? rows_text(r, 0) : rows_text(r, 1));
	return e;
}
