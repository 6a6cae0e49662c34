/* The door in front of the SIP stacks. UDP packets are judged before libre parses them; streams
 * when they are accepted, and by their requests. */
#include "voice/door.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/metric.h"
#include "voice/voice_int.h"

enum {
	ROOM = 4096,
	BURST = 10,
	PER_HOUR = 60,
	FACTOR = 4,
	MINUTE_MS = 60 * 1000,
	HOUR_MS = 60 * MINUTE_MS,
	/* A line may send so many requests at once and a second before it counts as a flood: ten
	 * times what the largest of them carries. */
	LINE_BURST = 5000,
	LINE_PER_S = 1000,
	HEAD_BYTES = 1500,
};

static const struct {
	const char *code, *zh, *en;
} WHYS[DOOR_WHY_COUNT] = {
#define X(name, code, zh, en) { code, zh, en },
	DOOR_WHY_LIST(X)
#undef X
};

const char *door_why_code(int why)
{
	return WHYS[why].code;
}

const char *door_why_zh(int why)
{
	return WHYS[why].zh;
}

const char *door_why_en(int why)
{
	return WHYS[why].en;
}

/* ---- judging ---- */

static bool begins(const uint8_t *p, size_t n, const char *word)
{
	size_t len = strlen(word);
	return n >= len && memcmp(p, word, len) == 0;
}

static bool has(const uint8_t *p, size_t n, const char *word)
{
	return memmem(p, n < HEAD_BYTES ? n : HEAD_BYTES, word, strlen(word)) != NULL;
}

static bool is_request(const uint8_t *p, size_t n)
{
	const uint8_t *end = memchr(p, '\r', n < HEAD_BYTES ? n : HEAD_BYTES);
	if (!end)
		end = memchr(p, '\n', n < HEAD_BYTES ? n : HEAD_BYTES);
	return end && end - p > 8 && memcmp(end - 8, " SIP/2.0", 8) == 0;
}

enum door_why door_judge(const uint8_t *p, size_t n)
{
	if (!is_request(p, n))
		return DOOR_MALFORMED;
	if (begins(p, n, "REGISTER ") || has(p, n, "\nAuthorization:") ||
	    has(p, n, "\nProxy-Authorization:"))
		return DOOR_GUESS;
	if (begins(p, n, "OPTIONS ") || has(p, n, "friendly-scanner") || has(p, n, "sipvicious"))
		return DOOR_SCAN;
	return DOOR_UNKNOWN;
}

/* What no stranger's request can be: an answer (only one that fits a request of ours has any
 * effect), STUN, the empty lines that keep a way through a router open. */
static bool is_harmless(const uint8_t *p, size_t n)
{
	return begins(p, n, "SIP/2.0 ") || n <= 4 || p[0] < 4;
}

/* ---- bans ---- */

static struct ban_key key_of(const struct sa *src)
{
	char text[INET6_ADDRSTRLEN];
	struct ban_key k;
	if (re_snprintf(text, sizeof text, "%j", src) < 0 || !ban_key_addr(text, &k))
		memset(&k, 0, sizeof k);
	return k;
}

static void tell(const struct ban_key *k, enum door_why why, int64_t left_ms)
{
	char text[BAN_KEY_TEXT];
	metric_add(M_BANS_MADE, 0, 1);
	log_warn("voice", "address_shut_out", LOG_S("addr", ban_key_show(k, text)),
	         LOG_S("for", door_why_code((int)why)), LOG_I("seconds", left_ms / 1000));
}

/* In the order of the metric's words. */
enum refused { REFUSED_UNKNOWN, REFUSED_BANNED, REFUSED_FLOOD, REFUSED_MALFORMED };

static void refuse(struct voice *v, const struct sa *src, enum door_why why)
{
	int64_t now_ms = clock_mono_ms();
	struct ban_key k = key_of(src);
	enum ban_verdict is = bans_offend(v->bans, &k, why == DOOR_GUESS ? 2 : 1, (int)why, now_ms);
	atomic_fetch_add(&v->refused, 1);
	metric_add(M_SIP_REFUSED,
	           is == BAN_HOLDS         ? REFUSED_BANNED
	           : why == DOOR_MALFORMED ? REFUSED_MALFORMED
	                                   : REFUSED_UNKNOWN,
	           1);
	if (is == BAN_BEGINS)
		tell(&k, why, bans_left_ms(v->bans, &k, now_ms));
}

/* Whether a known party sends more than any line does. */
static bool is_flood(struct voice *v, const struct sa *src)
{
	int64_t now_ms = clock_mono_ms();
	struct ban_key k = key_of(src);
	enum ban_verdict is = bans_offend(v->line_floods, &k, 1, DOOR_FLOOD, now_ms);
	if (is == BAN_TOLERATED)
		return false;
	metric_add(M_SIP_REFUSED, REFUSED_FLOOD, 1);
	if (is == BAN_BEGINS)
		tell(&k, DOOR_FLOOD, bans_left_ms(v->line_floods, &k, now_ms));
	return true;
}

/* ---- packets ---- */

static bool is_known(struct endpoint *ep, const struct sa *src)
{
	return trunk_knows(ep, src) || phone_knows(ep->v, src);
}

static bool received(struct sa *src, struct mbuf *mb, void *arg)
{
	struct endpoint *ep = arg;
	const uint8_t *p = mbuf_buf(mb);
	size_t n = mbuf_get_left(mb);
	if (is_harmless(p, n))
		return false;
	if (is_known(ep, src))
		return is_flood(ep->v, src);
	refuse(ep->v, src, door_judge(p, n));
	return true;
}

