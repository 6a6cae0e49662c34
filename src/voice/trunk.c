/* Trunks: what they are, whether one more call fits, and who may call us through them. */
#include "voice/trunk.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "voice/voice_int.h"

struct trunk *trunk_find(struct voice *v, int64_t id)
{
	struct trunk *t = v->trunks;
	while (t && (t->cfg.id != id || t->is_removed))
		t = t->next;
	return t;
}

/* ---- settings ---- */

static bool is_source(const char *text, struct sa *ret, int *ret_bits)
{
	char addr[VOICE_HOST_BYTES];
	snprintf(addr, sizeof addr, "%s", text);
	char *slash = strchr(addr, '/');
	if (slash)
		*slash = '\0';
	if (sa_set_str(ret, addr, 0))
		return false;
	int all = sa_af(ret) == AF_INET ? 32 : 128;
	*ret_bits = slash ? atoi(slash + 1) : all;
	return *ret_bits >= 0 && *ret_bits <= all;
}

/* What goes into a SIP message as it is must not end a line or a header there. */
static bool is_token(const char *s)
{
	return s[strcspn(s, "\r\n\t \"<>;,@\\")] == '\0';
}

static enum err check(const struct trunk_cfg *c, struct why *why)
{
	struct sa sa;
	int bits;
	const char *const tokens[] = { c->host,           c->domain,        c->user,
		                       c->auth_user,      c->callee_prefix, c->caller_prefix,
		                       c->identity_number };
	if (c->id == 0)
		return fail(why, E_TRUNK_CFG, c->name, "id", "it is 0");
	if (!c->host[0])
		return fail(why, E_TRUNK_CFG, c->name, "host", "it is missing");
	for (size_t i = 0; i < ARRAY_SIZE(tokens); i++)
		if (!is_token(tokens[i]))
			return fail(why, E_TRUNK_CFG, c->name, tokens[i],
			            "it holds a character that SIP does not allow there");
	if (c->is_registered && !c->user[0])
		return fail(why, E_TRUNK_CFG, c->name, "user", "a registered trunk needs one");
	if (c->local_addr[0] && sa_set_str(&sa, c->local_addr, 0))
		return fail(why, E_TRUNK_CFG, c->name, "local_addr",
		            "it is no IPv4 or IPv6 address");
	for (int i = 0; i < TRUNK_SOURCES; i++)
		if (c->sources[i][0] && !is_source(c->sources[i], &sa, &bits))
			return fail(why, E_TRUNK_CFG, c->name, "sources",
			            "it holds no address or network");
	if (c->codec_count < 0 || c->codec_count > CODEC_COUNT)
		return fail(why, E_TRUNK_CFG, c->name, "codecs", "there are too many");
	if (c->max_cps > CPS_WINDOW)
		return fail(why, E_TRUNK_CFG, c->name, "max_cps", "256 is the most");
	return ERR_OK;
}

static void fill_defaults(const struct voice *v, struct trunk_cfg *c)
{
	if (!c->auth_user[0])
		snprintf(c->auth_user, sizeof c->auth_user, "%s", c->user);
	if (!c->local_addr[0])
		snprintf(c->local_addr, sizeof c->local_addr, "%s", v->cfg.sip_addr);
	if (!c->country[0])
		snprintf(c->country, sizeof c->country, "86");
	if (c->codec_count == 0) {
		c->codecs[0] = CODEC_PCMA;
		c->codecs[1] = CODEC_PCMU;
		c->codec_count = 2;
	}
	c->register_s = c->register_s > 0 ? c->register_s : 300;
	c->options_s = c->options_s ? c->options_s : 30;
}

/* The trunk's own stack, the one it can share, or a new one. */
static enum err find_endpoint(struct voice *v, const struct trunk_cfg *c, struct endpoint **ret,
                              struct why *why)
{
	bool is_tls = c->transport == TRUNK_TLS;
	struct endpoint **tail = &v->endpoints;
	for (; *tail; tail = &(*tail)->next) {
		struct endpoint *ep = *tail;
		bool is_same = strcmp(ep->addr, c->local_addr) == 0 &&
		               (c->local_port == 0 || c->local_port == ep->port);
		if (is_same && ep->tls_trunk == 0 && !is_tls) {
			*ret = ep;
			return ERR_OK;
		}
	}
	enum err e = endpoint_new(v, c->local_addr, c->local_port, is_tls ? c : NULL, tail, why);
	if (!e)
		*ret = *tail;
	return e;
}

static void unlink_trunk(struct trunk *t)
{
	struct trunk **p = &t->v->trunks;
	while (*p != t)
		p = &(*p)->next;
	*p = t->next;
	free(t);
}

static void retire(struct trunk *t)
{
	trunk_alive_stop(t);
	t->is_removed = true;
	if (t->status.calls_now == 0)
		unlink_trunk(t);
}

