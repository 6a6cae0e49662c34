/* What people see of an import: batches, rows, the report. Numbers masked. */
#include <stdlib.h>
#include <string.h>

#include "crm/import_int.h"
#include "doc/xlsx_write.h"

/* ---- batches ---- */

#define BATCH_COLUMNS \
	"SELECT b.id, b.file_name, b.format, b.state, b.error, b.mapping, b.source, b.supplier, " \
	"b.basis, " \
	"b.purpose, b.proof_file, b.responsible_id, b.campaign_id, b.by_id, b.created_utc_ms, " \
	"b.applied_utc_ms, " \
	"b.rows_total, b.rows_done, b.n_new, b.n_updated, b.n_duplicate, b.n_invalid, " \
	"b.n_blocked, p.name " \
	"FROM import_batch b LEFT JOIN person p ON p.id = b.by_id WHERE "

static void write_error(const char *error, struct jw *w)
{
	char text[500];
	struct why why;
	CLEANUP(json_cleanup) json_t *j = NULL;
	CLEANUP(str_drop) char *args = NULL;
	if (!*error || json_read_text(error, &j, NULL) ||
	    json_write(json_object_get(j, "args"), &args, NULL)) {
		jw_null(w, "error");
		return;
	}
	import_why_read(json_str(j, "code", ""), args, &why);
	jw_obj(w, "error");
	jw_str(w, "code", json_str(j, "code", ""));
	jw_str(w, "zh", why_text(&why, LANG_ZH, text, sizeof text));
	jw_str(w, "en", why_text(&why, LANG_EN, text, sizeof text));
	jw_end_obj(w);
}

static void write_mapping(const char *mapping, struct jw *w)
{
	CLEANUP(json_cleanup) json_t *j = NULL;
	CLEANUP(str_drop) char *columns = NULL;
	CLEANUP(str_drop) char *map = NULL;
	bool is_good = !json_read_text(mapping, &j, NULL) &&
	               !json_write(json_object_get(j, "columns"), &columns, NULL) &&
	               !json_write(json_object_get(j, "map"), &map, NULL);
	jw_raw(w, "columns", is_good ? columns : "[]");
	jw_raw(w, "mapping", is_good ? map : "{}");
}

static void write_batch(const struct rows *r, bool is_whole, struct jw *w)
{
	jw_id(w, "id", rows_int(r, 0));
	jw_str(w, "file_name", rows_text(r, 1));
	jw_str(w, "format", rows_text(r, 2));
	jw_str(w, "state", rows_text(r, 3));
	write_error(rows_text(r, 4), w);
	if (is_whole)
		write_mapping(rows_text(r, 5), w);
	jw_obj(w, "facts");
	jw_str(w, "source", rows_text(r, 6));
	jw_str(w, "supplier", rows_text(r, 7));
	jw_str(w, "basis", rows_text(r, 8));
	jw_str(w, "basis_zh", consent_basis_label(rows_text(r, 8), LANG_ZH));
	jw_str(w, "basis_en", consent_basis_label(rows_text(r, 8), LANG_EN));
	jw_str(w, "purpose", rows_text(r, 9));
	jw_str(w, "proof_file", rows_text(r, 10));
	jw_id(w, "responsible_id", rows_int(r, 11));
	jw_end_obj(w);
	jw_id(w, "campaign_id", rows_int(r, 12));
	jw_obj(w, "by");
	jw_id(w, "id", rows_int(r, 13));
	jw_str(w, "name", rows_text(r, 23));
	jw_end_obj(w);
	jw_int(w, "created_utc_ms", rows_int(r, 14));
	if (rows_null(r, 15))
		jw_null(w, "applied_utc_ms");
	else
		jw_int(w, "applied_utc_ms", rows_int(r, 15));
	jw_int(w, "rows_total", rows_int(r, 16));
	jw_int(w, "rows_done", rows_int(r, 17));
	jw_obj(w, "counts");
	for (int c = 0; c < IMPORT_CLASS_COUNT; c++)
		jw_int(w, import_class_text((enum import_class)c), rows_int(r, 18 + c));
	jw_end_obj(w);
}

