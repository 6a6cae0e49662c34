#include "voice/web_port.h"

#include <pthread.h>
#include <re.h>
#include <srtp2/srtp.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/log.h"

enum {
	HASH_SLOTS = 512,
	RX_BYTES = 2048,
	SOCKET_BUFFER_BYTES = 1 << 20,
	CONSENT_TICK_MS = 1000,
	REPLAY_WINDOW = 128,
	BELOW_DTLS = -10, /* helpers with lower numbers see packets first */
};

struct web_port {
	struct udp_sock *udp;
	struct udp_helper *helper;
	struct dtls_sock *dtls;
	struct tls *tls;
	struct hash *by_ufrag, *by_peer;
	struct tmr consent;
	struct list sessions;
	struct sa local;
};

struct web_sess {
	struct le le, le_ufrag, le_peer;
	struct web_port *port;
	struct web_sess_handlers h;
	void *ctx;
	char ufrag[16], pwd[48];
	unsigned char fingerprint[WEB_FINGERPRINT_BYTES];
	struct sa peer;
	bool is_up, is_gone;
	int64_t stun_ms; /* last valid check */
	struct tls_conn *conn;
	struct srtp *tx;
	srtp_t rx;
};

static void free_tls(struct web_sess *s)
{
	s->conn = mem_deref(s->conn);
	s->tx = mem_deref(s->tx);
	if (s->rx)
		srtp_dealloc(s->rx);
	s->rx = NULL;
	s->is_up = false;
}

static void destroy_session(void *arg)
{
	struct web_sess *s = arg;
	list_unlink(&s->le);
	hash_unlink(&s->le_ufrag);
	hash_unlink(&s->le_peer);
	free_tls(s);
	crypto_wipe(s->pwd, sizeof s->pwd);
}

/* Handlers may free the session; the reference keeps it readable until we return. */
static void gone(struct web_sess *s)
{
	if (s->is_gone)
		return;
	s->is_gone = true;
	s->is_up = false;
	s->h.on_gone(s->ctx);
}

/* ---- DTLS ---- */

static bool make_receiver(struct web_sess *s, enum srtp_suite suite, unsigned char *key)
{
	srtp_policy_t policy = { .ssrc.type = ssrc_any_inbound,
		                 .key = key,
		                 .window_size = REPLAY_WINDOW };
	if (suite == SRTP_AES_128_GCM) {
		srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp);
		srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp);
	} else {
		srtp_crypto_policy_set_rtp_default(&policy.rtp);
		srtp_crypto_policy_set_rtcp_default(&policy.rtcp);
	}
	return srtp_create(&s->rx, &policy) == srtp_err_status_ok;
}

static bool agree_keys(struct web_sess *s)
{
	unsigned char md[WEB_FINGERPRINT_BYTES], theirs[64], ours[64];
	enum srtp_suite suite;
	if (tls_peer_fingerprint(s->conn, TLS_FINGERPRINT_SHA256, md, sizeof md) ||
	    !crypto_equal(md, s->fingerprint, sizeof md)) {
		log_warn("voice", "web_fingerprint_differs");
		return false;
	}
	if (tls_srtp_keyinfo(s->conn, &suite, theirs, sizeof theirs, ours, sizeof ours))
		return false;
	/* key and salt: RFC 7714 12, RFC 3711 8.2 */
	size_t key_bytes = suite == SRTP_AES_128_GCM ? 28 : 30;
	/* The browser is the DTLS client: the client's key is what it sends with. */
	bool ok = !srtp_alloc(&s->tx, suite, ours, key_bytes, 0) && make_receiver(s, suite, theirs);
	crypto_wipe(theirs, sizeof theirs);
	crypto_wipe(ours, sizeof ours);
	return ok;
}

static void on_dtls_up(void *arg)
{
	struct web_sess *s = mem_ref(arg);
	if (agree_keys(s)) {
		s->is_up = true;
		s->h.on_up(s->ctx);
	} else {
		free_tls(s);
		gone(s);
	}
	mem_deref(s);
}

static void on_dtls_closed(int err, void *arg)
{
	struct web_sess *s = mem_ref(arg);
	log_debug("voice", "web_closed", LOG_I("errno", err));
	free_tls(s);
	gone(s);
	mem_deref(s);
}

static bool is_peer(struct le *le, void *arg)
{
	const struct web_sess *s = le->data;
	return sa_cmp(&s->peer, arg, SA_ALL);
}

static struct web_sess *session_at(struct web_port *p, const struct sa *src)
{
	struct sa key = *src;
	struct le *le = hash_lookup(p->by_peer, sa_hash(src, SA_ALL), is_peer, &key);
	return le ? le->data : NULL;
}

/* Only an address that knew the password by STUN may begin a handshake. */
static void on_dtls_conn(const struct sa *src, void *arg)
{
	struct web_port *p = arg;
	struct web_sess *s = session_at(p, src);
	if (!s || s->conn || s->is_gone)
		return;
	int err = dtls_accept(&s->conn, p->tls, p->dtls, on_dtls_up, NULL, on_dtls_closed, s);
	if (err)
		log_warn("voice", "web_dtls_refused", LOG_I("errno", err));
}

