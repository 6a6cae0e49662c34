/* practice/robots.h -- simulated agents: one thread that works all their desks over HTTP.
 *
 * Each logs in with his own password and uses the API a browser uses. His telephone is a desk
 * phone of practice/farend.h, which is told by `hooks` when he should speak. */
#ifndef PRACTICE_ROBOTS_H
#define PRACTICE_ROBOTS_H

#include <stdint.h>

#include "base/err.h"
#include "practice/robot.h"

struct robots;

struct robot_seat {
	char job_no[24];
	char password[64];
	struct robot_manner manner;
};

/* Called on the robots' thread. */
struct robots_hooks {
	void (*talk)(void *ctx, const char *job_no, int64_t call_id);
	void (*stop_talk)(void *ctx, const char *job_no);
	void *ctx;
};

/* What a conversation came to, as its dialogue says. */
struct robot_result {
	char code[24], grade[4], note[160];
	int64_t next_in_ms; /* 0: no next contact */
	int64_t deal_fen;
	int32_t flags; /* bits of result.flags */
};

/** @param base_url  "http://127.0.0.1:8080"; copied
 *  @param seats     copied
 *  @param ret       robots_stop() */
enum err robots_start(const char *base_url, const struct robot_seat *seats, size_t n, uint64_t seed,
                      const struct robots_hooks *hooks, struct robots **ret,
                      struct why *why) MUST_USE;

/** Logs nobody out (the floor sees the phones go), waits for the thread, sets *r to NULL. */
void robots_stop(struct robots **r);

/** What `job_no` shall save for the call he is in. Any thread. */
void robots_set_result(struct robots *r, const char *job_no, const struct robot_result *res);

#endif