/* Reasons whose sentence names a row's own figures, as one line for all such rows. */
struct group {
	enum err_code code;
	const char *zh, *en;
};
static const struct group GROUPS[] = {
	{ E_NUM_LOST, "号码因科学计数法丢失位数", "digits lost to an exponent" },
	{ E_NUM_SHORT, "号码位数不足", "too few digits" },
	{ E_NUM_LONG, "号码位数过多", "too many digits" },
	{ E_NUM_FORM, "不符合国内号码规则", "no number of the mainland's plan" },
	{ E_IMPORT_LOSSY, "数字末位已丢失", "the number lost its last digits" },
	{ E_IMPORT_TWICE, "文件内号码重复", "twice in the file" },
	{ E_IMPORT_OWNER, "负责人工号不存在", "unknown job number of the owner" },
	{ E_IMPORT_BASIS, "授权方式无法识别", "unknown way of authorisation" },
	{ E_IMPORT_DATE, "授权时间不是日期", "the date of authorisation is none" },
	{ E_GATE_CONSENT_WITHDRAWN, "客户已撤回授权", "the consent was withdrawn" },
	{ E_GATE_CONSENT_EXPIRED, "授权已到期", "the consent has ended" },
	{ E_GATE_CALLEE_MINUTES, "近期拨打次数已达上限", "called as often as is allowed" },
	{ E_GATE_CALLEE_HOURS, "近期拨打次数已达上限", "called as often as is allowed" },
	{ E_GATE_CALLEE_DAYS, "近期拨打次数已达上限", "called as often as is allowed" },
	{ E_GATE_TALK_HOURS, "近期通话次数已达上限", "talked as often as is allowed" },
};

static const char *group_text(enum err_code code, enum lang lang, char *buf, size_t size)
{
	for (size_t i = 0; i < sizeof GROUPS / sizeof *GROUPS; i++) {
		if (GROUPS[i].code == code)
			return lang == LANG_ZH ? GROUPS[i].zh : GROUPS[i].en;
	}
	return why_text(&(struct why){ .code = code }, lang, buf, size);
}

/* How many may be dialed, and why not the rest. */
static enum err write_dialable(struct db *db, int64_t batch_id, struct jw *w, struct why *why)
{
	static const char SQL[] = "SELECT dial_code, COUNT(*) FROM import_row WHERE batch_id = ?1 "
				  "GROUP BY dial_code ORDER BY 2 DESC, 1";
	CLEANUP(rows_free) struct rows *r = NULL;
	int64_t dialable = 0;
	enum err e = db_query(db, SQL, ARGS(V_INT(batch_id)), &r, why);
	jw_arr(w, "not_dialable");
	while (!e && !(e = rows_next(r, why))) {
		char text[500];
		struct why reason;
		const char *code = rows_text(r, 0);
		if (strcmp(code, "ok") == 0) {
			dialable = rows_int(r, 1);
			continue;
		}
		import_why_read(code, "[]", &reason);
		jw_obj(w, NULL);
		jw_str(w, "code", code);
		jw_str(w, "zh", group_text(reason.code, LANG_ZH, text, sizeof text));
		jw_str(w, "en", group_text(reason.code, LANG_EN, text, sizeof text));
		jw_int(w, "count", rows_int(r, 1));
		jw_end_obj(w);
	}
	jw_end_arr(w);
	jw_int(w, "dialable", dialable);
	return e == ERR_END ? ERR_OK : e;
}

enum err import_in_scope(const struct scope *sc, struct db *db, int64_t batch_id, struct why *why)
{
	static const struct scoped_sql SQL = SCOPED("SELECT b.id FROM import_batch b WHERE ",
	                                            "b.by_id", "b.unit_id", " AND b.id = ?2");
	int64_t id;
	return db_int(db, scoped(sc, &SQL), ARGS(V_INT(scope_person(sc)), V_INT(batch_id)), &id,
	              why);
}

enum err import_summary(struct db *db, int64_t batch_id, struct import_summary *ret,
                        struct why *why)
{
	static const char SQL[] =
	    "SELECT file_name, by_id, n_new, n_updated FROM import_batch WHERE id = ?1";
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_row(db, SQL, ARGS(V_INT(batch_id)), &r, why);
	if (e)
		return e;
	*ret = (struct import_summary){ .id = batch_id,
		                        .by_id = rows_int(r, 1),
		                        .n_new = rows_int(r, 2),
		                        .n_updated = rows_int(r, 3) };
	str_copy(ret->file_name, sizeof ret->file_name, rows_text(r, 0));
	return ERR_OK;
}