/* ---- ICE-lite ---- */

static bool is_ufrag(struct le *le, void *arg)
{
	const struct web_sess *s = le->data;
	const char *name = arg; /* "ours:theirs" */
	size_t n = strlen(s->ufrag);
	return strncmp(name, s->ufrag, n) == 0 && name[n] == ':';
}

static struct web_sess *session_named(struct web_port *p, const char *username)
{
	size_t n = strcspn(username, ":");
	struct le *le = hash_lookup(p->by_ufrag, hash_joaat((const uint8_t *)username, n), is_ufrag,
	                            (void *)(uintptr_t)username);
	return le ? le->data : NULL;
}

static void take_address(struct web_sess *s, const struct sa *src)
{
	if (sa_isset(&s->peer, SA_PORT) && sa_cmp(&s->peer, src, SA_ALL))
		return;
	hash_unlink(&s->le_peer);
	s->peer = *src;
	hash_append(s->port->by_peer, sa_hash(src, SA_ALL), &s->le_peer, s);
	if (s->conn)
		dtls_set_peer(s->conn, src); /* the browser moved to another network */
}

static void on_stun_request(struct web_port *p, const struct sa *src, struct stun_msg *req)
{
	struct stun_attr *name = stun_msg_attr(req, STUN_ATTR_USERNAME);
	struct web_sess *s = name ? session_named(p, name->v.username) : NULL;
	/* Silence for strangers: an error reply would only help a scanner. */
	if (!s || s->is_gone || stun_msg_chk_mi(req, (const uint8_t *)s->pwd, strlen(s->pwd)))
		return;
	s->stun_ms = clock_mono_ms();
	if (stun_msg_attr(req, STUN_ATTR_USE_CAND) || !sa_isset(&s->peer, SA_PORT))
		take_address(s, src);
	struct sa mapped = *src;
	(void)stun_reply(IPPROTO_UDP, p->udp, src, 0, req, (const uint8_t *)s->pwd, strlen(s->pwd),
	                 true, 1, STUN_ATTR_XOR_MAPPED_ADDR, &mapped);
}

static void on_stun(struct web_port *p, const struct sa *src, struct mbuf *mb)
{
	struct stun_unknown_attr unknown;
	struct stun_msg *req = NULL;
	if (stun_msg_decode(&req, mb, &unknown))
		return;
	if (stun_msg_class(req) == STUN_CLASS_REQUEST &&
	    stun_msg_method(req) == STUN_METHOD_BINDING && stun_msg_chk_fingerprint(req) == 0)
		on_stun_request(p, src, req);
	mem_deref(req);
}

static void on_consent_tick(void *arg)
{
	struct web_port *p = arg;
	int64_t now_ms = clock_mono_ms();
	tmr_start(&p->consent, CONSENT_TICK_MS, on_consent_tick, p);
	struct le *le = p->sessions.head;
	while (le) {
		struct web_sess *s = le->data;
		le = le->next;
		if (s->is_gone || now_ms - s->stun_ms < WEB_CONSENT_MS)
			continue;
		mem_ref(s);
		free_tls(s);
		gone(s);
		mem_deref(s);
	}
}

/* ---- packets ---- */

/* RFC 5761 4: what RTCP packet types look like in the place of marker and payload type. */
static bool is_rtcp(const uint8_t *pkt)
{
	return (pkt[1] & 0x7f) >= 64 && (pkt[1] & 0x7f) < 96;
}

static void on_srtp(struct web_sess *s, struct mbuf *mb)
{
	uint8_t *pkt = mbuf_buf(mb);
	int n = (int)mbuf_get_left(mb);
	if (!s->is_up || n < 12)
		return;
	bool rtcp = is_rtcp(pkt);
	srtp_err_status_t st =
	    rtcp ? srtp_unprotect_rtcp(s->rx, pkt, &n) : srtp_unprotect(s->rx, pkt, &n);
	if (st != srtp_err_status_ok || n <= 0)
		return;
	mem_ref(s);
	(rtcp ? s->h.on_rtcp : s->h.on_rtp)(s->ctx, pkt, (size_t)n);
	mem_deref(s);
}

/* RFC 7983: the first byte tells who a packet is for. @return false: DTLS, for the next layer */
static bool on_packet(struct sa *src, struct mbuf *mb, void *arg)
{
	struct web_port *p = arg;
	if (mbuf_get_left(mb) < 2)
		return true;
	uint8_t first = mbuf_buf(mb)[0];
	if (first <= 3)
		on_stun(p, src, mb);
	else if (first >= 20 && first <= 63)
		return false;
	else if (first >= 128 && first <= 191) {
		struct web_sess *s = session_at(p, src);
		if (s)
			on_srtp(s, mb);
	}
	return true;
}

