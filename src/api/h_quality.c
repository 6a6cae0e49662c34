/* Scorecards and reviews: the inspector's bench. */
#include <string.h>

#include "api/api.h"
#include "api/req.h"
#include "base/id.h"
#include "base/json.h"
#include "base/zone.h"
#include "profile/version.h"
#include "quality/review.h"
#include "report/call_list.h"
#include "store/writer.h"

/* ---- fields ---- */

static const struct field ITEM[] = { F_TEXT("key"),
	                             F_TEXT("name"),
	                             F_INT("points_centi"),
	                             F_INT("step_centi"),
	                             F_TEXT("class", .one_of = "NC|BC|CC|CoC"),
	                             F_BOOL("fatal"),
	                             F_END };
static const struct field SECTION[] = { F_TEXT("name"), F_ARR("items", ITEM), F_END };
static const struct field RED_LINE[] = { F_TEXT("key"), F_TEXT("name"), F_END };
#define FORM_FIELDS \
	F_TEXT("key"), F_INT("version"), F_TEXT("name"), F_INT("max_centi"), F_INT("pass_centi"), \
	    F_TEXT("mode", .one_of = "deduct|weighted")
static const struct field FORM_ROW[] = { FORM_FIELDS, F_END };
static const struct field FORM[] = { FORM_FIELDS, F_ARR("sections", SECTION),
	                             F_ARR("fatal", RED_LINE), F_TEXTS("remarks"), F_END };

static const struct field CUSTOMER_REF[] = { F_ID("id"), F_TEXT("name"),
	                                     F_TEXT("grade", .null = true), F_END };
static const struct field PERSON_REF[] = { F_ID("id"), F_TEXT("job_no"), F_TEXT("name"), F_END };
static const struct field NAMED[] = { F_ID("id"), F_TEXT("name"), F_END };
static const struct field WAITING[] = { F_ID("id"),
	                                F_INT("start_utc_ms"),
	                                F_TEXT("direction", .one_of = "in|out"),
	                                F_OBJ("customer", CUSTOMER_REF, .null = true),
	                                F_MASK("number"),
	                                F_TEXT("place"),
	                                F_OBJ("agent", PERSON_REF, .null = true),
	                                F_OBJ("campaign", NAMED, .null = true),
	                                F_TEXT("outcome"),
	                                F_TEXT("result", .null = true),
	                                F_TEXT("grade", .null = true),
	                                F_INT("talk_ms"),
	                                F_INT("ring_ms"),
	                                F_BOOL("recording"),
	                                F_INT("score_centi", .null = true),
	                                F_TEXT("verdict", .null = true, .one_of = "pass|fail"),
	                                F_INT("flags"),
	                                F_END };
static const struct field WEEK[] = {
	F_INT("done", .doc = "reviews the inspector submitted this week"),
	F_INT("target", .null = true, .doc = "reviews a week asks for"), F_END
};

static const struct field MARK[] = { F_TEXT("item_key"),
	                             F_INT("deduct_centi"),
	                             F_BOOL("is_na"),
	                             F_INT("from_ms", .null = true),
	                             F_INT("to_ms", .null = true),
	                             F_TEXT("remark", .null = true),
	                             F_END };
#define SCORE_FIELDS \
	F_INT("score_centi"), F_INT("raw_centi", .doc = "what the points alone say"), \
	    F_INT("max_centi"), F_INT("pass_centi"), F_TEXT("verdict", .one_of = "pass|fail"), \
	    F_INT("short_by_centi"), F_INTS("section_centi")
static const struct field SCORE[] = { SCORE_FIELDS, F_END };
static const struct field REVIEW[] = { F_ID("id"),
	                               F_ID("call_id"),
	                               F_TEXT("form_key"),
	                               F_INT("form_version"),
	                               F_TEXT("state", .one_of = "draft|submitted"),
	                               F_OBJ("inspector", PERSON_REF, .null = true),
	                               F_ARR("items", MARK),
	                               F_TEXTS("fatal"),
	                               F_TEXT("remark", .null = true),
	                               F_INT("saved_utc_ms"),
	                               F_INT("submitted_utc_ms", .null = true),
	                               SCORE_FIELDS,
	                               F_END };

