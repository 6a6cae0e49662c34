/* floor/floor.h -- live call control: agents, calls, campaigns in progress.
 *
 * Everything here runs on the signalling loop's thread, holds no lock and never waits; other
 * threads come in by floor_cmd() (cmd.h). A call leaves the house only after its attempt with the
 * gate's verdict is committed and the commit has come back to the loop. Life of a call:
 * docs/adr/0006. */
#ifndef FLOOR_FLOOR_H
#define FLOOR_FLOOR_H

#include <jansson.h>

#include "floor/io.h"
#include "floor/phone.h"
#include "store/tenure.h"

struct vault;
struct zone;

/* Who is told what changed; called on the loop, must not wait. `body` stays the floor's. */
struct floor_sink {
	void *ctx;
	void (*person)(void *ctx, int64_t person_id, const char *event, const json_t *body);
	void (*unit)(void *ctx, int64_t unit_id, const char *event, const json_t *body);
};

struct floor_cfg {
	struct floor_phone phone;
	struct floor_io io;
	struct floor_sink sink;
	int64_t (*mono_ms)(void *ctx); /* the clocks; clock_mono_ms and clock_utc_ms but in tests */
	int64_t (*utc_ms)(void *ctx);
	void *clock_ctx;
	const struct vault *vault;
	const struct zone *zone;       /* the company's */
	const char *recordings_dir;    /* absolute; copied */
	const struct cell_state *cell; /* the floor calls only while it is ours */
};

enum { FLOOR_TICK_MS = 100 };

/** Makes the floor: nobody there, nothing running. floor_recover() must have run. */
enum err floor_new(const struct floor_cfg *cfg, struct floor **ret, struct why *why) MUST_USE;
void floor_free(struct floor **f);

/** Time passed: call every FLOOR_TICK_MS. */
void floor_tick(struct floor *f);

/** What the telephone reports. */
void floor_on_leg(struct floor *f, const struct leg_event *ev);

/** A job of floor/io.h is finished. */
void floor_on_done(struct floor *f, struct floor_job *j);

/** No new calls from now on; calls in progress end by themselves. @return how many are left */
int floor_drain(struct floor *f);

/** The wait for calls to end is over: hangs them all up. After floor_drain(). */
void floor_end_all(struct floor *f);

/** Whether every fact is committed: nothing more to write. For stopping. */
bool floor_is_quiet(const struct floor *f);

/** Puts right what an earlier process of this cell left open: calls, attempts, recordings, spans,
 * tasks. Before floor_new(), on any thread that may wait.
 *  @param ret_closed  how many calls were cut off; NULL: not wanted */
enum err floor_recover(struct writer *w, const char *url, int64_t cell_id,
                       const char *recordings_dir, int64_t now_utc_ms, int *ret_closed,
                       struct why *why) MUST_USE;

/** The kinds of job that are kept while the database is gone: for writer_cfg. */
const struct writer_kind *const *floor_kinds(size_t *ret_n);

/** Breaks found by the watchdog since the start; 0 unless there is a bug. */
int64_t floor_repairs(const struct floor *f);

/** Sets the floor's figures of base/metric.h. */
void floor_metrics(const struct floor *f);

#endif
