/* A SIP stack on one local address, and the door in front of it: who is no trunk of ours and no
 * desk phone in a call gets no answer at all, before a session, a socket or a thread is spent on
 * him. */
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "voice/voice_int.h"

enum { HASH = 4096, PORT_TRIES = 40, ALLOW_BYTES = 200 };

static const char ALLOW[] = "Allow: INVITE,ACK,BYE,CANCEL,UPDATE,INFO,OPTIONS\r\n";

/* ---- requests ---- */

static bool is_method(const struct sip_msg *msg, const char *name)
{
	return pl_strcmp(&msg->met, name) == 0;
}

bool phone_knows(const struct voice *v, const struct sa *src)
{
	for (int i = 0; i < LEG_BUCKETS; i++)
		for (const struct leg *l = v->legs[i]; l; l = l->next)
			if (l->kind == LEG_PHONE && sa_cmp(&l->sig_peer, src, SA_ADDR))
				return true;
	return false;
}

struct leg *leg_of_dialog(struct endpoint *ep, const struct sip_msg *msg)
{
	for (int i = 0; i < LEG_BUCKETS; i++)
		for (struct leg *l = ep->v->legs[i]; l; l = l->next)
			if (l->ep == ep && l->sess && sip_dialog_cmp(sipsess_dialog(l->sess), msg))
				return l;
	return NULL;
}

static void take_bye(struct endpoint *ep, const struct sip_msg *msg)
{
	struct leg *l = leg_of_dialog(ep, msg);
	if (l)
		l->q850 = sip_q850(msg);
}

static void answer_options(struct endpoint *ep, const struct sip_msg *msg)
{
	sip_treplyf(NULL, NULL, ep->sip, msg, false, 200, "OK",
	            "%sAccept: application/sdp\r\nContent-Length: 0\r\n\r\n", ALLOW);
}

static bool request(const struct sip_msg *msg, void *arg)
{
	struct endpoint *ep = arg;
	if (!door_admits(ep, msg))
		return true; /* silence: a scanner learns nothing */
	if (is_method(msg, "BYE"))
		take_bye(ep, msg);
	if (is_method(msg, "INVITE") || is_method(msg, "ACK") || is_method(msg, "BYE") ||
	    is_method(msg, "INFO"))
		return false; /* libre's sessions */
	if (is_method(msg, "UPDATE"))
		sip_update(ep, msg);
	else if (is_method(msg, "OPTIONS"))
		answer_options(ep, msg);
	else if (is_method(msg, "CANCEL")) /* one that fits a call was taken by its transaction */
		sip_treply(NULL, ep->sip, msg, 481, "Transaction Does Not Exist");
	else
		sip_treplyf(NULL, NULL, ep->sip, msg, false, 405, "Method Not Allowed",
		            "%sContent-Length: 0\r\n\r\n", ALLOW);
	return true;
}

/* Late answers to what we gave up; libre would print them. */
static bool stray_response(const struct sip_msg *msg, void *arg)
{
	door_watch(arg, msg);
	return true;
}

/* ---- packets, as they are ---- */

static struct pl header(const uint8_t *p, size_t n, const char *name)
{
	struct pl v = PL_INIT;
	char re[64];
	re_snprintf(re, sizeof re, "\r\n%s[ \t]*:[ \t]*[^ \t\r\n]+", name);
	if (re_regex((const char *)p, n, re, NULL, NULL, &v))
		v.l = 0;
	return v;
}

static struct leg *leg_of_packet(struct endpoint *ep, const uint8_t *p, size_t n)
{
	struct pl id = header(p, n, "Call-ID");
	if (!id.l)
		id = header(p, n, "i");
	for (int i = 0; id.l && i < LEG_BUCKETS; i++)
		for (struct leg *l = ep->v->legs[i]; l; l = l->next)
			if (l->ep == ep && l->call_ref[0] && pl_strcmp(&id, l->call_ref) == 0)
				return l;
	return NULL;
}

