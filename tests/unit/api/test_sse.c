/* The live stream, read byte by byte from the socket. */
#include "door.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "api/req_int.h"
#include "base/clock.h"

enum { WAIT_MS = 20000 };

struct stream {
	int fd;
	char text[65536];
	size_t n;
};

static void stream_open_from(struct door *d, enum who who, const char *last, struct stream *s)
{
	char ask[400];
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(api_port(d->api)) };
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (!*d->cookie[who])
		door_login(d, who);
	*s = (struct stream){ .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) };
	assert_int_equal(connect(s->fd, (struct sockaddr *)&to, sizeof to), 0);
	int n = snprintf(
	    ask, sizeof ask,
	    "GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: %s\r\n%s%s%s\r\n",
	    d->cookie[who], last ? "Last-Event-ID: " : "", last ? last : "", last ? "\r\n" : "");
	assert_int_equal(write(s->fd, ask, (size_t)n), n);
}

static void stream_open(struct door *d, enum who who, struct stream *s)
{
	stream_open_from(d, who, NULL, s);
}

/* Reads until `mark` is there. @return false: it did not come in `ms` */
static bool stream_wait(struct stream *s, const char *mark, int ms)
{
	int64_t end = clock_mono_ms() + ms;
	while (!strstr(s->text, mark)) {
		struct pollfd p = { .fd = s->fd, .events = POLLIN };
		int64_t left = end - clock_mono_ms();
		if (left <= 0 || poll(&p, 1, (int)left) != 1)
			return false;
		ssize_t r = read(s->fd, s->text + s->n, sizeof s->text - 1 - s->n);
		if (r <= 0)
			return strstr(s->text, mark) != NULL;
		s->n += (size_t)r;
		s->text[s->n] = '\0';
	}
	return true;
}

static bool stream_ended(struct stream *s)
{
	return stream_wait(s, "\r\n0\r\n\r\n", WAIT_MS);
}

static json_t *notice(const char *text)
{
	return json_pack("{s:s, s:s, s:s, s:i, s:n, s:s}", "kind", "info", "text_zh", text,
	                 "text_en", text, "at_utc_ms", 1, "link", "inner", "must not leave");
}

static void publish(struct door *d, const char *topic, const char *text)
{
	json_t *j = notice(text);
	sse_publish(api_hub(d->api), topic, "notice", j);
	json_decref(j);
}

static void topic_of(char *ret, size_t size, const char *kind, int64_t id)
{
	snprintf(ret, size, "%s:%lld", kind, (long long)id);
}

static void events_reach_those_they_are_for_and_nobody_else(void **state)
{
	struct door d;
	struct stream agent, boss, stranger;
	char topic[40];
	(void)state;
	door_open(&d, NULL);
	stream_open(&d, AGENT, &agent);
	stream_open(&d, SUPERVISOR, &boss);
	stream_open(&d, STRANGER, &stranger);
	assert_true(stream_wait(&agent, "retry:", WAIT_MS) &&
	            stream_wait(&boss, "retry:", WAIT_MS) &&
	            stream_wait(&stranger, "retry:", WAIT_MS));
	topic_of(topic, sizeof topic, "person", d.person[AGENT]);
	publish(&d, topic, "to-the-agent");
	topic_of(topic, sizeof topic, "unit", d.team[0]);
	publish(&d, topic, "to-team-one");
	topic_of(topic, sizeof topic, "unit", d.team[1]);
	publish(&d, topic, "to-team-two");
	publish(&d, "all", "to-all");
	assert_true(stream_wait(&agent, "to-all", WAIT_MS) &&
	            stream_wait(&boss, "to-all", WAIT_MS) &&
	            stream_wait(&stranger, "to-all", WAIT_MS));
	assert_non_null(strstr(agent.text, "to-the-agent"));
	assert_null(strstr(agent.text, "to-team")); /* an agent has no board */
	assert_non_null(strstr(boss.text, "to-team-one"));
	assert_null(strstr(boss.text, "to-team-two"));
	assert_null(strstr(boss.text, "to-the-agent"));
	assert_null(strstr(stranger.text, "to-the-agent"));
	assert_null(strstr(agent.text, "must not leave"));
	close(agent.fd);
	close(boss.fd);
	close(stranger.fd);
	door_close(&d);
}

static void the_old_page_is_told_and_its_stream_ends(void **state)
{
	struct door d;
	struct stream old;
	(void)state;
	door_open(&d, NULL);
	stream_open(&d, AGENT, &old);
	assert_true(stream_wait(&old, "retry:", WAIT_MS));
	door_login(&d, AGENT);
	assert_true(stream_wait(&old, "event: kicked", WAIT_MS));
	assert_non_null(strstr(old.text, "\"addr\":\"127.0.0.1\""));
	assert_true(stream_ended(&old));
	close(old.fd);
	door_close(&d);
}

static void a_quiet_stream_gets_beats(void **state)
{
	struct door d;
	struct stream s;
	(void)state;
	door_open(&d, NULL);
	stream_open(&d, AGENT, &s);
	assert_true(stream_wait(&s, "retry:", WAIT_MS));
	sse_tick(api_hub(d.api), clock_mono_ms() + SSE_BEAT_MS + 1);
	assert_true(stream_wait(&s, "\nevent: beat\n", WAIT_MS));
	close(s.fd);
	door_close(&d);
}

