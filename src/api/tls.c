#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "api/http_int.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"

enum { CHAIN_MAX = 8, PEM_MAX_BYTES = 256 * 1024, DAY_MS = 86400 * 1000 };

/* One reading of the files. Handshakes may still use an older one: all are kept to the end. */
struct pair {
	gnutls_pcert_st chain[CHAIN_MAX];
	unsigned n;
	gnutls_privkey_t key;
	int64_t end_utc_ms; /* the first of the chain to end */
	struct pair *older;
};

struct tls {
	char *cert_path, *key_path;
	struct timespec cert_mtime, key_mtime;
	struct pair *newest; /* under lock */
	int64_t told_utc_ms; /* when its end was last logged; 0: never */
	bool has_ended;      /* as it was then */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct tls *serving; /* under lock */

static void pair_free(struct pair *p)
{
	while (p) {
		struct pair *older = p->older;
		for (unsigned i = 0; i < p->n; i++)
			gnutls_pcert_deinit(&p->chain[i]);
		if (p->key)
			gnutls_privkey_deinit(p->key);
		free(p);
		p = older;
	}
}

static enum err chain_load(struct pair *p, const char *path, struct why *why)
{
	CLEANUP(str_drop) char *pem = NULL;
	size_t n = 0;
	gnutls_x509_crt_t *crt = NULL;
	unsigned count = 0;
	enum err e = file_read(path, PEM_MAX_BYTES, &pem, &n, why);
	if (e)
		return e;
	gnutls_datum_t d = { (unsigned char *)pem, (unsigned)n };
	int g = gnutls_x509_crt_list_import2(&crt, &count, &d, GNUTLS_X509_FMT_PEM, 0);
	if (g < 0)
		return fail(why, E_TLS_FILE, path, gnutls_strerror(g));
	for (unsigned i = 0; i < count; i++) {
		if (g >= 0 && p->n < CHAIN_MAX &&
		    (g = gnutls_pcert_import_x509(&p->chain[p->n], crt[i], 0)) >= 0)
			p->n++;
		int64_t end_utc_ms = (int64_t)gnutls_x509_crt_get_expiration_time(crt[i]) * 1000;
		if (!p->end_utc_ms || end_utc_ms < p->end_utc_ms)
			p->end_utc_ms = end_utc_ms;
		gnutls_x509_crt_deinit(crt[i]);
	}
	gnutls_free(crt);
	return g < 0 ? fail(why, E_TLS_FILE, path, gnutls_strerror(g)) : ERR_OK;
}

static enum err key_load(struct pair *p, const char *path, struct why *why)
{
	CLEANUP(str_drop) char *pem = NULL;
	size_t n = 0;
	enum err e = file_read(path, PEM_MAX_BYTES, &pem, &n, why);
	if (e)
		return e;
	gnutls_datum_t d = { (unsigned char *)pem, (unsigned)n };
	int g = gnutls_privkey_init(&p->key);
	if (g >= 0)
		g = gnutls_privkey_import_x509_raw(p->key, &d, GNUTLS_X509_FMT_PEM, NULL, 0);
	gnutls_memset(pem, 0, n);
	return g < 0 ? fail(why, E_TLS_FILE, path, gnutls_strerror(g)) : ERR_OK;
}

static enum err check_pair(struct pair *p, const char *path, struct why *why)
{
	unsigned char a[64], b[64];
	size_t na = sizeof a, nb = sizeof b;
	gnutls_pubkey_t pub = NULL;
	int g = gnutls_pubkey_init(&pub);
	if (g >= 0)
		g = gnutls_pubkey_import_privkey(pub, p->key, 0, 0);
	if (g >= 0)
		g = gnutls_pubkey_get_key_id(pub, 0, a, &na);
	if (g >= 0)
		g = gnutls_pubkey_get_key_id(p->chain[0].pubkey, 0, b, &nb);
	if (pub)
		gnutls_pubkey_deinit(pub);
	if (g < 0)
		return fail(why, E_TLS_FILE, path, gnutls_strerror(g));
	if (na != nb || memcmp(a, b, na) != 0)
		return fail(why, E_TLS_FILE, path, "the key does not belong to the certificate");
	return ERR_OK;
}

static enum err pair_load(struct tls *t, struct pair **ret, struct why *why)
{
	struct pair *p = calloc(1, sizeof *p);
	if (!p)
		return fail(why, E_NOMEM);
	enum err e = chain_load(p, t->cert_path, why);
	if (!e)
		e = key_load(p, t->key_path, why);
	if (!e)
		e = check_pair(p, t->key_path, why);
	if (e)
		pair_free(p);
	else
		*ret = p;
	return e;
}

static struct timespec mtime(const char *path)
{
	struct stat st;
	return stat(path, &st) ? (struct timespec){ 0 } : st.st_mtim;
}

static bool same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

enum err tls_new(const char *cert_path, const char *key_path, struct tls **ret, struct why *why)
{
	CLEANUP(tls_free) struct tls *t = calloc(1, sizeof *t);
	if (!t || !(t->cert_path = strdup(cert_path)) || !(t->key_path = strdup(key_path)))
		return fail(why, E_NOMEM);
	t->cert_mtime = mtime(cert_path);
	t->key_mtime = mtime(key_path);
	enum err e = pair_load(t, &t->newest, why);
	if (e)
		return e;
	pthread_mutex_lock(&lock);
	serving = t;
	pthread_mutex_unlock(&lock);
	*ret = t;
	t = NULL;
	return ERR_OK;
}

void tls_free(struct tls **tp)
{
	struct tls *t = *tp;
	if (!t)
		return;
	pthread_mutex_lock(&lock);
	if (serving == t)
		serving = NULL;
	pthread_mutex_unlock(&lock);
	pair_free(t->newest);
	free(t->cert_path);
	free(t->key_path);
	free(t);
	*tp = NULL;
}

static void look_at_files(struct tls *t)
{
	struct timespec c = mtime(t->cert_path), k = mtime(t->key_path);
	struct pair *p = NULL;
	struct why why = { 0 };
	if (same_time(c, t->cert_mtime) && same_time(k, t->key_mtime))
		return;
	t->cert_mtime = c;
	t->key_mtime = k;
	if (pair_load(t, &p,
	              &why)) { /* between the two files' writing: the next change tries again */
		log_warn("http", "certificate_refused", LOG_WHY(&why));
		return;
	}
	pthread_mutex_lock(&lock);
	p->older = t->newest;
	t->newest = p;
	t->told_utc_ms = 0;
	pthread_mutex_unlock(&lock);
	log_info("http", "certificate_reloaded");
}

int64_t tls_end_utc_ms(const struct tls *t)
{
	pthread_mutex_lock(&lock);
	int64_t end_utc_ms = t->newest->end_utc_ms;
	pthread_mutex_unlock(&lock);
	return end_utc_ms;
}

/* Once a day: connections that are open go on, new ones are refused by browsers after the end. */
static void tell_end(struct tls *t, int64_t now_utc_ms)
{
	int64_t end_utc_ms = tls_end_utc_ms(t);
	bool has_ended = end_utc_ms <= now_utc_ms;
	if (end_utc_ms - now_utc_ms > TLS_WARN_MS ||
	    (now_utc_ms - t->told_utc_ms < DAY_MS && has_ended == t->has_ended))
		return;
	t->told_utc_ms = now_utc_ms;
	t->has_ended = has_ended;
	if (has_ended)
		log_error(
		    "http", "certificate_expired", LOG_S("file", t->cert_path),
		    LOG_I("end_utc_ms", end_utc_ms),
		    LOG_S("do", "make a new one with `hujiao cert`; it is taken up by itself"));
	else
		log_warn(
		    "http", "certificate_expires_soon", LOG_S("file", t->cert_path),
		    LOG_I("days", (end_utc_ms - now_utc_ms) / DAY_MS),
		    LOG_S("do", "make a new one with `hujiao cert`; it is taken up by itself"));
}

void tls_tick(struct tls *t, int64_t now_utc_ms)
{
	look_at_files(t);
	tell_end(t, now_utc_ms);
}

int tls_retrieve(gnutls_session_t session, const gnutls_datum_t *req_ca_rdn, int nreqs,
                 const gnutls_pk_algorithm_t *algos, int n_algos, gnutls_pcert_st **pcert,
                 unsigned *pcert_length, gnutls_privkey_t *privkey)
{
	(void)session, (void)req_ca_rdn, (void)nreqs, (void)algos, (void)n_algos;
	pthread_mutex_lock(&lock);
	struct pair *p = serving ? serving->newest : NULL;
	if (p) {
		*pcert = p->chain;
		*pcert_length = p->n;
		*privkey = p->key;
	}
	pthread_mutex_unlock(&lock);
	return p ? 0 : -1;
}
