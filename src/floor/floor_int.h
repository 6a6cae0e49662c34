/* floor/floor_int.h -- what the files of floor/ share. All of it lives on the signalling loop. */
#ifndef FLOOR_FLOOR_INT_H
#define FLOOR_FLOOR_INT_H

#include "acd/agent.h"
#include "acd/router.h"
#include "acd/span.h"
#include "base/json.h"
#include "call/record.h"
#include "floor/cmd.h"
#include "floor/world.h"

struct ticket;

enum station_state { STATION_NONE, STATION_CONNECTING, STATION_UP, STATION_LOST };

/* A person at his place. */
struct seat {
	struct seat *next;
	struct person who; /* as last read */
	bool is_gone;      /* not among the people any more */
	struct agent agent;
	int64_t since_utc_ms; /* of what is shown: status while idle, else state */
	int64_t campaign_id;
	int64_t station_leg;
	enum station_state station;
	struct live *live;    /* the call he owes a result for or is in */
	struct live *helping; /* a call handed over to him that another agent owes the result of */
	struct target *preview; /* shown, claimed by him in memory */
	struct figures today;   /* as his desk and tile were last told */
	int64_t span_id;
	struct span span;     /* the open one */
	int64_t listening_to; /* person id, 0 none */
	enum listen listen;
	bool is_offered_transfer;
	bool is_absent; /* his open form is from before the start, and he has not been seen since */
	int64_t session_id, station_session_id; /* his log-in, and the one his browser leg is of */
	bool is_passed_over;                    /* nothing at hand for him this time */
	bool is_changed;                        /* desk and tile are pushed after the event */
	bool was_paused_overdue;
};

struct transfer {
	struct seat *to;
	int64_t deadline_ms;
};

/* How long after the call a form that was open when the process ended is given back; later it is
 * closed. And how far back such forms are looked for. */
enum { FORM_KEPT_MS = 16 * 3600 * 1000, FORMS_BACK_MS = 3 * 86400 * 1000 };

enum { LIVE_LEGS = 8, LIVE_EVENTS = 24, DRAFT_BYTES = CMD_TEXT_BYTES };

/* A call from its reservation until its last fact is committed. */
struct live {
	struct live *next;
	int64_t id, attempt_id, recording_id, followup_id;
	int64_t began_ms; /* monotonic, when call.facts.start_utc_ms was taken */
	struct call call;
	struct target *target; /* whom; NULL for an unknown caller */
	int64_t customer_id, phone_id, task_id, campaign_id, trunk_id, unit_id;
	enum dial_mode mode;
	bool is_incoming;
	int64_t agent_id;    /* whose call it is in all records; stays when he is let go */
	struct seat *owner;  /* who owes the result; NULL: nobody (waiting, or let go) */
	struct seat *talker; /* who is bridged: the owner, or the one it was handed to */
	int64_t leg;         /* the customer's; 0 before and after */
	char mask[MASK_BYTES], place[TARGET_PLACE_BYTES], rec_path[REC_PATH_BYTES];
	unsigned char hash[NUMBER_HASH_BYTES];
	char script_key[WORLD_KEY_BYTES];
	int64_t script_version;
	struct retry_rules retry;
	int wrapup_limit_s;
	int flags;
	bool is_muted, is_recording, is_result_saved, is_committed, is_hang_up_wanted;
	enum call_ender wanted_by; /* with is_hang_up_wanted, and for ENDED by us */
	enum cause wanted_cause;
	int64_t hang_up_at_ms; /* when ENDED must have come */
	struct transfer transfer;
	struct route route; /* incoming, until somebody took it */
	bool is_routed;     /* the look-up is back */
	bool is_missed;
	char *draft; /* JSON of the half-filled form */
	/* what is still to be written */
	struct leg_row legs[LIVE_LEGS];
	int n_legs;
	struct call_event_row events[LIVE_EVENTS];
	int n_events;
	bool is_dirty, is_saving, is_final_saved, is_recorded;
	struct recording_end rec;
	bool has_rec_end;
	int64_t ended_ms, retry_save_ms;
};