/* A browser that does not read: memory stays bounded, and later it is told to ask anew. */
static void a_stream_that_overflows_is_reset(void **state)
{
	struct door d;
	struct stream s;
	char *big = malloc(60001);
	(void)state;
	memset(big, 'x', 60000);
	big[60000] = '\0';
	door_open(&d, NULL);
	stream_open(&d, AGENT, &s);
	assert_true(stream_wait(&s, "retry:", WAIT_MS));
	for (int i = 0; i < 400; i++) /* 24 MB: more than the sockets and the buffer hold */
		publish(&d, "all", big);
	bool is_reset = false;
	for (int i = 0; i < 2000 && !is_reset; i++) {
		s.n = 0;
		s.text[0] = '\0';
		is_reset = stream_wait(&s, "event: reset", 200);
		if (!s.n)
			break;
	}
	assert_true(is_reset);
	/* It may have overflowed and been reset more than once: what comes after the last reset
	 * arrives. */
	bool is_alive = false;
	for (int i = 0; i < 2000 && !is_alive; i++) {
		s.n = 0;
		s.text[0] = '\0';
		publish(&d, "all", "alive-again");
		is_alive = stream_wait(&s, "alive-again", 200);
	}
	assert_true(is_alive);
	close(s.fd);
	free(big);
	door_close(&d);
}

static void who_comes_back_gets_what_he_missed(void **state)
{
	struct door d;
	struct stream s;
	char last[64];
	(void)state;
	door_open(&d, NULL);
	stream_open(&d, AGENT, &s);
	assert_true(stream_wait(&s, "retry:", WAIT_MS));
	publish(&d, "all", "seen");
	assert_true(stream_wait(&s, "seen", WAIT_MS));
	const char *id = strstr(s.text, "id: ") + 4;
	snprintf(last, sizeof last, "%.*s", (int)strcspn(id, "\n"), id);
	close(s.fd);
	publish(&d, "all", "missed-one");
	publish(&d, "person:1", "not-mine");
	publish(&d, "all", "missed-two");
	stream_open_from(&d, AGENT, last, &s);
	assert_true(stream_wait(&s, "missed-two", WAIT_MS));
	assert_non_null(strstr(s.text, "missed-one"));
	assert_null(strstr(s.text, "seen"));
	assert_null(strstr(s.text, "not-mine"));
	assert_null(strstr(s.text, "event: reset"));
	close(s.fd);
	static const char *const LOST[] = { "1-1", "nonsense", "-", "99999999999999999999-1" };
	for (size_t i = 0; i < 4; i++) {
		stream_open_from(&d, AGENT, LOST[i], &s);
		assert_true(stream_wait(&s, "event: reset", WAIT_MS));
		close(s.fd);
	}
	for (int i = 0; i < SSE_FACTS_KEPT + 5; i++)
		publish(&d, "all", "flood");
	stream_open_from(&d, AGENT, last, &s);
	assert_true(stream_wait(&s, "event: reset", WAIT_MS));
	close(s.fd);
	door_close(&d);
}

static void what_contradicts_its_table_is_not_sent(void **state)
{
	struct door d;
	struct stream s;
	json_t *j = json_pack("{s:s}", "kind", "half");
	(void)state;
	door_open(&d, NULL);
	stream_open(&d, AGENT, &s);
	assert_true(stream_wait(&s, "retry:", WAIT_MS));
	sse_publish(api_hub(d.api), "all", "notice", j);
	sse_publish(api_hub(d.api), "all", "no_such_event", j);
	sse_publish(api_hub(d.api), "unit:x", "notice", j);
	publish(&d, "all", "after");
	assert_true(stream_wait(&s, "after", WAIT_MS));
	assert_null(strstr(s.text, "half"));
	json_decref(j);
	close(s.fd);
	door_close(&d);
}

static void stopping_ends_all_streams(void **state)
{
	struct door d;
	struct stream s;
	(void)state;
	door_open(&d, NULL);
	stream_open(&d, AGENT, &s);
	assert_true(stream_wait(&s, "retry:", WAIT_MS));
	assert_int_equal(sse_count(api_hub(d.api)), 1);
	assert_int_equal(sse_count_person(api_hub(d.api), d.person[AGENT]), 1);
	door_close(&d);
	assert_true(stream_ended(&s) || s.n > 0);
	close(s.fd);
}

static void a_browser_that_is_gone_is_forgotten(void **state)
{
	struct door d;
	struct stream s;
	(void)state;
	door_open(&d, NULL);
	stream_open(&d, AGENT, &s);
	assert_true(stream_wait(&s, "retry:", WAIT_MS));
	close(s.fd);
	int64_t end = clock_mono_ms() + WAIT_MS;
	while (sse_count(api_hub(d.api)) && clock_mono_ms() < end) {
		sse_tick(api_hub(d.api), clock_mono_ms() + SSE_BEAT_MS + 1);
		nanosleep(&(struct timespec){ .tv_nsec = 20000000 }, NULL);
	}
	assert_int_equal(sse_count(api_hub(d.api)), 0);
	door_close(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_reach_those_they_are_for_and_nobody_else),
		cmocka_unit_test(the_old_page_is_told_and_its_stream_ends),
		cmocka_unit_test(a_quiet_stream_gets_beats),
		cmocka_unit_test(a_stream_that_overflows_is_reset),
		cmocka_unit_test(who_comes_back_gets_what_he_missed),
		cmocka_unit_test(what_contradicts_its_table_is_not_sent),
		cmocka_unit_test(stopping_ends_all_streams),
		cmocka_unit_test(a_browser_that_is_gone_is_forgotten),
	};
	return cmocka_run_group_tests_name("sse", tests, NULL, NULL);
}