static const struct field OPEN_BODY[] = { F_TEXT("form_key", .req = true, .max = 63), F_END };
static const struct field MARK_BODY[] = { F_TEXT("item_key", .req = true, .max = 31),
	                                  F_INT("deduct_centi", .min = 0, .max = 1000000),
	                                  F_BOOL("is_na"),
	                                  F_INT("from_ms", .min = 0, .max = 86400000, .null = true),
	                                  F_INT("to_ms", .min = 0, .max = 86400000, .null = true),
	                                  F_TEXT("remark", .max = 120, .lines = true, .null = true),
	                                  F_END };
static const struct field SAVE_BODY[] = { F_ARR("items", MARK_BODY, .max = FORM_ITEMS),
	                                  F_TEXTS("fatal", .max = FORM_FATALS),
	                                  F_TEXT("remark", .max = 160, .lines = true, .null = true),
	                                  F_END };
static const struct field FORM_QUERY[] = { F_INT("version", .min = 1, .max = 1000000), F_END };
static const struct field QUEUE_QUERY[] = { F_PAGE, F_END };

/* ---- scorecards ---- */

/* The stored body with its key and version. */
static enum err form_json(const struct version *v, json_t **ret, struct why *why)
{
	enum err e = json_read_text(v->body, ret, why);
	if (e)
		return e;
	json_object_set_new(*ret, "key", j_text(v->key));
	json_object_set_new(*ret, "version", json_integer(v->n));
	return ERR_OK;
}

static enum err add_form(const struct version *v, void *ctx, struct why *why)
{
	json_t *o = NULL;
	enum err e = form_json(v, &o, why);
	if (!e)
		json_array_append_new(ctx, o);
	return e;
}

static enum err get_scorecards(struct req *rq, struct reply *rp, struct why *why)
{
	json_t *items = json_array();
	enum err e =
	    version_each(req_db(rq), "scorecard", req_now_utc_ms(rq), add_form, items, why);
	if (e) {
		json_decref(items);
		return e;
	}
	int64_t total = (int64_t)json_array_size(items);
	reply_list(rp, items, total, NULL, NULL);
	return ERR_OK;
}

static enum err get_scorecard(struct req *rq, struct reply *rp, struct why *why)
{
	CLEANUP(version_free) struct version *v = NULL;
	json_t *o = NULL;
	const char *key = req_text(rq, "key");
	int64_t n = req_int(rq, "version", 0);
	enum err e = n ? version_get(req_db(rq), "scorecard", key, n, &v, why)
	               : version_at(req_db(rq), "scorecard", key, req_now_utc_ms(rq), &v, why);
	if (!e)
		e = form_json(v, &o, why);
	if (!e)
		reply_json(rp, o);
	return e;
}

/* ---- what waits ---- */

struct waiting {
	int64_t ids[CALL_PAGE_MAX];
	size_t n;
};

static enum err add_waiting(const struct review_waiting *w, void *ctx, struct why *why)
{
	(void)why;
	struct waiting *to = ctx;
	if (to->n < CALL_PAGE_MAX)
		to->ids[to->n++] = w->call_id;
	return ERR_OK;
}

static enum err week_of(struct req *rq, json_t **ret, struct why *why)
{
	CLEANUP(version_free) struct version *v = NULL;
	CLEANUP(json_cleanup) json_t *targets = NULL;
	int64_t done = 0;
	int today = zone_day(req_now_utc_ms(rq), req_env(rq)->zone);
	enum err e = review_count(req_db(rq), req_person(rq), day_week_start(today), &done, why);
	if (e)
		return e;
	e = version_at(req_db(rq), "targets", "default", req_now_utc_ms(rq), &v, why);
	if (!e)
		e = json_read_text(v->body, &targets, why);
	if (e && e != ERR_NOT_FOUND)
		return e;
	int64_t target = json_int(targets, "reviews_week", -1);
	*ret = json_pack("{s:I, s:o}", "done", (json_int_t)done, "target",
	                 j_int_or_null(target, target < 0));
	return ERR_OK;
}