/* Tasks at hand of one campaign. */
struct feed {
	struct feed *next;
	int64_t campaign_id;
	struct target **task;
	int n, cap;
	bool is_reading;
	int64_t again_ms; /* do not ask the database before */
};

struct floor {
	struct floor_cfg cfg;
	char *recordings_dir;
	int64_t now_ms, now_utc_ms;
	int64_t epoch; /* of the lease all writes carry; 0: another process runs the cell */
	struct world *world;
	int64_t world_at_ms;
	bool is_world_reading;
	bool is_world_stale;    /* somebody asked: read at the next tick */
	bool are_figures_stale; /* a call or a result changed them: read within a second */
	struct seat *seats;
	struct live *lives;
	struct feed *feeds;
	enum { FORMS_UNREAD, FORMS_READING, FORMS_READ } forms; /* open ones of an earlier start */
	int n_jobs;
	bool is_draining, is_stopped;
	int64_t repairs;
	int64_t watch_at_ms, strip_at_ms;
	bool is_strip_new;      /* the world was read anew */
	struct span_op *spans;  /* changes not given to the writer yet, oldest first */
	struct floor_job *held; /* what the writer would not take, oldest first */
	bool is_spans_writing;
	int64_t spans_again_ms;
	int day;
};

/* core.c */
void floor_enter(struct floor *f); /* reads the clocks; first thing on every way in */
void floor_leave(struct floor *f); /* acts on what changed: dials, routes, saves, pushes */
struct seat *seat_by_id(const struct floor *f, int64_t person_id);
struct seat *seat_by_station(const struct floor *f, int64_t leg);
struct live *live_by_id(const struct floor *f, int64_t call_id);
struct live *live_by_leg(const struct floor *f, int64_t leg);
struct live *live_new(struct floor *f, bool is_incoming);
/** Wall time for this call's facts: as its first moment was, and on with the monotonic clock, so
 * that a wall clock set in the middle of a call bends none of its durations. */
int64_t live_utc_ms(const struct floor *f, const struct live *l);
void live_link(struct floor *f, struct live *l);
void live_free(struct floor *f, struct live *l);
enum err floor_write(struct floor *f, enum lane lane, struct floor_job *j, struct why *why);
/** Writes on the live lane, at the next tick when the writer is full now: for what must not be
 * lost. */
void floor_write_surely(struct floor *f, struct floor_job *j);
enum err floor_read(struct floor *f, struct floor_job *j, struct why *why);
enum err floor_post(struct floor *f, floor_post_fn *fn, void *arg,
                    struct why *why); /* any thread */
int floor_day(const struct floor *f);
/** Refused because another process runs the cell: it has put right what this was about. */
bool floor_is_refused(const struct floor_job *j);

/* seat.c */
void seat_changed(struct floor *f, struct seat *s);
void seat_event(struct floor *f, struct seat *s, enum agent_event ev, struct live *l,
                int64_t deadline_ms);
enum err seat_status(struct floor *f, struct seat *s, const char *status, const char *reason,
                     struct why *why);
void seat_go_home(struct floor *f, struct seat *s);
void seat_aside(struct floor *f, struct seat *s, const char *reason);
bool seat_can_take(const struct seat *s);
void seat_take_world(struct floor *f);
void seat_on_station(struct floor *f, struct seat *s, const struct leg_event *ev);
enum err seat_need_station(struct floor *f, struct seat *s, struct why *why);
void spans_flush(struct floor *f);
void spans_drop(struct floor *f);

/* out.c, feed.c */
enum err out_dial(struct floor *f, struct seat *s, const struct campaign *c, struct target *t,
                  enum dial_mode mode, struct ticket *ticket,
                  struct why *why); /* takes `t` on ERR_OK */
