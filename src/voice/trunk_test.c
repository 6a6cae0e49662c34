/* 试拨: one call to a colleague, drawn as a ladder, with a sentence on what happened. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "voice/voice_int.h"

enum { TONE_MS = 2000, OVER_MS = 10000 };

struct ladder {
	struct trunk_test test;
	trunk_test_fn *done;
	void *ctx;
	struct voice *v;
	int64_t leg, start_ms;
	int64_t timer;
	bool is_answered, has_audio, is_early;
	int64_t packets;
};

static struct ladder_row *add_row(struct ladder *t, bool is_sent)
{
	if (t->test.rows == LADDER_ROWS)
		return NULL;
	struct ladder_row *r = &t->test.row[t->test.rows++];
	r->at_ms = clock_mono_ms() - t->start_ms;
	r->is_sent = is_sent;
	return r;
}

/* Runs of seven digits and more lose their middle: 138****5678. Addresses have dots and stay. */
static void mask_numbers(char *s)
{
	while (*s) {
		size_t n = strspn(s, "0123456789");
		for (size_t i = 3; n >= 7 && i < n - 4; i++)
			s[i] = '*';
		s += n ? n : 1;
	}
}

static bool has_line(const uint8_t *p, size_t n, const char *what)
{
	return memmem(p, n, what, strlen(what)) != NULL;
}

void ladder_packet(struct leg *l, bool is_sent, const uint8_t *p, size_t n)
{
	struct ladder_row *r = add_row(l->ladder, is_sent);
	if (!r)
		return;
	const uint8_t *eol = memchr(p, '\r', n);
	size_t line = eol ? (size_t)(eol - p) : n;
	const char *sdp = "";
	if (has_line(p, n, "\r\nv=0") || has_line(p, n, "\nv=0"))
		sdp = has_line(p, n, "PCMA/8000") || has_line(p, n, "RTP/AVP 8") ? " (SDP PCMA)"
		                                                                 : " (SDP)";
	snprintf(r->text, sizeof r->text, "%.*s%s", (int)(line > 90 ? 90 : line), (const char *)p,
	         sdp);
	mask_numbers(r->text);
}

/* ---- verdict ---- */

static const struct {
	enum cause cause;
	const char *zh, *en;
} ADVICE[] = {
	{ CAUSE_TRUNK_SILENT, "线路没有任何回应：请核对地址、端口、传输方式和防火墙。",
	  "The trunk did not answer at all: check address, port, transport and firewall." },
	{ CAUSE_TRUNK_AUTH, "线路拒绝了我们的身份：请核对用户名、密码和主叫号码。",
	  "The trunk refused our identity: check user, password and caller number." },
	{ CAUSE_TRUNK_FAIL, "线路报告故障或无可用资源：请联系运营商。",
	  "The trunk reports a failure or no free lines: ask the carrier." },
	{ CAUSE_CODEC, "没有双方都支持的语音编码：请启用 G.711 A 律（PCMA）。",
	  "There is no codec both sides know: enable G.711 A-law (PCMA)." },
	{ CAUSE_UNALLOCATED, "对方报告空号：请核对被叫号码格式和前缀。",
	  "The number is reported as not in use: check the callee format and prefix." },
	{ CAUSE_BAD_NUMBER, "被叫号码格式不被接受：请核对号码格式和前缀。",
	  "The number's form was refused: check the callee format and prefix." },
	{ CAUSE_BLOCKED, "呼叫被拦截：请核对主叫号码是否已在线路上报备。",
	  "The call was blocked: check that the caller number is allowed on this trunk." },
	{ CAUSE_BUSY, "线路正常，对方正忙。", "The trunk works; the callee is busy." },
	{ CAUSE_REJECTED, "线路正常，对方拒接。",
	  "The trunk works; the callee rejected the call." },
	{ CAUSE_NO_ANSWER, "线路正常，对方无人接听。", "The trunk works; nobody answered." },
	{ CAUSE_UNREACHABLE, "线路有回应，但对方无法接通。",
	  "The trunk answers, but the callee cannot be reached." },
	{ CAUSE_EXTENSION,
	  "线路要求本系统不支持的 SIP 扩展：请在运营商侧关闭，或在前面放置 Kamailio。",
	  "The trunk demands a SIP extension we do not speak: have it switched off, or put "
	  "Kamailio in front." },
	{ CAUSE_REDIRECTED, "线路要求转移到别的地址，已拒绝：可在线路设置中允许。",
	  "The trunk redirected the call, which was refused: it can be allowed in the trunk's "
	  "settings." },
};

static void set_verdict(struct trunk_test *t, const char *zh, const char *en)
{
	snprintf(t->verdict_zh, sizeof t->verdict_zh, "%s", zh);
	snprintf(t->verdict_en, sizeof t->verdict_en, "%s", en);
}