static enum err get_queue(struct req *rq, struct reply *rp, struct why *why)
{
	struct waiting w = { .n = 0 };
	struct page page = req_page(rq);
	json_t *items = NULL, *week = NULL;
	int64_t total = 0;
	enum err e = review_queue(req_db(rq), req_scope(rq), page.size, page.offset, add_waiting,
	                          &w, &total, why);
	if (!e)
		e = week_of(rq, &week, why);
	if (!e)
		e = call_rows(req_db(rq), req_scope(rq), w.ids, w.n, &items, why);
	if (e) {
		json_decref(week);
		return e;
	}
	reply_list(rp, items, total, NULL, week);
	return ERR_OK;
}

/* ---- one review ---- */

static void put_score(json_t *o, const struct form *f, const struct score *s)
{
	json_object_set_new(o, "score_centi", json_integer(s->score_centi));
	json_object_set_new(o, "raw_centi", json_integer(s->raw_centi));
	json_object_set_new(o, "max_centi", json_integer(f->max_centi));
	json_object_set_new(o, "pass_centi", json_integer(f->pass_centi));
	json_object_set_new(o, "verdict", json_string(s->is_pass ? "pass" : "fail"));
	json_object_set_new(o, "short_by_centi", json_integer(s->short_by_centi));
	json_t *sections = json_array();
	for (int i = 0; i < f->n_sections; i++)
		json_array_append_new(sections, json_integer(s->section_centi[i]));
	json_object_set_new(o, "section_centi", sections);
}

static json_t *marks_json(const struct review *r)
{
	json_t *a = json_array();
	for (int i = 0; i < r->n_marks; i++) {
		const struct review_mark *m = &r->marks[i];
		json_array_append_new(
		    a, json_pack("{s:s, s:I, s:b, s:o, s:o, s:o}", "item_key", m->item_key,
		                 "deduct_centi", (json_int_t)m->deduct_centi, "is_na", m->is_na,
		                 "from_ms", j_int_or_null(m->from_ms, m->from_ms < 0), "to_ms",
		                 j_int_or_null(m->to_ms, m->to_ms < 0), "remark",
		                 j_text(*m->remark ? m->remark : NULL)));
	}
	return a;
}

static json_t *fatals_json(const struct review *r)
{
	json_t *a = json_array();
	for (int i = 0; i < r->n_fatals; i++)
		json_array_append_new(a, json_string(r->fatals[i]));
	return a;
}

static enum err inspector_json(struct db *db, int64_t id, json_t **ret, struct why *why)
{
	CLEANUP(rows_free) struct rows *row = NULL;
	enum err e = review_inspector(db, id, &row, why);
	if (e && e != ERR_NOT_FOUND)
		return e;
	*ret = e ? json_null()
	         : json_pack("{s:o, s:o, s:o}", "id", j_id(id), "job_no", j_text(rows_text(row, 0)),
	                     "name", j_text(rows_text(row, 1)));
	return ERR_OK;
}

static enum err reply_review(struct req *rq, struct reply *rp, int64_t id, struct why *why)
{
	CLEANUP(review_free) struct review *r = NULL;
	json_t *inspector = NULL;
	enum err e = review_load(req_db(rq), req_scope(rq), id, &r, why);
	if (!e)
		e = inspector_json(req_db(rq), r->inspector_id, &inspector, why);
	if (e)
		return e;
	json_t *o = json_object();
	json_object_set_new(o, "id", j_id(r->id));
	json_object_set_new(o, "call_id", j_id(r->call_id));
	json_object_set_new(o, "form_key", j_text(r->form_key));
	json_object_set_new(o, "form_version", json_integer(r->form_version));
	json_object_set_new(o, "state", json_string(r->is_submitted ? "submitted" : "draft"));
	json_object_set_new(o, "inspector", inspector);
	json_object_set_new(o, "items", marks_json(r));
	json_object_set_new(o, "fatal", fatals_json(r));
	json_object_set_new(o, "remark", j_text(*r->remark ? r->remark : NULL));
	json_object_set_new(o, "saved_utc_ms", json_integer(r->saved_utc_ms));
	json_object_set_new(o, "submitted_utc_ms",
	                    j_int_or_null(r->submitted_utc_ms, !r->submitted_utc_ms));
	put_score(o, r->form, &r->score);
	reply_json(rp, o);
	return ERR_OK;
}

