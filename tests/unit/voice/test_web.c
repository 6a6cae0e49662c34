#include "test.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <re.h>
#include <stdlib.h>

#include "voice/web_dtls.h"
#include "voice/web_ice.h"
#include "voice/web_keys.h"
#include "voice/web_sdp.h"

static const char OFFER[] =
    "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111 0 8 126\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\n"
    "a=ice-pwd:0123456789012345678901\r\na=fingerprint:sha-256 "
    "00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:"
    "FF\r\n"
    "a=setup:actpass\r\na=mid:0\r\na=rtcp-mux\r\na=candidate:1 1 UDP 1 4f2c.local 50000 typ "
    "host\r\n"
    "a=rtpmap:111 opus/48000/2\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
    "a=rtpmap:126 telephone-event/8000\r\na=sendrecv\r\n";

static struct web_local local(void)
{
	static const unsigned char fp[WEB_FINGERPRINT_BYTES] = { 0xab };
	struct web_local l = {
		.fingerprint = fp, .candidates = "192.0.2.7 10.0.0.1", .port = 4000, .ssrc = 5
	};
	web_local_draw(&l);
	return l;
}

/* RFC 8839 5.4: letters, digits, '+', '/'; and nothing that the door would mask as a telephone
 * number. */
static void ice_names_have_no_digits_and_differ(void **state)
{
	(void)state;
	struct web_local a = local(), b = local();
	for (int i = 0; i < 200; i++) {
		web_local_draw(&a);
		assert_int_equal(strspn(a.ufrag, "abcdefghijklmnop"), 8);
		assert_int_equal(strspn(a.pwd, "abcdefghijklmnop"), 36);
		assert_int_equal(strlen(a.ufrag) + strlen(a.pwd), 44);
	}
	assert_string_not_equal(a.pwd, b.pwd);
}

static void an_offer_is_answered_with_a_law_and_our_candidates(void **state)
{
	(void)state;
	struct web_local l = local();
	struct web_remote r;
	struct why why = { 0 };
	char *a;
	assert_ok(web_answer(OFFER, &l, &r, &a, &why), &why);
	assert_int_equal(r.codec, CODEC_PCMA);
	assert_int_equal(r.pt_digits, 126);
	assert_int_equal(r.fingerprint[1], 0x11);
	static const char *const WANT[] = { "m=audio 4000 UDP/TLS/RTP/SAVPF 8 126",
		                            "a=ice-lite",
		                            "a=setup:passive",
		                            "a=rtcp-mux",
		                            "192.0.2.7 4000 typ host",
		                            "10.0.0.1 4000 typ host",
		                            "a=mid:0",
		                            "sha-256 AB:00" };
	for (size_t i = 0; i < sizeof WANT / sizeof *WANT; i++)
		if (!strstr(a, WANT[i]))
			test_fail("'%s' is not in the answer:\n%s", WANT[i], a);
	free(a);
}

static void a_browser_without_a_law_gets_mu_law(void **state)
{
	(void)state;
	char offer[sizeof OFFER];
	struct web_local l = local();
	struct web_remote r;
	struct why why = { 0 };
	char *a;
	strcpy(offer, OFFER);
	memcpy(strstr(offer, "PCMA"), "XXXX", 4);
	assert_ok(web_answer(offer, &l, &r, &a, &why), &why);
	assert_int_equal(r.codec, CODEC_PCMU);
	free(a);
}

static void cut_and_bent_offers_are_refused_and_break_nothing(void **state)
{
	(void)state;
	struct web_local l = local();
	struct web_remote r;
	char offer[sizeof OFFER], *a;
	for (size_t n = 0; n < sizeof OFFER; n += 3) {
		memcpy(offer, OFFER, n);
		offer[n] = '\0';
		if (web_answer(offer, &l, &r, &a, NULL) == ERR_OK)
			free(a);
	}
	for (size_t i = 0; i < sizeof OFFER - 1; i++) {
		memcpy(offer, OFFER, sizeof OFFER);
		offer[i] ^= 0x1f;
		if (web_answer(offer, &l, &r, &a, NULL) == ERR_OK)
			free(a);
	}
}

/* ---- DTLS against OpenSSL's own client, datagrams handed over by hand ---- */

struct pipe {
	uint8_t data[16][2048];
	size_t len[16];
	int head, count;
};

