#include "door.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "api/cert.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "base/str.h"

struct certs {
	char *dir;
	char crt[300], key[300], ca[300];
};

static void make(struct certs *c, int64_t now)
{
	struct why why = { 0 };
	const char *addr[] = { "192.168.7.1", "pepper.example" };
	assert_ok(cert_make(&(struct cert_cfg){ c->dir, "胡椒演示公司", addr, 2, now }, &why),
	          &why);
}

static void certs_new(struct certs *c)
{
	struct why why = { 0 };
	assert_ok(file_temp_dir("hjcert", &c->dir, &why), &why);
	snprintf(c->crt, sizeof c->crt, "%s/server.crt", c->dir);
	snprintf(c->key, sizeof c->key, "%s/server.key", c->dir);
	snprintf(c->ca, sizeof c->ca, "%s/ca.crt", c->dir);
	make(c, clock_utc_ms());
}

static void certs_drop(struct certs *c)
{
	struct why why = { 0 };
	assert_ok(file_remove_tree(c->dir, &why), &why);
	free(c->dir);
}

static void a_browser_that_trusts_the_company_is_let_in_by_https(void **state)
{
	struct certs c;
	struct door d;
	(void)state;
	certs_new(&c);
	door_open(&d, &(struct api_cfg){
			  .https = true, .tls_cert = c.crt, .tls_key = c.key, .ca_cert = c.ca });
	str_copy(d.ca, sizeof d.ca, c.ca);
	door_login(&d, AGENT);
	struct answer r =
	    door_ask(&d, &(struct ask){ .method = "POST",
	                                .path = "/api/v1/login",
	                                .body = "{\"job_no\":\"1001\",\"password\":\"" DOOR_PASSWORD
	                                        "\"}" });
	assert_int_equal(r.status, 200);
	assert_non_null(strstr(r.head, "; Secure"));
	answer_free(&r);
	r = door_ask(&d, &(struct ask){ .method = "GET", .path = "/ca.crt" });
	assert_int_equal(r.status, 200);
	assert_non_null(strstr(r.body, "BEGIN CERTIFICATE"));
	assert_null(strstr(r.body, "PRIVATE"));
	answer_free(&r);
	door_close(&d);
	certs_drop(&c);
}

