#include "api/device.h"

#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "base/str.h"
#include "gate/vault.h"

enum { RAW = 16, MAC_BYTES = 44, KEPT = 3, ITEM_BYTES = DEVICE_NONCE_BYTES + MAC_BYTES + 2 };

static void mac_of(const struct vault *v, const char *nonce, const char *job_no, char *ret)
{
	char text[256];
	unsigned char hash[VAULT_HASH_BYTES];
	snprintf(text, sizeof text, "device\n%s\n%s", nonce, job_no);
	vault_hash(v, text, hash); /* no number begins like this: hashes of numbers stay apart */
	crypto_b64url(hash, sizeof hash, ret);
}

/* Splits "nonce.mac". @return false: it is none */
static bool item_of(const char *p, size_t n, char *nonce, char *mac)
{
	const char *dot = memchr(p, '.', n);
	if (!dot || dot - p >= DEVICE_NONCE_BYTES || n - (size_t)(dot - p) - 1 >= MAC_BYTES)
		return false;
	snprintf(nonce, DEVICE_NONCE_BYTES, "%.*s", (int)(dot - p), p);
	snprintf(mac, MAC_BYTES, "%.*s", (int)(n - (size_t)(dot - p) - 1), dot + 1);
	return true;
}

bool device_find(const struct vault *v, const char *cookie, const char *job_no, char *ret)
{
	char nonce[DEVICE_NONCE_BYTES], mac[MAC_BYTES], want[MAC_BYTES];
	for (const char *p = cookie; *p;) {
		size_t n = strcspn(p, "~");
		if (item_of(p, n, nonce, mac)) {
			mac_of(v, nonce, job_no, want);
			if (strlen(mac) == strlen(want) && crypto_equal(mac, want, strlen(want))) {
				memcpy(ret, nonce, sizeof nonce);
				return true;
			}
		}
		p += n + (p[n] == '~');
	}
	return false;
}

void device_add(const struct vault *v, const char *cookie, const char *job_no, char *ret)
{
	unsigned char raw[RAW];
	char nonce[DEVICE_NONCE_BYTES], mac[MAC_BYTES];
	crypto_random(raw, sizeof raw);
	crypto_b64url(raw, sizeof raw, nonce);
	mac_of(v, nonce, job_no, mac);
	int at = snprintf(ret, DEVICE_COOKIE_BYTES, "%s.%s", nonce, mac);
	for (int kept = 0; *cookie && kept < KEPT; kept++) {
		size_t n = strcspn(cookie, "~");
		if (n < ITEM_BYTES && item_of(cookie, n, nonce, mac))
			at += snprintf(ret + at, DEVICE_COOKIE_BYTES - (size_t)at, "~%s.%s", nonce,
			               mac);
		cookie += n + (cookie[n] == '~');
	}
}
