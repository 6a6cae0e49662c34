#include "voice/tap.h"

#include <stdlib.h>

#include "voice/recorder.h"

enum {
	GRACE = 960, /* 120 ms: what comes later than this into a page is lost to the recording */
	EARLY = 160, /* a packet cannot come too early: then the first one was late, so move */
	LATE = 4800, /* 600 ms: no jitter but a jump of the sender's clock */
};

struct track {
	bool is_started;
	uint32_t ssrc;
	uint32_t offset; /* position = timestamp + offset, modulo 2^32 */
	int64_t next;    /* where tap_now() goes on */
};

struct tap {
	struct recorder *recorder;
	struct recording *rec;
	bool is_started;
	int64_t start_us, start_utc_ms, answer_ms;
	int64_t base; /* frame at which page[0] begins */
	struct page *page[2];
	struct track track[2];
};

struct tap *tap_new(struct recorder *r, const char *path, int64_t leg)
{
	struct tap *t = calloc(1, sizeof *t);
	if (!t)
		return NULL;
	t->recorder = r;
	t->answer_ms = -1;
	t->rec = recorder_open(r, path, leg);
	if (!t->rec) {
		free(t);
		return NULL;
	}
	return t;
}

static int64_t frame_at(const struct tap *t, int64_t now_us)
{
	return (now_us - t->start_us) * 8 / 1000;
}

void tap_start(struct tap *t, int64_t now_us, int64_t now_utc_ms)
{
	if (t->is_started)
		return;
	t->is_started = true;
	t->start_us = now_us;
	t->start_utc_ms = now_utc_ms;
	for (int i = 0; i < 2; i++)
		t->page[i] = page_new(t->rec, (int64_t)i * PAGE_FRAMES);
}

void tap_answered(struct tap *t, int64_t now_us)
{
	if (t->is_started && t->answer_ms < 0)
		t->answer_ms = (now_us - t->start_us) / 1000;
}

static void put(struct tap *t, enum tap_channel ch, int64_t at, const uint8_t *alaw, size_t n)
{
	int64_t in = at - t->base, end = in + (int64_t)n;
	if (in < 0) {
		alaw += -in;
		in = 0;
	}
	while (in < end && in < 2 * PAGE_FRAMES) {
		struct page *p = t->page[in / PAGE_FRAMES];
		int64_t from = in % PAGE_FRAMES,
			run = end - in < PAGE_FRAMES - from ? end - in : PAGE_FRAMES - from;
		uint8_t *to = p ? p->data + from * PAGE_CHANNELS + ch : NULL;
		for (int64_t i = 0; p && i < run; i++)
			to[i * PAGE_CHANNELS] = alaw[i];
		alaw += run;
		in += run;
	}
}

void tap_rtp(struct tap *t, enum tap_channel ch, uint32_t ssrc, uint32_t ts, const uint8_t *alaw,
             size_t n, int64_t now_us)
{
	if (!t->is_started)
		return;
	struct track *k = &t->track[ch];
	int64_t now = frame_at(t, now_us);
	int32_t ahead = (int32_t)(ts + k->offset - (uint32_t)now);
	if (!k->is_started || k->ssrc != ssrc || ahead > EARLY || ahead < -LATE) {
		k->is_started = true;
		k->ssrc = ssrc;
		k->offset = (uint32_t)now - ts;
		ahead = 0;
	}
	put(t, ch, now + ahead, alaw, n);
}

void tap_now(struct tap *t, enum tap_channel ch, const uint8_t *alaw, size_t n, int64_t now_us)
{
	if (!t->is_started)
		return;
	struct track *k = &t->track[ch];
	int64_t now = frame_at(t, now_us), off = k->next - now;
	k->is_started = false; /* RTP that follows finds its place anew */
	if (off > EARLY || off < -EARLY)
		k->next = now;
	put(t, ch, k->next, alaw, n);
	k->next += (int64_t)n;
}

static void hand_over(struct tap *t, int frames)
{
	struct page *p = t->page[0];
	if (p && frames > 0) {
		p->frames = frames;
		recorder_write(t->recorder, p);
	} else {
		free(p);
	}
	t->page[0] = t->page[1];
	t->base += PAGE_FRAMES;
	t->page[1] = NULL;
}

void tap_tick(struct tap *t, int64_t now_us)
{
	while (t->is_started && frame_at(t, now_us) >= t->base + PAGE_FRAMES + GRACE) {
		hand_over(t, PAGE_FRAMES);
		t->page[1] = page_new(t->rec, t->base + PAGE_FRAMES);
	}
}

void tap_close(struct tap *t, int64_t now_us)
{
	tap_tick(t, now_us);
	for (int i = 0; i < 2 && t->is_started; i++) {
		int64_t left = frame_at(t, now_us) - t->base;
		hand_over(t, left > PAGE_FRAMES ? PAGE_FRAMES : (int)left);
	}
	recorder_close(t->recorder, t->rec, t->start_utc_ms, t->answer_ms);
	free(t);
}