/* libre follows a 3xx by itself and has no hook. A trunk that may not redirect must not make us
 * dial a number that never passed the gate, so its session ends here, before libre reads the
 * answer. */
static void refuse_redirect(struct leg *l, const uint8_t *p)
{
	if (!l || !l->trunk || l->trunk->cfg.is_redirect_allowed || !l->is_outbound ||
	    l->is_answered)
		return;
	l->last_code = 300 + (p[9] - '0') * 10 + (p[10] - '0');
	l->sess = mem_deref(l->sess);
	leg_end(l, CAUSE_REDIRECTED, ENDED_BY_NETWORK);
}

static void packet(bool is_sent, enum sip_transp tp, const struct sa *src, const struct sa *dst,
                   const uint8_t *p, size_t n, void *arg)
{
	struct endpoint *ep = arg;
	(void)tp;
	(void)src;
	(void)dst;
	bool is_3xx = !is_sent && n > 12 && memcmp(p, "SIP/2.0 3", 9) == 0;
	if (!is_3xx && !ep->v->tests_running)
		return;
	struct leg *l = leg_of_packet(ep, p, n);
	if (l && l->ladder)
		ladder_packet(l, is_sent, p, n);
	if (is_3xx)
		refuse_redirect(l, p);
}

/* ---- TLS ---- */

static int name_in_hello(SSL_CTX *ctx, const char *name);

/* SNI: libre does not send it, and the context has no setting; the handshake's first call-back
 * does. */
static void before_handshake(const SSL *ssl, int where, int ret)
{
	(void)ret;
	if (!(where & SSL_CB_HANDSHAKE_START) || SSL_is_server(ssl))
		return;
	const char *name = X509_VERIFY_PARAM_get0_host(SSL_CTX_get0_param(SSL_get_SSL_CTX(ssl)), 0);
	if (name)
		SSL_set_tlsext_host_name((SSL *)(uintptr_t)ssl, name);
}

static int name_in_hello(SSL_CTX *ctx, const char *name)
{
	X509_VERIFY_PARAM *p = SSL_CTX_get0_param(ctx);
	struct sa sa;
	SSL_CTX_set_info_callback(ctx, before_handshake);
	if (sa_set_str(&sa, name, 0) == 0)
		return X509_VERIFY_PARAM_set1_ip_asc(p, name);
	return X509_VERIFY_PARAM_set1_host(p, name, 0);
}

/* libre checks no certificate of a server (transp.c): the rules are set on OpenSSL's context. */
static enum err tls_for_trunk(const struct trunk_cfg *c, struct tls **ret, struct why *why)
{
	struct tls *tls = NULL;
	if (tls_alloc(&tls, TLS_METHOD_SSLV23, NULL, NULL))
		return fail(why, E_NOMEM);
	SSL_CTX *ctx = tls_openssl_context(tls);
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	const char *name = c->tls_name[0] ? c->tls_name : c->host;
	int ok = 1;
	if (c->is_tls_unverified) {
		SSL_CTX_set_verify(ctx, SSL_VERIFY_NONE, NULL);
	} else {
		ok = c->tls_ca[0] ? SSL_CTX_load_verify_locations(ctx, c->tls_ca, NULL)
		                  : SSL_CTX_set_default_verify_paths(ctx);
		SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	}
	if (ok == 1)
		ok = name_in_hello(ctx, name);
	if (ok != 1) {
		mem_deref(tls);
		return fail(why, E_TRUNK_CFG, c->name, "tls_ca",
		            "the file holds no certificate that can be read");
	}
	*ret = tls;
	return ERR_OK;
}

