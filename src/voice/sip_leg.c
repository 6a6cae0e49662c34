/* SIP calls: INVITE both ways, answers, hold by the peer, session refreshes, and how they end. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "voice/voice_int.h"

enum { NO_ANSWER_MS = 4000, RING_MS = 30000, ANSWERED_CODE = 200 };

static const char CTYPE[] = "application/sdp";
static const char CALL_HDR[] = "X-Hujiao-Call";
static const char ALLOW_HDR[] = "Allow: INVITE,ACK,BYE,CANCEL,UPDATE,INFO,OPTIONS\r\n";

/* "Q.850;cause=17;text=..." (RFC 3326) */
int sip_q850(const struct sip_msg *msg)
{
	const struct sip_hdr *h = msg ? sip_msg_hdr(msg, SIP_HDR_REASON) : NULL;
	struct pl cause;
	if (!h || h->val.l < 5 || strncasecmp(h->val.p, "Q.850", 5) != 0 ||
	    re_regex(h->val.p, h->val.l, "cause[ ]*=[ ]*[0-9]+", NULL, NULL, &cause))
		return 0;
	return (int)pl_u32(&cause);
}

/* ---- the end ---- */

static enum cause find_cause(const struct leg *l)
{
	int64_t now = clock_mono_ms();
	struct cause_in in = {
		.sip_code = l->last_code >= 300 ? l->last_code : 0,
		.q850 = l->q850,
		.is_answered = l->is_answered,
		.is_ours = l->is_ours,
		.is_ring_timeout = l->is_ring_timeout,
		.ring_ms = l->ringing_ms < 0 ? -1 : now - l->ringing_ms,
		.setup_ms = now - l->started_ms,
	};
	return cause_of(&in);
}

static void on_close(int err, const struct sip_msg *msg, void *arg)
{
	struct leg *l = arg;
	l->sess = mem_deref(l->sess);
	if (l->state == LS_ENDING)
		return;
	if (msg) {
		l->last_code = msg->scode;
		l->q850 = sip_q850(msg);
	}
	/* ECONNRESET without a message is how libre tells of a BYE or CANCEL. */
	bool is_bye = !msg && err == ECONNRESET;
	if (is_bye && !l->is_answered && !l->is_outbound)
		leg_end(l, CAUSE_CANCELLED, ENDED_BY_PEER);
	else if (is_bye && l->is_answered)
		leg_end(l, CAUSE_NORMAL, ENDED_BY_PEER);
	else if (l->is_answered)
		leg_end(l, err == EBADMSG || err == ENOTSUP ? CAUSE_CODEC : CAUSE_MEDIA_LOST,
		        ENDED_BY_NETWORK);
	else if (err == EBADMSG || err == ENOTSUP)
		leg_end(l, CAUSE_CODEC, ENDED_BY_NETWORK);
	else
		leg_end(l, find_cause(l),
		        msg && msg->scode < 500 ? ENDED_BY_PEER : ENDED_BY_NETWORK);
}

static const char *reason_of(int code)
{
	static const struct {
		int code;
		const char *text;
	} TEXTS[] = {
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 410, "Gone" },
		{ 420, "Bad Extension" },
		{ 480, "Temporarily Unavailable" },
		{ 484, "Address Incomplete" },
		{ 486, "Busy Here" },
		{ 488, "Not Acceptable Here" },
		{ 503, "Service Unavailable" },
		{ 603, "Decline" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(TEXTS); i++)
		if (TEXTS[i].code == code)
			return TEXTS[i].text;
	return "Rejected";
}

void sip_drop(struct leg *l)
{
	if (l->invite) {
		int code = cause_sip(l->cause);
		sip_treply(NULL, l->ep->sip, l->invite, (uint16_t)code, reason_of(code));
		l->invite = mem_deref((void *)(uintptr_t)l->invite);
	}
	if (l->sess && !l->is_outbound && !l->is_answered) {
		int code = cause_sip(l->cause);
		sipsess_reject(l->sess, (uint16_t)code, reason_of(code), NULL);
	}
	l->sess = mem_deref(l->sess); /* BYE or CANCEL, as the state needs */
	l->sdp = mem_deref(l->sdp);
	l->sdp_media = NULL;
}

/* ---- timers ---- */

