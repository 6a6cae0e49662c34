/* Imports: a list is uploaded, its columns are named, its rows are judged and become customers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/api.h"
#include "api/req.h"
#include "base/file.h"
#include "base/id.h"
#include "base/json.h"
#include "crm/import.h"
#include "job/job.h"
#include "store/writer.h"

enum { UPLOAD_BYTES = 64 << 20, PROOF_BYTES = 32 << 20, NAME_CHARS = 120, PATH_BYTES = 900 };
static const char XLSX[] = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
static const char BASES[] = "none|form|web|app|voice|event|inbound|partner|existing";

/* ---- fields ---- */

static const struct field FILE_QUERY[] = {
	F_TEXT("file_name", .req = true, .min = 1, .max = NAME_CHARS), F_END
};
static const struct field ID_ONLY[] = { F_ID("id"), F_END };
static const struct field FACTS[] = { F_TEXT("source", .req = true, .min = 1, .max = 60),
	                              F_TEXT("supplier", .max = 60),
	                              F_TEXT("basis", .req = true, .one_of = BASES),
	                              F_TEXT("basis_zh"),
	                              F_TEXT("basis_en"),
	                              F_TEXT("purpose", .max = 23),
	                              F_TEXT("proof_file", .max = NAME_CHARS),
	                              F_ID("responsible_id", .null = true),
	                              F_END };
static const struct field START_BODY[] = {
	F_JSON("mapping", .req = true,
	       .doc = "column index to field, e.g. {\"0\":\"name\",\"3\":\"phone\"}"),
	F_OBJ("facts", FACTS, .req = true), F_ID("campaign_id", .null = true), F_END
};
static const struct field COLUMN[] = { F_INT("index"), F_TEXT("header"),
	                               F_TEXT("guess", .null = true), F_TEXTS("samples"), F_END };
static const struct field COUNTS[] = { F_INT("new"),     F_INT("updated"), F_INT("duplicate"),
	                               F_INT("invalid"), F_INT("blocked"), F_END };
static const struct field REASON[] = { F_TEXT("code"), F_TEXT("zh"), F_TEXT("en"), F_INT("count"),
	                               F_END };
static const struct field BY[] = { F_ID("id"), F_TEXT("name"), F_END };

#define BATCH_FIELDS \
	F_ID("id"), F_TEXT("file_name"), F_TEXT("format"), \
	    F_TEXT("state", \
	           .one_of = "uploaded|classifying|classified|applying|done|failed|cancelled"), \
	    F_TEXT("error", .null = true), F_TEXT("error_code", .null = true), \
	    F_OBJ("facts", FACTS), F_ID("campaign_id", .null = true), F_OBJ("by", BY), \
	    F_INT("created_utc_ms"), F_INT("applied_utc_ms", .null = true), F_INT("rows_total"), \
	    F_INT("rows_done"), F_OBJ("counts", COUNTS)

static const struct field BATCH_ROW[] = { BATCH_FIELDS, F_END };
static const struct field BATCH[] = {
	BATCH_FIELDS,      F_ARR("columns", COLUMN),      F_JSON("mapping"),
	F_INT("dialable"), F_ARR("not_dialable", REASON), F_END
};
static const struct field LIST_QUERY[] = { F_PAGE, F_END };
static const struct field ROWS_QUERY[] = {
	F_TEXT("class", .one_of = "new|updated|duplicate|invalid|blocked"), F_PAGE, F_END
};
static const struct field ROW[] = { F_INT("row"),
	                            F_TEXT("class"),
	                            F_TEXT("reason"),
	                            F_TEXT("reason_zh"),
	                            F_TEXT("reason_en"),
	                            F_TEXTS("cells"),
	                            F_ID("customer_id", .null = true),
	                            F_TEXT("dial_code"),
	                            F_END };

/* ---- reading ---- */

static enum err take_json(struct str *out, enum err e, json_t **ret, struct why *why)
{
	if (!e)
		e = str_ok(out) ? json_read_text(str_text(out), ret, why) : fail(why, E_NOMEM);
	str_free(out);
	return e;
}

/* The failure in the reader's language, and its code beside it. */
static void say_error(const struct req *rq, json_t *batch)
{
	json_t *error = json_object_get(batch, "error");
	if (!json_is_object(error))
		return;
	json_object_set(batch, "error_code", json_object_get(error, "code"));
	json_object_set(batch, "error",
	                json_object_get(error, req_lang(rq) == LANG_ZH ? "zh" : "en"));
}

static enum err get_import(struct req *rq, struct reply *rp, struct why *why)
{
	struct str out = { 0 };
	struct jw w = { .out = &out };
	json_t *batch = NULL;
	enum err e = import_get(req_scope(rq), req_db(rq), req_id(rq, "id"), &w, why);
	if ((e = take_json(&out, e, &batch, why)))
		return e;
	say_error(rq, batch);
	reply_json(rp, batch);
	return ERR_OK;
}

