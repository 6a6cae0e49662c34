/* demo/sim_int.h -- inside the simulator: the day's plans, the work queues, one call. */
#ifndef DEMO_SIM_INT_H
#define DEMO_SIM_INT_H

#include "demo/rng.h"
#include "demo/sim.h"

enum {
	MINUTE_MS = 60000,
	HOUR_MS = 3600000,
	DAY_MS = 86400000,
	PLAN_PARTS = 10,
	RING_LIMIT_MS = 30000
};

/* A stretch of an agent's day; reason NULL: working. */
struct part {
	int64_t from_utc_ms, to_utc_ms;
	const char *reason;
};

struct seat {
	struct part part[PLAN_PARTS];
	int n_parts, now_part;
	int64_t t_utc_ms;     /* where he is in time */
	int64_t ready_utc_ms; /* since when he waits; 0: he does not */
	int campaign;
};

/* Customers by the time they are due. */
struct due {
	int64_t utc_ms;
	int customer;
};
struct heap {
	struct due *at;
	int n, room;
};

struct floor_sim {
	struct sim *s;
	struct rng r;
	struct seat seat[CAST_AGENTS];
	struct heap retries[CAST_CAMPAIGNS], own[CAST_AGENTS];
	int new_from[CAST_CAMPAIGNS], new_to[CAST_CAMPAIGNS]; /* customers never tried yet */
	int room_calls, room_spans, room_followups;
	int day_index, day;
	double recorded; /* chance that a conversation is a recorded one */
	bool is_full;    /* out of memory */
};

void heap_push(struct floor_sim *f, struct heap *h, int64_t utc_ms, int customer);
/** The one due first, -1 when none is due by then. */
int heap_pop(struct heap *h, int64_t by_utc_ms);

/** Makes `agent`'s plan of a local day; none when he is off. */
void plan_day(struct floor_sim *f, int agent);

/** One try at a customer, begun at `utc_ms`; fills times, outcome and result and what follows for
 * the customer. */
void sim_try(struct floor_sim *f, int customer, int agent, int64_t utc_ms, struct sim_call *ret);

/** The customer rings back and `agent` answers, or nobody does. */
void sim_incoming(struct floor_sim *f, int customer, int agent, int64_t utc_ms,
                  struct sim_call *ret);

/** Adds rows; -1 when out of memory. */
int add_call(struct floor_sim *f, const struct sim_call *c);
void add_span(struct floor_sim *f, const struct sim_span *sp);
int add_followup(struct floor_sim *f, const struct sim_followup *fu);

#endif
