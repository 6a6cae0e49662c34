#include "voice/recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "audio/g711.h"
#include "audio/wav.h"
#include "base/clock.h"
#include "base/mailbox.h"
#include "base/metric.h"
#include "base/thread.h"
#include "voice/clip.h"

enum {
	QUEUE_SLOTS = 4096,
	PROMPT_MAX_SAMPLES = 10 * 60 * 8000,
	GATHER_US =
	    20000, /* one pass for the pages of many calls; a wake-up costs as much as a write */
};

struct recording {
	int fd, sys_errno, gaps;
	int64_t leg, frames; /* written */
	char path[256];
};

enum op { OP_OPEN, OP_PAGE, OP_CLOSE, OP_LOAD, OP_QUIT };

struct msg {
	enum op op;
	struct recording *rec;
	struct page *page;
	char *path; /* OP_LOAD */
	int64_t leg, play_id, start_utc_ms, answer_ms;
};

struct recorder {
	struct mailbox *box;
	struct thread *thread;
	recorder_done_fn *done;
	void *ctx;
	atomic_llong open, bytes, gaps;
};

static bool write_all(int fd, const void *data, size_t n, off_t at)
{
	const uint8_t *p = data;
	while (n) {
		ssize_t w = pwrite(fd, p, n, at);
		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return false;
		p += w;
		at += w;
		n -= (size_t)w;
	}
	return true;
}

/* Data first, then one write of the header that counts it: whoever reads at any moment, or after a
 * kill, finds no more promised than there is. */
static void append(struct recorder *r, struct recording *rec, const uint8_t *data, int64_t frames)
{
	uint8_t h[WAV_ALAW_HEADER_BYTES];
	off_t at = WAV_ALAW_HEADER_BYTES + rec->frames * PAGE_CHANNELS;
	if (rec->fd < 0)
		return;
	wav_alaw_header(h, PAGE_CHANNELS, (uint64_t)(rec->frames + frames) * PAGE_CHANNELS);
	if (!write_all(rec->fd, data, (size_t)frames * PAGE_CHANNELS, at) ||
	    !write_all(rec->fd, h, sizeof h, 0)) {
		if (!rec->sys_errno)
			rec->sys_errno = errno;
		return;
	}
	rec->frames += frames;
	atomic_fetch_add(&r->bytes, frames * PAGE_CHANNELS);
}

static void do_open(struct recorder *r, struct recording *rec)
{
	rec->fd = open(rec->path, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0640);
	if (rec->fd < 0)
		rec->sys_errno = errno;
	else
		append(r, rec, NULL, 0);
}

static void do_page(struct recorder *r, struct page *p)
{
	struct recording *rec = p->rec;
	if (p->first_frame > rec->frames && rec->fd >= 0 && !rec->sys_errno) {
		uint8_t silence[4096];
		memset(silence, ALAW_SILENCE, sizeof silence);
		rec->gaps++;
		atomic_fetch_add(&r->gaps, 1);
		for (int64_t left; (left = p->first_frame - rec->frames) > 0 && !rec->sys_errno;)
			append(r, rec, silence, left > 2048 ? 2048 : left);
	}
	/* After a failed write the file stays as it was: a shorter recording, not a shifted one. */
	if (p->first_frame == rec->frames)
		append(r, rec, p->data, p->frames);
	metric_see(M_RECORDER_LATE, 0, clock_mono_us() - p->given_us);
	free(p);
}

static void do_close(struct recorder *r, const struct msg *m)
{
	struct recording *rec = m->rec;
	struct recorder_result *res = calloc(1, sizeof *res);
	if (rec->fd >= 0 && close(rec->fd) && !rec->sys_errno)
		rec->sys_errno = errno;
	atomic_fetch_sub(&r->open, 1);
	if (res) {
		res->leg = rec->leg;
		snprintf(res->path, sizeof res->path, "%s", rec->path);
		res->frames = rec->frames;
		res->bytes = WAV_ALAW_HEADER_BYTES + rec->frames * PAGE_CHANNELS;
		res->gaps = rec->gaps;
		res->sys_errno = rec->sys_errno;
		res->start_utc_ms = m->start_utc_ms;
		res->answer_ms = m->answer_ms;
		r->done(r->ctx, res);
	}
	free(rec);
}

enum err recorder_read_clip(const char *path, struct clip **ret, struct why *why)
{
	struct wav w;
	enum err e = wav_read(path, &w, why);
	if (e)
		return e;
	int16_t *pcm;
	size_t n;
	e = w.frames / (unsigned)w.rate_hz > PROMPT_MAX_SAMPLES / 8000
	        ? fail(why, E_WAV_BAD, path, "it is longer than 10 minutes")
	        : wav_to_8k_mono(&w, &pcm, &n, why);
	wav_done(&w);
	if (e)
		return e;
	*ret = clip_new(pcm, n);
	return *ret ? ERR_OK : fail(why, E_NOMEM);
}

