/* api/cert.h -- `hujiao cert`: a company's own certificate authority and the server's certificate.
 *
 * In `dir`: ca.key, ca.crt (made once, ten years), server.key, server.crt (the leaf with the CA
 * behind it, 825 days: the longest browsers accept). Keys are P-256, files of keys 0600. A running
 * server reads server.crt again by itself. Thread: any; blocks on the disk. */
#ifndef API_CERT_H
#define API_CERT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct cert_cfg {
	const char *dir;
	const char *company;     /* shown as the issuer */
	const char *const *addr; /* host names and IP addresses the page is opened under */
	size_t n_addr;           /* 0: this machine's names and addresses */
	int64_t now_utc_ms;
};

/** Makes what is missing of the CA and a new server certificate. localhost is always in it.
 *  @return ERR_INVALID E_CERT_ADDR, ERR_IO E_CERT_MAKE */
enum err cert_make(const struct cert_cfg *cfg, struct why *why) MUST_USE;

#endif