static enum err get_imports(struct req *rq, struct reply *rp, struct why *why)
{
	struct page page = req_page(rq);
	struct str out = { 0 };
	struct jw w = { .out = &out };
	int64_t total = 0;
	json_t *items = NULL, *batch;
	size_t i;
	enum err e =
	    import_list(req_scope(rq), req_db(rq), page.size, page.offset, &w, &total, why);
	if ((e = take_json(&out, e, &items, why)))
		return e;
	json_array_foreach(items, i, batch) say_error(rq, batch);
	reply_list(rp, items, total, NULL, NULL);
	return ERR_OK;
}

static enum import_class class_of(const char *text)
{
	static const char *const CLASSES[IMPORT_CLASS_COUNT] = {
#define X(name, text, zh, en) text,
		IMPORT_CLASSES(X)
#undef X
	};
	int c = 0;
	while (c < IMPORT_CLASS_COUNT && strcmp(CLASSES[c], text) != 0)
		c++;
	return (enum import_class)c;
}

static enum err get_rows(struct req *rq, struct reply *rp, struct why *why)
{
	struct page page = req_page(rq);
	struct str out = { 0 };
	struct jw w = { .out = &out };
	int64_t total = 0;
	json_t *items = NULL;
	if (!req_env(rq)->vault)
		return fail(why, E_PART_OFF, "vault");
	enum err e = import_in_scope(req_scope(rq), req_db(rq), req_id(rq, "id"), why);
	if (!e)
		e = import_rows(req_scope(rq), req_db(rq), req_env(rq)->vault, req_id(rq, "id"),
		                class_of(req_text(rq, "class")), page.size, page.offset, &w, &total,
		                why);
	if ((e = take_json(&out, e, &items, why)))
		return e;
	reply_list(rp, items, total, NULL, NULL);
	return ERR_OK;
}

/* ---- files of an import ---- */

/* data_dir/<folder>/<id>; no part of the name comes from outside. */
static enum err stored_path(const struct req *rq, const char *folder, int64_t id,
                            char ret[PATH_BYTES], struct why *why)
{
	char text[ID_TEXT_BYTES];
	snprintf(ret, PATH_BYTES, "%s/%s", req_env(rq)->data_dir, folder);
	enum err e = file_mkdirs(ret, 0700, why);
	snprintf(ret, PATH_BYTES, "%s/%s/%s", req_env(rq)->data_dir, folder, id_text(id, text));
	return e;
}

static enum err keep_upload(struct req *rq, const char *path, struct why *why)
{
	int64_t bytes;
	const char *from = req_upload(rq, &bytes);
	if (!from || bytes == 0)
		return fail(why, E_DOC_EMPTY, req_text(rq, "file_name"));
	if (rename(from, path) != 0)
		return fail(why, E_FILE_WRITE, "upload", "rename");
	req_keep_upload(rq);
	return ERR_OK;
}

static enum err get_report(struct req *rq, struct reply *rp, struct why *why)
{
	char path[PATH_BYTES];
	if (!req_env(rq)->vault)
		return fail(why, E_PART_OFF, "vault");
	enum err e = import_in_scope(req_scope(rq), req_db(rq), req_id(rq, "id"), why);
	if (e || (e = stored_path(rq, "tmp", id_new(), path, why)))
		return e;
	e = import_report(req_scope(rq), req_db(rq), req_env(rq)->vault, req_id(rq, "id"),
	                  req_lang(rq), false, path, why);
	if (!e)
		e = reply_file(rp, path, XLSX, "import.xlsx", why);
	unlink(path); /* the reply holds it open */
	return e;
}

/* ---- acting ---- */

static enum err write_audit(struct tx *tx, const void *arg, struct why *why)
{
	return audit_add(tx, arg, why);
}

static enum err audit(struct req *rq, const char *action, int64_t id, struct why *why)
{
	struct audit a = req_audit(rq, action, "import", id);
	return writer_do(req_writer(rq), LANE_NORMAL, write_audit, &a, why);
}

static void wake_jobs(const struct req *rq)
{
	if (req_env(rq)->jobs)
		job_runner_wake(req_env(rq)->jobs);
}

static enum err post_import(struct req *rq, struct reply *rp, struct why *why)
{
	char path[PATH_BYTES];
	struct import_new n = { .id = id_new(),
		                .file_name = req_text(rq, "file_name"),
		                .path = path,
		                .unit_id = scope_unit(req_scope(rq)),
		                .by_id = req_person(rq),
		                .cell_id = req_cell(rq),
		                .now_utc_ms = req_now_utc_ms(rq) };
	enum err e = stored_path(rq, "imports", n.id, path, why);
	if (e || (e = keep_upload(rq, path, why)))
		return e;
	e = import_create(req_writer(rq), &n, why);
	if (e) {
		unlink(path);
		return e;
	}
	reply_status(rp, 201);
	reply_json(rp, json_pack("{s:o}", "id", j_id(n.id)));
	return audit(rq, "import.upload", n.id, why);
}