static void refresh_due(void *arg)
{
	struct leg *l = arg;
	sip_probe(l);
	tmr_start(&l->refresh_tmr, (uint64_t)l->trunk->cfg.refresh_s * 1000, refresh_due, l);
}

void sip_probe(struct leg *l)
{
	struct mbuf *d = NULL;
	if (!l->sess || !l->is_answered || !l->sdp || sdp_encode(&d, l->sdp, true))
		return;
	sipsess_modify(l->sess, d);
	mem_deref(d);
}

static void ring_timeout(void *arg)
{
	struct leg *l = arg;
	l->is_ring_timeout = true;
	leg_end(l, CAUSE_NO_ANSWER, ENDED_BY_NETWORK);
}

static void no_provisional(void *arg)
{
	leg_end(arg, CAUSE_TRUNK_SILENT, ENDED_BY_NETWORK);
}

static void now_up(struct leg *l)
{
	if (l->is_answered || l->state == LS_ENDING)
		return;
	l->is_answered = true;
	l->state = LS_UP;
	l->last_code = ANSWERED_CODE;
	tmr_cancel(&l->answer_tmr);
	media_answered(l->v->media, l->media);
	if (l->trunk && l->trunk->cfg.refresh_s > 0)
		tmr_start(&l->refresh_tmr, (uint64_t)l->trunk->cfg.refresh_s * 1000, refresh_due,
		          l);
	if (l->is_moved)
		sip_probe(l);
	leg_emit(l, LEG_EV_ANSWERED);
	if (l->kind == LEG_PHONE && l->state == LS_UP)
		leg_emit(l, LEG_EV_UP);
}

/* ---- call-backs of a session ---- */

static int on_offer(struct mbuf **ret, const struct sip_msg *msg, void *arg)
{
	struct leg *l = arg;
	bool has_offer = msg && mbuf_get_left(msg->mb) > 0;
	if (!l->sdp)
		return ENOTSUP;
	if (has_offer && !leg_sdp_take(l, msg->mb, true))
		return ENOTSUP; /* 488: what was agreed before stays */
	return sdp_encode(ret, l->sdp, !has_offer);
}

static int on_answer(const struct sip_msg *msg, void *arg)
{
	struct leg *l = arg;
	if (!l->sdp)
		return 0;
	if (mbuf_get_left(msg->mb) == 0)
		return l->is_early_told || l->has_offer ? 0 : EBADMSG;
	l->has_offer = true;
	return leg_sdp_take(l, msg->mb, false) ? 0 : EBADMSG;
}

static void first_provisional(struct leg *l)
{
	if (l->ringing_ms < 0 && l->last_code >= 180)
		l->ringing_ms = clock_mono_ms();
	if (l->ring_timeout_ms == 0)
		return; /* the clock runs already */
	tmr_start(&l->answer_tmr, (uint64_t)l->ring_timeout_ms, ring_timeout, l);
	l->ring_timeout_ms = 0;
}

static void on_progress(const struct sip_msg *msg, void *arg)
{
	struct leg *l = arg;
	if (l->state == LS_ENDING)
		return;
	if (l->trunk)
		trunk_learn(l->trunk, &msg->src);
	l->sig_peer = msg->src;
	l->last_code = msg->scode;
	first_provisional(l);
	if (msg->scode < 180)
		return;
	/* Ours until the network's own audio arrives: a 183 whose media never come stays audible.
	 */
	if (!l->is_early_told)
		media_ringing(l->v->media, l->media, true);
	if (mbuf_get_left(msg->mb) && sdp_decode(l->sdp, msg->mb, false) == 0) {
		l->has_offer = true;
		leg_sdp_push(l);
	}
	if (!l->is_ringing_told && !l->is_early_told) {
		l->is_ringing_told = true;
		leg_emit(l, LEG_EV_RINGING);
	}
}

static void on_established(const struct sip_msg *msg, void *arg)
{
	struct leg *l = arg;
	l->sig_peer = msg->src;
	now_up(l);
}

