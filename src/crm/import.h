/* crm/import.h -- a list of customers becomes customers, and every row says what became of it.
 *
 * States: uploaded -> classifying -> classified -> applying -> done; failed and cancelled end it.
 * The file is read by a child process (crm_import_worker), which has neither keys nor database and
 * hands rows over a pipe; the job on this side normalises, classifies and seals them into
 * import_row in slices. Applying works in slices idempotent by (batch, row): a restart rolls it
 * forward. A class is a forecast until applied; then it is what happened. docs/adr/0004 for how
 * numbers and original cells rest. */
#ifndef CRM_IMPORT_H
#define CRM_IMPORT_H

#include "auth/scope.h"
#include "base/json.h"
#include "gate/vault.h"
#include "job/job.h"
#include "store/writer.h"

/* X(name, text, Chinese, English) */
/* clang-format off */
#define IMPORT_CLASSES(X)                          \
	X(NEW, "new", "新增", "new")               \
	X(UPDATED, "updated", "更新", "updated")   \
	X(DUPLICATE, "duplicate", "重复", "duplicate") \
	X(INVALID, "invalid", "无效", "invalid")   \
	X(BLOCKED, "blocked", "拦截", "blocked")

/* What a column can mean. X(name, key, Chinese, English) */
#define IMPORT_FIELDS(X)                               \
	X(NAME, "name", "姓名", "Name")                \
	X(PHONE, "phone", "号码", "Number")            \
	X(PHONE2, "phone2", "备用号码", "Second number") \
	X(CALL_AS, "call_as", "称呼", "Form of address") \
	X(GENDER, "gender", "性别", "Gender")          \
	X(GRADE, "grade", "等级", "Grade")             \
	X(COMPANY, "company", "公司", "Company")       \
	X(WECHAT, "wechat", "微信", "WeChat")          \
	X(PROVINCE, "province", "省份", "Province")    \
	X(CITY, "city", "城市", "City")                \
	X(PRODUCT, "product", "意向产品", "Product")   \
	X(SOURCE, "source", "来源", "Source")          \
	X(SUPPLIER, "supplier", "供应商", "Supplier")  \
	X(BASIS, "basis", "授权方式", "Way of authorisation") \
	X(GIVEN, "given", "授权时间", "Authorised on") \
	X(OWNER, "owner", "负责人工号", "Owner's job number") \
	X(CONTACT, "contact", "联系人", "Contact person") \
	X(REMARK, "remark", "备注", "Remark")
/* clang-format on */

enum import_class {
#define X(name, text, zh, en) IMPORT_##name,
	IMPORT_CLASSES(X)
#undef X
	    IMPORT_CLASS_COUNT
};

enum import_field {
	IMPORT_FIELD_NONE = -1,
#define X(name, key, zh, en) IMPORT_FIELD_##name,
	IMPORT_FIELDS(X)
#undef X
	    IMPORT_FIELD_COUNT
};
const char *import_field_key(enum import_field f);
enum import_field import_field_parse(const char *key); /* IMPORT_FIELD_NONE: unknown */
/** The field a header most likely means: 手机号码, Mobile, 联系电话 … are all PHONE. */
enum import_field import_guess(const char *header);

/* ---- the child ---- */

/** `hujiao worker sheet FILE [AFTER_ROW [MAX_ROWS]]`: reads the table and writes its rows to
 * stdout. Sets its own limits of memory, time and files. @return the process's exit code */
int crm_import_worker(int argc, char **argv);

/* ---- the batch ---- */

struct import_new {
	int64_t id;            /* id_new() */
	const char *file_name; /* as the person's computer calls it */
	const char *path;      /* the stored copy; the batch owns it from now on */
	int64_t unit_id, by_id, cell_id, now_utc_ms;
};

/** Looks at the first rows (in a child), guesses the columns and writes the batch. On a worker.
 *  @return ERR_INVALID E_DOC_*, E_IMPORT_NO_ROWS */
enum err import_create(struct writer *w, const struct import_new *n, struct why *why) MUST_USE;