static void judge(struct ladder *t)
{
	struct trunk_test *r = &t->test;
	if (t->is_answered && t->has_audio) {
		r->is_good = true;
		r->cause = CAUSE_NORMAL;
		set_verdict(r, "线路正常：已接通，双向语音已建立。",
		            "The trunk works: answered, and audio arrives.");
		return;
	}
	if (t->is_answered) {
		r->cause = CAUSE_MEDIA_LOST;
		set_verdict(r, "已接通但收不到对方语音：请核对对外地址、RTP 端口范围和防火墙。",
		            "Answered, but no audio arrives: check the advertised address, RTP "
		            "ports and firewall.");
		return;
	}
	r->is_good =
	    r->cause == CAUSE_BUSY || r->cause == CAUSE_REJECTED || r->cause == CAUSE_NO_ANSWER;
	for (size_t i = 0; i < ARRAY_SIZE(ADVICE); i++) {
		if (ADVICE[i].cause == r->cause) {
			set_verdict(r, ADVICE[i].zh, ADVICE[i].en);
			return;
		}
	}
	set_verdict(r, cause_text(r->cause, true), cause_text(r->cause, false));
}

static void time_is_up(struct voice *v, void *arg)
{
	struct ladder *t = arg;
	t->timer = 0;
	struct leg *l = leg_find(v, t->leg);
	if (!l)
		return;
	l->is_ours = true;
	leg_end(l, CAUSE_NORMAL, ENDED_BY_US);
}

static void finish(struct ladder *t)
{
	voice_timer_cancel(t->v, t->timer);
	t->v->tests_running--;
	judge(t);
	t->done(t->ctx, &t->test);
	free(t);
}

static void count_audio(void *ctx, int64_t leg, const struct leg_stats *s)
{
	struct voice *v = ctx;
	struct leg *l = leg_find(v, leg);
	if (!l || !l->ladder)
		return;
	struct ladder_row *r = add_row(l->ladder, false);
	if (r)
		snprintf(r->text, sizeof r->text, "RTP: %lld packets in, %lld lost, jitter %d ms",
		         (long long)s->rx_packets, (long long)s->rx_lost, s->jitter_us / 1000);
	l->is_ours = true;
	leg_end(l, CAUSE_NORMAL, ENDED_BY_US);
}

static void tone_over(struct voice *v, void *arg)
{
	struct ladder *t = arg;
	t->timer = voice_timer(v, 1000, time_is_up, t);
	struct leg *l = leg_find(v, t->leg);
	if (l)
		media_ask_stats(v->media, l->media, count_audio, v);
}

void ladder_event(struct leg *l, const struct leg_event *ev)
{
	struct ladder *t = l->ladder;
	switch ((int)ev->kind) {
	case LEG_EV_EARLY_MEDIA:
		t->is_early = true;
		break;
	case LEG_EV_ANSWERED:
		t->is_answered = true;
		voice_timer_cancel(t->v, t->timer);
		t->timer = voice_timer(t->v, TONE_MS, tone_over, t);
		media_tone(t->v->media, l->media, TONE_TEST, TONE_MS);
		break;
	case LEG_EV_FIRST_AUDIO:
		t->has_audio = true;
		break;
	case LEG_EV_ENDED:
		t->test.cause = ev->cause;
		l->ladder = NULL;
		finish(t);
		break;
	default:
		break;
	}
}

enum err trunk_test(struct voice *v, int64_t trunk_id, const char *to_e164, const char *caller_e164,
                    int ring_timeout_ms, trunk_test_fn *done, void *ctx, struct why *why)
{
	struct trunk *trunk = trunk_find(v, trunk_id);
	if (!trunk)
		return fail(why, E_TRUNK_NONE);
	struct ladder *t = calloc(1, sizeof *t);
	if (!t)
		return fail(why, E_NOMEM);
	*t = (struct ladder){ .done = done, .ctx = ctx, .v = v, .start_ms = clock_mono_ms() };
	t->test.trunk_id = trunk_id;
	struct dial d = { trunk_id, to_e164, caller_e164, ring_timeout_ms, 0 };
	struct leg *l;
	enum err e = sip_dial(v, trunk, &d, &l, why);
	if (e) {
		free(t);
		return e;
	}
	l->ladder = t;
	t->leg = l->id;
	v->tests_running++;
	struct ladder_row *r = add_row(t, true); /* it left before anybody drew */
	snprintf(r->text, sizeof r->text, "INVITE %.90s:%d (SDP)", trunk->cfg.host,
	         trunk->cfg.port);
	t->timer = voice_timer(v, ring_timeout_ms + OVER_MS - 2000, time_is_up, t);
	return ERR_OK;
}