/* Digits of peers that know no RFC 4733. */
static void on_info(struct sip *sip, const struct sip_msg *msg, void *arg)
{
	struct leg *l = arg;
	struct pl digit = PL_INIT;
	bool is_digit = re_regex((const char *)mbuf_buf(msg->mb), mbuf_get_left(msg->mb),
	                         "Signal=[ ]*[0-9*#A-D]1", NULL, &digit) == 0;
	sip_treply(NULL, sip, msg, is_digit ? 200 : 415,
	           is_digit ? "OK" : "Unsupported Media Type");
	if (is_digit && l->state != LS_ENDING)
		leg_emit_event(l, &(struct leg_event){ .kind = LEG_EV_DIGIT, .digit = *digit.p });
}

/* ---- outbound ---- */

static int no_auth(char **user, char **pass, const char *realm, void *arg)
{
	(void)user;
	(void)pass;
	(void)realm;
	(void)arg;
	return EAUTH;
}

struct invite {
	const char *uri, *from_name, *from, *route, *headers;
};

static enum err invite(struct leg *l, const struct invite *i, struct why *why)
{
	struct mbuf *d = NULL;
	const char *routes[] = { i->route };
	int err = sdp_encode(&d, l->sdp, true);
	if (!err)
		err = sipsess_connect(&l->sess, l->ep->sock, i->uri, i->from_name, i->from,
		                      l->contact, i->route ? routes : NULL, i->route ? 1 : 0, CTYPE,
		                      d, l->trunk ? trunk_auth : no_auth, l->trunk, false, on_offer,
		                      on_answer, on_progress, on_established, on_info, NULL,
		                      on_close, l, "%s%s", ALLOW_HDR, i->headers);
	mem_deref(d);
	if (err)
		return fail(why, E_LEG_SEND, strerror(err));
	re_snprintf(l->call_ref, sizeof l->call_ref, "%s",
	            sip_dialog_callid(sipsess_dialog(l->sess)));
	l->state = LS_DIALING;
	l->is_outbound = true;
	int wait_ms =
	    l->trunk && l->trunk->cfg.no_answer_ms > 0 ? l->trunk->cfg.no_answer_ms : NO_ANSWER_MS;
	tmr_start(&l->answer_tmr, (uint64_t)wait_ms, no_provisional, l);
	atomic_fetch_add(&l->v->calls_out, 1);
	return ERR_OK;
}

static enum err open_leg(struct voice *v, enum leg_kind kind, const char *bind_addr, bool is_shared,
                         const char *told_addr, const enum codec *codecs, int n, struct leg **ret,
                         struct why *why)
{
	int port = 0;
	struct leg *l = NULL;
	enum err e = leg_open(v, kind, bind_addr, is_shared, &l, &port, why);
	if (e)
		return e;
	e = leg_sdp_make(l, told_addr, port, codecs, n, why);
	*ret = l; /* also on failure: the caller drops it with the trunk it has given it */
	return e;
}

static void identity_headers(const struct trunk *t, const char *caller, char *buf, size_t size)
{
	const struct trunk_cfg *c = &t->cfg;
	const char *number = c->identity_number[0] ? c->identity_number : caller;
	const char *domain = c->domain[0] ? c->domain : c->host;
	buf[0] = '\0';
	if (c->identity != IDENTITY_FROM)
		re_snprintf(buf, size, "%s: <sip:%s@%s>\r\n",
		            c->identity == IDENTITY_PAI ? "P-Asserted-Identity"
		                                        : "P-Preferred-Identity",
		            number, domain);
}

static enum err send_invite(struct leg *l, const char *callee, const char *caller, struct why *why)
{
	const struct trunk_cfg *c = &l->trunk->cfg;
	char uri[VOICE_URI_BYTES], from[VOICE_URI_BYTES], route[VOICE_URI_BYTES],
	    headers[VOICE_URI_BYTES];
	trunk_uri(l->trunk, callee, uri, sizeof uri);
	re_snprintf(from, sizeof from, "sip:%s@%s",
	            c->is_from_user && c->user[0] ? c->user : caller,
	            c->domain[0] ? c->domain : trunk_advertised(l->trunk));
	identity_headers(l->trunk, caller, headers, sizeof headers);
	if (c->is_call_id_sent) {
		size_t n = strlen(headers);
		re_snprintf(headers + n, sizeof headers - n, "%s: %lld\r\n", CALL_HDR,
		            (long long)l->call_id);
	}
	trunk_contact(l->trunk, c->user[0] ? c->user : caller, l->contact, sizeof l->contact);
	struct invite i = { uri, NULL, from, trunk_route(l->trunk, route, sizeof route), headers };
	return invite(l, &i, why);
}