static void on_nothing(const struct sa *src, struct mbuf *mb, void *arg)
{
	(void)src;
	(void)mb;
	(void)arg;
}

static void send_packet(struct web_sess *s, uint8_t *pkt, size_t bytes, size_t cap, bool rtcp)
{
	if (!s->is_up)
		return;
	struct mbuf mb = { .buf = pkt, .size = cap, .pos = 0, .end = bytes };
	if (rtcp ? srtcp_encrypt(s->tx, &mb) : srtp_encrypt(s->tx, &mb))
		return;
	mb.pos = 0;
	(void)udp_send(s->port->udp, &s->peer, &mb);
}

void web_sess_send_rtp(struct web_sess *s, uint8_t *pkt, size_t bytes, size_t cap)
{
	send_packet(s, pkt, bytes, cap, false);
}

void web_sess_send_rtcp(struct web_sess *s, uint8_t *pkt, size_t bytes, size_t cap)
{
	send_packet(s, pkt, bytes, cap, true);
}

/* ---- making and freeing ---- */

static void init_srtp(void)
{
	(void)srtp_init();
}

static void destroy_port(void *arg)
{
	struct web_port *p = arg;
	tmr_cancel(&p->consent);
	mem_deref(p->dtls);
	mem_deref(p->helper);
	mem_deref(p->udp);
	mem_deref(p->tls);
	mem_deref(p->by_ufrag);
	mem_deref(p->by_peer);
}

static int open_tls(struct web_port *p, const struct web_cert *cert)
{
	int err = tls_alloc(&p->tls, TLS_METHOD_DTLS, NULL, NULL);
	if (!err)
		err = tls_set_certificate(p->tls, cert->pem, cert->pem_bytes);
	if (err)
		return err;
	tls_set_verify_client(p->tls);
	return tls_set_srtp(p->tls, "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80");
}

static int open_port(struct web_port *p, const char *addr, int port, const struct web_cert *cert)
{
	struct sa sa;
	int err = sa_set_str(&sa, addr, (uint16_t)port);
	if (!err)
		err = open_tls(p, cert);
	if (!err)
		err = hash_alloc(&p->by_ufrag, HASH_SLOTS);
	if (!err)
		err = hash_alloc(&p->by_peer, HASH_SLOTS);
	if (!err)
		err = udp_listen(&p->udp, &sa, on_nothing, p);
	if (err)
		return err;
	udp_rxsz_set(p->udp, RX_BYTES);
	(void)udp_sockbuf_set(p->udp, SOCKET_BUFFER_BYTES);
	err = udp_local_get(p->udp, &p->local);
	if (!err)
		err = udp_register_helper(&p->helper, p->udp, BELOW_DTLS, NULL, on_packet, p);
	if (!err)
		err = dtls_listen(&p->dtls, NULL, p->udp, HASH_SLOTS, 0, on_dtls_conn, p);
	return err;
}

enum err web_port_new(const char *addr, int port, const struct web_cert *cert,
                      struct web_port **ret, struct why *why)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, init_srtp);
	struct web_port *p = mem_zalloc(sizeof *p, destroy_port);
	if (!p)
		return fail(why, E_NOMEM);
	tmr_init(&p->consent);
	int err = open_port(p, addr, port, cert);
	if (err) {
		mem_deref(p);
		return fail(why, E_WEB_PORT, addr, port, strerror(err));
	}
	tmr_start(&p->consent, CONSENT_TICK_MS, on_consent_tick, p);
	*ret = p;
	return ERR_OK;
}

void web_port_free(struct web_port **p)
{
	*p = mem_deref(*p);
}

int web_port_number(const struct web_port *p)
{
	return sa_port(&p->local);
}

enum err web_sess_new(struct web_port *p, const struct web_sess_cfg *cfg,
                      const struct web_sess_handlers *h, void *ctx, struct web_sess **ret,
                      struct why *why)
{
	struct web_sess *s = mem_zalloc(sizeof *s, destroy_session);
	if (!s)
		return fail(why, E_NOMEM);
	s->port = p;
	s->h = *h;
	s->ctx = ctx;
	s->stun_ms = clock_mono_ms();
	str_ncpy(s->ufrag, cfg->ufrag, sizeof s->ufrag);
	str_ncpy(s->pwd, cfg->pwd, sizeof s->pwd);
	memcpy(s->fingerprint, cfg->fingerprint, sizeof s->fingerprint);
	list_append(&p->sessions, &s->le, s);
	hash_append(p->by_ufrag, hash_joaat((const uint8_t *)s->ufrag, strlen(s->ufrag)),
	            &s->le_ufrag, s);
	*ret = s;
	return ERR_OK;
}

void web_sess_free(struct web_sess **sp)
{
	struct web_sess *s = *sp;
	if (!s)
		return;
	*sp = NULL;
	s->is_gone = true; /* no more handlers */
	free_tls(s);
	mem_deref(s);
}
