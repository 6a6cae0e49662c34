#include "voice/web_dtls.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

enum { MTU = 1200, CERT_DAYS = 3650 };

struct dtls_server {
	SSL_CTX *ctx;
	BIO_METHOD *bio;
	unsigned char fingerprint[EVP_MAX_MD_SIZE];
};

struct dtls_link {
	SSL *ssl;
	dtls_send_fn *send;
	void *ctx;
	const uint8_t *in; /* the datagram being read */
	size_t in_len;
	enum dtls_state state;
};

/* ---- a BIO that keeps datagrams apart ---- */

static int bio_write(BIO *b, const char *data, int len)
{
	struct dtls_link *l = BIO_get_data(b);
	l->send(l->ctx, (const uint8_t *)data, (size_t)len);
	return len;
}

static int bio_read(BIO *b, char *buf, int size)
{
	struct dtls_link *l = BIO_get_data(b);
	BIO_clear_retry_flags(b);
	if (!l->in_len) {
		BIO_set_retry_read(b);
		return -1;
	}
	size_t n = l->in_len < (size_t)size ? l->in_len : (size_t)size;
	memcpy(buf, l->in, n);
	l->in_len = 0;
	return (int)n;
}

static long bio_ctrl(BIO *b, int cmd, long num, void *ptr)
{
	(void)b;
	(void)num;
	(void)ptr;
	switch (cmd) {
	case BIO_CTRL_FLUSH:
		return 1;
	case BIO_CTRL_DGRAM_QUERY_MTU:
	case BIO_CTRL_DGRAM_GET_FALLBACK_MTU:
		return MTU;
	default:
		return 0;
	}
}

static int bio_create(BIO *b)
{
	BIO_set_init(b, 1);
	return 1;
}

/* ---- server ---- */

static int accept_any(int ok, X509_STORE_CTX *store)
{
	(void)ok;
	(void)store;
	return 1; /* browsers sign their own; the fingerprint in the offer is what counts (RFC 8122)
	           */
}

static X509 *self_signed(EVP_PKEY *key)
{
	X509 *x = X509_new();
	uint64_t serial = 1;
	RAND_bytes((unsigned char *)&serial, 7);
	X509_set_version(x, 2);
	ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), serial >> 1);
	X509_gmtime_adj(X509_getm_notBefore(x), -86400);
	X509_gmtime_adj(X509_getm_notAfter(x), 86400L * CERT_DAYS);
	X509_set_pubkey(x, key);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
	                           (const unsigned char *)"voice", -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	if (X509_sign(x, key, EVP_sha256()) == 0) {
		X509_free(x);
		return NULL;
	}
	return x;
}

static bool use_new_certificate(struct dtls_server *s)
{
	unsigned n = 0;
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = key ? self_signed(key) : NULL;
	bool ok = x && SSL_CTX_use_certificate(s->ctx, x) == 1 &&
	          SSL_CTX_use_PrivateKey(s->ctx, key) == 1 &&
	          X509_digest(x, EVP_sha256(), s->fingerprint, &n) == 1 && n == 32;
	X509_free(x);
	EVP_PKEY_free(key);
	return ok;
}

