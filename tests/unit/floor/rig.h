/* rig.h -- the whole floor in virtual time: a real database, a scripted telephone.
 *
 * Nothing sleeps: rig_run() moves the clocks, delivers what the database and the telephone have
 * ready, and ticks. Everything follows from what a test does, so a run can be repeated. */
#ifndef TESTS_UNIT_FLOOR_RIG_H
#define TESTS_UNIT_FLOOR_RIG_H

#include "test_db.h"

#include "floor/cmd.h"
#include "gate/vault.h"

enum { RIG_LEGS = 4096, RIG_EVENTS = 512, RIG_AGENTS = 4, RIG_LOG_BYTES = 4000 };

struct rig_leg {
	int64_t id, call_id;
	enum leg_kind kind;
	char station[24], rec_path[400];
	bool is_up, is_answered, is_recorded;
	int64_t partner;
};

struct rig_event {
	int64_t at_ms;
	struct leg_event ev;
};

struct rig {
	struct test_db db;
	struct vault *vault;
	struct floor *floor;
	struct cell_state cell; /* ours for ever, unless a test says otherwise */
	int64_t mono_ms, utc_ms;
	int64_t unit, agent[RIG_AGENTS], supervisor, trunk, caller_number, campaign;
	/* the telephone */
	struct rig_leg leg[RIG_LEGS];
	int n_legs;
	struct rig_event event[RIG_EVENTS];
	int n_events;
	char log[RIG_LOG_BYTES]; /* the verbs, newest last: "dial", "bridge", ... */
	int dials;
	int lines; /* most calls at once; 0: any number */
	bool is_line_busy, is_hangup_deaf,
	    is_recorder_busy; /* deaf: ENDED never comes; busy: RECORDED */
	/* the database */
	struct floor_job *done, *done_last;
	int64_t commit_ms;      /* how long a job takes */
	int writes, fail_write; /* the fail_write-th write fails (0: none) */
	bool is_writer_full;
	/* what was pushed */
	int desk_pushes, tile_pushes, strip_pushes;
	/* the answer of the last question */
	bool is_answered;
	enum err e;
	struct why why;
	json_t *answer;
};

/** A house with one team, RIG_AGENTS agents (browser), a supervisor, a line, a running campaign in
 * `mode` with `customers` tasks, all with consent; Monday 10:00 in Shanghai. */
void rig_open(struct rig *r, const char *mode, int customers);
void rig_close(struct rig *r);

/** As after a kill: the floor is gone, the database stays; recovers and starts anew. */
void rig_restart(struct rig *r);

void rig_run(struct rig *r, int64_t ms);

/** Asks and runs until the answer is there (at most 10 s). @return its kind */
enum err rig_ask(struct rig *r, struct floor_cmd cmd);

/** Agent i: station up, on the campaign, ready. */
void rig_log_on(struct rig *r, int i);
void rig_station_up(struct rig *r, int64_t person_id);

/** What the telephone tells, now. The newest trunk leg is rig_last(). */
struct rig_leg *rig_last(struct rig *r);
struct rig_leg *rig_leg_of_call(struct rig *r, int64_t call_id);
struct rig_leg *rig_station(struct rig *r, int64_t person_id);
void rig_tell(struct rig *r, struct rig_leg *l, enum leg_event_kind kind);
void rig_end(struct rig *r, struct rig_leg *l, enum cause cause, int sip_code);
/** A call comes in; its leg is rig_last(). */
void rig_incoming(struct rig *r, const char *from_e164);

/** Text or number at a path of the last answer: "call.state". */
const char *rig_text(const struct rig *r, const char *path);
int64_t rig_num(const struct rig *r, const char *path);
/** Asks for the desk of person and gives a text of it. */
const char *rig_desk(struct rig *r, int64_t person_id, const char *path);

int64_t rig_int(struct rig *r, const char *sql);
int64_t rig_customer(struct rig *r, int n); /* id of the n-th customer, from 0 */
const char *rig_number(int n);              /* his number */

/** Saves a first result for a call as the API does: job, then the floor is told. */
enum err rig_save(struct rig *r, int64_t call_id, int64_t person_id, const char *code,
                  const char *then);

#endif