enum err trunk_set(struct voice *v, const struct trunk_cfg *cfg, struct why *why)
{
	enum err e = check(cfg, why);
	if (e)
		return e;
	struct trunk *t = calloc(1, sizeof *t);
	if (!t)
		return fail(why, E_NOMEM);
	t->v = v;
	t->cfg = *cfg;
	fill_defaults(v, &t->cfg);
	tmr_init(&t->options_tmr);
	tmr_init(&t->options_wait);
	e = find_endpoint(v, &t->cfg, &t->ep, why);
	if (e) {
		free(t);
		return e;
	}
	struct trunk *old = trunk_find(v, cfg->id);
	if (old)
		retire(old);
	t->next = v->trunks;
	v->trunks = t;
	t->status.since_utc_ms = clock_utc_ms();
	return trunk_alive_start(t, why);
}

void trunk_remove(struct voice *v, int64_t trunk_id)
{
	struct trunk *t = trunk_find(v, trunk_id);
	if (t)
		retire(t);
}

void trunk_remove_all(struct voice *v)
{
	struct trunk *next;
	for (struct trunk *t = v->trunks; t; t = next) {
		next = t->next;
		if (!t->is_removed)
			retire(t);
	}
}

void trunks_free(struct voice *v)
{
	while (v->trunks) {
		trunk_alive_stop(v->trunks);
		unlink_trunk(v->trunks);
	}
}

/* ---- state ---- */

void trunk_state(struct trunk *t, enum trunk_state state, int sip_code, const char *text)
{
	bool is_new = t->status.state != state;
	t->status.last_sip_code = sip_code;
	snprintf(t->status.text, sizeof t->status.text, "%s", state == TRUNK_UP ? "" : text);
	if (!is_new)
		return;
	t->status.state = state;
	t->status.since_utc_ms = clock_utc_ms();
	log_info("voice", state == TRUNK_UP ? "trunk_up" : "trunk_down", LOG_ID("trunk", t->cfg.id),
	         LOG_I("sip", sip_code), LOG_S("why", t->status.text));
	struct trunk_event ev = { t->cfg.id, t->status };
	if (t->v->handlers.on_trunk_event)
		t->v->handlers.on_trunk_event(t->v->ctx, &ev);
}

enum err trunk_status(struct voice *v, int64_t trunk_id, struct trunk_status *ret, struct why *why)
{
	struct trunk *t = trunk_find(v, trunk_id);
	if (!t)
		return fail(why, E_TRUNK_NONE);
	*ret = t->status;
	return ERR_OK;
}

static int cps_now(const struct trunk *t, int64_t now_ms)
{
	int n = 0;
	while (n < CPS_WINDOW && (unsigned)n < t->dialed_n &&
	       now_ms - t->dialed_ms[(t->dialed_n - 1 - (unsigned)n) % CPS_WINDOW] < 1000)
		n++;
	return n;
}

void trunk_tell_all(struct voice *v, trunk_tell_fn *fn, void *ctx)
{
	int64_t now_ms = clock_mono_ms();
	for (const struct trunk *t = v->trunks; t; t = t->next)
		if (!t->is_removed)
			fn(ctx, &t->cfg, &t->status, cps_now(t, now_ms));
}

static enum err may_start(const struct trunk *t, int waiting, int64_t now_ms, struct why *why)
{
	const struct trunk_cfg *c = &t->cfg;
	if (t->status.state == TRUNK_DOWN)
		return fail(why, E_TRUNK_DOWN, c->name, t->status.text);
	if (c->max_calls > 0 && t->status.calls_now + waiting >= c->max_calls)
		return fail(why, E_TRUNK_CALLS, c->name, c->max_calls);
	/* In every second, not on average. */
	if (c->max_cps > 0 && cps_now(t, now_ms) + waiting >= c->max_cps)
		return fail(why, E_TRUNK_CPS, c->name, c->max_cps);
	return ERR_OK;
}

enum err trunk_can_dial(struct voice *v, int64_t trunk_id, int waiting, struct why *why)
{
	struct trunk *t = trunk_find(v, trunk_id);
	return t ? may_start(t, waiting, clock_mono_ms(), why) : fail(why, E_TRUNK_NONE);
}

enum err trunk_take(struct trunk *t, struct why *why)
{
	int64_t now_ms = clock_mono_ms();
	enum err e = may_start(t, 0, now_ms, why);
	if (e)
		return e;
	t->dialed_ms[t->dialed_n++ % CPS_WINDOW] = now_ms;
	t->status.calls_now++;
	return ERR_OK;
}

void trunk_call_over(struct trunk *t)
{
	t->status.calls_now--;
	if (t->is_removed && t->status.calls_now == 0)
		unlink_trunk(t);
}

/* ---- who may call us ---- */