static bool set_up(struct dtls_server *s)
{
	s->ctx = SSL_CTX_new(DTLS_server_method());
	s->bio = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "datagrams");
	if (!s->ctx || !s->bio)
		return false;
	BIO_meth_set_write(s->bio, bio_write);
	BIO_meth_set_read(s->bio, bio_read);
	BIO_meth_set_ctrl(s->bio, bio_ctrl);
	BIO_meth_set_create(s->bio, bio_create);
	SSL_CTX_set_min_proto_version(s->ctx, DTLS1_2_VERSION);
	SSL_CTX_set_options(s->ctx,
	                    SSL_OP_NO_QUERY_MTU | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
	SSL_CTX_set_session_cache_mode(s->ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_verify(s->ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, accept_any);
	/* 0 is success here. */
	return SSL_CTX_set_tlsext_use_srtp(s->ctx,
	                                   "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80") == 0 &&
	       use_new_certificate(s);
}

enum err dtls_server_new(struct dtls_server **ret, struct why *why)
{
	struct dtls_server *s = calloc(1, sizeof *s);
	if (!s)
		return fail(why, E_NOMEM);
	if (!set_up(s)) {
		char text[120];
		ERR_error_string_n(ERR_get_error(), text, sizeof text);
		dtls_server_free(&s);
		return fail(why, E_VOICE_SYSTEM, text);
	}
	*ret = s;
	return ERR_OK;
}

void dtls_server_free(struct dtls_server **sp)
{
	struct dtls_server *s = *sp;
	if (!s)
		return;
	SSL_CTX_free(s->ctx);
	BIO_meth_free(s->bio);
	free(s);
	*sp = NULL;
}

const unsigned char *dtls_server_fingerprint(const struct dtls_server *s)
{
	return s->fingerprint;
}

/* ---- link ---- */

struct dtls_link *dtls_link_new(struct dtls_server *s, dtls_send_fn *send, void *ctx)
{
	struct dtls_link *l = calloc(1, sizeof *l);
	if (!l)
		return NULL;
	l->send = send;
	l->ctx = ctx;
	l->ssl = SSL_new(s->ctx);
	BIO *b = l->ssl ? BIO_new(s->bio) : NULL;
	if (!b) {
		SSL_free(l->ssl);
		free(l);
		return NULL;
	}
	BIO_set_data(b, l);
	SSL_set_bio(l->ssl, b, b);
	SSL_set_mtu(l->ssl, MTU);
	SSL_set_accept_state(l->ssl);
	return l;
}

void dtls_link_free(struct dtls_link *l)
{
	if (!l)
		return;
	if (l->state == DTLS_UP)
		SSL_shutdown(l->ssl);
	SSL_free(l->ssl);
	ERR_clear_error();
	free(l);
}

static bool is_peer_right(const struct dtls_link *l, const uint8_t *fingerprint)
{
	unsigned char md[EVP_MAX_MD_SIZE];
	unsigned n = 0;
	X509 *x = SSL_get1_peer_certificate(l->ssl);
	bool ok = x && X509_digest(x, EVP_sha256(), md, &n) == 1 && n == 32 &&
	          memcmp(md, fingerprint, 32) == 0 && SSL_get_selected_srtp_profile(l->ssl);
	X509_free(x);
	return ok;
}

static void shake(struct dtls_link *l, const uint8_t *fingerprint)
{
	int r = SSL_do_handshake(l->ssl);
	if (r == 1)
		l->state = is_peer_right(l, fingerprint) ? DTLS_UP : DTLS_CLOSED;
	else if (SSL_get_error(l->ssl, r) != SSL_ERROR_WANT_READ)
		l->state = DTLS_CLOSED;
}

static void read_on(struct dtls_link *l)
{
	uint8_t drop[2048]; /* data channels are not offered; alerts are what we read for */
	int r;
	while ((r = SSL_read(l->ssl, drop, sizeof drop)) > 0)
		;
	if (SSL_get_error(l->ssl, r) != SSL_ERROR_WANT_READ)
		l->state = DTLS_CLOSED;
}

enum dtls_state dtls_link_receive(struct dtls_link *l, const uint8_t *datagram, size_t len,
                                  const uint8_t peer_fingerprint[32])
{
	l->in = datagram;
	l->in_len = len;
	ERR_clear_error();
	if (l->state == DTLS_SHAKING)
		shake(l, peer_fingerprint);
	else if (l->state == DTLS_UP)
		read_on(l);
	l->in_len = 0;
	return l->state;
}

void dtls_link_tick(struct dtls_link *l)
{
	if (l->state == DTLS_SHAKING)
		DTLSv1_handle_timeout(l->ssl);
}

const char *dtls_link_keys(struct dtls_link *l, uint8_t client[30], uint8_t server[30])
{
	static const char LABEL[] = "EXTRACTOR-dtls_srtp"; /* RFC 5764 4.2 */
	const char *profile = SSL_get_selected_srtp_profile(l->ssl)->name;
	bool is_gcm = strcmp(profile, "SRTP_AEAD_AES_128_GCM") == 0;
	size_t key = 16, salt = is_gcm ? 12 : 14;
	uint8_t m[2 * 30];
	if (SSL_export_keying_material(l->ssl, m, 2 * (key + salt), LABEL, sizeof LABEL - 1, NULL,
	                               0, 0) != 1)
		return "";
	memset(client, 0, 30);
	memset(server, 0, 30);
	memcpy(client, m, key);
	memcpy(server, m + key, key);
	memcpy(client + key, m + 2 * key, salt);
	memcpy(server + key, m + 2 * key + salt, salt);
	OPENSSL_cleanse(m, sizeof m);
	return profile;
}
