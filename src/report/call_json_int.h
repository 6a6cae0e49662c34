/* report/call_json_int.h -- columns as JSON values; shared by call_list.c and call_detail.c. */
#ifndef REPORT_CALL_JSON_INT_H
#define REPORT_CALL_JSON_INT_H

#include <jansson.h>

#include "auth/scope.h"
#include "base/id.h"
#include "store/db.h"

/** The row of one call within the scope, and as a list shows it. */
enum err call_row_open(struct db *db, const struct scope *sc, int64_t id, struct rows **ret,
                       struct why *why);
json_t *call_row_json(const struct rows *r);

static inline json_t *cj_id(const struct rows *r, int col)
{
	char text[ID_TEXT_BYTES];
	return rows_null(r, col) ? json_null() : json_string(id_text(rows_int(r, col), text));
}

static inline json_t *cj_int(const struct rows *r, int col)
{
	return rows_null(r, col) ? json_null() : json_integer(rows_int(r, col));
}

static inline json_t *cj_text(const struct rows *r, int col)
{
	return json_string(rows_text(r, col));
}

/* Empty text says "none". */
static inline json_t *cj_filled(const struct rows *r, int col)
{
	return *rows_text(r, col) ? json_string(rows_text(r, col)) : json_null();
}

static inline json_t *cj_person(const struct rows *r, int id, int job_no, int name)
{
	if (rows_null(r, id))
		return json_null();
	return json_pack("{s:o, s:o, s:o}", "id", cj_id(r, id), "job_no", cj_text(r, job_no),
	                 "name", cj_text(r, name));
}

#endif
