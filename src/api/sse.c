#include "api/sse.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/req_int.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"

enum { READ_BLOCK = 16 * 1024, STREAMS_OF_A_PERSON = 8 };

/* One browser. All under the hub's lock. */
struct sse_stream {
	struct sse_hub *hub;
	struct MHD_Connection *conn;
	struct sse_stream *next;
	int64_t session_id, person_id, written_mono_ms;
	enum role role;
	struct scope *scope;
	struct str out; /* what the browser has not got yet, from `sent` on */
	size_t sent;
	bool is_suspended, is_ending, is_dropping;
};

enum topic_kind { TOPIC_BAD, TOPIC_ALL, TOPIC_PERSON, TOPIC_UNIT };

struct fact {
	int64_t seq; /* 0: empty */
	enum topic_kind kind;
	int64_t id;
	const char *event; /* the table's name */
	json_t *body;
};

struct sse_hub {
	pthread_mutex_t lock;
	char epoch[ID_TEXT_BYTES]; /* of this start: numbers of an earlier one mean nothing */
	int64_t seq;
	struct fact facts[SSE_FACTS_KEPT]; /* seq % SSE_FACTS_KEPT */
	struct sse_stream *streams;
	const struct api_area *const *areas;
	size_t n_areas;
	bool is_closed;
};

enum err sse_hub_new(const struct api_area *const *areas, size_t n, struct sse_hub **ret,
                     struct why *why)
{
	struct sse_hub *h = calloc(1, sizeof *h);
	if (!h)
		return fail(why, E_NOMEM);
	pthread_mutex_init(&h->lock, NULL);
	h->areas = areas;
	h->n_areas = n;
	id_text(id_new(), h->epoch);
	*ret = h;
	return ERR_OK;
}

void sse_hub_free(struct sse_hub **hp)
{
	if (!*hp)
		return;
	for (size_t i = 0; i < SSE_FACTS_KEPT; i++)
		json_decref((*hp)->facts[i].body);
	pthread_mutex_destroy(&(*hp)->lock);
	free(*hp);
	*hp = NULL;
}

static const struct sse_event *event_find(const struct sse_hub *h, const char *name,
                                          bool *ret_is_fact)
{
	for (size_t i = 0; i < h->n_areas; i++) {
		const struct api_area *a = h->areas[i];
		for (const struct sse_event *ev = a->events; ev && ev->name; ev++) {
			if (strcmp(ev->name, name) != 0)
				continue;
			*ret_is_fact = a->facts && one_of_has(a->facts, name);
			return ev;
		}
	}
	return NULL;
}

/* Under the lock. */
static void wake(struct sse_stream *st)
{
	if (!st->is_suspended)
		return;
	st->is_suspended = false;
	MHD_resume_connection(st->conn);
}

static size_t waiting(const struct sse_stream *st)
{
	return st->out.len - st->sent;
}

/* Under the lock. What does not fit is dropped until the browser has read all; then it is told. */
static void append(struct sse_stream *st, const char *text, size_t n)
{
	if (st->is_ending || st->is_dropping)
		return;
	if (waiting(st) + n > SSE_BUFFER_BYTES) {
		st->is_dropping = true;
		return;
	}
	if (st->sent == st->out.len) {
		str_clear(&st->out);
		st->sent = 0;
	}
	str_addn(&st->out, text, n);
	if (!str_ok(&st->out))
		st->is_ending = true; /* no memory: the browser connects again */
	wake(st);
}

/* "id: …\nevent: notice\ndata: {…}\n\n" for a role. @param seq  of a fact; 0: state has no id */
static bool event_write(const struct sse_hub *h, const char *name, const json_t *body, int64_t seq,
                        enum role role, struct str *out)
{
	CLEANUP(str_free) struct str data = { 0 };
	char bad[FIELD_PATH_BYTES] = "";
	bool is_fact;
	const struct sse_event *ev = event_find(h, name, &is_fact);
	if (!ev || !fields_write(&data, body, ev->fields, role, bad)) {
		log_error("http", "event_refused", LOG_S("event", name),
		          LOG_S("field", ev ? bad : "not declared"));
		return false;
	}
	if (seq)
		str_addf(out, "id: %s-%" PRId64 "\n", h->epoch, seq);
	str_addf(out, "event: %s\ndata: ", name);
	str_addn(out, data.p, data.len);
	str_add(out, "\n\n");
	return str_ok(out);
}