enum err import_get(const struct scope *sc, struct db *db, int64_t batch_id, struct jw *w,
                    struct why *why)
{
	static const struct scoped_sql SQL =
	    SCOPED(BATCH_COLUMNS, "b.by_id", "b.unit_id", " AND b.id = ?2");
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e =
	    db_row(db, scoped(sc, &SQL), ARGS(V_INT(scope_person(sc)), V_INT(batch_id)), &r, why);
	if (e)
		return e;
	jw_obj(w, NULL);
	write_batch(r, true, w);
	e = write_dialable(db, batch_id, w, why);
	jw_end_obj(w);
	return e;
}

enum err import_list(const struct scope *sc, struct db *db, int64_t size, int64_t offset,
                     struct jw *w, int64_t *ret_total, struct why *why)
{
	static const struct scoped_sql COUNT =
	    SCOPED("SELECT COUNT(*) FROM import_batch b WHERE ", "b.by_id", "b.unit_id", "");
	static const struct scoped_sql SQL =
	    SCOPED(BATCH_COLUMNS, "b.by_id", "b.unit_id",
	           " ORDER BY b.created_utc_ms DESC, b.id DESC LIMIT ?2 OFFSET ?3");
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_int(db, scoped(sc, &COUNT), ARGS(V_INT(scope_person(sc))), ret_total, why);
	if (e || (e = db_query(db, scoped(sc, &SQL),
	                       ARGS(V_INT(scope_person(sc)), V_INT(size), V_INT(offset)), &r, why)))
		return e;
	jw_arr(w, NULL);
	while (!(e = rows_next(r, why))) {
		jw_obj(w, NULL);
		write_batch(r, false, w);
		jw_end_obj(w);
	}
	jw_end_arr(w);
	return e == ERR_END ? ERR_OK : e;
}

/* ---- rows ---- */

#define ROW_COLUMNS \
	"SELECT r.row_no, r.class, r.reason, r.reason_args, r.original, r.key_id, r.customer_id, " \
	"r.dial_code FROM import_row r " \
	"JOIN import_batch b ON b.id = r.batch_id WHERE "

static enum err original_cells(const struct rows *r, const struct vault *v, int64_t batch_id,
                               json_t **ret, struct why *why)
{
	size_t n;
	const void *sealed = rows_bytes(r, 4, &n);
	CLEANUP(str_drop) char *text = NULL;
	enum err e = import_unseal(v, "import_row.original", batch_id, rows_int(r, 0),
	                           rows_int(r, 5), sealed, n, &text, why);
	return e ? e : json_read_text(text, ret, why);
}

static enum err write_row(const struct rows *r, const struct vault *v, int64_t batch_id,
                          struct jw *w, struct why *why)
{
	char text[500];
	struct why reason;
	CLEANUP(json_cleanup) json_t *cells = NULL;
	enum err e = original_cells(r, v, batch_id, &cells, why);
	if (e)
		return e;
	import_why_read(rows_text(r, 2), rows_text(r, 3), &reason);
	jw_obj(w, NULL);
	jw_int(w, "row", rows_int(r, 0));
	jw_str(w, "class", rows_text(r, 1));
	jw_str(w, "reason", rows_text(r, 2));
	jw_str(w, "reason_zh", why_text(&reason, LANG_ZH, text, sizeof text));
	jw_str(w, "reason_en", why_text(&reason, LANG_EN, text, sizeof text));
	jw_arr(w, "cells");
	for (size_t i = 0; i < json_array_size(cells); i++) {
		struct str out = { 0 };
		const char *cell = json_string_value(json_array_get(cells, i));
		number_mask_text(cell ? cell : "", &out);
		jw_str(w, NULL, str_text(&out));
		str_free(&out);
	}
	jw_end_arr(w);
	jw_id(w, "customer_id", rows_int(r, 6));
	jw_str(w, "dial_code", rows_text(r, 7));
	jw_end_obj(w);
	return ERR_OK;
}