static enum err put_import(struct req *rq, struct reply *rp, struct why *why)
{
	int64_t id = req_id(rq, "id");
	const json_t *facts = req_json(rq, "facts");
	struct import_facts f = { .source = json_str(facts, "source", ""),
		                  .supplier = json_str(facts, "supplier", ""),
		                  .basis = json_str(facts, "basis", "none"),
		                  .purpose = json_str(facts, "purpose", "marketing"),
		                  .proof_file = "",
		                  .responsible_id = json_id(facts, "responsible_id"),
		                  .campaign_id = req_id(rq, "campaign_id") };
	enum err e = import_in_scope(req_scope(rq), req_db(rq), id, why);
	if (e)
		return e;
	if ((e = import_start(req_writer(rq), id, req_json(rq, "mapping"), &f, req_now_utc_ms(rq),
	                      why)))
		return why->code == E_IMPORT_NO_PHONE ? req_fail_field(rq, "mapping", why) : e;
	wake_jobs(rq);
	e = audit(rq, "import.start", id, why);
	return e ? e : get_import(rq, rp, why);
}

static enum err post_apply(struct req *rq, struct reply *rp, struct why *why)
{
	int64_t id = req_id(rq, "id");
	enum err e = import_in_scope(req_scope(rq), req_db(rq), id, why);
	if (e || (e = import_apply(req_writer(rq), id, req_person(rq), req_now_utc_ms(rq), why)))
		return e;
	wake_jobs(rq);
	e = audit(rq, "import.apply", id, why);
	return e ? e : get_import(rq, rp, why);
}

static enum err post_cancel(struct req *rq, struct reply *rp, struct why *why)
{
	int64_t id = req_id(rq, "id");
	enum err e = import_in_scope(req_scope(rq), req_db(rq), id, why);
	if (e || (e = import_cancel(req_writer(rq), id, req_now_utc_ms(rq), why)) ||
	    (e = audit(rq, "import.cancel", id, why)))
		return e;
	return get_import(rq, rp, why);
}

static enum err post_proof(struct req *rq, struct reply *rp, struct why *why)
{
	char path[PATH_BYTES];
	int64_t id = req_id(rq, "id");
	enum err e = import_in_scope(req_scope(rq), req_db(rq), id, why);
	if (e || (e = stored_path(rq, "proofs", id, path, why)) ||
	    (e = keep_upload(rq, path, why)) ||
	    (e = import_set_proof(req_writer(rq), id, req_text(rq, "file_name"), why)) ||
	    (e = audit(rq, "import.proof", id, why)))
		return e;
	return get_import(rq, rp, why);
}

/* ---- the table ---- */

static const struct route ROUTES[] = {
	{ HTTP_POST, "/api/v1/imports", post_import, .perm = PERM_IMPORT_DO, .query = FILE_QUERY,
	  .upload_max_bytes = UPLOAD_BYTES, .reply = ID_ONLY, .status = 201, .zh = "上传名单",
	  .en = "Upload a list" },
	{ HTTP_GET, "/api/v1/imports", get_imports, .perm = PERM_IMPORT_DO, .query = LIST_QUERY,
	  .list = BATCH_ROW, .zh = "导入记录", .en = "Imports so far" },
	{ HTTP_GET, "/api/v1/imports/{id}", get_import, .perm = PERM_IMPORT_DO, .subject = "import",
	  .reply = BATCH, .zh = "一次导入", .en = "One import" },
	{ HTTP_PUT, "/api/v1/imports/{id}", put_import, .perm = PERM_IMPORT_DO, .subject = "import",
	  .body = START_BODY, .reply = BATCH, .zh = "确定列和来源并预检",
	  .en = "Name columns and source, and judge the rows" },
	{ HTTP_POST, "/api/v1/imports/{id}/apply", post_apply, .perm = PERM_IMPORT_DO,
	  .subject = "import", .reply = BATCH, .zh = "执行导入",
	  .en = "Make customers of the rows" },
	{ HTTP_POST, "/api/v1/imports/{id}/cancel", post_cancel, .perm = PERM_IMPORT_DO,
	  .subject = "import", .reply = BATCH, .zh = "取消导入", .en = "Drop the import" },
	{ HTTP_GET, "/api/v1/imports/{id}/rows", get_rows, .perm = PERM_IMPORT_DO,
	  .subject = "import", .query = ROWS_QUERY, .list = ROW, .zh = "导入明细",
	  .en = "Its rows and what became of them" },
	{ HTTP_GET, "/api/v1/imports/{id}/report.xlsx", get_report, .perm = PERM_IMPORT_DO,
	  .subject = "import", .mime = XLSX, .zh = "下载导入结果", .en = "The rows as a table" },
	{ HTTP_POST, "/api/v1/imports/{id}/proof", post_proof, .perm = PERM_IMPORT_DO,
	  .subject = "import", .query = FILE_QUERY, .upload_max_bytes = PROOF_BYTES, .reply = BATCH,
	  .zh = "上传授权证明", .en = "Upload the proof of consent" },
	ROUTE_END,
};

const struct api_area API_IMPORT = { .tag = "imports", .routes = ROUTES };
