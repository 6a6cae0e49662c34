/* What the data takes on the disk and how long the rest lasts; and the end of the certificate, told
 * to administrators before their browsers tell everybody. */
#include <inttypes.h>
#include <stdio.h>

#include "api/api.h"
#include "api/http_int.h"
#include "api/req_int.h"
#include "backup/sizes.h"

enum { DAY_MS = 86400 * 1000 };

static const struct field DAY[] = { F_INT("day", .doc = "local, yyyymmdd"), F_INT("recordings"),
	                            F_INT("bytes"), F_INT("talk_ms"), F_END };
static const struct field SIZES[] = {
	F_INT("now_utc_ms"),
	F_INT("database_bytes"),
	F_INT("recordings"),
	F_INT("recording_bytes"),
	F_INT("today_recordings"),
	F_INT("today_bytes"),
	F_INT("day_bytes", .null = true, .doc = "an ordinary day; null: no day to go by yet"),
	F_INT("minute_bytes", .null = true, .doc = "a minute of recorded talk"),
	F_INT("free_bytes"),
	F_INT("days_left", .null = true),
	F_INT("backup_utc_ms", .null = true, .doc = "the newest backup made on this machine"),
	F_BOOL("backup_has_files", .doc = "the recordings themselves are in it"),
	F_INT("certificate_end_utc_ms", .null = true),
	F_ARR("days", DAY, .doc = "days with recordings, oldest first"),
	F_END
};

static json_t *int_or_null(int64_t n, bool is_known)
{
	return is_known ? json_integer((json_int_t)n) : json_null();
}

static json_t *days_json(const struct sizes *s)
{
	json_t *days = json_array();
	for (int i = 0; i < s->n_days; i++)
		json_array_append_new(days,
		                      json_pack("{s:i, s:I, s:I, s:I}", "day", s->day[i].day,
		                                "recordings", (json_int_t)s->day[i].recordings,
		                                "bytes", (json_int_t)s->day[i].bytes, "talk_ms",
		                                (json_int_t)s->day[i].talk_ms));
	return days;
}

static enum err get_sizes(struct req *rq, struct reply *rp, struct why *why)
{
	const struct api_env *env = req_env(rq);
	const struct tls *tls = rq->api->tls;
	struct sizes s;
	enum err e = sizes_measure(req_db(rq), rq->api->cfg.db_url, env->data_dir, env->zone,
	                           req_now_utc_ms(rq), &s, why);
	if (e)
		return e;
	reply_json(
	    rp, json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:o, s:o, s:I, s:o, s:o, s:b, s:o, s:o}",
	                  "now_utc_ms", (json_int_t)req_now_utc_ms(rq), "database_bytes",
	                  (json_int_t)s.database_bytes, "recordings", (json_int_t)s.recordings,
	                  "recording_bytes", (json_int_t)s.recording_bytes, "today_recordings",
	                  (json_int_t)s.today_recordings, "today_bytes", (json_int_t)s.today_bytes,
	                  "day_bytes", int_or_null(s.day_bytes, s.day_bytes > 0), "minute_bytes",
	                  int_or_null(s.minute_bytes, s.minute_bytes > 0), "free_bytes",
	                  (json_int_t)s.free_bytes, "days_left",
	                  int_or_null(s.days_left, s.days_left >= 0), "backup_utc_ms",
	                  int_or_null(s.backup_utc_ms, s.backup_utc_ms > 0), "backup_has_files",
	                  s.backup_has_files, "certificate_end_utc_ms",
	                  int_or_null(tls ? tls_end_utc_ms(tls) : 0, tls != NULL), "days",
	                  days_json(&s)));
	return ERR_OK;
}

/* An administrator who opens a page learns it from 30 days before on. */
static enum err greet(struct req *rq, struct sse_stream *st, struct why *why)
{
	const struct tls *tls = rq->api->tls;
	char zh[160], en[160];
	if (!tls || !req_can(rq, PERM_SETTINGS_EDIT))
		return ERR_OK;
	int64_t left_ms = tls_end_utc_ms(tls) - req_now_utc_ms(rq);
	if (left_ms > TLS_WARN_MS)
		return ERR_OK;
	int64_t days = left_ms / DAY_MS;
	if (left_ms > 0) {
		snprintf(zh, sizeof zh,
		         "网页证书将在 %" PRId64 " 天后到期，请用 hujiao cert 生成新证书", days);
		snprintf(en, sizeof en,
		         "The page's certificate ends in %" PRId64
		         " days: make a new one with hujiao cert",
		         days);
	} else {
		snprintf(zh, sizeof zh,
		         "网页证书已到期，其他电脑可能打不开网页，请用 hujiao cert 生成新证书");
		snprintf(en, sizeof en,
		         "The page's certificate has ended, other PCs may not open the page: make "
		         "a new one "
		         "with hujiao cert");
	}
	json_t *n =
	    json_pack("{s:s, s:s, s:s, s:I, s:s}", "kind", "certificate", "text_zh", zh, "text_en",
	              en, "at_utc_ms", (json_int_t)req_now_utc_ms(rq), "link", "/settings/sizes");
	if (!n)
		return fail(why, E_NOMEM);
	sse_send(st, "notice", n);
	json_decref(n);
	return ERR_OK;
}

static const struct route ROUTES[] = {
	{ HTTP_GET, "/api/v1/sizes", get_sizes, .perm = PERM_SETTINGS_EDIT, .reply = SIZES,
	  .zh = "占用与可用天数", .en = "What the data takes, and how long the rest lasts" },
	ROUTE_END,
};

const struct api_area API_SIZES = { .tag = "sizes", .routes = ROUTES, .greet = greet };
