#include "api/cert.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <ifaddrs.h>
#include <netdb.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/str.h"

enum {
	CA_DAYS = 3650,
	SERVER_DAYS = 825,
	BEFORE_DAYS = 2,
	DAY_S = 86400,
	ADDRS_MAX = 64,
	PEM_MAX = 65536
};

static void pkey_drop(EVP_PKEY **p)
{
	EVP_PKEY_free(*p);
}

static void x509_drop(X509 **p)
{
	X509_free(*p);
}

static void bio_drop(BIO **p)
{
	BIO_free(*p);
}

static enum err broken(struct why *why)
{
	char text[120];
	ERR_error_string_n(ERR_get_error(), text, sizeof text);
	return fail(why, E_CERT_MAKE, (const char *)text);
}

/* ---- files ---- */

static enum err bio_save(BIO *b, const char *dir, const char *name, mode_t mode, struct why *why)
{
	CLEANUP(str_drop) char *path = file_join(dir, name);
	char *p = NULL;
	long n = BIO_get_mem_data(b, &p);
	return path ? file_write_atomic(path, p, (size_t)n, mode, why) : fail(why, E_NOMEM);
}

static enum err key_save(EVP_PKEY *key, const char *dir, const char *name, struct why *why)
{
	CLEANUP(bio_drop) BIO *b = BIO_new(BIO_s_secmem());
	if (!b || !PEM_write_bio_PKCS8PrivateKey(b, key, NULL, NULL, 0, NULL, NULL))
		return broken(why);
	return bio_save(b, dir, name, 0600, why);
}

static enum err chain_save(X509 *leaf, X509 *issuer, const char *dir, const char *name,
                           struct why *why)
{
	CLEANUP(bio_drop) BIO *b = BIO_new(BIO_s_mem());
	if (!b || !PEM_write_bio_X509(b, leaf) || (issuer && !PEM_write_bio_X509(b, issuer)))
		return broken(why);
	return bio_save(b, dir, name, 0644, why);
}

static enum err bio_load(const char *dir, const char *name, BIO **ret, char **text, struct why *why)
{
	CLEANUP(str_drop) char *path = file_join(dir, name);
	size_t n = 0;
	enum err e = path ? file_read(path, PEM_MAX, text, &n, why) : fail(why, E_NOMEM);
	if (!e && !(*ret = BIO_new_mem_buf(*text, (int)n)))
		e = broken(why);
	return e;
}

static enum err ca_load(const char *dir, EVP_PKEY **key, X509 **crt, struct why *why)
{
	CLEANUP(str_drop) char *key_text = NULL;
	CLEANUP(str_drop) char *crt_text = NULL;
	CLEANUP(bio_drop) BIO *kb = NULL;
	CLEANUP(bio_drop) BIO *cb = NULL;
	enum err e = bio_load(dir, "ca.key", &kb, &key_text, why);
	if (!e)
		e = bio_load(dir, "ca.crt", &cb, &crt_text, why);
	if (e)
		return e;
	*key = PEM_read_bio_PrivateKey(kb, NULL, NULL, NULL);
	*crt = PEM_read_bio_X509(cb, NULL, NULL, NULL);
	return *key && *crt ? ERR_OK : broken(why);
}

/* ---- certificates ---- */

static bool add_ext(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	bool ok = ext && X509_add_ext(x, ext, -1);
	X509_EXTENSION_free(ext);
	return ok;
}

static bool set_name(X509 *x, const char *company, const char *common)
{
	X509_NAME *n = X509_get_subject_name(x);
	/* Names are at most 64 characters in a certificate; UTF-8 is cut at a character by
	 * str_copy(). */
	char o[64], cn[64];
	str_copy(o, sizeof o, company);
	str_copy(cn, sizeof cn, common);
	return X509_NAME_add_entry_by_txt(n, "O", MBSTRING_UTF8, (const unsigned char *)o, -1, -1,
	                                  0) &&
	       X509_NAME_add_entry_by_txt(n, "CN", MBSTRING_UTF8, (const unsigned char *)cn, -1, -1,
	                                  0);
}

static bool set_serial(X509 *x)
{
	unsigned char raw[16];
	if (RAND_bytes(raw, sizeof raw) != 1)
		return false;
	raw[0] &= 0x7f;
	BIGNUM *n = BN_bin2bn(raw, sizeof raw, NULL);
	bool ok = n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x));
	BN_free(n);
	return ok;
}

/* An empty certificate with what both kinds share. NULL: the library said no. */
static X509 *cert_begin(EVP_PKEY *key, const char *company, const char *common, int64_t now_utc_ms,
                        int days)
{
	X509 *x = X509_new();
	time_t now = (time_t)(now_utc_ms / 1000);
	/* Begins before now: PCs on a floor have clocks that are late. */
	bool ok = x && X509_set_version(x, 2) && set_serial(x) && set_name(x, company, common) &&
	          X509_set_pubkey(x, key) &&
	          ASN1_TIME_set(X509_getm_notBefore(x), now - BEFORE_DAYS * DAY_S) &&
	          ASN1_TIME_set(X509_getm_notAfter(x), now + (time_t)(days - BEFORE_DAYS) * DAY_S);
	if (ok)
		return x;
	X509_free(x);
	return NULL;
}

