/* practice/robot.h -- what a simulated agent does next at his desk.
 *
 * He works through the same HTTP API as a living agent and knows only what his desk state says.
 * Pure: time comes in as an argument. */
#ifndef PRACTICE_ROBOT_H
#define PRACTICE_ROBOT_H

#include <stdbool.h>
#include <stdint.h>

/* What GET /api/v1/desk said. */
struct robot_desk {
	bool is_logged_in;
	bool is_ready, is_paused; /* the status he chose; neither: offline */
	bool has_campaign;
	bool is_wrapping_up;
	int64_t call_id; /* 0: none */
	bool is_bridged; /* talking with the customer now */
	bool is_saved;   /* the call's result */
};

struct robot_manner {
	int32_t wrapup_min_ms, wrapup_max_ms;
	int32_t calls_between_breaks; /* 0: never takes one */
	int32_t break_ms;
	bool does_dawdle; /* leaves the first form unsaved until somebody finishes it for him */
};

enum robot_do {
	ROBOT_WAIT,
	ROBOT_LOG_IN,
	ROBOT_CHOOSE_CAMPAIGN,
	ROBOT_GO_READY,
	ROBOT_TALK, /* begin his side of call `call_id` */
	ROBOT_STOP_TALK,
	ROBOT_SAVE,       /* save the result and take the next */
	ROBOT_SAVE_BREAK, /* save the result and take a break */
};

struct robot {
	struct robot_manner manner;
	uint64_t random;
	int64_t talking_id; /* call he speaks in; 0: none */
	int64_t wrapping_id;
	int64_t save_at_ms, break_ends_ms;
	int32_t calls;
	bool has_dawdled;
};

void robot_init(struct robot *r, const struct robot_manner *m, uint64_t seed);

/** @param now_ms  monotonic */
enum robot_do robot_next(struct robot *r, const struct robot_desk *d, int64_t now_ms);

/** A number 0..n-1 of his own sequence, n > 0. */
uint32_t robot_random(struct robot *r, uint32_t n);

#endif
