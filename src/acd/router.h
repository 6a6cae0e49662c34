/* acd/router.h -- who an incoming caller rings.
 *
 * His owner, or who called him last, for a while; then ready agents of that team, the longest idle
 * first, each once; when nobody took it in time it is missed and becomes a call-back task.
 * Pure. Thread: signalling loop only. */
#ifndef ACD_ROUTER_H
#define ACD_ROUTER_H

#include <stdbool.h>
#include <stdint.h>

/* From the settings; none may be 0 but wait_max_ms. */
struct route_policy {
	int64_t owner_ring_ms; /* how long the owner or last caller rings */
	int64_t team_ring_ms;  /* how long each other agent rings */
	int64_t wait_max_ms;   /* how long a caller waits in all before he is missed */
};

/* An agent as the router sees him. */
struct route_agent {
	int64_t person_id, unit_id;
	bool can_take; /* ready, idle, station up */
	int64_t idle_since_ms;
};

enum { ROUTE_TRIED_MAX = 16 };

struct route {
	int64_t owner_id, last_agent_id; /* 0: unknown */
	int64_t unit_id;                 /* 0: any team */
	int64_t began_ms;
	int64_t offered_to, offer_until_ms; /* 0: nobody rings now */
	int n_tried;
	int64_t tried[ROUTE_TRIED_MAX];
};

enum route_kind { ROUTE_STAY, ROUTE_OFFER, ROUTE_WITHDRAW, ROUTE_MISSED };

struct route_step {
	enum route_kind kind;
	int64_t person_id; /* OFFER: who rings now; WITHDRAW: who stops ringing */
};

/** What to do now; applies it to `r`. Call again at once after WITHDRAW, and whenever an agent
 * changed or time passed. STAY: nothing to do. */
struct route_step route_next(struct route *r, const struct route_policy *p,
                             const struct route_agent *agents, int n_agents, int64_t now_ms);

/** The one it rings cannot take it any more (went away, refused). */
void route_lost_agent(struct route *r);

#endif
