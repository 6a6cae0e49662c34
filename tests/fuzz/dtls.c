/* Datagrams to the browsers' port that look like DTLS: two bytes length and content each. Length 0
 * with a content byte stands for the next flight of a real client, so that what follows meets a
 * handshake in progress. */
#include "fuzz.h"

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <string.h>

#include "base/err.h"
#include "voice/web_dtls.h"

enum { DATAGRAM_BYTES = 4096 };

struct talk {
	SSL *client;
	BIO *to_client, *from_client;
	struct dtls_link *link;
};

static void to_client(void *ctx, const uint8_t *datagram, size_t len)
{
	struct talk *t = ctx;
	FUZZ_HOLDS(len > 0 && len <= DATAGRAM_BYTES);
	(void)BIO_write(t->to_client, datagram, (int)len);
}

static void client_new(struct talk *t)
{
	static SSL_CTX *ctx;
	if (!ctx && (!(ctx = SSL_CTX_new(DTLS_client_method())) ||
	             SSL_CTX_set_tlsext_use_srtp(ctx, "SRTP_AES128_CM_SHA1_80")))
		abort();
	t->client = SSL_new(ctx);
	t->to_client = BIO_new(BIO_s_mem());
	t->from_client = BIO_new(BIO_s_mem());
	if (!t->client || !t->to_client || !t->from_client)
		abort();
	BIO_set_mem_eof_return(t->to_client, -1);
	SSL_set_bio(t->client, t->to_client, t->from_client);
	SSL_set_connect_state(t->client);
}

/* What the client says next, whole. */
static void step(struct talk *t)
{
	static const uint8_t PEER[32] = { 7 };
	uint8_t buf[DATAGRAM_BYTES];
	(void)SSL_do_handshake(t->client);
	int n = BIO_read(t->from_client, buf, sizeof buf);
	if (n > 0)
		(void)dtls_link_receive(t->link, buf, (size_t)n, PEER);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct dtls_server *server;
	static const uint8_t PEER[32] = { 7 };
	struct why why = { 0 };
	struct talk t = { 0 };
	if (!server && dtls_server_new(&server, &why))
		abort();
	client_new(&t);
	t.link = dtls_link_new(server, to_client, &t);
	if (!t.link)
		abort();
	while (size > 2) {
		size_t n = (size_t)(data[0] & 7) << 8 | data[1];
		n = n > size - 2 ? size - 2 : n;
		if (n == 0)
			step(&t);
		else
			(void)dtls_link_receive(t.link, data + 2, n, PEER);
		dtls_link_tick(t.link);
		data += 2 + n;
		size -= 2 + n;
	}
	dtls_link_free(t.link);
	SSL_free(t.client);
	return 0;
}
