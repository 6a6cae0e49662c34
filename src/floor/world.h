/* floor/world.h -- what the floor knows from the database and never changes itself: people,
 * campaigns, settings, today's figures. Read anew by the feeder, swapped in whole on the loop. */
#ifndef FLOOR_WORLD_H
#define FLOOR_WORLD_H

#include "acd/agent.h"
#include "call/record.h"
#include "dialer/pacer.h"
#include "dialer/retry.h"
#include "gate/policy.h"
#include "profile/settings.h"

struct zone;

enum {
	WORLD_NAME_BYTES = 96,
	WORLD_KEY_BYTES = 64,
	WORLD_URI_BYTES = 256,
	SLOTS = 48 /* half hours of a day */
};

struct campaign {
	int64_t id, unit_id, trunk_id, caller_number_id;
	char name[WORLD_NAME_BYTES], script_key[WORLD_KEY_BYTES], purpose[24], caller[24];
	enum dial_mode mode;
	bool is_running;
	int ring_timeout_s, wrapup_limit_s;
	struct retry_rules retry;
	int64_t left, total; /* tasks still waiting, and all */
};

struct campaign_seat {
	int64_t campaign_id, person_id;
};

struct person {
	int64_t id, unit_id;
	char job_no[24], name[WORLD_NAME_BYTES], role[16], station_kind[12],
	    station_uri[WORLD_URI_BYTES];
};

struct unit {
	int64_t id, parent_id;
	char name[WORLD_NAME_BYTES];
};

/* FIGURE(name): what is counted a day, in the order of JSON. */
#define FIGURE_LIST(X) \
	X(dialed) X(connected) X(talk_ms) X(interested) X(wechat) X(visits) X(deals) X(deal_fen)
struct figures {
#define X(name) int64_t name;
	FIGURE_LIST(X)
#undef X
};

struct person_day {
	int64_t person_id, unit_id, campaign_id;
	int slot;
	struct figures f;
};

struct person_pause {
	int64_t person_id;
	char reason[PAUSE_CODE_BYTES];
	int used;
};

/* Calls in of today. */
struct incoming_day {
	int64_t calls, in_time /* answered within the owner's ringing time */, missed;
	/* Of any day: nobody has called back yet; of these past their due time, and the first due.
	 */
	int64_t missed_open, missed_late, late_since_utc_ms;
};

struct world {
	int refs; /* the loop's and its jobs' */
	int day;
	int64_t day_start_utc_ms;
	bool is_disk_low;
	struct settings settings;
	struct pause_reasons pauses;
	struct policy policy;
	struct figures target; /* of an agent a day */
	struct campaign *campaigns;
	struct campaign_seat *seats;
	struct person *people;
	struct unit *units;
	struct person_day *days;
	struct person_pause *used;
	int n_campaigns, n_seats, n_people, n_units, n_days, n_used;
	struct incoming_day incoming;
	int64_t line_limit; /* calls all lines bear at once; 0: no bound */
};

/** Reads it all. On the feeder. @param disk_dir  where recordings go */
enum err world_load(struct db *db, int64_t cell_id, const struct zone *z, const char *disk_dir,
                    int64_t now_utc_ms, struct world **ret, struct why *why) MUST_USE;
struct world *world_ref(struct world *w);
void world_unref(struct world **w); /* loop only */

const struct campaign *world_campaign(const struct world *w, int64_t id); /* NULL: none */
const struct person *world_person(const struct world *w, int64_t id);
bool world_is_on(const struct world *w, int64_t campaign_id, int64_t person_id);
/** Whether `unit_id` is `top_id` or below it. */
bool world_unit_within(const struct world *w, int64_t unit_id, int64_t top_id);
void figures_add(struct figures *to, const struct figures *f);
struct figures world_person_today(const struct world *w, int64_t person_id);

#endif
