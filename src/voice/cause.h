/* voice/cause.h -- why a call ended, in our words (source: spec/domain.md 4.3, RFC 3398).
 *
 * Pure. The signal alone often cannot tell (many carriers collapse to 480): raw codes are kept in
 * the event too, and whoever hears the early media may know better. */
#ifndef VOICE_CAUSE_H
#define VOICE_CAUSE_H

#include <stdbool.h>
#include <stdint.h>

/* CAUSE(name, code in JSON and the database, Chinese, English) */
#define CAUSE_LIST(CAUSE) \
	CAUSE(NONE, "none", "无", "none") \
	CAUSE(NORMAL, "normal", "正常结束", "normal clearing") \
	CAUSE(BUSY, "busy", "通话中", "busy") \
	CAUSE(REJECTED, "rejected", "拒接", "rejected by the callee") \
	CAUSE(NO_ANSWER, "no_answer", "无人接听", "no answer") \
	CAUSE(CANCELLED, "cancelled", "主动取消", "cancelled before answer") \
	CAUSE(UNALLOCATED, "unallocated", "空号", "number not in use") \
	CAUSE(CHANGED, "changed", "改号", "number changed") \
	CAUSE(BAD_NUMBER, "bad_number", "号码格式不对", "number incomplete or invalid") \
	CAUSE(UNREACHABLE, "unreachable", "无法接通", "absent, switched off or unreachable") \
	CAUSE(BLOCKED, "blocked", "被拦截", "blocked by carrier or callee") \
	CAUSE(TRUNK_AUTH, "trunk_auth", "线路鉴权失败", "trunk refused our identity") \
	CAUSE(TRUNK_FAIL, "trunk_fail", "线路故障", "trunk failed") \
	CAUSE(TRUNK_SILENT, "trunk_silent", "线路无响应", "trunk did not respond") \
	CAUSE(TRUNK_LIMIT, "trunk_limit", "线路并发已满", "trunk is at its limit") \
	CAUSE(CODEC, "codec", "编码不支持", "no common codec") \
	CAUSE(REDIRECTED, "redirected", "被转移", "redirect refused") \
	CAUSE(MEDIA_LOST, "media_lost", "媒体中断", "media stopped") \
	CAUSE(EXTENSION, "extension", "对端要求不支持的扩展", \
	      "peer requires an unsupported extension") \
	CAUSE(WEB_LOST, "web_lost", "坐席网页断开", "browser lost") \
	CAUSE(SHUTDOWN, "shutdown", "系统停止", "server stopped") \
	CAUSE(OTHER, "other", "其他", "other")

enum cause {
#define CAUSE(name, code, zh, en) CAUSE_##name,
	CAUSE_LIST(CAUSE)
#undef CAUSE
	    CAUSE_COUNT
};

struct cause_in {
	int sip_code;         /* last final response, 0 = none (BYE, CANCEL, timeout) */
	int q850;             /* Reason: Q.850 ;cause=, 0 = none */
	bool is_answered;     /* there was a 200 */
	bool is_ours;         /* we cancelled or hung up */
	bool is_ring_timeout; /* we cancelled because it rang too long */
	int64_t ring_ms;      /* from the first 18x to the end; -1 = it never rang */
	int64_t setup_ms;     /* from INVITE to the end */
};

enum cause cause_of(const struct cause_in *in);

const char *cause_code(enum cause c);                  /* "no_answer"; static */
const char *cause_text(enum cause c, bool is_chinese); /* static */
enum cause cause_parse(const char *code);              /* unknown: CAUSE_OTHER */

/** The SIP status to refuse an incoming call with; RFC 3398 the other way round. */
int cause_sip(enum cause c);

#endif