static enum topic_kind topic_parse(const char *topic, int64_t *ret_id)
{
	if (strcmp(topic, "all") == 0)
		return TOPIC_ALL;
	if (strncmp(topic, "person:", 7) == 0 && id_parse(topic + 7, ret_id))
		return TOPIC_PERSON;
	if (strncmp(topic, "unit:", 5) == 0 && id_parse(topic + 5, ret_id))
		return TOPIC_UNIT;
	return TOPIC_BAD;
}

static bool is_for(const struct sse_stream *st, enum topic_kind k, int64_t id)
{
	if (k == TOPIC_PERSON)
		return st->person_id == id;
	if (k == TOPIC_UNIT)
		return role_can(st->role, PERM_BOARD_SEE) && scope_has_unit(st->scope, id);
	return k == TOPIC_ALL;
}

/* Under the lock. @return its number; 0: this event is state */
static int64_t fact_keep(struct sse_hub *h, enum topic_kind k, int64_t id, const char *event,
                         const json_t *body)
{
	bool is_fact = false;
	const struct sse_event *ev = event_find(h, event, &is_fact);
	if (!ev || !is_fact)
		return 0;
	struct fact *f = &h->facts[++h->seq % SSE_FACTS_KEPT];
	json_decref(f->body);
	*f = (struct fact){ h->seq, k, id, ev->name, json_deep_copy(body) };
	return h->seq;
}

void sse_publish(struct sse_hub *h, const char *topic, const char *event, const json_t *body)
{
	struct str text[ROLE_COUNT] = { 0 }; /* made once for each role that listens */
	int64_t id = 0;
	enum topic_kind k = topic_parse(topic, &id);
	if (k == TOPIC_BAD) {
		log_error("http", "topic_refused", LOG_S("topic", topic));
		return;
	}
	pthread_mutex_lock(&h->lock);
	int64_t seq = fact_keep(h, k, id, event, body);
	for (struct sse_stream *st = h->streams; st; st = st->next) {
		struct str *t = &text[st->role];
		if (!is_for(st, k, id))
			continue;
		if (!t->len && !event_write(h, event, body, seq, st->role, t))
			break;
		append(st, t->p, t->len);
	}
	pthread_mutex_unlock(&h->lock);
	for (size_t i = 0; i < ROLE_COUNT; i++)
		str_free(&text[i]);
}

void sse_send(struct sse_stream *st, const char *event, const json_t *body)
{
	CLEANUP(str_free) struct str text = { 0 };
	if (!event_write(st->hub, event, body, 0, st->role, &text))
		return;
	pthread_mutex_lock(&st->hub->lock);
	append(st, text.p, text.len);
	pthread_mutex_unlock(&st->hub->lock);
}

/* Under the lock: what is in the buffer still goes out. */
static void end(struct sse_stream *st)
{
	st->is_ending = true;
	wake(st);
}

void sse_kick(struct sse_hub *h, int64_t session_id, const json_t *kicked)
{
	pthread_mutex_lock(&h->lock);
	for (struct sse_stream *st = h->streams; st; st = st->next) {
		CLEANUP(str_free) struct str text = { 0 };
		if (st->session_id != session_id)
			continue;
		if (event_write(h, "kicked", kicked, 0, st->role, &text))
			append(st, text.p, text.len);
		end(st);
	}
	pthread_mutex_unlock(&h->lock);
}

void sse_tick(struct sse_hub *h, int64_t now_mono_ms)
{
	/* An event, not a comment: a page cannot see comments, and must notice a dead stream. */
	static const char BEAT[] = "event: beat\ndata: {}\n\n";
	pthread_mutex_lock(&h->lock);
	for (struct sse_stream *st = h->streams; st; st = st->next) {
		if (now_mono_ms - st->written_mono_ms < SSE_BEAT_MS)
			continue;
		st->written_mono_ms = now_mono_ms;
		append(st, BEAT, sizeof BEAT - 1);
	}
	pthread_mutex_unlock(&h->lock);
}

void sse_hub_close(struct sse_hub *h)
{
	pthread_mutex_lock(&h->lock);
	h->is_closed = true;
	for (struct sse_stream *st = h->streams; st; st = st->next)
		end(st);
	pthread_mutex_unlock(&h->lock);
}