static enum err get_review(struct req *rq, struct reply *rp, struct why *why)
{
	return reply_review(rq, rp, req_id(rq, "id"), why);
}

/* ---- opening ---- */

struct opening {
	struct review_open o;
	int64_t *ret_id;
};

static enum err write_open(struct tx *tx, const void *arg, struct why *why)
{
	const struct opening *a = arg;
	return review_open(tx, &a->o, a->ret_id, why);
}

static enum err post_review(struct req *rq, struct reply *rp, struct why *why)
{
	struct call_recording rec; /* also: the call is inside the scope */
	enum err e = call_recording_get(req_db(rq), req_scope(rq), req_id(rq, "id"), &rec, why);
	int64_t id = 0;
	struct opening a = { .o = { .id = id_new(),
		                    .call_id = req_id(rq, "id"),
		                    .inspector_id = req_person(rq),
		                    .form_key = req_text(rq, "form_key"),
		                    .now_utc_ms = req_now_utc_ms(rq) },
		             .ret_id = &id };
	if (!e)
		e = writer_do(req_writer(rq), LANE_NORMAL, write_open, &a, why);
	return e ? e : reply_review(rq, rp, id, why);
}

/* ---- saving ---- */

struct saving {
	struct review_save s;
	struct review_mark marks[FORM_ITEMS];
	const char *fatals[FORM_FATALS];
	struct score *ret;
};

static enum err write_save(struct tx *tx, const void *arg, struct why *why)
{
	const struct saving *a = arg;
	return review_save(tx, &a->s, a->ret, why);
}

static int64_t int_or(const json_t *o, const char *key, int64_t def)
{
	const json_t *v = json_object_get(o, key);
	return json_is_integer(v) ? json_integer_value(v) : def;
}

static void read_save(struct req *rq, struct saving *a)
{
	const json_t *items = req_json(rq, "items"), *fatal = req_json(rq, "fatal");
	for (size_t i = 0; i < json_array_size(items) && a->s.n_marks < FORM_ITEMS; i++) {
		const json_t *o = json_array_get(items, i);
		struct review_mark *m = &a->marks[a->s.n_marks++];
		str_copy(m->item_key, sizeof(m->item_key), json_str(o, "item_key", ""));
		str_copy(m->remark, sizeof(m->remark), json_str(o, "remark", ""));
		m->deduct_centi = int_or(o, "deduct_centi", 0);
		m->is_na = json_bool(o, "is_na", false);
		m->from_ms = int_or(o, "from_ms", -1);
		m->to_ms = int_or(o, "to_ms", -1);
	}
	for (size_t i = 0; i < json_array_size(fatal) && a->s.n_fatals < FORM_FATALS; i++)
		a->fatals[a->s.n_fatals++] = json_string_value(json_array_get(fatal, i));
	a->s.marks = a->marks;
	a->s.fatals = a->fatals;
}

/* The score needs the form's marks too; the review is read again after the commit, without its
 * lists. */
static enum err reply_score(struct req *rq, struct reply *rp, int64_t id, const struct score *s,
                            struct why *why)
{
	CLEANUP(review_free) struct review *r = NULL;
	enum err e = review_load(req_db(rq), req_scope(rq), id, &r, why);
	if (e)
		return e;
	json_t *o = json_object();
	put_score(o, r->form, s);
	reply_json(rp, o);
	return ERR_OK;
}