void door_watch(struct endpoint *ep, const struct sip_msg *msg)
{
	/* libre shows its UDP socket with the first message only. */
	if (!ep->helper && msg->tp == SIP_TRANSP_UDP && msg->sock)
		(void)udp_register_helper(&ep->helper, msg->sock, -100, NULL, received, ep);
}

/* An answer to nothing, from ourselves: libre hands it to its listeners, and its socket with it. */
void door_knock(struct endpoint *ep)
{
	static const char ANSWER[] =
	    "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP localhost;branch=z9hG4bKdoor\r\n"
	    "From: <sip:door@localhost>;tag=1\r\nTo: <sip:door@localhost>;tag=2\r\n"
	    "Call-ID: door\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
	struct sa to;
	if (ep->port == 0 || sa_set_str(&to, ep->addr, (uint16_t)ep->port))
		return;
	if (sa_is_any(&to))
		sa_set_str(&to, sa_af(&to) == AF_INET ? "127.0.0.1" : "::1", (uint16_t)ep->port);
	int fd = socket(sa_af(&to), SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	(void)sendto(fd, ANSWER, sizeof ANSWER - 1, 0, &to.u.sa, to.len);
	(void)close(fd);
}

bool door_admits(struct endpoint *ep, const struct sip_msg *msg)
{
	door_watch(ep, msg);
	if (is_known(ep, &msg->src))
		return true;
	refuse(ep->v, &msg->src,
	       msg->tp == SIP_TRANSP_UDP ? door_judge(msg->mb->buf, msg->mb->end) : DOOR_UNKNOWN);
	return false;
}

/* ---- streams ---- */

static _Thread_local struct voice *accepting;

void door_stand(struct voice *v)
{
	accepting = v;
}

static bool may_connect(struct voice *v, const struct sa *src)
{
	int64_t now_ms = clock_mono_ms();
	struct ban_key k = key_of(src);
	for (struct endpoint *ep = v->endpoints; ep; ep = ep->next) {
		if (is_known(ep, src))
			return true;
	}
	if (bans_left_ms(v->bans, &k, now_ms) == 0 &&
	    bans_offend(v->bans, &k, 1, DOOR_CONNECT, now_ms) == BAN_TOLERATED)
		return true;
	metric_add(M_SIP_REFUSED, REFUSED_BANNED, 1);
	return false;
}

/* libre accepts whoever connects and keeps him for minutes; it has no hook before. A definition in
 * the executable takes the place of libc's: on a signalling loop strangers who are shut out are
 * closed at once, everybody else's accept() is as ever. */
int accept(int fd, __SOCKADDR_ARG addr, socklen_t *restrict len)
{
	struct sockaddr_storage ss;
	socklen_t n = sizeof ss;
	struct sa src;
	if (!accepting)
		return accept4(fd, addr, len, 0);
	int got = accept4(fd, (struct sockaddr *)&ss, &n, 0);
	if (got < 0)
		return got;
	if (sa_set_sa(&src, (struct sockaddr *)&ss) == 0 && !may_connect(accepting, &src)) {
		(void)close(got);
		errno = ECONNABORTED;
		return -1;
	}
	if (addr.__sockaddr__ && len) {
		memcpy(addr.__sockaddr__, &ss, *len < n ? *len : n);
		*len = n;
	}
	return got;
}

/* ---- from above ---- */

static struct ban_rule rule_of(const struct door_rule *r)
{
	return (struct ban_rule){ .burst = r->burst,
		                  .per_hour = PER_HOUR,
		                  .first_ms = r->first_ms,
		                  .factor = FACTOR,
		                  .longest_ms = r->longest_ms,
		                  .forget_ms = 24 * (int64_t)HOUR_MS };
}

/* A line's excess is dropped for a second only, unless lines are to be shut out as strangers are.
 */
static struct ban_rule line_rule_of(const struct door_rule *r)
{
	struct ban_rule b = rule_of(r);
	b.burst = LINE_BURST;
	b.per_hour = LINE_PER_S * 3600;
	if (!r->with_lines) {
		b.first_ms = b.longest_ms = 1000;
		b.factor = 1;
	}
	return b;
}

static const struct door_rule FIRST = { BURST, 5 * (int64_t)MINUTE_MS, 24 * (int64_t)HOUR_MS,
	                                false };

enum err door_new(struct voice *v, struct why *why)
{
	struct ban_rule strangers = rule_of(&FIRST), lines = line_rule_of(&FIRST);
	enum err e = bans_new(ROOM, &strangers, &v->bans, why);
	return e ? e : bans_new(ROOM / 8, &lines, &v->line_floods, why);
}

void door_free(struct voice *v)
{
	if (accepting == v)
		accepting = NULL;
	bans_free(&v->bans);
	bans_free(&v->line_floods);
}

void voice_door_rule(struct voice *v, const struct door_rule *rule)
{
	struct ban_rule strangers = rule_of(rule), lines = line_rule_of(rule);
	bans_set_rule(v->bans, &strangers);
	bans_set_rule(v->line_floods, &lines);
}

void voice_door_each(struct voice *v, ban_fn *fn, void *ctx)
{
	int64_t now_ms = clock_mono_ms();
	bans_each(v->bans, now_ms, fn, ctx);
	bans_each(v->line_floods, now_ms, fn, ctx);
}

bool voice_door_lift(struct voice *v, const struct ban_key *k)
{
	int64_t now_ms = clock_mono_ms();
	bool was = bans_lift(v->bans, k, now_ms);
	return bans_lift(v->line_floods, k, now_ms) || was;
}