static void keys_are_private_and_the_company_stays_the_same(void **state)
{
	struct certs c;
	struct stat st;
	struct why why = { 0 };
	char *before = NULL, *after = NULL;
	(void)state;
	certs_new(&c);
	assert_int_equal(stat(c.key, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_ok(file_read(c.ca, 65536, &before, NULL, &why), &why);
	make(&c, clock_utc_ms());
	assert_ok(file_read(c.ca, 65536, &after, NULL, &why), &why);
	assert_string_equal(before, after);
	free(before);
	free(after);
	certs_drop(&c);
}

static void a_new_certificate_is_served_without_a_restart(void **state)
{
	struct certs old, next;
	struct door d;
	struct answer r;
	struct why why = { 0 };
	(void)state;
	certs_new(&old);
	certs_new(&next);
	door_open(&d, &(struct api_cfg){ .https = true, .tls_cert = old.crt, .tls_key = old.key });
	str_copy(d.ca, sizeof d.ca, next.ca);
	r = door_ask(&d, &(struct ask){ .method = "GET", .path = "/healthz" });
	assert_int_equal(r.status, 0); /* another company's root: not trusted */
	answer_free(&r);
	char *key = NULL, *crt = NULL;
	size_t nk, nc;
	assert_ok(file_read(next.key, 65536, &key, &nk, &why), &why);
	assert_ok(file_read(next.crt, 65536, &crt, &nc, &why), &why);
	assert_ok(file_write_atomic(old.key, key, nk, 0600, &why), &why);
	assert_ok(file_write_atomic(old.crt, crt, nc, 0644, &why), &why);
	for (int i = 0; i < 100; i++) {
		answer_free(&r);
		r = door_ask(&d, &(struct ask){ .method = "GET", .path = "/healthz" });
		if (r.status)
			break;
		nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
	}
	assert_int_equal(r.status, 200);
	answer_free(&r);
	free(key);
	free(crt);
	door_close(&d);
	certs_drop(&old);
	certs_drop(&next);
}

static void a_key_of_another_certificate_is_refused_at_start(void **state)
{
	struct certs a, b;
	struct door d;
	struct api *api = NULL;
	struct why why = { 0 };
	(void)state;
	certs_new(&a);
	certs_new(&b);
	door_open(&d, NULL);
	struct api_cfg cfg = { .addr = "127.0.0.1",
		               .https = true,
		               .tls_cert = a.crt,
		               .tls_key = b.key,
		               .db_url = d.t.url };
	cfg.env.writer = d.t.w;
	cfg.env.data_dir = d.t.dir;
	assert_int_equal(api_start(&cfg, &api, &why), ERR_INVALID);
	assert_int_equal(why.code, E_TLS_FILE);
	door_close(&d);
	certs_drop(&a);
	certs_drop(&b);
}

/* Waits until a request over a new connection is answered, or refused. */
static void expect_answer(struct door *d, bool wanted)
{
	bool is_answered = !wanted;
	for (int i = 0; i < 200 && is_answered != wanted; i++) {
		struct answer r = door_ask(d, &(struct ask){ .method = "GET", .path = "/healthz" });
		is_answered = r.status == 200;
		answer_free(&r);
		if (is_answered != wanted)
			nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
	}
	assert_true(is_answered == wanted);
}

static bool log_has(const char *path, const char *event)
{
	char *text = NULL;
	bool has = false;
	for (int i = 0; i < 100 && !has; i++) {
		if (file_read(path, 1 << 20, &text, NULL, NULL) == ERR_OK)
			has = strstr(text, event) != NULL;
		free(text);
		text = NULL;
		if (!has)
			nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
	}
	return has;
}

static void a_certificate_that_ends_while_running_is_told_and_replaced_without_a_stop(void **state)
{
	static const int64_t DAY_MS = 86400000;
	struct certs c;
	struct door d;
	char log[320];
	(void)state;
	certs_new(&c);
	make(&c, clock_utc_ms() - 823 * DAY_MS + 6000); /* ends 6 s from now */
	snprintf(log, sizeof log, "%s/log", c.dir);
	int fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	log_set_fd(fd);
	door_open(&d, &(struct api_cfg){ .https = true, .tls_cert = c.crt, .tls_key = c.key });
	log_set_level(LOG_INFO);
	str_copy(d.ca, sizeof d.ca, c.ca);
	expect_answer(&d, true);
	assert_true(log_has(log, "certificate_expires_soon"));
	expect_answer(&d, false);
	assert_true(log_has(log, "certificate_expired"));
	make(&c, clock_utc_ms());
	expect_answer(&d, true);
	door_close(&d);
	log_set_fd(2);
	close(fd);
	certs_drop(&c);
}

static void a_name_that_is_none_is_refused(void **state)
{
	struct why why = { 0 };
	const char *addr[] = { "a,DNS:evil.example" };
	(void)state;
	assert_int_equal(cert_make(&(struct cert_cfg){ "/nonexistent", "x", addr, 1, 0 }, &why),
	                 ERR_INVALID);
	assert_int_equal(why.code, E_CERT_ADDR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_browser_that_trusts_the_company_is_let_in_by_https),
		cmocka_unit_test(keys_are_private_and_the_company_stays_the_same),
		cmocka_unit_test(a_new_certificate_is_served_without_a_restart),
		cmocka_unit_test(a_key_of_another_certificate_is_refused_at_start),
		cmocka_unit_test(
		    a_certificate_that_ends_while_running_is_told_and_replaced_without_a_stop),
		cmocka_unit_test(a_name_that_is_none_is_refused),
	};
	return cmocka_run_group_tests_name("tls", tests, NULL, NULL);
}
