/* What the floor tells those who watch it; on the loop, when somebody asks. */
#include "base/metric.h"
#include "floor/floor_int.h"

/* Series of M_CALLS; a call whose rows are being committed counts as dialing, as on the desk. */
static const int CALL_SERIES[CALL_STATE_COUNT] = {
	[CALL_NEW] = 0,      [CALL_DIALING] = 0, [CALL_RINGING] = 1, [CALL_EARLY] = 2,
	[CALL_ANSWERED] = 2, [CALL_BRIDGED] = 3, [CALL_HELD] = 4,    [CALL_ENDED] = 5,
};
enum { CALL_SERIES_COUNT = 6, STATION_COUNT = STATION_LOST + 1 };

void floor_metrics(const struct floor *f)
{
	int calls[CALL_SERIES_COUNT] = { 0 }, status[AGENT_STATUS_COUNT] = { 0 },
	    state[AGENT_STATE_COUNT] = { 0 }, station[STATION_COUNT] = { 0 }, waiting = 0;
	for (const struct live *l = f->lives; l; l = l->next) {
		calls[CALL_SERIES[l->call.state]]++;
		waiting += l->is_incoming && !l->owner && l->call.state != CALL_ENDED;
	}
	for (const struct seat *s = f->seats; s; s = s->next) {
		status[s->agent.status]++;
		state[s->agent.state]++;
		station[s->station]++;
	}
	for (int i = 0; i < CALL_SERIES_COUNT; i++)
		metric_set(M_CALLS, i, calls[i]);
	for (int i = 0; i < AGENT_STATUS_COUNT; i++)
		metric_set(M_AGENTS, i, status[i]);
	for (int i = AGENT_NONE + 1; i < AGENT_STATE_COUNT; i++)
		metric_set(M_AGENT_STATES, i - 1, state[i]);
	for (int i = 0; i < STATION_COUNT; i++)
		metric_set(M_STATIONS, i, station[i]);
	metric_set(M_CALLS_WAITING, 0, waiting);
	metric_set(M_FLOOR_REPAIRS, 0, f->repairs);
}
