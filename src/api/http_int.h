/* api/http_int.h -- the driver on libmicrohttpd and its TLS; shared by api.c, http.c and tls.c. */
#ifndef API_HTTP_INT_H
#define API_HTTP_INT_H

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>

#include "base/err.h"

struct api;
struct tls;

enum err http_start(struct api *a, struct why *why);

/** Reads certificate chain and key and checks that they belong together. One at a time in a
 * process: the library's callback has no context. */
enum err tls_new(const char *cert_path, const char *key_path, struct tls **ret, struct why *why);
void tls_free(struct tls **t);
/** Reads the files again when they changed; what does not fit is logged and the old stay. Logs once
 * a day that the certificate ends within TLS_WARN_MS or has ended. */
void tls_tick(struct tls *t, int64_t now_utc_ms);

#define TLS_WARN_MS (INT64_C(30) * 86400 * 1000)
int64_t tls_end_utc_ms(const struct tls *t); /* when the certificate in use ends */

int tls_retrieve(gnutls_session_t session, const gnutls_datum_t *req_ca_rdn, int nreqs,
                 const gnutls_pk_algorithm_t *algos, int n_algos, gnutls_pcert_st **pcert,
                 unsigned *pcert_length, gnutls_privkey_t *privkey);

#endif