static enum err listen_tls(struct endpoint *ep, const struct sa *local,
                           const struct trunk_cfg *trunk, struct why *why)
{
	struct tls *tls = NULL;
	const struct voice_cfg *c = &ep->v->cfg;
	struct sa at = *local;
	enum err e = ERR_OK;
	if (trunk) {
		e = tls_for_trunk(trunk, &tls, why);
	} else {
		sa_set_port(&at, (uint16_t)c->sip_tls_port);
		if (tls_alloc(&tls, TLS_METHOD_SSLV23, c->sip_tls_cert, NULL))
			e = fail(why, E_VOICE_CFG, "sip_tls_cert",
			         "no certificate and key can be read from it");
	}
	if (e)
		return e;
	int err = sip_transp_add(ep->sip, SIP_TRANSP_TLS, &at, tls);
	mem_deref(tls);
	return err ? fail(why, E_VOICE_LISTEN, "SIP over TLS", strerror(err)) : ERR_OK;
}

/* ---- making one ---- */

/* UDP and TCP on the same port; 0 = any that is free for both. */
static int listen_pair(struct endpoint *ep, struct sa *local, int port)
{
	int err = EADDRINUSE;
	for (int i = 0; i < (port ? 1 : PORT_TRIES) && err; i++) {
		sa_set_port(local, (uint16_t)(port ? port : 10000 + rand_u16() % 22000));
		err = sip_transp_add(ep->sip, SIP_TRANSP_UDP, local);
		if (!err)
			err = sip_transp_add(ep->sip, SIP_TRANSP_TCP, local);
		if (err)
			sip_transp_flush(ep->sip);
	}
	return err;
}

static enum err listen_all(struct endpoint *ep, int port, const struct trunk_cfg *tls,
                           struct why *why)
{
	struct sa local;
	if (sa_set_str(&local, ep->addr, (uint16_t)port))
		return fail(why, E_VOICE_CFG, "local_addr", "it is no IPv4 or IPv6 address");
	if (tls)
		return listen_tls(ep, &local, tls, why);
	int err = listen_pair(ep, &local, port);
	if (err)
		return fail(why, E_VOICE_LISTEN, "SIP", strerror(err));
	ep->port = sa_port(&local);
	bool is_ours = !ep->v->endpoints;
	return is_ours && ep->v->cfg.sip_tls_port ? listen_tls(ep, &local, NULL, why) : ERR_OK;
}

static int open_stack(struct endpoint *ep)
{
	int err =
	    sip_alloc(&ep->sip, ep->v->dnsc, HASH, HASH, HASH, ep->v->cfg.user_agent, NULL, ep);
	if (err)
		return err;
	sip_set_trace_handler(ep->sip, packet);
	err = sip_listen(&ep->first, ep->sip, true, request, ep);
	if (!err)
		err = sipsess_listen(&ep->sock, ep->sip, HASH, sip_incoming, ep);
	if (!err)
		err = sip_listen(&ep->stray, ep->sip, false, stray_response, ep);
	return err;
}

enum err endpoint_new(struct voice *v, const char *addr, int port, const struct trunk_cfg *tls,
                      struct endpoint **ret, struct why *why)
{
	struct endpoint *ep = calloc(1, sizeof *ep);
	if (!ep)
		return fail(why, E_NOMEM);
	ep->v = v;
	ep->tls_trunk = tls ? tls->id : 0;
	snprintf(ep->addr, sizeof ep->addr, "%s", addr);
	int err = open_stack(ep);
	enum err e =
	    err ? fail(why, E_VOICE_SYSTEM, strerror(err)) : listen_all(ep, port, tls, why);
	if (e) {
		endpoint_free(ep);
		return e;
	}
	door_knock(ep);
	*ret = ep;
	return ERR_OK;
}

void endpoint_free(struct endpoint *ep)
{
	if (!ep)
		return;
	if (ep->sip)
		sip_set_trace_handler(ep->sip, NULL);
	if (ep->sock)
		sipsess_close_all(ep->sock);
	mem_deref(ep->helper);
	mem_deref(ep->sock);
	mem_deref(ep->first);
	mem_deref(ep->stray);
	if (ep->sip)
		sip_close(ep->sip, true);
	mem_deref(ep->sip);
	free(ep);
}