static bool is_inside(const struct sa *a, const struct sa *net, int bits)
{
	if (sa_af(a) != sa_af(net))
		return false;
	const uint8_t *x = sa_af(a) == AF_INET ? (const uint8_t *)&a->u.in.sin_addr
	                                       : (const uint8_t *)&a->u.in6.sin6_addr;
	const uint8_t *y = sa_af(a) == AF_INET ? (const uint8_t *)&net->u.in.sin_addr
	                                       : (const uint8_t *)&net->u.in6.sin6_addr;
	for (int i = 0; i < bits; i += 8) {
		uint8_t mask = bits - i >= 8 ? 0xff : (uint8_t)(0xff << (8 - (bits - i)));
		if ((x[i / 8] ^ y[i / 8]) & mask)
			return false;
	}
	return true;
}

static bool is_allowed(const struct trunk *t, const struct sa *src)
{
	bool has_list = false;
	struct sa net;
	int bits;
	for (int i = 0; i < TRUNK_SOURCES; i++) {
		if (!t->cfg.sources[i][0])
			continue;
		has_list = true;
		if (is_source(t->cfg.sources[i], &net, &bits) && is_inside(src, &net, bits))
			return true;
	}
	if (has_list)
		return false;
	if (sa_set_str(&net, t->cfg.host, 0) == 0)
		return sa_cmp(&net, src, SA_ADDR);
	for (int i = 0; i < t->learned_n; i++)
		if (sa_cmp(&t->learned[i], src, SA_ADDR))
			return true;
	return false;
}

void trunk_learn(struct trunk *t, const struct sa *src)
{
	for (int i = 0; i < t->learned_n; i++)
		if (sa_cmp(&t->learned[i], src, SA_ADDR))
			return;
	if (t->learned_n < (int)ARRAY_SIZE(t->learned))
		t->learned[t->learned_n++] = *src;
}

bool trunk_knows(struct endpoint *ep, const struct sa *src)
{
	for (const struct trunk *t = ep->v->trunks; t; t = t->next)
		if (t->ep == ep && is_allowed(t, src))
			return true;
	return false;
}

struct trunk *trunk_by_source(struct endpoint *ep, const struct sip_msg *msg)
{
	struct trunk *found = NULL;
	for (struct trunk *t = ep->v->trunks; t; t = t->next) {
		if (t->ep != ep || !is_allowed(t, &msg->src))
			continue;
		/* Two accounts at one carrier: its request names the contact we registered. */
		if (t->cfg.user[0] && pl_strcmp(&msg->uri.user, t->cfg.user) == 0 && !t->is_removed)
			return t;
		if (!found || found->is_removed)
			found = t;
	}
	return found;
}

/* ---- how it is written ---- */

static const char *const TRANSPORT_PARAM[] = {
	[TRUNK_UDP] = "", [TRUNK_TCP] = ";transport=tcp", [TRUNK_TLS] = ";transport=tls"
};

static void host_port(const struct trunk *t, char *buf, size_t size)
{
	bool is_v6 = strchr(t->cfg.host, ':') != NULL;
	int n = snprintf(buf, size, is_v6 ? "[%s]" : "%s", t->cfg.host);
	if (t->cfg.port > 0 && n > 0 && (size_t)n < size)
		snprintf(buf + n, size - (size_t)n, ":%d", t->cfg.port);
}

static bool has_own_domain(const struct trunk *t)
{
	return t->cfg.domain[0] && strcmp(t->cfg.domain, t->cfg.host) != 0;
}

void trunk_uri(const struct trunk *t, const char *user, char *buf, size_t size)
{
	char host[160];
	if (has_own_domain(t))
		snprintf(host, sizeof host, "%s", t->cfg.domain);
	else
		host_port(t, host, sizeof host);
	snprintf(buf, size, "sip:%s%s%s%s", user, user[0] ? "@" : "", host,
	         TRANSPORT_PARAM[t->cfg.transport]);
}

const char *trunk_route(const struct trunk *t, char *buf, size_t size)
{
	char host[160];
	if (!has_own_domain(t))
		return NULL;
	host_port(t, host, sizeof host);
	snprintf(buf, size, "sip:%s;lr%s", host, TRANSPORT_PARAM[t->cfg.transport]);
	return buf;
}

const char *trunk_advertised(const struct trunk *t)
{
	if (t->cfg.advertise[0])
		return t->cfg.advertise;
	return strcmp(t->cfg.local_addr, t->v->cfg.sip_addr) == 0 ? t->v->cfg.advertise
	                                                          : t->cfg.local_addr;
}

void trunk_contact(const struct trunk *t, const char *user, char *buf, size_t size)
{
	const char *addr = trunk_advertised(t);
	bool is_v6 = strchr(addr, ':') != NULL;
	if (t->ep->port == 0) /* TLS: libre knows the port */
		snprintf(buf, size, "%s", user);
	else
		snprintf(buf, size, is_v6 ? "sip:%s@[%s]:%d%s" : "sip:%s@%s:%d%s", user, addr,
		         t->ep->port, TRANSPORT_PARAM[t->cfg.transport]);
}
