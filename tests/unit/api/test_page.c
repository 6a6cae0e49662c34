/* Files of the built page, uploads, and a door with too much to do. */
#include "door.h"
#include "plant.h"

#include <dirent.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"

static void put(const char *dir, const char *name, const char *text)
{
	struct why why = { 0 };
	char path[400];
	snprintf(path, sizeof path, "%s/%s", dir, name);
	assert_ok(file_write_atomic(path, text, strlen(text), 0644, &why), &why);
}

static char *page_new(void)
{
	struct why why = { 0 };
	char *dir = NULL, path[400];
	assert_ok(file_temp_dir("hjweb", &dir, &why), &why);
	snprintf(path, sizeof path, "%s/assets", dir);
	assert_ok(file_mkdirs(path, 0755, &why), &why);
	put(dir, "index.html", "<!doctype html>the page");
	put(dir, "assets/app-1a2b.js", "plain()");
	put(dir, "assets/app-1a2b.js.gz", "pretend-gzip");
	put(dir, ".secret", "hidden");
	return dir;
}

struct page_case {
	const char *path;
	int status;
	const char *body, *head;
};

static void the_page_and_its_routes_are_served_and_nothing_else(void **state)
{
	static const struct page_case CASES[] = {
		{ "/", 200, "the page", "text/html" },
		{ "/board", 200, "the page", "no-cache" },
		{ "/calls/123?days=all", 200, "the page", "text/html" },
		{ "/assets/app-1a2b.js", 200, "plain()", "immutable" },
		{ "/assets/gone.js", 404, "route_none", "problem+json" },
		{ "/.secret", 404, "route_none", NULL },
		{ "/../door.c", 404, "route_none", NULL },
		{ "/assets/../.secret", 404, "route_none", NULL },
		{ "/%2e%2e/%2e%2e/etc/passwd", 404, "route_none", NULL },
		{ "//etc/passwd", 404, "route_none", NULL },
		{ "/api/v1/nothing", 404, "route_none", "problem+json" },
	};
	struct why why = { 0 };
	struct door d;
	char *dir = page_new();
	(void)state;
	door_open(&d, &(struct api_cfg){ .web_dir = dir });
	for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
		struct answer a =
		    door_ask(&d, &(struct ask){ .method = "GET", .path = CASES[i].path });
		if (a.status != CASES[i].status || !strstr(a.body, CASES[i].body) ||
		    (CASES[i].head && !strstr(a.head, CASES[i].head)) ||
		    !strstr(a.head, "frame-ancestors 'none'"))
			test_fail("%s: %d %s %s", CASES[i].path, a.status, a.head, a.body);
		answer_free(&a);
	}
	door_close(&d);
	assert_ok(file_remove_tree(dir, &why), &why);
	free(dir);
}

static void problems_speak_the_readers_language(void **state)
{
	struct door d;
	(void)state;
	door_open(&d, NULL);
	struct answer a =
	    door_ask(&d, &(struct ask){ .method = "GET", .path = "/api/v1/me", .lang = "en" });
	assert_non_null(strstr(a.body, "please log in"));
	answer_free(&a);
	a = door_ask(&d, &(struct ask){ .method = "GET", .path = "/api/v1/me" });
	assert_non_null(strstr(a.body, "请先登录"));
	answer_free(&a);
	a = door_as(&d, AGENT, "PUT", "/api/v1/me", "{\"lang\":\"en\"}");
	assert_int_equal(a.status, 200);
	answer_free(&a);
	a = door_as(&d, AGENT, "GET", "/api/v1/people/1",
	            NULL); /* asked in Chinese by the browser */
	assert_non_null(strstr(a.body, "there is no such record"));
	answer_free(&a);
	a = door_as(&d, AGENT, "DELETE", "/api/v1/me", NULL);
	assert_int_equal(a.status, 405);
	answer_free(&a);
	door_close(&d);
}

static int files_in(const char *dir)
{
	int n = 0;
	DIR *dp = opendir(dir);
	assert_non_null(dp);
	for (struct dirent *e = readdir(dp); e; e = readdir(dp))
		n += e->d_name[0] != '.';
	closedir(dp);
	return n;
}

static void an_upload_that_is_refused_leaves_nothing(void **state)
{
	struct door d;
	char dir[300];
	(void)state;
	door_open(&d, NULL);
	door_login_all(&d);
	size_t n = (size_t)65 << 20;
	char *big = malloc(n);
	memset(big, 'x', n);
	struct ask ask = { .method = "POST",
		           .path = "/api/v1/imports?file_name=a.csv",
		           .body = big,
		           .body_bytes = 1000,
		           .type = "application/octet-stream" };
	struct answer a = door_ask(&d, &ask);
	assert_int_equal(a.status, 401);
	answer_free(&a);
	ask.cookie = d.cookie[AGENT];
	a = door_ask(&d, &ask);
	assert_int_equal(a.status, 403);
	answer_free(&a);
	ask.cookie = d.cookie[MANAGER];
	ask.body_bytes = n;
	a = door_ask(&d, &ask);
	assert_int_equal(a.status, 413);
	assert_string_equal(answer_code(&a), "body_too_big");
	answer_free(&a);
	snprintf(dir, sizeof dir, "%s/upload", d.t.dir);
	assert_int_equal(files_in(dir), 0);
	free(big);
	door_close(&d);
}

struct crowd {
	struct door *d;
	pthread_mutex_t lock;
	int ok, busy, other;
};

static void *one_of_many(void *arg)
{
	struct crowd *c = arg;
	for (int i = 0; i < 10; i++) {
		struct answer a = door_ask(c->d, &(struct ask){ .method = "GET",
		                                                .path = "/api/v1/people?size=100",
		                                                .cookie = c->d->cookie[ADMIN] });
		pthread_mutex_lock(&c->lock);
		c->ok += a.status == 200;
		c->busy += a.status == 503 && strcmp(answer_code(&a), "queue_full") == 0 &&
		           strstr(a.head, "Retry-After");
		c->other += a.status != 200 && a.status != 503;
		pthread_mutex_unlock(&c->lock);
		answer_free(&a);
	}
	return NULL;
}

static void a_full_queue_says_so_and_recovers(void **state)
{
	enum { PEOPLE = 24 };
	struct door d;
	struct crowd c = { .d = &d, .lock = PTHREAD_MUTEX_INITIALIZER };
	pthread_t t[PEOPLE];
	(void)state;
	door_open(&d, &(struct api_cfg){ .workers = 1, .queue_slots = 1 });
	door_login(&d, ADMIN);
	for (int i = 0; i < PEOPLE; i++)
		assert_int_equal(pthread_create(&t[i], NULL, one_of_many, &c), 0);
	for (int i = 0; i < PEOPLE; i++)
		pthread_join(t[i], NULL);
	assert_int_equal(c.other, 0);
	assert_true(c.ok > 0);
	assert_true(c.busy > 0);
	assert_int_equal(c.ok + c.busy, PEOPLE * 10);
	struct answer a = door_as(&d, ADMIN, "GET", "/api/v1/me", NULL);
	assert_int_equal(a.status, 200);
	answer_free(&a);
	door_close(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_page_and_its_routes_are_served_and_nothing_else),
		cmocka_unit_test(problems_speak_the_readers_language),
		cmocka_unit_test(an_upload_that_is_refused_leaves_nothing),
		cmocka_unit_test(a_full_queue_says_so_and_recovers),
	};
	return cmocka_run_group_tests_name("page", tests, NULL, NULL);
}
