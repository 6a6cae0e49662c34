/* voice/web_cert.h -- the certificate browsers see in DTLS.
 *
 * Made anew at each start: browsers trust the fingerprint in the answer, not a name (RFC 8827 6.5).
 */
#ifndef VOICE_WEB_CERT_H
#define VOICE_WEB_CERT_H

#include "base/err.h"

enum { WEB_FINGERPRINT_BYTES = 32 };

struct web_cert {
	char *pem; /* certificate, then key */
	size_t pem_bytes;
	unsigned char fingerprint[WEB_FINGERPRINT_BYTES]; /* SHA-256 of the DER form */
};

/** EC P-256, self-signed, valid for a year. @param ret  web_cert_done() */
enum err web_cert_make(struct web_cert *ret, struct why *why) MUST_USE;
void web_cert_done(struct web_cert *c);

#endif