enum err sip_dial(struct voice *v, struct trunk *t, const struct dial *d, struct leg **ret,
                  struct why *why)
{
	char callee[64], caller[64] = "anonymous";
	struct leg *l = NULL;
	enum err e = number_format(&t->cfg, true, d->to_e164, callee, sizeof callee, why);
	if (!e && d->caller_e164 && d->caller_e164[0])
		e = number_format(&t->cfg, false, d->caller_e164, caller, sizeof caller, why);
	if (!e)
		e = trunk_take(t, why);
	if (e)
		return e;
	e = open_leg(v, LEG_TRUNK, t->ep->addr, t->is_symmetric, trunk_advertised(t), t->cfg.codecs,
	             t->cfg.codec_count, &l, why);
	if (!l) {
		trunk_call_over(t);
		return e;
	}
	l->trunk = t;
	l->ep = t->ep;
	l->call_id = d->call_id;
	l->ring_timeout_ms = d->ring_timeout_ms > 0 ? d->ring_timeout_ms : RING_MS;
	if (!e)
		e = send_invite(l, callee, caller, why);
	if (e) {
		leg_discard(l);
		return e;
	}
	*ret = l;
	return ERR_OK;
}

enum err leg_dial(struct voice *v, const struct dial *d, int64_t *ret_leg, struct why *why)
{
	struct leg *l;
	struct trunk *t = trunk_find(v, d->trunk_id);
	if (!t)
		return fail(why, E_TRUNK_NONE);
	enum err e = sip_dial(v, t, d, &l, why);
	if (!e)
		*ret_leg = l->id;
	return e;
}

enum err phone_dial(struct voice *v, const char *uri, const char *tag, int64_t call_id,
                    int64_t *ret_leg, struct why *why)
{
	static const enum codec CODECS[] = { CODEC_PCMA, CODEC_PCMU };
	struct uri parsed;
	struct pl pl;
	struct leg *l = NULL;
	char from[VOICE_URI_BYTES];
	pl_set_str(&pl, uri);
	if (strncasecmp(uri, "sip:", 4) != 0 || uri_decode(&parsed, &pl) || !parsed.host.l)
		return fail(why, E_LEG_URI, uri);
	enum err e =
	    open_leg(v, LEG_PHONE, v->cfg.sip_addr, false, v->cfg.advertise, CODECS, 2, &l, why);
	if (!l)
		return e;
	l->ep = v->endpoints;
	l->call_id = call_id;
	l->ring_timeout_ms = RING_MS;
	snprintf(l->station, sizeof l->station, "%s", tag);
	snprintf(l->contact, sizeof l->contact, "sip:desk@%s:%d", v->cfg.advertise, l->ep->port);
	snprintf(from, sizeof from, "sip:desk@%s", v->cfg.advertise);
	/* A phone that does not answer a call must ring, not pick up by itself. */
	struct invite i = { uri, NULL, from, NULL, "" };
	if (!e)
		e = invite(l, &i, why);
	if (e) {
		leg_discard(l);
		return e;
	}
	*ret_leg = l->id;
	return ERR_OK;
}

/* ---- incoming ---- */

static bool wants_extension(const struct sip_msg *msg, const char **ret)
{
	static const char *const KNOWN_BY_NAME[] = { "100rel", "timer", "precondition",
		                                     "replaces" };
	if (!sip_msg_hdr(msg, SIP_HDR_REQUIRE))
		return false;
	*ret = "100rel";
	for (size_t i = 0; i < ARRAY_SIZE(KNOWN_BY_NAME); i++)
		if (sip_msg_hdr_has_value(msg, SIP_HDR_REQUIRE, KNOWN_BY_NAME[i]))
			*ret = KNOWN_BY_NAME[i];
	return true;
}

static void user_of(const struct pl *user, char *buf, size_t size)
{
	re_snprintf(buf, size, "%r", user);
	char *param = strchr(buf, ';');
	if (param)
		*param = '\0';
}