struct import_facts {
	const char *source, *supplier, *basis,
	    *purpose;           /* basis: gate/consent.h; purpose: "marketing"… */
	const char *proof_file; /* a stored file's name; "" none */
	int64_t responsible_id;
	int64_t campaign_id; /* 0: no campaign yet */
};

/** Sets what the columns mean and what holds for the batch, and starts the classifying job.
 *  @param mapping  {"0":"name","3":"phone"}: column index to field key
 *  @return ERR_INVALID E_IMPORT_NO_PHONE, E_FIELD_REQUIRED, E_FIELD_INVALID; ERR_CONFLICT
 *          E_IMPORT_STATE once applying */
enum err import_start(struct writer *w, int64_t batch_id, const json_t *mapping,
                      const struct import_facts *f, int64_t now_utc_ms, struct why *why) MUST_USE;

/** Starts the applying job. @return ERR_CONFLICT E_IMPORT_STATE unless classified */
enum err import_apply(struct writer *w, int64_t batch_id, int64_t by_id, int64_t now_utc_ms,
                      struct why *why) MUST_USE;

/** Drops a batch that is not being applied. @return ERR_CONFLICT E_IMPORT_STATE */
enum err import_cancel(struct writer *w, int64_t batch_id, int64_t now_utc_ms,
                       struct why *why) MUST_USE;

/** Stores the proof file's name. */
enum err import_set_proof(struct writer *w, int64_t batch_id, const char *file,
                          struct why *why) MUST_USE;

/** The job kinds "crm.import_classify" and "crm.import_apply", for the job runner's table.
 *  @param ctx  what both need, kept */
struct import_jobs {
	const struct vault *vault;
	const char *self; /* the program to run as the child; NULL: /proc/self/exe */
	/* Puts up to 500 of a batch's customers after `after_id` on a campaign's list, in the job's
	 * transaction; *ret_last 0: all are on it. dialer/ has it; NULL: nobody lists them. */
	enum err (*add_to_campaign)(struct tx *tx, int64_t campaign_id, int64_t batch_id,
	                            int64_t after_id, int64_t now_utc_ms, int64_t *ret_added,
	                            int64_t *ret_last, struct why *why);
};
enum { IMPORT_JOB_KINDS = 2 };
void import_job_kinds(struct import_jobs *ctx, struct job_kind ret[IMPORT_JOB_KINDS]);

/* ---- looking at it ---- */

/** Whether the batch is inside. @return ERR_NOT_FOUND E_ROW_NONE */
enum err import_in_scope(const struct scope *sc, struct db *db, int64_t batch_id,
                         struct why *why) MUST_USE;

/* What a person is told when his list is in. */
struct import_summary {
	int64_t id, by_id, n_new, n_updated;
	char file_name[256];
};
enum err import_summary(struct db *db, int64_t batch_id, struct import_summary *ret,
                        struct why *why) MUST_USE;

/** One batch as an object: GET /api/v1/imports/{id}. Samples are masked. */
enum err import_get(const struct scope *sc, struct db *db, int64_t batch_id, struct jw *w,
                    struct why *why) MUST_USE;
enum err import_list(const struct scope *sc, struct db *db, int64_t size, int64_t offset,
                     struct jw *w, int64_t *ret_total, struct why *why) MUST_USE;

/** Rows of a batch: {"row","class","reason","reason_zh","reason_en","cells":[masked],"customer_id",
 *  "dial_code"}. @param cls  IMPORT_CLASS_COUNT: all */
enum err import_rows(const struct scope *sc, struct db *db, const struct vault *v, int64_t batch_id,
                     enum import_class cls, int64_t size, int64_t offset, struct jw *w,
                     int64_t *ret_total, struct why *why) MUST_USE;

/** Writes every row with its class, reason and original text to an .xlsx. Numbers are masked unless
 *  `with_numbers`, which only a person who may export them gets. */
enum err import_report(const struct scope *sc, struct db *db, const struct vault *v,
                       int64_t batch_id, enum lang lang, bool with_numbers, const char *path,
                       struct why *why) MUST_USE;

#endif
