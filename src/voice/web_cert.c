#include "voice/web_cert.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

enum { YEAR_S = 365 * 24 * 3600, DAY_S = 24 * 3600 };

static void free_key(EVP_PKEY **k)
{
	EVP_PKEY_free(*k);
}
static void free_x509(X509 **x)
{
	X509_free(*x);
}
static void free_bio(BIO **b)
{
	BIO_free(*b);
}

static bool fill(X509 *x, EVP_PKEY *key)
{
	uint32_t serial;
	X509_NAME *name = X509_get_subject_name(x);
	return RAND_bytes((unsigned char *)&serial, sizeof serial) == 1 && X509_set_version(x, 2) &&
	       ASN1_INTEGER_set_uint64(X509_get_serialNumber(x), serial) &&
	       /* A browser's clock may be behind ours. */
	       X509_gmtime_adj(X509_getm_notBefore(x), -DAY_S) &&
	       X509_gmtime_adj(X509_getm_notAfter(x), YEAR_S) &&
	       X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"hujiao",
	                                  -1, -1, 0) &&
	       X509_set_issuer_name(x, name) && X509_set_pubkey(x, key) &&
	       X509_sign(x, key, EVP_sha256()) > 0;
}

static bool write_pem(X509 *x, EVP_PKEY *key, struct web_cert *ret)
{
	CLEANUP(free_bio) BIO *bio = BIO_new(BIO_s_mem());
	if (!bio || !PEM_write_bio_X509(bio, x) ||
	    !PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL))
		return false;
	char *p;
	long n = BIO_get_mem_data(bio, &p);
	ret->pem = n > 0 ? malloc((size_t)n + 1) : NULL;
	if (!ret->pem)
		return false;
	memcpy(ret->pem, p, (size_t)n);
	ret->pem[n] = '\0';
	ret->pem_bytes = (size_t)n;
	return true;
}

enum err web_cert_make(struct web_cert *ret, struct why *why)
{
	CLEANUP(free_key) EVP_PKEY *key = EVP_EC_gen("P-256");
	CLEANUP(free_x509) X509 *x = X509_new();
	unsigned md_bytes = WEB_FINGERPRINT_BYTES;
	struct web_cert c = { 0 };
	if (!key || !x || !fill(x, key) ||
	    !X509_digest(x, EVP_sha256(), c.fingerprint, &md_bytes) || !write_pem(x, key, &c))
		return fail(why, E_WEB_CERT);
	*ret = c;
	return ERR_OK;
}

void web_cert_done(struct web_cert *c)
{
	if (c->pem)
		OPENSSL_cleanse(c->pem, c->pem_bytes);
	free(c->pem);
	*c = (struct web_cert){ 0 };
}