/* Under the lock: a person with ever more tabs loses the oldest stream. */
static void limit_person(struct sse_hub *h, int64_t person_id)
{
	struct sse_stream *oldest = NULL;
	int n = 0;
	for (struct sse_stream *st = h->streams; st; st = st->next) {
		if (st->person_id == person_id && !st->is_ending) {
			oldest = st;
			n++;
		}
	}
	if (n > STREAMS_OF_A_PERSON)
		end(oldest);
}

static const char RESET[] = "event: reset\ndata: {}\n\n";

/* Under the lock: what a browser that comes back has missed. */
static void replay(struct sse_hub *h, struct sse_stream *st, const char *last)
{
	size_t n = strlen(h->epoch);
	int64_t seq = 0;
	if (strncmp(last, h->epoch, n) != 0 || last[n] != '-' || !id_parse(last + n + 1, &seq) ||
	    seq > h->seq || seq + SSE_FACTS_KEPT < h->seq) {
		append(st, RESET, sizeof RESET - 1);
		return;
	}
	for (seq++; seq <= h->seq; seq++) {
		CLEANUP(str_free) struct str text = { 0 };
		const struct fact *f = &h->facts[seq % SSE_FACTS_KEPT];
		if (is_for(st, f->kind, f->id) &&
		    event_write(h, f->event, f->body, seq, st->role, &text))
			append(st, text.p, text.len);
	}
}

enum err sse_open(struct sse_hub *h, struct req *rq, struct sse_stream **ret, struct why *why)
{
	static const char HELLO[] = "retry: 2000\n\n";
	struct sse_stream *st = calloc(1, sizeof *st);
	if (!st || !(st->scope = scope_copy(rq->session.scope))) {
		free(st);
		return fail(why, E_NOMEM);
	}
	const char *last = req_header(rq, "Last-Event-ID");
	st->hub = h;
	st->conn = rq->conn;
	st->session_id = rq->session.id;
	st->person_id = rq->session.person_id;
	st->role = rq->session.role;
	st->written_mono_ms = clock_mono_ms();
	pthread_mutex_lock(&h->lock);
	st->is_ending = h->is_closed;
	st->next = h->streams;
	h->streams = st;
	append(st, HELLO, sizeof HELLO - 1);
	if (last)
		replay(h, st, last);
	limit_person(h, st->person_id);
	pthread_mutex_unlock(&h->lock);
	*ret = st;
	return ERR_OK;
}

void sse_stream_free(struct sse_stream *st)
{
	if (!st)
		return;
	struct sse_hub *h = st->hub;
	pthread_mutex_lock(&h->lock);
	for (struct sse_stream **p = &h->streams; *p; p = &(*p)->next) {
		if (*p == st) {
			*p = st->next;
			break;
		}
	}
	pthread_mutex_unlock(&h->lock);
	scope_free(&st->scope);
	str_free(&st->out);
	free(st);
}

/* On an I/O thread. Nothing to send: the connection sleeps until append() wakes it. */
static ssize_t stream_read(void *cls, uint64_t pos, char *buf, size_t max)
{
	struct sse_stream *st = cls;
	ssize_t ret = 0;
	(void)pos;
	pthread_mutex_lock(&st->hub->lock);
	if (!waiting(st) && st->is_dropping) {
		st->is_dropping = false;
		append(st, RESET, sizeof RESET - 1);
	}
	size_t n = waiting(st) < max ? waiting(st) : max;
	if (n) {
		memcpy(buf, st->out.p + st->sent, n);
		st->sent += n;
		st->written_mono_ms = clock_mono_ms();
		ret = (ssize_t)n;
	} else if (st->is_ending) {
		ret = MHD_CONTENT_READER_END_OF_STREAM;
	} else {
		st->is_suspended = true;
		MHD_suspend_connection(st->conn);
	}
	pthread_mutex_unlock(&st->hub->lock);
	return ret;
}

static void stream_free(void *cls)
{
	sse_stream_free(cls);
}

struct MHD_Response *sse_response(struct sse_stream *st)
{
	return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, READ_BLOCK, stream_read, st,
	                                         stream_free);
}

static int count(struct sse_hub *h, int64_t person_id)
{
	int n = 0;
	pthread_mutex_lock(&h->lock);
	for (struct sse_stream *st = h->streams; st; st = st->next)
		n += !st->is_ending && (!person_id || st->person_id == person_id);
	pthread_mutex_unlock(&h->lock);
	return n;
}

int sse_count(struct sse_hub *h)
{
	return count(h, 0);
}

int sse_count_person(struct sse_hub *h, int64_t person_id)
{
	return count(h, person_id);
}