static void to_pipe(void *ctx, const uint8_t *d, size_t n)
{
	struct pipe *p = ctx;
	assert_true(p->count < 16 && n <= 2048);
	int at = (p->head + p->count++) % 16;
	memcpy(p->data[at], d, n);
	p->len[at] = n;
}

struct client {
	SSL_CTX *ctx;
	SSL *ssl;
	X509 *cert;
	uint8_t fingerprint[32];
};

static void client_open(struct client *c)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	unsigned n = 0;
	c->ctx = SSL_CTX_new(DTLS_client_method());
	c->cert = X509_new();
	X509_set_version(c->cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(c->cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(c->cert), -60);
	X509_gmtime_adj(X509_getm_notAfter(c->cert), 3600);
	X509_set_pubkey(c->cert, key);
	X509_sign(c->cert, key, EVP_sha256());
	X509_digest(c->cert, EVP_sha256(), c->fingerprint, &n);
	SSL_CTX_use_certificate(c->ctx, c->cert);
	SSL_CTX_use_PrivateKey(c->ctx, key);
	SSL_CTX_set_tlsext_use_srtp(c->ctx, "SRTP_AEAD_AES_128_GCM");
	c->ssl = SSL_new(c->ctx);
	SSL_set_bio(c->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_options(c->ssl, SSL_OP_NO_QUERY_MTU);
	SSL_set_mtu(c->ssl, 1400);
	SSL_set_connect_state(c->ssl);
	EVP_PKEY_free(key);
}

static void client_close(struct client *c)
{
	SSL_free(c->ssl);
	SSL_CTX_free(c->ctx);
	X509_free(c->cert);
}

/* A memory BIO runs records together; a datagram may hold several, so that is one datagram. */
static size_t client_out(struct client *c, uint8_t *buf, size_t size)
{
	int n = BIO_read(SSL_get_wbio(c->ssl), buf, (int)size);
	return n > 0 ? (size_t)n : 0;
}

static enum dtls_state shake_hands(struct client *c, struct dtls_link *l, struct pipe *from_server,
                                   const uint8_t *fp)
{
	enum dtls_state s = DTLS_SHAKING;
	uint8_t buf[8192];
	for (int i = 0; i < 20 && s == DTLS_SHAKING; i++) {
		SSL_do_handshake(c->ssl);
		size_t n = client_out(c, buf, sizeof buf);
		if (n)
			s = dtls_link_receive(l, buf, n, fp);
		while (from_server->count) {
			BIO_write(SSL_get_rbio(c->ssl), from_server->data[from_server->head],
			          (int)from_server->len[from_server->head]);
			from_server->head = (from_server->head + 1) % 16;
			from_server->count--;
			SSL_do_handshake(c->ssl);
		}
	}
	return s;
}

static void both_ends_agree_on_keys_and_a_forged_packet_changes_nothing(void **state)
{
	(void)state;
	struct dtls_server *server;
	struct pipe out = { 0 };
	struct client c;
	struct why why;
	uint8_t theirs[30], ours[30], km[56];
	assert_ok(dtls_server_new(&server, &why), &why);
	client_open(&c);
	struct dtls_link *l = dtls_link_new(server, to_pipe, &out);
	assert_int_equal(shake_hands(&c, l, &out, c.fingerprint), DTLS_UP);
	const char *profile = dtls_link_keys(l, theirs, ours);
	assert_string_equal(profile, "SRTP_AEAD_AES_128_GCM");
	assert_int_equal(
	    SSL_export_keying_material(c.ssl, km, sizeof km, "EXTRACTOR-dtls_srtp", 19, NULL, 0, 0),
	    1);
	assert_memory_equal(km, theirs, 16);
	assert_memory_equal(km + 16, ours, 16);

	struct web_keys *us = web_keys_new(profile, theirs, ours),
			*them = web_keys_new(profile, ours, theirs);
	for (uint16_t seq = 65500; seq != 40; seq++) {
		uint8_t p[12 + 160 + WEB_KEYS_TAIL] = { 0x80, 8, (uint8_t)(seq >> 8),
			                                (uint8_t)seq };
		p[11] = 1;
		size_t n = web_keys_seal(them, false, p, 172);
		assert_true(n > 172);
		uint8_t forged[sizeof p];
		memcpy(forged, p, sizeof p);
		forged[2] = 0x10; /* another sequence number under somebody else's tag */
		assert_int_equal(web_keys_open(us, false, forged, n), 0);
		assert_int_equal(web_keys_open(us, false, p, n), 172);
		assert_int_equal(web_keys_open(us, false, p, n), 0); /* replayed */
	}
	web_keys_free(us);
	web_keys_free(them);
	assert_null(web_keys_new("SRTP_NULL", theirs, ours));

	SSL_shutdown(c.ssl);
	uint8_t buf[2048];
	size_t n = client_out(&c, buf, sizeof buf);
	assert_int_equal(dtls_link_receive(l, buf, n, c.fingerprint), DTLS_CLOSED);
	dtls_link_free(l);
	client_close(&c);
	dtls_server_free(&server);
}

static void another_certificate_than_the_offers_is_refused(void **state)
{
	(void)state;
	struct dtls_server *server;
	struct pipe out = { 0 };
	struct client c;
	struct why why;
	uint8_t other[32] = { 1 };
	assert_ok(dtls_server_new(&server, &why), &why);
	client_open(&c);
	struct dtls_link *l = dtls_link_new(server, to_pipe, &out);
	assert_int_equal(shake_hands(&c, l, &out, other), DTLS_CLOSED);
	dtls_link_free(l);
	client_close(&c);
	dtls_server_free(&server);
}

/* ---- STUN ---- */

static size_t binding(uint8_t *buf, const char *user, const char *pwd, bool is_nominated)
{
	uint8_t tid[STUN_TID_SIZE] = { 1, 2, 3 };
	uint64_t tie = 1;
	struct mbuf *mb = mbuf_alloc(256);
	int err = stun_msg_encode(mb, STUN_METHOD_BINDING, STUN_CLASS_REQUEST, tid, NULL,
	                          (const uint8_t *)pwd, strlen(pwd), true, 0, is_nominated ? 3 : 2,
	                          STUN_ATTR_USERNAME, user, STUN_ATTR_CONTROLLING, &tie,
	                          STUN_ATTR_USE_CAND, &tie);
	assert_int_equal(err, 0);
	size_t n = mb->end;
	memcpy(buf, mb->buf, n);
	mem_deref(mb);
	return n;
}

static void a_check_with_our_password_is_answered_and_no_other(void **state)
{
	(void)state;
	uint8_t p[512], reply[ICE_REPLY_BYTES];
	struct sockaddr_in from = { .sin_family = AF_INET,
		                    .sin_port = htons(5000),
		                    .sin_addr.s_addr = htonl(0xc0000201) };
	size_t n = binding(p, "ours:theirs", "secretsecretsecretsecret", true);
	struct ice_check *c = ice_check_parse(p, n);
	assert_non_null(c);
	assert_true(ice_check_is_for(c, "ours") && !ice_check_is_for(c, "our") &&
	            !ice_check_is_for(c, "theirs"));
	assert_true(ice_check_is_nominating(c));
	assert_int_equal(ice_check_answer(c, "wrong", (struct sockaddr *)&from, reply), 0);
	n = ice_check_answer(c, "secretsecretsecretsecret", (struct sockaddr *)&from, reply);
	assert_true(n > 20);
	assert_int_equal(reply[0] << 8 | reply[1], 0x0101); /* binding success */
	assert_memory_equal(reply + 8, p + 8, 12);
	ice_check_free(c);
}

static void bent_checks_are_dropped(void **state)
{
	(void)state;
	uint8_t good[512], p[512];
	size_t n = binding(good, "ours:theirs", "secret", false);
	for (size_t i = 0; i < n; i++) {
		memcpy(p, good, n);
		p[i] ^= 0x55;
		struct ice_check *c = ice_check_parse(p, n);
		assert_null(c); /* the fingerprint covers every byte */
		c = ice_check_parse(good, i);
		ice_check_free(c);
	}
}

int main(void)
{
	libre_init();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ice_names_have_no_digits_and_differ),
		cmocka_unit_test(an_offer_is_answered_with_a_law_and_our_candidates),
		cmocka_unit_test(a_browser_without_a_law_gets_mu_law),
		cmocka_unit_test(cut_and_bent_offers_are_refused_and_break_nothing),
		cmocka_unit_test(both_ends_agree_on_keys_and_a_forged_packet_changes_nothing),
		cmocka_unit_test(another_certificate_than_the_offers_is_refused),
		cmocka_unit_test(a_check_with_our_password_is_answered_and_no_other),
		cmocka_unit_test(bent_checks_are_dropped),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	libre_close();
	return failed;
}