static void do_load(struct recorder *r, const struct msg *m)
{
	struct recorder_result *res = calloc(1, sizeof *res);
	if (res) {
		res->is_prompt = true;
		res->leg = m->leg;
		res->play_id = m->play_id;
		snprintf(res->path, sizeof res->path, "%s", m->path);
		if (recorder_read_clip(m->path, &res->clip, &res->why))
			res->clip = NULL;
		r->done(r->ctx, res);
	}
	free(m->path);
}

static void run(void *arg)
{
	struct recorder *r = arg;
	for (struct msg m;;) {
		mailbox_wait(r->box, -1);
		usleep(GATHER_US);
		mailbox_drained(r->box);
		while (mailbox_take(r->box, &m)) {
			switch (m.op) {
			case OP_OPEN:
				do_open(r, m.rec);
				break;
			case OP_PAGE:
				do_page(r, m.page);
				break;
			case OP_CLOSE:
				do_close(r, &m);
				break;
			case OP_LOAD:
				do_load(r, &m);
				break;
			case OP_QUIT:
				return;
			}
		}
	}
}

/* For what must not be lost. The queue is full when the disk stalls for seconds; then even the
 * media thread is better late than a recording left open for ever. */
static void post_surely(struct recorder *r, const struct msg *m)
{
	while (mailbox_post(r->box, m, NULL))
		usleep(1000);
}

enum err recorder_new(recorder_done_fn *done, void *ctx, struct recorder **ret, struct why *why)
{
	struct recorder *r = calloc(1, sizeof *r);
	if (!r)
		return fail(why, E_NOMEM);
	r->done = done;
	r->ctx = ctx;
	enum err e = mailbox_new(sizeof(struct msg), QUEUE_SLOTS, &r->box, why);
	if (!e)
		e = thread_start("recorder", run, r, &r->thread, why);
	if (e) {
		mailbox_free(&r->box);
		free(r);
		return e;
	}
	*ret = r;
	return ERR_OK;
}

void recorder_free(struct recorder **rp)
{
	struct recorder *r = *rp;
	if (!r)
		return;
	post_surely(r, &(struct msg){ .op = OP_QUIT });
	thread_join(&r->thread);
	mailbox_free(&r->box);
	free(r);
	*rp = NULL;
}

struct recording *recorder_open(struct recorder *r, const char *path, int64_t leg)
{
	struct recording *rec = calloc(1, sizeof *rec);
	if (!rec)
		return NULL;
	rec->fd = -1;
	rec->leg = leg;
	snprintf(rec->path, sizeof rec->path, "%s", path);
	if (mailbox_post(r->box, &(struct msg){ .op = OP_OPEN, .rec = rec }, NULL)) {
		free(rec);
		return NULL;
	}
	atomic_fetch_add(&r->open, 1);
	return rec;
}

struct page *page_new(struct recording *rec, int64_t first_frame)
{
	struct page *p = malloc(sizeof *p);
	if (!p)
		return NULL;
	p->rec = rec;
	p->first_frame = first_frame;
	p->frames = PAGE_FRAMES;
	memset(p->data, ALAW_SILENCE, sizeof p->data);
	return p;
}

bool recorder_write(struct recorder *r, struct page *p)
{
	p->given_us = clock_mono_us();
	if (mailbox_post(r->box, &(struct msg){ .op = OP_PAGE, .page = p }, NULL) == ERR_OK)
		return true;
	free(p);
	return false;
}

void recorder_close(struct recorder *r, struct recording *rec, int64_t start_utc_ms,
                    int64_t answer_ms)
{
	struct msg m = {
		.op = OP_CLOSE, .rec = rec, .start_utc_ms = start_utc_ms, .answer_ms = answer_ms
	};
	post_surely(r, &m);
}

bool recorder_load(struct recorder *r, const char *path, int64_t leg, int64_t play_id)
{
	struct msg m = { .op = OP_LOAD, .path = strdup(path), .leg = leg, .play_id = play_id };
	if (m.path && mailbox_post(r->box, &m, NULL) == ERR_OK)
		return true;
	free(m.path);
	return false;
}

void recorder_counts(const struct recorder *r, int64_t *ret_open, int64_t *ret_bytes,
                     int64_t *ret_gaps)
{
	*ret_open = atomic_load(&r->open);
	*ret_bytes = atomic_load(&r->bytes);
	*ret_gaps = atomic_load(&r->gaps);
}

void recorder_load_now(const struct recorder *r, size_t *ret_depth, size_t *ret_slots)
{
	*ret_depth = mailbox_depth(r->box);
	*ret_slots = mailbox_slots(r->box);
}