enum err import_rows(const struct scope *sc, struct db *db, const struct vault *v, int64_t batch_id,
                     enum import_class cls, int64_t size, int64_t offset, struct jw *w,
                     int64_t *ret_total, struct why *why)
{
	static const struct scoped_sql COUNT = SCOPED(
	    "SELECT COUNT(*) FROM import_row r JOIN import_batch b ON b.id = r.batch_id WHERE ",
	    "b.by_id", "b.unit_id",
	    " AND r.batch_id = ?2 AND (CAST(?3 AS TEXT) = '' OR r.class = ?3)");
	static const struct scoped_sql SQL =
	    SCOPED(ROW_COLUMNS, "b.by_id", "b.unit_id",
	           " AND r.batch_id = ?2 AND (CAST(?3 AS TEXT) = '' OR r.class = ?3) ORDER BY "
	           "r.row_no LIMIT ?4 OFFSET ?5");
	const char *only = cls < IMPORT_CLASS_COUNT ? import_class_text(cls) : "";
	struct val who = V_INT(scope_person(sc)), batch = V_INT(batch_id);
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = db_int(db, scoped(sc, &COUNT), ARGS(who, batch, V_TEXT(only)), ret_total, why);
	if (e ||
	    (e = db_query(db, scoped(sc, &SQL),
	                  ARGS(who, batch, V_TEXT(only), V_INT(size), V_INT(offset)), &r, why)))
		return e;
	jw_arr(w, NULL);
	while (!(e = rows_next(r, why)) && !(e = write_row(r, v, batch_id, w, why)))
		;
	jw_end_arr(w);
	return e == ERR_END ? ERR_OK : e;
}

/* ---- the report ---- */

enum { REPORT_HEAD = 3, REPORT_COLUMNS = 250 };

static size_t report_columns(const json_t *columns, enum lang lang, struct out_column *ret)
{
	bool zh = lang == LANG_ZH;
	ret[0] = (struct out_column){ zh ? "行号" : "Row", OUT_NUMBER, 8 };
	ret[1] = (struct out_column){ zh ? "结果" : "Class", OUT_TEXT, 10 };
	ret[2] = (struct out_column){ zh ? "原因" : "Reason", OUT_TEXT, 40 };
	size_t n = REPORT_HEAD;
	for (size_t i = 0; i < json_array_size(columns) && n < REPORT_COLUMNS; i++)
		ret[n++] = (struct out_column){ json_str(json_array_get(columns, i), "header", ""),
			                        OUT_TEXT, 16 };
	return n;
}

static enum err report_row(struct xlsx_out *o, const struct rows *r, const json_t *cells, size_t n,
                           enum lang lang, bool with_numbers, struct why *why)
{
	char text[500];
	struct why reason;
	struct out_cell out[REPORT_COLUMNS] = { 0 };
	struct str masked[REPORT_COLUMNS] = { 0 };
	import_why_read(rows_text(r, 2), rows_text(r, 3), &reason);
	out[0] = CELL_I(rows_int(r, 0));
	out[1] = CELL_T(import_class_label(import_class_parse(rows_text(r, 1)), lang));
	out[2] = CELL_T(why_text(&reason, lang, text, sizeof text));
	for (size_t i = REPORT_HEAD; i < n; i++) {
		const char *cell = json_string_value(json_array_get(cells, i - REPORT_HEAD));
		if (cell && !with_numbers) {
			number_mask_text(cell, &masked[i]);
			cell = str_text(&masked[i]);
		}
		out[i] = CELL_T(cell);
	}
	enum err e = xlsx_out_row(o, out, why);
	for (size_t i = 0; i < n; i++)
		str_free(&masked[i]);
	return e;
}

enum err import_report(const struct scope *sc, struct db *db, const struct vault *v,
                       int64_t batch_id, enum lang lang, bool with_numbers, const char *path,
                       struct why *why)
{
	static const struct scoped_sql SQL =
	    SCOPED(ROW_COLUMNS, "b.by_id", "b.unit_id", " AND r.batch_id = ?2 ORDER BY r.row_no");
	struct out_column columns[REPORT_COLUMNS];
	CLEANUP(import_batch_done) struct import_batch b;
	CLEANUP(xlsx_out_free) struct xlsx_out *o = NULL;
	CLEANUP(rows_free) struct rows *r = NULL;
	enum err e = import_batch_load(db, batch_id, &b, why);
	if (e)
		return e;
	size_t n = report_columns(b.columns, lang, columns);
	if ((e = db_query(db, scoped(sc, &SQL), ARGS(V_INT(scope_person(sc)), V_INT(batch_id)), &r,
	                  why)) ||
	    (e = xlsx_out_new(path, lang == LANG_ZH ? "导入结果" : "Import", columns, n, &o, why)))
		return e;
	while (!(e = rows_next(r, why))) {
		CLEANUP(json_cleanup) json_t *cells = NULL;
		if ((e = original_cells(r, v, batch_id, &cells, why)) ||
		    (e = report_row(o, r, cells, n, lang, with_numbers, why)))
			return e;
	}
	return e == ERR_END ? xlsx_out_finish(&o, why) : e;
}