static enum err ca_make(const struct cert_cfg *cfg, EVP_PKEY **ret_key, X509 **ret, struct why *why)
{
	char common[100];
	snprintf(common, sizeof common, "%.60s CA", cfg->company);
	EVP_PKEY *key = *ret_key = EVP_EC_gen("P-256");
	X509 *x = *ret =
	    key ? cert_begin(key, cfg->company, common, cfg->now_utc_ms, CA_DAYS) : NULL;
	if (!x || !X509_set_issuer_name(x, X509_get_subject_name(x)) ||
	    !add_ext(x, x, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
	    !add_ext(x, x, NID_key_usage, "critical,keyCertSign,cRLSign") ||
	    !add_ext(x, x, NID_subject_key_identifier, "hash") || !X509_sign(x, key, EVP_sha256()))
		return broken(why);
	enum err e = key_save(key, cfg->dir, "ca.key", why);
	return e ? e : chain_save(x, NULL, cfg->dir, "ca.crt", why);
}

static enum err server_make(const struct cert_cfg *cfg, const char *san, EVP_PKEY *ca_key, X509 *ca,
                            struct why *why)
{
	CLEANUP(pkey_drop) EVP_PKEY *key = EVP_EC_gen("P-256");
	CLEANUP(x509_drop)
	X509 *x =
	    key ? cert_begin(key, cfg->company, "Hujiao", cfg->now_utc_ms, SERVER_DAYS) : NULL;
	if (!x || !X509_set_issuer_name(x, X509_get_subject_name(ca)) ||
	    !add_ext(x, ca, NID_basic_constraints, "critical,CA:FALSE") ||
	    !add_ext(x, ca, NID_key_usage, "critical,digitalSignature") ||
	    !add_ext(x, ca, NID_ext_key_usage, "serverAuth") ||
	    !add_ext(x, ca, NID_subject_alt_name, san) ||
	    !add_ext(x, ca, NID_subject_key_identifier, "hash") ||
	    !add_ext(x, ca, NID_authority_key_identifier, "keyid:always") ||
	    !X509_sign(x, ca_key, EVP_sha256()))
		return broken(why);
	/* The key first: a server that sees the new certificate finds its key. */
	enum err e = key_save(key, cfg->dir, "server.key", why);
	return e ? e : chain_save(x, ca, cfg->dir, "server.crt", why);
}

/* ---- names ---- */

static bool is_ip(const char *s)
{
	unsigned char raw[16];
	return inet_pton(AF_INET, s, raw) == 1 || inet_pton(AF_INET6, s, raw) == 1;
}

static bool is_host(const char *s)
{
	size_t n = strlen(s);
	if (n == 0 || n > 253 || s[0] == '-' || s[0] == '.' || s[n - 1] == '-')
		return false;
	for (; *s; s++) {
		if (!isalnum((unsigned char)*s) && *s != '-' && *s != '.')
			return false;
	}
	return true;
}

static enum err san_add(struct str *san, const char *addr, struct why *why)
{
	char entry[300];
	if (!is_ip(addr) && !is_host(addr))
		return fail(why, E_CERT_ADDR, addr);
	snprintf(entry, sizeof entry, "%s%s:%s", san->len ? "," : "", is_ip(addr) ? "IP" : "DNS",
	         addr);
	str_add(san, entry);
	return ERR_OK;
}

/* What other PCs may call this machine: its host name and the addresses of its cards. */
static enum err san_add_machine(struct str *san, struct why *why)
{
	struct ifaddrs *list = NULL;
	char name[256] = "";
	if (gethostname(name, sizeof name - 1) == 0 && is_host(name) && san_add(san, name, why))
		return err_kind(why->code);
	if (getifaddrs(&list))
		return ERR_OK;
	for (struct ifaddrs *i = list; i; i = i->ifa_next) {
		char text[NI_MAXHOST];
		socklen_t len = sizeof(struct sockaddr_in);
		if (!i->ifa_addr ||
		    (i->ifa_addr->sa_family != AF_INET && i->ifa_addr->sa_family != AF_INET6))
			continue;
		if (i->ifa_addr->sa_family == AF_INET6)
			len = sizeof(struct sockaddr_in6);
		if (getnameinfo(i->ifa_addr, len, text, sizeof text, NULL, 0, NI_NUMERICHOST) ||
		    strchr(text, '%'))
			continue; /* addresses of one link only */
		if (strcmp(text, "127.0.0.1") != 0 && strcmp(text, "::1") != 0)
			(void)!san_add(san, text, NULL);
	}
	freeifaddrs(list);
	return ERR_OK;
}

static enum err san_make(const struct cert_cfg *cfg, struct str *san, struct why *why)
{
	enum err e = ERR_OK;
	str_add(san, "DNS:localhost,IP:127.0.0.1,IP:::1");
	for (size_t i = 0; !e && i < cfg->n_addr && i < ADDRS_MAX; i++)
		e = san_add(san, cfg->addr[i], why);
	if (!e && !cfg->n_addr)
		e = san_add_machine(san, why);
	return !e && !str_ok(san) ? fail(why, E_NOMEM) : e;
}

enum err cert_make(const struct cert_cfg *cfg, struct why *why)
{
	CLEANUP(str_free) struct str san = { 0 };
	CLEANUP(str_drop) char *ca_path = file_join(cfg->dir, "ca.crt");
	CLEANUP(pkey_drop) EVP_PKEY *ca_key = NULL;
	CLEANUP(x509_drop) X509 *ca = NULL;
	enum err e = ca_path ? san_make(cfg, &san, why) : fail(why, E_NOMEM);
	if (!e)
		e = file_mkdirs(cfg->dir, 0700, why);
	if (!e)
		e = access(ca_path, F_OK) ? ca_make(cfg, &ca_key, &ca, why)
		                          : ca_load(cfg->dir, &ca_key, &ca, why);
	return e ? e : server_make(cfg, san.p, ca_key, ca, why);
}
