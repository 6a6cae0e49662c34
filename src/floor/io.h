/* floor/io.h -- how the loop writes and reads without waiting.
 *
 * A job is a heap struct that starts with struct floor_job. The floor hands it out; its `run` works
 * on the writer (in a transaction) or on the feeder thread (with a read connection); then `done`
 * runs on the loop and owns the job again. Nothing else may touch it in between. io_real.c gives
 * this on store/; tests run jobs when virtual time says so. */
#ifndef FLOOR_IO_H
#define FLOOR_IO_H

#include "store/writer.h"

struct floor;
struct floor_job;

typedef enum err floor_write_fn(struct tx *tx, struct floor_job *j, struct why *why);
typedef enum err floor_read_fn(struct db *db, struct floor_job *j, struct why *why);
typedef void floor_done_fn(struct floor *f, struct floor_job *j);
typedef void floor_post_fn(struct floor *f, void *arg);

struct floor_job {
	struct floor_job *next; /* of whoever holds it */
	floor_write_fn *write;  /* one of the two is set; safe to run again */
	floor_read_fn *read;
	floor_done_fn *done; /* on the loop; frees the job */
	/* How it is kept while the database is gone; NULL: it fails then. Live lane only. */
	const struct writer_kind *kind;
	int64_t cell_id, epoch; /* of the floor that handed it out: a write is refused when stale */
	enum err e;             /* what came of it */
	struct why why;
};

struct floor_io {
	void *ctx;
	/** Takes the job. @return ERR_BUSY: not taken, `done` is not called */
	enum err (*write)(void *ctx, enum lane lane, struct floor_job *j, struct why *why);
	enum err (*read)(void *ctx, struct floor_job *j, struct why *why);
	int (*load_pct)(void *ctx); /* of the writer's live lane */
	/** Runs fn(f, arg) on the loop soon; from any thread. @return ERR_BUSY: it will not run */
	enum err (*post)(void *ctx, floor_post_fn *fn, void *arg, struct why *why);
	/** Facts wait in the spool: the database is gone. NULL: never. */
	bool (*is_spooling)(void *ctx);
};

struct voice;
struct io_real;

/** Jobs on a writer and a feeder thread of its own with a read connection to `url`; what is done
 * comes back by voice_post().
 *  @param ret  io_real_free() after voice_run() returned and before the writer is freed */
enum err io_real_new(const char *url, struct writer *w, struct voice *v, struct io_real **ret,
                     struct why *why) MUST_USE;
void io_real_free(
    struct io_real *io); /* waits for what runs; unfinished jobs' `done` is not called */
struct floor_io io_real_verbs(struct io_real *io);
/** Whom to tell; before anything is handed out. */
void io_real_bind(struct io_real *io, struct floor *f);
/** Looks for what is done, should a wake-up have been refused. On the loop, every tick. */
void io_real_tick(struct io_real *io);

#endif
