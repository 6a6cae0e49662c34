#include "voice/web_keys.h"

#include <pthread.h>
#include <re.h>
#include <srtp2/srtp.h>
#include <stdlib.h>
#include <string.h>

struct web_keys {
	struct srtp *tx;
	srtp_t rx;
};

static void start_srtp2(void)
{
	srtp_init();
}

static srtp_t open_receiver(bool is_gcm, const uint8_t *key)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, start_srtp2);
	srtp_policy_t p = { 0 };
	uint8_t copy[WEB_KEY_BYTES];
	memcpy(copy, key, sizeof copy);
	if (is_gcm) {
		srtp_crypto_policy_set_aes_gcm_128_16_auth(&p.rtp);
		srtp_crypto_policy_set_aes_gcm_128_16_auth(&p.rtcp);
	} else {
		srtp_crypto_policy_set_rtp_default(&p.rtp);
		srtp_crypto_policy_set_rtcp_default(&p.rtcp);
	}
	p.ssrc.type = ssrc_any_inbound;
	p.key = copy;
	p.window_size = 128;
	srtp_t rx;
	return srtp_create(&rx, &p) == srtp_err_status_ok ? rx : NULL;
}

struct web_keys *web_keys_new(const char *profile, const uint8_t *theirs, const uint8_t *ours)
{
	bool is_gcm = strcmp(profile, "SRTP_AEAD_AES_128_GCM") == 0;
	if (!is_gcm && strcmp(profile, "SRTP_AES128_CM_SHA1_80") != 0)
		return NULL;
	struct web_keys *k = calloc(1, sizeof *k);
	if (!k)
		return NULL;
	enum srtp_suite suite = is_gcm ? SRTP_AES_128_GCM : SRTP_AES_CM_128_HMAC_SHA1_80;
	k->rx = open_receiver(is_gcm, theirs);
	if (!k->rx || srtp_alloc(&k->tx, suite, ours, is_gcm ? 28 : 30, 0)) {
		web_keys_free(k);
		return NULL;
	}
	return k;
}

void web_keys_free(struct web_keys *k)
{
	if (!k)
		return;
	mem_deref(k->tx);
	if (k->rx)
		srtp_dealloc(k->rx);
	free(k);
}

size_t web_keys_open(struct web_keys *k, bool is_rtcp, uint8_t *packet, size_t len)
{
	int n = (int)len;
	srtp_err_status_t e =
	    is_rtcp ? srtp_unprotect_rtcp(k->rx, packet, &n) : srtp_unprotect(k->rx, packet, &n);
	return e == srtp_err_status_ok && n > 0 ? (size_t)n : 0;
}

size_t web_keys_seal(struct web_keys *k, bool is_rtcp, uint8_t *packet, size_t len)
{
	/* An mbuf on the stack over the caller's bytes: no allocation a packet. */
	struct mbuf mb = { .buf = packet, .size = len + WEB_KEYS_TAIL, .pos = 0, .end = len };
	int err = is_rtcp ? srtcp_encrypt(k->tx, &mb) : srtp_encrypt(k->tx, &mb);
	return err ? 0 : mb.end;
}
