#include "acd/router.h"

#include <stddef.h>

static bool was_tried(const struct route *r, int64_t person_id)
{
	for (int i = 0; i < r->n_tried; i++)
		if (r->tried[i] == person_id)
			return true;
	return false;
}

static const struct route_agent *by_id(const struct route_agent *agents, int n, int64_t person_id)
{
	for (int i = 0; i < n; i++)
		if (person_id && agents[i].person_id == person_id)
			return &agents[i];
	return NULL;
}

static bool is_open(const struct route *r, const struct route_agent *a)
{
	return a && a->can_take && !was_tried(r, a->person_id);
}

static const struct route_agent *longest_idle(const struct route *r,
                                              const struct route_agent *agents, int n)
{
	const struct route_agent *best = NULL;
	for (int i = 0; i < n; i++) {
		const struct route_agent *a = &agents[i];
		if (!is_open(r, a) || (r->unit_id && a->unit_id != r->unit_id))
			continue;
		if (!best || a->idle_since_ms < best->idle_since_ms ||
		    (a->idle_since_ms == best->idle_since_ms && a->person_id < best->person_id))
			best = a;
	}
	return best;
}

static struct route_step offer(struct route *r, int64_t person_id, int64_t until_ms)
{
	r->offered_to = person_id;
	r->offer_until_ms = until_ms;
	if (r->n_tried < ROUTE_TRIED_MAX)
		r->tried[r->n_tried++] = person_id;
	return (struct route_step){ ROUTE_OFFER, person_id };
}

static struct route_step withdraw(struct route *r)
{
	struct route_step s = { ROUTE_WITHDRAW, r->offered_to };
	r->offered_to = 0;
	return s;
}

struct route_step route_next(struct route *r, const struct route_policy *p,
                             const struct route_agent *agents, int n, int64_t now_ms)
{
	bool is_late = now_ms - r->began_ms >= p->wait_max_ms;
	if (r->offered_to)
		return now_ms >= r->offer_until_ms ? withdraw(r)
		                                   : (struct route_step){ ROUTE_STAY, 0 };
	if (is_late || r->n_tried == ROUTE_TRIED_MAX)
		return (struct route_step){ ROUTE_MISSED, 0 };

	const struct route_agent *own = by_id(agents, n, r->owner_id);
	if (!is_open(r, own))
		own = by_id(agents, n, r->last_agent_id);
	/* Somebody he knows comes first, but only as the first offer: later ones take him quickly.
	 */
	if (r->n_tried == 0 && is_open(r, own))
		return offer(r, own->person_id, now_ms + p->owner_ring_ms);
	const struct route_agent *next = longest_idle(r, agents, n);
	if (next)
		return offer(r, next->person_id, now_ms + p->team_ring_ms);
	return (struct route_step){ ROUTE_STAY, 0 };
}

void route_lost_agent(struct route *r)
{
	r->offered_to = 0;
}