/* The caller as the carrier asserts it, else as he says. */
static void caller_of(const struct trunk *t, const struct sip_msg *msg, char *buf, size_t size)
{
	char wire[64];
	const struct sip_hdr *pai = sip_msg_hdr(msg, SIP_HDR_P_ASSERTED_IDENTITY);
	struct sip_addr addr;
	if (pai && sip_addr_decode(&addr, &pai->val) == 0 && addr.uri.user.l)
		user_of(&addr.uri.user, wire, sizeof wire);
	else
		user_of(&msg->from.uri.user, wire, sizeof wire);
	number_parse(&t->cfg, wire, buf, size);
}

static void callee_of(const struct trunk *t, const struct sip_msg *msg, char *buf, size_t size)
{
	char wire[64];
	user_of(&msg->uri.user, wire, sizeof wire);
	if (t->cfg.user[0] &&
	    strcmp(wire, t->cfg.user) == 0) /* our registered contact says nothing */
		user_of(&msg->to.uri.user, wire, sizeof wire);
	number_parse(&t->cfg, wire, buf, size);
}

static void refuse(struct endpoint *ep, const struct sip_msg *msg, int code)
{
	sip_treply(NULL, ep->sip, msg, (uint16_t)code, reason_of(code));
}

static void tell_incoming(struct leg *l, const struct sip_msg *msg)
{
	char from[64], to[64];
	caller_of(l->trunk, msg, from, sizeof from);
	callee_of(l->trunk, msg, to, sizeof to);
	l->invite = mem_ref((void *)(uintptr_t)msg);
	l->state = LS_OFFERED;
	atomic_fetch_add(&l->v->calls_in, 1);
	leg_emit_event(l, &(struct leg_event){ .kind = LEG_EV_INCOMING, .from = from, .to = to });
	/* Without any answer the caller would repeat his INVITE in half a second. */
	if (l->state == LS_OFFERED)
		(void)sip_ring(l, NULL);
}

void sip_incoming(const struct sip_msg *msg, void *arg)
{
	struct endpoint *ep = arg;
	struct trunk *t = trunk_by_source(ep, msg);
	const char *extension;
	struct leg *l = NULL;
	if (!t) {
		refuse(ep, msg, 403); /* a desk phone that dials out by itself */
		return;
	}
	if (wants_extension(msg, &extension)) {
		sip_treplyf(NULL, NULL, ep->sip, msg, false, 420, "Bad Extension",
		            "Unsupported: %s\r\nContent-Length: 0\r\n\r\n", extension);
		return;
	}
	if (t->is_removed || (t->cfg.max_calls > 0 && t->status.calls_now >= t->cfg.max_calls)) {
		refuse(ep, msg, 503);
		return;
	}
	struct why why = { 0 };
	t->status.calls_now++;
	if (open_leg(ep->v, LEG_TRUNK, ep->addr, t->is_symmetric, trunk_advertised(t),
	             t->cfg.codecs, t->cfg.codec_count, &l, &why)) {
		log_warn("voice", "call_refused", LOG_WHY(&why));
		refuse(ep, msg, 503);
		if (!l)
			trunk_call_over(t);
	}
	if (!l)
		return;
	l->trunk = t;
	l->ep = ep;
	l->sig_peer = msg->src;
	re_snprintf(l->call_ref, sizeof l->call_ref, "%r", &msg->callid);
	/* Over a connection libre writes the contact: its transport and port are those it came by.
	 */
	if (msg->tp == SIP_TRANSP_UDP)
		trunk_contact(t, t->cfg.user[0] ? t->cfg.user : "in", l->contact,
		              sizeof l->contact);
	else
		snprintf(l->contact, sizeof l->contact, "%s", t->cfg.user[0] ? t->cfg.user : "in");
	const struct sip_hdr *call = sip_msg_xhdr(msg, CALL_HDR);
	l->peer_call_id = call ? (int64_t)pl_u64(&call->val) : 0;
	l->has_offer = mbuf_get_left(msg->mb) > 0;
	if (!l->sdp_media) {
		leg_discard(l);
	} else if (l->has_offer && !leg_sdp_take(l, msg->mb, true)) {
		refuse(ep, msg, 488);
		leg_discard(l);
	} else {
		tell_incoming(l, msg);
	}
}

static enum err accept_with(struct leg *l, int code, const char *reason, struct mbuf *d,
                            struct why *why)
{
	int err =
	    sipsess_accept(&l->sess, l->ep->sock, l->invite, (uint16_t)code, reason, l->contact,
	                   CTYPE, d, l->trunk ? trunk_auth : no_auth, l->trunk, false, on_offer,
	                   on_answer, on_established, on_info, NULL, on_close, l, "%s", ALLOW_HDR);
	l->invite = mem_deref((void *)(uintptr_t)l->invite);
	return err ? fail(why, E_LEG_SEND, strerror(err)) : ERR_OK;
}