void out_pace(struct floor *f);
void feed_drop_all(struct floor *f, int64_t campaign_id);
struct target *feed_take(struct floor *f, int64_t campaign_id, int64_t person_id);
struct feed *feed_of(struct floor *f, int64_t campaign_id, bool make);
void feed_fill(struct floor *f, struct feed *d, int want);
void feed_forget(struct floor *f, int64_t customer_id);
struct target *feed_next_allowed(struct floor *f, const struct campaign *c, const struct seat *s);
struct target *target_new(void);
void target_free(struct target **t);

/* leg.c */
/** @return false: makes no sense in its state, nothing changed */
bool live_on(struct floor *f, struct live *l, enum call_event ev);
void live_answered(struct floor *f, struct live *l);
void live_end(struct floor *f, struct live *l, enum cause cause, int sip_code, int q850,
              enum call_ender by);
void live_hang_up(struct floor *f, struct live *l, enum cause cause, enum call_ender by);
void live_event(struct floor *f, struct live *l, const char *kind, int64_t by_id,
                const char *detail);
int live_leg_row(struct floor *f, struct live *l, const char *kind, int64_t person_id);
void live_bridge(struct floor *f, struct live *l, struct seat *s, enum bridge_how how);

/* talk.c: what people do in a call */
enum err talk_hangup(struct floor *f, struct seat *s, struct live *l, struct why *why);
enum err talk_mute(struct floor *f, struct seat *s, struct live *l, bool on, struct why *why);
enum err talk_hold(struct floor *f, struct seat *s, struct live *l, bool on, struct why *why);
enum err talk_digits(struct floor *f, struct seat *s, struct live *l, const char *digits,
                     struct why *why);
enum err talk_transfer(struct floor *f, struct seat *s, struct live *l, int64_t target_id,
                       struct why *why);
enum err talk_transfer_cancel(struct floor *f, struct live *l, struct why *why);
enum err talk_transfer_accept(struct floor *f, struct seat *to, struct live *l, struct why *why);
void talk_transfer_drop(struct floor *f, struct live *l, const char *why);

/* in.c */
void in_offer(struct floor *f, const struct leg_event *ev);
enum err in_answer(struct floor *f, struct seat *s, struct live *l, struct why *why);
void in_route(struct floor *f);
void in_withdraw(struct floor *f, struct live *l, bool is_aside);

/* wrap.c */
void wrap_job_free(struct floor_job *j);
void wrap_begin(struct floor *f, struct live *l);
void wrap_finish(struct floor *f, struct seat *s, bool is_saved);
void wrap_tick(struct floor *f, struct seat *s);
/** The process ends: the form stays as it is and is found again after the start. */
void wrap_leave(struct floor *f, struct seat *s);

/* form.c */
void forms_restore(struct floor *f);

/* save_kind.c, seat.c, wrap.c, out.c, in.c: what is kept while the database is gone */
extern const struct writer_kind SAVE_KIND, SPANS_KIND, WRAP_KIND, BEGIN_KIND, OFFERED_KIND;

/* save.c */
void save_flush(struct floor *f);

/* monitor.c */
enum err monitor_set(struct floor *f, struct seat *s, struct seat *target, const char *mode,
                     struct why *why);
void monitor_station_lost(struct floor *f, struct seat *s);
bool monitor_is_listened(const struct floor *f, const struct seat *s);

/* desk.c, board.c */
json_t *desk_json(struct floor *f, const struct seat *s);
json_t *live_json(const struct floor *f, const struct seat *s, const struct live *l);
json_t *figures_json(const struct figures *g);
json_t *tile_json(struct floor *f, const struct seat *s);
json_t *board_json(struct floor *f, const int64_t *unit_ids, size_t n);
void board_strips(struct floor *f);

/* guard.c */
void guard_check(struct floor *f);

/* cmd.c: a ticket is the answer somebody waits for; NULL is fine */
void ticket_ok(struct ticket *t, json_t *answer);
void ticket_fail(struct ticket *t, enum err e, const struct why *why, json_t *answer);

#endif