/* A review outside the scope is not found, whosever it is. */
static enum err put_review(struct req *rq, struct reply *rp, struct why *why)
{
	CLEANUP(review_free) struct review *r = NULL;
	struct score score;
	struct saving a = { .s = { .id = req_id(rq, "id"),
		                   .inspector_id = req_person(rq),
		                   .now_utc_ms = req_now_utc_ms(rq),
		                   .remark = req_text(rq, "remark") },
		            .ret = &score };
	enum err e = review_load(req_db(rq), req_scope(rq), a.s.id, &r, why);
	if (e)
		return e;
	read_save(rq, &a);
	e = writer_do(req_writer(rq), LANE_NORMAL, write_save, &a, why);
	return e ? e : reply_score(rq, rp, a.s.id, &score, why);
}

/* ---- submitting ---- */

struct submitting {
	int64_t id, inspector_id, now_utc_ms;
	int day;
	struct audit audit;
	struct score *ret;
};

static enum err write_submit(struct tx *tx, const void *arg, struct why *why)
{
	const struct submitting *a = arg;
	enum err e = review_submit(tx, a->id, a->inspector_id, a->now_utc_ms, a->day, a->ret, why);
	return e ? e : audit_add(tx, &a->audit, why);
}

static enum err post_submit(struct req *rq, struct reply *rp, struct why *why)
{
	CLEANUP(review_free) struct review *r = NULL;
	struct score score;
	int64_t id = req_id(rq, "id");
	enum err e = review_load(req_db(rq), req_scope(rq), id, &r, why);
	if (e)
		return e;
	struct submitting a = { .id = id,
		                .inspector_id = req_person(rq),
		                .now_utc_ms = req_now_utc_ms(rq),
		                .day = zone_day(req_now_utc_ms(rq), req_env(rq)->zone),
		                .audit = req_audit(rq, "review.submit", "review", id),
		                .ret = &score };
	a.audit.unit_id = r->unit_id;
	e = writer_do(req_writer(rq), LANE_NORMAL, write_submit, &a, why);
	return e ? e : reply_score(rq, rp, id, &score, why);
}

static const struct route ROUTES[] = {
	{ HTTP_GET, "/api/v1/scorecards", get_scorecards, .perm = PERM_CALL_SEE, .list = FORM_ROW,
	  .zh = "评分表", .en = "Scorecards in effect" },
	{ HTTP_GET, "/api/v1/scorecards/{key}", get_scorecard, .perm = PERM_CALL_SEE,
	  .query = FORM_QUERY, .reply = FORM, .zh = "一张评分表",
	  .en = "One scorecard, now or in a version" },
	{ HTTP_GET, "/api/v1/review-queue", get_queue, .perm = PERM_REVIEW_DO, .query = QUEUE_QUERY,
	  .list = WAITING, .reply = WEEK, .zh = "待评通话",
	  .en = "Recorded calls that wait for a review, newest first" },
	{ HTTP_POST, "/api/v1/calls/{id}/reviews", post_review, .perm = PERM_REVIEW_DO,
	  .subject = "call", .body = OPEN_BODY, .reply = REVIEW, .zh = "打开评分",
	  .en = "Opens a review at full marks, or mine as it is" },
	{ HTTP_GET, "/api/v1/reviews/{id}", get_review, .perm = PERM_CALL_SEE, .subject = "review",
	  .reply = REVIEW, .zh = "一份评分", .en = "One review" },
	{ HTTP_PUT, "/api/v1/reviews/{id}", put_review, .perm = PERM_REVIEW_DO, .subject = "review",
	  .body = SAVE_BODY, .reply = SCORE, .zh = "保存评分",
	  .en = "Saves my draft and tells what it comes to" },
	{ HTTP_POST, "/api/v1/reviews/{id}/submit", post_submit, .perm = PERM_REVIEW_DO,
	  .subject = "review", .reply = SCORE, .zh = "提交评分",
	  .en = "Closes my review and writes score and verdict to the call" },
	ROUTE_END,
};

const struct api_area API_QUALITY = { .tag = "quality", .routes = ROUTES };