enum err sip_ring(struct leg *l, struct why *why)
{
	if (l->state == LS_ACCEPTED)
		return ERR_OK;
	if (l->state != LS_OFFERED)
		return fail(why, E_LEG_STATE, "no call waits to be answered");
	l->state = LS_ACCEPTED;
	l->ringing_ms = clock_mono_ms();
	enum err e = accept_with(l, 180, "Ringing", NULL, why);
	if (e)
		leg_end(l, CAUSE_TRUNK_FAIL, ENDED_BY_NETWORK);
	return e;
}

enum err sip_answer(struct leg *l, struct why *why)
{
	struct mbuf *d = NULL;
	if (l->is_outbound || (l->state != LS_OFFERED && l->state != LS_ACCEPTED))
		return fail(why, E_LEG_STATE, "no call waits to be answered");
	int err = sdp_encode(&d, l->sdp, !l->has_offer);
	enum err e = err ? fail(why, E_LEG_SEND, strerror(err)) : ERR_OK;
	if (!e && l->state == LS_OFFERED)
		e = accept_with(l, 200, "OK", d, why);
	else if (!e && sipsess_answer(l->sess, 200, "OK", d, "%s", ALLOW_HDR))
		e = fail(why, E_LEG_SEND, "the caller is gone");
	mem_deref(d);
	if (e)
		leg_end(l, CAUSE_TRUNK_FAIL, ENDED_BY_NETWORK);
	else
		now_up(l);
	return e;
}

enum err leg_ring(struct voice *v, int64_t leg, struct why *why)
{
	struct leg *l;
	enum err e = leg_get(v, leg, &l, why);
	return e ? e : sip_ring(l, why);
}

enum err leg_answer(struct voice *v, int64_t leg, struct why *why)
{
	struct leg *l;
	enum err e = leg_get(v, leg, &l, why);
	return e ? e : sip_answer(l, why);
}

enum err leg_reject(struct voice *v, int64_t leg, enum cause cause, struct why *why)
{
	struct leg *l;
	enum err e = leg_get(v, leg, &l, why);
	if (e)
		return e;
	if (l->is_outbound || l->is_answered || l->kind == LEG_WEB)
		return fail(why, E_LEG_STATE, "no call waits to be answered");
	l->is_ours = true;
	leg_end(l, cause, ENDED_BY_US);
	return ERR_OK;
}

/* ---- UPDATE (RFC 3311), which libre's sessions do not know ---- */

static void update_reply(struct leg *l, const struct sip_msg *msg)
{
	struct mbuf *d = NULL;
	struct sip_contact contact;
	sip_contact_set(&contact, l->contact, &msg->dst, msg->tp);
	if (mbuf_get_left(msg->mb) &&
	    (!leg_sdp_take(l, msg->mb, true) || sdp_encode(&d, l->sdp, false))) {
		sip_treply(NULL, l->ep->sip, msg, 488, reason_of(488));
		return;
	}
	sip_treplyf(NULL, NULL, l->ep->sip, msg, false, 200, "OK",
	            "%H%s%sContent-Length: %zu\r\n\r\n%b", sip_contact_print, &contact, ALLOW_HDR,
	            d ? "Content-Type: application/sdp\r\n" : "", d ? mbuf_get_left(d) : (size_t)0,
	            d ? mbuf_buf(d) : NULL, d ? mbuf_get_left(d) : (size_t)0);
	mem_deref(d);
}

void sip_update(struct endpoint *ep, const struct sip_msg *msg)
{
	struct leg *l = leg_of_dialog(ep, msg);
	if (!l || !l->sdp) {
		sip_treply(NULL, ep->sip, msg, 481, "Call Does Not Exist");
	} else if (!sip_dialog_rseq_valid(sipsess_dialog(l->sess), msg)) {
		sip_treply(NULL, ep->sip, msg, 500, "Server Internal Error");
	} else {
		sip_dialog_update(sipsess_dialog(l->sess), msg);
		update_reply(l, msg);
	}
}
