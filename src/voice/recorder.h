/* voice/recorder.h -- the thread that touches the disk: writes recordings, reads prompts.
 *
 * A recording is at most one page (0.6 s) and a grace of 120 ms behind, and playable whenever the
 * process dies: data is written before the header that counts it. Full queue: the page is dropped
 * and the gap filled with silence, counted. */
#ifndef VOICE_RECORDER_H
#define VOICE_RECORDER_H

#include "base/err.h"

enum { PAGE_FRAMES = 4800, PAGE_CHANNELS = 2 };

struct recorder;
struct recording; /* an open file; belongs to the recorder thread, others hold the pointer only */
struct clip;

struct page {
	struct recording *rec;
	int64_t first_frame; /* where it lies in the file */
	int64_t given_us;    /* to the recorder */
	int frames;
	uint8_t data[PAGE_FRAMES * PAGE_CHANNELS]; /* A-law, left and right alternating */
};

/* What became of a file, or of a prompt that was asked for. Freed with free() by who gets it. */
struct recorder_result {
	bool is_prompt;
	int64_t leg;
	char path[256];
	int64_t frames, bytes; /* recording */
	int gaps, sys_errno;
	int64_t start_utc_ms, answer_ms;
	int64_t play_id;   /* prompt */
	struct clip *clip; /* prompt; NULL: `why` says it */
	struct why why;
};
/** On the recorder thread; takes `r` over. */
typedef void recorder_done_fn(void *ctx, struct recorder_result *r);

enum err recorder_new(recorder_done_fn *done, void *ctx, struct recorder **ret,
                      struct why *why) MUST_USE;
/** Writes what waits, closes all files, ends the thread. NULL content is fine. */
void recorder_free(struct recorder **r);

/* From here on: media thread (recordings) or signalling thread (prompts). */

/** The file is made soon; errors come with the result. NULL: out of memory or queue full. */
struct recording *recorder_open(struct recorder *r, const char *path, int64_t leg);

struct page *page_new(struct recording *rec,
                      int64_t first_frame); /* silence; NULL: out of memory */

/** Takes `p` over. @return false: queue full, it was dropped (and `p` freed) */
bool recorder_write(struct recorder *r, struct page *p);

/** No more pages come; the result follows. `answer_ms` -1 = never answered. Never fails: it waits
 * for room in the sender's place. */
void recorder_close(struct recorder *r, struct recording *rec, int64_t start_utc_ms,
                    int64_t answer_ms);

/** Reads a prompt; the result carries leg and play_id back. @return false: queue full */
bool recorder_load(struct recorder *r, const char *path, int64_t leg, int64_t play_id);

/** Reads a prompt at once: only where waiting for the disk is right (at start). */
enum err recorder_read_clip(const char *path, struct clip **ret, struct why *why) MUST_USE;

/** How many messages wait, and room for how many. Any thread. */
void recorder_load_now(const struct recorder *r, size_t *ret_depth, size_t *ret_slots);

/** Figures; any thread. */
void recorder_counts(const struct recorder *r, int64_t *ret_open, int64_t *ret_bytes,
                     int64_t *ret_gaps);

#endif
